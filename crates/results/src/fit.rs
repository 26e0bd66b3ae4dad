//! What one judge rewards in one group: the posterior of every weight, and how well the fit predicts.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::gains::{Gains, LengthAlone};
use crate::weight::Weight;

/// The posterior of one judge in one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Fit {
    /// Who judged.
    pub judge: String,
    /// The group, `all` for the whole table.
    pub group: String,
    /// Verdicts in the fit.
    pub rows: u64,
    /// The engine that gave the numbers: `ep` or `nuts`.
    pub engine: String,
    /// Whether the numbers can be trusted.
    pub converged: bool,
    /// Why not, or why the engine is not the one asked for.
    pub reason: Option<String>,
    /// Different pairs among them.
    #[serde(default)]
    pub pairs: u64,
    /// Different prompts among these.
    #[serde(default)]
    pub prompts: u64,
    /// What the intervals are over, one or two units; empty where every verdict counts as independent.
    #[serde(default)]
    pub intervals_over: Vec<UnitCount>,
    /// NUTS: divergent transitions.
    pub divergences: Option<u64>,
    /// EP: Pareto k of the importance weights; below 0.7 the check is passed.
    pub pareto_k: Option<f64>,
    /// EP: effective share of the importance draws, 0..1.
    pub importance_ess: Option<f64>,
    /// EP: iterations to convergence.
    pub iterations: Option<u64>,
    /// Held-out accuracy on pairs other than ties, 0..1; `None` if no fold could be held out.
    pub accuracy: Option<f64>,
    /// Held-out quality with its baselines; `None` if no fold could be held out.
    pub quality: Option<Quality>,
    /// The properties' weights, in catalogue (or table) order.
    pub weights: Vec<Weight>,
    /// Nuisance terms in the same likelihood: `side`, `order`, `model:NAME`.
    pub terms: Vec<Weight>,
    /// The model that the strengths of others are measured from, where there is one.
    #[serde(default)]
    pub reference_model: Option<String>,
    /// What the terms changed, in a sentence.
    pub terms_note: Option<String>,
    /// The properties' weights without the strengths of models if sides or order have terms too, else without any term; empty if there are
    /// no terms.
    #[serde(default)]
    pub without_terms: Vec<Weight>,
    /// The weight of length if information is not in the fit; `None` if one of the two is not rated.
    #[serde(default)]
    pub length_alone: Option<LengthAlone>,
    /// What each property adds on verdicts that the fit has not seen; `None` if that was not requested.
    #[serde(default)]
    pub gains: Option<Gains>,
}

/// A unit that intervals are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnitCount {
    /// `prompt`, `annotator`, or a field of the data.
    pub unit: String,
    /// How many of them there are.
    pub count: u64,
}

/// How well a fit predicts verdicts it has not seen (k-fold by prompt), with its baselines.
///
/// Accuracy is the share of held-out verdicts, ties left out, that fall on the predicted side; log-loss (in nats) and Brier score use the
/// soft verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Quality {
    /// Folds.
    pub folds: u64,
    /// The model's held-out accuracy, 0..1.
    pub accuracy: f64,
    /// Always the side that wins more often (over all folds, so never below one half).
    pub majority_accuracy: f64,
    /// A fit with length alone and the same terms; `None` without a length property.
    pub length_accuracy: Option<f64>,
    /// The model's held-out log-loss.
    pub log_loss: f64,
    /// Log-loss of the training folds' mean verdict.
    pub majority_log_loss: f64,
    /// Log-loss of a fit with length alone and the same terms.
    pub length_log_loss: Option<f64>,
    /// Accuracy of the nuisance terms alone; `None` if the fit has none but the side, which is the majority.
    #[serde(default)]
    pub terms_accuracy: Option<f64>,
    /// Log-loss of the nuisance terms alone.
    #[serde(default)]
    pub terms_log_loss: Option<f64>,
    /// How much lower the model's log-loss is than its best baseline's, per verdict.
    #[serde(default)]
    pub gain: f64,
    /// Standard error of the gain, by prompt; `None` with a single prompt.
    #[serde(default)]
    pub gain_se: Option<f64>,
    /// Held-out calibration, in order of prediction.
    pub calibration: Vec<CalibrationBin>,
}

/// Held-out predictions in one range.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CalibrationBin {
    /// Mean predicted `p_a`.
    pub predicted: f64,
    /// Mean verdict.
    pub observed: f64,
    /// Verdicts.
    pub count: u64,
}

/// A judge and group that were not fitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Skipped {
    /// Who judged.
    pub judge: String,
    /// The group.
    pub group: String,
    /// Verdicts.
    pub rows: u64,
    /// Why it was not fitted.
    pub reason: String,
}
