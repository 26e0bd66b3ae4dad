//! How far an evaluation can be moved: what was asked of a model, what that was expected to do to a judge, and what it did.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::asked::{Failures, JudgeRun, Spent};
use crate::comparison::Interval;

/// With fewer prompts than this, resampling them understates how they vary, and nothing is concluded.
pub const FEW_PROMPTS: u64 = 20;

/// What `predilect steer` found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SteerJson {
    /// One row for each arm and judge: the target judge first, arms in the order in which they were asked for.
    pub arms: Vec<ArmRow>,
    /// The instructions to the model, by arm and group; the plain arm has none.
    pub messages: BTreeMap<String, BTreeMap<String, String>>,
    /// The judge whose weights say what to ask for.
    pub judge: String,
    /// The filter that chose the pairs and verdicts for these weights; `None`: all of them.
    #[serde(default, rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Whether these weights are published ones, which are means without intervals.
    pub published: bool,
    /// The model under test.
    pub model: String,
    /// Its full name, as the log of calls has it.
    pub model_key: String,
    /// `pairwise`, `alpaca_eval` or `mt_bench`.
    pub protocol: String,
    /// Against whom responses are set: `plain` for the model itself without a message, else the baseline.
    pub against: String,
    /// What became of the prompts.
    pub prompts: PromptCount,
    /// What is asked for, by group and arm, and what was left out.
    pub plan: Vec<GroupPlan>,
    /// Responses, by arm.
    pub responses: Vec<ResponseCount>,
    /// Pairs whose verdict an arm turned, the furthest first.
    pub flips: Vec<Flip>,
    /// How well what was expected fits what was measured; `None` with fewer than three arms that were measured by the target judge.
    pub fit: Option<PredictionFit>,
    /// What the texts of the model under test took.
    pub spent: Spent,
    /// What trying the judges took in this run, before anything else was paid for.
    #[serde(default)]
    pub trying: Spent,
    /// What a model that rates the responses took; `None` where text analysis does.
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
    /// What each judge said of itself.
    pub judges: Vec<JudgeRun>,
    /// What to know before any figure.
    pub remarks: Vec<String>,
    /// Why the run ended early, if it did.
    pub stopped: Option<String>,
}

/// What became of the prompts.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PromptCount {
    /// Records read.
    pub read: u64,
    /// Of these, repetitions of an earlier prompt.
    pub repeated: u64,
    /// Left out, by reason.
    pub left_out: BTreeMap<String, u64>,
    /// Prompts that were asked.
    pub asked: u64,
    /// Of these, with a response in every arm: only they count.
    pub complete: u64,
}

/// What one arm did by one judge's verdicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmRow {
    /// `plain`, `aligned`, `opposed`, `placebo`, `null`, or the name of a message of the user's.
    pub arm: String,
    /// `pairwise` and `alpaca_eval`: win rates in %; `mt_bench`: grades from 1 to 10.
    pub protocol: String,
    /// Who judged.
    pub judge: String,
    /// Whether it is the judge whose weights determine what to ask for; others are held out.
    pub target: bool,
    /// Prompts with a verdict in every arm.
    pub prompts: u64,
    /// The mean over prompts.
    pub score: f64,
    /// 5 % quantile over resampled prompts.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
    /// The score less that of the plain arm, paired by prompt.
    pub shift: f64,
    /// 5 % quantile.
    pub shift_low: f64,
    /// 95 % quantile.
    pub shift_high: f64,
    /// The win rate at equal length: AlpacaEval's where responses are set against its own baseline on its own prompts, else its minimal form
    /// without a penalty. `None` if it cannot be fitted, and for grades.
    pub lc: Option<f64>,
    /// Lower end of its 90 % interval: 0 (and the upper end 100) where equal length is not seen, because nearly all responses are longer, or
    /// nearly all shorter, than what they are set against, or there are fewer than 20.
    #[serde(default)]
    pub lc_low: Option<f64>,
    /// Upper end.
    #[serde(default)]
    pub lc_high: Option<f64>,
    /// `lc` less that of the plain arm; `None` where one of the two is not known.
    pub lc_shift: Option<f64>,
    /// Lower end of its 90 % interval.
    #[serde(default)]
    pub lc_shift_low: Option<f64>,
    /// Upper end.
    #[serde(default)]
    pub lc_shift_high: Option<f64>,
    /// Of grades: the share of prompts in % on which the response was graded above the plain one, ties half. Equal to the score elsewhere.
    pub preferred: f64,
    /// The shift of `preferred` that was expected with every comparison as asked for; `None` for arms that ask for nothing.
    pub predicted: Option<f64>,
    /// 5 % quantile over posterior draws and resampled prompts.
    pub predicted_low: Option<f64>,
    /// 95 % quantile.
    pub predicted_high: Option<f64>,
    /// The shift of `preferred` that was expected by the comparisons really found in the responses; of the plain arm, where there is a
    /// baseline, what it was expected to win over a draw.
    pub found: Option<f64>,
    /// 5 % quantile over posterior draws and resampled prompts.
    pub found_low: Option<f64>,
    /// 95 % quantile.
    pub found_high: Option<f64>,
    /// 5 % quantile of the shift that would be measured on such prompts if the weights were right: single verdicts vary too, the more the
    /// harder they are.
    #[serde(default)]
    pub predictive_low: Option<f64>,
    /// 95 % quantile.
    #[serde(default)]
    pub predictive_high: Option<f64>,
    /// Of held-out judges: the shift by the target judge less this one's, on the prompts that both judged; `None` for the target.
    #[serde(default)]
    pub beyond: Option<f64>,
    /// 5 % quantile over resampled prompts.
    #[serde(default)]
    pub beyond_low: Option<f64>,
    /// 95 % quantile.
    #[serde(default)]
    pub beyond_high: Option<f64>,
    /// 5 % quantile of `preferred` over resampled prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_low: Option<f64>,
    /// 95 % quantile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preferred_high: Option<f64>,
    /// The score less that of the placebo arm, paired by prompt: what the contents of a message do, and not that there is one. `None` for the
    /// plain and the placebo arm, and where no placebo was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_placebo: Option<f64>,
    /// 5 % quantile over resampled prompts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_placebo_low: Option<f64>,
    /// 95 % quantile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub over_placebo_high: Option<f64>,
    /// How far the responses did what was asked for, by property; where groups ask for both directions, the second one as `ID (less)`.
    pub compliance: BTreeMap<String, Compliance>,
}

impl ArmRow {
    /// Whether there are too few prompts for what their resampled intervals say.
    pub fn is_of_few(&self) -> bool {
        self.prompts < FEW_PROMPTS
    }

    /// The win rate at equal length with its interval, where that is known.
    pub fn at_equal_length(&self) -> Option<(f64, f64, f64)> {
        let (lc, low, high) = (self.lc?, self.lc_low?, self.lc_high?);
        (low > 0.0 || high < 100.0).then_some((lc, low, high))
    }

    /// The shift of `preferred`, the measured side of `predicted` and `found`; of the plain arm, what it wins over a draw against the
    /// baseline.
    pub fn measured(&self) -> f64 {
        if self.by_preference() { self.preferred - 50.0 } else { self.shift }
    }

    /// Its 90 % interval over resampled prompts; `None` in results that have none.
    pub fn measured_range(&self) -> Option<(f64, f64)> {
        if self.by_preference() {
            Some((self.preferred_low? - 50.0, self.preferred_high? - 50.0))
        } else {
            Some((self.shift_low, self.shift_high))
        }
    }

    /// The score less that of the placebo arm, with its 90 % interval; `None` in results that have none.
    pub fn over_placebo(&self) -> Option<Interval> {
        Some(Interval {
            value: self.over_placebo?,
            low: self.over_placebo_low?,
            high: self.over_placebo_high?,
        })
    }

    fn by_preference(&self) -> bool {
        self.protocol == "mt_bench" || self.arm == "plain"
    }
}

/// How far responses did what was asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Compliance {
    /// `more` or `less`.
    pub asked: String,
    /// Prompts on which it was asked for and both responses are rated.
    pub prompts: u64,
    /// Share on which the response has more (or less) of the property than the plain one, as asked.
    pub followed: f64,
    /// Lower end of its 90 % interval (Wilson's, over prompts).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed_low: Option<f64>,
    /// Upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub followed_high: Option<f64>,
    /// Share on which it is the other way round.
    pub against: f64,
    /// Lower end of its 90 % interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_low: Option<f64>,
    /// Upper end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub against_high: Option<f64>,
}

/// What is asked for in one group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct GroupPlan {
    /// The group, `all` for prompts without one.
    pub group: String,
    /// Prompts in it.
    pub prompts: u64,
    /// By arm.
    pub asked: BTreeMap<String, Vec<Ask>>,
    /// Properties that would have been asked for, and why they are not.
    pub left_out: BTreeMap<String, String>,
}

/// A property that is asked for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Ask {
    /// Its id.
    pub property: String,
    /// Whether more of it is asked for, or less.
    pub more: bool,
    /// The judge's weight: log-odds for the response with more of it.
    pub weight: f64,
    /// The probability of its sign; `None` if only means are known.
    pub p_sign: Option<f64>,
}

/// The responses of one arm.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct ResponseCount {
    /// The arm, or the baseline's name.
    pub arm: String,
    /// How many.
    pub responses: u64,
    /// Cut off at the token limit; they are judged as they came.
    pub cut: u64,
    /// Without any text.
    pub empty: u64,
    /// Withheld by the provider.
    pub refused: u64,
    /// Responses that begin with a refusal in English words.
    #[serde(default)]
    pub declined: u64,
    /// Different texts.
    pub distinct: u64,
    /// Words of the middle response.
    pub words: u64,
}

/// A prompt on which an arm turned a verdict.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Flip {
    /// The pair's id in the study.
    pub pair: String,
    /// The arm.
    pub arm: String,
    /// The prompt.
    pub prompt: String,
    /// The response of the arm.
    pub response: String,
    /// The plain response.
    pub plain: String,
    /// The judge's preference for the response over the opponent's, in %.
    pub preference: f64,
    /// The same for the plain response.
    pub plain_preference: f64,
}

/// Predicted compared with measured shifts, over arms by the target judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PredictionFit {
    /// Arms.
    pub arms: u64,
    /// Slope of measured on predicted shifts through zero.
    pub slope: f64,
    /// Pearson correlation; `None` if one side does not vary.
    pub correlation: Option<f64>,
    /// Share of measured shifts within the 90 % interval of what would be measured if the weights were right (`predictive_low` to `predictive_high`).
    pub covered: Option<f64>,
    /// Arms whose interval does not contain zero: only they could contradict the weights.
    #[serde(default)]
    pub told: u64,
}
