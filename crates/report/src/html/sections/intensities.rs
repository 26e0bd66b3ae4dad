//! What does each judge reward in the main group, property by property?

use maud::{Markup, html};
use predilect_results::Fit;

use crate::format;
use crate::html::charts::{Dots, NUMBERED, heat, key};
use crate::html::parts::{Align, SERIES, Section, folded, heads, name, nothing, property, scroll};
use crate::text;
use crate::view::{ALL, Axis, View, by_direction, seen, strongest, sure};
use crate::words;

/// In which orders the script can put the rows; the first is that of the file.
const ORDERS: [(&str, &str); 3] =
    [("signed", "rewarded to penalised"), ("strong", "strongest first"), ("catalogue", "catalogue")];

pub(super) fn section(view: &View) -> Section {
    let fits = view.main_fits();
    let body = if fits.is_empty() { nothing("Nothing was fitted.") } else { plots(view, &fits) };
    Section { id: "intensities", name: "Intensities", title: "What each judge rewards", body }
}

/// The properties of the main group, from the most rewarded to the most penalised by the first judge.
pub(in crate::html) fn ordered<'a>(view: &View<'a>) -> Vec<&'a str> {
    let mut ids = view.property_ids();
    if let Some(first) = view.main_fits().first() {
        let find = |id: &str| first.weights.iter().find(|w| w.property == id);
        ids.sort_by(|a, b| match (find(a), find(b)) {
            (Some(a), Some(b)) => by_direction(a, b),
            (a, b) => b.is_some().cmp(&a.is_some()),
        });
    }
    ids
}

fn plots(view: &View, fits: &[&Fit]) -> Markup {
    let properties = ordered(view);
    // Judges beyond the first few can be chosen, so the axis covers them too.
    let axis = Axis::holding(fits.iter().flat_map(|fit| seen(fit)));
    let slots = slots(view, fits);
    let dots = Dots { view, fits, slots: &slots, properties: &properties, axis }.render();
    html! {
        p {
            "Preference intensity in %"
            @if view.main != ALL { " in " (name(view.main)) }
            ": the probability that the response with more of a property wins while everything else is equal. "
            "The line is the 90\u{a0}% interval; a hollow mark means that the direction is not sure."
        }
        figure #plot {
            (chooser(fits, &slots))
            div.tools.js {
                span { "Order" }
                @for (key, name) in ORDERS {
                    button type="button" data-sort=(key) aria-pressed=(key == ORDERS[0].0) { (name) }
                }
            }
            (dots)
        }
        @if let Some(unseen) = words::unseen(view) { p.hint { (unseen) } }
        @if fits.len() > NUMBERED {
            h3 { "Judges side by side" }
            p.hint { "Intensity in %: the farther from 50\u{a0}%, the stronger the colour, on a scale from 0 to 100\u{a0}%. Pale: the direction is not sure." }
            (heat(view, &view.by_judge(), &properties, "Intensity by property and judge"))
        }
        (folded("All numbers of these judges", &numbers(view, fits)))
    }
}

/// The mark and colour of each fit's judge.
pub(in crate::html) fn slots(view: &View, fits: &[&Fit]) -> Vec<usize> {
    let judges: Vec<&str> = fits.iter().map(|fit| fit.judge.as_str()).collect();
    view.slots(&judges, SERIES)
}

/// The legend, and with script the choice of the judges shown.
fn chooser(fits: &[&Fit], slots: &[usize]) -> Markup {
    html! {
        fieldset.legend {
            legend { "Judges" @if fits.len() > SERIES { span.js { " (up to " (SERIES) " at once)" } } }
            @for (j, fit) in fits.iter().enumerate() {
                label.off[j >= SERIES] data-j=(j) {
                    input.js type="checkbox" checked[j < SERIES] data-judge=(j);
                    (key(slots[j]))
                    (name(&text::cut(&text::line(&fit.judge), 48)))
                }
            }
        }
        @if fits.len() > SERIES {
            p.hint.nojs {
                "The plot shows the first " (SERIES) " judges; the table below it shows all " (fits.len()) "."
            }
        }
    }
}

/// All numbers of some fits: of several judges, or of one in several groups.
pub(in crate::html) fn numbers(view: &View, fits: &[&Fit]) -> Markup {
    let grouped = fits.iter().any(|fit| fit.group != view.main);
    let of = |fit: &Fit| text::cut(&text::line(if grouped { &fit.group } else { &fit.judge }), 48);
    let table = html! {
        table.plain {
            (heads(&[
                (if grouped { "Group" } else { "Judge" }, Align::Left),
                ("Property", Align::Left),
                ("Intensity %", Align::Right),
                ("90\u{a0}% interval", Align::Right),
                ("P(sign)", Align::Right),
                ("Weight", Align::Right),
                ("sd", Align::Right),
            ]))
            tbody {
                @for fit in fits {
                    @for w in strongest(fit) {
                        tr.unsure[!sure(w)] {
                            td { (name(&of(fit))) }
                            th scope="row" { (property(view, &w.property)) }
                            td.num { (format::intensity(w.intensity())) }
                            td.num { (format::bounds(w.interval(), 1)) }
                            td.num { (format::p_sign(w.p_sign())) }
                            td.num { (format::small(w.mean)) }
                            td.num { (format::small(w.sd)) }
                        }
                    }
                }
            }
        }
    };
    scroll(if grouped { "All intensities by group" } else { "All intensities of the main group" }, &table)
}
