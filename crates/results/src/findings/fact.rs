//! The figures of a finding: what was found, or the reason that nothing can be said.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::headline::Headline;
use crate::interval::Interval;
use crate::ranking::Ahead;

/// The false discovery rate at which something is called a difference or a change.
pub const FALSE_DISCOVERIES: f64 = 0.05;

/// What was found, or the reason that nothing can be said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Fact {
    /// Whom to use as judge, and at what cost in labels.
    UseJudge(UseJudge),
    /// No judge is recommended.
    NoJudge {
        /// Why not.
        why: NoJudge,
    },
    /// What the reference rewards and a judge does not, or the other way around.
    Weighs(Weighs),
    /// No property is surely weighed differently by the reference and a judge.
    WeighsAlike {
        /// Contrasts that were looked at.
        of: u64,
        /// Judges that are left out because their fits predict no better than chance.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        without: Vec<String>,
    },
    /// What the reference rewards and a judge does not is not known.
    NotWeighed {
        /// Why not.
        why: NotWeighed,
    },
    /// A departure of one judge from another on the same pairs.
    Departs(Headline),
    /// No departure of one judge from another is sure.
    DepartsNowhere {
        /// How many judges there are.
        judges: u64,
    },
    /// What the only judge rewards or penalises most surely.
    Rewards {
        /// Who.
        judge: String,
        /// The property's id.
        property: String,
        /// Preference intensity in % with its 90 % interval: 50 is indifference.
        intensity: Interval,
        /// Properties whose direction is sure, this one too.
        sure: u64,
        /// Whether the fit predicts unseen verdicts better than its baselines by more than two standard errors; `None` if that was not
        /// checked.
        predicts: Option<bool>,
    },
    /// Nothing can be said of what the only judge rewards.
    RewardsNothing {
        /// Who.
        judge: String,
        /// Whether no direction is sure, or the fit predicts no better than without properties.
        why: NotRewarded,
    },
    /// Which model owes most to what is held equal.
    Owes(Owes),
    /// What is held equal can hardly be told from the models, one of which is nearly always ahead on it.
    CannotSeparate {
        /// What is held equal and cannot be told from the models, by id.
        control: String,
        /// The model that is ahead on it most often.
        ahead: Ahead,
    },
    /// No score surely changes when something is held equal.
    OwesNothing {
        /// What is held equal.
        controls: Vec<String>,
        /// Models.
        of: u64,
    },
    /// Nothing is held equal, so that it is unknown what models owe to formatting.
    NothingHeld,
    /// Who leads.
    Leads(Leads),
}

/// Whom to use as judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UseJudge {
    /// The judge: of single judges whose verdicts are surely informative about the reference's, the one whose accuracy has the highest
    /// lower end.
    pub judge: String,
    /// The judges that it stands in for.
    pub reference: Vec<String>,
    /// Its accuracy with its 90 % interval.
    pub accuracy: Interval,
    /// Pairs that both have judged.
    pub pairs: u64,
    /// Half of the 95 % interval of a win rate that labels are counted for, in 0..1.
    pub margin: f64,
    /// Labels needed in addition to its verdicts.
    pub labels_needed: u64,
    /// Labels that are there.
    pub labels_there: u64,
    /// Labels that are missing.
    pub labels_missing: u64,
    /// Labels needed without any judge.
    pub labels_alone: u64,
    /// Judges whose accuracy is not surely lower.
    pub not_surely_worse: Vec<String>,
}

/// With fewer pairs shared with the reference nothing is reported of a judge.
pub const LEAST_SHARED_PAIRS: u64 = 20;
/// With fewer prompts the variation of verdicts is not estimated.
pub const LEAST_SHARED_PROMPTS: u64 = 10;

/// Why no judge is recommended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "because", rename_all = "snake_case")]
pub enum NoJudge {
    /// No judge represents people or right answers.
    NoReference,
    /// Every judge represents people or right answers.
    OnlyReference {
        /// Who they are.
        reference: Vec<String>,
    },
    /// The reference and the judges share too few pairs, or pairs on too few prompts, to tell how far verdicts vary.
    FewLabels {
        /// Whose.
        reference: Vec<String>,
        /// The most pairs that any judge shares with any of them.
        #[serde(default)]
        pairs: u64,
        /// Different prompts among these.
        #[serde(default)]
        prompts: u64,
    },
    /// No judge is surely better than chance.
    NoBetter {
        /// The one that comes closest.
        judge: String,
        /// Its accuracy with its 90 % interval.
        accuracy: Interval,
        /// Pairs that both have judged.
        pairs: u64,
    },
}

/// Why it is not known what the reference rewards and a judge does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotWeighed {
    /// The reference, or every other judge, has too few verdicts for a fit.
    NotFitted,
    /// On unseen verdicts the fits predict no better than sides, order and models alone.
    AddNothing,
}

/// Why nothing can be said of what a judge rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotRewarded {
    /// It has too few verdicts for a fit.
    NotFitted,
    /// No direction is sure.
    NothingSure,
    /// On unseen verdicts the fit predicts no better than sides, order and models alone.
    AddNothing,
}

/// Which way a judge leans on a property.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leans {
    /// Preference intensity in %: 50 is indifference.
    pub intensity: f64,
    /// Whether its direction is sure.
    pub sure: bool,
}

/// A property that the reference and a judge surely weigh differently.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Weighs {
    /// The property's id.
    pub property: String,
    /// The reference.
    pub reference: String,
    /// What it does.
    pub of_reference: Leans,
    /// The judge.
    pub judge: String,
    /// What it does.
    pub of_judge: Leans,
    /// The weight of the reference less that of the judge, in log-odds, with its 90 % interval.
    pub difference: Interval,
    /// Properties and judges that differ so from the reference, this one too.
    pub sure: u64,
}

/// Which model owes most to what is held equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Owes {
    /// What is held equal, by id.
    pub controls: Vec<String>,
    /// The model that loses most points.
    pub most: Debtor,
    /// The one that falls by most places, where that is another one.
    pub furthest: Option<Debtor>,
    /// Scores that surely change.
    pub sure: u64,
    /// Of how many.
    pub of: u64,
}

/// A model that loses when something is held equal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Debtor {
    /// Who.
    pub model: String,
    /// Points that it loses against the field (or the anchor), with their 95 % interval.
    pub loses: Interval,
    /// The places that the data do not rule out, with nothing held equal.
    pub before: [usize; 2],
    /// The same with something held equal.
    pub after: [usize; 2],
}

/// Who leads a board.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leads {
    /// The models, the best first: one, or those that cannot be distinguished from it.
    pub models: Vec<String>,
    /// The score of the first with its 95 % interval; both ends are the score without one.
    pub score: Interval,
    /// `points`, `%` (of verdicts won) or `% at equal length`.
    pub unit: String,
    /// The model that all are compared with, where there is one.
    pub baseline: Option<String>,
}
