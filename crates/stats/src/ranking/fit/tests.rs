//! Scores and intervals compared with slow reference implementations, and cases without scores.

use super::*;
use crate::logistic::sigmoid;
use rand::{RngExt, SeedableRng};

fn vote(a: u32, b: u32, y: f32) -> Vote {
    Vote { a, b, y, weight: 1.0, cluster: 0 }
}

/// Votes drawn from known strengths, a tenth of them ties.
fn drawn(n: usize, strengths: &[f64], seed: u64) -> Vec<Vote> {
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(seed);
    (0..n)
        .map(|i| {
            let a = rng.random_range(0..strengths.len());
            let b = (a + rng.random_range(1..strengths.len())) % strengths.len();
            let p = 1.0 / (1.0 + (strengths[b] - strengths[a]).exp());
            let y = if rng.random_range(0.0..1.0) < 0.1 {
                0.5
            } else {
                f32::from(u8::from(rng.random_range(0.0..1.0) < p))
            };
            Vote { a: a as u32, b: b as u32, y, weight: 1.0, cluster: i as u64 / 3 }
        })
        .collect()
}

#[test]
fn two_competitors_by_hand() {
    // Three wins of four: log 3, each half of it from the centre.
    let votes = [vote(0, 1, 1.0), vote(0, 1, 1.0), vote(1, 0, 0.0), vote(0, 1, 0.0)];
    let found = rank(&votes, 2, &[], RankingOptions::default()).unwrap();
    assert!((found.scores[0] - 3_f64.ln() / 2.0).abs() < 1e-9, "{found:?}");
    // The variance of a log-odds: 1 / (n p q); of a half of it a quarter.
    assert!((found.covariance.as_ref().unwrap()[0] - 1.0 / (4.0 * 0.75 * 0.25) / 4.0).abs() < 1e-9);
    // Ties as halves.
    let half = rank(&[vote(0, 1, 0.5), vote(0, 1, 1.0)], 2, &[], RankingOptions::default()).unwrap();
    assert!((half.scores[0] - half.scores[1] - 3_f64.ln()).abs() < 1e-9);
    // Davidson: with ties nu = ties / sqrt(wins losses), and the difference log(wins / losses).
    let votes: Vec<Vote> =
        [(1.0, 6), (0.5, 4), (0.0, 2)].iter().flat_map(|&(y, n)| vec![vote(0, 1, y); n]).collect();
    let davidson =
        rank(&votes, 2, &[], RankingOptions { ties: Ties::Davidson, ..RankingOptions::default() }).unwrap();
    assert!((davidson.tie.unwrap() - 4.0 / 12_f64.sqrt()).abs() < 1e-8, "{davidson:?}");
    assert!((davidson.scores[0] - davidson.scores[1] - 3_f64.ln()).abs() < 1e-8);
    // Rao-Kupper: sigmoid(D - eta) = 1/2, sigmoid(-D - eta) = 1/6.
    let rao =
        rank(&votes, 2, &[], RankingOptions { ties: Ties::RaoKupper, ..RankingOptions::default() }).unwrap();
    let eta = 5_f64.ln() / 2.0;
    assert!(
        (rao.tie.unwrap() - eta).abs() < 1e-8 && (rao.scores[0] - rao.scores[1] - eta).abs() < 1e-8,
        "{rao:?}"
    );
}

#[test]
fn what_is_not_determined_is_refused() {
    let options = RankingOptions::default();
    assert_eq!(rank(&[], 3, &[], options).unwrap_err(), RankingError::Empty);
    // 0 has never lost: no finite score.
    let votes = [vote(0, 1, 1.0), vote(1, 2, 1.0), vote(2, 1, 1.0)];
    assert_eq!(
        rank(&votes, 3, &[], options).unwrap_err(),
        RankingError::OneWay(OneWay { undefeated: vec![vec![0]], winless: vec![vec![1, 2]] })
    );
    let kept = rank(&votes, 3, &[], RankingOptions { prior: 0.5, ..options }).unwrap();
    assert!(kept.scores[0] > kept.scores[1] && kept.scores.iter().all(|r| r.abs() < 5.0));
    // A covariate that is the first one's presence.
    let votes = [vote(0, 1, 1.0), vote(0, 1, 0.0), vote(1, 0, 1.0)];
    assert_eq!(rank(&votes, 2, &[1.0, 1.0, -1.0], options).unwrap_err(), RankingError::Singular);
}

#[test]
fn strengths_are_found_again_and_the_intervals_hold() {
    let strengths = [1.0, 0.5, 0.0, -0.5, -1.0];
    let mut inside = 0;
    for seed in 0..40 {
        let votes = drawn(3000, &strengths, seed);
        let found =
            rank(&votes, 5, &[], RankingOptions { robust: Robust::Clusters, ..RankingOptions::default() })
                .unwrap();
        for i in 0..5 {
            // A tenth of ties draws all rates to the middle: sigmoid(D) becomes 0.9 sigmoid(D) + 0.05.
            let shrunk = 0.9 * sigmoid(strengths[i]) + 0.05;
            let expected = (shrunk / (1.0 - shrunk)).ln();
            inside += usize::from((found.scores[i] - expected).abs() < 1.96 * found.errors[i]);
        }
    }
    // About 95 % of 200; the shrunken truth is only nearly a Bradley-Terry model.
    assert!((170..=200).contains(&inside), "{inside}");
}

#[test]
fn covariates_take_what_is_theirs() {
    let mut votes = drawn(6000, &[0.3, 0.0, -0.3], 7);
    let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(9);
    let mut x = Vec::new();
    for vote in &mut votes {
        let length: f64 = rng.random_range(-1.0..1.0) + if vote.a == 0 { 0.5 } else { 0.0 }
            - if vote.b == 0 { 0.5 } else { 0.0 };
        x.push(length);
        let d = [0.3, 0.0, -0.3];
        let p = sigmoid(d[vote.a as usize] - d[vote.b as usize] + 0.8 * length);
        vote.y = f32::from(u8::from(rng.random_range(0.0..1.0) < p));
    }
    let plain = rank(&votes, 3, &[], RankingOptions::default()).unwrap();
    let found = rank(&votes, 3, &x, RankingOptions::default()).unwrap();
    assert!((found.controls[0] - 0.8).abs() < 0.15, "{found:?}");
    assert!((found.scores[0] - found.scores[2] - 0.6).abs() < 0.15, "{found:?}");
    assert!(plain.scores[0] - plain.scores[2] > 0.8, "length is booked as strength: {plain:?}");
}

#[test]
fn who_was_seen_on_one_prompt_is_not_known_surely() {
    let mut votes = drawn(300, &[0.3, 0.0], 5);
    votes.extend([1.0, 0.0, 1.0, 1.0, 0.0].map(|y| Vote { cluster: 7777, ..vote(2, 0, y) }));
    let of = |robust| {
        let found = rank(&votes, 3, &[], RankingOptions { robust, ..RankingOptions::default() }).unwrap();
        found.errors[2]
    };
    let (clustered, single) = (of(Robust::Clusters), of(Robust::Votes));
    assert!((clustered / single - 1.0).abs() < 0.1, "{clustered} {single}");
}

#[test]
fn sums_of_cells_and_single_votes_give_the_same() {
    let votes = drawn(500, &[0.6, 0.0, -0.2, 0.1], 3);
    let nothing = vec![0.0; votes.len()];
    for ties in [Ties::Half, Ties::RaoKupper, Ties::Davidson] {
        let options = RankingOptions { ties, ..RankingOptions::default() };
        let cells = rank(&votes, 4, &[], options).unwrap();
        let alone: Vec<Vote> = votes.iter().zip(0..).map(|(v, c)| Vote { cluster: c, ..*v }).collect();
        let clustered = rank(&alone, 4, &[], RankingOptions { robust: Robust::Clusters, ..options }).unwrap();
        for (a, b) in cells.covariance.unwrap().iter().zip(&clustered.covariance.unwrap()) {
            assert!((a - b).abs() < 1e-9, "{ties:?}: {a} {b}");
        }
        // A covariate that is always 0 is uninformative, and is refused as such.
        assert_eq!(rank(&votes, 4, &nothing, options).unwrap_err(), RankingError::Singular);
    }
}

#[test]
fn draws_find_the_errors_of_the_matrix() {
    let strengths: Vec<f64> = (0..300).map(|i| f64::from(i % 30) / 15.0 - 1.0).collect();
    let votes = drawn(20_000, &strengths, 11);
    for (ties, robust) in
        [(Ties::Half, Robust::Clusters), (Ties::Half, Robust::Votes), (Ties::Davidson, Robust::Votes)]
    {
        let cells = cells(&votes, 300, &[], 0, ties);
        let model = Model {
            ties,
            competitors: 300,
            controls: 0,
            prior: 0.0,
            weights: Weights::Counts,
            cells: &cells,
        };
        let Climbed { at, curvature, .. } = climb(&model, &[]).unwrap();
        let groups = Groups::of(&votes, 300);
        let seen =
            Seen { model: &model, votes: &votes, covariates: &[], at: &at, robust, groups: Some(&groups) };
        let shares = centre(&model, Origin::Field);
        let width = model.width();
        let inverse = inverse(&curvature.dense(), width).unwrap();
        let (variance, _) = seen.variance(&curvature.information(&curvature.diagonal()));
        let full = sandwich(&inverse, &variance, width);
        let block: Vec<f64> = (0..300).flat_map(|i| full[i * width..i * width + 300].to_vec()).collect();
        let exact = against(&block, &shares);
        let (errors, _) = seen.drawn(&curvature, &shares).unwrap();
        let mut off: Vec<f64> = (0..300).map(|i| (errors[i] / exact[i * 301].sqrt() - 1.0).abs()).collect();
        off.sort_unstable_by(f64::total_cmp);
        assert!(off[150] < 0.01 && off[299] < 0.05, "{ties:?} {robust:?}: {} {}", off[150], off[299]);
        // And the steps are those of the matrix.
        let slope: Vec<f64> = (0..width).map(|i| (i as f64).sin()).collect();
        let right: Vec<[f64; 1]> = slope.iter().map(|x| [*x]).collect();
        let found = curvature.solve(&right, 1e-10).unwrap();
        let direct = curvature.step(&slope).unwrap();
        assert!(found.iter().zip(&direct).all(|([x], y)| (x - y).abs() < 1e-7));
    }
}

#[test]
fn who_has_few_votes_blurs_nobody_else() {
    let mut votes = drawn(600, &[0.3, 0.0, -0.3], 5);
    let before = rank(&votes, 3, &[], RankingOptions::default()).unwrap().errors[0];
    votes.extend([1.0, 0.0, 1.0].map(|y| vote(3, 0, y)));
    let after = rank(&votes, 4, &[], RankingOptions::default()).unwrap();
    assert!((after.errors[0] / before - 1.0).abs() < 0.05, "{} {before}", after.errors[0]);
    assert!(after.errors[3] > 10.0 * before);
}

#[test]
fn a_weight_of_seven_is_seven_votes() {
    let votes = drawn(60, &[0.3, 0.0, -0.3], 5);
    let many: Vec<Vote> = votes.iter().flat_map(|vote| vec![*vote; 7]).collect();
    let heavy: Vec<Vote> = votes.iter().map(|vote| Vote { weight: 7.0, ..*vote }).collect();
    let of = |votes: &[Vote]| rank(votes, 3, &[], RankingOptions::default()).unwrap();
    assert!(of(&many).errors.iter().zip(&of(&heavy).errors).all(|(a, b)| (a / b - 1.0).abs() < 1e-9));
    // Shares of any scale say the same, and that a vote stays one.
    let shares =
        |scale: f32| votes.iter().map(|vote| Vote { weight: scale * 0.3, ..*vote }).collect::<Vec<_>>();
    let (small, large) = (of(&shares(0.01)), of(&shares(5.0)));
    assert!(
        small.errors.iter().zip(&large.errors).all(|(a, b)| (a / b - 1.0).abs() < 1e-4),
        "{small:?} {large:?}"
    );
    assert!((small.errors[0] / of(&votes).errors[0] - 1.0).abs() < 1e-4);
}

#[test]
fn nine_wins_of_nine_are_no_certainty() {
    let votes = vec![vote(0, 1, 1.0); 9];
    let found = rank(&votes, 2, &[], RankingOptions { prior: 0.1, ..RankingOptions::default() }).unwrap();
    assert!(found.errors[0] > 0.5, "{found:?}");
    let ties = rank(&vec![vote(0, 1, 0.5); 9], 2, &[], RankingOptions::default()).unwrap();
    // As uncertain as eight votes half of which were won: each of the two has four more.
    let eight: f64 = 8.0 * 0.25;
    assert!((ties.errors[0] - 0.5 * eight.sqrt() / (9.0 * 0.25)).abs() < 1e-9, "{ties:?}");
}
