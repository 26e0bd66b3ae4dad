//! Whether weights are causes: one property of a response is changed at a time, and the judge is asked again.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::asked::{Failures, JudgeRun, Spent};

/// What `predilect verify` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct VerifyJson {
    /// The judge.
    pub judge: String,
    /// The judge whose weights are put to the test; the same, unless another was named.
    pub weights_of: String,
    /// Pairs of the study that were edited.
    pub pairs: u64,
    /// Their prompts.
    #[serde(default)]
    pub prompts: u64,
    /// One row for each property and direction, by the size of the change.
    pub effects: Vec<Effect>,
    /// Edits that were dropped, by property and reason.
    pub dropped: BTreeMap<String, BTreeMap<String, u64>>,
    /// Spearman's rank correlation of weight and change over properties, edits in both directions taken towards more, without those of too few
    /// pairs; `None` below three.
    pub rank_correlation: Option<f64>,
    /// The same of predicted and measured changes.
    pub rank_correlation_predicted: Option<f64>,
    /// What the writer's texts took; zero if all edits were made by rule.
    pub spent: Spent,
    /// What trying the judge took in this run, before anything else was paid for.
    #[serde(default)]
    pub trying: Spent,
    /// What the annotator took, to check edits and to rate what was judged; `None` where text analysis rated.
    #[serde(default)]
    pub rating: Option<Spent>,
    /// What all calls in the log have cost in US dollars, those of earlier runs too; `None` if no price is known.
    #[serde(default)]
    pub paid: Option<f64>,
    /// Seconds that this run took.
    #[serde(default)]
    pub seconds: f64,
    /// Texts that were not written and ratings that were not given, by reason.
    pub failures: Failures,
    /// What the judge said of itself.
    pub judging: Option<JudgeRun>,
    /// What to know before any figure.
    pub remarks: Vec<String>,
    /// Why the run ended early, if it did.
    pub stopped: Option<String>,
}

/// What changing one property did.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Effect {
    /// The property's id.
    pub property: String,
    /// How the text was changed: the name of a rule, or `writer`.
    pub edit: String,
    /// Whether the edited response has more of it, or less.
    pub more: bool,
    /// Pairs that were judged before and after.
    pub pairs: u64,
    /// Their prompts: pairs of one prompt are resampled together.
    #[serde(default)]
    pub prompts: u64,
    /// Mean change of the judge's preference for the edited response, in points of %.
    pub change: f64,
    /// 5 % quantile over resampled prompts; with a single one -100 and 100, since it says nothing of others.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
    /// The fitted weight in the direction of the edit: log-odds expected for the edited response against itself unedited, from this
    /// property alone. Of a part without a weight of its own it is that of its whole.
    pub weight: Option<f64>,
    /// Its 5 % quantile.
    pub weight_low: Option<f64>,
    /// Its 95 % quantile.
    pub weight_high: Option<f64>,
    /// The change that the fit expects from all comparisons before and after, in points of %.
    pub predicted: Option<f64>,
    /// 5 % quantile over posterior draws and resampled prompts.
    pub predicted_low: Option<f64>,
    /// 95 % quantile.
    pub predicted_high: Option<f64>,
    /// The change that as much more or less text alone accounts for, by the edits of this run that change nothing else, in points of %; `None`
    /// where the run has none of them in that direction.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_length: Option<f64>,
    /// Mean number of other rated properties that the edit moved.
    pub others_moved: f64,
    /// Pairs that the response had lost before.
    pub had_lost: u64,
    /// Verdicts that the edit turned to the edited response.
    pub won: u64,
    /// Verdicts that it turned away.
    pub lost: u64,
    /// `cause`: change and weight are sure and of one sign; `unseen cause`: the change is sure and the weight is not; `with others`: one of
    /// these two, but the edits also made responses longer or shorter, and the change is not surely more than twice what that alone does, or it
    /// is not sure by those edits alone that moved no other property whose weight explains it; `correlation only`: the weight is sure, the
    /// change is not, is against it or below half a point; `neither`; `not told`: one of these two by a judge that tells hardly any responses apart, or follows the position of
    /// responses, which may not see what they say; `too few`: pairs (20 are needed) or prompts (10) for any of these; `control`: a text that
    /// answers nothing in the place of a response.
    pub verdict: String,
}
