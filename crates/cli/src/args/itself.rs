//! What can be asked of the program itself: what works here, what it reads, whether its ratings are valid.

use std::path::PathBuf;

use clap::Args;
use predilect_workbench::Format;
use predilect_workbench::RateMethod;
use predilect_workbench::validity::{Rater, ValidityRequest};

use super::asking::{CallArgs, named};
use super::number::{not_negative, trimmed, whole};
use super::shared::{Global, RESULTS};

/// `predilect doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON instead of a list
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

/// `predilect rerun`
#[derive(Debug, Args)]
pub(crate) struct RerunArgs {
    /// The study folder; its results are replaced. With --from: the study to ask, which changes only for judge and annotate (for `fit`:
    /// the table)
    #[arg(value_name = "STUDY", required_unless_present = "from")]
    pub(crate) study: Option<PathBuf>,
    /// Which of the study's results to make again: dissect, versus, compare, rank, rank-lc, 'judge NAME' or 'annotate NAME', which ask a model
    /// what the log does not answer [default: the dissection, or the only result]
    #[arg(long, conflicts_with = "from")]
    pub(crate) step: Option<String>,
    /// Ask the same question as in this result of dissect, compare, rank, explain, fit, judge or annotate with --json
    #[arg(long, value_name = "FILE")]
    pub(crate) from: Option<PathBuf>,
    /// For judge and annotate: say how many calls would be made and what they would cost, and make none
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// For judge and annotate: stop before more than this many US dollars are spent
    #[arg(long, value_name = "USD", value_parser = not_negative)]
    pub(crate) budget: Option<f64>,
    /// Print JSON instead of tables
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

/// `predilect completions`
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub(crate) shell: clap_complete::Shell,
}

/// `predilect man`
#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// The folder to write them to, e.g. /usr/local/share/man/man1
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,
}

/// `predilect validity`
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct ValidityArgs {
    /// Files of JSON lines with `higher`, `lower`, `property`, and, where known, `prompt`, `kind` and `source` (default: the pairs
    /// that come with Predilect, for all 29 properties)
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Who rates: text (analysis of the text), or a model as for `predilect annotate` (repeatable)
    #[arg(long = "annotator", value_name = "text|MODEL", default_value = "text")]
    pub(crate) annotators: Vec<Rater>,
    /// Only these properties: ids, separated by commas; for files that name no property, the one property of all their pairs
    #[arg(long = "property", alias = "properties", value_delimiter = ',', value_name = "IDS", value_parser = trimmed)]
    pub(crate) properties: Vec<String>,
    /// Maximum number of pairs per property, sampled evenly across kinds (default: all for text, 42 for models)
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=u64::MAX))]
    pub(crate) pairs: Option<u32>,
    /// Only pairs that were held back from the people who worked on the ratings
    #[arg(long, conflicts_with = "files")]
    pub(crate) held_back: bool,
    /// Show the pairs of each kind separately
    #[arg(long)]
    pub(crate) kinds: bool,
    /// How a model's rating is read, as for `predilect annotate`: scored or generated
    #[arg(long, value_name = "METHOD", value_parser = named(&RateMethod::ALL))]
    pub(crate) method: Option<RateMethod>,
    /// Show a model each response alone instead of both together, in both orders
    #[arg(long)]
    pub(crate) single: bool,
    /// Seed that is sent to models that accept one
    #[arg(long, default_value_t = 0, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    #[command(flatten)]
    pub(crate) calls: CallArgs,
    /// The folder for the log of calls, from which a run resumes, and for the figures (default:
    /// ~/.local/share/predilect/validity, where `annotate` and `dissect` look for them)
    #[arg(long, short, value_name = "FOLDER", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
    /// Write a page with all figures and the pairs that were rated the wrong way round
    #[arg(long, value_name = "FILE", help_heading = RESULTS)]
    pub(crate) html: Option<PathBuf>,
    /// Print JSON instead of a table
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

impl ValidityArgs {
    /// The question, as the library takes it.
    pub(crate) fn request(&self, global: &Global) -> ValidityRequest {
        ValidityRequest {
            files: self.files.clone(),
            annotators: self.annotators.clone(),
            properties: self.properties.clone(),
            pairs: self.pairs.map(|pairs| pairs as usize),
            held_back: self.held_back,
            method: self.method,
            single: self.single,
            seed: self.seed,
            calls: self.calls.options(global),
            folder: self.output.clone(),
        }
    }
}

/// `predilect formats`
#[derive(Debug, Args)]
pub(crate) struct FormatsArgs {
    /// Show this format: what identifies it, where each role is found, an example record
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<Format>,
    /// Print its recipe as TOML, to change it and then read files with it by --mapping
    #[arg(long, requires = "name")]
    pub(crate) toml: bool,
    /// Print JSON instead of text
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}
