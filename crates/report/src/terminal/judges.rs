//! How biased is each judge, who can stand in for people, and do fits learn from each other?

use std::io;

use predilect_results::comparison::{BiasCard, Pooling, StandIns};

use super::style::{DIM, Out, heading, paint};
use crate::format;
use crate::judging::{TURNED, meanings, measures, parts, percent, pooling_words, stand_in_words};
use crate::text;
use crate::units;

/// The width of a judge's name in a table.
const NAME: usize = 28;
/// Win rates shown.
const RATES: usize = 12;

/// One paragraph per judge.
pub(super) fn biases(cards: &[BiasCard], unit: &str, out: &mut Out) -> io::Result<()> {
    if cards.iter().all(|card| measures(card).is_empty()) {
        return Ok(());
    }
    let reference: Vec<String> = cards.iter().filter(|c| c.reference).map(|c| text::line(&c.judge)).collect();
    let quality = if reference.is_empty() {
        "no judge is named as people, so quality is not held equal (--reference JUDGE)".to_owned()
    } else {
        format!("quality is judged by {}", reference.join(", "))
    };
    heading(
        out,
        "Biases",
        &format!(
            "In %, with 90 % intervals by {}; {quality}; * marks a bias whose interval excludes zero.",
            units::singular(unit)
        ),
    )?;
    for card in cards {
        let shown: Vec<String> = measures(card)
            .into_iter()
            .map(|m| format!("{} {}{}", m.name, m.value, if m.sure { " *" } else { "" }))
            .collect();
        let head = format!("  {} ", text::left(&text::line(&card.judge), NAME.min(out.width / 3)));
        out.hanging(&head, &shown.join("; "))?;
    }
    for (name, meaning) in meanings(&cards.iter().collect::<Vec<_>>()) {
        out.wrapped(DIM, &format!("{name}: {meaning}"))?;
    }
    Ok(())
}

/// Candidates, the best first, and what they make of win rates.
pub(super) fn stand_ins(s: &StandIns, out: &mut Out) -> io::Result<()> {
    heading(out, "Surrogate judges", &stand_in_words(s))?;
    let head = ["judge or jury", "pairs", "accuracy", "corr", "gain", "se", "labels"];
    let row = |cells: [String; 7]| {
        let widths = [0, 8, 10, 7, 8, 7, 9];
        let mut line = format!("  {}", text::left(&cells[0], NAME));
        for (cell, width) in cells.iter().zip(widths).skip(1) {
            line.push_str(&text::right(cell, width));
        }
        line
    };
    out.line(&paint(DIM, &text::cut(&row(head.map(str::to_owned)), out.width)))?;
    for c in &s.candidates {
        let cells = [
            named(&c.judge, c.turned),
            format::count(c.pairs),
            format!("{} %", format::decimal(100.0 * c.accuracy, 1)),
            format::decimal(c.correlation, 2),
            format::decimal(c.gain, 3),
            format::decimal(c.gain_se, 3),
            format::count(c.labels_with),
        ];
        out.line(&text::cut(&row(cells), out.width))?;
    }
    if s.candidates.iter().any(|c| c.turned) {
        out.wrapped(DIM, TURNED)?;
    }
    accuracies(s, out)?;
    let rates: Vec<_> = s.rates.iter().filter(|rate| rate.judged_only > 0).collect();
    if let Some(first) = rates.first() {
        out.wrapped(
            DIM,
            &format!(
                "Win rates by the reference with the help of {}: by labels alone, by the judge alone, corrected; 95 % intervals.",
                text::line(&first.judge)
            ),
        )?;
    }
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

/// Accuracy in each group, or part of the data.
fn accuracies(s: &StandIns, out: &mut Out) -> io::Result<()> {
    let parts = parts(s);
    if parts.is_empty() {
        return Ok(());
    }
    let names: Vec<String> = parts.iter().map(|(name, _)| text::line(name)).collect();
    let width = |name: &String| text::columns(name).clamp(7, NAME) + 2;
    let head = format!("  {}", text::left("accuracy, by part", NAME));
    let room = text::columns(&head) + names.iter().map(width).sum::<usize>();
    if room > out.width {
        for c in &s.candidates {
            let parts: Vec<String> = c
                .by_group
                .iter()
                .map(|g| {
                    format!(
                        "{} {} ({})",
                        text::line(&g.group),
                        format::share(g.accuracy),
                        format::count(g.pairs)
                    )
                })
                .collect();
            let head =
                format!("  accuracy of {} ", text::left(&text::line(&c.judge), NAME.min(out.width / 3)));
            out.hanging(&head, &parts.join("; "))?;
        }
        return Ok(());
    }
    out.blank()?;
    let head: String = names.iter().fold(head, |head, name| head + &text::right(name, width(name)));
    out.line(&paint(DIM, &head))?;
    for c in &s.candidates {
        let mut line = format!("  {}", named(&c.judge, c.turned));
        for ((part, _), name) in parts.iter().zip(&names) {
            let own = c.by_group.iter().find(|own| own.group == *part);
            let shown = own.map_or_else(|| "-".to_owned(), |own| format::share(own.accuracy));
            line.push_str(&text::right(&shown, width(name)));
        }
        out.line(&line)?;
    }
    let mut line = format!("  {}", text::left("pairs", NAME));
    for ((_, pairs), name) in parts.iter().zip(&names) {
        line.push_str(&text::right(&format::count(*pairs), width(name)));
    }
    out.line(&paint(DIM, &line))
}

/// A judge's name with the mark of one that has to be turned around, which no cut takes away.
fn named(judge: &str, turned: bool) -> String {
    let mark = if turned { " ↻" } else { "" };
    text::left(&format!("{}{mark}", text::cut(&text::line(judge), NAME - text::columns(mark))), NAME)
}

/// Separate and pooled fits in one paragraph.
pub(super) fn pooling(p: &Pooling, out: &mut Out) -> io::Result<()> {
    heading(out, "Learning from each other", &pooling_words(p))
}
