//! A study's pairs, a window at a time: what is asked about at once, and what asking about all would take.

use predilect_llm::{Plan, Request, Runner};
use predilect_results::asked::CallPlan;
use predilect_types::Pair;

use crate::error::{Error, Result};
use crate::studies::Chosen;

/// Pairs whose questions are in memory at once.
const WINDOW: usize = 4096;

/// Hands the pairs with text to `work`, a window at a time.
pub(crate) fn windows(study: &Chosen, mut work: impl FnMut(&[Pair]) -> Result<bool>) -> Result<()> {
    let mut window: Vec<Pair> = Vec::new();
    let mut row = 0;
    for batch in study.pairs()? {
        let taken = batch?.into_iter().filter(|pair| {
            row += 1;
            pair.has_text() && study.takes(row - 1)
        });
        window.extend(taken);
        while window.len() >= WINDOW {
            let rest = window.split_off(WINDOW);
            if !work(&window)? {
                return Ok(());
            }
            window = rest;
        }
    }
    if !window.is_empty() {
        work(&window)?;
    }
    Ok(())
}

/// What asking these questions about all pairs would take.
pub(crate) fn plan(
    runner: &Runner<'_>,
    study: &Chosen,
    mut requests: impl FnMut(&Pair) -> Vec<Request>,
) -> Result<Plan> {
    let mut sum = Plan::nothing(runner.options.price);
    windows(study, |pairs| {
        let requests: Vec<Request> = pairs.iter().flat_map(&mut requests).collect();
        sum = sum.plus(runner.plan(&requests)?);
        if runner.options.cancel.is_cancelled() {
            return Err(Error::cancelled());
        }
        Ok(true)
    })?;
    Ok(sum)
}

/// A plan, as reported.
pub(crate) fn planned(name: &str, plan: &Plan) -> CallPlan {
    CallPlan {
        name: name.to_owned(),
        questions: plan.questions,
        logged: plan.logged,
        calls: plan.calls,
        input_tokens: plan.input_tokens,
        output_tokens: plan.output_tokens,
        reasoning_tokens: plan.reasoning_tokens,
        price: plan.price,
        price_with_reasoning: plan.price_with_reasoning,
    }
}
