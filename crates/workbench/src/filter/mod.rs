//! Which pairs and verdicts belong to a slice: an expression over the fields of a pair.
//!
//! `scenario in (code, math) and words(a) > 2 * words(b) and judge(human) != judge("gpt-4.1-mini") and text(a) ~ /sure/i`
//!
//! | field | value |
//! |---|---|
//! | `scenario`, `language`, `source`, `id` | text; a scenario may be a list |
//! | `model(a)`, `model(b)` | text |
//! | `words(a)`, `words(b)` | words of a response |
//! | `rating(PROPERTY)` | how A compares with B: above 0 where A has more of it |
//! | `rating(PROPERTY, a)`, `rating(PROPERTY, b)` | the rating of a response |
//! | `judge(NAME)` | that judge's verdict on the pair: 1 for A, 0 for B, between for ties and soft ones; the mean of several |
//! | `cost`, `cost(NAME)` | US dollars that the verdicts on the pair cost, by all judges or by that one; no value where no price is known |
//! | `order` | the order of presentation of a verdict: `ab`, `ba`, `both`, `unknown` |
//! | `turn` | which of the user's turns the responses answer: 1, 2, ... |
//! | `text(prompt)`, `text(a)`, `text(b)` | the texts |
//! | `meta.KEY` | a field of the data |
//!
//! Operators: `=`, `!=`, `<`, `<=`, `>`, `>=`, `in (...)`, `not in (...)`, `~ /REGEX/`, `!~ /REGEX/` (`i` after it: ignoring case), `+`,
//! `-`, `*`, `/`, `and`, `or`, `not`, parentheses. Names that are not plain words are put in quotation marks, in which `\n` is a line break,
//! `\t` a tab, `\\` a backslash and `\"` a quotation mark; any other backslash is refused. A comparison with a missing value is never true,
//! whatever the operator: `meta.year > 2020` and `meta.year <= 2020` both leave out pairs without a year.

mod error;
mod escapes;
mod eval;
mod expression;
mod misspelt;
mod parse;
mod print;
#[cfg(test)]
mod tests;

use std::str::FromStr;

pub use error::FilterError;
pub use escapes::literal;
pub(crate) use escapes::{ESCAPES, escaped, unknown};
pub(crate) use eval::{Found, Known, Texts};
pub use expression::Filter;
pub(crate) use expression::{Field, Is, Literal, Part, Side};

impl FromStr for Filter {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(Self)
    }
}

impl TryFrom<String> for Filter {
    type Error = FilterError;

    fn try_from(text: String) -> Result<Self, FilterError> {
        text.parse()
    }
}

impl From<Filter> for String {
    fn from(filter: Filter) -> Self {
        filter.to_string()
    }
}
