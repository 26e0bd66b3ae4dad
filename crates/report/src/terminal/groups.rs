//! What differs by group: the few strongest properties of each judge in each group, and the groups left out.

use std::collections::BTreeMap;
use std::io;

use predilect_analysis::result::{Fit, Weight};

use super::style::{BOLD, DIM, DOWN, Out, UP, WARN, paint};
use crate::format;
use crate::text;
use crate::view::{View, sure_ones};
use crate::words;

/// Rewarded properties shown per group.
const UPS: usize = 3;
/// Penalised properties shown per group.
const DOWNS: usize = 2;

/// A line or two per judge and group: the strongest sure properties.
pub(super) fn groups(view: &View, out: &mut Out) -> io::Result<()> {
    let others = view.other_groups();
    if !view.d.fits.iter().any(|fit| fit.group != view.main) {
        return Ok(());
    }
    out.blank()?;
    out.line(&paint(BOLD, "By group"))?;
    let most = format!("up to {UPS} rewarded (▲), {DOWNS} penalised (▼)");
    out.wrapped(
        DIM,
        &format!("The strongest sure properties with their intensities: {most}. {}", words::SHRUNK),
    )?;
    let name =
        others.iter().map(|g| text::columns(&text::line(g))).max().unwrap_or(0).min(24).min(out.width / 4);
    let rows = view.d.fits.iter().map(|f| format::count(f.rows).len()).max().unwrap_or(1);
    for judge in &view.judges {
        let fits: Vec<&Fit> = others.iter().filter_map(|group| view.fit(judge, group)).collect();
        if fits.is_empty() {
            continue;
        }
        out.blank()?;
        out.line(&paint(BOLD, &text::cut(&text::line(judge), out.width)))?;
        for fit in fits {
            let head = format!(
                "  {}  {}  ",
                text::left(&text::line(&fit.group), name),
                text::right(&format::count(fit.rows), rows)
            );
            group(view, out, fit, &head)?;
        }
    }
    Ok(())
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
    // The head stands once, in front of whatever comes first.
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
