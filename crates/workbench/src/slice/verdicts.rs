//! Which verdicts of a study are fitted, by whom and in which group.

use std::collections::{BTreeSet, HashMap, HashSet};

use predilect_analysis::compare::Shown;
use predilect_analysis::limits::{MOST_GROUPS, MOST_JUDGES, TooMany};
use predilect_analysis::summary::SummaryBuilder;
use predilect_analysis::table::{FeatureTable, VerdictRow};
use predilect_annotate::judge::{self as judging, Tally};
use predilect_data::Study;
use predilect_types::{Order, Verdict, shown};

use super::OUTSIDE;
use super::SliceOptions;
use super::names::Interner;
use super::which::bit;
use crate::error::{Error, Remedy, Result};

/// Which verdicts count.
pub(super) struct VerdictReader<'a> {
    pub(super) options: &'a SliceOptions,
    /// Pairs by id; those outside of the slice are [`OUTSIDE`].
    pub(super) index: &'a HashMap<String, u32>,
    /// The orders of presentation in which verdicts on each pair are taken, a bit each; empty: all.
    pub(super) orders: &'a [u8],
    /// Pairs to which accuracy does not apply.
    pub(super) inapplicable: &'a HashSet<u32>,
}

pub(super) fn read_verdicts(
    study: &Study,
    reader: &VerdictReader<'_>,
    builder: &mut SummaryBuilder,
    table: &mut FeatureTable,
    answers_shown: &mut Vec<Shown>,
) -> Result<(u64, u64)> {
    let VerdictReader { options, index, orders, inapplicable } = *reader;
    let mut left_out = 0;
    let mut judges = Interner::default();
    let (mut annotators, mut groups) = (Interner::default(), Interner::default());
    let mut tallies: HashMap<String, Tally> = HashMap::new();
    let mut orphans = 0;
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for batch in study.verdicts()? {
        for mut verdict in batch? {
            options.people.settle(&mut verdict);
            if !seen.contains(&verdict.judge) {
                seen.insert(verdict.judge.clone());
            }
            if !options.judges.is_empty() && !options.judges.contains(&verdict.judge) {
                continue;
            }
            let Some(&pair) = index.get(&verdict.pair) else {
                orphans += 1;
                continue;
            };
            if pair == OUTSIDE
                || orders.get(pair as usize).is_some_and(|taken| taken & bit(verdict.order) == 0)
            {
                continue;
            }
            let fitted = if options.hard { hardened(verdict.p_a) } else { verdict.p_a };
            builder.verdict(pair as usize, &verdict, fitted);
            if verdict.receipt.is_some() {
                match tallies.get_mut(&verdict.judge) {
                    Some(tally) => tally.add_verdict(&verdict),
                    None => tallies.entry(verdict.judge.clone()).or_default().add_verdict(&verdict),
                }
            }
            if inapplicable.contains(&pair) {
                left_out += 1;
                continue;
            }
            let judge = judges.get(&verdict.judge);
            if judges.list.len() > MOST_JUDGES {
                return Err(TooMany::Judges.into());
            }
            let annotator = verdict.annotator.as_deref().map(|name| annotators.get(name));
            let group = if options.group_by.as_deref() == Some("annotator") {
                verdict.annotator.as_deref().map(|name| groups.get(name))
            } else {
                None
            };
            if groups.list.len() > MOST_GROUPS {
                return Err(TooMany::Groups.into());
            }
            answers_shown.extend(answers(&verdict, pair, judge));
            table.verdicts.push(VerdictRow {
                pair,
                judge,
                p_a: fitted,
                weight: verdict.weight,
                order: verdict.order,
                annotator,
                group,
            });
        }
    }
    table.judges = judges.list;
    table.annotators = annotators.list;
    for (judge, tally) in tallies {
        let figures = tally.finish();
        builder.asked(&judge, |summary| {
            summary.position_bias = figures.position_bias;
            summary.inconsistent = figures.inconsistent;
            summary.mean_mass = figures.mean_mass;
            summary.follows_position = figures.follows_position();
        });
    }
    let known: Vec<String> = seen.into_iter().collect();
    if let Some(missing) = options.judges.iter().find(|j| !known.contains(j)) {
        return Err(Error::new(format!("no verdict is by the judge `{missing}`"))
            .words(format!("the judges of these data are: {}", shown::list(&known))));
    }
    if options.group_by.as_deref() == Some("annotator") {
        if groups.list.is_empty() {
            return Err(
                Error::new("no verdict names an annotator to group by").remedy(Remedy::NameAnnotators)
            );
        }
        table.groups = groups.list;
    }
    if options.cluster.iter().any(|field| field == "annotator") && table.annotators.is_empty() {
        return Err(Error::new("no verdict names an annotator to cluster by").remedy(Remedy::NameAnnotators));
    }
    if table.verdicts.is_empty() && options.filter.is_some() {
        return Err(Error::new("no verdict is in this slice")
            .remedy(Remedy::Filter("none of its verdicts fulfils the filter".to_owned())));
    }
    if table.verdicts.is_empty() {
        return Err(Error::new("the data hold pairs but no verdicts, so there is nothing to dissect")
            .words("add the file that says which response was preferred"));
    }
    Ok((orphans, left_out))
}

/// The answers behind a verdict with the order that each was given in: the calls of its receipt, what the data say of both orders, or
/// itself.
fn answers(verdict: &Verdict, pair: u32, judge: u32) -> Vec<Shown> {
    let calls = verdict.receipt.as_ref().map(judging::calls_of).unwrap_or_default();
    let by_call = calls.iter().filter_map(|call| {
        let a_first = match call.shown {
            judging::Shown::Ab => true,
            judging::Shown::Ba => false,
            _ => return None,
        };
        Some(Shown { pair, judge, p_a: call.value?, a_first })
    });
    let mut found: Vec<Shown> = by_call.collect();
    if found.is_empty()
        && let Some(orders) = verdict.receipt.as_ref().and_then(|receipt| receipt.get("orders"))
    {
        let of = |name: &str, a_first| Some(Shown { pair, judge, p_a: orders.get(name)?.as_f64()?, a_first });
        found.extend([of("ab", true), of("ba", false)].into_iter().flatten());
    }
    if found.is_empty() {
        let a_first = match verdict.order {
            Order::Ab => true,
            Order::Ba => false,
            Order::Both | Order::Unknown => return found,
        };
        found.push(Shown { pair, judge, p_a: verdict.p_a, a_first });
    }
    found
}

fn hardened(p_a: f64) -> f64 {
    if p_a > 0.5 {
        1.0
    } else if p_a < 0.5 {
        0.0
    } else {
        0.5
    }
}
