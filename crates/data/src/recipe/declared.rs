//! What a recipe declares: the shape of a format's records, and where each role is found in them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::one_or_many::{self, is_default};
use super::path::Path;
use super::refusal::Refusal;
use super::verdict_rule::VerdictRule;

/// How the records of a format become pairs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Two responses in two places, A and B: `a` and `b`.
    #[default]
    Pair,
    /// A chosen and a rejected response; a hash of the texts puts one of them on side A. `a` and `b` name them.
    Choice,
    /// Several responses to one prompt, ranked, scored or with one winner: `candidates`.
    Candidates,
    /// One response a record with a label, good or bad; those of one prompt are paired: `a`.
    Unpaired,
    /// One scored response a record; records of one prompt are compared: `a`.
    Scored,
    /// Two models and a winner, without texts.
    Votes,
    /// Verdicts in a separate file on pairs of other files, joined by `id`.
    Sidecar,
    // Shapes that need code, each a module in `formats/`.
    /// Answers of models or annotations of two outputs.
    AlpacaEval,
    /// Questions, answers and judgments over several files.
    ArenaHard,
    /// Questions, answers, judgments and people's labels over several files.
    MtBench,
    /// One object with annotators and comparisons.
    AnnotatedPairs,
    /// Pairs with the two decisions of a judge.
    JudgeBench,
    /// Pairs with the results of a judge in both orders.
    LlmBar,
    /// Results of models on the pairs of another file, by `idx`.
    PandaLm,
    /// Pairs with labels of many judges and ratings.
    PreferenceDissection,
    /// Predilect's own.
    Pairs,
    /// Columns of models, one of them named as winner: which, only the values of a file say.
    Wide,
    /// Trees of messages with ranks among the replies.
    Tree,
    /// Conversations in which one of several replies was chosen at each turn.
    Turns,
    /// Tasks with the annotations of people who compared two of their fields.
    LabelStudio,
    /// Chats with ratings of single messages.
    Chats,
}

/// What a file of a format contributes, which decides when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Questions or answers that other files refer to.
    Parts,
    /// Pairs, with or without verdicts.
    #[default]
    Pairs,
    /// Verdicts on pairs of other files.
    Verdicts,
}

/// A recipe: everything that is declared about a format.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a word of its own in the file of recipes")]
pub struct Recipe {
    /// The name that `--format` takes; several recipes may share it (the files of one benchmark).
    pub name: String,
    /// What it is, in one line.
    pub about: String,
    /// How records become pairs.
    pub shape: Shape,
    /// What a file of it contributes.
    #[serde(skip_serializing_if = "is_default")]
    pub part: Part,
    /// Fields that must all be there; `=name` asks for the very spelling.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<Path>,
    /// Fields of which at least one must be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<Path>,
    /// Fields that must not be there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<Path>,
    /// Fields with texts that begin with these words (blanks aside).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub begins: BTreeMap<String, String>,
    /// What the recipe does not declare is found by the names of the other columns.
    #[serde(skip_serializing_if = "is_default")]
    pub open: bool,
    /// Roles that the user has settled, or excluded: they are not searched for.
    #[serde(skip)]
    pub(crate) settled: Vec<String>,
    /// Why what was found may be read in two ways, unless the user has said which.
    #[serde(skip)]
    pub(crate) doubt: Option<Refusal>,

    /// The prompt: text, messages or a transcript; the first of these fields that a record has.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub prompt: Vec<Path>,
    /// The system turn.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub system: Vec<Path>,
    /// There is no prompt.
    #[serde(skip_serializing_if = "is_default")]
    pub no_prompt: bool,
    /// Further input, which follows the prompt.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub input: Vec<Path>,
    /// The conversation before the prompt: messages, or pairs of a question and an answer.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub history: Vec<Path>,
    /// Response A, or the chosen one, or the only one.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub a: Vec<Path>,
    /// Response B, or the rejected one.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub b: Vec<Path>,
    /// The model that wrote A.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub model_a: Vec<Path>,
    /// The model that wrote B.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub model_b: Vec<Path>,
    /// The pair's id.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub id: Vec<Path>,
    /// The category of the prompt.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub scenario: Vec<Path>,
    /// The language.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub language: Vec<Path>,
    /// For `choice`: whether the chosen response is on side B, as an export of ours says. For `pair` and `votes`: whether the
    /// verdict's A means the second response, because the two were shown the other way round.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub swapped: Vec<Path>,
    /// Fields that only repeat others and are left out.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub leave_out: Vec<Path>,

    /// Several responses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Candidates>,

    /// Who judges, for verdicts that do not say otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub judge: Vec<Path>,
    /// The person who gave the verdict, one of several who are one judge together.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub annotator: Vec<Path>,
    /// The field that says by which criterion was judged.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub criterion: Vec<Path>,
    /// How much a verdict counts.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub weight: Vec<Path>,
    /// The judge's name if the file names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge_name: Option<String>,
    /// The judge's name if the file names none and is read alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub likely_judge: Option<String>,
    /// For `choice`: the scores of the chosen and of the rejected response; equal ones are a tie, whatever was put first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scores: Vec<Path>,
    /// For `choice`: the choice is the right answer, which belongs to the pair.
    #[serde(skip_serializing_if = "is_default")]
    pub gold: bool,
    /// For `choice`: the choice itself is not a verdict, only the rules below are.
    #[serde(skip_serializing_if = "is_default")]
    pub no_choice: bool,
    /// For `votes`: the first model is the one that won.
    #[serde(skip_serializing_if = "is_default")]
    pub a_wins: bool,
    /// A score of -1 is no score: the judge's call failed.
    #[serde(skip_serializing_if = "is_default")]
    pub failed: bool,
    /// How verdicts are found.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub verdict: Vec<VerdictRule>,

    /// One record of the format, as JSON.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
}

/// Several responses to one prompt.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Candidates {
    /// The list of responses: texts, messages or objects; or several columns with one response each.
    #[serde(with = "one_or_many::paths")]
    pub texts: Vec<Path>,
    /// Who wrote the responses of `texts`, if each has a separate column.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
    /// The scores of the responses of `texts`, if each has a separate column: larger is better.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub scores: Vec<Path>,
    /// `scores` are ranks: smaller is better.
    #[serde(skip_serializing_if = "is_default")]
    pub scores_are_ranks: bool,
    /// Within an element: the response.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Path>,
    /// Within an element, or a list parallel to `texts`: the model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<Path>,
    /// Within an element, or a list parallel to `texts`: a score, larger is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<Path>,
    /// Within an element, or a list parallel to `texts`: a rank, smaller is better.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank: Option<Path>,
    /// A list next to `texts`: the positions of the responses (from 0 or from 1), the best first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Path>,
    /// The list itself is in order of preference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sorted: Option<Sorted>,
    /// Within an element: whether it was chosen; or a field of the record: the position (from 0), text or name of the chosen one,
    /// or a word for a tie.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub chosen: Option<Path>,
    /// In addition to `chosen`, a field of the record that names the worst one in the same way: the others are between the two. If it is
    /// called rejected, only these two are compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub worst: Option<Path>,
    /// The positions of `chosen` count from 1.
    #[serde(skip_serializing_if = "is_default")]
    pub from_1: bool,
    /// Within an element: an object with one entry for each criterion; a score within each entry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criteria: Option<Path>,
    /// Within an entry of `criteria`: the score.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criterion_score: Option<Path>,
}

/// Which end of a list in order of preference is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sorted {
    /// The first response is the best one.
    BestFirst,
    /// The last response is the best one.
    WorstFirst,
}

impl Candidates {
    /// Whether something says which of the responses is better.
    pub(crate) fn is_decided(&self) -> bool {
        self.score.is_some()
            || !self.scores.is_empty()
            || self.sorted.is_some()
            || self.rank.is_some()
            || self.order.is_some()
            || self.chosen.is_some()
            || self.criteria.is_some()
    }

    /// A user names who won: that counts, and not what the responses say of themselves, unless the user has settled that, too.
    pub(crate) fn won_by(&mut self, field: Option<Path>, settled: &[String]) {
        let open = |role: &str| !settled.iter().any(|settled| settled == role);
        self.chosen = field;
        if open("scores") {
            (self.score, self.scores, self.criteria) = (None, Vec::new(), None);
        }
        if open("ranks") {
            self.rank = None;
        }
        if open("order") {
            (self.order, self.sorted) = (None, None);
        }
    }
}

impl Recipe {
    /// The roles that a format which is read by code takes from what is declared; `None` where all are.
    pub(crate) fn heard(&self) -> Option<&'static [&'static str]> {
        match self.shape {
            Shape::Chats | Shape::Turns => {
                Some(&["judge", "annotator", "criterion", "weight", "id", "scenario", "language"])
            }
            Shape::LabelStudio | Shape::Tree => Some(&["id", "scenario", "language"]),
            _ if self.coded() && self.shape != Shape::Wide => Some(&[]),
            _ => None,
        }
    }

    /// Whether the format is read by code, so that not every role is declared.
    pub(crate) fn coded(&self) -> bool {
        !matches!(
            self.shape,
            Shape::Pair
                | Shape::Choice
                | Shape::Candidates
                | Shape::Unpaired
                | Shape::Scored
                | Shape::Votes
                | Shape::Sidecar
        )
    }
}
