//! How far do the people of a judge agree, who of them does not, and how far can a judge come?

use maud::{Markup, html};
use predilect_results::{People, Reliability};

use crate::format;
use crate::html::parts::{Align, Section, first_few, heads, name, nothing, scroll};
use crate::people;
use crate::view::View;

/// People that are listed before the others are folded away.
const FIRST: usize = 12;

pub(super) fn section(view: &View) -> Section {
    let all: &[People] = &view.d.people;
    let body = html! {
        @if all.is_empty() { (nothing("No verdicts of several people who are named.")) }
        @for of in all {
            h3 { (name(&of.judge)) }
            p { (people::ceiling(of)) }
            @if let Some(sentence) = people::unreliable(of) { p { strong { (sentence) } } }
            (first_few(&people::shown(of, usize::MAX), FIRST, "people", table))
        }
        @if !all.is_empty() { p.why { (people::MEANS) } }
    };
    Section { id: "people", name: "People", title: "How far people agree, and who does not", body }
}

fn table(listed: &[&Reliability]) -> Markup {
    scroll(
        "People",
        &html! {
            table.plain {
                (heads(&[
                    ("Person", Align::Left),
                    ("Votes", Align::Right),
                    ("Agreement with the others", Align::Right),
                    ("Ties", Align::Right),
                    ("Longer", Align::Right),
                    ("First", Align::Right),
                    ("", Align::Left),
                ]))
                tbody {
                    @for person in listed {
                        tr {
                            th scope="row" { (name(&person.annotator)) }
                            td.num { (format::count(person.votes)) }
                            td.num { (people::share(&person.agreement)) }
                            td.num { (format::share(person.ties)) }
                            td.num { (person.longer.map_or(format::MISSING.to_owned(), format::share)) }
                            td.num { (person.first.map_or(format::MISSING.to_owned(), format::share)) }
                            td { @if person.unreliable { "unreliable" } }
                        }
                    }
                }
            }
        },
    )
}
