//! What the user can ask for: verbs, flags, their help and their limits.

mod asking;
mod compare;
mod itself;
mod number;
mod rank;
mod read;
#[cfg(feature = "serve")]
mod serve;
mod shared;
mod steer;
#[cfg(feature = "train")]
mod train;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use predilect_workbench::ExportFormat;
use predilect_workbench::{Filter, Other};

use shared::RESULTS;

pub(crate) use asking::{AnnotateArgs, JudgeArgs};
pub(crate) use compare::{CompareArgs, ExplainArgs};
pub(crate) use itself::{CompletionsArgs, DoctorArgs, FormatsArgs, ManArgs, RerunArgs, ValidityArgs};
pub(crate) use rank::RankArgs;
pub(crate) use read::{BadRow, ExampleArg, ReadArgs, inputs};
#[cfg(feature = "serve")]
pub(crate) use serve::ServeArgs;
pub(crate) use shared::{Global, ModelArgs, ShowArgs, TableArgs};
pub(crate) use steer::{SteerArgs, VerifyArgs};
#[cfg(feature = "train")]
pub(crate) use train::{RankingArgs, TrainArgs};

/// Dissect preferences: what a judge of responses rewards, how surely, and in which scenario.
#[derive(Debug, Parser)]
#[command(name = "predilect", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// The main job: read pairs and verdicts, rate the responses, fit each judge, show what it rewards
    Dissect(DissectArgs),
    /// Compute a study's results again, with the options they were made with, or repeat the question behind a saved result
    Rerun(RerunArgs),
    /// Read preference files into a study folder (Parquet tables that any tool can read)
    Import(ImportArgs),
    /// Rate the responses of a study on properties with a language model
    Annotate(AnnotateArgs),
    /// Collect a language model's own verdicts on the pairs of a study
    Judge(JudgeArgs),
    /// Compare judges: which reward alike, which agree with each other, where exactly they differ
    Compare(CompareArgs),
    /// Explain one verdict: how much each property moved it
    Explain(ExplainArgs),
    /// Rank the models: a leaderboard from verdicts, raw or controlled for length, style or any property
    Rank(RankArgs),
    /// Move an evaluation by what its judge rewards: tell a model to write that way, and measure how its score changes
    Steer(SteerArgs),
    /// Change one property of a response at a time and judge again: which of the weights are causes?
    Verify(VerifyArgs),
    /// Align a small language model with a judge's verdicts, or with what its weights predict for each pair
    #[cfg(feature = "train")]
    Train(TrainArgs),
    /// Measure whether a model ranks pairs as their labels do, and how well it could
    #[cfg(feature = "train")]
    RankingAccuracy(RankingArgs),
    /// Serve a page in the browser: every filter is a question, and what judges reward is the answer
    #[cfg(feature = "serve")]
    Serve(ServeArgs),
    /// Fit the preference model to any CSV or Parquet table of numeric features
    Fit(FitArgs),
    /// Write a study in another tool's format
    Export(ExportArgs),
    /// Check ratings against pairs of texts whose order on a property is known
    Validity(ValidityArgs),
    /// List the formats that are read and written, or show one
    Formats(FormatsArgs),
    /// Say what works on this machine, and what to do about what does not
    Doctor(DoctorArgs),
    /// Print completions for a shell: bash, zsh, fish, powershell, elvish
    Completions(CompletionsArgs),
    /// Write manual pages, one for each command
    Man(ManArgs),
}

impl Verb {
    /// Whether grammar is among what it rates.
    pub(crate) fn rates_texts(&self) -> bool {
        match self {
            Self::Dissect(args) => !args.table.no_grammar,
            Self::Compare(args) => !args.table.no_grammar,
            Self::Explain(args) => !args.table.no_grammar,
            Self::Rerun(_) => true,
            _ => false,
        }
    }
}

/// `predilect dissect`
#[derive(Debug, Args)]
pub(crate) struct DissectArgs {
    /// Preference files or folders, `-` for standard input, or one study folder
    #[arg(required_unless_present_any = ["example", "published", "scenario", "property"], value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Dissect an example that comes with Predilect: llmfao (people, GPT-4 and GPT-3.5 on 2,139 pairs) or local-judge
    #[arg(long, conflicts_with = "inputs", value_enum, num_args = 0..=1, default_missing_value = "llmfao", value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// Show the published weights of a judge of Li et al. (2024) instead, e.g. human or gpt-4-1106-preview (repeatable: side by side)
    #[arg(long, display_order = 800, value_name = "JUDGE", conflicts_with_all = ["inputs", "example", "ReadArgs", "ModelArgs", "filter", "annotator", "judge", "group_by", "cluster", "properties", "tried", "encoding", "verdicts", "no_grammar", "versus", "gains", "output", "brief"])]
    pub(crate) published: Vec<String>,
    /// With --published: in this scenario, e.g. Code or 'Creative Writing' (default: the mean over all)
    #[arg(long, display_order = 801, value_name = "SCENARIO")]
    pub(crate) scenario: Option<String>,
    /// With --published: say first what the judges make of this property, e.g. novel
    #[arg(long, display_order = 802, value_name = "PROPERTY")]
    pub(crate) property: Option<String>,
    /// Report what is rewarded differently in the --where slice than in the `rest`, or than in the slice of another filter
    #[arg(long, value_name = "rest|FILTER", conflicts_with_all = ["gains", "brief", "draws", "group_by"])]
    pub(crate) versus: Option<Other>,
    /// Say what each property adds on unseen verdicts, however many verdicts there are (default: up to 30,000)
    #[arg(long)]
    pub(crate) gains: bool,
    #[command(flatten)]
    pub(crate) table: TableArgs,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Keep the study here: tables in Parquet and the report
    #[arg(long, short, value_name = "STUDY", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
    /// Write the report as one HTML file
    #[arg(long, value_name = "REPORT.html", help_heading = RESULTS)]
    pub(crate) html: Option<PathBuf>,
    /// With --html: one page to print, with findings, one plot, one table and three cautions; everything else is folded away
    #[arg(long, requires = "html", help_heading = RESULTS)]
    pub(crate) brief: bool,
    /// Print JSON instead of tables
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

/// `predilect import`
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags are independent of each other")]
pub(crate) struct ImportArgs {
    /// Preference files or folders, `-` for standard input
    #[arg(required = true, value_name = "FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Show the first records as they are understood, and write nothing
    #[arg(long)]
    pub(crate) preview: bool,
    /// Add to the existing study: new pairs, and verdicts on pairs it already has
    #[arg(long, conflicts_with = "replace")]
    pub(crate) add: bool,
    /// Replace the existing study and everything derived from it
    #[arg(long)]
    pub(crate) replace: bool,
    /// Import pairs that have no verdict yet, for `judge` and `annotate`
    #[arg(long)]
    pub(crate) without_verdicts: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
    /// The study folder
    #[arg(long, short, value_name = "STUDY", required_unless_present = "preview", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
    /// Print the summary as JSON
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

/// `predilect fit`
#[derive(Debug, Args)]
pub(crate) struct FitArgs {
    /// A CSV, TSV or Parquet table, `-` for standard input
    #[arg(value_name = "TABLE")]
    pub(crate) table: PathBuf,
    /// The column with the verdict: 1 for A, 0 for B, anything between for a soft verdict
    #[arg(long, value_name = "COLUMN")]
    pub(crate) label: String,
    /// The column with row weights
    #[arg(long, value_name = "COLUMN")]
    pub(crate) weight: Option<String>,
    /// The column that names the judge: one fit per judge
    #[arg(long, value_name = "COLUMN")]
    pub(crate) judge: Option<String>,
    /// The column that names the group: one fit per group, as well as one of all rows
    #[arg(long, value_name = "COLUMN")]
    pub(crate) group: Option<String>,
    /// The column that names the prompt (or another unit): rows of one unit share a fold, and intervals treat the units as a
    /// sample, so that what is sure should hold for unseen ones (default: every row counts as independent)
    #[arg(long, value_name = "COLUMN")]
    pub(crate) cluster: Option<String>,
    /// Divide every feature by its root mean square, so that the prior means the same for all of them
    #[arg(long)]
    pub(crate) standardise: bool,
    /// What to do with a row that cannot be used
    #[arg(long, value_enum, default_value_t = BadRow::Stop, value_name = "DO")]
    pub(crate) on_bad_row: BadRow,
    #[command(flatten)]
    pub(crate) model: ModelArgs,
    /// Print JSON instead of tables
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

/// `predilect export`
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The study folder
    #[arg(value_name = "STUDY")]
    pub(crate) study: PathBuf,
    /// The format to write (`predilect formats` lists them)
    #[arg(long, default_value_t = ExportFormat::Pairs, value_name = "FORMAT")]
    pub(crate) format: ExportFormat,
    /// Write only pairs and verdicts that match this filter, e.g. 'scenario in (code, math)'
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
    /// The file to write (default: standard output)
    #[arg(long, short, value_name = "FILE", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
}
