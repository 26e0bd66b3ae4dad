//! A study in memory without its texts: what every slice of it is made of. It is read once; filters, groups, judges, encodings and
//! annotators are chosen afterwards.

mod changed;
pub(crate) mod column;
mod facts;
mod index;
mod known;
mod pairs;
mod places;
mod ratings;
mod verdicts;

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock};

use predilect_analysis::summary::Gist;
use predilect_data::{ColumnError, Study};
use predilect_text::{Annotator, TextOptions};
use predilect_types::Pair;

pub(crate) use changed::changed;
pub(crate) use facts::{Facts, Keep};
pub(crate) use pairs::{Field, Pairs};
pub(crate) use places::{Places, drawn};
pub(crate) use ratings::{Of, OfProperty, Ratings};
pub(crate) use verdicts::{ALL, JudgesOf, ORDERS, Verdicts, bit};

use crate::error::{Error, Remedy, Result};
use crate::watch::{Event, Step, Watch};
use known::Known;
use pairs::PairsInTheMaking;

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
}

impl Prepared {
    /// Reads the pairs of a study, rates their texts if they are unrated, and keeps the columns of these fields.
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
            let (facts, pairs) = look(study, &annotator, wanted, total, watch)?;
            facts.keep(study, &annotator, keep);
            (facts, pairs)
        };
        // Each pair would count as often as its row was copied, and its verdicts only once.
        if let Some(id) = pairs.repeated() {
            let why = ColumnError::Repeated { column: "id".to_owned(), found: id.to_owned() };
            return Err(study.refused("pairs", &why).into());
        }
        let study = study.clone();
        facts.settle();
        Ok(Self { study, annotator, pairs, facts, verdicts: OnceLock::new(), ratings: OnceLock::new() })
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

    /// The index of a property among those that text analysis rates.
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

    /// The properties that text analysis or others have rated.
    pub(crate) fn rated(&self) -> Result<BTreeSet<&str>> {
        let given = self.ratings()?.properties().map(|(property, _)| property);
        Ok(self.annotator.properties().iter().copied().chain(given).collect())
    }

    /// A field's column.
    pub(crate) fn field(&self, name: &str) -> Result<Arc<Field>> {
        self.pairs.field(&self.study, name)
    }

    /// Which of the user's turns the responses of each pair answer.
    pub(crate) fn turns(&self, watch: &dyn Watch) -> Result<Arc<Field>> {
        self.pairs.turns(|see| self.with_texts(watch, |_, pair| see(pair)))
    }

    /// A column to group or to take units by: of the data, or, where these have no field of that name, `turn` by the texts. A field of the data
    /// may be called as filters call it, `meta.NAME`.
    pub(crate) fn field_or_turn(&self, name: &str, watch: &dyn Watch) -> Result<Arc<Field>> {
        let keys = self.pairs.keys();
        let own = name.strip_prefix("meta.").filter(|own| !keys.contains(name) && keys.contains(*own));
        let name = own.unwrap_or(name);
        if name == "turn" && !self.pairs.keys().contains(name) { self.turns(watch) } else { self.field(name) }
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

/// The pairs of a study without their texts; `None` if the facts are those of others.
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

/// Pairs that are rated between two looks at whether to stop.
const AT_ONCE: usize = 256;

/// The pairs of a study, and what their texts say.
fn look(
    study: &Study,
    annotator: &Annotator,
    wanted: &Wanted<'_>,
    total: u64,
    watch: &dyn Watch,
) -> Result<(Facts, Pairs)> {
    let kept = wanted.keep != Keep::Nothing;
    watch.event(Event::Begin(Step::Rating { kept }, Some(total)));
    // What was found before another import is true of the same texts; modified tables are not used.
    let known = if wanted.anew { None } else { Known::of(study, annotator) };
    let recall = |pair: &Pair, gist: &Gist| known.as_ref()?.get(pair, gist);
    let mut facts = Facts::new(study, annotator);
    let mut pairs = PairsInTheMaking::new(wanted.fields);
    for batch in study.pairs()? {
        for some in batch?.chunks(AT_ONCE) {
            if watch.cancelled() {
                let stopped = Error::cancelled();
                // Facts on the first pairs are used again like those of an earlier import: the next run continues from here.
                let more = facts.len() > known.as_ref().map_or(0, Known::len);
                let kept = more && facts.keep(study, annotator, wanted.keep);
                return Err(if kept { stopped.remedy(Remedy::RateOn) } else { stopped });
            }
            facts.look(some, annotator, &recall);
            for pair in some {
                pairs.push(pair);
            }
            watch.event(Event::More(some.len() as u64));
        }
    }
    watch.event(Event::End);
    Ok((facts, pairs.finish()))
}
