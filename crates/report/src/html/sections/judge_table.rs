//! Which judge is how good, and how biased? The judge table, whose rows can be found and ordered.

use maud::{Markup, html};
use predilect_results::Comparison;
use predilect_results::comparison::{JudgeColumn, JudgeKind, JudgeRow, JudgeTable};

use crate::format;
use crate::html::parts::{Section, folded, name, nothing, scroll};
use crate::judge_table::marks;
use crate::judging::table_words;
use crate::units;

/// Judges shown before the rest is asked for.
const JUDGES: usize = 20;
/// Columns of one printed page.
const BRIEF: [&str; 10] = [
    "accuracy",
    "ties",
    "first",
    "flips",
    "longer_at_equal_quality",
    "list_at_equal_quality",
    "labels_needed",
    "labels_there",
    "labels_missing",
    "correlation",
];
/// Judges from which on a field to find one is worth its place.
const MANY: usize = 8;

pub(super) fn of(comparison: Option<&Comparison>) -> Section {
    let body = match comparison {
        Some(c) if !c.judge_table.known().is_empty() => whole(&c.judge_table, units::unit(c)),
        _ => nothing("There are no verdicts by which a judge could be measured."),
    };
    Section {
        id: "judge-table",
        name: "Judge table",
        title: "How good, and how biased, is each judge?",
        body,
    }
}

/// The table with its explanations.
fn whole(t: &JudgeTable, unit: &str) -> Markup {
    let columns = t.known();
    html! {
        p.hint { bdi { (table_words(t, unit)) } }
        (table(t, &columns, JUDGES))
        @if columns.iter().any(|column| aside(column, &columns)) {
            p.paper.hint { "On paper the main columns; on the screen and in every file all " (columns.len()) "." }
        }
        @for mark in marks(t) { p.hint { (mark) } }
        (folded("What the columns are", &html! {
            dl.meanings { @for column in &columns { dt { (name(&column.name)) } dd { (name_in(&column.definition)) } } }
        }))
    }
}

/// The first rows and the main columns, for one printed page.
pub(in crate::html) fn brief(t: &JudgeTable, unit: &str, most: usize) -> Markup {
    let columns: Vec<&JudgeColumn> =
        t.known().into_iter().filter(|column| BRIEF.contains(&column.id.as_str())).collect();
    html! {
        @if !columns.is_empty() {
            h2 { "How good, and how biased, is each judge?" }
            (table(t, &columns, most))
            p.hint {
                bdi { (table_words(t, unit)) }
                @for mark in marks(t) { " " (mark) "." }
                @if t.rows.len() > most { " The first " (most) " of " (t.rows.len()) " rows." }
            }
        }
    }
}

/// Words of a definition, which may name a part of the data.
fn name_in(words: &str) -> Markup {
    html! { bdi { (crate::text::line(words)) } }
}

fn table(t: &JudgeTable, columns: &[&JudgeColumn], most: usize) -> Markup {
    let table = html! {
        // On paper nothing scrolls: a table of many columns shrinks to the page.
        table.plain.judges style={ "--v:" (printed(columns.iter().filter(|column| !aside(column, columns)).count())) "%" } {
            thead {
                tr {
                    th scope="col" { "Judge" }
                    @for column in columns {
                        th.num.aside[aside(column, columns)] scope="col" title=(crate::text::cut(&crate::text::line(&column.definition), 300)) {
                            span.nojs { (name(&column.name)) }
                            button.js type="button" data-order="" { (name(&column.name)) }
                        }
                    }
                }
            }
            tbody { @for (at, row) in t.rows.iter().enumerate() { (line(row, columns, at >= most)) } }
        }
    };
    html! {
        div.rows data-rows=(most) {
            @if t.rows.len() > MANY || t.rows.len() > most {
                p.tools {
                    label.js { "Find " input type="search" data-find="" placeholder="a judge"; }
                    @if t.rows.len() > most {
                        label { input.every type="checkbox"; " Show all " (format::count(t.rows.len() as u64)) " rows" }
                    }
                }
            }
            (scroll("Judges", &table))
        }
    }
}

/// Whether a column has no place on paper, beside many others.
fn aside(column: &JudgeColumn, all: &[&JudgeColumn]) -> bool {
    all.len() > BRIEF.len() && !BRIEF.contains(&column.id.as_str())
}

/// The size in %, at which that many columns fit on a printed page, as far as they can still be read.
fn printed(columns: usize) -> f64 {
    const FIT: f64 = 7.0;
    (100.0 * FIT / columns.max(1) as f64).round().clamp(35.0, 100.0)
}

fn line(row: &JudgeRow, columns: &[&JudgeColumn], is_rest: bool) -> Markup {
    html! {
        tr.rest[is_rest] {
            th scope="row" {
                (name(&row.judge))
                @if row.kind == JudgeKind::Reference { " " span.n { "reference" } }
                @if row.turned { " ↻" }
            }
            @for column in columns {
                td.num.biased[row.biased(column)].aside[aside(column, columns)] data-v=[row.figure(&column.id).map(|figure| figure.value)] { (row.written(column)) }
            }
        }
    }
}
