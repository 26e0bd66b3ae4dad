//! `predilect judge` and `annotate` against a real server that fails in every way there is, killed while they work.

#[allow(dead_code)]
mod asking;
mod shapes;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output};
use std::time::Duration;

use asking::provider::Provider;
use asking::{command, json, pairs, refused, run, verb, verdict_rows};
use predilect_data::Study;
use predilect_llm::CallLog;
use predilect_results::asked::{AnnotatorRun, CallPlan};
use predilect_types::{Order, Rating};
use serde_json::Value;
use shapes::{all_come_back, comes_back};

fn dissect(study: &Path, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_predilect"))
        .arg("dissect")
        .arg(study)
        .args(["--json", "--quiet", "--no-grammar", "--folds", "0"])
        .args(more)
        .output()
        .expect("the binary starts")
}

fn rating_rows(study: &Path) -> Vec<Rating> {
    let study = Study::open(study).expect("a study");
    study.ratings().expect("ratings").flat_map(|batch| batch.expect("rows")).collect()
}

fn verdicts(study: &Path) -> Vec<u8> {
    std::fs::read(study.join("verdicts.parquet")).expect("verdicts")
}

fn kill_after(mut child: Child, wait: Duration) {
    std::thread::sleep(wait);
    // SIGKILL: nothing can be tidied up.
    child.kill().expect("it was running");
    child.wait().expect("it ended");
}

#[test]
fn killed_three_times_amid_faults_it_ends_with_the_same_study_and_pays_once() {
    const CONCURRENCY: u64 = 8;
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 400);
    let provider = Provider::start(0);
    let model = provider.model("fake");
    let (calm, stormy) = (folder.path().join("calm"), folder.path().join("stormy"));
    let first = json(&run(&pairs, &model, &calm, &[]));
    assert_eq!(first["pairs"], 400);
    assert!(first["position_bias"].as_f64() > Some(0.0) && first["mean_mass"].as_f64() > Some(0.89));
    provider.forget();
    provider.fail(20);
    let limit = CONCURRENCY.to_string();
    for wait in [60, 150, 250] {
        let child = command(&pairs, &model, &stormy, &["--concurrency", &limit]).spawn().expect("it starts");
        kill_after(child, Duration::from_millis(wait));
    }
    let between = provider.counts();
    let last = json(&run(&pairs, &model, &stormy, &["--concurrency", &limit]));
    let counts = provider.counts();
    assert!(verdicts(&calm) == verdicts(&stormy), "the same study to the byte");
    assert_eq!(counts.questions, 800);
    // Only what was under way when it was killed can be asked twice.
    assert!(counts.repeated <= 3 * CONCURRENCY, "{counts:?}");
    // An answer that was read before the kill came from the log.
    let known = last["from_log"].as_u64().expect("a count");
    assert!(known + 3 * CONCURRENCY >= between.answers, "{known} of {between:?}");
    // Another run asks nothing.
    let again = json(&run(&pairs, &model, &stormy, &[]));
    assert_eq!((again["calls"].as_u64(), again["from_log"].as_u64()), (Some(0), Some(800)));
    assert_eq!(provider.counts().calls, counts.calls);
    assert_eq!(verdicts(&stormy), verdicts(&calm));
}

#[test]
fn judges_stand_beside_the_people_and_juries_beside_both() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 150);
    let provider = Provider::start(0);
    let study = folder.path().join("study");
    let two = provider.model("two");
    let plan = json(&run(&pairs, &provider.model("one"), &study, &["--model", &two, "--dry-run"]));
    assert_eq!((plan[0]["calls"].as_u64(), plan[1]["price"].as_f64()), (Some(300), Some(0.0)));
    assert_eq!(provider.counts().calls, 0);
    let said = json(&run(&pairs, &provider.model("one"), &study, &["--model", &two, "--jury", "mean"]));
    assert_eq!(said[1]["judge"], "two");
    // A judge of length alone likes every attack for its length.
    let attacked = json(&run(&pairs, &provider.model("one"), &study, &["--attacks", "20"]));
    let falls = attacked["attacks"].as_array().expect("attacks");
    assert_eq!((falls.len(), falls[0]["tried"].as_u64()), (6, Some(20)), "{attacked}");
    assert!((200..=240).contains(&attacked["calls"].as_u64().expect("a count")), "{attacked}");
    assert!(falls.iter().all(|fall| fall["mean_shift"].as_f64() > Some(0.0)), "{attacked}");
    // A written verdict is another judge; the first ones stay.
    let written = json(&run(&pairs, &provider.model("one"), &study, &["--method", "generated"]));
    assert_eq!(written["judge"], "one generated");
    let [clean, wrapped, not] = [0, 1, 2].map(|i| written["answers"][i].as_u64().expect("a count"));
    assert!(clean > wrapped && wrapped > 0 && not > 0, "{written}");
    assert!(written["parsed"].as_u64() < Some(150) && written["inconsistent"].as_f64() < Some(0.5));
    let dissected = dissect(&study, &["--verdicts", "hard", "--properties", "length"]);
    let found = json(&dissected);
    let mut judges: Vec<&str> =
        found["fits"].as_array().expect("fits").iter().filter_map(|fit| fit["judge"].as_str()).collect();
    judges.sort_unstable();
    judges.dedup();
    assert_eq!(judges, ["jury mean", "one", "one generated", "person", "two"]);
    let known =
        found["judges"].as_array().expect("judges").iter().find(|j| j["judge"] == "one").expect("one");
    assert_eq!(
        known["position_bias"], said[0]["position_bias"],
        "the report says what the run said: {known}"
    );
    // The judge prefers the longer response, and the dissection says so.
    let fit = found["fits"].as_array().expect("fits").iter().find(|fit| fit["judge"] == "one").expect("one");
    let length = fit["weights"].as_array().expect("weights").iter().find(|w| w["property"] == "length");
    assert!(length.expect("length")["p_positive"].as_f64() > Some(0.99));
}

#[test]
fn a_model_is_asked_again_as_it_was() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 30);
    let provider = Provider::start(0);
    let study = folder.path().join("study");
    let two = provider.model("two");
    let asked = json(&run(&pairs, &provider.model("one"), &study, &["--model", &two, "--orders", "ab"]));
    assert_eq!(asked[1]["options"]["orders"], "ab");
    let ratings = verb("annotate", &pairs, &two, &study, &["--properties", "polite", "--single"]).output();
    let rated = json(&ratings.expect("it starts"));
    let (calls, before) = (provider.counts().calls, verdict_rows(&study).len());
    let rerun = |more: &[&str]| {
        let program = env!("CARGO_BIN_EXE_predilect");
        Command::new(program).arg("rerun").arg(&study).args(more).arg("--quiet").output().expect("it starts")
    };
    // What the log answers is not sent again, and the study is as it was.
    let again = json(&rerun(&["--step", "judge two", "--json"]));
    assert_eq!((again["judge"].as_str(), again["calls"].as_u64()), (Some("two"), Some(0)), "{again}");
    assert_eq!(again["options"], asked[1]["options"]);
    let again = json(&rerun(&["--step", "annotate", "--json"]));
    assert_eq!((&again["options"], &again["ratings"]), (&rated["options"], &rated["ratings"]), "{again}");
    assert_eq!((provider.counts().calls, verdict_rows(&study).len()), (calls, before));
    // New pairs are asked about, of that judge alone, in the same order.
    let more = folder.path().join("more.jsonl");
    std::fs::write(
        &more,
        r#"{"id":"new","prompt":"Hm?","response_a":"Yes.","response_b":"No, no.","judge":"person","p_a":0}"#,
    )
    .expect("written");
    let mut import = Command::new(env!("CARGO_BIN_EXE_predilect"));
    import.arg("import").arg(&more).arg("-o").arg(&study);
    assert!(import.args(["--add", "--quiet"]).output().expect("it starts").status.success());
    let plan = json(&rerun(&["--step", "judge two", "--dry-run", "--json"]));
    assert_eq!((plan[0]["calls"].as_u64(), provider.counts().calls), (Some(1), calls));
    let result = folder.path().join("two.json");
    std::fs::write(&result, asked[1].to_string()).expect("written");
    let again = json(&rerun(&["--from", &result.display().to_string(), "--json"]));
    assert_eq!((again["calls"].as_u64(), again["from_log"].as_u64()), (Some(1), Some(30)), "{again}");
    let new: Vec<_> = verdict_rows(&study).into_iter().filter(|verdict| verdict.pair == "new").collect();
    assert!(new.iter().any(|v| v.judge == "two" && v.order == Order::Ab), "{new:?}");
    assert!(new.iter().all(|v| v.judge != "one"), "{new:?}");
    // Several judges: which?
    refused(&rerun(&["--step", "judge"]), "keeps several results of judge");
    refused(&rerun(&["--step", "judge three"]), "keeps no result of judge three");
    refused(&rerun(&["--step", "dissect", "--dry-run"]), "has not been dissected");
}

#[test]
fn benchmarks_and_reward_models_judge_in_their_own_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 60);
    let provider = Provider::start(0);
    let study = folder.path().join("study");
    let hard = json(&run(&pairs, &provider.model("m"), &study, &["--method", "arena-hard"]));
    assert_eq!(hard["judge"], "m arena-hard");
    assert!(hard["answers"][0].as_u64() > Some(110) && hard["parsed"].as_u64() > Some(55), "{hard}");
    let reward = json(&run(&pairs, &provider.model("rm"), &study, &["--method", "reward"]));
    assert_eq!((reward["judge"].as_str(), reward["position_bias"].as_f64()), (Some("rm"), None), "{reward}");
    assert!(reward["parsed"].as_u64() > Some(55), "{reward}");
    let verdicts = verdict_rows(&study);
    // Both like length: where both are sure, they agree, and a strong win outweighs a weak one.
    let of =
        |judge: &str, pair: &str| verdicts.iter().find(|v| v.judge == judge && v.pair == pair).map(|v| v.p_a);
    let mut compared = 0;
    for i in 0..60 {
        let pair = format!("p{i}");
        if let (Some(hard), Some(reward)) = (of("m arena-hard", &pair), of("rm", &pair))
            && (reward - 0.5).abs() > 0.4
        {
            compared += 1;
            assert!((hard - 0.5) * (reward - 0.5) > 0.0, "{pair}: {hard} {reward}");
        }
    }
    assert!(compared > 10, "{compared}");
    refused(&run(&pairs, "anthropic:m", &study, &["--method", "reward"]), "ANTHROPIC_API_KEY");
}

#[test]
fn what_cannot_work_is_said_before_any_call() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 3);
    let study = folder.path().join("study");
    let error = |model: &str, more: &[&str]| {
        let output = run(&pairs, model, &study, more);
        assert!(!output.status.success());
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (code, text) = error("nobody:x", &[]);
    assert!(code == Some(2) && text.contains("not known"), "{text}");
    let (code, text) = error("http://example.invalid/v1#m", &["--budget", "1"]);
    assert!(code == Some(1) && text.contains("--prices"), "{text}");
    let (code, text) = error("anthropic:m", &[]);
    assert!(code == Some(1) && text.contains("ANTHROPIC_API_KEY"), "{text}");
    assert!(!study.exists(), "nothing was written");
}

fn rows(study: &Path, judge: &str) -> usize {
    verdict_rows(study).iter().filter(|verdict| verdict.judge == judge).count()
}

#[test]
fn a_name_stands_for_one_judge_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 30);
    let (one, two) = (Provider::start(0), Provider::start(0));
    let study = folder.path().join("study");
    // The data hold verdicts of `person`: no model may take their place.
    refused(
        &run(&pairs, &one.model("person"), &study, &[]),
        "the data already contain verdicts or ratings by person",
    );
    assert_eq!(rows(&study, "person"), 30);
    let named = json(&run(&pairs, &one.model("person"), &study, &["--name", "a model"]));
    assert_eq!(named["judge"], "a model");
    // Two servers may serve models of the same name; they are not the same judge.
    json(&run(&pairs, &one.model("m"), &study, &[]));
    let before = verdicts(&study);
    refused(&run(&pairs, &two.model("m"), &study, &[]), "stands for");
    assert_eq!((verdicts(&study) == before, two.counts().calls), (true, 0));
    refused(&run(&pairs, &one.model("m"), &study, &["--model", &two.model("m")]), "--name");
    // Asked in another way, nothing of the first way stays behind, even where the run ends early.
    json(&run(&pairs, &one.model("m"), &study, &["--orders", "ab"]));
    for verdict in verdict_rows(&study).iter().filter(|v| v.judge == "m") {
        assert_eq!(verdict.order, Order::Ab);
    }
    assert_eq!((rows(&study, "m"), rows(&study, "a model"), rows(&study, "person")), (30, 30, 30));
}

#[test]
fn a_study_is_carried_on_and_nothing_in_it_is_lost() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 30);
    let provider = Provider::start(0);
    let (study, other) = (folder.path().join("study"), folder.path().join("other"));
    json(&run(&pairs, &provider.model("one"), &study, &[]));
    // A copy takes the answers along, which were paid for.
    json(&run(&study, &provider.model("two"), &other, &[]));
    let both = rows(&study, "one");
    // About one answer in a hundred is withheld.
    assert!(both > 27, "{both}");
    assert_eq!((rows(&other, "one"), rows(&study, "two")), (both, 0));
    assert!(rows(&other, "two") > 27);
    let calls = provider.counts().calls;
    let again = json(&run(&other, &provider.model("one"), &other, &[]));
    assert_eq!((again["calls"].as_u64(), provider.counts().calls), (Some(0), calls));
    // What only the other study contains stays, whichever of the two is named first.
    json(&run(&study, &provider.model("three"), &other, &[]));
    assert_eq!(rows(&other, "one"), both);
    assert!(rows(&other, "two") > 27 && rows(&other, "three") > 27);
    // A dry run changes nothing, and counts the attacks too.
    let state = |folder: &Path| {
        let mut files: Vec<(PathBuf, Vec<u8>)> = std::fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            // Opening a log may tidy it up.
            .filter(|path| !path.to_string_lossy().contains("sqlite"))
            .map(|path| (path.clone(), std::fs::read(&path).expect("a file")))
            .collect();
        files.sort();
        files
    };
    let before = state(&study);
    let plan = json(&run(&study, &provider.model("four"), &study, &["--dry-run", "--attacks", "5"]));
    assert_eq!(plan[0]["calls"].as_u64(), Some(2 * 30 + 2 * 5 * 6), "{plan}");
    all_come_back::<CallPlan>(&plan);
    let new = folder.path().join("new");
    json(&run(&pairs, &provider.model("four"), &new, &["--dry-run"]));
    assert!(state(&study) == before && !new.exists());
    // How to read files has no meaning for a study.
    refused(&run(&study, &provider.model("four"), &study, &["--limit", "3"]), "--limit");
}

#[test]
fn an_annotator_rates_every_property_and_its_ratings_are_fitted() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 120);
    let study = folder.path().join("study");
    let provider = Provider::start(0);
    provider.fail(20);
    let model = provider.model("rater");
    let annotate = |more: &[&str]| {
        json(&verb("annotate", &pairs, &model, &study, more).output().expect("the binary starts"))
    };
    let said = annotate(&[]);
    comes_back::<AnnotatorRun>(&said);
    assert_eq!((said["pairs"].as_u64(), said["properties"].as_u64()), (Some(120), Some(25)), "{said}");
    // About one answer in a hundred is withheld for good, and its ratings are missing, not zero.
    let ratings = said["ratings"].as_u64().expect("a count");
    assert!((2100..=2550).contains(&ratings), "{said}");
    assert_eq!(said["failed"], said["failures"]["filtered"]["questions"].as_u64().unwrap_or(0));
    // Two in three requests state no constraints, and none expresses feelings.
    let cases = &said["cases"];
    assert!((20..=60).contains(&cases["w_constraints"].as_u64().expect("a count")), "{said}");
    assert!(cases["intent_unclear"].as_u64() > Some(5) && cases["express_feeling"].is_null(), "{said}");
    let again = annotate(&[]);
    assert_eq!((again["calls"].as_u64(), again["ratings"].as_u64()), (Some(0), Some(ratings)));
    // Fewer properties, asked in the same way: the others stay. Equal responses to other requests are asked about once.
    let fewer = annotate(&["--properties", "polite"]);
    assert!(fewer["calls"].as_u64() >= Some(60) && fewer["properties"] == 1, "{fewer}");
    let by_rater = rating_rows(&study).iter().filter(|r| r.annotator == "rater").count();
    assert!(by_rater as u64 >= ratings, "{by_rater} of {ratings}");
    // One that is asked in another way has a name of its own, or takes the place of the first.
    let both = annotate(&["--orders", "both", "--properties", "polite,novel", "--name", "rater both"]);
    assert_eq!((both["annotator"].as_str(), both["properties"].as_u64()), (Some("rater both"), Some(2)));
    let replaced = annotate(&["--orders", "ab", "--properties", "polite,novel", "--name", "rater both"]);
    assert!(replaced["ratings"].as_u64() <= Some(240), "{replaced}");
    // For some of its properties only, nothing is thrown away.
    let part = ["--orders", "both", "--properties", "polite", "--name", "rater both"];
    let part = verb("annotate", &pairs, &model, &study, &part).output().expect("the binary starts");
    refused(&part, "and its ratings of novel would be lost");
    let by = |annotator: &str| dissect(&study, &["--annotator", annotator]);
    let properties = |output: &Output| -> Vec<String> {
        let weights = json(output)["fits"][0]["weights"].clone();
        weights
            .as_array()
            .expect("weights")
            .iter()
            .filter_map(|w| Some(w["property"].as_str()?.to_owned()))
            .collect()
    };
    let (rated, text) = (properties(&by("rater")), properties(&by("text")));
    assert!(
        rated.iter().any(|id| id == "harmless") && !text.iter().any(|id| id == "harmless"),
        "{rated:?} {text:?}"
    );
    // Each case is a separate group.
    let grouped = dissect(&study, &["--annotator", "rater", "--group-by", "request_cases"]);
    let groups = json(&grouped);
    assert!(
        groups["fits"].as_array().expect("fits").iter().any(|fit| fit["group"] == "w_constraints"),
        "{groups}"
    );
    // Those who rated the same property are compared.
    let agreements = groups["agreements"].as_array().expect("agreements");
    let informal = agreements
        .iter()
        .find(|a| a["property"] == "informal" && a["annotators"][1] == "text")
        .expect("informal");
    assert!(informal["responses"].as_u64() > Some(200) && informal["kappa"].is_number(), "{informal}");
    let nobody = by("nobody");
    assert!(String::from_utf8_lossy(&nobody.stderr).contains("rater, rater both, text"));
}

#[test]
fn errors_are_counted_against_a_reference_and_requests_sorted() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 40);
    let study = folder.path().join("study");
    let provider = Provider::start(0);
    let model = provider.model("rater");
    let annotate =
        |more: &[&str]| verb("annotate", &pairs, &model, &study, more).output().expect("it starts");
    let wanted = ["--properties", "no_severe_errors,polite"];
    refused(&annotate(&wanted), "--reference-model");
    let reference = provider.model("strong");
    let all = [&wanted[..], &["--reference-model", &reference, "--scenarios", "--single"]].concat();
    let plan = json(&annotate(&[&all[..], &["--dry-run"]].concat()));
    let calls = |row: usize| plan[row]["calls"].as_u64().expect("a count");
    // A scenario, and for each response a form and its errors; each reference once.
    assert_eq!((calls(0), calls(1)), (40 + 2 * 2 * 40, 40), "{plan}");
    let said = json(&annotate(&all));
    assert!(said["references"].as_u64() > Some(30) && said["not_applicable"] == 0.0, "{said}");
    let sorted: u64 = said["scenarios"].as_object().expect("counts").values().filter_map(Value::as_u64).sum();
    assert!(sorted > 30, "{said}");
    let read = Study::open(&study).expect("a study");
    let pairs_of: Vec<_> = read.pairs().expect("pairs").flat_map(|batch| batch.expect("rows")).collect();
    assert_eq!(pairs_of.iter().filter(|pair| pair.scenario.is_some()).count() as u64, sorted);
    // What is sorted is not asked again, and nothing changes.
    let again = json(&annotate(&all));
    assert_eq!((again["calls"].as_u64(), &again["ratings"]), (Some(0), &said["ratings"]));
}

#[test]
fn properties_of_ones_own_are_rated_and_fitted() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 120);
    let study = folder.path().join("study");
    let provider = Provider::start(0);
    let model = provider.model("rater");
    let set = folder.path().join("set.toml");
    let write = |text: &str| std::fs::write(&set, text).expect("written");
    let annotate = || {
        verb("annotate", &pairs, &model, &study, &["--property-set", set.to_str().expect("a path")])
            .output()
            .expect("it starts")
    };
    write("only = [\"nonsense\"]");
    refused(&annotate(), "not a property of the catalogue");
    write(
        "only = [\"polite\"]\n[[property]]\nid = \"cites_sources\"\nlabel = \"Cites sources\"\n\
         description = \"Says where its claims come from.\"",
    );
    let said = json(&annotate());
    assert_eq!((said["properties"].as_u64(), said["pairs"].as_u64()), (Some(2), Some(120)), "{said}");
    // Again, and by the study alone, which keeps the properties.
    assert_eq!(json(&annotate())["calls"], 0);
    let rerun = ["rerun", study.to_str().expect("a path"), "--step", "annotate rater", "--json", "--quiet"];
    let again = Command::new(env!("CARGO_BIN_EXE_predilect")).args(rerun).output().expect("it starts");
    assert_eq!((&json(&again)["ratings"], &json(&again)["calls"]), (&said["ratings"], &0.into()));
    let found = json(&dissect(&study, &["--annotator", "rater"]));
    let weights = found["fits"][0]["weights"].as_array().expect("weights");
    assert!(weights.iter().any(|w| w["property"] == "cites_sources"), "{weights:?}");
    assert!(!weights.iter().any(|w| w["property"] == "clear"), "{weights:?}");
}

#[test]
fn scored_ratings_keep_their_distribution() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 10);
    let study = folder.path().join("study");
    let provider = Provider::start(0);
    let model = provider.model("rater");
    let said = json(
        &verb("annotate", &pairs, &model, &study, &["--method", "scored", "--properties", "polite,relevant"])
            .output()
            .expect("it starts"),
    );
    // A question for each property and response.
    assert_eq!((said["calls"].as_u64(), said["parse_rate"].as_f64()), (Some(40), Some(1.0)), "{said}");
    let ratings = rating_rows(&study);
    assert_eq!(ratings.len(), 20);
    let log = CallLog::open(&study.join("calls.sqlite")).expect("a log");
    for rating in ratings {
        // Its receipt: a call for each response.
        assert_eq!(rating.calls.len(), 2);
        assert!(
            rating
                .calls
                .iter()
                .all(|key| log.get(key).expect("a log").is_some_and(|call| call.result.is_ok()))
        );
        let levels = rating.levels_a.expect("a distribution");
        assert!(
            (levels.iter().sum::<f64>() - 1.0).abs() < 1e-9
                && levels.iter().any(|p| (p - 0.6 / 0.9).abs() < 1e-9),
            "{levels:?}"
        );
        let mean: f64 = levels.iter().zip(0..).map(|(p, level)| p * f64::from(level)).sum();
        assert!((mean - rating.a.expect("a rating")).abs() < 1e-9);
    }
}

#[test]
fn a_model_is_probed_before_a_run() {
    let provider = Provider::start(0);
    let probe = |model: &str, more: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_predilect"))
            .args(["judge", "--probe", "--model", model])
            .args(more)
            .output()
            .expect("it starts")
    };
    let found = json(&probe(&provider.model("strong"), &["--json"]));
    let ways = found[0]["ways"].as_array().expect("ways");
    assert_eq!(ways.iter().map(|way| &way["method"]).collect::<Vec<_>>(), ["scored", "generated"]);
    for way in ways {
        assert!(way["questions"] == 12 && way["read"].as_u64() >= Some(8), "{way}");
    }
    assert!(found[0]["method"].is_string(), "{found}");
    let said = probe(&provider.model("strong"), &[]);
    assert!(String::from_utf8_lossy(&said.stdout).contains("use        --method"), "{said:?}");
    // Nothing is judged, so there is nowhere to write it.
    refused(&probe(&provider.model("strong"), &["-o", "study"]), "cannot be used with");
}
