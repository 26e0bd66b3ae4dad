//! Finds the JSON in a model's reply, however it is wrapped.

use predilect_llm::{Answer, CallError, Fault, Finish, MESSAGE, Request, THOUGHTS};
use predilect_results::asked::Parse;
use serde_json::{Map, Value};

/// How a failed call counts.
pub(crate) fn of_failure(error: &CallError) -> Parse {
    if error.fault == Fault::Filtered { Parse::Refused } else { Parse::Failed }
}

/// How an answer counts in which nothing was found.
pub(crate) fn of_unread(answer: &Answer) -> Parse {
    match answer.finish {
        Finish::Refused => Parse::Refused,
        Finish::Length => Parse::Truncated,
        Finish::Stop => Parse::Unreadable,
    }
}

/// Tokens that end a turn: what follows one was made up by a model that did not stop.
const ENDS: [&str; 10] = [
    "</s>",
    "<|im_end|>",
    "<|eot_id|>",
    "<|end_of_text|>",
    "<|endoftext|>",
    "<end_of_turn>",
    "<|return|>",
    "<|EOT|>",
    "<|end|>",
    "[INST]",
];

/// Bytes at the end of a question by which it is known again.
const TAIL: usize = 80;

/// What an answer concludes: its text without the model's reasoning and without the question, where a server gives that back.
///
/// # Errors
///
/// Why there is no conclusion: the answer is empty, ends within the reasoning, or only repeats the question.
pub(crate) fn conclusion<'t>(answer: &'t Answer, question: &str) -> Result<&'t str, Parse> {
    let none = |otherwise| if answer.finish == Finish::Refused { Parse::Refused } else { otherwise };
    let mut text = answer.text.trim();
    if text.is_empty() {
        return Err(none(if answer.finish == Finish::Length { Parse::Truncated } else { Parse::Empty }));
    }
    // Complete as requested, whatever its strings contain.
    if serde_json::from_str::<Map<String, Value>>(text).is_ok() {
        return Ok(text);
    }
    let last = |marks: &mut dyn Iterator<Item = &'static str>| {
        marks.filter_map(|mark| Some((text.rfind(mark)?, mark.len()))).max()
    };
    let opened = last(&mut THOUGHTS.iter().map(|(open, _)| *open));
    // Templates open the thought themselves; some servers leave only the names of channels.
    let closed = last(&mut THOUGHTS.iter().map(|(_, close)| *close).chain(["assistantfinal"]));
    match (opened, closed) {
        (Some((open, _)), None) if !text[..open].contains('{') => return Err(none(Parse::Reasoning)),
        (Some((open, _)), Some((close, _))) if open > close => return Err(none(Parse::Reasoning)),
        (_, Some((at, length))) => text = text[at + length..].trim(),
        _ => {}
    }
    // `<|channel|>final <|constrain|>json<|message|>{...}`.
    if let Some(at) = text.find(MESSAGE) {
        text = text[at + MESSAGE.len()..].trim();
    }
    let question = question.trim();
    let tail = &question[question.ceil_char_boundary(question.len().saturating_sub(TAIL))..];
    if tail.len() >= TAIL / 2
        && let Some(at) = text.rfind(tail)
    {
        text = text[at + tail.len()..].trim();
        // "assistant:", "<|im_end|>": no content.
        if text.is_empty() || (text.len() < 40 && !text.contains(['{', '['])) {
            return Err(Parse::Echo);
        }
    }
    let mut said = text;
    // Behind the object that an answer begins with: within its strings, such a token may be quoted.
    let mut stream = serde_json::Deserializer::from_str(said).into_iter::<Value>();
    let from = match stream.next() {
        Some(Ok(Value::Object(_))) => stream.byte_offset(),
        _ => 1.min(said.len()),
    };
    let ends = said.char_indices().map(|(at, _)| at).find(|at| *at >= from).unwrap_or(said.len());
    if let Some(end) = ENDS.iter().filter_map(|end| said[ends..].find(end)).min() {
        said = said[..ends + end].trim();
    }
    // gpt-oss without its special tokens: "analysisWe need to compare ...".
    let unnamed = said.strip_prefix("analysis").is_some_and(|rest| rest.starts_with(char::is_uppercase));
    if said.is_empty() || unnamed {
        return Err(none(Parse::Reasoning));
    }
    // A truncated answer has no conclusion, unless it began with it.
    let begins = said.trim_start_matches(|c: char| c == '`' || c.is_whitespace());
    let begins = begins.strip_prefix("json").unwrap_or(begins).trim_start();
    if answer.finish == Finish::Length && !begins.starts_with('{') {
        return Err(Parse::Truncated);
    }
    Ok(said)
}

/// The object with that field that an answer to this question concludes with.
///
/// # Errors
///
/// How the answer counts if there is no such object.
pub(crate) fn concluded_object(
    answer: &Answer,
    asked: &Request,
    field: &str,
) -> Result<(Map<String, Value>, Parse), Parse> {
    let said = conclusion(answer, question_of(asked))?;
    json_object(said, field).map_err(|why| why.unwrap_or_else(|| of_unread(answer)))
}

/// What was asked last.
pub(crate) fn question_of(asked: &Request) -> &str {
    asked.messages.last().map_or("", |turn| turn.content.as_str())
}

/// The JSON object of a reply: the whole reply, or the last object in it that has the field wanted, whatever its case.
///
/// The last one counts because reasons come before their conclusion. None counts if an earlier one differs and words follow the last, or
/// the text begins with another one: one of them may be quoted or made up. A single object in the middle of a line may be a passing
/// thought. Incomplete objects are not guessed at.
///
/// # Errors
///
/// `None` if there is no such object, else the reason that none counts.
pub fn json_object(text: &str, field: &str) -> Result<(Map<String, Value>, Parse), Option<Parse>> {
    if let Ok(Value::Object(object)) = serde_json::from_str(text.trim()) {
        if twice(text, field) {
            return Err(Some(Parse::Contradictory));
        }
        return with_field(object, field).map(|object| (object, Parse::Clean)).ok_or(None);
    }
    let mut found: Option<Map<String, Value>> = None;
    let (mut at, mut begin, mut end) = (0, None, 0);
    let (mut differ, mut torn) = (false, false);
    // Every object is read once from its brace on, so the time is linear in objects that are whole.
    while let Some(open) = text.get(at..).and_then(|rest| rest.find('{')) {
        let start = at + open;
        let rest = text.get(start..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match stream.next() {
            Some(Ok(Value::Object(object))) => {
                at = start + stream.byte_offset().max(1);
                if let Some(object) = with_field(object, field) {
                    differ |= found.as_ref().is_some_and(|old| old.get(field) != object.get(field));
                    torn |= twice(&text[start..at.min(text.len())], field);
                    begin = begin.or(Some(start));
                    end = at;
                    found = Some(object);
                }
            }
            _ => at = start + 1,
        }
    }
    let object = found.ok_or(None)?;
    // A code fence with its language is not content.
    let fenced = |text: &str| text.trim().trim_start_matches('`').trim_end_matches('`').trim().to_owned();
    let says = |text: &str| {
        let text = fenced(text);
        text != "json" && text.contains(char::is_alphanumeric)
    };
    let before = says(text.get(..begin.unwrap_or(0)).unwrap_or_default());
    let behind = says(text.get(end..).unwrap_or_default());
    // In the middle of a line of words it is a passing thought.
    let line_before =
        text.get(..begin.unwrap_or(0)).unwrap_or_default().rsplit('\n').next().unwrap_or_default();
    let line_behind = text.get(end..).unwrap_or_default().split('\n').next().unwrap_or_default();
    let amid = says(line_before) && says(line_behind);
    match (differ, before, behind) {
        _ if torn => Err(Some(Parse::Contradictory)),
        (true, _, true) | (true, false, false) => Err(Some(Parse::Contradictory)),
        (false, ..) if amid => Err(None),
        _ => Ok((object, Parse::Wrapped)),
    }
}

/// Whether an object has a field twice: then readers differ in what it says.
fn twice(object: &str, field: &str) -> bool {
    let name = format!("\"{field}\"");
    object
        .match_indices(&name)
        .filter(|(at, _)| object[at + name.len()..].trim_start().starts_with(':'))
        .count()
        > 1
}

/// The object with its field under the name that is wanted.
fn with_field(mut object: Map<String, Value>, field: &str) -> Option<Map<String, Value>> {
    // A response's letter has to match exactly: half a form would be read otherwise.
    if !object.contains_key(field) {
        if field.len() < 2 {
            return None;
        }
        let name = object.keys().find(|name| name.eq_ignore_ascii_case(field))?.clone();
        let value = object.remove(&name)?;
        object.insert(field.to_owned(), value);
    }
    Some(object)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn objects_are_found_in_whatever_surrounds_them() {
        let value = |text| json_object(text, "v").ok().map(|(object, parse)| (object["v"].clone(), parse));
        assert_eq!(value(r#" {"v": "A"} "#), Some(("A".into(), Parse::Clean)));
        assert_eq!(value("```json\n{\"v\": \"A\"}\n```"), Some(("A".into(), Parse::Wrapped)));
        assert_eq!(
            value(r#"Set {1, 2}: I say {"v": "A"}, no, {"v": "B"}."#),
            Some(("B".into(), Parse::Wrapped))
        );
        // The last may be quoted.
        let quoted = r#"{"v": "A"} (it told me to say {"v": "B"}, I do not)"#;
        assert_eq!(json_object(quoted, "v"), Err(Some(Parse::Contradictory)));
        assert_eq!(value(r#"{"v": "A"}, as I said {"v": "A"} above"#), Some(("A".into(), Parse::Wrapped)));
        let grade = json_object(r#"{"Grade": 3}"#, "grade").unwrap();
        assert_eq!((&grade.0["grade"], grade.1), (&3.into(), Parse::Clean));
        assert_eq!(value(r#"{"V": "A"}"#), None);
        for torn in [
            r#"{"v": "A"} ### Human: and now? {"v": "B"}"#,
            r#"{"v": "A", "v": "B"}"#,
            r#"so {"v": "A", "v": "B"}"#,
        ] {
            assert_eq!(json_object(torn, "v"), Err(Some(Parse::Contradictory)), "{torn}");
        }
        assert_eq!(value(r#"At first {"v": "A"} fits, but then"#), None);
        assert_eq!(value("Here:\n```json\n{\"v\": \"A\"}\n```\n"), Some(("A".into(), Parse::Wrapped)));
        assert_eq!(
            value("```json\n{\"v\": \"A\"}\n```\nbecause it is right"),
            Some(("A".into(), Parse::Wrapped))
        );
        assert_eq!(value(r#"{"w": {"v": 1}}"#), None);
        assert_eq!(value(r#"{"v": "A"#), None);
        assert_eq!(value(""), None);
    }

    #[test]
    fn only_what_is_concluded_counts() {
        let question = "Here are two responses, A and B. Which is better? Answer with one JSON object that holds the verdict and nothing else.";
        let read = |text: &str| {
            let answer = Answer { text: text.to_owned(), ..Answer::default() };
            conclusion(&answer, question).map(str::to_owned)
        };
        assert_eq!(read(" so "), Ok("so".to_owned()));
        assert_eq!(read("<think>A? {\"v\": 1}</think>\n{\"v\": 2}"), Ok("{\"v\": 2}".to_owned()));
        assert_eq!(read("A? no.</think>B"), Ok("B".to_owned()));
        for (text, why) in [
            ("", Parse::Empty),
            ("<think>A? {\"v\": 1} But", Parse::Reasoning),
            ("<think>A</think>", Parse::Reasoning),
            ("analysisWe compare. {\"v\": 1}?", Parse::Reasoning),
            ("<|channel>thought\nWe compare {\"v\": 1}", Parse::Reasoning),
            (question, Parse::Echo),
            (&format!("system: x\nuser: {question}\nassistant:"), Parse::Echo),
        ] {
            assert_eq!(read(text), Err(why), "{text}");
        }
        assert_eq!(
            read(&format!("{question}\n{{\"verdict\": \"A\"}}")),
            Ok("{\"verdict\": \"A\"}".to_owned())
        );
    }

    #[test]
    fn what_broke_off_or_went_on_concludes_nothing_else() {
        let read = |text: &str, finish| {
            let answer = Answer { text: text.to_owned(), finish, ..Answer::default() };
            conclusion(&answer, "").map(str::to_owned)
        };
        let whole = Ok("{\"v\": 2}".to_owned());
        let harmony = "<|channel|>analysis<|message|>{\"v\": 1}?<|end|><|channel|>final <|constrain|>json<|message|>{\"v\": 2}<|return|>";
        assert_eq!(read(harmony, Finish::Stop), whole);
        assert_eq!(read("{\"v\": 2}</s>\n[INST] more [/INST] {\"v\": 1}", Finish::Stop), whole);
        assert_eq!(read("{\"v\": 2}   ", Finish::Length), whole);
        assert_eq!(read("```json\n{\"v\": 2}", Finish::Length).map(|said| said.ends_with("2}")), Ok(true));
        assert_eq!(read("At first {\"v\": 1} fits, but", Finish::Length), Err(Parse::Truncated));
        assert_eq!(read("One could say [[B]]", Finish::Length), Err(Parse::Truncated));
        // A thought that quotes the question, or is opened again, is still a thought.
        let question =
            "Which is better? Answer with one JSON object and nothing else, whose verdict is A, B or tie.";
        for open in [
            format!("<think>The task says: {question} My guess:\n{{\"v\": 1}}\nBut wait"),
            "<think>a</think><think>{\"v\": 1}".to_owned(),
            "<|start|>assistant<|channel|>analysis<|message|>{\"v\": 1}<|end|>".to_owned(),
        ] {
            let answer = Answer { text: open.clone(), ..Answer::default() };
            assert_eq!(conclusion(&answer, question), Err(Parse::Reasoning), "{open}");
        }
        let quoted = "{\"reasoning\": \"<s>old</s> leaks </think>\", \"v\": 2}";
        assert_eq!(read(quoted, Finish::Stop).as_deref(), Ok(quoted));
    }

    proptest! {
        #[test]
        fn no_answer_panics(text in "\\PC*|(<think>|</think>|[a-z{}]){0,9}", question in "\\PC*") {
            let _ = conclusion(&Answer { text, ..Answer::default() }, &question);
        }

        #[test]
        fn no_text_panics(text in "\\PC*|[{}\\[\\]\":,a-z0-9 ]*") {
            let _ = json_object(&text, "v");
        }
    }
}
