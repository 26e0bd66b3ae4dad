//! How far did the policy go from the reference: the KL divergence over the whole vocabulary, at some tokens of the pairs.

use super::compared::Compared;
use super::trainer::Trainer;
use crate::model::Pass;

/// Pairs whose completions are looked at.
const PAIRS: usize = 16;
/// Tokens of each completion.
const TOKENS: usize = 4;

impl Trainer {
    /// Keeps what the present model, which is then the reference, says at some tokens: at most 4, evenly spread, of each completion of at
    /// most 16 pairs, those held out or else the first that are trained on. That is one number per token and word of the vocabulary: 25 MB
    /// for one of 49,152.
    pub fn keep_reference(&mut self) {
        let first = if self.held_out.is_empty() { 0 } else { self.examples.len() };
        let last = (first + PAIRS).min(self.examples.len() + self.held_out.len());
        self.compared = (first..last).map(|number| self.compared_at(number)).collect();
    }

    fn compared_at(&self, example: usize) -> Compared {
        let tree = self.example(example).tree();
        let spread = |side: usize| {
            let range = tree.completion(side);
            let count = TOKENS.min(range.len());
            (0..count).map(move |at| range.start + at * range.len() / count)
        };
        let targets: Vec<usize> = (0..self.sides).flat_map(spread).collect();
        let reference = self.model.distributions(&tree, Pass::Score, &targets);
        Compared { example, targets, reference }
    }

    /// The mean over the tokens that [`Self::keep_reference`] chose of `KL(pi || ref) = sum_v pi_v (ln pi_v - ln ref_v)`, in nats per token:
    /// 0 for a model that has not moved. It is exact over the vocabulary, in contexts of the pairs and not of texts that the policy writes.
    /// `None` where nothing was kept, or where it is not finite.
    pub fn divergence(&self) -> Option<f64> {
        let vocab = self.model.config.vocab;
        let (mut sum, mut count) = (0.0, 0_usize);
        for compared in &self.compared {
            let tree = self.example(compared.example).tree();
            let policy = self.model.distributions(&tree, Pass::Score, &compared.targets);
            for (policy, reference) in policy.chunks(vocab).zip(compared.reference.chunks(vocab)) {
                sum += kl(policy, reference);
                count += 1;
            }
        }
        // Rounding of single floats can leave a divergence of nothing a hair below 0.
        (count > 0 && sum.is_finite()).then(|| (sum / count as f64).max(0.0))
    }
}

/// `sum_v p_v (ln p_v - ln q_v)`; what is impossible under `p` counts as nothing.
fn kl(policy: &[f32], reference: &[f32]) -> f64 {
    let part = |(p, q): (&f32, &f32)| {
        let (p, q) = (f64::from(*p), f64::from(*q));
        if p == f64::NEG_INFINITY { 0.0 } else { p.exp() * (p - q) }
    };
    policy.iter().zip(reference).map(part).sum()
}
