//! The pieces of an interactive page: the sections and charts of the report, requested one by one.

mod frame;
mod label;
mod long;
mod pairs;
mod rewarded;
mod sent;
mod spread;

use maud::Markup;
use predilect_results::steering::SteerJson;
use predilect_results::verifying::VerifyJson;
use predilect_results::{Comparison, Dissection, Explanation, Standings};

use super::charts;
use super::page::{findings, remarked, watch_out};
use super::parts::Section;
use super::sections;
use crate::view::View;

pub use self::label::{Choice, alike, judging};
pub use super::published::published;
pub use crate::published::{PublishedOrder, scenario_words};
pub use crate::words::label;
pub use frame::{Frame, Link, STYLE, TABLES, document, icon};
pub use pairs::{Side, Words, listed, reading, verdict};
pub use rewarded::{Order, found, intensities, versus};
pub use sent::{first_pairs, read};
pub use spread::spread;

/// Similarity, agreement and habits of judges, and their biases.
pub fn judges(c: &Comparison) -> Markup {
    maud::html! { (findings(&c.findings)) @for section in sections::compared(c) { (section.render()) } }
}

/// The models, raw and with properties held equal.
pub fn board(standings: &Standings) -> Markup {
    maud::html! { (findings(&standings.findings)) (sections::board(standings)) }
}

/// What the data look like and how they were read.
pub fn data(d: &Dissection) -> Markup {
    let view = View::new(d);
    maud::html! { @for section in sections::of_the_data(&view) { (section.render()) } }
}

/// How far an evaluation was moved.
pub fn moved(found: &SteerJson) -> Markup {
    let (title, said, lead) = super::steering::words(found);
    found_here(&title, (&said, &lead), &found.remarks, &super::steering::sections(found))
}

/// Whether weights are causes.
pub fn verified(found: &VerifyJson) -> Markup {
    let (title, said, lead) = super::verifying::words(found);
    found_here(&title, (&said, &lead), &found.remarks, &super::verifying::sections(found))
}

fn found_here(title: &str, (said, lead): (&[String], &str), remarks: &[String], all: &[Section]) -> Markup {
    maud::html! {
        h1 { bdi { (title) } }
        @for sentence in said { p { bdi { (sentence) } } }
        (remarked(remarks))
        p.lead { (lead) }
        @for section in all { (section.render()) }
    }
}

/// What to know before any figure.
pub fn cautions(d: &Dissection) -> Markup {
    watch_out(&d.cautions)
}

/// Said on every page of data that are made up.
pub fn simulated() -> Markup {
    maud::html! { p.simulated role="alert" { (crate::words::SIMULATED) } }
}

/// What moved one verdict.
pub fn waterfall(e: &Explanation) -> Markup {
    charts::waterfall(e)
}
