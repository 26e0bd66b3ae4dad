//! What can be asked of language models: verdicts, ratings, and how they are called.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use predilect_workbench::{
    AnnotateRequest, CallOptions, Effort, Enforce, Filter, JudgeRequest, Jury as OfJudges, Method, ModelSpec,
    Orders, RateMethod, name_problem,
};

use super::number::{not_negative, trimmed, whole};
use super::read::ReadArgs;
use super::shared::{CALLS, Global, RESULTS};

/// `predilect annotate`
#[derive(Debug, Args)]
pub(crate) struct AnnotateArgs {
    /// Preference files or folders, or one study folder
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Ask only about pairs that match this filter, e.g. 'scenario = code and judge(human) != judge("gpt-4.1-mini")'
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
    /// The model, as for `predilect judge`
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: ModelSpec,
    /// The annotator's name in the study (default: the model's)
    #[arg(long, value_name = "NAME", value_parser = plain_name)]
    pub(crate) name: Option<String>,
    /// Properties to rate: ids, separated by commas (default: all of the 29 except length, which is counted from the text; errors
    /// only where there is a reference answer)
    #[arg(long, value_delimiter = ',', value_name = "IDS", value_parser = trimmed)]
    pub(crate) properties: Vec<String>,
    /// A file (TOML) that removes, rewords or adds properties: a list `remove` or `only` of ids, then a table `[[property]]` for
    /// each property with `id`, `description` and, optionally, `label`, `scale` (likert or stance) and `needs_request` (true or false)
    #[arg(long, value_name = "FILE")]
    pub(crate) property_set: Option<PathBuf>,
    /// How a rating is read: scored (expected value over the probabilities of the levels) or generated (a form in JSON);
    /// default: scored for a model in this process, generated for a provider, which would have to read the pair for every level
    #[arg(long, value_name = "METHOD", value_parser = named(&RateMethod::ALL))]
    pub(crate) method: Option<RateMethod>,
    /// Show each response alone instead of both together
    #[arg(long)]
    pub(crate) single: bool,
    /// The order in which responses are shown: random (by seed), both (averaged), ab
    #[arg(long, default_value = "random", value_name = "ORDERS", value_parser = named(&Orders::ALL))]
    pub(crate) orders: Orders,
    /// A strong model that answers each request: errors are counted against its answers
    #[arg(long, value_name = "MODEL")]
    pub(crate) reference_model: Option<ModelSpec>,
    /// The field of the data that contains a reference answer
    #[arg(long, value_name = "FIELD", conflicts_with = "reference_model")]
    pub(crate) reference_field: Option<String>,
    /// Also sort requests without a scenario into the paper's eleven, so that dissect can fit each separately
    #[arg(long)]
    pub(crate) scenarios: bool,
    /// Seed for random orders; also sent to models that accept one
    #[arg(long, default_value_t = 0, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// The study folder: tables and the log of all calls (default: the given study)
    #[arg(long, short, value_name = "STUDY", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

impl AnnotateArgs {
    /// The question, as the library takes it.
    pub(crate) fn request(&self, global: &Global) -> AnnotateRequest {
        AnnotateRequest {
            model: self.model.clone(),
            filter: self.filter.clone(),
            name: self.name.clone(),
            properties: self.properties.clone(),
            property_set: self.property_set.clone(),
            method: self.method,
            single: self.single,
            orders: self.orders,
            reference_model: self.reference_model.clone(),
            reference_field: self.reference_field.clone(),
            scenarios: self.scenarios,
            seed: self.seed,
            calls: self.calls.options(global),
        }
    }
}

/// `predilect judge`
#[derive(Debug, Args)]
pub(crate) struct JudgeArgs {
    /// Preference files or folders, or one study folder
    #[arg(required_unless_present = "probe", value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Ask only about pairs that match this filter, e.g. 'scenario = code and judge(human) != judge("gpt-4.1-mini")'
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
    /// The model: openai:MODEL, anthropic:MODEL, gemini:MODEL, openrouter:MODEL, azure:DEPLOYMENT, ollama:MODEL, the address of
    /// a server that speaks OpenAI's protocol, followed by #MODEL, or, in a build with local models, gguf:PATH or
    /// hf:ORGANISATION/NAME/FILE (repeatable)
    #[arg(long, required = true, value_name = "MODEL")]
    pub(crate) model: Vec<ModelSpec>,
    /// Judge nothing: ask each model some thirty small questions, and say what can be read, which method to use and what it costs
    #[arg(long, conflicts_with_all = ["inputs", "output", "jury", "attacks"])]
    pub(crate) probe: bool,
    /// The judge's name in the study (default: the model's); with a single --model only
    #[arg(long, value_name = "NAME", value_parser = plain_name)]
    pub(crate) name: Option<String>,
    /// scored: probabilities of A and B; generated: a written verdict; reasoned: a verdict after reasons; graded: a grade from 1 to
    /// 10 for each response alone; mt-bench, arena-hard: a comparison that ends with that benchmark's verdict in brackets; reward: the
    /// scores of a reward model (default: scored where the model returns probabilities, else generated)
    #[arg(long, value_name = "METHOD", value_parser = named(&Method::ALL))]
    pub(crate) method: Option<Method>,
    /// The order in which responses are shown: both (averaged), random (by seed), ab
    #[arg(long, default_value = "both", value_name = "ORDERS", value_parser = named(&Orders::ALL))]
    pub(crate) orders: Orders,
    /// Add a jury of all these judges as a separate judge: mean or majority (repeatable)
    #[arg(long, value_enum, value_name = "KIND")]
    pub(crate) jury: Vec<Jury>,
    /// Afterwards, have the losing responses of this many pairs tell each judge to choose them, in six ways, and report how often that works
    #[arg(long, default_value_t = 0, value_name = "PAIRS", value_parser = whole::<usize>(0..=u64::MAX))]
    pub(crate) attacks: usize,
    /// Seed for random orders; also sent to models that accept one
    #[arg(long, default_value_t = 0, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// The study folder: tables and the log of all calls (default: the given study)
    #[arg(long, short, value_name = "STUDY", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

impl JudgeArgs {
    /// The question, as the library takes it.
    pub(crate) fn request(&self, global: &Global) -> JudgeRequest {
        JudgeRequest {
            models: self.model.clone(),
            filter: self.filter.clone(),
            name: self.name.clone(),
            method: self.method,
            orders: self.orders,
            juries: self.jury.iter().copied().map(Into::into).collect(),
            attacks: self.attacks,
            seed: self.seed,
            references: false,
            last_turn: false,
            calls: self.calls.options(global),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Jury {
    /// The mean of the judges' verdicts
    Mean,
    /// The side that more judges favour
    Majority,
}

impl From<Jury> for OfJudges {
    fn from(jury: Jury) -> Self {
        match jury {
            Jury::Mean => Self::Mean,
            Jury::Majority => Self::Majority,
        }
    }
}

/// How often and how long a server is asked.
#[derive(Debug, Args)]
#[command(next_help_heading = CALLS)]
pub(crate) struct TryArgs {
    /// Maximum number of calls at once; fewer are made while the server asks for fewer
    #[arg(long, default_value_t = 16, value_name = "N", value_parser = whole::<u16>(1..=1024))]
    pub(crate) concurrency: u16,
    /// How often to repeat a call that may succeed later
    #[arg(long, default_value_t = 6, value_name = "N", value_parser = whole::<u16>(0..=100))]
    pub(crate) retries: u16,
    /// The wait in seconds before the first repetition; it doubles each time
    #[arg(long, default_value_t = 0.5, value_name = "SECONDS", value_parser = not_negative)]
    pub(crate) retry_wait: f64,
    /// How long an answer may take, in seconds (default: 120; 600 where a model reasons first, since a second try is paid for again)
    #[arg(long, value_name = "SECONDS", value_parser = whole::<u32>(1..=3600))]
    pub(crate) timeout: Option<u32>,
}

impl TryArgs {
    /// The same, as the library takes it; everything else as it is without options.
    pub(crate) fn options(&self, global: &Global) -> CallOptions {
        CallOptions {
            concurrency: self.concurrency,
            retries: self.retries,
            retry_wait: self.retry_wait,
            timeout: self.timeout,
            threads: global.threads,
            ..CallOptions::default()
        }
    }
}

/// How language models are called.
#[derive(Debug, Args)]
#[command(next_help_heading = CALLS)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct CallArgs {
    /// Say how many calls would be made and what they would cost, and make none
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// Stop before more than this many US dollars are spent
    #[arg(long, value_name = "USD", value_parser = not_negative)]
    pub(crate) budget: Option<f64>,
    /// A table of prices (TOML) that takes precedence over the built-in one
    #[arg(long, value_name = "FILE")]
    pub(crate) prices: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) tries: TryArgs,
    /// How strictly the provider is to enforce the JSON of written answers: schema, object, or nothing (for servers that cannot)
    #[arg(long, default_value = "schema", value_name = "HOW", value_parser = named(&Enforce::ALL))]
    pub(crate) enforce: Enforce,
    /// How hard a reasoning model reasons before it answers: none, minimal, low, medium, high, xhigh or max, as far as its
    /// provider supports these (default: the provider's own)
    #[arg(long, value_name = "EFFORT", value_parser = named(&Effort::ALL))]
    pub(crate) reasoning: Option<Effort>,
    /// Maximum number of reasoning tokens before an answer (default: 8192 where the model's name shows that it reasons, else 0)
    #[arg(long, value_name = "TOKENS", value_parser = whole::<u32>(0..=1_000_000))]
    pub(crate) reasoning_tokens: Option<u32>,
    /// Ask again the questions that failed for good in an earlier run, e.g. because a filter withheld the answer
    #[arg(long)]
    pub(crate) retry_failed: bool,
    /// Make no calls: read the logged answers again
    #[arg(long, conflicts_with = "retry_failed")]
    pub(crate) offline: bool,
    /// Submit questions in the provider's batches (OpenAI, Anthropic: answered within a day, at half the price), and fetch the
    /// answers of batches that have ended; run the command again until none is waiting
    #[arg(long, conflicts_with = "offline")]
    pub(crate) batch: bool,
    /// Maximum number of questions in one batch; make it smaller where the account limits how many may be in progress: the rest is
    /// then submitted by later runs
    #[arg(long, value_name = "N", default_value_t = 50_000, requires = "batch", value_parser = whole::<u32>(1..=50_000))]
    pub(crate) batch_size: u32,
    /// Context size, in tokens, of a model in this process; memory use grows with it
    #[cfg(feature = "local")]
    #[arg(long, default_value_t = 8192, value_name = "TOKENS", value_parser = whole::<u32>(256..=1_048_576))]
    pub(crate) context: u32,
}

impl CallArgs {
    /// The same, as the library takes it.
    pub(crate) fn options(&self, global: &Global) -> CallOptions {
        CallOptions {
            dry: self.dry_run,
            budget: self.budget,
            prices: self.prices.clone(),
            enforce: self.enforce,
            reasoning: self.reasoning,
            reasoning_tokens: self.reasoning_tokens,
            retry_failed: self.retry_failed,
            offline: self.offline,
            batch: self.batch,
            batch_size: self.batch_size,
            #[cfg(feature = "local")]
            context: self.context,
            ..self.tries.options(global)
        }
    }
}

/// Reads one of some named choices.
pub(super) fn named<T: Copy + Send + Sync + 'static>(
    choices: &'static [(T, &'static str)],
) -> impl TypedValueParser<Value = T> {
    PossibleValuesParser::new(choices.iter().map(|(_, name)| *name)).map(|name| {
        let found = choices.iter().find(|(_, known)| *known == name);
        found.or(choices.first()).map(|(value, _)| *value).expect("a choice")
    })
}

/// A name for tables and messages: one line of a length that can be read.
fn plain_name(text: &str) -> Result<String, String> {
    name_problem(text).map_or_else(|| Ok(text.to_owned()), Err)
}
