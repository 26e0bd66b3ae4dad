//! What a page shows, to take along: tables as files, the command line and the link that give the same.

use maud::{Markup, html};
use predilect_workbench::tables::TableFormat;

use super::parts::{place, shown};
use crate::published::PublishedQuery;
use crate::query::Query;
use crate::studies::Served;
use crate::tables::TABLES;

/// A folder in a command line.
const STUDY: &str = "STUDY";

/// The tables that belong to an answer: `dissect`, `judges`, ...
fn names(of: &str) -> &'static [&'static str] {
    TABLES.iter().find(|(asked, _)| *asked == of).map_or(&[], |(_, names)| names)
}

/// The tables of some answers, with the command line and the link of the page.
pub(super) fn take(
    served: &Served,
    query: &Query,
    of: &[&str],
    (end, verb, more): (&str, &str, &[&str]),
) -> Markup {
    // Tables hold all pairs, whichever page of them is on the screen.
    let whole = Query { from: 0, ..query.clone() };
    let base = format!("/api/v1/s/{}/export{}", served.id, whole.to_address());
    let pair = more.iter().position(|word| *word == "--pair").and_then(|at| more.get(at + 1));
    let address = |what: &str, format: TableFormat| {
        let mut rest = form_urlencoded::Serializer::new(String::new());
        if let Some(pair) = pair {
            rest.append_pair("pair", pair);
        }
        rest.append_pair("what", what).append_pair("as", format.as_str());
        format!("{base}{}{}", if base.contains('?') { "&" } else { "?" }, rest.finish())
    };
    let link = match pair {
        Some(pair) => place(served, &format!("{end}/{}", super::parts::part(pair)), query),
        None => place(served, end, query),
    };
    // An export has the verdicts of all judges.
    let of_verb = match verb {
        "export" => Query { filter: query.filter.clone(), ..Query::default() },
        _ => query.clone(),
    };
    html! {
        section.take aria-label="Export" {
            details {
                summary { "Export: tables, command line, link" }
                (tables(&of.iter().flat_map(|of| names(of)).copied().collect::<Vec<_>>(), &address))
                @if !verb.is_empty() {
                    p.copy {
                        // Only what is in a study can be exported.
                        @if verb == "export" && (served.study().is_none() || served.is_example()) {
                            (shown(&Query::default().command_of("dissect", &served.given, &["-o", STUDY]))) br;
                            (shown(&of_verb.command_of(verb, &[STUDY.to_owned()], more)))
                        } @else { (shown(&of_verb.command_of(verb, &served.given, more))) }
                    }
                    @if verb == "export" { p.hint { "The pairs with all verdicts on them; what fits make of them is in the tables." } }
                    @else if verb != "explain" { p.hint { "With " code { "-o STUDY" } " the same tables are written to that folder, as Parquet." } }
                }
                p { "This view: " a href=(link) { code { (shown(&link)) } } }
                p.hint { "Programs get the same tables by the links above; with the header " code { "Accept: application/vnd.apache.arrow.stream" } " the addresses of the API give them too." }
            }
        }
    }
}

/// Tables of the published judges, with the command line that gives the same and the link of the page.
pub(super) fn take_published(query: &PublishedQuery, names: &[&str]) -> Markup {
    let own = query.to_address();
    let address = |what: &str, format: TableFormat| {
        let start = if own.is_empty() { "?" } else { "&" };
        format!("/api/v1/published/export{own}{start}what={what}&as={format}")
    };
    let link = format!("/published{own}");
    html! {
        section.take aria-label="Export" {
            details {
                summary { "Export: tables, command line" @if names.contains(&"rewards") { ", link" } }
                (tables(names, &address))
                @if names.contains(&"rewards") {
                    p.copy { (shown(&query.command())) }
                    p { "This view: " a href=(link) { code { (shown(&link)) } } }
                }
                @else { p.copy { "predilect compare --published" } }
            }
        }
    }
}

/// What a table is called on the page.
fn title(what: &str) -> String {
    if what == "judges" { "judge table".to_owned() } else { what.replace('_', " ") }
}

fn tables(names: &[&str], address: &dyn Fn(&str, TableFormat) -> String) -> Markup {
    html! {
        table.plain {
            tbody {
                @for what in names {
                    tr {
                        th scope="row" { (title(what)) }
                        @for format in TableFormat::ALL {
                            td { a href=(address(what, format)) download aria-label={ (title(what)) " as " (format) } { (format) } }
                        }
                    }
                }
            }
        }
    }
}
