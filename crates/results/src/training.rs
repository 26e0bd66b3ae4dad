//! What a small language model learnt from preferences: a training run, and how it ranks pairs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What `predilect train` did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TrainJson {
    /// The folder with all outputs.
    pub output: String,
    /// `native`, or `trl` for Hugging Face's trainer.
    pub engine: String,
    /// The model that was trained, as it was named.
    pub model: String,
    /// The losses with their weights, `sigmoid` or `sigmoid:0.8,sft:0.2`; of SPA, those for the labelled pairs.
    pub loss: String,
    /// Strength of the pull to the reference.
    pub beta: f64,
    /// What became of the pairs.
    pub pairs: PairCount,
    /// The completions that are trained on by themselves, where there are no pairs: then `pairs` counts completions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completions: Option<Kinds>,
    /// Whose verdicts they are; `None` if the file names no judge.
    pub judge: Option<String>,
    /// How labels were computed from the weights of a judge; `None` if they are verdicts.
    pub relabelled: Option<Relabelled>,
    /// The adapter; `None` if all weights were trained.
    pub adapter: Option<AdapterShape>,
    /// Numbers that are trained.
    pub trained_parameters: u64,
    /// Steps made; of SPA, in all stages.
    pub steps: u64,
    /// Steps to be made; of SPA, in all stages, where a round that has not begun may turn out to need fewer.
    pub steps_planned: u64,
    /// Pairs of one step.
    pub batch: u64,
    /// Every step, in order.
    pub curve: Vec<StepRow>,
    /// Every evaluation on the held-out pairs, in order. In a round of SPA, loss and rewards are against the model before that round.
    pub evaluations: Vec<EvaluationRow>,
    /// The step whose weights were kept, where that is not the last.
    pub kept_step: Option<u64>,
    /// Seconds of training, without opening the model: of a resumed run, in all its processes together, as far as their steps were kept; of SPA,
    /// in all stages, without the sampling.
    pub seconds: f64,
    /// Tokens of completions trained on in one second of them.
    pub tokens_per_second: Option<f64>,
    /// Rounds in which the model labelled its own responses (SPA), in order; empty without SPA.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rounds: Vec<RoundRow>,
    /// Files that were written, by what they are.
    pub files: BTreeMap<String, String>,
    /// What to know before any figure.
    pub remarks: Vec<String>,
    /// Why the run ended early, if it did: it was stopped, a loss was not finite, or the held-out loss no longer fell (`patience`).
    pub stopped: Option<String>,
    /// The command that trains, where its files were written and nothing was run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// One round of SPA: the model answers prompts itself, and calls those answers better whose probability has grown more since it began.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RoundRow {
    /// Its number, from 1.
    pub round: u64,
    /// Prompts that were answered.
    pub prompts: u64,
    /// Pairs that came of them.
    pub pairs: u64,
    /// Responses that another of the same prompt was equal to.
    pub repeated: u64,
    /// Responses without a token.
    pub empty: u64,
    /// The mean probability of the better response by the gain in probability.
    pub mean_p: f64,
    /// The loss that is trained with.
    #[serde(default)]
    pub loss: String,
    /// Steps.
    pub steps: u64,
    /// The mean share of pairs in a step whose label was doubtful.
    pub doubtful: Option<f64>,
    /// The loss of the first step.
    pub first_loss: Option<f64>,
    /// The loss of the last step.
    pub last_loss: Option<f64>,
    /// The loss on the held-out pairs at the end, against the model before the round.
    #[serde(default)]
    pub held_out_loss: Option<f64>,
    /// The share of the held-out pairs whose chosen completion has gained more than the rejected one in this round.
    #[serde(default)]
    pub held_out_accuracy: Option<f64>,
}

/// What became of the pairs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct PairCount {
    /// Pairs read.
    pub read: u64,
    /// Trained on; of SPA, those whose labels are used (the pairs that the model makes itself are counted by round).
    pub trained: u64,
    /// Held out for evaluation.
    pub held_out: u64,
    /// Prompts that were cut from the left.
    pub prompts_cut: u64,
    /// Completions that were cut at the end.
    pub completions_cut: u64,
    /// Left out, by reason.
    pub left_out: BTreeMap<String, u64>,
}

/// How many completions there are of each kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Kinds {
    /// Desirable ones.
    pub desirable: u64,
    /// Undesirable ones.
    pub undesirable: u64,
}

/// Labels that the fitted weights of a judge gave.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Relabelled {
    /// The judge.
    pub judge: String,
    /// Whether its weights are published ones.
    pub published: bool,
    /// `aligned` with it, `opposed` to it, or `random`.
    pub direction: String,
    /// Whether labels are probabilities (`true`) or the side that they favour.
    pub soft: bool,
    /// Pairs whose probability is nearer to one half than this are left out.
    pub margin: f64,
    /// Posterior draws behind each label; 1 for weights that are known as means only.
    pub draws: u64,
    /// Seed of the fit, and so of the draws; `None` for published weights.
    #[serde(default)]
    pub draws_seed: Option<u64>,
    /// Seed of the sides of `random` labels.
    #[serde(default)]
    pub seed: u64,
    /// Of the pairs with a verdict, the share whose label favours the same side.
    pub agreement: Option<f64>,
    /// The mean probability of the favoured side.
    pub mean_certainty: f64,
}

/// The shape of an adapter of low rank.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AdapterShape {
    /// Its rank.
    pub rank: u64,
    /// Its output is multiplied by `alpha / rank`.
    pub alpha: f64,
    /// The maps of each layer that have one.
    pub targets: Vec<String>,
}

/// One step. Means are over its pairs; where completions are trained on by themselves, what is said of chosen ones is of the desirable ones, and
/// of rejected ones of the others.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct StepRow {
    /// Its number, from 1.
    pub step: u64,
    /// Epochs passed.
    pub epoch: f64,
    /// The loss before it.
    #[serde(with = "crate::nan")]
    #[schemars(with = "Option<f64>")]
    pub loss: f64,
    /// Its learning rate.
    pub learning_rate: f64,
    /// The length of the gradient before clipping.
    #[serde(with = "crate::nan")]
    #[schemars(with = "Option<f64>")]
    pub grad_norm: f64,
    /// `beta (ln pi - ln ref)` of the chosen completions.
    pub rewards_chosen: Option<f64>,
    /// The same of the rejected ones.
    pub rewards_rejected: Option<f64>,
    /// Their difference.
    pub margin: Option<f64>,
    /// Share of pairs whose chosen completion has the larger reward; equal rewards count one half. Of single completions: of every desirable
    /// one with every other one.
    pub accuracy: Option<f64>,
    /// Mean over completion tokens of `|ln pi - ln ref|`, in nats: how far the policy went from the reference on these tokens.
    pub drift: Option<f64>,
    /// `KL(pi || ref)` over the whole vocabulary after the step, in nats per token: the mean over up to 4 tokens of each completion of up to
    /// 16 pairs, those held out or else the first that are trained on. `None` where it was not measured: it is at each evaluation.
    #[serde(default)]
    pub kl: Option<f64>,
    /// The mean cross-entropy of degraded completions (SPO), where it is trained on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub degree_loss: Option<f64>,
    /// Summed log-probability of the chosen completions.
    #[serde(with = "crate::nan")]
    #[schemars(with = "Option<f64>")]
    pub logp_chosen: f64,
    /// The same of the rejected ones.
    #[serde(with = "crate::nan")]
    #[schemars(with = "Option<f64>")]
    pub logp_rejected: f64,
    /// Tokens of completions.
    pub tokens: u64,
    /// Seconds since the run began; those of earlier runs are counted.
    pub seconds: f64,
    /// The loss on the held-out pairs after it, if they were evaluated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eval_loss: Option<f64>,
    /// Their accuracy.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eval_accuracy: Option<f64>,
    /// Their margin.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub eval_margin: Option<f64>,
    /// Share of its pairs whose label was doubtful (SPA).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub doubtful: Option<f64>,
}

/// One evaluation on the held-out pairs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct EvaluationRow {
    /// The number of steps done.
    pub step: u64,
    /// The mean loss.
    pub loss: f64,
    /// Share of pairs whose chosen completion has the larger reward; equal rewards count one half. Of single completions: of every desirable
    /// one with every other one, `None` without one of each.
    pub accuracy: Option<f64>,
    /// The mean difference of rewards.
    pub margin: Option<f64>,
}

/// What `predilect train --list` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LossesJson {
    /// The letters in the formulas.
    pub notation: String,
    /// The losses.
    pub losses: Vec<LossRow>,
}

/// One loss.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct LossRow {
    /// Its name.
    pub name: String,
    /// Its formula.
    pub formula: String,
    /// Where it comes from.
    pub source: String,
    /// TRL's name for it; `None` if it has no such loss.
    pub trl: Option<String>,
    /// Whether it learns from the probability of a label.
    pub soft: bool,
    /// Whether it needs a reference.
    pub reference: bool,
    /// Whether it learns from single completions, each labelled desirable or not.
    #[serde(default)]
    pub unpaired: bool,
    /// The loss parameters that it takes, each with its default.
    #[serde(default)]
    pub options: BTreeMap<String, serde_json::Value>,
}

/// What `predilect ranking-accuracy` found. Shares are of pairs, within 0 and 1; intervals are 90 % intervals over prompts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankingJson {
    /// The model.
    pub model: String,
    /// The reference; `None` if none was given.
    pub reference: Option<String>,
    /// Pairs that were ranked.
    pub pairs: u64,
    /// Prompts among them.
    pub prompts: u64,
    /// Share whose chosen response is at least as likely as the rejected one: as in the paper, equal ones count as right.
    pub accuracy: f64,
    /// Its lower end.
    pub low: f64,
    /// Its upper end.
    pub high: f64,
    /// The same by the mean log-probability of a token.
    pub accuracy_per_token: f64,
    /// Its lower end.
    pub per_token_low: f64,
    /// Its upper end.
    pub per_token_high: f64,
    /// Share whose chosen response gained more on the reference than the rejected one; a pair of equal gains counts one half. `None`
    /// without a reference, and where no pair gained or lost anything.
    pub reward_accuracy: Option<f64>,
    /// Its lower end.
    pub reward_low: Option<f64>,
    /// Its upper end.
    pub reward_high: Option<f64>,
    /// Beta of the ideal model.
    pub beta: f64,
    /// The accuracy of a model that optimised the objective perfectly, from the reference and the annotators' shares; `None` if the shares
    /// or the reference are unknown.
    pub idealised: Option<f64>,
    /// Its lower end.
    #[serde(default)]
    pub idealised_low: Option<f64>,
    /// Its upper end.
    #[serde(default)]
    pub idealised_high: Option<f64>,
    /// The same by the mean log-probability of a token.
    pub idealised_per_token: Option<f64>,
    /// Its lower end.
    #[serde(default)]
    pub idealised_per_token_low: Option<f64>,
    /// Its upper end.
    #[serde(default)]
    pub idealised_per_token_high: Option<f64>,
    /// Pairs whose annotators' share is known: by several verdicts, or by one that is itself a probability. The ideal is over these.
    pub shared: u64,
    /// `idealised` less the accuracy on the same pairs.
    pub gap: Option<f64>,
    /// Its lower end. The interval is one of pairwise differences, so that it can be narrower than those of the two accuracies.
    #[serde(default)]
    pub gap_low: Option<f64>,
    /// Its upper end.
    #[serde(default)]
    pub gap_high: Option<f64>,
    /// `idealised_per_token` less the accuracy by token on the same pairs.
    pub gap_per_token: Option<f64>,
    /// Its lower end.
    #[serde(default)]
    pub gap_per_token_low: Option<f64>,
    /// Its upper end.
    #[serde(default)]
    pub gap_per_token_high: Option<f64>,
    /// The reference's own accuracy.
    pub reference_accuracy: Option<f64>,
    /// Share of the pairs that the reference ranks wrong and the model right.
    pub flipped: Option<f64>,
    /// What became of the pairs.
    pub count: PairCount,
    /// The pairs, where they were asked for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub each: Vec<RankedPair>,
    /// What to know before any figure.
    pub remarks: Vec<String>,
}

/// One pair as a model ranks it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankedPair {
    /// Its id.
    pub id: String,
    /// The share of annotators for the chosen response; 1 where only one verdict is known.
    pub share: f64,
    /// Summed log-probability of the chosen response.
    pub chosen: f64,
    /// The same of the rejected one.
    pub rejected: f64,
    /// Tokens of the chosen response.
    pub chosen_tokens: u64,
    /// Tokens of the rejected one.
    pub rejected_tokens: u64,
    /// The reference's log-probability of the chosen response.
    pub reference_chosen: Option<f64>,
    /// The same of the rejected one.
    pub reference_rejected: Option<f64>,
    /// The model ranks this pair right exactly where its DPO loss is at most this: `-ln sigmoid(beta c)`, c the reference's log-probability
    /// of the rejected response less that of the chosen one.
    pub flip_threshold: Option<f64>,
}
