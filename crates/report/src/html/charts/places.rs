//! Positions of things on a chart.

use crate::view::Axis;

/// Room left free at each end of an axis, in percent of the width.
pub(super) const MARGIN: f64 = 3.0;

/// A place in 0..1 as a percentage of the chart's width, inside its margins.
pub(in crate::html) fn place(position: f64) -> String {
    format!("{:.2}%", MARGIN + position.clamp(0.0, 1.0) * (100.0 - 2.0 * MARGIN))
}

/// Where an intensity is drawn.
pub(super) fn at(axis: Axis, percent: f64) -> String {
    place(axis.position(percent))
}
