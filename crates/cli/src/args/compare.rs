//! What can be asked of judges: beside each other, and about one verdict.

use std::path::PathBuf;

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};
use predilect_workbench::Measure;

use super::read::ExampleArg;
use super::shared::{ModelArgs, TableArgs};

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
    /// Also, or without inputs only, the 33 judges published with Li et al. (2024): people and 32 language models
    #[arg(long)]
    pub(crate) published: bool,
    /// How likeness is measured: pearson, spearman, l1, l2
    #[arg(long, default_value_t = Measure::Pearson, value_name = "MEASURE", value_parser = measure())]
    pub(crate) measure: Measure,
    /// Resamples for intervals and stability
    #[arg(long, default_value_t = 1000, value_name = "N", value_parser = clap::value_parser!(u32).range(10..=100_000))]
    pub(crate) resamples: u32,
    /// A judge by which quality is told and for whom others may stand in (repeatable; default: judges named as people or gold)
    #[arg(long, value_name = "JUDGE")]
    pub(crate) reference: Vec<String>,
    /// The margin that label counts are for: half of a 95 % interval of a win rate, in percentage points
    #[arg(long, default_value_t = 3.0, value_name = "POINTS", value_parser = points)]
    pub(crate) margin: f64,
    /// Leave out the fits in which judges and groups learn from each other
    #[arg(long)]
    pub(crate) no_pooling: bool,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Keep the study here, with everything that was found as tables in Parquet
    #[arg(long, short, value_name = "STUDY")]
    pub(crate) output: Option<PathBuf>,
    /// Write the comparison as one HTML file
    #[arg(long, value_name = "REPORT.html")]
    pub(crate) html: Option<PathBuf>,
    /// With --html: one page to print, with findings, one plot, one table and three cautions; everything else is folded away
    #[arg(long, requires = "html")]
    pub(crate) brief: bool,
    /// Write the judge table as CSV to this file (-: to standard output, instead of everything else)
    #[arg(long, value_name = "FILE.csv")]
    pub(crate) csv: Option<PathBuf>,
    /// Write the judge table as Markdown to this file (-: to standard output, instead of everything else)
    #[arg(long, value_name = "FILE.md")]
    pub(crate) md: Option<PathBuf>,
    /// Print JSON instead of tables
    #[arg(long)]
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

fn points(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(x) if (0.1..=50.0).contains(&x) => Ok(x),
        _ => Err(format!("`{text}` is not a number from 0.1 to 50")),
    }
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
    /// Explain by the fit of this group instead of all pairs (with --group-by)
    #[arg(long, value_name = "GROUP", default_value = "all")]
    pub(crate) group: String,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Print JSON instead of a picture
    #[arg(long)]
    pub(crate) json: bool,
}
