//! What is asked while somebody looks: the posterior of every judge in a slice, from memory, before anybody has to wait.

use std::collections::BTreeMap;

use predilect_analysis::dissect::ALL as WHOLE;
use predilect_analysis::limits::{MOST_GROUPS, MOST_JUDGES, TooMany};
use predilect_analysis::table::VerdictRow;
use predilect_analysis::{FitOptions, posterior};
use predilect_results::{Answer, Fit, Skipped};
use rayon::prelude::*;

use crate::dissect::check;
use crate::error::{Error, Result};
use crate::open::Workbench;
use crate::prepared::column::NONE;
use crate::prepared::{JudgesOf, Prepared, Verdicts};
use crate::slice::said::{no_annotator, no_groups, no_pair, no_verdict};
use crate::slice::{SliceOptions, Whole, group_name, taken, told_apart};
use crate::watch::Watch;

impl Workbench {
    /// The posteriors of a slice: the weights and intervals that [`Workbench::dissect`] finds, without its checks and without what it sets
    /// beside them.
    ///
    /// There are groups only where a field is named (a dissection groups by scenario, unasked). That a field has more than one value, to be
    /// what intervals are over, is asked of the whole study.
    ///
    /// The first question reads the study (seconds for a million pairs); whatever is asked then comes from memory.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`].
    pub fn ask(&self, question: &SliceOptions, fit: &FitOptions, watch: &dyn Watch) -> Result<Answer> {
        self.with(question, watch, |prepared| answer(prepared, question, fit, watch))
    }
}

fn answer(
    prepared: &Prepared,
    question: &SliceOptions,
    fit: &FitOptions,
    watch: &dyn Watch,
) -> Result<Answer> {
    check(fit)?;
    let whole = prepared.whole(question, watch)?;
    let orders = match &question.filter {
        Some(filter) => Some(taken(filter, prepared, question.people, question.annotator.as_deref(), watch)?),
        None => None,
    };
    let pairs = match &orders {
        Some(orders) => orders.iter().filter(|taken| **taken != 0).count(),
        None => prepared.pairs().len(),
    };
    if let Some(filter) = question.filter.as_ref().filter(|_| pairs == 0) {
        return Err(no_pair(filter, prepared));
    }
    let tasks = tasks(prepared, &whole, question, orders.as_deref(), watch)?;
    let done: Vec<_> = tasks
        .par_iter()
        .map(|task| {
            if watch.cancelled() {
                return None;
            }
            let found = posterior(&whole.table, &task.rows, &task.judge, fit);
            Some(found.map(|fit| Fit { group: task.group.clone(), ..fit }).map_err(|reason| Skipped {
                judge: task.judge.clone(),
                group: task.group.clone(),
                rows: task.rows.len() as u64,
                reason,
            }))
        })
        .collect();
    let whole_tasks = tasks.iter().filter(|task| task.group == WHOLE);
    let mut answer = Answer {
        pairs: pairs as u64,
        of_pairs: prepared.pairs().len() as u64,
        verdicts: whole_tasks.map(|task| task.rows.len() as u64).sum(),
        fits: Vec::new(),
        skipped: Vec::new(),
    };
    for found in done {
        match found.ok_or_else(Error::cancelled)? {
            Ok(fit) => answer.fits.push(fit),
            Err(skipped) => answer.skipped.push(skipped),
        }
    }
    Ok(answer)
}

/// One fit that is to be made.
pub(crate) struct Task {
    pub(crate) judge: String,
    pub(crate) group: String,
    pub(crate) rows: Vec<VerdictRow>,
}

/// The fits that a question asks for: judges by number of verdicts, of each the whole and then its groups by theirs.
pub(crate) fn tasks(
    prepared: &Prepared,
    whole: &Whole,
    question: &SliceOptions,
    orders: Option<&[u8]>,
    watch: &dyn Watch,
) -> Result<Vec<Task>> {
    let verdicts = prepared.verdicts(watch)?;
    let judges = verdicts.judges(question.people);
    question.has_judges(&judges.names)?;
    if question.cluster.iter().any(|field| field == "annotator") && verdicts.annotators().is_empty() {
        return Err(no_annotator("cluster"));
    }
    let mut by_judge = by_judge(verdicts, &judges, whole, question, orders);
    let mut numbers: Vec<usize> = (0..by_judge.len()).filter(|judge| !by_judge[*judge].is_empty()).collect();
    if numbers.is_empty() {
        return Err(no_verdict(question.filter.is_some()));
    }
    if numbers.len() > MOST_JUDGES {
        return Err(TooMany::Judges.into());
    }
    numbers.sort_by(|&a, &b| {
        by_judge[b].len().cmp(&by_judge[a].len()).then(judges.names[a].cmp(&judges.names[b]))
    });
    let mut tasks = Vec::new();
    for judge in numbers {
        let (name, rows) = (&judges.names[judge], std::mem::take(&mut by_judge[judge]));
        let groups = match &question.group_by {
            Some(field) => of_groups(prepared, field, &rows, watch)?,
            None => Vec::new(),
        };
        tasks.push(Task { judge: name.clone(), group: WHOLE.to_owned(), rows });
        tasks.extend(groups.into_iter().map(|(group, rows)| Task { judge: name.clone(), group, rows }));
    }
    match question.group_by.as_deref().filter(|_| tasks.iter().all(|task| task.group == WHOLE)) {
        None => Ok(tasks),
        Some("annotator") => Err(no_annotator("group")),
        Some(field) => Err(no_groups(field, prepared.pairs().keys())),
    }
}

/// The verdicts of the slice, by judge.
fn by_judge(
    verdicts: &Verdicts,
    judges: &JudgesOf<'_>,
    whole: &Whole,
    question: &SliceOptions,
    orders: Option<&[u8]>,
) -> Vec<Vec<VerdictRow>> {
    let is_asked = |name: &String| question.judges.is_empty() || question.judges.contains(name);
    let asked: Vec<bool> = judges.names.iter().map(is_asked).collect();
    let mut by_judge: Vec<Vec<VerdictRow>> = vec![Vec::new(); judges.names.len()];
    for row in 0..verdicts.len() {
        let (pair, judge) = (verdicts.pair(row), judges.of(row));
        if pair == NONE
            || !asked[judge as usize]
            || whole.inapplicable[pair as usize]
            || orders.is_some_and(|orders| orders[pair as usize] & verdicts.order_bit(row) == 0)
        {
            continue;
        }
        by_judge[judge as usize].push(VerdictRow {
            pair,
            judge,
            p_a: question.fitted(verdicts.p_a(row)),
            weight: verdicts.weight(row),
            order: verdicts.order(row),
            annotator: Some(verdicts.annotator(row)).filter(|person| *person != NONE),
            group: None,
        });
    }
    by_judge
}

/// Verdicts by the values of a field, the most frequent first.
fn of_groups(
    prepared: &Prepared,
    field: &str,
    rows: &[VerdictRow],
    watch: &dyn Watch,
) -> Result<Vec<(String, Vec<VerdictRow>)>> {
    let mut found = Groups::default();
    match field {
        "annotator" => {
            let people = prepared.verdicts(watch)?.annotators();
            for row in rows {
                found.add(row, row.annotator.and_then(|person| people.get(person as usize)));
            }
        }
        "language" => {
            let languages = prepared.facts().languages();
            for row in rows {
                found.add(row, languages.name(languages.code(row.pair as usize)));
            }
        }
        "source" => {
            let sources = prepared.pairs().sources();
            let names = told_apart(sources.names());
            for row in rows {
                found.add(row, names.get(sources.code(row.pair as usize) as usize));
            }
        }
        field => {
            let column = prepared.field(field)?;
            for row in rows {
                let texts = &column.get(row.pair as usize).texts;
                // A value that a list repeats is one value.
                let once = texts.iter().enumerate().filter(|(at, name)| !texts[..*at].contains(name));
                once.for_each(|(_, name)| found.add(row, Some(name)));
            }
        }
    }
    found.finish()
}

/// Verdicts by group.
#[derive(Default)]
struct Groups(BTreeMap<String, Vec<VerdictRow>>);

impl Groups {
    fn add(&mut self, row: &VerdictRow, name: Option<impl AsRef<str>>) {
        let Some(name) = name else { return };
        // The name of the whole is taken.
        let name = group_name(name.as_ref());
        match self.0.get_mut(name) {
            Some(rows) => rows.push(*row),
            None => _ = self.0.insert(name.to_owned(), vec![*row]),
        }
    }

    fn finish(self) -> Result<Vec<(String, Vec<VerdictRow>)>> {
        if self.0.len() > MOST_GROUPS {
            return Err(TooMany::Groups.into());
        }
        let mut groups: Vec<_> = self.0.into_iter().collect();
        groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(&b.0)));
        Ok(groups)
    }
}
