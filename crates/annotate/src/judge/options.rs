//! How is a verdict asked for, and what does a question show?

use predilect_llm::Request;
use serde::{Deserialize, Serialize};

/// How a verdict is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The probabilities of `A` and `B` as the next token: soft verdicts, one token a call.
    Scored,
    /// A written verdict: A, B or tie.
    Generated,
    /// A written verdict after a few sentences of reasoning.
    Reasoned,
    /// A grade from 1 to 10 for each response alone; the better grade wins.
    Graded,
    /// As MT-Bench asks: a comparison in prose that ends with `[[A]]`, `[[B]]` or `[[C]]` for a tie.
    MtBench,
    /// As Arena-Hard asks: a comparison in prose that ends with one of `[[A>>B]]`, `[[A>B]]`, `[[A=B]]`, `[[B>A]]`, `[[B>>A]]`;
    /// a strong win counts three times in the mean over both orders.
    ArenaHard,
    /// The score of a reward model for each response alone: `p_a` = sigmoid(score of A - score of B).
    Reward,
}

impl Method {
    /// Every method with its name.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::Scored, "scored"),
        (Self::Generated, "generated"),
        (Self::Reasoned, "reasoned"),
        (Self::Graded, "graded"),
        (Self::MtBench, "mt-bench"),
        (Self::ArenaHard, "arena-hard"),
        (Self::Reward, "reward"),
    ];

    /// Whether each response is shown alone.
    pub fn is_single(self) -> bool {
        matches!(self, Self::Graded | Self::Reward)
    }

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }
}

/// In which order a judge sees the responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Orders {
    /// Both, and the mean counts.
    Both,
    /// One, drawn for each pair by seed.
    Random,
    /// A first.
    Ab,
}

impl Orders {
    /// Every choice with its name.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Both, "both"), (Self::Random, "random"), (Self::Ab, "ab")];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(orders, _)| *orders == self).map_or("", |(_, name)| name)
    }
}

/// How a model judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct JudgeOptions {
    /// How a verdict is asked for.
    pub method: Method,
    /// In which order the responses are shown; not used for grades.
    pub orders: Orders,
    /// Seed of the order drawn.
    pub seed: u64,
    /// The most tokens of reasoning.
    pub max_tokens: u32,
    /// Whether the pair's reference answer (the field `reference` of its metadata) is shown for a grade, where it has one.
    pub references: bool,
    /// Whether of a response with several turns the last answer alone is graded, as MT-Bench grades second turns.
    pub last_turn: bool,
}

impl Default for JudgeOptions {
    fn default() -> Self {
        Self {
            method: Method::Scored,
            orders: Orders::Both,
            seed: 0,
            max_tokens: 512,
            references: false,
            last_turn: false,
        }
    }
}

/// What a question shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// A, then B.
    Ab,
    /// B, then A: the letters in the prompt are swapped.
    Ba,
    /// A alone.
    A,
    /// B alone.
    B,
}

/// One question about a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// What it shows.
    pub shown: Shown,
    /// The request.
    pub request: Request,
}
