//! What a value says about a pair: A, B, a tie, something between, or nothing.

use std::collections::BTreeMap;

use predilect_types::{TieKind, Verdict};
use serde_json::Value;

use super::roles::{normal, tokens};
use super::{Scale, VerdictRule};
use crate::error::{Reason, RowError, kind_of};

/// What a judge called.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Call {
    A,
    B,
    Tie(TieKind),
    /// A preference between the two: the probability that A is better.
    Soft(f64),
    /// Nothing that could be parsed, as the file itself says.
    Missing,
}

impl Call {
    pub(crate) fn verdict(self, judge: impl Into<String>) -> Option<Verdict> {
        match self {
            Self::Tie(kind) => Some(Verdict::tie("", judge, kind)),
            other => other.p_a().map(|p_a| Verdict::new("", judge, p_a)),
        }
    }

    pub(crate) fn p_a(self) -> Option<f64> {
        match self {
            Self::A => Some(1.0),
            Self::B => Some(0.0),
            Self::Tie(_) => Some(0.5),
            Self::Soft(p_a) => Some(p_a),
            Self::Missing => None,
        }
    }

    pub(crate) fn flipped(self) -> Self {
        match self {
            Self::A => Self::B,
            Self::B => Self::A,
            Self::Soft(p_a) => Self::Soft(1.0 - p_a),
            other => other,
        }
    }

    /// The larger of two scores wins; equal ones are a tie.
    pub(crate) fn larger(a: f64, b: f64) -> Self {
        match a.partial_cmp(&b) {
            Some(std::cmp::Ordering::Greater) => Self::A,
            Some(std::cmp::Ordering::Less) => Self::B,
            Some(std::cmp::Ordering::Equal) => Self::Tie(TieKind::Tie),
            None => Self::Missing,
        }
    }
}

/// Words for no verdict at all.
const NOTHING: &[&str] = &[
    "",
    "none",
    "null",
    "nan",
    "n/a",
    "na",
    "error",
    "garbage",
    "invalid",
    "unknown",
    "skip",
    "skipped",
    "missing",
    "-",
    "<na>",
    "nil",
    "undefined",
    "discarded",
    "unanswered",
    "no answer",
    "abstain",
    "abstained",
    "abstention",
    "no vote",
    "not applicable",
    "no verdict",
    "no judgment",
    "no judgement",
];
const TIES: &[&str] = &[
    "tie",
    "tied",
    "ties",
    "draw",
    "equal",
    "equally good",
    "same",
    "both",
    "no preference",
    "neutral",
    "about the same",
    "about equal",
    "the same",
    "equivalent",
    "similar",
    "a=b",
    "b=a",
    "a==b",
    "1=2",
    "both equal",
    "both equally good",
    "a tie",
    "it's a tie",
    "its a tie",
    "they are equal",
    "equally",
    "neither is better",
    "no difference",
    "indifferent",
    "no winner",
    "tie game",
    "both are equal",
    "both are equally good",
    "comparable",
    "both same",
    "a = b",
    "a≈b",
    "a~b",
    "about as good",
];
const BOTH_BAD: &[&str] = &[
    "tie (bothbad)",
    "tie (both bad)",
    "tie bothbad",
    "tie both bad",
    "bothbad",
    "both bad",
    "both are bad",
    "neither",
    "neither is good",
    "neither are good",
    "both responses are bad",
    "both wrong",
    "neither good",
    "both poor",
    "both are equally bad",
    "equally bad",
    "neither response",
    "both fail",
    "tie (both fail)",
    "neither one",
];
const BOTH_GOOD: &[&str] = &[
    "bothgood",
    "both good",
    "both are good",
    "tie (bothgood)",
    "tie (both good)",
    "tie both good",
    "both great",
];

/// Words that may stand beside a side without saying more.
const FILLERS: &[&str] = &[
    "is",
    "was",
    "wins",
    "won",
    "win",
    "winner",
    "better",
    "best",
    "preferred",
    "prefer",
    "prefers",
    "the",
    "i",
    "chosen",
    "than",
    "one",
    "other",
    "over",
    "beats",
    "choose",
    "chose",
    "selected",
    "favored",
    "favoured",
    "answer",
    "response",
    "model",
    "output",
    "option",
    "completion",
    "candidate",
    "assistant",
    "text",
    "chatbot",
    "summary",
    "system",
    "side",
    "choice",
    "conversation",
    "generation",
    "reply",
    "ai",
    "llm",
    "bot",
    "agent",
    "version",
    "variant",
    "translation",
    "message",
    "would",
    "vote",
    "vote:",
    "for",
    "result",
    "story",
    "solution",
    "good",
    "to",
    "use",
    "helpful",
    "more",
    "prediction",
    "on",
    "by",
    "of",
    "dialogue",
    "more",
    "likely",
    "win.",
];
/// How much better, in words, and the probability that each stands for.
const GRADES: &[(&str, f64)] = &[
    ("a little bit", SLIGHTLY),
    ("a little", SLIGHTLY),
    ("a bit", SLIGHTLY),
    ("slightly", SLIGHTLY),
    ("somewhat", SLIGHTLY),
    ("marginally", SLIGHTLY),
    ("barely", SLIGHTLY),
    ("negligibly", SLIGHTLY),
    ("weakly", SLIGHTLY),
    ("slight", SLIGHTLY),
    ("lean", SLIGHTLY),
    ("leaning", SLIGHTLY),
    ("moderately", MODERATELY),
    ("moderate", MODERATELY),
    ("rather", MODERATELY),
    ("a lot", 1.0),
    ("much", 1.0),
    ("significantly", 1.0),
    ("strongly", 1.0),
    ("clearly", 1.0),
    ("far", 1.0),
    ("definitely", 1.0),
    ("considerably", 1.0),
    ("way", 1.0),
    ("substantially", 1.0),
    ("strong", 1.0),
    ("overwhelmingly", 1.0),
    ("clear", 1.0),
    ("very", 1.0),
];
/// A third of the way from even to sure.
const SLIGHTLY: f64 = 2.0 / 3.0;
/// Two thirds of the way.
const MODERATELY: f64 = 5.0 / 6.0;

fn side(word: &str) -> Option<bool> {
    match word {
        "a" | "1" | "left" | "first" => Some(true),
        "b" | "2" | "right" | "second" => Some(false),
        _ => None,
    }
}

/// Reads a call in words: names of sides in any common form, ties, nothing. `None` where the words are not understood.
///
/// `Model A`, `response_a`, `left`, `1`, `A>B`, `[[A]]`, `A is slightly better` and `tie (bothbad)` are of them. Words that grade
/// give a probability: slightly 2/3, moderately 5/6, anything stronger (or no such word) 1.
pub(crate) fn words(text: &str) -> Option<Call> {
    let plain =
        text.trim().trim_matches(['[', ']', '"', '\'', '.', '!', '*', '`', '“', '”']).trim().to_lowercase();
    let loose = plain.replace(['_', '-'], " ");
    let loose = loose.split_whitespace().collect::<Vec<_>>().join(" ");
    let among = |list: &[&str]| list.contains(&plain.as_str()) || list.contains(&loose.as_str());
    if among(NOTHING) {
        return Some(Call::Missing);
    }
    if among(BOTH_BAD) {
        return Some(Call::Tie(TieKind::BothBad));
    }
    if among(BOTH_GOOD) {
        return Some(Call::Tie(TieKind::BothGood));
    }
    if among(TIES) || plain == "c" {
        return Some(Call::Tie(TieKind::Tie));
    }
    // The sign alone stands between the first and the second.
    match plain.trim_matches('=') {
        ">" | ">>" | ">>>" | "≻" => return Some(Call::A),
        "<" | "<<" | "<<<" | "≺" => return Some(Call::B),
        "" if !plain.is_empty() => return Some(Call::Tie(TieKind::Tie)),
        _ => {}
    }
    if let Some(call) = compared(&plain) {
        return Some(call);
    }
    named_side(&loose)
}

/// `A>B`, `A >> B`, `1<2`, `B≻A`, and rankings of just two.
fn compared(text: &str) -> Option<Call> {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let at = text.find(['>', '<', '≻', '≺'])?;
    let (before, after) = text.split_at(at);
    let marks: String = after.chars().take_while(|c| ">≻<≺=".contains(*c)).collect();
    let after = after.get(marks.len()..)?;
    let alone = |word: &str| {
        let words = tokens(word);
        let mut sides = words.iter().filter_map(|w| side(w));
        let only = sides.next()?;
        let known = words.iter().all(|w| side(w).is_some() || FILLERS.contains(&w.as_str()));
        (sides.next().is_none() && known).then_some(only)
    };
    let (first, second) = (alone(before)?, alone(after)?);
    let greater = marks.starts_with(['>', '≻']);
    (first != second && !marks.contains('=')).then_some(if first == greater { Call::A } else { Call::B })
}

/// The one side that a phrase names, with how much better it is.
fn named_side(text: &str) -> Option<Call> {
    let mut rest = format!(" {} ", text.replace([':', ',', '(', ')', '.', '/'], " "));
    let mut grade = None;
    for (words, p) in GRADES {
        let with = format!(" {words} ");
        if rest.contains(&with) {
            rest = rest.replace(&with, " ");
            grade.get_or_insert(*p);
        }
    }
    let mut first = None;
    let mut second = None;
    let mut worse = false;
    let mut than = false;
    for word in rest.split_whitespace().flat_map(tokens) {
        match side(&word) {
            Some(at) if first.is_none() => first = Some(at),
            Some(at) if second.is_none() && than => second = Some(at),
            None if word == "worse" || word == "loses" || word == "lost" => worse = true,
            None if FILLERS.contains(&word.as_str()) => {
                than |= ["than", "over", "beats", "to"].contains(&word.as_str());
            }
            _ => return None,
        }
    }
    let side = first?;
    if second == Some(side) {
        return None;
    }
    let call = if side == worse { Call::B } else { Call::A };
    Some(match grade {
        Some(p) if p < 1.0 => Call::Soft(if call == Call::A { p } else { 1.0 - p }),
        _ => call,
    })
}

/// The better one of two that a ranking names, `[{"rank": 1, "value": "response_a"}, {"rank": 2, ...}]`, and whether both
/// have the same rank. A list of several rankings, or a ranking of more than two, is none.
pub(crate) fn ranked(value: &Value) -> Option<(&Value, bool)> {
    let Value::Array(items) = value else { return None };
    let [first, second] = items.as_slice() else { return None };
    let place = |item: &Value| item.get("rank").and_then(Value::as_f64);
    let (x, y) = (place(first)?, place(second)?);
    let best = if x <= y { first } else { second };
    let name = best.get("value").filter(|name| name.is_string())?;
    Some((name, x == y))
}

/// How the values of one field are read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Reading {
    /// The values that a recipe or a user names.
    Named(Vec<(Code, Call)>),
    /// Common words, names of the responses' columns and of their models.
    Words,
    /// A number between two ends, and values outside of them that mean something.
    Scale(Scale, Vec<(Code, Call)>),
}

/// A value that stands for a call: compared as a number where both are numbers, else as text without case.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Code {
    Number(f64),
    Text(String),
}

impl Code {
    pub(crate) fn of(value: &Value) -> Option<Self> {
        match value {
            Value::Number(number) => number.as_f64().map(Self::Number),
            Value::Bool(truth) => Some(Self::Text(truth.to_string())),
            Value::String(text) => {
                let plain = text.trim();
                Some(match plain.parse::<f64>() {
                    Ok(number) if number.is_finite() => Self::Number(number),
                    _ => Self::Text(plain.to_lowercase()),
                })
            }
            Value::Null => Some(Self::Text(String::new())),
            _ => None,
        }
    }

    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => format!("{text:?}"),
        }
    }
}

/// What names of responses and models mean in a record.
#[derive(Debug, Default, Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) column_a: &'a str,
    pub(crate) column_b: &'a str,
    pub(crate) model_a: Option<&'a str>,
    pub(crate) model_b: Option<&'a str>,
    /// The responses themselves, where each is one text.
    pub(crate) text_a: Option<&'a str>,
    pub(crate) text_b: Option<&'a str>,
}

/// How the values of a field become calls.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calls {
    pub(crate) field: String,
    pub(crate) reading: Reading,
}

impl Calls {
    /// Common words in a field.
    #[cfg(test)]
    pub(crate) fn words(field: &str) -> Self {
        Self { field: field.to_owned(), reading: Reading::Words }
    }

    /// What a rule declares; words where it declares no values.
    pub(crate) fn of(rule: &VerdictRule, field: String) -> Self {
        let mut named = Vec::new();
        let calls = [
            (&rule.a, Call::A),
            (&rule.b, Call::B),
            (&rule.tie, Call::Tie(TieKind::Tie)),
            (&rule.both_bad, Call::Tie(TieKind::BothBad)),
            (&rule.both_good, Call::Tie(TieKind::BothGood)),
            (&rule.nothing, Call::Missing),
        ];
        for (values, call) in calls {
            named.extend(values.iter().filter_map(Code::of).map(|code| (code, call)));
        }
        named.extend(
            rule.graded
                .iter()
                .filter_map(|(value, p)| Some((Code::of(&Value::String(value.clone()))?, graded(*p)))),
        );
        let reading = match rule.scale {
            Some(scale) => Reading::Scale(scale, named),
            None if named.is_empty() => Reading::Words,
            None => Reading::Named(named),
        };
        Self { field, reading }
    }

    /// What a value says; an error where it is none that the reading knows.
    pub(crate) fn call(&self, value: Option<&Value>, names: Names<'_>) -> Result<Call, RowError> {
        let Some(value) = value else { return Ok(Call::Missing) };
        let value = match value {
            // A list of one answer, as forms and tools write it.
            Value::Array(items) if items.len() == 1 => items.first().unwrap_or(value),
            other => other,
        };
        if let Some((best, tied)) = ranked(value) {
            return if tied { Ok(Call::Tie(TieKind::Tie)) } else { self.call(Some(best), names) };
        }
        let code = Code::of(value).ok_or_else(|| {
            RowError::new(
                Reason::WrongType,
                format!("a word or number that names the winner is expected, not {}", kind_of(value)),
            )
            .field(&self.field)
            .json(value)
        })?;
        match &self.reading {
            Reading::Named(named) => {
                if let Some((_, call)) = named.iter().find(|(known, _)| *known == code) {
                    return Ok(*call);
                }
                match &code {
                    Code::Text(text) if NOTHING.contains(&text.as_str()) => Ok(Call::Missing),
                    // Ties and the like in words stand beside numbers in many files.
                    Code::Text(text) if named.iter().all(|(known, _)| matches!(known, Code::Number(_))) => {
                        match words(text) {
                            Some(call @ (Call::Tie(_) | Call::Missing)) => Ok(call),
                            _ => Err(self.unknown(value, named)),
                        }
                    }
                    _ => Err(self.unknown(value, named)),
                }
            }
            Reading::Scale(scale, named) => match named.iter().find(|(known, _)| *known == code) {
                Some((_, call)) => Ok(*call),
                None => self.scaled(value, &code, *scale),
            },
            Reading::Words => self.worded(value, &code, names),
        }
    }

    fn scaled(&self, value: &Value, code: &Code, scale: Scale) -> Result<Call, RowError> {
        let number = match code {
            Code::Number(number) => *number,
            Code::Text(text) if NOTHING.contains(&text.as_str()) => return Ok(Call::Missing),
            Code::Text(text) => match words(text) {
                Some(call @ Call::Tie(_)) => return Ok(call),
                _ => return Err(self.out_of_range(value, scale)),
            },
        };
        let (low, high) = (scale.a.min(scale.b), scale.a.max(scale.b));
        if !(low..=high).contains(&number) {
            return Err(self.out_of_range(value, scale));
        }
        let p_a = (number - scale.b) / (scale.a - scale.b);
        Ok(if p_a == 0.5 && scale.tie { Call::Tie(TieKind::Tie) } else { graded(p_a) })
    }

    fn out_of_range(&self, value: &Value, scale: Scale) -> RowError {
        RowError::new(
            Reason::VerdictOutOfRange,
            format!(
                "a number from {} (the first response is better) to {} (the second) is expected",
                scale.a, scale.b
            ),
        )
        .field(&self.field)
        .json(value)
        .hint(format!("correct the value, or say what it means: --map winner={}:VALUE=A,...", self.field))
    }

    fn worded(&self, value: &Value, code: &Code, names: Names<'_>) -> Result<Call, RowError> {
        let text = match code {
            Code::Text(text) => text.clone(),
            Code::Number(number) => number.to_string(),
        };
        let named = |name: &str| {
            !name.is_empty()
                && (name.trim().eq_ignore_ascii_case(text.trim()) || normal(name) == normal(&text))
        };
        let either = |a: bool, b: bool| match (a, b) {
            (true, false) => Some(Call::A),
            (false, true) => Some(Call::B),
            _ => None,
        };
        let given = value.as_str().map(str::trim).unwrap_or_default();
        let is_text = |side: Option<&str>| given.len() > 2 && side.is_some_and(|side| side.trim() == given);
        let by_name = either(names.model_a.is_some_and(named), names.model_b.is_some_and(named))
            .or_else(|| either(is_text(names.text_a), is_text(names.text_b)));
        let by_side = either(named(names.column_a), named(names.column_b)).or_else(|| words(&text));
        match (by_name, by_side) {
            (Some(name), Some(side)) if name != side && matches!(side, Call::A | Call::B) => {
                Err(RowError::new(
                    Reason::UnknownWinner,
                    "as the name of a model the value means one response, as a side the other",
                )
                .field(&self.field)
                .json(value)
                .hint(format!("say which: --map winner={}:VALUE=A,VALUE=B", self.field)))
            }
            (Some(call), _) | (None, Some(call)) => Ok(call),
            (None, None) => Err(RowError::new(
                Reason::UnknownWinner,
                "the value names neither of the two responses, nor a tie",
            )
            .field(&self.field)
            .json(value)
            .hint(format!(
                "say what it means, A, B, tie or none: --map {} (several: VALUE=A,VALUE=B)",
                super::shell(&format!("winner={}:{}=A", self.field, shown_short(value)))
            ))),
        }
    }

    fn unknown(&self, value: &Value, named: &[(Code, Call)]) -> RowError {
        let known: Vec<String> = named
            .iter()
            .take(8)
            .map(|(code, call)| format!("{} = {}", code.shown(), call_name(*call)))
            .collect();
        RowError::new(Reason::VerdictOutOfRange, format!("one of {} is expected", known.join(", ")))
            .field(&self.field)
            .json(value)
            .hint(format!(
                "correct the value, or say what all values mean: --map winner={}:VALUE=A,VALUE=B,VALUE=tie",
                self.field
            ))
    }
}

fn shown_short(value: &Value) -> String {
    match value {
        Value::String(text) => text.chars().take(24).collect(),
        other => other.to_string(),
    }
}

pub(crate) fn call_name(call: Call) -> String {
    match call {
        Call::A => "A".to_owned(),
        Call::B => "B".to_owned(),
        Call::Tie(TieKind::Tie) => "tie".to_owned(),
        Call::Tie(TieKind::BothBad) => "both bad".to_owned(),
        Call::Tie(TieKind::BothGood) => "both good".to_owned(),
        Call::Soft(p) => format!("{:.0} % A", p * 100.0),
        Call::Missing => "no verdict".to_owned(),
    }
}

pub(super) fn graded(p_a: f64) -> Call {
    if p_a >= 1.0 {
        Call::A
    } else if p_a <= 0.0 {
        Call::B
    } else {
        Call::Soft(p_a)
    }
}

/// The values that a field held, with what they were taken for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Seen {
    values: BTreeMap<String, (u64, String)>,
    more: u64,
}

/// Different values that are remembered of a field.
const REMEMBERED: usize = 24;

impl Seen {
    pub(crate) fn add(&mut self, value: &str, call: Call) {
        self.add_many(value, call, 1);
    }

    pub(crate) fn add_many(&mut self, value: &str, call: Call, times: u64) {
        if let Some((count, _)) = self.values.get_mut(value) {
            *count += times;
        } else if self.values.len() < REMEMBERED {
            self.values.insert(value.to_owned(), (times, call_name(call)));
        } else {
            self.more += times;
        }
    }

    /// Counts values that are not remembered.
    pub(crate) fn add_more(&mut self, times: u64) {
        self.more += times;
    }

    pub(crate) fn lines(&self) -> Vec<(String, String, u64)> {
        let mut lines: Vec<_> =
            self.values.iter().map(|(value, (count, call))| (value.clone(), call.clone(), *count)).collect();
        lines.sort_by(|x, y| y.2.cmp(&x.2).then_with(|| x.0.cmp(&y.0)));
        if self.more > 0 {
            lines.push(("other values".to_owned(), String::new(), self.more));
        }
        lines
    }

    /// The only value that stood for a call, if there was just one.
    pub(crate) fn only(&self) -> Option<&str> {
        let nothing = call_name(Call::Missing);
        let mut said =
            self.values.iter().filter(|(_, (_, means))| *means != nothing).map(|(value, _)| value.as_str());
        said.next().filter(|_| said.next().is_none() && self.more == 0)
    }

    /// How often a number was seen, however it was written.
    pub(crate) fn count(&self, code: f64) -> u64 {
        let is = |value: &str| value.trim().parse::<f64>().is_ok_and(|number| number == code);
        self.values.iter().filter(|(value, _)| is(value)).map(|(_, (count, _))| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn words_for_a_winner() {
        for text in [
            "a",
            "A",
            "Model A",
            "model_a",
            "response_a",
            "left",
            "1",
            "A>B",
            "A >> B",
            "A is better",
            "[[A]]",
            "Answer 1",
            "assistant A",
            "first",
            "The first response is better",
            "A is much better than B",
            "B is worse",
            "2<1",
            "Response_A",
            "a wins",
            "output-1",
        ] {
            assert_eq!(words(text), Some(Call::A), "{text}");
        }
        for text in [
            "B",
            "right",
            "2",
            "model b",
            "B>A",
            "A<B",
            "I prefer the second",
            "Response 2 is better",
            "answer_b",
        ] {
            assert_eq!(words(text), Some(Call::B), "{text}");
        }
        assert_eq!(words("slightly better A"), Some(Call::Soft(2.0 / 3.0)));
        assert_eq!(words("B is a bit better"), Some(Call::Soft(1.0 - 2.0 / 3.0)));
        assert_eq!(words("A-is-clearly-better"), Some(Call::A));
        assert_eq!(words("Tie"), Some(Call::Tie(TieKind::Tie)));
        assert_eq!(words("both_bad"), Some(Call::Tie(TieKind::BothBad)));
        assert_eq!(words("No preference"), Some(Call::Tie(TieKind::Tie)));
        assert_eq!(words(" "), Some(Call::Missing));
        for text in ["0", "3", "model c", "the better one", "yes", "a or b", "gpt-4", "A>=B", "not a", "true"]
        {
            assert_eq!(words(text), None, "{text}");
        }
    }

    #[test]
    fn names_of_models_win_and_contradictions_stop() {
        let calls = Calls { field: "winner".to_owned(), reading: Reading::Words };
        let names = Names { model_a: Some("m-1"), model_b: Some("A"), ..Names::default() };
        assert_eq!(calls.call(Some(&json!("M-1")), names).ok(), Some(Call::A));
        assert!(calls.call(Some(&json!("A")), names).is_err());
        assert!(calls.call(Some(&json!(0)), Names::default()).is_err());
    }

    #[test]
    fn scales_and_declared_values() {
        let rule =
            VerdictRule { scale: Some(Scale { a: -3.0, b: 3.0, tie: true }), ..VerdictRule::default() };
        let calls = Calls::of(&rule, "p".to_owned());
        assert_eq!(calls.call(Some(&json!(-3)), Names::default()).ok(), Some(Call::A));
        assert_eq!(calls.call(Some(&json!("0")), Names::default()).ok(), Some(Call::Tie(TieKind::Tie)));
        assert_eq!(calls.call(Some(&json!(1)), Names::default()).ok(), Some(Call::Soft(1.0 / 3.0)));
        assert!(calls.call(Some(&json!(4)), Names::default()).is_err());
        let rule = VerdictRule { a: vec![json!(1)], b: vec![json!("2")], ..VerdictRule::default() };
        let calls = Calls::of(&rule, "label".to_owned());
        assert_eq!(calls.call(Some(&json!("1.0")), Names::default()).ok(), Some(Call::A));
        assert_eq!(calls.call(Some(&json!("Tie")), Names::default()).ok(), Some(Call::Tie(TieKind::Tie)));
        assert!(calls.call(Some(&json!(0)), Names::default()).is_err());
    }
}
