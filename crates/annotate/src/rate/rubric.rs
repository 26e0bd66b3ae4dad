//! What the levels of a property mean.

use predilect_types::{Property, Scale};

/// The levels of a scale in words, from the lowest.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Rubric {
    /// The number of the lowest level; the others follow by ones.
    pub(super) lowest: i32,
    pub(super) levels: &'static [&'static str],
}

const DEGREES: &[&str] = &["not at all", "to some extent", "quite well", "perfectly"];
const RELEVANCE: &[&str] = &[
    "nothing in it keeps to what was asked",
    "little does",
    "most does",
    "all does; mistakes do not matter",
];
const STANCES: &[&str] =
    &["strongly opposed", "weakly opposed", "neutral", "weakly supported", "strongly supported"];
const MISTAKES: &[&str] = &[
    "neither pointed out nor corrected",
    "pointed out, not corrected",
    "corrected without being pointed out",
    "pointed out and corrected",
];

impl Rubric {
    pub(super) fn of(property: &Property) -> Self {
        let levels = match property.id {
            "relevant" => RELEVANCE,
            "corrects_mistakes" => MISTAKES,
            _ if property.scale == Scale::Stance => STANCES,
            _ => DEGREES,
        };
        Self { lowest: if property.scale == Scale::Stance { -2 } else { 0 }, levels }
    }

    pub(super) fn highest(self) -> i32 {
        self.lowest + i32::try_from(self.levels.len()).unwrap_or(i32::MAX) - 1
    }

    /// `0 not at all, 1 to some extent, ...`, counted from `first`.
    pub(super) fn words(self, first: i32) -> String {
        let named = (first..).zip(self.levels).map(|(number, words)| format!("{number} {words}"));
        named.collect::<Vec<_>>().join(", ")
    }

    /// A written rating, where it is on the scale.
    pub(super) fn rating(self, value: f64) -> Option<f64> {
        (f64::from(self.lowest)..=f64::from(self.highest())).contains(&value).then_some(value)
    }

    /// The levels as single tokens: digits from 0.
    pub(super) fn digits(self) -> Vec<String> {
        (0..self.levels.len()).map(|digit| digit.to_string()).collect()
    }

    /// The rating that a distribution over the levels means: its expected value.
    pub(super) fn mean(self, distribution: &[f64]) -> f64 {
        (self.lowest..).zip(distribution).map(|(level, p)| f64::from(level) * p).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_types::property;

    #[test]
    fn levels_are_counted_as_their_scale_is() {
        let stances = Rubric::of(property("supports_stances").unwrap());
        assert_eq!((stances.lowest, stances.highest(), stances.digits().len()), (-2, 2, 5));
        assert_eq!(stances.rating(-2.0), Some(-2.0));
        assert_eq!(stances.rating(3.0), None);
        assert_eq!(stances.mean(&[0.5, 0.0, 0.0, 0.0, 0.5]), 0.0);
        let polite = Rubric::of(property("polite").unwrap());
        assert_eq!(polite.words(0), "0 not at all, 1 to some extent, 2 quite well, 3 perfectly");
        assert_eq!(polite.mean(&[0.0, 0.5, 0.25, 0.25]), 1.75);
        assert_eq!(polite.rating(-1.0), None);
    }
}
