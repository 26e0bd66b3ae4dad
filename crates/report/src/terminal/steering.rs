//! How far was an evaluation moved?

use std::collections::BTreeMap;
use std::io;

use predilect_results::steering::{ArmRow, GroupPlan, SteerJson};

use super::style::{BOLD, Out, head, heading, paint};
use crate::format;
use crate::steering::{
    asked, cell, compares_models, is_sure, label, left_out, method, places, range, role, sentences, signed,
    title, took, unit, whose,
};
use crate::text;

/// Messages by arm and group of prompts.
type Messages = BTreeMap<String, BTreeMap<String, String>>;

/// Writes a run of `steer`, for a terminal of `width` columns (0: not known, 80 is taken).
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_steering(found: &SteerJson, out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let mut out = Out::new(out, width);
    head(&mut out, (&title(found), &method(found)), &sentences(found), &found.remarks)?;
    if compares_models(found) {
        models(found, &mut out)?;
        return responses(found, &mut out);
    }
    let mut judges: Vec<&str> = Vec::new();
    for row in &found.arms {
        if !judges.contains(&row.judge.as_str()) {
            judges.push(&row.judge);
        }
    }
    for judge in judges {
        let rows: Vec<&ArmRow> = found.arms.iter().filter(|row| row.judge == judge).collect();
        of_judge(found, &rows, &mut out)?;
    }
    plan(found, &mut out)?;
    responses(found, &mut out)
}

/// One model against another, judge by judge.
fn models(found: &SteerJson, out: &mut Out) -> io::Result<()> {
    heading(
        out,
        "Which of the two each judge prefers",
        &format!(
            "% won against {}; 90 % intervals over prompts; predicted: by the weights, from what the responses contain.",
            text::line(&found.against)
        ),
    )?;
    let name = found.arms.iter().map(|row| text::columns(&text::line(&row.judge))).max().unwrap_or(0).max(5);
    let line = |judge: &str, won: &str, bounds: &str, lc: &str, predicted: &str| {
        format!("{}  {won:>5} {bounds:<14} {lc:>15}  {predicted}", text::left(&text::line(judge), name))
    };
    out.line(&paint(BOLD, &line("Judge", "won", "90 %", "at equal length", "predicted")))?;
    for row in &found.arms {
        // The weights are the target's.
        let predicted = match (row.found, row.found_low, row.found_high) {
            (Some(mean), Some(low), Some(high)) if row.target => {
                format!(
                    "{} {}",
                    format::decimal(50.0 + mean, 1),
                    format::bounds((50.0 + low, 50.0 + high), 1)
                )
            }
            _ => format::MISSING.to_owned(),
        };
        out.line(&line(
            &row.judge,
            &format::decimal(row.score, 1),
            &format::bounds((row.low, row.high), 1),
            &row.at_equal_length()
                .map_or_else(|| format::MISSING.to_owned(), |(lc, ..)| format::decimal(lc, 1)),
            &predicted,
        ))?;
    }
    Ok(())
}

fn of_judge(found: &SteerJson, rows: &[&ArmRow], out: &mut Out) -> io::Result<()> {
    let Some(first) = rows.first() else { return Ok(()) };
    let digits = places(&first.protocol);
    let kind = role(found, first);
    heading(
        out,
        &text::line(&first.judge),
        &format!(
            "{kind}; {}; 90 % intervals over {}; shifts against the plain arm; predicted{}: by the weights of {}, in points of preference.",
            unit(&first.protocol),
            format::counted(first.prompts, "prompt", "prompts"),
            if first.protocol == "mt_bench" { " (and measured beside it)" } else { "" },
            text::line(&found.judge),
        ),
    )?;
    // Grades have no rate at equal length; what is predicted is a preference, and so is what was measured of it.
    let graded = first.protocol == "mt_bench";
    let beside = |row: &ArmRow| match (graded, row.arm.as_str()) {
        (true, "plain") => None,
        (true, _) => Some(row.measured()),
        (false, _) => row.lc_shift,
    };
    let name = rows.iter().map(|row| text::columns(&row.arm)).max().unwrap_or(0).max(5);
    // AlpacaEval's board is of this rate.
    let controlled = rows.iter().any(|row| row.lc.is_some() && row.protocol == "alpaca_eval");
    let lc = |row: &ArmRow| {
        let rate = row.lc.map_or_else(|| format::MISSING.to_owned(), |lc| format::decimal(lc, 1));
        if controlled { format!("  {}", text::right(&rate, 6)) } else { String::new() }
    };
    out.line(&paint(
        BOLD,
        &format!(
            "{}  {:>6}{}  {:>6} {:<16}  {:>8}  {:<24} as asked for",
            text::left("Arm", name),
            "score",
            if controlled { "      LC" } else { "" },
            "shift",
            "",
            if graded { "measured" } else { "equal l." },
            "predicted as found"
        ),
    ))?;
    for row in rows {
        let shift = text::right(&signed(row.shift, digits), 6);
        let shift = if is_sure(row.shift_low, row.shift_high) { paint(BOLD, &shift) } else { shift };
        out.line(&format!(
            "{}  {}{}  {shift} {}  {}  {} {}",
            text::left(&row.arm, name),
            text::right(&format::decimal(row.score, digits), 6),
            lc(row),
            text::left(&range(row.shift_low, row.shift_high, digits), 16),
            text::right(&beside(row).map_or_else(|| format::MISSING.to_owned(), |x| signed(x, 1)), 8),
            text::left(&cell(row.found, row.found_low, row.found_high, 1), 24),
            cell(row.predicted, row.predicted_low, row.predicted_high, 1),
        ))?;
    }
    Ok(())
}

/// What each group is asked for.
fn asked_of(plan: &[GroupPlan], messages: &Messages, out: &mut Out) -> io::Result<()> {
    for group in plan {
        let prompts = format::counted(group.prompts, "prompt", "prompts");
        out.line(&format!("{} ({prompts})", text::line(&group.group)))?;
        for (arm, asks) in &group.asked {
            let words = if asks.is_empty() { "nothing".to_owned() } else { asked(asks) };
            out.hanging(&format!("  {}", text::left(arm, 9)), &words)?;
        }
        for arm in messages.keys().filter(|arm| !group.asked.contains_key(*arm)) {
            out.hanging(&format!("  {}", text::left(arm, 9)), "a message of your own")?;
        }
        for (reason, names) in left_out(&group.left_out) {
            out.hanging("  left out ", &format!("{names}: {reason}"))?;
        }
    }
    Ok(())
}

/// Writes what a run of `steer` will ask for, and the messages that do it, before anything is asked.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_instructions(
    plan: &[GroupPlan],
    messages: &Messages,
    out: &mut dyn io::Write,
    width: u16,
) -> io::Result<()> {
    let mut out = Out::new(out, width);
    heading(&mut out, "What will be asked for", "By what the judge rewards.")?;
    asked_of(plan, messages, &mut out)?;
    for (arm, groups) in messages {
        for (group, message) in groups {
            heading(
                &mut out,
                &format!("The message of the arm {} ({})", text::line(arm), text::line(group)),
                "",
            )?;
            for line in message.lines() {
                out.line(&format!("  {}", text::line(line)))?;
            }
        }
    }
    out.line("")
}

fn plan(found: &SteerJson, out: &mut Out) -> io::Result<()> {
    heading(out, "What was asked for", "By what the judge rewards, and how often the responses did it.")?;
    asked_of(&found.plan, &found.messages, out)?;
    let judge = found.arms.first().map(|row| row.judge.as_str());
    for row in found.arms.iter().filter(|row| Some(row.judge.as_str()) == judge && !row.compliance.is_empty())
    {
        let all: Vec<String> = row
            .compliance
            .iter()
            .map(|(id, own)| {
                format!(
                    "{} of {} in {}, the reverse in {}",
                    own.asked,
                    label(id),
                    format::share(own.followed),
                    format::share(own.against)
                )
            })
            .collect();
        out.hanging(&format!("{} did: ", row.arm), &all.join("; "))?;
    }
    Ok(())
}

fn responses(found: &SteerJson, out: &mut Out) -> io::Result<()> {
    heading(out, "Responses", &format!("Written by {}. {}", text::line(&found.model), took(found)))?;
    let names = found.responses.iter().map(|own| text::columns(&text::line(whose(found, &own.arm))));
    let width = names.max().unwrap_or(0).max(9);
    for own in &found.responses {
        let mut said = vec![format!("median {} words", own.words)];
        for (count, what) in [
            (own.cut, "cut off"),
            (own.empty, "empty"),
            (own.refused, "withheld"),
            (own.declined, "refused in words"),
        ] {
            if count > 0 {
                said.push(format!("{count} {what}"));
            }
        }
        out.line(&format!(
            "  {} {}, {} different; {}",
            text::left(&text::line(whose(found, &own.arm)), width),
            format::counted(own.responses, "response", "responses"),
            own.distinct,
            said.join(", ")
        ))?;
    }
    Ok(())
}
