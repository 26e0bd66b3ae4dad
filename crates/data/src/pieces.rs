//! What makes sense only together with other records: questions, answers, judgments, results on the pairs of other files.

use std::collections::BTreeMap;

use predilect_types::{Message, Response, Verdict};
use serde_json::Value;

use crate::call::Noted;

/// Something that makes sense only together with other records.
#[derive(Debug)]
pub(crate) enum Piece {
    Question(Question),
    Answer(Answer),
    Judgment(Judgment),
    Score(Score),
    Sidecar(Sidecar),
    Completion(Completion),
    Scored(Scored),
    Node(Node),
}

#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) key: String,
    pub(crate) turns: Vec<String>,
    pub(crate) scenario: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) key: String,
    pub(crate) model: String,
    /// Where the file repeats it.
    pub(crate) prompt: Option<Vec<Message>>,
    pub(crate) turns: Vec<String>,
}

/// One judge on two models' answers to one question, up to some turn.
#[derive(Debug)]
pub(crate) struct Judgment {
    pub(crate) key: String,
    pub(crate) model_a: String,
    pub(crate) model_b: String,
    pub(crate) turns: Option<usize>,
    pub(crate) verdict: Option<Verdict>,
}

/// One judge's score of one model's answer.
#[derive(Debug)]
pub(crate) struct Score {
    pub(crate) key: String,
    pub(crate) model: String,
    pub(crate) judge: String,
    pub(crate) turns: Option<usize>,
    pub(crate) points: Option<f64>,
}

/// Verdicts on the pair of that key in another file.
#[derive(Debug, Default)]
pub(crate) struct Sidecar {
    pub(crate) key: String,
    /// Empty if the file itself says that there is no verdict.
    pub(crate) verdicts: Vec<Verdict>,
    /// The models, as the file of verdicts names them.
    pub(crate) models: Option<(String, String)>,
    /// The models, as the file of texts names them.
    pub(crate) sides: Option<(String, String)>,
    /// Values that named a winner.
    pub(crate) noted: Vec<Noted>,
}

/// One completion that was found good or bad.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) prompt: Vec<Message>,
    pub(crate) response: Response,
    pub(crate) good: bool,
    pub(crate) judge: String,
    pub(crate) annotator: Option<String>,
    pub(crate) scenario: Option<String>,
    /// The record's id; empty if it has none.
    pub(crate) id: String,
    /// What else the record says; a pair of two completions has neither.
    pub(crate) metadata: BTreeMap<String, Value>,
}

/// One response with its scores.
#[derive(Debug)]
pub(crate) struct Scored {
    /// What identifies, in addition to the prompt, the responses that it belongs to.
    pub(crate) group: String,
    pub(crate) prompt: Vec<Message>,
    pub(crate) response: Response,
    pub(crate) annotator: Option<String>,
    pub(crate) scenario: Option<String>,
    pub(crate) scores: Vec<Points>,
}

/// What one judge says of a response in a record by itself.
#[derive(Debug)]
pub(crate) struct Points {
    pub(crate) judge: String,
    pub(crate) criterion: Option<String>,
    pub(crate) number: f64,
    pub(crate) kind: PointsKind,
}

/// What the number of a response means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PointsKind {
    /// More is better.
    Score,
    /// Less is better.
    Rank,
    /// 1 of the response that was chosen among those to its prompt, 0 of the others, whose order is unknown.
    Mark,
}

/// A message in a separate record.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) parent: Option<String>,
    pub(crate) message: Message,
    pub(crate) rank: Option<f64>,
    pub(crate) language: Option<String>,
    pub(crate) judge: String,
}
