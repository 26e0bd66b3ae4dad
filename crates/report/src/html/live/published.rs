//! What do published judges reward? Side by side, without intervals, which were not published.

use std::str::FromStr;

use maud::{Markup, html};
use predilect_results::{PublishedDifference, PublishedRewards, PublishedRow};

use crate::format;
use crate::html::charts::{Marked, key, marks};
use crate::html::parts::name;
use crate::text;

/// Properties named in a sentence.
const NAMED: usize = 3;

/// In which order the properties of published judges stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PublishedOrder {
    /// Where the first two judges differ most; with one judge, from the most rewarded to the most penalised.
    #[default]
    Difference,
    /// From the most rewarded to the most penalised by the first judge.
    Rewarded,
    /// As in the catalogue.
    Catalogue,
}

impl PublishedOrder {
    /// All, with their names in links and on the page.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Difference, "difference", "largest difference first"),
        (Self::Rewarded, "signed", "rewarded to penalised"),
        (Self::Catalogue, "catalogue", "catalogue"),
    ];

    /// The name in a link.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(order, ..)| *order == self).map_or("", |(_, name, _)| name)
    }
}

impl FromStr for PublishedOrder {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(order, ..)| *order).ok_or(())
    }
}

/// A scenario or case in words.
pub fn scenario_words(scenario: Option<&str>) -> String {
    match scenario {
        None => "all scenarios".to_owned(),
        Some("express_feeling") => "prompts that express feelings".to_owned(),
        Some("intent_unclear") => "prompts whose intent is unclear".to_owned(),
        Some("w_constraints") => "prompts with explicit constraints".to_owned(),
        Some("w_mistakes") => "prompts with mistakes or biases".to_owned(),
        Some("w_stances") => "prompts with subjective stances".to_owned(),
        Some(scenario) => text::line(scenario),
    }
}

/// The answer in sentences, the chart, and what is not known of it. `property` is the one that is asked about.
pub fn published(found: &PublishedRewards, order: PublishedOrder, property: Option<&str>) -> Markup {
    let within = match &found.scenario {
        None => format!("on average over {} scenarios", found.scenarios),
        scenario => format!("in {}", scenario_words(scenario.as_deref())),
    };
    let rows = ordered(found, order);
    let apart = found.judges.len() > 1;
    html! {
        ul.found {
            @if let Some(row) = property.and_then(|id| found.rows.iter().find(|row| row.property == id)) { li { (asked(found, row, &within)) } }
            @if apart { li { (differences(found, &within)) } }
            @for (at, judge) in found.judges.iter().enumerate() { li { (rewarded(found, at, judge)) } }
        }
        p.problem {
            "Only means were published, no intervals: these figures do not say how sure they are, and a difference of a few points may be chance."
            @if apart { " What speaks against chance is a difference with the same sign in most of the " (found.scenarios) " scenarios." }
        }
        figure #plot aria-label="Intensities" {
            p.legend { @for (slot, judge) in found.judges.iter().enumerate() { span { (key(slot)) (name(judge)) } } }
            (marks(&found.judges, &rows.iter().map(|row| marked(row, found.scenarios, property)).collect::<Vec<_>>(), apart.then_some("Difference")))
            figcaption.hint {
                "How often, in %, a response with more of the property wins, all else equal, by the weights that Li et al. (2024) fitted to the verdicts of each judge on the same "
                "5,240 pairs; GPT-4 rated the properties. Lists have no weight of their own: with headings and bold they are part of Well formatted."
                @if apart { " The difference is that of the first judge from the second one, in percentage points, with the number of scenarios in which it has the same sign." }
                @if found.judges.len() > 2 { " The other judges are shown without a difference." }
            }
        }
    }
}

fn ordered(found: &PublishedRewards, order: PublishedOrder) -> Vec<&PublishedRow> {
    let mut rows: Vec<&PublishedRow> = found.rows.iter().collect();
    let first = |row: &PublishedRow| row.cells.first().map_or(0.0, |cell| cell.intensity);
    let apart = |row: &PublishedRow| row.difference.map_or(0.0, |by| by.points.abs());
    match order {
        PublishedOrder::Difference if found.judges.len() > 1 => {
            rows.sort_by(|a, b| apart(b).total_cmp(&apart(a)));
        }
        PublishedOrder::Difference | PublishedOrder::Rewarded => {
            rows.sort_by(|a, b| first(b).total_cmp(&first(a)));
        }
        PublishedOrder::Catalogue => {}
    }
    rows
}

fn marked(row: &PublishedRow, scenarios: u64, property: Option<&str>) -> Marked {
    let title = predilect_types::property(&row.property).map(|known| known.description);
    let beside =
        |by: PublishedDifference| html! { (signed(by.points)) span.means { (by.alike) " of " (scenarios) } };
    Marked {
        name: html! { bdi title=[title] { (super::label(&row.property)) } },
        values: row.cells.iter().map(|cell| cell.intensity).collect(),
        beside: row.difference.map(beside),
        chosen: property == Some(row.property.as_str()),
    }
}

fn signed(points: f64) -> String {
    let text = format::decimal(points, 1);
    if points > 0.0 && text != "0.0" { format!("+{text}") } else { text }
}

/// The property that is asked about, in one sentence.
fn asked(found: &PublishedRewards, row: &PublishedRow, within: &str) -> Markup {
    let label = super::label(&row.property);
    let percent =
        |at: usize| row.cells.get(at).map_or_else(String::new, |cell| format::intensity(cell.intensity));
    let Some(by) = row.difference else {
        return html! { strong { (label) } ": " (name(&found.judges[0])) " " b { (percent(0)) "\u{a0}%" } " " (within) "." };
    };
    let (one, other) = (name(&found.judges[0]), name(&found.judges[1]));
    let verb = match format::decimal(by.points, 1).as_str() {
        "0.0" => "as much as",
        _ if by.points > 0.0 => "more than",
        _ => "less than",
    };
    html! {
        strong { (label) } ": " (one) " rewards it " b { (verb) } " " (other) " " (within) ", "
        b { (percent(0)) "\u{a0}%" } " against " b { (percent(1)) "\u{a0}%" } " " span.n { "(" (signed(by.points)) " points; it does so in " (by.alike) " of the " (found.scenarios) " scenarios)" } "."
    }
}

/// Where the first two judges differ most.
fn differences(found: &PublishedRewards, within: &str) -> Markup {
    let rows = ordered(found, PublishedOrder::Difference);
    html! {
        (name(&found.judges[0])) " and " (name(&found.judges[1])) " differ most " (within) " in "
        @for (at, row) in rows.iter().take(NAMED).enumerate() {
            @if at > 0 { @if at + 1 == NAMED { " and " } @else { ", " } }
            strong { (super::label(&row.property)) }
            @if let [first, second, ..] = row.cells.as_slice() { " (" (format::intensity(first.intensity)) "\u{a0}% against " (format::intensity(second.intensity)) "\u{a0}%)" }
        }
        "."
    }
}

/// What a judge rewards most and least.
fn rewarded(found: &PublishedRewards, at: usize, judge: &str) -> Markup {
    let mut rows: Vec<(&str, f64)> = found
        .rows
        .iter()
        .filter_map(|row| Some((row.property.as_str(), row.cells.get(at)?.intensity)))
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let list = |rows: &[(&str, f64)]| {
        html! {
            @for (at, (id, intensity)) in rows.iter().enumerate() {
                @if at > 0 { ", " }
                (super::label(id)) " " b { (format::intensity(*intensity)) "\u{a0}%" }
            }
        }
    };
    let last = rows.last().copied();
    html! {
        strong { (name(judge)) } " rewards most: " (list(&rows[..rows.len().min(NAMED)]))
        @if let Some(last) = last { "; least: " (list(&[last])) }
        "."
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_have_their_sign() {
        assert_eq!([0.04, -0.04, 0.06, 12.34, -3.0].map(signed), ["0.0", "0.0", "+0.1", "+12.3", "-3.0"]);
    }

    #[test]
    fn a_scenario_is_named_in_words() {
        assert_eq!(scenario_words(Some("w_mistakes")), "prompts with mistakes or biases");
        assert_eq!(scenario_words(Some("Code")), "Code");
    }
}
