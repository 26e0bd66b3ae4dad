//! How valid are ratings? A separate page: one row for each property, one mark for each annotator.

use maud::{Markup, html};
use predilect_types::WEAK_AUC;

use crate::format;
use crate::text;
use crate::validity::{Rater, Reversed, Row};
use crate::words::label;

use super::charts::{key, place};
use super::page::{Body, document};
use super::parts::{Align, SERIES, Section, folded, heads, name, response, scroll};

/// Pairs that are shown of each property and annotator.
const EXAMPLES: usize = 3;

pub(super) fn page(raters: &[Rater]) -> Markup {
    let title = "Do ratings measure what they name?";
    let header = html! {
        header {
            p.kicker { "Validity of ratings" }
            h1 { (title) }
            p.lead {
                "Pairs of responses of which one has more of a property beyond dispute were rated. The table shows how often the rating "
                "finds that order: .5 is chance, 1 is always. What is below .6 is hardly a rating of its property."
            }
        }
    };
    let footer = html! {
        footer { p { "Made with Predilect. This file loads nothing from any network and sends nothing anywhere." } }
    };
    let sections = Body::Sections(vec![picture(raters), tables(raters), mistakes(raters)]);
    document(title, "#picture", &header, &sections, &footer)
}

/// Properties with the set of their pairs, in the order in which they come first.
fn subjects(raters: &[Rater]) -> Vec<(&str, &str)> {
    let mut out: Vec<(&str, &str)> = Vec::new();
    for row in raters.iter().flat_map(|rater| &rater.rows).filter(|row| row.kind.is_none()) {
        let subject = (row.property.as_str(), row.set.as_str());
        if !out.contains(&subject) {
            out.push(subject);
        }
    }
    let place = |id: &str| predilect_types::CATALOGUE.iter().position(|property| property.id == id);
    out.sort_by_key(|(id, _)| place(id));
    out
}

fn of<'a>(rater: &'a Rater, subject: (&str, &str)) -> Option<&'a Row> {
    rater.rows.iter().find(|row| row.kind.is_none() && (row.property.as_str(), row.set.as_str()) == subject)
}

fn picture(raters: &[Rater]) -> Section {
    let subjects = subjects(raters);
    let several = subjects.iter().any(|(_, set)| *set != subjects[0].1);
    let shown = raters.len().clamp(1, SERIES);
    let step = 12;
    let body = html! {
        p.legend {
            @for (slot, rater) in raters.iter().take(SERIES).enumerate() {
                span { (key(slot)) " " (name(&rater.name)) }
            }
        }
        table.dots {
            thead {
                tr {
                    th.lab scope="col" { "Property" }
                    th.plot scope="col" {
                        svg.scale width="100%" height="18" aria-hidden="true" {
                            @for (value, label) in [(0.0, "0"), (0.25, ".25"), (0.5, ".5"), (WEAK_AUC, ".6"), (0.75, ".75"), (1.0, "1")] {
                                text x=(place(value)) y="13" text-anchor="middle" { (label) }
                            }
                        }
                    }
                }
            }
            tbody {
                @for subject in &subjects {
                    tr {
                        th.lab scope="row" {
                            (label(subject.0))
                            @if several { " " span.n { (name(subject.1)) } }
                        }
                        td.plot {
                            svg width="100%" height=(shown * step + 10) role="img" aria-label=(spoken(raters, *subject)) {
                                line.zero x1=(place(0.5)) x2=(place(0.5)) y1="0" y2=(shown * step + 10) {}
                                line.weak x1=(place(WEAK_AUC)) x2=(place(WEAK_AUC)) y1="0" y2=(shown * step + 10) {}
                                @for (slot, rater) in raters.iter().take(SERIES).enumerate() {
                                    @if let Some(row) = of(rater, *subject) { (mark(row, slot, step)) }
                                }
                            }
                        }
                    }
                }
            }
        }
    };
    Section { id: "picture", name: "Picture", title: "How often is the known order found?", body }
}

fn mark(row: &Row, slot: usize, step: usize) -> Markup {
    let [auc, low, high] = row.auc;
    html! {
        g.s.{ "c" (slot) }.unsure[row.weak] transform={ "translate(0," (5 + step / 2 + slot * step) ")" } {
            title { (numbers(row)) }
            line x1=(place(low)) x2=(place(high)) y1="0" y2="0" {}
            svg x=(place(auc)) y="0" width="1" height="1" overflow="visible" { use href={ "#m" (slot) } {} }
        }
    }
}

fn numbers(row: &Row) -> String {
    let [auc, low, high] = row.auc.map(format::auc);
    format!("{auc} [{low}, {high}]")
}

fn spoken(raters: &[Rater], subject: (&str, &str)) -> String {
    let one = |rater: &Rater| Some(format!("{}: {}", text::line(&rater.name), numbers(of(rater, subject)?)));
    raters.iter().filter_map(one).collect::<Vec<_>>().join("; ")
}

fn tables(raters: &[Rater]) -> Section {
    let body = html! {
        @for rater in raters {
            h3 { (name(&rater.name)) }
            @if rater.how != rater.name { p { "Asked: " (text::line(&rater.how)) "." } }
            @if let Some(cost) = &rater.cost { p.n { (cost) } }
            (scroll("Figures by property", &table(&rater.rows)))
        }
    };
    Section { id: "figures", name: "Figures", title: "All figures", body }
}

fn table(rows: &[Row]) -> Markup {
    let order = rows.iter().any(|row| row.order_effect.is_some());
    let mut columns = vec![("Property", Align::Left), ("Pairs of", Align::Left)];
    columns.extend(
        ["Pairs", "Right", "Wrong", "Equal", "Not rated", "AUC", "95\u{a0}%"].map(|c| (c, Align::Right)),
    );
    let held_back = rows.iter().any(|row| row.held_back.is_some());
    if held_back {
        columns.push(("Held back", Align::Right));
    }
    if order {
        columns.push(("Shown first", Align::Right));
    }
    html! {
        table.plain {
            (heads(&columns))
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { @if row.kind.is_none() { (label(&row.property)) } }
                        td { (name(row.kind.as_deref().unwrap_or(&row.set))) }
                        @for n in row.counts { td.num { (format::count(n)) } }
                        td.num { @if row.weak { span.unsure title="hardly a rating of its property" { (format::auc(row.auc[0])) } }
                                 @else { (format::auc(row.auc[0])) } }
                        td.num { "[" (format::auc(row.auc[1])) ", " (format::auc(row.auc[2])) "]" }
                        @if held_back { td.num { @if let Some(auc) = row.held_back { (format::auc(auc)) } } }
                        @if order { td.num { @if let Some(effect) = row.order_effect { (format::decimal(effect, 2)) } } }
                    }
                }
            }
        }
        @if order {
            p.n { "Shown first: how much more often the order is found where the response with more is shown first." }
        }
    }
}

fn mistakes(raters: &[Rater]) -> Section {
    let mut ids: Vec<&str> = Vec::new();
    for pair in raters.iter().flat_map(|rater| &rater.reversed) {
        if !ids.contains(&pair.property.as_str()) {
            ids.push(&pair.property);
        }
    }
    let body = html! {
        @if ids.is_empty() { p.nothing { "No pair was rated the wrong way round." } }
        @else { p { "Pairs that were rated the wrong way round, a few of each property: what the rating does not see." } }
        @for id in ids {
            @for rater in raters {
                @let own: Vec<&Reversed> = rater.reversed.iter().filter(|pair| pair.property == id).collect();
                @if !own.is_empty() {
                    (folded(&format!("{}, by {}: {}", label(id), text::cut(&text::line(&rater.name), 60), own.len()), &examples(&own)))
                }
            }
        }
    };
    Section { id: "mistakes", name: "Mistakes", title: "Where ratings are wrong", body }
}

fn examples(pairs: &[&Reversed]) -> Markup {
    html! {
        @for pair in pairs.iter().take(EXAMPLES) {
            article.entry {
                p { em { "Request: " } (text::cut(&text::line(&pair.request), 500)) }
                p { em { "Has more" } @if !pair.kind.is_empty() { " (" (name(&pair.kind)) ")" } ":" }
                (response(&text::cut(&pair.higher, 1500)))
                p { em { "Has less, was rated higher:" } }
                (response(&text::cut(&pair.lower, 1500)))
                @if !pair.reason.is_empty() { p { (text::cut(&text::line(&pair.reason), 500)) } }
            }
        }
    }
}
