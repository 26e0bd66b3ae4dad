//! Numbers over steps, as lines.

use maud::{Markup, html};

use crate::format;
use crate::training::number;

/// One line.
pub(in crate::html) struct Line<'a> {
    /// What it shows.
    pub(in crate::html) name: &'a str,
    /// Step and value, by step.
    pub(in crate::html) points: Vec<(f64, f64)>,
    /// Whether its points are few and shown as such.
    pub(in crate::html) marked: bool,
}

/// Width and height of the drawing in its own units; the page stretches it.
const SIZE: (f64, f64) = (600.0, 180.0);

/// Lines over steps, with the ends of both axes named.
pub(in crate::html) fn curve(title: &str, lines: &[Line<'_>], places: usize) -> Markup {
    let all = || lines.iter().flat_map(|line| &line.points).filter(|(_, y)| y.is_finite());
    let (first, most) =
        all().fold((f64::INFINITY, 1.0), |(first, most), (x, _)| (first.min(*x), f64::max(most, *x)));
    let steps = if most > first { most - first } else { 1.0 };
    let (low, high) =
        all().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), (_, y)| (low.min(*y), high.max(*y)));
    if !low.is_finite() {
        return html! {};
    }
    let span = if high > low { high - low } else { 1.0 };
    let place = |(x, y): (f64, f64)| ((x - first) / steps * SIZE.0, SIZE.1 - (y - low) / span * SIZE.1);
    let ends = ends(low, high, places);
    html! {
        figure.curve {
            figcaption { (title) }
            div.frame {
                span.high { (ends[1]) }
                span.low { (ends[0]) }
                svg viewBox={ "-4 -4 " (SIZE.0 + 8.0) " " (SIZE.1 + 8.0) } preserveAspectRatio="none" role="img" aria-label=(title) {
                    @for (number, line) in lines.iter().enumerate() {
                        polyline class={ "line l" (number) } points=(points(line, &place)) {}
                    }
                }
            }
            p.steps { span { (format::whole(first)) } span { "step " (format::whole(most)) } }
            @if lines.len() > 1 {
                p.legend { @for (number, line) in lines.iter().enumerate() { span class={ "l" (number) } { (line.name) } " " } }
            }
        }
    }
}

/// Both ends of the axis, with as many decimals as are needed to distinguish them.
fn ends(low: f64, high: f64, places: usize) -> [String; 2] {
    let of = |places: usize| [low, high].map(|x| number(x, places));
    (places..places + 6).map(of).find(|[low, high]| low != high).unwrap_or_else(|| of(places))
}

fn points(line: &Line<'_>, place: &impl Fn((f64, f64)) -> (f64, f64)) -> String {
    // A line of a thousand points is one of a pixel each: the rest are means.
    let part = if line.marked { 1 } else { line.points.len().div_ceil(600).max(1) };
    let mean = |points: &[(f64, f64)]| {
        let count = points.len() as f64;
        let (x, y) = points.iter().fold((0.0, 0.0), |sum, point| (sum.0 + point.0, sum.1 + point.1));
        (x / count, y / count)
    };
    let all: Vec<String> = line
        .points
        .chunks(part)
        .map(mean)
        .filter(|(_, y)| y.is_finite())
        .map(|point| {
            let (x, y) = place(point);
            format!("{x:.1},{y:.1}")
        })
        .collect();
    all.join(" ")
}
