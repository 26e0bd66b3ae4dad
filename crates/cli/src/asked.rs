//! What is said about asking models: what it would cost, what failed, what could not be read.

use std::io::Write;

use predilect_report::format::count;
use predilect_results::Written;
use predilect_results::asked::{CallPlan, Failures, Unread, dollars};
use predilect_types::shown::line;

use crate::output::print_json;
use crate::problem::Problem;
use crate::remedies;
use crate::say::say;

/// Says that questions failed, where the run went on to its end: another one asks them again.
pub(crate) fn say_failed(model: &str, failed: u64) {
    if failed > 0 {
        let questions = if failed == 1 { "question" } else { "questions" };
        say!("remark: {} {questions} to {model} failed; the same command asks them again", count(failed));
    }
}

/// Says what runs would take, one model a line, and whether all of it is within the budget.
pub(crate) fn print_plans(plans: &[CallPlan], budget: Option<f64>, json: bool) -> Result<(), Problem> {
    if json {
        return print_json(&plans.iter().map(Written::new).collect::<Vec<_>>());
    }
    let mut out = anstream::stdout().lock();
    for plan in plans {
        writeln!(
            out,
            "{}: {} calls to make ({} of {} questions are answered), about {} tokens to read and at most {} to write, {}",
            plan.name,
            count(plan.calls),
            count(plan.logged),
            count(plan.questions),
            count(plan.input_tokens),
            count(plan.output_tokens),
            match plan.price {
                Some(price) => format!("about {}", dollars(Some(price))),
                None => "price not known".to_owned(),
            }
        )?;
        if plan.reasoning_tokens > 0 {
            let price = plan.price_with_reasoning.map_or_else(String::new, |price| {
                format!(", {} in all if it always used them up", dollars(Some(price)))
            });
            writeln!(
                out,
                "  its reasoning comes on top: at most {} tokens{price}",
                count(plan.reasoning_tokens)
            )?;
        }
    }
    if plans.len() > 1 {
        let price: Option<f64> = plans.iter().map(|plan| plan.price).sum();
        let price = price
            .map_or_else(|| "price not known".to_owned(), |price| format!("about {}", dollars(Some(price))));
        writeln!(out, "In all: {} calls, {price}", count(plans.iter().map(|plan| plan.calls).sum()))?;
    }
    if let Some(words) = budget.and_then(|budget| over(plans, budget)) {
        writeln!(out, "{words}")?;
    }
    Ok(())
}

/// What is said where the models may cost more together than the budget, which is for all of them.
fn over(plans: &[CallPlan], budget: f64) -> Option<String> {
    let sum = |price: fn(&CallPlan) -> Option<f64>| plans.iter().map(price).sum::<Option<f64>>();
    let (price, most) = (sum(|plan| plan.price)?, sum(|plan| plan.price_with_reasoning));
    let (about, limit) = (dollars(Some(price)), dollars(Some(budget)));
    if price > budget {
        return Some(format!(
            "The forecast of {about} exceeds the budget of {limit}: the run would stop before everything is asked."
        ));
    }
    let most = most.filter(|most| *most > budget)?;
    Some(format!(
        "With reasoning, the run may cost {} and exceed the budget of {limit}: it would then stop before everything is asked.",
        dollars(Some(most))
    ))
}

/// A line a kind of failure.
pub(crate) fn print_failures(failures: &Failures, out: &mut (impl Write + ?Sized)) -> std::io::Result<()> {
    for (kind, failure) in &failures.0 {
        let (questions, example) = (count(failure.questions), line(&failure.example));
        writeln!(out, "  failed         {questions} ({}), e.g. {example}", failed_because(kind))?;
    }
    Ok(())
}

/// Why calls failed, by the name that logs and JSON give to that kind of failure.
fn failed_because(kind: &str) -> String {
    let words = match kind {
        "rate_limited" => "too many calls for this key",
        "overloaded" => "the server is overloaded",
        "server" => "an error in the server",
        "timeout" => "no answer in time",
        "connection" => "the connection broke off",
        "unreachable" => "no server was reached",
        "body" => "an answer in no known form",
        "key" => "the key was refused",
        "quota" => "the account has no credit left",
        "no_model" => "no such model at that address",
        "unsupported" => "the model cannot do this",
        "no_probabilities" => "no token probabilities in the answer",
        "filtered" => "withheld by the provider",
        "request" => "the question was refused",
        "parameter" => "a parameter was refused",
        "no_room" => "no tokens left after the reasoning",
        "offline" => "not in the log, and the run is offline",
        other => return other.replace('_', " "),
    };
    words.to_owned()
}

/// Two lines a reason why answers could not be read.
pub(crate) fn print_unread(unread: &Unread, out: &mut (impl Write + ?Sized)) -> std::io::Result<()> {
    for (reason, kind) in &unread.0 {
        writeln!(
            out,
            "  not read       {} ({}), e.g. {}",
            count(kind.answers),
            reason.words(),
            kind.example
        )?;
        writeln!(out, "                 {}", kind.remedy)?;
    }
    Ok(())
}

/// Adds a remedy to each reason, in the words of the command line.
pub(crate) fn with_remedies(unread: &mut Unread) {
    for (reason, kind) in &mut unread.0 {
        remedies::unread(*reason).clone_into(&mut kind.remedy);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_for_all_models_together() {
        let plan = |price, price_with_reasoning| CallPlan {
            name: "m".to_owned(),
            questions: 1,
            logged: 0,
            calls: 1,
            input_tokens: 1,
            output_tokens: 1,
            reasoning_tokens: 0,
            price,
            price_with_reasoning,
        };
        let plans = [plan(Some(1.0), Some(1.0)), plan(Some(2.0), Some(6.0))];
        assert_eq!(over(&plans, 7.0), None);
        let said = over(&plans, 5.0).expect("reasoning");
        assert!(said.contains("may cost 7.00 USD and exceed the budget of 5.00 USD"), "{said}");
        let said = over(&plans, 2.5).expect("a forecast");
        assert!(said.starts_with("The forecast of 3.00 USD exceeds the budget of 2.50 USD"), "{said}");
        assert_eq!(over(&[plan(None, None)], 0.1), None);
    }
}
