//! How do differences add up to a probability? Bars that begin where the ones before left off.

use maud::{Markup, html};
use predilect_results::{Contribution, Explanation};

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
    let (low, high) = axis(low, high);
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
                                text x=(at(p)) y="13" text-anchor="middle" { (format::decimal(100.0 * p, 1)) "\u{a0}%" }
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
                            @if let Some((low, high)) = step.reach { span.means { "[" (signed(low)) ", " (signed(high)) "]" } }
                        }
                    }
                }
            }
        }
    }
}

/// The ends of the axis: in steps of 5 points around all stops, and never beyond what a probability can be.
fn axis(low: f64, high: f64) -> (f64, f64) {
    let low = ((low * 20.0).floor() / 20.0).clamp(0.0, 0.95);
    (low, ((high * 20.0).ceil() / 20.0).max(low + 0.05).min(1.0))
}

/// The width of a bar, in percent of the chart.
fn span(step: &Step, low: f64, high: f64) -> String {
    let [from, to] = [step.from, step.to].map(|p| p.clamp(low, high));
    let share = (to - from).abs() / (high - low) * (100.0 - 2.0 * super::places::MARGIN);
    format!("{:.2}%", share.max(0.25))
}

/// The largest contributions, in an order in which all stops are probabilities: each may be added at any time, so the largest that does not
/// lead beyond 0 or 1 comes next.
fn ordered(e: &Explanation) -> Vec<&Contribution> {
    let mut left: Vec<&Contribution> = e.contributions.iter().take(MOST).collect();
    let mut at = e.base;
    let mut out = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let next = left.iter().position(|c| (0.0..=1.0).contains(&(at + c.shap))).unwrap_or(0);
        let next = left.remove(next);
        at += next.shap;
        out.push(next);
    }
    out
}

fn steps(e: &Explanation) -> Vec<Step> {
    let mut at = e.base;
    let mut steps: Vec<Step> = ordered(e)
        .into_iter()
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_end_at_0_and_1() {
        assert_eq!(axis(0.31, 1.06), (0.3, 1.0));
        assert_eq!(axis(-0.02, 0.52), (0.0, 0.55));
        assert_eq!(axis(0.5, 0.5), (0.5, 0.55));
        assert_eq!(axis(1.0, 1.0), (0.95, 1.0));
    }
}
