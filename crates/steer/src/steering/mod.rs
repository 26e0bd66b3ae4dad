//! A run of `steer`: what it would take, then responses, verdicts, ratings, and what they say together.

mod found;
mod ready;
mod writing;

use std::path::Path;
use std::time::Instant;

use predilect_results::asked::{CallPlan, JudgeRun, Spent};
use predilect_results::steering::SteerJson;
use predilect_types::Pair;
use predilect_workbench::laboratory::{Laboratory, STEERING, pairs_of};
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{
    AnnotateRequest, Annotating, CallOptions, Error, Inputs, JudgeRequest, JudgeWeights, Judging, Kind,
    Method, ModelSpec, Orders, PairRatings, Question, Ran, ReadOptions, Result, Study, Watch, Within,
    Workbench, Writer, files, kept_ratings, tables,
};
use serde_json::{Value, json};

use self::found::{Parts, said_of_groups};
use self::writing::Asked;
use crate::arms::{arms_of, groups};
use crate::messages::Messages;
use crate::opponent::{Opponent, opponent, prepare, unreferenced, writes};
use crate::prompts::{Protocol, read};
use crate::rating::rated;
use crate::request::{Baseline, SteerRequest, whole};
use crate::responses::Responses;
use crate::trying::{Begun, Tried, Tries};

pub use self::ready::Steering;

/// The verb, as the study knows it.
const VERB: &str = "steer";
/// Settings that a resumed study of this kind must not change.
const FIXED: [&str; 16] = [
    "judge",
    "published",
    "prompts",
    "protocol",
    "turns",
    "model",
    "baseline",
    "max_tokens",
    "temperature",
    "top",
    "by_group",
    "choose",
    "sure",
    "without",
    "references",
    "seed",
];

impl Steering {
    /// Reads prompts and messages, fits or looks up the weights, chooses what to ask for, and opens the models.
    ///
    /// # Errors
    ///
    /// When anything is missing or contradicts itself: this is reported before a model is asked.
    pub fn begin(
        request: &SteerRequest,
        inputs: &Inputs<'_>,
        output: &Path,
        watch: &dyn Watch,
    ) -> Result<Self> {
        if request.judge_models.is_empty() {
            return Err(Error::new("no model is named to judge what the model wrote")
                .words("name the judge's model, and another that is held out"));
        }
        let scratch = Scratch::new()?;
        let messages = match &request.messages {
            Some(path) => Messages::read(path)?,
            // What the user has changed in the study counts.
            None => match output.join("messages.toml") {
                kept if output.join("steer.json").is_file() && kept.is_file() => Messages::read(&kept)?,
                _ => Messages::own(),
            },
        };
        let arms = arms_of(&request.arms, &messages)?;
        let request = SteerRequest { arms: arms.clone(), ..request.clone() };
        let mut prompts = read(&request.prompts, request.prompt_field.as_deref(), scratch.path(), watch)?;
        let protocol = request.protocol.unwrap_or(prompts.protocol);
        prepare(&mut prompts, &request, protocol)?;
        let weights = if request.published {
            JudgeWeights::published(&request.judge)?
        } else {
            let bench = Workbench::of(inputs, None, watch)?;
            bench.weights(&request.judge, &request.slice, &request.fit, watch)?
        };
        fits(&request, protocol)?;
        apart(&request.judge_models, &request.calls)?;
        let unknown = |id: &&String| predilect_types::property(id).is_none();
        if let Some(id) = request.without.iter().find(unknown) {
            return Err(Error::new(format!("`{id}` is not a property, so it cannot be left out"))
                .instead_of(id, messages.properties.keys()));
        }
        let mut remarks = Vec::new();
        let baseline = opponent(&request, &mut prompts, protocol, &mut remarks, watch)?;
        if arms.len() < 2 && matches!(baseline, Opponent::Plain) {
            return Err(Error::new("an arm besides the plain one is needed to see a shift")
                .words("name some of aligned, opposed, placebo and null, or a baseline to compare with"));
        }
        let (groups, group_of) = groups(&prompts.all, &weights, &messages, &request)?;
        remarks.extend(said_of_groups(&request, &groups));
        remarks.extend(unreferenced(&prompts.all, protocol));
        let settings = settings_of(&request)?;
        let lab = Laboratory::open(output, VERB, &settings, &FIXED)?;
        let writer = Writer::begin(&writes(&request, &request.model), watch)?;
        Ok(Self {
            request,
            lab,
            settings,
            weights,
            messages,
            prompts,
            protocol,
            arms,
            groups,
            group_of,
            writer,
            baseline,
            remarks,
            scratch,
        })
    }

    /// What asking would take: the model under test, the baseline's model, and every judge. How long responses will be that the log does not
    /// have is not known: what judges read is counted as if each reached the most tokens.
    ///
    /// # Errors
    ///
    /// When a model cannot be asked in that way, or the log cannot be read.
    pub fn plans(&self, watch: &dyn Watch) -> Result<Vec<CallPlan>> {
        let questions: Vec<Question> = self.questions().into_iter().map(|(.., question)| question).collect();
        let mut plans = vec![self.writer.plan(self.lab.folder(), &questions)?];
        let known = self.known()?;
        if self.request.turns == 2 {
            let again: Vec<Question> = self.second_questions(&known);
            plans.push(self.writer.plan(self.lab.folder(), &again)?);
        }
        if let Opponent::Model { writer, .. } = &self.baseline {
            plans.push(writer.plan(self.lab.folder(), &self.baseline_questions())?);
        }
        let trial = Laboratory::open(&self.scratch.path().join("plan"), VERB, &Value::Null, &[])?;
        let everybody: Vec<usize> = (0..self.prompts.all.len()).collect();
        drop(trial.hold(VERB, &Value::Null)?);
        trial.put(&self.pairs(&known, &everybody), watch)?;
        // What judges said of responses that are known is not asked again.
        self.lab.lend_log(trial.folder())?;
        let calls = CallOptions { dry: true, budget: None, ..self.request.calls.clone() };
        let inputs = [trial.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        let tries = self.tries();
        plans.extend(tries.plans(watch)?);
        for request in self.judging(&tries.kept(), &calls) {
            plans.extend(Judging::begin(&request, &within, watch)?.plans()?);
        }
        if let Some(annotator) = &self.request.annotator {
            plans.extend(Annotating::begin(&self.annotating(annotator, calls), &within, watch)?.plans()?);
        }
        Ok(plans)
    }

    /// Asks the model under test, then the judges, and keeps all of it in the study. Whatever ends it, what was answered is kept, and the
    /// same command resumes it.
    ///
    /// # Errors
    ///
    /// When the study cannot be written, and when no prompt has a response in every arm.
    pub fn run(&self, watch: &dyn Watch) -> Result<Ran<SteerJson>> {
        let began = Instant::now();
        let mut remarks = self.remarks.clone();
        let Begun { lock, tried, remarks: against, spent: trying } =
            self.tries().begin(VERB, &self.settings, watch)?;
        remarks.extend(against);
        // From here on all is paid from one budget.
        let mut gone = trying.price.unwrap_or(0.0);
        files::write_own(&self.lab.folder().join("messages.toml"), self.messages.text().as_bytes())?;
        let mut asked = Asked { gone, ..Asked::default() };
        let responses = self.write(&mut asked, watch)?;
        drop(lock);
        remarks.append(&mut asked.remarks);
        let complete = responses.complete();
        if complete.is_empty() {
            return Err(asked.stopped.unwrap_or_else(|| {
                Error::new("no prompt has a response in every arm")
                    .words("run it again to ask for what is missing")
            }));
        }
        let pairs = self.pairs(&responses, &complete);
        let study = self.lab.put(&pairs, watch)?;
        let pairs = pairs_of(&study)?;
        let mut stopped = asked.stopped.take();
        let mut judges = Vec::new();
        if stopped.as_ref().is_none_or(|error| error.kind() != Kind::Cancelled) {
            gone += asked.spent.price.unwrap_or(0.0);
            let ran = self.judge(&tried, gone, watch)?;
            judges = ran.found;
            stopped = stopped.or(ran.stopped);
        }
        gone += judges.iter().filter_map(|judge| judge.spent.price).sum::<f64>();
        let (ratings, rating) = self.rate(&study, (&pairs, gone), &mut stopped, watch)?;
        let mut found = self.found(Parts {
            responses: &responses,
            complete: &complete,
            pairs: &pairs,
            ratings: &ratings,
            study: &study,
            judges,
            asked,
            trying,
            rating,
            remarks,
            stopped: stopped.as_ref().map(|error| error.message().to_owned()),
        })?;
        found.seconds = began.elapsed().as_secs_f64();
        found.paid = self.lab.paid()?;
        self.keep(&study, &found)?;
        Ok(Ran { found, stopped })
    }

    fn keep(&self, study: &Study, found: &SteerJson) -> Result<()> {
        let _lock = study.lock(VERB)?;
        tables::write_steering(study, found)?;
        let text = serde_json::to_string_pretty(&predilect_results::Written::new(found)).unwrap_or_default();
        files::write_own(&self.lab.folder().join(STEERING), text.as_bytes())
    }

    fn pairs(&self, responses: &Responses, at: &[usize]) -> Vec<Pair> {
        responses.pairs(&self.prompts.all, at, self.protocol, self.baseline.name())
    }

    /// How judges are asked whatever they can: MT-Bench has grades.
    fn method(&self) -> Option<Method> {
        if self.protocol == Protocol::MtBench { Some(Method::Graded) } else { self.request.method }
    }

    /// How judges are tried before anything is paid for.
    fn tries(&self) -> Tries<'_> {
        Tries {
            lab: &self.lab,
            judges: &self.request.judge_models,
            method: self.method(),
            seed: self.request.seed,
            wanted: self.request.probe,
            calls: &self.request.calls,
        }
    }

    /// What asks the judges, one request for neighbours that are asked in the same way.
    fn judging(&self, tried: &Tried, calls: &CallOptions) -> Vec<JudgeRequest> {
        let tries = self.tries();
        let mut all: Vec<JudgeRequest> = Vec::new();
        for judge in &self.request.judge_models {
            let method = tries.method_of(judge, tried);
            if let Some(last) = all.last_mut().filter(|last| last.method == method) {
                last.models.push(judge.clone());
                continue;
            }
            all.push(JudgeRequest {
                models: vec![judge.clone()],
                method,
                orders: Orders::Both,
                seed: self.request.seed,
                references: self.protocol == Protocol::MtBench,
                last_turn: self.protocol == Protocol::MtBench,
                calls: calls.clone(),
                ..JudgeRequest::default()
            });
        }
        all
    }

    fn judge(&self, tried: &Tried, mut gone: f64, watch: &dyn Watch) -> Result<Ran<Vec<JudgeRun>>> {
        let inputs = [self.lab.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        let mut found = Vec::new();
        for mut request in self.judging(tried, &self.request.calls) {
            request.calls.gone = gone;
            let ran = Judging::begin(&request, &within, watch)?.run(watch)?;
            gone += ran.found.iter().filter_map(|judge| judge.spent.price).sum::<f64>();
            found.extend(ran.found);
            if ran.stopped.is_some() {
                return Ok(Ran { found, stopped: ran.stopped });
            }
        }
        Ok(Ran { found, stopped: None })
    }

    fn annotating(&self, model: &ModelSpec, calls: CallOptions) -> AnnotateRequest {
        AnnotateRequest { calls, seed: self.request.seed, ..AnnotateRequest::of(model.clone()) }
    }

    /// How the responses are rated, and what that took; `gone` is what other parts have spent.
    fn rate(
        &self,
        study: &Study,
        (pairs, gone): (&[Pair], f64),
        stopped: &mut Option<Error>,
        watch: &dyn Watch,
    ) -> Result<(PairRatings, Option<Spent>)> {
        let Some(model) = &self.request.annotator else {
            return Ok((rated(pairs, self.request.slice.grammar, watch)?, None));
        };
        let inputs = [study.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        let calls = CallOptions { gone, ..self.request.calls.clone() };
        let request = self.annotating(model, calls);
        let ran = Annotating::begin(&request, &within, watch)?.run(watch)?;
        // What stopped the run before may have left nothing to rate by.
        *stopped = stopped.take().or(ran.stopped);
        let by_model = kept_ratings(study, &ran.found.annotator, pairs)?;
        // What a model does not rate, length above all, is counted.
        let by_text = rated(pairs, self.request.slice.grammar, watch)?;
        Ok((by_model.or(&by_text), Some(ran.found.spent)))
    }
}

/// What is kept of a request.
fn settings_of(request: &SteerRequest) -> Result<Value> {
    let mut settings = serde_json::to_value(request)
        .map_err(|e| Error::new(format!("the settings cannot be written: {e}")))?;
    // One file may be given by several names.
    settings["prompts"] = json!(whole(&request.prompts));
    if let Some(Baseline::File(path)) = &request.baseline {
        settings["baseline"] = json!(Baseline::File(whole(path)));
    }
    settings["references"] = json!(request.references.as_deref().map(whole));
    Ok(settings)
}

/// Whether every judge has a name of its own, by which its verdicts are kept.
fn apart(judges: &[ModelSpec], calls: &CallOptions) -> Result<()> {
    let mut names = Vec::new();
    for judge in judges {
        let name = calls.named(judge);
        if names.contains(&name) {
            return Err(Error::new(format!("two of the judge models are called {name}"))
                .words("name one of them, or serve one under another name"));
        }
        names.push(name);
    }
    Ok(())
}

/// Whether the protocol, how judges are asked and what responses are compared with go together.
fn fits(request: &SteerRequest, protocol: Protocol) -> Result<()> {
    if let Some(method) = request.method.filter(|own| protocol == Protocol::MtBench && *own != Method::Graded)
    {
        return Err(Error::new(format!(
            "MT-Bench grades each response alone, so that judges cannot be asked by the method {}",
            method.as_str()
        ))
        .words("leave the method out, or have responses compared in pairs"));
    }
    if protocol == Protocol::MtBench && request.baseline.is_some() {
        return Err(Error::new("grades are given to each response alone, so that a baseline's would be paid for and compared with nothing")
            .words("leave the baseline out, or have responses compared in pairs"));
    }
    if request.turns == 2 && request.baseline.is_some() {
        return Err(Error::new("a baseline answers first turns only, and would be compared with two")
            .words("ask only first turns, or compare with the plain responses"));
    }
    Ok(())
}
