//! What did the sides, the order and the models contribute in addition to the properties?

use maud::{Markup, html};
use predilect_results::{Fit, Weight};

use crate::format;
use crate::html::parts::{Align, SERIES, Section, first_few, heads, name, nothing, scroll};
use crate::text;
use crate::view::{View, by_surety, sure};
use crate::words;

/// Terms shown before the rest is folded away.
const SHOWN: usize = 12;

pub(super) fn section(view: &View) -> Section {
    let fits: Vec<&Fit> =
        view.main_fits().into_iter().filter(|f| !f.terms.is_empty() || f.terms_note.is_some()).collect();
    let body = html! {
        p {
            "Sides, presentation order and the strength of models can win verdicts too. Where they are in the "
            "same likelihood, their effect is taken out of the properties; where they are not, a stronger model's "
            "habits pass for what is rewarded."
        }
        @if fits.is_empty() { (nothing("These fits have no such terms.")) }
        @else { (first_few(&fits, SERIES, "judges", judges)) }
    };
    Section { id: "terms", name: "Side, order, models", title: "Side, order and models", body }
}

fn judges(fits: &[&Fit]) -> Markup {
    html! {
        @for fit in fits {
            h3 { (name(&fit.judge)) }
            @if let Some(note) = &fit.terms_note { p.note { (text::line(note)) } }
            @if let Some(words) = words::against(fit) { p.hint { (words) } }
            @let terms = sorted(fit);
            @if !terms.is_empty() { (first_few(&terms, SHOWN, "terms", table)) }
        }
    }
}

fn sorted(fit: &Fit) -> Vec<&Weight> {
    let mut terms: Vec<&Weight> = fit.terms.iter().collect();
    terms.sort_by(|a, b| by_surety(a, b));
    terms
}

fn table(terms: &[&Weight]) -> Markup {
    let table = html! {
        table.plain {
            (heads(&[
                ("Term", Align::Left),
                ("Intensity %", Align::Right),
                ("90\u{a0}% interval", Align::Right),
                ("P(sign)", Align::Right),
            ]))
            tbody {
                @for w in terms {
                    @let (label, meaning) = words::term(&w.property);
                    tr.unsure[!sure(w)] {
                        th scope="row" { (name(&label)) span.means { (meaning) } }
                        td.num { (format::intensity(w.intensity())) }
                        td.num { (format::bounds(w.interval(), 1)) }
                        td.num { (format::p_sign(w.p_sign())) }
                    }
                }
            }
        }
    };
    scroll("Nuisance terms", &table)
}
