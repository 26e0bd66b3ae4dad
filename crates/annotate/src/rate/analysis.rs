//! What is in the request itself: the first of the five steps. Only what is found there is asked of the responses.

use predilect_llm::{Enforce, Outcome, Request, Schema, Want};
use predilect_results::asked::Parse;
use predilect_types::{Applies, Pair, Property, Role};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fence::Fence;
use crate::question::question;
use crate::reply::{concluded_object, of_failure};

const ROLE: &str = "You describe requests that people sent to an assistant.";

/// Maximum number of items kept of one list; no request really states more, and each costs questions.
const MOST_ITEMS: usize = 8;

/// What an annotator finds in a request.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Analysis {
    /// Whether it is clear what is wanted.
    pub intent_clear: bool,
    /// Whether feelings are expressed in words.
    pub feelings: bool,
    /// The constraints on the response, as stated in the request.
    pub constraints: Vec<String>,
    /// Opinions that the request states.
    pub stances: Vec<String>,
    /// Mistakes and biases in the request.
    pub mistakes: Vec<String>,
}

impl Analysis {
    /// What a plan assumes before it is known: a clear request with one constraint.
    pub fn assumed() -> Self {
        Self { intent_clear: true, constraints: vec!["one".to_owned()], ..Self::default() }
    }

    /// How many questions a property has here: one for each item of its list, 0 if it does not apply.
    pub(super) fn items(&self, property: &Property) -> usize {
        match property.applies {
            Applies::Any => 1,
            Applies::IntentUnclear => usize::from(!self.intent_clear),
            Applies::ExpressFeeling => usize::from(self.feelings),
            _ => self.list(property).len(),
        }
    }

    /// The items that a property is rated on one by one.
    pub(super) fn list(&self, property: &Property) -> &[String] {
        match property.applies {
            Applies::WithConstraints => &self.constraints,
            Applies::WithStances => &self.stances,
            Applies::WithMistakes => &self.mistakes,
            Applies::Any | Applies::IntentUnclear | Applies::ExpressFeeling => &[],
        }
    }

    /// The query-specific cases that the request belongs to, by the paper's names.
    pub fn cases(&self) -> Vec<&'static str> {
        [
            ("express_feeling", self.feelings),
            ("intent_unclear", !self.intent_clear),
            ("w_constraints", !self.constraints.is_empty()),
            ("w_mistakes", !self.mistakes.is_empty()),
            ("w_stances", !self.stances.is_empty()),
        ]
        .into_iter()
        .filter_map(|(name, found)| found.then_some(name))
        .collect()
    }

    /// Everything that was found, in the annotator's words.
    pub(super) fn words(&self) -> impl Iterator<Item = &str> {
        [&self.constraints, &self.stances, &self.mistakes].into_iter().flatten().map(String::as_str)
    }
}

/// The question about a request alone.
pub fn ask_analysis(pair: &Pair, seed: u64) -> Request {
    let asked = pair.prompt_text();
    let mut text = String::new();
    Fence::around(&[asked.as_ref()]).add(&mut text, "request", &asked);
    text.push_str(
        "Describe the request itself; nobody has answered it yet. Answer with one JSON object and nothing else, with these fields:\n\
         - \"intent_clear\": true when one can tell what the person wants, false when it stays unclear\n\
         - \"feelings\": true when the person expresses feelings in words, else false\n\
         - \"constraints\": a list of the explicit demands on form or content that a response must keep to, in a few words each, e.g. a length, a format, a language\n\
         - \"stances\": a list of the opinions that the person states as their own, in a few words each\n\
         - \"mistakes\": a list of the mistakes, false assumptions and biases in the request, in a few words each\n\
         A list is empty when there is nothing to put into it. Most requests have empty lists.",
    );
    // No limit on the length of a string: OpenAI rejects schemas with one.
    let list = json!({"type": "array", "items": {"type": "string"}, "maxItems": MOST_ITEMS});
    let schema = json!({"type": "object", "properties": {"intent_clear": {"type": "boolean"}, "feelings": {"type": "boolean"},
        "constraints": list, "stances": list, "mistakes": list},
        "required": ["intent_clear", "feelings", "constraints", "stances", "mistakes"], "additionalProperties": false});
    let want = Want::Json(Schema { name: "analysis".to_owned(), schema, enforce: Enforce::Schema });
    question(ROLE, text, want, 600, seed)
}

/// What an answer to [`ask_analysis`] says. A field that is missing or of another kind makes it unreadable: half an analysis
/// would pass for a request without constraints.
pub fn read_analysis(outcome: &Outcome, asked: &Request) -> (Option<Analysis>, Parse) {
    let answer = match &outcome.answer {
        Ok(answer) => answer,
        Err(error) => return (None, of_failure(error)),
    };
    let (object, parse) = match concluded_object(answer, asked, "intent_clear") {
        Ok(found) => found,
        Err(why) => return (None, why),
    };
    match serde_json::from_value::<Analysis>(Value::Object(object)) {
        Ok(mut analysis) => {
            for list in [&mut analysis.constraints, &mut analysis.stances, &mut analysis.mistakes] {
                list.retain(|item| !item.trim().is_empty());
                let mut seen = std::collections::HashSet::new();
                list.retain(|item| seen.insert(item.trim().to_owned()));
                list.truncate(MOST_ITEMS);
            }
            (Some(analysis), parse)
        }
        Err(_) => (None, Parse::OffScale),
    }
}

/// The question for a reference answer: the request itself, as the assistant would get it. `None` if the prompt does not end with a user's
/// turn: a model would answer a question of its own making.
pub fn ask_reference(pair: &Pair, seed: u64) -> Option<Request> {
    let asks =
        pair.prompt.last().is_some_and(|turn| turn.role == Role::User && !turn.content.trim().is_empty());
    let messages = pair.prompt.clone();
    let request =
        Request { messages, want: Want::Text, max_tokens: 1500, temperature: 0.0, seed: Some(seed) };
    asks.then_some(request)
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_llm::{Answer, CallError, Fault};

    fn read(text: &str) -> (Option<Analysis>, Parse) {
        let answer = Ok(Answer { text: text.to_owned(), ..Answer::default() });
        read_analysis(&Outcome { key: String::new(), answer, from_log: false }, &asked())
    }

    fn asked() -> Request {
        let prompt = vec![predilect_types::Message::user("Say it in two words.")];
        ask_analysis(&Pair { prompt, ..Pair::default() }, 1)
    }

    #[test]
    fn the_question_itself_is_no_analysis() {
        let question = asked().messages.last().unwrap().content.clone();
        assert_eq!(read(&question), (None, Parse::Echo));
    }

    #[test]
    fn what_is_found_decides_what_is_asked() {
        let (analysis, parse) = read(
            r#"Here: {"intent_clear": false, "feelings": true, "constraints": ["two words", " ", "two words"], "stances": [], "mistakes": ["no"]}"#,
        );
        let analysis = analysis.unwrap();
        assert_eq!(parse, Parse::Wrapped);
        assert_eq!(analysis.constraints, ["two words"]);
        assert_eq!(analysis.cases(), ["express_feeling", "intent_unclear", "w_constraints", "w_mistakes"]);
        let items = |id| analysis.items(predilect_types::property(id).unwrap());
        assert_eq!(
            ["polite", "clarify_intent", "empathetic", "satisfies_constraints", "supports_stances"]
                .map(items),
            [1, 1, 1, 1, 0]
        );
    }

    #[test]
    fn half_an_analysis_is_none() {
        for text in [
            r#"{"intent_clear": true}"#,
            r#"{"intent_clear": "yes", "feelings": false, "constraints": [], "stances": [], "mistakes": []}"#,
            r#"{"intent_clear": true, "feelings": false, "constraints": "short", "stances": [], "mistakes": []}"#,
        ] {
            assert_eq!(read(text), (None, Parse::OffScale), "{text}");
        }
        assert_eq!(read("no"), (None, Parse::Unreadable));
        let error = Err(CallError::new(Fault::Filtered, "no"));
        let outcome = Outcome { key: String::new(), answer: error, from_log: false };
        assert_eq!(read_analysis(&outcome, &asked()), (None, Parse::Refused));
    }
}
