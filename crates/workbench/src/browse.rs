//! What somebody looks at in a slice: its pairs one by one, and how a number is spread over them.

use std::collections::BTreeMap;

use predilect_analysis::table::VerdictRow;
use predilect_analysis::{FitOptions, Fitted, posterior};
use predilect_results::browse::{Histogram, PairRow, PairsPage};
use predilect_types::Pair;
use rayon::prelude::*;

use crate::ask::{Chosen, Task};
use crate::dissect::check;
use crate::error::{Error, Kind, Result};
use crate::open::Workbench;
use crate::prepared::{Places, Prepared, changed};
use crate::slice::SliceOptions;
use crate::watch::Watch;

/// Pairs of one page at most.
pub const MOST: usize = 200;
/// Characters of a prompt that a list shows.
const PROMPT: usize = 280;
/// Judges whose fits stand beside their verdicts at most, those with the most verdicts.
const JUDGES: usize = 12;
/// Bins of a histogram.
const BINS: usize = 40;

/// Which pairs of a slice come first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// As they stand in the study.
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
    /// So many are passed over.
    pub from: usize,
    /// So many are wanted, up to [`MOST`].
    pub most: usize,
}

/// The fits beside the pairs of a slice.
#[derive(Debug)]
pub(crate) struct Look {
    /// Every judge that has a verdict, those with the most first: its number, and what its fit makes of a verdict, where there is one.
    judges: Vec<(u32, Option<Fitted>)>,
}

/// How the words of A less those of B are spread over a study.
#[derive(Debug)]
pub(crate) struct Apart {
    edges: Vec<f64>,
    all: Vec<u64>,
    /// The bin of each pair, [`NO_BIN`] where words are not known.
    bins: Vec<u8>,
}

const NO_BIN: u8 = u8::MAX;

impl Workbench {
    /// Some pairs of a slice, with what each judge said of them and what its fit makes of that.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`], but for a slice without verdicts: its pairs are shown.
    pub fn browse(
        &self,
        slice: &SliceOptions,
        fit: &FitOptions,
        page: &PageRequest,
        watch: &dyn Watch,
    ) -> Result<PairsPage> {
        let slice = SliceOptions { group_by: None, ..slice.clone() };
        check(fit)?;
        let most = page.most.clamp(1, MOST);
        let (found, total) = self.with(&slice, watch, |prepared| {
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
            Ok((self.listed(prepared, &rows, &chosen, &look)?, places.count()))
        })?;
        let next = page.from.saturating_add(found.len());
        let next = (next < total && !found.is_empty()).then_some(next as u64);
        Ok(PairsPage { rows: found, total: total as u64, next })
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

    /// How the difference in words between the responses is spread over a slice, beside the whole study.
    ///
    /// # Errors
    ///
    /// When the filter cannot be answered, or the study cannot be read.
    pub fn words_apart(&self, slice: &SliceOptions, watch: &dyn Watch) -> Result<Histogram> {
        self.with(slice, watch, |prepared| {
            let places = prepared.places(slice, watch)?;
            let apart = prepared.found().apart.get((), watch, || Apart::of(prepared))?;
            Ok(apart.of_slice(&places))
        })
    }
}

impl Look {
    fn of(prepared: &Prepared, chosen: &Chosen<'_>, fit: &FitOptions, watch: &dyn Watch) -> Result<Self> {
        let tasks = match chosen.tasks(prepared, watch) {
            Ok(tasks) => tasks,
            // A slice without verdicts has pairs all the same.
            Err(error) if error.kind() == Kind::NoVerdicts => return Ok(Self { judges: Vec::new() }),
            Err(error) => return Err(error),
        };
        let number = |task: &Task| task.rows.first().map_or(u32::MAX, |row| row.judge);
        let table = chosen.table();
        let judges = tasks.par_iter().enumerate().map(|(nth, task)| {
            if watch.cancelled() {
                return Err(Error::cancelled());
            }
            let found = if nth < JUDGES { posterior(table, &task.rows, &task.judge, fit).ok() } else { None };
            Ok((number(task), found.map(|found| Fitted::of(table, &task.rows, &found, fit))))
        });
        Ok(Self { judges: judges.collect::<Result<_>>()? })
    }

    /// Adds what each judge said of a pair, the mean of several verdicts, and what its fit makes of that.
    fn beside(&self, row: u32, mut listed: PairRow, chosen: &Chosen<'_>) -> PairRow {
        let verdicts: Vec<VerdictRow> = chosen.on(row as usize).collect();
        for (judge, fitted) in &self.judges {
            let own = || verdicts.iter().filter(|verdict| verdict.judge == *judge);
            let count = own().count() as f64;
            if count == 0.0 {
                continue;
            }
            let name = &chosen.judges.names[*judge as usize];
            let p_a = own().map(|verdict| verdict.p_a).sum::<f64>() / count;
            listed.verdicts.insert(name.clone(), p_a);
            if let Some(fitted) = fitted {
                let fitted = own().map(|verdict| fitted.of_row(chosen.table(), verdict)).sum::<f64>() / count;
                listed.fitted.insert(name.clone(), fitted);
                listed.surprise = Some(listed.surprise.unwrap_or(0.0).max((p_a - fitted).abs()));
            }
        }
        listed
    }
}

/// The pairs of a slice, those first of which some verdict is farthest from what is fitted.
fn surprising(rows: &[u32], chosen: &Chosen<'_>, look: &Look) -> Vec<u32> {
    let mut fits: Vec<Option<&Fitted>> = vec![None; chosen.judges.names.len()];
    for (judge, fitted) in look.judges.iter().filter_map(|(judge, fitted)| Some((*judge, fitted.as_ref()?))) {
        fits[judge as usize] = Some(fitted);
    }
    let of_verdict = |verdict: VerdictRow| {
        let fitted = fits[verdict.judge as usize]?;
        Some((verdict.p_a - fitted.of_row(chosen.table(), &verdict)).abs())
    };
    let of_pair = |row: &u32| {
        let most = chosen.on(*row as usize).filter_map(of_verdict).fold(-1.0, f64::max);
        (most, *row)
    };
    let mut found: Vec<(f64, u32)> = rows.par_iter().map(of_pair).collect();
    found.par_sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, row)| row).collect()
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

impl Apart {
    /// Bins of equal width between the 1 % and the 99 % quantile of the whole study; what lies beyond is counted in the outer bins.
    fn of(prepared: &Prepared) -> Result<Self> {
        let words = prepared.own("length").map(|at| prepared.facts().column(at)).transpose()?;
        let values: Vec<f64> = (0..prepared.pairs().len())
            .map(|row| {
                let [a, b] = words.and_then(|words| words.get(row)).unwrap_or([f64::NAN; 2]);
                a - b
            })
            .collect();
        let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
        sorted.par_sort_unstable_by(f64::total_cmp);
        let mut edges = Vec::new();
        let tail = sorted.len() / 100;
        if let (Some(&low), Some(&high)) = (sorted.get(tail), sorted.iter().rev().nth(tail)) {
            // Whole numbers, so that a filter can name every edge.
            let step = ((high - low) / BINS as f64).ceil().max(1.0);
            let first = (low / step).floor() * step;
            let bins = (((high - first) / step).ceil() as usize).clamp(1, BINS + 1);
            edges = (0..=bins).map(|at| first + at as f64 * step).collect();
        }
        let last = edges.len().saturating_sub(2) as f64;
        let bin = |value: &f64| match edges.as_slice() {
            [first, second, ..] if value.is_finite() => {
                ((value - first) / (second - first)).floor().clamp(0.0, last) as u8
            }
            _ => NO_BIN,
        };
        let bins: Vec<u8> = values.iter().map(bin).collect();
        let all = counted(&edges, bins.iter());
        Ok(Self { edges, all, bins })
    }

    fn of_slice(&self, places: &Places) -> Histogram {
        let slice = match places.orders() {
            None => self.all.clone(),
            Some(orders) => {
                let taken = self.bins.iter().zip(orders).filter(|(_, orders)| **orders != 0);
                counted(&self.edges, taken.map(|(bin, _)| bin))
            }
        };
        let field = "words(a) - words(b)".to_owned();
        Histogram { field, edges: self.edges.clone(), all: self.all.clone(), slice }
    }
}

fn counted<'a>(edges: &[f64], bins: impl Iterator<Item = &'a u8>) -> Vec<u64> {
    let mut counts = vec![0; usize::from(NO_BIN) + 1];
    bins.for_each(|bin| counts[usize::from(*bin)] += 1);
    counts.truncate(edges.len().saturating_sub(1));
    counts
}
