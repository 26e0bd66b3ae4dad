//! What is left of an arm's win rate at equal length, and can that be told?

use std::collections::BTreeMap;

use predilect_workbench::rank::{Against, LcOptions, PUBLISHED_BASELINE, length_controlled_board};

use crate::predict::Range;

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
}

impl AtEqualLength {
    /// That of a response against itself.
    pub(crate) const EVEN: Self = Self { rate: Range { mean: 50.0, low: 50.0, high: 50.0 }, told: true };

    /// The same less that of another arm, where both can be told. Both errors are added as those of independent arms: pairs on the same prompts
    /// are correlated, so that the interval is rather too wide.
    pub(crate) fn less(&self, other: &Self) -> Option<Range> {
        let by = self.rate.mean - other.rate.mean;
        let down = (self.rate.mean - self.rate.low).hypot(other.rate.high - other.rate.mean);
        let up = (self.rate.high - self.rate.mean).hypot(other.rate.mean - other.rate.low);
        (self.told && other.told).then_some(Range { mean: by, low: by - down, high: by + up })
    }
}

/// The win rates of all arms at equal length, by name, from each response against its opponent's: AlpacaEval 2.0's length-controlled win rate,
/// with its difficulties of prompts where the opponent is its baseline and the prompts are its own, else its minimal form.
///
/// Its own rate is defined however long responses are, and is what its leaderboard shows; of any other, nothing is said where equal length is not
/// seen.
pub(crate) fn at_equal_length(opponent: &str, outputs: &[Against]) -> BTreeMap<String, AtEqualLength> {
    let board = length_controlled_board(opponent, outputs, &LcOptions::default());
    let own = opponent == PUBLISHED_BASELINE && outputs.iter().all(|output| output.difficulty.is_some());
    let told = board.ranking.into_iter().map(|row| {
        let whole = row.low <= 0.0 && row.high >= 100.0;
        let told = !whole && row.lc_standard_error.is_finite() && (own || overlaps(outputs, &row.model));
        let (low, high) = if told {
            (row.score - NARROWER * (row.score - row.low), row.score + NARROWER * (row.high - row.score))
        } else {
            (0.0, 100.0)
        };
        (row.model, AtEqualLength { rate: Range { mean: row.score, low, high }, told })
    });
    told.collect()
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
        );
        let own = found["aligned"];
        assert!(own.told && (own.rate.mean - 50.0).abs() < 3.0, "{own:?}");
        let shift = own.less(&AtEqualLength::EVEN).unwrap();
        assert!(shift.mean.abs() < 3.0 && shift.high - shift.low < 5.0, "{shift:?}");
    }

    #[test]
    fn where_every_response_is_longer_nothing_is_said() {
        let own = at_equal_length("plain", &outputs(|at| 100.0 + 10.0 * at as f64))["aligned"];
        assert!(!own.told && (own.rate.low, own.rate.high) == (0.0, 100.0), "{own:?}");
        assert_eq!(own.less(&AtEqualLength::EVEN), None);
        let few: Vec<Against> = outputs(|at| at as f64 - 9.0).into_iter().take(19).collect();
        assert!(!at_equal_length("plain", &few)["aligned"].told);
        // A third of the responses are the opponent's own.
        let same = outputs(|at| if at % 3 == 0 { 0.0 } else { 100.0 + 10.0 * at as f64 });
        assert!(!at_equal_length("plain", &same)["aligned"].told);
    }

    #[test]
    fn alpaca_evals_own_rate_is_told_however_long_responses_are() {
        let with_difficulty = |mut one: Against| {
            one.difficulty = Some((one.prompt % 7) as f64 / 3.0 - 1.0);
            one
        };
        let long: Vec<Against> =
            outputs(|at| 100.0 + 10.0 * at as f64).into_iter().map(with_difficulty).collect();
        assert!(at_equal_length(PUBLISHED_BASELINE, &long)["aligned"].told);
        assert!(!at_equal_length("another", &long)["aligned"].told);
    }
}
