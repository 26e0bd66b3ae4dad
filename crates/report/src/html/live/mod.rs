//! The pieces of a page that answers while somebody looks: the sections and charts of the report, asked one by one.

mod frame;
mod label;
mod pairs;
mod rewarded;
mod spread;

use maud::Markup;
use predilect_results::{Comparison, Dissection, Explanation, Standings};

use super::charts;
use super::sections;
use crate::view::View;

pub use frame::{Frame, Link, STYLE, document, icon};
pub use label::{Choice, alike, judging};
pub use pairs::{Side, Words, listed, reading};
pub use rewarded::{Order, found, intensities, versus};
pub use spread::spread;

/// Likeness, agreement and habits of judges, and their biases.
pub fn judges(c: &Comparison) -> Markup {
    maud::html! { @for section in sections::compared(c) { (section.render()) } }
}

/// The models, as verdicts have them and with properties held equal.
pub fn board(standings: &Standings) -> Markup {
    sections::board(standings)
}

/// What the data look like and how they were read.
pub fn data(d: &Dissection) -> Markup {
    let view = View::new(d);
    maud::html! { @for section in sections::of_the_data(&view) { (section.render()) } }
}

/// What moved one verdict.
pub fn waterfall(e: &Explanation) -> Markup {
    charts::waterfall(e)
}

/// A verdict in words: A, B or tie, and how soft it is.
pub fn verdict(p_a: f64) -> String {
    let side = if p_a > 0.5 {
        "A"
    } else if p_a < 0.5 {
        "B"
    } else {
        "tie"
    };
    let soft = p_a > 0.0 && p_a < 1.0 && p_a != 0.5;
    if soft { format!("{side} ({})", crate::format::decimal(p_a, 2)) } else { side.to_owned() }
}

/// A property's name in a table.
pub fn label(id: &str) -> String {
    crate::text::line(predilect_types::property(id).map_or(id, |property| property.label))
}
