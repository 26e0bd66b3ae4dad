//! Steps compared with exact refits, and intervals with simulations.

use super::*;
use crate::testing::random_table;
use crate::{EpOptions, Marginal, Prior, Regression, ep};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

const PRIOR: Prior = Prior::Normal { sd: 1.0 };

fn over(x: &[f64], verdicts: &[f64], clusters: &[u64], d: usize) -> (crate::EpPosterior, OverClusters) {
    let regression = Regression::new(x, verdicts, None, &vec![PRIOR; d]).unwrap();
    let fit = ep(&regression, &EpOptions::default());
    let rows = Clustered { x, verdicts, weights: None, clusters };
    let over = leave_out(&rows, &fit.mean, &fit.covariance).unwrap();
    (fit, over)
}

#[test]
fn a_step_is_nearly_the_fit_without_the_cluster() {
    let (n, d) = (400, 5);
    let table = random_table(n, d, false, 3);
    let clusters: Vec<u64> = (0..n as u64).map(|i| i % 20).collect();
    let (fit, found) = over(&table.x, &table.verdicts, &clusters, d);
    for g in 0..20 {
        let kept: Vec<usize> = (0..n).filter(|i| clusters[*i] != g).collect();
        let x: Vec<f64> = kept.iter().flat_map(|&i| table.x[i * d..(i + 1) * d].to_vec()).collect();
        let verdicts: Vec<f64> = kept.iter().map(|&i| table.verdicts[i]).collect();
        let regression = Regression::new(&x, &verdicts, None, &vec![PRIOR; d]).unwrap();
        let without = ep(&regression, &EpOptions::default());
        for j in 0..d {
            let (step, exact) = (found.changes[g as usize * d + j], without.mean[j] - fit.mean[j]);
            assert!((step - exact).abs() < 0.006 + 0.08 * exact.abs(), "{g} {j}: {step} and {exact}");
        }
    }
}

#[test]
fn few_rows_and_many_rows_take_the_same_step() {
    // Clusters of 3 rows by rows; the same with four columns fewer would go by the matrix: compare both ways directly.
    let (n, d) = (60, 6);
    let table = random_table(n, d, false, 8);
    let row = |i: usize| &table.x[i * d..(i + 1) * d];
    let (curvature, residual) = (vec![0.2; n], (0..n).map(|i| table.verdicts[i] - 0.5).collect::<Vec<_>>());
    let mut hessian = vec![0.0; d * d];
    (0..n).for_each(|i| add_outer(&mut hessian, row(i), 0.2));
    (0..d).for_each(|j| hessian[j * d + j] += 1.0);
    let inverse = spd::inverse(&hessian, d).unwrap();
    for group in [vec![0, 1, 2], vec![5], vec![7, 11, 13, 17, 19]] {
        let spread: Vec<Vec<f64>> = group.iter().map(|&i| times(&inverse, row(i), d)).collect();
        let few = by_rows(&group, &spread, &row, &curvature, &residual).unwrap();
        let many = by_matrix(&group, &hessian, &row, &curvature, &residual, d).unwrap();
        assert!(few.iter().zip(&many).all(|(x, y)| (x - y).abs() < 1e-12), "{few:?} {many:?}");
    }
}

#[test]
fn rows_that_stand_alone_are_nearly_as_sure_as_the_model() {
    let (n, d) = (800, 4);
    let table = random_table(n, d, false, 5);
    let clusters: Vec<u64> = (0..n as u64).collect();
    let (fit, found) = over(&table.x, &table.verdicts, &clusters, d);
    assert_eq!(found.reach.clusters, n);
    for j in 0..d {
        let ratio = found.reach.variance[j].sqrt() / fit.marginals[j].sd;
        assert!((0.85..1.18).contains(&ratio), "{j}: {ratio}");
        assert!(found.reach.effective[j] > 0.5 * n as f64, "{}", found.reach.effective[j]);
        let wide = found.reach.widened(j, &fit.marginals[j]).unwrap();
        assert!(wide.q05 <= fit.marginals[j].q05 && wide.q95 >= fit.marginals[j].q95);
    }
}

#[test]
fn the_same_rows_five_times_tell_no_more_than_once() {
    let (n, d) = (200, 3);
    let table = random_table(n, d, false, 11);
    let alone: Vec<u64> = (0..n as u64).collect();
    let (once, single) = over(&table.x, &table.verdicts, &alone, d);
    let x = table.x.repeat(5);
    let (verdicts, clusters) = (table.verdicts.repeat(5), alone.repeat(5));
    let (five, found) = over(&x, &verdicts, &clusters, d);
    for j in 0..d {
        // The model believes in five times as many rows; the clusters do not.
        assert!(five.marginals[j].sd < 0.55 * once.marginals[j].sd);
        let ratio = (found.reach.variance[j] / single.reach.variance[j]).sqrt();
        assert!((0.9..1.3).contains(&ratio), "{j}: {ratio}");
    }
}

#[test]
fn one_prompt_tells_of_no_other() {
    let (n, d) = (100, 2);
    let table = random_table(n, d, false, 2);
    let (fit, found) = over(&table.x, &table.verdicts, &vec![7; n], d);
    assert_eq!((found.reach.clusters, found.reach.effective[0]), (1, 1.0));
    let wide = found.reach.widened(0, &fit.marginals[0]).unwrap();
    // Cauchy's quantile.
    assert!(wide.q95 - wide.mean > 6.0 * fit.marginals[0].sd, "{wide:?}");
}

#[test]
fn a_second_way_that_only_repeats_the_first_adds_nothing() {
    let (n, d) = (300, 3);
    let table = random_table(n, d, false, 4);
    let prompts: Vec<u64> = (0..n as u64).map(|i| i % 30).collect();
    let (_, one) = over(&table.x, &table.verdicts, &prompts, d);
    assert_eq!(one.clone().with(&one, &one), one);
    // Eight people, whatever the prompt: never less than either way alone.
    let people: Vec<u64> = (0..n as u64).map(|i| i / 5 % 8).collect();
    let cells: Vec<u64> = prompts.iter().zip(&people).map(|(prompt, person)| prompt * 8 + person).collect();
    let (_, second) = over(&table.x, &table.verdicts, &people, d);
    let (_, both) = over(&table.x, &table.verdicts, &cells, d);
    let joined = one.clone().with(&second, &both);
    for j in 0..d {
        let most = one.reach.variance[j].max(second.reach.variance[j]);
        assert!(joined.reach.variance[j] >= most * (1.0 - 1e-12), "{j}");
        assert!(joined.reach.effective[j] <= one.reach.effective[j]);
    }
}

#[test]
fn lengths_that_do_not_fit_have_no_answer() {
    let rows = Clustered { x: &[1.0], verdicts: &[1.0], weights: None, clusters: &[] };
    assert_eq!(leave_out(&rows, &[0.0], &[1.0]), None);
    let rows = Clustered { x: &[], verdicts: &[], weights: None, clusters: &[] };
    assert_eq!(leave_out(&rows, &[], &[]), None);
}

/// The share of 90 % intervals that contain the estimator's own centre, where five people judge each of 200 pairs and share what is hard
/// about it: by the model, and over pairs.
#[test]
fn intervals_hold_where_annotators_share_their_pairs() {
    let (pairs, people, d, runs) = (200, 5, 6, 60);
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let mut normal =
        || (-2.0 * rng.random::<f64>().ln()).sqrt() * (std::f64::consts::TAU * rng.random::<f64>()).cos();
    let mut fits = Vec::new();
    for run in 0..runs {
        let mut draw = ChaCha8Rng::seed_from_u64(100 + run);
        let (mut x, mut verdicts, mut clusters) = (Vec::new(), Vec::new(), Vec::new());
        for pair in 0..pairs {
            let values: Vec<f64> = (0..d).map(|_| f64::from(draw.random_range(-1_i8..=1))).collect();
            let f: f64 = values.iter().zip([0.8, -0.8, 0.4, -0.4, 0.0, 0.0]).map(|(x, w)| x * w).sum::<f64>()
                + 4.0 * normal();
            for _ in 0..people {
                x.extend(&values);
                verdicts.push(f64::from(u8::from(draw.random::<f64>() < sigmoid(f))));
                clusters.push(pair);
            }
        }
        fits.push(over(&x, &verdicts, &clusters, d));
    }
    let centre: Vec<f64> =
        (0..d).map(|j| fits.iter().map(|(fit, _)| fit.mean[j]).sum::<f64>() / runs as f64).collect();
    let (mut model, mut over) = (0, 0);
    for (fit, found) in &fits {
        for j in 0..d {
            let inside = |m: &Marginal| usize::from(m.q05 <= centre[j] && centre[j] <= m.q95);
            model += inside(&fit.marginals[j]);
            over += inside(&found.reach.widened(j, &fit.marginals[j]).unwrap());
        }
    }
    let share = |count: usize| count as f64 / (runs as usize * d) as f64;
    assert!(share(model) < 0.75, "by the model {}", share(model));
    assert!((0.86..0.96).contains(&share(over)), "over pairs {}", share(over));
}

/// Small rows in one pass against what is kept of every cluster: alone, in clusters of few and of many rows.
#[test]
fn the_reach_of_small_rows_is_that_of_all_changes() {
    let (n, d) = (700, 5);
    for (seed, weighted) in [(21, false), (22, true)] {
        let table = random_table(n, d, weighted, seed);
        let small: Vec<i8> = table.x.iter().map(|x| *x as i8).collect();
        let weights = table.weights.as_deref();
        let regression = table.regression(PRIOR);
        let fit = ep(&regression, &EpOptions::default());
        let bytes = Regression::of_small(&small, &table.verdicts, weights, &[PRIOR; 5]).unwrap();
        assert_eq!(ep(&bytes, &EpOptions::default()), fit);
        for width in [1, 3, 4, 50, 700] {
            let clusters: Vec<u64> = (0..n as u64).map(|i| i / width % 300).collect();
            let rows = Clustered { x: &table.x, verdicts: &table.verdicts, weights, clusters: &clusters };
            let all = leave_out(&rows, &fit.mean, &fit.covariance).unwrap().reach;
            let rows = SmallRows { x: &small, verdicts: &table.verdicts, weights, clusters: &clusters };
            let found = reach(&rows, &fit.mean, &fit.covariance).unwrap();
            assert_eq!(found.clusters, all.clusters);
            for (found, all) in [(&found.variance, &all.variance), (&found.effective, &all.effective)] {
                assert!(found.iter().zip(all).all(|(x, y)| (x / y - 1.0).abs() < 1e-9), "{found:?} {all:?}");
            }
        }
    }
}
