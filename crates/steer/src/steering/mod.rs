//! A run of `steer`: what it would take, then responses, verdicts, ratings, and what they say together.

mod found;
mod ready;
mod trying;
mod writing;

use std::path::Path;

use predilect_results::asked::{CallPlan, JudgeRun};
use predilect_results::steering::SteerJson;
use predilect_types::Pair;
use predilect_workbench::laboratory::{Laboratory, STEERING, pairs_of};
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{
    AnnotateRequest, Annotating, CallOptions, Error, Inputs, JudgeRequest, JudgeWeights, Judging, Kind,
    Method, Orders, PairRatings, Question, Ran, ReadOptions, Result, Study, Watch, Within, Workbench, Writer,
    files, kept_ratings, tables,
};
use serde_json::{Value, json};

use self::found::{Parts, said_of_groups};
use self::trying::TRIED;
use self::writing::Asked;
use crate::arms::{arms_of, groups};
use crate::messages::Messages;
use crate::opponent::{Opponent, opponent, prepare, writes};
use crate::prompts::{Protocol, read};
use crate::rating::rated;
use crate::request::SteerRequest;
use crate::responses::Responses;

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
        if request.turns == 2 && request.baseline.is_some() {
            return Err(Error::new("a baseline answers first turns only, and would be compared with two")
                .words("ask only first turns, or compare with the plain responses"));
        }
        let unknown = request.without.iter().find(|id| predilect_types::property(id).is_none());
        if let Some(id) = unknown {
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
        let settings = serde_json::to_value(&request)
            .map_err(|e| Error::new(format!("the settings cannot be written: {e}")))?;
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

    /// What asking would take: the model under test, the baseline's model, and every judge. How long responses will be is not known: what
    /// judges read is counted as if each reached the most tokens.
    ///
    /// # Errors
    ///
    /// When a model cannot be asked in that way, or the log cannot be read.
    pub fn plans(&self, watch: &dyn Watch) -> Result<Vec<CallPlan>> {
        let questions: Vec<Question> = self.questions().into_iter().map(|(.., question)| question).collect();
        let mut plans = vec![self.writer.plan(self.lab.folder(), &questions)?];
        if self.request.turns == 2 {
            let again: Vec<Question> = self.second_questions(&self.stand_ins());
            plans.push(self.writer.plan(self.lab.folder(), &again)?);
        }
        if let Opponent::Model { writer, .. } = &self.baseline {
            plans.push(writer.plan(self.lab.folder(), &self.baseline_questions())?);
        }
        let trial = Laboratory::open(&self.scratch.path().join("plan"), VERB, &Value::Null, &[])?;
        let everybody: Vec<usize> = (0..self.prompts.all.len()).collect();
        drop(trial.hold(VERB, &Value::Null)?);
        trial.put(&self.pairs(&self.stand_ins(), &everybody), watch)?;
        let calls = CallOptions { dry: true, budget: None, ..self.request.calls.clone() };
        let inputs = [trial.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        plans.extend(Judging::begin(&self.judging(calls), &within, watch)?.plans()?);
        Ok(plans)
    }

    /// Asks the model under test, then the judges, and keeps all of it in the study. Whatever ends it, what was answered is kept, and the
    /// same command resumes it.
    ///
    /// # Errors
    ///
    /// When the study cannot be written, and when no prompt has a response in every arm.
    pub fn run(&self, watch: &dyn Watch) -> Result<Ran<SteerJson>> {
        let mut remarks = self.remarks.clone();
        let tried = self.try_judges(watch)?;
        remarks.extend(self.said_of_judges(&tried));
        let mut settings = self.settings.clone();
        settings[TRIED] = json!(tried);
        let lock = self.lab.hold(VERB, &settings)?;
        files::write_own(&self.lab.folder().join("messages.toml"), self.messages.text().as_bytes())?;
        let mut asked = Asked::default();
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
            let left = |gone: f64| self.request.calls.budget.map(|budget| (budget - gone).max(0.0));
            let calls =
                CallOptions { budget: left(asked.spent.price.unwrap_or(0.0)), ..self.request.calls.clone() };
            let ran = self.judge(calls, watch)?;
            judges = ran.found;
            stopped = stopped.or(ran.stopped);
        }
        let ratings = self.rate(&study, &pairs, &mut remarks, watch)?;
        let found = self.found(Parts {
            responses: &responses,
            complete: &complete,
            pairs: &pairs,
            ratings: &ratings,
            study: &study,
            judges,
            asked,
            remarks,
            stopped: stopped.as_ref().map(|error| error.message().to_owned()),
        })?;
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

    fn judging(&self, calls: CallOptions) -> JudgeRequest {
        let graded = self.protocol == Protocol::MtBench;
        JudgeRequest {
            models: self.request.judge_models.clone(),
            method: if graded { Some(Method::Graded) } else { self.request.method },
            orders: Orders::Both,
            seed: self.request.seed,
            references: graded,
            calls,
            ..JudgeRequest::default()
        }
    }

    fn judge(&self, calls: CallOptions, watch: &dyn Watch) -> Result<Ran<Vec<JudgeRun>>> {
        let inputs = [self.lab.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        Judging::begin(&self.judging(calls), &within, watch)?.run(watch)
    }

    fn rate(
        &self,
        study: &Study,
        pairs: &[Pair],
        remarks: &mut Vec<String>,
        watch: &dyn Watch,
    ) -> Result<PairRatings> {
        let Some(model) = &self.request.annotator else {
            return rated(pairs, self.request.slice.grammar, watch);
        };
        let inputs = [study.folder().to_owned()];
        let read = ReadOptions::default();
        let within = Within { inputs: &inputs, output: None, read: &read };
        let request = AnnotateRequest {
            calls: self.request.calls.clone(),
            seed: self.request.seed,
            ..AnnotateRequest::of(model.clone())
        };
        let ran = Annotating::begin(&request, &within, watch)?.run(watch)?;
        if let Some(stopped) = ran.stopped {
            remarks.push(format!("the ratings are incomplete: {}", stopped.message()));
        }
        kept_ratings(study, &ran.found.annotator, pairs)
    }
}
