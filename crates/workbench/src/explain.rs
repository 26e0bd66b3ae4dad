//! Why single verdicts came out as they did.

use std::path::Path;

use predilect_analysis::FitOptions;
use predilect_analysis::Refusal;
use predilect_analysis::dissect::ALL;
use predilect_analysis::explain::{DRAWS, DRAWS_OF_MANY, Explainer, Model, Subject};
use predilect_analysis::table::VerdictRow;
use predilect_data::Study;
use predilect_results::Explanation;
use predilect_types::Pair;
use predilect_types::shown::list;
use rayon::prelude::*;

use crate::ask::places;
use crate::chosen::{Chosen, tasks};
use crate::error::{Error, Remedy, Result};
use crate::fits::check;
use crate::open::Workbench;
use crate::prepared::{Prepared, changed};
use crate::remembered::Remembered;
use crate::slice::{Slice, SliceOptions};
use crate::tables::ExplanationsFile;
use crate::watch::{Event, Remark, Step, Watch};

/// Verdicts that are explained before they are written.
const AT_ONCE: usize = 4096;
/// Names that an error lists at most.
const NAMED: usize = 5;

/// Which verdict is explained, and by which fit.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The pair: its id, or `#N` for the N-th of the study.
    pub pair: &'a str,
    /// The group of the fit; `all`: every pair.
    pub group: &'a str,
    /// How the fit is made.
    pub fit: &'a FitOptions,
}

/// A verdict with its reasons.
#[derive(Debug, Clone)]
pub struct Explained {
    /// The pair, with its texts.
    pub pair: Pair,
    /// What moved the verdict.
    pub explanation: Explanation,
}

impl Workbench {
    /// Explains one verdict by the fit of its judge: the only one of the slice, or the one that it names.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`]; when the pair does not exist, no judge is given, or it cannot be fitted.
    pub fn explain(&self, slice: &SliceOptions, asked: &Asked<'_>, watch: &dyn Watch) -> Result<Explained> {
        // Before the long part: a pair that is not there is said at once.
        let (number, pair) = find(self.study(), asked.pair)?;
        let judges = slice.judges.clone();
        let slice = self.slice(slice, watch)?;
        say_left_out(&slice, watch);
        let judge = judge(&judges, &slice.table.judges)?;
        let explainer = Explainer::new(&slice.table, &judge, asked.group, asked.fit, DRAWS)
            .map_err(|why| refused(&why, &judge, asked.group, &slice))?;
        let Some(at) = slice.rows.iter().position(|row| *row == number) else {
            return Err(not_in_slice(&pair.id));
        };
        Ok(Explained { explanation: explainer.explain(at as u32), pair })
    }

    /// The same interactively: from memory, by a fit that is kept for the next pair ([`predilect_analysis::drawn`]), of all verdicts in the
    /// slice. With [`predilect_analysis::Engine::Ep`] it is the fit that [`Workbench::ask`] gives, unchecked.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::explain`].
    pub fn why(&self, slice: &SliceOptions, asked: &Asked<'_>, watch: &dyn Watch) -> Result<Explained> {
        check(asked.fit)?;
        let slice = SliceOptions { group_by: None, ..slice.clone() };
        let found = self.with(&slice, watch, |prepared| {
            let row = row_of(prepared, asked.pair).map_err(|count| {
                let first: Vec<String> = prepared.pairs().ids().take(NAMED).map(str::to_owned).collect();
                missing(asked.pair, count, &first)
            })?;
            Ok((explained(prepared, &slice, asked.fit, row, watch)?, self.text(prepared, row)?))
        });
        found.map(|(explanation, pair)| Explained { pair, explanation })
    }

    /// A pair by its id, or `#N` for the N-th of the study; `None` if there is none.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    pub fn pair(&self, wanted: &str, watch: &dyn Watch) -> Result<Option<Pair>> {
        self.with(&SliceOptions::default(), watch, |prepared| {
            row_of(prepared, wanted).ok().map(|row| self.text(prepared, row)).transpose()
        })
    }

    /// The pair of a row with its texts.
    fn text(&self, prepared: &Prepared, row: usize) -> Result<Pair> {
        let found = self.study().some_pairs(&[row as u32])?;
        let found = found.into_iter().map(|(_, pair)| pair);
        found.into_iter().find(|pair| pair.id == prepared.pairs().id(row)).ok_or_else(changed)
    }

    /// Explains every verdict of every judge that can be fitted, in one table in Parquet; how many.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`]; when no judge can be fitted, or the table cannot be written.
    pub fn explain_all(
        &self,
        slice: &SliceOptions,
        (group, fit): (&str, &FitOptions),
        place: &Path,
        watch: &dyn Watch,
    ) -> Result<u64> {
        let slice = self.slice(slice, watch)?;
        say_left_out(&slice, watch);
        let mut all: Vec<String> = Vec::new();
        for batch in self.study().pairs_without_texts()? {
            all.extend(batch?.into_iter().map(|pair| pair.id));
        }
        let ids: Vec<String> = slice.rows.iter().map(|row| std::mem::take(&mut all[*row as usize])).collect();
        let (mut explainers, mut refusals) = (Vec::new(), Vec::new());
        for judge in &slice.table.judges {
            match Explainer::new(&slice.table, judge, group, fit, DRAWS_OF_MANY) {
                Ok(explainer) => explainers.push(explainer),
                Err(why) => refusals.push((judge, why)),
            }
        }
        if explainers.is_empty() {
            let first = refusals.first().map(|(judge, why)| refused(why, judge, group, &slice));
            return Err(first.unwrap_or_else(|| Error::new("the data contain no verdicts")));
        }
        for (judge, why) in &refusals {
            watch.event(Event::Remark(Remark::NotFitted { judge, why: &why.to_string() }));
        }
        let total = explainers.iter().map(Explainer::pairs).sum::<usize>() as u64;
        let mut file = ExplanationsFile::create(place)?;
        watch.event(Event::Begin(Step::Explaining, Some(total)));
        for explainer in &explainers {
            let numbers: Vec<u32> =
                (0..ids.len() as u32).filter(|&number| explainer.has_judged(number)).collect();
            for numbers in numbers.chunks(AT_ONCE) {
                if watch.cancelled() {
                    return Err(Error::cancelled());
                }
                let one = |&number: &u32| {
                    watch.event(Event::More(1));
                    (ids[number as usize].clone(), explainer.explain(number))
                };
                let explained: Vec<(String, Explanation)> = numbers.par_iter().map(one).collect();
                file.write(&explained)?;
            }
        }
        file.finish()?;
        watch.event(Event::End);
        Ok(total)
    }
}

fn say_left_out(slice: &Slice, watch: &dyn Watch) {
    for (reason, count) in slice.left_out() {
        watch.event(Event::Remark(Remark::LeftOut { count, reason: &reason }));
    }
}

/// The pair and its number in the study.
fn find(study: &Study, wanted: &str) -> Result<(u32, Pair)> {
    found(study, wanted)?.map_err(|(number, first)| missing(wanted, number as usize, &first))
}

/// A pair with its number, or how many there are and the first ids.
type Looked = std::result::Result<(u32, Pair), (u32, Vec<String>)>;

/// Looks for a pair by its id or number.
fn found(study: &Study, wanted: &str) -> Result<Looked> {
    let place = wanted.strip_prefix('#').and_then(|n| n.parse::<u32>().ok());
    let mut first: Vec<String> = Vec::new();
    let mut at_place = None;
    let mut number = 0;
    for batch in study.pairs()? {
        for pair in batch? {
            if pair.id == wanted {
                return Ok(Ok((number, pair)));
            }
            if place == Some(number + 1) {
                at_place = Some((number, pair.clone()));
            }
            if first.len() < NAMED {
                first.push(pair.id);
            }
            number += 1;
        }
    }
    // An id may look like a number: it comes first.
    Ok(at_place.ok_or((number, first)))
}

/// Why one verdict came out, by a fit that is made or kept.
fn explained(
    prepared: &Remembered,
    slice: &SliceOptions,
    fit: &FitOptions,
    row: usize,
    watch: &dyn Watch,
) -> Result<Explanation> {
    let places = places(prepared, slice, watch)?;
    if !places.has(row) {
        return Err(not_in_slice(prepared.pairs().id(row)));
    }
    let whole = prepared.whole(slice, watch)?;
    let judge = if let [one] = slice.judges.as_slice() {
        one.clone()
    } else {
        let tasks = tasks(prepared, &whole, slice, places.orders(), watch)?;
        let names: Vec<String> = tasks.into_iter().map(|task| task.judge).collect();
        judge(&slice.judges, &names)?
    };
    let slice = SliceOptions { judges: vec![judge.clone()], ..slice.clone() };
    let model = prepared.found().models.get((slice.clone(), fit.clone()), watch, || {
        let tasks = tasks(prepared, &whole, &slice, places.orders(), watch)?;
        let rows = tasks.first().map_or(&[][..], |task| &task.rows);
        Model::fitted(&whole.table, rows, &judge, fit, DRAWS)
            .map_err(|why| Error::new(format!("{judge} cannot be fitted: {why}")))
    })?;
    let chosen = Chosen::of(prepared, &whole, &slice, places.orders(), watch)?;
    let number = chosen.judges.names.iter().position(|name| *name == judge).unwrap_or_default() as u32;
    let own: Vec<VerdictRow> = chosen.on(row).collect();
    Ok(model.explain(&whole.table, &Subject::of(row as u32, number, &own, true)))
}

/// The row of a pair by its id, or `#N` for the N-th; the number of pairs if there is no such pair.
fn row_of(prepared: &Prepared, wanted: &str) -> std::result::Result<usize, usize> {
    let (pairs, count) = (prepared.pairs(), prepared.pairs().len());
    let nth = || wanted.strip_prefix('#')?.parse::<usize>().ok()?.checked_sub(1).filter(|row| *row < count);
    // An id may look like a number: it comes first.
    pairs.row(wanted).or_else(nth).ok_or(count)
}

fn missing(wanted: &str, count: usize, first: &[String]) -> Error {
    let numbers = if count == 1 { "#1".to_owned() } else { format!("#1 to #{count}") };
    Error::new(format!("there is no pair `{wanted}` among {count}"))
        .words(format!("ids are, for example, {}; or give {numbers}", list(first)))
}

fn not_in_slice(pair: &str) -> Error {
    Error::new(format!("the pair {pair} is not in the slice of the filter")).remedy(Remedy::OtherPair)
}

/// The judge named, or the only one.
fn judge(named: &[String], there: &[String]) -> Result<String> {
    match (named, there) {
        ([one], _) | ([], [one]) => Ok(one.clone()),
        ([], []) => Err(Error::new("the data contain no verdicts").remedy(Remedy::CollectVerdicts)),
        (_, judges) => Err(Error::new("which judge?").remedy(Remedy::JudgeAmong(list(judges)))),
    }
}

fn refused(why: &Refusal, judge: &str, group: &str, slice: &Slice) -> Error {
    let table = &slice.table;
    if table.judges.iter().all(|name| name != judge) {
        return Error::new(format!("there is no judge `{judge}`"))
            .remedy(Remedy::JudgeAmong(list(&table.judges)));
    }
    if group != ALL && table.groups.iter().all(|name| name != group) {
        return Error::new(format!("there is no group `{group}`"))
            .remedy(Remedy::GroupsAre(list(&table.groups)));
    }
    let within = if group == ALL { String::new() } else { format!(" in {group}") };
    let error = Error::new(format!("{judge} cannot be fitted{within}: {why}"));
    match why {
        Refusal::OneSided { .. } => error.remedy(Remedy::WithoutTerms),
        Refusal::Few { verdicts, .. } => error.remedy(Remedy::FewerRows(*verdicts)),
        _ => error,
    }
}
