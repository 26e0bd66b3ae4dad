//! Judges that can stand in for people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;

/// Advice on standing in for the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StandIns {
    /// The judges to stand in for; several verdicts on a pair count as their mean.
    pub reference: Vec<String>,
    /// Pairs that they have judged.
    pub labelled: u64,
    /// The margin that label counts are for: half of a 95 % interval of a win rate, in 0..1.
    pub margin: f64,
    /// Judges and juries, the one that adds most to predicting held-out reference verdicts first.
    pub candidates: Vec<StandIn>,
    /// Win rates by the reference with the help of the best candidate; per model, or of side A if models have no names.
    pub rates: Vec<CorrectedRate>,
}

/// How well one judge or jury predicts the reference.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StandIn {
    /// The judge's name, or `jury: mean`, `jury: majority`, `jury: stacked`.
    pub judge: String,
    /// Pairs that both it and the reference have judged.
    pub pairs: u64,
    /// Share of its verdicts that are on the side of the reference's majority, a tie of one of the two half: what is called accuracy
    /// wherever a judge has one. Of several verdicts on a pair each counts; a jury has one.
    pub accuracy: f64,
    /// 5 % quantile of the accuracy, over prompts.
    #[serde(default)]
    pub accuracy_low: f64,
    /// 95 % quantile.
    #[serde(default)]
    pub accuracy_high: f64,
    /// The same in every group that the pairs are in; without groups, in every part (file or folder) in which the data came.
    pub by_group: Vec<GroupAccuracy>,
    /// Whether it has to be inverted: its verdicts are right when they are read the other way. It comes last.
    pub turned: bool,
    /// Share of pairs, without the reference's ties, on which its calibrated prediction is on the reference's side, held out by prompt;
    /// calibration inverts a judge that is mostly wrong.
    pub calibrated_accuracy: Option<f64>,
    /// Held-out log-loss of the calibrated prediction (a logistic regression on 2 p - 1), in nats.
    pub log_loss: f64,
    /// Held-out log-loss of the reference's mean verdict.
    pub base_log_loss: f64,
    /// The difference, above 0 where the judge helps.
    pub gain: f64,
    /// Its standard error by prompt.
    pub gain_se: f64,
    /// Correlation of its verdict with the reference's.
    pub correlation: f64,
    /// Labels for the margin without any judge.
    pub labels_alone: u64,
    /// Labels for the margin with its verdicts on very many further pairs: 1 - correlation^2 times as many.
    pub labels_with: u64,
}

/// The accuracy on the pairs of one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupAccuracy {
    /// Which.
    pub group: String,
    /// Pairs.
    pub pairs: u64,
    /// Accuracy.
    pub accuracy: f64,
    /// 5 % quantile of the accuracy, over prompts.
    #[serde(default)]
    pub low: f64,
    /// 95 % quantile.
    #[serde(default)]
    pub high: f64,
}

/// A win rate by the reference, estimated three ways; 95 % intervals by prompt, in 0..1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CorrectedRate {
    /// The model, or `A`.
    pub model: String,
    /// The judge or jury that helps.
    pub judge: String,
    /// Its pairs with a reference verdict.
    pub labelled: u64,
    /// Its pairs with the judge's verdict alone.
    pub judged_only: u64,
    /// By the labelled pairs alone.
    pub reference_only: Interval,
    /// By the judge alone, on all its pairs: not what people say.
    pub judge_only: Interval,
    /// Prediction-powered (Angelopoulos et al. 2023, tuned), right where labelled pairs are a random sample of all pairs: the labelled mean
    /// plus `lambda` times the judge's mean on the rest less that on the labelled ones.
    pub corrected: Interval,
    /// How far the judge is relied on; 0 is not at all, below 0 it is turned around.
    pub lambda: f64,
}
