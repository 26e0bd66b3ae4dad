//! What is said of each judge after a run.

use std::io::Write;

use predilect_results::asked::JudgeRun;

use crate::asked::{print_failures, print_unread};

pub(super) fn print(said: &[JudgeRun], out: &mut impl Write) -> std::io::Result<()> {
    let percent =
        |share: Option<f64>| share.map_or_else(|| "not known".to_owned(), |s| format!("{:.1} %", 100.0 * s));
    for s in said {
        writeln!(out, "{} ({}, {})", s.judge, s.model, s.method)?;
        writeln!(out, "  verdicts       {} of {} pairs", s.figures.parsed, s.figures.pairs)?;
        let [clean, wrapped, not] = s.answers;
        writeln!(
            out,
            "  answers        {clean} as asked, {wrapped} with something around them, {not} not read"
        )?;
        if let Some(bias) = s.figures.position_bias {
            writeln!(
                out,
                "  position bias  {bias:+.3} (0: none; +1: always the first, -1: always the second)"
            )?;
            writeln!(
                out,
                "  inconsistent   {} of the pairs seen in both orders",
                percent(s.figures.inconsistent)
            )?;
        }
        writeln!(out, "  ties           {}", percent(s.figures.ties))?;
        if let Some(mass) = s.figures.mean_mass {
            writeln!(out, "  mass           {mass:.3} of the probability mass is on A and B")?;
        }
        writeln!(out, "  calls          {}", s.spent)?;
        print_failures(&s.failures, out)?;
        print_unread(&s.unread, out)?;
        for tried in &s.attacks {
            writeln!(
                out,
                "  attack         {}: {} of {} losing responses won by it, mean shift {:+.3}",
                tried.attack,
                tried.succeeded,
                tried.tried,
                tried.mean_shift.unwrap_or(0.0)
            )?;
        }
        for remark in &s.remarks {
            writeln!(out, "  remark         {remark}")?;
        }
        if s.follows_position {
            writeln!(
                out,
                "  This judge mostly follows the position of a response: single verdicts say little about content. What both orders \
                 together favour may say more: dissect with --verdicts hard."
            )?;
        }
    }
    Ok(())
}
