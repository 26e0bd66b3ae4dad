//! Whether an edit did what it should, as its raters see it: its property moved, and few others.

use std::collections::{BTreeMap, HashMap};

use predilect_results::asked::{CallPlan, Failures, Spent};
use predilect_types::{Pair, property};
use predilect_workbench::laboratory::Laboratory;
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{Error, PairRatings, Result, StudyLock, Watch, text_ratings};
use serde_json::{Value, json};

use super::ready::{VERB, Verifying};
use crate::edited::{Edited, WRITER};
use crate::edits::NULL;
use crate::rating::Raters;

/// Where in the study of a run its annotator rates what was edited beside what it was.
const CHECKS: &str = "checks";

/// Edits that were dropped, by property and reason.
pub(super) type Dropped = BTreeMap<String, BTreeMap<String, u64>>;

/// Edits that do what they should, and what making them took.
#[derive(Default)]
pub(super) struct Made {
    pub(super) edited: Vec<Edited>,
    pub(super) dropped: Dropped,
    /// What the model that rewrites took.
    pub(super) spent: Spent,
    /// What the annotator took; `None` without one.
    pub(super) rating: Option<Spent>,
    pub(super) failures: Failures,
    pub(super) remarks: Vec<String>,
    /// Why not all were made and checked.
    pub(super) stopped: Option<Error>,
    /// What is spent of the budget by now.
    pub(super) gone: f64,
}

impl Verifying {
    /// Who rates.
    pub(super) fn raters(&self) -> Raters<'_> {
        Raters {
            model: self.request.annotator.as_ref(),
            grammar: self.request.slice.grammar,
            seed: self.request.seed,
            calls: &self.request.calls,
        }
    }

    /// Candidates for each edit that is wanted: of those that a model is to confirm, a few more.
    pub(super) fn wanted(&self) -> usize {
        let own = self.request.pairs;
        if self.request.annotator.is_some() { own + own / 2 } else { own }
    }

    /// Those whose property moved as it should and which moved few others as text analysis rates them, as many of each edit as are wanted.
    /// Whether a text by the model that rewrites has more or less of what an annotator rates is left to that.
    pub(super) fn checked(
        &self,
        tried: &[Edited],
        dropped: &mut Dropped,
        watch: &dyn Watch,
    ) -> Result<Vec<Edited>> {
        let wanted = self.wanted();
        let mut kept: Vec<Edited> = Vec::new();
        let mut counts: HashMap<(String, bool), usize> = HashMap::new();
        // In small batches: most edits need no more.
        for some in tried.chunks(wanted.max(1)) {
            let few = |edit: &&Edited| counts.get(&key(edit)).is_none_or(|count| *count < wanted);
            let some: Vec<&Edited> = some.iter().filter(few).collect();
            let compared: Vec<Pair> = some.iter().map(|edit| self.before_and_after(edit)).collect();
            let ratings = text_ratings(&compared, self.request.slice.grammar, watch)?;
            for (row, edit) in some.into_iter().enumerate() {
                let count = counts.entry(key(edit)).or_default();
                if *count >= wanted {
                    continue;
                }
                let left = edit.edit == WRITER && self.by_annotator.contains(&edit.property);
                match if left { Ok(0) } else { self.verdict(&ratings, row, edit) } {
                    Ok(others) => {
                        *count += 1;
                        kept.push(Edited { others_moved: others, ..edit.clone() });
                    }
                    Err(reason) => drop_one(dropped, &edit.property, reason),
                }
            }
        }
        Ok(kept)
    }

    /// The edits by rule and by the model that rewrites, those that do what they should; `gone` of the budget is spent. The right to write is
    /// given back before the annotator needs it.
    pub(super) fn made(&self, lock: StudyLock, gone: f64, watch: &dyn Watch) -> Result<Made> {
        let mut made = Made { gone, ..Made::default() };
        let mut edited = self.by_rule(&mut made.dropped, watch)?;
        let rewritten = self.rewritten(&mut made.dropped, gone, watch)?;
        edited.extend(rewritten.edited);
        made.gone += rewritten.spent.price.unwrap_or(0.0);
        (made.spent, made.failures) = (rewritten.spent, rewritten.failures);
        (made.remarks, made.stopped) = (rewritten.remarks, rewritten.stopped);
        drop(lock);
        if self.request.annotator.is_none() || self.side_by_side(&edited).is_empty() {
            made.edited = edited;
            return Ok(made);
        }
        self.confirm(edited, &mut made, watch)?;
        Ok(made)
    }

    /// Keeps those that the annotator confirms, as many of each edit as are wanted.
    fn confirm(&self, edited: Vec<Edited>, made: &mut Made, watch: &dyn Watch) -> Result<()> {
        let pairs = self.side_by_side(&edited);
        let lab = self.checks()?;
        drop(lab.hold(VERB, &self.of_checks())?);
        let study = lab.put(&pairs, watch)?;
        let rated = self.raters().rate(&study, &pairs, made.gone, watch)?;
        let rows: HashMap<&str, usize> =
            pairs.iter().enumerate().map(|(row, pair)| (pair.id.as_str(), row)).collect();
        let mut kept = Vec::new();
        for edit in edited {
            let Some(&row) = rows.get(edit.id.as_str()) else {
                kept.push(edit);
                continue;
            };
            match self.verdict(&rated.ratings, row, &edit) {
                // A run that goes on will ask about it.
                _ if !rated.seen[row] && rated.stopped.is_some() => {}
                _ if !rated.seen[row] => {
                    drop_one(&mut made.dropped, &edit.property, "not rated by the annotator");
                }
                Ok(others) => kept.push(Edited { others_moved: others, ..edit }),
                Err(reason) => drop_one(&mut made.dropped, &edit.property, reason),
            }
        }
        made.edited = self.enough(kept);
        made.gone += rated.spent.and_then(|spent| spent.price).unwrap_or(0.0);
        made.rating = rated.spent;
        made.failures.merge(rated.failures);
        made.stopped = made.stopped.take().or(rated.stopped);
        Ok(())
    }

    /// What the annotator would take for these edits.
    pub(super) fn plans_of_checks(&self, edited: &[Edited], watch: &dyn Watch) -> Result<Vec<CallPlan>> {
        let pairs = self.side_by_side(edited);
        if self.request.annotator.is_none() || pairs.is_empty() {
            return Ok(Vec::new());
        }
        let scratch = Scratch::new()?;
        let trial = Laboratory::open(&scratch.path().join(CHECKS), VERB, &Value::Null, &[])?;
        drop(trial.hold(VERB, &Value::Null)?);
        trial.put(&pairs, watch)?;
        self.checks()?.lend_log(trial.folder())?;
        self.raters().plans(trial.folder(), "checks edits", watch)
    }

    /// As many of each edit as are wanted, the first of them.
    pub(super) fn enough(&self, mut edited: Vec<Edited>) -> Vec<Edited> {
        let mut counts: HashMap<(String, bool), usize> = HashMap::new();
        edited.retain(|edit| {
            let count = counts.entry(key(edit)).or_default();
            *count += 1;
            *count <= self.request.pairs
        });
        edited
    }

    /// What all calls of the run have cost, those of the annotator about edits too; `None` if no price is known.
    pub(super) fn paid(&self) -> Result<Option<f64>> {
        let own = self.lab.paid()?;
        if self.request.annotator.is_none() {
            return Ok(own);
        }
        let of_checks = self.checks()?.paid()?;
        Ok(match (own, of_checks) {
            (None, None) => None,
            (own, of_checks) => Some(own.unwrap_or(0.0) + of_checks.unwrap_or(0.0)),
        })
    }

    /// Each edited response beside what it was. A text that answers nothing need not be checked.
    fn side_by_side(&self, edited: &[Edited]) -> Vec<Pair> {
        let of = |edit: &Edited| Pair { id: edit.id.clone(), ..self.before_and_after(edit) };
        edited.iter().filter(|edit| edit.property != NULL).map(of).collect()
    }

    fn checks(&self) -> Result<Laboratory> {
        Laboratory::open(&self.lab.folder().join(CHECKS), VERB, &self.of_checks(), &["annotator"])
    }

    fn of_checks(&self) -> Value {
        json!({"annotator": self.request.annotator})
    }

    /// How many other properties an edit moved; the reason why it is dropped if these are too many, or its own did not move.
    fn verdict(
        &self,
        ratings: &PairRatings,
        row: usize,
        edit: &Edited,
    ) -> std::result::Result<usize, &'static str> {
        let (moved, others) = moved(ratings, row, &edit.property, edit.more).ok_or("cannot be rated")?;
        if !moved {
            return Err("did not move the property");
        }
        if others > self.request.most_others {
            return Err("moved too many other properties");
        }
        Ok(others)
    }
}

/// Whether the property moved as it should, and how many others moved.
fn moved(ratings: &PairRatings, row: usize, id: &str, more: bool) -> Option<(bool, usize)> {
    let column = ratings.column(id)?;
    let own = ratings.comparison(row, column)?;
    let part = property(id).and_then(|p| p.part_of);
    let others = ratings.properties.iter().enumerate().filter(|(at, other)| {
        // A whole moves with its part.
        *at != column
            && property(other).is_some_and(|p| p.part_of.is_none() && Some(p.id) != part)
            && ratings.comparison(row, *at).is_some_and(|moved| moved != 0)
    });
    Some((own == if more { 1 } else { -1 }, others.count()))
}

pub(super) fn drop_one(dropped: &mut Dropped, property: &str, reason: &str) {
    *dropped.entry(property.to_owned()).or_default().entry(reason.to_owned()).or_default() += 1;
}

pub(super) fn key(edit: &Edited) -> (String, bool) {
    (format!("{}/{}", edit.property, edit.edit), edit.more)
}
