//! A run of `steer`: what it would take, then responses, verdicts, ratings, and what they say together.

mod found;
mod ready;
mod remarks;
mod writing;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use predilect_results::asked::{CallPlan, JudgeRun};
use predilect_results::steering::{GroupPlan, SteerJson};
use predilect_types::Pair;
use predilect_workbench::laboratory::{Laboratory, STEERING, pairs_of};
use predilect_workbench::requests::Request;
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{
    CallOptions, Error, Event, Inputs, JudgeRequest, JudgeWeights, Judging, Kind, Method, ModelSpec, Orders,
    Question, Ran, ReadOptions, Remark, Result, Study, Watch, Within, Workbench, Writer, files, tables,
};
use serde_json::{Value, json};

use self::found::{Parts, messages};
use self::remarks::{as_scenarios, said_of_groups};
use self::writing::Asked;
use crate::arms::{Group, arms_of, groups};
use crate::messages::Messages;
use crate::opponent::{Opponent, opponent, prepare, unreferenced, writes};
use crate::prompts::{Protocol, read};
use crate::rating::Raters;
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
        let scratch = Scratch::new()?;
        let messages = messages_of(request, output)?;
        let arms = arms_of(&request.arms, &messages)?;
        let mut request = SteerRequest { arms: arms.clone(), ..request.clone() };
        if request.published && request.judge_models.is_empty() {
            return Err(nobody_judges());
        }
        let mut prompts = read(&request.prompts, request.prompt_field.as_deref(), scratch.path(), watch)?;
        let protocol = request.protocol.unwrap_or(prompts.protocol);
        prepare(&mut prompts, &request, protocol)?;
        let weights = if request.published {
            JudgeWeights::published(&request.judge)?
        } else {
            let bench = Workbench::of(inputs, None, watch)?;
            if request.judge_models.is_empty() {
                request.judge_models = vec![model_of(bench.study(), &request.judge)?];
            }
            bench.weights(&request.judge, &request.slice, &request.fit, watch)?
        };
        fits(&request, protocol)?;
        apart(&request.judge_models, &request.calls)?;
        known(&request.without, &messages)?;
        let mut remarks = Vec::new();
        let baseline = opponent(&request, &mut prompts, protocol, &mut remarks, watch)?;
        if arms.len() < 2 && matches!(baseline, Opponent::Plain) {
            return Err(Error::new("an arm besides the plain one is needed to see a shift")
                .words("name some of aligned, opposed, placebo and null, or a baseline to compare with"));
        }
        let (groups, group_of) = groups(&prompts.all, &weights, &messages, &request)?;
        remarks.extend(as_scenarios(&prompts.all, &groups, &request));
        remarks.extend(said_of_groups(&request, &groups));
        remarks.extend(unreferenced(&prompts.all, protocol));
        for remark in &remarks {
            watch.event(Event::Remark(Remark::Beforehand(remark)));
        }
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

    /// What is asked for in each group of prompts, and the messages of the arms, by arm and group: known before anything is asked.
    pub fn instructions(&self) -> (Vec<GroupPlan>, BTreeMap<String, BTreeMap<String, String>>) {
        (self.groups.iter().map(Group::plan).collect(), messages(&self.groups))
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
        plans.extend(self.raters().plans(trial.folder(), "rates responses", watch)?);
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
        let rated = self.raters().rate(&study, &pairs, gone, watch)?;
        // What stopped the run before may have left nothing to rate by.
        stopped = stopped.or(rated.stopped);
        asked.failures.merge(rated.failures);
        let mut found = self.found(Parts {
            responses: &responses,
            complete: &complete,
            pairs: &pairs,
            ratings: &rated.ratings,
            study: &study,
            judges,
            asked,
            trying,
            rating: rated.spent,
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

    /// Who rates the responses.
    fn raters(&self) -> Raters<'_> {
        Raters {
            model: self.request.annotator.as_ref(),
            grammar: self.request.slice.grammar,
            seed: self.request.seed,
            calls: &self.request.calls,
        }
    }
}

/// The lines that messages are written with: the user's file, what the user has changed in the study, or our own.
fn messages_of(request: &SteerRequest, output: &Path) -> Result<Messages> {
    match (&request.messages, output.join("messages.toml")) {
        (Some(path), _) => Messages::read(path),
        (None, kept) if output.join("steer.json").is_file() && kept.is_file() => Messages::read(&kept),
        (None, _) => Ok(Messages::own()),
    }
}

/// Whether all that is to be left out are properties.
fn known(without: &[String], messages: &Messages) -> Result<()> {
    match without.iter().find(|id| predilect_types::property(id).is_none()) {
        None => Ok(()),
        Some(id) => Err(Error::new(format!("`{id}` is not a property, so it cannot be left out"))
            .instead_of(id, messages.properties.keys())),
    }
}

/// The model behind a judge, where the study keeps how it was asked.
fn model_of(study: &Study, judge: &str) -> Result<ModelSpec> {
    match Request::of_study(study, &format!("judge {judge}")) {
        Ok(Request::Judge(asked)) => asked.models.into_iter().next().ok_or_else(nobody_judges),
        _ => Err(nobody_judges()),
    }
}

fn nobody_judges() -> Error {
    Error::new("no model is named to judge what the model wrote, and no study says which model the judge is")
        .words("name the judge's model, and another that is held out")
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
