//! The pieces of an interactive page: the sections and charts of the report, requested one by one.

mod frame;
mod label;
mod long;
mod pairs;
mod rewarded;
mod sent;
mod spread;

use maud::Markup;
use predilect_results::ranking::Leaderboard;
use predilect_results::steering::SteerJson;
use predilect_results::verifying::VerifyJson;
use predilect_results::{Caution, Comparison, Dissection, Explanation, Fact, Standings};

use super::charts;
use super::page::{findings, remarked, watch_out};
use super::parts::Section;
use super::sections;
use crate::ranking::of_few_prompts;
use crate::view::View;

pub use self::label::{Choice, alike, alike_published, judging};
pub use super::published::published;
pub use crate::published::{PublishedOrder, scenario_words};
pub use crate::words::label;
pub use frame::{Frame, Link, STYLE, TABLES, document, icon};
pub use long::{Mark, Side, Words};
pub use pairs::{ListLinks, listed, reading, verdict};
pub use rewarded::{Order, checks, found, intensities, versus};
pub use sent::{first_pairs, read};
pub use spread::spread;

/// Similarity, agreement and habits of judges, and their biases.
pub fn judges(c: &Comparison) -> Markup {
    maud::html! { (findings(&c.findings)) (watch_out(&c.cautions)) @for section in sections::compared(c) { (section.render()) } }
}

/// The models, raw and with properties held equal.
pub fn board(standings: &Standings) -> Markup {
    maud::html! {
        (findings(&standings.findings))
        @if leads_controlled(standings) { p.hint { "The score in this sentence is the controlled one; the table has both." } }
        @else if standings.controlled.is_some() && standings.findings.iter().any(|finding| matches!(finding.fact, Fact::Leads(_))) {
            p.hint { "Who is first is said by the raw score; the table is in the order of the controlled one." }
        }
        @if let Some(few) = of_few_prompts(&standings.raw) { p.warn { (few) } }
        (sections::board(standings))
    }
}

/// Whether it is said who leads by a score with something held equal.
fn leads_controlled(standings: &Standings) -> bool {
    let of = |board: &Leaderboard, score: f64| board.ranking.first().is_some_and(|row| row.score == score);
    let score = standings.findings.iter().find_map(|finding| match &finding.fact {
        Fact::Leads(leads) => Some(leads.score.value),
        _ => None,
    });
    let controlled = standings.controlled.as_ref().filter(|board| !board.controls.is_empty());
    controlled.zip(score).is_some_and(|(board, score)| of(board, score))
}

/// What to know of the data of a leaderboard: what a model says that says the same to every prompt.
pub fn cautions_of_models(d: &Dissection) -> Markup {
    let own = |caution: &&Caution| matches!(caution, Caution::OneText { .. } | Caution::SideIsModel { .. });
    watch_out(&d.cautions.iter().filter(own).cloned().collect::<Vec<_>>())
}

/// What changes from group to group.
pub fn groups(d: &Dissection) -> Markup {
    sections::by_group(&View::new(d)).render()
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
