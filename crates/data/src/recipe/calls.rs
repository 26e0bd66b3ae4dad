//! What a value says about a pair: A, B, a tie, something between, or no verdict.

use crate::advice::MAP;
use std::collections::BTreeMap;

use predilect_types::TieKind;
use serde_json::Value;

use super::shell::shell;
use super::spelling::normal;
use super::verdict_rule::{Scale, VerdictRule};
use super::words::{NOTHING, plain_words};
use crate::call::Call;
use crate::error::{Reason, RowError, kind_of};

/// The better one of two that a ranking names, `[{"rank": 1, "value": "response_a"}, {"rank": 2, ...}]`, and whether both have the same
/// rank. A list of several rankings, or a ranking of more than two, does not count.
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

/// A value that means a call: compared as a number if both are numbers, else as text without case.
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
    /// Whether what is named is the one that lost.
    pub(crate) loses: bool,
}

impl Calls {
    /// Common words in a field.
    #[cfg(test)]
    pub(crate) fn words(field: &str) -> Self {
        Self { field: field.to_owned(), reading: Reading::Words, loses: false }
    }

    /// The reading that a rule declares; words if it declares no values.
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
        Self { field, reading, loses: rule.loses }
    }

    /// What a value says; an error if the reading does not know it.
    pub(crate) fn call(&self, value: Option<&Value>, names: Names<'_>) -> Result<Call, RowError> {
        let named = self.named(value, names)?;
        if !self.loses {
            return Ok(named);
        }
        // Of losers `neither`, `both` or `C` may mean anything, and a sentence may be about the other one.
        let text = value.and_then(Value::as_str).unwrap_or_default().to_lowercase();
        let clear = match named {
            Call::Tie(TieKind::Tie) => {
                ["tie", "equal", "same", "draw", "no "].iter().any(|word| text.contains(word))
            }
            Call::Tie(_) | Call::Soft(_) => false,
            Call::A | Call::B => {
                let sentence = text.contains(' ') && (text.contains("better") || text.contains("worse"));
                !text.contains(['>', '<']) && !sentence
            }
            Call::Missing => true,
        };
        if clear {
            return Ok(named.flipped());
        }
        Err(RowError::new(
            Reason::UnknownWinner,
            "the value of a column that names the loser has several meanings",
        )
        .field(&self.field)
        .json(value.unwrap_or(&Value::Null))
        .remedy(format!(
            "say what it means, with A, B, tie or none for the question mark: {MAP} {}",
            shell(&format!("winner={}:{}=?", self.field, value.map(shown_short).unwrap_or_default()))
        )))
    }

    fn named(&self, value: Option<&Value>, names: Names<'_>) -> Result<Call, RowError> {
        let Some(value) = value else { return Ok(Call::Missing) };
        let value = match value {
            // A list of one answer, as forms and tools write it.
            Value::Array(items) if items.len() == 1 => items.first().unwrap_or(value),
            other => other,
        };
        if let Some((best, tied)) = ranked(value) {
            return if tied { Ok(Call::Tie(TieKind::Tie)) } else { self.named(Some(best), names) };
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
                    // What does not name both sides adds to the words that are understood without it.
                    code if !names_both(named) && (matches!(code, Code::Text(_)) || names_neither(named)) => {
                        self.worded(value, code, names).map_err(|_| self.unknown(value, named))
                    }
                    // Ties and the like appear as words among numbers in many files.
                    Code::Text(text) if named.iter().all(|(known, _)| matches!(known, Code::Number(_))) => {
                        match plain_words(text) {
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
            Code::Text(text) => match plain_words(text) {
                Some(call @ Call::Tie(_)) => return Ok(call),
                _ => return Err(self.out_of_range(value, scale)),
            },
        };
        let (low, high) = (scale.a.min(scale.b), scale.a.max(scale.b));
        if !(low..=high).contains(&number) {
            return Err(self.out_of_range(value, scale));
        }
        let p_a = (number - scale.b) / (scale.a - scale.b);
        if scale.of_chosen && p_a < 0.5 {
            return Err(RowError::new(
                Reason::UnknownWinner,
                "the record calls one response chosen, and this number says that the other one is more probable".to_owned(),
            )
            .field(&self.field)
            .json(value)
            .remedy(format!(
                "if the number is the verdict: {MAP} winner={}:1..0; if it is something else, call the column otherwise",
                self.field
            )));
        }
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
        .remedy(format!("correct the value, or say what it means: {MAP} winner={}:VALUE=A,...", self.field))
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
        let by_side = either(named(names.column_a), named(names.column_b)).or_else(|| plain_words(&text));
        match (by_name, by_side) {
            (Some(name), Some(side)) if name != side && matches!(side, Call::A | Call::B) => {
                Err(RowError::new(
                    Reason::UnknownWinner,
                    "as the name of a model the value means one response, as a side the other",
                )
                .field(&self.field)
                .json(value)
                .remedy(format!("say which: {MAP} winner={}:VALUE=A,VALUE=B", self.field)))
            }
            (Some(call), _) | (None, Some(call)) => Ok(call),
            (None, None) => {
                // A mapping names every value: with a bare C, the other letters too.
                let others = if given.eq_ignore_ascii_case("c") { "A=A,B=B," } else { "" };
                Err(RowError::new(
                    Reason::UnknownWinner,
                    "the value names neither of the two responses, nor a tie",
                )
                .field(&self.field)
                .json(value)
                .remedy(format!(
                    "say what it means, with A, B, tie or none for the question mark: {MAP} {} (several: VALUE=A,VALUE=B)",
                    shell(&format!("winner={}:{others}{}=?", self.field, shown_short(value)))
                )))
            }
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
            .remedy(format!(
                "correct the value, or say what all values mean: {MAP} winner={}:VALUE=A,VALUE=B,VALUE=tie",
                self.field
            ))
    }
}

/// Whether values are named for either side: they are then all that the column has.
fn names_both(named: &[(Code, Call)]) -> bool {
    let says = |side: fn(f64) -> bool| named.iter().any(|(_, call)| call.p_a().is_some_and(side));
    says(|p_a| p_a > 0.5) && says(|p_a| p_a < 0.5)
}

/// Whether no value is named for a side, but ties and the like.
fn names_neither(named: &[(Code, Call)]) -> bool {
    named.iter().all(|(_, call)| matches!(call, Call::Tie(_) | Call::Missing))
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

/// The values of a field, with what they were taken for.
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

    /// The only value that meant a call, if there was just one.
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
    fn names_of_models_win_and_contradictions_stop() {
        let calls = Calls { field: "winner".to_owned(), reading: Reading::Words, loses: false };
        let names = Names { model_a: Some("m-1"), model_b: Some("A"), ..Names::default() };
        assert_eq!(calls.call(Some(&json!("M-1")), names).ok(), Some(Call::A));
        assert!(calls.call(Some(&json!("A")), names).is_err());
        for value in [json!(0), json!("C")] {
            assert!(calls.call(Some(&value), Names::default()).is_err(), "{value}");
        }
    }

    #[test]
    fn a_value_that_is_explained_does_not_revoke_the_words_that_are_understood() {
        let tie = Call::Tie(TieKind::Tie);
        let odd = VerdictRule { tie: vec![json!("meh")], ..VerdictRule::default() };
        let calls = Calls::of(&odd, "winner".to_owned());
        for (value, call) in [("meh", tie), ("A", Call::A), ("model_b", Call::B), ("tie", tie)] {
            assert_eq!(calls.call(Some(&json!(value)), Names::default()).ok(), Some(call), "{value}");
        }
        assert!(calls.call(Some(&json!("blah")), Names::default()).is_err());
        // Where both sides are named, a word that is not is a mistake.
        let both = VerdictRule { a: vec![json!("x")], b: vec![json!("y")], ..odd };
        assert!(Calls::of(&both, "winner".to_owned()).call(Some(&json!("A")), Names::default()).is_err());
    }

    #[test]
    fn scales_and_declared_values() {
        let rule = VerdictRule {
            scale: Some(Scale { a: -3.0, b: 3.0, tie: true, of_chosen: false }),
            ..VerdictRule::default()
        };
        let calls = Calls::of(&rule, "p".to_owned());
        assert_eq!(calls.call(Some(&json!(-3)), Names::default()).ok(), Some(Call::A));
        assert_eq!(calls.call(Some(&json!("0")), Names::default()).ok(), Some(Call::Tie(TieKind::Tie)));
        assert_eq!(calls.call(Some(&json!(1)), Names::default()).ok(), Some(Call::Soft(1.0 / 3.0)));
        for value in [json!(4), json!("c")] {
            assert!(calls.call(Some(&value), Names::default()).is_err(), "{value}");
        }
        let rule = VerdictRule { a: vec![json!(1)], b: vec![json!("2")], ..VerdictRule::default() };
        let calls = Calls::of(&rule, "label".to_owned());
        assert_eq!(calls.call(Some(&json!("1.0")), Names::default()).ok(), Some(Call::A));
        assert_eq!(calls.call(Some(&json!("Tie")), Names::default()).ok(), Some(Call::Tie(TieKind::Tie)));
        for value in [json!(0), json!("C")] {
            assert!(calls.call(Some(&value), Names::default()).is_err(), "{value}");
        }
    }
}
