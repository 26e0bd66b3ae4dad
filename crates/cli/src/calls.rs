//! How the flags for language models become a runner, and what is said of its runs.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

use predilect_llm::{
    CallError, CallLog, Fault, HttpOptions, LogError, Model, ModelSpec, Outcome, Plan, PriceError, Prices,
    Reasoning, Request, RunOptions, Runner, Stop, Totals, connect,
};
use predilect_types::Pair;
use predilect_types::shown::line;
use predilect_workbench::studies::Chosen;
use serde::Serialize;

use crate::args::{CallArgs, Global};
use crate::output::print_json;
use crate::problem::Problem;
use crate::signals;

/// Pairs whose questions are in memory at once.
const WINDOW: usize = 4096;

/// The name of the log in a study.
const LOG: &str = "calls.sqlite";

/// A model that is ready to be asked.
pub(crate) fn model(spec: &ModelSpec, args: &CallArgs, global: &Global) -> Result<Box<dyn Model>, Problem> {
    if spec.provider.is_local() && (args.reasoning.is_some() || args.reasoning_tokens.is_some()) {
        return Err(Problem::new(format!("{spec} runs in this process, where models answer at once"))
            .remedy("leave --reasoning and --reasoning-tokens out"));
    }
    #[cfg(feature = "local")]
    if spec.provider.is_local() {
        return local(spec, args, global);
    }
    let _ = global;
    let reasoning = Reasoning { effort: args.reasoning, tokens: args.reasoning_tokens };
    let usual = if reasoning.room(spec) > 0 { 600 } else { 120 };
    let options = HttpOptions {
        timeout: Duration::from_secs(u64::from(args.timeout.unwrap_or(usual))),
        connections: usize::from(args.concurrency),
        reasoning,
        silent: args.dry_run || args.offline,
    };
    Ok(connect(spec, &options)?)
}

/// What a model is called in a study unless the user says otherwise; another effort is another judge.
pub(crate) fn named(spec: &ModelSpec, args: &CallArgs) -> String {
    match args.reasoning {
        None => spec.model.clone(),
        Some(effort) => format!("{} reasoning {}", spec.model, effort.as_str()),
    }
}

/// A model in this process; what has to be downloaded shows its progress.
#[cfg(feature = "local")]
fn local(spec: &ModelSpec, args: &CallArgs, global: &Global) -> Result<Box<dyn Model>, Problem> {
    use predilect_llm_local::{LocalOptions, open};
    let options = LocalOptions { context: args.context, threads: global.threads.map(u32::from) };
    let mut download: Option<indicatif::ProgressBar> = None;
    let model = open(spec, &options, &mut |state| {
        let bar =
            download.get_or_insert_with(|| crate::progress::bar(global.quiet, state.total, "download", true));
        bar.set_position(state.done);
    })?;
    if let Some(bar) = download {
        bar.finish_and_clear();
    }
    Ok(Box::new(model))
}

/// The log of a study's calls.
pub(crate) fn log(folder: &Path) -> Result<CallLog, Problem> {
    Ok(CallLog::open(&folder.join(LOG))?)
}

/// The log as a dry run sees it: nothing is made where there is none.
pub(crate) fn log_if_there(folder: &Path) -> Result<CallLog, Problem> {
    if folder.join(LOG).is_file() { log(folder) } else { Ok(CallLog::in_memory()?) }
}

/// How a model is asked.
pub(crate) fn options(args: &CallArgs, spec: &ModelSpec) -> Result<RunOptions, Problem> {
    let mut prices = Prices::builtin();
    if let Some(path) = &args.prices {
        prices = prices.with(path).map_err(|e| Problem::new(e.to_string()).remedy(PriceError::REMEDY))?;
    }
    let price = prices.find(&spec.to_string()).map(|price| if args.batch { price.in_batch() } else { price });
    if args.budget.is_some() && price.is_none() {
        return Err(Problem::new(format!("--budget needs a price, and none is known for {spec}"))
            .remedy("give one with --prices FILE: date = \"...\", [[price]] model, input, output (USD per million tokens)"));
    }
    Ok(RunOptions {
        concurrency: usize::from(args.concurrency),
        retries: u32::from(args.retries),
        wait: Duration::from_secs_f64(args.retry_wait),
        budget: args.budget,
        retry_failed: args.retry_failed,
        offline: args.offline,
        batch: args.batch,
        batch_calls: args.batch_size as usize,
        price,
        cancel: signals::cancel(),
    })
}

/// US dollars as they are said.
pub(crate) fn dollars(price: Option<f64>) -> String {
    match price {
        None => "price not known".to_owned(),
        Some(0.0) => "0 USD".to_owned(),
        Some(price) if price < 0.01 => format!("{price:.5} USD"),
        Some(price) => format!("{price:.2} USD"),
    }
}

/// What the calls of a run took; the field names are those that programs read.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct Spent {
    calls: u64,
    retries: u64,
    from_log: u64,
    failed: u64,
    tokens: u64,
    price: Option<f64>,
}

impl Spent {
    /// In US dollars; none where prices are not known.
    pub(crate) fn price(&self) -> Option<f64> {
        self.price
    }

    /// Tokens and price, as they are said.
    pub(crate) fn bill(&self) -> String {
        format!("{} tokens, {}", self.tokens, dollars(self.price))
    }
}

impl From<&Totals> for Spent {
    fn from(total: &Totals) -> Self {
        Self {
            calls: total.calls,
            retries: total.retries,
            from_log: total.from_log,
            failed: total.failed,
            tokens: total.usage.input + total.usage.output,
            price: total.price,
        }
    }
}

impl std::ops::AddAssign for Spent {
    /// The price of the sum is known where both are.
    fn add_assign(&mut self, other: Self) {
        self.calls += other.calls;
        self.retries += other.retries;
        self.from_log += other.from_log;
        self.failed += other.failed;
        self.tokens += other.tokens;
        self.price = self.price.zip(other.price).map(|(a, b)| a + b);
    }
}

impl std::fmt::Display for Spent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "{} ({} repeated, {} failed), {} answers from the log; {}",
            self.calls,
            self.retries,
            self.failed,
            self.from_log,
            self.bill()
        )
    }
}

/// Hands the pairs with text to `work`, a window at a time.
pub(crate) fn windows(
    study: &Chosen,
    mut work: impl FnMut(&[Pair]) -> Result<bool, Problem>,
) -> Result<(), Problem> {
    let mut window: Vec<Pair> = Vec::new();
    let mut row = 0;
    for batch in study.pairs()? {
        let taken = batch?.into_iter().filter(|pair| {
            row += 1;
            pair.has_text() && study.takes(row - 1)
        });
        window.extend(taken);
        while window.len() >= WINDOW {
            let rest = window.split_off(WINDOW);
            if !work(&window)? {
                return Ok(());
            }
            window = rest;
        }
    }
    if !window.is_empty() {
        work(&window)?;
    }
    Ok(())
}

/// What asking these questions about all pairs would take.
pub(crate) fn plan(
    runner: &Runner<'_>,
    study: &Chosen,
    mut requests: impl FnMut(&Pair) -> Vec<Request>,
) -> Result<Plan, Problem> {
    let mut sum = Plan::nothing(runner.options.price);
    windows(study, |pairs| {
        let requests: Vec<Request> = pairs.iter().flat_map(&mut requests).collect();
        sum = sum.plus(runner.plan(&requests)?);
        if signals::is_cancelled() {
            return Err(Problem::stopped());
        }
        Ok(true)
    })?;
    Ok(sum)
}

/// Says what runs would take, one model a line.
pub(crate) fn print_plans(plans: &[(&str, Plan)], json: bool) -> Result<(), Problem> {
    if json {
        let list: Vec<_> = plans
            .iter()
            .map(|(name, p)| {
                serde_json::json!({"name": name, "questions": p.questions, "logged": p.logged, "calls": p.calls,
                    "input_tokens": p.input_tokens, "output_tokens": p.output_tokens, "reasoning_tokens": p.reasoning_tokens,
                    "price": p.price, "price_with_reasoning": p.price_with_reasoning})
            })
            .collect();
        return print_json(&list);
    }
    let mut out = anstream::stdout().lock();
    for (name, p) in plans {
        writeln!(
            out,
            "{name}: {} calls to make ({} of {} questions are answered), about {} tokens to read and at most {} to write, about {}",
            p.calls,
            p.logged,
            p.questions,
            p.input_tokens,
            p.output_tokens,
            dollars(p.price)
        )?;
        if p.reasoning_tokens > 0 {
            writeln!(
                out,
                "  its reasoning comes on top: at most {} tokens, {} in all if it always used them up",
                p.reasoning_tokens,
                dollars(p.price_with_reasoning)
            )?;
        }
    }
    Ok(())
}

/// Failed questions by kind, each with a message.
#[derive(Debug, Default, Serialize)]
#[serde(transparent)]
pub(crate) struct Failures(BTreeMap<&'static str, Failure>);

#[derive(Debug, Serialize)]
struct Failure {
    questions: u64,
    example: String,
}

impl Failures {
    /// Counts those of one window.
    pub(crate) fn add(&mut self, outcomes: &[Vec<Option<Outcome>>]) {
        for error in outcomes.iter().flatten().flatten().filter_map(|outcome| outcome.answer.as_ref().err()) {
            let new = || Failure { questions: 0, example: error.message.clone() };
            self.0.entry(error.fault.as_str()).or_insert_with(new).questions += 1;
        }
    }

    /// The problem of a run of which no answer could be read although none stopped it.
    pub(crate) fn nothing_but(&self, read: u64) -> Option<Problem> {
        let (kind, Failure { example, .. }) = self.0.iter().next().filter(|_| read == 0)?;
        let problem = Problem::new(format!("no question was answered, e.g. {example}"));
        if *kind == Fault::Connection.as_str() {
            return Some(problem.remedy("is a server running at that address, and is its port right?"));
        }
        Some(problem)
    }

    /// Whether so many questions found no server at all.
    pub(crate) fn no_server(&self, questions: u64) -> bool {
        self.0.get(Fault::Connection.as_str()).is_some_and(|failure| failure.questions == questions)
    }

    /// A line a kind.
    pub(crate) fn print(&self, out: &mut (impl Write + ?Sized)) -> std::io::Result<()> {
        for (kind, Failure { questions, example }) in &self.0 {
            let kind = kind.replace('_', " ");
            writeln!(out, "  failed         {questions} x {kind}, e.g. {}", line(example))?;
        }
        Ok(())
    }
}

/// Adds what one window took.
pub(crate) fn add(sum: &mut Totals, more: &Totals) {
    sum.calls += more.calls;
    sum.retries += more.retries;
    sum.from_log += more.from_log;
    sum.failed += more.failed;
    sum.usage = sum.usage.plus(more.usage);
    sum.price = sum.price.zip(more.price).map(|(a, b)| a + b);
}

/// Keeps why a run stopped; whether the next window may be asked. Batches of every window are handed over.
pub(crate) fn go_on(stopped: &mut Option<Stop>, stop: Option<Stop>) -> bool {
    match (stopped.take(), stop) {
        (Some(Stop::Batch { waiting }), Some(Stop::Batch { waiting: more })) => {
            *stopped = Some(Stop::Batch { waiting: waiting + more });
            true
        }
        (Some(Stop::Batch { waiting }), None) => {
            *stopped = Some(Stop::Batch { waiting });
            true
        }
        (_, stop) => {
            let going = stop.is_none() || matches!(stop, Some(Stop::Batch { .. }));
            *stopped = stop;
            going
        }
    }
}

/// Why a run ended early, as the user sees it.
pub(crate) fn stopped(stop: Stop, budget: Option<f64>) -> Problem {
    match stop {
        Stop::Cancelled => Problem::stopped(),
        Stop::Budget => Problem::new(format!("the budget of {} is used up", dollars(budget))),
        Stop::Fault(error) => Problem::from(error),
        Stop::Log(error) => Problem::from(error),
        Stop::Batch { waiting } => Problem::waiting(format!(
            "{waiting} questions wait in batches of the provider, which answers within a day"
        )),
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let problem = Self::new(error.message);
        match error.remedy {
            Some(remedy) => problem.remedy(remedy),
            None => problem,
        }
    }
}

impl From<LogError> for Problem {
    fn from(error: LogError) -> Self {
        Self::new(error.to_string()).remedy("is another program using the study, or the disk full?")
    }
}
