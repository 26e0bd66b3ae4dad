//! `predilect train` and `ranking-accuracy` on a model that is made here: small, with random weights and a tokenizer of bytes.
#![cfg(feature = "train")]
#![allow(clippy::too_many_lines, reason = "one story a test")]

mod trained;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use trained::model;

/// Pairs whose chosen response is a list and whose rejected one is not.
fn pairs(folder: &Path, count: usize) -> PathBuf {
    let lines: Vec<String> = (0..count)
        .map(|at| {
            json!({"prompt": format!("What about {at}?"), "chosen": format!("- yes {at}\n- and more"), "rejected": format!("no {at}, never")})
                .to_string()
        })
        .collect();
    let path = folder.join("pairs.jsonl");
    fs::write(&path, lines.join("\n") + "\n").expect("written");
    path
}

fn predilect(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    command.args(args).env("NO_COLOR", "1");
    command
}

fn run(args: &[&str]) -> Output {
    predilect(args).output().expect("predilect runs")
}

fn told(args: &[&str]) -> Value {
    let output = run(args);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn said(args: &[&str]) -> String {
    let output = run(args);
    assert!(!output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!text.contains("panicked"), "{text}");
    text
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a plain path")
}

/// The steps of a run without what differs between two of them.
fn steps(folder: &Path) -> Vec<Value> {
    let text = fs::read_to_string(folder.join("train.jsonl")).expect("steps");
    text.lines()
        .map(|line| {
            let mut step: Value = serde_json::from_str(line).expect("a whole line");
            step.as_object_mut().expect("an object").remove("seconds");
            step
        })
        .collect()
}

#[test]
fn a_model_learns_what_is_chosen_and_ranks_it() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs, out) = (model(place.path()), pairs(place.path(), 24), place.path().join("out"));
    let page = place.path().join("report.html");
    let found = told(&[
        "train",
        text(&pairs),
        "--model",
        text(&model),
        "--loss",
        "sigmoid",
        "--beta",
        "0.1",
        "--lora",
        "4",
        "--targets",
        "all-linear",
        "--steps",
        "30",
        "--batch",
        "4",
        "--learning-rate",
        "0.02",
        "--held-out",
        "0.25",
        "--evaluate-every",
        "10",
        "--seed",
        "1",
        "-o",
        text(&out),
        "--html",
        text(&page),
        "--json",
        "--merge",
        "--quiet",
    ]);
    assert_eq!(
        (&found["schema"], &found["steps"], &found["engine"]),
        (&json!(1), &json!(30), &json!("native"))
    );
    let curve = found["curve"].as_array().expect("steps");
    assert!((curve[0]["loss"].as_f64().expect("a loss") - std::f64::consts::LN_2).abs() < 1e-6);
    assert!(curve[29]["loss"].as_f64() < Some(0.5), "{}", curve[29]);
    let looks = found["evaluations"].as_array().expect("looks");
    assert!(looks.len() == 3 && looks[2]["accuracy"].as_f64() > Some(0.9), "{looks:?}");
    assert_eq!(steps(&out).len(), 30);
    for file in [
        "adapter_config.json",
        "adapter_model.safetensors",
        "merged/config.json",
        "merged/tokenizer.json",
        "pairs.jsonl",
    ] {
        assert!(out.join(file).is_file(), "{file}");
    }
    let html = fs::read_to_string(&page).expect("a page");
    assert!(html.contains("<polyline") && html.contains("held-out"));

    let before = told(&["ranking-accuracy", text(&pairs), "--model", text(&model), "--json", "--quiet"]);
    let after = told(&[
        "ranking-accuracy",
        text(&pairs),
        "--model",
        text(&model),
        "--adapter",
        text(&out),
        "--each",
        "--json",
        "--quiet",
    ]);
    assert_eq!(
        (&after["pairs"], &before["idealised"], &before["reward_accuracy"]),
        (&json!(24), &Value::Null, &Value::Null)
    );
    assert!(after["reward_accuracy"].as_f64() > Some(0.9), "{after}");
    assert_eq!(before["accuracy"], after["reference_accuracy"]);
    assert_eq!(after["each"].as_array().map(Vec::len), Some(24));
    // The adapter merged is the same model.
    let merged = told(&[
        "ranking-accuracy",
        text(&pairs),
        "--model",
        text(&out.join("merged")),
        "--reference",
        text(&model),
        "--each",
        "--json",
        "--quiet",
    ]);
    for (one, other) in
        after["each"].as_array().into_iter().flatten().zip(merged["each"].as_array().into_iter().flatten())
    {
        let difference =
            one["chosen"].as_f64().expect("a number") - other["chosen"].as_f64().expect("a number");
        assert!(difference.abs() < 1e-3, "{one} {other}");
    }
}

#[test]
fn a_killed_run_goes_on_to_the_same_numbers() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 16));
    let [whole, cut] = ["whole", "cut"].map(|name| place.path().join(name));
    let args = |out: &Path| {
        [
            "train",
            text(&pairs),
            "--model",
            text(&model),
            "--steps",
            "120",
            "--batch",
            "2",
            "--checkpoint-every",
            "7",
            "--seed",
            "3",
            "-o",
            text(out),
            "--quiet",
            "--json",
        ]
        .map(ToOwned::to_owned)
    };
    told(&args(&whole).each_ref().map(String::as_str));
    let mut child = predilect(&args(&cut).each_ref().map(String::as_str))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("predilect runs");
    let noted = || fs::read_to_string(cut.join("train.jsonl")).map_or(0, |text| text.lines().count());
    let until = Instant::now() + Duration::from_mins(1);
    while noted() < 20 && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(2));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    told(&args(&cut).each_ref().map(String::as_str));
    assert_eq!(steps(&cut), steps(&whole));
    let weights = |out: &Path| fs::read(out.join("adapter_model.safetensors")).expect("an adapter");
    assert_eq!(weights(&cut), weights(&whole));
    // The same folder with other settings would lose them.
    let mut other = args(&cut);
    other[5] = "60".to_owned();
    assert!(said(&other.each_ref().map(String::as_str)).contains("training"), "names what differs");
}

#[test]
fn labels_come_from_a_judges_weights() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 12));
    let labels = |way: &str, more: &[&str]| {
        let out = place.path().join(format!("{way}{}", more.len()));
        let mut args = vec![
            "train",
            text(&pairs),
            "--model",
            text(&model),
            "--steps",
            "1",
            "--relabel-published",
            "gpt-4-1106-preview",
            "--direction",
            way,
            "--loss",
            "soft",
            "--no-grammar",
            "-o",
            text(&out),
            "--json",
            "--quiet",
        ];
        args.extend_from_slice(more);
        let found = told(&args);
        let text = fs::read_to_string(out.join("pairs.jsonl")).expect("pairs");
        let lines: Vec<Value> =
            text.lines().map(|line| serde_json::from_str(line).expect("a pair")).collect();
        (found, lines)
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
    let mut args = vec![
        "train",
        text(&pairs),
        "--model",
        text(&model),
        "--steps",
        "1",
        "--relabel-published",
        "gpt-4-1106-preview",
        "--no-grammar",
        "-o",
        text(&out),
    ];
    args.extend(wide);
    assert!(said(&args).contains("none can be learnt from"));
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
    assert_eq!(found["flipped"], 0.0);
}

#[test]
fn broken_input_is_refused_in_words() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 4));
    let out = place.path().join("out");
    let train = |more: &[&str]| {
        let mut args = vec!["train", text(&pairs), "--model", text(&model), "-o", text(&out), "--steps", "1"];
        args.extend_from_slice(more);
        said(&args)
    };
    assert!(train(&["--loss", "sigmoyd"]).contains("sigmoyd"));
    assert!(train(&["--loss-option", "betta=1"]).contains("the numbers of losses are"));
    assert!(train(&["--beta=-1"]).contains("beta"));
    assert!(train(&["--lr", "7"]).contains("learning rate"));
    assert!(train(&["--targets", "q_prj"]).contains("q_prj"));
    assert!(train(&["--where", "words(a) > 9999"]).contains("no pair of 4"));
    let mut wrong = model.clone();
    wrong.push("config.json");
    let kept = fs::read_to_string(&wrong).expect("a config");
    fs::write(&wrong, kept.replace("\"llama\"", "\"mamba\"")).expect("written");
    assert!(train(&[]).contains("mamba"));
    fs::write(&wrong, kept.replace("\"hidden_size\":32", "\"hidden_size\":48")).expect("written");
    assert!(train(&[]).contains("embed_tokens"));
    fs::write(&wrong, kept).expect("written");
    let ties = place.path().join("ties.jsonl");
    fs::write(
        &ties,
        "{\"prompt\": \"q\", \"response_a\": \"x\", \"response_b\": \"y\", \"winner\": \"tie\"}\n",
    )
    .expect("written");
    let told = said(&["train", text(&ties), "--model", text(&model), "-o", text(&out), "--steps", "1"]);
    assert!(told.contains("a tie (1)"), "{told}");
    assert!(!out.exists(), "nothing was made of what was refused");
    // A folder of somebody's own is left alone.
    fs::create_dir(&out).expect("a folder");
    fs::write(out.join("thesis.txt"), "x").expect("written");
    assert!(train(&[]).contains("files that are not of train"));
}

#[test]
fn degrees_are_learnt_beside_a_loss() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs, out) = (model(place.path()), pairs(place.path(), 8), place.path().join("out"));
    let found = told(&[
        "train",
        text(&pairs),
        "--model",
        text(&model),
        "--steps",
        "12",
        "--batch",
        "4",
        "--lr",
        "0.02",
        "--degrees",
        "0.5",
        "-o",
        text(&out),
        "--json",
        "--quiet",
    ]);
    let degree = |at: usize| found["curve"][at]["degree_loss"].as_f64().expect("a degree loss");
    assert!(degree(11) < degree(0), "{} {}", degree(0), degree(11));
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
        "-o",
        text(&out),
        "--json",
        "--quiet",
    ];
    let found = told(&args);
    let rounds = found["rounds"].as_array().expect("rounds");
    assert_eq!(rounds.len(), 2);
    for round in rounds {
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
fn losses_are_listed_with_their_sources() {
    let found = told(&["train", "--list", "--json"]);
    let names: Vec<&str> =
        found["losses"].as_array().into_iter().flatten().filter_map(|loss| loss["name"].as_str()).collect();
    for name in ["sigmoid", "ipo", "kto", "simpo", "orpo", "soft", "gdpo", "cipo", "gipo", "gropo"] {
        assert!(names.contains(&name), "{name}");
    }
}
