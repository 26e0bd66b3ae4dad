//! What is each property, who rated it, and where is the measure known to be wrong?

use maud::{Markup, html};
use predilect_results::{AnnotatorAgreement, PropertyNote};

use crate::format;
use crate::html::parts::{Align, Section, first_few, heads, name, nothing, property, scroll};
use crate::text;
use crate::view::View;
use crate::words;

pub(super) fn section(view: &View) -> Section {
    let properties = &view.d.properties;
    let body = html! {
        @if properties.is_empty() { (nothing("No property was fitted.")) }
        @else {
            p {
                "Coverage is the share of pairs rated on both sides; “sides differ” is the share whose ratings differ: only "
                "these pairs can teach the model anything about the property."
            }
            @if view.any_proxy() { p { (words::PROXY_MEANS) } }
            @if let Some(said) = words::validity(&view.d.properties) { p { (said) } }
            div.glossary { @for note in properties { (entry(note)) } }
        }
        @if !view.d.data.agreements.is_empty() { (agreements(view)) }
    };
    Section { id: "properties", name: "Properties", title: "What was measured", body }
}

fn entry(note: &PropertyNote) -> Markup {
    let line = |text: &str, most: usize| text::cut(&text::line(text), most);
    html! {
        article.entry {
            h3 {
                bdi { (line(&note.label, 80)) }
                @if note.proxy { " " span.badge.proxy { "~ proxy" } }
            }
            p { (line(&note.description, 1000)) }
            p.n {
                "Rated by " (line(&note.annotator, 60)) " · coverage " (format::share(note.coverage)) " · sides differ "
                (format::share(note.differs))
                @if let Some(mean) = note.mean_rating { " · mean rating " (format::rating(mean)) }
            }
            @if !note.definition.is_empty() { p { em { "Measured: " } (line(&note.definition, 2000)) } }
            @if note.proxy || !note.validity.is_empty() {
                p {
                    em { "Validity: " }
                    @if note.validity.is_empty() { "not validated." } @else { (line(&note.validity, 2000)) }
                }
            }
            @if !note.blind_spots.is_empty() { p { em { "Blind spots: " } (line(&note.blind_spots, 2000)) } }
        }
    }
}

/// How far annotators agree on each property.
fn agreements(view: &View) -> Markup {
    let coefficient =
        |x: Option<f64>| x.map_or_else(|| format::MISSING.to_owned(), |x| format::decimal(x, 2));
    let rows = &view.d.data.agreements;
    let table = |rows: &[AnnotatorAgreement]| {
        html! {
            table.plain {
                (heads(&[
                    ("Property", Align::Left),
                    ("Annotators", Align::Left),
                    ("Responses", Align::Right),
                    ("Kappa", Align::Right),
                    ("Alpha", Align::Right),
                ]))
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { (property(view, &row.property)) }
                            td { (name(&text::cut(&text::line(&row.annotators[0]), 40))) " and "
                                 (name(&text::cut(&text::line(&row.annotators[1]), 40))) }
                            td.num { (format::count(row.responses)) }
                            td.num { (coefficient(row.kappa)) }
                            td.num { (coefficient(row.alpha)) }
                        }
                    }
                }
            }
        }
    };
    html! {
        h3 { "Do annotators agree?" }
        p {
            "Cohen's kappa with quadratic weights and Krippendorff's alpha for interval data, over responses that both have rated: "
            "1 is perfect agreement, 0 what chance would give."
        }
        (scroll("How far annotators agree", &first_few(rows, 30, "rows", table)))
    }
}
