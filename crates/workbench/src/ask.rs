//! Interactive queries: the posterior of every judge in a slice, from memory, quickly enough that a user need not wait.

use std::sync::Arc;

use predilect_analysis::dissect::ALL as WHOLE;
use predilect_analysis::{FitOptions, posterior};
use predilect_results::{Answer, Fit, Skipped};
use rayon::prelude::*;

use crate::chosen::tasks;
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::fits::check;
use crate::open::Workbench;
use crate::prepared::Places;
use crate::remembered::Remembered;
use crate::slice::SliceOptions;
use crate::slice::said::no_pair;
use crate::watch::Watch;

/// Judges whose fits in a slice are kept at most.
const KEPT_JUDGES: usize = 64;

impl Workbench {
    /// The posteriors of a slice: the weights and intervals that [`Workbench::dissect`] finds, without its checks and additional
    /// comparisons.
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
        self.with(question, watch, |prepared| {
            let judges = match question.judges.len() {
                0 => prepared.verdicts(watch)?.judges(question.people).names.len(),
                named => named,
            };
            let exact = || answer(prepared, question, fit, None, watch);
            if question.group_by.is_some() || judges > KEPT_JUDGES {
                return exact();
            }
            // What a page begins with is asked again and again.
            let key = (question.clone(), fit.clone());
            Ok((*prepared.found().answers.get(key, watch, exact)?).clone())
        })
    }

    /// The same from about `most` pairs of a slice that has at least twice as many, always the same ones: for somebody who drags over it.
    /// [`Answer::sampled`] says how many were counted; intervals are those of the sample. An exact answer that is known is given instead.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::ask`]; when the sample has too few verdicts.
    pub fn ask_sample(
        &self,
        question: &SliceOptions,
        (fit, most): (&FitOptions, usize),
        watch: &dyn Watch,
    ) -> Result<Answer> {
        self.with(question, watch, |prepared| {
            match prepared.found().answers.made(&(question.clone(), fit.clone())) {
                Some(exact) => Ok((*exact).clone()),
                None => answer(prepared, question, fit, Some(most), watch),
            }
        })
    }

    /// A slice of about `most` pairs of this one, the same ones as [`Workbench::ask_sample`] counts; `None` if it has fewer than twice as
    /// many.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::pairs_in`].
    pub fn sample_of(
        &self,
        slice: &SliceOptions,
        most: usize,
        watch: &dyn Watch,
    ) -> Result<Option<SliceOptions>> {
        let pairs = self.pairs_in(slice, watch)?;
        if pairs < 2 * most as u64 {
            return Ok(None);
        }
        let filter = Filter::drawn(slice.filter.clone(), most as f64 / pairs as f64);
        Ok(Some(SliceOptions { filter: Some(filter), ..slice.clone() }))
    }

    /// The tried properties in which no two responses of a slice differ: their weights are the prior's.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::ask`].
    pub fn tried_in_vain(&self, question: &SliceOptions, watch: &dyn Watch) -> Result<Vec<String>> {
        if question.tried.is_empty() {
            return Ok(Vec::new());
        }
        self.with(question, watch, |prepared| {
            let whole = prepared.whole(question, watch)?;
            let table = &whole.table;
            let rows = places(prepared, question, watch)?.some(0, usize::MAX);
            let differs = |at: usize| rows.iter().any(|row| table.value(*row, at) != 0.0);
            let mut names: Vec<String> = question.tried.iter().map(ToString::to_string).collect();
            names.retain(|name| table.column(name).is_some_and(|at| !differs(at)));
            Ok(names)
        })
    }
}

fn answer(
    prepared: &Remembered,
    question: &SliceOptions,
    fit: &FitOptions,
    most: Option<usize>,
    watch: &dyn Watch,
) -> Result<Answer> {
    check(fit)?;
    let whole = prepared.whole(question, watch)?;
    let places = places(prepared, question, watch)?;
    let sample = most.and_then(|most| places.sampled(most));
    let counted = sample.as_ref().unwrap_or(&places);
    let tasks = tasks(prepared, &whole, question, counted.orders(), watch)?;
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
                reason: reason.to_string(),
            }))
        })
        .collect();
    let whole_tasks = tasks.iter().filter(|task| task.group == WHOLE);
    let mut answer = Answer {
        pairs: places.count() as u64,
        sampled: sample.map(|sample| sample.count() as u64),
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

/// Which pairs a question is about, one at least.
pub(crate) fn places(
    prepared: &Remembered,
    question: &SliceOptions,
    watch: &dyn Watch,
) -> Result<Arc<Places>> {
    let places = prepared.places(question, watch)?;
    match question.filter.as_ref().filter(|_| places.count() == 0) {
        Some(filter) => Err(no_pair(filter, prepared)),
        None => Ok(places),
    }
}
