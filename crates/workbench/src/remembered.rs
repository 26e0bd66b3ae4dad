//! A study in memory, with results that are cached for interactive use.

use std::ops::Deref;
use std::sync::Arc;

use predilect_analysis::FitOptions;
use predilect_analysis::explain::Model;
use predilect_data::Judges;
use predilect_results::Answer;

use crate::error::Result;
use crate::filter::Filter;
use crate::kept::Kept;
use crate::look::Look;
use crate::prepared::{Places, Prepared};
use crate::slice::{SliceOptions, Whole, WholeKey, taken};
use crate::spread::{Spread, Words};
use crate::watch::Watch;

/// Tables of all pairs that are kept, for as many ways of rating and encoding.
const MOST_WHOLES: usize = 3;
/// Slices of which is kept which pairs they take, a byte for each pair of the study.
const MOST_PLACES: usize = 8;
/// Slices whose fits are kept, some ten thousand bytes for each judge.
const MOST_ANSWERS: usize = 8;
/// Slices whose fits are kept for their pairs, a few thousand bytes each.
const MOST_LOOKS: usize = 16;
/// Slices whose pairs are kept by surprise, four bytes each.
const MOST_SURPRISES: usize = 2;
/// Fits whose draws are kept for reasons, some hundred thousand bytes each.
const MOST_MODELS: usize = 16;

/// What a fit is of, and how it is made.
pub(crate) type Asked = (SliceOptions, FitOptions);

/// Identifies which pairs are taken.
type PlacesKey = (Filter, Judges, Option<String>);

/// Cached results: dropped when the study is read again.
#[derive(Debug)]
pub(crate) struct Found {
    /// Tables of all pairs that were asked about, the last ones.
    wholes: Kept<WholeKey, Whole>,
    places: Kept<PlacesKey, Places>,
    /// The fits of a slice, without groups.
    pub(crate) answers: Kept<Asked, Answer>,
    /// The fits shown with the pairs of a slice.
    pub(crate) looks: Kept<Asked, Look>,
    /// The pairs of a slice, the most surprising first.
    pub(crate) surprises: Kept<Asked, Vec<u32>>,
    /// The fit of one judge in a slice with its draws.
    pub(crate) models: Kept<Asked, Model>,
    /// How words are spread over all pairs.
    pub(crate) spreads: Kept<Words, Spread>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            wholes: Kept::new(MOST_WHOLES),
            places: Kept::new(MOST_PLACES),
            answers: Kept::new(MOST_ANSWERS),
            looks: Kept::new(MOST_LOOKS),
            surprises: Kept::new(MOST_SURPRISES),
            models: Kept::new(MOST_MODELS),
            spreads: Kept::new(2),
        }
    }
}

/// A study in memory, and what was found of it.
#[derive(Debug)]
pub(crate) struct Remembered {
    prepared: Prepared,
    found: Found,
}

impl Deref for Remembered {
    type Target = Prepared;

    fn deref(&self) -> &Prepared {
        &self.prepared
    }
}

impl Remembered {
    /// A study without results yet.
    pub(crate) fn new(prepared: Prepared) -> Self {
        Self { prepared, found: Found::default() }
    }

    /// The table of all pairs that a question needs.
    pub(crate) fn whole(&self, options: &SliceOptions, watch: &dyn Watch) -> Result<Arc<Whole>> {
        self.found.wholes.get(WholeKey::of(options), watch, || Whole::of(self, options, watch))
    }

    /// Which pairs a slice takes.
    pub(crate) fn places(&self, slice: &SliceOptions, watch: &dyn Watch) -> Result<Arc<Places>> {
        let Some(filter) = &slice.filter else { return Ok(Arc::new(Places::every(self.pairs().len()))) };
        let key = (filter.clone(), slice.people, slice.annotator.clone());
        self.found.places.get(key, watch, || {
            taken(filter, self, slice.people, slice.annotator.as_deref(), watch).map(Places::of)
        })
    }

    /// What was found before.
    pub(crate) fn found(&self) -> &Found {
        &self.found
    }
}
