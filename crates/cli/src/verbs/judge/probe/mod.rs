//! `predilect judge --probe`: what does a model tell when it is asked to judge? Some thirty small questions, before a run is paid for.

mod habits;

use std::io::Write;
use std::time::Instant;

use predilect_annotate::Parse;
use predilect_annotate::judge::{Call, JudgeOptions, Method, Orders, asks, judged};
use predilect_llm::{CallLog, Fault, Model, ModelSpec, Outcome, RunOptions, Runner, Stop, Totals};
use predilect_types::shown::line;
use predilect_types::{Message, Pair, Response};
use serde::Serialize;

use super::requests;
use crate::args::{Global, JudgeArgs};
use crate::calls::{self, Failures, dollars};
use crate::output::print_json;
use crate::problem::Problem;
use crate::unread::Unread;
use habits::Habits;

/// Requests with a good response and one that is plainly none.
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

/// Below this share of probability on the letters, written verdicts say more.
const MASS: f64 = 0.5;

/// What a model does with one way of asking.
#[derive(Debug, Default, Serialize)]
struct Way {
    method: &'static str,
    /// Questions asked, and how many of their answers could be read.
    questions: u64,
    read: u64,
    /// Pairs whose good response won, of those with a verdict.
    right: u64,
    verdicts: u64,
    /// Verdicts for the response shown first, of those that could be read.
    first: u64,
    /// The mean share of probability on the letters.
    mass: Option<f64>,
    /// Why it cannot be asked in this way.
    refused: Option<String>,
    unread: Unread,
    failures: Failures,
    calls: u64,
    tokens: u64,
    price: Option<f64>,
    seconds: f64,
}

#[derive(Debug, Serialize)]
struct Report {
    model: String,
    ways: Vec<Way>,
    habits: Option<Habits>,
    /// What it is asked without, or otherwise, in sentences.
    remarks: Vec<String>,
    /// The method that a run should use; none where no answer could be read.
    method: Option<&'static str>,
    /// Why.
    because: String,
    /// What speaks against this judge, in sentences.
    cautions: Vec<String>,
    /// Of judging a thousand pairs of about this size in both orders, where prices are known.
    price_of_thousand: Option<f64>,
}

pub(super) fn run(args: &JudgeArgs, global: &Global) -> Result<(), Problem> {
    let mut reports = Vec::new();
    let mut stopped = None;
    for spec in &args.model {
        let (report, stop) = probe(spec, args, global)?;
        reports.push(report);
        stopped = stop.or(stopped);
    }
    if args.json {
        print_json(&reports)?;
    } else {
        let mut out = anstream::stdout().lock();
        for report in &reports {
            print(report, &mut out)?;
        }
    }
    match (stopped, reports.iter().find(|report| report.method.is_none())) {
        (Some(problem), _) => Err(problem),
        (None, Some(report)) => Err(Problem::new(format!("no answer of {} could be read", report.model))
            .remedy("another model or server is needed, or another way to ask: what came is shown above")),
        (None, None) => Ok(()),
    }
}

/// How often a question is asked again at most.
const RETRIES: u32 = 2;

fn probe(spec: &ModelSpec, args: &JudgeArgs, global: &Global) -> Result<(Report, Option<Problem>), Problem> {
    let model = calls::model(spec, &args.calls, global)?;
    let mut run = calls::options(&args.calls, spec)?;
    // Somebody waits for a probe.
    run.retries = run.retries.min(RETRIES);
    let can = model.capabilities();
    let methods = match args.method {
        Some(only) => vec![only],
        None if can.next => vec![Method::Scored, Method::Generated],
        None => vec![Method::Generated],
    };
    let log = CallLog::in_memory()?;
    let mut ways = Vec::new();
    let mut stopped = None;
    for method in methods {
        let (way, stop) = ask(model.as_ref(), &log, &run, method, args);
        run.budget = run.budget.map(|budget| budget - way.price.unwrap_or(0.0));
        let no_server = way.failures.no_server(way.questions).then(|| way.failures.nothing_but(0)).flatten();
        ways.push(way);
        if no_server.is_some() {
            stopped = no_server;
            break;
        }
        // A way that the model cannot be asked in is a finding; what stops all others is none.
        let fatal = match stop {
            Some(Stop::Fault(error)) if finding(error.fault) => {
                if let Some(way) = ways.last_mut() {
                    way.refused = Some(error.message);
                }
                None
            }
            Some(stop) => Some(calls::stopped(stop, run.budget)),
            None => None,
        };
        if fatal.is_some() {
            stopped = fatal;
            break;
        }
    }
    let mut totals = Totals { price: run.price.map(|_| 0.0), ..Totals::default() };
    let habits = stopped.is_none().then(|| habits::observe(model.as_ref(), &run, &mut totals));
    let (method, because) = advice(&ways, args.method);
    let chosen = ways.iter().find(|way| Some(way.method) == method);
    let price_of_thousand = chosen.and_then(|way| Some(way.price? * 1000.0 / PAIRS.len() as f64));
    let report = Report {
        model: model.name().to_owned(),
        remarks: model.remarks(),
        method,
        because,
        cautions: chosen.map(cautions).unwrap_or_default(),
        price_of_thousand,
        habits,
        ways,
    };
    Ok((report, stopped))
}

/// Whether a failure tells of one way of asking only.
fn finding(fault: Fault) -> bool {
    matches!(fault, Fault::Unsupported | Fault::NoProbabilities | Fault::NoRoom)
}

fn ask(
    model: &dyn Model,
    log: &CallLog,
    run: &RunOptions,
    method: Method,
    args: &JudgeArgs,
) -> (Way, Option<Stop>) {
    let options = JudgeOptions { method, orders: Orders::Both, seed: args.seed, ..JudgeOptions::default() };
    // The good response is A in every other pair.
    let pairs: Vec<(Pair, bool)> = PAIRS
        .iter()
        .enumerate()
        .map(|(at, (request, good, bad))| {
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
        })
        .collect();
    let asked: Vec<_> = pairs.iter().map(|(pair, _)| asks(pair, &options)).collect();
    let groups: Vec<_> = asked.iter().map(|asks| requests(asks, args.calls.enforce)).collect();
    let began = Instant::now();
    let report = Runner { model, log, options: run.clone() }.run(&groups, &|| {});
    let mut way = Way { method: method.as_str(), ..Way::default() };
    let Totals { calls, usage, price, .. } = report.totals;
    (way.calls, way.tokens, way.price) = (calls, usage.input + usage.output, price);
    way.seconds = began.elapsed().as_secs_f64();
    way.failures.add(&report.outcomes);
    let (mut masses, mut with_mass) = (0.0, 0_u32);
    for (((pair, good_is_a), asks), own) in pairs.iter().zip(&asked).zip(&report.outcomes) {
        let answered: Vec<Option<Outcome>> = own.clone();
        let result = judged(&pair.id, "probe", asks, &answered, &options);
        way.questions += own.iter().flatten().count() as u64;
        way.read += result.calls.iter().filter(|call| Parse::is_read(call.parse)).count() as u64;
        way.unread.add(own, result.calls.iter().map(|call| call.parse));
        way.first += result.calls.iter().filter(|call| call.position() == Some(1.0)).count() as u64;
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

/// What speaks against a judge who is asked in that way. Nobody could differ on these pairs.
fn cautions(way: &Way) -> Vec<String> {
    let mut cautions = Vec::new();
    if way.read > 1 && (way.first == way.read || way.first == 0) {
        let place = if way.first == 0 { "second" } else { "first" };
        cautions.push(format!(
            "in every question it preferred the response shown {place}: ask in both orders, or take another judge"
        ));
    }
    if way.right * 2 <= way.questions / 2 {
        cautions.push(format!(
            "the good response won {} of {} pairs, no more than by chance: its verdicts will mean nothing",
            way.right,
            way.questions / 2
        ));
    }
    cautions
}

/// The method to use, and why.
fn advice(ways: &[Way], wanted: Option<Method>) -> (Option<&'static str>, String) {
    let whole = |way: &&Way| way.questions > 0 && way.read == way.questions;
    let scored = ways.iter().find(|way| way.method == Method::Scored.as_str());
    let written = ways.iter().find(|way| way.method == Method::Generated.as_str());
    if let Some(wanted) = wanted {
        let read = ways.iter().any(|way| way.read > 0);
        let said = if read { "it was asked for" } else { "nothing could be read" };
        return (read.then(|| wanted.as_str()), said.to_owned());
    }
    let enough = |way: &&Way| way.mass.is_some_and(|mass| mass >= MASS);
    if let Some(way) = scored.filter(whole).filter(enough) {
        return (
            Some(way.method),
            "it returns the probabilities of both letters, and most of the mass is on them".to_owned(),
        );
    }
    // Little of the mass may still tell more than words that always name the same place.
    if let Some(way) = scored.filter(whole)
        && written.is_some_and(|written| written.read > 0 && written.right < way.right)
    {
        return (Some(way.method), "its written verdicts are right less often".to_owned());
    }
    if let Some(way) = written.filter(|way| way.read > 0) {
        let why = match scored {
            None => "it returns no token probabilities",
            Some(Way { refused: Some(_), .. }) => "it refuses to return token probabilities",
            Some(way) if way.read < way.questions => "it does not return the probabilities of both letters",
            Some(_) => "little of the probability mass is on the letters",
        };
        return (Some(way.method), why.to_owned());
    }
    match scored.filter(|way| way.read > 0) {
        Some(way) => (Some(way.method), "its written verdicts cannot be read".to_owned()),
        None => (None, "nothing could be read".to_owned()),
    }
}

fn print(report: &Report, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{}", report.model)?;
    for way in &report.ways {
        let mass = way.mass.map_or_else(String::new, |mass| {
            format!(", {:.0} % of the probability on the letters", 100.0 * mass)
        });
        writeln!(
            out,
            "  {:<10} {} of {} answers read{mass}; the good response won {} of {}, the one shown first {} of {}",
            way.method, way.read, way.questions, way.right, way.verdicts, way.first, way.read
        )?;
        writeln!(
            out,
            "             {} calls, {} tokens, {}, {:.1} s",
            way.calls,
            way.tokens,
            dollars(way.price),
            way.seconds
        )?;
        if let Some(why) = &way.refused {
            writeln!(out, "             refused: {}", line(why))?;
        }
        way.failures.print(out)?;
        way.unread.print(out)?;
    }
    if let Some(habits) = &report.habits {
        habits.print(out)?;
    }
    for remark in &report.remarks {
        writeln!(out, "  remark     {remark}")?;
    }
    match report.method {
        Some(method) => writeln!(out, "  use        --method {method}: {}", report.because)?,
        None => writeln!(out, "  use        none: {}", report.because)?,
    }
    for caution in &report.cautions {
        writeln!(out, "  caution    {caution}")?;
    }
    if let Some(price) = report.price_of_thousand {
        writeln!(
            out,
            "  price      about {} for a thousand pairs as short as these, in both orders",
            dollars(Some(price))
        )?;
    }
    Ok(())
}
