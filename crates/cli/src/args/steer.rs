//! How an evaluation is moved, and whether weights are causes: what can be asked of `steer` and `verify`.

use std::path::PathBuf;

use clap::Args;
use predilect_steer::{Baseline, Choose, Protocol, SteerRequest, VerifyRequest};
use predilect_workbench::{Filter, FitOptions, Method, ModelSpec, SliceOptions};

use super::asking::{CallArgs, named};
use super::number::{trimmed, whole, within};
use super::read::{ExampleArg, ReadArgs, Verdicts};
use super::shared::{Global, RESULTS, ShowArgs};
use crate::problem::Problem;

/// `predilect steer`
#[derive(Debug, Args)]
pub(crate) struct SteerArgs {
    /// The study (or preference file) with the judge whose weights say what to ask for; not with --published
    #[arg(value_name = "STUDY", required_unless_present_any = ["published", "example"])]
    pub(crate) study: Option<PathBuf>,
    /// Use an example that comes with Predilect instead: llmfao or local-judge
    #[arg(long, conflicts_with_all = ["study", "published"], value_enum, value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// The judge of the study whose weights say what to ask for
    #[arg(long, value_name = "NAME", required_unless_present = "published")]
    pub(crate) judge: Option<String>,
    /// Use the published weights of a judge of Li et al. (2024) instead, e.g. gpt-4-1106-preview; they have no intervals
    #[arg(long, value_name = "NAME", conflicts_with_all = ["study", "judge"])]
    pub(crate) published: Option<String>,
    /// Fit the weights on pairs and verdicts that match this filter only, as for `predilect dissect`
    #[arg(long = "where", value_name = "FILTER", conflicts_with = "published")]
    pub(crate) filter: Option<Filter>,
    /// The prompts: JSON Lines with `id` and `prompt` (and, where known, `scenario` and `reference`), AlpacaEval's `alpaca_eval.json`, MT-Bench's
    /// `question.jsonl`, or any preference file
    #[arg(long, value_name = "FILE")]
    pub(crate) prompts: PathBuf,
    /// The field that contains the prompt, where several could
    #[arg(long, value_name = "FIELD")]
    pub(crate) prompt_field: Option<String>,
    /// pairwise: win rates against the plain responses; `alpaca_eval`: against a baseline's, raw and with length held equal; `mt_bench`:
    /// grades from 1 to 10 (default: what the file of prompts implies)
    #[arg(long, value_name = "PROTOCOL", value_parser = named(&Protocol::ALL))]
    pub(crate) protocol: Option<Protocol>,
    /// MT-Bench's `reference_answer` file, whose answers the judge is shown for mathematics, reasoning and code
    #[arg(long, value_name = "FILE")]
    pub(crate) references: Option<PathBuf>,
    /// How many turns to ask, where prompts have two
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = whole::<u8>(1..=2))]
    pub(crate) turns: u8,
    /// The model under test, as for `predilect judge`
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: ModelSpec,
    /// A model that judges the responses: the judge itself, and others as held-out judges (repeatable; default: the judge, where the study
    /// keeps which model it is)
    #[arg(long = "judge-model", value_name = "MODEL")]
    pub(crate) judge_models: Vec<ModelSpec>,
    /// How judges are asked, as for `predilect judge` (default: scored where they return token probabilities; MT-Bench: graded)
    #[arg(long, value_name = "METHOD", value_parser = named(&Method::ALL))]
    pub(crate) method: Option<Method>,
    /// The responses to compare with: a file of outputs as AlpacaEval has them, or a model that is asked as well (default: the outputs in the
    /// file of prompts, else the plain arm)
    #[arg(long, value_name = "FILE|MODEL")]
    pub(crate) baseline: Option<String>,
    /// Ask for at most this many properties
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = whole::<u8>(1..=29))]
    pub(crate) top: u8,
    /// group: ask for what is rewarded in each prompt's group; overall: ask for the same on every prompt
    #[arg(long, default_value = "overall", value_name = "BY", action = clap::ArgAction::Set, value_parser = named(&BY))]
    pub(crate) by: bool,
    /// strongest: the largest weights, each in the direction that is rewarded, and the reverse; paper: more of the highest, and more of the lowest
    #[arg(long, default_value = "strongest", value_name = "HOW", value_parser = named(&Choose::ALL))]
    pub(crate) choose: Choose,
    /// Ask only for properties whose sign has at least this probability; 0.5 goes by the means alone
    #[arg(long, default_value_t = 0.9, value_name = "P", value_parser = within(0.5..=1.0, "a probability from 0.5 to 1"))]
    pub(crate) sure: f64,
    /// Properties not to ask for: ids, separated by commas (a shift that remains without length is not due to length)
    #[arg(long, value_delimiter = ',', value_name = "IDS", value_parser = trimmed)]
    pub(crate) without: Vec<String>,
    /// plain: no message; aligned: what the judge rewards; opposed: the reverse; placebo: what hardly moves it; null: one text for every
    /// prompt; or the name of a message of your own. With a baseline, plain alone compares two models
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "plain,aligned,opposed,placebo,null",
        value_name = "ARMS",
        value_parser = trimmed
    )]
    pub(crate) arms: Vec<String>,
    /// Use only the first N prompts of the file
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=u64::MAX))]
    pub(crate) limit: Option<u32>,
    /// Maximum number of tokens of a response
    #[arg(long, default_value_t = 512, value_name = "TOKENS", value_parser = whole::<u32>(1..=1_000_000))]
    pub(crate) max_tokens: u32,
    /// Temperature of the model under test
    #[arg(long, default_value_t = 0.7, value_name = "T", value_parser = within(0.0..=2.0, "a temperature from 0 to 2"))]
    pub(crate) temperature: f64,
    /// Who rates the responses, to check whether they do what was asked for: text, or a model as for `predilect annotate`
    #[arg(long, default_value = "text", value_name = "text|MODEL")]
    pub(crate) annotator: String,
    /// A file of messages (TOML); what it leaves out is taken from Predilect's own. The study keeps the messages that were used as messages.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) messages: Option<PathBuf>,
    /// Do not try the judges on a few plain pairs first
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Properties to fit weights for: ids, separated by commas (default: all that are rated)
    #[arg(long, value_delimiter = ',', value_name = "IDS", value_parser = trimmed)]
    pub(crate) properties: Vec<String>,
    /// How soft verdicts count, in weights and in what is measured: as they are, or as the side they favour (the paper's way with token
    /// probabilities, and the better one for a judge that favours a position)
    #[arg(long, value_enum, default_value_t = Verdicts::Soft, value_name = "HOW")]
    pub(crate) verdicts: Verdicts,
    /// Whose ratings the weights are fitted to, where several annotators have rated: a name in the data, or text
    #[arg(long, value_name = "NAME")]
    pub(crate) ratings_of: Option<String>,
    /// Leave out grammar and spelling, by far the slowest rating
    #[arg(long)]
    pub(crate) no_grammar: bool,
    /// Seed for sampling, orders and resampling
    #[arg(long, default_value_t = 0, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// The study folder: responses, verdicts, tables and the log of all calls; the same command resumes there
    #[arg(long, short, value_name = "STUDY", help_heading = RESULTS)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

const BY: [(bool, &str); 2] = [(true, "group"), (false, "overall")];

impl SteerArgs {
    /// The question, as the library takes it.
    pub(crate) fn request(&self, global: &Global) -> Result<SteerRequest, Problem> {
        let slice = SliceOptions {
            grammar: !self.no_grammar,
            filter: self.filter.clone(),
            properties: self.properties.clone(),
            annotator: self.ratings_of.clone(),
            hard: self.verdicts == Verdicts::Hard,
            ..SliceOptions::default()
        };
        Ok(SteerRequest {
            judge: self.published.clone().or_else(|| self.judge.clone()).unwrap_or_default(),
            published: self.published.is_some(),
            prompts: self.prompts.clone(),
            prompt_field: self.prompt_field.clone(),
            protocol: self.protocol,
            references: self.references.clone(),
            turns: self.turns,
            model: self.model.clone(),
            judge_models: self.judge_models.clone(),
            method: self.method,
            baseline: self.baseline.as_deref().map(baseline).transpose()?,
            top: usize::from(self.top),
            by_group: self.by,
            choose: self.choose,
            sure: self.sure,
            without: self.without.clone(),
            arms: self.arms.clone(),
            limit: self.limit.map(|most| most as usize),
            max_tokens: self.max_tokens,
            temperature: self.temperature,
            annotator: annotator(&self.annotator)?,
            seed: self.seed,
            messages: self.messages.clone(),
            probe: !self.no_probe,
            slice,
            fit: FitOptions::default(),
            calls: self.calls.options(global),
        })
    }
}

/// A file, or else a model.
fn baseline(text: &str) -> Result<Baseline, Problem> {
    let path = PathBuf::from(text);
    if path.exists() {
        return Ok(Baseline::File(path));
    }
    text.parse::<ModelSpec>().map(Baseline::Model).map_err(|e| {
        Problem::new(format!("--baseline {text} is neither an existing file nor a model ({e})")).remedy(
            "give a file of outputs (JSON with `instruction` and `output`), or a model as for --model",
        )
    })
}

/// `predilect verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The study (or preference files) with the pairs to edit and the judge whose weights are tested
    #[arg(required_unless_present = "example", value_name = "STUDY")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Use an example that comes with Predilect instead: llmfao or local-judge
    #[arg(long, conflicts_with = "inputs", value_enum, value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// The model that judges, as for `predilect judge`
    #[arg(long, value_name = "MODEL")]
    pub(crate) judge_model: ModelSpec,
    /// The judge of the study whose weights are tested (default: the one with the model's name)
    #[arg(long, value_name = "NAME")]
    pub(crate) weights_of: Option<String>,
    /// How the model is asked, as for `predilect judge` (default: scored where it returns token probabilities, else generated)
    #[arg(long, value_name = "METHOD", value_parser = named(&Method::ALL))]
    pub(crate) method: Option<Method>,
    /// A model that rewrites responses where no rule can (default: edits by rule only)
    #[arg(long, value_name = "MODEL")]
    pub(crate) writer: Option<ModelSpec>,
    /// Who rates responses before and after an edit, to check that it moved its property and few others: text, or a model as for `predilect
    /// annotate`, with which properties can be edited that only a model can rate
    #[arg(long, default_value = "text", value_name = "text|MODEL")]
    pub(crate) annotator: String,
    /// Only these properties: ids (repeatable, or separated by commas; default: all that can be edited)
    #[arg(long, value_delimiter = ',', value_name = "ID", value_parser = trimmed)]
    pub(crate) property: Vec<String>,
    /// Edit this many pairs for each property and direction
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = whole::<u32>(1..=100_000))]
    pub(crate) pairs: u32,
    /// Drop edits that move more than this many other properties
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = whole::<u8>(0..=29))]
    pub(crate) most_others: u8,
    /// Afterwards, have the losing responses of this many pairs tell the judge to choose them, in six ways
    #[arg(long, default_value_t = 0, value_name = "PAIRS", value_parser = whole::<u32>(0..=u64::MAX))]
    pub(crate) attacks: u32,
    /// Do not try the judge on a few plain pairs first
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Maximum number of tokens of a rewritten response
    #[arg(long, default_value_t = 1024, value_name = "TOKENS", value_parser = whole::<u32>(1..=1_000_000))]
    pub(crate) max_tokens: u32,
    /// Seed for the choice of pairs and sides, and for resampling
    #[arg(long, default_value_t = 0, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) table: ReadAndTable,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// The study folder: edited pairs, verdicts, tables and the log of all calls; the same command resumes there
    #[arg(long, short, value_name = "STUDY", help_heading = RESULTS)]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

/// What is read, and which part of it is edited.
#[derive(Debug, Args)]
pub(crate) struct ReadAndTable {
    /// Only pairs and verdicts that match this filter, as for `predilect dissect`
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
    /// Properties to fit weights for: ids, separated by commas (default: all that are rated)
    #[arg(long, value_delimiter = ',', value_name = "IDS", value_parser = trimmed)]
    pub(crate) properties: Vec<String>,
    /// How soft verdicts count, in weights and in what is measured: as they are, or as the side they favour (the paper's way with token
    /// probabilities, and the better one for a judge that favours a position)
    #[arg(long, value_enum, default_value_t = Verdicts::Soft, value_name = "HOW")]
    pub(crate) verdicts: Verdicts,
    /// Whose ratings the weights are fitted to, where several annotators have rated: a name in the data, or text
    #[arg(long, value_name = "NAME")]
    pub(crate) ratings_of: Option<String>,
    /// Leave out grammar and spelling, by far the slowest rating
    #[arg(long)]
    pub(crate) no_grammar: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

/// The model that rates; `None` for text analysis.
fn annotator(named: &str) -> Result<Option<ModelSpec>, Problem> {
    if named == "text" {
        return Ok(None);
    }
    named.parse().map(Some).map_err(|e| {
        Problem::new(format!("--annotator {named}: {e}")).remedy("give text, or a model as for --model")
    })
}

impl VerifyArgs {
    /// The question, as the library takes it.
    pub(crate) fn request(&self, global: &Global) -> Result<VerifyRequest, Problem> {
        Ok(VerifyRequest {
            judge_model: self.judge_model.clone(),
            weights_of: self.weights_of.clone(),
            method: self.method,
            writer: self.writer.clone(),
            annotator: annotator(&self.annotator)?,
            properties: self.property.clone(),
            pairs: self.pairs as usize,
            most_others: usize::from(self.most_others),
            attacks: self.attacks as usize,
            probe: !self.no_probe,
            max_tokens: self.max_tokens,
            seed: self.seed,
            slice: SliceOptions {
                filter: self.table.filter.clone(),
                grammar: !self.table.no_grammar,
                properties: self.table.properties.clone(),
                people: self.table.read.judges.into(),
                annotator: self.table.ratings_of.clone(),
                hard: self.table.verdicts == Verdicts::Hard,
                ..SliceOptions::default()
            },
            fit: FitOptions::default(),
            calls: self.calls.options(global),
        })
    }
}
