//! `predilect steer` against a server whose writer does what it is told and whose judge likes length.

#![allow(clippy::too_many_lines, reason = "one story a test")]

mod moving;
mod serving;
mod shapes;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use moving::{found, json_of, plain_prompts, prompts, refused, row, server, steer, study};
use predilect_results::steering::SteerJson;
use serde_json::{Value, json};

#[test]
fn a_judge_of_length_is_moved_by_length_as_its_weights_expect() {
    let folder = tempfile::tempdir().expect("a folder");
    let (study, prompts) = (study(folder.path()), plain_prompts(folder.path(), 30));
    let (address, seen) = server(true, Duration::ZERO);
    let output = folder.path().join("steered");
    let held_out = address.replace("#m", "#other");
    let page = folder.path().join("steered.html");
    let more = ["--judge-model", &held_out, "--html", page.to_str().expect("a path"), "--sure", "0.95"];
    // Nothing is asked for a forecast.
    let plan = found(steer(&study, &prompts, &address, &output, &more[..2]).arg("--dry-run"));
    assert_eq!((plan[0]["questions"].as_u64(), plan[1]["name"].as_str()), (Some(120), Some("m")));
    assert_eq!((seen.counts().1, output.exists()), (0, false));
    let first = found(&mut steer(&study, &prompts, &address, &output, &more));
    let (aligned, opposed) = (row(&first, "aligned", "m"), row(&first, "opposed", "m"));
    assert!(
        aligned["shift_low"].as_f64() > Some(20.0) && opposed["shift_high"].as_f64() < Some(-20.0),
        "{first:#}"
    );
    assert_eq!(aligned["compliance"]["length"]["followed"], 1.0);
    assert_eq!(
        (opposed["compliance"]["length"]["asked"].as_str(), aligned["target"].as_bool()),
        (Some("less"), Some(true))
    );
    let between = |low: &str, x: &str, high: &str| {
        aligned[low].as_f64() <= aligned[x].as_f64() && aligned[x].as_f64() <= aligned[high].as_f64()
    };
    assert!(
        between("predicted_low", "predicted", "predicted_high")
            && between("found_low", "found", "found_high")
    );
    assert!(
        aligned["predicted_low"].as_f64() > Some(0.0) && opposed["found_high"].as_f64() < Some(0.0),
        "{first:#}"
    );
    // The placebo asks for what hardly counts, and this writer does not do it.
    assert!(row(&first, "placebo", "m")["shift"].as_f64().expect("a shift").abs() < 3.0);
    assert_eq!(row(&first, "plain", "m")["score"], 50.0);
    assert!(row(&first, "aligned", "other")["target"] == false && first["stopped"].is_null());
    assert!(first["messages"]["aligned"]["all"].as_str().expect("a message").contains("twice as long"));
    assert_eq!(
        (first["prompts"]["complete"].as_u64(), first["plan"][0]["prompts"].as_u64()),
        (Some(30), Some(30))
    );
    let html = fs::read_to_string(&page).expect("a page");
    assert!(html.contains("How far m can be moved") && html.contains("twice as long"));
    shapes::comes_back::<SteerJson>(&first);
    // The same again asks nothing, and says the same; so does another front end, which opens the folder as a study.
    let calls = seen.counts();
    assert_eq!(calls.0, calls.1, "every question was asked once");
    let again = found(steer(&study, &prompts, &address, &output, &more).arg("--offline"));
    assert_eq!((&again["arms"], &again["flips"]), (&first["arms"], &first["flips"]));
    assert_eq!(again["remarks"], first["remarks"]);
    assert_eq!(seen.counts(), calls);
    let kept: Value =
        serde_json::from_slice(&fs::read(output.join("steering.json")).expect("kept")).expect("JSON");
    assert_eq!(kept["arms"], first["arms"]);
    for table in ["arms", "shifts", "compliance", "verdicts"] {
        assert!(output.join(format!("{table}.parquet")).is_file(), "{table}");
    }
    // Weights of the arms' own study: the same judge, on what it was shown here.
    let dissected = Command::new(env!("CARGO_BIN_EXE_predilect"))
        .arg("dissect")
        .arg(&output)
        .args(["--json", "--quiet", "--no-grammar", "--folds", "0"])
        .output()
        .expect("it starts");
    assert_eq!(json_of(&dissected)["read"]["pairs"], 120);
    // Messages that are edited are used; another model is another study.
    let messages = output.join("messages.toml");
    let text = fs::read_to_string(&messages)
        .expect("messages")
        .replace("about twice as long", "about twice as long!");
    let own = folder.path().join("own.toml");
    fs::write(&own, text).expect("written");
    let edited = found(&mut steer(
        &study,
        &prompts,
        &address,
        &folder.path().join("own"),
        &["--messages", own.to_str().expect("a path"), "--arms", "aligned", "--limit", "3"],
    ));
    assert!(edited["messages"]["aligned"]["all"].as_str().expect("a message").contains("as long!"));
    refused(&mut steer(&study, &prompts, &address, &output, &["--max-tokens", "9"]), "another `max_tokens`");
    refused(
        &mut steer(&study, &prompts, &address, &folder.path().join("new"), &["--arms", "aligned,alined"]),
        "no arm `alined`",
    );
    refused(
        &mut steer(&study, &prompts, &address, &folder.path().join("new"), &["--without", "length"]),
        "no system message can be written",
    );
}

#[test]
fn killed_amid_its_work_it_goes_on_and_pays_once() {
    const CONCURRENCY: usize = 4;
    let folder = tempfile::tempdir().expect("a folder");
    let (study, prompts) = (study(folder.path()), plain_prompts(folder.path(), 12));
    let (calm, _) = server(true, Duration::ZERO);
    let (slow, seen) = server(true, Duration::from_millis(15));
    let whole = found(&mut steer(&study, &prompts, &calm, &folder.path().join("calm"), &[]));
    let output = folder.path().join("stormy");
    let limit = CONCURRENCY.to_string();
    for wait in [300, 500, 700] {
        let mut command = steer(&study, &prompts, &slow, &output, &["--concurrency", &limit]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(Duration::from_millis(wait));
        // SIGKILL: nothing can be tidied up.
        let _ = child.kill();
        child.wait().expect("it ended");
    }
    let last = found(&mut steer(&study, &prompts, &slow, &output, &["--concurrency", &limit]));
    assert_eq!(last["arms"], whole["arms"]);
    let (different, all) = seen.counts();
    assert!(all - different <= 3 * CONCURRENCY, "{all} calls for {different} questions");
}

#[test]
#[cfg(unix)]
fn stopped_while_judging_it_tells_what_is_complete() {
    let folder = tempfile::tempdir().expect("a folder");
    let (study, prompts) = (study(folder.path()), plain_prompts(folder.path(), 12));
    let (slow, seen) = server(true, Duration::from_millis(40));
    let output = folder.path().join("stopped");
    let mut command = steer(&study, &prompts, &slow, &output, &["--concurrency", "2"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    // 12 prompts in four arms that are written, then three prompts in every arm and both orders.
    while seen.calls().len() < 48 + 24 {
        std::thread::sleep(Duration::from_millis(5));
    }
    let stop = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill runs");
    assert!(stop.success());
    let ended = child.wait_with_output().expect("it ended");
    assert!(!ended.status.success());
    let found: Value = serde_json::from_slice(&ended.stdout).expect("JSON, though it was stopped");
    assert!(found["stopped"].is_string(), "{found}");
    assert!(row(&found, "aligned", "m")["prompts"].as_u64() >= Some(1), "{found}");
}

#[test]
fn benchmarks_are_graded_beside_references_and_set_against_baselines() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = study(folder.path());
    let (address, seen) = server(true, Duration::ZERO);
    let bench: Vec<String> = (0..8)
        .map(|i| json!({"question_id": 80 + i, "category": "math", "turns": [format!("What is {i}?"), "And then?"]}).to_string())
        .collect();
    let questions = prompts(folder.path(), &bench.join("\n"));
    let references = folder.path().join("ref.jsonl");
    fs::write(
        &references,
        json!({"question_id": 80, "choices": [{"turns": ["It is zero.", "One."]}]}).to_string(),
    )
    .expect("written");
    let graded = found(&mut steer(
        &study,
        &questions,
        &address,
        &folder.path().join("mt"),
        &["--turns", "2", "--references", references.to_str().expect("a path")],
    ));
    assert_eq!(graded["protocol"], "mt_bench");
    let aligned = row(&graded, "aligned", "m graded");
    assert!(aligned["shift"].as_f64() > Some(0.5) && aligned["score"].as_f64() <= Some(10.0), "{graded:#}");
    assert_eq!((aligned["preferred"].as_f64(), aligned["lc"].is_null()), (Some(100.0), true));
    let asked: Vec<String> = seen.calls().iter().map(Value::to_string).collect();
    assert!(
        asked.iter().any(|call| call.contains("It is zero.\\\\n\\\\nOne.") || call.contains("It is zero."))
    );
    assert!(asked.iter().any(|call| call.contains("And then?") && call.contains("twice as long")));
    // Each turn has a grade: the first beside its own reference, the second beside both, and the score is their mean.
    let grades = |of: &dyn Fn(&String) -> bool| {
        asked.iter().filter(|call| call.contains("could not be better") && of(call)).count()
    };
    let seconds = grades(&|call| call.contains("its last answer"));
    assert_eq!((seconds, grades(&|_| true)), (seconds, 2 * seconds));
    assert!(seconds > 0);
    assert!(!graded["remarks"].to_string().contains("one grade"), "{graded:#}");
    // AlpacaEval: the baseline's outputs are in the file, and one prompt has none.
    let alpaca = json!([
        {"dataset": "d", "instruction": "One?", "output": "word ".repeat(40), "generator": "base"},
        {"dataset": "d", "instruction": "Two?", "output": "word ".repeat(44), "generator": "base"},
        {"dataset": "d", "instruction": "Three?", "output": "word ".repeat(60), "generator": "base"},
        {"dataset": "d", "instruction": "Four?", "generator": "base"},
    ]);
    let file = prompts(folder.path(), &alpaca.to_string());
    let rated = found(&mut steer(&study, &file, &address, &folder.path().join("alpaca"), &[]));
    assert_eq!((rated["protocol"].as_str(), rated["against"].as_str()), (Some("alpaca_eval"), Some("base")));
    assert_eq!(rated["prompts"]["left_out"]["without an output of base"], 1);
    let plain = row(&rated, "plain", "m");
    assert!(
        plain["score"].as_f64() > Some(50.0) && row(&rated, "opposed", "m")["score"].as_f64() < Some(50.0),
        "{rated:#}"
    );
    assert!(!rated["flips"].as_array().expect("flips").is_empty());
    // A model as baseline is asked too, without a message.
    let base = address.replace("#m", "#base");
    let questions = plain_prompts(folder.path(), 4);
    let against =
        found(&mut steer(&study, &questions, &address, &folder.path().join("base"), &["--baseline", &base]));
    assert_eq!(
        (against["against"].as_str(), row(&against, "plain", "m")["prompts"].as_u64()),
        (Some("base"), Some(4))
    );
    // A trained model against the untrained one: no other arm is needed.
    let alone = ["--baseline", &base, "--arms", "plain"];
    let alone = found(&mut steer(&study, &questions, &address, &folder.path().join("alone"), &alone));
    let plain = row(&alone, "plain", "m");
    assert_eq!(alone["arms"].as_array().map(Vec::len), Some(1), "{alone:#}");
    assert!(plain["score"].is_f64() && plain["found"].is_f64() && plain["predicted"].is_null(), "{plain:#}");
    refused(
        &mut steer(&study, &questions, &address, &folder.path().join("new"), &["--arms", "plain"]),
        "or a baseline to compare with",
    );
    refused(
        &mut steer(&study, &questions, &address, &folder.path().join("new"), &["--baseline", "nowhere.json"]),
        "neither an existing file nor a model",
    );
    refused(
        &mut steer(&study, &questions, &address, &folder.path().join("new"), &["--turns", "2"]),
        "no prompt has a second turn",
    );
}

#[test]
fn a_model_without_system_turns_is_told_in_the_users() {
    let folder = tempfile::tempdir().expect("a folder");
    let (study, prompts) = (study(folder.path()), plain_prompts(folder.path(), 5));
    let (address, _) = server(false, Duration::ZERO);
    let found =
        found(&mut steer(&study, &prompts, &address, &folder.path().join("s"), &["--arms", "aligned"]));
    assert!(row(&found, "aligned", "m")["shift"].as_f64() > Some(20.0), "{found:#}");
    let remarks = found["remarks"].to_string();
    assert!(remarks.contains("has no system role") && remarks.contains("no held-out judge"), "{remarks}");
}

#[test]
fn groups_have_messages_of_their_own_and_nothing_of_the_users_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let (address, _) = server(true, Duration::ZERO);
    let model = |name: &str| address.replace("#m", &format!("#{name}"));
    let text = [
        json!({"id": "a", "prompt": "One?", "scenario": "code"}),
        json!({"id": "b", "prompt": "Two?", "scenario": "Advice"}),
        json!({"id": "c", "prompt": "Three?"}),
    ];
    let prompts = prompts(folder.path(), &text.map(|line| line.to_string()).join("\n"));
    let steer = |writer: &str, output: &str, more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
        command.args(["steer", "--published", "human", "--no-grammar", "--json", "--quiet", "--no-probe"]);
        command.arg("--prompts").arg(&prompts).args([
            "--model",
            &model(writer),
            "--judge-model",
            &model("m"),
        ]);
        command.arg("-o").arg(folder.path().join(output)).args(more);
        command
    };
    let grouped = found(&mut steer("writer", "grouped", &["--by", "group"]));
    let groups: Vec<&str> = grouped["plan"]
        .as_array()
        .expect("a plan")
        .iter()
        .filter_map(|group| group["group"].as_str())
        .collect();
    assert_eq!(groups, ["Code", "Advice", "all"]);
    assert_eq!(grouped["messages"]["aligned"].as_object().map(serde_json::Map::len), Some(3));
    // A message that is edited in the study counts.
    let messages = folder.path().join("grouped/messages.toml");
    let text =
        fs::read_to_string(&messages).expect("messages").replace("Thank you for your question.", "No.");
    fs::write(&messages, text).expect("written");
    let again = found(&mut steer("writer", "grouped", &["--by", "group"]));
    assert!(fs::read_to_string(&messages).expect("messages").contains("null = \"No."));
    assert_ne!(again["responses"], grouped["responses"]);
    // A model that says nothing is judged as it is.
    let silent = found(&mut steer("silent", "silent", &["--arms", "aligned"]));
    assert_eq!(
        (silent["responses"][0]["empty"].as_u64(), silent["prompts"]["complete"].as_u64()),
        (Some(3), Some(3))
    );
    // A folder with other files is nobody's to write into.
    fs::create_dir(folder.path().join("own")).expect("a folder");
    fs::write(folder.path().join("own/pairs.jsonl"), "mine").expect("written");
    refused(&mut steer("writer", "own", &[]), "contains files that are not from steer");
    assert_eq!(fs::read_to_string(folder.path().join("own/pairs.jsonl")).expect("mine"), "mine");
    refused(&mut steer("writer", "new", &["--without", "lenght"]), "`lenght` is not a property");
    refused(&mut steer("writer", "grouped", &["--by", "group", "--top", "1"]), "another `top`");
}

#[test]
fn published_weights_need_no_data() {
    let folder = tempfile::tempdir().expect("a folder");
    let prompts = plain_prompts(folder.path(), 4);
    let (address, _) = server(true, Duration::ZERO);
    let model = |name: &str| address.replace("#m", &format!("#{name}"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
    command.args([
        "steer",
        "--published",
        "gpt-4-1106-preview",
        "--no-grammar",
        "--json",
        "--quiet",
        "--no-probe",
    ]);
    command.arg("--prompts").arg(&prompts).args([
        "--model",
        &model("writer"),
        "--judge-model",
        &model("m"),
        "-o",
    ]);
    let found = found(command.arg(folder.path().join("s")));
    assert_eq!(
        (found["published"].as_bool(), found["plan"][0]["asked"]["aligned"].as_array().map(Vec::len)),
        (Some(true), Some(3))
    );
    let ask = &found["plan"][0]["asked"]["aligned"][0];
    assert!(ask["p_sign"].is_null() && ask["weight"].as_f64() > Some(0.0));
    assert!(found["plan"][0]["left_out"].to_string().contains("checked"), "{found:#}");
}

#[test]
fn what_a_try_of_the_judges_found_is_kept_with_the_run() {
    let folder = tempfile::tempdir().expect("a folder");
    let prompts = plain_prompts(folder.path(), 4);
    let (address, seen) = server(true, Duration::ZERO);
    let model = |name: &str| address.replace("#m", &format!("#{name}"));
    let run = |more: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_predilect"));
        command.args(["steer", "--published", "human", "--no-grammar", "--json", "--quiet", "--prompts"]);
        command.arg(&prompts).args(["--model", &model("writer"), "--judge-model", &model("m"), "-o"]);
        command.arg(folder.path().join("s")).args(more);
        found(&mut command)
    };
    let first = run(&[]);
    let said = |found: &Value| found["remarks"].to_string().matches("the good response won").count();
    assert_eq!(said(&first), 1, "{}", first["remarks"]);
    // A run that goes on does not try again, and says the same.
    let asked = seen.counts();
    assert_eq!(run(&[])["remarks"], first["remarks"]);
    assert_eq!(seen.counts(), asked);
    // A judge who joins is tried alone, and only by a run that may ask.
    let other = model("other");
    assert_eq!(said(&run(&["--judge-model", &other])), 2);
    assert_eq!(said(&run(&["--offline"])), 1);
}
