//! How far are values from zero, or from no bias? Intervals with a mark on a common axis.

use maud::{Markup, html};
use predilect_results::comparison::Interval;

use crate::format;

use super::places::place;

/// One row: its name, whatever markup that is, and its interval.
pub(in crate::html) struct Difference {
    /// The name.
    pub(in crate::html) name: Markup,
    /// The estimate with its ends.
    pub(in crate::html) by: Interval,
}

/// Intervals around zero, a mark hollow where its interval contains zero, on an axis that contains them all; their level and decimals as
/// given.
pub(in crate::html) fn differences(rows: &[Difference], what: &str, of: (&str, usize)) -> Markup {
    marked(rows, what, of, sure)
}

/// The same where it is not the intervals that say which differences are sure, since one of many is beyond zero by chance: none is.
pub(in crate::html) fn unsure_differences(rows: &[Difference], what: &str, of: (&str, usize)) -> Markup {
    marked(rows, what, of, |_| false)
}

fn marked(
    rows: &[Difference],
    what: &str,
    (level, places): (&str, usize),
    sure: impl Fn(Interval) -> bool,
) -> Markup {
    let reach =
        rows.iter().flat_map(|row| [row.by.low, row.by.high]).fold(0.0, |most: f64, x| most.max(x.abs()));
    let half = nice(reach);
    let at = |x: f64| place(0.5 + x / (2.0 * half));
    // As few as write half of the axis exactly, two at most.
    let digits =
        (0..2).find(|&digits| (half / 2.0 * 10_f64.powi(digits)).fract().abs() < 1e-9).unwrap_or(2) as usize;
    html! {
        table.dots.wide-names {
            thead {
                tr {
                    th.lab scope="col" { (what) }
                    th.plot scope="col" {
                        svg.scale width="100%" height="18" aria-hidden="true" {
                            @for step in [-1.0, -0.5, 0.0, 0.5, 1.0] {
                                text x=(at(step * half)) y="13" text-anchor="middle" { (format::decimal(step * half, digits)) }
                            }
                        }
                    }
                    th.num scope="col" { (level) }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th.lab scope="row" { (row.name) }
                        td.plot {
                            svg width="100%" height="24" aria-hidden="true" {
                                g.s.c0.unsure[!sure(row.by)] transform="translate(0,12)" {
                                    line x1=(at(row.by.low)) x2=(at(row.by.high)) y1="0" y2="0" {}
                                    svg x=(at(row.by.value)) y="0" width="1" height="1" overflow="visible" { use href="#m0" {} }
                                }
                            }
                        }
                        td.num.span { (format::decimal(row.by.value, places)) span.means { (format::bounds((row.by.low, row.by.high), places)) } }
                    }
                }
            }
        }
    }
}

/// Whether an interval is on one side of zero.
fn sure(by: Interval) -> bool {
    by.low > 0.0 || by.high < 0.0
}

/// The smallest of 1, 2, 2.5, 5 times a power of ten that is at least `reach`.
fn nice(reach: f64) -> f64 {
    if !(reach > 0.0 && reach.is_finite()) {
        return 1.0;
    }
    let power = 10_f64.powf(reach.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .map(|step| step * power)
        .find(|half| *half >= reach)
        .unwrap_or(reach)
}

/// A share with its interval on a line from 0 to 100 %, the value of no bias marked.
pub(in crate::html) fn gauge(share: Interval, neutral: f64, sure: bool) -> Markup {
    html! {
        svg.gauge width="100%" height="16" aria-hidden="true" {
            line.track x1=(place(0.0)) x2=(place(1.0)) y1="8" y2="8" {}
            line.half x1=(place(neutral)) x2=(place(neutral)) y1="2" y2="14" {}
            line.reach.loud[sure] x1=(place(share.low)) x2=(place(share.high)) y1="8" y2="8" {}
            circle.loud[sure] cx=(place(share.value)) cy="8" r="4" {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_ends_at_a_round_number() {
        assert_eq!([0.07, 0.4, 1.0, 2.2, 7.0].map(nice), [0.1, 0.5, 1.0, 2.5, 10.0]);
        assert_eq!(nice(0.0), 1.0);
        assert_eq!(nice(f64::NAN), 1.0);
    }
}
