//! What a dissection found: the tables that terminal, JSON, Parquet and HTML all show.
//!
//! Nothing here computes; every number is written once, so that every view shows the same one.

use std::collections::BTreeMap;

use predilect_types::ReadSummary;
use serde::{Deserialize, Serialize};

use crate::cautions::Caution;
use crate::compare::Comparison;
use crate::explain::Explanation;
use crate::gains::Gains;
use crate::headline::Headline;
use crate::length_beside::LengthAlone;
use crate::people::People;
use crate::ranking::Leaderboard;

/// Everything that one run of `dissect` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dissection {
    /// What was read and what was dropped.
    pub read: ReadSummary,
    /// What to know before any figure.
    #[serde(default)]
    pub cautions: Vec<Caution>,
    /// What the data look like.
    pub data: DataSummary,
    /// One fit per judge and group, in the order: judges by number of verdicts, groups "all" first, then by rows.
    pub fits: Vec<Fit>,
    /// Judges and groups that were not fitted, and why.
    pub skipped: Vec<Skipped>,
    /// The properties that were fitted, in catalogue order.
    pub properties: Vec<PropertyNote>,
    /// Pairs worth reading, per property.
    pub examples: Vec<Examples>,
    /// The judges beside each other; `None` where nothing was compared.
    #[serde(skip_deserializing)]
    pub comparison: Option<Comparison>,
    /// The finding that can be said in a sentence; `None` where none is sure.
    #[serde(skip_deserializing)]
    pub headline: Option<Headline>,
    /// The people of each judge that has several: how far they agree, and who of them does not.
    #[serde(skip_deserializing)]
    pub people: Vec<People>,
    /// The models beside each other; `None` where fewer than two are named.
    #[serde(skip_deserializing)]
    pub ranking: Option<Standings>,
    /// How it was done: enough to run it again.
    pub settings: Settings,
}

/// Leaderboards by one set of verdicts, raw and with properties held equal.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Standings {
    /// Whose verdicts.
    pub judges: Vec<String>,
    /// As the verdicts are.
    pub raw: Leaderboard,
    /// With properties held equal; `None` where none of them differs or the verdicts do not determine it.
    pub controlled: Option<Leaderboard>,
}

/// The posterior of one judge in one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    /// Held-out accuracy on pairs that are no tie, 0..1; `None` where no fold could be held out.
    pub accuracy: Option<f64>,
    /// Held-out quality beside its baselines; `None` where no fold could be held out.
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
    /// The properties' weights without the strengths of models, where sides or order have terms too, else without any term; empty where
    /// there are no terms.
    #[serde(default)]
    pub without_terms: Vec<Weight>,
    /// What length is worth where information is not in the fit; `None` where one of the two is not rated.
    #[serde(default)]
    pub length_alone: Option<LengthAlone>,
    /// What each property adds on verdicts that the fit has not seen; `None` where that was not asked for.
    #[serde(default)]
    pub gains: Option<Gains>,
}

/// A unit that intervals are over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnitCount {
    /// `prompt`, `annotator`, or a field of the data.
    pub unit: String,
    /// How many of them there are.
    pub count: u64,
}

/// The posterior of one weight. Log-odds that A is preferred when A alone has more of the property.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Weight {
    /// The property's id (or column, or term).
    pub property: String,
    /// Posterior mean.
    pub mean: f64,
    /// Posterior standard deviation.
    pub sd: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
    /// P(w > 0).
    pub p_positive: f64,
    /// NUTS: rank-normalised split R-hat.
    pub rhat: Option<f64>,
    /// NUTS: bulk effective sample size.
    pub ess_bulk: Option<f64>,
    /// NUTS: tail effective sample size.
    pub ess_tail: Option<f64>,
    /// Monte Carlo standard error of the mean; 0 for EP.
    pub mcse_mean: Option<f64>,
    /// How many prompts (or other units) with equal influence would determine this weight as well; `None` where every verdict counts as
    /// independent.
    #[serde(default)]
    pub effective_units: Option<f64>,
}

impl Weight {
    /// Preference intensity in %: 100 x sigmoid(mean).
    pub fn intensity(&self) -> f64 {
        percent(self.mean)
    }

    /// Preference intensity at the 5 % and 95 % quantiles.
    pub fn interval(&self) -> (f64, f64) {
        (percent(self.q05), percent(self.q95))
    }

    /// The probability of the more probable sign, 0.5..1.
    pub fn p_sign(&self) -> f64 {
        self.p_positive.max(1.0 - self.p_positive)
    }
}

fn percent(w: f64) -> f64 {
    100.0 / (1.0 + (-w).exp())
}

/// How well a fit predicts verdicts it has not seen (k-fold by prompt), beside its baselines.
///
/// Accuracy is the share of held-out verdicts that are no tie and fall on the predicted side; log-loss (in nats)
/// and Brier score use the soft verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Quality {
    /// Folds.
    pub folds: u64,
    /// The model's held-out accuracy, 0..1.
    pub accuracy: f64,
    /// Always the side that wins more often (over all folds, so never below one half).
    pub majority_accuracy: f64,
    /// A fit with length alone beside the same terms; `None` without a length property.
    pub length_accuracy: Option<f64>,
    /// The model's held-out log-loss.
    pub log_loss: f64,
    /// Log-loss of the training folds' mean verdict.
    pub majority_log_loss: f64,
    /// Log-loss of a fit with length alone beside the same terms.
    pub length_log_loss: Option<f64>,
    /// Accuracy of the nuisance terms alone; `None` where the fit has none but the side, which is the majority.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CalibrationBin {
    /// Mean predicted `p_a`.
    pub predicted: f64,
    /// Mean verdict.
    pub observed: f64,
    /// Verdicts.
    pub count: u64,
}

/// A judge and group that were not fitted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
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

/// A property in this study: who rated it and what to know about that.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PropertyNote {
    /// The property's id (or column).
    pub id: String,
    /// The name in a table.
    pub label: String,
    /// The name in a plot.
    pub short: String,
    /// What it means.
    pub description: String,
    /// Who rated it.
    pub annotator: String,
    /// What exactly was measured.
    pub definition: String,
    /// Where the measure is known to be wrong.
    pub blind_spots: String,
    /// True when the measure only stands in for the property.
    pub proxy: bool,
    /// How often it puts texts into an order that is known, in a sentence; empty where that was not looked at.
    #[serde(default)]
    pub validity: String,
    /// The share of pairs written for Predilect that it puts into their order, equal ones half (AUC): .5 is chance; `None` where that is not known.
    #[serde(default)]
    pub auc: Option<f64>,
    /// Share of pairs with a rating on both sides, 0..1.
    pub coverage: f64,
    /// Share of pairs in which the two sides differ, 0..1.
    pub differs: f64,
    /// Mean rating over all rated responses.
    pub mean_rating: Option<f64>,
}

/// Which part of a study was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SliceSummary {
    /// The filter, as it can be given again.
    pub filter: String,
    /// Pairs of the whole study.
    pub of_pairs: u64,
}

/// What the data look like.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct DataSummary {
    /// Of what these pairs are a slice; `None`: all that was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slice: Option<SliceSummary>,
    /// Pairs.
    pub pairs: u64,
    /// Different prompts.
    pub prompts: u64,
    /// Pairs without any text: bare votes.
    #[serde(default)]
    pub without_text: u64,
    /// Pairs with identical responses.
    pub identical: u64,
    /// Pairs with more than one user turn.
    pub multi_turn: u64,
    /// The judges, by number of verdicts.
    pub judges: Vec<JudgeSummary>,
    /// Responses by model (`None`: not named), most frequent first.
    pub models: Vec<ModelSummary>,
    /// Pairs by prompt language, most frequent first.
    pub languages: Vec<(String, u64)>,
    /// Pairs by scenario, most frequent first; empty when no pair names one.
    pub scenarios: Vec<(String, u64)>,
    /// How far annotators agree, per property and two of them; empty where only one has rated.
    #[serde(default)]
    pub agreements: Vec<AnnotatorAgreement>,
    /// Words of response A and B.
    pub words_a: LengthSummary,
    /// Words of response B.
    pub words_b: LengthSummary,
}

/// One judge's verdicts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct JudgeSummary {
    /// Who judged.
    pub judge: String,
    /// Verdicts.
    pub verdicts: u64,
    /// Verdicts above 0.5.
    pub prefers_a: u64,
    /// Verdicts below 0.5.
    pub prefers_b: u64,
    /// Verdicts of 0.5, ties included.
    pub ties: u64,
    /// Of these, the ones called both bad.
    pub both_bad: u64,
    /// Verdicts strictly between 0 and 1 that are not 0.5.
    pub soft: u64,
    /// Among verdicts that are no tie and whose responses differ in words: share that prefers the longer one.
    pub prefers_longer: Option<f64>,
    /// Verdicts by presentation order (`ab`, `ba`, `both`, `unknown`).
    pub orders: BTreeMap<String, u64>,
    /// Of a language model whose calls are in the receipts: share of calls for the response shown first less the share for the
    /// one shown second, -1..1.
    #[serde(default)]
    pub position_bias: Option<f64>,
    /// Share of the pairs judged in both orders whose two calls favour different responses, 0..1.
    #[serde(default)]
    pub inconsistent: Option<f64>,
    /// Mean share of probability on the letters A and B, 0..1.
    #[serde(default)]
    pub mean_mass: Option<f64>,
    /// Whether the position decides most of its verdicts.
    #[serde(default)]
    pub follows_position: bool,
}

/// How far two annotators agree on one property; a unit is a response that both have rated.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AnnotatorAgreement {
    /// The property's id.
    pub property: String,
    /// The two, by name.
    pub annotators: [String; 2],
    /// Responses that both have rated.
    pub responses: u64,
    /// Cohen's kappa with quadratic weights; `None` where both gave one and the same rating throughout.
    pub kappa: Option<f64>,
    /// Krippendorff's alpha for interval data.
    pub alpha: Option<f64>,
}

/// One model's responses.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ModelSummary {
    /// The model.
    pub model: String,
    /// Its responses.
    pub responses: u64,
    /// Of these, on side A.
    pub side_a: u64,
    /// Mean words.
    pub mean_words: f64,
    /// Mean verdict in its favour, as fitted, over all judges, 0..1; `None` without verdicts.
    pub win_rate: Option<f64>,
    /// Different prompts among them.
    #[serde(default)]
    pub prompts: u64,
    /// How many of these prompts its commonest text answers.
    #[serde(default)]
    pub same_text: u64,
}

/// Word counts of many responses.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LengthSummary {
    /// Mean.
    pub mean: f64,
    /// 5 % quantile.
    pub q05: f64,
    /// Median.
    pub q50: f64,
    /// 95 % quantile.
    pub q95: f64,
}

/// Pairs that show a property at work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Examples {
    /// The property's id.
    pub property: String,
    /// The pairs: some where the verdict follows the property, one where it does not, if there are such.
    pub pairs: Vec<ExamplePair>,
}

/// One pair to read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExamplePair {
    /// The pair's id.
    pub id: String,
    /// The prompt (may be cut; then it ends with an ellipsis).
    pub prompt: String,
    /// Response A (may be cut).
    pub response_a: String,
    /// Response B (may be cut).
    pub response_b: String,
    /// Model of A.
    pub model_a: Option<String>,
    /// Model of B.
    pub model_b: Option<String>,
    /// Rating of A on this property.
    pub rating_a: Option<f64>,
    /// Rating of B on this property.
    pub rating_b: Option<f64>,
    /// 1 when A has more of the property, -1 when B has.
    pub comparison: i8,
    /// The judge whose verdict is shown.
    pub judge: String,
    /// The verdict.
    pub p_a: f64,
    /// Whether the verdict prefers the side that has more of the property.
    pub follows: bool,
    /// Why the judge's fit expects what it expects of this pair.
    #[serde(skip_deserializing)]
    pub explanation: Option<Explanation>,
}

/// How a dissection was made.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Settings {
    /// Predilect's version.
    pub version: String,
    /// The command, as words.
    pub command: Vec<String>,
    /// The engine asked for.
    pub engine: String,
    /// The prior on property weights, in words with its scale.
    pub prior: String,
    /// The nuisance terms asked for.
    pub terms: String,
    /// The encoding of rating differences.
    pub encoding: String,
    /// How soft verdicts count: `soft` or `hard`.
    #[serde(default)]
    pub verdicts: String,
    /// The field groups come from.
    pub group_by: String,
    /// Smallest group that is fitted.
    pub min_rows: u64,
    /// Folds of the held-out check.
    pub folds: u64,
    /// Seed.
    pub seed: u64,
    /// NUTS: chains, draws and tuning steps.
    pub nuts: String,
    /// True when the data are simulated; every view then says so.
    pub simulated: bool,
}
