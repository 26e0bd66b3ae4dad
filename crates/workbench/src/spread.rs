//! How are the words of responses spread over a study, and over a slice of it?

use predilect_results::browse::Histogram;
use rayon::prelude::*;

use crate::error::Result;
use crate::prepared::{Places, Prepared};

/// Bins of a histogram.
const BINS: usize = 40;

/// What is counted of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    /// Words of A minus words of B.
    Apart,
    /// Words of both.
    Together,
}

impl Words {
    /// As a filter writes it.
    fn field(self) -> &'static str {
        match self {
            Self::Apart => "words(a) - words(b)",
            Self::Together => "words(a) + words(b)",
        }
    }

    fn of(self, [a, b]: [f64; 2]) -> f64 {
        match self {
            Self::Apart => a - b,
            Self::Together => a + b,
        }
    }
}

/// How words are spread over a study.
#[derive(Debug)]
pub(crate) struct Spread {
    of: Words,
    edges: Vec<f64>,
    all: Vec<u64>,
    /// The bin of each pair, [`NO_BIN`] where words are not known.
    bins: Vec<u8>,
}

const NO_BIN: u8 = u8::MAX;

impl Spread {
    /// Bins of equal width between the 1 % and the 99 % quantile of the whole study; values beyond are counted in the outer bins.
    pub(crate) fn of(prepared: &Prepared, of: Words) -> Result<Self> {
        let words = prepared.own("length").map(|at| prepared.facts().column(at)).transpose()?;
        let values: Vec<f64> = (0..prepared.pairs().len())
            .map(|row| of.of(words.and_then(|words| words.get(row)).unwrap_or([f64::NAN; 2])))
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
        Ok(Self { of, edges, all, bins })
    }

    pub(crate) fn of_slice(&self, places: &Places) -> Histogram {
        let slice = match places.orders() {
            None => self.all.clone(),
            Some(orders) => {
                let taken = self.bins.iter().zip(orders).filter(|(_, orders)| **orders != 0);
                counted(&self.edges, taken.map(|(bin, _)| bin))
            }
        };
        let field = self.of.field().to_owned();
        Histogram { field, edges: self.edges.clone(), all: self.all.clone(), slice }
    }
}

fn counted<'a>(edges: &[f64], bins: impl Iterator<Item = &'a u8>) -> Vec<u64> {
    let mut counts = vec![0; usize::from(NO_BIN) + 1];
    bins.for_each(|bin| counts[usize::from(*bin)] += 1);
    counts.truncate(edges.len().saturating_sub(1));
    counts
}
