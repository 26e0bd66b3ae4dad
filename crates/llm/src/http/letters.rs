//! The tokens that mean an answer of one letter, where a server can be asked to report specific tokens.
//!
//! vLLM takes `logprob_token_ids` in chat completions (since its pull request 43463 of July 2026): it then reports these tokens and the one
//! that it chose, however improbable they are. Which ids a letter has, its `/tokenize` says. Servers that support neither are asked once
//! per run, and only after an answer in which a letter is missing.

use std::sync::{Mutex, PoisonError};

use serde_json::{Value, json};

use crate::token::meaning;

/// What its log and its remarks call the parameter.
pub(super) const NAME: &str = "logprob_token_ids";

/// As many ids as vLLM reports without `--max-logprobs`.
const MOST: usize = 20;

/// The ids of the answers that are asked for.
#[derive(Debug, Default)]
pub(super) struct Letters(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Ids by answers; `None` if these have no single tokens.
    known: Vec<(Vec<String>, Option<Vec<u64>>)>,
    /// The server cannot be asked for specific tokens.
    unable: bool,
}

impl Letters {
    /// The ids of these answers, as far as they are known.
    pub(super) fn of(&self, answers: &[String]) -> Option<Vec<u64>> {
        let state = self.lock();
        let found = state.known.iter().find(|(known, _)| known == answers)?;
        found.1.clone().filter(|_| !state.unable)
    }

    /// Finds the ids of these answers by what the server makes of texts: `tokenize` returns the body of its answer. True where they
    /// are known now.
    pub(super) fn learn(&self, answers: &[String], tokenize: impl Fn(&str) -> Option<Value>) -> bool {
        let mut state = self.lock();
        if state.unable {
            return false;
        }
        if let Some((_, found)) = state.known.iter().find(|(known, _)| known == answers) {
            return found.is_some();
        }
        let mut ids = Vec::new();
        for answer in answers {
            let before = ids.len();
            for text in forms(answer) {
                let Some(told) = tokenize(&text) else {
                    state.unable = true;
                    return false;
                };
                if let Some(id) = last_token(&told, answer).filter(|id| !ids.contains(id)) {
                    ids.push(id);
                }
            }
            if ids.len() == before {
                ids.clear();
                break;
            }
        }
        let found = (!ids.is_empty() && ids.len() < MOST).then_some(ids);
        let known = found.is_some();
        state.known.push((answers.to_vec(), found));
        known
    }

    /// The server refuses the request for specific tokens.
    pub(super) fn give_up(&self) {
        self.lock().unable = true;
    }

    /// Whether questions are asked in this way.
    pub(super) fn used(&self) -> bool {
        let state = self.lock();
        !state.unable && state.known.iter().any(|(_, ids)| ids.is_some())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts them into a body that asks for alternatives.
pub(super) fn put(ids: &[u64], body: &mut Value) {
    body[NAME] = json!(ids);
    // The chosen token is reported as well.
    let wanted = ids.len() as u64 + 1;
    if body["top_logprobs"].as_u64().is_none_or(|top| top < wanted) {
        body["top_logprobs"] = wanted.into();
    }
}

/// The texts whose last token is the answer: at the start of a turn, after a space, on a separate line, and in lower case.
fn forms(answer: &str) -> Vec<String> {
    let lower = answer.to_lowercase();
    let cases = if lower == answer { vec![answer.to_owned()] } else { vec![answer.to_owned(), lower] };
    cases.iter().flat_map(|case| [case.clone(), format!(" {case}"), format!("\n{case}")]).collect()
}

/// The id of the last token of a text, where that token alone means the answer. Without the texts of tokens, only a single one does.
fn last_token(told: &Value, answer: &str) -> Option<u64> {
    let ids = told.get("tokens")?.as_array()?;
    let id = ids.last()?.as_u64()?;
    let means = match told.get("token_strs").and_then(Value::as_array) {
        Some(texts) => texts.last()?.as_str().is_some_and(|text| meaning(text).eq_ignore_ascii_case(answer)),
        None => ids.len() == 1,
    };
    means.then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As a byte-level vocabulary splits these texts.
    fn told(text: &str) -> Value {
        let (ids, texts): (Vec<u64>, Vec<&str>) = match text {
            "A" => (vec![32], vec!["A"]),
            " A" => (vec![362], vec!["\u{120}A"]),
            "\nA" => (vec![198, 32], vec!["\u{10a}", "A"]),
            "a" => (vec![64], vec!["a"]),
            " a" => (vec![264], vec!["\u{120}a"]),
            "\na" => (vec![198, 64], vec!["\u{10a}", "a"]),
            _ => (vec![1, 2], vec!["ye", "s"]),
        };
        json!({"count": ids.len(), "tokens": ids, "token_strs": texts})
    }

    #[test]
    fn every_token_that_means_the_answer_is_asked_for() {
        let letters = Letters::default();
        let a = ["A".to_owned()];
        assert_eq!(letters.of(&a), None);
        assert!(letters.learn(&a, |text| Some(told(text))));
        assert_eq!(letters.of(&a), Some(vec![32, 362, 64, 264]));
        assert!(letters.learn(&a, |_| unreachable!("known already")));
        let mut body = json!({"top_logprobs": 2});
        put(&[32, 362, 64, 264], &mut body);
        assert_eq!(body, json!({"top_logprobs": 5, NAME: [32, 362, 64, 264]}));
        letters.give_up();
        assert_eq!((letters.of(&a), letters.used()), (None, false));
    }

    #[test]
    fn answers_of_several_tokens_and_other_servers_are_asked_as_before() {
        let letters = Letters::default();
        let yes = ["A".to_owned(), "yes".to_owned()];
        assert!(!letters.learn(&yes, |text| Some(told(text))));
        assert_eq!(letters.of(&yes), None);
        // llama.cpp's own endpoint reads another field, and finds no tokens in it.
        let none = ["A".to_owned()];
        assert!(!letters.learn(&none, |_| Some(json!({"tokens": []}))));
        assert_eq!((letters.of(&none), letters.used()), (None, false));
        let other = Letters::default();
        assert!(!other.learn(&none, |_| None));
        assert!(!other.learn(&["B".to_owned()], |_| unreachable!("it was asked once")));
    }
}
