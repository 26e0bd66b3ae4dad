//! How a judge judged: does it follow the content or the position?

use predilect_results::asked::{JudgeFigures, Parse};

use super::options::Shown;
use super::read::{Call, Judged};

/// Counts verdicts.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Tally {
    pairs: u64,
    parsed: u64,
    ties: u64,
    positions: (u64, f64),
    both: (u64, u64),
    mass: (u64, f64),
    /// Answers that could be read as asked, with something around them, and not at all.
    answers: [u64; 3],
}

impl Tally {
    /// Counts one pair.
    pub fn add(&mut self, judged: &Judged) {
        self.add_calls(&judged.calls, judged.verdict.as_ref().map(|verdict| verdict.p_a));
    }

    /// Counts one pair by its calls, such as those that the receipt of its verdict names ([`crate::judge::calls_of`]), whatever run asked
    /// for it.
    pub fn add_calls(&mut self, calls: &[Call], verdict: Option<f64>) {
        self.pairs += 1;
        for call in calls {
            let kind = match call.parse {
                Parse::Clean => 0,
                Parse::Wrapped => 1,
                _ => 2,
            };
            self.answers[kind] += 1;
            if let Some(position) = call.position() {
                self.positions.0 += 1;
                self.positions.1 += position;
            }
            if let Some(mass) = call.mass() {
                self.mass.0 += 1;
                self.mass.1 += mass;
            }
        }
        let Some(p_a) = verdict else { return };
        self.parsed += 1;
        self.ties += u64::from(p_a == 0.5);
        let of = |shown| calls.iter().find(|call| call.shown == shown).and_then(|call| call.value);
        if let (Some(ab), Some(ba)) = (of(Shown::Ab), of(Shown::Ba)) {
            self.both.0 += 1;
            self.both.1 += u64::from((ab - 0.5) * (ba - 0.5) < 0.0);
        }
    }

    /// Answers read as asked, read with something around them, and not read.
    pub fn answers(&self) -> [u64; 3] {
        self.answers
    }

    /// The figures.
    pub fn finish(&self) -> JudgeFigures {
        let share = |count: u64, of: u64| (of > 0).then(|| count as f64 / of as f64);
        let mean = |(count, sum): (u64, f64)| (count > 0).then(|| sum / count as f64);
        JudgeFigures {
            pairs: self.pairs,
            parsed: self.parsed,
            position_bias: mean(self.positions),
            inconsistent: share(self.both.1, self.both.0),
            ties: share(self.ties, self.parsed),
            mean_mass: mean(self.mass),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_types::Verdict;

    fn judged(ab: f64, ba: f64) -> Judged {
        let call = |shown, value| Call {
            shown,
            parse: Parse::Clean,
            value: Some(value),
            weight: 1.0,
            letters: Some([0.6, 0.2]),
            key: String::new(),
        };
        Judged {
            calls: vec![call(Shown::Ab, ab), call(Shown::Ba, ba)],
            verdict: Some(Verdict::new("1", "j", f64::midpoint(ab, ba))),
        }
    }

    #[test]
    fn a_judge_of_positions_is_called_so_and_one_of_content_is_not() {
        let mut position = Tally::default();
        let mut content = Tally::default();
        for _ in 0..10 {
            // A wins in first place, B wins in first place.
            position.add(&judged(0.9, 0.1));
            content.add(&judged(0.9, 0.8));
        }
        let (position, content) = (position.finish(), content.finish());
        assert_eq!((position.position_bias, position.inconsistent), (Some(1.0), Some(1.0)));
        assert!(position.follows_position() && !content.follows_position());
        assert_eq!((content.position_bias, content.inconsistent), (Some(0.0), Some(0.0)));
        assert!((content.mean_mass.unwrap() - 0.8).abs() < 1e-12);
        assert_eq!((position.ties, content.ties), (Some(1.0), Some(0.0)));
        assert_eq!(Tally::default().finish().position_bias, None);
    }
}
