//! Whether a pair and a verdict fulfil an expression.

use std::borrow::Cow;

use super::expression::{Field, Filter, Is, Literal, Order, Sign, Value};

/// The value of a field for a pair: missing, a number, or texts of which any may be meant.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Found<'p> {
    Nothing,
    /// With its spelling, where it was written in the filter.
    Number(f64, Option<&'p str>),
    Texts(Texts<'p>),
    /// Ids and names, which are not numbers even if they look like some.
    Names(Texts<'p>),
}

/// One text or several.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Texts<'p> {
    One(Cow<'p, str>),
    Several(&'p [String]),
}

impl Texts<'_> {
    fn any(&self, mut is: impl FnMut(&str) -> bool) -> bool {
        match self {
            Self::One(text) => is(text),
            Self::Several(texts) => texts.iter().any(|text| is(text)),
        }
    }

    /// The only one.
    fn only(&self) -> Option<&str> {
        match self {
            Self::One(text) => Some(text),
            Self::Several([text]) => Some(text),
            Self::Several(_) => None,
        }
    }
}

impl<'p> Found<'p> {
    pub(crate) fn number(number: Option<f64>) -> Self {
        number.map_or(Self::Nothing, |number| Self::Number(number, None))
    }

    pub(crate) fn name(name: Option<&'p str>) -> Self {
        name.map_or(Self::Nothing, |name| Self::Names(Texts::One(Cow::Borrowed(name))))
    }

    pub(crate) fn texts(texts: &'p [String]) -> Self {
        if texts.is_empty() { Self::Nothing } else { Self::Texts(Texts::Several(texts)) }
    }

    pub(crate) fn names(texts: &'p [String]) -> Self {
        if texts.is_empty() { Self::Nothing } else { Self::Names(Texts::Several(texts)) }
    }
}

/// What is known of a pair, and of a verdict on it.
pub(crate) trait Known {
    /// The value of a field.
    fn found(&self, field: &Field) -> Found<'_>;
}

impl Filter {
    /// Whether a pair belongs to the slice, and where a verdict is at hand, whether that one does.
    #[cfg(test)]
    pub(crate) fn takes(&self, known: &impl Known) -> bool {
        self.0.holds(known)
    }
}

impl Is {
    pub(crate) fn holds<K: Known>(&self, known: &K) -> bool {
        match self {
            Self::And(all) => all.iter().all(|one| one.holds(known)),
            Self::Or(all) => all.iter().any(|one| one.holds(known)),
            Self::Not(one) => !one.holds(known),
            Self::Compare(a, order, b) => compare(&a.of(known), *order, &b.of(known)),
            Self::In(value, list, is) => {
                let found = value.of(known);
                found != Found::Nothing
                    && list.iter().any(|item| compare(&found, Order::Equal, &item.found())) == *is
            }
            Self::Matches(value, pattern, is) => match value.of(known) {
                Found::Nothing => false,
                Found::Number(number, _) => pattern.regex.is_match(&number.to_string()) == *is,
                Found::Texts(texts) | Found::Names(texts) => {
                    texts.any(|text| pattern.regex.is_match(text)) == *is
                }
            },
        }
    }
}

/// A missing value compares as false. A number and a text compare as numbers if the text is one; a name and a number are equal if their
/// spelling is.
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
                texts.any(|text| with_number(text, name, *spelt, |b| numbers(*n, order, b)))
            }
            (Found::Texts(texts) | Found::Names(texts), Found::Number(n, spelt)) => {
                let name = matches!(a, Found::Names(_)) && order == Order::Equal;
                texts.any(|text| with_number(text, name, *spelt, |a| numbers(a, order, *n)))
            }
            (Found::Texts(a) | Found::Names(a), Found::Texts(b) | Found::Names(b)) => {
                a.any(|a| b.any(|b| sorted(a.cmp(b), order)))
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
            Self::Text(text) => Found::Texts(Texts::One(Cow::Borrowed(text))),
        }
    }
}

impl Value {
    fn of<'p, K: Known>(&'p self, known: &'p K) -> Found<'p> {
        match self {
            Self::Literal(literal) => literal.found(),
            Self::Field(field) => known.found(field),
            Self::Negative(value) => match value.number(known) {
                Some(number) => Found::Number(-number, None),
                None => Found::Nothing,
            },
            Self::Sum(a, sign, b) => {
                let (Some(a), Some(b)) = (a.number(known), b.number(known)) else {
                    return Found::Nothing;
                };
                let number = match sign {
                    Sign::Plus => a + b,
                    Sign::Minus => a - b,
                    Sign::Times => a * b,
                    Sign::Over => a / b,
                };
                // Division by zero has no value.
                if number.is_finite() { Found::Number(number, None) } else { Found::Nothing }
            }
        }
    }

    fn number<K: Known>(&self, known: &K) -> Option<f64> {
        match self.of(known) {
            Found::Number(number, _) => Some(number),
            Found::Texts(texts) => texts.only()?.trim().parse().ok(),
            _ => None,
        }
    }
}
