//! `predilect train` and `ranking-accuracy` on a model that is made here: small, with random weights and a tokenizer of bytes.
#![cfg(feature = "train")]
#![allow(clippy::too_many_lines, reason = "one story a test")]

mod shapes;
mod trained;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use predilect_results::training::{LossesJson, RankingJson, TrainJson};
use serde_json::{Value, json};
use trained::model;
use trained::runs::{pairs, predilect, said, steps, text, told};

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
    assert!(html.contains("<polyline") && html.contains("held out"));

    shapes::comes_back::<TrainJson>(&found);
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
    shapes::comes_back::<RankingJson>(&after);
    assert_eq!(before["accuracy"], after["reference_accuracy"]);
    assert_eq!(after["each"].as_array().map(Vec::len), Some(24));
    // The adapter merged is the same model.
    assert_eq!(after["count"]["trained"], 0);
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
    assert!(noted() < 120, "it was killed amid its work");
    let resumed = told(&args(&cut).each_ref().map(String::as_str));
    assert_eq!(steps(&cut), steps(&whole));
    // The time of both processes, and the tokens of both.
    let seconds = |value: &Value| value["seconds"].as_f64().expect("seconds");
    assert!(seconds(&resumed) >= seconds(&resumed["curve"][119]), "{}", resumed["seconds"]);
    let tokens: f64 =
        resumed["curve"].as_array().into_iter().flatten().filter_map(|row| row["tokens"].as_f64()).sum();
    let speed = resumed["tokens_per_second"].as_f64().expect("a speed");
    assert!((speed * seconds(&resumed) - tokens).abs() < 1e-6 * tokens);
    let weights = |out: &Path| fs::read(out.join("adapter_model.safetensors")).expect("an adapter");
    assert_eq!(weights(&cut), weights(&whole));
    // The same folder with other settings would lose them.
    let mut other = args(&cut);
    other[5] = "60".to_owned();
    assert!(said(&other.each_ref().map(String::as_str)).contains("training"), "names what differs");
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
    assert!(train(&["--loss-option", "betta=1"]).contains("loss parameters are"));
    assert!(train(&["--beta=-1"]).contains("beta"));
    assert!(train(&["--lr", "7"]).contains("learning rate"));
    assert!(train(&["--targets", "q_prj"]).contains("q_prj"));
    assert!(train(&["--direction", "opposed"]).contains("--relabel"));
    assert!(train(&["--patience", "2"]).contains("held-out pairs"));
    assert!(train(&["--lora-alpha", "nan"]).contains("adapter"));
    assert!(train(&["--html", "/no/such/folder/report.html"]).contains("no folder /no/such"));
    assert!(train(&["--lora", "4096"]).contains("rank 4096"));
    assert!(train(&["--where", "words(a) > 9999"]).contains("none of 4 pairs"));
    let mut wrong = model.clone();
    wrong.push("config.json");
    let kept = fs::read_to_string(&wrong).expect("a config");
    fs::write(&wrong, kept.replace("\"llama\"", "\"mamba\"")).expect("written");
    assert!(train(&[]).contains("mamba"));
    fs::write(&wrong, kept.replace("\"hidden_size\":32", "\"hidden_size\":48")).expect("written");
    assert!(train(&[]).contains("embed_tokens"));
    fs::write(&wrong, kept.replace("\"num_hidden_layers\":2", "\"num_hidden_layers\":1")).expect("written");
    assert!(train(&[]).contains("model.layers.1."));
    fs::write(&wrong, kept).expect("written");
    let ties = place.path().join("ties.jsonl");
    fs::write(
        &ties,
        "{\"prompt\": \"q\", \"response_a\": \"x\", \"response_b\": \"y\", \"winner\": \"tie\"}\n",
    )
    .expect("written");
    let told = said(&["train", text(&ties), "--model", text(&model), "-o", text(&out), "--steps", "1"]);
    assert!(told.contains("tie (1)"), "{told}");
    assert!(!out.exists(), "nothing was made of what was refused");
    // A foreign folder is left alone.
    fs::create_dir(&out).expect("a folder");
    fs::write(out.join("thesis.txt"), "x").expect("written");
    assert!(train(&[]).contains("is not a training run"));
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
#[cfg(unix)]
fn stopped_by_a_signal_it_keeps_the_step_that_it_made() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs, out) = (model(place.path()), pairs(place.path(), 64), place.path().join("out"));
    let args = [
        "train",
        text(&pairs),
        "--model",
        text(&model),
        "--steps",
        "400",
        "--checkpoint-every",
        "100000",
        "-o",
        text(&out),
        "--json",
        "--quiet",
    ];
    let child =
        predilect(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("predilect runs");
    let noted = || fs::read_to_string(out.join("train.jsonl")).map_or(0, |text| text.lines().count());
    while noted() < 10 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let stop = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(stop.success());
    let ended = child.wait_with_output().expect("it ended");
    assert_eq!(ended.status.code(), Some(130));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(said.contains("every step is kept"), "{said}");
    let found: Value = serde_json::from_slice(&ended.stdout).expect("JSON, though it was stopped");
    let steps = found["steps"].as_u64().expect("steps");
    assert!((10..400).contains(&steps) && found["stopped"].is_string(), "{steps}");
    assert!(out.join("checkpoint/state.json").is_file() && out.join("adapter_model.safetensors").is_file());
    let again = told(&args);
    assert_eq!((&again["steps"], &again["stopped"]), (&json!(400), &Value::Null));
}

#[test]
fn all_weights_learn_early_ends_keep_the_best_and_adapters_go_on() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 32));
    let train = |name: &str, more: &[&str]| {
        let out = place.path().join(name);
        let mut args = vec![
            "train",
            text(&pairs),
            "--model",
            text(&model),
            "-o",
            text(&out),
            "--json",
            "--quiet",
            "--batch",
            "4",
        ];
        args.extend_from_slice(more);
        (told(&args), out.clone())
    };
    let (whole, out) = train("full", &["--full", "--lr", "0.001", "--steps", "20"]);
    assert_eq!(whole["adapter"], Value::Null);
    assert!(whole["curve"][19]["loss"].as_f64() < whole["curve"][0]["loss"].as_f64());
    assert!(out.join("merged/model.safetensors").is_file());
    // A rate at which the held-out loss soon grows again.
    let patient =
        ["--held-out", "0.3", "--evaluate-every", "2", "--patience", "2", "--lr", "0.5", "--steps", "200"];
    let (early, _) = train("early", &patient);
    let looks = early["evaluations"].as_array().expect("looks");
    let least = looks.iter().filter_map(|look| Some((look["loss"].as_f64()?, look["step"].as_u64()?)));
    let least = least.min_by(|a, b| a.0.total_cmp(&b.0)).expect("a look");
    assert!(early["steps"].as_u64() < Some(200), "{looks:?}");
    assert_eq!(early["kept_step"].as_u64(), Some(least.1), "{looks:?}");
    assert_eq!(early["stopped"], "the held-out loss did not fall in 2 evaluations");
    // Where another adapter begins, the reference does: the first loss is that of no difference.
    let (_, first) = train("first", &["--lr", "0.02", "--steps", "10"]);
    let (second, _) = train("second", &["--adapter", text(&first), "--lr", "0.02", "--steps", "10"]);
    assert!((second["curve"][0]["loss"].as_f64().expect("a loss") - std::f64::consts::LN_2).abs() < 1e-9);
    assert!(second["curve"][9]["loss"].as_f64() < Some(0.69));
    let (kto, _) = train("kto", &["--loss", "kto", "--lr", "0.02", "--steps", "20"]);
    assert!((kto["curve"][0]["loss"].as_f64().expect("a loss") - 0.5).abs() < 1e-9);
    assert!(kto["curve"][19]["loss"].as_f64() < Some(0.45), "{}", kto["curve"][19]);
}

#[test]
fn weights_that_are_no_numbers_are_refused_by_name() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs, out) = (model(place.path()), pairs(place.path(), 8), place.path().join("out"));
    let weights = model.join("model.safetensors");
    let mut bytes = fs::read(&weights).expect("weights");
    let at = bytes.len() - 4;
    bytes[at..].copy_from_slice(&f32::NAN.to_le_bytes());
    fs::write(&weights, bytes).expect("written");
    let trained = said(&[
        "train",
        text(&pairs),
        "--model",
        text(&model),
        "--steps",
        "3",
        "--batch",
        "2",
        "-o",
        text(&out),
        "--quiet",
    ]);
    assert!(trained.contains("not finite (pairs:") && trained.contains("weights damaged?"), "{trained}");
    assert!(!out.join("adapter_model.safetensors").exists(), "nothing was learnt");
    let ranked = said(&["ranking-accuracy", text(&pairs), "--model", text(&model), "--quiet"]);
    assert!(ranked.contains("not finite"), "{ranked}");
}

#[test]
fn weights_that_diverge_do_not_take_the_place_of_those_that_can_be_used() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 8));
    let train = |out: &Path, every: &str| {
        let settings =
            ["--lora-alpha", "1e20", "--lr", "1", "--clip", "0", "--schedule", "constant", "--warm-up", "1"];
        let mut args = vec!["train", text(&pairs), "--model", text(&model), "--targets", "all-linear"];
        args.extend(settings);
        args.extend([
            "--steps",
            "100",
            "--batch",
            "2",
            "--checkpoint-every",
            every,
            "--quiet",
            "-o",
            text(out),
        ]);
        said(&args)
    };
    // Without a checkpoint nothing is left that could be taken for a model.
    let bare = place.path().join("bare");
    let none = train(&bare, "1000");
    assert!(none.contains("training diverged") && none.contains("no usable checkpoint"), "{none}");
    assert!(!bare.join("adapter_model.safetensors").exists());
    // A checkpoint from long before can be used, and is what the adapter is made of.
    let step = none.split("at step ").nth(1).and_then(|rest| rest.split([',', ' ']).next()).expect("a step");
    let step: usize = step.parse().expect("a number");
    let kept = place.path().join("kept");
    let early = train(&kept, &(step / 2 + 1).to_string());
    assert!(
        early.contains(&format!("the weights of step {}, the last checkpoint, were kept", step / 2 + 1)),
        "{early}"
    );
    let ranked = told(&[
        "ranking-accuracy",
        text(&pairs),
        "--model",
        text(&model),
        "--adapter",
        text(&kept),
        "--quiet",
        "--json",
    ]);
    assert_eq!(ranked["pairs"], 8, "{ranked}");
    let steps = fs::read_to_string(kept.join("train.jsonl")).expect("steps");
    assert_eq!(steps.lines().count(), step / 2 + 1);
}

/// Two steps on a model, into a folder.
fn two_steps<'a>(pairs: &'a Path, model: &'a str, out: &'a Path) -> Vec<&'a str> {
    let mut args = vec!["train", text(pairs), "--model", model, "--steps", "2", "--batch", "2"];
    args.extend(["-o", text(out), "--json", "--quiet"]);
    args
}

#[test]
fn a_run_is_known_by_what_is_in_its_files() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs, out) = (model(place.path()), pairs(place.path(), 4), place.path().join("out"));
    told(&two_steps(&pairs, text(&model), &out));
    // Called otherwise, from elsewhere, and of a copy.
    let spelt = format!("{}/../model/", text(&model));
    told(&two_steps(&pairs, &spelt, &out));
    let copy = place.path().join("copy");
    fs::create_dir(&copy).expect("a folder");
    for entry in fs::read_dir(&model).expect("files") {
        let path = entry.expect("a file").path();
        fs::write(copy.join(path.file_name().expect("a name")), fs::read(&path).expect("read"))
            .expect("written");
    }
    let here =
        ["train", "pairs.jsonl", "--model", "copy", "--steps", "2", "--batch", "2", "-o", "out", "--quiet"];
    assert!(predilect(&here).current_dir(place.path()).status().expect("it runs").success());
    // As many bytes at the same place: another model.
    let weights = copy.join("model.safetensors");
    let mut bytes = fs::read(&weights).expect("weights");
    let at = bytes.len() - 4;
    bytes[at..].copy_from_slice(&2.0_f32.to_le_bytes());
    fs::write(&weights, bytes).expect("written");
    let refused = said(&two_steps(&pairs, text(&copy), &out));
    assert!(refused.contains("another model (its model.safetensors is different)"), "{refused}");
    fs::write(&pairs, fs::read_to_string(&pairs).expect("pairs").replace("yes 1", "yes 7")).expect("written");
    let refused = said(&two_steps(&pairs, text(&model), &out));
    assert!(refused.contains("is a run with other pairs or labels"), "{refused}");
}

#[test]
fn what_a_folder_lacks_is_said() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs, out) = (model(place.path()), pairs(place.path(), 4), place.path().join("out"));
    let args = two_steps(&pairs, text(&model), &out);
    told(&args);
    let log = out.join("train.jsonl");
    let first = fs::read_to_string(&log).expect("steps").lines().next().expect("a step").to_owned();
    for (left, count) in [(first + "\n", 1), (String::new(), 0)] {
        fs::write(&log, left).expect("written");
        let found = told(&args);
        assert_eq!((&found["steps"], found["curve"].as_array().map(Vec::len)), (&json!(2), Some(count)));
        let remark = found["remarks"][0].as_str().expect("a remark");
        assert!(remark.contains(&format!("only {count} of the 2 steps")), "{remark}");
    }
    for name in ["state.json", "weights.safetensors", "moments.safetensors"] {
        let path = out.join("checkpoint").join(name);
        let kept = fs::read(&path).expect("a part of the checkpoint");
        fs::write(&path, &kept[..kept.len() / 2]).expect("written");
        let refused = said(&args);
        assert!(refused.contains("remove the folder") && !refused.contains("download"), "{refused}");
        fs::write(&path, kept).expect("written");
    }
}

#[test]
fn what_trl_cannot_do_is_refused_before_anything_is_written() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs, out) = (model(place.path()), pairs(place.path(), 12), place.path().join("o ut"));
    let run = |more: &[&'static str]| {
        let mut args = vec!["train", text(&pairs), "--model", text(&model), "-o", text(&out)];
        args.extend(["--engine", "trl", "--write-only", "--quiet", "--json"]);
        args.extend_from_slice(more);
        args
    };
    let refused = |more: &[&'static str]| said(&run(more));
    for loss in ["kto", "simpo", "bco", "soft_ropo"] {
        assert!(refused(&["--loss", loss]).contains("TRL's DPO trainer cannot train with"), "{loss}");
    }
    assert!(refused(&["--loss", "soft:.8,sft:.2"]).contains("cannot be mixed"));
    assert!(refused(&["--beta", "0"]).contains("beta is 0"));
    assert!(refused(&["--loss", "robust", "--label-smoothing", "0.7"]).contains("label_smoothing is 0.7"));
    assert!(refused(&["--loss", "exo_pair"]).contains("exo_pair needs label_smoothing"));
    assert!(!out.exists(), "nothing was made of what was refused");
    let soft = ["--relabel-published", "gpt-4-1106-preview", "--no-grammar", "--loss", "sigmoid"];
    let found = told(&run(&soft));
    shapes::comes_back::<TrainJson>(&found);
    let remarks = found["remarks"].to_string();
    assert!(remarks.contains("sigmoid takes every label as certain"), "{remarks}");
    let command = found["command"].as_str().expect("a command");
    assert!(command.contains("/o ut/dpo_trl.py' '"), "{command}");
    assert_eq!((&found["steps"], &found["steps_planned"]), (&json!(0), &json!(2)));
    // Model and folder may be moved together.
    let settings: Value =
        serde_json::from_slice(&fs::read(out.join("settings.json")).expect("settings")).expect("JSON");
    let to_model = settings["model"].as_str().expect("a path");
    assert!(to_model.starts_with("../") && out.join(to_model).is_dir(), "{to_model}");
}

#[test]
fn trl_gets_a_folder_of_a_model_in_a_file() {
    let place = tempfile::tempdir().expect("a folder");
    let (model, pairs) = (model(place.path()), pairs(place.path(), 12));
    let [first, out] = ["first", "out"].map(|name| place.path().join(name));
    let run = |model: &str, out: &Path, more: &[&str]| {
        let mut args = vec!["train", text(&pairs), "--model", model, "-o", text(out), "--quiet", "--json"];
        args.extend_from_slice(more);
        told(&args)
    };
    run(text(&model), &first, &["--steps", "1", "--gguf", "f32"]);
    let file = format!("gguf:{}", first.join("model.gguf").display());
    let trl = ["--engine", "trl", "--write-only"];
    let found = run(&file, &out, &trl);
    assert!(found["remarks"].to_string().contains("written as a folder"), "{found}");
    let settings = std::fs::read(out.join("settings.json")).expect("settings");
    let settings: serde_json::Value = serde_json::from_slice(&settings).expect("JSON");
    // The folder may be moved to another machine as a whole.
    assert_eq!(settings["model"], "base");
    let base = out.join("base");
    for name in ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"] {
        assert!(base.join(name).is_file(), "{name}");
    }
    // Again: it is there.
    run(&file, &out, &trl);
}

#[test]
fn losses_are_listed_with_their_sources() {
    let found = told(&["train", "--list", "--json"]);
    shapes::comes_back::<LossesJson>(&found);
    let names: Vec<&str> =
        found["losses"].as_array().into_iter().flatten().filter_map(|loss| loss["name"].as_str()).collect();
    for name in ["sigmoid", "ipo", "kto", "simpo", "orpo", "soft", "gdpo", "cipo", "gipo", "gropo"] {
        assert!(names.contains(&name), "{name}");
    }
}
