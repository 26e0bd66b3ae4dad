//! What does one judge reward, property by property: the table with its bars.

use std::io;

use anstyle::Style;
use predilect_results::{Fit, Weight};

use super::style::{BOLD, DIM, DOWN, Out, UP, paint};
use crate::format;
use crate::text;
use crate::view::{Axis, View, by_surety, rewarded, strongest, sure};
use crate::words;

/// Columns of everything but the label and the bar, gaps included: mark, intensity, interval, P(sign).
const FIXED: usize = 3 + 8 + 2 + 10 + 2 + 7 + 2;
/// The shortest bar worth drawing.
const SHORTEST_BAR: usize = 11;
/// Nuisance terms shown; a study may have one per model.
const TERMS: usize = 6;

/// The widths that depend on the terminal.
struct Layout {
    label: usize,
    bar: usize,
}

impl Layout {
    fn new(width: usize, longest_label: usize) -> Self {
        let room = width.saturating_sub(FIXED);
        let label = longest_label.clamp(8, 34).min(room.saturating_sub(SHORTEST_BAR).max(8));
        let bar = room.saturating_sub(label).min(49);
        // An odd number of columns has one in the middle, for 50 %.
        Self { label, bar: if bar < SHORTEST_BAR { 0 } else { bar - (bar + 1) % 2 } }
    }
}

/// All properties of a fit, strongest first.
pub(super) fn properties(view: &View, out: &mut Out, fit: &Fit, axis: Axis) -> io::Result<()> {
    let name = |w: &Weight| view.label(&w.property) + if view.proxy(&w.property) { " ~" } else { "" };
    let weights = strongest(fit);
    if weights.is_empty() {
        let all = fit.weights.is_empty();
        return out.line(if all {
            "No property was fitted."
        } else {
            "No two of these responses differ in any property."
        });
    }
    let names: Vec<String> = weights.iter().map(|w| name(w)).collect();
    let longest = names.iter().map(|n| text::columns(n)).max().unwrap_or(0);
    let layout = Layout::new(out.width, longest);
    heading(out, &layout, axis)?;
    for (weight, name) in weights.iter().zip(&names) {
        row(out, &layout, name, weight, axis)?;
    }
    Ok(())
}

fn heading(out: &mut Out, layout: &Layout, axis: Axis) -> io::Result<()> {
    let mut line = format!("{}  Intensity  90 % range  P(sign)", text::left("Property", layout.label));
    if layout.bar > 0 {
        let ticks = axis.ticks();
        let (low, high) = (&ticks[0].1, &ticks[4].1);
        let half = layout.bar / 2;
        // 50 is placed with its first digit on the middle column.
        let left = text::left(low, half);
        let right = text::right(high, layout.bar - half - 2);
        line = [line.as_str(), "  ", &left, "50", &right].concat();
    }
    out.line(&paint(BOLD, line.trim_end()))
}

fn row(out: &mut Out, layout: &Layout, name: &str, w: &Weight, axis: Axis) -> io::Result<()> {
    let style = style(w);
    let label = name.strip_suffix(" ~").map_or_else(
        || text::left(name, layout.label),
        |bare| text::left(&(text::cut(bare, layout.label - 2) + " ~"), layout.label),
    );
    let bar =
        if layout.bar > 0 { format!("  {}", paint(style, &bar(w, axis, layout.bar))) } else { String::new() };
    out.line(&format!(
        "{label} {} {}  {}  {}{bar}",
        paint(style, mark(w)),
        paint(style.bold(), &text::right(&format!("{} %", format::intensity(w.intensity())), 8)),
        text::right(&format::interval(w.interval()), 10),
        text::right(&format::p_sign(w.p_sign()), 7),
    ))
}

/// The direction as a colour.
fn style(w: &Weight) -> Style {
    match (sure(w), rewarded(w)) {
        (false, _) => DIM,
        (true, true) => UP,
        (true, false) => DOWN,
    }
}

/// The direction as a sign.
fn mark(w: &Weight) -> &'static str {
    match (sure(w), rewarded(w)) {
        (false, _) => "·",
        (true, true) => "▲",
        (true, false) => "▼",
    }
}

/// The interval as a line with the mean on it, 50 % in the middle: `    │ ├──●─┤ `.
fn bar(w: &Weight, axis: Axis, width: usize) -> String {
    let column = |percent: f64| (axis.position(percent) * (width - 1) as f64).round() as usize;
    let (low, high) = w.interval();
    let (low, mean, high, middle) = (column(low), column(w.intensity()), column(high), width / 2);
    let cell = |i: usize| match i {
        _ if i == mean => {
            if sure(w) {
                '●'
            } else {
                '○'
            }
        }
        _ if i == middle && (low..=high).contains(&i) => '┼',
        _ if (low..=high).contains(&i) => '─',
        _ if i == middle => '│',
        _ => ' ',
    };
    (0..width).map(cell).collect::<String>().trim_end().to_owned()
}

/// The nuisance terms in the same likelihood and what they changed.
pub(super) fn terms(out: &mut Out, fit: &Fit) -> io::Result<()> {
    let mut terms: Vec<&Weight> = fit.terms.iter().collect();
    terms.sort_by(|a, b| by_surety(a, b));
    if !terms.is_empty() {
        let more = terms.len().saturating_sub(TERMS);
        let shown: Vec<String> = terms
            .iter()
            .take(TERMS)
            .map(|w| {
                let name = text::cut(&words::term(&w.property).0, 40);
                format!(
                    "{name} {}\u{a0}% ({})",
                    format::intensity(w.intensity()),
                    format::interval(w.interval())
                )
            })
            .collect();
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        out.blank()?;
        let against = words::against(fit).map_or_else(String::new, |words| format!(". {words}"));
        out.hanging("Nuisance terms: ", &format!("{}{more}{against}", shown.join("; ")))?;
    }
    match &fit.terms_note {
        Some(note) => out.wrapped(DIM, &text::line(note)),
        None => Ok(()),
    }
}
