//! Judging from the page: what is shown, what is kept, what is taken back, and what is refused.
#![cfg(feature = "serve")]

mod page;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use page::{CHANGES, MODEL, Server, encoded, study};
use serde_json::{Value, json};

fn served(study: &Path, more: &[&str]) -> Server {
    let study = study.to_str().expect("UTF-8");
    Server::start(&[&[study], more].concat())
}

fn next(server: &Server, study: &str, name: &str) -> Value {
    server.json(&format!("/api/v1/s/{study}/label?name={}", encoded(name)))
}

fn post(server: &Server, study: &str, vote: &Value) -> (u16, Value) {
    let path = format!("/api/v1/s/{study}/verdicts");
    let (status, _, body) = server.send_body("POST", &path, &[CHANGES], &vote.to_string());
    (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
}

fn undo(server: &Server, study: &str, name: &str) -> (u16, Value) {
    let path = format!("/api/v1/s/{study}/verdicts?name={}", encoded(name));
    let (status, _, body) = server.send("DELETE", &path, &[CHANGES]);
    (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
}

/// Votes on whatever comes next: for the longer response.
fn vote(server: &Server, study: &str, name: &str) -> Value {
    let next = next(server, study, name);
    let long = |side: &str| next["next"][side].as_str().expect("a response").len();
    let choice = if long("first") > long("second") { "first" } else { "second" };
    let own =
        json!({"name": name, "pair": next["next"]["pair"], "choice": choice, "shown": next["next"]["shown"]});
    let (status, found) = post(server, study, &own);
    assert_eq!(status, 200, "{found}");
    next
}

fn of_judge(server: &Server, judge: &str) -> u64 {
    let study = server.json("/api/v1/s/study");
    let judges = study["data"]["judges"].as_array().expect("judges").iter();
    judges.filter(|row| row["judge"] == judge).filter_map(|row| row["verdicts"].as_u64()).sum()
}

#[test]
fn votes_are_kept_beside_those_of_others_and_survive_a_restart() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path(), 60);
    let server = served(&study, &[]);
    let first = next(&server, "study", "Ada L.");
    assert_eq!((&first["votes"], &first["left"], &first["kept"]), (&json!(0), &json!(60), &json!(true)));
    assert_eq!(first["judge"], "human:Ada L.");
    assert!(!first.to_string().contains(MODEL), "nobody is told which model wrote what: {first}");
    let mut seen = BTreeSet::new();
    let mut drawn = Vec::new();
    let mut shown = BTreeSet::new();
    for _ in 0..21 {
        let next = vote(&server, "study", "Ada L.");
        assert!(seen.insert(next["next"]["pair"].to_string()), "every pair comes once: {next}");
        drawn.push(next["next"]["drawn"] == "random");
        shown.insert(next["next"]["shown"].to_string());
    }
    assert_eq!(
        drawn.iter().enumerate().filter(|(_, random)| **random).map(|(at, _)| at).collect::<Vec<_>>(),
        [4, 9, 14, 19]
    );
    assert_eq!(shown.len(), 2, "both orders are shown");
    vote(&server, "study", "Bob");
    // Every page knows the votes, and the other judges' verdicts are all there.
    assert_eq!(
        (of_judge(&server, "human:Ada L."), of_judge(&server, "human:Bob"), of_judge(&server, "person")),
        (21, 1, 60)
    );
    let dissected = server.json("/api/v1/s/study/dissect?judge=human%3AAda%20L.");
    assert_eq!(dissected["fits"][0]["rows"], 21, "{dissected}");
    let (status, page) = server.get("/s/study/label?name=Ada+L.");
    assert_eq!(status, 200);
    for part in ["21 votes", "39 pairs", "Correlation of weights", "data-choice=\"first\"", "What you reward"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains(MODEL));
    drop(server);

    let server = served(&study, &[]);
    assert_eq!(of_judge(&server, "human:Ada L."), 21);
    let again = next(&server, "study", "Ada L.");
    assert_eq!((&again["votes"], &again["left"]), (&json!(21), &json!(39)));
    let (status, undone) = undo(&server, "study", "Ada L.");
    assert_eq!((status, &undone["votes"]), (200, &json!(20)));
    assert!(seen.contains(&undone["undone"].to_string()), "{undone}");
    assert_eq!(
        (of_judge(&server, "human:Ada L."), of_judge(&server, "human:Bob"), of_judge(&server, "person")),
        (20, 1, 60)
    );
    assert_eq!(undo(&server, "study", "Bob").1["votes"], 0);
    assert_eq!(undo(&server, "study", "Bob").1["undone"], Value::Null);
    // The command line reads them as any verdicts.
    let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["export", "--quiet", "--format", "pairs", "-o"])
        .arg(folder.path().join("out.jsonl"))
        .arg(&study)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let written = std::fs::read_to_string(folder.path().join("out.jsonl")).expect("written");
    assert_eq!(written.matches("human:Ada L.").count(), 20, "{written}");
}

#[test]
fn a_choice_is_kept_as_it_was_shown_and_once_a_pair() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path(), 30);
    let server = served(&study, &[]);
    let say = |more: Value| {
        let mut vote = json!({"name": "me", "pair": "p3"});
        vote.as_object_mut().expect("an object").extend(more.as_object().expect("an object").clone());
        post(&server, "study", &vote)
    };
    let verdict = || {
        let pairs = server.json(&format!("/api/v1/s/study/pairs?where={}", encoded("id = \"p3\"")));
        pairs["rows"][0]["verdicts"]["human:me"].as_f64()
    };
    for (vote, p_a) in [
        (json!({"choice": "first", "shown": "ab"}), 1.0),
        (json!({"choice": "first", "shown": "ba"}), 0.0),
        (json!({"choice": "second", "shown": "ba"}), 1.0),
        (json!({"choice": "tie", "shown": "ba"}), 0.5),
        (json!({"choice": "bad", "shown": "ab"}), 0.5),
        (json!({"p_a": 0.25}), 0.25),
    ] {
        let (status, found) = say(vote.clone());
        assert_eq!((status, &found["votes"]), (200, &json!(1)), "{vote}: {found}");
        assert_eq!(verdict(), Some(p_a), "{vote}");
    }
    for bad in [
        json!({}),
        json!({"choice": "first"}),
        json!({"p_a": 2}),
        json!({"choice": "third", "shown": "ab"}),
        json!({"p_a": 1, "choice": "tie"}),
        json!({"p_a": 1, "judge": "person"}),
    ] {
        assert_eq!(say(bad.clone()).0, 400, "{bad}");
    }
    assert_eq!(post(&server, "study", &json!({"name": "me", "pair": "nobody", "p_a": 1})).0, 404);
    assert_eq!(post(&server, "nothing", &json!({"name": "me", "pair": "p3", "p_a": 1})).0, 404);
    assert_eq!((verdict(), of_judge(&server, "human:me")), (Some(0.25), 1));
}

#[test]
fn a_slice_is_labelled_until_nothing_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path(), 30);
    let server = served(&study, &[]);
    let few = format!("&where={}", encoded("id in (p3, p4)"));
    for left in [2, 1] {
        let next = server.json(&format!("/api/v1/s/study/label?name=me{few}"));
        assert_eq!(next["left"], left);
        let vote = json!({"name": "me", "pair": next["next"]["pair"], "choice": "tie", "shown": "ab"});
        assert_eq!(post(&server, "study", &vote).0, 200);
    }
    let none = server.json(&format!("/api/v1/s/study/label?name=me{few}"));
    assert_eq!((&none["left"], &none["next"]), (&json!(0), &Value::Null));
    let (status, page) = server.get(&format!("/s/study/label?name=me{few}"));
    assert!(status == 200 && page.contains("You have judged every pair of this slice"), "{page}");
    assert_eq!(next(&server, "study", "me")["left"], 28);
}

#[test]
fn without_a_study_votes_are_kept_until_the_server_ends() {
    let server = Server::start(&[]);
    for _ in 0..3 {
        assert_eq!(vote(&server, "local-judge", "me")["kept"], false);
    }
    assert_eq!(next(&server, "local-judge", "me")["votes"], 3);
    assert_eq!(next(&server, "local-judge", "you")["votes"], 0);
    let (_, page) = server.get("/s/local-judge/label?name=me");
    assert!(page.contains("lost when it ends") && page.contains("17 votes are"), "{page}");
    let (status, undone) = undo(&server, "local-judge", "me");
    assert_eq!((status, &undone["votes"], &undone["kept"]), (200, &json!(2), &json!(false)));
    drop(server);
    let server = Server::start(&[]);
    assert_eq!(next(&server, "local-judge", "me")["votes"], 0);
}

#[test]
fn nothing_is_changed_without_leave() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path(), 30);
    let server = served(&study, &["--read-only"]);
    let vote = json!({"name": "me", "pair": "p3", "p_a": 1});
    let (status, problem) = post(&server, "study", &vote);
    assert_eq!((status, problem["type"].as_str()), (403, Some("forbidden")), "{problem}");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("--read-only")));
    assert_eq!(undo(&server, "study", "me").0, 403);
    assert_eq!(next(&server, "study", "me")["votes"], 0, "looking is allowed");
    let (_, page) = server.get("/s/study/label?name=me");
    assert!(page.contains("--read-only"), "{page}");
    drop(server);

    let server = served(&study, &[]);
    for headers in [&[][..], &[("Origin", "http://evil.example"), CHANGES]] {
        let (status, _, body) =
            server.send_body("POST", "/api/v1/s/study/verdicts", headers, &vote.to_string());
        assert_eq!(status, 403, "{headers:?}: {body}");
        assert_eq!(server.send("DELETE", "/api/v1/s/study/verdicts?name=me", headers).0, 403);
    }
    assert_eq!(next(&server, "study", "me")["votes"], 0);
}

#[test]
fn hostile_names_are_refused_or_shown_as_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path(), 30);
    let server = served(&study, &[]);
    let long = "x".repeat(41);
    for name in ["", "   ", &long, "a\nb", "a\u{0}b", "\u{1b}[2J", "\u{202e}evil", "a\u{200b}b"] {
        let (status, problem) = post(&server, "study", &json!({"name": name, "pair": "p3", "p_a": 1}));
        assert_eq!(status, 400, "{name:?}: {problem}");
        assert_eq!(undo(&server, "study", name).0, 400, "{name:?}");
        assert_eq!(server.get(&format!("/api/v1/s/study/label?name={}", encoded(name))).0, 400, "{name:?}");
        let (_, page) = server.get(&format!("/s/study/label?name={}", encoded(name)));
        assert!(
            page.contains("</html>") && !page.contains('\u{1b}') && !page.contains('\u{202e}'),
            "{name:?}"
        );
    }
    let evil = "\"><script>alert(1)</script>../..";
    let (status, found) = post(&server, "study", &json!({"name": evil, "pair": "p3", "p_a": 1}));
    assert_eq!(status, 200, "{found}");
    let (_, page) = server.get(&format!("/s/study/label?name={}", encoded(evil)));
    assert!(page.contains("1 vote") && !page.contains("<script>alert"), "{page}");
    let (_, page) = server.get("/s/study");
    assert!(page.contains("human:") && !page.contains("<script>alert"), "{page}");
    // Nobody votes in the name of a judge of the data.
    let taken = folder.path().join("taken.jsonl");
    let line = |i: usize| {
        json!({"id": format!("t{i}"), "prompt": "Q?", "response_a": format!("{i}"), "response_b": "no",
        "judge": "human:me", "p_a": i % 2})
        .to_string()
    };
    std::fs::write(&taken, (0..30).map(line).collect::<Vec<_>>().join("\n")).expect("written");
    let other = folder.path().join("other");
    let done = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["import", "--quiet"])
        .arg(&taken)
        .arg("-o")
        .arg(&other)
        .output()
        .expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let server = served(&other, &[]);
    let (status, problem) = post(&server, "other", &json!({"name": "me", "pair": "t1", "p_a": 1}));
    assert!(status == 400 && problem["detail"].as_str().is_some_and(|d| d.contains("already")), "{problem}");
    assert_eq!(undo(&server, "other", "me").0, 400);
}

#[test]
fn pairs_that_nobody_has_judged_lead_to_verdicts() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("bare.jsonl");
    let pair = |i: usize| {
        json!({"prompt": format!("Q{i}?"), "response_a": "yes ".repeat(i % 5 + 1), "response_b": "no ".repeat(i % 3 + 1)}).to_string()
    };
    let bare = (0..30).map(pair).collect::<Vec<_>>().join("\n");
    std::fs::write(&file, &bare).expect("written");
    let kept = folder.path().join("kept");
    let imported = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["import", "--without-verdicts", "-o"])
        .args([&kept, &file])
        .output()
        .expect("it runs");
    assert!(imported.status.success(), "{}", String::from_utf8_lossy(&imported.stderr));
    for (given, study) in [(&file, "bare"), (&kept, "kept")] {
        let server = served(given, &[]);
        for end in ["", "/judges", "/models"] {
            let (status, page) = server.get(&format!("/s/{study}{end}"));
            assert!(
                status == 200 && page.contains("No verdicts yet") && page.contains("30 pairs were"),
                "{page}"
            );
        }
        for (end, wanted) in [
            ("/pairs", "judge them yourself"),
            ("/label", "Begin"),
            ("/runs", "Ask a model"),
            ("/data", "no verdicts"),
        ] {
            let (status, page) = server.get(&format!("/s/{study}{end}"));
            assert!(status == 200 && page.contains(wanted), "{end}: {page}");
        }
        (0..6).for_each(|_| drop(vote(&server, study, "me")));
        assert_eq!(next(&server, study, "me")["votes"], 6);
        let (_, page) = server.get(&format!("/s/{study}"));
        assert_eq!(
            page.contains("No verdicts yet"),
            study == "bare",
            "votes of a study are its verdicts: {page}"
        );
    }
    // A file that is sent is taken without verdicts by who says so.
    let server = Server::start(&[]);
    let sent = server.send_body("POST", "/api/v1/studies?name=bare.jsonl", &[CHANGES], &bare);
    assert!(sent.0 == 201 && sent.2.contains("no verdict"), "{}", sent.2);
    assert_eq!(server.send("POST", "/api/v1/uploads/1", &[CHANGES]).0, 400);
    let (_, page) = server.get("/uploads/1");
    assert!(page.contains("take the pairs alone") && !page.contains("id=\"open-upload\""), "{page}");
    let (_, page) = server.get("/uploads/1?verdicts=none");
    assert!(page.contains("id=\"open-upload\"") && page.contains("--without-verdicts"), "{page}");
    assert_eq!(server.send("POST", "/api/v1/uploads/1?verdicts=none", &[CHANGES]).0, 201);
    assert_eq!(server.get("/s/bare/label").0, 200);
}
