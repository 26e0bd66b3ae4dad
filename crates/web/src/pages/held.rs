//! What does the leaderboard hold equal, and how is that chosen on the page?

use maud::{Markup, html};
use predilect_report::live;

use super::parts::shown;
use crate::query::Query;

/// What can be chosen at once: the name in an address, and in words.
const CHOICES: [(&str, &str); 5] = [
    ("", "length and formatting"),
    ("length", "length"),
    ("well_formatted", "formatting"),
    ("style", "style: length, headings, lists, bold"),
    ("none", "nothing"),
];

/// The choice, or, where an address names several, each of them to be left out again.
pub(super) fn chooser(query: &Query) -> Markup {
    let chosen = query.controls.as_slice();
    let other = match chosen {
        [one] => CHOICES.iter().all(|(name, _)| name != one).then_some(one),
        _ => None,
    };
    html! {
        @if chosen.len() > 1 {
            span { "Hold equal" }
            @for control in chosen {
                label { input type="checkbox" name="control" value=(control) checked; bdi { (shown(&live::label(control))) } }
            }
        } @else {
            label { "Hold equal "
                select name="control" {
                    @for (name, words) in CHOICES {
                        option value=(name) selected[chosen.first().map_or("", String::as_str) == name] { (words) }
                    }
                    @if let Some(other) = other { option value=(other) selected { (shown(&live::label(other))) } }
                }
            }
        }
    }
}
