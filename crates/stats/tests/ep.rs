//! Is expectation propagation right: against a slow plain twin, by simulation, and where it is hard?

use predilect_stats::importance::check;
use predilect_stats::{EpOptions, EpPosterior, Prior, Regression, ep};
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const LAPLACE: Prior = Prior::Laplace { scale: 0.1 };

fn sigmoid(f: f64) -> f64 {
    1.0 / (1.0 + (-f).exp())
}

/// Rows of ternary comparisons with verdicts drawn under `truth`.
fn simulate(rng: &mut ChaCha8Rng, rows: usize, truth: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let x: Vec<f64> = (0..rows * truth.len()).map(|_| f64::from(rng.random_range(-1_i8..=1))).collect();
    let y = x
        .chunks(truth.len())
        .map(|row| {
            let f: f64 = row.iter().zip(truth).map(|(x, w)| x * w).sum();
            f64::from(u8::from(rng.random::<f64>() < sigmoid(f)))
        })
        .collect();
    (x, y)
}

fn laplace_draw(rng: &mut ChaCha8Rng) -> f64 {
    let size = -0.1 * (1.0 - rng.random::<f64>()).ln();
    if rng.random() { size } else { -size }
}

/// Mean and variance of the density proportional to N(f; m, v) g(f), by the trapezium rule.
fn grid_moments(m: f64, v: f64, g: impl Fn(f64) -> f64) -> (f64, f64) {
    let sd = v.sqrt();
    let (mut s0, mut s1, mut s2) = (0.0, 0.0, 0.0);
    for i in -3000..=3000 {
        let z = f64::from(i) / 300.0;
        let p = (-0.5 * z * z).exp() * g(m + sd * z);
        s0 += p;
        s1 += p * z;
        s2 += p * z * z;
    }
    let mean = s1 / s0;
    (m + sd * mean, v * (s2 / s0 - mean * mean))
}

fn inverse(a: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let d = a.len();
    let mut rows: Vec<Vec<f64>> = (0..d)
        .map(|i| a[i].iter().copied().chain((0..d).map(|j| f64::from(u8::from(i == j)))).collect())
        .collect();
    for i in 0..d {
        let pivot = rows[i][i];
        for value in &mut rows[i] {
            *value /= pivot;
        }
        for k in 0..d {
            if k != i {
                let factor = rows[k][i];
                let pivot_row = rows[i].clone();
                for (value, pivot) in rows[k].iter_mut().zip(&pivot_row) {
                    *value -= factor * pivot;
                }
            }
        }
    }
    rows.into_iter().map(|row| row[d..].to_vec()).collect()
}

/// The slow plain twin: one site after the other, each with a fresh posterior, every moment on a grid.
fn twin(regression: &Regression) -> (Vec<f64>, Vec<f64>) {
    let rows = regression.plain_rows();
    let (linear, weights) = regression.plain_terms();
    let d = regression.columns();
    let factors = rows.len() + d;
    let direction = |site: usize| -> Vec<f64> {
        if site < rows.len() {
            rows[site].clone()
        } else {
            (0..d).map(|j| f64::from(u8::from(j == site - rows.len()))).collect()
        }
    };
    // A row of weight w is ceil(w) equal rows.
    let copies = |site: usize| weights.filter(|_| site < rows.len()).map_or(1.0, |w| w[site].ceil());
    let mut tau: Vec<f64> = (0..factors).map(|s| if s < rows.len() { 0.2 } else { 50.0 }).collect();
    let mut nu = vec![0.0; factors];
    let solve = |tau: &[f64], nu: &[f64]| {
        let mut q = vec![vec![0.0; d]; d];
        let mut r = linear.to_vec();
        for site in 0..factors {
            let x = direction(site);
            let n = copies(site);
            for j in 0..d {
                r[j] += n * nu[site] * x[j];
                for k in 0..d {
                    q[j][k] += n * tau[site] * x[j] * x[k];
                }
            }
        }
        let c = inverse(&q);
        let mean: Vec<f64> = c.iter().map(|row| row.iter().zip(&r).map(|(a, b)| a * b).sum()).collect();
        (mean, c)
    };
    for _ in 0..15 {
        for site in 0..factors {
            let (mean, c) = solve(&tau, &nu);
            let x = direction(site);
            let m: f64 = x.iter().zip(&mean).map(|(a, b)| a * b).sum();
            let v: f64 = (0..d).map(|j| x[j] * (0..d).map(|k| c[j][k] * x[k]).sum::<f64>()).sum();
            let rest = 1.0 / v - tau[site];
            let (cm, cv) = ((m / v - nu[site]) / rest, 1.0 / rest);
            let (tm, tv) = if site < rows.len() {
                let weight = weights.map_or(1.0, |w| w[site]) / copies(site);
                grid_moments(cm, cv, |f| sigmoid(-f).powf(weight))
            } else {
                grid_moments(cm, cv, |w| (-w.abs() / 0.1).exp())
            };
            tau[site] = 1.0 / tv - 1.0 / cv;
            nu[site] = tm / tv - cm / cv;
        }
    }
    let (mean, c) = solve(&tau, &nu);
    (mean, (0..d).map(|j| c[j][j].sqrt()).collect())
}

#[test]
fn agrees_with_the_slow_plain_twin() {
    let mut rng = ChaCha8Rng::seed_from_u64(11);
    for (weighted, soft) in [(false, false), (true, true)] {
        let (x, mut y) = simulate(&mut rng, 40, &[0.5, -0.3, 0.1]);
        if soft {
            y.iter_mut().step_by(3).for_each(|y| *y = 0.25 + 0.5 * *y);
            y.iter_mut().step_by(7).for_each(|y| *y = 0.5);
        }
        let weights: Vec<f64> = (0..40).map(|i| 0.5 + f64::from(i) / 20.0).collect();
        let regression = Regression::new(&x, &y, weighted.then_some(&weights[..]), &[LAPLACE; 3]).unwrap();
        let fit = ep(&regression, &EpOptions { tolerance: 1e-9, ..EpOptions::default() });
        let (mean, sd) = twin(&regression);
        assert!(fit.converged);
        for j in 0..3 {
            // The kink of the Laplace prior costs the grid some digits.
            assert!((fit.mean[j] - mean[j]).abs() < 2e-4 * sd[j], "{weighted}: {} {}", fit.mean[j], mean[j]);
            assert!((fit.covariance[j * 4].sqrt() / sd[j] - 1.0).abs() < 2e-4, "{weighted} {j}");
        }
    }
}

/// Talts et al. (2018): when weights come from the prior and verdicts from the weights, the posterior's distribution
/// function at the true weight is uniform.
#[test]
fn simulation_based_calibration_is_uniform() {
    const BINS: usize = 16;
    let mut rng = ChaCha8Rng::seed_from_u64(2024);
    let mut counts = [0_u32; BINS];
    let (fits, d) = (600, 6);
    for _ in 0..fits {
        let truth: Vec<f64> = (0..d).map(|_| laplace_draw(&mut rng)).collect();
        let (x, y) = simulate(&mut rng, 120, &truth);
        let regression = Regression::new(&x, &y, None, &vec![LAPLACE; d]).unwrap();
        let fit = ep(&regression, &EpOptions::default());
        for (marginal, w) in fit.marginals.iter().zip(&truth) {
            let u = marginal.shape.expect("a closed form").cdf(*w);
            counts[((u * BINS as f64) as usize).min(BINS - 1)] += 1;
        }
    }
    let expected = f64::from(fits) * d as f64 / BINS as f64;
    let chi2: f64 = counts.iter().map(|&c| (f64::from(c) - expected).powi(2) / expected).sum();
    // 15 degrees of freedom: 37.7 is the 99.9 % quantile.
    assert!(chi2 < 37.7, "{chi2}: {counts:?}");
}

/// EP's means and the importance check agree, and the check passes.
fn assert_trustworthy(name: &str, regression: &Regression) -> EpPosterior {
    let fit = ep(regression, &EpOptions::default());
    assert!(fit.converged && fit.iterations <= 30, "{name}: {} iterations", fit.iterations);
    let found = check(regression, &fit, 8000, 5).expect("a proposal");
    assert!(found.passed(), "{name}: Pareto k {}", found.k);
    // Monte Carlo error and EP's own.
    let allowed = found.monte_carlo_error() + 0.03;
    assert!(found.largest_shift < allowed, "{name}: {} sd, allowed {allowed}", found.largest_shift);
    fit
}

#[test]
fn hard_tables_are_fitted_or_said_not_to_be() {
    let mut rng = ChaCha8Rng::seed_from_u64(8);
    let truth: Vec<f64> = (0..8).map(|_| 3.0 * laplace_draw(&mut rng)).collect();
    let (x, y) = simulate(&mut rng, 150, &truth);
    let edit = |f: &dyn Fn(&mut [f64])| {
        let mut x = x.clone();
        x.chunks_mut(8).for_each(f);
        x
    };
    let fit = |name: &str, x: &[f64], y: &[f64]| {
        assert_trustworthy(name, &Regression::new(x, y, None, &[LAPLACE; 8]).unwrap())
    };
    fit("large weights", &x, &y);
    let duplicate = fit("a duplicate column", &edit(&|row| row[1] = row[0]), &y);
    assert!((duplicate.marginals[0].mean - duplicate.marginals[1].mean).abs() < 1e-6);
    let nearly = edit(&|row| row[1] = if row[2] == 0.0 { row[1] } else { row[0] });
    fit("correlated columns", &nearly, &y);
    fit("all verdicts one", &x, &vec![1.0; 150]);
    // One column decides everything: its weight leans far to the right, which EP's marginals cannot. EP converges with means that are
    // right, and over many draws the tail of the weights is at the limit.
    let separable: Vec<f64> =
        x.chunks(8).map(|row| f64::from(u8::from(row[0] + 0.1 * row[1] > 0.0))).collect();
    let regression = Regression::new(&x, &separable, None, &[LAPLACE; 8]).unwrap();
    let leaning = ep(&regression, &EpOptions::default());
    let checks: Vec<_> =
        (0..8).map(|seed| check(&regression, &leaning, 8000, seed).expect("a proposal")).collect();
    let k = checks.iter().map(|check| check.k).sum::<f64>() / 8.0;
    assert!(leaning.converged && (0.55..0.9).contains(&k), "{k}");
    assert!(checks.iter().all(|check| check.largest_shift < check.monte_carlo_error()));

    let empty = fit("an empty column", &edit(&|row| row[3] = 0.0), &y);
    let m = empty.marginals[3];
    assert!(m.mean.abs() < 1e-9 && (m.sd - 0.1 * 2_f64.sqrt()).abs() < 1e-5, "the prior: {m:?}");
    assert!(
        (m.q05 - 0.1 * 0.1_f64.ln()).abs() < 1e-5 && (m.p_positive - 0.5).abs() < 1e-9,
        "the prior: {m:?}"
    );

    // Rows without any comparison change nothing.
    let mut longer = x.clone();
    longer.extend([0.0; 80]);
    let mut y_longer = y.clone();
    y_longer.extend([1.0; 10]);
    let padded = Regression::new(&longer, &y_longer, None, &[LAPLACE; 8]).unwrap();
    assert_eq!(padded.empty_rows(), 10 + x.chunks(8).filter(|row| row.iter().all(|&v| v == 0.0)).count());
    assert_eq!(
        ep(&padded, &EpOptions::default()).mean,
        ep(&Regression::new(&x, &y, None, &[LAPLACE; 8]).unwrap(), &EpOptions::default()).mean
    );
}

#[test]
fn a_soft_verdict_is_two_weighted_ones() {
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let (x, y) = simulate(&mut rng, 200, &[0.4, -0.2, 0.0, 0.3]);
    let soft: Vec<f64> = y.iter().map(|y| 0.2 + 0.6 * y).collect();
    let one = ep(&Regression::new(&x, &soft, None, &[LAPLACE; 4]).unwrap(), &EpOptions::default());
    let twice: Vec<f64> = x.iter().chain(&x).copied().collect();
    let hard: Vec<f64> = [vec![1.0; 200], vec![0.0; 200]].concat();
    let weights: Vec<f64> = soft.iter().copied().chain(soft.iter().map(|p| 1.0 - p)).collect();
    let two =
        ep(&Regression::new(&twice, &hard, Some(&weights), &[LAPLACE; 4]).unwrap(), &EpOptions::default());
    for (a, b) in one.marginals.iter().zip(&two.marginals) {
        // The same posterior by different sites.
        assert!((a.mean - b.mean).abs() < 0.01 * a.sd && (a.sd / b.sd - 1.0).abs() < 0.01, "{a:?} {b:?}");
    }
}

#[test]
fn bad_numbers_are_refused_with_their_place() {
    let bad = |x: &[f64], y: &[f64], w: Option<&[f64]>, p: &[Prior]| {
        Regression::new(x, y, w, p).unwrap_err().to_string()
    };
    assert!(bad(&[1.0, f64::NAN], &[1.0, 0.0], None, &[LAPLACE]).contains("row 1"));
    assert!(bad(&[1.0], &[1.5], None, &[LAPLACE]).contains("1.5"));
    assert!(bad(&[1.0], &[1.0], Some(&[-1.0]), &[LAPLACE]).contains("weight"));
    assert!(bad(&[1.0], &[1.0], None, &[Prior::Laplace { scale: 0.0 }]).contains("prior scale"));
    assert!(bad(&[], &[], None, &[LAPLACE]).contains("no rows"));
    assert!(bad(&[1.0, 2.0], &[1.0], None, &[LAPLACE]).contains("expected 1"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever the table, the fit ends with finite numbers; turning every verdict round turns every weight round.
    #[test]
    fn any_table_gives_finite_numbers_and_mirrors(
        rows in prop::collection::vec((prop::collection::vec(-3.0..3.0_f64, 3), 0.0..=1.0_f64, 0.0..4.0_f64), 1..40)
    ) {
        let x: Vec<f64> = rows.iter().flat_map(|r| r.0.clone()).collect();
        let y: Vec<f64> = rows.iter().map(|r| r.1).collect();
        let w: Vec<f64> = rows.iter().map(|r| r.2).collect();
        let turned: Vec<f64> = y.iter().map(|y| 1.0 - y).collect();
        let fit = |y: &[f64]| ep(&Regression::new(&x, y, Some(&w), &[LAPLACE; 3]).unwrap(), &EpOptions::default());
        let (one, other) = (fit(&y), fit(&turned));
        for (a, b) in one.marginals.iter().zip(&other.marginals) {
            prop_assert!(a.mean.is_finite() && a.sd > 0.0 && a.q05 < a.q50 && a.q50 < a.q95);
            prop_assert!((a.mean + b.mean).abs() < 1e-4 * a.sd + 1e-9, "{} {}", a.mean, b.mean);
        }
    }
}

/// A weight is as good as repeating a row that often, however large it is.
#[test]
fn weights_count_as_repeated_rows_and_large_ones_fit() {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    for (rows, times) in [(30, 7), (120, 40), (60, 300)] {
        let (x, y) = simulate(&mut rng, rows, &[0.4, -0.2, 0.0]);
        let options = EpOptions::default();
        let weighted = ep(
            &Regression::new(&x, &y, Some(&vec![f64::from(times); rows]), &[LAPLACE; 3]).unwrap(),
            &options,
        );
        let repeat = |of: &[f64]| (0..times).flat_map(|_| of.to_vec()).collect::<Vec<f64>>();
        let repeated = ep(&Regression::new(&repeat(&x), &repeat(&y), None, &[LAPLACE; 3]).unwrap(), &options);
        assert!(weighted.converged && repeated.converged, "{rows} {times}");
        for (a, b) in weighted.marginals.iter().zip(&repeated.marginals) {
            assert!(
                (a.mean - b.mean).abs() < 1e-5 * b.sd && (a.sd / b.sd - 1.0).abs() < 1e-5,
                "{rows} {times}"
            );
        }
    }
    // One row that outweighs all others, weights that differ by orders of magnitude.
    let (x, y) = simulate(&mut rng, 400, &[0.4, -0.2, 0.0]);
    for weights in [
        (0..400).map(|i| if i == 17 { 1e5 } else { 1.0 }).collect::<Vec<f64>>(),
        (0..400).map(|i| 10_f64.powi(i % 7 - 3)).collect(),
        vec![1e4; 400],
    ] {
        let fit = ep(&Regression::new(&x, &y, Some(&weights), &[LAPLACE; 3]).unwrap(), &EpOptions::default());
        assert!(fit.converged && fit.marginals.iter().all(|m| m.mean.abs() < 20.0 && m.sd > 0.0));
    }
}

#[test]
fn a_prior_may_be_centred_elsewhere() {
    let regression =
        Regression::new(&[1.0, -1.0, 2.0], &[1.0, 0.3, 0.0], None, &[Prior::Normal { sd: 0.5 }]).unwrap();
    let fit = ep(&regression.centred(&[0.8]), &EpOptions::default());
    // By integration on a grid.
    let (mut mass, mut sum, mut squares) = (0.0, 0.0, 0.0);
    for i in 0..20_001 {
        let w = -4.0 + 8.0 * f64::from(i) / 20_000.0;
        let rows = [(1.0, 1.0), (-1.0, 0.3), (2.0, 0.0)];
        let likelihood: f64 = rows.iter().map(|(x, p)| p * x * w - (x * w).exp().ln_1p()).sum();
        let density = (likelihood - 0.5 * ((w - 0.8) / 0.5_f64).powi(2)).exp();
        (mass, sum, squares) = (mass + density, sum + density * w, squares + density * w * w);
    }
    let (mean, sd) = (sum / mass, (squares / mass - (sum / mass).powi(2)).sqrt());
    assert!(
        (fit.mean[0] - mean).abs() < 2e-3 && (fit.covariance[0].sqrt() - sd).abs() < 2e-3,
        "{fit:?} {mean} {sd}"
    );
}
