//! A pair to be judged by a labeller, and which judge they resemble.

use maud::{Markup, html};
use predilect_results::browse::Alike;
use predilect_results::comparison::Interval;

use super::long::long;
use crate::format;
use crate::html::charts::{Difference, differences};
use crate::html::parts::{EMPTY_RESPONSE, first_few, name};

/// What can be said of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The response that is shown first is better.
    First,
    /// The one that is shown second.
    Second,
    /// They are equally good.
    Tie,
    /// Both are bad.
    Bad,
}

impl Choice {
    /// All, with their names in requests, their keys, and the labels of their buttons.
    pub const ALL: [(Self, &'static str, &'static str, &'static str); 4] = [
        (Self::First, "first", "1", "The first is better"),
        (Self::Second, "second", "2", "The second is better"),
        (Self::Tie, "tie", "3", "Tie"),
        (Self::Bad, "bad", "0", "Both are bad"),
    ];
}

/// A prompt with two anonymous responses in the order in which they are to be read, and the buttons for a verdict. `whole` has the addresses of
/// all of the prompt and of each response, of which a page shows a part.
pub fn judging(prompt: &str, responses: [&str; 2], can_undo: bool, whole: [&str; 3]) -> Markup {
    let [all_of_prompt, all_of_first, all_of_second] = whole;
    html! {
        h2 .sr { "The request" }
        @if prompt.trim().is_empty() { p.nothing { "There is no prompt." } } @else { (long(prompt, "", all_of_prompt)) }
        div.sides {
            @for ((title, all), response) in [("First", all_of_first), ("Second", all_of_second)].into_iter().zip(responses) {
                section aria-label={ (title) " response" } {
                    h3 { (title) }
                    (long(response, EMPTY_RESPONSE, all))
                }
            }
        }
        div.choices role="group" aria-label="Which response is better?" {
            @for (_, choice, key, words) in Choice::ALL {
                button id={ "choice-" (choice) } type="button" data-choice=(choice) aria-keyshortcuts=(key) { kbd aria-hidden="true" { (key) } " " (words) }
            }
            button #choice-undo type="button" data-choice="undo" aria-keyshortcuts="u" disabled[!can_undo] { kbd aria-hidden="true" { "u" } " Undo" }
        }
    }
}

/// The similarity of a labeller's weights to those of other judges, the most similar first.
pub fn alike(all: &[Alike]) -> Markup {
    let row = |one: &Alike| Difference { name: name(&one.judge), by: one.correlation };
    let rows: Vec<Difference> = all.iter().map(row).collect();
    html! {
        @if let Some((first, others)) = all.split_first() { p { (sentence(first, others)) } }
        (differences(&rows, "Correlation of weights", ("90\u{a0}%", 2)))
        p.hint { "1: the same properties are rewarded in the same proportion; 0: no relation. 90\u{a0}% intervals by both posteriors; a hollow mark: the interval contains 0." }
    }
}

/// Published judges shown before the others are folded away.
const PUBLISHED: usize = 6;

/// The same of the published judges.
pub fn alike_published(all: &[Alike]) -> Markup {
    let row = |one: &Alike| Difference { name: name(&one.judge), by: one.correlation };
    let table = |some: &[Alike]| {
        let rows: Vec<Difference> = some.iter().map(row).collect();
        differences(&rows, "Correlation of weights", ("90\u{a0}%", 2))
    };
    html! {
        @if let Some((first, others)) = all.split_first() { p { (sentence(first, others)) } }
        (first_few(all, PUBLISHED, "judges", table))
        p.hint {
            "Over the properties that are rated here, with the published weights in the mean over the scenarios. These have no intervals: the 90\u{a0}% intervals are those of your "
            "weights alone, and where ratings here stand in for those of the paper the judges look less alike than they are."
        }
    }
}

fn sentence(one: &Alike, others: &[Alike]) -> Markup {
    let Interval { value, low, high } = one.correlation;
    let as_alike = others.iter().filter(|other| other.correlation.high >= value).count();
    html! {
        @if low > 0.0 { "You are most like " strong { (name(&one.judge)) } ": " } @else { "Not sure yet; the closest is " strong { (name(&one.judge)) } ": " }
        b { (format::decimal(value, 2)) } " " span.n { (format::bounds((low, high), 2)) }
        @if low > 0.0 && as_alike > 0 { ", but not clearly more than like " (crate::words::counted(as_alike, "other", "others")) }
        "."
    }
}
