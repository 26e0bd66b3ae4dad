//! Browsing a slice: its pairs one by one, and the distribution of a number over them.

use std::collections::BTreeMap;

use predilect_analysis::FitOptions;
use predilect_results::browse::{Histogram, PairRow, PairsPage};
use predilect_types::Pair;

use crate::chosen::Chosen;
use crate::error::{Error, Result};
use crate::fits::check;
use crate::look::{Look, surprising};
use crate::open::Workbench;
use crate::prepared::{Prepared, changed};
use crate::slice::SliceOptions;
use crate::spread::Spread;
pub use crate::spread::Words;
use crate::watch::Watch;

/// Pairs of one page at most.
pub const MOST: usize = 200;
/// Pairs whose texts are in memory at once where all are listed.
const AT_ONCE: usize = 10_000;
/// Characters of a prompt that a list shows.
const PROMPT: usize = 280;
/// Which pairs of a slice come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// In the order of the study.
    #[default]
    Study,
    /// Those whose verdicts are farthest from what is fitted.
    Surprise,
}

/// Which part of the list is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageRequest {
    /// Which pairs come first.
    pub sort: Sort,
    /// Number of pairs to skip.
    pub from: usize,
    /// Number of pairs wanted, up to [`MOST`].
    pub most: usize,
}

impl Workbench {
    /// Some pairs of a slice, with what each judge said of them and what its fit makes of that.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`], except that a slice without verdicts is shown.
    pub fn browse(
        &self,
        slice: &SliceOptions,
        fit: &FitOptions,
        page: &PageRequest,
        watch: &dyn Watch,
    ) -> Result<PairsPage> {
        self.part(slice, fit, &PageRequest { most: page.most.clamp(1, MOST), ..*page }, watch)
    }

    /// All pairs of a slice, as [`Workbench::browse`] has some.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::browse`].
    pub fn browse_all(
        &self,
        slice: &SliceOptions,
        fit: &FitOptions,
        sort: Sort,
        watch: &dyn Watch,
    ) -> Result<Vec<PairRow>> {
        let all = PageRequest { sort, from: 0, most: usize::MAX };
        Ok(self.part(slice, fit, &all, watch)?.rows)
    }

    fn part(
        &self,
        slice: &SliceOptions,
        fit: &FitOptions,
        page: &PageRequest,
        watch: &dyn Watch,
    ) -> Result<PairsPage> {
        let slice = SliceOptions { group_by: None, ..slice.clone() };
        check(fit)?;
        let most = page.most;
        let (found, judges, total) = self.with(&slice, watch, |prepared| {
            let places = prepared.places(&slice, watch)?;
            let whole = prepared.whole(&slice, watch)?;
            let chosen = Chosen::of(prepared, &whole, &slice, places.orders(), watch)?;
            let look = prepared
                .found()
                .looks
                .get((slice.clone(), fit.clone()), watch, || Look::of(prepared, &chosen, fit, watch))?;
            let rows = match page.sort {
                Sort::Study => places.some(page.from, most),
                Sort::Surprise => {
                    let all = prepared.found().surprises.get((slice.clone(), fit.clone()), watch, || {
                        Ok(surprising(&places.some(0, usize::MAX), &chosen, &look))
                    })?;
                    all.iter().skip(page.from).take(most).copied().collect()
                }
            };
            let mut found = Vec::with_capacity(rows.len());
            for rows in rows.chunks(AT_ONCE) {
                if watch.cancelled() {
                    return Err(Error::cancelled());
                }
                found.extend(self.listed(prepared, rows, &chosen, &look)?);
            }
            Ok((found, look.judges(&chosen), places.count()))
        })?;
        let next = page.from.saturating_add(found.len());
        let next = (next < total && !found.is_empty()).then_some(next as u64);
        Ok(PairsPage { judges, rows: found, total: total as u64, next })
    }

    /// How many pairs have a language in the data; that of the others is guessed from the prompt.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    pub fn languages_stated(&self, watch: &dyn Watch) -> Result<u64> {
        self.with(&SliceOptions::default(), watch, |prepared| Ok(prepared.pairs().languages()))
    }

    /// How many pairs are in a slice.
    ///
    /// # Errors
    ///
    /// When the study cannot be read, and when it has no pair.
    pub fn pairs_in(&self, slice: &SliceOptions, watch: &dyn Watch) -> Result<u64> {
        self.with(slice, watch, |prepared| Ok(prepared.places(slice, watch)?.count() as u64))
    }

    /// The pairs of these rows with what was said of them.
    fn listed(
        &self,
        prepared: &Prepared,
        rows: &[u32],
        chosen: &Chosen<'_>,
        look: &Look,
    ) -> Result<Vec<PairRow>> {
        let mut ordered = rows.to_vec();
        ordered.sort_unstable();
        let texts = self.study().some_pairs(&ordered)?;
        let is_known = |(row, pair): &(u32, Pair)| prepared.pairs().id(*row as usize) == pair.id;
        if texts.len() != rows.len() || !texts.iter().all(is_known) {
            return Err(changed());
        }
        let texts: BTreeMap<u32, Pair> = texts.into_iter().collect();
        let with = |row: &u32| Some(look.beside(*row, listed(*row, texts.get(row)?), chosen));
        Ok(rows.iter().filter_map(with).collect())
    }

    /// Every judge's verdict on a pair, the mean of several.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    pub fn verdicts_on(&self, pair: &str, watch: &dyn Watch) -> Result<Vec<(String, f64)>> {
        let slice = SliceOptions::default();
        self.with(&slice, watch, |prepared| {
            let verdicts = prepared.verdicts(watch)?;
            let judges = verdicts.judges(slice.people);
            let mut sums: BTreeMap<u32, (f64, u32)> = BTreeMap::new();
            for row in prepared.pairs().row(pair).into_iter().flat_map(|pair| verdicts.on(pair)) {
                let sum = sums.entry(judges.of(row)).or_default();
                *sum = (sum.0 + verdicts.p_a(row), sum.1 + 1);
            }
            let mean = |(judge, (sum, n)): (u32, (f64, u32))| {
                (judges.names[judge as usize].clone(), sum / f64::from(n))
            };
            Ok(sums.into_iter().map(mean).collect())
        })
    }

    /// The distribution of words over a slice, compared with the whole study.
    ///
    /// # Errors
    ///
    /// When the filter cannot be answered, or the study cannot be read.
    pub fn spread(&self, of: Words, slice: &SliceOptions, watch: &dyn Watch) -> Result<Histogram> {
        self.with(slice, watch, |prepared| {
            let places = prepared.places(slice, watch)?;
            let spread = prepared.found().spreads.get(of, watch, || Spread::of(prepared, of))?;
            Ok(spread.of_slice(&places))
        })
    }
}

fn listed(row: u32, pair: &Pair) -> PairRow {
    let prompt = pair.prompt_text();
    let mut shown: String = prompt.chars().take(PROMPT).collect();
    if shown.len() < prompt.len() {
        shown.push('…');
    }
    PairRow {
        pair: pair.id.clone(),
        number: u64::from(row) + 1,
        prompt: shown,
        model_a: pair.response_a.model.clone(),
        model_b: pair.response_b.model.clone(),
        verdicts: BTreeMap::new(),
        fitted: BTreeMap::new(),
        surprise: None,
    }
}
