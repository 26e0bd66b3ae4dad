//! A study in memory without its texts: what every slice of it is made of. It is read once; filters, groups, judges, encodings and
//! annotators are chosen afterwards.

pub(crate) mod column;
mod facts;
mod index;
mod pairs;
mod places;
mod ratings;
mod verdicts;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use predilect_analysis::FitOptions;
use predilect_analysis::explain::Model;
use predilect_data::{Judges, Study};
use predilect_results::Answer;
use predilect_text::{Annotator, TextOptions};
use predilect_types::Pair;

pub(crate) use facts::Facts;
pub(crate) use pairs::{Field, Pairs};
pub(crate) use places::Places;
pub(crate) use ratings::{Of, OfProperty, Ratings};
pub(crate) use verdicts::{ALL, JudgesOf, ORDERS, Verdicts, bit};

use crate::browse::{Apart, Look};
use crate::error::{Error, Result};
use crate::filter::Filter;
use crate::kept::Kept;
use crate::slice::{SliceOptions, Whole, WholeKey, taken};
use crate::watch::{Event, Step, Watch};
use pairs::PairsInTheMaking;

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

/// What tells apart which pairs are taken.
type PlacesKey = (Filter, Judges, Option<String>);

/// What was found and is kept: it goes when the study is read anew.
#[derive(Debug)]
pub(crate) struct Found {
    places: Kept<PlacesKey, Places>,
    /// The fits of a slice, without groups.
    pub(crate) answers: Kept<Asked, Answer>,
    /// The fits beside the pairs of a slice.
    pub(crate) looks: Kept<Asked, Look>,
    /// The pairs of a slice, the most surprising first.
    pub(crate) surprises: Kept<Asked, Vec<u32>>,
    /// The fit of one judge in a slice with its draws.
    pub(crate) models: Kept<Asked, Model>,
    /// How words are spread over all pairs.
    pub(crate) apart: Kept<(), Apart>,
}

impl Default for Found {
    fn default() -> Self {
        Self {
            places: Kept::new(MOST_PLACES),
            answers: Kept::new(MOST_ANSWERS),
            looks: Kept::new(MOST_LOOKS),
            surprises: Kept::new(MOST_SURPRISES),
            models: Kept::new(MOST_MODELS),
            apart: Kept::new(1),
        }
    }
}

/// Whether facts are kept in the study's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// No: nothing is to change.
    Nothing,
    /// Where nobody is writing the study.
    IfFree,
    /// Yes: the right to write it is held already.
    Locked,
}

/// What of a study is needed.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted<'w> {
    /// Ratings of grammar.
    pub(crate) grammar: bool,
    /// Columns of these fields.
    pub(crate) fields: &'w BTreeSet<String>,
    pub(crate) keep: Keep,
    /// Whether what is kept of its texts is not to be trusted.
    pub(crate) anew: bool,
}

/// A study in memory.
#[derive(Debug)]
pub(crate) struct Prepared {
    study: Study,
    annotator: Annotator,
    pairs: Pairs,
    facts: Facts,
    verdicts: OnceLock<Verdicts>,
    ratings: OnceLock<Ratings>,
    /// Tables of all pairs that were asked about, the last ones.
    wholes: Kept<WholeKey, Whole>,
    found: Found,
}

impl Prepared {
    /// Reads the pairs of a study, rates their texts where nobody has, and keeps the columns of these fields.
    pub(crate) fn of(study: &Study, wanted: &Wanted<'_>, watch: &dyn Watch) -> Result<Self> {
        let Wanted { grammar, fields, keep, anew } = *wanted;
        let annotator = Annotator::new(&TextOptions { grammar });
        let total = study.count("pairs").unwrap_or(0);
        let kept = if anew { None } else { Facts::load(study, &annotator) };
        let kept = kept.filter(|facts| facts.len() as u64 == total);
        let known = match kept {
            Some(facts) => read(study, &facts, fields)?.map(|pairs| (facts, pairs)),
            None => None,
        };
        let (mut facts, pairs) = if let Some(known) = known {
            known
        } else {
            let (facts, pairs) = look(study, &annotator, fields, total, watch)?;
            facts.keep(study, &annotator, keep);
            (facts, pairs)
        };
        let study = study.clone();
        facts.settle();
        Ok(Self {
            study,
            annotator,
            pairs,
            facts,
            verdicts: OnceLock::new(),
            ratings: OnceLock::new(),
            wholes: Kept::new(MOST_WHOLES),
            found: Found::default(),
        })
    }

    pub(crate) fn study(&self) -> &Study {
        &self.study
    }

    pub(crate) fn pairs(&self) -> &Pairs {
        &self.pairs
    }

    pub(crate) fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The annotator of texts.
    pub(crate) fn annotator(&self) -> &Annotator {
        &self.annotator
    }

    /// Where a property stands among those that text analysis rates.
    pub(crate) fn own(&self, property: &str) -> Option<usize> {
        self.annotator.properties().iter().position(|own| *own == property)
    }

    /// The verdicts, read when they are first asked for.
    pub(crate) fn verdicts(&self, watch: &dyn Watch) -> Result<&Verdicts> {
        if self.verdicts.get().is_none() {
            let read = Verdicts::read(&self.study, &self.pairs, watch)?;
            let _ = self.verdicts.set(read);
        }
        self.verdicts.get().ok_or_else(changed)
    }

    /// Ratings by others than text analysis, read when they are first asked for.
    pub(crate) fn ratings(&self) -> Result<&Ratings> {
        if self.ratings.get().is_none() {
            let read = Ratings::read(&self.study, self.annotator.name(), &self.pairs)?;
            let _ = self.ratings.set(read);
        }
        self.ratings.get().ok_or_else(changed)
    }

    /// The table of all pairs that a question needs.
    pub(crate) fn whole(&self, options: &SliceOptions, watch: &dyn Watch) -> Result<Arc<Whole>> {
        self.wholes.get(WholeKey::of(options), watch, || Whole::of(self, options, watch))
    }

    /// Which pairs a slice takes.
    pub(crate) fn places(&self, slice: &SliceOptions, watch: &dyn Watch) -> Result<Arc<Places>> {
        let Some(filter) = &slice.filter else { return Ok(Arc::new(Places::every(self.pairs.len()))) };
        let key = (filter.clone(), slice.people, slice.annotator.clone());
        self.found.places.get(key, watch, || {
            taken(filter, self, slice.people, slice.annotator.as_deref(), watch).map(Places::of)
        })
    }

    /// What was found before.
    pub(crate) fn found(&self) -> &Found {
        &self.found
    }

    /// A field's column.
    pub(crate) fn field(&self, name: &str) -> Result<Arc<Field>> {
        self.pairs.field(&self.study, name)
    }

    /// Looks at every pair with its texts, in their order.
    pub(crate) fn with_texts(&self, watch: &dyn Watch, mut see: impl FnMut(usize, &Pair)) -> Result<()> {
        let mut row = 0;
        for batch in self.study.pairs()? {
            if watch.cancelled() {
                return Err(Error::cancelled());
            }
            for pair in &batch? {
                if row >= self.pairs.len() || self.pairs.id(row) != pair.id {
                    return Err(changed());
                }
                see(row, pair);
                row += 1;
            }
        }
        if row == self.pairs.len() { Ok(()) } else { Err(changed()) }
    }
}

/// The pairs of a study without their texts; none where the facts are those of others.
fn read(study: &Study, facts: &Facts, fields: &BTreeSet<String>) -> Result<Option<Pairs>> {
    let mut pairs = PairsInTheMaking::new(fields);
    let mut row = 0;
    for batch in study.pairs_without_texts()? {
        for pair in &batch? {
            if !facts.are_of(row, pair) {
                return Ok(None);
            }
            pairs.push(pair);
            row += 1;
        }
    }
    Ok((row == facts.len()).then(|| pairs.finish()))
}

/// The pairs of a study, and what their texts say.
fn look(
    study: &Study,
    annotator: &Annotator,
    fields: &BTreeSet<String>,
    total: u64,
    watch: &dyn Watch,
) -> Result<(Facts, Pairs)> {
    watch.event(Event::Begin(Step::Rating, Some(total)));
    let mut facts = Facts::new(study, annotator);
    let mut pairs = PairsInTheMaking::new(fields);
    for batch in study.pairs()? {
        if watch.cancelled() {
            return Err(Error::cancelled());
        }
        let batch = batch?;
        facts.look(&batch, annotator);
        for pair in &batch {
            pairs.push(pair);
        }
        watch.event(Event::More(batch.len() as u64));
    }
    watch.event(Event::End);
    Ok((facts, pairs.finish()))
}

pub(crate) fn changed() -> Error {
    Error::stale("the study changed while it was read, or another tool has written one of its tables again")
        .words("run the command again")
}
