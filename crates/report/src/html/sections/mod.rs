//! Which questions does the report answer, and in which order?

mod biases;
mod data;
mod examples;
mod findings;
mod groups;
mod intensities;
mod judge_table;
mod judges;
mod method;
mod people;
mod properties;
mod quality;
mod ranking;
mod reading;
mod terms;

use maud::Markup;
use predilect_results::{Comparison, Standings};

use crate::view::View;

use super::parts::Section;
pub(super) use groups::section as by_group;
pub(super) use intensities::{numbers, ordered, slots};
pub(super) use judge_table::brief as judge_table_brief;
pub(super) use quality::main as quality_table;
pub(super) use ranking::{first as board_table, lc_table, length_controlled};
pub(super) use reading::of as read;

/// The sections that say something of a comparison alone.
pub(super) fn compared(c: &Comparison) -> Vec<Section> {
    // Published judges have weights only.
    let judged = !c.judge_table.rows.is_empty();
    let table = judged.then(|| judge_table::of(Some(c)));
    let biases = (judged || !c.biases.is_empty()).then(|| biases::of(Some(c)));
    table.into_iter().chain([judges::of(Some(c))]).chain(biases).collect()
}

/// The leaderboard alone.
pub(super) fn board(standings: &Standings) -> Markup {
    ranking::ranked(standings)
}

/// The leaderboard alone, as a section.
pub(super) fn leaderboard(standings: &Standings) -> Section {
    Section { id: "ranking", name: "Leaderboard", title: "Leaderboard", body: board(standings) }
}

/// What was read, and what the data look like.
pub(super) fn of_the_data(view: &View) -> Vec<Section> {
    vec![reading::section(view), data::section(view), people::section(view), properties::section(view)]
}

/// All sections; each is present even if it has no content, and then says so.
pub(super) fn all(view: &View) -> Vec<Section> {
    vec![
        findings::section(view),
        intensities::section(view),
        groups::section(view),
        judge_table::of(view.d.comparison.as_ref()),
        judges::of(view.d.comparison.as_ref()),
        biases::of(view.d.comparison.as_ref()),
        people::section(view),
        ranking::section(view),
        quality::section(view),
        terms::section(view),
        data::section(view),
        reading::section(view),
        examples::section(view),
        properties::section(view),
        method::section(view),
    ]
}
