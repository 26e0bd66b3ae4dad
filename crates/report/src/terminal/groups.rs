//! What differs by group: the few strongest properties of each judge in each group, and the groups left out.

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use predilect_results::{Fit, Weight};

use super::style::{BOLD, DIM, DOWN, Out, UP, WARN, paint};
use crate::format;
use crate::text;
use crate::view::{View, sure_ones};
use crate::words;

/// Rewarded properties shown per group.
const UPS: usize = 3;
/// Penalised properties shown per group.
const DOWNS: usize = 2;

/// Up to this many groups of a judge in which nothing is sure have a line each.
const LISTED: usize = 4;
/// Columns left for what is said of a group.
const TEXT: usize = 40;
/// Groups in which nothing is sure that are named.
const NAMED: usize = 12;

/// A line or two per judge and group: the strongest sure properties.
pub(super) fn groups(view: &View, out: &mut Out) -> io::Result<()> {
    let others = view.other_groups();
    if !view.is_grouped() {
        return Ok(());
    }
    out.blank()?;
    out.line(&paint(BOLD, "By group"))?;
    let most = format!("up to {UPS} rewarded (▲), {DOWNS} penalised (▼)");
    out.wrapped(
        DIM,
        &format!("The strongest sure properties with their intensities: {most}. {}", words::SHRUNK),
    )?;
    let name = name_width(&others.iter().map(|g| text::line(g)).collect::<Vec<_>>(), out.width);
    let rows = view.d.fits.iter().map(|f| format::count(f.rows).len()).max().unwrap_or(1);
    for judge in &view.judges {
        let of_judge: Vec<&Fit> = others.iter().filter_map(|group| view.fit(judge, group)).collect();
        if of_judge.is_empty() {
            continue;
        }
        out.blank()?;
        out.line(&paint(BOLD, &text::cut(&text::line(judge), out.width)))?;
        // Where many groups show nothing, a line for each would hide those that show something.
        let (empty, shown): (Vec<&Fit>, Vec<&Fit>) = of_judge.iter().partition(|fit| is_empty(fit));
        let (empty, listed) = if empty.len() > LISTED { (empty, shown) } else { (Vec::new(), of_judge) };
        for fit in listed {
            let head = format!(
                "  {}  {}  ",
                text::left(&text::line(&fit.group), name),
                text::right(&format::count(fit.rows), rows)
            );
            group(view, out, fit, &head)?;
        }
        nothing_sure(out, &empty)?;
    }
    Ok(())
}

/// Wide enough that no two groups read alike where there is room.
fn name_width(names: &[String], width: usize) -> usize {
    let longest = names.iter().map(|name| text::columns(name)).max().unwrap_or(0);
    let usual = longest.min(24).min(width / 4);
    let read: BTreeSet<String> = names.iter().map(|name| text::cut(name, usual)).collect();
    if read.len() < names.len() { longest.min(width.saturating_sub(TEXT)).max(usual) } else { usual }
}

fn is_empty(fit: &Fit) -> bool {
    fit.converged && sure_ones(fit, true).is_empty() && sure_ones(fit, false).is_empty()
}

/// The groups in which no direction is sure, by name.
fn nothing_sure(out: &mut Out, fits: &[&Fit]) -> io::Result<()> {
    if fits.is_empty() {
        return Ok(());
    }
    let mut names: Vec<String> =
        fits.iter().take(NAMED).map(|fit| text::cut(&text::line(&fit.group), 60)).collect();
    if fits.len() > NAMED {
        names.push(format!("{} more", format::count((fits.len() - NAMED) as u64)));
    }
    let count = words::counted(fits.len(), "group", "groups");
    let [least, most] =
        [fits.iter().map(|f| f.rows).min(), fits.iter().map(|f| f.rows).max()].map(Option::unwrap_or_default);
    let each = if least == most {
        format!("{} verdicts each", format::count(least))
    } else {
        format!("{} to {} verdicts each", format::count(least), format::count(most))
    };
    out.hanging("  ", &format!("· nothing is sure in {count} ({each}): {}", names.join(", ")))
}

fn group(view: &View, out: &mut Out, fit: &Fit, head: &str) -> io::Result<()> {
    let list = |weights: Vec<&Weight>, most: usize| {
        let name = |w: &&Weight| {
            let proxy = if view.proxy(&w.property) { "\u{a0}~" } else { "" };
            format!("{}{proxy} {}", text::cut(&view.short(&w.property), 40), format::intensity(w.intensity()))
        };
        weights.iter().take(most).map(name).collect::<Vec<_>>().join(", ")
    };
    let indent = text::columns(head);
    // The head is printed once, before whatever comes first.
    let mut head = Some(paint(DIM, head));
    for (up, most, mark, style) in [(true, UPS, "▲", UP), (false, DOWNS, "▼", DOWN)] {
        let text = list(sure_ones(fit, up), most);
        for (i, line) in text::wrap(&text, out.width.saturating_sub(indent + 2)).iter().enumerate() {
            let mark = if i == 0 { paint(style, mark) } else { " ".to_owned() };
            let start = head.take().unwrap_or_else(|| " ".repeat(indent));
            out.line(&format!("{start}{mark} {line}"))?;
        }
    }
    if let Some(start) = head {
        out.line(&format!("{start}{}", paint(DIM, "· nothing is sure")))?;
    }
    if !fit.converged {
        let reason = fit.reason.as_deref().map(text::line).unwrap_or_default();
        out.wrapped(WARN, &format!("  not converged: {reason}"))?;
    }
    Ok(())
}

/// What was not fitted, by reason.
pub(super) fn skipped(view: &View, out: &mut Out) -> io::Result<()> {
    if view.d.skipped.is_empty() {
        return Ok(());
    }
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for s in &view.d.skipped {
        let group =
            format!("{} in {} ({})", text::line(&s.judge), text::line(&s.group), format::count(s.rows));
        by_reason.entry(&s.reason).or_default().push(text::cut(&group, 60));
    }
    out.blank()?;
    out.line(&paint(BOLD, "Not fitted"))?;
    for (reason, mut groups) in by_reason {
        let more = groups.len().saturating_sub(8);
        groups.truncate(8);
        if more > 0 {
            groups.push(format!("{} more", words::counted(more, "group", "groups")));
        }
        out.hanging("  ", &format!("{}: {}", text::line(reason), groups.join(", ")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_be_cut_to_the_same_are_given_more_room() {
        let names = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        let alike = names(&["solving_exam_question_with_math", "solving_exam_question_without_math"]);
        assert_eq!(name_width(&alike, 100), 34);
        assert_eq!(name_width(&names(&["solving_exam_question_with_math", "chitchat"]), 100), 24);
        // A narrow terminal keeps its room for what is said of them.
        assert_eq!(name_width(&alike, 40), 10);
        assert_eq!(name_width(&[], 100), 0);
    }
}
