//! What does an import say of the files it read: each column's role, how verdicts were understood, who judges.

use std::io::{self, Write};

use predilect_types::{Message, Pair, ReadSummary, SourceSummary, Verdict};

use crate::format;
use crate::text;

/// Files that are described in full; of the others only the name.
const FULL: usize = 3;
const FILES: usize = 20;
/// Values of a verdict's field and judges that are shown.
const VALUES: usize = 8;
/// Characters of a text that are shown.
const TEXT: usize = 160;

/// Writes what was read: files, columns, verdicts, judges, and what was left out.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn print_reading(summary: &ReadSummary, out: &mut dyn Write) -> io::Result<()> {
    for (i, source) in summary.sources.iter().take(FILES).enumerate() {
        let first = i < FULL || summary.sources.len() <= FULL + 1;
        self::source(source, first, out)?;
    }
    if summary.sources.len() > FILES {
        writeln!(out, "and {} more files", summary.sources.len() - FILES)?;
    }
    writeln!(
        out,
        "{}, {} from {}",
        format::counted(summary.pairs, "pair", "pairs"),
        format::counted(summary.verdicts, "verdict", "verdicts"),
        format::counted(summary.rows, "record", "records"),
    )?;
    if !summary.judges.is_empty() {
        let judges: Vec<String> = summary
            .judges
            .iter()
            .take(VALUES)
            .map(|judge| format!("{} ({})", text::line(&judge.judge), format::count(judge.verdicts)))
            .collect();
        let more = summary.judges.len().saturating_sub(VALUES) as u64 + summary.more_judges;
        let more = if more > 0 { format!(" and {} more", format::count(more)) } else { String::new() };
        writeln!(out, "judges: {}{more}", judges.join(", "))?;
    }
    for remark in &summary.remarks {
        writeln!(out, "remark: {}", text::line(remark))?;
    }
    for (kind, count) in &summary.merged {
        writeln!(out, "merged: {count} x {}", text::line(kind))?;
    }
    for (reason, count) in &summary.dropped {
        writeln!(out, "not used: {count} x {}", text::line(reason))?;
    }
    Ok(())
}

#[expect(clippy::too_many_lines, reason = "one line about the file after the other")]
fn source(source: &SourceSummary, full: bool, out: &mut dyn Write) -> io::Result<()> {
    if source.format == "skipped" {
        return writeln!(out, "{}: left out ({})", text::line(&source.source), text::line(&source.evidence));
    }
    writeln!(
        out,
        "{}: {} ({}), {}",
        text::line(&source.source),
        text::line(&source.format),
        text::line(&source.evidence),
        format::counted(source.rows, "record", "records"),
    )?;
    if !full {
        return Ok(());
    }
    let used: Vec<String> = source
        .columns
        .iter()
        .filter(|column| column.used_as != "metadata" && column.used_as != "left out")
        .map(|column| format!("{} = {}", text::line(&column.column), column.used_as))
        .collect();
    if !used.is_empty() {
        writeln!(out, "  columns: {}", used.join(", "))?;
    }
    for (role, words) in [("metadata", "kept as metadata"), ("left out", "left out")] {
        let names: Vec<String> = source
            .columns
            .iter()
            .filter(|column| column.used_as == role)
            .map(|column| text::line(&column.column))
            .collect();
        if !names.is_empty() {
            writeln!(out, "  {words}: {}", text::cut(&names.join(", "), 400))?;
        }
    }
    for verdict in &source.verdicts {
        if let Some(rule) = &verdict.rule {
            writeln!(
                out,
                "  verdict: {}: {}",
                text::cut(&text::line(&verdict.field), 200),
                text::line(rule)
            )?;
        }
    }
    for verdict in source.verdicts.iter().filter(|verdict| !verdict.values.is_empty()) {
        let values: Vec<String> = verdict
            .values
            .iter()
            .take(VALUES)
            .map(|value| {
                format!(
                    "{:?} = {} ({})",
                    text::cut(&text::line(&value.value), 40),
                    value.means,
                    format::count(value.count)
                )
            })
            .collect();
        let more = verdict.values.len().saturating_sub(VALUES);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        writeln!(out, "  verdict: {}: {}{more}", text::line(&verdict.field), values.join(", "))?;
    }
    if let Some(judge) = &source.judge {
        writeln!(out, "  judge: {}", text::line(judge))?;
    }
    for remark in &source.remarks {
        writeln!(out, "  remark: {}", text::line(remark))?;
    }
    Ok(())
}

/// Writes one pair as it was understood: prompt, responses, and who won according to whom.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn print_pair(number: usize, pair: &Pair, verdicts: &[Verdict], out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "\npair {number} (record {} of {})",
        pair.provenance.record,
        text::line(&pair.provenance.source)
    )?;
    turns("prompt", &pair.prompt, out)?;
    for (side, response) in [("A", &pair.response_a), ("B", &pair.response_b)] {
        let name = match &response.model {
            Some(model) => format!("{side} by {}", text::line(model)),
            None => side.to_owned(),
        };
        turns(&name, &response.messages, out)?;
    }
    if verdicts.is_empty() {
        writeln!(out, "  no verdict")?;
    }
    for verdict in verdicts {
        let judge = text::line(&verdict.judge);
        let by = match &verdict.annotator {
            Some(annotator) => format!("{judge}, annotator {}", text::line(annotator)),
            None => judge,
        };
        let said = match verdict.p_a {
            1.0 => "A wins".to_owned(),
            0.0 => "B wins".to_owned(),
            0.5 if verdict.tie.is_some() => "tie".to_owned(),
            p => format!("A wins with probability {}", format::decimal(p, 3)),
        };
        writeln!(out, "  {by}: {said}")?;
    }
    Ok(())
}

fn turns(name: &str, turns: &[Message], out: &mut dyn Write) -> io::Result<()> {
    match turns {
        [] => writeln!(out, "  {name}: (no text)"),
        [only] => writeln!(out, "  {name}: {}", short(&only.content)),
        several => {
            writeln!(out, "  {name}:")?;
            for turn in several {
                writeln!(out, "    {}: {}", text::line(turn.role.as_str()), short(&turn.content))?;
            }
            Ok(())
        }
    }
}

fn short(content: &str) -> String {
    if content.trim().is_empty() { "(empty)".to_owned() } else { text::cut(&text::line(content), TEXT) }
}
