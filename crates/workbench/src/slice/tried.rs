//! How much of the tried properties each response has: the texts are read once for it, and only if properties are tried.

use predilect_analysis::Encoding;
use predilect_analysis::table::Feature;

use super::options::SliceOptions;
use crate::error::{Error, Result};
use crate::prepared::Prepared;
use crate::trial::{MOST, Trial};
use crate::watch::Watch;

/// The ratings of properties that are tried, of all pairs of a study.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    trials: Vec<Trial>,
    /// Row-major: one pair of ratings for each pair and trial.
    ratings: Vec<[f64; 2]>,
}

impl Tried {
    pub(crate) fn of(prepared: &Prepared, options: &SliceOptions, watch: &dyn Watch) -> Result<Self> {
        let mut trials: Vec<Trial> = Vec::new();
        for trial in &options.tried {
            if !trials.contains(trial) {
                trials.push(trial.clone());
            }
        }
        if trials.len() > MOST {
            return Err(Error::new(format!("{} properties are tried at once", trials.len()))
                .words(format!("try up to {MOST}")));
        }
        let mut ratings = Vec::new();
        if !trials.is_empty() {
            ratings.reserve(prepared.pairs().len() * trials.len());
            prepared.with_texts(watch, |_, pair| {
                let texts = [pair.response_a.text(), pair.response_b.text()];
                ratings.extend(trials.iter().map(|trial| [trial.rate(&texts[0]), trial.rate(&texts[1])]));
            })?;
        }
        Ok(Self { trials, ratings })
    }

    pub(super) fn features(&self) -> impl Iterator<Item = Feature> + '_ {
        self.trials.iter().map(|trial| Feature { name: trial.to_string() })
    }

    /// The ratings of a pair, one for each property.
    pub(super) fn row(&self, row: usize) -> &[[f64; 2]] {
        let width = self.trials.len();
        self.ratings.get(row * width..(row + 1) * width).unwrap_or_default()
    }

    /// What the ratings of a pair amount to.
    pub(super) fn values(&self, row: usize, encoding: Encoding) -> impl Iterator<Item = f64> + '_ {
        self.row(row).iter().map(move |sides| Trial::feature(encoding, *sides))
    }

    /// What each is, as rated on some of the pairs.
    pub(super) fn notes(&self, rows: &[u32]) -> Vec<predilect_results::PropertyNote> {
        let of = |at: usize| {
            rows.iter().filter_map(move |row| self.row(*row as usize).get(at).copied()).collect::<Vec<_>>()
        };
        self.trials.iter().enumerate().map(|(at, trial)| trial.note(&of(at))).collect()
    }
}
