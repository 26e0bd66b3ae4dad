//! What the data look like.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which part of a study was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct SliceSummary {
    /// The filter, as it can be given again.
    pub filter: String,
    /// Pairs of the whole study.
    pub of_pairs: u64,
}

/// What the data look like.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct DataSummary {
    /// The slice that these pairs are of the data; `None` for all that was read.
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
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
    /// Among verdicts that are not ties and whose responses differ in words: share that prefers the longer one.
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AnnotatorAgreement {
    /// The property's id.
    pub property: String,
    /// The two, by name.
    pub annotators: [String; 2],
    /// Responses that both have rated.
    pub responses: u64,
    /// Cohen's kappa with quadratic weights; `None` if both gave one and the same rating throughout.
    pub kappa: Option<f64>,
    /// Krippendorff's alpha for interval data.
    pub alpha: Option<f64>,
}

/// One model's responses.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
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
