//! What do published judges reward? Side by side, without intervals, which were not published.

use maud::{Markup, html};
use predilect_results::{PublishedDifference, PublishedRewards, PublishedRow};

use super::charts::{Marked, key, marks};
use super::page::found_page;
use super::parts::{Section, name};
use crate::published::{Part, PublishedOrder, method, ordered, plain, sentences, title, unknown};
use crate::steering::signed;
use crate::words::label;

/// The answer in sentences, the chart, and what is not known of it. `property` is the one that is asked about.
pub fn published(found: &PublishedRewards, order: PublishedOrder, property: Option<&str>) -> Markup {
    html! {
        ul.found { @for sentence in sentences(found, property) { li { (said(&sentence)) } } }
        p.problem { (unknown(found)) }
        (chart(found, order, property))
    }
}

/// The same alone.
pub(super) fn page(found: &PublishedRewards, property: Option<&str>) -> Markup {
    let body = chart(found, PublishedOrder::default(), property);
    let section = Section { id: "rewards", name: "Rewards", title: "What do they reward?", body };
    let said: Vec<String> = sentences(found, property).iter().map(|sentence| plain(sentence)).collect();
    found_page(&title(found), &said, &[unknown(found)], &method(found), vec![section])
}

fn said(sentence: &[Part]) -> Markup {
    html! {
        @for part in sentence {
            @match part {
                Part::Plain(words) => (words),
                Part::Judge(judge) => (name(judge)),
                Part::Strong(words) => strong { (name(words)) },
                Part::Figure(figure) => b { (figure) },
                Part::Small(words) => span.n { (words) },
            }
        }
    }
}

fn chart(found: &PublishedRewards, order: PublishedOrder, property: Option<&str>) -> Markup {
    let rows: Vec<Marked> =
        ordered(found, order).into_iter().map(|row| marked(row, found.scenarios, property)).collect();
    html! {
        figure #plot aria-label="Intensities" {
            p.legend { @for (slot, judge) in found.judges.iter().enumerate() { span { (key(slot)) (name(judge)) } } }
            (marks(&found.judges, &rows, (found.judges.len() > 1).then_some("Difference")))
            figcaption.hint { (method(found)) }
        }
    }
}

fn marked(row: &PublishedRow, scenarios: u64, property: Option<&str>) -> Marked {
    let title = predilect_types::property(&row.property).map(|known| known.description);
    let beside = |by: PublishedDifference| html! { (signed(by.points, 1)) span.means { (by.alike) " of " (scenarios) } };
    Marked {
        name: html! { bdi title=[title] { (label(&row.property)) } },
        values: row.cells.iter().map(|cell| cell.intensity).collect(),
        beside: row.difference.map(beside),
        chosen: property == Some(row.property.as_str()),
    }
}
