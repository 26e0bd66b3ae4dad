//! What every judge rewards in every group: all fits of a table, in parallel.

use std::ops::ControlFlow;

use rayon::prelude::*;

use crate::fit_options::{Draws, FitOptions};

use crate::fit::{drawn_in, fit};
use crate::keep_going::KeepGoing;
use crate::refusal::Refusal;
use crate::table::{FeatureTable, VerdictRow};
use predilect_results::{Fit, Skipped};

pub use predilect_results::{ALL, NONE};

/// Reported after every fit, from the thread that made it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FitEvent {
    /// Fits to make.
    pub total: usize,
}

/// All fits of a table.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fits {
    /// Judges by number of verdicts, groups "all" first, then by rows.
    pub fits: Vec<Fit>,
    /// What was not fitted, and why, in the same order.
    pub skipped: Vec<Skipped>,
}

/// Takes the draws of one fit, where [`FitOptions::keep_draws`] asks for them; after a break no further fits are made.
pub type DrawSink<'a> = &'a mut dyn FnMut(&Fit, &Draws) -> ControlFlow<()>;

/// How many fits may wait with their draws for the sink.
const WAITING: usize = 16;

/// Which verdicts are fitted together: of a judge (its number) all, or those of one group.
type Task = (usize, Option<u32>);

/// The fits to make, judge by judge, large groups first; and the verdicts that no group includes.
fn tasks(table: &FeatureTable, by_judge: &[Vec<VerdictRow>], judges: &[usize]) -> (Vec<Task>, Vec<Skipped>) {
    let (mut tasks, mut ungrouped) = (Vec::new(), Vec::new());
    for &judge in judges {
        tasks.push((judge, None));
        let mut sizes = vec![0_usize; table.groups.len()];
        for verdict in &by_judge[judge] {
            for &group in table.groups_of_verdict(verdict) {
                sizes[group as usize] += 1;
            }
        }
        let mut groups: Vec<u32> = (0..sizes.len() as u32).filter(|&g| sizes[g as usize] > 0).collect();
        groups.sort_by(|&a, &b| {
            sizes[b as usize]
                .cmp(&sizes[a as usize])
                .then(table.groups[a as usize].cmp(&table.groups[b as usize]))
        });
        tasks.extend(groups.into_iter().map(|g| (judge, Some(g))));
        let outside = by_judge[judge].iter().filter(|v| table.groups_of_verdict(v).is_empty()).count();
        if sizes.iter().any(|&size| size > 0) && outside > 0 {
            ungrouped.push(Skipped {
                judge: table.judges[judge].clone(),
                group: NONE.to_owned(),
                rows: outside as u64,
                reason: "the pairs have no value in the field that groups come from".to_owned(),
            });
        }
    }
    (tasks, ungrouped)
}

/// Fits each judge on all its verdicts and on those of each group.
///
/// Every verdict is stored once; a running fit has a copy of its rows, so memory grows with the table and the number of threads, not with
/// the number of fits. Draws reach `draws` in the order of the fits, a few fits at a time.
pub fn dissect(
    table: &FeatureTable,
    options: &FitOptions,
    progress: &(dyn Fn(FitEvent) + Sync),
    draws: DrawSink<'_>,
) -> Fits {
    let one = |rows: &[VerdictRow], judge: &str, group: &str| fit(table, rows, judge, group, options);
    all_fits(table, options.keep_draws > 0, &one, progress, draws)
}

/// The same without what [`crate::drawn`] leaves out: weights, intervals and draws, and of each judge how well its verdicts are predicted
/// where they are held out ([`FitOptions::folds`]).
///
/// If `keep_going` returns false, no further fits are made, and the returned value must not be used.
pub fn dissect_bare(
    table: &FeatureTable,
    options: &FitOptions,
    keep_going: KeepGoing<'_>,
    draws: DrawSink<'_>,
) -> Fits {
    let one = |rows: &[VerdictRow], judge: &str, group: &str| {
        if !keep_going() {
            return Err(Refusal::Stopped);
        }
        drawn_in(table, rows, judge, group, options).map(|(fit, draws)| (fit, Some(draws)))
    };
    all_fits(table, options.keep_draws > 0, &one, &|_| {}, draws)
}

/// Fits the verdicts of a judge in a group.
type OneFit<'a> = &'a (dyn Fn(&[VerdictRow], &str, &str) -> Result<(Fit, Option<Draws>), Refusal> + Sync);

fn all_fits(
    table: &FeatureTable,
    keeps: bool,
    fit: OneFit<'_>,
    progress: &(dyn Fn(FitEvent) + Sync),
    draws: DrawSink<'_>,
) -> Fits {
    let mut by_judge: Vec<Vec<VerdictRow>> = vec![Vec::new(); table.judges.len()];
    for verdict in &table.verdicts {
        by_judge[verdict.judge as usize].push(*verdict);
    }
    let mut judges: Vec<usize> = (0..by_judge.len()).collect();
    judges.sort_by(|&a, &b| {
        by_judge[b].len().cmp(&by_judge[a].len()).then(table.judges[a].cmp(&table.judges[b]))
    });
    let (tasks, ungrouped) = tasks(table, &by_judge, &judges);
    let total = tasks.len();
    let one = |&(judge, group): &Task| {
        let name = group.map_or(ALL, |g| table.groups[g as usize].as_str());
        let rows: Vec<VerdictRow> = by_judge[judge]
            .iter()
            .filter(|v| group.is_none_or(|group| table.groups_of_verdict(v).contains(&group)))
            .copied()
            .collect();
        let done = fit(&rows, &table.judges[judge], name).map_err(|reason| Skipped {
            judge: table.judges[judge].clone(),
            group: name.to_owned(),
            rows: rows.len() as u64,
            reason: reason.to_string(),
        });
        progress(FitEvent { total });
        done
    };
    let mut out = Fits { skipped: ungrouped, ..Fits::default() };
    let at_once = if keeps { WAITING } else { total.max(1) };
    for tasks in tasks.chunks(at_once) {
        let results: Vec<_> = tasks.par_iter().map(one).collect();
        for result in results {
            match result {
                Ok((fit, kept)) => {
                    let flow = kept.map_or(ControlFlow::Continue(()), |kept| draws(&fit, &kept));
                    out.fits.push(fit);
                    if flow.is_break() {
                        return out;
                    }
                }
                Err(skipped) => out.skipped.push(skipped),
            }
        }
    }
    out
}
