//! What do several judges make of each property, where nothing is known of how sure that is? Marks without intervals.

use maud::{Markup, html};

use super::dots::{NUMBERED, ends, scale};
use super::places::at;
use crate::format;
use crate::html::parts::SERIES;
use crate::text;
use crate::view::Axis;

/// One row: its name, whatever markup that is, a value for each judge, and what stands beside them.
pub(in crate::html) struct Marked {
    /// The name.
    pub(in crate::html) name: Markup,
    /// The values in %, in the order of the judges.
    pub(in crate::html) values: Vec<f64>,
    /// What stands at the end of the row.
    pub(in crate::html) beside: Option<Markup>,
    /// Whether the row is the one that is looked at.
    pub(in crate::html) chosen: bool,
}

/// Intensities of up to six judges around 50 %, on an axis that holds them all; `beside` heads the last column, where there is one.
pub(in crate::html) fn marks(judges: &[String], rows: &[Marked], beside: Option<&str>) -> Markup {
    let axis = Axis::around(rows.iter().flat_map(|row| row.values.iter().copied()));
    let numbers = judges.len() <= NUMBERED;
    let step = if numbers { 15 } else { 9 };
    html! {
        table.dots.marks {
            thead {
                tr {
                    th.lab scope="col" { "Property" }
                    th.plot scope="col" { (ends()) (scale(axis)) }
                    @if numbers { th.num scope="col" { "%" } }
                    @if let Some(beside) = beside { th.num.beside scope="col" { (beside) } }
                }
            }
            tbody {
                @for row in rows {
                    tr.chosen[row.chosen] {
                        th.lab scope="row" { (row.name) }
                        td.plot {
                            svg width="100%" height=(judges.len() * step + 12) role="img" aria-label=(spoken(judges, &row.values)) {
                                @for (slot, value) in row.values.iter().enumerate() {
                                    g.s.{ "c" (slot % SERIES) } transform={ "translate(0," (6 + step / 2 + slot * step) ")" } {
                                        title { (one(&judges[slot], *value)) }
                                        svg x=(at(axis, *value)) y="0" width="1" height="1" overflow="visible" { use href={ "#m" (slot % SERIES) } {} }
                                    }
                                }
                            }
                        }
                        @if numbers {
                            td.num { @for (slot, value) in row.values.iter().enumerate() { span.ink.{ "c" (slot % SERIES) } { (format::intensity(*value)) } } }
                        }
                        @if beside.is_some() { td.num.beside { @if let Some(beside) = &row.beside { (beside) } } }
                    }
                }
            }
        }
    }
}

fn one(judge: &str, value: f64) -> String {
    format!("{}: {}\u{a0}%", text::line(judge), format::intensity(value))
}

fn spoken(judges: &[String], values: &[f64]) -> String {
    let all: Vec<String> = judges.iter().zip(values).map(|(judge, value)| one(judge, *value)).collect();
    all.join("; ")
}
