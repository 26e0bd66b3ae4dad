//! The providers' protocols over real connections: batches, models that reason first, what each refuses.

#[allow(dead_code)]
mod asking;

use std::path::{Path, PathBuf};
use std::process::Output;

use asking::provider::Provider;
use asking::{command, json, pairs, refused, run, verb, verdict_rows};
use serde_json::Value;

#[test]
fn batches_are_handed_over_once_and_fetched_by_later_runs() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 100);
    let provider = Provider::start(0);
    let model = provider.model("m");
    let (calm, study) = (folder.path().join("calm"), folder.path().join("study"));
    json(&run(&pairs, &model, &calm, &[]));
    provider.forget();
    let batched = || run(&pairs, &model, &study, &["--batch"]);
    let first = batched();
    let said = json(&first);
    assert!(said["stopped"].as_str().is_some_and(|why| why.starts_with("200 questions wait")), "{said}");
    assert!(String::from_utf8_lossy(&first.stderr).contains("waiting:"));
    assert_eq!((said["parsed"].as_u64(), provider.counts().calls), (Some(0), 0));
    // Under way: nothing is handed over again, whatever the number of runs.
    assert!(json(&batched())["stopped"].as_str().is_some_and(|why| why.starts_with("200 ")));
    // Ended: what was answered is logged; what expired goes into another batch.
    let third = json(&batched());
    let left =
        third["stopped"].as_str().expect("some expired").split(' ').next().expect("a number").to_owned();
    let left: u64 = left.parse().expect("a number");
    assert!((1..20).contains(&left) && third["calls"].as_u64() == Some(200), "{third}");
    json(&batched());
    let last = json(&batched());
    assert!(last["stopped"].is_null() && last["parsed"].as_u64() == Some(100), "{last}");
    assert_eq!(provider.counts().repeated, 0, "nothing is answered twice");
    let p_a = |study: &Path| -> Vec<(String, String, f64)> {
        verdict_rows(study).into_iter().map(|v| (v.judge, v.pair, v.p_a)).collect()
    };
    // Single calls of the calm run may have been filtered; a batch answers all.
    let (calm, batched) = (p_a(&calm), p_a(&study));
    assert_eq!(batched.len(), 200);
    assert!(calm.iter().filter(|v| batched.contains(v)).count() > 190);
}

#[test]
fn an_account_that_bears_little_gets_small_batches() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 50);
    let provider = Provider::start(0);
    let (model, study) = (provider.model("small"), folder.path().join("study"));
    json(&run(&pairs, &model, &study, &["--batch"]));
    let rejected = run(&pairs, &model, &study, &["--batch"]);
    refused(&rejected, "token limit reached");
    refused(&rejected, "--batch-size");
    let mut runs = 0;
    let last = loop {
        let said = json(&run(&pairs, &model, &study, &["--batch", "--batch-size", "40"]));
        runs += 1;
        if said["stopped"].is_null() {
            break said;
        }
        assert!(runs < 20, "{said}");
    };
    assert!(runs > 4, "not all fit at once");
    assert_eq!((last["parsed"].as_u64(), provider.counts().repeated), (Some(50), 0));
}

#[test]
fn anthropic_answers_one_by_one_and_in_batches_alike() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 60);
    let provider = Provider::start(0);
    let ask = |study: &Path, more: &[&str]| {
        let mut command = command(&pairs, "anthropic:m", study, more);
        command.env("ANTHROPIC_BASE_URL", provider.address()).env("ANTHROPIC_API_KEY", "a-secret");
        let output = command.output().expect("the binary starts");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("a-secret"));
        json(&output)
    };
    let (calm, study) = (folder.path().join("calm"), folder.path().join("study"));
    let said = ask(&calm, &[]);
    assert!(said["method"] == "generated" && said["calls"].as_u64() == Some(120), "{said}");
    provider.forget();
    let first = ask(&study, &["--batch"]);
    assert!(first["stopped"].as_str().is_some_and(|why| why.starts_with("120 questions wait")), "{first}");
    // Under way; ended, with some that expired and some that met an overloaded server; those again; all.
    let mut runs = 1;
    let last = loop {
        let said = ask(&study, &["--batch"]);
        runs += 1;
        if said["stopped"].is_null() {
            break said;
        }
        assert!(runs < 10, "{said}");
    };
    assert!(runs > 4 && last["failed"].as_u64() == Some(0), "{runs}: {last}");
    assert_eq!((provider.counts().questions, provider.counts().repeated), (120, 0));
    let p_a = |study: &Path| -> Vec<(String, f64)> {
        verdict_rows(study)
            .into_iter()
            .filter(|v| v.judge == said["judge"])
            .map(|v| (v.pair, v.p_a))
            .collect()
    };
    assert!(p_a(&calm).len() > 40 && p_a(&calm) == p_a(&study));
}

/// Sixty pairs, a provider, and a folder for studies.
struct Desk {
    folder: tempfile::TempDir,
    pairs: PathBuf,
    provider: Provider,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pairs = pairs(folder.path(), 60);
        Self { folder, pairs, provider: Provider::start(0) }
    }

    /// Lets a model judge; OpenAI and Anthropic have moved to this provider.
    fn ask(&self, model: &str, study: &str, more: &[&str]) -> Output {
        let mut command = command(&self.pairs, model, &self.folder.path().join(study), more);
        let address = self.provider.address();
        command.env("OPENAI_BASE_URL", format!("{address}/v1")).env("OPENAI_API_KEY", "a-secret");
        command.env("ANTHROPIC_BASE_URL", &address).env("ANTHROPIC_API_KEY", "a-secret");
        command.output().expect("the binary starts")
    }
}

/// All questions were answered, but for what a filter withheld, and it is said what the model refused.
fn full(said: &Value) {
    assert!(said["failures"]["request"].is_null(), "{said}");
    assert!(said["failed"].as_u64() < Some(10) && said["parsed"].as_u64() > Some(25), "{said}");
    let remark = said["remarks"][0].as_str().expect("a remark");
    assert!(remark.contains("takes no temperature"), "{remark}");
}

/// Written verdicts, and room to reason before them.
const ROOM: [&str; 4] = ["--method", "generated", "--reasoning-tokens", "400"];

#[test]
fn models_that_reason_first_are_asked_as_they_want_to_be() {
    let desk = Desk::new();
    let ask = |model: &str, study: &str, more: &[&str]| desk.ask(model, study, more);
    // The name shows it: no temperature, token budget, and no probabilities.
    let said = json(&ask("openai:gpt-5-thinker", "known", &[]));
    full(&said);
    assert_eq!((said["method"].as_str(), said["calls"].as_u64()), (Some("generated"), Some(120)));
    // Whoever knows better may ask for probabilities; the refusal ends the run.
    refused(&ask("openai:gpt-5-thinker", "scored", &["--method", "scored"]), "--method generated");
    // The name does not show it: the refusal does, and costs no repetition.
    let server = desk.provider.model("thinker");
    let said = json(&ask(&server, "told", &ROOM));
    full(&said);
    assert_eq!((said["calls"].as_u64(), said["retries"].as_u64()), (Some(120), Some(0)));
    // A run that finds everything in the log still knows how it was asked.
    let again = json(&ask(&server, "told", &ROOM));
    full(&again);
    assert_eq!(again["calls"].as_u64(), Some(0));
    full(&json(&ask("anthropic:thinker-4-5", "claude", &["--reasoning-tokens", "400"])));
    // A model that returns no probabilities ends the run at once.
    refused(&ask(&server, "letters", &[]), "--method generated");
    // No room: the first answers end the run, before much is spent; a run with room asks these again.
    desk.provider.forget();
    let cramped = ask(&server, "cramped", &["--method", "generated", "--concurrency", "2"]);
    refused(&cramped, "had no tokens left for an answer");
    refused(&cramped, "--reasoning-tokens");
    assert!(desk.provider.counts().answers < 10, "{:?}", desk.provider.counts());
    let again = json(&ask(&server, "cramped", &[&ROOM[..], &["--retry-failed"]].concat()));
    assert!(again["calls"].as_u64() > Some(100), "{again}");
    full(&again);
    // Less effort needs less room, and is another model as far as answers go.
    let low = ["--method", "generated", "--reasoning", "low", "--reasoning-tokens", "60"];
    let said = json(&ask(&server, "cramped", &low));
    full(&said);
    assert!(said["model"].as_str().is_some_and(|m| m.ends_with("with reasoning low")), "{said}");
    assert_eq!(said["calls"].as_u64(), Some(120));
    refused(&ask("anthropic:m", "never", &["--reasoning", "minimal"]), "has no reasoning effort");
}

#[test]
fn what_is_refused_in_a_batch_is_left_out_of_the_next() {
    let desk = Desk::new();
    let ask = |model: &str, study: &str, more: &[&str]| desk.ask(model, study, more);
    let server = desk.provider.model("thinker");
    for model in [server.as_str(), "anthropic:thinker-4-5"] {
        let study = format!("batch of {}", model.len());
        let mut runs = 0;
        let last = loop {
            // Several batches are refused alike.
            let batched = ["--batch", "--batch-size", "50"];
            let said = json(&ask(model, &study, &[&ROOM[..], &batched].concat()));
            runs += 1;
            if said["stopped"].is_null() {
                break said;
            }
            assert!(runs < 12, "{said}");
        };
        assert!(runs > 4, "{runs}");
        full(&last);
    }
}

#[test]
fn what_reasoning_may_cost_is_said_before() {
    let desk = Desk::new();
    let ask = |model: &str, study: &str, more: &[&str]| desk.ask(model, study, more);
    let plan = json(&ask("openai:gpt-5-mini", "plan", &["--dry-run"]));
    assert_eq!(plan[0]["reasoning_tokens"].as_u64(), Some(120 * 8192));
    assert!(plan[0]["price_with_reasoning"].as_f64() > plan[0]["price"].as_f64(), "{plan}");
}

#[test]
fn gemini_judges_and_annotates_in_its_own_words() {
    let folder = tempfile::tempdir().expect("a folder");
    let pairs = pairs(folder.path(), 20);
    let provider = Provider::start(0);
    let ask = |what: &str, model: &str, study: &str, more: &[&str]| {
        let mut command = verb(what, &pairs, model, &folder.path().join(study), more);
        command.env("GEMINI_BASE_URL", provider.address()).env("GEMINI_API_KEY", "a-secret");
        let output = command.output().expect("the binary starts");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("a-secret"));
        output
    };
    let said = json(&ask("judge", "gemini:gemini-3.8-flash", "new", &["--reasoning", "low"]));
    assert_eq!((said["method"].as_str(), said["calls"].as_u64()), (Some("generated"), Some(40)));
    assert!(said["parsed"].as_u64() > Some(8) && said["tokens"].as_u64() == Some(40 * 14), "{said}");
    let said = json(&ask("annotate", "gemini:gemini-3.8-flash", "new", &["--properties", "polite,clear"]));
    assert_eq!((said["failed"].as_u64(), said["ratings"].as_u64()), (Some(0), Some(40)), "{said}");
    // A seed is left out; an effort that was asked for is not.
    let said = json(&ask("judge", "gemini:old", "old", &[]));
    assert!(
        said["remarks"][0].as_str().is_some_and(|r| r.ends_with("takes no seed and was asked without")),
        "{said}"
    );
    refused(&ask("judge", "gemini:old", "old", &["--reasoning", "low"]), "give another --reasoning");
    // What is logged is read again without a key.
    let mut offline = verb("judge", &pairs, "gemini:old", &folder.path().join("old"), &["--offline"]);
    offline.env("GEMINI_BASE_URL", provider.address());
    let again = json(&offline.output().expect("the binary starts"));
    assert_eq!((again["calls"].as_u64(), again["parsed"].as_u64()), (Some(0), said["parsed"].as_u64()));
}
