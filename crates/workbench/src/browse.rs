//! What somebody looks at in a slice: its pairs one by one, and how a number is spread over them.

use std::collections::BTreeMap;

use predilect_analysis::{FitOptions, fitted, posterior};
use predilect_results::browse::{Histogram, PairRow, PairsPage};
use predilect_types::Pair;
use rayon::prelude::*;

use crate::ask::tasks;
use crate::error::{Error, Kind, Result};
use crate::open::Workbench;
use crate::prepared::Prepared;
use crate::slice::{SliceOptions, taken};
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

/// A judge's verdicts in the slice, each with what is fitted.
struct OfJudge {
    judge: String,
    /// The pair, the verdict, and what is fitted; NaN where there is no fit.
    verdicts: Vec<(u32, f64, f64)>,
}

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
        let (rows, judges, total) = self.with(&slice, watch, |prepared| {
            let taken = rows_taken(prepared, &slice, watch)?;
            let judges = with_fits(prepared, &slice, fit, &taken, watch)?;
            let all = taken.iter().enumerate().filter(|(_, orders)| **orders != 0).map(|(row, _)| row as u32);
            let mut rows: Vec<u32> = all.collect();
            let total = rows.len();
            if page.sort == Sort::Surprise {
                let mut surprise = vec![-1.0_f64; taken.len()];
                for (pair, p_a, fitted) in judges.iter().flat_map(|judge| &judge.verdicts) {
                    let own = &mut surprise[*pair as usize];
                    *own = own.max((p_a - fitted).abs());
                }
                let of = |row: u32| surprise[row as usize];
                rows.sort_by(|&a, &b| of(b).total_cmp(&of(a)).then(a.cmp(&b)));
            }
            let rows: Vec<u32> = rows.into_iter().skip(page.from).take(page.most.clamp(1, MOST)).collect();
            Ok((rows, judges, total))
        })?;
        let mut ordered = rows.clone();
        ordered.sort_unstable();
        let texts: BTreeMap<u32, Pair> = self.study().some_pairs(&ordered)?.into_iter().collect();
        let mut found: BTreeMap<u32, PairRow> =
            texts.into_iter().map(|(row, pair)| (row, listed(row, &pair))).collect();
        for OfJudge { judge, verdicts } in &judges {
            let mut sums: BTreeMap<u32, (f64, f64, u32)> = BTreeMap::new();
            for (pair, p_a, fitted) in verdicts.iter().filter(|(pair, ..)| found.contains_key(pair)) {
                let sum = sums.entry(*pair).or_default();
                *sum = (sum.0 + p_a, sum.1 + fitted, sum.2 + 1);
            }
            for (pair, (p_a, fitted, n)) in sums {
                let Some(row) = found.get_mut(&pair) else { continue };
                let (p_a, fitted) = (p_a / f64::from(n), fitted / f64::from(n));
                row.verdicts.insert(judge.clone(), p_a);
                if fitted.is_finite() {
                    row.fitted.insert(judge.clone(), fitted);
                    row.surprise = Some(row.surprise.unwrap_or(0.0).max((p_a - fitted).abs()));
                }
            }
        }
        let next = page.from + rows.len();
        let next = (next < total && !rows.is_empty()).then_some(next as u64);
        Ok(PairsPage {
            rows: rows.iter().filter_map(|row| found.remove(row)).collect(),
            total: total as u64,
            next,
        })
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
            if let Some(number) = prepared.pairs().ids().position(|id| id == pair) {
                for row in (0..verdicts.len()).filter(|&row| verdicts.pair(row) as usize == number) {
                    let sum = sums.entry(judges.of(row)).or_default();
                    *sum = (sum.0 + verdicts.p_a(row), sum.1 + 1);
                }
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
            let taken = rows_taken(prepared, slice, watch)?;
            let words = prepared.own("length").map(|at| prepared.facts().column(at)).transpose()?;
            let apart: Vec<f64> = (0..taken.len())
                .map(|row| {
                    let [a, b] = words.and_then(|words| words.get(row)).unwrap_or([f64::NAN; 2]);
                    a - b
                })
                .collect();
            Ok(histogram(&apart, &taken))
        })
    }
}

/// The orders in which verdicts on each pair are taken, a bit each.
fn rows_taken(prepared: &Prepared, slice: &SliceOptions, watch: &dyn Watch) -> Result<Vec<u8>> {
    match &slice.filter {
        Some(filter) => taken(filter, prepared, slice.people, slice.annotator.as_deref(), watch),
        None => Ok(vec![u8::MAX; prepared.pairs().len()]),
    }
}

/// The verdicts of each judge in the slice, with what is fitted.
fn with_fits(
    prepared: &Prepared,
    slice: &SliceOptions,
    fit: &FitOptions,
    taken: &[u8],
    watch: &dyn Watch,
) -> Result<Vec<OfJudge>> {
    let whole = prepared.whole(slice, watch)?;
    let orders = slice.filter.is_some().then_some(taken);
    let tasks = match tasks(prepared, &whole, slice, orders, watch) {
        Ok(tasks) => tasks,
        // A slice without verdicts has pairs all the same.
        Err(error) if error.kind() == Kind::NoVerdicts => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    tasks
        .into_par_iter()
        .enumerate()
        .map(|(nth, task)| {
            if watch.cancelled() {
                return Err(Error::cancelled());
            }
            let found =
                if nth < JUDGES { posterior(&whole.table, &task.rows, &task.judge, fit).ok() } else { None };
            let of_fit = match &found {
                Some(found) => fitted(&whole.table, &task.rows, found, fit),
                None => vec![f64::NAN; task.rows.len()],
            };
            let verdicts =
                task.rows.iter().zip(of_fit).map(|(row, fitted)| (row.pair, row.p_a, fitted)).collect();
            Ok(OfJudge { judge: task.judge, verdicts })
        })
        .collect()
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

/// Bins of equal width between the 1 % and the 99 % quantile of the whole study; what lies beyond is counted in the outer bins.
fn histogram(values: &[f64], taken: &[u8]) -> Histogram {
    let mut sorted: Vec<f64> = values.iter().copied().filter(|x| x.is_finite()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut edges = Vec::new();
    let tail = sorted.len() / 100;
    if let (Some(&low), Some(&high)) = (sorted.get(tail), sorted.iter().rev().nth(tail)) {
        // Whole numbers, so that a filter can name every edge.
        let step = ((high - low) / BINS as f64).ceil().max(1.0);
        let first = (low / step).floor() * step;
        let bins = (((high - first) / step).ceil() as usize).clamp(1, BINS + 1);
        edges = (0..=bins).map(|at| first + at as f64 * step).collect();
    }
    let bins = edges.len().saturating_sub(1);
    let (mut all, mut slice) = (vec![0; bins], vec![0; bins]);
    if let [first, second, ..] = edges.as_slice() {
        for (value, orders) in values.iter().zip(taken).filter(|(value, _)| value.is_finite()) {
            let at = ((value - first) / (second - first)).floor().clamp(0.0, bins as f64 - 1.0) as usize;
            all[at] += 1;
            slice[at] += u64::from(*orders != 0);
        }
    }
    Histogram { field: "words(a) - words(b)".to_owned(), edges, all, slice }
}
