//! Are weights causes?

use std::io;

use predilect_results::verifying::VerifyJson;

use super::style::{BOLD, Out, head, heading, paint};
use crate::steering::{cell, label, range, signed};
use crate::text;
use crate::verifying::{change, method, sentences, title, worthless};

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

fn effects(found: &VerifyJson, out: &mut Out) -> io::Result<()> {
    heading(
        out,
        "Effects",
        "The weight is the fitted one in the direction of the edit; expected: from all comparisons before and after.",
    )?;
    let names: Vec<String> = found.effects.iter().map(|e| format!("{} ({})", change(e), e.edit)).collect();
    let name = names.iter().map(|name| text::columns(name)).max().unwrap_or(0).clamp(6, 44);
    out.line(&paint(
        BOLD,
        &format!(
            "{} pairs prompts  {:<21} {:<20} {:<21} verdict",
            text::left("Change", name),
            "preference",
            "weight",
            "expected"
        ),
    ))?;
    for (effect, own) in found.effects.iter().zip(&names) {
        let sure = (effect.low > 0.0 || effect.high < 0.0) && effect.verdict != "too few";
        let moved = format!("{} {}", signed(effect.change, 1), range(effect.low, effect.high, 1));
        let moved = text::left(&moved, 21);
        out.line(&format!(
            "{} {} {}  {} {} {} {}",
            text::left(own, name),
            text::right(&effect.pairs.to_string(), 5),
            text::right(&effect.prompts.to_string(), 7),
            if sure { paint(BOLD, &moved) } else { moved },
            text::left(&cell(effect.weight, effect.weight_low, effect.weight_high, 2), 20),
            text::left(&cell(effect.predicted, effect.predicted_low, effect.predicted_high, 1), 21),
            effect.verdict
        ))?;
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
