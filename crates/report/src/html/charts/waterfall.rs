//! How do differences add up to a probability? Bars that begin where the ones before left off.

use maud::{Markup, html};
use predilect_results::Explanation;

use crate::format;
use crate::judging::mover;
use crate::text;

use super::places::place;

/// Contributions drawn; the others are one bar.
const MOST: usize = 10;

/// One step of the way.
struct Step {
    name: String,
    more: &'static str,
    from: f64,
    to: f64,
    /// The ends of its interval.
    reach: Option<(f64, f64)>,
}

/// From one half to the fitted probability for A.
pub(in crate::html) fn waterfall(e: &Explanation) -> Markup {
    let steps = steps(e);
    let all = steps.iter().flat_map(|step| [step.from, step.to]);
    let low = all.clone().fold(e.base, f64::min);
    let high = all.fold(e.base, f64::max);
    // In steps of 5 points around all stops.
    let (low, high) =
        ((low * 20.0).floor() / 20.0, ((high * 20.0).ceil() / 20.0).max((low * 20.0).floor() / 20.0 + 0.05));
    let at = |p: f64| place((p - low) / (high - low));
    let middle = f64::midpoint(low, high);
    html! {
        table.waterfall {
            thead {
                tr {
                    th.lab scope="col" { "Difference" }
                    th scope="col" { "more in" }
                    th.plot scope="col" {
                        svg.scale width="100%" height="18" aria-hidden="true" {
                            @for p in [low, middle, high] {
                                text x=(at(p)) y="13" text-anchor="middle" { (format::decimal(100.0 * p, 1)) " %" }
                            }
                        }
                    }
                    th.num scope="col" { "points" }
                }
            }
            tbody {
                @for step in &steps {
                    tr {
                        th.lab scope="row" { bdi { (step.name) } }
                        td { (step.more) }
                        td.plot {
                            svg width="100%" height="20" aria-hidden="true" {
                                @if (low..=high).contains(&0.5) { line.half x1=(at(0.5)) x2=(at(0.5)) y1="0" y2="20" {} }
                                rect.up[step.to >= step.from].down[step.to < step.from] x=(at(step.from.min(step.to))) y="3" height="14" rx="2"
                                    width=(span(step, low, high)) {}
                            }
                        }
                        td.num {
                            (signed(step.to - step.from))
                            @if let Some((low, high)) = step.reach { span.means { (signed(low)) " to " (signed(high)) } }
                        }
                    }
                }
            }
        }
    }
}

/// The width of a bar, in percent of the chart.
fn span(step: &Step, low: f64, high: f64) -> String {
    let share = (step.to - step.from).abs() / (high - low) * (100.0 - 2.0 * super::places::MARGIN);
    format!("{:.2}%", share.max(0.25))
}

fn steps(e: &Explanation) -> Vec<Step> {
    let mut at = e.base;
    let mut steps: Vec<Step> = e
        .contributions
        .iter()
        .take(MOST)
        .map(|c| {
            let from = at;
            at += c.shap;
            let more = if c.comparison > 0.0 { "A" } else { "B" };
            Step {
                name: text::cut(&mover(&c.property), 40),
                more,
                from,
                to: at,
                reach: Some((c.low, c.high)),
            }
        })
        .collect();
    let rest = e.contributions.len().saturating_sub(MOST);
    if rest > 0 {
        steps.push(Step { name: format!("{rest} others"), more: "", from: at, to: e.value, reach: None });
    }
    steps
}

fn signed(share: f64) -> String {
    format!("{}{}", if share > 0.0 { "+" } else { "" }, format::decimal(100.0 * share, 1))
}
