//! How models rank by the verdicts of a slice, raw and with length and formatting held equal.

use predilect_analysis::compare::{counted_reference, reference_of};
use predilect_analysis::ranking::{Battles, RankOptions, leaderboard, leaderboards};
use predilect_analysis::table::{Feature, FeatureTable, VerdictRow};
use predilect_results::Standings;
use predilect_types::property;

use crate::ask::places;
use crate::chosen::tasks;
use crate::error::Result;
use crate::findings::with_findings;
use crate::open::Workbench;
use crate::rank::{HELD, HELD_AS};
use crate::slice::{Slice, SliceOptions};
use crate::watch::Watch;

impl Workbench {
    /// The models of a slice, by the judges that it names together, or else by people if there are any, with these properties held equal, or else with length and formatting if they are
    /// rated; `None` if fewer than two are named. Like [`Workbench::ask`] it answers from memory, without building a table of the slice.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`].
    pub fn standings(
        &self,
        slice: &SliceOptions,
        held: Option<&[String]>,
        watch: &dyn Watch,
    ) -> Result<Option<Standings>> {
        self.standings_of(slice, held, None, watch)
    }

    /// The same from about `most` pairs of a slice that has at least twice as many ([`Standings::sampled`] says how many), as
    /// [`Workbench::ask_sample`] does it. A model that few pairs have can be missing, and there are no findings: which of many models moves
    /// most is mostly chance in a sample.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::standings`].
    pub fn standings_sample(
        &self,
        slice: &SliceOptions,
        held: Option<&[String]>,
        most: usize,
        watch: &dyn Watch,
    ) -> Result<Option<Standings>> {
        self.standings_of(slice, held, Some(most), watch)
    }

    fn standings_of(
        &self,
        slice: &SliceOptions,
        held: Option<&[String]>,
        most: Option<usize>,
        watch: &dyn Watch,
    ) -> Result<Option<Standings>> {
        let slice = SliceOptions { group_by: None, encoding: HELD_AS, ..slice.clone() };
        self.with(&slice, watch, |prepared| {
            let rated = prepared.rated()?;
            let usual: Vec<String> =
                HELD.iter().filter(|id| rated.contains(*id)).map(|id| (*id).to_owned()).collect();
            let held = held.unwrap_or(&usual);
            // A table has at least one column.
            let properties = if held.is_empty() { vec![HELD[0].to_owned()] } else { held.to_vec() };
            let slice = SliceOptions { properties, ..slice.clone() };
            let whole = prepared.whole(&slice, watch)?;
            let places = places(prepared, &slice, watch)?;
            let sample = most.and_then(|most| places.sampled(most));
            let tasks = tasks(prepared, &whole, &slice, sample.as_ref().unwrap_or(&places).orders(), watch)?;
            let sampled = sample.map(|sample| sample.count() as u64);
            let standings = |rows: Vec<&VerdictRow>, judges| {
                let mut found = standings(&whole.table, rows, judges, held)?;
                if sampled.is_some() {
                    found.findings.clear();
                }
                Some(Standings { sampled, ..found })
            };
            // Who names judges has them counted together, whoever they are.
            let people = if slice.judges.is_empty() {
                counted_reference(tasks.iter().map(|task| (&task.judge, task.rows.len())))
            } else {
                tasks.iter().map(|task| task.judge.clone()).collect()
            };
            let mut rows: Vec<&VerdictRow> = tasks
                .iter()
                .filter(|task| people.contains(&task.judge))
                .flat_map(|task| &task.rows)
                .collect();
            if people.is_empty() {
                // The first of those with most.
                let number = |rows: &[VerdictRow]| rows.first().map(|row| std::cmp::Reverse(row.judge));
                let most = tasks.iter().max_by_key(|task| (task.rows.len(), number(&task.rows)));
                let Some(most) = most else { return Ok(None) };
                return Ok(standings(most.rows.iter().collect(), vec![most.judge.clone()]));
            }
            // In the order of the study, whichever judge gave them.
            rows.sort_by_key(|row| row.pair);
            Ok(standings(rows, people))
        })
    }
}

/// The same of a table.
pub(super) fn ranked(slice: &Slice) -> Option<Standings> {
    let table = &slice.table;
    let people = reference_of(table);
    // Of several judges that are not people the one with the most verdicts counts: a mean over two of them would be no judge's ranking.
    let judges = if people.is_empty() { most_verdicts(table).into_iter().collect() } else { people };
    let counts: Vec<bool> = table.judges.iter().map(|judge| judges.contains(judge)).collect();
    let rows = table.verdicts.iter().filter(|verdict| counts[verdict.judge as usize]);
    standings(&held_equal(slice), rows, judges, &HELD.map(str::to_owned))
}

/// The pairs of a slice with what leaderboards hold equal, by the encoding of leaderboards.
fn held_equal(slice: &Slice) -> FeatureTable {
    let table = &slice.table;
    let columns: Vec<_> = HELD.iter().filter_map(|id| Some((table.column(id)?, property(id)?))).collect();
    let known = |x: f32| (!x.is_nan()).then_some(f64::from(x));
    let mut out = FeatureTable {
        features: columns.iter().map(|(_, held)| Feature { name: held.id.to_owned() }).collect(),
        pairs: table.pairs.clone(),
        models: table.models.clone(),
        ..FeatureTable::default()
    };
    for ratings in slice.ratings.chunks(table.features.len().max(1)) {
        out.values.extend(columns.iter().map(|(column, held)| {
            let (a, b) = ratings[*column];
            HELD_AS.encode(held, known(a), known(b)).unwrap_or(f64::NAN)
        }));
    }
    out
}

fn standings<'a>(
    table: &FeatureTable,
    rows: impl IntoIterator<Item = &'a VerdictRow>,
    judges: Vec<String>,
    held: &[String],
) -> Option<Standings> {
    let rows: Vec<&VerdictRow> = rows.into_iter().collect();
    // What never differs is equal already, and has no weight that could be found.
    let differs = |column: &usize| {
        let own =
            |row: &&VerdictRow| table.row(row.pair).nth(*column).is_some_and(|x| x != 0.0 && !x.is_nan());
        rows.iter().any(own)
    };
    let controls: Vec<usize> = held.iter().filter_map(|name| table.column(name)).filter(differs).collect();
    let (battles, ..) = Battles::of_rows(table, rows, &controls);
    if battles.models.len() < 2 {
        return None;
    }
    let by = |prior: f64| RankOptions { prior, ..RankOptions::default() };
    let (raw, controlled) = leaderboards(&battles, &by(0.0)).ok().or_else(|| {
        // A model that never won has no finite score by itself: a weak prior keeps it.
        let board = |battles: &Battles| {
            [0.0, 0.1].into_iter().find_map(|prior| leaderboard(battles, &by(prior)).ok())
        };
        let bare = Battles { controls: Vec::new(), covariates: Vec::new(), ..battles.clone() };
        let controlled = if controls.is_empty() { None } else { board(&battles) };
        Some((board(&bare)?, controlled))
    })?;
    Some(with_findings(Standings { findings: Vec::new(), sampled: None, judges, raw, controlled }))
}

fn most_verdicts(table: &FeatureTable) -> Option<String> {
    let mut counts = vec![0_usize; table.judges.len()];
    for verdict in &table.verdicts {
        counts[verdict.judge as usize] += 1;
    }
    // The first of those with most.
    let most = (0..counts.len()).rev().max_by_key(|&judge| counts[judge])?;
    Some(table.judges[most].clone())
}
