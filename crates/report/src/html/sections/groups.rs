//! How does the taste of each judge change from group to group, and which groups could not be fitted?

use maud::{Markup, html};
use predilect_results::Fit;

use crate::format;
use crate::html::charts::{Panel, heat, key};
use crate::html::parts::{Align, SERIES, Section, first_few, folded, heads, name, nothing, scroll, sentence};
use crate::text;
use crate::view::{Axis, View, sure, weight};
use crate::words;

use super::intensities::{numbers, ordered};

/// Properties in each small plot.
const PANEL_ROWS: usize = 10;
/// Numbers of a judge up to which they are also in a table; of more, the table of posteriors has them.
const NUMBERS: usize = 500;
/// Small plots shown before the rest is folded away.
const PANELS: usize = 12;

pub(in crate::html) fn section(view: &View) -> Section {
    let body = html! {
        @if view.is_grouped() { (maps(view)) (panels(view)) }
        @else if view.d.fits.is_empty() { (nothing("Nothing was fitted in any group.")) }
        @else if view.d.fits.iter().any(|fit| fit.group != view.main) {
            (nothing("All verdicts are in one group: its figures are those of the whole."))
        }
        @else { (nothing("No group was fitted besides the whole: the data name none, or none has enough verdicts (below).")) }
        (skipped(view))
    };
    Section { id: "groups", name: "Groups", title: "How it changes from group to group", body }
}

/// One heat map per judge, all but the first folded away.
fn maps(view: &View) -> Markup {
    let properties = ordered(view);
    html! {
        p {
            "Intensity in % by property and group"
            @if !view.d.settings.group_by.is_empty() { " (" (text::line(&view.d.settings.group_by)) ")" }
            ". The farther from 50\u{a0}%, the stronger the colour, on a scale from 0 to 100\u{a0}%. Pale: the direction is not sure. Hatched: the group was not fitted. Below each "
            "group is its number of verdicts. " (words::SHRUNK)
        }
        @for (i, judge) in view.judges.iter().enumerate() {
            details.map open[i < 2] {
                summary { (name(judge)) }
                (heat(view, &view.by_group(judge), &properties, "Intensity by property and group"))
                @let fits: Vec<&Fit> = view.groups.iter().filter_map(|group| view.fit(judge, group)).collect();
                @if i < SERIES && fits.len() * properties.len() <= NUMBERS {
                    (folded("Every number of these groups, with its interval", &numbers(view, &fits)))
                }
            }
        }
    }
}

/// The properties that differ most from 50 %, in the order of the main plot.
fn telling<'a>(view: &View<'a>) -> Vec<&'a str> {
    let strength = |id: &str| {
        let judges = view.judges.iter().take(SERIES);
        let fits = judges.flat_map(|judge| view.groups.iter().filter_map(|group| view.fit(judge, group)));
        fits.filter_map(|fit| weight(fit, id)).filter(|w| sure(w)).map(|w| w.mean.abs()).sum::<f64>()
    };
    let ids = ordered(view);
    let mut ranked: Vec<(&str, f64)> = ids.iter().map(|id| (*id, strength(id))).collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    ranked.truncate(PANEL_ROWS);
    ids.into_iter().filter(|id| ranked.iter().any(|(kept, _)| kept == id)).collect()
}

fn panels(view: &View) -> Markup {
    let properties = telling(view);
    let groups: Vec<&str> = view
        .groups
        .iter()
        .copied()
        .filter(|g| view.judges.iter().take(SERIES).any(|j| view.fit(j, g).is_some()))
        .collect();
    let shown = view.judges.iter().take(SERIES).flat_map(|j| groups.iter().filter_map(|g| view.fit(j, g)));
    let axis = Axis::holding(
        shown.flat_map(|fit| fit.weights.iter().filter(|w| properties.contains(&w.property.as_str()))),
    );
    let judges = &view.judges[..view.judges.len().min(SERIES)];
    let judges: Vec<(usize, &str)> =
        view.slots(judges, SERIES).into_iter().zip(judges.iter().copied()).collect();
    html! {
        h3 { "Group by group" }
        p.hint {
            "The " (properties.len()) " properties with the strongest sure effects over all groups"
            @if view.judges.len() > SERIES { ", for the first " (SERIES) " judges" }
            ". Marks and colours as in the plot above."
        }
        p.legend {
            @for (slot, judge) in &judges {
                span {
                    (key(*slot))
                    (name(&text::cut(&text::line(judge), 48)))
                }
            }
        }
        (first_few(&groups, PANELS, "groups", |groups| html! {
            div.panels { @for group in groups { (Panel { view, group, properties: &properties, axis, judges: &judges }.render()) } }
        }))
    }
}

fn skipped(view: &View) -> Markup {
    if view.d.skipped.is_empty() {
        return html! {};
    }
    let table = html! {
        table.plain {
            (heads(&[
                ("Judge", Align::Left),
                ("Group", Align::Left),
                ("Verdicts", Align::Right),
                ("Why", Align::Left),
            ]))
            tbody {
                @for s in &view.d.skipped {
                    tr {
                        td { (name(&s.judge)) }
                        td { (name(&s.group)) }
                        td.num { (format::count(s.rows)) }
                        td { (sentence(&s.reason)) }
                    }
                }
            }
        }
    };
    let table = scroll("Judges and groups that were not fitted", &table);
    html! {
        h3 { "Not fitted" }
        @if view.d.skipped.len() > 12 {
            (folded(&format!("All {}, with the reason", view.d.skipped.len()), &table))
        } @else { (table) }
    }
}
