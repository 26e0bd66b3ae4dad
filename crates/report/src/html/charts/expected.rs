//! Does what was measured lie where it was expected? Changes with their intervals on both axes.

use maud::{Markup, html};
use predilect_results::comparison::Interval;

use crate::format;
use crate::steering::signed;
use crate::text;

/// Side of the plotting area and the room for labels, in pixels.
const SIDE: f64 = 260.0;
const LEFT: f64 = 44.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 36.0;
/// Names stand beside the points of so few.
const NAMED: usize = 8;

/// One change, in points of preference.
pub(in crate::html) struct Told {
    /// What it is.
    pub(in crate::html) name: String,
    /// What the weights let expect.
    pub(in crate::html) expected: Interval,
    /// What was measured; a value alone has equal ends.
    pub(in crate::html) measured: Interval,
}

/// A point for each change, on the diagonal where both agree.
pub(in crate::html) fn expected(changes: &[Told]) -> Markup {
    let known = |by: &Interval| by.value.is_finite() && by.low.is_finite() && by.high.is_finite();
    let changes: Vec<&Told> =
        changes.iter().filter(|one| known(&one.expected) && known(&one.measured)).collect();
    let ends = changes.iter().flat_map(|one| [one.expected, one.measured]).flat_map(|by| [by.low, by.high]);
    let most = ends.map(f64::abs).fold(5.0, f64::max);
    let end = (most / 5.0).ceil() * 5.0;
    let share = |x: f64| (x.clamp(-end, end) + end) / (2.0 * end);
    let x = |value: f64| round(LEFT + SIDE * share(value));
    let y = |value: f64| round(TOP + SIDE * (1.0 - share(value)));
    html! {
        svg.calibration.expected role="img" aria-label=(spoken(&changes)) viewBox={ "0 0 " (LEFT + SIDE + 20.0) " " (TOP + SIDE + BOTTOM) } {
            rect.area x=(LEFT) y=(TOP) width=(SIDE) height=(SIDE) {}
            line.diagonal x1=(x(-end)) y1=(y(-end)) x2=(x(end)) y2=(y(end)) {}
            line.zero x1=(x(0.0)) y1=(y(-end)) x2=(x(0.0)) y2=(y(end)) {}
            line.zero x1=(x(-end)) y1=(y(0.0)) x2=(x(end)) y2=(y(0.0)) {}
            @for tick in [-end, 0.0, end] {
                text x=(x(tick)) y=(TOP + SIDE + 15.0) text-anchor="middle" { (signed(tick, 0)) }
                text x=(LEFT - 5.0) y=(y(tick) + 4.0) text-anchor="end" { (signed(tick, 0)) }
            }
            text.axis x=(LEFT + SIDE / 2.0) y=(TOP + SIDE + 31.0) text-anchor="middle" { "expected, points" }
            text.axis transform={ "translate(10," (TOP + SIDE / 2.0) ") rotate(-90)" } text-anchor="middle" { "measured, points" }
            @for one in &changes {
                g {
                    title { (said(one)) }
                    line.range x1=(x(one.expected.low)) y1=(y(one.measured.value)) x2=(x(one.expected.high)) y2=(y(one.measured.value)) {}
                    line.range x1=(x(one.expected.value)) y1=(y(one.measured.low)) x2=(x(one.expected.value)) y2=(y(one.measured.high)) {}
                    circle cx=(x(one.expected.value)) cy=(y(one.measured.value)) r="4" {}
                    @if changes.len() <= NAMED { (label(one, x(one.expected.value), y(one.measured.value))) }
                }
            }
        }
    }
}

/// The name of a point, on the side where there is room.
fn label(one: &Told, x: f64, y: f64) -> Markup {
    let right = x < LEFT + SIDE / 2.0;
    let at = if right { x + 7.0 } else { x - 7.0 };
    html! {
        text x=(round(at)) y=(round(y - 6.0)) text-anchor=(if right { "start" } else { "end" }) { (text::cut(&text::line(&one.name), 28)) }
    }
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

fn said(one: &Told) -> String {
    let of = |by: Interval| {
        let value = signed(by.value, 1);
        if by.high > by.low { format!("{value} {}", format::bounds((by.low, by.high), 1)) } else { value }
    };
    format!("{}: expected {}, measured {}", text::line(&one.name), of(one.expected), of(one.measured))
}

fn spoken(changes: &[&Told]) -> String {
    format!("Expected and measured: {}", changes.iter().map(|one| said(one)).collect::<Vec<_>>().join("; "))
}
