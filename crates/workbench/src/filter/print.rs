//! How an expression is written, so that it is read as it was.

use std::fmt::{Display, Formatter, Result, Write};

use super::escapes::literal;
use super::expression::{Field, Filter, Is, Literal, Order, Part, Side, Sign, Value};

impl Display for Filter {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        self.0.write(out, false)
    }
}

impl Is {
    /// `within`: a part of another condition, so that several are put in parentheses.
    fn write(&self, out: &mut Formatter<'_>, within: bool) -> Result {
        match self {
            Self::And(all) => joined(all, "and", within, out),
            Self::Or(all) => joined(all, "or", within, out),
            Self::Not(one) => {
                out.write_str("not ")?;
                out.write_char('(')?;
                one.write(out, false)?;
                out.write_char(')')
            }
            Self::Compare(a, order, b) => {
                let sign = match order {
                    Order::Equal => "=",
                    Order::Unequal => "!=",
                    Order::Less => "<",
                    Order::AtMost => "<=",
                    Order::More => ">",
                    Order::AtLeast => ">=",
                };
                write!(out, "{a} {sign} {b}")
            }
            Self::In(value, list, is) => {
                write!(out, "{value} {}in (", if *is { "" } else { "not " })?;
                for (at, item) in list.iter().enumerate() {
                    if at > 0 {
                        out.write_str(", ")?;
                    }
                    write!(out, "{item}")?;
                }
                out.write_char(')')
            }
            Self::Matches(value, pattern, is) => {
                let case = if pattern.any_case { "i" } else { "" };
                write!(
                    out,
                    "{value} {} /{}/{case}",
                    if *is { "~" } else { "!~" },
                    pattern.text.replace('/', "\\/")
                )
            }
        }
    }
}

fn joined(all: &[Is], word: &str, within: bool, out: &mut Formatter<'_>) -> Result {
    if within {
        out.write_char('(')?;
    }
    for (at, one) in all.iter().enumerate() {
        if at > 0 {
            write!(out, " {word} ")?;
        }
        one.write(out, true)?;
    }
    if within { out.write_char(')') } else { Ok(()) }
}

impl Display for Value {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Literal(literal) => write!(out, "{literal}"),
            Self::Field(field) => write!(out, "{field}"),
            Self::Negative(value) => write!(out, "-({value})"),
            Self::Sum(a, sign, b) => {
                let sign = match sign {
                    Sign::Plus => '+',
                    Sign::Minus => '-',
                    Sign::Times => '*',
                    Sign::Over => '/',
                };
                write!(out, "({a} {sign} {b})")
            }
        }
    }
}

impl Display for Literal {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Number(_, spelt) => out.write_str(spelt),
            Self::Text(text) => name(text, out),
        }
    }
}

impl Display for Field {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        match self {
            Self::Id => out.write_str("id"),
            Self::Scenario => out.write_str("scenario"),
            Self::Language => out.write_str("language"),
            Self::Source => out.write_str("source"),
            Self::Order => out.write_str("order"),
            Self::Turn => out.write_str("turn"),
            Self::Model(side) => write!(out, "model({})", side.as_str()),
            Self::Words(side) => write!(out, "words({})", side.as_str()),
            Self::Rating(id, side) => {
                out.write_str("rating(")?;
                name(id, out)?;
                if let Some(side) = side {
                    write!(out, ", {}", side.as_str())?;
                }
                out.write_char(')')
            }
            Self::Judge(judge) => {
                out.write_str("judge(")?;
                name(judge, out)?;
                out.write_char(')')
            }
            Self::Cost(None) => out.write_str("cost"),
            Self::Draw => out.write_str("draw()"),
            Self::Cost(Some(judge)) => {
                out.write_str("cost(")?;
                name(judge, out)?;
                out.write_char(')')
            }
            Self::Text(part) => out.write_str(match part {
                Part::Prompt => "text(prompt)",
                Part::A => "text(a)",
                Part::B => "text(b)",
            }),
            Self::Meta(key) => {
                out.write_str("meta.")?;
                name(key, out)
            }
        }
    }
}

impl Side {
    fn as_str(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
        }
    }
}

/// A name in quotation marks: whatever it is, it is read as one.
fn name(text: &str, out: &mut Formatter<'_>) -> Result {
    out.write_str(&literal(text))
}
