//! What to know before any figure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fit::{Fit, UnitCount};
use crate::groups::ALL;

/// With fewer effective units than this a fit hardly generalises.
pub const FEW_UNITS: f64 = 20.0;
/// This many units are not few, however unequal their influence.
const MANY_UNITS: u64 = 100;

/// One thing to watch out for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Caution {
    /// Verdicts rest on few prompts (or other units), however many they are.
    FewUnits {
        /// Whose.
        judges: Vec<String>,
        /// On what.
        units: Vec<UnitCount>,
    },
    /// Every verdict counts as independent, though several are on one prompt: what is sure is so of these prompts only.
    Independent {
        /// Different prompts.
        prompts: u64,
        /// Verdicts on them.
        verdicts: u64,
    },
    /// Models repeat, but their strength is not in the fit: what strong models do passes for what is rewarded.
    StrengthLeftOut {
        /// How many models repeat.
        models: u64,
    },
    /// One and the same text answers many prompts.
    OneText {
        /// Whose.
        model: String,
        /// Prompts that it answers.
        prompts: u64,
        /// Prompts that this text answers.
        same: u64,
    },
    /// A model is on one and the same side of every pair, so that side and model are confounded.
    SideIsModel {
        /// The model that is always on A, if any.
        a: Option<String>,
        /// The model that is always on B.
        b: Option<String>,
        /// The side that is the longer one on so large a share of the pairs of different length that length and model can hardly be
        /// distinguished.
        longer: Option<(char, f64)>,
    },
    /// On held-out verdicts the properties predict no better than sides, order and models alone.
    AddNothing {
        /// Whose verdicts.
        judges: Vec<String>,
    },
    /// Two judges have most of their pairs for themselves: what differs between them may be the pairs.
    OtherPairs {
        /// The two.
        judges: [String; 2],
        /// Share of the smaller one's pairs that the other has judged, 0..1.
        common: f64,
    },
    /// A judge with one verdict on nearly every pair has two that contradict each other on some.
    ContradictsItself {
        /// Who.
        judge: String,
        /// Pairs with verdicts for both sides.
        pairs: u64,
        /// Pairs that it has judged.
        of: u64,
    },
    /// A leaderboard counts the verdicts of several judges together.
    JudgesTogether {
        /// Whose.
        judges: Vec<String>,
    },
}

/// Whether the properties of a fit predict held-out verdicts no better than sides, order and models. That length alone does as well is a
/// finding, not a reason to doubt the fit.
pub fn adds_nothing(fit: &Fit) -> bool {
    fit.quality.as_ref().is_some_and(|q| {
        let least = q.majority_log_loss.min(q.terms_log_loss.unwrap_or(f64::INFINITY));
        let length = q.length_log_loss.unwrap_or(f64::INFINITY);
        q.log_loss.min(length) >= least
    })
}

/// The median of the effective units of the properties' weights; `None` if verdicts count as independent.
pub fn usual_units(fit: &Fit) -> Option<f64> {
    let mut counts: Vec<f64> = fit.weights.iter().filter_map(|weight| weight.effective_units).collect();
    counts.sort_unstable_by(f64::total_cmp);
    counts.get(counts.len() / 2).copied()
}

/// That fits rest on few units, where they do.
pub fn few_units(fits: &[Fit]) -> Option<Caution> {
    // Where properties seldom differ, a weight rests on few of many units: that is said of each weight, and these are not few.
    let has_few = |fit: &&Fit| {
        fit.intervals_over.first().is_some_and(|units| units.count < MANY_UNITS)
            && usual_units(fit).is_some_and(|units| units < FEW_UNITS)
    };
    let few: Vec<&Fit> = main(fits).filter(has_few).collect();
    let units = few.iter().max_by_key(|fit| fit.intervals_over.len())?.intervals_over.clone();
    Some(Caution::FewUnits { judges: few.iter().map(|fit| fit.judge.clone()).collect(), units })
}

fn main(fits: &[Fit]) -> impl Iterator<Item = &Fit> {
    fits.iter().filter(|fit| fit.group == ALL)
}
