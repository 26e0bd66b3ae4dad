//! Whether a pair and a verdict fulfil an expression.

use std::borrow::Cow;
use std::collections::HashMap;

use predilect_types::Pair;
use serde_json::Value as Json;

use super::{Field, Filter, Is, Literal, Order, Part, Side, Sign, Value};
use crate::facts::Fact;

/// What a field is for a pair: nothing, a number, or texts of which any may be meant.
#[derive(Debug, Clone, PartialEq)]
enum Found<'p> {
    Nothing,
    /// With its spelling, where it was written in the filter.
    Number(f64, Option<&'p str>),
    Texts(Vec<Cow<'p, str>>),
    /// Ids and names, which are no numbers even where they look like some.
    Names(Vec<Cow<'p, str>>),
}

/// What is known of a pair.
pub(crate) struct Known<'p> {
    pub(crate) pair: &'p Pair,
    pub(crate) fact: &'p Fact<'p>,
    /// The order of presentation, where it is asked of a verdict.
    pub(crate) order: Option<&'p str>,
}

/// A rating of A, one of B, and how they compare.
pub(crate) type Rated = (Option<f64>, Option<f64>, Option<f64>);

/// Reads what a pair alone does not say.
pub(crate) struct Reader<'r> {
    /// The verdicts of judges that the filter names, by pair.
    pub(crate) verdicts: &'r HashMap<String, HashMap<String, f64>>,
    /// The ratings of a property.
    pub(crate) rating: &'r dyn Fn(&Known<'_>, &str) -> Rated,
}

impl Filter {
    /// Whether a pair belongs to the slice, and where a verdict is at hand, whether that one does.
    pub(crate) fn takes(&self, known: &Known<'_>, reader: &Reader<'_>) -> bool {
        self.0.holds(known, reader)
    }
}

impl Is {
    fn holds(&self, known: &Known<'_>, reader: &Reader<'_>) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.holds(known, reader)),
            Self::Or(all) => all.iter().any(|one| one.holds(known, reader)),
            Self::Not(one) => !one.holds(known, reader),
            Self::Compare(a, order, b) => compare(&a.of(known, reader), *order, &b.of(known, reader)),
            Self::In(value, list, is) => {
                let found = value.of(known, reader);
                found != Found::Nothing
                    && list.iter().any(|item| compare(&found, Order::Equal, &item.found())) == *is
            }
            Self::Matches(value, pattern, is) => match value.of(known, reader) {
                Found::Nothing => false,
                Found::Number(number, _) => pattern.regex.is_match(&number.to_string()) == *is,
                Found::Texts(texts) | Found::Names(texts) => {
                    texts.iter().any(|text| pattern.regex.is_match(text)) == *is
                }
            },
        }
    }
}

/// What is missing compares with nothing. A number and a text compare as numbers where the text is one; a name and a number by their
/// spelling where they are asked to be equal.
fn compare(a: &Found<'_>, order: Order, b: &Found<'_>) -> bool {
    if *a == Found::Nothing || *b == Found::Nothing {
        return false;
    }
    match order {
        Order::Unequal => {
            let defined = |found: &Found<'_>| !matches!(found, Found::Number(n, _) if n.is_nan());
            defined(a) && defined(b) && !compare(a, Order::Equal, b)
        }
        order => match (a, b) {
            (Found::Number(a, _), Found::Number(b, _)) => numbers(*a, order, *b),
            (Found::Number(n, spelt), Found::Texts(texts) | Found::Names(texts)) => {
                let name = matches!(b, Found::Names(_)) && order == Order::Equal;
                texts.iter().any(|text| with_number(text, name, *spelt, |b| numbers(*n, order, b)))
            }
            (Found::Texts(texts) | Found::Names(texts), Found::Number(n, spelt)) => {
                let name = matches!(a, Found::Names(_)) && order == Order::Equal;
                texts.iter().any(|text| with_number(text, name, *spelt, |a| numbers(a, order, *n)))
            }
            (Found::Texts(a) | Found::Names(a), Found::Texts(b) | Found::Names(b)) => {
                a.iter().any(|a| b.iter().any(|b| sorted(a.cmp(b), order)))
            }
            (Found::Nothing, _) | (_, Found::Nothing) => false,
        },
    }
}

/// Whether a text fulfils a comparison with a number that was written as `spelt`; a name does only if it is written alike.
fn with_number(text: &str, name: bool, spelt: Option<&str>, holds: impl Fn(f64) -> bool) -> bool {
    match spelt.filter(|_| name) {
        Some(spelt) => text == spelt,
        None => text.trim().parse().is_ok_and(holds),
    }
}

fn sorted(found: std::cmp::Ordering, order: Order) -> bool {
    match order {
        Order::Equal => found.is_eq(),
        Order::Unequal => found.is_ne(),
        Order::Less => found.is_lt(),
        Order::AtMost => found.is_le(),
        Order::More => found.is_gt(),
        Order::AtLeast => found.is_ge(),
    }
}

fn numbers(a: f64, order: Order, b: f64) -> bool {
    match order {
        Order::Equal => a == b,
        Order::Unequal => a != b && !a.is_nan() && !b.is_nan(),
        Order::Less => a < b,
        Order::AtMost => a <= b,
        Order::More => a > b,
        Order::AtLeast => a >= b,
    }
}

impl Literal {
    fn found(&self) -> Found<'_> {
        match self {
            Self::Number(number, spelt) => Found::Number(*number, Some(spelt)),
            Self::Text(text) => Found::Texts(vec![Cow::Borrowed(text)]),
        }
    }
}

impl Value {
    fn of<'p>(&'p self, known: &Known<'p>, reader: &Reader<'_>) -> Found<'p> {
        match self {
            Self::Literal(literal) => literal.found(),
            Self::Field(field) => field.of(known, reader),
            Self::Negative(value) => match value.number(known, reader) {
                Some(number) => Found::Number(-number, None),
                None => Found::Nothing,
            },
            Self::Sum(a, sign, b) => {
                let (Some(a), Some(b)) = (a.number(known, reader), b.number(known, reader)) else {
                    return Found::Nothing;
                };
                let number = match sign {
                    Sign::Plus => a + b,
                    Sign::Minus => a - b,
                    Sign::Times => a * b,
                    Sign::Over => a / b,
                };
                Found::Number(number, None)
            }
        }
    }

    fn number(&self, known: &Known<'_>, reader: &Reader<'_>) -> Option<f64> {
        match self.of(known, reader) {
            Found::Number(number, _) => Some(number),
            Found::Texts(texts) if texts.len() == 1 => texts[0].trim().parse().ok(),
            _ => None,
        }
    }
}

impl Field {
    fn of<'p>(&self, known: &Known<'p>, reader: &Reader<'_>) -> Found<'p> {
        let text = |text: Option<&'p str>| match text {
            Some(text) => Found::Names(vec![Cow::Borrowed(text)]),
            None => Found::Nothing,
        };
        let number = |number: Option<f64>| number.map_or(Found::Nothing, |n| Found::Number(n, None));
        let pair = known.pair;
        match self {
            Self::Id => text(Some(&pair.id)),
            Self::Scenario => match texts(pair.fields("scenario")) {
                Found::Texts(names) => Found::Names(names),
                other => other,
            },
            Self::Language => text(known.fact.language),
            Self::Source => text(Some(&pair.provenance.source)),
            Self::Order => text(known.order),
            Self::Model(side) => text(match side {
                Side::A => pair.response_a.model.as_deref(),
                Side::B => pair.response_b.model.as_deref(),
            }),
            Self::Words(side) => {
                let (a, b, _) = (reader.rating)(known, "length");
                number(if *side == Side::A { a } else { b })
            }
            Self::Rating(id, side) => {
                let (a, b, compared) = (reader.rating)(known, id);
                number(match side {
                    Some(Side::A) => a,
                    Some(Side::B) => b,
                    None => compared,
                })
            }
            Self::Judge(judge) => {
                number(reader.verdicts.get(judge).and_then(|verdicts| verdicts.get(&pair.id)).copied())
            }
            Self::Text(part) => Found::Texts(vec![match part {
                Part::Prompt => pair.prompt_text(),
                Part::A => pair.response_a.text(),
                Part::B => pair.response_b.text(),
            }]),
            Self::Meta(key) => match pair.metadata.get(key) {
                Some(Json::Number(value)) => number(value.as_f64()),
                _ => texts(pair.fields(key)),
            },
        }
    }
}

fn texts<'p>(all: Vec<String>) -> Found<'p> {
    if all.is_empty() { Found::Nothing } else { Found::Texts(all.into_iter().map(Cow::Owned).collect()) }
}
