//! Whether weights are causes: one property of a response is changed at a time, and the judge is asked again.

mod checking;
mod editing;
mod ready;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Instant;

use predilect_results::asked::{CallPlan, JudgeRun, Spent};
use predilect_results::verifying::VerifyJson;
use predilect_types::{Message, Pair, property};
use predilect_workbench::laboratory::{Laboratory, VERIFYING, pairs_of, pairs_within, verdicts_of};
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{
    CallOptions, Error, Event, Inputs, JudgeRequest, JudgeWeights, Judging, Method, ModelSpec, Orders,
    Question, Ran, ReadOptions, Remark, Result, Study, Watch, Within, Workbench, WriteRequest, Writer,
    asked_of_models, files, tables, text_ratings,
};
use serde_json::{Value, json};

use self::checking::Made;
use self::editing::rewrites;
pub use self::ready::Verifying;
use self::ready::{Rewrite, VERB};
use crate::drawn::{drawn_in_turn, prompt_of};
use crate::edited::Edited;
use crate::edits::EDITS;
use crate::effects::{Effects, FEW_PROMPTS, LENGTH};
use crate::position::of_the_blind;
use crate::request::{VerifyRequest, whole};
use crate::trying::{Begun, Tries};

/// Settings that a resumed study of this kind must not change.
const FIXED: [&str; 8] =
    ["inputs", "judge_model", "weights_of", "writer", "annotator", "seed", "pairs", "properties"];

impl Verifying {
    /// Reads the study, fits the weights that are put to the test, and opens the models.
    ///
    /// # Errors
    ///
    /// When the study cannot be read, a property cannot be edited, or a model cannot be asked.
    pub fn begin(
        request: &VerifyRequest,
        inputs: &Inputs<'_>,
        output: &Path,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let bench = Workbench::of(inputs, None, watch)?;
        let mut remarks = Vec::new();
        let judge = request.weights_of.clone().unwrap_or_else(|| request.judge_model.model.clone());
        let weights = match bench.weights(&judge, &request.slice, &request.fit, watch) {
            Ok(weights) => Some(weights),
            // Who names a judge wants its weights.
            Err(error) if request.weights_of.is_some() => return Err(error),
            Err(error) => {
                remarks.push(format!(
                    "there are no weights to compare with, so that no change can be called a cause: {}",
                    error.message()
                ));
                None
            }
        };
        if let Some(id) = request.properties.iter().find(|id| property(id).is_none()) {
            return Err(Error::new(format!("`{id}` is not a property"))
                .instead_of(id, EDITS.iter().map(|edit| edit.property).collect::<BTreeSet<_>>()));
        }
        // What cannot be rated is not known to have moved: nothing is paid for it.
        let by_annotator: Vec<String> = match &request.annotator {
            Some(_) => asked_of_models().into_iter().map(str::to_owned).collect(),
            None => Vec::new(),
        };
        let rewrites = possible(request, &by_annotator, watch)?;
        let writer = request.writer.as_ref().map(|model| writer(request, model, watch)).transpose()?;
        let mut pairs = pairs_within(bench.study(), &request.slice, watch)?;
        pairs.retain(|pair| {
            pair.has_text() && pair.response_a.messages.len() == 1 && pair.response_b.messages.len() == 1
        });
        drawn_in_turn(&mut pairs, request.seed);
        let prompts = pairs.iter().map(prompt_of).collect::<BTreeSet<u64>>().len() as u64;
        if prompts < FEW_PROMPTS {
            remarks.push(format!(
                "the pairs have {prompts} different prompts: {FEW_PROMPTS} are needed to say what would hold for others, and no effect can be called a cause"
            ));
        }
        if pairs.is_empty() {
            return Err(Error::new("no pair has two single-turn responses, which could be edited"));
        }
        // Who reads it in time can still stop.
        for remark in &remarks {
            watch.event(Event::Remark(Remark::Beforehand(remark)));
        }
        let settings = settings_of(request, inputs)?;
        let lab = Laboratory::open(output, VERB, &settings, &FIXED)?;
        Ok(Self {
            request: request.clone(),
            lab,
            settings,
            pairs,
            weights,
            writer,
            rewrites,
            by_annotator,
            remarks,
        })
    }

    /// What asking would take: the model that rewrites, then the judge.
    ///
    /// # Errors
    ///
    /// When a model cannot be asked in that way, or the log cannot be read.
    pub fn plans(&self, watch: &dyn Watch) -> Result<Vec<CallPlan>> {
        let mut plans = Vec::new();
        let mut dropped = BTreeMap::new();
        let mut edited = self.by_rule(&mut dropped, watch)?;
        if let Some(writer) = &self.writer {
            let asked = self.questions(watch)?;
            let all: Vec<Question> = asked.iter().map(|(.., question)| question.clone()).collect();
            plans.push(writer.plan(self.lab.folder(), &all)?);
            edited.extend(self.foreseen(writer, &asked, watch)?);
        }
        plans.extend(self.plans_of_checks(&edited, watch)?);
        let edited = self.enough(edited);
        plans.extend(self.tries().plans(watch)?);
        let scratch = Scratch::new()?;
        let trial = Laboratory::open(&scratch.path().join("plan"), VERB, &Value::Null, &[])?;
        drop(trial.hold(VERB, &Value::Null)?);
        trial.put(&self.all_pairs(&edited), watch)?;
        // What the judge said of pairs that are known is not asked again.
        self.lab.lend_log(trial.folder())?;
        let calls = CallOptions { dry: true, budget: None, ..self.request.calls.clone() };
        let inputs = [trial.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        let method = self.method();
        plans.extend(Judging::begin(&self.judging(method, calls), &within, watch)?.plans()?);
        plans.extend(self.raters().plans(trial.folder(), "rates responses", watch)?);
        Ok(plans)
    }

    /// Edits, asks the judge before and after, and keeps all of it in the study. Whatever ends it, what was answered is kept.
    ///
    /// # Errors
    ///
    /// When the study cannot be written, and when no edit does what it should.
    pub fn run(&self, watch: &dyn Watch) -> Result<Ran<VerifyJson>> {
        let began = Instant::now();
        let mut remarks = self.remarks.clone();
        let Begun { lock, remarks: against, spent: trying, .. } =
            self.tries().begin(VERB, &self.settings, watch)?;
        remarks.extend(against);
        let made = self.made(lock, trying.price.unwrap_or(0.0), watch)?;
        let Made { edited, dropped, spent, rating: checking, mut failures, remarks: said, stopped, mut gone } =
            made;
        remarks.extend(said);
        if edited.is_empty() {
            return Err(stopped.unwrap_or_else(nothing_edited));
        }
        let study = self.lab.put(&self.all_pairs(&edited), watch)?;
        let ran = self.judge(gone, watch)?;
        let stopped = stopped.or(ran.stopped);
        let judging: Option<JudgeRun> = ran.found.into_iter().next();
        gone += judging.as_ref().and_then(|run| run.spent.price).unwrap_or(0.0);
        let name = judging.as_ref().map_or_else(String::new, |run| run.judge.clone());
        let verdicts = verdicts_of(&study, &name, &self.request.slice)?;
        let pairs = pairs_of(&study)?;
        let rated = self.raters().rate(&study, &pairs, gone, watch)?;
        let stopped = stopped.or(rated.stopped);
        failures.merge(rated.failures);
        remarks.extend(judging.as_ref().and_then(|judge| of_the_blind(judge, self.request.slice.hard)));
        remarks.extend(without_length(&edited));
        let effects = Effects {
            edited: &edited,
            verdicts: verdicts.iter().map(|v| (v.pair.as_str(), v.p_a)).collect(),
            rows: pairs.iter().enumerate().map(|(row, pair)| (pair.id.as_str(), row)).collect(),
            ratings: &rated.ratings,
            weights: self.weights.as_ref().map(JudgeWeights::all).transpose()?,
            blind: judging.as_ref().is_some_and(JudgeRun::is_blind),
            seed: self.request.seed,
        };
        let rows = effects.rows();
        let (rank_correlation, rank_correlation_predicted) = Effects::correlations(&rows);
        let (pairs, prompts) = effects.judged();
        let found = VerifyJson {
            judge: name,
            weights_of: self.weights.as_ref().map_or_else(String::new, |weights| weights.judge.clone()),
            pairs,
            prompts,
            effects: rows,
            dropped,
            rank_correlation,
            rank_correlation_predicted,
            spent,
            trying,
            rating: both(checking, rated.spent),
            paid: self.paid()?,
            seconds: began.elapsed().as_secs_f64(),
            failures,
            judging,
            remarks,
            stopped: stopped.as_ref().map(|error| error.message().to_owned()),
        };
        self.keep(&study, &found)?;
        Ok(Ran { found, stopped })
    }

    /// Has the judge see what was edited, before and after, for what is left of the budget once `gone` is spent.
    fn judge(&self, gone: f64, watch: &dyn Watch) -> Result<Ran<Vec<JudgeRun>>> {
        let calls = CallOptions { gone, ..self.request.calls.clone() };
        let inputs = [self.lab.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        Judging::begin(&self.judging(self.method(), calls), &within, watch)?.run(watch)
    }

    fn keep(&self, study: &Study, found: &VerifyJson) -> Result<()> {
        let _lock = study.lock(VERB)?;
        tables::write_verifying(study, found)?;
        let text = serde_json::to_string_pretty(&predilect_results::Written::new(found)).unwrap_or_default();
        files::write_own(&self.lab.folder().join(VERIFYING), text.as_bytes())
    }

    /// How the judge is tried before anything is paid for.
    fn tries(&self) -> Tries<'_> {
        Tries {
            lab: &self.lab,
            judges: std::slice::from_ref(&self.request.judge_model),
            method: self.request.method,
            seed: self.request.seed,
            wanted: self.request.probe,
            calls: &self.request.calls,
        }
    }

    /// How the judge is asked, by what is known of it.
    fn method(&self) -> Option<Method> {
        let tries = self.tries();
        tries.method_of(&self.request.judge_model, &tries.kept())
    }

    fn judging(&self, method: Option<Method>, calls: CallOptions) -> JudgeRequest {
        JudgeRequest {
            models: vec![self.request.judge_model.clone()],
            method,
            orders: Orders::Both,
            attacks: self.request.attacks,
            seed: self.request.seed,
            calls,
            ..JudgeRequest::default()
        }
    }

    /// The pairs of the laboratory: each as it was, then with each edit of it. A run that is ended early has something of every property, and
    /// questions that begin alike follow each other.
    fn all_pairs(&self, edited: &[Edited]) -> Vec<Pair> {
        let mut by_pair: Vec<&Edited> = edited.iter().collect();
        by_pair.sort_by_key(|edit| edit.at);
        let mut all: Vec<Pair> = Vec::new();
        let mut last = None;
        for edit in by_pair {
            let original = &self.pairs[edit.at];
            if last != Some(edit.at) {
                last = Some(edit.at);
                all.push(Pair { id: format!("original/{}", original.id), ..named(original, "original") });
            }
            let mut pair = Pair { id: edit.id.clone(), ..named(original, &edit.edit) };
            let own = if edit.is_a { &mut pair.response_a } else { &mut pair.response_b };
            own.messages = vec![Message::assistant(edit.text.clone())];
            pair.metadata.insert("property".to_owned(), json!(edit.property));
            all.push(pair);
        }
        all
    }
}

/// What the model that rewrites is asked for, where every property that is named can be edited and rated.
fn possible(request: &VerifyRequest, by_annotator: &[String], watch: &dyn Watch) -> Result<Vec<Rewrite>> {
    let mut rateable = text_ratings(&[], request.slice.grammar, watch)?.properties;
    rateable.extend(by_annotator.iter().filter(|id| !rateable.contains(id)).cloned().collect::<Vec<_>>());
    if let Some(id) = request.properties.iter().find(|id| !rateable.contains(id)) {
        let whose =
            if by_annotator.is_empty() { "by text analysis" } else { "by a model without a reference" };
        return Err(Error::new(format!(
            "`{id}` cannot be rated {whose}: whether an edit moves it alone could not be checked"
        ))
        .words(format!("name some of {}", rateable.join(", "))));
    }
    let rewrites = rewrites(request, &rateable);
    let by_rule = |id: &String| EDITS.iter().any(|edit| edit.property == id);
    let by_model = |id: &String| rewrites.iter().any(|rewrite| rewrite.property == *id);
    if let Some(id) = request.properties.iter().find(|id| !by_rule(id) && !by_model(id)) {
        return Err(Error::new(format!("no rule changes `{id}`, and no message asks a model for it"))
            .words("name a model that rewrites, or one of the properties that have a rule"));
    }
    Ok(rewrites)
}

/// The model that rewrites.
fn writer(request: &VerifyRequest, model: &ModelSpec, watch: &dyn Watch) -> Result<Writer> {
    let request = WriteRequest {
        model: model.clone(),
        max_tokens: request.max_tokens,
        temperature: 0.0,
        calls: request.calls.clone(),
    };
    Writer::begin(&request, watch)
}

/// What is kept of a request: what it was asked of, too.
fn settings_of(request: &VerifyRequest, inputs: &Inputs<'_>) -> Result<Value> {
    let mut settings = serde_json::to_value(request)
        .map_err(|e| Error::new(format!("the settings cannot be written: {e}")))?;
    settings["inputs"] = match inputs.example {
        Some(example) => json!(example),
        None => json!(inputs.files.iter().map(|file| whole(file)).collect::<Vec<_>>()),
    };
    Ok(settings)
}

/// Both of what an annotator took.
fn both(one: Option<Spent>, other: Option<Spent>) -> Option<Spent> {
    let (Some(mut all), Some(other)) = (one, other) else { return one.or(other) };
    all += other;
    Some(all)
}

fn nothing_edited() -> Error {
    Error::new("no edit moved its property and left the others")
        .words("allow edits to move more other properties, or name other properties")
}

/// What to know where no edit shows what length does.
fn without_length(edited: &[Edited]) -> Option<String> {
    (!edited.is_empty() && edited.iter().all(|edit| edit.property != LENGTH)).then(|| {
        "no response was made longer or shorter without any other change: a change that also moves the length is not called a cause"
            .to_owned()
    })
}

/// The pair without the other data about it.
fn named(pair: &Pair, edit: &str) -> Pair {
    Pair {
        metadata: [("edit".to_owned(), json!(edit))].into(),
        provenance: predilect_types::Provenance::default(),
        ..pair.clone()
    }
}
