//! Which of the eleven scenarios does a request belong to?

use predilect_llm::{Enforce, Outcome, Request, Schema, Want};
use predilect_results::asked::Parse;
use predilect_types::Pair;
use serde_json::json;

use crate::fence::Fence;
use crate::question::question;
use crate::reply::{concluded_object, of_failure};

const ROLE: &str = "You sort requests that people sent to an assistant.";

/// The scenarios of the paper, each with what belongs to it.
pub const SCENARIOS: [(&str, &str); 11] = [
    ("Advice", "asks what to do in a situation of life, work or health"),
    ("Code", "wants code written, explained, corrected or translated"),
    ("Communication", "chats, plays a role, or wants to be heard"),
    ("Creative Writing", "wants a story, a poem, a song, a scene or other invention"),
    ("Daily Tasks", "wants help with an everyday task: plans, recipes, travel, lists, ideas"),
    ("Exam Questions", "is a question with one right answer: mathematics, logic, multiple choice"),
    ("Functional Writing", "wants a text with a purpose: a letter, an essay, a report, an advertisement"),
    ("Knowledge-aware", "asks for facts or an explanation of how things are"),
    ("NLP Tasks", "works on a given text: summary, translation, rewriting, extraction, classification"),
    ("Unsafe Queries", "asks for what is harmful, illegal or hateful"),
    ("Others", "none of these"),
];

/// How a scenario is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScenarioMethod {
    /// The most probable letter.
    Scored,
    /// The name in JSON.
    Generated,
}

fn letters() -> impl Iterator<Item = String> {
    ('A'..='K').map(|letter| letter.to_string())
}

/// The question.
pub fn ask_scenario(pair: &Pair, method: ScenarioMethod, seed: u64) -> Request {
    let asked = pair.prompt_text();
    let mut text = String::new();
    Fence::around(&[asked.as_ref()]).add(&mut text, "request", &asked);
    text.push_str("Which of these does the request belong to?\n\n");
    for (letter, (name, what)) in letters().zip(SCENARIOS) {
        let line = match method {
            ScenarioMethod::Scored => format!("{letter}: {name} ({what})\n"),
            ScenarioMethod::Generated => format!("- {name}: {what}\n"),
        };
        text.push_str(&line);
    }
    let (want, max_tokens) = match method {
        ScenarioMethod::Scored => {
            text.push_str("\nAnswer with one letter and nothing else.");
            (Want::Next(letters().collect()), 1)
        }
        ScenarioMethod::Generated => {
            text.push_str("\nAnswer with one JSON object and nothing else: {\"scenario\": \"...\"} with one of these names.");
            let names: Vec<&str> = SCENARIOS.iter().map(|(name, _)| *name).collect();
            let schema = json!({"type": "object", "properties": {"scenario": {"type": "string", "enum": names}},
                "required": ["scenario"], "additionalProperties": false});
            (Want::Json(Schema { name: "scenario".to_owned(), schema, enforce: Enforce::Schema }), 32)
        }
    };
    question(ROLE, text, want, max_tokens, seed)
}

/// The scenario that an answer names.
pub fn read_scenario(
    outcome: &Outcome,
    asked: &Request,
    method: ScenarioMethod,
) -> (Option<&'static str>, Parse) {
    let answer = match &outcome.answer {
        Ok(answer) => answer,
        Err(error) => return (None, of_failure(error)),
    };
    match method {
        ScenarioMethod::Scored => {
            let best = answer
                .next
                .iter()
                .enumerate()
                .filter_map(|(place, log)| Some((place, (*log)?)))
                .max_by(|a, b| a.1.total_cmp(&b.1));
            match best.and_then(|(place, _)| SCENARIOS.get(place)) {
                Some((name, _)) => (Some(name), Parse::Clean),
                None => (None, Parse::Unreadable),
            }
        }
        ScenarioMethod::Generated => match concluded_object(answer, asked, "scenario") {
            Err(why) => (None, why),
            Ok((object, parse)) => {
                let said = object["scenario"].as_str().unwrap_or_default().trim().to_lowercase();
                match SCENARIOS.iter().find(|(name, _)| name.to_lowercase() == said) {
                    Some((name, _)) => (Some(name), parse),
                    None => (None, Parse::OffScale),
                }
            }
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_llm::Answer;

    #[test]
    fn letters_and_names_mean_scenarios() {
        let asked = ask_scenario(&Pair::default(), ScenarioMethod::Generated, 1);
        let outcome = |answer| Outcome { key: String::new(), answer: Ok(answer), from_log: false };
        let mut next = vec![None; 11];
        (next[1], next[9]) = (Some(-0.5), Some(-2.0));
        let scored = Answer { next, ..Answer::default() };
        assert_eq!(
            read_scenario(&outcome(scored), &asked, ScenarioMethod::Scored),
            (Some("Code"), Parse::Clean)
        );
        let read = |text: &str| {
            let answer = Answer { text: text.to_owned(), ..Answer::default() };
            read_scenario(&outcome(answer), &asked, ScenarioMethod::Generated)
        };
        assert_eq!(read(r#"{"scenario": "NLP tasks"}"#), (Some("NLP Tasks"), Parse::Clean));
        assert_eq!(read(r#"I say {"scenario": "Others"}"#), (Some("Others"), Parse::Wrapped));
        assert_eq!(read(r#"{"scenario": "Sports"}"#), (None, Parse::OffScale));
        assert_eq!(read("Code"), (None, Parse::Unreadable));
        assert_eq!(
            read_scenario(&outcome(Answer::default()), &asked, ScenarioMethod::Scored),
            (None, Parse::Unreadable)
        );
    }
}
