//! `predilect train` and `ranking-accuracy` with labels that are not the data's own: by a judge's weights, by shares, by the model itself.
#![cfg(feature = "train")]
#![allow(clippy::too_many_lines, reason = "one story a test")]

mod shapes;
mod trained;

use std::fs;
use std::path::{Path, PathBuf};

use predilect_results::training::TrainJson;
use serde_json::{Value, json};
use trained::model;
use trained::runs::{pairs, run, said, text, told};

/// One step on labels by the published weights of a judge.
fn relabelled<'a>(pairs: &'a Path, model: &'a Path, out: &'a Path) -> Vec<&'a str> {
    let mut args = vec!["train", text(pairs), "--model", text(model), "--steps", "1", "-o", text(out)];
    args.extend(["--relabel-published", "gpt-4-1106-preview", "--no-grammar"]);
    args
}

/// The pairs that a run has trained on.
fn learnt_from(out: &Path) -> Vec<Value> {
    let text = fs::read_to_string(out.join("pairs.jsonl")).expect("pairs");
    text.lines().map(|line| serde_json::from_str(line).expect("a pair")).collect()
}

#[test]
fn labels_come_from_a_judges_weights() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 12));
    let labels = |way: &str, more: &[&str]| {
        let out = place.path().join(format!("{way}{}", more.len()));
        let mut args = relabelled(&pairs, &model, &out);
        args.extend(["--direction", way, "--loss", "soft", "--json", "--quiet"]);
        args.extend_from_slice(more);
        (told(&args), learnt_from(&out))
    };
    let (found, aligned) = labels("aligned", &[]);
    let (_, opposed) = labels("opposed", &[]);
    assert_eq!(found["relabelled"]["judge"], "gpt-4-1106-preview");
    assert_eq!(aligned.len(), opposed.len());
    for (one, other) in aligned.iter().zip(&opposed) {
        assert_eq!(one["chosen"], other["rejected"]);
        assert_eq!(one["p"], other["p"]);
        let p = one["p"].as_f64().expect("a probability");
        assert!(p > 0.5 && p < 1.0, "{p}");
        assert!(one["why"]["properties"].as_object().is_some_and(|why| !why.is_empty()));
    }
    let (_, hard) = labels("aligned", &["--hard"]);
    assert!(hard.iter().all(|pair| pair["p"] == 1.0));
    let wide = ["--margin", "0.49"];
    let out = place.path().join("none");
    let mut args = relabelled(&pairs, &model, &out);
    args.extend(wide);
    assert!(said(&args).contains("none can be used"));
}

#[test]
fn a_label_can_be_computed_again_from_what_is_kept() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 24));
    for (way, by) in [("aligned", "--relabel"), ("random", "--relabel"), ("opposed", "--relabel-published")] {
        let out = place.path().join(format!("{way}{by}"));
        let judge = if by == "--relabel" { "unnamed" } else { "gpt-4-1106-preview" };
        let mut args = vec!["train", text(&pairs), "--model", text(&model), "--steps", "1", "-o", text(&out)];
        args.extend([by, judge, "--direction", way, "--no-grammar", "--seed", "5", "--json", "--quiet"]);
        let found = told(&args);
        assert_eq!(found["files"]["labels"], json!(out.join("labels.json").display().to_string()));
        let kept: Value =
            serde_json::from_slice(&fs::read(out.join("labels.json")).expect("labels")).expect("JSON");
        assert_eq!(
            (&kept["judge"], &kept["direction"], &kept["seed"]),
            (&json!(judge), &json!(way), &json!(5))
        );
        assert_eq!(kept["draws_seed"].is_null(), by != "--relabel");
        let properties: Vec<&str> = strings(&kept["properties"]);
        let draws = kept["weights"].as_array().expect("draws");
        assert_eq!(kept["draws"], json!(draws.len()));
        let learnt = learnt_from(&out);
        assert!(learnt.len() > 12, "{}", learnt.len());
        for pair in learnt {
            let why = &pair["why"];
            assert_eq!(why["draws"], kept["draws"]);
            let log_odds = |draw: &Value| -> f64 {
                let of = |(at, name): (usize, &&str)| {
                    draw[at].as_f64().expect("a weight") * why["comparisons"][*name].as_f64().unwrap_or(0.0)
                };
                properties.iter().enumerate().map(of).sum()
            };
            let p = draws.iter().map(|draw| 1.0 / (1.0 + (-log_odds(draw)).exp())).sum::<f64>()
                / draws.len() as f64;
            let label = if why["turned"] == true { 1.0 - p } else { p };
            assert!((label - pair["p"].as_f64().expect("a label")).abs() < 1e-9, "{pair}");
            assert!(way == "random" || why["turned"] == (way == "opposed"));
        }
    }
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Completions labelled by themselves, as KTO has them: every third is desirable, and no prompt has two.
fn completions(folder: &Path, count: usize) -> PathBuf {
    let of = |at: usize| {
        let completion =
            if at.is_multiple_of(3) { format!("- yes {at}\n- and more") } else { format!("no {at}, never") };
        json!({"prompt": format!("What about {at}?"), "completion": completion, "label": at.is_multiple_of(3)})
            .to_string()
    };
    let path = folder.join("kto.jsonl");
    fs::write(&path, (0..count).map(of).collect::<Vec<String>>().join("\n") + "\n").expect("written");
    path
}

#[test]
fn single_completions_are_learnt_from() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, kto) = (model(place.path()), completions(place.path(), 24));
    let learn = |file: &Path, loss: &str, steps: &str, name: &str| {
        let out = place.path().join(name);
        let mut args = vec!["train", text(file), "--model", text(&model), "--loss", loss, "--steps", steps];
        args.extend([
            "--batch",
            "9",
            "--learning-rate",
            "0.02",
            "--targets",
            "all-linear",
            "--held-out",
            "0.25",
        ]);
        args.extend(["--beta", "0.5", "-o", text(&out), "--json", "--quiet"]);
        (told(&args), out)
    };
    let (found, out) = learn(&kto, "kto", "16", "kto");
    shapes::comes_back::<TrainJson>(&found);
    let kinds = &found["completions"];
    let count = |kind: &str| kinds[kind].as_u64().expect("a count");
    assert_eq!((&found["pairs"]["read"], &found["pairs"]["trained"]), (&json!(24), &json!(18)));
    assert_eq!(count("desirable") + count("undesirable"), 18);
    assert!(found["remarks"].to_string().contains("desirable examples weigh"), "{}", found["remarks"]);
    let curve = found["curve"].as_array().expect("steps");
    // Before the first step nothing has moved: sigmoid(0) for each.
    assert!((curve[0]["loss"].as_f64().expect("a loss") - 0.5).abs() < 1e-6, "{}", curve[0]);
    assert!(curve[15]["loss"].as_f64() < Some(0.45), "{}", curve[15]);
    assert!(curve[15]["rewards_chosen"].as_f64() > curve[15]["rewards_rejected"].as_f64());
    let look = &found["evaluations"][0];
    assert!(look["loss"].as_f64() < Some(0.49) && look["accuracy"].as_f64() > Some(0.8), "{look}");
    // What is kept is read again, and what was held out stays so.
    let learnt = learnt_from(&out);
    assert!(
        learnt.iter().all(|one| one["label"].is_boolean() && one["completion"][0]["role"] == "assistant")
    );
    let (again, twice) = learn(&out.join("pairs.jsonl"), "kto", "16", "again");
    assert_eq!(again["completions"], found["completions"]);
    let kept = |out: &Path| {
        learnt_from(out)
            .iter()
            .map(|one| [one["prompt"].clone(), one["held_out"].clone()])
            .collect::<Vec<_>>()
    };
    assert_eq!(kept(&twice), kept(&out));
    for loss in ["bco", "apo_zero_unpaired"] {
        let (found, _) = learn(&kto, loss, "16", loss);
        let look = &found["evaluations"][0];
        assert!(look["accuracy"].as_f64() > Some(0.8), "{loss}: {look}");
    }
    // The same file by a loss of pairs has no pair.
    let out = place.path().join("none");
    let refused =
        said(&["train", text(&kto), "--model", text(&model), "--loss", "apo_down", "-o", text(&out)]);
    assert!(refused.contains("apo_zero_unpaired learn from single completions"), "{refused}");
}

#[test]
fn of_several_answers_that_nobody_has_judged_the_surest_pair_is_learnt_from() {
    let place = tempfile::tempdir().expect("a folder");
    let model = model(place.path());
    let answers =
        |at: u32| json!([format!("{at}."), format!("- {at}\n- it"), format!("so {at}, or {at}?"), "no"]);
    let record = |at| json!({"prompt": format!("say {at}"), "responses": answers(at)}).to_string();
    let lines = (0..6).map(record).collect::<Vec<String>>().join("\n");
    let pairs = place.path().join("several.jsonl");
    fs::write(&pairs, lines).expect("a file");
    let learnt = |name: &str, more: &[&str]| {
        let out = place.path().join(name);
        let mut args = relabelled(&pairs, &model, &out);
        args.extend(["--loss", "soft", "--json", "--quiet"]);
        args.extend_from_slice(more);
        (told(&args), learnt_from(&out))
    };
    let (all, every) = learnt("all", &[]);
    assert_eq!(all["pairs"]["read"], 36);
    let (_, best) = learnt("best", &["--best-pairs"]);
    assert_eq!(best.len(), 6);
    for pair in &best {
        let of_prompt = every.iter().filter(|other| other["prompt"] == pair["prompt"]);
        let surest = of_prompt.filter_map(|other| other["p"].as_f64()).fold(0.0, f64::max);
        assert_eq!(pair["p"].as_f64(), Some(surest));
    }
}

#[test]
fn shares_of_annotators_give_an_ideal() {
    let place = tempfile::tempdir().expect("a folder");
    let model = model(place.path());
    let path = place.path().join("votes.jsonl");
    let lines: Vec<String> = (0..8)
        .flat_map(|at| {
            (0..4).map(move |vote| {
                let winner = if vote == 3 { "b" } else { "a" };
                json!({"question": format!("What about {at}?"), "response_a": format!("yes {at}"), "response_b": format!("no {at}, never"), "winner": winner, "judge": "people"})
                    .to_string()
            })
        })
        .collect();
    fs::write(&path, lines.join("\n") + "\n").expect("written");
    let found = told(&[
        "ranking-accuracy",
        text(&path),
        "--model",
        text(&model),
        "--reference",
        text(&model),
        "--beta",
        "0.01",
        "--each",
        "--json",
        "--quiet",
    ]);
    assert_eq!(found["pairs"], 8, "{found}");
    assert_eq!(found["each"][0]["share"], 0.75);
    // At so small a beta the annotators' shares decide: the ideal model is right everywhere.
    assert_eq!(found["idealised"], 1.0);
    let ends = [&found["idealised_low"], &found["gap_low"], &found["gap_high"]]
        .map(|end| end.as_f64().expect("an end"));
    let gap = found["gap"].as_f64().expect("a gap");
    assert!(ends[0] < 1.0 && ends[1] < gap && gap <= ends[2], "{found}");
    // Nothing has moved: nothing was gained that could be right or wrong.
    assert_eq!(found["reward_accuracy"], Value::Null);
    assert!(found["remarks"].to_string().contains("may not be the trained model"), "{found}");
    assert_eq!(found["flipped"], 0.0);
    let shown = run(&[
        "ranking-accuracy",
        text(&path),
        "--model",
        text(&model),
        "--reference",
        text(&model),
        "--quiet",
    ]);
    let shown = String::from_utf8_lossy(&shown.stdout).into_owned();
    assert!(shown.contains("Gap to idealised accuracy") && shown.contains("Gap to it by token"), "{shown}");
}

#[test]
fn a_model_learns_from_its_own_answers_round_by_round() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 24));
    let out = place.path().join("out");
    let args = [
        "train",
        text(&pairs),
        "--model",
        text(&model),
        "--spa",
        "2",
        "--spa-labels",
        "0.3",
        "--spa-tokens",
        "12",
        "--lr",
        "0.01",
        "--batch",
        "4",
        "--epochs",
        "2",
        "--seed",
        "5",
        "--loss",
        "ipo",
        "--held-out",
        "0.2",
        "--evaluate-every",
        "2",
        "-o",
        text(&out),
        "--json",
        "--quiet",
    ];
    let found = told(&args);
    let rounds = found["rounds"].as_array().expect("rounds");
    assert_eq!(rounds.len(), 2);
    assert_eq!((&found["loss"], &rounds[0]["loss"]), (&json!("ipo"), &json!("soft")));
    // Every pair that was read is counted once; those that the model made are counted with their rounds.
    let count = |value: &Value| value.as_u64().expect("a count");
    let of = &found["pairs"];
    let left_out: u64 =
        of["left_out"].as_object().into_iter().flatten().map(|(_, number)| count(number)).sum();
    assert_eq!(count(&of["read"]), count(&of["trained"]) + count(&of["held_out"]) + left_out, "{of}");
    let steps = count(&found["steps"]);
    assert_eq!(
        (steps, Some(steps as usize)),
        (count(&found["steps_planned"]), found["curve"].as_array().map(Vec::len))
    );
    // Every stage looks at the held-out pairs, the last time after its last step.
    let looks = found["evaluations"].as_array().expect("looks");
    assert_eq!(looks.last().map(|look| count(&look["step"])), Some(steps));
    assert!(looks.len() >= 3, "{looks:?}");
    for round in rounds {
        assert!(round["held_out_accuracy"].is_number(), "{round}");
        assert!(round["pairs"].as_u64() > Some(3) && round["mean_p"].as_f64() > Some(0.5), "{round}");
    }
    // A round that was cut while it answered is finished to the same weights; what was drawn is not drawn anew.
    let weights = |out: &Path| fs::read(out.join("adapter_model.safetensors")).expect("an adapter");
    let whole = weights(&out);
    let answers = out.join("round-2/answers.jsonl");
    let kept = fs::read_to_string(&answers).expect("answers");
    let cut: String = kept.lines().take(3).flat_map(|line| [line, "\n"]).collect();
    fs::write(&answers, cut + "{\"pair\": [[1").expect("written");
    fs::remove_dir_all(out.join("round-2/checkpoint")).expect("removed");
    told(&args);
    assert_eq!(fs::read_to_string(&answers).expect("answers"), kept);
    assert_eq!(weights(&out), whole);
}

#[test]
fn answers_keep_to_the_longest_that_a_pair_may_be() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs, out) = (model(place.path()), pairs(place.path(), 12), place.path().join("out"));
    let mut args = vec!["train", text(&pairs), "--model", text(&model), "--spa", "1", "--spa-labels", "0.3"];
    args.extend([
        "--spa-tokens",
        "200",
        "--max-length",
        "48",
        "--steps",
        "1",
        "-o",
        text(&out),
        "--json",
        "--quiet",
    ]);
    told(&args);
    let answers = fs::read_to_string(out.join("round-1/answers.jsonl")).expect("answers");
    let longest = answers.lines().flat_map(|line| {
        let answer: Value = serde_json::from_str(line).expect("an answer");
        let sides = answer["pair"].as_array().cloned().unwrap_or_default();
        sides.into_iter().map(|side| side.as_array().map_or(0, Vec::len)).collect::<Vec<usize>>()
    });
    // A quarter is the prompt's.
    let longest = longest.max().expect("an answer");
    assert!((13..=36).contains(&longest), "{longest}");
}

#[test]
fn people_are_offered_to_count_as_one_judge_and_files_to_be_named() {
    let place = tempfile::tempdir().expect("a folder");
    let model = model(place.path());
    let votes = place.path().join("votes.jsonl");
    let vote = |at: usize, person: &str| {
        json!({"question": format!("What about {at}?"), "response_a": format!("yes {at}"), "response_b": format!("no {at}, never"), "winner": "a", "judge": "people", "annotator": person})
            .to_string()
    };
    let lines: Vec<String> = (0..4).flat_map(|at| ["ann", "bob"].map(|person| vote(at, person))).collect();
    fs::write(&votes, lines.join("\n") + "\n").expect("written");
    let rank = |more: &[&'static str]| {
        let mut args = vec!["ranking-accuracy", text(&votes), "--model", text(&model), "--quiet", "--json"];
        args.extend_from_slice(more);
        args
    };
    let refused = said(&rank(&[]));
    assert!(
        refused.contains("--judges pooled") && refused.contains("compared with one at a time"),
        "{refused}"
    );
    let pooled = told(&rank(&["--judges", "pooled"]));
    assert_eq!((&pooled["pairs"], &pooled["shared"]), (&json!(4), &json!(4)));
    // Shares are known, and a reference is missing.
    let shown =
        run(&["ranking-accuracy", text(&votes), "--model", text(&model), "--judges", "pooled", "--quiet"]);
    let shown = String::from_utf8_lossy(&shown.stdout).split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(shown.contains("Annotators' shares are known of 4 pairs: with a reference"), "{shown}");
    let files = ["one", "two"].map(|name| {
        let path = place.path().join(format!("{name}.jsonl"));
        let pair = json!({"prompt": format!("What of {name}?"), "chosen": "yes", "rejected": "no"});
        fs::write(&path, pair.to_string() + "\n").expect("written");
        path
    });
    let mut args = vec!["ranking-accuracy", text(&files[0]), text(&files[1]), "--model", text(&model)];
    let refused = said(&args);
    assert!(refused.contains("--judge-name NAME"), "{refused}");
    args.extend(["--judge-name", "people", "--quiet", "--json"]);
    assert_eq!(told(&args)["pairs"], 2);
}

#[test]
fn labels_by_fitted_weights_follow_the_ratings_that_were_fitted() {
    let place = tempfile::tempdir().expect("a folder");
    let model = model(place.path());
    // A judge of length, whose prompts repeat.
    let lines: Vec<String> = (0..60)
        .map(|at| {
            let (long, short) = (format!("yes {at} {}", "and more ".repeat(3 + at % 5)), format!("no {at}"));
            let (a, b, winner) = if at % 2 == 0 { (&long, &short, "a") } else { (&short, &long, "b") };
            json!({"question": format!("What about {}?", at % 20), "response_a": a, "response_b": b, "winner": winner, "judge": "fond"}).to_string()
        })
        .collect();
    let path = place.path().join("votes.jsonl");
    fs::write(&path, lines.join("\n") + "\n").expect("written");
    let by = |way: &str, more: &[&str]| {
        let out = place.path().join(format!("{way}{}", more.len()));
        let mut args = vec![
            "train",
            text(&path),
            "--model",
            text(&model),
            "--steps",
            "1",
            "--relabel",
            "fond",
            "--direction",
            way,
            "--no-grammar",
            "--loss",
            "soft",
            "-o",
            text(&out),
            "--json",
            "--quiet",
        ];
        args.extend_from_slice(more);
        told(&args)["relabelled"]["agreement"].as_f64().expect("a share")
    };
    assert!(by("aligned", &[]) > 0.95);
    // What is said is of the labels that were trained on.
    assert!(by("opposed", &[]) < 0.05);
    let random = by("random", &[]);
    assert!((0.2..0.8).contains(&random), "{random}");
    assert!(by("aligned", &["--best-pairs"]) > 0.95);
}
