//! What is said of each judge after a run.

use std::io::Write;

use predilect_annotate::judge::{Fall, JudgeSummary};
use serde::Serialize;

use crate::calls::{Failures, Spent};
use crate::unread::Unread;

/// What is said of one judge; the field names are those that programs read.
#[derive(Debug, Serialize)]
pub(super) struct Said {
    pub(super) judge: String,
    pub(super) model: String,
    pub(super) method: &'static str,
    #[serde(flatten)]
    pub(super) summary: JudgeSummary,
    pub(super) follows_position: bool,
    /// Answers read as asked, read with something around them, and not read.
    pub(super) answers: [u64; 3],
    #[serde(flatten)]
    pub(super) spent: Spent,
    pub(super) failures: Failures,
    /// Answers that could not be read, by the reason.
    pub(super) unread: Unread,
    /// How often it fell for responses that tell it what to choose, where that was asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attacks: Vec<Fall>,
    /// What to know of how it was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) remarks: Vec<String>,
    /// Why the run ended early.
    pub(super) stopped: Option<String>,
}

pub(super) fn print(said: &[Said], out: &mut impl Write) -> std::io::Result<()> {
    let percent =
        |share: Option<f64>| share.map_or_else(|| "not known".to_owned(), |s| format!("{:.1} %", 100.0 * s));
    for s in said {
        writeln!(out, "{} ({}, {})", s.judge, s.model, s.method)?;
        writeln!(out, "  verdicts       {} of {} pairs", s.summary.parsed, s.summary.pairs)?;
        let [clean, wrapped, not] = s.answers;
        writeln!(
            out,
            "  answers        {clean} as asked, {wrapped} with something around them, {not} not read"
        )?;
        if let Some(bias) = s.summary.position_bias {
            writeln!(
                out,
                "  position bias  {bias:+.3} (0: none; +1: always the first, -1: always the second)"
            )?;
            writeln!(
                out,
                "  inconsistent   {} of the pairs seen in both orders",
                percent(s.summary.inconsistent)
            )?;
        }
        writeln!(out, "  ties           {}", percent(s.summary.ties))?;
        if let Some(mass) = s.summary.mean_mass {
            writeln!(out, "  mass           {mass:.3} of the probability mass is on A and B")?;
        }
        writeln!(out, "  calls          {}", s.spent)?;
        s.failures.print(out)?;
        s.unread.print(out)?;
        for fall in &s.attacks {
            writeln!(
                out,
                "  attack         {}: {} of {} losing responses won by it, mean shift {:+.3}",
                fall.attack,
                fall.fell,
                fall.tried,
                fall.mean_shift.unwrap_or(0.0)
            )?;
        }
        for remark in &s.remarks {
            writeln!(out, "  remark         {remark}")?;
        }
        if s.follows_position {
            writeln!(
                out,
                "  This judge mostly follows the position of a response: its verdicts say little about content."
            )?;
        }
    }
    Ok(())
}
