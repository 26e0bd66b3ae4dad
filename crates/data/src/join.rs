//! How records of several files become one: questions with answers and judgments, results with their pairs.

use std::collections::{BTreeMap, HashMap, HashSet};

use predilect_types::{Message, TieKind, Verdict};
use serde_json::json;

use crate::formats::{Call, Draft, mt_bench_response};

/// Something that makes sense only together with other records.
#[derive(Debug)]
pub(crate) enum Piece {
    Question(Question),
    Answer(Answer),
    Judgment(Judgment),
    Score(Score),
    Sidecar(Sidecar),
    Completion(Completion),
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

/// A verdict on the pair of that key in another file.
#[derive(Debug)]
pub(crate) struct Sidecar {
    pub(crate) key: String,
    pub(crate) verdict: Option<Verdict>,
}

/// One completion that was found good or bad.
#[derive(Debug)]
pub(crate) struct Completion {
    pub(crate) prompt: Vec<Message>,
    pub(crate) text: Vec<Message>,
    pub(crate) good: bool,
    pub(crate) judge: String,
}

/// A model's answers, by question.
type Answers = HashMap<String, (Option<Vec<Message>>, Vec<String>)>;

/// What scores are compared within: a question, a judge, a number of turns.
type Scored = (String, String, Option<usize>);

/// Questions, answers and scores of one format.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    questions: HashMap<String, (Vec<String>, Option<String>)>,
    /// Keys in the order of the files, each once.
    keys: Vec<String>,
    known: HashSet<String>,
    answers: BTreeMap<String, Answers>,
    scores: BTreeMap<Scored, Vec<(String, f64)>>,
    pub(crate) judged: bool,
}

impl Parts {
    pub(crate) fn question(&mut self, question: Question) {
        self.key(&question.key);
        self.questions.insert(question.key, (question.turns, question.scenario));
    }

    fn key(&mut self, key: &str) {
        if self.known.insert(key.to_owned()) {
            self.keys.push(key.to_owned());
        }
    }

    pub(crate) fn answer(&mut self, answer: Answer) {
        self.key(&answer.key);
        self.answers.entry(answer.model).or_default().insert(answer.key, (answer.prompt, answer.turns));
    }

    pub(crate) fn score(&mut self, score: Score) {
        if let Some(number) = score.points {
            self.judged = true;
            let key = (score.key, score.judge, score.turns);
            self.scores.entry(key).or_default().push((score.model, number));
        }
    }

    /// How many answers there are, where they are all of one model, so that nothing can be compared.
    pub(crate) fn lonely_answers(&self) -> usize {
        if self.answers.len() == 1 { self.answers.values().flatten().count() } else { 0 }
    }

    /// The pair of two models' answers to one question, up to some turn; what is missing when there is none.
    pub(crate) fn pair(
        &self,
        key: &str,
        a: &str,
        b: &str,
        turns: Option<usize>,
    ) -> Result<Draft, &'static str> {
        let answer = |model: &str| self.answers.get(model).and_then(|answers| answers.get(key));
        let (Some((prompt_a, turns_a)), Some((prompt_b, turns_b))) = (answer(a), answer(b)) else {
            return Err("judgment without an answer");
        };
        let question = self.questions.get(key);
        let prompt = match (question, prompt_a.as_ref().or(prompt_b.as_ref())) {
            (Some((turns, _)), _) => {
                turns.first().map(|turn| vec![Message::user(turn.clone())]).unwrap_or_default()
            }
            (None, Some(prompt)) => prompt.clone(),
            (None, None) => return Err("judgment without a question"),
        };
        let asked = question.map(|(turns, _)| turns.as_slice()).unwrap_or_default();
        let upto = |answers: &[String]| answers.len().min(turns.unwrap_or(usize::MAX));
        let response = |answers: &[String], model: &str| {
            mt_bench_response(asked, answers.get(..upto(answers)).unwrap_or_default(), model)
        };
        let mut draft = Draft::new(prompt, response(turns_a, a), response(turns_b, b));
        draft.pair.scenario = question.and_then(|(_, scenario)| scenario.clone());
        draft.meta("question_id", Some(json!(key)));
        Ok(draft)
    }

    /// Every two models' answers to every question, without verdicts.
    pub(crate) fn all_pairs(&self) -> impl Iterator<Item = Draft> + '_ {
        let models: Vec<&String> = self.answers.keys().collect();
        self.keys.iter().flat_map(move |key| {
            let mut drafts = Vec::new();
            for (i, a) in models.iter().enumerate() {
                for b in models.iter().skip(i + 1) {
                    drafts.extend(self.pair(key, a, b, None).ok());
                }
            }
            drafts
        })
    }

    /// Every two models that one judge scored on one turn; the reason where a pair cannot be made.
    pub(crate) fn scored_pairs(&self) -> impl Iterator<Item = Result<Draft, &'static str>> + '_ {
        self.scores.iter().flat_map(move |((key, judge, turns), scores)| {
            let mut drafts = Vec::new();
            for (i, (a, x)) in scores.iter().enumerate() {
                for (b, y) in scores.iter().skip(i + 1).filter(|(b, _)| b != a) {
                    let call = match x.partial_cmp(y) {
                        Some(std::cmp::Ordering::Greater) => Call::A,
                        Some(std::cmp::Ordering::Less) => Call::B,
                        _ => Call::Tie(TieKind::Tie),
                    };
                    drafts.push(self.pair(key, a, b, *turns).map(|mut draft| {
                        if let Some(mut verdict) = call.verdict(judge.clone()) {
                            verdict.receipt = Some(json!({ "score_a": x, "score_b": y }));
                            draft.verdicts.push(verdict);
                        }
                        draft
                    }));
                }
            }
            drafts
        })
    }
}

/// Completions of one prompt that stand one after the other.
#[derive(Debug, Default)]
pub(crate) struct Run {
    prompt: Vec<Message>,
    judge: String,
    good: Vec<Vec<Message>>,
    bad: Vec<Vec<Message>>,
}

/// At most this many completions of one prompt are held.
const RUN: usize = 1024;

impl Run {
    /// Adds a completion; gives back the run before it when the prompt or judge changes.
    pub(crate) fn push(&mut self, completion: Completion) -> Option<Self> {
        let full = self.good.len() + self.bad.len() >= RUN;
        let other = full || self.prompt != completion.prompt || self.judge != completion.judge;
        let before = other.then(|| std::mem::take(self));
        if other {
            self.prompt = completion.prompt;
            self.judge = completion.judge;
        }
        if completion.good { &mut self.good } else { &mut self.bad }.push(completion.text);
        before.filter(|run| !run.good.is_empty() || !run.bad.is_empty())
    }

    /// The first good with the first bad one, and so on; then how many were left over.
    pub(crate) fn into_pairs(self) -> (Vec<Draft>, usize) {
        let left = self.good.len().abs_diff(self.bad.len());
        let drafts = self
            .good
            .into_iter()
            .zip(self.bad)
            .map(|(good, bad)| {
                crate::formats::from_completions(self.prompt.clone(), good, bad, self.judge.clone())
            })
            .collect();
        (drafts, left)
    }
}
