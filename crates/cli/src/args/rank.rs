//! What can be asked about models: how strong each one is.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use predilect_workbench::Encoding;
use predilect_workbench::rank::{HELD_AS, RankMethod};

use predilect_workbench::Filter;

use super::number::{trimmed, whole, within};
use super::read::{ExampleArg, ReadArgs};
use super::shared::RESULTS;

/// `predilect rank`
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags are independent of each other")]
pub(crate) struct RankArgs {
    /// Preference files or folders with named models, `-` for standard input, or one study folder
    #[arg(required_unless_present = "example", value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Rank the models of an example that comes with Predilect: llmfao or local-judge
    #[arg(long, conflicts_with = "inputs", value_enum, num_args = 0..=1, default_missing_value = "llmfao", value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// How scores are computed: bradley-terry (a tie counts as half a win), rao-kupper, davidson, elo, win-rate, lc (AlpacaEval's
    /// length-controlled win rate against a baseline)
    #[arg(long, default_value_t = RankMethod::BradleyTerry, value_name = "METHOD", value_parser = method())]
    pub(crate) method: RankMethod,
    /// Properties to control for: ids, separated by commas, such as length or lists; style means length,headings,lists,bold
    /// (Bradley-Terry methods only)
    #[arg(long, value_delimiter = ',', value_name = "IDS", value_parser = trimmed)]
    pub(crate) control: Vec<String>,
    /// A model whose score is fixed, so that scores stay comparable when models are added: NAME or NAME=POINTS
    #[arg(long, value_name = "MODEL[=POINTS]")]
    pub(crate) anchor: Option<String>,
    /// lc: the model that all others are compared with (default: the one in every pair)
    #[arg(long, value_name = "MODEL")]
    pub(crate) baseline: Option<String>,
    /// lc: estimate from the other models how hard each prompt is and what length does, and keep that fixed in each model's fit; needs 5
    /// models or more (default: AlpacaEval's own difficulties where all prompts and the baseline are AlpacaEval's, else none)
    #[arg(long, conflicts_with = "minimal")]
    pub(crate) difficulty: bool,
    /// lc: leave out the difficulty of prompts
    #[arg(long)]
    pub(crate) minimal: bool,
    /// lc: a model that is the baseline itself under another instruction (verbose, concise); it shows what length does where nothing
    /// else differs (repeatable)
    #[arg(long, value_name = "MODEL")]
    pub(crate) variant: Vec<String>,
    /// Precision of a normal prior on the scores in log-odds; it keeps scores finite where a model never won or never lost
    #[arg(long, default_value_t = 0.0, value_name = "PRECISION", value_parser = within(0.0..=1e6, "a number from 0 to 1,000,000"))]
    pub(crate) prior: f64,
    /// Leave out models with fewer verdicts than this, and the verdicts on them, until all that remain have that many
    #[arg(long, default_value_t = 0, value_name = "N", value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) min_verdicts: u64,
    /// Intervals by a bootstrap over prompts with this many resamples (default: sandwich intervals, clustered by prompt)
    #[arg(long, value_name = "N", value_parser = whole::<u32>(10..=100_000))]
    pub(crate) bootstrap: Option<u32>,
    /// Treat verdicts on one prompt as independent of each other: narrower intervals, as other tools give them
    #[arg(long)]
    pub(crate) independent: bool,
    /// Only pairs and verdicts that match this filter, e.g. 'scenario = code and words(a) > words(b)'
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
    /// Only the verdicts of these judges (repeatable)
    #[arg(long, value_name = "JUDGE")]
    pub(crate) judge: Vec<String>,
    /// How controls become features: relative ((A - B) / (A + B) of lengths and counts), normalised (within -1 and 1), difference,
    /// comparison (-1, 0, 1)
    #[arg(long, default_value_t = HELD_AS, value_name = "HOW")]
    pub(crate) encoding: Encoding,
    /// Seed for the bootstrap
    #[arg(long, default_value_t = 0, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// Write the leaderboard as tables in Parquet into this folder
    #[arg(long, short, value_name = "STUDY", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
    /// Write the leaderboard as one HTML file; with --control it has both boards, the raw one and the one with those properties held equal
    #[arg(long, value_name = "BOARD.html", help_heading = RESULTS)]
    pub(crate) html: Option<PathBuf>,
    /// With --html: one page to print, with findings, one plot, one table and three cautions; everything else is folded away
    #[arg(long, requires = "html", help_heading = RESULTS)]
    pub(crate) brief: bool,
    /// Print JSON instead of a table
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

fn method() -> impl TypedValueParser<Value = RankMethod> {
    PossibleValuesParser::new(RankMethod::ALL.map(|(_, name)| name))
        .map(|name| name.parse().unwrap_or_default())
}
