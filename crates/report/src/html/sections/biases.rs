//! How biased is each judge?

use maud::{Markup, html};
use predilect_results::Comparison;
use predilect_results::comparison::BiasCard;

use crate::html::charts::gauge;
use crate::html::parts::{Section, first_few, folded, name, nothing};
use crate::judging::{Measure, meanings, measures};
use crate::text;
use crate::units;
use crate::words;

/// Cards before the rest is folded away.
const CARDS: usize = 12;

pub(super) fn of(comparison: Option<&Comparison>) -> Section {
    let cards: Vec<&BiasCard> =
        comparison.iter().flat_map(|c| &c.biases).filter(|card| !measures(card).is_empty()).collect();
    let unit = units::singular(comparison.map_or("prompt", units::unit));
    let people: Vec<String> =
        cards.iter().filter(|card| card.reference).map(|card| text::line(&card.judge)).collect();
    let body = html! {
        @if cards.is_empty() { (nothing("Nothing is known about biases here.")) }
        @else {
            p {
                "What a judge favours, raw and at equal quality, with 90\u{a0}% intervals by " bdi { (unit) } "; the tick is where there is no bias, and a filled mark has an "
                "interval that excludes it. "
                @if people.is_empty() { "No judge is named as people, so quality is not held equal." }
                @else { "Quality is judged by " bdi { (words::listed(&people)) } "." }
            }
            (first_few(&cards, CARDS, "judges", |cards| html! { div.cards.biases { @for card in cards { (one(card)) } } }))
            @let meanings = meanings(&cards, true);
            @if !meanings.is_empty() {
                (folded("What the measures are", &html! {
                    dl.meanings { @for (name, meaning) in &meanings { dt { bdi { (name) } } dd { bdi { (meaning) } } } }
                }))
            }
        }
    };
    Section { id: "biases", name: "Biases", title: "How biased is each judge?", body }
}

fn one(card: &BiasCard) -> Markup {
    html! {
        article.card.bias {
            h3 { (name(&card.judge)) }
            dl { @for measure in measures(card) { (row(&measure)) } }
        }
    }
}

fn row(m: &Measure) -> Markup {
    html! {
        div title=(text::cut(&m.meaning, 400)) {
            dt { (m.name) }
            dd { @if m.sure { strong { (m.value) } } @else { (m.value) } }
            @if let Some((share, neutral)) = m.drawn { (gauge(share, neutral, m.sure)) }
        }
    }
}
