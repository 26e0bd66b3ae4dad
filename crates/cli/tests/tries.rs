//! A property that is tried: a column of the fit like the others, on the page, over the API and in a terminal alike.
#![cfg(feature = "serve")]

mod page;

use std::process::Command;

use page::{Server, encoded};
use serde_json::Value;

fn told(args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args([
            "dissect",
            "--example",
            "llmfao",
            "--engine",
            "ep",
            "--folds",
            "0",
            "--json",
            "--quiet",
            "--judge",
            "human",
        ])
        .args(args)
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn weight<'v>(found: &'v Value, property: &str) -> &'v Value {
    let fit = found["fits"]
        .as_array()
        .and_then(|fits| fits.iter().find(|fit| fit["group"] == "all"))
        .expect("a fit");
    let weights = fit["weights"].as_array().expect("weights");
    weights
        .iter()
        .find(|weight| weight["property"] == property)
        .unwrap_or_else(|| panic!("no {property} in {weights:?}"))
}

#[test]
fn a_row_appears_with_the_same_figures_everywhere() {
    let server = Server::start(&[]);
    let query = format!("judge=human&try={}&try={}", encoded("/certainly/i"), encoded("count( \"!\" )"));
    let live = server.json(&format!("/api/v1/s/llmfao/dissect?{query}"));
    let same = told(&["--try", "/certainly/i", "--try", "count(a, \"!\")"]);
    let without = told(&[]);
    for property in ["/certainly/i", "count(a, \"!\")"] {
        let (page, terminal) = (weight(&live, property), weight(&same, property));
        for figure in ["mean", "sd", "q05", "q95", "p_positive"] {
            let (a, b) =
                (page[figure].as_f64().expect("a number"), terminal[figure].as_f64().expect("a number"));
            assert!((a - b).abs() <= 1e-11, "{property} {figure}: {a} {b}");
        }
        assert!(page["sd"].as_f64().is_some_and(|sd| sd > 0.0));
    }
    // It is one column more, which the others know of.
    let length = |found: &Value| weight(found, "length")["mean"].as_f64().expect("a mean");
    assert!((length(&live) - length(&without)).abs() > 1e-9);
    assert!((length(&live) - length(&without)).abs() < 0.2);
    let note = same["properties"]
        .as_array()
        .and_then(|all| all.iter().find(|note| note["id"] == "/certainly/i"))
        .expect("a note");
    assert!(note["differs"].as_f64().is_some_and(|share| share > 0.0 && share < 1.0), "{note}");
    assert_eq!(note["annotator"], "tried");
    let (status, page) = server.get(&format!("/s/llmfao?{query}"));
    let shown = 100.0 / (1.0 + (-weight(&live, "/certainly/i")["mean"].as_f64().expect("a mean")).exp());
    assert!(status == 200 && page.contains(&format!(">{shown:.1}<")), "{shown}: {page}");
    assert!(page.contains("--try /certainly/i") || page.contains("--try &#39;/certainly/i&#39;"), "{page}");
    assert!(page.contains("name=\"try\""), "the expression is kept in the form");
    // Against the rest, in the list of pairs and in the reasons for one it counts as well.
    let slice = format!("{query}&where={}", encoded("words(a) > words(b)"));
    let versus = server.json(&format!("/api/v1/s/llmfao/dissect?{slice}&vs=rest"));
    assert!(
        versus["versus"]["differences"]
            .as_array()
            .is_some_and(|all| all.iter().any(|d| d["property"] == "/certainly/i"))
    );
    for page in ["pairs", "pairs/0", "judges", "models", "label?name=me&", "data"] {
        let mark = if page.contains('?') { "" } else { "?" };
        let (status, text) = server.get(&format!("/s/llmfao/{page}{mark}{query}"));
        assert_eq!(status, 200, "{page}: {text}");
    }
}

/// The column is the sign of the difference, counted by hand.
#[test]
fn what_is_counted_is_what_stands_there() {
    let server = Server::start(&[]);
    let pairs = server.json("/api/v1/s/local-judge/pairs?most=200");
    let mut differs = 0;
    let ids: Vec<String> = pairs["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .take(25)
        .filter_map(|row| row["pair"].as_str().map(str::to_owned))
        .collect();
    for id in &ids {
        let found = server.json(&format!(
            "/api/v1/s/local-judge/pairs/{}?try={}",
            encoded(id),
            encoded("count(a, \".\")")
        ));
        let text = |side: &str| {
            let messages = found["pair"][side]["messages"].as_array().expect("messages");
            messages
                .iter()
                .filter_map(|turn| turn["content"].as_str())
                .map(|text| text.matches('.').count())
                .sum::<usize>()
        };
        let (a, b) = (text("response_a"), text("response_b"));
        let wanted = f64::from(i8::from(a > b) - i8::from(a < b));
        let moved = found["explanation"]["contributions"].as_array().expect("contributions");
        let own = moved.iter().find(|c| c["property"] == "count(a, \".\")");
        assert_eq!(own.map_or(0.0, |c| c["comparison"].as_f64().expect("a number")), wanted, "{id}: {a} {b}");
        differs += usize::from(a != b);
    }
    assert!(differs > 5, "{differs} of {}", ids.len());
}

#[test]
fn an_expression_that_cannot_be_read_is_said_with_its_place() {
    let server = Server::start(&[]);
    let (status, problem) = server.get(&format!("/api/v1/s/llmfao/dissect?try={}", encoded("/(/")));
    let problem: Value = serde_json::from_str(&problem).expect("JSON");
    assert_eq!(
        (status, problem["type"].as_str(), problem["position"].as_u64()),
        (400, Some("try-syntax"), Some(0))
    );
    assert!(problem["remedy"].is_string());
    // One that would take forever elsewhere is linear here, and one that would not fit is refused.
    let began = std::time::Instant::now();
    let slow = encoded("/(a|a)*(a|aa)+$/");
    assert_eq!(server.get(&format!("/api/v1/s/local-judge/dissect?try={slow}")).0, 200);
    assert!(began.elapsed().as_secs() < 60);
    assert_eq!(server.get(&format!("/api/v1/s/llmfao/dissect?try={}", encoded("/(x{900}){900}/"))).0, 400);
    let many = (0..9).map(|n| format!("try=/x{n}/")).collect::<Vec<_>>().join("&");
    let (status, problem) = server.get(&format!("/api/v1/s/llmfao/dissect?{many}"));
    assert!(status == 400 && problem.contains("up to 8"), "{problem}");
    let (status, page) = server.get(&format!("/s/llmfao?try={}", encoded("<script>alert(1)</script>")));
    assert!(status == 400 && page.contains("role=\"alert\"") && !page.contains("<script>alert"), "{page}");
    let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["dissect", "--example", "local-judge", "--try", "nonsense"])
        .output()
        .expect("it runs");
    assert!(!output.status.success() && String::from_utf8_lossy(&output.stderr).contains("/REGEX/"));
}
