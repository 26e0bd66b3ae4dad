//! How records of several files become one: questions with answers and judgments, results with their pairs.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use predilect_types::{Message, Response, TieKind};
use serde_json::json;

use crate::call::Call;
use crate::draft::Draft;
use crate::formats::mt_bench_response;
use crate::pieces::{Answer, Completion, Node, Question, Score, Scored};

/// A model's answers, by question.
type Answers = HashMap<String, (Option<Vec<Message>>, Vec<String>)>;

/// What scores are compared within: a question, a judge, a number of turns.
type ScoredWithin = (String, String, Option<usize>);

/// Questions, answers and scores of one format.
#[derive(Debug, Default)]
pub(crate) struct Parts {
    questions: HashMap<String, (Vec<String>, Option<String>)>,
    /// Keys in the order of the files, each once.
    keys: Vec<String>,
    known: HashSet<String>,
    answers: BTreeMap<String, Answers>,
    scores: BTreeMap<ScoredWithin, Vec<(String, f64)>>,
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

    /// The number of answers if they are all of one model, so that they cannot be compared; else 0.
    pub(crate) fn lonely_answers(&self) -> usize {
        if self.answers.len() == 1 { self.answers.values().flatten().count() } else { 0 }
    }

    /// The pair of two models' answers to one question, up to some turn; what is missing if there is none.
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

/// Responses that wait for others to the same prompt, wherever in the file these are.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    completions: HashMap<Group, Halves>,
    scored: HashMap<u64, Vec<Scored>>,
    /// Prompts in the order in which they came.
    order: Vec<u64>,
    /// Messages of trees that are in separate records.
    nodes: Vec<Node>,
    bytes: usize,
}

/// Completions are paired within one prompt and one judge.
type Group = (Vec<Message>, String, Option<String>);

/// Good and bad completions of which the counterpart has not come yet.
#[derive(Debug, Default)]
struct Halves {
    good: VecDeque<(Response, Option<String>)>,
    bad: VecDeque<(Response, Option<String>)>,
}

/// At most this many bytes of text wait.
pub(crate) const WAITING: usize = 2 << 30;

fn size(response: &Response) -> usize {
    response.messages.iter().map(|turn| turn.content.len()).sum::<usize>() + 64
}

impl Waiting {
    /// Adds a completion; gives the pair it makes with one that waits: the first good with the first bad one, and so on.
    pub(crate) fn completion(&mut self, completion: Completion) -> Option<Draft> {
        let Completion { prompt, response, good, judge, annotator, scenario } = completion;
        let key = (prompt, judge, annotator);
        let halves = self.completions.entry(key.clone()).or_default();
        let (own, other) =
            if good { (&mut halves.good, &mut halves.bad) } else { (&mut halves.bad, &mut halves.good) };
        let Some((waiting, its_scenario)) = other.pop_front() else {
            self.bytes += size(&response);
            own.push_back((response, scenario));
            return None;
        };
        self.bytes = self.bytes.saturating_sub(size(&waiting));
        let (chosen, rejected) = if good { (response, waiting) } else { (waiting, response) };
        if halves.good.is_empty() && halves.bad.is_empty() {
            self.completions.remove(&key);
        }
        let mut draft = crate::formats::from_choice(key.0, chosen, rejected, key.1, key.2);
        draft.pair.scenario = scenario.or(its_scenario);
        Some(draft)
    }

    /// Adds a scored response.
    pub(crate) fn scored(&mut self, prompt: u64, scored: Scored) {
        self.bytes +=
            size(&scored.response) + scored.prompt.iter().map(|turn| turn.content.len()).sum::<usize>();
        let order = &mut self.order;
        self.scored
            .entry(prompt)
            .or_insert_with(|| {
                order.push(prompt);
                Vec::new()
            })
            .push(scored);
    }

    /// Adds a message of a tree.
    pub(crate) fn node(&mut self, node: Node) {
        self.bytes += node.message.content.len() + 64;
        self.nodes.push(node);
    }

    pub(crate) fn full(&self) -> bool {
        self.bytes > WAITING
    }

    /// What is left at the end: the pairs of scored responses, and how many completions and scored responses stayed alone.
    ///
    /// # Errors
    ///
    /// When one response has two different numbers by one judge, so that it is unclear which is meant.
    pub(crate) fn end(self) -> Result<(Vec<Draft>, usize, usize), String> {
        let lonely = self.completions.into_values().map(|halves| halves.good.len() + halves.bad.len()).sum();
        let (mut drafts, _) = crate::formats::tree_pairs(&self.nodes);
        let mut alone = 0;
        let mut scored = self.scored;
        for prompt in self.order {
            let Some(responses) = scored.remove(&prompt) else { continue };
            alone += usize::from(responses.len() == 1);
            if let Some(twice) = given_twice(&responses) {
                return Err(twice);
            }
            for (i, x) in responses.iter().enumerate() {
                // The same response scored twice is not a comparison.
                let other =
                    |y: &&Scored| y.annotator == x.annotator && y.response.messages != x.response.messages;
                for y in responses.iter().skip(i + 1).filter(other) {
                    drafts.extend(crate::formats::from_scores(x, y));
                }
            }
        }
        Ok((drafts, lonely, alone))
    }
}

/// A response that occurs twice with different numbers and without different annotators.
fn given_twice(responses: &[Scored]) -> Option<String> {
    let mut seen = HashMap::new();
    responses.iter().find_map(|own| {
        let key = (own.response.messages.as_slice(), &own.response.model, &own.annotator);
        let other: &Scored = seen.insert(key, own)?;
        let differs =
            own.scores.iter().zip(&other.scores).any(|(x, y)| x.judge == y.judge && x.number != y.number);
        let text: String = own.response.text().chars().take(60).collect();
        differs.then_some(text)
    })
}
