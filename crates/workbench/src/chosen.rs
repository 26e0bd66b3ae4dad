//! Which verdicts is a question about, and which fits does it ask for?

use std::collections::BTreeMap;

use predilect_analysis::dissect::ALL as WHOLE;
use predilect_analysis::limits::{MOST_GROUPS, MOST_JUDGES, TooMany};
use predilect_analysis::table::{FeatureTable, VerdictRow};

use crate::error::Result;
use crate::prepared::column::NONE;
use crate::prepared::{JudgesOf, Prepared, Verdicts};
use crate::slice::said::{no_annotator, no_groups, no_verdict};
use crate::slice::{SliceOptions, Whole, group_name, told_apart};
use crate::watch::Watch;

/// The share of the pairs of a study up to which their verdicts are looked up pair by pair.
const FEW: f64 = 0.2;

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
    Chosen::of(prepared, whole, question, orders, watch)?.tasks(prepared, watch)
}

fn of_chosen(chosen: &Chosen<'_>, prepared: &Prepared, watch: &dyn Watch) -> Result<Vec<Task>> {
    let (judges, question) = (&chosen.judges, chosen.question);
    question.has_judges(&judges.names)?;
    if question.cluster.iter().any(|field| field == "annotator") && chosen.verdicts.annotators().is_empty() {
        return Err(no_annotator("cluster"));
    }
    let mut by_judge = by_judge(chosen);
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
fn by_judge(chosen: &Chosen<'_>) -> Vec<Vec<VerdictRow>> {
    let (all, pairs) = (chosen.verdicts.len(), chosen.orders.unwrap_or_default());
    let taken = pairs.iter().filter(|orders| **orders != 0).count();
    let share = if pairs.is_empty() { 1.0 } else { taken as f64 / pairs.len() as f64 };
    // As many as there are if judges are spread evenly: rows are not copied as their number grows.
    let asked = chosen.asked.iter().filter(|asked| **asked).count().max(1);
    let each = (1.02 * share * all as f64 / asked as f64) as usize;
    let mut by_judge: Vec<Vec<VerdictRow>> =
        chosen.asked.iter().map(|asked| Vec::with_capacity(if *asked { each } else { 0 })).collect();
    let mut add = |row: VerdictRow| by_judge[row.judge as usize].push(row);
    if share < FEW {
        let taken = (0..pairs.len()).filter(|pair| pairs[*pair] != 0);
        taken.flat_map(|pair| chosen.on(pair)).for_each(&mut add);
    } else {
        (0..all).filter_map(|row| chosen.get(row)).for_each(&mut add);
    }
    by_judge
}

/// Which verdicts a question is about.
pub(crate) struct Chosen<'a> {
    verdicts: &'a Verdicts,
    pub(crate) judges: JudgesOf<'a>,
    /// Whether each of the judges is asked about.
    asked: Vec<bool>,
    whole: &'a Whole,
    question: &'a SliceOptions,
    orders: Option<&'a [u8]>,
}

impl<'a> Chosen<'a> {
    pub(crate) fn of(
        prepared: &'a Prepared,
        whole: &'a Whole,
        question: &'a SliceOptions,
        orders: Option<&'a [u8]>,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let verdicts = prepared.verdicts(watch)?;
        let judges = verdicts.judges(question.people);
        let is_asked = |name: &String| question.judges.is_empty() || question.judges.contains(name);
        let asked = judges.names.iter().map(is_asked).collect();
        Ok(Self { verdicts, judges, asked, whole, question, orders })
    }

    /// The table of all pairs.
    pub(crate) fn table(&self) -> &'a FeatureTable {
        &self.whole.table
    }

    /// The fits that the question asks for.
    pub(crate) fn tasks(&self, prepared: &Prepared, watch: &dyn Watch) -> Result<Vec<Task>> {
        of_chosen(self, prepared, watch)
    }

    /// A verdict of the study, where the question is about it.
    fn get(&self, row: usize) -> Option<VerdictRow> {
        let (verdicts, pair, judge) = (self.verdicts, self.verdicts.pair(row), self.judges.of(row));
        if pair == NONE
            || !self.asked[judge as usize]
            || self.whole.inapplicable[pair as usize]
            || self.orders.is_some_and(|orders| orders[pair as usize] & verdicts.order_bit(row) == 0)
        {
            return None;
        }
        Some(VerdictRow {
            pair,
            judge,
            p_a: self.question.fitted(verdicts.p_a(row)),
            weight: verdicts.weight(row),
            order: verdicts.order(row),
            annotator: Some(verdicts.annotator(row)).filter(|person| *person != NONE),
            group: None,
        })
    }

    /// The verdicts on one pair that the question is about.
    pub(crate) fn on(&self, pair: usize) -> impl Iterator<Item = VerdictRow> + '_ {
        self.verdicts.on(pair).filter_map(|row| self.get(row))
    }
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
            let column = prepared.field_or_turn(field, watch)?;
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
