//! Do intervals have the coverage they claim, and what does pairing find? Simulated, so that the truth is known.
//!
//! Two judges see the same prompts. What a judge rewards varies from prompt to prompt, pairs have effects that no property captures, and
//! people judge with individual tastes; part of this is common to both judges. Reported for every design:
//!
//! - *coverage*: how many 90 % intervals contain the estimator's own centre (the mean of its estimates over all runs; a prior draws every
//!   estimate to 0, so the truth is not what it is centred on), with every verdict independent, and over units;
//! - *contrasts*, with independent posteriors of widened intervals and paired: of true differences, how many are sure (P of the sign at
//!   least .95) and right; of null differences, how many are sure all the same (10 % if P is exact, since either sign counts); of those
//!   with a q-value up to .05, how many are wrong or null.
//!
//! `cargo bench -p predilect-analysis --bench what_is_sure [-- RUNS]`

#![allow(clippy::print_stdout, reason = "a benchmark prints")]

use std::ops::ControlFlow;

use predilect_analysis::compare::{WeightTable, contrasts};
use predilect_analysis::table::{Feature, FeatureTable, PairInfo, VerdictRow};
use predilect_analysis::{Draws, FitOptions, Terms, dissect};
use predilect_results::Fit;
use predilect_results::comparison::Contrast;
use predilect_types::Order;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

const RUNS: usize = 200;
/// What the first judge rewards, and what the second does.
const FIRST: [f64; 8] = [0.6, -0.6, 0.3, -0.3, 0.0, 0.0, 0.4, 0.0];
const SECOND: [f64; 8] = [0.6, -0.6, 0.0, -0.3, 0.0, 0.3, -0.1, 0.0];

/// How verdicts come about.
struct DesignOf {
    name: &'static str,
    prompts: usize,
    pairs: usize,
    /// People of each judge on each pair; 0: one verdict without an annotator.
    people: usize,
    /// People of each judge altogether.
    crowd: usize,
    /// sd over prompts of what a property is worth there.
    slopes: f64,
    /// sd of a pair's own effect.
    pair: f64,
    /// sd over people of what a property is worth to them.
    tastes: f64,
    /// Share of the pairs that the second judge saw.
    seen: f64,
}

const DESIGNS: [DesignOf; 7] = [
    DesignOf {
        name: "800 prompts, nothing shared",
        prompts: 800,
        pairs: 1,
        people: 0,
        crowd: 0,
        slopes: 0.0,
        pair: 0.0,
        tastes: 0.0,
        seen: 1.0,
    },
    DesignOf {
        name: "800 prompts, pair effects",
        prompts: 800,
        pairs: 1,
        people: 0,
        crowd: 0,
        slopes: 0.0,
        pair: 1.5,
        tastes: 0.0,
        seen: 1.0,
    },
    DesignOf {
        name: "800 prompts, second saw a fourth",
        prompts: 800,
        pairs: 1,
        people: 0,
        crowd: 0,
        slopes: 0.0,
        pair: 1.5,
        tastes: 0.0,
        seen: 0.25,
    },
    DesignOf {
        name: "80 prompts of 10 pairs, slopes",
        prompts: 80,
        pairs: 10,
        people: 0,
        crowd: 0,
        slopes: 0.6,
        pair: 1.0,
        tastes: 0.0,
        seen: 1.0,
    },
    DesignOf {
        name: "200 pairs, 5 people, pair effects",
        prompts: 200,
        pairs: 1,
        people: 5,
        crowd: 200,
        slopes: 0.0,
        pair: 4.0,
        tastes: 0.0,
        seen: 1.0,
    },
    DesignOf {
        name: "80 prompts, 5 of 30 people, tastes",
        prompts: 80,
        pairs: 4,
        people: 5,
        crowd: 30,
        slopes: 0.3,
        pair: 1.0,
        tastes: 0.6,
        seen: 1.0,
    },
    DesignOf {
        name: "13 prompts of 100 pairs, slopes",
        prompts: 13,
        pairs: 100,
        people: 0,
        crowd: 0,
        slopes: 0.6,
        pair: 1.0,
        tastes: 0.0,
        seen: 1.0,
    },
];

fn normal(rng: &mut ChaCha8Rng) -> f64 {
    (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt() * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

fn simulate(design: &DesignOf, seed: u64) -> FeatureTable {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let width = FIRST.len();
    let mut table = FeatureTable {
        features: (0..width).map(|k| Feature { name: format!("p{k}") }).collect(),
        judges: ["first", "second"].map(str::to_owned).to_vec(),
        annotators: (0..2 * design.crowd).map(|i| i.to_string()).collect(),
        ..FeatureTable::default()
    };
    let tastes: Vec<f64> = (0..2 * design.crowd * width).map(|_| design.tastes * normal(&mut rng)).collect();
    for prompt in 0..design.prompts {
        // Half of the variance is common to both judges.
        let common: Vec<f64> = (0..width).map(|_| normal(&mut rng)).collect();
        let slopes: [Vec<f64>; 2] = std::array::from_fn(|_| {
            common
                .iter()
                .map(|c| design.slopes * (0.5_f64.sqrt() * c + 0.5_f64.sqrt() * normal(&mut rng)))
                .collect()
        });
        for _ in 0..design.pairs {
            let x: Vec<f64> = (0..width).map(|_| f64::from(rng.random_range(-1_i8..=1))).collect();
            let pair = table.pairs.len() as u32;
            table.values.extend(x.iter().copied());
            table.pairs.push(PairInfo { cluster: prompt as u64, model_a: None, model_b: None });
            let shared = normal(&mut rng);
            for (judge, slopes) in slopes.iter().enumerate() {
                if judge == 1 && rng.random::<f64>() >= design.seen {
                    continue;
                }
                let worth = if judge == 0 { FIRST } else { SECOND };
                let effect = design.pair * (0.8_f64.sqrt() * shared + 0.2_f64.sqrt() * normal(&mut rng));
                let first_person = rng.random_range(0..design.crowd.max(1));
                for person in 0..design.people.max(1) {
                    let person = (first_person + person) % design.crowd.max(1) + judge * design.crowd;
                    let f: f64 = (0..width)
                        .map(|k| {
                            let taste = tastes.get(person * width + k).copied().unwrap_or(0.0);
                            x[k] * (worth[k] + slopes[k] + taste)
                        })
                        .sum::<f64>()
                        + effect;
                    table.verdicts.push(VerdictRow {
                        pair,
                        judge: judge as u32,
                        p_a: f64::from(u8::from(rng.random::<f64>() < 1.0 / (1.0 + (-f).exp()))),
                        weight: 1.0,
                        order: Order::Unknown,
                        annotator: (design.people > 0).then_some(person as u32),
                        group: None,
                    });
                }
            }
        }
    }
    table
}

fn fitted(table: &FeatureTable, independent: bool) -> (Vec<Fit>, Vec<Option<Draws>>) {
    let options =
        FitOptions { terms: Terms::NONE, folds: 0, keep_draws: 200, independent, ..FitOptions::default() };
    let mut draws = Vec::new();
    let fits = dissect(table, &options, &|_| {}, &mut |_, own| {
        draws.push(Some(own.clone()));
        ControlFlow::Continue(())
    });
    (fits.fits, draws)
}

/// Of contrasts: how many are real differences, and sure with the right sign; how many are null, and sure of a sign; how many are sure by
/// their q-value, and wrong.
#[derive(Default, Clone, Copy)]
struct Found {
    truths: usize,
    right: usize,
    nothing: usize,
    alarms: usize,
    discoveries: usize,
    false_ones: usize,
}

impl Found {
    fn add(&mut self, property: usize, difference: f64, contrast: &Contrast) {
        let truth = FIRST[property] - SECOND[property];
        let sure = contrast.p_positive.max(1.0 - contrast.p_positive) >= 0.95;
        let right = truth != 0.0 && (truth > 0.0) == (difference > 0.0);
        self.truths += usize::from(truth != 0.0);
        self.right += usize::from(sure && right);
        self.nothing += usize::from(truth == 0.0);
        self.alarms += usize::from(sure && truth == 0.0);
        self.discoveries += usize::from(contrast.q_value <= 0.05);
        self.false_ones += usize::from(contrast.q_value <= 0.05 && !right);
    }

    fn show(&self) -> String {
        let share = |part: usize, whole: usize| 100.0 * part as f64 / whole.max(1) as f64;
        format!(
            "{:5.1} {:5.1} {:5.1}",
            share(self.right, self.truths),
            share(self.alarms, self.nothing),
            share(self.false_ones, self.discoveries)
        )
    }
}

#[expect(clippy::too_many_lines, reason = "a table, line by line")]
fn main() {
    let runs = std::env::args().skip(1).find_map(|a| a.parse::<usize>().ok()).unwrap_or(RUNS);
    println!(
        "{:36} {:>17}   {:>48}",
        "", "coverage of 90 %", "contrasts: found, false alarms, false discoveries"
    );
    println!(
        "{:36} {:>8} {:>8}   {:>18} {:>18} {:>6}",
        "design", "verdicts", "units", "independent", "paired", "width"
    );
    for design in &DESIGNS {
        let all: Vec<_> = (0..runs as u64)
            .into_par_iter()
            .map(|run| {
                let table = simulate(design, 1000 + run);
                let (plain, _) = fitted(&table, true);
                let (wide, draws) = fitted(&table, false);
                let by = |draws: &[Option<Draws>]| {
                    let draws: Vec<Option<&Draws>> = draws.iter().map(Option::as_ref).collect();
                    contrasts(&WeightTable::of_fits(&wide, &draws))
                };
                let paired = by(&draws);
                let bare: Vec<Option<Draws>> =
                    draws.into_iter().map(|draws| draws.map(|draws| Draws { over: None, ..draws })).collect();
                let bare = by(&bare);
                (plain, bare, wide, paired)
            })
            .collect();
        let centre = |judge: usize, k: usize| {
            all.iter().map(|(plain, ..)| plain[judge].weights[k].mean).sum::<f64>() / runs as f64
        };
        let (mut held, mut total) = ([0_usize; 2], 0_usize);
        for judge in 0..2 {
            for k in 0..FIRST.len() {
                let centre = centre(judge, k);
                for (plain, _, wide, _) in &all {
                    for (held, fits) in held.iter_mut().zip([plain, wide]) {
                        let w = &fits[judge].weights[k];
                        *held += usize::from(w.q05 <= centre && centre <= w.q95);
                    }
                    total += 1;
                }
            }
        }
        let (mut found, mut ratios) = ([Found::default(); 2], Vec::new());
        for (_, alone, _, paired) in &all {
            for (found, list) in found.iter_mut().zip([alone, paired]) {
                for c in list {
                    let k: usize = c.property[1..].parse().unwrap_or(0);
                    // Judges come in the order of their verdicts.
                    let sign = if c.judges[0] == "first" { 1.0 } else { -1.0 };
                    found.add(k, sign * c.mean, c);
                }
            }
            for c in paired {
                let other = alone.iter().find(|o| o.property == c.property);
                ratios.extend(other.map(|o| (c.high - c.low) / (o.high - o.low)));
            }
        }
        ratios.sort_unstable_by(f64::total_cmp);
        let share = |held: usize| 100.0 * held as f64 / total as f64;
        println!(
            "{:36} {:8.1} {:8.1}   {:>18} {:>18} {:6.2}",
            design.name,
            share(held[0]),
            share(held[1]),
            found[0].show(),
            found[1].show(),
            ratios[ratios.len() / 2]
        );
    }
}
