//! How records of several files become one: questions with answers and judgments, results with their pairs.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use predilect_types::{Message, Response, TieKind};
use serde_json::json;

use crate::call::Call;
use crate::draft::Draft;
use crate::formats::mt_bench_response;
use crate::pieces::{Answer, Completion, Node, Question, Score, Scored};
use crate::weight;

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

    /// Hands on every two models' answers to every question, without verdicts.
    pub(crate) fn all_pairs<E>(&self, add: &mut dyn FnMut(Draft) -> Result<(), E>) -> Result<(), E> {
        for key in &self.keys {
            let answered: Vec<&String> = self
                .answers
                .iter()
                .filter(|(_, own)| own.contains_key(key))
                .map(|(model, _)| model)
                .collect();
            for (i, a) in answered.iter().enumerate() {
                for b in answered.iter().skip(i + 1) {
                    self.pair(key, a, b, None).map_or(Ok(()), &mut *add)?;
                }
            }
        }
        Ok(())
    }

    /// Hands on every two models that one judge scored on one turn; the reason where a pair cannot be made.
    pub(crate) fn scored_pairs<E>(
        &self,
        add: &mut dyn FnMut(Result<Draft, &'static str>) -> Result<(), E>,
    ) -> Result<(), E> {
        for ((key, judge, turns), scores) in &self.scores {
            for (i, (a, x)) in scores.iter().enumerate() {
                for (b, y) in scores.iter().skip(i + 1).filter(|(b, _)| b != a) {
                    let call = match x.partial_cmp(y) {
                        Some(std::cmp::Ordering::Greater) => Call::A,
                        Some(std::cmp::Ordering::Less) => Call::B,
                        _ => Call::Tie(TieKind::Tie),
                    };
                    add(self.pair(key, a, b, *turns).map(|mut draft| {
                        if let Some(mut verdict) = call.verdict(judge.clone()) {
                            verdict.receipt = Some(json!({ "score_a": x, "score_b": y }));
                            draft.verdicts.push(verdict);
                        }
                        draft
                    }))?;
                }
            }
        }
        Ok(())
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

/// What waits of a completion: with it waits its prompt.
fn size(key: &Group, (response, scenario): &(Response, Option<String>)) -> usize {
    let (prompt, judge, annotator) = key;
    let names = [annotator, scenario].into_iter().flatten().map(String::len).sum::<usize>();
    weight::of_response(response) + weight::of_turns(prompt) + judge.len() + names
}

impl Waiting {
    /// Adds a completion; gives the pair it makes with one that waits: the first good with the first bad one, and so on.
    pub(crate) fn completion(&mut self, completion: Completion) -> Option<Draft> {
        let Completion { prompt, response, good, judge, annotator, scenario, .. } = completion;
        let key = (prompt, judge, annotator);
        let halves = self.completions.entry(key.clone()).or_default();
        let (own, other) =
            if good { (&mut halves.good, &mut halves.bad) } else { (&mut halves.bad, &mut halves.good) };
        let Some((waiting, its_scenario)) = other.pop_front() else {
            let half = (response, scenario);
            self.bytes += size(&key, &half);
            own.push_back(half);
            return None;
        };
        let waiting = (waiting, its_scenario);
        self.bytes = self.bytes.saturating_sub(size(&key, &waiting));
        let (waiting, its_scenario) = waiting;
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
        let names = [&scored.annotator, &scored.scenario].into_iter().flatten().map(String::len);
        let scores = scored
            .scores
            .iter()
            .map(|points| 64 + points.judge.len() + points.criterion.as_ref().map_or(0, String::len));
        self.bytes += weight::of_response(&scored.response)
            + weight::of_turns(&scored.prompt)
            + scored.group.len()
            + names.chain(scores).sum::<usize>();
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
        let names = [&node.parent, &node.language].into_iter().flatten().map(String::len).sum::<usize>();
        self.bytes += node.message.content.len() + node.id.len() + names + node.judge.len() + 64;
        self.nodes.push(node);
    }

    pub(crate) fn full(&self) -> bool {
        self.bytes > WAITING
    }

    /// How many completions and scored responses stay alone.
    pub(crate) fn alone(&self) -> (usize, usize) {
        let lonely = self.completions.values().map(|halves| halves.good.len() + halves.bad.len()).sum();
        (lonely, self.scored.values().filter(|responses| responses.len() == 1).count())
    }

    /// A response that has two different numbers by one judge, so that it is unclear which is meant.
    pub(crate) fn given_twice(&self) -> Option<String> {
        self.order.iter().filter_map(|prompt| self.scored.get(prompt)).find_map(|all| given_twice(all))
    }

    /// Hands on the pairs that what is left gives, one after the other: together they may be far larger than the responses.
    pub(crate) fn pairs<E>(mut self, add: &mut dyn FnMut(Draft) -> Result<(), E>) -> Result<(), E> {
        crate::formats::tree_pairs(&self.nodes, add)?;
        for prompt in self.order {
            let responses = self.scored.remove(&prompt).unwrap_or_default();
            for (i, x) in responses.iter().enumerate() {
                // The same response scored twice is not a comparison.
                let other =
                    |y: &&Scored| y.annotator == x.annotator && y.response.messages != x.response.messages;
                for y in responses.iter().skip(i + 1).filter(other) {
                    if let Some(draft) = crate::formats::from_scores(x, y) {
                        add(draft)?;
                    }
                }
            }
        }
        Ok(())
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
