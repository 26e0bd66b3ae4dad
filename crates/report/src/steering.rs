//! What is said of a run of `steer`, in every view: the finding first.

use std::collections::BTreeMap;

use predilect_results::steering::{ArmRow, Ask, ResponseCount, SteerJson};
use predilect_types::property;

use crate::format;
use crate::text;

/// The unit of an arm's score.
pub(crate) fn unit(protocol: &str) -> &'static str {
    if protocol == "mt_bench" { "grade, 1 to 10" } else { "% won" }
}

/// Decimals of a score.
pub(crate) fn places(protocol: &str) -> usize {
    if protocol == "mt_bench" { 2 } else { 1 }
}

/// A number with its sign.
pub(crate) fn signed(x: f64, places: usize) -> String {
    let shown = format::decimal(x, places);
    if x > 0.0 && shown.chars().any(|c| c.is_ascii_digit() && c != '0') { format!("+{shown}") } else { shown }
}

/// A range in square brackets.
pub(crate) fn range(low: f64, high: f64, places: usize) -> String {
    format!("[{}, {}]", signed(low, places), signed(high, places))
}

/// Whether an interval is on one side of zero.
pub(crate) fn is_sure(low: f64, high: f64) -> bool {
    low > 0.0 || high < 0.0
}

/// What is asked for, in words.
pub(crate) fn asked(asks: &[Ask]) -> String {
    let of = |more: bool| {
        let names: Vec<String> =
            asks.iter().filter(|ask| ask.more == more).map(|ask| label(&ask.property)).collect();
        let direction = if more { "more" } else { "less" };
        (!names.is_empty()).then(|| format!("{direction}: {}", names.join(", ")))
    };
    [of(true), of(false)].into_iter().flatten().collect::<Vec<_>>().join("; ")
}

/// A property's name within a line.
pub(crate) fn label(id: &str) -> String {
    property(id).map_or_else(|| text::line(id), |p| p.label.to_lowercase())
}

/// Why properties are not asked for: each reason once, with their names.
pub(crate) fn left_out(reasons: &BTreeMap<String, String>) -> Vec<(String, String)> {
    let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (id, reason) in reasons {
        by_reason.entry(reason).or_default().push(label(id));
    }
    by_reason.into_iter().map(|(reason, names)| (text::line(reason), names.join(", "))).collect()
}

/// A mean with its range, where there are such. Published weights have no intervals: what is predicted of them alike for every prompt is
/// shown without.
pub(crate) fn cell(mean: Option<f64>, low: Option<f64>, high: Option<f64>, places: usize) -> String {
    match (mean, low, high) {
        (Some(mean), Some(low), Some(high)) if high - low > 1e-9 => {
            format!("{} {}", signed(mean, places), range(low, high, places))
        }
        (Some(mean), ..) => signed(mean, places),
        _ => format::MISSING.to_owned(),
    }
}

/// What was found, the most important first.
pub(crate) fn sentences(found: &SteerJson) -> Vec<String> {
    let mut said = Vec::new();
    let target = |arm: &str| found.arms.iter().find(|row| row.target && row.arm == arm);
    said.extend(target("plain").and_then(|plain| against(found, plain)));
    if let Some(aligned) = target("aligned") {
        said.push(moved(found, aligned));
        said.extend(beyond_controls(found, aligned));
        said.extend(by_length(aligned));
        said.extend(held_out(found, aligned));
    }
    if let Some(opposed) = target("opposed") {
        said.push(moved(found, opposed));
    }
    said.extend(null(found));
    if let Some(fit) = &found.fit {
        let correlation =
            fit.correlation.map_or_else(String::new, |r| format!(", correlation {}", format::decimal(r, 2)));
        said.push(format!(
            "Over {} arms, shifts came out {} times as large as the weights predict from what the responses contain{correlation}; {} of the measured shifts are where they would be in 90 % of such runs if the weights were right.",
            fit.arms,
            format::decimal(fit.slope, 2),
            fit.covered.map_or_else(|| "none".to_owned(), format::share),
        ));
    }
    said
}

/// How the model does against another one, where responses are compared with a baseline.
fn against(found: &SteerJson, plain: &ArmRow) -> Option<String> {
    if found.against == "plain" || plain.protocol == "mt_bench" {
        return None;
    }
    let won = |rate: f64, low: f64, high: f64| {
        format!("{}\u{a0}% {}", format::decimal(rate, 1), format::bounds((low, high), 1))
    };
    let (model, other) = (text::line(&found.model), text::line(&found.against));
    let length = plain
        .lc
        .map_or_else(String::new, |lc| format!(", {}\u{a0}% at equal length", format::decimal(lc, 1)));
    let expected = match (plain.found, plain.found_low, plain.found_high) {
        (Some(mean), Some(low), Some(high)) => {
            let won = won(50.0 + mean, 50.0 + low, 50.0 + high);
            format!("; from what the responses contain, the judge's weights predict {won}")
        }
        _ => String::new(),
    };
    let said = format!(
        "Without a message, {model} wins {} against {other} by {} ({} prompts, 90 % interval){length}{expected}",
        won(plain.score, plain.low, plain.high),
        text::line(&plain.judge),
        plain.prompts
    );
    let others = found.arms.iter().filter(|row| !row.target && row.arm == "plain");
    let others: Vec<String> = others
        .map(|row| format!("{} by {}", won(row.score, row.low, row.high), text::line(&row.judge)))
        .collect();
    Some(match others.as_slice() {
        [] => format!("{said}."),
        others => format!("{said}. Held out: {}.", crate::words::listed(others)),
    })
}

fn moved(found: &SteerJson, row: &ArmRow) -> String {
    let (judge, model) = (text::line(&row.judge), text::line(&found.model));
    let reverse = if row.arm == "aligned" { "" } else { "the reverse of " };
    let whose = text::line(&found.judge);
    let digits = places(&row.protocol);
    let graded = row.protocol == "mt_bench";
    let (scores, points) = if graded { ("is graded", "") } else { ("scores", " points") };
    let than = if graded { " against its plain responses" } else { "" };
    let expected = match (row.found, row.found_low, row.found_high) {
        (Some(mean), Some(low), Some(high)) => format!(
            "; from what the responses contain, the weights predict {} {} points of preference",
            signed(mean, 1),
            range(low, high, 1)
        ),
        _ => String::new(),
    };
    let sure = if is_sure(row.shift_low, row.shift_high) { "" } else { ", which is not sure" };
    format!(
        "Told to write {reverse}what {whose} rewards, {model} {scores} {}{points} {}{than} by {judge}{sure} ({} prompts, 90 % interval){expected}.",
        signed(row.shift, digits),
        range(row.shift_low, row.shift_high, digits),
        row.prompts,
    )
}

/// Whether the placebo moves as much.
fn beyond_controls(found: &SteerJson, aligned: &ArmRow) -> Option<String> {
    let placebo = found.arms.iter().find(|row| row.target && row.arm == "placebo")?;
    let digits = places(&placebo.protocol);
    let shift =
        format!("{} {}", signed(placebo.shift, digits), range(placebo.shift_low, placebo.shift_high, digits));
    Some(if placebo.shift_high < aligned.shift_low || placebo.shift_low > aligned.shift_high {
        format!("Not just any message does that: a placebo moves it by {shift}.")
    } else {
        format!("A placebo moves it by {shift}: the two cannot be told apart.")
    })
}

/// How much is left at equal length.
fn by_length(row: &ArmRow) -> Option<String> {
    let left = row.lc_shift.filter(|_| is_sure(row.shift_low, row.shift_high))?;
    Some(format!("At equal length {} points of it are left.", signed(left, 1)))
}

/// Whether others see it too.
fn held_out(found: &SteerJson, target: &ArmRow) -> Option<String> {
    let others: Vec<&ArmRow> = found.arms.iter().filter(|row| !row.target && row.arm == target.arm).collect();
    if others.is_empty() || !is_sure(target.shift_low, target.shift_high) {
        return None;
    }
    let digits = places(&target.protocol);
    let agrees =
        |row: &&&ArmRow| is_sure(row.shift_low, row.shift_high) && (row.shift > 0.0) == (target.shift > 0.0);
    let listed: Vec<String> = others
        .iter()
        .map(|row| {
            format!(
                "{} by {}",
                [signed(row.shift, digits), range(row.shift_low, row.shift_high, digits)].join(" "),
                text::line(&row.judge)
            )
        })
        .collect();
    let shifts = crate::words::listed(&listed);
    let apart = |row: &&&ArmRow| row.beyond_low.is_some_and(|low| low > 0.0);
    Some(match others.iter().filter(agrees).count() {
        n if n == others.len() => format!("Held-out judges see it too: {shifts}."),
        0 if target.shift > 0.0 && others.iter().all(|row| apart(&row)) => format!(
            "Of these judges only the target sees that shift, the others clearly less of it ({shifts}): it is a manipulation of this judge."
        ),
        0 => {
            format!(
                "Held-out judges do not settle whether the shift is one of quality or of this judge: {shifts}."
            )
        }
        _ => format!("Not all held-out judges clearly see it: {shifts}."),
    })
}

/// What one text for every prompt gets, by the target judge; and by those who are held out, where they do not tell it from answers.
fn null(found: &SteerJson) -> Option<String> {
    let of_null =
        |target: bool| found.arms.iter().filter(move |row| row.target == target && row.arm == "null");
    let row = of_null(true).next()?;
    let (digits, graded) = (places(&row.protocol), row.protocol == "mt_bench");
    let score = |row: &ArmRow| {
        let plain = found.arms.iter().find(|own| own.arm == "plain" && own.judge == row.judge);
        let plain = plain.filter(|_| graded).map_or_else(String::new, |plain| {
            format!(" (the plain responses {})", format::decimal(plain.score, digits))
        });
        let unit = if graded { "" } else { " %" };
        format!(
            "{}{unit} {}{plain}",
            format::decimal(row.score, digits),
            format::bounds((row.low, row.high), digits)
        )
    };
    let fooled = |row: &ArmRow| match (row.shift_low > 0.0, row.shift_high >= 0.0) {
        (true, _) => Some("prefers it to the plain responses"),
        (_, true) => Some("does not clearly tell it from the plain responses"),
        _ => None,
    };
    let gets = if graded { "is graded" } else { "wins" };
    let own = fooled(row).map_or_else(String::new, |fooled| format!(": this judge {fooled}"));
    let others = of_null(false)
        .filter_map(|row| Some(format!(" {} {}: {}.", text::line(&row.judge), fooled(row)?, score(row))));
    let others: String = others.collect();
    Some(format!("One text for every prompt, which answers nothing, {gets} {}{own}.{others}", score(row)))
}

/// Whether it is the judge whose weights were used. Its name may have the method behind it.
fn is_judge(found: &SteerJson, row: &ArmRow) -> bool {
    row.judge.starts_with(found.judge.as_str())
}

/// What a judge is in this run.
pub(crate) fn role(found: &SteerJson, row: &ArmRow) -> String {
    match row.target {
        false => "held out".to_owned(),
        true if is_judge(found, row) => "its weights were used".to_owned(),
        true => format!("in place of {}, whose weights were used", text::line(&found.judge)),
    }
}

/// Whether it compares one model with another, and no message was sent.
pub(crate) fn compares_models(found: &SteerJson) -> bool {
    let only = |own: &ResponseCount| own.arm == "plain" || own.arm == found.against;
    found.against != "plain" && found.protocol != "mt_bench" && found.responses.iter().all(only)
}

/// What the texts of an arm are called: where two models are compared, by the model.
pub(crate) fn whose<'a>(found: &'a SteerJson, arm: &'a str) -> &'a str {
    if arm == "plain" && compares_models(found) { &found.model } else { arm }
}

/// The title.
pub(crate) fn title(found: &SteerJson) -> String {
    if compares_models(found) {
        return format!("{} against {}", text::line(&found.model), text::line(&found.against));
    }
    let stand_in = found.arms.iter().find(|row| row.target && !is_judge(found, row));
    match stand_in {
        Some(row) => {
            format!(
                "How far {} can be moved by what {} rewards",
                text::line(&row.judge),
                text::line(&found.judge)
            )
        }
        None => format!("How far {} can be moved", text::line(&found.judge)),
    }
}

/// How it was measured.
pub(crate) fn method(found: &SteerJson) -> String {
    let against = match (found.protocol.as_str(), found.against.as_str()) {
        ("mt_bench", _) => "graded from 1 to 10, each alone".to_owned(),
        (_, "plain") => "set against the plain response to the same prompt, in both orders".to_owned(),
        (_, other) => format!("set against that of {} in both orders", text::line(other)),
    };
    let weights =
        if found.published { "published weights (means without intervals)" } else { "fitted weights" };
    let (complete, asked, judge) = (found.prompts.complete, found.prompts.asked, text::line(&found.judge));
    if compares_models(found) {
        return format!(
            "{complete} prompts with a response of both, of {asked} asked, and no message; each response {against}. What is predicted comes from the {weights} of {judge}."
        );
    }
    format!(
        "{complete} prompts with a response in every arm, of {asked} asked; each response {against}. What to ask for comes from the {weights} of {judge}."
    )
}
