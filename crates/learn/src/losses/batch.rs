//! What is the loss of a batch, where it is not the mean over its pairs?

use super::dual::Dual;
use super::loss::Loss;
use super::options::LossOptions;
use super::pair::Sums;
use super::pairwise::smoothed;

/// Alignment via optimal transport (arXiv 2406.05882): chosen scores against rejected ones, rank by rank.
///
/// `aot` compares the sorted `lw - ll` with the sorted `rw - rl`; `aot_unpaired` the sorted `aw` with the sorted `al`. The
/// loss is the mean over ranks. Returned are that mean and its derivatives by `lw` and `ll` of each pair. Equal scores
/// keep the order of the batch.
pub(crate) fn sorted(loss: Loss, sums: &[Sums], options: &LossOptions) -> (f64, Vec<(f64, f64)>) {
    let scores = |of: &dyn Fn(&Sums) -> f64| {
        let mut all: Vec<(f64, usize)> = sums.iter().enumerate().map(|(at, own)| (of(own), at)).collect();
        all.sort_by(|a, b| a.0.total_cmp(&b.0));
        all
    };
    let paired = loss == Loss::Aot;
    let (upper, lower) = if paired {
        (scores(&|own| own.lw.value - own.ll.value), scores(&|own| own.rw - own.rl))
    } else {
        (scores(&|own| own.aw().value), scores(&|own| own.al().value))
    };
    let count = sums.len() as f64;
    let mut value = 0.0;
    let mut slopes = vec![(0.0, 0.0); sums.len()];
    for (&(high, of_high), &(low, of_low)) in upper.iter().zip(&lower) {
        let rank = smoothed(Dual::chosen(high - low) * options.beta, options.label_smoothing) * count.recip();
        value += rank.value;
        slopes[of_high].0 += rank.chosen;
        slopes[if paired { of_high } else { of_low }].1 -= rank.chosen;
    }
    (value, slopes)
}

/// The negative log-likelihood of completions as a mean over all their tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenNll {
    /// Minus the mean log-probability of a token.
    pub value: f64,
    /// The derivative of `value` by the log-probability of each token, the same for all: -1 / number of tokens.
    pub slope: f64,
}

/// The negative log-likelihood of `completions`, given as log-probabilities by token: the mean over the tokens of all of
/// them, not the mean of means. `None` if there is no token.
///
/// TPO's loss is that of `cpo` with `nll_weight` 0, or of `simpo`, plus a weight times this of a third, gold response.
pub fn token_nll<'a>(completions: impl IntoIterator<Item = &'a [f64]>) -> Option<TokenNll> {
    let (mut sum, mut tokens) = (0.0, 0_usize);
    for completion in completions {
        sum += completion.iter().sum::<f64>();
        tokens += completion.len();
    }
    let count = tokens as f64;
    (tokens > 0).then(|| TokenNll { value: -sum / count, slope: -count.recip() })
}
