//! Runs from the page: what they would take, what they keep, and that nothing is paid twice.
#![cfg(feature = "serve")]

mod page;
mod serving;

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use page::{CHANGES, Server, study};
use serde_json::{Value, json};
use serving::serve_a;

fn post(server: &Server, wanted: &Value) -> (u16, Value) {
    let (status, _, body) = server.send_body("POST", "/api/v1/s/study/runs", &[CHANGES], &wanted.to_string());
    (status, serde_json::from_str(&body).unwrap_or_else(|_| panic!("{body}")))
}

/// Looks at a run until it has ended.
fn ended(server: &Server, run: u64) -> Value {
    let from = Instant::now();
    loop {
        let state = server.json(&format!("/api/v1/s/study/runs/{run}"));
        if !state["end"].is_null() {
            return state;
        }
        assert!(from.elapsed() < Duration::from_mins(1), "it takes too long: {state}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Waits until this many questions were answered.
fn asked(count: &AtomicU64, least: u64) {
    let from = Instant::now();
    while count.load(Ordering::SeqCst) < least {
        assert!(from.elapsed() < Duration::from_mins(1), "nothing is asked");
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn of_judge(server: &Server, judge: &str) -> u64 {
    let study = server.json("/api/v1/s/study");
    let judges = study["data"]["judges"].as_array().expect("judges").iter();
    judges.filter(|own| own["judge"] == judge).filter_map(|own| own["verdicts"].as_u64()).sum()
}

#[test]
fn a_run_is_forecast_started_followed_and_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = study(folder.path(), 30);
    let (model, count) = serve_a(Duration::ZERO);
    let server = Server::start(&[place.to_str().expect("UTF-8"), "--runs"]);
    let wanted = json!({"verb": "judge", "model": model, "method": "generated", "name": "it", "where": "words(a) > words(b)"});
    let mut dry = wanted.clone();
    dry["dry_run"] = true.into();
    let (status, forecast) = post(&server, &dry);
    // A local server costs nothing.
    assert!(status == 200 && forecast["run"].is_null() && forecast["cost"]["high"] == 0.0, "{forecast}");
    let calls = forecast["calls"].as_u64().expect("calls");
    assert!(calls > 0 && calls < 60 && count.load(Ordering::SeqCst) == 0, "{forecast}");
    let (status, started) = post(&server, &wanted);
    assert_eq!(status, 200, "{started}");
    let state = ended(&server, started["run"].as_u64().expect("a number"));
    assert_eq!(
        (state["end"]["reason"].as_str(), state["done"].as_u64()),
        (Some("done"), Some(calls)),
        "{state}"
    );
    assert_eq!(state["found"][0]["judge"], "it");
    // The study is seen with them, at once, by the page too.
    assert_eq!(of_judge(&server, "it"), calls / 2);
    assert!(server.get("/s/study/runs").1.contains("done"));
    let (_, events) = server.get("/api/v1/s/study/runs/1/events");
    assert!(events.contains("event: end"), "{events}");
    // The same again asks nothing.
    let before = count.load(Ordering::SeqCst);
    let (_, again) = post(&server, &wanted);
    assert_eq!((again["calls"].as_u64(), again["logged"].as_u64()), (Some(0), Some(calls)), "{again}");
    ended(&server, again["run"].as_u64().expect("a number"));
    assert_eq!(count.load(Ordering::SeqCst), before);
}

#[test]
fn a_killed_server_has_kept_what_was_answered() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = study(folder.path(), 200);
    let (model, count) = serve_a(Duration::from_millis(30));
    let wanted =
        json!({"verb": "judge", "model": model, "method": "generated", "name": "it", "orders": "ab"});
    let mut server = Server::start(&[place.to_str().expect("UTF-8"), "--runs"]);
    let (status, started) = post(&server, &wanted);
    assert_eq!(status, 200, "{started}");
    asked(&count, 40);
    server.child.kill().expect("killed");
    server.child.wait().expect("gone");
    std::thread::sleep(Duration::from_millis(200));
    let paid = count.load(Ordering::SeqCst);
    let server = Server::start(&[place.to_str().expect("UTF-8"), "--runs"]);
    // It is offered again, as it was asked for.
    assert_eq!(server.json("/api/v1/s/study/runs")["unfinished"], json!([wanted]));
    let (_, page) = server.get("/s/study/runs");
    assert!(page.contains("Not finished") && page.contains("class=\"resume\""), "{page}");
    let (_, started) = post(&server, &wanted);
    let logged = started["logged"].as_u64().expect("a number");
    // What was under way when it was killed is lost, and nothing else: as many calls as are made at once.
    assert!(logged >= paid - 16, "{started} after {paid}");
    let state = ended(&server, started["run"].as_u64().expect("a number"));
    assert_eq!(state["end"]["reason"], "done", "{state}");
    assert_eq!(count.load(Ordering::SeqCst), paid + 200 - logged);
    assert_eq!(of_judge(&server, "it"), 200);
    assert_eq!(server.json("/api/v1/s/study/runs")["unfinished"], json!([]));
    assert!(!server.get("/s/study/runs").1.contains("Not finished"));
}

#[test]
fn a_stopped_run_goes_on_later() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = study(folder.path(), 200);
    let (model, count) = serve_a(Duration::from_millis(30));
    let server = Server::start(&[place.to_str().expect("UTF-8"), "--runs"]);
    let wanted =
        json!({"verb": "judge", "model": model, "method": "generated", "name": "it", "orders": "ab"});
    let (status, started) = post(&server, &wanted);
    assert_eq!(status, 200, "{started}");
    asked(&count, 20);
    let (status, ..) = server.send("DELETE", "/api/v1/s/study/runs/1", &[CHANGES]);
    assert_eq!(status, 200);
    let state = ended(&server, started["run"].as_u64().expect("a number"));
    assert_eq!(state["end"]["reason"], "stopped", "{state}");
    let so_far = of_judge(&server, "it");
    assert!((20..200).contains(&so_far), "{so_far}");
    let (_, again) = post(&server, &wanted);
    ended(&server, again["run"].as_u64().expect("a number"));
    assert_eq!((of_judge(&server, "it"), count.load(Ordering::SeqCst)), (200, 200));
}

/// While a model is asked, the posterior of what it has said so far is there, by page and program; nothing is asked for it.
#[test]
fn a_run_fills_in_while_it_goes_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = study(folder.path(), 300);
    let (model, count) = serve_a(Duration::from_millis(300));
    let server = Server::start(&[place.to_str().expect("UTF-8"), "--runs"]);
    // Read once, a study answers at once.
    server.json("/api/v1/s/study/dissect");
    let wanted =
        json!({"verb": "judge", "model": model, "method": "generated", "name": "it", "orders": "random"});
    let (status, started) = post(&server, &wanted);
    assert_eq!(status, 200, "{started}");
    asked(&count, 60);
    let found = server.json("/api/v1/s/study/runs/1/posterior");
    let verdicts = found["verdicts"].as_u64().expect("a number");
    assert!((20..300).contains(&verdicts), "{found}");
    assert!(found["schema"] == 1 && found["run"] == 1, "{found}");
    let fit = &found["fit"];
    assert!(fit["judge"] == "it" && fit["rows"].as_u64() == Some(verdicts), "{found}");
    assert!(fit["weights"].as_array().is_some_and(|weights| !weights.is_empty()), "{found}");
    let (_, page) = server.get("/s/study/runs");
    assert!(page.contains("id=\"filling-1\"") && page.contains("verdicts so far"), "{page}");
    let state = server.json("/api/v1/s/study/runs/1");
    assert!(state["end"].is_null(), "the run was too quick: {state}");
    let (status, ..) = server.send("DELETE", "/api/v1/s/study/runs/1", &[CHANGES]);
    assert_eq!(status, 200);
    ended(&server, 1);
    // Now they are in the study, and of the run there is no more to say.
    assert!(of_judge(&server, "it") >= verdicts);
    assert_eq!(server.get("/api/v1/s/study/runs/1/posterior").0, 404);
    assert!(!server.get("/s/study/runs").1.contains("verdicts so far"));
}

#[test]
fn what_may_not_be_run_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = study(folder.path(), 10);
    let place = place.to_str().expect("UTF-8");
    let (model, count) = serve_a(Duration::ZERO);
    let wanted = json!({"verb": "judge", "model": model});
    for flags in [&[place][..], &[place, "--read-only"]] {
        let server = Server::start(flags);
        let (status, problem) = post(&server, &wanted);
        assert!(
            status == 403 && problem["remedy"].as_str().is_some_and(|words| words.contains("--runs")),
            "{problem}"
        );
    }
    let server = Server::start(&[place, "--runs"]);
    let (status, ..) = server.send_body("POST", "/api/v1/s/study/runs", &[], &wanted.to_string());
    assert_eq!(status, 403, "a page of another site cannot send the header");
    for (wrong, why) in [
        (json!({"verb": "judge"}), "model"),
        (json!({"verb": "judge", "model": "nobody:x"}), "not known"),
        (json!({"verb": "judge", "model": model, "method": "x"}), "no method"),
        (json!({"verb": "judge", "model": model, "budget": -1}), "budget"),
        (json!({"verb": "judge", "model": "http://example.invalid/v1#m", "budget": 1}), "price"),
        (json!({"verb": "judge", "model": model, "where": "scenario ="}), "value is missing"),
        (json!({"verb": "steal", "model": model}), "is not `judge`"),
    ] {
        let (status, problem) = post(&server, &wrong);
        assert!(
            status == 400 && problem["detail"].as_str().is_some_and(|detail| detail.contains(why)),
            "{wrong}: {problem}"
        );
        // Of a filter also where it goes wrong, and what to write.
        let filter = wrong.get("where").is_some();
        assert!(!filter || (problem["position"].is_u64() && problem["remedy"].is_string()), "{problem}");
    }
    let (status, _, body) =
        server.send_body("POST", "/api/v1/s/llmfao/runs", &[CHANGES], &wanted.to_string());
    assert!(status == 400 && body.contains("import"), "{body}");
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[test]
fn a_run_says_that_the_server_asks_it_to_wait() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = study(folder.path(), 12);
    let from = Instant::now();
    let model = serving::serve_calls(move |_, _| {
        if from.elapsed() < Duration::from_secs(4) {
            let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970");
            let until = now.as_millis() as u64 + 4000;
            let metadata = json!({"headers": {"X-RateLimit-Reset": until}});
            return Some((429, json!({"error": {"message": "slower", "code": 429, "metadata": metadata}})));
        }
        let choice = json!({"message": {"content": "{\"verdict\": \"A\"}"}, "finish_reason": "stop"});
        Some((200, json!({"choices": [choice], "usage": {"prompt_tokens": 5, "completion_tokens": 5}})))
    });
    let server = Server::start(&[place.to_str().expect("UTF-8"), "--runs"]);
    let wanted =
        json!({"verb": "judge", "model": model, "method": "generated", "name": "it", "orders": "ab"});
    let (status, started) = post(&server, &wanted);
    assert_eq!(status, 200, "{started}");
    let run = started["run"].as_u64().expect("a number");
    let said = loop {
        let state = server.json(&format!("/api/v1/s/study/runs/{run}"));
        if let Some(said) = state["beside"].as_str() {
            break said.to_owned();
        }
        assert!(state["end"].is_null() && from.elapsed() < Duration::from_mins(1), "{state}");
        std::thread::sleep(Duration::from_millis(20));
    };
    assert!(said.starts_with("waits ") && said.ends_with(" s, as the server asks"), "{said}");
    assert!(server.get("/s/study/runs").1.contains("as the server asks"));
    let state = ended(&server, run);
    assert_eq!(
        (state["end"]["reason"].as_str(), state["done"].as_u64()),
        (Some("done"), Some(12)),
        "{state}"
    );
    assert!(state["beside"].is_null(), "{state}");
}
