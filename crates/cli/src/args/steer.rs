//! How an evaluation is moved, and whether weights are causes: what can be asked of `steer` and `verify`.

use std::path::PathBuf;

use clap::Args;
use predilect_steer::{Baseline, Choose, Protocol, SteerRequest, VerifyRequest};
use predilect_workbench::{Filter, FitOptions, Method, ModelSpec, SliceOptions};

use super::asking::{CallArgs, named};
use super::read::{ExampleArg, ReadArgs, Verdicts};
use super::shared::{Global, ShowArgs};
use crate::problem::Problem;

/// `predilect steer`
#[derive(Debug, Args)]
pub(crate) struct SteerArgs {
    /// The study (or preference file) whose judge says what to ask for; none with --published
    #[arg(value_name = "STUDY", required_unless_present_any = ["published", "example"])]
    pub(crate) study: Option<PathBuf>,
    /// An example that comes with Predilect in its place: llmfao or local-judge
    #[arg(long, conflicts_with_all = ["study", "published"], value_enum, value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// The judge of the study whose weights say what to ask for
    #[arg(long, value_name = "NAME", required_unless_present = "published")]
    pub(crate) judge: Option<String>,
    /// A judge of Li et al. (2024) in its place, by its published weights, e.g. gpt-4-1106-preview; they have no intervals
    #[arg(long, value_name = "NAME", conflicts_with_all = ["study", "judge"])]
    pub(crate) published: Option<String>,
    /// The prompts: JSON Lines of `id` and `prompt` (where known `scenario`, `reference`), AlpacaEval's `alpaca_eval.json`, MT-Bench's
    /// `question.jsonl`, or any preference file
    #[arg(long, value_name = "FILE")]
    pub(crate) prompts: PathBuf,
    /// The field that holds the prompt, where several could
    #[arg(long, value_name = "FIELD")]
    pub(crate) prompt_field: Option<String>,
    /// pairwise: win rates against the plain responses; `alpaca_eval`: against a baseline's, with length held equal beside; `mt_bench`: grades
    /// from 1 to 10 (default: as the prompts' file says)
    #[arg(long, value_name = "PROTOCOL", value_parser = named(&Protocol::ALL))]
    pub(crate) protocol: Option<Protocol>,
    /// MT-Bench's `reference_answer` file, shown to the judge beside mathematics, reasoning and code
    #[arg(long, value_name = "FILE")]
    pub(crate) references: Option<PathBuf>,
    /// Turns that are asked, where prompts have two
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=2))]
    pub(crate) turns: u8,
    /// The model under test, as for `predilect judge`
    #[arg(long, value_name = "MODEL")]
    pub(crate) model: ModelSpec,
    /// A model that judges what it wrote: the judge itself, and others that are held out (repeatable)
    #[arg(long = "judge-model", required = true, value_name = "MODEL")]
    pub(crate) judge_models: Vec<ModelSpec>,
    /// How judges are asked, as for `predilect judge` (default: scored where they return token probabilities; MT-Bench: graded)
    #[arg(long, value_name = "METHOD", value_parser = named(&Method::ALL))]
    pub(crate) method: Option<Method>,
    /// Against whose responses: a file of outputs as AlpacaEval has them, or a model that is asked too (default: the outputs in the prompts'
    /// file, else the plain arm)
    #[arg(long, value_name = "FILE|MODEL")]
    pub(crate) baseline: Option<String>,
    /// Ask for so many properties at most
    #[arg(long, default_value_t = 3, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=29))]
    pub(crate) top: u8,
    /// Whether each group of prompts is told what is rewarded there, or all are told the same: group or overall
    #[arg(long, default_value = "overall", value_name = "BY", action = clap::ArgAction::Set, value_parser = named(&BY))]
    pub(crate) by: bool,
    /// strongest: the largest weights, each in the direction that is rewarded, and in reverse; paper: more of the highest, and more of the lowest
    #[arg(long, default_value = "strongest", value_name = "HOW", value_parser = named(&Choose::ALL))]
    pub(crate) choose: Choose,
    /// Ask only for properties whose sign is at least this sure; 0.5 takes them by their means
    #[arg(long, default_value_t = 0.9, value_name = "P", value_parser = sure)]
    pub(crate) sure: f64,
    /// Properties that are not asked for, by id and comma separated: what moves without length is not length
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    pub(crate) without: Vec<String>,
    /// plain: no message; aligned, opposed: what the judge rewards, and the reverse; placebo: what hardly moves it; null: one text for every
    /// prompt; or the name of a message of your own
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "plain,aligned,opposed,placebo,null",
        value_name = "ARMS"
    )]
    pub(crate) arms: Vec<String>,
    /// Take the first prompts of the file only
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: Option<u32>,
    /// The most tokens of a response
    #[arg(long, default_value_t = 512, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_tokens: u32,
    /// Temperature of the model under test
    #[arg(long, default_value_t = 0.7, value_name = "T", value_parser = temperature)]
    pub(crate) temperature: f64,
    /// Who rates the responses, to see whether they do what was asked: text, or a model as for `predilect annotate`
    #[arg(long, default_value = "text", value_name = "text|MODEL")]
    pub(crate) annotator: String,
    /// A file of messages (TOML): what it does not hold is ours. The study keeps the one that was used as messages.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) messages: Option<PathBuf>,
    /// Do not try the judges on a few plain pairs first
    #[arg(long)]
    pub(crate) no_probe: bool,
    /// Properties that weights are fitted for, by id and comma separated (default: all that are rated)
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    pub(crate) properties: Vec<String>,
    /// How soft verdicts count, in weights and in what is measured: as they are, or as the side they favour (the paper's way with token
    /// probabilities, and the better one with a judge that leans to a position)
    #[arg(long, value_enum, default_value_t = Verdicts::Soft, value_name = "HOW")]
    pub(crate) verdicts: Verdicts,
    /// Whose ratings the weights are fitted to, where several annotators have rated: a name in the data, or text
    #[arg(long, value_name = "NAME")]
    pub(crate) ratings_of: Option<String>,
    /// Leave out grammar and spelling, by far the slowest rating
    #[arg(long)]
    pub(crate) no_grammar: bool,
    /// Seed of sampling, orders and resampling
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// The study folder: responses, verdicts, tables and the log of all calls; the same command goes on there
    #[arg(long, short, value_name = "STUDY")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

const BY: [(bool, &str); 2] = [(true, "group"), (false, "overall")];

impl SteerArgs {
    /// The question, as the library takes it.
    pub(crate) fn request(&self, global: &Global) -> Result<SteerRequest, Problem> {
        let annotator = match self.annotator.as_str() {
            "text" => None,
            model => Some(model.parse::<ModelSpec>().map_err(|e| {
                Problem::new(format!("--annotator {model}: {e}"))
                    .remedy("give text, or a model as for --model")
            })?),
        };
        let slice = SliceOptions {
            grammar: !self.no_grammar,
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
            annotator,
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
        Problem::new(format!("--baseline {text} is neither a file that is there nor a model ({e})")).remedy(
            "give a file of outputs (JSON with `instruction` and `output`), or a model as for --model",
        )
    })
}

fn sure(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(p) if (0.0..=1.0).contains(&p) => Ok(p),
        _ => Err(format!("`{text}` is not a probability from 0 to 1")),
    }
}

fn temperature(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(t) if (0.0..=2.0).contains(&t) => Ok(t),
        _ => Err(format!("`{text}` is not a temperature from 0 to 2")),
    }
}

/// `predilect verify`
#[derive(Debug, Args)]
pub(crate) struct VerifyArgs {
    /// The study (or preference files) whose pairs are edited, and whose judge's weights are put to the test
    #[arg(required_unless_present = "example", value_name = "STUDY")]
    pub(crate) inputs: Vec<PathBuf>,
    /// An example that comes with Predilect in its place: llmfao or local-judge
    #[arg(long, conflicts_with = "inputs", value_enum, value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// The model that judges, as for `predilect judge`
    #[arg(long, value_name = "MODEL")]
    pub(crate) judge_model: ModelSpec,
    /// The judge of the study whose weights are put to the test (default: the one with the model's name)
    #[arg(long, value_name = "NAME")]
    pub(crate) weights_of: Option<String>,
    /// How the model is asked, as for `predilect judge` (default: scored where it returns token probabilities, else generated)
    #[arg(long, value_name = "METHOD", value_parser = named(&Method::ALL))]
    pub(crate) method: Option<Method>,
    /// A model that rewrites responses where no rule can (default: edits by rule only)
    #[arg(long, value_name = "MODEL")]
    pub(crate) writer: Option<ModelSpec>,
    /// Only these properties, by id (repeatable, or comma separated; default: all that can be edited)
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    pub(crate) property: Vec<String>,
    /// Edit so many pairs for each property and direction
    #[arg(long, default_value_t = 100, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) pairs: u32,
    /// Drop edits that move more than so many other properties
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = clap::value_parser!(u8).range(0..=29))]
    pub(crate) most_others: u8,
    /// Then let the losing responses of so many pairs tell the judge to choose them, in six ways
    #[arg(long, default_value_t = 0, value_name = "PAIRS")]
    pub(crate) attacks: u32,
    /// The most tokens of a rewritten response
    #[arg(long, default_value_t = 1024, value_name = "TOKENS", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) max_tokens: u32,
    /// Seed of the choice of pairs and sides, and of resampling
    #[arg(long, default_value_t = 0)]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) table: ReadAndTable,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// The study folder: edited pairs, verdicts, tables and the log of all calls; the same command goes on there
    #[arg(long, short, value_name = "STUDY")]
    pub(crate) output: PathBuf,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

/// What is read, and which part of it is edited.
#[derive(Debug, Args)]
pub(crate) struct ReadAndTable {
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Only pairs and verdicts for which this holds, as for `predilect dissect`
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
    /// Properties that weights are fitted for, by id and comma separated (default: all that are rated)
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    pub(crate) properties: Vec<String>,
    /// How soft verdicts count, in weights and in what is measured: as they are, or as the side they favour (the paper's way with token
    /// probabilities, and the better one with a judge that leans to a position)
    #[arg(long, value_enum, default_value_t = Verdicts::Soft, value_name = "HOW")]
    pub(crate) verdicts: Verdicts,
    /// Whose ratings the weights are fitted to, where several annotators have rated: a name in the data, or text
    #[arg(long, value_name = "NAME")]
    pub(crate) ratings_of: Option<String>,
    /// Leave out grammar and spelling, by far the slowest rating
    #[arg(long)]
    pub(crate) no_grammar: bool,
}

impl VerifyArgs {
    /// The question, as the library takes it.
    pub(crate) fn request(&self, global: &Global) -> VerifyRequest {
        VerifyRequest {
            judge_model: self.judge_model.clone(),
            weights_of: self.weights_of.clone(),
            method: self.method,
            writer: self.writer.clone(),
            properties: self.property.clone(),
            pairs: self.pairs as usize,
            most_others: usize::from(self.most_others),
            attacks: self.attacks as usize,
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
        }
    }
}
