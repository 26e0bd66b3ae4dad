//! How two ratings become one feature of the model.

use std::fmt;
use std::str::FromStr;

use predilect_types::{Property, Rating, Scale};
use serde::{Deserialize, Serialize};

use crate::unknown::UnknownWord;

/// The encodings of a rating difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// -1, 0 or 1 by the property's comparison rule: the paper's.
    #[default]
    Comparison,
    /// The raw difference A - B (errors B - A), so that more of the property is positive.
    Difference,
    /// The difference clamped to \[-1, 1\]: ratings by 3, counts by 5, length as
    /// sign x min(ln(1 + |d|) / ln 501, 1).
    Normalised,
    /// (A - B) / (A + B) of lengths and counts, 0 where both are 0, as arenas hold style equal; ratings as normalised.
    Relative,
}

impl Encoding {
    /// The feature of one pair; `None` when either rating is missing.
    pub fn encode(self, property: &Property, a: Option<f64>, b: Option<f64>) -> Option<f64> {
        let (a, b) = (a?, b?);
        let difference = match property.rule {
            predilect_types::Rule::FewerIsBetter => b - a,
            _ => a - b,
        };
        let counted = matches!(property.scale, Scale::Count | Scale::Words);
        Some(match self {
            Self::Relative if counted => relative(difference, a + b),
            Self::Comparison => f64::from(property.rule.compare(a, b)),
            Self::Difference => difference,
            Self::Normalised | Self::Relative => match property.scale {
                Scale::Likert | Scale::Stance => (difference / 3.0).clamp(-1.0, 1.0),
                Scale::Count => (difference / 5.0).clamp(-1.0, 1.0),
                Scale::Words => (difference.abs().ln_1p() / 501_f64.ln()).min(1.0).copysign(difference),
            },
        })
    }
}

/// A difference as a share of the sum; none of nothing.
pub fn relative(difference: f64, sum: f64) -> f64 {
    if sum > 0.0 { difference / sum } else { 0.0 }
}

impl Encoding {
    /// The feature of a rated pair. Where the annotator returns a probability for each level, the comparison is its expected value, sum
    /// over levels i, j of P(A = i) P(B = j) compare(i, j): two responses that it cannot distinguish then compare as nearly nothing, where
    /// the sign of their mean ratings would be plus or minus one.
    pub fn of_rating(self, property: &Property, rating: &Rating) -> Option<f64> {
        let (Self::Comparison, Some(a), Some(b)) = (self, &rating.levels_a, &rating.levels_b) else {
            return self.encode(property, rating.a, rating.b);
        };
        let (lowest, highest) = if property.scale == Scale::Stance { (-2.0, 2.0) } else { (0.0, 3.0) };
        // Levels are equally spaced, more of them where several ratings were averaged.
        let level = |place: usize, of: &[f64]| {
            lowest + (highest - lowest) * place as f64 / (of.len() - 1).max(1) as f64
        };
        let mut sum = 0.0;
        for (i, p) in a.iter().enumerate() {
            for (j, q) in b.iter().enumerate() {
                sum += p * q * f64::from(property.rule.compare(level(i, a), level(j, b)));
            }
        }
        Some(sum)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Comparison => "comparison",
            Self::Difference => "difference",
            Self::Normalised => "normalised",
            Self::Relative => "relative",
        })
    }
}

impl FromStr for Encoding {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        match s {
            "comparison" => Ok(Self::Comparison),
            "difference" => Ok(Self::Difference),
            "normalised" | "normalized" => Ok(Self::Normalised),
            "relative" => Ok(Self::Relative),
            _ => Err(UnknownWord::new(s, "an encoding", "comparison, difference, normalised or relative")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_types::property;

    #[test]
    fn what_an_annotator_is_unsure_of_compares_as_little() {
        let polite = property("polite").unwrap();
        let rating = |a: [f64; 4], b: [f64; 4]| Rating {
            a: Some(1.51),
            b: Some(1.5),
            levels_a: Some(a.to_vec()),
            levels_b: Some(b.to_vec()),
            ..Rating::default()
        };
        let unsure = rating([0.25; 4], [0.25; 4]);
        assert_eq!(Encoding::Comparison.of_rating(polite, &unsure), Some(0.0));
        assert_eq!(Encoding::Difference.of_rating(polite, &unsure).map(|d| d > 0.0), Some(true));
        let sure = rating([0.0, 0.0, 0.0, 1.0], [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(Encoding::Comparison.of_rating(polite, &sure), Some(1.0));
        // P(A > B) - P(A < B) by hand: .5 x .5 - .5 x 0.
        let half = rating([0.5, 0.5, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0]);
        assert_eq!(Encoding::Comparison.of_rating(polite, &half), Some(0.0));
        let more = rating([0.0, 0.5, 0.5, 0.0], [0.0, 1.0, 0.0, 0.0]);
        assert_eq!(Encoding::Comparison.of_rating(polite, &more), Some(0.5));
        // Without distributions it is the paper's.
        let plain = Rating { levels_a: None, ..more };
        assert_eq!(Encoding::Comparison.of_rating(polite, &plain), Some(1.0));
        // Relevant compares any level with none.
        let any = rating([0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(Encoding::Comparison.of_rating(property("relevant").unwrap(), &any), Some(-0.5));
    }

    #[test]
    fn worked_examples() {
        let length = property("length").unwrap();
        assert_eq!(Encoding::Comparison.encode(length, Some(100.0), Some(60.0)), Some(1.0));
        assert_eq!(Encoding::Difference.encode(length, Some(100.0), Some(60.0)), Some(40.0));
        let norm = Encoding::Normalised.encode(length, Some(60.0), Some(100.0)).unwrap();
        assert!((norm + 41_f64.ln() / 501_f64.ln()).abs() < 1e-12);
        let errors = property("no_severe_errors").unwrap();
        assert_eq!(Encoding::Difference.encode(errors, Some(2.0), Some(0.0)), Some(-2.0));
        assert_eq!(Encoding::Normalised.encode(property("clear").unwrap(), Some(3.0), Some(0.0)), Some(1.0));
        assert_eq!(Encoding::Comparison.encode(length, None, Some(1.0)), None);
        assert_eq!(Encoding::Relative.encode(length, Some(100.0), Some(60.0)), Some(0.25));
        assert_eq!(Encoding::Relative.encode(length, Some(0.0), Some(0.0)), Some(0.0));
        assert_eq!(Encoding::Relative.encode(property("lists").unwrap(), Some(0.0), Some(4.0)), Some(-1.0));
        // Levels are no amounts, so that their ratio says nothing.
        assert_eq!(Encoding::Relative.encode(property("clear").unwrap(), Some(3.0), Some(0.0)), Some(1.0));
    }
}
