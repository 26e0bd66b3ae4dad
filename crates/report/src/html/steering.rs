//! How far an evaluation was moved, as a separate page.

use maud::{Markup, html};
use predilect_results::comparison::Interval;
use predilect_results::steering::{ArmRow, Flip, SteerJson};

use super::charts::{self, Difference, Told, differences};
use super::page::found_page;
use super::parts::{Align, Section, block, folded, heads, name, nothing, response, scroll};
use crate::format;
use crate::steering::{
    asked, cell, compares_models, is_sure, label, left_out, method, places, range, role, sentences, signed,
    title, took, unit, whose,
};
use crate::text;

/// Its title, what was found in sentences, and how it was measured.
pub(super) fn words(found: &SteerJson) -> (String, Vec<String>, String) {
    (title(found), sentences(found), method(found))
}

/// The page.
pub(super) fn page(found: &SteerJson) -> Markup {
    let (title, said, lead) = words(found);
    found_page(&title, &said, &found.remarks, &lead, sections(found))
}

/// The sections, for a page of any kind.
pub(super) fn sections(found: &SteerJson) -> Vec<Section> {
    let section = |id, name, title, body| Section { id, name, title, body };
    if compares_models(found) {
        return vec![
            section("models", "Models", "Which of the two does each judge prefer?", models(found)),
            section("responses", "Responses", "What did they write?", responses(found)),
        ];
    }
    vec![
        section("shifts", "Shifts", "How far did each arm move each judge?", shifts(found)),
        section("predicted", "Predicted", "Did the weights predict it?", expected(found)),
        section("asked", "Messages", "What was the model told, and did it do that?", told(found)),
        section("responses", "Responses", "What did it write?", responses(found)),
        section(
            "flips",
            "Flips",
            if found.against == "plain" {
                "On which prompts did it move the judge most?"
            } else {
                "Which verdicts did that change?"
            },
            flips(found),
        ),
    ]
}

/// One model against another: what it wins over a draw, measured and predicted, judge by judge.
fn models(found: &SteerJson) -> Markup {
    let over = |value: f64, low: f64, high: f64| Interval { value, low, high };
    let mut rows: Vec<Difference> = Vec::new();
    for row in &found.arms {
        let by = over(row.score - 50.0, row.low - 50.0, row.high - 50.0);
        rows.push(Difference {
            name: html! { "by " (name(&row.judge)) " (" bdi { (role(found, row)) } ")" },
            by,
        });
    }
    if let Some(row) = found.arms.iter().find(|row| row.target)
        && let (Some(mean), Some(low), Some(high)) = (row.found, row.found_low, row.found_high)
    {
        rows.push(Difference { name: html! { "predicted by the weights" }, by: over(mean, low, high) });
    }
    html! {
        p { "Points that it wins over a draw (50\u{a0}%), with 90\u{a0}% intervals over resampled prompts; the weights predict from what the responses contain." }
        (differences(&rows, "Who says so", ("90\u{a0}%", 1)))
        (scroll("Win rates by each judge", &html! {
            table.plain {
                (heads(&[("Judge", Align::Left), ("Prompts", Align::Right), ("Won, %", Align::Right), ("90\u{a0}%", Align::Right), ("At equal length, %", Align::Right)]))
                tbody {
                    @for row in &found.arms {
                        tr {
                            th scope="row" { (name(&row.judge)) }
                            td.num { (row.prompts) }
                            td.num { strong { (format::decimal(row.score, 1)) } }
                            td.num { (format::bounds((row.low, row.high), 1)) }
                            td.num { (row.at_equal_length().map_or_else(|| format::MISSING.to_owned(), |(lc, low, high)| format!("{} {}", format::decimal(lc, 1), format::bounds((low, high), 1)))) }
                        }
                    }
                }
            }
        }))
    }
}

fn judges(found: &SteerJson) -> Vec<&str> {
    let mut judges: Vec<&str> = Vec::new();
    for row in &found.arms {
        if !judges.contains(&row.judge.as_str()) {
            judges.push(&row.judge);
        }
    }
    judges
}

fn shifts(found: &SteerJson) -> Markup {
    let Some(first) = found.arms.first() else { return nothing("No judge has a verdict in every arm.") };
    let digits = places(&first.protocol);
    html! {
        p { "Shifts against the plain arm, paired by prompt, with 90\u{a0}% intervals over resampled prompts; in " (unit(&first.protocol)) "." }
        @for judge in judges(found) {
            @let rows: Vec<&ArmRow> = found.arms.iter().filter(|row| row.judge == judge).collect();
            h3 { (name(judge)) @if let Some(row) = rows.first() { " (" bdi { (role(found, row)) } ")" } }
            @let moved: Vec<Difference> = rows.iter().filter(|row| row.arm != "plain").map(|row| Difference {
                name: html! { (name(&row.arm)) },
                by: Interval { value: row.shift, low: row.shift_low, high: row.shift_high },
            }).collect();
            @if !moved.is_empty() { (differences(&moved, "Arm", ("90\u{a0}%", digits))) }
            (scroll("Scores of each arm", &table(&rows, digits)))
        }
    }
}

fn table(rows: &[&ArmRow], digits: usize) -> Markup {
    let columns = [
        ("Arm", Align::Left),
        ("Prompts", Align::Right),
        ("Score", Align::Right),
        ("90\u{a0}%", Align::Right),
        ("Shift", Align::Right),
        ("90\u{a0}%", Align::Right),
        ("At equal length", Align::Right),
        ("Shift at equal length", Align::Right),
    ];
    let at_length = rows.iter().any(|row| row.lc_shift.is_some());
    html! {
        table.plain {
            (heads(&columns[..columns.len() - 2 * usize::from(!at_length)]))
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (name(&row.arm)) }
                        td.num { (row.prompts) }
                        td.num { (format::decimal(row.score, digits)) }
                        td.num { (format::bounds((row.low, row.high), digits)) }
                        td.num { @if is_sure(row.shift_low, row.shift_high) { strong { (signed(row.shift, digits)) } } @else { (signed(row.shift, digits)) } }
                        td.num { (range(row.shift_low, row.shift_high, digits)) }
                        @if at_length { td.num { (row.at_equal_length().map_or_else(|| format::MISSING.to_owned(), |(lc, low, high)| format!("{} {}", format::decimal(lc, 1), format::bounds((low, high), 1)))) } }
                        @if at_length { td.num { (cell(row.lc_shift, row.lc_shift_low, row.lc_shift_high, 1)) } }
                    }
                }
            }
        }
    }
}

fn expected(found: &SteerJson) -> Markup {
    let rows: Vec<&ArmRow> = found.arms.iter().filter(|row| row.found.is_some()).collect();
    if rows.is_empty() {
        return nothing("No arm besides the plain one was measured.");
    }
    html! {
        p {
            "In points of preference over the opponent. " em { "As asked for" } " sets every comparison that was asked for, which no model does on every prompt, and "
            "leaves all others equal. " em { "As found" } " takes the comparisons that the responses really show. Intervals are over posterior draws and prompts."
            @if rows.iter().any(|row| row.arm == "plain") { " The row of the plain arm is what it wins over a draw against the baseline." }
        }
        (charts::expected(&points(&rows)))
        (scroll("Predicted and measured shifts", &html! {
            table.plain {
                (heads(&[("Arm", Align::Left), ("Judge", Align::Left), ("As asked for", Align::Right), ("As found", Align::Right), ("Measured", Align::Right)]))
                tbody {
                    @for row in rows {
                        tr {
                            th scope="row" { (name(&row.arm)) }
                            td { (name(&row.judge)) }
                            td.num { (cell(row.predicted, row.predicted_low, row.predicted_high, 1)) }
                            td.num { (cell(row.found, row.found_low, row.found_high, 1)) }
                            @let told = cell(Some(row.measured()), row.measured_range().map(|by| by.0), row.measured_range().map(|by| by.1), 1);
                            td.num { @if row.measured_range().is_some_and(|(low, high)| is_sure(low, high)) { strong { (told) } } @else { (told) } }
                        }
                    }
                }
            }
        }))
    }
}

/// What was found in the responses against what was measured, one point for each arm and judge.
fn points(rows: &[&ArmRow]) -> Vec<Told> {
    let several = rows.iter().any(|row| row.judge != rows[0].judge);
    rows.iter()
        .filter_map(|row| {
            let (value, measured) = (row.found?, row.measured());
            let (low, high) = row.found_low.zip(row.found_high).unwrap_or((value, value));
            let (least, most) = row.measured_range().unwrap_or((measured, measured));
            Some(Told {
                name: if several { format!("{} ({})", row.arm, row.judge) } else { row.arm.clone() },
                expected: Interval { value, low, high },
                measured: Interval { value: measured, low: least, high: most },
            })
        })
        .collect()
}

fn told(found: &SteerJson) -> Markup {
    let judge = found.arms.first().map(|row| row.judge.as_str());
    let complied: Vec<&ArmRow> = found
        .arms
        .iter()
        .filter(|row| Some(row.judge.as_str()) == judge && !row.compliance.is_empty())
        .collect();
    html! {
        @for group in &found.plan {
            h3 { @if found.plan.len() > 1 { (name(&group.group)) ", " } (format::counted(group.prompts, "prompt", "prompts")) }
            dl {
                @for (arm, asks) in &group.asked {
                    dt { (arm) }
                    dd { @if asks.is_empty() { "nothing qualifies" } @else { (asked(asks)) } }
                }
            }
            @for (arm, groups) in &found.messages {
                @if let Some(message) = groups.get(&group.group) {
                    (folded(&format!("The message of the arm {arm}"), &block(message)))
                }
            }
            @if !group.left_out.is_empty() {
                (folded("What was not asked for, and why", &html! {
                    ul { @for (why, names) in left_out(&group.left_out) { li { bdi { (names) } ": " (why) } } }
                }))
            }
        }
        @if !complied.is_empty() {
            h3 { "What the responses did" }
            (scroll("Compliance", &html! {
                table.plain {
                    (heads(&[("Arm", Align::Left), ("Property", Align::Left), ("Asked", Align::Left), ("Did", Align::Right), ("The reverse", Align::Right), ("Prompts", Align::Right)]))
                    tbody {
                        @for row in complied {
                            @for (id, own) in &row.compliance {
                                tr {
                                    th scope="row" { (name(&row.arm)) }
                                    td { bdi { (label(id)) } }
                                    td { (own.asked) }
                                    td.num { (of_prompts(own.followed, own.followed_low, own.followed_high)) }
                                    td.num { (of_prompts(own.against, own.against_low, own.against_high)) }
                                    td.num { (own.prompts) }
                                }
                            }
                        }
                    }
                }
            }))
        }
    }
}

/// A share of prompts in %, with its interval where results have one.
fn of_prompts(share: f64, low: Option<f64>, high: Option<f64>) -> String {
    match low.zip(high) {
        Some((low, high)) => {
            format!("{} {}", format::share(share), format::bounds((100.0 * low, 100.0 * high), 0))
        }
        None => format::share(share),
    }
}

fn responses(found: &SteerJson) -> Markup {
    html! {
        p { "Written by " (name(&found.model)) ". " (took(found)) }
        (scroll("Responses of each arm", &html! {
            table.plain {
                (heads(&[(if compares_models(found) { "Model" } else { "Arm" }, Align::Left), ("Responses", Align::Right), ("Different", Align::Right), ("Median words", Align::Right), ("Cut off", Align::Right), ("Empty", Align::Right), ("Withheld", Align::Right), ("Begin with a refusal", Align::Right)]))
                tbody {
                    @for own in &found.responses {
                        tr {
                            th scope="row" { (name(whose(found, &own.arm))) }
                            @for count in [own.responses, own.distinct, own.words, own.cut, own.empty, own.refused, own.declined] { td.num { (format::count(count)) } }
                        }
                    }
                }
            }
        }))
    }
}

fn flips(found: &SteerJson) -> Markup {
    if found.flips.is_empty() {
        return nothing("No arm changed a verdict of the judge whose weights were used.");
    }
    let alone = found.against == "plain";
    let summary = |flip: &Flip| {
        let (prompt, told) = (text::cut(&text::line(&flip.prompt), 100), format::decimal(flip.preference, 0));
        // Against itself a plain response has no verdict that could be turned.
        if alone {
            return format!("{prompt}: {told}\u{a0}% for the told response ({})", flip.arm);
        }
        format!(
            "{prompt}: {}\u{a0}% plain, {told}\u{a0}% told ({})",
            format::decimal(flip.plain_preference, 0),
            flip.arm
        )
    };
    html! {
        p { @if alone { "Preference for the told response over the plain one, the furthest from a draw first." } @else { "Preference over the opponent, plain and told, the largest change first." } }
        @for flip in &found.flips {
            @let summary = summary(flip);
            (folded(&summary, &html! {
                h4 { "Prompt" } (block(&flip.prompt))
                h4 { "Plain" } (response(&flip.plain))
                h4 { "Told (" (flip.arm) ")" } (response(&flip.response))
            }))
        }
    }
}
