//! Which options do several verbs share: global flags, how fits are made, how results are shown, how pairs and verdicts become a table?

use std::path::PathBuf;

use clap::Args;
use predilect_workbench::NutsOptions;
use predilect_workbench::files::check_places;
use predilect_workbench::trial::Trial;
use predilect_workbench::{Encoding, Engine, FitOptions, PriorChoice, Terms};
use predilect_workbench::{Filter, SliceOptions};

use super::number::{trimmed, whole, within};
use super::read::{ReadArgs, Verdicts};
use crate::problem::Problem;

/// The heading under which help lists what becomes of a result. As headings of flattened groups go on until another one, these groups and
/// what has this heading come last in every verb.
pub(super) const RESULTS: &str = "Results";
/// That of what is asked of servers and models.
pub(super) const CALLS: &str = "Calls";

/// Flags of every verb.
#[derive(Debug, Args)]
pub(crate) struct Global {
    /// Print no progress and no remarks (except those that are part of a result)
    #[arg(long, short, global = true, display_order = 900)]
    pub(crate) quiet: bool,
    /// Threads to use (default: one per core)
    #[arg(long, global = true, display_order = 901, value_name = "N", value_parser = whole::<u16>(1..=65_535))]
    pub(crate) threads: Option<u16>,
}

/// How fits are made.
#[derive(Debug, Args)]
#[command(next_help_heading = "Model")]
pub(crate) struct ModelArgs {
    /// auto: expectation propagation, checked, with NUTS where the check fails; ep; nuts
    #[arg(long, default_value_t = Engine::Auto, value_name = "ENGINE")]
    pub(crate) engine: Engine,
    /// Prior on the weights: laplace or normal
    #[arg(long, default_value_t = PriorChoice::Laplace, value_name = "PRIOR")]
    pub(crate) prior: PriorChoice,
    /// Scale of the Laplace prior, or sd of the normal one
    #[arg(long, default_value_t = 0.1, value_name = "SCALE", value_parser = within(1e-4..=1e4, "a number from 0.0001 to 10,000"))]
    pub(crate) prior_scale: f64,
    /// Nuisance terms to fit along with the properties: auto, none (the paper's model), or any of side,order,models
    #[arg(long, default_value_t = Terms::Auto, value_name = "TERMS")]
    pub(crate) terms: Terms,
    /// Do not fit groups with fewer verdicts than this
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = whole::<usize>(0..=u64::MAX))]
    pub(crate) min_rows: usize,
    /// Number of folds of the held-out check, split by prompt (0 or 1: no check)
    #[arg(long, default_value_t = 10, value_name = "K", value_parser = whole::<usize>(0..=1_000_000))]
    pub(crate) folds: usize,
    /// Seed for folds, checks and draws
    #[arg(long, default_value_t = 0, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
    /// NUTS: number of chains
    #[arg(long, default_value_t = 4, value_name = "N", value_parser = whole::<u16>(1..=64))]
    pub(crate) chains: u16,
    /// NUTS: draws kept from each chain
    #[arg(long, default_value_t = 2000, value_name = "N", value_parser = whole::<u32>(4..=1_000_000))]
    pub(crate) samples: u32,
    /// NUTS: tuning steps of each chain
    #[arg(long, default_value_t = 500, value_name = "N", value_parser = whole::<u32>(50..=1_000_000))]
    pub(crate) tune: u32,
    /// Treat every verdict as independent of all others, as in the paper, instead of leaving out one prompt at a time: intervals are
    /// narrower, and conclusions apply to these prompts only
    #[arg(long)]
    pub(crate) independent: bool,
    /// Write posterior draws of every fit (4,000; with --engine nuts all that it draws) to this Parquet file
    #[arg(long, value_name = "FILE.parquet", help_heading = RESULTS)]
    pub(crate) draws: Option<PathBuf>,
}

impl ModelArgs {
    pub(crate) fn options(&self) -> FitOptions {
        let nuts = NutsOptions {
            chains: usize::from(self.chains),
            draws: self.samples as usize,
            tune: self.tune as usize,
            seed: self.seed,
            ..NutsOptions::default()
        };
        let keep_draws = match (&self.draws, self.engine) {
            (None, _) => 0,
            (Some(_), Engine::Nuts) => nuts.chains * nuts.draws,
            (Some(_), _) => 4000,
        };
        FitOptions {
            engine: self.engine,
            prior: self.prior,
            prior_scale: self.prior_scale,
            terms: self.terms,
            min_rows: self.min_rows.max(2),
            folds: self.folds,
            seed: self.seed,
            nuts,
            keep_draws,
            independent: self.independent,
        }
    }
}

/// How a result is shown.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    /// Write the report as one HTML file
    #[arg(long, value_name = "REPORT.html", help_heading = RESULTS)]
    pub(crate) html: Option<PathBuf>,
    /// Print JSON instead of tables
    #[arg(long, help_heading = RESULTS)]
    pub(crate) json: bool,
}

impl ShowArgs {
    /// Whether the report can be written where it is to go: said before any work.
    pub(crate) fn check(&self, inputs: &[PathBuf]) -> Result<(), Problem> {
        Ok(check_places(&self.html, inputs)?)
    }
}

/// How pairs and verdicts become a table that can be fitted.
#[derive(Debug, Args)]
pub(crate) struct TableArgs {
    /// Only pairs and verdicts that match this filter, e.g. 'scenario in (code, math) and words(a) > 2 * words(b)'; fields: scenario,
    /// language, source, id, order, turn, model(a), words(a), rating(PROPERTY), judge(NAME), cost, text(a), text(prompt), meta.KEY
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
    /// Whose ratings count, where several annotators have rated: a name in the data, or text (default: those that came first)
    #[arg(long, value_name = "NAME")]
    pub(crate) annotator: Option<String>,
    /// Only these judges (repeatable)
    #[arg(long, value_name = "JUDGE")]
    pub(crate) judge: Vec<String>,
    /// Fit every value of this field separately: scenario, language, source, annotator, or any field of the data
    #[arg(long, value_name = "FIELD")]
    pub(crate) group_by: Option<String>,
    /// The units that intervals treat as a sample: prompt, annotator, or any field of the data (a conversation, a source); two of them,
    /// separated by a comma, are used together (default: prompt, and annotator where people judge on several prompts)
    #[arg(long, value_delimiter = ',', value_name = "FIELDS", conflicts_with = "independent", value_parser = trimmed)]
    pub(crate) cluster: Vec<String>,
    /// Properties to fit: ids, separated by commas (default: all that are rated, except parts of others)
    #[arg(long, value_delimiter = ',', value_name = "IDS", value_parser = trimmed)]
    pub(crate) properties: Vec<String>,
    /// Try a property of your own as well: /REGEX/ or /REGEX/i (whether a response has a match), "TEXT", or count(a, "TEXT") and
    /// count(a, /REGEX/) (how many times); repeatable
    #[arg(long = "try", value_name = "EXPR")]
    pub(crate) tried: Vec<Trial>,
    /// How two ratings become a feature: comparison (-1, 0, 1), difference, normalised (within -1 and 1), relative ((A - B) / (A + B) of
    /// lengths and counts)
    #[arg(long, default_value_t = Encoding::Comparison, value_name = "HOW")]
    pub(crate) encoding: Encoding,
    /// How soft verdicts count: as they are, or as the side they favour (the paper's way with token probabilities)
    #[arg(long, value_enum, default_value_t = Verdicts::Soft, value_name = "HOW")]
    pub(crate) verdicts: Verdicts,
    /// Leave out grammar and spelling, by far the slowest rating
    #[arg(long)]
    pub(crate) no_grammar: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

impl TableArgs {
    pub(crate) fn options(&self) -> SliceOptions {
        SliceOptions {
            filter: self.filter.clone(),
            grammar: !self.no_grammar,
            properties: self.properties.clone(),
            tried: self.tried.clone(),
            encoding: self.encoding,
            group_by: self.group_by.clone(),
            cluster: self.cluster.clone(),
            annotator: self.annotator.clone(),
            people: self.read.judges.into(),
            judges: self.judge.clone(),
            hard: self.verdicts == Verdicts::Hard,
        }
    }
}
