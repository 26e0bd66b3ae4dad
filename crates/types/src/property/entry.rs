//! What is said of a property: its scale, how two ratings of it compare, which prompts it is rated on.

use serde::Serialize;

/// The values a rating can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// 0 not at all, 1 to some extent, 2 quite well, 3 perfectly; fractions where an annotator is finer.
    Likert,
    /// How many there are, 0 or more.
    Count,
    /// -2 strongly opposed, -1 weakly opposed, 0 neutral, 1 weakly supported, 2 strongly supported.
    Stance,
    /// Words, 0 or more.
    Words,
}

impl Scale {
    /// The least and the greatest value.
    pub const fn ends(self) -> (f64, f64) {
        match self {
            Self::Likert => (0.0, 3.0),
            Self::Count | Self::Words => (0.0, f64::INFINITY),
            Self::Stance => (-2.0, 2.0),
        }
    }
}

/// How the ratings of A and B become a comparison in {-1, 0, 1}; 1 means that A has more of the property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// sign(A - B).
    Sign,
    /// 1 when A is above 0 and B is 0, -1 in the opposite case, else 0.
    Relevance,
    /// sign(B - A) of two error counts: fewer is better.
    FewerIsBetter,
    /// The longer one, when it is longer by more than a noticeable margin.
    Length,
}

/// Which prompts a property can be rated on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// Every prompt.
    Any,
    /// Prompts whose intent is unclear.
    IntentUnclear,
    /// Prompts that express feelings.
    ExpressFeeling,
    /// Prompts with explicit constraints.
    WithConstraints,
    /// Prompts with subjective stances.
    WithStances,
    /// Prompts with mistakes or biases.
    WithMistakes,
}

/// A measurable trait of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Property {
    /// The name in tables, flags and JSON.
    pub id: &'static str,
    /// The position in the weight files published with the paper (0..=28); `None` for a part.
    pub index: Option<u8>,
    /// The name in a table's heading.
    pub label: &'static str,
    /// The name within a line: the label in lower case, so that a property is called the same everywhere.
    pub short: &'static str,
    /// What it means, in one sentence.
    pub description: &'static str,
    /// The values of its ratings.
    pub scale: Scale,
    /// How two ratings compare.
    pub rule: Rule,
    /// Which prompts it can be rated on.
    pub applies: Applies,
    /// The property it is a part of: parts are rated and shown, and fitted only on request.
    pub part_of: Option<&'static str>,
    /// Whether it is a relation to the request, so that a rater must see that.
    pub needs_request: bool,
}

impl Rule {
    /// Compares two ratings: 1 when A has more of the property, -1 when B has, 0 when they have equally much.
    ///
    /// Equal or incomparable (NaN) ratings give 0.
    ///
    /// Length, from word counts s <= l: the longer one wins when s >= 12 and (s <= 0.7 l and l - s >= 10, or
    /// s <= 0.8 l and l - s >= 20, or s <= 0.9 l and l - s >= 40); for s = 0..=11 when l reaches
    /// 1, 3, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19 (Li et al. 2024, research code).
    pub fn compare(self, a: f64, b: f64) -> i8 {
        match self {
            Self::Sign => sign(a - b),
            Self::FewerIsBetter => sign(b - a),
            Self::Relevance => i8::from(a > 0.0 && b == 0.0) - i8::from(b > 0.0 && a == 0.0),
            Self::Length => {
                if longer(a.min(b), a.max(b)) {
                    sign(a - b)
                } else {
                    0
                }
            }
        }
    }
}

fn sign(x: f64) -> i8 {
    i8::from(x > 0.0) - i8::from(x < 0.0)
}

/// Whether l words are noticeably more than s words.
fn longer(s: f64, l: f64) -> bool {
    const REACH: [f64; 12] = [1.0, 3.0, 5.0, 7.0, 8.0, 10.0, 11.0, 13.0, 14.0, 16.0, 17.0, 19.0];
    if s < 12.0 {
        return REACH.get(s.max(0.0) as usize).is_some_and(|&reach| l >= reach);
    }
    let more = l - s;
    (s <= 0.7 * l && more >= 10.0) || (s <= 0.8 * l && more >= 20.0) || (s <= 0.9 * l && more >= 40.0)
}
