//! What are points, and how far does an interval reach?

/// A difference in log-odds that makes one win ten times as often, in points.
pub(super) const SCALE: f64 = 400.0;
/// The points of an average competitor.
pub(super) const CENTRE: f64 = 1000.0;
/// Standard errors to either side of a 95 % interval.
pub(super) const Z: f64 = 1.959_963_984_540_054;
