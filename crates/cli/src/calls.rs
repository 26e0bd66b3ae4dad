//! How the flags for language models become a runner, and what is said of its runs.

use std::path::Path;
use std::time::Duration;

use predilect_llm::{
    CallError, CallLog, HttpOptions, LogError, Model, ModelSpec, Prices, RunOptions, connect,
};

use crate::args::CallArgs;
use crate::problem::Problem;

/// The name of the log in a study.
const LOG: &str = "calls.sqlite";

/// A model that is ready to be asked.
pub(crate) fn model(spec: &ModelSpec, args: &CallArgs) -> Result<Box<dyn Model>, Problem> {
    let options = HttpOptions {
        timeout: Duration::from_secs(u64::from(args.timeout)),
        connections: usize::from(args.concurrency),
    };
    Ok(connect(spec, &options)?)
}

/// The log of a study's calls.
pub(crate) fn log(folder: &Path) -> Result<CallLog, Problem> {
    Ok(CallLog::open(&folder.join(LOG))?)
}

/// How a model is asked.
pub(crate) fn options(args: &CallArgs, model: &dyn Model) -> Result<RunOptions, Problem> {
    let mut prices = Prices::builtin();
    if let Some(path) = &args.prices {
        prices = prices.with(path).map_err(|e| Problem::new(e.to_string()))?;
    }
    let price = prices.find(model.name());
    if args.budget.is_some() && price.is_none() {
        return Err(Problem::new(format!("--budget needs a price, and none is known for {}", model.name()))
            .remedy("give one with --prices FILE: date = \"...\", [[price]] model, input, output (USD per million tokens)"));
    }
    Ok(RunOptions {
        concurrency: usize::from(args.concurrency),
        retries: u32::from(args.retries),
        wait: Duration::from_secs_f64(args.retry_wait),
        budget: args.budget,
        retry_failed: args.retry_failed,
        offline: args.offline,
        price,
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
