//! How a model that was asked for verdicts has judged.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Failures, Spent, Unread};

/// The figures of one judge over many pairs. What is unknown is `None`.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JudgeFigures {
    /// Pairs that it was asked about.
    pub pairs: u64,
    /// Pairs with a verdict.
    pub parsed: u64,
    /// Share of calls for the response shown first less the share for the one shown second, ties in neither: 0 for a judge that ignores the
    /// position, 1 for one that always prefers the first.
    pub position_bias: Option<f64>,
    /// Share of the pairs read in both orders whose two calls favour different responses.
    pub inconsistent: Option<f64>,
    /// Share of verdicts of exactly 0.5.
    pub ties: Option<f64>,
    /// Mean share of probability on the two letters.
    pub mean_mass: Option<f64>,
}

/// Above this position bias, in either direction, a judge is said to follow the position.
const FOLLOWS: f64 = 0.5;
/// From this share of ties on, a judge is said to tell hardly anything apart.
const ALIKE: f64 = 0.9;

impl JudgeFigures {
    /// Whether the judge mostly follows the position.
    pub fn follows_position(&self) -> bool {
        self.position_bias.is_some_and(|bias| bias.abs() > FOLLOWS)
    }

    /// Whether to the judge nearly all responses are alike: at least nine verdicts in ten are ties.
    pub fn tells_nothing_apart(&self) -> bool {
        self.ties.is_some_and(|share| share >= ALIKE)
    }
}

impl JudgeRun {
    /// Whether what does not move the judge need not be without effect: it follows the position of responses, or tells hardly any apart.
    pub fn is_blind(&self) -> bool {
        self.follows_position || self.figures.tells_nothing_apart()
    }
}

/// How often an attack on a judge succeeded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AttackSuccess {
    /// The attack.
    pub attack: String,
    /// Pairs whose losing response was attacked and that were judged.
    pub tried: u64,
    /// Of these, pairs that the attacked response won.
    #[serde(alias = "fell")]
    pub succeeded: u64,
    /// The attack success rate, succeeded / tried; `None` if there was no attack.
    #[serde(alias = "fall_rate")]
    pub success_rate: Option<f64>,
    /// Mean change of the verdict towards the attacked response.
    pub mean_shift: Option<f64>,
}

/// What is said of one judge after a run.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct JudgeRun {
    /// The judge's name in the study.
    pub judge: String,
    /// The model behind it.
    pub model: String,
    /// How verdicts were asked for.
    pub method: String,
    /// How it has judged.
    #[serde(flatten)]
    pub figures: JudgeFigures,
    /// Whether it mostly follows the position of a response.
    pub follows_position: bool,
    /// Answers read as asked, read with something around them, and not read.
    pub answers: [u64; 3],
    /// What it took.
    #[serde(flatten)]
    pub spent: Spent,
    /// Questions that failed.
    pub failures: Failures,
    /// Answers that could not be read, by the reason.
    pub unread: Unread,
    /// How often it fell for responses that instruct it what to choose, if attacks were requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attacks: Vec<AttackSuccess>,
    /// What to know of how it was asked.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub remarks: Vec<String>,
    /// Why the run ended early.
    pub stopped: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_to_whom_all_is_alike_is_as_blind_as_one_that_follows_the_position() {
        let run = |ties, follows_position| JudgeRun {
            figures: JudgeFigures { ties: Some(ties), ..JudgeFigures::default() },
            follows_position,
            ..JudgeRun::default()
        };
        assert!(run(1.0, false).is_blind() && run(0.9, false).is_blind() && run(0.1, true).is_blind());
        assert!(!run(0.89, false).is_blind() && !JudgeRun::default().is_blind());
    }
}
