//! How long are the responses of each side? Ranges from the 5 % to the 95 % quantile with median and mean.

use maud::{Markup, html};
use predilect_results::LengthSummary;

use crate::format;

use super::places::place;

/// One range per name, on one scale from 0 words on.
pub(in crate::html) fn ranges(rows: &[(&str, LengthSummary)]) -> Markup {
    let most = rows.iter().flat_map(|(_, l)| [l.q95, l.mean]).filter(|x| x.is_finite()).fold(1.0, f64::max);
    let at = |words: f64| place(if words.is_finite() { words / most } else { 0.0 });
    html! {
        table.ranges {
            thead {
                tr {
                    th.lab scope="col" { "Response" }
                    th.plot scope="col" { "Words" }
                    @for what in ["Median", "Mean", "5–95\u{a0}%"] { th.num scope="col" { (what) } }
                }
            }
            tbody {
                @for (name, l) in rows {
                    tr {
                        th.lab scope="row" { (name) }
                        td.plot {
                            svg width="100%" height="22" aria-hidden="true" {
                                line.range x1=(at(l.q05)) x2=(at(l.q95)) y1="11" y2="11" {}
                                line.median x1=(at(l.q50)) x2=(at(l.q50)) y1="4" y2="18" {}
                                circle.mean cx=(at(l.mean)) cy="11" r="4" {}
                            }
                        }
                        td.num { (format::words(l.q50)) }
                        td.num { (format::words(l.mean)) }
                        td.num { (format::words(l.q05)) "–" (format::words(l.q95)) }
                    }
                }
            }
        }
    }
}
