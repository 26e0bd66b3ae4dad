//! How does one judge's taste change from group to group (or from judge to judge)? A table of coloured intensities.

use maud::{Markup, html};
use predilect_results::{Skipped, Weight};

use crate::format;
use crate::html::parts::{name, property, scroll};
use crate::text;
use crate::view::{Axis, Column, View, rewarded, spoken, sure, weight};

/// Cells up to which each one says its interval on hovering; beyond, the file would grow by megabytes.
const TITLED: usize = 4000;

/// The size in %, at which that many columns fit on a printed page, as far as they can still be read.
fn printed(columns: usize) -> f64 {
    const FIT: f64 = 13.0;
    (100.0 * FIT / columns.max(1) as f64).round().clamp(35.0, 100.0)
}

/// Properties in rows, columns as given. Colours are on a fixed scale, full at 0 and 100 %. Unsure cells are pale, columns that were not
/// fitted are hatched.
pub(in crate::html) fn heat(view: &View, columns: &[Column], properties: &[&str], label: &str) -> Markup {
    let titled = columns.len() * properties.len() * view.judges.len() <= TITLED;
    let table = html! {
        // On paper nothing scrolls: a table of many columns shrinks to the page.
        table.heat style={ "--v:" (printed(columns.len())) "%" } {
            thead {
                tr {
                    th.lab scope="col" { "Property" }
                    @for column in columns {
                        th scope="col" {
                            span { (name(&text::cut(&text::line(column.name), 36))) }
                            span.n { (rows(column)) }
                        }
                    }
                }
            }
            tbody {
                @for id in properties {
                    tr {
                        th.lab scope="row" { (property(view, id)) }
                        @for column in columns {
                            @match column.cell {
                                Ok(fit) => { (cell(weight(fit, id), titled)) }
                                Err(skipped) => { td.skip title=(why(skipped)) {} }
                            }
                        }
                    }
                }
            }
        }
    };
    scroll(label, &table)
}

fn rows(column: &Column) -> String {
    match column.cell {
        Ok(fit) => format::count(fit.rows),
        Err(Some(skipped)) => format!("{}, not fitted", format::count(skipped.rows)),
        Err(None) => "not fitted".to_owned(),
    }
}

fn why(skipped: Option<&Skipped>) -> String {
    skipped.map_or_else(
        || "not fitted".to_owned(),
        |s| format!("not fitted: {}", text::cut(&text::line(&s.reason), 300)),
    )
}

fn cell(weight: Option<&Weight>, titled: bool) -> Markup {
    let Some(w) = weight else { return html! { td.none { (format::MISSING) } } };
    let class = match (sure(w), rewarded(w)) {
        (true, true) => "p",
        (true, false) => "m",
        (false, true) => "p u",
        (false, false) => "m u",
    };
    let strength = (100.0 * Axis::WHOLE.strength(w.intensity())).round();
    let title = titled.then(|| spoken(w));
    html! { td class=(class) style={ "--v:" (strength) "%" } title=[title] { (format::intensity(w.intensity())) } }
}
