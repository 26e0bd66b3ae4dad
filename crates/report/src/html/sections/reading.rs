//! What was read, and what was not used and why?

use maud::{Markup, html};
use predilect_types::{ReadSummary, SourceSummary};

use crate::format;
use crate::html::parts::{Align, Section, heads, name, nothing, scroll, sentence};
use crate::view::View;
use crate::words;

pub(super) fn section(view: &View) -> Section {
    let body = html! { p { (words::read(view.d)) } (of(&view.d.read)) };
    Section { id: "reading", name: "Sources", title: "What was read and what was dropped", body }
}

/// The files, how they were understood, and what was not used of them.
pub(in crate::html) fn of(read: &ReadSummary) -> Markup {
    html! {
        @if read.sources.is_empty() { (nothing("No file is named.")) } @else { (sources(read)) }
        (understood(read))
        h3 { "Not used" }
        @if read.dropped.is_empty() { (nothing("Everything that was read was used.")) }
        @else {
            (scroll("Records not used", &html! {
                table.plain {
                    (heads(&[("Reason", Align::Left), ("Records or verdicts", Align::Right)]))
                    tbody {
                        @for (reason, n) in &read.dropped {
                            tr { th scope="row" { (sentence(reason)) } td.num { (format::count(*n)) } }
                        }
                    }
                }
            }))
        }
        @for (kind, n) in &read.merged {
            p { "Merged: " (format::count(*n)) " × " (name(kind)) }
        }
    }
}

/// Files that are described column by column.
const DESCRIBED: usize = 5;

/// The folder that all sources have in common, if they are whole paths of the machine on which they were read; else nothing.
fn folder(all: &[SourceSummary]) -> &str {
    let Some(first) = all.first().filter(|_| all.iter().all(|own| own.source.starts_with('/'))) else {
        return "";
    };
    let first = first.source.as_str();
    let shared = |other: &SourceSummary| {
        let same = first.bytes().zip(other.source.bytes()).take_while(|(a, b)| a == b).count();
        first.bytes().take(same).rposition(|byte| byte == b'/').map_or(0, |at| at + 1)
    };
    let end = all.iter().map(shared).min().unwrap_or_default();
    // One that is a folder itself has a name, too.
    if all.iter().any(|own| own.source.len() <= end) { "" } else { &first[..end] }
}

/// A text without that folder.
fn without(folder: &str, text: &str) -> String {
    if folder.len() > 1 { text.replace(folder, "") } else { text.to_owned() }
}

/// How the files were understood: columns, verdicts, judges, remarks.
fn understood(read: &ReadSummary) -> Markup {
    let folder = folder(&read.sources);
    html! {
        @for source in read.sources.iter().filter(|s| !s.columns.is_empty()).take(DESCRIBED) {
            h3 { (name(&without(folder, &source.source))) }
            ul {
                @let used: Vec<_> = source.columns.iter().filter(|c| c.used_as != "metadata").collect();
                @if !used.is_empty() {
                    li { "Columns: " @for (i, column) in used.iter().enumerate() {
                        @if i > 0 { ", " } (name(&column.column)) " = " (name(&column.used_as))
                    } }
                }
                @for verdict in &source.verdicts {
                    @if let Some(rule) = &verdict.rule { li { "Verdict: " (name(&verdict.field)) ": " (sentence(rule)) } }
                }
                @for verdict in source.verdicts.iter().filter(|v| !v.values.is_empty()) {
                    li { "Verdict: " (name(&verdict.field)) ": " @for (i, value) in verdict.values.iter().take(8).enumerate() {
                        @if i > 0 { ", " } "“" (name(&value.value)) "” = " (name(&value.means)) " (" (format::count(value.count)) ")"
                    } }
                }
                @if let Some(judge) = &source.judge { li { "Judge: " (sentence(judge)) } }
                @for remark in &source.remarks { li { (sentence(&without(folder, remark))) } }
            }
        }
        @for remark in &read.remarks { p { (sentence(&without(folder, remark))) } }
    }
}

fn sources(read: &ReadSummary) -> Markup {
    scroll(
        "Files read",
        &html! {
            table.plain {
                (heads(&[
                    ("File", Align::Left),
                    ("Format", Align::Left),
                    ("Records", Align::Right),
                    ("Evidence for the format", Align::Left),
                ]))
                tbody {
                    @for s in &read.sources {
                        tr {
                            th scope="row" { (name(&without(folder(&read.sources), &s.source))) }
                            td { (name(&s.format)) }
                            td.num { (format::count(s.rows)) }
                            td.why { (sentence(&s.evidence)) }
                        }
                    }
                }
            }
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_called_by_what_tells_them_apart() {
        let of = |paths: &[&str]| {
            let source =
                |path: &&str| SourceSummary { source: (*path).to_owned(), ..SourceSummary::default() };
            let all: Vec<SourceSummary> = paths.iter().map(source).collect();
            all.iter().map(|own| without(folder(&all), &own.source)).collect::<Vec<_>>()
        };
        assert_eq!(of(&["/home/ada/votes.csv"]), ["votes.csv"]);
        assert_eq!(
            of(&["/home/ada/may/votes.csv", "/home/ada/june/votes.csv"]),
            ["may/votes.csv", "june/votes.csv"]
        );
        assert_eq!(of(&["/home/ada/votes.csv", "texts.jsonl"]), ["/home/ada/votes.csv", "texts.jsonl"]);
        assert_eq!(of(&["data/votes.csv"]), ["data/votes.csv"]);
    }
}
