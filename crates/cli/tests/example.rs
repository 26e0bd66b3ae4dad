//! What does the example that comes with the project say? A snapshot of the whole terminal output.

use std::process::Command;

#[test]
fn the_example_reads_as_it_always_did() {
    let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .args(["dissect", "--example", "local-judge", "--verdicts", "hard", "--quiet"])
        .env("COLUMNS", "100")
        .output()
        .expect("the binary starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    insta::assert_snapshot!(without_iterations(&text));
}

/// How many iterations a fit takes depends on the order in which a processor's registers add up.
fn without_iterations(text: &str) -> String {
    let mut parts = text.split("engine ep, ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push_str("engine ep, N");
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// The example's 13 prompts have hundreds of verdicts each.
#[test]
fn over_prompts_the_example_is_sure_of_less() {
    let fits = |flags: &[&str]| -> Vec<serde_json::Value> {
        let output = Command::new(env!("CARGO_BIN_EXE_predilect"))
            .args(["dissect", "--example", "--folds", "0", "--json", "--quiet"])
            .args(flags)
            .output()
            .expect("the binary starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let all: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
        all["fits"].as_array().expect("fits").clone()
    };
    let number = |weight: &serde_json::Value, key: &str| weight[key].as_f64().expect("a number");
    let sure = |fits: &[serde_json::Value]| -> usize {
        let weights = fits.iter().flat_map(|fit| fit["weights"].as_array().expect("weights"));
        weights.filter(|w| (number(w, "p_positive") - 0.5).abs() >= 0.45).count()
    };
    let (alone, over) = (fits(&["--independent"]), fits(&[]));
    assert!(alone.iter().all(|fit| fit["intervals_over"].as_array().is_some_and(Vec::is_empty)));
    assert!(over.iter().all(|fit| fit["group"] != "all" || fit["prompts"] == 13));
    let units = |judge: &str| {
        let fit = over.iter().find(|fit| fit["judge"] == judge && fit["group"] == "all").expect("a fit");
        fit["intervals_over"].clone()
    };
    assert_eq!(units("gpt-4"), serde_json::json!([{"unit": "prompt", "count": 13}]));
    assert_eq!(
        units("human"),
        serde_json::json!([{"unit": "prompt", "count": 13}, {"unit": "annotator", "count": 124}])
    );
    for (x, y) in alone.iter().zip(&over) {
        for (x, y) in x["weights"].as_array().unwrap().iter().zip(y["weights"].as_array().unwrap()) {
            assert_eq!(x["mean"], y["mean"]);
            let width = |w: &serde_json::Value| number(w, "q95") - number(w, "q05");
            assert!(width(y) >= width(x), "{x} {y}");
            // None where the responses of the group never differ in the property.
            assert!(y["effective_units"].as_f64().is_none_or(|units| (1.0..=137.0).contains(&units)), "{y}");
        }
    }
    assert!(sure(&over) * 3 < sure(&alone), "{} and {}", sure(&over), sure(&alone));
}
