//! Whether chains of draws have mixed, and how many independent draws they are worth.
//!
//! Vehtari, Gelman, Simpson, Carpenter and Buerkner (2021), *Rank-normalization, folding, and localization: an improved
//! R-hat*. Every function takes the draws of one quantity, one slice per chain, all of the same length.

use crate::normal;

/// All diagnostics of one quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Diagnostics {
    /// The larger of rank-normalised split R-hat and its folded form; near 1 when the chains agree.
    pub rhat: f64,
    /// Effective sample size for the bulk.
    pub ess_bulk: f64,
    /// Effective sample size for the 5 % and 95 % quantiles (the smaller).
    pub ess_tail: f64,
    /// Monte Carlo standard error of the mean.
    pub mcse_mean: f64,
}

/// Computes all diagnostics; NaN with fewer than 4 draws a chain or without any variation.
pub fn diagnose(chains: &[&[f64]]) -> Diagnostics {
    let shortest = chains.iter().map(|c| c.len()).min().unwrap_or(0);
    if shortest < 4 {
        return Diagnostics { rhat: f64::NAN, ess_bulk: f64::NAN, ess_tail: f64::NAN, mcse_mean: f64::NAN };
    }
    let split = split(chains);
    let ranking = Ranking::new(&split);
    let scores = NormalScores::new(ranking.order.len());
    let median = ranking.quantile(0.5);
    let ranked = ranking.scores(&split, &scores, &ranking.order, |x| x);
    let folded = ranking.scores(&split, &scores, &ranking.folded_order(median), |x| (x - median).abs());
    let below = |q: f64| {
        let limit = ranking.quantile(q);
        ess(&split
            .iter()
            .map(|c| c.iter().map(|&x| f64::from(u8::from(x <= limit))).collect())
            .collect::<Vec<_>>())
    };
    let (_, variance) = mean_and_variance(&ranking.pooled);
    Diagnostics {
        rhat: rhat(&ranked).max(rhat(&folded)),
        ess_bulk: ess(&ranked),
        ess_tail: below(0.05).min(below(0.95)),
        mcse_mean: (variance / ess(&split)).sqrt(),
    }
}

/// All draws together, and their order: sorted once, read by every diagnostic.
struct Ranking {
    pooled: Vec<f64>,
    order: Vec<u32>,
}

impl Ranking {
    fn new(chains: &[Vec<f64>]) -> Self {
        let pooled: Vec<f64> = chains.iter().flatten().copied().collect();
        let mut order: Vec<u32> = (0..pooled.len() as u32).collect();
        order.sort_unstable_by(|&a, &b| pooled[a as usize].total_cmp(&pooled[b as usize]));
        Self { pooled, order }
    }

    fn sorted(&self, rank: usize) -> f64 {
        self.pooled[self.order[rank] as usize]
    }

    /// As [`crate::posterior::sorted_quantile`].
    fn quantile(&self, q: f64) -> f64 {
        let last = self.order.len() - 1;
        let at = q * last as f64;
        let low = at.floor() as usize;
        let share = at - low as f64;
        self.sorted(low) + share * (self.sorted((low + 1).min(last)) - self.sorted(low))
    }

    /// The order of distances from a centre, merged from both sides of it.
    fn folded_order(&self, centre: f64) -> Vec<u32> {
        let count = self.order.len();
        let mut above = self.order.partition_point(|&i| self.pooled[i as usize] < centre);
        let mut below = above;
        let mut out = Vec::with_capacity(count);
        while out.len() < count {
            let down = below > 0
                && (above == count || centre - self.sorted(below - 1) <= self.sorted(above) - centre);
            if down {
                below -= 1;
                out.push(self.order[below]);
            } else {
                out.push(self.order[above]);
                above += 1;
            }
        }
        out
    }

    /// The normal scores of the ranks of `of(draw)`, whose order is given; ties get the score of their mean rank.
    fn scores(
        &self,
        chains: &[Vec<f64>],
        scores: &NormalScores,
        order: &[u32],
        of: impl Fn(f64) -> f64,
    ) -> Vec<Vec<f64>> {
        let mut flat = vec![0.0; order.len()];
        let value = |rank: usize| of(self.pooled[order[rank] as usize]);
        let mut at = 0;
        while at < order.len() {
            let mut end = at + 1;
            while end < order.len() && value(end) <= value(at) {
                end += 1;
            }
            let score = scores.between(at, end);
            for &i in &order[at..end] {
                flat[i as usize] = score;
            }
            at = end;
        }
        let mut rest = flat.as_slice();
        chains
            .iter()
            .map(|chain| {
                let (own, others) = rest.split_at(chain.len());
                rest = others;
                own.to_vec()
            })
            .collect()
    }
}

/// Normal scores of the ranks 1..=n after Blom: quantile((rank - 3/8) / (n + 1/4)).
struct NormalScores(Vec<f64>);

impl NormalScores {
    fn new(count: usize) -> Self {
        Self((1..=count).map(|rank| Self::score(rank as f64, count)).collect())
    }

    fn score(rank: f64, count: usize) -> f64 {
        normal::quantile((rank - 0.375) / (count as f64 + 0.25))
    }

    /// The score of the mean of the ranks at + 1 ..= end.
    fn between(&self, at: usize, end: usize) -> f64 {
        if end == at + 1 { self.0[at] } else { Self::score((at + end + 1) as f64 / 2.0, self.0.len()) }
    }
}

/// Halves of every chain; the middle draw of an odd chain belongs to neither.
fn split(chains: &[&[f64]]) -> Vec<Vec<f64>> {
    chains
        .iter()
        .flat_map(|chain| {
            let half = chain.len() / 2;
            [chain[..half].to_vec(), chain[chain.len() - half..].to_vec()]
        })
        .collect()
}

fn mean_and_variance(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (mean, x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0))
}

/// Within-chain variance and the estimate of the marginal posterior variance.
fn variances(chains: &[Vec<f64>]) -> (f64, f64) {
    let (m, n) = (chains.len() as f64, chains[0].len() as f64);
    let stats: Vec<(f64, f64)> = chains.iter().map(|c| mean_and_variance(c)).collect();
    let within = stats.iter().map(|s| s.1).sum::<f64>() / m;
    let between = mean_and_variance(&stats.iter().map(|s| s.0).collect::<Vec<_>>()).1;
    (within, within * (n - 1.0) / n + between)
}

fn rhat(chains: &[Vec<f64>]) -> f64 {
    let (within, total) = variances(chains);
    (total / within).sqrt()
}

/// Effective sample size by Geyer's initial monotone sequence over the chains' mean autocovariance.
fn ess(chains: &[Vec<f64>]) -> f64 {
    let (m, n) = (chains.len(), chains[0].len());
    let (within, total) = variances(chains);
    if total.is_nan() || total <= 0.0 {
        return f64::NAN;
    }
    let means: Vec<f64> = chains.iter().map(|c| c.iter().sum::<f64>() / n as f64).collect();
    // Lag by lag, since the sum stops after a few lags when a chain mixes well.
    let autocovariance = |lag: usize| {
        chains
            .iter()
            .zip(&means)
            .map(|(c, mean)| {
                c[lag..].iter().zip(c).map(|(a, b)| (a - mean) * (b - mean)).sum::<f64>() / n as f64
            })
            .sum::<f64>()
            / m as f64
    };
    let scale = n as f64 / (n as f64 - 1.0);
    let rho = |lag: usize| 1.0 - (within - autocovariance(lag) * scale) / total;
    let mut sum = 0.0;
    let mut previous = f64::INFINITY;
    let mut lag = 0;
    while lag + 1 < n {
        let even = if lag == 0 { 1.0 } else { rho(lag) };
        let pair = even + rho(lag + 1);
        if pair < 0.0 {
            // The last positive even term still belongs to the sum.
            sum += even.max(0.0) / 2.0;
            break;
        }
        previous = pair.min(previous);
        sum += previous;
        lag += 2;
    }
    let draws = (m * n) as f64;
    let tau = (2.0 * sum - 1.0).max(1.0 / draws.log10());
    draws / tau
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    fn autoregressive(phi: f64, n: usize, shift: f64, seed: u64) -> Vec<f64> {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
        let mut x = 0.0;
        (0..n)
            .map(|_| {
                x = phi * x + normal::quantile(rng.random_range(f64::EPSILON..1.0));
                x + shift
            })
            .collect()
    }

    #[test]
    fn effective_size_of_an_autoregressive_chain_is_known() {
        // n (1 - phi) / (1 + phi).
        for (phi, share) in [(0.0, 1.0), (0.5, 1.0 / 3.0), (0.9, 0.1 / 1.9), (-0.5, 3.0)] {
            let chains: Vec<Vec<f64>> = (0..4).map(|c| autoregressive(phi, 20_000, 0.0, c)).collect();
            let found = diagnose(&chains.iter().map(Vec::as_slice).collect::<Vec<_>>());
            assert!((found.ess_bulk / 80_000.0 / share - 1.0).abs() < 0.15, "{phi}: {}", found.ess_bulk);
            assert!(found.rhat < 1.01);
            let sd = 1.0 / (1.0 - phi * phi).sqrt();
            let expected = sd / (80_000.0 * share).sqrt();
            assert!((found.mcse_mean / expected - 1.0).abs() < 0.15);
        }
    }

    /// The slow plain twin: ranks by counting, scores one by one.
    #[test]
    fn ranks_agree_with_counting() {
        let mut chains = vec![autoregressive(0.3, 40, 0.0, 3), autoregressive(0.3, 40, 0.0, 4)];
        chains[0][3] = chains[1][7];
        chains[0][5] = chains[1][7];
        let ranking = Ranking::new(&chains);
        let scores = NormalScores::new(80);
        let median = ranking.quantile(0.5);
        let plain = |of: &dyn Fn(f64) -> f64| -> Vec<f64> {
            let all: Vec<f64> = chains.iter().flatten().map(|&x| of(x)).collect();
            all.iter()
                .map(|x| {
                    let less = all.iter().filter(|y| *y < x).count() as f64;
                    let same = all.iter().filter(|y| *y == x).count() as f64;
                    normal::quantile((less + f64::midpoint(same, 1.0) - 0.375) / 80.25)
                })
                .collect()
        };
        let raw: Vec<f64> = ranking.scores(&chains, &scores, &ranking.order, |x| x).concat();
        assert_eq!(raw, plain(&|x| x));
        let folded =
            ranking.scores(&chains, &scores, &ranking.folded_order(median), |x| (x - median).abs()).concat();
        for (a, b) in folded.iter().zip(plain(&|x: f64| (x - median).abs())) {
            assert!((a - b).abs() < 1e-12);
        }
    }

    #[test]
    fn chains_that_disagree_are_seen() {
        let chains = [autoregressive(0.2, 1000, 0.0, 1), autoregressive(0.2, 1000, 1.0, 2)];
        assert!(diagnose(&[&chains[0], &chains[1]]).rhat > 1.1);
        assert!(diagnose(&[&[1.0, 2.0]]).rhat.is_nan());
        assert!(diagnose(&[&[1.0; 10], &[1.0; 10]]).ess_bulk.is_nan());
    }
}
