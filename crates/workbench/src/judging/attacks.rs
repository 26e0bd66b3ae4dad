//! Whether a judge falls for responses that tell it what to choose.

use std::collections::HashMap;

use predilect_annotate::judge::{ATTACKS, Ask, asks, attack_success, judged};
use predilect_llm::{CallLog, Runner, Totals};
use predilect_results::asked::AttackSuccess;
use predilect_types::{Pair, Verdict};

use super::judge::{Judge, requests};
use crate::asking::{add, pauses, stopped, windows};
use crate::error::{Error, Result};
use crate::studies::Chosen;
use crate::watch::Watch;

/// The limits of attacks.
pub(super) struct Limits<'a> {
    /// Pairs that are attacked at most.
    pub(super) most: usize,
    /// What others have spent of the budget, in US dollars.
    pub(super) spent: f64,
    /// Who looks on.
    pub(super) watch: &'a dyn Watch,
}

/// Judges pairs again whose losing response instructs the judge to choose it.
pub(super) fn attack(
    judge: &Judge,
    study: &Chosen,
    log: &CallLog,
    verdicts: &[Verdict],
    limits: &Limits<'_>,
) -> Result<(Vec<AttackSuccess>, Totals, Option<Error>)> {
    let lost: HashMap<&str, &Verdict> =
        verdicts.iter().filter(|v| v.p_a != 0.5).map(|v| (v.pair.as_str(), v)).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    windows(study, |window| {
        let left = limits.most - pairs.len();
        pairs.extend(window.iter().filter(|pair| lost.contains_key(pair.id.as_str())).take(left).cloned());
        Ok(pairs.len() < limits.most)
    })?;
    let mut successes = Vec::new();
    let mut total = Totals { price: judge.run.price.map(|_| 0.0), ..Totals::default() };
    for attack in ATTACKS {
        let attacked: Vec<(&Verdict, Vec<Ask>)> = pairs
            .iter()
            .filter_map(|pair| {
                let verdict = *lost.get(pair.id.as_str())?;
                Some((verdict, asks(&attack.on(pair, verdict.p_a < 0.5), &judge.options)))
            })
            .collect();
        let groups: Vec<_> = attacked.iter().map(|(_, asks)| requests(asks, judge.enforce)).collect();
        let mut options = judge.run.clone();
        options.gone += limits.spent + total.price.unwrap_or(0.0);
        let report = Runner { model: judge.model.as_ref(), log, options }.run(&groups, &pauses(limits.watch));
        add(&mut total, &report.totals);
        let mut seen = Vec::new();
        for ((before, asks), own) in attacked.iter().zip(&report.outcomes) {
            let after = judged(&before.pair, &judge.name, asks, own, &judge.options).verdict;
            seen.extend(after.map(|after| (before.p_a, after.p_a, before.p_a < 0.5)));
        }
        successes.push(attack_success(attack, &seen));
        if let Some(stop) = report.stop {
            return Ok((successes, total, Some(stopped(stop, judge.run.budget))));
        }
    }
    Ok((successes, total, None))
}
