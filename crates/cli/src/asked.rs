//! What is said of asking models: what it would take, what failed, what could not be read.

use std::io::Write;

use predilect_results::asked::{CallPlan, Failures, Unread, dollars};
use predilect_types::shown::line;

use crate::output::print_json;
use crate::problem::Problem;
use crate::remedies;

/// Says what runs would take, one model a line.
pub(crate) fn print_plans(plans: &[CallPlan], json: bool) -> Result<(), Problem> {
    if json {
        return print_json(&plans);
    }
    let mut out = anstream::stdout().lock();
    for plan in plans {
        writeln!(
            out,
            "{}: {} calls to make ({} of {} questions are answered), about {} tokens to read and at most {} to write, about {}",
            plan.name,
            plan.calls,
            plan.logged,
            plan.questions,
            plan.input_tokens,
            plan.output_tokens,
            dollars(plan.price)
        )?;
        if plan.reasoning_tokens > 0 {
            writeln!(
                out,
                "  its reasoning comes on top: at most {} tokens, {} in all if it always used them up",
                plan.reasoning_tokens,
                dollars(plan.price_with_reasoning)
            )?;
        }
    }
    Ok(())
}

/// A line a kind of failure.
pub(crate) fn print_failures(failures: &Failures, out: &mut (impl Write + ?Sized)) -> std::io::Result<()> {
    for (kind, failure) in &failures.0 {
        let kind = kind.replace('_', " ");
        writeln!(out, "  failed         {} x {kind}, e.g. {}", failure.questions, line(&failure.example))?;
    }
    Ok(())
}

/// Two lines a reason why answers could not be read.
pub(crate) fn print_unread(unread: &Unread, out: &mut (impl Write + ?Sized)) -> std::io::Result<()> {
    for (reason, kind) in &unread.0 {
        writeln!(out, "  not read       {} x {}, e.g. {}", kind.answers, reason.words(), kind.example)?;
        writeln!(out, "                 {}", kind.remedy)?;
    }
    Ok(())
}

/// Puts beside each reason what helps, in the words of the command line.
pub(crate) fn with_remedies(unread: &mut Unread) {
    for (reason, kind) in &mut unread.0 {
        remedies::unread(*reason).clone_into(&mut kind.remedy);
    }
}
