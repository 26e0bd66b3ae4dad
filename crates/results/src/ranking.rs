//! Leaderboards.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A leaderboard.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Leaderboard {
    /// How scores were made.
    pub method: String,
    /// By whose verdicts, where that is known; those of several are counted together.
    pub judges: Vec<String>,
    /// What intervals come from: `sandwich` (by prompt), `bootstrap` (by prompt), or none.
    pub intervals: Option<String>,
    /// Precision of the normal prior on the scores, in log-odds; 0: none.
    pub prior: f64,
    /// Resamples that gave scores; one whose votes do not determine them gives none.
    pub resamples: Option<u64>,
    /// Verdicts that counted.
    pub votes: u64,
    /// Different prompts among them; `None` if they are not known, and every verdict counts as independent.
    pub prompts: Option<u64>,
    /// What weights say, where any is not 1: `counts` (a verdict of weight 7 is seven verdicts) or `shares` (it stays one, and counts
    /// seven times as much as one of weight 1).
    pub weights: Option<String>,
    /// Groups of competitors without a verdict between them: only the method determines how far apart these are. Three of each are named;
    /// empty if all are joined.
    pub never_met: Vec<Group>,
    /// The competitors, the best first.
    pub ranking: Vec<Row>,
    /// What is held equal, with its weight.
    pub controls: Vec<Control>,
    /// Rao-Kupper's eta or Davidson's nu.
    pub tie: Option<f64>,
}

impl Leaderboard {
    /// The control that is least separable from the models, if one is not separable, and the model that is ahead on it.
    pub fn inseparable(&self) -> Option<(&Control, &Ahead)> {
        let apart = |control: &&Control| control.apart.unwrap_or(1.0);
        let found = self.controls.iter().filter(|control| !control.is_separable());
        let least = found.min_by(|a, b| apart(a).total_cmp(&apart(b)))?;
        Some((least, least.ahead.as_ref()?))
    }
}

/// Competitors that met none outside the group.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Group {
    /// How many they are.
    pub models: u64,
    /// Some of them.
    pub among: Vec<String>,
}

/// One competitor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Row {
    /// Who.
    pub model: String,
    /// Points (400 for odds of ten), or % for win rates.
    pub score: f64,
    /// Lower end of the 95 % interval; the score itself without an interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// 1 + how many have a higher score.
    pub rank: usize,
    /// The best place that the data do not rule out.
    pub rank_low: usize,
    /// The worst one.
    pub rank_high: usize,
    /// Verdicts about it.
    pub votes: u64,
    /// What holding something equal does to the score; `None` if nothing is held equal, and with more than 400 models.
    pub from_raw: Option<Change>,
}

/// A property or feature in the same likelihood.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// Log-odds for a difference of one root mean square.
    pub weight: f64,
    /// Lower end of the 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// Share of its variation that is not explained by who wrote the responses, 0..1: near 0 it cannot be told from the models.
    #[serde(default)]
    pub apart: Option<f64>,
    /// Share of the verdicts on pairs that differ in it.
    #[serde(default)]
    pub differs: Option<f64>,
    /// The model that is ahead on it most often.
    #[serde(default)]
    pub ahead: Option<Ahead>,
}

/// How often a model is ahead on a property, where responses differ in it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ahead {
    /// Who.
    pub model: String,
    /// The share of its verdicts on pairs that differ.
    pub share: f64,
}

/// Where less than this share of a control's variation is within pairs of models, it cannot be told from them: of two models, one is then ahead
/// in 95 of 100 pairs.
const APART: f64 = 0.2;
/// What differs in fewer of the pairs than this moves no score by much.
const DIFFERS: f64 = 0.1;

impl Control {
    /// Whether what it does can be told from what the models do.
    pub fn is_separable(&self) -> bool {
        self.apart.is_none_or(|apart| apart >= APART) || self.differs.is_some_and(|differs| differs < DIFFERS)
    }
}

/// The score of one competitor with nothing held equal, and what holding something equal adds to it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Change {
    /// Points with nothing held equal, by the same method, verdicts and anchor.
    pub raw_score: f64,
    /// 1 + how many have a higher one.
    pub raw_rank: usize,
    /// The best place that the data do not rule out with nothing held equal.
    #[serde(default)]
    pub raw_rank_low: usize,
    /// The worst one.
    #[serde(default)]
    pub raw_rank_high: usize,
    /// How far the controls move it against the field (or against the anchor), in points. The field is the mean of all models, each with
    /// the weight of its verdicts up to that of the median model: where models with few verdicts move the plain mean, this is not the
    /// difference of the two scores.
    pub change: f64,
    /// Lower end of the 95 % interval of the change, paired by prompt; Student's t with one degree of freedom less than effective prompts.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// The false discovery rate if this and all surer changes of the board were called changes (Benjamini & Hochberg 1995); 1 for models on
    /// fewer than five prompts, which are too few.
    pub q_value: f64,
}

/// A leaderboard of length-controlled win rates.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LcBoard {
    /// `lc`.
    pub method: String,
    /// Against whom.
    pub baseline: String,
    /// Where the difficulties of prompts come from: `published`, `fitted` or `none`. Rates are comparable with AlpacaEval's board with
    /// published difficulties and the verdicts of its own judge.
    pub difficulties: String,
    /// By whose verdicts; of several, their mean. Empty where that is not known.
    pub judges: Vec<String>,
    /// The sd of instruction difficulty in log-odds, as fitted; `None` if it is not fitted.
    pub difficulty_sd: Option<f64>,
    /// Mean and sd of the length effects over all models; that of the others is the prior of each. `None` in the minimal form and with
    /// variants.
    pub length_prior: Option<(f64, f64)>,
    /// The models, the best first.
    pub ranking: Vec<LcRow>,
}

/// One model; rates in %.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LcRow {
    /// Who.
    pub model: String,
    /// Mean preference over the baseline.
    pub win_rate: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// The same at equal length.
    pub lc_win_rate: f64,
    /// Its standard error; `NaN` (`null` in JSON) where all preferences are alike or too few.
    #[serde(with = "crate::nan")]
    #[schemars(with = "Option<f64>")]
    pub lc_standard_error: f64,
    /// The length-controlled win rate again, as in every leaderboard.
    pub score: f64,
    /// Lower end of its 95 % interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
    /// 1 + how many have a higher rate.
    pub rank: usize,
    /// The best place that the data do not rule out, models taken as independent.
    pub rank_low: usize,
    /// The worst one.
    pub rank_high: usize,
    /// What tanh of the standardised difference in length adds to the log-odds: above 0 the judge likes length.
    pub length_effect: f64,
    /// What a unit of instruction difficulty adds to the log-odds; 0 in the minimal form.
    pub difficulty_effect: f64,
    /// Preferences.
    pub votes: u64,
}

/// Says that this many groups never met, the first of them by name.
pub fn groups_that_never_met(count: usize, names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(" | ");
    let more = if count > SHOWN { format!(" | {} more groups", count - SHOWN) } else { String::new() };
    format!(
        "the models fall into {count} groups that never met, with no verdict between them ({shown}{more})"
    )
}
