//! `predilect rank`: scores that others computed too, controls, anchors, and what is said where nothing can be ranked.

mod support;

use std::fmt::Write as _;
use std::path::Path;

use serde_json::Value;

use support::{json, run, shared};

fn rows(found: &Value) -> Vec<(String, f64)> {
    let row = |row: &Value| {
        (row["model"].as_str().expect("a name").to_owned(), row["score"].as_f64().expect("a score"))
    };
    found["ranking"].as_array().expect("a ranking").iter().map(row).collect()
}

#[test]
fn scores_equal_those_of_evalica() {
    for name in ["llmfao", "food"] {
        let Some(votes) = shared(&format!("pairwise_votes/{name}.csv")) else { continue };
        let golden = std::fs::read_to_string(votes.with_file_name(format!("{name}-golden.csv")))
            .expect("golden scores");
        let votes = votes.to_str().expect("UTF-8");
        let known = |algorithm: &str, model: &str| -> f64 {
            let prefix = format!("{algorithm},{model},");
            golden
                .lines()
                .find_map(|line| line.strip_prefix(&prefix))
                .expect("a golden score")
                .parse()
                .expect("a number")
        };
        let found = rows(&json(&["rank", votes, "--json", "--quiet"]));
        // Evalica's strengths add up to 1.
        let strength = |points: f64| 10_f64.powf((points - 1000.0) / 400.0);
        let sum: f64 = found.iter().map(|(_, points)| strength(*points)).sum();
        for (model, points) in &found {
            let golden = known("bradley_terry", model);
            assert!((strength(*points) / sum / golden - 1.0).abs() < 1e-9, "{model}");
        }
        for (model, points) in rows(&json(&["rank", votes, "--json", "--quiet", "--method", "elo"])) {
            assert!((points - known("elo", &model)).abs() < 1e-6, "{model}");
        }
    }
}

/// Three models on 120 prompts: x beats y beats z, but what x writes is long, and the judge likes that too.
fn battles(folder: &Path) -> String {
    let mut text = String::new();
    let models = [("x", 40), ("y", 20), ("z", 18)];
    for i in 0..360_usize {
        let (a, b) = [(0, 1), (1, 2), (2, 0)][i % 3];
        let (a, b) = if i % 2 == 0 { (a, b) } else { (b, a) };
        // One that wins against the order of strength in one of four.
        let a_wins = (a < b) != ((i / 6) % 4 == 0);
        let said = ["river", "garden", "engine", "planet", "museum", "carpet", "novel"];
        let words = |(_, words): (&str, usize)| {
            let different = 1 + (i * 5 + words) % said.len();
            let count = words + (i * words) % 9 + (i * words) % 31;
            (0..count).map(|at| said[at % different]).collect::<Vec<_>>().join(" ")
        };
        let p_a = if i % 30 == 0 { 0.5 } else { f64::from(u8::from(a_wins)) };
        let row = serde_json::json!({"prompt": format!("question {}", i / 3), "response_a": words(models[a]),
            "response_b": words(models[b]), "model_a": models[a].0, "model_b": models[b].0, "judge": "j", "p_a": p_a});
        writeln!(text, "{row}").expect("a string grows");
    }
    let path = folder.join("battles.jsonl");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn models_are_ranked_by_every_method_with_intervals() {
    let folder = tempfile::tempdir().expect("a folder");
    let battles = battles(folder.path());
    for method in ["bradley-terry", "rao-kupper", "davidson", "win-rate", "elo"] {
        let found = json(&["rank", &battles, "--json", "--quiet", "--method", method]);
        assert_eq!(rows(&found)[0].0, "x", "{method}");
        assert_eq!((found["votes"].as_u64(), found["prompts"].as_u64()), (Some(360), Some(120)));
        for row in found["ranking"].as_array().expect("rows") {
            let number = |field: &str| row[field].as_f64().expect("a number");
            assert!(number("low") < number("score") && number("score") < number("high"), "{method}: {row}");
            assert!(
                number("rank_low") <= number("rank") && number("rank") <= number("rank_high"),
                "{method}: {row}"
            );
        }
    }
    let boot = json(&["rank", &battles, "--json", "--quiet", "--bootstrap", "200"]);
    let sandwich = json(&["rank", &battles, "--json", "--quiet"]);
    for (a, b) in
        boot["ranking"].as_array().expect("rows").iter().zip(sandwich["ranking"].as_array().expect("rows"))
    {
        let width = |row: &Value| row["high"].as_f64().expect("high") - row["low"].as_f64().expect("low");
        assert!((0.7..1.4).contains(&(width(a) / width(b))), "{a} {b}");
    }
    let anchored = json(&["rank", &battles, "--json", "--quiet", "--anchor", "z=500"]);
    assert_eq!(rows(&anchored)[2], ("z".to_owned(), 500.0));
    let (done, out, _) = run(&["rank", &battles, "--quiet"]);
    assert!(done && out.contains("3 models by bradley-terry") && out.contains('●'), "{out}");
    // A study gives the same.
    let study = folder.path().join("study");
    let study = study.to_str().expect("UTF-8");
    assert!(run(&["import", &battles, "-o", study, "--quiet"]).0);
    assert_eq!(rows(&json(&["rank", study, "--json", "--quiet"])), rows(&sandwich));
}

#[test]
fn length_can_be_held_equal() {
    let folder = tempfile::tempdir().expect("a folder");
    let battles = battles(folder.path());
    let gap = |found: &Value| rows(found)[0].1 - rows(found)[2].1;
    let raw = json(&["rank", &battles, "--json", "--quiet"]);
    let held = json(&["rank", &battles, "--json", "--quiet", "--control", "length"]);
    assert_eq!(held["controls"][0]["name"], "length");
    assert!((gap(&held) - gap(&raw)).abs() > 1.0, "{raw} {held}");
    // Each score has the raw score next to it, and the change is the difference of the two boards.
    let before: Vec<(String, f64)> = rows(&raw);
    for row in held["ranking"].as_array().expect("rows") {
        let change = &row["from_raw"];
        let raw_score = change["raw_score"].as_f64().expect("points");
        let own = before.iter().find(|(model, _)| row["model"] == model.as_str()).expect("the model");
        assert!((raw_score - own.1).abs() < 1e-6, "{row}");
        let by = row["score"].as_f64().expect("points") - raw_score;
        assert!((by - change["change"].as_f64().expect("points")).abs() < 1e-6, "{row}");
        assert!(change["low"].as_f64() <= Some(by) && Some(by) <= change["high"].as_f64(), "{row}");
    }
    assert!(raw["ranking"][0]["from_raw"].is_null());
    // With several controls the effect of each alone is shown too, the same as when it is asked for alone.
    let both = json(&["rank", &battles, "--json", "--quiet", "--control", "length,rich"]);
    assert_eq!(both["alone"].as_array().map(Vec::len), Some(2));
    assert_eq!(both["alone"][0]["controls"][0]["name"], "length");
    assert_eq!(rows(&both["alone"][0]), rows(&held));
    let (_, out, _) = run(&["rank", &battles, "--quiet", "--control", "length,rich"]);
    assert!(out.contains("Each control alone") && out.contains("information"), "{out}");
    let (_, out, _) = run(&["rank", &battles, "--quiet", "--control", "length"]);
    assert!(out.contains("Controls") && out.contains("length") && out.contains("change"), "{out}");
    // The page has the raw scores next to those with the style held equal.
    let page = folder.path().join("board.html");
    let place = page.to_str().expect("UTF-8");
    let style = json(&["rank", &battles, "--json", "--quiet", "--control", "style", "--html", place]);
    let names: Vec<&str> = style["controls"]
        .as_array()
        .expect("controls")
        .iter()
        .filter_map(|own| own["name"].as_str())
        .collect();
    assert_eq!(names, ["length"], "the others never differ here");
    let html = std::fs::read_to_string(&page).expect("a page");
    for row in raw["ranking"].as_array().expect("rows") {
        let score = row["score"].as_f64().expect("points").round();
        let shown = if score >= 1000.0 { format!("1,{:03}", score - 1000.0) } else { format!("{score}") };
        assert!(html.contains(&format!(">{shown} <")), "{shown} is not on the page");
    }
    assert!(
        html.contains("Score, controlled") && !html.contains("src=\"http"),
        "both scores, and nothing is loaded"
    );
}

#[test]
fn what_cannot_be_ranked_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let battles = battles(folder.path());
    let refused = |args: &[&str], why: &str| {
        let (done, _, err) = run(&[&["rank"], args, &["--quiet"]].concat());
        assert!(!done && err.contains(why), "{why}: {err}");
    };
    refused(&[&battles, "--anchor", "nobody"], "models are");
    refused(
        &[&battles, "--method", "elo", "--control", "length"],
        "--control cannot be used with --method elo",
    );
    refused(&[&battles, "--judge", "nobody"], "there are no verdicts by nobody");
    let path = folder.path().join("votes.csv");
    std::fs::write(&path, "left,right,winner\na,b,left\na,b,left\n").expect("written");
    let votes = path.to_str().expect("UTF-8");
    refused(&[votes], "--prior");
    assert!(json(&["rank", votes, "--json", "--quiet", "--prior", "0.1"])["ranking"][0]["model"] == "a");
}

#[test]
fn length_controlled_win_rates_equal_the_reference() {
    let Some(annotations) =
        shared("alpaca_eval/results/alpaca-7b/weighted_alpaca_eval_gpt4_turbo/annotations.json")
    else {
        return;
    };
    let annotations = annotations.to_str().expect("UTF-8");
    let found = json(&["rank", annotations, "--method", "lc", "--minimal", "--json", "--quiet"]);
    assert_eq!((&found["baseline"], &found["difficulties"]), (&"gpt4_1106_preview".into(), &"none".into()));
    let row = &found["ranking"][0];
    // By scikit-learn's liblinear, which stops at a tolerance of 1e-4: 2.5915 and 19.549 (the form without instruction difficulty).
    assert!((row["win_rate"].as_f64().expect("a rate") - 2.5915).abs() < 1e-3, "{row}");
    assert!((row["lc_win_rate"].as_f64().expect("a rate") - 19.549).abs() < 0.1, "{row}");
    assert!(row["lc_standard_error"].as_f64() > Some(1.0), "{row}");
}

#[test]
fn difficulty_and_a_shared_length_effect_bring_rates_close_to_the_published_column() {
    let models = ["Qwen-14B-Chat", "falcon-7b-instruct", "gemma-7b-it", "vicuna-13b", "wizardlm-13b"];
    let others = [
        "alpaca-7b",
        "alpaca-7b_concise",
        "claude-2.1",
        "gpt-3.5-turbo-1106",
        "gpt-3.5-turbo-1106_verbose",
        "text_davinci_003",
    ];
    let file = |model: &&str| {
        let name = format!("alpaca_eval/results/{model}/weighted_alpaca_eval_gpt4_turbo/annotations.json");
        Some(shared(&name)?.to_str().expect("UTF-8").to_owned())
    };
    let Some(files) = models.iter().chain(&others).map(file).collect::<Option<Vec<String>>>() else { return };
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let found =
        json(&[&["rank"], &files[..], &["--method", "lc", "--difficulty", "--json", "--quiet"]].concat());
    assert!(found["difficulty_sd"].as_f64() > Some(0.5), "{found}");
    // Published with AlpacaEval 2.0, which also includes 200 models and the baseline's own variants: within 2 points. With AlpacaEval's own
    // difficulties no other model is needed.
    let published = [12.378, 4.037, 10.426, 9.215, 9.827];
    let alone = json(&[&["rank"], &files[..], &["--method", "lc", "--json", "--quiet"]].concat());
    assert_eq!((&found["difficulties"], &alone["difficulties"]), (&"fitted".into(), &"published".into()));
    for row in [&found, &alone].into_iter().flat_map(|found| found["ranking"].as_array().expect("rows")) {
        let Some(place) = models.iter().position(|model| row["model"] == *model) else { continue };
        let of = |key: &str| row[key].as_f64().expect("a number");
        assert!((of("lc_win_rate") - published[place]).abs() < 2.0, "{row}");
        assert!(of("low") < of("lc_win_rate") && of("lc_win_rate") < of("high"), "{row}");
    }
    let (_, out, _) = run(&["rank", files[0], "--method", "lc", "--minimal", "--quiet"]);
    assert!(out.contains("do not compare with AlpacaEval"), "{out}");
    // claude-2.1 was judged by two judge prompts: their mean is nobody's.
    let both = shared("alpaca_eval/results/claude-2.1").expect("it was there");
    let (done, _, err) = run(&["rank", both.to_str().expect("UTF-8"), "--method", "lc", "--quiet"]);
    assert!(!done && err.contains("by 2 judges") && err.contains("--judge"), "{err}");
    let twin = json(
        &[&["rank"], &files[..], &["--method", "lc", "--variant", "vicuna-13b", "--json", "--quiet"]]
            .concat(),
    );
    assert_eq!(twin["ranking"].as_array().map(Vec::len), Some(10));
    // Few models cannot tell how hard a prompt is, and a model must not tell it of itself.
    let (done, _, err) = run(&["rank", files[0], files[1], "--method", "lc", "--difficulty", "--quiet"]);
    assert!(!done && err.contains("--difficulty needs 5"), "{err}");
    let (done, _, err) = run(&["rank", files[0], "--method", "lc", "--variant", "nobody", "--quiet"]);
    assert!(!done && err.contains("no model `nobody`"), "{err}");
    let (done, _, err) = run(&["rank", files[0], "--difficulty", "--quiet"]);
    assert!(!done && err.contains("--method lc"), "{err}");
}

#[test]
fn a_baseline_is_found_or_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let battles = battles(folder.path());
    let (done, _, err) = run(&["rank", &battles, "--method", "lc", "--quiet"]);
    assert!(!done && err.contains("--baseline"), "{err}");
    let named = json(&["rank", &battles, "--method", "lc", "--baseline", "y", "--json", "--quiet"]);
    assert_eq!(named["ranking"].as_array().map(Vec::len), Some(2));
    let (done, out, _) = run(&["rank", &battles, "--method", "lc", "--baseline", "y", "--quiet"]);
    assert!(done && out.contains("2 models against y"), "{out}");
}

#[test]
fn a_leaderboard_is_kept_as_a_table() {
    let folder = tempfile::tempdir().expect("a folder");
    let battles = battles(folder.path());
    let place = folder.path().join("tables");
    let (done, _, err) = run(&["rank", &battles, "--quiet", "-o", place.to_str().expect("UTF-8")]);
    assert!(done, "{err}");
    // Once more, next to what is there.
    let (done, _, err) = run(&["rank", &battles, "--quiet", "-o", place.to_str().expect("UTF-8")]);
    assert!(done, "{err}");
    let study = predilect_data::Study::create(&place).expect("a folder of tables");
    let rows: usize = study
        .read_table("leaderboard")
        .expect("a table")
        .iter()
        .map(arrow_array::RecordBatch::num_rows)
        .sum();
    assert_eq!(rows, 3);
    assert!(study.read_table("controls").expect("a table").iter().all(|batch| batch.num_rows() == 0));
}

#[test]
fn very_many_models_end_in_a_message_and_few_verdicts_can_be_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("votes.csv");
    let mut text = "left,right,winner\n".to_owned();
    for i in 0..200_000 {
        let _ = writeln!(text, "m{i},m{},left", (i + 1) % 200_000);
    }
    for (a, b) in [("x", "y"), ("y", "z"), ("z", "x")].repeat(4) {
        let _ = writeln!(text, "{a},{b},left");
    }
    std::fs::write(&path, text).expect("a file");
    let votes = path.to_str().expect("UTF-8");
    let (done, _, said) = run(&["rank", votes]);
    assert!(!done && said.contains("200003 models") && said.contains("--min-verdicts"), "{said}");
    let few = json(&["rank", votes, "--min-verdicts", "8", "--json", "--quiet"]);
    assert_eq!(rows(&few).len(), 3);
    assert_eq!(few["left_out"]["verdicts on models with too few of them"], 200_000);
    assert_eq!(rows(&json(&["rank", votes, "--method", "win-rate", "--json", "--quiet"])).len(), 200_003);
    let (_, _, said) = run(&["rank", votes, "--min-verdicts", "9"]);
    assert!(said.contains("smaller --min-verdicts: 8 is the largest that leaves"), "{said}");
}
