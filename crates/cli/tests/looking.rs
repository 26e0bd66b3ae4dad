//! What is seen on a page of `predilect serve` that somebody walks through: names, groups, pairs, texts, what is held equal.
#![cfg(feature = "serve")]

mod page;

use std::process::Command;

use page::{CHANGES, Server, encoded};
use serde_json::{Value, json};

#[test]
fn unknown_names_are_named_with_the_nearest_ones() {
    let server = Server::start(&[]);
    for (rest, wanted) in [
        ("juge=human", "<bdi>judge</bdi></code>?"),
        ("nope=1", "is not a name that an address takes. It is left out."),
        ("prop=lenght", "is not a property of these data; did you mean <code><bdi>length</bdi></code>?"),
        ("vs=rest", "Write a filter first"),
    ] {
        let (status, page) = server.get(&format!("/s/local-judge?{rest}"));
        assert!(status == 200 && page.contains(wanted), "{rest}: {page}");
    }
    let (status, problem) = server.get("/api/v1/s/local-judge/dissect?juge=human");
    assert!(status == 400 && problem.contains("did you mean judge?"), "{problem}");
}

#[test]
fn groups_are_shown_and_a_field_has_both_of_its_names() {
    let server = Server::start(&[]);
    for group in ["style_a", "meta.style_a"] {
        let (status, page) = server.get(&format!("/s/local-judge?group={group}"));
        assert!(status == 200 && page.contains("How it changes from group to group"), "{page}");
        assert!(
            page.contains("Intensity by property and group") && page.contains("plain"),
            "{group}: {page}"
        );
    }
    let (status, page) = server.get("/s/local-judge?group=nothing");
    assert!(status == 200 && page.contains("No pair has a value for the field"), "{page}");
    let (_, data) = server.get("/s/local-judge/data?where=words(a)>1");
    assert!(!data.contains("id=\"where\""), "the page on the data has no slice");
}

#[test]
fn a_pair_leads_to_its_neighbours_within_the_slice() {
    let server = Server::start(&[]);
    let slice = format!("where={}&pairs=surprise", encoded("words(a) > words(b)"));
    let listed = server.json(&format!("/api/v1/s/local-judge/pairs?{slice}"));
    let id = |at: usize| listed["rows"][at]["pair"].as_str().expect("a pair").to_owned();
    let link = |which: &str, page: &str| {
        let from = page.find(&format!("id=\"{which}-pair\"")).map(|at| page[at..].to_owned())?;
        let from = from.split("href=\"").nth(1)?;
        Some(from.split('"').next()?.replace("&amp;", "&"))
    };
    let (_, first) = server.get(&format!("/s/local-judge/pairs/{}?{slice}", id(0)));
    assert_eq!(link("previous", &first), None);
    let next = link("next", &first).expect("a link");
    assert!(
        next.starts_with(&format!("/s/local-judge/pairs/{}?", id(1))) && next.contains("surprise"),
        "{next}"
    );
    let (_, second) = server.get(&next);
    assert!(link("previous", &second).is_some_and(|link| link.contains(&id(0))), "{second}");
    assert!(second.contains("2 of "), "{second}");
}

#[test]
fn a_text_of_megabytes_is_shown_in_part_and_whole_at_its_own_address() {
    let folder = tempfile::tempdir().expect("a folder");
    let line = |i: usize| {
        let long = if i == 3 { "word ".repeat(400_000) + "\u{202e}<b>end" } else { format!("yes {i}") };
        json!({"id": format!("p{i}"), "prompt": "Q?", "response_a": long, "response_b": "no", "judge": "person", "p_a": i % 2})
            .to_string()
    };
    let file = folder.path().join("long.jsonl");
    std::fs::write(&file, (0..40).map(line).collect::<Vec<_>>().join("\n")).expect("written");
    let server = Server::start(&[&file.display().to_string()]);
    let (status, page) = server.get("/s/long/pairs/p3");
    assert!(status == 200 && page.len() < 200_000, "{} bytes", page.len());
    assert!(
        page.contains("The first 20,000 of") && page.contains("/s/long/pairs/p3/a"),
        "no way to all of it"
    );
    let (status, headers, text) = server.send("GET", "/s/long/pairs/p3/a", &[]);
    assert_eq!((status, headers["content-type"].as_str()), (200, "text/plain; charset=utf-8"));
    assert!(text.len() > 2_000_000 && text.ends_with("⟨U+202E⟩<b>end"));
    assert_eq!(server.get("/s/long/pairs/p3/c").0, 404);
}

#[test]
fn what_is_held_equal_is_chosen_and_written_back() {
    let server = Server::start(&[]);
    let held = |rest: &str| -> Vec<String> {
        let found = server.json(&format!("/api/v1/s/llmfao/models?{rest}"));
        let all = found["controlled"]["controls"].as_array().cloned().unwrap_or_default();
        all.iter().map(|control| control["name"].as_str().expect("a name").to_owned()).collect()
    };
    assert_eq!(held(""), ["length", "well_formatted"]);
    assert_eq!(held("control=length"), ["length"]);
    assert!(held("control=none").is_empty());
    assert!(held("control=style").contains(&"length".to_owned()));
    let (_, page) = server.get("/s/llmfao/models?control=style");
    assert!(page.contains("<option value=\"style\" selected") && page.contains("control=style"), "{page}");
    assert!(page.contains("Score, raw") && page.contains("Score, controlled"), "{page}");
    // By the same features as on a command line: every digit of every model.
    let told = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["rank", "--example", "llmfao", "--judge", "human", "--control", "style", "--json", "--quiet"])
        .output()
        .expect("it runs");
    let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    let live = server.json("/api/v1/s/llmfao/models?control=style&judge=human");
    let scores = |board: &Value| -> Vec<(String, String)> {
        let rows = board["ranking"].as_array().cloned().unwrap_or_default();
        rows.iter().map(|row| (row["model"].to_string(), row["score"].to_string())).collect()
    };
    assert_eq!((scores(&live["controlled"]), 59), (scores(&told), scores(&told).len()));
}

#[test]
fn fits_are_tried_on_verdicts_they_have_not_seen() {
    let server = Server::start(&[]);
    let (_, page) = server.get("/s/local-judge");
    let at = page.split("data-check=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an address");
    let (status, said) = server.get(at);
    assert!(status == 200 && said.contains("On verdicts it has not seen, the model predicts"), "{said}");
    assert_eq!(said.lines().last().map(|last| last.starts_with("Checked: the fit")), Some(true), "{said}");
}

#[test]
fn files_that_belong_together_are_sent_together() {
    let server = Server::start(&[]);
    let votes: String = std::iter::once("id,winner,judge\n".to_owned())
        .chain((0..40).map(|i| format!("{i},{},human\n", if i % 3 == 0 { "A" } else { "B" })))
        .collect();
    let text = |i: usize| {
        let pair = json!({"id": i.to_string(), "prompt": format!("Q{i}?"), "response_a": "yes indeed", "response_b": format!("no {i}")});
        format!("{pair}\n")
    };
    let texts: String = (0..40).map(text).collect();
    let send = |query: &str, body: &str| {
        let path = format!("/api/v1/studies?{query}");
        let (status, _, answer) = server.send_body("POST", &path, &[CHANGES], body);
        (status, serde_json::from_str::<Value>(&answer).expect("JSON"))
    };
    let (status, first) = send("name=votes.csv", &votes);
    assert_eq!(status, 201, "{first}");
    let (status, both) = send("name=texts.jsonl&with=1", &texts);
    assert_eq!((status, both["upload"].as_u64()), (201, Some(1)), "{both}");
    assert_eq!(both["names"], json!(["votes.csv", "texts.jsonl"]));
    assert_eq!(send("name=votes.csv&with=1", &votes).0, 400, "a name is taken once");
    assert_eq!(send("name=votes.csv&with=9", &votes).0, 404);
    let (_, page) = server.get("/uploads/1");
    assert!(page.contains("predilect import votes.csv texts.jsonl"), "{page}");
    assert!(!page.contains("/tmp/"), "no path of the server: {page}");
    let (status, _, opened) = server.send("POST", "/api/v1/uploads/1", &[CHANGES]);
    assert_eq!(status, 201, "{opened}");
}

#[test]
fn votes_without_texts_are_not_said_to_be_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("votes.csv");
    let row = |i: usize| format!("{i},one,two,model_{}", if i.is_multiple_of(3) { 'a' } else { 'b' });
    let rows = (0..30).map(row).collect::<Vec<_>>().join("\n");
    std::fs::write(&file, format!("question_id,model_a,model_b,winner\n{rows}")).expect("written");
    let server = Server::start(&[&file.display().to_string()]);
    let (status, page) = server.get("/s/votes/label?name=Ada");
    assert!(status == 200 && page.contains("These data have no texts"), "{page}");
    assert!(!page.contains("You have judged every pair"), "{page}");
}

#[test]
fn a_verdict_is_explained_to_programs_as_on_a_command_line() {
    let server = Server::start(&["--example", "local-judge"]);
    let listed = server.json("/api/v1/s/local-judge/pairs?most=1");
    let pair = listed["rows"][0]["pair"].as_str().expect("a pair");
    let live = server.json(&format!("/api/v1/s/local-judge/explain?pair={}", encoded(pair)));
    let told = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["explain", "--example=local-judge", "--pair", pair, "--json", "--quiet", "--judge"])
        .arg(live["judge"].as_str().expect("a judge"))
        .output()
        .expect("it runs");
    let told: Value = serde_json::from_slice(&told.stdout).expect("JSON");
    assert_eq!((&live["pair"], &live["judge"]), (&told["pair"], &told["judge"]));
    let value = |found: &Value| found["value"].as_f64().expect("a probability");
    assert!((value(&live) - value(&told)).abs() < 1e-9, "{live} {told}");
    assert_eq!(server.get("/api/v1/s/local-judge/explain").0, 400);
    assert_eq!(server.get("/api/v1/s/local-judge/explain?pair=none").0, 404);
}
