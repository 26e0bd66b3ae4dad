//! Does a column say in which order the responses were shown, and what does it say of a record?

use super::super::calls::Names;
use super::super::path::Column;
use super::super::roles;
use super::super::sample::Sample;
use super::super::spelling::{normal, tokens};
use super::super::words::plain_words;
use super::values::{flag, number_of};
use crate::call::Call;
use serde_json::Value;

/// Words for sides that were exchanged.
const EXCHANGED: &[&str] = &[
    "swapped",
    "swap",
    "flipped",
    "flip",
    "reversed",
    "reverse",
    "inverted",
    "switched",
    "exchanged",
    "shuffled",
    "shuffle",
    "permuted",
    "mirrored",
    "switch",
    "inverse",
    "rotated",
];
/// Words for an order, whatever it is an order of.
const ORDER: &[&str] =
    &["order", "positions", "presentation", "permutation", "perm", "rotation", "ordering", "seq"];
/// Words for how the two were put into an order: alone they do not say that a truth value means the other order.
const ASSIGNED: &[&str] =
    &["assignment", "assigned", "mapping", "map", "randomized", "randomised", "randomization", "sequence"];
/// Words for a place at which a response is shown.
const PLACE: &[&str] = &[
    "position",
    "slot",
    "place",
    "placed",
    "shown",
    "displayed",
    "display",
    "presented",
    "blind",
    "blinded",
];
/// Places themselves, where a letter names a column.
const IS_PLACE: &[&str] = &["first", "second", "left", "right", "st", "nd"];
/// Words that may accompany all of these.
const WITH: &[&str] = &[
    "is",
    "was",
    "as",
    "at",
    "in",
    "order",
    "position",
    "positions",
    "sides",
    "side",
    "responses",
    "answers",
    "ab",
    "display",
    "presentation",
    "model",
    "models",
    "response",
    "answer",
    "output",
    "outputs",
    "completion",
    "system",
    "assistant",
    "generator",
    "pair",
    "presented",
    "shown",
    "displayed",
    "name",
    "id",
    "meta",
    "metadata",
    "info",
    "extra",
    "st",
    "nd",
    "a",
    "b",
    "flag",
];

/// A column that says of a record which response was shown first.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) column: Column,
    /// The name that says it: of a field within an object that of the field, unless the whole says more.
    name: String,
    /// Whether its numbers count from 0.
    from_0: bool,
    /// Whether its values are the numbers of two orders.
    of_two: bool,
}

/// The name of a field within its object.
fn own_name(column: &Column) -> String {
    let whole = column.shown();
    match whole.rsplit_once('.').filter(|_| column.is_within()) {
        Some((_, own)) => own.to_owned(),
        None => whole,
    }
}

impl Shown {
    pub(crate) fn new(column: Column, sample: &Sample) -> Self {
        let zero = |value: &Value| number_of(value) == Some(0.0);
        let values = || sample.rows.iter().filter_map(|row| column.get(row));
        let from_0 = values().any(zero);
        let (first, second) = if from_0 { (0.0, 1.0) } else { (1.0, 2.0) };
        let has = |wanted: f64| values().any(|value| number_of(value) == Some(wanted));
        let either =
            |value: &Value| number_of(value).is_some_and(|number| number == first || number == second);
        let of_two = has(first) && has(second) && values().all(either);
        let whole = column.shown();
        let words = tokens(&whole);
        let says = first_of(&words).is_some() || sided(&words).is_some() || is_game(&words);
        let name = if says { whole } else { own_name(&column) };
        Self { column, name, from_0, of_two }
    }

    /// Whether a value says that the responses were shown the other way round.
    pub(crate) fn turned(&self, value: &Value, names: Names<'_>) -> Option<bool> {
        let words = tokens(&self.name);
        if let Some(own) = first_of(&words) {
            return flag(value).map(|first| first != own);
        }
        if let Some(own) = sided(&words) {
            return said(value, names, self.from_0).map(|side| side.is_not(own));
        }
        if self.of_two && is_game(&words) {
            return number_of(value).map(|number| number == if self.from_0 { 1.0 } else { 2.0 });
        }
        turned(value).or_else(|| assigned(value, names))
    }

    /// Whether what its values say depends on the record: they name models, or sides.
    pub(crate) fn by_name(&self, sample: &Sample) -> bool {
        let words = tokens(&self.name);
        let plain = |value: &Value| turned(value).is_some();
        first_of(&words).is_some()
            || sided(&words).is_some()
            || !sample.rows.iter().filter_map(|row| self.column.get(row)).all(plain)
    }

    /// Whether the name of the column and all its values say an order: each value with the names of its record.
    pub(crate) fn says(&self, values: &[(&Value, Names<'_>)]) -> bool {
        let words = tokens(&self.name);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let all = |fits: &dyn Fn(&Value, Names<'_>) -> bool| {
            !values.is_empty() && values.iter().all(|(value, names)| fits(value, *names))
        };
        if first_of(&words).is_some() {
            return all(&|value, _| flag(value).is_some());
        }
        if sided(&words).is_some() {
            // A number is a position only where the name says so. What a word names is a response, by its model, its column or its side: where
            // verdicts are letters, it is not known whether they follow it.
            let placed = has(PLACE) && !words.iter().any(|word| IS_PLACE.contains(&word.as_str()));
            return all(&|value, names| {
                said(value, names, self.from_0).is_some() && (value.is_string() || placed || has(ASSIGNED))
            });
        }
        if is_game(&words) && (self.of_two || words.iter().any(|word| word == "game")) {
            return self.of_two;
        }
        let text = |wanted: &str| {
            let is =
                |value: &Value| value.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case(wanted));
            values.iter().any(|(value, _)| is(value))
        };
        // The number of an order, where it can only be one of two.
        let counted = words.iter().all(|word| ORDER.contains(&word.as_str()));
        let written =
            |value: &Value, names: Names<'_>| order(value).is_some() || assigned(value, names).is_some();
        let models = |value: &Value, names: Names<'_>| {
            let named = |fields: &serde_json::Map<String, Value>| {
                fields.iter().all(|(key, value)| {
                    [key.as_str().into(), value.clone()].iter().any(|name| of_model(name, names).is_some())
                })
            };
            value.as_object().is_some_and(named) && assigned(value, names).is_some()
        };
        says_exchanged(&self.name)
            || (has(ORDER)
                && all(&|value, names| written(value, names) || (counted && flag(value).is_some())))
            || (has(ASSIGNED) && all(&written))
            || (has(PLACE) && all(&|value, names| value.is_object() && written(value, names)))
            || (text("ab") && text("ba") && all(&|value, _| order(value).is_some()))
            || all(&models)
    }
}

/// Whether a column may say an order, by its name and its first value.
pub(super) fn may_say(column: &Column, first: Option<&Value>) -> bool {
    let words = tokens(&column.shown());
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let named = || {
        [EXCHANGED, ORDER, ASSIGNED, PLACE].iter().any(|list| has(list))
            || first_of(&words).is_some()
            || sided(&words).is_some()
            || is_game(&words)
    };
    first.is_some_and(|value| value.is_object() || order(value).is_some() || named())
}

/// Whether a field of one of a record's votes says that the responses were shown the other way round.
pub(crate) fn vote_turned(name: &str, value: &Value, names: Names<'_>) -> Option<bool> {
    // Verdicts by the name of the order in which they were given.
    if let Some(order) = value.as_str().filter(|_| name == "key") {
        return says_exchanged(order).then_some(true);
    }
    let words = tokens(name);
    if says_exchanged(name) || words.iter().all(|word| ORDER.contains(&word.as_str())) {
        return turned(value);
    }
    if let Some(own) = first_of(&words) {
        return flag(value).map(|first| first != own);
    }
    let placed = words.iter().any(|word| [PLACE, IS_PLACE].iter().any(|list| list.contains(&word.as_str())));
    let own = sided(&words).filter(|_| placed && value.is_string())?;
    said(value, names, false).map(|side| side.is_not(own))
}

/// Whether a column is named for sides that were exchanged.
pub(crate) fn says_exchanged(column: &str) -> bool {
    let words = tokens(column);
    let known = |word: &String| EXCHANGED.contains(&word.as_str()) || WITH.contains(&word.as_str());
    words.iter().any(|word| EXCHANGED.contains(&word.as_str())) && words.iter().all(known)
}

/// Whether the responses were shown the other way round: a truth value, or the order itself.
pub(crate) fn turned(value: &Value) -> Option<bool> {
    flag(value).or_else(|| order(value))
}

/// The side of a word, if it is one: whether it is the first.
fn side(word: &str) -> Option<bool> {
    let of = |(first, second): &(&str, &str)| match word {
        _ if word == *first => Some(true),
        _ if word == *second => Some(false),
        _ => None,
    };
    roles::SIDES.iter().find_map(of)
}

/// The side of which a name says whether it was shown first: `model_a_first`, `is_b_first`.
fn first_of(words: &[String]) -> Option<bool> {
    let first = words.iter().filter(|word| *word == "first").count() == 1;
    let mut sides = words.iter().filter(|word| *word != "first").filter_map(|word| side(word));
    let known = |word: &String| word == "first" || side(word).is_some() || WITH.contains(&word.as_str());
    let own = sides.next().filter(|_| sides.next().is_none())?;
    (first && words.iter().all(known)).then_some(own)
}

/// The one side in a name of which the rest is about what was shown there: `first_model`, `A_model`, `position_a`.
fn sided(words: &[String]) -> Option<bool> {
    let mut sides = words.iter().filter_map(|word| side(word));
    let own = sides.next().filter(|_| sides.next().is_none())?;
    let lists = [WITH, PLACE, ASSIGNED];
    let known =
        |word: &String| side(word).is_some() || lists.iter().any(|list| list.contains(&word.as_str()));
    words.iter().all(known).then_some(own)
}

/// Whether a name is that of the game of two in which the responses were shown one way and the other, or of the number of an order.
fn is_game(words: &[String]) -> bool {
    const COUNTED: &[&str] =
        &["game", "order", "presentation", "permutation", "perm", "ordering", "rotation"];
    const BESIDE: &[&str] = &[
        "number", "no", "num", "index", "id", "flag", "code", "type", "display", "shown", "response",
        "answer",
    ];
    let is = |list: &[&str], word: &String| list.contains(&word.as_str());
    let flagged = words.iter().any(|word| word == "flag") && words.iter().any(|word| word == "position");
    (flagged || words.iter().any(|word| is(COUNTED, word)))
        && words.iter().all(|word| is(COUNTED, word) || is(BESIDE, word) || (flagged && word == "position"))
}

/// Which of the two is meant.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    A,
    B,
    /// One model against itself: its name may be either.
    Either,
}

impl Side {
    fn of(a: bool, b: bool) -> Option<Self> {
        match (a, b) {
            (true, true) => Some(Self::Either),
            (true, false) => Some(Self::A),
            (false, true) => Some(Self::B),
            (false, false) => None,
        }
    }

    /// Whether it is the other one than this side (A where `true`).
    fn is_not(self, own: bool) -> bool {
        self == if own { Self::B } else { Self::A }
    }
}

/// Which of the two models a value names.
fn of_model(value: &Value, names: Names<'_>) -> Option<Side> {
    let text = value.as_str().map(str::trim)?;
    let is = |name: Option<&str>| name.is_some_and(|name| !name.is_empty() && normal(name) == normal(text));
    Side::of(is(names.model_a), is(names.model_b))
}

/// Which of the two a value names, by model, number, column or side.
fn said(value: &Value, names: Names<'_>, from_0: bool) -> Option<Side> {
    if let Some(model) = of_model(value, names) {
        return Some(model);
    }
    if let Some(number) = number_of(value) {
        let (first, second) = if from_0 { (0.0, 1.0) } else { (1.0, 2.0) };
        return Side::of(number == first, number == second);
    }
    let text = value.as_str()?;
    let is = |name: &str| !name.is_empty() && normal(name) == normal(text);
    if let Some(side @ (Side::A | Side::B)) = Side::of(is(names.column_a), is(names.column_b)) {
        return Some(side);
    }
    match plain_words(text)? {
        Call::A => Some(Side::A),
        Call::B => Some(Side::B),
        _ => None,
    }
}

/// What is at each of two sides, `{"A": "m2", "B": "m1"}` or the same as text: whether it is the other one.
fn assigned(value: &Value, names: Names<'_>) -> Option<bool> {
    let place = |at: usize| ["a", "b"].get(at).copied().unwrap_or_default().to_owned();
    let entries: Vec<(String, Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(key, value)| (key.clone(), value.clone())).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(at, item)| (place(at), item.clone())).collect(),
        Value::String(text) => {
            let plain: String = text.chars().filter(|c| !"{}[]\"'".contains(*c)).collect();
            let entry = |(at, part): (usize, &str)| match part.split_once(['=', ':']) {
                Some((key, value)) => (key.trim().to_owned(), Value::from(value.trim())),
                None => (place(at), Value::from(part.trim())),
            };
            plain.split([',', ';', '|']).enumerate().map(entry).collect()
        }
        _ => return None,
    };
    let turned = |(key, value): &(String, Value)| {
        let at = said(value, names, false)?;
        match sided(&tokens(key)) {
            Some(own) => Some(at.is_not(own)),
            // `{"m1": "B", "m2": "A"}`.
            None => Some(match of_model(&Value::from(key.as_str()), names)? {
                Side::A => at == Side::B,
                Side::B => at == Side::A,
                Side::Either => false,
            }),
        }
    };
    let [x, y] = entries.as_slice() else { return None };
    let (x, y) = (turned(x)?, turned(y)?);
    (x == y).then_some(x)
}

/// An order of two, `AB` or `BA`, `["b", "a"]`, `response_b,response_a`: whether it is the other one.
fn order(value: &Value) -> Option<bool> {
    let text = match value {
        Value::String(text) => text.trim().to_lowercase(),
        Value::Array(items) if items.len() == 2 => {
            let of = |item: &Value| {
                item.as_str().map(str::to_lowercase).or_else(|| item.as_u64().map(|n| n.to_string()))
            };
            items.iter().map(of).collect::<Option<Vec<_>>>()?.join(",")
        }
        _ => return None,
    };
    match text.as_str() {
        "ab" | "original" | "normal" | "straight" => return Some(false),
        "ba" | "reversed" | "reverse" | "swapped" | "flipped" => return Some(true),
        _ => {}
    }
    let parts: Vec<&str> =
        text.split([',', ';', '-', '>', '|']).map(str::trim).filter(|part| !part.is_empty()).collect();
    let [first, second] = parts.as_slice() else { return None };
    let (x, y) = (tokens(first), tokens(second));
    let mut differing = x.iter().zip(&y).filter(|(x, y)| x != y);
    let (x, y) = (x.len() == y.len()).then(|| differing.next()).flatten()?;
    if differing.next().is_some() {
        return None;
    }
    let is = |a: &str, b: &str| roles::SIDES.iter().any(|(first, second)| *first == a && *second == b);
    match (is(x, y), is(y, x)) {
        (true, false) => Some(false),
        (false, true) => Some(true),
        _ => None,
    }
}
