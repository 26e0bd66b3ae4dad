//! What is said of a run of `steer`, in every view: the finding first.

mod figures;
mod judges;

use predilect_results::steering::{ArmRow, PredictionFit, ResponseCount, SteerJson};

pub(crate) use self::figures::{asked, cell, is_sure, label, left_out, places, range, signed, unit};
pub(crate) use self::judges::role;
use self::judges::{held_out, is_judge};
use crate::format;
use crate::text;

/// What was found, the most important first.
pub(crate) fn sentences(found: &SteerJson) -> Vec<String> {
    let mut said = Vec::new();
    said.extend(crate::words::ended_early(found.stopped.as_deref()));
    let target = |arm: &str| found.arms.iter().find(|row| row.target && row.arm == arm);
    said.extend(target("plain").and_then(|plain| against(found, plain)));
    if let Some(aligned) = target("aligned") {
        said.push(moved(found, aligned));
        // Of few prompts nothing follows.
        if !aligned.is_of_few() {
            said.extend(beyond_controls(found, aligned));
            said.extend(by_length(aligned));
            said.extend(held_out(found, aligned));
        }
    }
    let own = |row: &&ArmRow| row.target && !OURS.contains(&row.arm.as_str());
    for row in target("opposed").into_iter().chain(found.arms.iter().filter(own)) {
        said.push(moved(found, row));
        if !row.is_of_few() {
            said.extend(by_length(row));
            said.extend(held_out(found, row));
        }
    }
    said.extend(null(found));
    let few = found.arms.iter().any(|row| row.target && row.is_of_few());
    said.extend(found.fit.as_ref().filter(|_| !few).map(predicted));
    said
}

/// The arms that are not of the user's own words.
const OURS: [&str; 5] = ["plain", "aligned", "opposed", "placebo", "null"];

/// How well the weights predict the shifts.
fn predicted(fit: &PredictionFit) -> String {
    let correlation =
        fit.correlation.map_or_else(String::new, |r| format!(", correlation {}", format::decimal(r, 2)));
    let size = format!(
        "Over {} arms, shifts came out {} times as large as the weights predict from what the responses contain{correlation}",
        fit.arms,
        format::decimal(fit.slope, 2),
    );
    match fit.covered {
        // Otherwise it could hardly be wrong.
        Some(covered) if fit.told > 0 => format!(
            "{size}; {} of the measured shifts are where they would be in 90 % of such runs if the weights were right.",
            format::share(covered)
        ),
        _ => format!("{size}; no arm was expected to move so far that this could contradict the weights."),
    }
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
    let length = plain.at_equal_length().map_or_else(String::new, |(lc, low, high)| {
        format!(", {}\u{a0}% {} at equal length", format::decimal(lc, 1), format::bounds((low, high), 1))
    });
    let expected = match (plain.found, plain.found_low, plain.found_high) {
        (Some(mean), Some(low), Some(high)) => {
            let won = won(50.0 + mean, 50.0 + low, 50.0 + high);
            format!("; from what the responses contain, the judge's weights predict {won}")
        }
        _ => String::new(),
    };
    let said = format!(
        "Without a message, {model} wins {} against {other} by {} ({}, 90 % interval){length}{expected}",
        won(plain.score, plain.low, plain.high),
        text::line(&plain.judge),
        format::counted(plain.prompts, "prompt", "prompts")
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
    let whose = text::line(&found.judge);
    let told = match row.arm.as_str() {
        "aligned" => format!("told to write what {whose} rewards"),
        "opposed" => format!("told to write the reverse of what {whose} rewards"),
        own => format!("told what `{}` says", text::line(own)),
    };
    let digits = places(&row.protocol);
    let graded = row.protocol == "mt_bench";
    let (score, points) = if graded { ("grade", "") } else { ("win rate", " points") };
    let than = if graded { " against its plain responses" } else { "" };
    let expected = match (row.found, row.found_low, row.found_high) {
        (Some(mean), low, high) => {
            let measured = format!("; as a preference that is {} points, and", signed(row.measured(), 1));
            format!(
                "{} from what the responses contain, the weights predict {} points of preference",
                if graded { measured } else { ";".to_owned() },
                cell(Some(mean), low, high, 1)
            )
        }
        _ => String::new(),
    };
    let sure = match (row.is_of_few(), is_sure(row.shift_low, row.shift_high)) {
        (true, _) => ", on too few prompts to conclude anything",
        (false, true) => "",
        (false, false) => ", which is not sure",
    };
    format!(
        "When {model} is {told}, its {score} by {judge} changes by {}{points} {}{than}{sure} ({}, 90 % interval){expected}.",
        signed(row.shift, digits),
        range(row.shift_low, row.shift_high, digits),
        format::counted(row.prompts, "prompt", "prompts"),
    )
}

/// Whether the placebo moves as much, prompt by prompt.
fn beyond_controls(found: &SteerJson, aligned: &ArmRow) -> Option<String> {
    let placebo = found.arms.iter().find(|row| row.target && row.arm == "placebo")?;
    let over = aligned.over_placebo()?;
    let digits = places(&placebo.protocol);
    let shift =
        format!("{} {}", signed(placebo.shift, digits), range(placebo.shift_low, placebo.shift_high, digits));
    let apart = format!("{} {}", signed(over.value, digits), range(over.low, over.high, digits));
    Some(match (is_sure(over.low, over.high), (over.value > 0.0) == (aligned.shift > 0.0)) {
        (true, true) => format!(
            "Not just any message does that: a placebo moves it by {shift}, and prompt by prompt the difference is {apart}."
        ),
        (true, false) => {
            format!(
                "A placebo does more: it moves it by {shift}, and prompt by prompt the difference is {apart}."
            )
        }
        (false, _) => format!(
            "A placebo moves it by {shift}: prompt by prompt the two cannot be told apart (difference {apart})."
        ),
    })
}

/// How much is left at equal length.
fn by_length(row: &ArmRow) -> Option<String> {
    if !is_sure(row.shift_low, row.shift_high) || row.protocol == "mt_bench" {
        return None;
    }
    let (Some(left), Some(low), Some(high)) = (row.lc_shift, row.lc_shift_low, row.lc_shift_high) else {
        return Some("How much of it is left at equal length cannot be told: nearly all responses are longer, or nearly all shorter, than what they are set against.".to_owned());
    };
    let (shown, one_way) = (cell(Some(left), Some(low), Some(high), 1), (left > 0.0) == (row.shift > 0.0));
    let doubt = match row.at_equal_length() {
        Some((lc, ..)) if is_far(row.score, lc) => " (AlpacaEval warns of corrections as large as this one)",
        _ => "",
    };
    Some(match (is_sure(low, high), one_way) {
        (true, true) => format!("At equal length {shown} points of it are left{doubt}."),
        (true, false) => format!("At equal length it is the reverse: {shown} points{doubt}."),
        (false, _) => format!("At equal length nothing of it is sure: {shown} points{doubt}."),
    })
}

/// Whether a rate at equal length is so far from the raw one, both in %, that AlpacaEval's own rule warns of it.
fn is_far(raw: f64, lc: f64) -> bool {
    lc < (0.75 * raw).min(raw - 10.0) || lc > (raw + (100.0 - raw) / 4.0).max(raw + 10.0)
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
    // Of few prompts nothing follows.
    let fooled = |row: &ArmRow| fooled(row).filter(|_| !row.is_of_few());
    let own = fooled(row).map_or_else(String::new, |fooled| format!(": this judge {fooled}"));
    let others = of_null(false)
        .filter_map(|row| Some(format!(" {} {}: {}.", text::line(&row.judge), fooled(row)?, score(row))));
    let others: String = others.collect();
    Some(format!("One text for every prompt, which answers nothing, {gets} {}{own}.{others}", score(row)))
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

/// What the calls took, part by part.
pub(crate) fn took(found: &SteerJson) -> String {
    let mut parts = vec![format!("Calls: of the model under test {}", found.spent)];
    parts.extend((found.trying.calls > 0).then(|| format!("of judges that were tried {}", found.trying)));
    parts.extend(found.judges.iter().map(|judge| format!("of {} {}", text::line(&judge.judge), judge.spent)));
    parts.extend(found.rating.map(|rating| format!("of the annotator {rating}")));
    format!("{}. {}", parts.join("; "), in_all(found.paid, found.seconds))
}

/// What all runs have paid, and how long the last one took.
pub(crate) fn in_all(paid: Option<f64>, seconds: f64) -> String {
    let paid = paid.filter(|paid| *paid > 0.0).map_or_else(String::new, |paid| {
        format!("All runs together have cost {} USD. ", format::decimal(paid, 2))
    });
    if seconds > 0.0 {
        format!("{paid}This run took {}.", lasted(seconds))
    } else {
        paid.trim_end().to_owned()
    }
}

/// A time in words.
fn lasted(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match whole {
        0..=119 => format!("{whole} s"),
        120..=7_199 => format!("{} min", (whole + 30) / 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// How many prompts were asked, and what became of the others.
fn prompts(found: &SteerJson) -> String {
    let count = &found.prompts;
    let mut gone: Vec<String> = Vec::new();
    if count.repeated > 0 {
        gone.push(format!("{} x the same again", format::count(count.repeated)));
    }
    gone.extend(count.left_out.iter().map(|(why, n)| format!("{} x {}", format::count(*n), text::line(why))));
    let gone = if gone.is_empty() {
        String::new()
    } else {
        format!(" of {} read ({})", format::count(count.read), gone.join(", "))
    };
    let fewest = found.arms.iter().map(|row| row.prompts).min().filter(|least| *least < count.complete);
    let judged = fewest.map_or_else(String::new, |least| {
        format!("; a judge gave a verdict in every arm on {} of them at least", format::count(least))
    });
    format!("of {} asked{gone}{judged}", format::count(count.asked))
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
    let complete = format::counted(found.prompts.complete, "prompt", "prompts");
    let judge = text::line(&found.judge);
    let asked = prompts(found);
    if compares_models(found) {
        return format!(
            "{complete} with a response of both, {asked}, and no message; each response {against}. What is predicted comes from the {weights} of {judge}."
        );
    }
    format!(
        "{complete} with a response in every arm, {asked}; each response {against}. What to ask for comes from the {weights} of {judge}."
    )
}
