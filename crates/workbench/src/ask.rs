//! What is asked while somebody looks: the posterior of every judge in a slice, from memory, before anybody has to wait.

use std::collections::BTreeMap;

use predilect_analysis::dissect::ALL as WHOLE;
use predilect_analysis::limits::{MOST_GROUPS, MOST_JUDGES, TooMany};
use predilect_analysis::table::VerdictRow;
use predilect_analysis::{FitOptions, posterior};
use predilect_results::{Answer, Fit, Skipped};
use rayon::prelude::*;

use crate::error::{Error, Remedy, Result};
use crate::open::Workbench;
use crate::prepared::Prepared;
use crate::prepared::column::NONE;
use crate::slice::{SliceOptions, Whole, no_value, taken, told_apart};
use crate::watch::Watch;

impl Workbench {
    /// The posteriors of a slice; groups only where a field is named (a dissection groups by scenario, unasked). Units of intervals must differ
    /// within the study, not within the slice. The weights and intervals are those that [`Workbench::dissect`] finds, without its checks and without what it
    /// sets beside them.
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
    if let Some(problem) = fit.problem() {
        return Err(Error::new(format!("nothing can be fitted with these options: {problem}"))
            .words("give other options"));
    }
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
        return Err(Error::new(format!("no pair of {} is in the slice {filter}", prepared.pairs().len()))
            .remedy(Remedy::Filter("names are case-sensitive".to_owned())));
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
struct Task {
    judge: String,
    group: String,
    rows: Vec<VerdictRow>,
}

/// The fits that a question asks for: judges by number of verdicts, of each the whole and then its groups by theirs.
fn tasks(
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
        return Err(Error::new("no verdict names an annotator to cluster by").remedy(Remedy::NameAnnotators));
    }
    let wanted: Vec<bool> = judges
        .names
        .iter()
        .map(|name| question.judges.is_empty() || question.judges.contains(name))
        .collect();
    if wanted.iter().filter(|wanted| **wanted).count() > MOST_JUDGES {
        return Err(TooMany::Judges.into());
    }
    let mut by_judge: Vec<Vec<VerdictRow>> = vec![Vec::new(); judges.names.len()];
    for row in 0..verdicts.len() {
        let (pair, judge) = (verdicts.pair(row), judges.of(row));
        if pair == NONE
            || !wanted[judge as usize]
            || whole.inapplicable[pair as usize]
            || orders.is_some_and(|orders| orders[pair as usize] & verdicts.order_bit(row) == 0)
        {
            continue;
        }
        let annotator = Some(verdicts.annotator(row)).filter(|person| *person != NONE);
        by_judge[judge as usize].push(VerdictRow {
            pair,
            judge,
            p_a: question.fitted(verdicts.p_a(row)),
            weight: verdicts.weight(row),
            order: verdicts.order(row),
            annotator,
            group: None,
        });
    }
    if by_judge.iter().all(Vec::is_empty) && question.filter.is_none() {
        return Err(Error::new("the data hold pairs but no verdicts, so there is nothing to dissect")
            .words("add the file that says which response was preferred"));
    }
    if by_judge.iter().all(Vec::is_empty) {
        return Err(Error::new("no verdict is in this slice")
            .remedy(Remedy::Filter("none of its verdicts fulfils the filter".to_owned())));
    }
    let mut numbers: Vec<usize> = (0..by_judge.len()).filter(|judge| !by_judge[*judge].is_empty()).collect();
    numbers.sort_by(|&a, &b| {
        by_judge[b].len().cmp(&by_judge[a].len()).then(judges.names[a].cmp(&judges.names[b]))
    });
    let mut tasks = Vec::new();
    for judge in numbers {
        let (name, rows) = (&judges.names[judge], std::mem::take(&mut by_judge[judge]));
        let groups = match &question.group_by {
            Some(field) => of_groups(prepared, field, &rows)?,
            None => Vec::new(),
        };
        tasks.push(Task { judge: name.clone(), group: WHOLE.to_owned(), rows });
        tasks.extend(groups.into_iter().map(|(group, rows)| Task { judge: name.clone(), group, rows }));
    }
    if let Some(field) = question.group_by.as_ref().filter(|_| tasks.iter().all(|task| task.group == WHOLE)) {
        return Err(match field.as_str() {
            "annotator" => {
                Error::new("no verdict names an annotator to group by").remedy(Remedy::NameAnnotators)
            }
            field => no_value(field).words("group by a field that has values"),
        });
    }
    Ok(tasks)
}

/// Verdicts by the values of a field, the most frequent first.
fn of_groups(
    prepared: &Prepared,
    field: &str,
    rows: &[VerdictRow],
) -> Result<Vec<(String, Vec<VerdictRow>)>> {
    let mut found: BTreeMap<String, Vec<VerdictRow>> = BTreeMap::new();
    let mut add = |name: &str, row: &VerdictRow| match found.get_mut(name) {
        Some(rows) => rows.push(*row),
        None => _ = found.insert(name.to_owned(), vec![*row]),
    };
    match field {
        "annotator" => {
            let people = prepared.verdicts(&crate::watch::Unwatched)?.annotators();
            for row in rows {
                if let Some(person) = row.annotator {
                    add(&people[person as usize], row);
                }
            }
        }
        "language" => {
            for row in rows {
                if let Some(language) = prepared.facts().languages().get(row.pair as usize) {
                    add(language, row);
                }
            }
        }
        field => {
            let column = prepared.field(field)?;
            let sources =
                if field == "source" { told_apart(prepared.pairs().sources().names()) } else { Vec::new() };
            for row in rows {
                let texts = &column.get(row.pair as usize).texts;
                // A value that a list repeats is one value.
                for (at, name) in texts.iter().enumerate().filter(|(at, name)| !texts[..*at].contains(name)) {
                    let source = prepared.pairs().sources().code(row.pair as usize) as usize;
                    add(sources.get(source).filter(|_| at == 0).unwrap_or(name), row);
                }
            }
        }
    }
    if found.len() > MOST_GROUPS {
        return Err(TooMany::Groups.into());
    }
    let named =
        |(name, rows): (String, _)| (if name == WHOLE { "all (as a value)".to_owned() } else { name }, rows);
    let mut groups: Vec<_> = found.into_iter().map(named).collect();
    groups.sort_by(|a, b| b.1.len().cmp(&a.1.len()).then(a.0.cmp(&b.0)));
    Ok(groups)
}
