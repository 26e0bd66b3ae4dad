//! What is left of an arm's win rate at equal length, and can that be told?

use std::collections::BTreeMap;

use predilect_stats::resample::{bootstrap, quantile};
use predilect_workbench::rank::{Against, LcOptions, PUBLISHED_BASELINE, length_controlled_board};

use crate::arms::PLAIN;
use crate::predict::Range;

/// Resamples of prompts for the interval of a difference between two arms.
const RESAMPLES: usize = 200;
/// Pairs below which nothing is said of equal length.
const LEAST: usize = 20;
/// Where fewer than one in this many responses are no longer, or no shorter, than what they are set against, equal length is seen nowhere: a
/// curve through the others says nothing there.
const ONE_IN: usize = 10;
/// Standard errors to either side of an interval of 90 %, relative to one of 95 %.
const NARROWER: f64 = 1.644_854 / 1.959_964;

/// The win rate of one arm at equal length.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct AtEqualLength {
    /// In %, with its interval of 90 %; that is 0 to 100 where it cannot be told.
    pub(crate) rate: Range,
    /// Whether it can be told.
    pub(crate) told: bool,
    /// The same less that of the plain arm, where that is set against the same opponent and both can be told. Prompts are resampled for both
    /// together, since their responses to one prompt are alike in what makes it hard.
    pub(crate) shift: Option<Range>,
}

impl AtEqualLength {
    /// That of a response against itself.
    pub(crate) const EVEN: Self =
        Self { rate: Range { mean: 50.0, low: 50.0, high: 50.0 }, told: true, shift: None };

    /// What it wins over one half, where it can be told: the shift of an arm that is set against the plain responses.
    pub(crate) fn over_even(&self) -> Option<Range> {
        let Range { mean, low, high } = self.rate;
        self.told.then_some(Range { mean: mean - 50.0, low: low - 50.0, high: high - 50.0 })
    }
}

/// The win rates of all arms at equal length, by name, from each response against its opponent's: AlpacaEval 2.0's length-controlled win rate,
/// with its difficulties of prompts and its penalty where the opponent is its baseline and the prompts are its own, else its minimal form without
/// a penalty.
///
/// Its own rate is defined however long responses are, and is what its leaderboard shows; of any other, nothing is said where equal length is not
/// seen. Its penalty belongs to that leaderboard: on a hundred prompts it is often so strong that the rate is one half whatever an arm won, which
/// would look as if all of a shift were length.
pub(crate) fn at_equal_length(
    opponent: &str,
    outputs: &[Against],
    seed: u64,
) -> BTreeMap<String, AtEqualLength> {
    let own = opponent == PUBLISHED_BASELINE && outputs.iter().all(|output| output.difficulty.is_some());
    let options = LcOptions { unpenalised: !own, ..LcOptions::default() };
    let board = length_controlled_board(opponent, outputs, &options);
    let told = board.ranking.into_iter().map(|row| {
        let whole = row.low <= 0.0 && row.high >= 100.0;
        let told = !whole && row.lc_standard_error.is_finite() && (own || overlaps(outputs, &row.model));
        let (low, high) = if told {
            (row.score - NARROWER * (row.score - row.low), row.score + NARROWER * (row.high - row.score))
        } else {
            (0.0, 100.0)
        };
        (row.model, AtEqualLength { rate: Range { mean: row.score, low, high }, told, shift: None })
    });
    let mut found: BTreeMap<String, AtEqualLength> = told.collect();
    if let Some(plain) = found.get(PLAIN).filter(|plain| plain.told).copied() {
        let draws = resampled_shifts(opponent, outputs, &options, seed);
        for (arm, own) in found.iter_mut().filter(|(arm, own)| *arm != PLAIN && own.told) {
            own.shift = draws.get(arm).and_then(|draws| around(own.rate.mean - plain.rate.mean, draws));
        }
    }
    found
}

/// By arm: its rate less that of the plain arm, over resampled prompts.
fn resampled_shifts(
    opponent: &str,
    outputs: &[Against],
    options: &LcOptions,
    seed: u64,
) -> BTreeMap<String, Vec<f64>> {
    let mut by_prompt: BTreeMap<u64, Vec<&Against>> = BTreeMap::new();
    for output in outputs {
        by_prompt.entry(output.prompt).or_default().push(output);
    }
    let by_prompt: Vec<Vec<&Against>> = by_prompt.into_values().collect();
    let mut shifts: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for draw in bootstrap(by_prompt.len(), RESAMPLES, seed) {
        // A prompt that is drawn twice is two prompts.
        let again = (0_u64..).zip(draw).flat_map(|(prompt, at)| {
            by_prompt[at].iter().map(move |output| Against { prompt, ..(*output).clone() })
        });
        let again: Vec<Against> = again.collect();
        let board = length_controlled_board(opponent, &again, options);
        let Some(plain) = board.ranking.iter().find(|row| row.model == PLAIN).map(|row| row.score) else {
            continue;
        };
        for row in &board.ranking {
            shifts.entry(row.model.clone()).or_default().push(row.score - plain);
        }
    }
    shifts
}

/// The interval of 90 % that draws leave, their middle moved to the estimate: a penalty shrinks resamples more than the whole.
fn around(mean: f64, draws: &[f64]) -> Option<Range> {
    let mut draws = draws.to_vec();
    let middle = quantile(&mut draws, 0.5)?;
    let (low, high) = (quantile(&mut draws, 0.05)?, quantile(&mut draws, 0.95)?);
    Some(Range { mean, low: mean + low - middle, high: mean + high - middle })
}

/// Whether responses of an arm are seen on both sides of equal length. As long as the opponent's are mostly the same responses, which say nothing.
fn overlaps(outputs: &[Against], arm: &str) -> bool {
    let own = || outputs.iter().filter(|own| own.model == arm && own.preference.is_some());
    let (all, longer, shorter) = (
        own().count(),
        own().filter(|own| own.longer_by > 0.0).count(),
        own().filter(|own| own.longer_by < 0.0).count(),
    );
    all >= LEAST && longer.min(shorter) * ONE_IN >= all
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A judge that sees length alone, on responses that are longer by these.
    fn outputs(longer: impl Fn(usize) -> f64) -> Vec<Against> {
        let one = |at: usize| {
            let longer_by = longer(at);
            let preference = Some(0.5 + 0.4 * (longer_by / 300.0).tanh());
            Against {
                model: "aligned".to_owned(),
                prompt: at as u64,
                preference,
                longer_by,
                difficulty: None,
            }
        };
        (0..60).map(one).collect()
    }

    #[test]
    fn what_only_length_moves_is_gone_at_equal_length() {
        let found = at_equal_length(
            "plain",
            &outputs(|at| 400.0 - 10.0 * at as f64 + if at % 2 == 0 { 60.0 } else { 0.0 }),
            1,
        );
        let own = found["aligned"];
        assert!(own.told && (own.rate.mean - 50.0).abs() < 3.0, "{own:?}");
        let shift = own.over_even().unwrap();
        assert!(shift.mean.abs() < 3.0 && shift.high - shift.low < 5.0, "{shift:?}");
    }

    #[test]
    fn what_an_arm_won_is_not_drawn_to_one_half() {
        // Wins three of five whatever the length, on few prompts.
        let all: Vec<Against> = outputs(|at| 300.0 - 15.0 * at as f64)
            .into_iter()
            .take(40)
            .map(|own| Against { preference: Some(f64::from(u8::from(own.prompt % 5 < 3))), ..own })
            .collect();
        let own = at_equal_length("plain", &all, 1)["aligned"];
        assert!(own.told && (own.rate.mean - 60.0).abs() < 3.0, "{own:?}");
        assert!(own.rate.low < 50.0 && own.rate.high > 70.0, "{own:?}");
    }

    #[test]
    fn where_every_response_is_longer_nothing_is_said() {
        let own = at_equal_length("plain", &outputs(|at| 100.0 + 10.0 * at as f64), 1)["aligned"];
        assert!(!own.told && (own.rate.low, own.rate.high) == (0.0, 100.0), "{own:?}");
        assert_eq!(own.over_even(), None);
        let few: Vec<Against> = outputs(|at| at as f64 - 9.0).into_iter().take(19).collect();
        assert!(!at_equal_length("plain", &few, 1)["aligned"].told);
        // A third of the responses are the opponent's own.
        let same = outputs(|at| if at % 3 == 0 { 0.0 } else { 100.0 + 10.0 * at as f64 });
        assert!(!at_equal_length("plain", &same, 1)["aligned"].told);
    }

    #[test]
    fn alpaca_evals_own_rate_is_told_however_long_responses_are() {
        let with_difficulty = |mut one: Against| {
            one.difficulty = Some((one.prompt % 7) as f64 / 3.0 - 1.0);
            one
        };
        let long: Vec<Against> =
            outputs(|at| 100.0 + 10.0 * at as f64).into_iter().map(with_difficulty).collect();
        assert!(at_equal_length(PUBLISHED_BASELINE, &long, 1)["aligned"].told);
        assert!(!at_equal_length("another", &long, 1)["aligned"].told);
    }

    #[test]
    fn arms_on_the_same_prompts_are_compared_prompt_by_prompt() {
        // What makes a prompt hard weighs on both arms; one of them is better by a little everywhere.
        let hard = |at: usize| 0.35 * ((at * 37 % 60) as f64 / 60.0 - 0.5);
        let arm = |model: &str, better: f64| {
            let longer = |at: usize| 300.0 - 10.0 * at as f64;
            (0..60)
                .map(move |at| Against {
                    model: model.to_owned(),
                    prompt: at as u64,
                    preference: Some(0.5 + hard(at) + better),
                    longer_by: longer(at),
                    difficulty: None,
                })
                .collect::<Vec<_>>()
        };
        let all: Vec<Against> = arm(PLAIN, 0.0).into_iter().chain(arm("aligned", 0.05)).collect();
        let found = at_equal_length("base", &all, 1);
        let (own, shift) = (found["aligned"], found["aligned"].shift.expect("both can be told"));
        assert!((shift.mean - 5.0).abs() < 1.0 && shift.low > 0.0, "{shift:?}");
        // Of two independent arms the difference is 1.4 times as uncertain as one of them.
        assert!(shift.high - shift.low < own.rate.high - own.rate.low, "{shift:?} {own:?}");
        assert_eq!(found[PLAIN].shift, None);
    }
}
