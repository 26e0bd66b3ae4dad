//! How are counts shared out? Stacked and plain horizontal bars.

use maud::{Markup, html};
use predilect_results::JudgeSummary;

use crate::format;

/// A judge's verdicts: A, tie, both bad, B.
pub(in crate::html) fn shares(j: &JudgeSummary) -> Markup {
    let plain_ties = j.ties.saturating_sub(j.both_bad);
    let parts = [
        ("va", "A", j.prefers_a),
        ("vt", "tie", plain_ties),
        ("vx", "both bad", j.both_bad.min(j.ties)),
        ("vb", "B", j.prefers_b),
    ];
    let spoken: Vec<String> = parts
        .iter()
        .filter(|(_, _, n)| *n > 0)
        .map(|(_, name, n)| format!("{name} {}", format::part(*n, j.verdicts)))
        .collect();
    let starts = parts.iter().scan(0, |end, (_, _, n)| Some(std::mem::replace(end, *end + n)));
    html! {
        svg.shares width="100%" height="20" role="img" aria-label=(spoken.join(", ")) {
            @for ((class, name, n), before) in parts.iter().copied().zip(starts) {
                @if n > 0 {
                    rect class=(class) x=(percent(before, j.verdicts)) y="0" width=(percent(n, j.verdicts)) height="20" {
                        title { (name) " " (format::part(n, j.verdicts)) " (" (format::count(n)) ")" }
                    }
                    @if class == "vx" {
                        rect.over x=(percent(before, j.verdicts)) y="0" width=(percent(n, j.verdicts)) height="20" {}
                    }
                }
            }
            line.half x1="50%" x2="50%" y1="0" y2="20" {}
        }
        p.say { (spoken.join(" · ")) }
    }
}

/// A share on a line from 0 to 100 % with 50 % marked.
pub(in crate::html) fn split(share: f64) -> Markup {
    let x = super::places::place(share);
    html! {
        svg.split width="100%" height="20" role="img" aria-label=(format::share(share)) {
            line.track x1=(super::places::place(0.0)) x2=(super::places::place(1.0)) y1="10" y2="10" {}
            line.half x1="50%" x2="50%" y1="3" y2="17" {}
            line.reach x1="50%" x2=(x) y1="10" y2="10" {}
            circle cx=(x) cy="10" r="5" {}
        }
    }
}

/// A plain bar for a share of the longest one.
pub(in crate::html) fn bar(n: u64, longest: u64) -> Markup {
    html! {
        svg.bar width="100%" height="12" aria-hidden="true" {
            rect x="0" y="1" width=(percent(n, longest)) height="10" rx="2" {}
        }
    }
}

fn percent(n: u64, whole: u64) -> String {
    if whole == 0 { "0%".to_owned() } else { format!("{:.2}%", 100.0 * n as f64 / whole as f64) }
}
