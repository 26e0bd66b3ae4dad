//! What a model does with a schema and with a seed, and whether it reasons before it answers.

use predilect_llm::{
    Answer, CallError, CallLog, Enforce, Model, Request, RunOptions, Runner, Schema, Totals, Want,
    begins_with_reasoning,
};
use predilect_results::asked::{Habits, SchemaHabit, SeedHabit};
use predilect_types::Message;
use serde_json::{Value, json};

use crate::asking::{add, pauses};
use crate::watch::Watch;

/// Tokens that an answer may have beyond its text, for marks of turns and other tokenizers.
const BESIDE: u64 = 32;

/// Seeds of one question: whether the same gives the same.
const SEEDS: [u64; 3] = [7, 7, 8];

/// How many times as many tokens as its text has an answer may have been charged for.
const TIMES: u64 = 3;

/// Asks four small questions; adds what they took to `totals`.
pub(super) fn observe(
    model: &dyn Model,
    (run, watch): (&RunOptions, &dyn Watch),
    totals: &mut Totals,
) -> Habits {
    let mut habits = Habits::default();
    let mut ask = |request: &Request| -> Option<Result<Answer, CallError>> {
        // Every question has a separate log: the same one is asked twice.
        let log = CallLog::in_memory().ok()?;
        let mut options = run.clone();
        options.gone = run.gone + totals.price.unwrap_or(0.0);
        let mut report = Runner { model, log: &log, options }.run(&[vec![request.clone()]], &pauses(watch));
        add(totals, &report.totals);
        let outcome = report.outcomes.pop()?.pop()??;
        if let Ok(answer) = &outcome.answer {
            habits.reasoning_tokens = habits.reasoning_tokens.max(reasoning(model, answer));
        }
        Some(outcome.answer)
    };
    let refused = |name: &str| model.left_out().contains(&name);
    let schema = ask(&off_form());
    let schema = match schema {
        _ if refused("JSON schemas") || refused("JSON mode") => Some(SchemaHabit::Refused),
        Some(Ok(answer)) if of_form(&answer.text) => Some(SchemaHabit::Enforced),
        Some(Ok(_)) => Some(SchemaHabit::Ignored),
        _ => None,
    };
    let texts = SEEDS.map(|seed| ask(&free(seed)).and_then(Result::ok).map(|answer| answer.text));
    let seed = match &texts {
        _ if refused("seed") => Some(SeedHabit::Refused),
        [Some(one), Some(same), Some(other)] => Some(match (one == same, one == other) {
            (true, true) => SeedHabit::AlwaysTheSame,
            (true, false) => SeedHabit::Taken,
            (false, _) => SeedHabit::Ignored,
        }),
        _ => None,
    };
    Habits { schema, seed, ..habits }
}

/// Tokens of an answer that do not belong to its text, or those of reasoning before it.
fn reasoning(model: &dyn Model, answer: &Answer) -> u64 {
    let text = model.count_tokens(&answer.text);
    let output = answer.usage.output;
    if begins_with_reasoning(&answer.text) {
        return output.max(text);
    }
    if output > TIMES * text + BESIDE { output - text } else { 0 }
}

/// A question for one thing with a schema for another.
fn off_form() -> Request {
    let schema = json!({
        "type": "object",
        "properties": {"colour": {"type": "string", "enum": ["red", "green"]}},
        "required": ["colour"],
        "additionalProperties": false,
    });
    let want = Want::Json(Schema { name: "colour".to_owned(), schema, enforce: Enforce::Schema });
    Request {
        messages: vec![Message::user("Answer with the word hello and nothing else.")],
        want,
        max_tokens: 40,
        temperature: 0.0,
        seed: Some(7),
    }
}

fn of_form(text: &str) -> bool {
    serde_json::from_str::<Value>(text.trim())
        .is_ok_and(|said| said["colour"] == "red" || said["colour"] == "green")
}

/// A question that has many answers.
fn free(seed: u64) -> Request {
    Request {
        messages: vec![Message::user("Write one line of a poem about a river.")],
        want: Want::Text,
        max_tokens: 24,
        temperature: 1.0,
        seed: Some(seed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_llm::{Finish, Scripted, Usage};

    #[test]
    fn tokens_beside_an_answer_are_reasoning() {
        let model = Scripted::new(|_, _| Ok((String::new(), Vec::new())));
        let answer = |text: &str, output| Answer {
            text: text.to_owned(),
            finish: Finish::Stop,
            usage: Usage { output, ..Usage::default() },
            ..Answer::default()
        };
        assert_eq!(reasoning(&model, &answer("{\"verdict\": \"A\"}", 9)), 0);
        assert_eq!(reasoning(&model, &answer("A", 401)), 400);
        assert_eq!(reasoning(&model, &answer("<think>Well, A is", 20)), 20);
    }

    #[test]
    fn only_the_form_that_was_asked_for_counts() {
        assert!(of_form(" {\"colour\": \"red\"} "));
        assert!(
            !of_form("hello")
                && !of_form("{\"colour\": \"hello\"}")
                && !of_form("{\"colour\": \"red\"} or so")
        );
    }
}
