//! The responses of a run, and the pairs that they make.

use std::collections::BTreeMap;

use predilect_results::steering::ResponseCount;
use predilect_types::{Message, Pair, Provenance, Response};
use predilect_workbench::{Text, begins_with_refusal};
use serde_json::{Value, json};

use crate::arms::{NULL, PLAIN};
use crate::prompts::{Prompt, Protocol};

/// One response: one turn, or two with what the person said in between.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Made {
    pub(crate) turns: Vec<Message>,
    pub(crate) cut: bool,
    pub(crate) refused: bool,
}

impl Made {
    /// What a model wrote.
    pub(crate) fn of(text: &Text) -> Self {
        Self { turns: vec![Message::assistant(text.text.clone())], cut: text.cut, refused: text.refused }
    }

    /// A fixed text.
    pub(crate) fn constant(text: &str) -> Self {
        Self { turns: vec![Message::assistant(text)], cut: false, refused: false }
    }

    /// The first turn alone; `None` if there is no other.
    fn first_turn(&self) -> Option<Self> {
        let first = self.turns.first().filter(|_| self.turns.len() > 1)?;
        Some(Self { turns: vec![first.clone()], ..self.clone() })
    }

    /// With the second turn.
    pub(crate) fn then(mut self, asked: &str, text: Self) -> Self {
        self.turns.push(Message::user(asked));
        self.turns.extend(text.turns);
        self.cut |= text.cut;
        self.refused |= text.refused;
        self
    }

    pub(crate) fn text(&self) -> String {
        self.response(None).text().into_owned()
    }

    fn response(&self, model: Option<&str>) -> Response {
        Response { messages: self.turns.clone(), model: model.map(str::to_owned) }
    }
}

/// The responses of every arm to every prompt; `None` if one is missing.
pub(crate) struct Responses {
    pub(crate) arms: Vec<String>,
    /// By arm, then by prompt.
    pub(crate) made: Vec<Vec<Option<Made>>>,
    /// The baseline's, by prompt; `None` if responses are compared with the plain ones.
    pub(crate) baseline: Option<Vec<Option<Made>>>,
}

impl Responses {
    /// The prompts with a response everywhere.
    pub(crate) fn complete(&self) -> Vec<usize> {
        let prompts = self.made.first().map_or(0, Vec::len);
        let is_there = |at: &usize| {
            self.made.iter().all(|arm| arm[*at].is_some())
                && self.baseline.as_ref().is_none_or(|all| all[*at].is_some())
        };
        (0..prompts).filter(is_there).collect()
    }

    /// The pairs, prompt by prompt, so that judging that ends early leaves whole prompts: A is the arm's response, B the baseline's, or the
    /// plain one. MT-Bench grades each turn: where there are two, a pair of the first turns comes before that of the whole conversations.
    pub(crate) fn pairs(
        &self,
        prompts: &[Prompt],
        at: &[usize],
        protocol: Protocol,
        against: &str,
    ) -> Vec<Pair> {
        let plain = &self.made[0];
        let mut pairs = Vec::new();
        for &prompt in at {
            for (arm, made) in self.arms.iter().zip(&self.made) {
                if self.baseline.is_none() && arm == PLAIN {
                    continue;
                }
                let other = self.baseline.as_ref().map_or(&plain[prompt], |all| &all[prompt]);
                let (Some(own), Some(other)) = (&made[prompt], other) else { continue };
                let of = &prompts[prompt];
                if protocol == Protocol::MtBench
                    && let (Some(own), Some(other)) = (own.first_turn(), other.first_turn())
                {
                    let reference = of.reference.iter().take(1).cloned().collect();
                    let first = Prompt { reference, ..of.clone() };
                    let made = pair(&first, arm, &own, (&other, against), protocol);
                    pairs.push(Pair { id: first_turn_of(arm, of), ..made });
                }
                pairs.push(pair(of, arm, own, (other, against), protocol));
            }
        }
        pairs
    }

    /// What the responses of each arm look like, over these prompts.
    pub(crate) fn count(&self, at: &[usize]) -> Vec<ResponseCount> {
        self.arms.iter().zip(&self.made).map(|(arm, made)| counted(arm, made, at)).collect()
    }

    /// The same of the baseline, by its name.
    pub(crate) fn count_baseline(&self, name: &str, at: &[usize]) -> Option<ResponseCount> {
        self.baseline.as_ref().map(|made| counted(name, made, at))
    }
}

fn counted(arm: &str, made: &[Option<Made>], at: &[usize]) -> ResponseCount {
    let texts: Vec<(&Made, String)> =
        at.iter().filter_map(|&prompt| made[prompt].as_ref()).map(|own| (own, own.text())).collect();
    let mut words: Vec<u64> = texts.iter().map(|(_, text)| text.split_whitespace().count() as u64).collect();
    words.sort_unstable();
    let mut distinct: Vec<&String> = texts.iter().map(|(_, text)| text).collect();
    distinct.sort_unstable();
    distinct.dedup();
    let count = |is: &dyn Fn(&(&Made, String)) -> bool| texts.iter().filter(|own| is(own)).count() as u64;
    ResponseCount {
        arm: arm.to_owned(),
        responses: texts.len() as u64,
        cut: count(&|(own, _)| own.cut),
        empty: count(&|(_, text)| text.trim().is_empty()),
        refused: count(&|(own, _)| own.refused),
        declined: count(&|(_, text)| begins_with_refusal(text)),
        distinct: distinct.len() as u64,
        words: words.get(words.len() / 2).copied().unwrap_or(0),
    }
}

/// The id of the pair of an arm on a prompt.
pub(crate) fn id_of(arm: &str, prompt: &Prompt) -> String {
    format!("{arm}/{}", prompt.id)
}

/// The id of the pair of their first turns, where each turn is graded.
pub(crate) fn first_turn_of(arm: &str, prompt: &Prompt) -> String {
    format!("{} (first turn)", id_of(arm, prompt))
}

fn pair(prompt: &Prompt, arm: &str, own: &Made, other: (&Made, &str), protocol: Protocol) -> Pair {
    let mut metadata: BTreeMap<String, Value> =
        [("arm".to_owned(), json!(arm)), ("prompt_id".to_owned(), json!(prompt.id))].into();
    if protocol == Protocol::MtBench && !prompt.reference.is_empty() {
        metadata.insert("reference".to_owned(), json!(prompt.reference.join("\n\n")));
    }
    Pair {
        id: id_of(arm, prompt),
        prompt: prompt.messages.clone(),
        response_a: own.response(Some(arm)),
        response_b: other.0.response(Some(other.1)),
        scenario: prompt.group.clone(),
        language: None,
        metadata,
        provenance: Provenance::default(),
    }
}

/// Whether a model writes the responses of that arm.
pub(crate) fn is_written(arm: &str) -> bool {
    arm != NULL
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(text: &str) -> Made {
        Made::constant(text)
    }

    fn prompts() -> Vec<Prompt> {
        ["x", "y"]
            .map(|id| Prompt {
                id: id.to_owned(),
                messages: vec![Message::user("?")],
                second: None,
                group: Some("math".to_owned()),
                reference: vec!["4".to_owned()],
                output: None,
            })
            .to_vec()
    }

    #[test]
    fn only_prompts_with_every_response_make_pairs() {
        let mut all = Responses {
            arms: vec!["plain".to_owned(), "aligned".to_owned()],
            made: vec![vec![Some(made("a")), Some(made("b"))], vec![Some(made("long one")), None]],
            baseline: None,
        };
        assert_eq!(all.complete(), [0]);
        let pairs = all.pairs(&prompts(), &[0], Protocol::MtBench, "plain");
        assert_eq!((pairs.len(), pairs[0].id.as_str()), (1, "aligned/x"));
        assert_eq!(pairs[0].metadata["reference"], "4");
        assert_eq!(pairs[0].response_b.text(), "a");
        all.made[1][1] = Some(made(""));
        all.baseline = Some(vec![Some(made("base")), Some(made("base"))]);
        assert_eq!(all.complete(), [0, 1]);
        let pairs = all.pairs(&prompts(), &[0, 1], Protocol::AlpacaEval, "base");
        assert_eq!(pairs.len(), 4);
        assert!(pairs.iter().all(|pair| pair.response_b.model.as_deref() == Some("base")));
        let count = all.count(&[0, 1]);
        assert_eq!((count[1].empty, count[1].distinct, count[1].words), (1, 2, 2));
        all.made[1][1] = Some(made("I'm sorry, but I can't do that."));
        let declined: Vec<u64> = all.count(&[0, 1]).iter().map(|own| own.declined).collect();
        assert_eq!(declined, [0, 1]);
    }

    #[test]
    fn each_turn_is_graded_beside_its_own_reference() {
        let two = |first: &str, second: &str| Some(made(first).then("more?", made(second)));
        let all = Responses {
            arms: vec!["plain".to_owned(), "aligned".to_owned()],
            made: vec![vec![two("a", "b")], vec![two("c", "d")]],
            baseline: None,
        };
        let mut prompts = prompts();
        prompts[0].reference = vec!["4".to_owned(), "5".to_owned()];
        let pairs = all.pairs(&prompts, &[0], Protocol::MtBench, "plain");
        let ids: Vec<&str> = pairs.iter().map(|pair| pair.id.as_str()).collect();
        assert_eq!(ids, ["aligned/x (first turn)", "aligned/x"]);
        assert_eq!((pairs[0].response_a.text().as_ref(), pairs[0].response_b.text().as_ref()), ("c", "a"));
        assert_eq!(
            (&pairs[0].metadata["reference"], &pairs[1].metadata["reference"]),
            (&json!("4"), &json!("4\n\n5"))
        );
        assert_eq!(all.pairs(&prompts, &[0], Protocol::Pairwise, "plain").len(), 1);
    }

    #[test]
    fn a_second_turn_stands_behind_what_was_said_in_between() {
        let both = Made::constant("one").then("more?", Made { cut: true, ..Made::constant("two") });
        assert_eq!((both.turns.len(), both.cut, both.text().as_str()), (3, true, "one\n\ntwo"));
    }
}
