//! How sure each weight is of clusters that the fit has not seen.

use crate::posterior::Marginal;
use crate::student;

/// How sure each weight is of clusters that the fit has not seen.
#[derive(Debug, Clone, PartialEq)]
pub struct Reach {
    /// How many clusters there are.
    pub clusters: usize,
    /// Per weight: how many equally informative clusters would determine it as well, at least 1; infinite if no cluster is informative.
    /// `(sum a_g)^2 / sum a_g^2` with `a_g` the cluster's part in the weight's variance.
    pub effective: Vec<f64>,
    /// Per weight: the variance over clusters with the prior's own part, before it is compared with the model's.
    pub variance: Vec<f64>,
}

/// Per weight, over clusters: sums of their parts in the variance, of these parts' squares, and of what leaving them out changes.
pub(super) struct Sums {
    parts: Vec<f64>,
    squares: Vec<f64>,
    changes: Vec<f64>,
}

impl Sums {
    pub(super) fn new(d: usize) -> Self {
        Self { parts: vec![0.0; d], squares: vec![0.0; d], changes: vec![0.0; d] }
    }

    #[inline(always)]
    pub(super) fn add(&mut self, weight: usize, part: f64, change: f64) {
        self.parts[weight] += part;
        self.squares[weight] += part * part;
        self.changes[weight] += change;
    }

    /// Adds what many clusters say of one weight: sums of their parts, of these parts' squares, and of changes.
    pub(super) fn add_many(&mut self, weight: usize, [part, square, change]: [f64; 3]) {
        self.parts[weight] += part;
        self.squares[weight] += square;
        self.changes[weight] += change;
    }

    /// Per weight, the sum of changes.
    pub(super) fn changes(&self) -> &[f64] {
        &self.changes
    }

    /// How well each weight is determined; `told` is the diagonal of `H^-1`.
    pub(super) fn finish(&self, changes: &[f64], told: &[f64]) -> Reach {
        let d = told.len();
        let count = (changes.len() / d) as f64;
        // Around their mean in a second pass, so that there is no cancellation.
        let means: Vec<f64> = self.changes.iter().map(|sum| sum / count).collect();
        let mut spread = vec![0.0; d];
        for line in changes.chunks_exact(d) {
            for ((square, change), mean) in spread.iter_mut().zip(line).zip(&means) {
                *square += (change - mean) * (change - mean);
            }
        }
        self.reach(changes.len() / d.max(1), &spread, told)
    }

    /// How well each weight is determined; `spread` is the sum of squared changes around their mean, over this many clusters.
    pub(super) fn reach(&self, clusters: usize, spread: &[f64], told: &[f64]) -> Reach {
        let (d, count) = (told.len(), clusters as f64);
        let variance = (0..d)
            .map(|j| {
                let spread = if count < 2.0 { 0.0 } else { (count - 1.0) / count * spread[j] };
                // H^-1 P H^-1 is what the clusters' parts leave of H^-1.
                spread + (told[j] - self.parts[j]).max(0.0)
            })
            .collect();
        let effective = (0..d)
            .map(|j| {
                let (sum, squares) = (self.parts[j], self.squares[j]);
                // No cluster is informative: there is only the prior, which is independent of clusters.
                if squares > 0.0 { (sum * sum / squares).max(1.0) } else { f64::INFINITY }
            })
            .collect();
        Reach { clusters, effective, variance }
    }
}

impl Reach {
    /// Joins a second way of clustering, such as annotators in addition to prompts, whose common cells were left out too.
    ///
    /// The variance is that of the first way and what the second adds to their cells, `V_1 + max(V_2 - V_12, 0)`, and at least `V_2` (after
    /// Cameron, Gelbach & Miller 2011, whose sum can be less than either way's own); effective clusters are those of the way that has
    /// fewer. Returns what was added to each variance.
    pub fn join(&mut self, second: &Self, cells: &Self) -> Vec<f64> {
        let mut all_added = vec![0.0; self.variance.len()];
        for j in 0..self.variance.len() {
            let Some(((&other, &both), &reach)) =
                second.variance.get(j).zip(cells.variance.get(j)).zip(second.effective.get(j))
            else {
                continue;
            };
            let own = self.variance[j];
            let added = (other - both).max(0.0).max(other - own);
            let total = own + added;
            // As sure as the way with fewer units lets one be.
            if added > 0.0 {
                self.effective[j] = self.effective[j].min(reach);
                self.variance[j] = total;
                all_added[j] = added;
            }
        }
        all_added
    }

    /// A weight's posterior with this uncertainty: the model's mean, the larger of the two standard deviations, and quantiles by
    /// Student's t with one degree of freedom less than effective clusters, at least 1. Never narrower than the model's.
    pub fn widened(&self, j: usize, marginal: &Marginal) -> Option<Marginal> {
        let (variance, effective) = (self.variance.get(j)?, self.effective.get(j)?);
        if effective.is_infinite() {
            return Some(*marginal);
        }
        let sd = variance.sqrt().max(marginal.sd);
        let freedom = (effective - 1.0).max(1.0);
        let reach = sd * student::quantile(0.95, freedom);
        let (low, high) = (marginal.mean - reach, marginal.mean + reach);
        let p_positive =
            if sd > 0.0 { student::cdf(marginal.mean / sd, freedom) } else { marginal.p_positive };
        let own = marginal.p_positive;
        Some(Marginal {
            mean: marginal.mean,
            sd,
            q05: low.min(marginal.q05),
            q50: marginal.q50,
            q95: high.max(marginal.q95),
            // Never surer than the model.
            p_positive: if (own - 0.5).abs() < (p_positive - 0.5).abs() { own } else { p_positive },
            shape: None,
        })
    }
}
