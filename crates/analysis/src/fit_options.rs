//! How is a fit made: by which engine, under which prior, with which terms and checks, and which draws are kept?

use std::fmt;
use std::str::FromStr;

use predilect_bayes::NutsOptions;
use predilect_stats::Prior;
use predilect_stats::leave_out::OverClusters;
use serde::{Deserialize, Serialize};

use crate::terms::Terms;
use crate::unknown::UnknownWord;

/// Standard deviation of the normal prior on nuisance terms.
pub(crate) const TERM_SD: f64 = 2.0;

/// Which engine computes the posterior.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// EP, checked by importance sampling; NUTS where the check fails.
    #[default]
    Auto,
    /// EP, checked, never replaced.
    Ep,
    /// NUTS.
    Nuts,
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Ep => "ep",
            Self::Nuts => "nuts",
        })
    }
}

impl FromStr for Engine {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        match s {
            "auto" => Ok(Self::Auto),
            "ep" => Ok(Self::Ep),
            "nuts" => Ok(Self::Nuts),
            _ => Err(UnknownWord::new(s, "an engine", "auto, ep or nuts")),
        }
    }
}

/// The prior on property weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PriorChoice {
    /// Laplace: most weights near 0, few large.
    #[default]
    Laplace,
    /// Normal.
    Normal,
}

impl fmt::Display for PriorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Laplace => "laplace",
            Self::Normal => "normal",
        })
    }
}

impl FromStr for PriorChoice {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        match s {
            "laplace" => Ok(Self::Laplace),
            "normal" => Ok(Self::Normal),
            _ => Err(UnknownWord::new(s, "a prior", "laplace or normal")),
        }
    }
}

/// How fits are made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FitOptions {
    /// Engine.
    pub engine: Engine,
    /// Prior on property weights.
    pub prior: PriorChoice,
    /// Its scale: Laplace scale or normal sd, above 0.
    pub prior_scale: f64,
    /// Nuisance terms.
    pub terms: Terms,
    /// Smallest number of verdicts that is fitted.
    pub min_rows: usize,
    /// Folds of the held-out check; no check below 2.
    pub folds: usize,
    /// Seed of folds, checks and draws.
    pub seed: u64,
    /// NUTS: chains, draws, tuning.
    pub nuts: NutsOptions,
    /// Posterior draws to keep of every fit (0: none).
    pub keep_draws: usize,
    /// Every verdict counts as independent of all others, as in the paper. Else intervals are over the table's units, prompts by default:
    /// what is sure then generalises to unseen prompts.
    pub independent: bool,
}

impl Default for FitOptions {
    /// The paper's prior and draws, EP with check, terms where the data call for them, ten folds.
    fn default() -> Self {
        Self {
            engine: Engine::Auto,
            prior: PriorChoice::Laplace,
            prior_scale: 0.1,
            terms: Terms::Auto,
            min_rows: 20,
            folds: 10,
            seed: 0,
            nuts: NutsOptions::default(),
            keep_draws: 0,
            independent: false,
        }
    }
}

impl FitOptions {
    /// What is wrong with options from a file or another program; `None` if they are valid.
    pub fn problem(&self) -> Option<String> {
        let within = |what: &str, value: usize, least: usize, most: usize| {
            (!(least..=most).contains(&value))
                .then(|| format!("{what} is {value}, but must be from {least} to {most}"))
        };
        if !(1e-4..=1e4).contains(&self.prior_scale) {
            return Some(format!("prior_scale is {}, but must be from 0.0001 to 10,000", self.prior_scale));
        }
        within("nuts.chains", self.nuts.chains, 1, 64)
            .or_else(|| within("nuts.draws", self.nuts.draws, 4, 1_000_000))
            .or_else(|| within("nuts.tune", self.nuts.tune, 50, 1_000_000))
            .or_else(|| within("keep_draws", self.keep_draws, 0, 64_000_000))
            .or_else(|| within("folds", self.folds, 0, 1_000_000))
    }

    pub(crate) fn prior(&self) -> Prior {
        match self.prior {
            PriorChoice::Laplace => Prior::Laplace { scale: self.prior_scale },
            PriorChoice::Normal => Prior::Normal { sd: self.prior_scale },
        }
    }
}

/// Posterior draws of one fit.
#[derive(Debug, Clone, PartialEq)]
pub struct Draws {
    /// Names of the weights: properties, then terms.
    pub names: Vec<String>,
    /// Row-major draws.
    pub values: Vec<f64>,
    /// What leaving out one prompt (or other unit) at a time does to the weights; `None` where verdicts count as independent.
    pub over: Option<OverClusters>,
}
