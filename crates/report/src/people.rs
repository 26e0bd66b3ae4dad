//! What is said of the people who are one judge together, in every view.

use predilect_results::{People, Reliability, Share};

use crate::format;
use crate::text;

/// What the figures mean, once for all of them.
pub(crate) const MEANS: &str = "Agreement: the share of a person's decided votes that go with the majority of the others, on pairs where these have one \
(ties do not count; 90 % intervals, for a person Wilson's over votes, for all people over prompts). Unreliable: at least 30 such votes, and an interval that reaches one \
half, as for a coin, and is below what is usual among the others. Longer and First: how often a person's decided votes go to the longer response \
and to the one shown first.";

/// Share and interval in words: `74.4 % [73.3, 75.4]`.
pub(crate) fn share(share: &Share) -> String {
    match (share.share, share.low, share.high) {
        (Some(share), Some(low), Some(high)) => {
            format!(
                "{} [{}, {}]",
                format::share(share),
                format::decimal(100.0 * low, 1),
                format::decimal(100.0 * high, 1)
            )
        }
        _ => format::MISSING.to_owned(),
    }
}

/// The whole in one sentence: how far people agree, and how far other judges agree with them.
pub(crate) fn ceiling(people: &People) -> String {
    let judges: Vec<String> = people
        .judges
        .iter()
        .filter(|(_, share)| share.of > 0)
        .map(|(judge, of)| format!("{} agrees with their majority in {}", text::line(judge), share(of)))
        .collect();
    let judges = if judges.is_empty() { String::new() } else { format!("; {}", judges.join("; ")) };
    format!("One person agrees with the majority of the others in {}{judges}.", share(&people.agreement))
}

/// Which annotators are unreliable, in one sentence; `None` if none has enough votes to decide.
pub(crate) fn unreliable(people: &People) -> Option<String> {
    let enough = people.annotators.iter().filter(|person| person.agreement.of >= 30).count();
    if enough == 0 {
        return None;
    }
    let names: Vec<String> = people
        .annotators
        .iter()
        .filter(|person| person.unreliable)
        .map(|person| text::line(&person.annotator))
        .collect();
    Some(if names.is_empty() {
        format!("None of the {enough} people with at least 30 comparable votes is unreliable.")
    } else {
        format!(
            "{} of the {enough} people with at least 30 comparable votes cannot be distinguished from a coin: {}.",
            names.len(),
            names.join(", ")
        )
    })
}

/// The people worth a line: the unreliable ones, then those with most votes.
pub(crate) fn shown(people: &People, most: usize) -> Vec<&Reliability> {
    let mut shown: Vec<&Reliability> = people.annotators.iter().filter(|person| person.unreliable).collect();
    shown.extend(people.annotators.iter().filter(|person| !person.unreliable));
    shown.truncate(most);
    shown
}
