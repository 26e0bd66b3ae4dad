//! What does a model return when it is asked to judge? Some thirty small questions, before a run is paid for.

mod advice;
mod habits;

use std::path::Path;
use std::time::Instant;

use predilect_annotate::judge::{Call, JudgeOptions, Method, Orders, asks, judged};
use predilect_llm::{CallLog, Fault, Model, ModelSpec, Request, RunOptions, Runner, Stop, Totals};
use predilect_results::asked::{CallPlan, Probe, Way};
use predilect_types::{Message, Pair, Response};

use crate::asking::{Failed, Ran, Unreadable, pauses, planned, stopped as why};
use crate::error::{Error, Result};
use crate::judging::judge::requests;
use crate::judging::request::JudgeRequest;
use crate::studies::CALLS;
use crate::watch::Watch;
use advice::{advice, cautions};

/// Requests with a good response and one that is plainly not an answer.
const PAIRS: [(&str, &str, &str); 6] = [
    ("What is the capital of France?", "The capital of France is Paris.", "Bananas grow in bunches."),
    (
        "How long should I boil an egg to get it hard?",
        "About ten minutes in boiling water.",
        "The moon is made of cheese.",
    ),
    (
        "Name a colour of the rainbow.",
        "Green is one of them.",
        "I will not say anything about that, go away.",
    ),
    ("What is 7 times 8?", "7 times 8 is 56.", "7 times 8 is a very nice song about the sea."),
    ("Translate 'good morning' into Spanish.", "Buenos d\u{ed}as.", "Good morning is what people say."),
    (
        "Which is heavier, a truck or a feather?",
        "A truck is far heavier than a feather.",
        "Feather feather feather feather.",
    ),
];

/// How often a question is asked again at most.
const RETRIES: u32 = 2;

/// What was found of each model.
pub type Probed = Ran<Vec<Probe>>;

/// Asks each model some thirty small questions, before a run is paid for.
///
/// # Errors
///
/// When a model cannot be reached in that way.
pub fn probe(request: &JudgeRequest, watch: &dyn Watch) -> Result<Probed> {
    probe_all(request, None, watch)
}

/// The same questions about pairs, answered from the log of a folder where it has them, and kept there; what a model makes of schemas and seeds
/// is left out.
///
/// # Errors
///
/// When a model cannot be reached in that way, or the log cannot be written.
pub fn probe_kept(request: &JudgeRequest, folder: &Path, watch: &dyn Watch) -> Result<Probed> {
    let log = CallLog::open(&folder.join(CALLS))?;
    probe_all(request, Some(&log), watch)
}

fn probe_all(request: &JudgeRequest, log: Option<&CallLog>, watch: &dyn Watch) -> Result<Probed> {
    let mut found = Vec::new();
    let mut stopped = None;
    for spec in &request.models {
        let (probe, stop) = probe_one(spec, (request, log), watch)?;
        found.push(probe);
        stopped = stop.or(stopped);
    }
    Ok(Ran { found, stopped })
}

/// What [`probe_kept`] would ask of these models, one after the other.
///
/// # Errors
///
/// When a model cannot be asked in that way.
pub fn probe_plans(request: &JudgeRequest, watch: &dyn Watch) -> Result<Vec<CallPlan>> {
    let one = |spec: &ModelSpec| {
        let model = request.calls.model(spec, watch)?;
        let options = request.calls.run(spec, watch)?;
        let mut all: Vec<Request> = Vec::new();
        for method in methods(model.as_ref(), request) {
            let options =
                JudgeOptions { method, orders: Orders::Both, seed: request.seed, ..JudgeOptions::default() };
            let asked: Vec<_> = pairs().iter().map(|(pair, _)| asks(pair, &options)).collect();
            all.extend(asked.iter().flat_map(|asks| requests(asks, request.calls.enforce)));
        }
        let log = CallLog::in_memory()?;
        let plan = Runner { model: model.as_ref(), log: &log, options }.plan(&all)?;
        Ok(planned(&format!("{} (tried before)", model.name()), &plan))
    };
    request.models.iter().map(one).collect()
}

/// The ways in which a model is asked.
fn methods(model: &dyn Model, request: &JudgeRequest) -> Vec<Method> {
    match request.method {
        Some(only) => vec![only],
        None if model.capabilities().next => vec![Method::Scored, Method::Generated],
        None => vec![Method::Generated],
    }
}

/// The pairs, and whether A is the good response: in every other one.
fn pairs() -> Vec<(Pair, bool)> {
    let one = |(at, (request, good, bad)): (usize, &(&str, &str, &str))| {
        let good_is_a = at % 2 == 0;
        let (a, b) = if good_is_a { (good, bad) } else { (bad, good) };
        let pair = Pair {
            id: format!("probe {at}"),
            prompt: vec![Message::user(*request)],
            response_a: Response::new(*a, None),
            response_b: Response::new(*b, None),
            ..Pair::default()
        };
        (pair, good_is_a)
    };
    PAIRS.iter().enumerate().map(one).collect()
}

fn probe_one(
    spec: &ModelSpec,
    (request, kept): (&JudgeRequest, Option<&CallLog>),
    watch: &dyn Watch,
) -> Result<(Probe, Option<Error>)> {
    let model = request.calls.model(spec, watch)?;
    let mut run = request.calls.run(spec, watch)?;
    // A user waits for a probe.
    run.retries = run.retries.min(RETRIES);
    let methods = methods(model.as_ref(), request);
    let own = CallLog::in_memory()?;
    let log = kept.unwrap_or(&own);
    let mut ways: Vec<Way> = Vec::new();
    let mut stopped = None;
    for method in methods {
        let (way, stop) = ask(model.as_ref(), log, (&run, watch), method, request);
        run.gone += way.price.unwrap_or(0.0);
        let no_server = way.failures.no_server(way.questions).then(|| way.failures.nothing_but(0)).flatten();
        ways.push(way);
        if no_server.is_some() {
            stopped = no_server;
            break;
        }
        // A way in which the model cannot be asked is a finding; an error that stops all ways is not.
        let fatal = match stop {
            Some(Stop::Fault(error)) if finding(error.fault) => {
                if let Some(way) = ways.last_mut() {
                    way.refused = Some(error.message);
                }
                None
            }
            Some(stop) => Some(why(stop, run.budget)),
            None => None,
        };
        if fatal.is_some() {
            stopped = fatal;
            break;
        }
    }
    let mut totals = Totals { price: run.price.map(|_| 0.0), ..Totals::default() };
    let habits = (stopped.is_none() && kept.is_none())
        .then(|| habits::observe(model.as_ref(), (&run, watch), &mut totals));
    let (method, because) = advice(&ways, request.method);
    let chosen = ways.iter().find(|way| Some(way.method.as_str()) == method);
    let price_of_thousand = chosen.and_then(|way| Some(way.price? * 1000.0 / PAIRS.len() as f64));
    let asked: Option<f64> = ways.iter().map(|way| way.price).sum();
    let price = asked.map(|price| price + totals.price.unwrap_or(0.0));
    let probe = Probe {
        model: model.name().to_owned(),
        remarks: model.remarks(),
        method: method.map(str::to_owned),
        because,
        cautions: chosen.map(cautions).unwrap_or_default(),
        price_of_thousand,
        price,
        habits,
        ways,
    };
    Ok((probe, stopped))
}

/// Whether a failure concerns one way of asking only.
fn finding(fault: Fault) -> bool {
    matches!(fault, Fault::Unsupported | Fault::NoProbabilities | Fault::NoRoom)
}

fn ask(
    model: &dyn Model,
    log: &CallLog,
    (run, watch): (&RunOptions, &dyn Watch),
    method: Method,
    request: &JudgeRequest,
) -> (Way, Option<Stop>) {
    let options =
        JudgeOptions { method, orders: Orders::Both, seed: request.seed, ..JudgeOptions::default() };
    let pairs = pairs();
    let asked: Vec<_> = pairs.iter().map(|(pair, _)| asks(pair, &options)).collect();
    let groups: Vec<_> = asked.iter().map(|asks| requests(asks, request.calls.enforce)).collect();
    let began = Instant::now();
    let report = Runner { model, log, options: run.clone() }.run(&groups, &pauses(watch));
    let mut way = Way { method: method.as_str().to_owned(), ..Way::default() };
    let Totals { calls, usage, price, .. } = report.totals;
    (way.calls, way.tokens, way.price) = (calls, usage.input + usage.output, price);
    way.seconds = began.elapsed().as_secs_f64();
    way.failures.add(&report.outcomes);
    let (mut masses, mut with_mass) = (0.0, 0_u32);
    for (((pair, good_is_a), asks), own) in pairs.iter().zip(&asked).zip(&report.outcomes) {
        let result = judged(&pair.id, "probe", asks, own, &options);
        way.questions += own.iter().flatten().count() as u64;
        way.read += result.calls.iter().filter(|call| call.parse.is_read()).count() as u64;
        way.unread.count(own, result.calls.iter().map(|call| call.parse));
        way.first += result.calls.iter().filter(|call| call.position() == Some(1.0)).count() as u64;
        way.second += result.calls.iter().filter(|call| call.position() == Some(-1.0)).count() as u64;
        for mass in result.calls.iter().filter_map(Call::mass) {
            masses += mass;
            with_mass += 1;
        }
        if let Some(verdict) = result.verdict {
            way.verdicts += 1;
            way.right += u64::from((verdict.p_a > 0.5) == *good_is_a && verdict.p_a != 0.5);
        }
    }
    way.mass = (with_mass > 0).then(|| masses / f64::from(with_mass));
    (way, report.stop)
}
