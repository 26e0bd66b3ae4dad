//! When the model says 70 %, does A win 70 times in 100? Held-out predictions against what happened.

use maud::{Markup, html};
use predilect_results::CalibrationBin;

use crate::format;

/// Side of the plotting area and the room for labels, in pixels.
const SIDE: f64 = 180.0;
const LEFT: f64 = 34.0;
const TOP: f64 = 8.0;
const BOTTOM: f64 = 34.0;

/// Dots on or off the diagonal; larger dots represent more verdicts.
pub(in crate::html) fn calibration(bins: &[CalibrationBin]) -> Markup {
    let x = |p: f64| round(LEFT + SIDE * p.clamp(0.0, 1.0));
    let y = |p: f64| round(TOP + SIDE * (1.0 - p.clamp(0.0, 1.0)));
    let most = bins.iter().map(|b| b.count).max().unwrap_or(1).max(1);
    let radius = |n: u64| round(2.5 + 5.5 * (n as f64 / most as f64).sqrt());
    let bins: Vec<&CalibrationBin> =
        bins.iter().filter(|b| b.predicted.is_finite() && b.observed.is_finite()).collect();
    html! {
        svg.calibration role="img" aria-label=(spoken(&bins))
            viewBox={ "0 0 " (LEFT + SIDE + 10.0) " " (TOP + SIDE + BOTTOM) } {
            rect.area x=(LEFT) y=(TOP) width=(SIDE) height=(SIDE) {}
            line.diagonal x1=(x(0.0)) y1=(y(0.0)) x2=(x(1.0)) y2=(y(1.0)) {}
            @for tick in [0.0, 0.5, 1.0] {
                text x=(x(tick)) y=(TOP + SIDE + 14.0) text-anchor="middle" { (format::rating(100.0 * tick)) }
                text x=(LEFT - 5.0) y=(y(tick) + 4.0) text-anchor="end" { (format::rating(100.0 * tick)) }
            }
            text.axis x=(LEFT + SIDE / 2.0) y=(TOP + SIDE + 29.0) text-anchor="middle" { "predicted: A wins, %" }
            text.axis transform={ "translate(9," (TOP + SIDE / 2.0) ") rotate(-90)" } text-anchor="middle" {
                "observed, %"
            }
            @for b in bins {
                circle cx=(x(b.predicted)) cy=(y(b.observed)) r=(radius(b.count)) {
                    title {
                        "predicted " (format::share(b.predicted)) ", observed " (format::share(b.observed)) ", "
                        (format::counted(b.count, "verdict", "verdicts"))
                    }
                }
            }
        }
    }
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

fn spoken(bins: &[&CalibrationBin]) -> String {
    let one = |b: &&CalibrationBin| {
        format!("predicted {} observed {}", format::share(b.predicted), format::share(b.observed))
    };
    format!("Calibration: {}", bins.iter().map(one).collect::<Vec<_>>().join("; "))
}
