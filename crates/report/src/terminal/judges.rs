//! What else is known of each judge, what win rates are with its help, and do fits learn from each other?

use std::io;

use predilect_results::comparison::{BiasCard, Pooling, StandIns};

use super::style::{DIM, Out, heading};
use crate::judging::{meanings, measures, percent, pooling_words};
use crate::text;
use crate::units;

/// The width of a judge's name.
const NAME: usize = 28;
/// Win rates shown.
const RATES: usize = 12;

/// What is known of each judge in addition to the judge table: one paragraph each.
pub(super) fn further(cards: &[BiasCard], unit: &str, out: &mut Out) -> io::Result<()> {
    let of = |card: &BiasCard| -> Vec<String> {
        let kept = measures(card).into_iter().filter(|m| !m.tabled);
        kept.map(|m| format!("{} {}{}", m.name, m.value, if m.sure { " *" } else { "" })).collect()
    };
    if cards.iter().all(|card| of(card).is_empty()) {
        return Ok(());
    }
    heading(
        out,
        "More about each judge",
        &format!(
            "In %, with 90 % intervals by {}; * marks a bias whose interval excludes zero.",
            units::singular(unit)
        ),
    )?;
    for card in cards {
        let shown = of(card);
        if !shown.is_empty() {
            let head = format!("  {} ", text::left(&text::line(&card.judge), NAME.min(out.width / 3)));
            out.hanging(&head, &shown.join("; "))?;
        }
    }
    for (name, meaning) in meanings(&cards.iter().collect::<Vec<_>>(), false) {
        out.wrapped(DIM, &format!("{name}: {meaning}"))?;
    }
    Ok(())
}

/// Win rates by the reference with the help of the best candidate.
pub(super) fn rates(s: &StandIns, out: &mut Out) -> io::Result<()> {
    let rates: Vec<_> = s.rates.iter().filter(|rate| rate.judged_only > 0).collect();
    let Some(first) = rates.first() else { return Ok(()) };
    heading(
        out,
        "Corrected win rates",
        &format!(
            "Win rates by the reference with the help of {}: by labels alone, by the judge alone, corrected; 95 % intervals.",
            text::line(&first.judge)
        ),
    )?;
    for rate in rates.iter().take(RATES) {
        let shown =
            [("labels", rate.reference_only), ("judge", rate.judge_only), ("corrected", rate.corrected)]
                .map(|(name, found)| format!("{name} {}", percent(found)));
        out.hanging(
            &format!("  {} ", text::left(&text::line(&rate.model), NAME.min(out.width / 3))),
            &shown.join("; "),
        )?;
    }
    Ok(())
}

/// Separate and pooled fits in one paragraph.
pub(super) fn pooling(p: &Pooling, out: &mut Out) -> io::Result<()> {
    heading(out, "Learning from each other", &pooling_words(p))
}
