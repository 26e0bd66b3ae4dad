//! What is said first: the finding that can be told in a sentence, in every view.

use predilect_results::{Habit, Headline};

use crate::format;
use crate::text;

/// The finding in one sentence, with its interval.
pub(crate) fn sentence(found: &Headline) -> String {
    let (judge, reference) = (text::line(&found.judge), text::line(&found.reference));
    let points = |share: f64| format::decimal(100.0 * share.abs(), 1);
    let (low, high) =
        if found.difference < 0.0 { (-found.high, -found.low) } else { (found.low, found.high) };
    let more = if found.difference > 0.0 { "more" } else { "less" };
    let does = match found.habit {
        Habit::First => "prefers the response shown first in",
        Habit::Longer => "prefers the longer response in",
        Habit::Ties => "calls a tie in",
    };
    let of = match found.habit {
        Habit::Ties => "of its verdicts",
        Habit::First | Habit::Longer => "of its decisions",
    };
    format!(
        "On the same {}, {judge} {does} {} {of} and {reference} in {}: {} points {more} [{}, {}] (90 % interval over {} prompts).",
        format::counted(found.pairs as u64, "pair", "pairs"),
        format::share(found.share),
        format::share(found.reference_share),
        points(found.difference),
        format::decimal(100.0 * low, 1),
        format::decimal(100.0 * high, 1),
        found.prompts,
    )
}
