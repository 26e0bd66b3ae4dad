//! What is rewarded otherwise in a slice than in another part, on a page of its own and on the live one.

use maud::{Markup, html};
use predilect_results::comparison::{Difference as Found, Interval, SliceVersus};
use predilect_results::{Settings, intensity};

use super::charts::{Difference, differences, unsure_differences};
use super::page::{Body, document, footer};
use super::parts::{Align, Section, heads, name, nothing, scroll};
use crate::format;
use crate::steering::label;
use crate::text;
use crate::words;

/// Differences at a false discovery rate up to this are called so.
const FALSE_DISCOVERIES: f64 = 0.05;
/// Differences that are drawn.
const DRAWN: usize = 29;
/// Judges of whom the first sentences speak.
const SAID: usize = 3;

/// The page.
pub(super) fn page(found: &SliceVersus, version: &str) -> Markup {
    let title =
        format!("{} against {}", text::cut(&text::line(&found.filter), 120), text::cut(&other(found), 120));
    let header = html! {
        header {
            @if found.simulated { p.simulated role="alert" { (crate::words::SIMULATED) } }
            p.kicker { "Preference dissection" }
            h1 { bdi { (title) } }
            @for (at, sentence) in sentences(found).iter().enumerate() {
                p.headline.second[at > 0] { bdi { (text::unbroken(sentence)) } }
            }
            p.lead { "What each judge rewards differently in two parts of the same data." }
        }
    };
    let settings =
        Settings { version: version.to_owned(), simulated: found.simulated, ..Settings::default() };
    let section = |id, name, title, body| Section { id, name, title, body };
    let sections = vec![
        section("differences", "Differences", "What is rewarded differently?", by_judge(found)),
        section("all", "Every property", "How large is each difference?", every(found)),
    ];
    document(&title, "#differences", &header, &Body::Sections(sections), &footer(&settings))
}

/// What the slice is set against, in words.
pub(super) fn other(found: &SliceVersus) -> String {
    if found.versus == "rest" { "the rest".to_owned() } else { text::line(&found.versus) }
}

/// The surest difference of each judge in a sentence, or that there is none.
fn sentences(found: &SliceVersus) -> Vec<String> {
    let first = |judge: &str| {
        found.found.differences.iter().find(|d| d.judge == judge && d.q_value <= FALSE_DISCOVERIES)
    };
    let clear: Vec<&Found> = found.found.judges.iter().filter_map(|judge| first(&judge.judge)).collect();
    if clear.is_empty() {
        return vec!["No judge clearly rewards anything differently in the two parts.".to_owned()];
    }
    let sentence = |d: &&Found| {
        format!(
            "For {}, {} counts {} in the slice: {} % against {} % (difference in log-odds {} [{}, {}]).",
            text::cut(&text::line(&d.judge), 60),
            label(&d.property),
            if d.mean > 0.0 { "more" } else { "less" },
            percent(d.inside),
            percent(d.outside),
            format::decimal(d.mean, 2),
            format::decimal(d.low, 2),
            format::decimal(d.high, 2)
        )
    };
    clear.iter().take(SAID).map(sentence).collect()
}

/// The sizes of the two parts, then each judge's clear differences.
pub(super) fn by_judge(found: &SliceVersus) -> Markup {
    let all = &found.found;
    html! {
        p.hint {
            (format::counted(found.pairs[0], "pair", "pairs")) " in the slice, " (format::counted(found.pairs[1], "pair", "pairs")) " in the other part"
            @if found.shared_pairs > 0 { " (" (format::count(found.shared_pairs)) " in both)" }
            ". Differences of weights in log-odds with 90\u{a0}% intervals, at a false discovery rate of at most "
            (format::share(FALSE_DISCOVERIES)) " over all judges and properties."
        }
        @for judge in &all.judges {
            @let own: Vec<&Found> = all.differences.iter().filter(|d| d.judge == judge.judge).collect();
            @let clear: Vec<&Found> = own.iter().copied().filter(|d| d.q_value <= FALSE_DISCOVERIES).take(DRAWN).collect();
            h3 { (name(&judge.judge)) " " span.n { (format::counted(judge.verdicts[0], "verdict", "verdicts")) " against " (format::count(judge.verdicts[1])) @if judge.shared_units > 1 { ", paired by " (format::counted(judge.shared_units, "prompt", "prompts")) } } }
            @if clear.is_empty() {
                p { "No difference is sure at a false discovery rate of " (format::share(FALSE_DISCOVERIES)) "."
                    @if !own.is_empty() { " All of them, the surest first:" }
                }
                (unsure_differences(&rows(&own), SLICED, ("90\u{a0}%", 2)))
            } @else {
                @for d in clear.iter().take(1) { p { (difference(d)) } }
                (differences(&rows(&clear), SLICED, ("90\u{a0}%", 2)))
            }
        }
        @for skipped in &all.skipped { p.hint { "Not fitted: " (name(&skipped.judge)) ", " (text::line(&skipped.reason)) } }
    }
}

/// What the chart is of.
const SLICED: &str = "Rewarded more in the slice (right) or less (left)";

/// Some differences with their intervals, the surest first.
fn rows(some: &[&Found]) -> Vec<Difference> {
    some.iter().take(DRAWN).map(|d| row(d)).collect()
}

/// All differences, the surest first.
pub(super) fn every(found: &SliceVersus) -> Markup {
    if found.found.differences.is_empty() {
        return nothing("No judge could be fitted in both parts.");
    }
    html! {
        p.hint {
            "Preference intensity: how often, in %, a response with more of the property wins, all else equal. The last column is the false discovery rate if "
            "this difference and all surer ones were called differences; P(sign): the probability that the difference has the sign that is shown."
        }
        (scroll("All differences", &html! {
            table.plain {
                (heads(&[("Property", Align::Left), ("Judge", Align::Left), ("Slice, %", Align::Right), ("Other part, %", Align::Right), ("Difference, log-odds", Align::Right), ("P(sign)", Align::Right), ("False discoveries", Align::Right)]))
                tbody {
                    @for d in &found.found.differences {
                        tr {
                            th scope="row" { (words::label(&d.property)) }
                            td { (name(&d.judge)) }
                            td.num { (percent(d.inside)) }
                            td.num { (percent(d.outside)) }
                            td.num { (format::decimal(d.mean, 2)) " [" (format::decimal(d.low, 2)) ", " (format::decimal(d.high, 2)) "]" }
                            td.num { (format::p_sign(d.p_positive.max(1.0 - d.p_positive))) }
                            td.num { (format::share(d.q_value)) }
                        }
                    }
                }
            }
        }))
    }
}

fn percent(weight: f64) -> String {
    format::intensity(intensity(weight))
}

fn difference(d: &Found) -> Markup {
    let more = if d.mean > 0.0 { "more" } else { "less" };
    html! {
        "Most clearly, " strong { (words::label(&d.property)) } " counts " (more) " here: " b { (percent(d.inside)) "\u{a0}%" }
        " against " (percent(d.outside)) "\u{a0}%."
    }
}

fn row(d: &Found) -> Difference {
    Difference {
        name: html! { (words::label(&d.property)) " " span.n { (percent(d.inside)) " / " (percent(d.outside)) "\u{a0}%" } },
        by: Interval { value: d.mean, low: d.low, high: d.high },
    }
}
