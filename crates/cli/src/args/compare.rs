//! What can be asked of judges: how they compare, and why one verdict came out as it did.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use predilect_workbench::Measure;

use super::number::{whole, within};
use super::read::ExampleArg;
use super::shared::{ModelArgs, RESULTS, TableArgs};

/// `predilect compare`
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags are independent of each other")]
pub(crate) struct CompareArgs {
    /// Preference files or folders, `-` for standard input, or one study folder: with several judges on the same pairs
    #[arg(required_unless_present_any = ["example", "published"], value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Compare the judges of an example that comes with Predilect: llmfao or local-judge
    #[arg(long, conflicts_with = "inputs", value_enum, num_args = 0..=1, default_missing_value = "llmfao", value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// Add the 33 judges published with Li et al. (2024), people and 32 language models; without inputs, compare them alone
    #[arg(long)]
    pub(crate) published: bool,
    /// How similarity is measured: pearson, spearman, l1, l2
    #[arg(long, default_value_t = Measure::Pearson, value_name = "MEASURE", value_parser = measure())]
    pub(crate) measure: Measure,
    /// Number of resamples for intervals and stability
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = whole::<u32>(10..=100_000))]
    pub(crate) resamples: u32,
    /// A reference judge: its verdicts say which response is better, and the other judges are tested as surrogates for it (repeatable; default: judges named as people or gold)
    #[arg(long, value_name = "JUDGE")]
    pub(crate) reference: Vec<String>,
    /// The margin of error for which the labels needed are counted: half the width of a win rate's 95 % interval, in percentage points
    #[arg(long, default_value_t = 3.0, value_name = "POINTS", value_parser = within(0.1..=50.0, "a number from 0.1 to 50"))]
    pub(crate) margin: f64,
    /// Leave out the fits in which judges and groups learn from each other
    #[arg(long)]
    pub(crate) no_pooling: bool,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Keep the study here, with everything that was found as tables in Parquet
    #[arg(long, short, value_name = "STUDY", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
    /// Write the comparison as one HTML file
    #[arg(long, value_name = "REPORT.html", help_heading = RESULTS)]
    pub(crate) html: Option<PathBuf>,
    /// With --html: one page to print, with findings, one plot, one table and three cautions; everything else is folded away
    #[arg(long, requires = "html", help_heading = RESULTS)]
    pub(crate) brief: bool,
    /// Write the judge table as CSV to this file (-: to standard output, instead of everything else)
    #[arg(long, value_name = "FILE.csv", help_heading = RESULTS)]
    pub(crate) csv: Option<PathBuf>,
    /// Write the judge table as Markdown to this file (-: to standard output, instead of everything else)
    #[arg(long, value_name = "FILE.md", help_heading = RESULTS)]
    pub(crate) md: Option<PathBuf>,
    /// Print JSON instead of tables
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

fn measure() -> impl TypedValueParser<Value = Measure> {
    PossibleValuesParser::new(Measure::ALL.map(|(_, name)| name)).map(|name| {
        Measure::ALL
            .into_iter()
            .find(|(_, known)| *known == name)
            .map_or(Measure::Pearson, |(measure, _)| measure)
    })
}

/// `predilect explain`
#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// Preference files or folders, `-` for standard input, or one study folder
    #[arg(required_unless_present = "example", value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Explain a verdict of an example that comes with Predilect: llmfao or local-judge
    #[arg(long, conflicts_with = "inputs", value_enum, num_args = 0..=1, default_missing_value = "llmfao", value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// The pair: its id, or #N for the N-th pair that was read
    #[arg(long, value_name = "ID", required_unless_present = "all")]
    pub(crate) pair: Option<String>,
    /// Explain every verdict (of every judge, or of --judge) in one table in Parquet, a row per verdict and property
    #[arg(long, value_name = "FILE.parquet", conflicts_with_all = ["pair", "json"])]
    pub(crate) all: Option<PathBuf>,
    /// Explain with the fit of this group instead of that of all pairs (with --group-by)
    #[arg(long, value_name = "GROUP", default_value = "all")]
    pub(crate) group: String,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Print JSON instead of a chart
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}
