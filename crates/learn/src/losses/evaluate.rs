//! What is the loss of a batch of pairs, and which way should each token move?

use super::batch::sorted;
use super::check::{self, LossError, Needs};
use super::completion::Shifts;
use super::dual::Dual;
use super::loss::Loss;
use super::objective::Objective;
use super::options::LossOptions;
use super::pair::{PairScores, Sums, shared_length, wpo_weight};
use super::pairwise::pair_loss;
use super::state::LossState;

/// The derivative of a batch's value by the policy's log-probability of each token of a pair.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PairGradient {
    /// By token of the chosen completion.
    pub chosen: Vec<f64>,
    /// By token of the rejected completion.
    pub rejected: Vec<f64>,
}

/// The loss of a batch of pairs.
#[derive(Debug, Clone, PartialEq)]
pub struct Batch {
    /// The mean of weight times loss over the pairs; a token mean counts the tokens of the batch.
    pub value: f64,
    /// The loss of each pair before its weight, so that the mean of weight times this is `value`. In a token mean, the
    /// share of a pair is that of its tokens. Empty if a loss sorts the batch (`aot`, `aot_unpaired`).
    pub per_pair: Vec<f64>,
    /// By pair.
    pub gradients: Vec<PairGradient>,
}

impl Batch {
    fn zero(pairs: &[PairScores<'_>]) -> Self {
        let gradient = |pair: &PairScores<'_>| PairGradient {
            chosen: vec![0.0; pair.chosen.policy.len()],
            rejected: vec![0.0; pair.rejected.policy.len()],
        };
        Self { value: 0.0, per_pair: vec![0.0; pairs.len()], gradients: pairs.iter().map(gradient).collect() }
    }
}

impl PairGradient {
    /// Adds the derivatives by the two sums to every token, those past the shared length times `tail`.
    fn add(&mut self, slope: (f64, f64), shared: usize, tail: f64) {
        let add = |tokens: &mut [f64], slope: f64| {
            for (at, token) in tokens.iter_mut().enumerate() {
                *token += if at < shared { slope } else { tail * slope };
            }
        };
        add(&mut self.chosen, slope.0);
        add(&mut self.rejected, slope.1);
    }
}

impl Objective {
    /// The loss of a batch and its derivative by the policy's log-probability of every token, both in nats.
    ///
    /// What a loss treats as constant has no derivative: the reference, WPO's weight, KTO's baseline and BCO's threshold.
    /// Of the losses for unpaired examples the loss of a pair is the mean of its two. `state` is read and, for `bco`,
    /// updated before the loss is computed.
    ///
    /// # Errors
    /// If numbers are missing or not log-probabilities, a label or weight is out of range, a weight other than 1 meets a
    /// loss that sorts, or `kto` has no baseline.
    pub fn evaluate(&self, pairs: &[PairScores<'_>], state: &mut LossState) -> Result<Batch, LossError> {
        check::pairs(pairs, Needs { reference: self.needs_reference(), spread: self.needs_spread() })?;
        self.check_weights(pairs)?;
        let sums: Vec<Sums> = pairs.iter().map(|pair| Sums::new(pair, 1.0)).collect();
        let log_ratios = sums.iter().flat_map(|own| [own.aw().value, own.al().value]);
        let shifts = Shifts::new(self, state, log_ratios)?;
        let mut batch = Batch::zero(pairs);
        for &(loss, weight) in self.mixture().terms() {
            if loss.sorts() {
                self.add_sorted(&mut batch, (loss, weight), &sums);
            } else {
                self.add_pairs(&mut batch, (loss, weight), pairs, (&sums, shifts));
            }
            let nll_weight = weight * nll_weight(loss, self.options());
            if nll_weight > 0.0 {
                add_nll(&mut batch, nll_weight, pairs, &sums);
            }
        }
        if self.mixture().losses().any(Loss::sorts) {
            batch.per_pair.clear();
        }
        Ok(batch)
    }

    fn check_weights(&self, pairs: &[PairScores<'_>]) -> Result<(), LossError> {
        let Some(loss) = self.mixture().losses().find(|loss| loss.sorts()) else { return Ok(()) };
        match pairs.iter().position(|pair| pair.weight != 1.0) {
            Some(item) => Err(LossError::WeightOfRank { loss, item, weight: pairs[item].weight }),
            None => Ok(()),
        }
    }

    fn add_sorted(&self, batch: &mut Batch, (loss, weight): (Loss, f64), sums: &[Sums]) {
        let (value, slopes) = sorted(loss, sums, self.options());
        batch.value += weight * value;
        for (gradient, (chosen, rejected)) in batch.gradients.iter_mut().zip(slopes) {
            gradient.add((weight * chosen, weight * rejected), usize::MAX, 1.0);
        }
    }

    /// Adds the mean over the pairs of one loss; `known` are the pairs' sums and what to subtract from scores.
    fn add_pairs(
        &self,
        batch: &mut Batch,
        (loss, weight): (Loss, f64),
        pairs: &[PairScores<'_>],
        known: (&[Sums], Shifts),
    ) {
        let count = pairs.len() as f64;
        let tail = if loss == Loss::LdDpo { self.options().ld_alpha } else { 1.0 };
        for (at, pair) in pairs.iter().enumerate() {
            let own: Option<Dual> = if tail == 1.0 {
                pair_loss(loss, &known.0[at], self.options(), known.1)
            } else {
                pair_loss(loss, &Sums::new(pair, tail), self.options(), known.1)
            };
            let Some(own) = own else { return };
            let factor = if loss == Loss::Wpo { weight * wpo_weight(pair) } else { weight };
            let own = own * factor;
            batch.per_pair[at] += own.value;
            batch.value += pair.weight * own.value / count;
            let share = pair.weight / count;
            batch.gradients[at].add((share * own.chosen, share * own.rejected), shared_length(pair), tail);
        }
    }
}

/// Adds the negative log-likelihood of the chosen completions, a mean over the tokens of the batch.
fn add_nll(batch: &mut Batch, weight: f64, pairs: &[PairScores<'_>], sums: &[Sums]) {
    let tokens: f64 = sums.iter().map(|own| own.nw).sum();
    let count = pairs.len() as f64;
    for (at, (pair, own)) in pairs.iter().zip(sums).enumerate() {
        let loss = -weight * own.lw.value / tokens;
        batch.per_pair[at] += loss * count;
        batch.value += pair.weight * loss;
        batch.gradients[at].add((-weight * pair.weight / tokens, 0.0), usize::MAX, 1.0);
    }
}

/// The weight of the chosen completions' negative log-likelihood (token mean) inside a loss; 0 for most.
fn nll_weight(loss: Loss, options: &LossOptions) -> f64 {
    match loss {
        Loss::Sft | Loss::Orpo => 1.0,
        Loss::Rpo | Loss::Cpo | Loss::CpoHinge | Loss::CpoIpo => options.nll_weight,
        _ => 0.0,
    }
}
