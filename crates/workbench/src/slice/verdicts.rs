//! Which verdicts of a study are fitted, by whom and in which group.

use std::collections::HashMap;

use predilect_analysis::compare::Shown;
use predilect_analysis::limits::{MOST_GROUPS, MOST_JUDGES, TooMany};
use predilect_analysis::summary::{SummaryBuilder, VerdictSummary};
use predilect_analysis::table::{FeatureTable, VerdictRow};
use predilect_annotate::judge::{self as judging, Tally};
use predilect_types::Order;

use super::options::SliceOptions;
use super::said::no_annotator;
use crate::error::Result;
use crate::prepared::Verdicts;
use crate::prepared::column::NONE;
use predilect_types::Interner;

/// The number of a pair that the slice leaves out.
pub(super) const OUTSIDE: u32 = u32::MAX;

/// Which verdicts count.
pub(super) struct VerdictReader<'a> {
    pub(super) options: &'a SliceOptions,
    pub(super) verdicts: &'a Verdicts,
    /// The number of each pair of the study in the slice; [`OUTSIDE`] of those that it leaves out.
    pub(super) place: &'a [u32],
    /// The orders of presentation in which verdicts on each pair of the study are taken, a bit each; `None`: all.
    pub(super) orders: Option<&'a [u8]>,
    /// Pairs of the slice to which accuracy does not apply.
    pub(super) inapplicable: &'a [bool],
}

#[expect(
    clippy::too_many_lines,
    reason = "one pass over the verdicts that fills table, summary and counts together"
)]
pub(super) fn read_verdicts(
    reader: &VerdictReader<'_>,
    builder: &mut SummaryBuilder,
    table: &mut FeatureTable,
    answers_shown: &mut Vec<Shown>,
) -> Result<(u64, u64)> {
    let VerdictReader { options, verdicts, place, orders, inapplicable } = *reader;
    let all = verdicts.judges(options.people);
    // Judges and people in the order in which they come in the slice.
    let (mut judges, mut annotators, mut groups) =
        (Interner::default(), Interner::default(), Interner::default());
    let mut tallies: HashMap<u32, Tally> = HashMap::new();
    let (mut orphans, mut left_out) = (0, 0);
    let by_annotator = options.group_by.as_deref() == Some("annotator");
    let wanted: Vec<bool> =
        all.names.iter().map(|name| options.judges.is_empty() || options.judges.contains(name)).collect();
    for row in 0..verdicts.len() {
        let by = all.of(row);
        if !wanted[by as usize] {
            continue;
        }
        let of_study = verdicts.pair(row);
        if of_study == NONE {
            orphans += 1;
            continue;
        }
        let pair = place[of_study as usize];
        if pair == OUTSIDE
            || orders.is_some_and(|orders| orders[of_study as usize] & verdicts.order_bit(row) == 0)
        {
            continue;
        }
        let (name, p_a, weight) = (&all.names[by as usize], verdicts.p_a(row), verdicts.weight(row));
        let order = verdicts.order(row);
        let fitted = options.fitted(p_a);
        let tie = verdicts.tie(row);
        builder.verdict(&VerdictSummary {
            pair: pair as usize,
            judge: name,
            p_a,
            order,
            tie,
            weight,
            fitted,
        });
        if !verdicts.calls(row).is_empty() {
            tallies.entry(by).or_default().add_calls(verdicts.calls(row), Some(p_a));
        }
        if inapplicable[pair as usize] {
            left_out += 1;
            continue;
        }
        let judge = judges.get(name);
        if judges.list().len() > MOST_JUDGES {
            return Err(TooMany::Judges.into());
        }
        let person = verdicts.annotators().get(verdicts.annotator(row) as usize);
        let annotator = person.map(|name| annotators.get(name));
        let group = person.filter(|_| by_annotator).map(|name| groups.get(name));
        if groups.list().len() > MOST_GROUPS {
            return Err(TooMany::Groups.into());
        }
        answers_shown.extend(answers(verdicts, row, pair, judge));
        table.verdicts.push(VerdictRow { pair, judge, p_a: fitted, weight, order, annotator, group });
    }
    table.judges = judges.into_list();
    table.annotators = annotators.into_list();
    for (judge, tally) in tallies {
        let figures = tally.finish();
        builder.asked(&all.names[judge as usize], |summary| {
            summary.position_bias = figures.position_bias;
            summary.inconsistent = figures.inconsistent;
            summary.mean_mass = figures.mean_mass;
            summary.follows_position = figures.follows_position();
        });
    }
    options.has_judges(&all.names)?;
    if by_annotator {
        if groups.list().is_empty() {
            return Err(no_annotator("group"));
        }
        table.groups = groups.into_list();
    }
    if options.cluster.iter().any(|field| field == "annotator") && table.annotators.is_empty() {
        return Err(no_annotator("cluster"));
    }
    Ok((orphans, left_out))
}

/// The answers behind a verdict with the order that each was given in: the calls of its receipt, what the data say of both orders, or
/// itself.
fn answers(verdicts: &Verdicts, row: usize, pair: u32, judge: u32) -> Vec<Shown> {
    let by_call = verdicts.calls(row).iter().filter_map(|call| {
        let a_first = match call.shown {
            judging::Shown::Ab => true,
            judging::Shown::Ba => false,
            _ => return None,
        };
        Some(Shown { pair, judge, p_a: call.value?, a_first })
    });
    let mut found: Vec<Shown> = by_call.collect();
    if found.is_empty()
        && let Some([ab, ba]) = verdicts.both_orders(row)
    {
        let of = |p_a: Option<f64>, a_first| Some(Shown { pair, judge, p_a: p_a?, a_first });
        found.extend([of(ab, true), of(ba, false)].into_iter().flatten());
    }
    if found.is_empty() {
        let a_first = match verdicts.order(row) {
            Order::Ab => true,
            Order::Ba => false,
            Order::Both | Order::Unknown => return found,
        };
        found.push(Shown { pair, judge, p_a: verdicts.p_a(row), a_first });
    }
    found
}
