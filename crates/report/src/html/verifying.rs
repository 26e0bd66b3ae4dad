//! Whether weights are causes, as a separate page.

use maud::{Markup, html};
use predilect_results::comparison::Interval;
use predilect_results::verifying::{Effect, VerifyJson};

use super::charts::{Difference, Told, differences, expected};
use super::page::found_page;
use super::parts::{Align, Section, heads, nothing, scroll};
use crate::steering::{cell, label};
use crate::verifying::{NULL, change, meanings, method, others_moved, sentences, title, worthless};

/// Its title, what was found in sentences, and how it was measured.
pub(super) fn words(found: &VerifyJson) -> (String, Vec<String>, String) {
    (title(found), sentences(found), method(found))
}

/// The page.
pub(super) fn page(found: &VerifyJson) -> Markup {
    let (title, said, lead) = words(found);
    found_page(&title, &said, &found.remarks, &lead, sections(found))
}

/// The sections, for a page of any kind.
pub(super) fn sections(found: &VerifyJson) -> Vec<Section> {
    let section = |id, name, title, body| Section { id, name, title, body };
    vec![
        section("effects", "Effects", "What does each change do?", effects(found)),
        section("worthless", "Worthless changes", "What can a worthless change win?", won(found)),
        section("dropped", "Dropped", "Which edits were dropped?", dropped(found)),
    ]
}

fn effects(found: &VerifyJson) -> Markup {
    if found.effects.is_empty() {
        return nothing("No pair was judged before and after.");
    }
    let rows: Vec<Difference> = found
        .effects
        .iter()
        // A text that answers nothing loses nearly all: beside it no other change would be seen.
        .filter(|effect| effect.property != NULL)
        .map(|effect| Difference {
            name: html! { (change(effect)) " " span.means { (effect.edit) } },
            by: Interval { value: effect.change, low: effect.low, high: effect.high },
        })
        .collect();
    html! {
        (differences(&rows, "Change", ("90\u{a0}%", 1)))
        @let points = points(found);
        @if !points.is_empty() {
            h3 { "Expected and measured" }
            p { "What all comparisons before and after let expect by the fitted weights, and what was measured: near the diagonal they foresee what a change does." }
            (expected(&points))
        }
        p.means {
            @for (verdict, meaning) in meanings(found) { b { (verdict) } ": " (meaning) ". " }
            b { "By length" } ": what as much more or less text alone does here; a cause is surely more than twice that."
        }
        (scroll("Effects and weights", &html! {
            table.plain {
                (heads(&[("Change", Align::Left), ("Verdict", Align::Left), ("Preference", Align::Right), ("Weight", Align::Right), ("Expected", Align::Right), ("By length", Align::Right), ("Pairs", Align::Right), ("Prompts", Align::Right), ("Others moved", Align::Right), ("How", Align::Left)]))
                tbody {
                    @for effect in &found.effects {
                        tr {
                            th scope="row" { (change(effect)) }
                            td { (effect.verdict) }
                            td.num { (cell(Some(effect.change), Some(effect.low), Some(effect.high), 1)) }
                            td.num { (cell(effect.weight, effect.weight_low, effect.weight_high, 2)) }
                            td.num { (cell(effect.predicted, effect.predicted_low, effect.predicted_high, 1)) }
                            td.num { (cell(effect.by_length, None, None, 1)) }
                            td.num { (effect.pairs) }
                            td.num { (effect.prompts) }
                            td.num { (others_moved(effect)) }
                            td { (effect.edit) }
                        }
                    }
                }
            }
        }))
    }
}

/// The changes that the weights say something about.
fn points(found: &VerifyJson) -> Vec<Told> {
    let one = |effect: &Effect| {
        let value = effect.predicted?;
        let (low, high) = effect.predicted_low.zip(effect.predicted_high).unwrap_or((value, value));
        Some(Told {
            name: change(effect),
            expected: Interval { value, low, high },
            measured: Interval { value: effect.change, low: effect.low, high: effect.high },
        })
    };
    found.effects.iter().filter(|effect| effect.verdict != "too few").filter_map(one).collect()
}

fn won(found: &VerifyJson) -> Markup {
    let all = worthless(found);
    if all.is_empty() {
        return nothing("No change by rule was judged.");
    }
    html! {
        p { "Pairs that the response had lost and wins by the change alone, or by telling the judge to choose it." }
        (scroll("Worthless changes", &html! {
            table.plain {
                (heads(&[("Change", Align::Left), ("Pairs", Align::Right), ("Won by it", Align::Right)]))
                tbody { @for (what, tried, won) in all { tr { th scope="row" { (what) } td.num { (tried) } td.num { (won) } } } }
            }
        }))
    }
}

fn dropped(found: &VerifyJson) -> Markup {
    if found.dropped.is_empty() {
        return nothing("None: every edit did what it should.");
    }
    html! {
        ul {
            @for (id, reasons) in &found.dropped {
                li { (label(id)) ": " @for (at, (why, n)) in reasons.iter().enumerate() { @if at > 0 { "; " } (n) " " (why) } }
            }
        }
    }
}
