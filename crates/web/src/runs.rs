//! Judging and annotating that is started from the page: forecast, budget, progress, stopping, going on.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use predilect_results::Fit;
use predilect_results::asked::{AnnotatorRun, CallPlan, JudgeRun};
use predilect_types::Verdict;
use predilect_workbench::labelling::{Labeller, NotYet};
use predilect_workbench::unfinished::{self, begun};
use predilect_workbench::{
    AnnotateRequest, Annotating, CallOptions, Cancel, Event, Filter, JudgeRequest, Judging, Method,
    ModelSpec, Orders, RateMethod, ReadOptions, SliceOptions, Watch, Within,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::Query;
use crate::studies::Served;

/// A request to ask a model.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    verb: Verb,
    model: ModelSpec,
    /// Which pairs; `None`: all.
    #[serde(default, rename = "where")]
    filter: Option<Filter>,
    /// The most US dollars.
    #[serde(default)]
    budget: Option<f64>,
    /// The name in the study; `None`: the model's.
    #[serde(default)]
    name: Option<String>,
    /// How verdicts are asked for; of ratings, scored or generated.
    #[serde(default)]
    method: Option<String>,
    /// In which order responses are shown; `None`: the default of the verb.
    #[serde(default)]
    orders: Option<Orders>,
    /// Properties to rate; empty: all that can be asked for.
    #[serde(default)]
    properties: Vec<String>,
    /// Whether what failed for good is asked again.
    #[serde(default)]
    retry_failed: bool,
    /// Only what it would take is said.
    #[serde(default)]
    pub(crate) dry_run: bool,
    /// All of this as it was sent.
    #[serde(skip)]
    pub(crate) asked: Value,
}

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Verb {
    Judge,
    Annotate,
}

/// What a model rewards according to the verdicts that a run has so far, or why nothing can be said yet.
pub(crate) fn posterior(
    verdicts: &[Verdict],
    opened: &Opened,
    query: &Query,
    waiting: &dyn Watch,
) -> Result<Result<Fit, NotYet>, Problem> {
    let judge = verdicts.first().map_or("", |verdict| verdict.judge.as_str());
    let labeller = Labeller { judge, votes: verdicts, seed: 0 };
    let slice = SliceOptions { filter: None, group_by: None, judges: Vec::new(), ..query.slice() };
    Ok(opened.bench.of_labeller(&labeller, &slice, &query.looking(), waiting)?)
}

/// What a run would take.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Forecast {
    /// Calls to make.
    pub(crate) calls: u64,
    /// Questions that the log answers already.
    pub(crate) logged: u64,
    /// What they cost; `None` if no price is known.
    pub(crate) cost: Option<Cost>,
}

/// About what calls cost: without reasoning, and if the model always reasoned as long as it may.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Cost {
    low: f64,
    high: f64,
    currency: &'static str,
}

/// How a run ended.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(tag = "reason", rename_all = "lowercase")]
pub(crate) enum End {
    /// Every question was settled.
    Done,
    /// A user stopped it, or it waits for batches; what was answered is kept.
    Stopped,
    /// Something else ended it; what was answered is kept.
    Failed {
        detail: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        remedy: Option<String>,
    },
}

/// What a run found.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum Found {
    Judge(Vec<JudgeRun>),
    Annotate(Box<AnnotatorRun>),
}

/// A run, as reported.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub(crate) struct State {
    /// Its number.
    pub(crate) run: u32,
    verb: Verb,
    model: String,
    #[serde(rename = "where")]
    filter: Option<String>,
    budget: Option<f64>,
    /// What else a command line would say.
    #[serde(skip)]
    options: Vec<(&'static str, String)>,
    /// Questions that are settled.
    pub(crate) done: u64,
    /// The number of questions, as far as they were counted.
    pub(crate) of: u64,
    /// Seconds until the end at the present pace.
    eta_s: Option<u64>,
    /// What is to be said of it at this moment, e.g. that the server asks it to wait.
    pub(crate) beside: Option<String>,
    /// Why it ended; `None` while it runs.
    pub(crate) end: Option<End>,
    /// What it found, once it has ended.
    pub(crate) found: Option<Found>,
}

impl State {
    /// What is asked for, in a word.
    pub(crate) fn what(&self) -> &'static str {
        match self.verb {
            Verb::Judge => "Verdicts",
            Verb::Annotate => "Ratings",
        }
    }

    /// The command line that asks the same; `given` is what it takes for the study.
    pub(crate) fn command(&self, given: &[String]) -> String {
        let verb = match self.verb {
            Verb::Judge => "judge",
            Verb::Annotate => "annotate",
        };
        let mut more = vec!["--model".to_owned(), self.model.clone()];
        for (name, value) in &self.options {
            more.extend([(*name).to_owned(), value.clone()]);
        }
        let more: Vec<&str> = more.iter().map(String::as_str).collect();
        Query::default().command_of(verb, given, &more)
    }

    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    pub(crate) fn filter(&self) -> Option<&str> {
        self.filter.as_deref()
    }
}

/// One run that was started.
pub(crate) struct Run {
    study: String,
    /// The request, as it was sent.
    asked: Value,
    state: Mutex<State>,
    began: Instant,
    cancel: Cancel,
    /// The judges of a run for verdicts, while it is running.
    judging: Mutex<Option<Arc<Judging>>>,
    seen: Mutex<Option<Seen>>,
}

impl std::fmt::Debug for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Run").field("study", &self.study).field("state", &self.state).finish_non_exhaustive()
    }
}

/// Verdicts of an unfinished run, as the log had them.
#[derive(Debug)]
struct Seen {
    verdicts: Arc<Vec<Verdict>>,
    /// Questions that were settled then.
    done: u64,
    at: Instant,
    took: Duration,
}

/// Reading the log again takes at most this share of the time.
const SHARE: u32 = 10;

/// All runs that were started since the server was.
#[derive(Debug, Default)]
pub(crate) struct Runs(Mutex<Vec<Arc<Run>>>);

impl Run {
    fn of(study: &str, wanted: &Wanted) -> Self {
        let state = State {
            run: 0,
            verb: wanted.verb,
            model: wanted.model.to_string(),
            filter: wanted.filter.as_ref().map(ToString::to_string),
            budget: wanted.budget,
            options: wanted.options(),
            done: 0,
            of: 0,
            eta_s: None,
            beside: None,
            end: None,
            found: None,
        };
        let state = Mutex::new(state);
        Self {
            study: study.to_owned(),
            asked: wanted.asked.clone(),
            state,
            began: Instant::now(),
            cancel: Cancel::default(),
            judging: Mutex::default(),
            seen: Mutex::new(None),
        }
    }

    /// The verdicts so far of a run that asks for them; `None` for any other run, and once it has ended: they are in the study then.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub(crate) fn so_far(&self, waiting: &dyn Watch) -> Result<Option<Arc<Vec<Verdict>>>, Problem> {
        let (done, ended) = {
            let state = self.locked();
            (state.done, state.end.is_some())
        };
        // A run for verdicts holds the study, so it is released as soon as it was read.
        let judging = self.judging.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(judging) = judging.filter(|_| !ended) else { return Ok(None) };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seen) = &*seen
            && (seen.done == done || seen.at.elapsed() < seen.took * SHARE)
        {
            return Ok(Some(Arc::clone(&seen.verdicts)));
        }
        let at = Instant::now();
        let verdicts = Arc::new(judging.so_far(waiting)?);
        *seen = Some(Seen { verdicts: Arc::clone(&verdicts), done, at: Instant::now(), took: at.elapsed() });
        Ok(Some(verdicts))
    }

    pub(crate) fn state(&self) -> State {
        let mut state = self.locked().clone();
        let left = state.of.saturating_sub(state.done);
        if state.end.is_none() && state.done > 0 && left > 0 {
            let each = self.began.elapsed().as_secs_f64() / state.done as f64;
            state.eta_s = Some((each * left as f64).ceil() as u64);
        }
        state
    }

    /// Whether it is this request that runs.
    pub(crate) fn is_running(&self, asked: &Value) -> bool {
        self.asked == *asked && self.locked().end.is_none()
    }

    pub(crate) fn stop(&self) {
        self.cancel.cancel();
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Run {
    fn event(&self, event: Event<'_>) {
        match event {
            Event::Total(total) => self.locked().of = total,
            Event::At(done) => self.locked().done = done,
            Event::More(more) => self.locked().done += more,
            Event::Begin(_, total) => {
                let mut state = self.locked();
                (state.done, state.of) = (0, total.unwrap_or(0));
            }
            Event::Beside(text) => self.locked().beside = (!text.is_empty()).then(|| text.to_owned()),
            Event::End | Event::Remark(_) => {}
        }
    }

    fn cancel(&self) -> Cancel {
        self.cancel.clone()
    }
}

impl Runs {
    /// Runs on that study, the newest first.
    pub(crate) fn of(&self, study: &str) -> Vec<Arc<Run>> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.iter().rev().filter(|run| run.study == study).map(Arc::clone).collect()
    }

    pub(crate) fn get(&self, study: &str, number: u32) -> Option<Arc<Run>> {
        self.of(study).into_iter().find(|run| run.locked().run == number)
    }

    /// Runs on a study that were begun, by this server or an earlier one, and neither ended well nor run now, as they were asked for.
    pub(crate) fn unfinished(&self, served: &Served) -> Vec<Value> {
        let all = served.study().map(unfinished::unfinished).unwrap_or_default();
        let running = self.of(&served.id);
        all.into_iter().filter(|asked| running.iter().all(|run| !run.is_running(asked))).collect()
    }

    /// Puts a run on the list, which gives it its number.
    fn add(&self, run: Arc<Run>) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        run.locked().run = all.len() as u32 + 1;
        all.push(run);
    }

    /// Stops all that run, and waits a while until they have kept what was answered.
    pub(crate) fn stop_all(&self) {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for run in &all {
            run.stop();
        }
        let until = Instant::now() + Duration::from_secs(20);
        while all.iter().any(|run| run.locked().end.is_none()) && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

/// A model that is ready to be asked.
enum Ready {
    Judge(Arc<Judging>),
    Annotate(Box<Annotating>),
}

impl Wanted {
    /// What a command line says beside the model.
    fn options(&self) -> Vec<(&'static str, String)> {
        let orders = self.orders.and_then(|own| Orders::ALL.into_iter().find(|(orders, _)| *orders == own));
        let all = [
            ("--where", self.filter.as_ref().map(ToString::to_string)),
            ("--name", self.name.clone()),
            ("--method", self.method.clone()),
            ("--orders", orders.map(|(_, name)| name.to_owned())),
            ("--properties", (!self.properties.is_empty()).then(|| self.properties.join(","))),
            ("--budget", self.budget.map(|budget| budget.to_string())),
        ];
        all.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
    }

    /// Opens the model and the study, for a forecast or for the run itself.
    fn ready(&self, served: &Served, watch: &dyn Watch) -> Result<Ready, Problem> {
        let Some(study) = served.study() else {
            return Err(Problem::refused(
                "verdicts and ratings are kept in a study folder, and these data are not in one",
            )
            .remedy("import them first: predilect import FILE -o STUDY, then predilect serve STUDY --runs"));
        };
        if self.budget.is_some_and(|budget| !(budget >= 0.0 && budget.is_finite())) {
            return Err(Problem::bad_request("the budget is not a number of at least 0"));
        }
        let read = ReadOptions::default();
        let inputs = [study.to_owned()];
        let within = Within { inputs: &inputs, output: None, read: &read };
        let calls = CallOptions {
            dry: self.dry_run,
            budget: self.budget,
            retry_failed: self.retry_failed,
            ..CallOptions::default()
        };
        match self.verb {
            Verb::Judge => {
                let request = JudgeRequest {
                    models: vec![self.model.clone()],
                    filter: self.filter.clone(),
                    name: self.name.clone(),
                    method: self.named(&Method::ALL)?,
                    orders: self.orders.unwrap_or(Orders::Both),
                    calls,
                    ..JudgeRequest::default()
                };
                Ok(Ready::Judge(Arc::new(Judging::begin(&request, &within, watch)?)))
            }
            Verb::Annotate => {
                let usual = AnnotateRequest::of(self.model.clone());
                let request = AnnotateRequest {
                    filter: self.filter.clone(),
                    name: self.name.clone(),
                    method: self.named(&RateMethod::ALL)?,
                    orders: self.orders.unwrap_or(usual.orders),
                    properties: self.properties.clone(),
                    calls,
                    ..usual
                };
                Ok(Ready::Annotate(Box::new(Annotating::begin(&request, &within, watch)?)))
            }
        }
    }

    /// The method that was named, among those of the verb.
    fn named<T: Copy>(&self, all: &[(T, &'static str)]) -> Result<Option<T>, Problem> {
        let Some(wanted) = &self.method else { return Ok(None) };
        match all.iter().find(|(_, name)| name == wanted) {
            Some((method, _)) => Ok(Some(*method)),
            None => Err(Problem::bad_request(format!("there is no method `{wanted}`")).remedy(format!(
                "it is one of {}",
                all.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(", ")
            ))),
        }
    }

    /// What the run would take. Nothing is changed or sent.
    pub(crate) fn forecast(&self, served: &Served, watch: &dyn Watch) -> Result<Forecast, Problem> {
        let dry = Self { dry_run: true, ..self.clone() };
        let plans: Vec<CallPlan> = match dry.ready(served, watch)? {
            Ready::Judge(judging) => judging.plans()?,
            Ready::Annotate(annotating) => annotating.plans()?,
        };
        let sum = |of: fn(&CallPlan) -> Option<f64>| plans.iter().map(of).sum::<Option<f64>>();
        let cost = sum(|plan| plan.price).zip(sum(|plan| plan.price_with_reasoning));
        Ok(Forecast {
            calls: plans.iter().map(|plan| plan.calls).sum(),
            logged: plans.iter().map(|plan| plan.logged).sum(),
            cost: cost.map(|(low, high)| Cost { low, high, currency: "USD" }),
        })
    }

    /// Starts the run on a separate thread; whatever ends it, what was answered is kept, and starting the same run again resumes it.
    pub(crate) fn start(&self, runs: &Runs, served: &Arc<Served>) -> Result<Arc<Run>, Problem> {
        // Models are opened with the run's own switch: the request that starts it ends long before it.
        let run = Arc::new(Run::of(&served.id, self));
        let ready = self.ready(served, &*run)?;
        if let Ready::Judge(judging) = &ready {
            *run.judging.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::clone(judging));
        }
        runs.add(Arc::clone(&run));
        // Whether it can be offered again after an accident is no reason not to run.
        let _ = served.study().map(|study| begun(study, &self.asked));
        let (own, served) = (Arc::clone(&run), Arc::clone(served));
        std::thread::spawn(move || {
            let watch: &dyn Watch = &*own;
            let ended = match ready {
                Ready::Judge(judging) => judging.run(watch).map(|ran| (Found::Judge(ran.found), ran.stopped)),
                Ready::Annotate(annotating) => {
                    annotating.run(watch).map(|ran| (Found::Annotate(Box::new(ran.found)), ran.stopped))
                }
            };
            // What was asked is part of the study now, and others may write it.
            *own.judging.lock().unwrap_or_else(PoisonError::into_inner) = None;
            served.forget();
            let failed = |problem: Problem| match problem.kind {
                "stopped" | "waiting" => End::Stopped,
                _ => End::Failed { detail: problem.detail, remedy: problem.remedy },
            };
            if matches!(ended, Ok((_, None))) {
                let _ = served.study().map(|study| unfinished::ended(study, &own.asked));
            }
            let mut state = own.locked();
            match ended {
                Ok((found, stopped)) => {
                    state.end = Some(stopped.map_or(End::Done, |error| failed(error.into())));
                    state.found = Some(found);
                }
                Err(error) => state.end = Some(failed(error.into())),
            }
        });
        Ok(run)
    }
}
