//! What was read, what do the verdicts look like and what was fitted: the first lines.

use std::io;

use predilect_results::JudgeSummary;

use super::style::Out;
use crate::format;
use crate::text;
use crate::view::View;
use crate::words;

/// Names shown of a long list.
const NAMES: usize = 4;

/// Read, data, judges, fitted: one paragraph each, with its name in front.
pub(super) fn overview(view: &View, out: &mut Out) -> io::Result<()> {
    let d = view.d;
    out.hanging("Read     ", &words::read(d))?;
    for source in d.read.sources.iter().take(NAMES) {
        let rows = format::counted(source.rows, "record", "records");
        out.hanging(
            "         ",
            &format!("{} as {}, {rows}", text::line(&source.source), text::line(&source.format)),
        )?;
    }
    if d.read.sources.len() > NAMES {
        out.hanging("         ", &format!("and {} more files", d.read.sources.len() - NAMES))?;
    }
    if !d.read.dropped.is_empty() {
        let reasons: Vec<String> = d
            .read
            .dropped
            .iter()
            .map(|(reason, n)| format!("{} {}", text::line(reason), format::count(*n)))
            .collect();
        out.hanging("Dropped  ", &reasons.join("; "))?;
    }
    out.hanging("Data     ", &data(view))?;
    for (i, judge) in d.data.judges.iter().take(NAMES).enumerate() {
        out.hanging(if i == 0 { "Judges   " } else { "         " }, &verdicts(judge))?;
        if let Some(asked) = words::asked(judge) {
            out.hanging("         ", &format!("  {asked}"))?;
        }
    }
    if d.data.judges.len() > NAMES {
        out.hanging("         ", &format!("and {} more", d.data.judges.len() - NAMES))?;
    }
    out.hanging("Fitted   ", &words::fitted(view))?;
    if !d.settings.prior.is_empty() {
        let s = &d.settings;
        out.hanging(
            "         ",
            &format!(
                "engine {}; prior {}; encoding {}; seed {}",
                text::line(&s.engine),
                text::line(&s.prior),
                text::line(&s.encoding),
                s.seed
            ),
        )?;
    }
    Ok(())
}

fn data(view: &View) -> String {
    let data = &view.d.data;
    let mut parts = vec![
        format::counted(data.pairs, "pair", "pairs"),
        format::counted(data.prompts, "prompt", "prompts"),
        words::counted(data.models.len(), "model", "models"),
    ];
    if data.identical > 0 {
        parts.push(format!("{} with identical responses", format::count(data.identical)));
    }
    if data.multi_turn > 0 {
        parts.push(format!("{} with several turns", format::count(data.multi_turn)));
    }
    if data.words_a.mean > 0.0 || data.words_b.mean > 0.0 {
        let [a, b] = [data.words_a.mean, data.words_b.mean].map(format::words);
        parts.push(format!("on average {a} words in A and {b} in B"));
    }
    let mut clauses = vec![parts.join(", ")];
    for (name, counts) in [("languages", &data.languages), ("scenarios", &data.scenarios)] {
        if counts.is_empty() {
            continue;
        }
        let shown: Vec<String> = counts
            .iter()
            .take(NAMES)
            .map(|(value, n)| format!("{} {}", text::line(value), format::count(*n)))
            .collect();
        let more =
            if counts.len() > NAMES { format!(" and {} more", counts.len() - NAMES) } else { String::new() };
        clauses.push(format!("{name}: {}{more}", shown.join(", ")));
    }
    clauses.join("; ")
}

fn verdicts(j: &JudgeSummary) -> String {
    let share = |n: u64| format::part(n, j.verdicts);
    let bad = if j.both_bad > 0 { format!(" (both bad {})", share(j.both_bad)) } else { String::new() };
    let longer = j.prefers_longer.map_or_else(String::new, |longer| {
        format!("; the longer response wins {} of those that are not ties", format::share(longer))
    });
    // Asked in both orders, a judge that contradicts itself has no verdict for either.
    let both = j.orders.get("both").copied().unwrap_or(0);
    let tie = if 2 * both >= j.verdicts.max(1) { "undecided between its two orders" } else { "tie" };
    format!(
        "{}, {}: A {}, B {}, {tie} {}{bad}{longer}",
        text::line(&j.judge),
        format::counted(j.verdicts, "verdict", "verdicts"),
        share(j.prefers_a),
        share(j.prefers_b),
        share(j.ties)
    )
}
