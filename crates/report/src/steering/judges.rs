//! What is a judge in a run of `steer`, and do those that are held out see a shift too?

use predilect_results::asked::JudgeRun;
use predilect_results::steering::{ArmRow, SteerJson};

use super::figures::{cell, is_sure, places, range, signed};
use crate::text;

/// Whether others see it too.
pub(super) fn held_out(found: &SteerJson, target: &ArmRow) -> Option<String> {
    let of_others = |row: &&ArmRow| !row.target && row.arm == target.arm;
    // A judge that follows the position, or to whom all is alike, sees no shift, whoever wrote what: that says nothing.
    let (blind, others): (Vec<&ArmRow>, Vec<&ArmRow>) = found
        .arms
        .iter()
        .filter(of_others)
        .partition(|row| run_of(found, row).is_some_and(JudgeRun::is_blind));
    if others.len() + blind.len() == 0 || !is_sure(target.shift_low, target.shift_high) {
        return None;
    }
    let shifts = shifts_of(&others);
    let agrees =
        |row: &&&ArmRow| is_sure(row.shift_low, row.shift_high) && (row.shift > 0.0) == (target.shift > 0.0);
    let said = match others.iter().filter(agrees).count() {
        _ if others.is_empty() => {
            "Nobody who is held out can tell whether the shift is one of quality or only of this judge"
                .to_owned()
        }
        n if n == others.len() => {
            format!("Held-out judges see it too: {shifts}{}", placebo_of(found, &others))
        }
        0 if others.iter().all(|row| sees_less(row, target.shift > 0.0)) => {
            only_target(found, target, &others)
        }
        0 => format!(
            "Held-out judges do not settle whether the shift is one of quality or only of this judge: {shifts}"
        ),
        _ => format!("Not all held-out judges clearly see it: {shifts}"),
    };
    let blind = if blind.is_empty() { String::new() } else { format!(" ({})", of_the_blind(found, &blind)) };
    Some(format!("{said}{blind}."))
}

/// Those who say nothing of a shift, each with the reason.
fn of_the_blind(found: &SteerJson, rows: &[&ArmRow]) -> String {
    let one = |row: &&ArmRow| {
        let by_position = run_of(found, row).is_some_and(|run| run.follows_position);
        let does = if by_position {
            "goes mostly by the position of responses"
        } else {
            "calls nearly all pairs ties"
        };
        format!("{} {does}", text::line(&row.judge))
    };
    let they = if rows.len() == 1 { "it says" } else { "they say" };
    let judges = crate::words::listed(&rows.iter().map(one).collect::<Vec<_>>());
    format!("{judges}, so that {they} nothing of this: {}", shifts_of(rows))
}

/// The shifts of one arm by several judges.
fn shifts_of(rows: &[&ArmRow]) -> String {
    let one = |row: &&ArmRow| {
        let digits = places(&row.protocol);
        let shift = range(row.shift_low, row.shift_high, digits);
        format!("{} {shift} by {}", signed(row.shift, digits), text::line(&row.judge))
    };
    crate::words::listed(&rows.iter().map(one).collect::<Vec<_>>())
}

/// What the judge of that row said of itself.
fn run_of<'f>(found: &'f SteerJson, row: &ArmRow) -> Option<&'f JudgeRun> {
    found.judges.iter().find(|run| run.judge == row.judge)
}

/// Whether a held-out judge surely sees less of a shift in that direction than the target does.
fn sees_less(row: &ArmRow, up: bool) -> bool {
    let end = if up { row.beyond_low } else { row.beyond_high.map(|high| -high) };
    end.is_some_and(|end| end > 0.0)
}

/// What it means that the target alone sees a shift.
fn only_target(found: &SteerJson, target: &ArmRow, others: &[&ArmRow]) -> String {
    let only = format!(
        "Of these judges only {} sees that shift, the others clearly less of it ({})",
        text::line(&target.judge),
        shifts_of(others)
    );
    let up = target.shift > 0.0;
    let alike: Vec<&ArmRow> = others
        .iter()
        .filter_map(|row| found.arms.iter().find(|own| own.arm == "placebo" && own.judge == row.judge))
        .filter(|placebo| sees_less(placebo, up))
        .collect();
    if !alike.is_empty() {
        return format!(
            "{only}; but they differ in the same way where only a placebo was sent ({}): it need not be what the message asks for",
            shifts_of(&alike)
        );
    }
    if is_judge(found, target) {
        format!("{only}: it is a manipulation of this judge")
    } else {
        format!(
            "{only}: it is no gain in quality that all of them see. The weights are not those of {}",
            text::line(&target.judge)
        )
    }
}

/// By which held-out judges a placebo does as much.
fn placebo_of(found: &SteerJson, others: &[&ArmRow]) -> String {
    let as_much = others.iter().filter_map(|row| {
        let own = |placebo: &&ArmRow| placebo.arm == "placebo" && placebo.judge == row.judge;
        let placebo = found.arms.iter().find(own)?;
        let over = row.over_placebo()?;
        let less = is_sure(over.low, over.high) && (over.value > 0.0) == (row.shift > 0.0);
        let digits = places(&row.protocol);
        (!less).then(|| {
            let shift = cell(Some(placebo.shift), Some(placebo.shift_low), Some(placebo.shift_high), digits);
            format!("{shift} by {}", text::line(&row.judge))
        })
    });
    let as_much: Vec<String> = as_much.collect();
    if as_much.is_empty() {
        String::new()
    } else {
        format!(
            "; but that it is more than a placebo does is not sure there: {}",
            crate::words::listed(&as_much)
        )
    }
}

/// Whether it is the judge whose weights were used: by its name in the study, or by its model's.
pub(super) fn is_judge(found: &SteerJson, row: &ArmRow) -> bool {
    let is = |name: &str| name == found.judge || name.rsplit([':', '/', '#']).next() == Some(&found.judge);
    let run = found.judges.iter().find(|run| run.judge == row.judge);
    is(&row.judge) || run.is_some_and(|run| is(&run.model))
}

/// What a judge is in this run.
pub(crate) fn role(found: &SteerJson, row: &ArmRow) -> String {
    match row.target {
        false => "held out".to_owned(),
        true if is_judge(found, row) => "its weights were used".to_owned(),
        true => format!("in place of {}, whose weights were used", text::line(&found.judge)),
    }
}
