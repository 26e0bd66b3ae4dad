//! Are weights causes?

use std::io;

use predilect_results::verifying::{Effect, VerifyJson};

use super::style::{BOLD, Out, head, heading, paint};
use crate::steering::{cell, label, range, signed};
use crate::text;
use crate::verifying::{change, meanings, method, sentences, title, worthless};

/// Writes a run of `verify`, for a terminal of `width` columns (0: not known, 80 is taken).
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_verifying(found: &VerifyJson, out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let mut out = Out::new(out, width);
    head(&mut out, (&title(found), &method(found)), &sentences(found), &found.remarks)?;
    effects(found, &mut out)?;
    worthless_changes(found, &mut out)?;
    dropped(found, &mut out)
}

/// A column beside the verdict and the change: its title, its width, and what it says of an effect.
type Beside = (&'static str, usize, fn(&Effect) -> String);
/// The width of verdicts.
const VERDICT: usize = 16;
/// The width of changes.
const CHANGE: usize = 23;
/// The columns beside them, the most telling first.
const BESIDE: [Beside; 5] = [
    ("weight", 20, |effect| cell(effect.weight, effect.weight_low, effect.weight_high, 2)),
    ("expected", 21, |effect| cell(effect.predicted, effect.predicted_low, effect.predicted_high, 1)),
    ("by length", 9, |effect| cell(effect.by_length, None, None, 1)),
    ("pairs", 5, |effect| effect.pairs.to_string()),
    ("prompts", 7, |effect| effect.prompts.to_string()),
];

fn effects(found: &VerifyJson, out: &mut Out) -> io::Result<()> {
    heading(
        out,
        "Effects",
        "The weight is the fitted one in the direction of the edit; expected: from all comparisons before and after; by length: what as much \
         more or less text alone does, of which a cause is surely more than twice as much.",
    )?;
    let names: Vec<String> = found.effects.iter().map(|e| format!("{} ({})", change(e), e.edit)).collect();
    let name = names.iter().map(|name| text::columns(name)).max().unwrap_or(0).clamp(6, 44);
    // The verdict comes first; of the rest as many columns as there is room for, and names on lines of their own where they would take that of
    // the weight and of what it predicts.
    let room = out.width.saturating_sub(VERDICT + CHANGE + 3).max(16);
    let above = name + BESIDE[0].1 + BESIDE[1].1 + 1 > room;
    let name = if above { 0 } else { name };
    let mut left = room - name;
    let shown: Vec<&Beside> = BESIDE
        .iter()
        .take_while(|(_, width, _)| {
            let fits = left > *width;
            left = left.saturating_sub(width + 1);
            fits
        })
        .collect();
    let line = |own: &str, verdict: &str, moved: &str, beside: &dyn Fn(&Beside) -> String| {
        let beside: Vec<String> = shown.iter().map(|column| text::left(&beside(column), column.1)).collect();
        format!("{} {} {moved} {}", text::left(own, name), text::left(verdict, VERDICT), beside.join(" "))
            .trim_end()
            .to_owned()
    };
    let title = text::left("preference", CHANGE);
    let first = if above { "" } else { "Change" };
    out.line(&paint(BOLD, &line(first, "verdict", &title, &|(title, ..)| (*title).to_owned())))?;
    for (effect, own) in found.effects.iter().zip(&names) {
        let sure = (effect.low > 0.0 || effect.high < 0.0) && effect.verdict != "too few";
        let moved = format!("{} {}", signed(effect.change, 1), range(effect.low, effect.high, 1));
        let moved = text::left(&moved, CHANGE);
        let moved = if sure { paint(BOLD, &moved) } else { moved };
        if above {
            out.line(own)?;
        }
        let own = if above { "" } else { own };
        out.line(&line(own, &effect.verdict, &moved, &|(.., of)| of(effect)))?;
    }
    for (verdict, meaning) in meanings(found) {
        out.hanging(&format!("{}  ", text::left(verdict, VERDICT)), meaning)?;
    }
    Ok(())
}

fn worthless_changes(found: &VerifyJson, out: &mut Out) -> io::Result<()> {
    let all = worthless(found);
    if !all.is_empty() {
        heading(
            out,
            "What a worthless change can win",
            "Pairs that the response had lost and wins by the change alone.",
        )?;
        for (what, tried, won) in all {
            out.line(&format!(
                "  {} {} of {}",
                text::left(&what, 40),
                text::right(&won.to_string(), 4),
                tried
            ))?;
        }
    }
    Ok(())
}

fn dropped(found: &VerifyJson, out: &mut Out) -> io::Result<()> {
    if !found.dropped.is_empty() {
        heading(out, "Edits that were dropped", "They did not do what they should, or they did more.")?;
        for (id, reasons) in &found.dropped {
            let all: Vec<String> = reasons.iter().map(|(why, n)| format!("{n} {why}")).collect();
            out.hanging(&format!("  {} ", text::left(&label(id), 24)), &all.join("; "))?;
        }
    }
    Ok(())
}
