//! What is a verdict: one judge's preference on one pair.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// In which order the judge saw the responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Order {
    /// A first.
    Ab,
    /// B first.
    Ba,
    /// Both orders were shown and averaged.
    Both,
    /// The file does not say.
    #[default]
    Unknown,
}

impl Order {
    /// The order as files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ab => "ab",
            Self::Ba => "ba",
            Self::Both => "both",
            Self::Unknown => "unknown",
        }
    }

    /// Reads what [`Order::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "ab" => Self::Ab,
            "ba" => Self::Ba,
            "both" => Self::Both,
            "unknown" => Self::Unknown,
            _ => return None,
        })
    }
}

/// Why a verdict is a tie, where the judge said so in words (a soft `p_a` of 0.5 need not be one).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TieKind {
    /// Equally good.
    Tie,
    /// Both bad.
    BothBad,
    /// Both good.
    BothGood,
}

impl TieKind {
    /// The kind as files write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tie => "tie",
            Self::BothBad => "both_bad",
            Self::BothGood => "both_good",
        }
    }

    /// Reads what [`TieKind::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "tie" => Self::Tie,
            "both_bad" => Self::BothBad,
            "both_good" => Self::BothGood,
            _ => return None,
        })
    }
}

/// One judge's preference on one pair.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The pair it is about.
    pub pair: String,
    /// Who judged.
    pub judge: String,
    /// The preference in \[0, 1\]: 1 is A, 0 is B, 0.5 is a tie.
    pub p_a: f64,
    /// The order of presentation.
    pub order: Order,
    /// The kind of tie, if the judge called one.
    pub tie: Option<TieKind>,
    /// How much the verdict counts; 1 unless the file says otherwise, never negative.
    pub weight: f64,
    /// Whatever the file keeps as evidence: raw text, token probabilities, price.
    pub receipt: Option<Value>,
}

impl Verdict {
    /// A plain verdict of weight 1, with unknown order and no receipt.
    pub fn new(pair: impl Into<String>, judge: impl Into<String>, p_a: f64) -> Self {
        Self {
            pair: pair.into(),
            judge: judge.into(),
            p_a,
            order: Order::Unknown,
            tie: None,
            weight: 1.0,
            receipt: None,
        }
    }

    /// A tie of the given kind.
    pub fn tie(pair: impl Into<String>, judge: impl Into<String>, kind: TieKind) -> Self {
        Self { tie: Some(kind), ..Self::new(pair, judge, 0.5) }
    }
}
