//! How are numbers drawn? Each module draws one kind of chart as inline SVG or as a table with colours.
//!
//! The charts are written here and not by a library of the browser: they cost a few kilobytes instead of megabytes,
//! print, follow the page's colours in light and dark, can be read by a screen reader and need no script. Horizontal
//! places are percentages of the chart's width, so that a chart fits any screen while its text keeps its size.

mod calibration;
mod curve;
mod differences;
mod dots;
mod expected;
mod heat;
mod map;
mod marks;
mod places;
mod ranges;
mod shares;
mod similarity;
mod waterfall;

pub(super) use calibration::calibration;
pub(super) use curve::{Line, curve};
pub(super) use differences::{Difference, differences, gauge, unsure_differences};
pub(super) use dots::{Dots, NUMBERED, Panel, key};
pub(super) use expected::{Told, expected};
pub(super) use heat::heat;
pub(super) use map::map;
pub(super) use marks::{Marked, marks};
pub(super) use places::place;
pub(super) use ranges::ranges;
pub(super) use shares::{bar, shares, split};
pub(super) use similarity::{agreement, matrix};
pub(super) use waterfall::waterfall;
