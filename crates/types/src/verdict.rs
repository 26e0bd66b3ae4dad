//! What is a verdict: one judge's preference on one pair.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// In which order the judge saw the responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Verdict {
    /// The pair it is about.
    pub pair: String,
    /// Who judged.
    pub judge: String,
    /// The person who gave the verdict, where several people are one judge together.
    #[serde(default)]
    pub annotator: Option<String>,
    /// The judge whose verdict it is if people are pooled; set if the annotator is a separate judge.
    #[serde(default)]
    pub pool: Option<String>,
    /// What was judged, where the file has verdicts on several criteria; it is part of the judge's name too.
    #[serde(default)]
    pub criterion: Option<String>,
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
            annotator: None,
            pool: None,
            criterion: None,
            p_a,
            order: Order::Unknown,
            tie: None,
            weight: 1.0,
            receipt: None,
        }
    }

    /// Makes the annotator a separate judge; a verdict without one is not changed.
    ///
    /// A name that is only a number is shown as `annotator 7`, and the criterion follows it in brackets.
    pub fn split(&mut self) {
        self.split_of(None);
    }

    /// As [`Verdict::split`], with the name of the judge in brackets where annotators of several judges share their names.
    pub fn split_of(&mut self, judge: Option<&str>) {
        if let (Some(annotator), None) = (&self.annotator, &self.pool) {
            let number = annotator.bytes().all(|byte| byte.is_ascii_digit());
            let name = if number { format!("annotator {annotator}") } else { annotator.clone() };
            let name = match judge {
                Some(judge) => format!("{name} ({judge})"),
                None => name,
            };
            let name = match &self.criterion {
                Some(criterion) => format!("{name} ({criterion})"),
                None => name,
            };
            self.pool = Some(std::mem::replace(&mut self.judge, name));
        }
    }

    /// Puts the annotator's verdict under the name of the judge that they are together.
    pub fn pool(&mut self) {
        if let Some(pool) = self.pool.take() {
            self.judge = pool;
        }
    }

    /// A tie of the given kind.
    pub fn tie(pair: impl Into<String>, judge: impl Into<String>, kind: TieKind) -> Self {
        Self { tie: Some(kind), ..Self::new(pair, judge, 0.5) }
    }
}
