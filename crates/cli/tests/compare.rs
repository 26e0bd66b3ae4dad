//! `predilect compare`: the published judges, and the user's judges.

#![allow(clippy::too_many_lines, reason = "one case after the other")]

mod support;

use std::fmt::Write as _;

use serde_json::Value;

use support::{json, run, shared};

fn at(found: &Value, a: &str, b: &str) -> f64 {
    let place = |name: &str| {
        let judges = found["judges"].as_array().expect("judges");
        judges.iter().position(|judge| judge == name).unwrap_or_else(|| panic!("{name} in {judges:?}"))
    };
    found["overall"][place(a)][place(b)].as_f64().expect("a number")
}

#[test]
fn the_published_judges_need_no_data() {
    let found = json(&["compare", "--published", "--json", "--resamples", "20"]);
    assert_eq!(
        (found["judges"].as_array().map(Vec::len), found["overall"][0].as_array().map(Vec::len)),
        (Some(33), Some(33))
    );
    // Li et al. (2024), and scipy 1.17.1 on the published files.
    assert!((at(&found, "human", "gpt-4-1106-preview") - 0.742).abs() < 5e-4);
    assert!((at(&found, "human", "qwen-72b") - 0.783).abs() < 5e-4);
    assert_eq!(found["by_group"].as_object().map(serde_json::Map::len), Some(16));
    assert_eq!(found["clusters"]["order"].as_array().map(Vec::len), Some(33));
    let human =
        found["dissections"].as_array().and_then(|all| all.iter().find(|one| one["judge"] == "human"));
    assert_eq!(human.expect("people")["properties"][0]["property"], "no_severe_errors");
    for measure in ["spearman", "l1", "l2"] {
        let other = json(&["compare", "--published", "--json", "--resamples", "10", "--measure", measure]);
        assert_eq!(other["measure"], measure);
    }
    let (done, out, _) = run(&["compare", "--published", "--resamples", "20"]);
    assert!(done && out.contains("How 33 judges compare") && out.contains("  1 human"), "{out}");
}

#[test]
fn each_judge_is_set_beside_the_published_ones() {
    let found = json(&["compare", "--example", "local-judge", "--json", "--resamples", "20"]);
    let beside = found["among_published"].as_array().expect("both judges");
    assert_eq!(beside.len(), 2);
    for own in beside {
        let alike = own["alike"].as_array().expect("the published judges");
        assert_eq!(alike.len(), 33);
        let of = |one: &Value, end: &str| one["correlation"][end].as_f64().expect("a number");
        assert!(
            alike.iter().all(|one| of(one, "low") <= of(one, "value") && of(one, "value") <= of(one, "high"))
        );
        assert!(alike.is_sorted_by(|a, b| of(a, "value") >= of(b, "value")));
    }
    let (done, out, _) = run(&["compare", "--example", "local-judge", "--resamples", "20"]);
    assert!(done && out.contains("Beside the published judges"), "{out}");
    // Where these are compared themselves, they are in the matrix.
    let found = json(&["compare", "--published", "--json", "--resamples", "20"]);
    assert!(found.get("among_published").is_none());
}

/// Length, and what never differs in these texts.
const PROPERTIES: &str = "length,courtesies,interactive,step_by_step";

/// Two judges of 200 pairs: one likes what is longer, the other what is shorter; a third judges every other pair like the first.
fn judged(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for i in 0..200 {
        let (short, long) = ("Yes. ".repeat(3 + i % 4), "Certainly, and gladly so. ".repeat(6 + i % 5));
        let (a, b) = if i % 2 == 0 { (&short, &long) } else { (&long, &short) };
        let long_is_a = i % 2 == 1;
        for (judge, likes_long) in [("long", true), ("short", false), ("half", true)] {
            if judge == "half" && i % 2 == 0 {
                continue;
            }
            // One verdict in ten against the rule.
            let p_a = u8::from((long_is_a == likes_long) != (i % 10 == 3));
            let row = serde_json::json!({"id": format!("p{i}"), "prompt": format!("question {}", i / 2), "response_a": a,
                "response_b": b, "judge": judge, "p_a": p_a});
            writeln!(text, "{row}").expect("a string grows");
        }
    }
    let path = folder.join("pairs.jsonl");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn judges_of_the_same_pairs_agree_and_differ_as_they_were_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = judged(folder.path());
    let found = json(&[
        "compare",
        &pairs,
        "--json",
        "--quiet",
        "--no-grammar",
        "--properties",
        PROPERTIES,
        "--resamples",
        "100",
    ]);
    let agreement = |a: &str, b: &str| {
        let all = found["agreement"].as_array().expect("agreements");
        let is = |row: &&Value| {
            row["judges"] == serde_json::json!([a, b]) || row["judges"] == serde_json::json!([b, a])
        };
        all.iter().find(is).expect("the two").clone()
    };
    let opposed = agreement("long", "short");
    assert_eq!((opposed["pairs"].as_u64(), opposed["prompts"].as_u64()), (Some(200), Some(100)));
    assert_eq!(opposed["same"]["value"].as_f64(), Some(0.0));
    assert!(opposed["kappa"]["value"].as_f64() < Some(-0.9), "{opposed}");
    let alike = agreement("long", "half");
    assert_eq!((alike["pairs"].as_u64(), alike["same"]["value"].as_f64()), (Some(100), Some(1.0)));
    let surest = &found["contrasts"][0];
    assert_eq!(surest["property"], "length", "{surest}");
    assert!(surest["q_value"].as_f64() < Some(0.01));
    let length = |judge: &str| {
        let all = found["dissections"].as_array().expect("profiles");
        let own = all.iter().find(|one| one["judge"] == judge).expect("the judge");
        let properties = own["properties"].as_array().expect("properties");
        properties
            .iter()
            .find(|p| p["property"] == "length")
            .and_then(|p| p["intensity"].as_f64())
            .expect("length")
    };
    assert!(length("long") > 60.0 && length("short") < 40.0, "{} {}", length("long"), length("short"));
    let (done, out, _) =
        run(&["compare", &pairs, "--quiet", "--no-grammar", "--properties", PROPERTIES, "--resamples", "20"]);
    assert!(done && out.contains("rewards `length` more than short"), "{out}");
    // Together with the published ones, by the properties that text alone rates.
    let placed = json(&[
        "compare",
        &pairs,
        "--published",
        "--json",
        "--quiet",
        "--no-grammar",
        "--properties",
        PROPERTIES,
        "--resamples",
        "20",
    ]);
    assert_eq!(placed["judges"].as_array().map(Vec::len), Some(36));
    assert!(at(&placed, "long", "human") > at(&placed, "short", "human"));
}

#[test]
fn what_cannot_be_compared_is_said() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = judged(folder.path());
    let (done, _, err) = run(&["compare", &pairs, "--quiet", "--no-grammar", "--judge", "long"]);
    assert!(!done && err.contains("only one judge") && err.contains("--published"), "{err}");
    let (done, _, err) = run(&["compare", &pairs, "--quiet", "--published", "--properties", "lists"]);
    assert!(!done && err.contains("nothing could be fitted"), "{err}");
    let (done, _, err) =
        run(&["compare", "--example", "local-judge", "--quiet", "--published", "--properties", "lists"]);
    assert!(!done && err.contains("among the 29"), "{err}");
    let (done, _, _) = run(&["compare"]);
    assert!(!done);
}

/// People on half of 240 pairs of two models; one judge follows them and is kind to its own model, one follows position.
fn audited(folder: &std::path::Path) -> String {
    let mut text = String::new();
    for i in 0..240_usize {
        let (good, own_is_a) = (i % 3 != 0, i / 3 % 2 == 0);
        let (a, b) = ("Yes, and here is why. ".repeat(2 + i % 4), "No. ".repeat(3 + i % 5));
        let models = if own_is_a { ["gpt-4-0613", "llama-2-7b"] } else { ["llama-2-7b", "gpt-4-0613"] };
        let kind = if i % 8 == 0 { own_is_a } else { good };
        let mut verdicts = vec![serde_json::json!({"judge": "gpt-4", "p_a": u8::from(kind)})];
        for (order, p_a) in [("ab", 1), ("ba", 0)] {
            verdicts.push(serde_json::json!({"judge": "first", "p_a": p_a, "order": order}));
        }
        if i % 2 == 0 {
            verdicts.push(serde_json::json!({"judge": "human", "p_a": u8::from(good != (i % 10 == 4))}));
        }
        let row = serde_json::json!({"id": format!("p{i}"), "prompt": format!("question {i}"), "response_a": a, "response_b": b,
            "model_a": models[0], "model_b": models[1], "scenario": format!("s{}", i % 4), "verdicts": verdicts});
        writeln!(text, "{row}").expect("a string grows");
    }
    let path = folder.join("audited.jsonl");
    std::fs::write(&path, text).expect("written");
    path.to_str().expect("UTF-8").to_owned()
}

#[test]
fn biases_stand_ins_and_pooling_are_found_and_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = audited(folder.path());
    let study = folder.path().join("study");
    let page = folder.path().join("page.html");
    let (place, html) = (study.to_str().expect("UTF-8"), page.to_str().expect("UTF-8"));
    let common = ["compare", &pairs, "--quiet", "--no-grammar", "--resamples", "20", "--verdicts", "hard"];
    let found = json(&[&common[..], &["--json", "-o", place, "--html", html]].concat());
    let card = |judge: &str| {
        let cards = found["biases"].as_array().expect("cards");
        cards.iter().find(|card| card["judge"] == judge).unwrap_or_else(|| panic!("{judge}: {found}")).clone()
    };
    assert_eq!(card("human")["reference"], true);
    assert!((card("human")["missing"].as_f64().expect("a share") - 0.5).abs() < 1e-9);
    let gpt = card("gpt-4");
    assert_eq!(gpt["own_model"]["models"][0], "gpt-4-0613");
    assert!(gpt["agreement"]["value"].as_f64() > Some(0.6), "{gpt}");
    let first = card("first");
    assert_eq!(
        (first["prefers_first"]["value"].as_f64(), first["inconsistent"]["value"].as_f64()),
        (Some(1.0), Some(1.0))
    );
    assert_eq!(first["orders"], "both orders");
    // The judge of the same family lets its own win more often than people do, on the 120 pairs of both.
    let strengths = found["strengths"].as_array().expect("differences");
    let of_two =
        |row: &&Value| row["judges"] == serde_json::json!(["gpt-4", "human"]) && row["model"] == "gpt-4-0613";
    let own = strengths.iter().find(of_two).expect("the two");
    assert_eq!((own["pairs"].as_u64(), own["models"].as_u64()), (Some(120), Some(2)));
    let points = |of: &str| own[of].as_f64().expect("points");
    assert!(
        (points("first") - points("second") - own["difference"]["value"].as_f64().expect("points")).abs()
            < 1e-9
    );
    assert!(points("first") > points("second"), "{own}");
    let stand_ins = &found["stand_ins"];
    assert_eq!(
        (stand_ins["labelled"].as_u64(), stand_ins["reference"][0].as_str()),
        (Some(120), Some("human"))
    );
    let best = &stand_ins["candidates"][0];
    assert!(best["labels_with"].as_u64() < best["labels_alone"].as_u64(), "{stand_ins}");
    let rate = &stand_ins["rates"][0];
    let width =
        |of: &str| rate[of]["high"].as_f64().expect("a number") - rate[of]["low"].as_f64().expect("a number");
    assert!(
        rate["judged_only"].as_u64() > Some(100) && width("corrected") < width("reference_only"),
        "{rate}"
    );
    assert!(
        found["pooling"]["cells"].as_array().is_some_and(|cells| cells.len() > 4),
        "{}",
        found["pooling"]
    );
    let study = predilect_data::Study::open(&study).expect("a study");
    for (table, least) in [
        ("similarity", 9),
        ("agreement", 3),
        ("biases", 12),
        ("stand_ins", 3),
        ("judges", 4),
        ("strengths", 2),
        ("corrected_rates", 6),
        ("pooled", 20),
    ] {
        let rows: usize =
            study.read_table(table).expect(table).iter().map(arrow_array::RecordBatch::num_rows).sum();
        assert!(rows >= least, "{table}: {rows}");
    }
    let page = std::fs::read_to_string(page).expect("a page");
    assert!(page.contains("<section id=\"biases\">") && page.contains("favours its own model"), "{page}");
    let (done, out, _) = run(&common);
    assert!(
        done && out.contains("\nJudges\n")
            && out.contains("Corrected win rates")
            && out.contains("Learning from each other")
            && out.contains("Whose leaderboard differs")
            && out.contains("accuracy: how often its verdict is on the side of the majority"),
        "{out}"
    );
    let (done, _, err) = run(&[&common[..], &["--reference", "nobody"]].concat());
    assert!(!done && err.contains("no judge `nobody`") && err.contains("gpt-4"), "{err}");
}

#[test]
fn llmbars_judges_are_told_apart() {
    let Some(llmbar) = shared("llmbar") else { return };
    let found = json(&[
        "compare",
        llmbar.to_str().expect("UTF-8"),
        "--json",
        "--quiet",
        "--no-grammar",
        "--resamples",
        "20",
    ]);
    let card = |judge: &str| {
        let cards = found["biases"].as_array().expect("cards");
        cards.iter().find(|card| card["judge"] == judge).unwrap_or_else(|| panic!("{judge}")).clone()
    };
    // Counted by hand from the files' `swap = False` and `swap = True`.
    assert!(
        (card("Falcon_Vanilla")["prefers_first"]["value"].as_f64().expect("a share") - 0.7757).abs() < 1e-3
    );
    assert!(
        (card("GPT-4_Vanilla")["inconsistent"]["value"].as_f64().expect("a share") - 0.0716).abs() < 1e-3
    );
    assert_eq!(card("gold")["reference"], true);
    let candidates = found["stand_ins"]["candidates"].as_array().expect("candidates");
    let gpt4 = candidates.iter().find(|c| c["judge"] == "GPT-4_Vanilla").expect("GPT-4");
    let parts: Vec<(&str, f64)> = gpt4["by_group"]
        .as_array()
        .expect("parts")
        .iter()
        .map(|part| (part["group"].as_str().expect("a name"), part["accuracy"].as_f64().expect("a share")))
        .collect();
    // A tie of its two calls half.
    assert_eq!(
        parts.iter().map(|part| part.0).collect::<Vec<_>>(),
        ["GPTInst", "GPTOut", "Manual", "Natural", "Neighbor"]
    );
    assert!((parts[3].1 - 0.955).abs() < 1e-9 && (parts[1].1 - 0.7766).abs() < 1e-4, "{parts:?}");
    // Judges that are worse than a coin help a jury that may turn them around.
    assert_eq!(found["stand_ins"]["candidates"][0]["judge"], "jury: stacked");
}

#[test]
fn bare_verdicts_are_compared_without_weights() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = String::new();
    for i in 0..40 {
        for (judge, every) in [("x", 3), ("y", 4)] {
            let row = serde_json::json!({"id": format!("p{i}"), "prompt": format!("q{i}"), "response_a": "same", "response_b": "same",
                "judge": judge, "p_a": u8::from(i % every == 0)});
            writeln!(text, "{row}").expect("a string grows");
        }
    }
    let path = folder.path().join("bare.jsonl");
    std::fs::write(&path, text).expect("written");
    let path = path.to_str().expect("UTF-8");
    let found = json(&["compare", path, "--quiet", "--json", "--resamples", "20"]);
    assert_eq!(
        (found["agreement"][0]["pairs"].as_u64(), found["judges"].as_array().map(Vec::len)),
        (Some(40), Some(0))
    );
    let (done, out, _) = run(&["compare", path, "--quiet", "--resamples", "20"]);
    assert!(
        done && out.contains("How 2 judges compare")
            && out.contains("not fitted")
            && !out.contains("Similarity"),
        "{out}"
    );
}
