//! A run of `steer`: what it would take, then responses, verdicts, ratings, and what they say together.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use predilect_results::asked::{CallPlan, Failures, JudgeRun, Spent};
use predilect_results::steering::{ArmRow, SteerJson};
use predilect_types::Pair;
use predilect_workbench::laboratory::{Laboratory, pairs_of, verdicts_of};
use predilect_workbench::{
    AnnotateRequest, Annotating, CallOptions, Error, Inputs, JudgeRequest, JudgeWeights, Judging, Kind,
    Method, Orders, PairRatings, Question, Ran, ReadOptions, Result, Study, Watch, Within, Workbench,
    WriteRequest, Writer, files, kept_ratings, probe, tables, text_ratings,
};
use serde_json::Value;

use crate::arms::{Group, PLAIN, arms_of, groups, question};
use crate::measure::{Measured, prediction_fit};
use crate::messages::Messages;
use crate::prompts::{Prompts, Protocol, outputs, read, references};
use crate::request::{Baseline, SteerRequest};
use crate::responses::{Made, Responses, is_written};

/// The verb, as the study knows it.
const VERB: &str = "steer";
/// Where the results lie in the study.
pub(crate) const RESULT: &str = "steering.json";

/// Settings under which a study of this kind must go on.
const FIXED: [&str; 9] =
    ["judge", "published", "prompts", "protocol", "turns", "model", "baseline", "max_tokens", "temperature"];

/// A run that is ready: everything that can be refused was looked at.
pub struct Steering {
    request: SteerRequest,
    lab: Laboratory,
    settings: Value,
    weights: JudgeWeights,
    messages: Messages,
    prompts: Prompts,
    protocol: Protocol,
    arms: Vec<String>,
    groups: Vec<Group>,
    group_of: Vec<usize>,
    writer: Writer,
    baseline: Opponent,
    remarks: Vec<String>,
    /// Prompts of a dry run lie here; it vanishes with this.
    scratch: tempfile::TempDir,
}

/// Against whom responses are set.
enum Opponent {
    /// The plain arm.
    Plain,
    /// Outputs of a file, by prompt.
    Outputs { name: String, by_prompt: Vec<Option<String>> },
    /// A model that is asked too.
    Model { name: String, writer: Box<Writer> },
}

impl Opponent {
    fn name(&self) -> &str {
        match self {
            Self::Plain => PLAIN,
            Self::Outputs { name, .. } | Self::Model { name, .. } => name,
        }
    }
}

impl Steering {
    /// Reads prompts and messages, fits or looks up the weights, chooses what to ask for, and opens the models.
    ///
    /// # Errors
    ///
    /// When anything is missing or contradicts itself: it is told before a model is asked.
    pub fn begin(
        request: &SteerRequest,
        inputs: &Inputs<'_>,
        output: &Path,
        watch: &dyn Watch,
    ) -> Result<Self> {
        if request.judge_models.is_empty() {
            return Err(Error::new("nobody is named who judges what the model wrote")
                .words("name the judge's model, and another that is held out"));
        }
        let scratch = tempfile::Builder::new().prefix("predilect-").tempdir();
        let scratch = scratch.map_err(|e| Error::new(format!("cannot make a temporary folder: {e}")))?;
        let messages = match &request.messages {
            Some(path) => Messages::read(path)?,
            None => Messages::own(),
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
        let mut remarks = Vec::new();
        let baseline = opponent(&request, &mut prompts, protocol, &mut remarks, watch)?;
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

    /// Asks the model under test, then the judges, and keeps all of it in the study. Whatever ends it, what was answered is kept, and the same
    /// command goes on there.
    ///
    /// # Errors
    ///
    /// When the study cannot be written, and when no prompt has a response in every arm.
    pub fn run(&self, watch: &dyn Watch) -> Result<Ran<SteerJson>> {
        let mut remarks = self.remarks.clone();
        remarks.extend(self.try_judges(watch)?);
        let lock = self.lab.hold(VERB, &self.settings)?;
        files::write_file(&self.lab.folder().join("messages.toml"), self.messages.text().as_bytes())?;
        let mut asked = Asked::default();
        let responses = self.write(&mut asked, watch)?;
        drop(lock);
        remarks.append(&mut asked.remarks);
        let complete = responses.complete();
        if complete.is_empty() {
            return Err(asked.stopped.unwrap_or_else(|| {
                Error::new("no prompt has a response in every arm").words("what failed stands above")
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
        files::write_file(&self.lab.folder().join(RESULT), text.as_bytes())
    }

    /// Questions of the first turn: arm, prompt, question.
    fn questions(&self) -> Vec<(usize, usize, Question)> {
        let mut all = Vec::new();
        for (arm, name) in self.arms.iter().enumerate().filter(|(_, name)| is_written(name)) {
            for (at, prompt) in self.prompts.all.iter().enumerate() {
                let told = self.groups[self.group_of[at]].messages.get(name);
                all.push((arm, at, question(prompt, told, self.request.seed)));
            }
        }
        // Prompt by prompt, so that a budget that ends leaves whole prompts.
        all.sort_by_key(|(arm, at, _)| (*at, *arm));
        all
    }

    fn baseline_questions(&self) -> Vec<Question> {
        self.prompts.all.iter().map(|prompt| question(prompt, None, self.request.seed)).collect()
    }

    /// Questions of the second turn, in the order of those of the first that have an answer.
    fn second_questions(&self, first: &Responses) -> Vec<Question> {
        let asked = self.questions().into_iter().filter_map(|(arm, at, mut question)| {
            let (made, second) = (first.made[arm][at].as_ref()?, self.prompts.all[at].second.as_ref()?);
            question.messages.extend(made.turns.iter().cloned());
            question.messages.push(predilect_types::Message::user(second.clone()));
            Some(question)
        });
        asked.collect()
    }

    /// Responses of the greatest length, for a forecast.
    fn stand_ins(&self) -> Responses {
        let words = "word ".repeat(self.request.max_tokens as usize);
        let all = |arm: &String| {
            let text = if is_written(arm) { format!("{arm} {words}") } else { self.messages.null.clone() };
            vec![Some(Made::constant(&text)); self.prompts.all.len()]
        };
        let baseline = match &self.baseline {
            Opponent::Plain => None,
            Opponent::Outputs { by_prompt, .. } => {
                Some(by_prompt.iter().map(|text| text.as_deref().map(Made::constant)).collect())
            }
            Opponent::Model { .. } => Some(vec![Some(Made::constant(&words)); self.prompts.all.len()]),
        };
        Responses { arms: self.arms.clone(), made: self.arms.iter().map(all).collect(), baseline }
    }

    fn pairs(&self, responses: &Responses, at: &[usize]) -> Vec<Pair> {
        responses.pairs(&self.prompts.all, at, self.protocol, self.baseline.name())
    }

    /// Has the model under test write, and the baseline's.
    fn write(&self, asked: &mut Asked, watch: &dyn Watch) -> Result<Responses> {
        let prompts = self.prompts.all.len();
        let questions = self.questions();
        let only: Vec<Question> = questions.iter().map(|(.., question)| question.clone()).collect();
        let mut made: Vec<Vec<Option<Made>>> = self
            .arms
            .iter()
            .map(|arm| {
                let constant = (!is_written(arm)).then(|| Made::constant(&self.messages.null));
                vec![constant; prompts]
            })
            .collect();
        let texts = asked.ask(&self.writer, self.lab.folder(), &only, watch)?;
        for ((arm, at, _), text) in questions.iter().zip(texts) {
            made[*arm][*at] = text;
        }
        let baseline = match &self.baseline {
            Opponent::Plain => None,
            Opponent::Outputs { by_prompt, .. } => {
                Some(by_prompt.iter().map(|text| text.as_deref().map(Made::constant)).collect())
            }
            Opponent::Model { writer, .. } => {
                Some(asked.ask(writer, self.lab.folder(), &self.baseline_questions(), watch)?)
            }
        };
        let mut responses = Responses { arms: self.arms.clone(), made, baseline };
        if self.request.turns == 2 {
            self.write_second(&mut responses, asked, watch)?;
        }
        Ok(responses)
    }

    fn write_second(&self, responses: &mut Responses, asked: &mut Asked, watch: &dyn Watch) -> Result<()> {
        let again = self.second_questions(responses);
        let mut texts = asked.ask(&self.writer, self.lab.folder(), &again, watch)?.into_iter();
        for (arm, at, _) in self.questions() {
            let Some(second) = &self.prompts.all[at].second else { continue };
            let Some(first) = responses.made[arm][at].take() else { continue };
            responses.made[arm][at] = texts.next().flatten().map(|text| first.then(second, text));
        }
        for (arm, _) in self.arms.iter().enumerate().filter(|(_, name)| !is_written(name)) {
            for (at, own) in responses.made[arm].iter_mut().enumerate() {
                if let (Some(second), Some(first)) = (&self.prompts.all[at].second, own.take()) {
                    *own = Some(first.then(second, Made::constant(&self.messages.null)));
                }
            }
        }
        Ok(())
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

    /// Asks judges about a few plain pairs, before anything is paid for; what speaks against them.
    fn try_judges(&self, watch: &dyn Watch) -> Result<Vec<String>> {
        let begun = self.lab.folder().join(format!("{VERB}.json")).exists();
        if !self.request.probe || begun || self.request.calls.offline {
            return Ok(Vec::new());
        }
        let ran = probe(&self.judging(self.request.calls.clone()), watch)?;
        if let Some(stopped) = ran.stopped {
            return Err(stopped);
        }
        let of = |found: &predilect_results::asked::Probe| {
            let model = found.model.clone();
            found.cautions.iter().map(move |caution| format!("{model}: {caution}")).collect::<Vec<_>>()
        };
        Ok(ran.found.iter().flat_map(of).collect())
    }

    fn rate(
        &self,
        study: &Study,
        pairs: &[Pair],
        remarks: &mut Vec<String>,
        watch: &dyn Watch,
    ) -> Result<PairRatings> {
        let Some(model) = &self.request.annotator else {
            return text_ratings(pairs, self.request.slice.grammar, watch);
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

    fn found(&self, parts: Parts<'_>) -> Result<SteerJson> {
        let measured = Measured {
            protocol: self.protocol,
            prompts: &self.prompts.all,
            complete: parts.complete,
            responses: parts.responses,
            groups: &self.groups,
            group_of: &self.group_of,
            rows: parts.pairs.iter().enumerate().map(|(row, pair)| (pair.id.clone(), row)).collect(),
            ratings: parts.ratings,
            seed: self.request.seed,
        };
        let mut remarks = parts.remarks;
        let target = self.target(&parts.judges, &mut remarks);
        let mut rows: Vec<ArmRow> = Vec::new();
        let mut flips = Vec::new();
        for (number, judge) in parts.judges.iter().enumerate() {
            let verdicts = verdicts_of(parts.study, &judge.judge)?;
            rows.extend(measured.rows(&judge.judge, number == target, &verdicts));
            if number == target {
                flips = measured.flips(&verdicts);
            }
        }
        rows.sort_by_key(|row| !row.target);
        remarks.extend(self.unrated(parts.ratings));
        let mut messages: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
        for group in &self.groups {
            for (arm, told) in &group.messages {
                messages.entry(arm.clone()).or_default().insert(group.name.clone(), told.clone());
            }
        }
        let mut count = self.prompts.count.clone();
        count.complete = parts.complete.len() as u64;
        Ok(SteerJson {
            fit: prediction_fit(&rows),
            arms: rows,
            messages,
            judge: self.weights.judge.clone(),
            published: self.weights.published,
            model: self.request.model.model.clone(),
            model_key: self.writer.name().to_owned(),
            protocol: self.protocol.as_str().to_owned(),
            against: self.baseline.name().to_owned(),
            prompts: count,
            plan: self.groups.iter().map(Group::plan).collect(),
            responses: parts.responses.count(parts.complete),
            flips,
            spent: parts.asked.spent,
            failures: parts.asked.failures,
            judges: parts.judges,
            remarks,
            stopped: parts.stopped,
        })
    }

    /// Which of the judges is the one whose weights say what to ask for.
    fn target(&self, judges: &[JudgeRun], remarks: &mut Vec<String>) -> usize {
        let named = |run: &JudgeRun| {
            run.judge == self.request.judge
                || run.model == self.request.judge
                || run.model.rsplit([':', '/', '#']).next() == Some(self.request.judge.as_str())
        };
        let spec = |at: usize| {
            self.request.judge_models.get(at).is_some_and(|spec| spec.model == self.request.judge)
        };
        let found = judges.iter().position(named).or_else(|| (0..judges.len()).find(|at| spec(*at)));
        if let (None, Some(first)) = (found, judges.first()) {
            remarks.push(format!(
                "none of the models that judge is called {}, whose weights say what to ask for: {} stands for it",
                self.request.judge, first.judge
            ));
        }
        if judges.len() == 1 {
            remarks.push(
                "no held-out judge: whether a shift is one of quality or of this judge alone is not known"
                    .to_owned(),
            );
        }
        found.unwrap_or(0)
    }

    /// Properties that are asked for and not rated.
    fn unrated(&self, ratings: &PairRatings) -> Option<String> {
        let mut ids: Vec<&str> = self
            .groups
            .iter()
            .flat_map(|group| group.asked.values().flatten())
            .map(|ask| ask.property.as_str())
            .filter(|id| ratings.column(id).is_none())
            .collect();
        ids.sort_unstable();
        ids.dedup();
        (!ids.is_empty()).then(|| {
            format!(
                "{} cannot be rated by this annotator: whether responses comply is not known, and what they really hold is expected without",
                ids.join(", ")
            )
        })
    }
}

/// What the parts of a run found.
struct Parts<'a> {
    responses: &'a Responses,
    complete: &'a [usize],
    pairs: &'a [Pair],
    ratings: &'a PairRatings,
    study: &'a Study,
    judges: Vec<JudgeRun>,
    asked: Asked,
    remarks: Vec<String>,
    stopped: Option<String>,
}

/// What asking for texts has taken so far.
#[derive(Default)]
struct Asked {
    spent: Spent,
    failures: Failures,
    remarks: Vec<String>,
    stopped: Option<Error>,
}

impl Asked {
    /// Asks for texts, unless something has stopped the run.
    fn ask(
        &mut self,
        writer: &Writer,
        folder: &Path,
        questions: &[Question],
        watch: &dyn Watch,
    ) -> Result<Vec<Option<Made>>> {
        if self.stopped.is_some() || questions.is_empty() {
            return Ok(vec![None; questions.len()]);
        }
        let first = self.spent.calls == 0 && self.spent.from_log == 0;
        let gone = self.spent.price.unwrap_or(0.0);
        let written = writer.write(folder, questions, gone, watch)?;
        if first {
            self.spent = written.spent;
        } else {
            self.spent += written.spent;
        }
        for (kind, failure) in written.failures.0 {
            self.failures
                .0
                .entry(kind)
                .and_modify(|own| own.questions += failure.questions)
                .or_insert(failure);
        }
        self.remarks.extend(written.remarks);
        self.stopped = written.stopped.map(Error::resumable);
        Ok(written.texts.iter().map(|text| text.as_ref().map(Made::of)).collect())
    }
}

fn writes(request: &SteerRequest, model: &predilect_workbench::ModelSpec) -> WriteRequest {
    WriteRequest {
        model: model.clone(),
        max_tokens: request.max_tokens,
        temperature: request.temperature,
        calls: request.calls.clone(),
    }
}

/// Puts references beside the prompts, and takes as many as are wanted.
fn prepare(prompts: &mut Prompts, request: &SteerRequest, protocol: Protocol) -> Result<()> {
    if let Some(path) = &request.references {
        let known = references(path)?;
        for prompt in &mut prompts.all {
            if let Some(turns) = known.get(&prompt.id) {
                prompt.reference.clone_from(turns);
            }
        }
    }
    if request.turns == 2 && prompts.all.iter().all(|prompt| prompt.second.is_none()) {
        return Err(Error::new("no prompt has a second turn").words("MT-Bench keeps them as `turns`"));
    }
    if protocol != Protocol::MtBench || request.turns == 1 {
        for prompt in &mut prompts.all {
            prompt.reference.truncate(1);
        }
    }
    if let Some(most) = request.limit {
        prompts.all.truncate(most);
    }
    prompts.count.asked = prompts.all.len() as u64;
    Ok(())
}

/// Against whom responses are set; prompts that a baseline lacks are left out.
fn opponent(
    request: &SteerRequest,
    prompts: &mut Prompts,
    protocol: Protocol,
    remarks: &mut Vec<String>,
    watch: &dyn Watch,
) -> Result<Opponent> {
    let (by_text, name) = match &request.baseline {
        Some(Baseline::Model(spec)) => {
            let writer = Box::new(Writer::begin(&writes(request, spec), watch)?);
            return Ok(Opponent::Model { name: spec.model.clone(), writer });
        }
        Some(Baseline::File(path)) => {
            let (found, name) = outputs(path)?;
            (found, name.unwrap_or_else(|| "baseline".to_owned()))
        }
        None if protocol == Protocol::AlpacaEval => {
            let own: HashMap<String, String> = prompts
                .all
                .iter()
                .filter_map(|prompt| Some((prompt.text().to_owned(), prompt.output.clone()?)))
                .collect();
            if own.is_empty() {
                return Err(Error::new("AlpacaEval sets responses against a baseline, and there is none")
                    .words("give the file of its outputs, or its model"));
            }
            (own, prompts.generator.clone().unwrap_or_else(|| "baseline".to_owned()))
        }
        None => return Ok(Opponent::Plain),
    };
    let before = prompts.all.len();
    prompts.all.retain(|prompt| by_text.contains_key(prompt.text()));
    let lacking = before - prompts.all.len();
    if prompts.all.is_empty() {
        return Err(Error::new(format!("{name} has an output on none of the prompts"))
            .words("outputs are found by the text of the prompt, which must be the same in both files"));
    }
    if lacking > 0 {
        prompts.count.left_out.insert(format!("without an output of {name}"), lacking as u64);
        remarks.push(format!("{lacking} prompts are left out: {name} has no output on them"));
    }
    prompts.count.asked = prompts.all.len() as u64;
    let by_prompt = prompts.all.iter().map(|prompt| by_text.get(prompt.text()).cloned()).collect();
    Ok(Opponent::Outputs { name, by_prompt })
}

/// What is to be known of groups without a fit or a message.
fn said_of_groups(request: &SteerRequest, groups: &[Group]) -> Vec<String> {
    let mut said = Vec::new();
    if request.by_group && groups.iter().all(|group| group.name == predilect_results::ALL) {
        said.push("no prompt is of a group that the judge has weights for: all are asked by its weights over all pairs".to_owned());
    }
    for group in groups {
        for arm in request.arms.iter().filter(|arm| group.asked.get(*arm).is_some_and(Vec::is_empty)) {
            said.push(format!(
                "nothing can be asked for in the arm {arm} of {}: it is the plain one there",
                if group.name == predilect_results::ALL { "all prompts" } else { &group.name }
            ));
        }
    }
    if request.sure <= 0.5 && !request.published {
        said.push("properties are taken by their means, however unsure their signs are".to_owned());
    }
    said
}
