//! How heavy the tail of importance weights is: Pareto smoothing and its diagnostic k.
//!
//! Vehtari, Simpson, Gelman, Yao and Gabry (2024), *Pareto smoothed importance sampling*; the generalised Pareto fit is
//! that of Zhang and Stephens (2009).

/// Smoothed log weights and what their tail says.
#[derive(Debug, Clone, PartialEq)]
pub struct Smoothed {
    /// Log weights after smoothing, normalised so that their exponentials sum to 1.
    pub ln_weights: Vec<f64>,
    /// Shape of the tail: below 0.7 the weighted mean can be trusted. Infinite where the tail cannot be fitted.
    pub k: f64,
    /// Effective share of the draws, 1 / (S sum of squared weights), in (0, 1\].
    pub ess_share: f64,
}

/// Smooths raw log weights (any additive constant; `-inf` allowed, NaN counts as `-inf`).
///
/// Tail length: min(S / 5, 3 sqrt(S)). With fewer than 25 draws nothing is smoothed and k is infinite.
pub fn smooth(ln_weights: &[f64]) -> Smoothed {
    let mut ln: Vec<f64> =
        ln_weights.iter().map(|&w| if w.is_nan() { f64::NEG_INFINITY } else { w }).collect();
    let top = ln.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let count = ln.len();
    let mut k = f64::INFINITY;
    if top.is_finite() {
        for w in &mut ln {
            *w -= top;
        }
        if count >= 25 {
            k = smooth_tail(&mut ln);
        }
    }
    let total = ln.iter().map(|w| w.exp()).sum::<f64>().ln();
    for w in &mut ln {
        *w -= total;
    }
    let squares: f64 = ln.iter().map(|w| (2.0 * w).exp()).sum();
    Smoothed {
        ess_share: if top.is_finite() { 1.0 / (squares * count as f64) } else { 0.0 },
        ln_weights: ln,
        k,
    }
}

/// Replaces the largest weights by quantiles of the Pareto distribution fitted to them; returns its shape.
fn smooth_tail(ln: &mut [f64]) -> f64 {
    let count = ln.len();
    let tail = (count / 5).min((3.0 * (count as f64).sqrt()) as usize);
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|&a, &b| ln[a].total_cmp(&ln[b]));
    let cutoff = ln[order[count - tail - 1]].exp();
    let members = &order[count - tail..];
    let excess: Vec<f64> = members.iter().map(|&i| ln[i].exp() - cutoff).collect();
    // Equal weights have no tail.
    if excess[tail - 1] <= 1e-12 {
        return f64::NEG_INFINITY;
    }
    let (k, sigma) = generalised_pareto(&excess);
    if !k.is_finite() {
        return f64::INFINITY;
    }
    for (rank, &i) in members.iter().enumerate() {
        let p = (rank as f64 + 0.5) / tail as f64;
        let q =
            if k.abs() < 1e-10 { -sigma * (-p).ln_1p() } else { sigma * ((-k * (-p).ln_1p()).exp_m1()) / k };
        // No smoothed weight may exceed the largest raw one, which is 1.
        ln[i] = (cutoff + q).ln().min(0.0);
    }
    k
}

/// Shape and scale of the generalised Pareto distribution of sorted excesses, shape with a weak prior around 0.5.
fn generalised_pareto(sorted: &[f64]) -> (f64, f64) {
    let n = sorted.len();
    let nf = n as f64;
    let grid = 30 + (nf.sqrt() as usize);
    let quartile = sorted[((nf / 4.0 + 0.5) as usize).clamp(1, n) - 1];
    let largest = sorted[n - 1];
    if quartile <= 0.0 {
        return (f64::INFINITY, 0.0);
    }
    let thetas: Vec<f64> = (0..grid)
        .map(|j| 1.0 / largest + (1.0 - (grid as f64 / (j as f64 + 0.5)).sqrt()) / (3.0 * quartile))
        .collect();
    let shape = |theta: f64| sorted.iter().map(|x| (-theta * x).ln_1p()).sum::<f64>() / nf;
    let profile: Vec<f64> = thetas
        .iter()
        .map(|&theta| {
            let k = shape(theta);
            nf * ((-theta / k).ln() - k - 1.0)
        })
        .collect();
    let mut theta = 0.0;
    for (j, &candidate) in thetas.iter().enumerate() {
        let share = 1.0 / profile.iter().map(|l| (l - profile[j]).exp()).sum::<f64>();
        theta += share * candidate;
    }
    let k = shape(theta);
    let sigma = -k / theta;
    ((nf * k + 10.0 * 0.5) / (nf + 10.0), sigma)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{RngExt, SeedableRng};

    /// Weights (1 - u)^-k have a Pareto tail of exactly that k.
    #[test]
    fn k_is_recovered_from_pareto_weights() {
        let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(5);
        for truth in [0.1, 0.5, 0.9] {
            let ln: Vec<f64> = (0..20_000).map(|_| -truth * rng.random::<f64>().ln()).collect();
            let smoothed = smooth(&ln);
            // The maximum likelihood shape of the 424 tail weights has the standard error (1 + k) / sqrt(424).
            assert!(
                (smoothed.k - truth).abs() < 3.0 * (1.0 + truth) / 424_f64.sqrt(),
                "{truth}: {}",
                smoothed.k
            );
            assert!((smoothed.ln_weights.iter().map(|w| w.exp()).sum::<f64>() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn equal_weights_need_no_smoothing_and_none_at_all_are_an_alarm() {
        let equal = smooth(&[3.0; 100]);
        assert!(equal.k < 0.0 && (equal.ess_share - 1.0).abs() < 1e-12);
        assert!(smooth(&[0.0; 10]).k.is_infinite());
        let none = smooth(&[f64::NAN; 100]);
        assert!(none.k.is_infinite() && none.k > 0.0 && none.ess_share == 0.0);
    }
}
