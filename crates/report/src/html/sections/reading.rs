//! What was read, and what was not used and why?

use maud::{Markup, html};

use crate::format;
use crate::html::parts::{Align, Section, heads, name, nothing, scroll};
use crate::view::View;
use crate::words;

pub(super) fn section(view: &View) -> Section {
    let read = &view.d.read;
    let body = html! {
        p { (words::read(view.d)) }
        @if read.sources.is_empty() { (nothing("No file is named.")) } @else { (sources(view)) }
        h3 { "Not used" }
        @if read.dropped.is_empty() { (nothing("Everything that was read was used.")) }
        @else {
            (scroll("Records not used", &html! {
                table.plain {
                    (heads(&[("Reason", Align::Left), ("Records or verdicts", Align::Right)]))
                    tbody {
                        @for (reason, n) in &read.dropped {
                            tr { th scope="row" { (name(reason)) } td.num { (format::count(*n)) } }
                        }
                    }
                }
            }))
        }
        @for (kind, n) in &read.merged {
            p { "Merged, so nothing is lost: " (format::count(*n)) " × " (name(kind)) }
        }
    };
    Section { id: "reading", name: "Sources", title: "What was read and what was dropped", body }
}

fn sources(view: &View) -> Markup {
    scroll(
        "Files read",
        &html! {
            table.plain {
                (heads(&[
                    ("File", Align::Left),
                    ("Format", Align::Left),
                    ("Records", Align::Right),
                    ("What spoke for the format", Align::Left),
                ]))
                tbody {
                    @for s in &view.d.read.sources {
                        tr {
                            th scope="row" { (name(&s.source)) }
                            td { (name(&s.format)) }
                            td.num { (format::count(s.rows)) }
                            td.why { (name(&s.evidence)) }
                        }
                    }
                }
            }
        },
    )
}
