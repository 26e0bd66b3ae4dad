//! `predilect serve`: whoever asks gets the figures of the command line, and nobody else gets any.
#![cfg(feature = "serve")]

mod page;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use page::{Server, encoded, study};
use serde_json::Value;

/// The figures of every weight by judge, group and property.
fn figures(fits: &Value) -> BTreeMap<(String, String, String), [f64; 6]> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut all = BTreeMap::new();
    for fit in fits.as_array().expect("fits") {
        for weight in fit["weights"].as_array().expect("weights") {
            let figures = ["mean", "sd", "q05", "q50", "q95", "p_positive"]
                .map(|name| weight[name].as_f64().expect("a number"));
            all.insert((text(&fit["judge"]), text(&fit["group"]), text(&weight["property"])), figures);
        }
    }
    all
}

fn dissected(args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["dissect", "--example", "local-judge", "--engine", "ep", "--folds", "0", "--json", "--quiet"])
        .args(args)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn the_page_the_api_and_the_command_line_give_the_same_figures() {
    let server = Server::start(&[]);
    let filters = [
        "words(a) > words(b)",
        "words(a) + words(b) < 200",
        "words(a) > 2 * words(b) or words(b) > 2 * words(a)",
        "not text(a) ~ /the/i",
        "rating(length) > 0 and words(b) >= 10",
        "judge(\"smollm2-135m-instruct\") > 0.5",
    ];
    for filter in filters {
        let slice = format!("where={}", encoded(filter));
        let live = server.json(&format!("/api/v1/s/local-judge/dissect?{slice}"));
        let told = dissected(&["--where", filter]);
        let (live_figures, mut told_figures) = (figures(&live["fits"]), figures(&told["fits"]));
        told_figures.retain(|(_, group, _), _| group == "all");
        // Sums are made in another order, so that the last digits of sixteen may differ, and none that is shown.
        assert!(live_figures.keys().eq(told_figures.keys()), "{filter}");
        for (of, figures) in &live_figures {
            let alike = figures.iter().zip(told_figures[of]).all(|(a, b)| (a - b).abs() <= 1e-11);
            assert!(alike, "{filter}: {of:?} {figures:?} {:?}", told_figures[of]);
        }
        assert!(!live_figures.is_empty() && live["slice"]["exact"] == true, "{filter}");
        // The page shows what both have, rounded as everything is.
        let (status, page) = server.get(&format!("/s/local-judge?{slice}"));
        assert_eq!(status, 200, "{page}");
        for fit in live["fits"].as_array().expect("fits") {
            for weight in fit["weights"].as_array().expect("weights") {
                let intensity = 100.0 / (1.0 + (-weight["mean"].as_f64().expect("a mean")).exp());
                let shown = format!("{intensity:.1}");
                assert!(page.contains(&format!(">{shown}<")), "{filter}: {shown} is not on the page");
            }
        }
    }
}

#[test]
fn a_part_is_set_against_the_rest_as_the_command_line_does() {
    let server = Server::start(&[]);
    let filter = "words(a) > words(b)";
    let live = server.json(&format!("/api/v1/s/local-judge/dissect?where={}&vs=rest", encoded(filter)));
    let told = dissected(&["--where", filter, "--versus", "rest"]);
    assert_eq!(live["versus"]["differences"], told["differences"]);
    let csv = format!("/api/v1/s/local-judge/export?where={}&what=weights&as=csv", encoded(filter));
    let (status, table) = server.get(&csv);
    let rows: usize = live["fits"]
        .as_array()
        .expect("fits")
        .iter()
        .map(|fit| {
            fit["weights"].as_array().map_or(0, Vec::len) + fit["terms"].as_array().map_or(0, Vec::len)
        })
        .sum();
    assert_eq!((status, table.lines().count()), (200, rows + 1), "{table}");
    assert!(!told["differences"].as_array().expect("differences").is_empty());
}

#[test]
fn what_cannot_be_read_is_said_where_it_stands() {
    let server = Server::start(&[]);
    let (status, headers, body) =
        server.send("GET", "/api/v1/s/local-judge/dissect?where=scenario%20%3D", &[]);
    let problem: Value = serde_json::from_str(&body).expect("JSON");
    assert_eq!((status, headers["content-type"].as_str()), (400, "application/problem+json"));
    assert_eq!((problem["type"].as_str(), problem["position"].as_u64()), (Some("where-syntax"), Some(10)));
    assert!(problem["remedy"].as_str().is_some_and(|remedy| !remedy.is_empty()), "{body}");
    let (status, page) = server.get("/s/local-judge?where=scenario%20%3D");
    assert_eq!(status, 400);
    assert!(page.contains("scenario =") && page.contains("role=\"alert\""), "{page}");
    for (path, wanted) in [
        ("/api/v1/s/nothing/dissect", 404),
        ("/api/v1/s/local-judge/dissect?judge=nobody", 400),
        ("/api/v1/s/local-judge/dissect?nonsense=1", 400),
        ("/api/v1/s/local-judge/pairs/nobody", 404),
        ("/api/v1/s/nothing/runs", 404),
        ("/api/v1/nothing", 404),
        ("/s/local-judge/pairs?from=18446744073709551615", 200),
        ("/s/nothing", 404),
        ("/s/..%2F..%2Fetc%2Fpasswd", 404),
        ("/s/local-judge/pairs/..%2F..%2F..%2Fetc%2Fpasswd", 404),
        ("/assets/..%2FCargo.toml", 404),
    ] {
        let (status, body) = server.get(path);
        assert_eq!(status, wanted, "{path}: {body}");
        assert!(!body.contains("root:"), "{path}");
    }
    assert_eq!(server.send("POST", "/api/v1/studies", &[]).0, 403, "nothing is changed without the header");
}

/// Whatever is wrong with a request, a program gets one form and a reader a page.
#[test]
fn no_refusal_is_bare() {
    let server = Server::start(&[]);
    let large = "x".repeat(3 << 20);
    for (method, path, body, wanted) in [
        ("GET", "/api/v1/s/local-judge/runs/none", "", 400),
        ("GET", "/api/v1/s/local-judge/runs/99999999999", "", 400),
        ("GET", "/api/v1/s/%FF/dissect", "", 400),
        ("GET", "/api/v1/uploads/none", "", 404),
        ("PUT", "/api/v1/studies", "", 405),
        ("BREW", "/api/v1/studies", "", 405),
        ("POST", "/api/v1/s/local-judge/dissect", "", 405),
        ("POST", "/api/v1/s/local-judge/verdicts", large.as_str(), 413),
        ("POST", "/api/v1/s/local-judge/verdicts", "{", 400),
        ("GET", "/s/%FF", "", 400),
        ("GET", "/s/local-judge/pairs/%FF", "", 400),
        ("POST", "/s/local-judge", "", 405),
        ("GET", "/uploads/none", "", 404),
    ] {
        let (status, headers, answer) = server.send_body(method, path, &[page::CHANGES], body);
        assert_eq!(status, wanted, "{method} {path}: {answer}");
        if path.starts_with("/api/") {
            assert_eq!(headers["content-type"], "application/problem+json", "{method} {path}: {answer}");
            let problem: Value = serde_json::from_str(&answer).expect("JSON");
            assert!(
                problem["detail"].is_string() && problem["status"] == wanted,
                "{method} {path}: {answer}"
            );
        } else {
            assert!(
                answer.contains("</html>") && answer.contains("role=\"alert\""),
                "{method} {path}: {answer}"
            );
        }
        assert!(headers["content-security-policy"].contains("default-src 'none'"));
        assert_eq!(headers.contains_key("allow"), wanted == 405, "{method} {path}");
    }
    let server = Server::start(&["--token", "a-token-of-some-length"]);
    assert!(server.get("/").1.contains("</html>"), "who has no token is told on a page");
    assert_eq!(server.send("GET", "/api/v1/studies", &[]).1["content-type"], "application/problem+json");
}

#[test]
fn one_judge_is_told_whom_to_be_compared_with() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = study(folder.path(), 40);
    let server = Server::start(&[place.to_str().expect("UTF-8")]);
    let (status, page) = server.get("/s/study/judges");
    assert!(
        status == 200 && page.contains("no other to compare it with") && page.contains("href=\"/published\""),
        "{page}"
    );
    assert!(page.contains("/s/study/label"));
    let (_, page) = server.get("/s/llmfao/judges?judge=human");
    assert!(page.contains("All judges of the study") && page.contains("href=\"/s/llmfao/judges\""), "{page}");
}

#[test]
fn equal_names_and_reading_options_are_said() {
    let folder = tempfile::tempdir().expect("a folder");
    for within in ["may", "june"] {
        std::fs::create_dir(folder.path().join(within)).expect("a folder");
        study(&folder.path().join(within), 20);
    }
    let given: Vec<String> = ["may", "june"]
        .iter()
        .map(|within| folder.path().join(within).join("study").display().to_string())
        .collect();
    let file = folder.path().join("may/pairs.jsonl").display().to_string();
    let server =
        Server::start(&[&given[0], &given[1], &file, "--judge-name", "a person", "--on-bad-row", "skip"]);
    let studies = server.json("/api/v1/studies");
    let titles: Vec<&str> = studies["studies"]
        .as_array()
        .expect("studies")
        .iter()
        .filter_map(|own| own["title"].as_str())
        .collect();
    assert_eq!(titles, ["study", "study (june)", "pairs", "llmfao", "local-judge"]);
    let (_, page) = server.get("/s/pairs");
    let line = format!("predilect dissect {file} --on-bad-row skip --judge-name");
    assert!(page.contains(&line), "{page}");
}

/// A script that is not there stops all that import it, and the page still looks whole.
#[test]
fn every_script_that_the_page_imports_is_served() {
    let server = Server::start(&[]);
    let mut left = vec!["page.js".to_owned()];
    let mut seen: Vec<String> = Vec::new();
    while let Some(name) = left.pop() {
        let (status, headers, text) = server.send("GET", &format!("/assets/{name}"), &[]);
        assert_eq!(
            (status, headers["content-type"].as_str()),
            (200, "text/javascript; charset=utf-8"),
            "{name}"
        );
        let imports = text.lines().filter_map(|line| line.strip_prefix("import ")?.split("\"./").nth(1));
        left.extend(imports.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        seen.push(name);
        left.retain(|name| !seen.contains(name));
    }
    assert!(seen.len() > 2, "{seen:?}");
}

#[test]
fn nobody_else_may_ask() {
    let server = Server::start(&[]);
    for headers in
        [&[("Host", "evil.example")][..], &[("Origin", "http://evil.example")], &[("Origin", "null")]]
    {
        let (status, _, body) = server.send("GET", "/api/v1/studies", headers);
        assert_eq!(status, 403, "{headers:?}: {body}");
        assert!(!body.contains("llmfao"), "{body}");
    }
    let (status, headers, _) = server.send("GET", "/", &[]);
    let policy = &headers["content-security-policy"];
    assert!(
        status == 200 && policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'")
    );
    assert!(!policy.contains("script-src 'self' 'unsafe"), "{policy}");
    assert_eq!(headers["x-content-type-options"], "nosniff");
}

#[test]
fn every_address_that_it_listens_at_is_its_own() {
    let token = ["--token", "a-token-of-some-length"];
    let bearer = ("Authorization", "Bearer a-token-of-some-length");
    let mut server =
        Server::start(&[&token[..], &["--host", "0.0.0.0", "--name", "predilect.example"]].concat());
    let port = server.address.rsplit(':').next().expect("a port").to_owned();
    server.address = format!("127.0.0.1:{port}");
    for host in [
        format!("127.0.0.1:{port}"),
        format!("10.1.2.3:{port}"),
        "predilect.example".to_owned(),
        format!("predilect.example:{port}"),
    ] {
        assert_eq!(server.send("GET", "/api/v1/studies", &[("Host", &host), bearer]).0, 200, "{host}");
    }
    for host in ["evil.example", "evil.example:80", "localhost.evil.example"] {
        assert_eq!(server.send("GET", "/api/v1/studies", &[("Host", host), bearer]).0, 403, "{host}");
    }
}

#[test]
fn a_token_is_asked_for_where_one_is_set() {
    let server = Server::start(&["--token", "a-token-of-some-length"]);
    assert_eq!(server.get("/").0, 401);
    assert_eq!(server.get("/?token=wrong").0, 401);
    // With the token in the address it leads to the same without it, known or not.
    let cookie = (
        "Cookie",
        format!(
            "predilect_token_{}=a-token-of-some-length",
            server.address.rsplit(':').next().expect("a port")
        ),
    );
    let again = server.send("GET", "/?token=a-token-of-some-length", &[(cookie.0, &cookie.1)]);
    assert_eq!((again.0, again.1["location"].as_str()), (303, "/"));
    let bearer = server.send("GET", "/api/v1/studies", &[("Authorization", "Bearer a-token-of-some-length")]);
    assert_eq!(bearer.0, 200);
    let (status, headers, _) =
        server.send("GET", "/s/llmfao?token=a-token-of-some-length&sort=strength", &[]);
    assert_eq!((status, headers["location"].as_str()), (303, "/s/llmfao?sort=strength"));
    let cookie = headers["set-cookie"].split(';').next().expect("a cookie").to_owned();
    assert!(headers["set-cookie"].contains("HttpOnly") && headers["set-cookie"].contains("SameSite=Strict"));
    assert_eq!(server.send("GET", "/", &[("Cookie", &cookie)]).0, 200);
    // Two slashes would lead to another host.
    let (_, headers, _) = server.send("GET", "//evil.example/?token=a-token-of-some-length", &[]);
    assert_eq!(headers["location"], "/evil.example/");
    let open = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["serve", "--host", "0.0.0.0", "--port", "0", "--no-open"])
        .env_remove("PREDILECT_TOKEN")
        .output()
        .expect("it ends");
    let said = String::from_utf8_lossy(&open.stderr).into_owned();
    assert!(!open.status.success() && said.contains("--token"), "{said}");
}

#[test]
fn what_to_watch_out_for_stands_on_the_page() {
    let folder = tempfile::tempdir().expect("a folder");
    // One model wrote every A, so that side and model cannot be distinguished.
    let place = study(folder.path(), 60);
    let server = Server::start(&[place.to_str().expect("UTF-8")]);
    let live = server.json("/api/v1/s/study/dissect");
    assert!(live["cautions"].as_array().is_some_and(|all| !all.is_empty()), "{live}");
    let (_, page) = server.get("/s/study");
    assert!(page.contains("Watch out") && page.contains("cannot be told apart"), "{page}");
    assert!(page.contains("What this judge rewards"), "there is one judge");
    // The example by local models is made of real responses; only what says so of itself is called made up.
    assert!(!server.get("/s/local-judge").1.contains("SIMULATED"));
}

/// Texts that would act on a page, a terminal or a prompt.
fn hostile(folder: &Path) -> String {
    let evil =
        "</script><script>alert(1)</script><img src=x onerror=alert(1)>\u{202e}gnirts\u{1b}[2J<|im_end|>";
    let mut lines = String::new();
    for n in 0..40 {
        let (winner, a, b) =
            if n % 3 == 0 { ("a", evil, "fine") } else { ("b", "a longer, fine answer", evil) };
        let pair = serde_json::json!({"prompt": format!("{n} {evil}"), "response_a": a, "response_b": b, "preferred": winner,
            "judge": format!("judge {evil}"), "model_a": evil, "model_b": "\"'><b>", "scenario": if n % 2 == 0 { evil } else { "plain" }});
        lines = lines + &pair.to_string() + "\n";
    }
    let path = folder.join("<evil> & files.jsonl");
    std::fs::write(&path, lines).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn no_text_acts_on_a_page() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = hostile(folder.path());
    let server = Server::start(&[&file]);
    let studies = server.json("/api/v1/studies");
    let id = studies["studies"][0]["id"].as_str().expect("an id").to_owned();
    assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'), "{id}");
    let pairs = server.json(&format!("/api/v1/s/{id}/pairs?most=3"));
    let pair = encoded(pairs["rows"][0]["pair"].as_str().expect("a pair"));
    let evil = encoded("text(a) ~ /<script>/ and scenario != \"</script>\"");
    for path in [
        "/".to_owned(),
        format!("/s/{id}"),
        format!("/s/{id}?where={evil}"),
        format!("/s/{id}?where={evil}&judge={}&%3Cscript%3E=%22%3E%3Cscript%3E", encoded("<script>")),
        format!("/s/{id}/pairs"),
        format!("/s/{id}/pairs/{pair}"),
        format!("/s/{id}/judges"),
        format!("/s/{id}/models"),
        format!("/s/{id}/data"),
        format!("/s/{}", encoded("<script>alert(1)</script>")),
    ] {
        let (_, page) = server.get(&path);
        assert!(page.contains("<html") && page.contains("</html>"), "{path}: {page}");
        for bad in ["<script>", "<img", "onerror=alert(1)>", "<b>\"", "\u{1b}", "\u{202e}"] {
            assert!(!page.contains(bad), "{path} holds {bad}");
        }
    }
}

#[test]
fn published_judges_are_compared_by_clicking() {
    let server = Server::start(&[]);
    // The question that people come with, as the form asks it without a script.
    let place = "/published?judge=gpt-4-1106-preview&judge=human&scenario=Code&prop=well_formatted&sort=";
    let (status, page) = server.get(place);
    assert_eq!(status, 200, "{page}");
    for words in [
        "rewards it <b>more than</b> <bdi>human</bdi> in Code",
        "Only means were published, no intervals",
        "<option value=\"Code\" selected>",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    // The page, the table and the published file have the same figures.
    let table = server.json("/api/v1/published/export?judge=human&scenario=Code&what=rewards&as=json");
    let rows = table["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 29);
    for row in rows {
        let intensity = row["intensity"].as_f64().expect("a number");
        let weight = row["weight"].as_f64().expect("a number");
        assert!((intensity - 100.0 / (1.0 + (-weight).exp())).abs() < 1e-9, "{row}");
        assert!(page.contains(&format!(">{intensity:.1}<")), "{row}");
    }
    assert!(server.get("/published").1.contains("on average over all scenarios"));
    for (place, words) in [
        ("/published?scenario=code", "Did you mean Code?"),
        ("/published?judge=%3Cscript%3E", "&lt;script&gt;"),
        ("/published?prop=lists", "well_formatted"),
    ] {
        let (status, page) = server.get(place);
        assert!(status == 400 && page.contains(words) && !page.contains("<script>"), "{place}: {page}");
    }
    let (status, page) = server.get("/published/judges");
    assert!(status == 200 && page.contains("Which judges reward alike?"), "{page}");
}

#[test]
fn languages_are_offered_as_far_as_the_data_have_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let served = |name: &str, stated: &dyn Fn(usize) -> Option<&'static str>| {
        let line = |at: usize| {
            let prompt = [
                "Which of the two rivers is the longer one, and where do they meet?",
                "Welcher der beiden Flüsse ist der längere, und wo treffen sie sich?",
            ][at % 2];
            let mut line = serde_json::json!({"id": format!("p{at}"), "prompt": format!("{prompt} ({at})"), "response_a": "yes ".repeat(at % 5 + 1),
                "response_b": "no ".repeat(at % 3 + 1), "judge": "person", "p_a": at % 2});
            if let Some(language) = stated(at) {
                line["language"] = language.into();
            }
            line.to_string()
        };
        let file = folder.path().join(name);
        std::fs::write(&file, (0..60).map(line).collect::<Vec<_>>().join("\n")).expect("written");
        let server = Server::start(&[&file.display().to_string()]);
        server.get(&format!("/s/{}", name.trim_end_matches(".jsonl"))).1
    };
    let guessed = served("guessed.jsonl", &|_| None);
    assert!(guessed.contains("Slices to start from") && !guessed.contains("language+%3D"), "{guessed}");
    let stated = served("stated.jsonl", &|at| Some(["en", "de"][at % 2]));
    assert!(stated.contains("language+%3D+%22de%22") && !stated.contains("some guessed"), "{stated}");
    let some = served("some.jsonl", &|at| (at < 30).then_some(["en", "de"][at % 2]));
    assert!(some.contains("language (some guessed)"), "{some}");
}

#[test]
fn two_servers_at_once_note_what_either_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let state = folder.path().join("state");
    let studies: Vec<_> = ["one", "two"]
        .iter()
        .map(|name| {
            let own = folder.path().join(name);
            std::fs::create_dir(&own).expect("a folder");
            study(&own, 24)
        })
        .collect();
    let serve = |own: &Path| Server::start_in(&[&own.display().to_string()], &[("XDG_STATE_HOME", &state)]);
    let servers: Vec<Server> = studies.iter().map(|own| serve(own)).collect();
    std::thread::scope(|threads| {
        for server in &servers {
            threads.spawn(|| assert_eq!(server.get("/s/study").0, 200));
        }
    });
    // Each lists what the other opened, and not what it serves itself.
    for (at, server) in servers.iter().enumerate() {
        let (_, home) = server.get("/");
        let (_, before) = home.split_once("Opened before").unwrap_or_else(|| panic!("no list: {home}"));
        let folder_of = |at: usize| studies[at].canonicalize().expect("a path").display().to_string();
        let command = format!("predilect serve {}", folder_of(1 - at));
        assert!(before.contains(&command) && !before.contains(&folder_of(at)), "{before}");
    }
}

#[test]
fn a_slash_too_many_leads_to_the_page() {
    let server = Server::start(&[]);
    let (status, headers, _) = server.send("GET", "/s/local-judge/pairs/?judge=a%26b", &[]);
    assert_eq!((status, headers["location"].as_str()), (308, "/s/local-judge/pairs?judge=a%26b"));
    assert_eq!(server.get("//example.org/").0, 404);
}
