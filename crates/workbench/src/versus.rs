//! A slice against another part of the same study.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;
use std::sync::Arc;

use predilect_analysis::compare::{JudgeApart, judge_apart, versus};
use predilect_analysis::dissect::ALL;
use predilect_analysis::table::FeatureTable;
use predilect_analysis::{Draws, FitOptions, drawn};
use predilect_results::comparison::{SliceVersus, Versus};
use predilect_results::{Fit, Skipped};
use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::ask::places;
use crate::chosen::{Task, tasks};
use crate::error::{Error, Remedy, Result};
use crate::filter::{Filter, FilterError};
use crate::fits::{DRAWS, check};
use crate::open::Workbench;
use crate::prepared::Places;
use crate::remembered::Remembered;
use crate::slice::{SliceOptions, Whole};
use crate::watch::{Event, Step, Watch};

/// What a slice is set against.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Other {
    /// All pairs and verdicts that are not in it.
    #[default]
    Rest,
    /// Another part.
    Where(Filter),
}

impl FromStr for Other {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text.trim().eq_ignore_ascii_case("rest") { Ok(Self::Rest) } else { text.parse().map(Self::Where) }
    }
}

impl Serialize for Other {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Other {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Display for Other {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest => out.write_str("rest"),
            Self::Where(filter) => filter.fmt(out),
        }
    }
}

impl Workbench {
    /// What each judge rewards otherwise in the slice than in another part of the study.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`]; when the slice has no filter, and when no judge can be fitted in both parts.
    pub fn versus(
        &self,
        slice: &SliceOptions,
        other: &Other,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<SliceVersus> {
        self.set_against(slice, other, (fit, None), watch)
    }

    /// The same from about `most` pairs of each part that has at least twice as many ([`SliceVersus::sampled`] says how many), as
    /// [`Workbench::ask_sample`] does it.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::versus`]; when a sample has too few verdicts.
    pub fn versus_sample(
        &self,
        slice: &SliceOptions,
        other: &Other,
        (fit, most): (&FitOptions, usize),
        watch: &dyn Watch,
    ) -> Result<SliceVersus> {
        self.set_against(slice, other, (fit, Some(most)), watch)
    }

    fn set_against(
        &self,
        slice: &SliceOptions,
        other: &Other,
        (fit, most): (&FitOptions, Option<usize>),
        watch: &dyn Watch,
    ) -> Result<SliceVersus> {
        let Some(filter) = &slice.filter else {
            return Err(Error::new("there is no slice to compare").remedy(Remedy::NameSlice));
        };
        let outside = match other {
            Other::Rest => filter.complement(),
            Other::Where(filter) => filter.clone(),
        };
        if slice.cluster.iter().any(|field| field == "annotator") {
            return Err(
                Error::new("two parts cannot be compared over annotators yet").remedy(Remedy::OtherUnits)
            );
        }
        check(fit)?;
        // What a fit is worth on unseen verdicts is not asked here.
        let fit = FitOptions { folds: 0, keep_draws: 0, ..fit.clone() };
        let [inside, outside] = [filter, &outside].map(|filter| SliceOptions {
            filter: Some(filter.clone()),
            group_by: None,
            ..slice.clone()
        });
        let grammar = inside.needs_grammar() || outside.needs_grammar();
        let options = SliceOptions { group_by: None, grammar, ..slice.clone() };
        self.with(&options, watch, |prepared| {
            let whole = prepared.whole(&options, watch)?;
            let inside = Part::of(prepared, &whole, (&inside, most), watch)?;
            let outside = Part::of(prepared, &whole, (&outside, most), watch)
                .map_err(|e| e.within("in the other part"))?;
            if inside.places.same_pairs(&outside.places) && !filter.needs_verdict() {
                return Err(Error::new("both parts contain the same pairs").remedy(Remedy::Filter(
                    "compare the slice with the rest, or with other pairs".to_owned(),
                )));
            }
            let table = &whole.table;
            let found = apart(table, &inside, &outside, &fit, watch)?;
            self.keep(prepared)?;
            Ok(SliceVersus {
                filter: filter.to_string(),
                versus: other.to_string(),
                pairs: [&inside, &outside].map(|part| part.places.count() as u64),
                sampled: (inside.sampled.or(outside.sampled)).map(|_| {
                    [&inside, &outside].map(|part| part.sampled.unwrap_or(part.places.count() as u64))
                }),
                shared_pairs: inside.places.shared(&outside.places) as u64,
                simulated: prepared
                    .pairs()
                    .simulated()
                    .any(|row| inside.places.has(row) || outside.places.has(row)),
                found,
            })
        })
    }
}

/// One of the two parts: its pairs, and the verdicts of each judge, the most first.
struct Part {
    places: Arc<Places>,
    /// How many of them are counted, where not all are.
    sampled: Option<u64>,
    tasks: Vec<Task>,
}

impl Part {
    fn of(
        prepared: &Remembered,
        whole: &Whole,
        (slice, most): (&SliceOptions, Option<usize>),
        watch: &dyn Watch,
    ) -> Result<Self> {
        let places = places(prepared, slice, watch)?;
        let sample = most.and_then(|most| places.sampled(most));
        let tasks = tasks(prepared, whole, slice, sample.as_ref().unwrap_or(&places).orders(), watch)?;
        Ok(Self { sampled: sample.map(|sample| sample.count() as u64), places, tasks })
    }

    fn of_judge(&self, judge: &str) -> Option<&Task> {
        self.tasks.iter().find(|task| task.judge == judge)
    }
}

/// A fit with what leaving out each unit changes, or the reason that there is none.
type Drawn = std::result::Result<(Fit, Draws), Skipped>;

/// Every judge in both parts.
fn apart(
    table: &FeatureTable,
    inside: &Part,
    outside: &Part,
    fit: &FitOptions,
    watch: &dyn Watch,
) -> Result<Versus> {
    let all: Vec<&Task> = inside.tasks.iter().chain(&outside.tasks).collect();
    let mut first = fits(table, &all, fit, watch)?;
    let second = first.split_off(inside.tasks.len());
    let of = |judge: &str| second.iter().flatten().find(|(fit, _)| fit.judge == judge);
    let both: Vec<_> = first.iter().flatten().filter_map(|own| Some((own, of(&own.0.judge)?))).collect();
    let one = |((first, own), (second, other)): &(&(Fit, Draws), &(Fit, Draws))| {
        judge_apart((first, own), (second, other))
    };
    let mut judges: Vec<Option<JudgeApart>> = both.par_iter().map(one).collect();
    let mut skipped: Vec<Skipped> = [&first, &second]
        .into_iter()
        .flat_map(|part| part.iter().filter_map(|fit| fit.as_ref().err().cloned()))
        .collect();
    // If too few prompts are in both parts, the posteriors are compared draw by draw.
    let drawn = FitOptions { keep_draws: DRAWS, ..fit.clone() };
    for (place, (first, _)) in judges.iter_mut().zip(&both).filter(|(place, _)| place.is_none()) {
        let of = |part: &Part| part.of_judge(&first.0.judge).map(|task| task.rows.len()).unwrap_or_default();
        let tasks: Vec<&Task> =
            [inside, outside].into_iter().filter_map(|part| part.of_judge(&first.0.judge)).collect();
        *place = match fits(table, &tasks, &drawn, watch)?.as_slice() {
            [Ok((first, own)), Ok((second, other))] => judge_apart((first, own), (second, other)),
            _ => None,
        };
        if place.is_none() {
            skipped.push(Skipped {
                judge: first.0.judge.clone(),
                group: ALL.to_owned(),
                rows: (of(inside) + of(outside)) as u64,
                reason: "its fits share no prompts and gave no draws".to_owned(),
            });
        }
    }
    let mut found = versus(judges.into_iter().flatten().collect());
    if found.judges.is_empty() {
        let why = skipped.first().map_or("no verdicts".to_owned(), |s| format!("{}: {}", s.judge, s.reason));
        return Err(Error::new(format!("no judge can be fitted in both parts ({why})")).remedy(
            Remedy::Filter(
                "take other or larger parts; one that is chosen by a judge's own verdicts is one-sided"
                    .to_owned(),
            ),
        ));
    }
    skipped.extend(missing(inside, outside, "in the other part").chain(missing(
        outside,
        inside,
        "in the slice",
    )));
    found.skipped = skipped;
    Ok(found)
}

/// The judges of one part that have no verdict in the other.
fn missing<'a>(own: &'a Part, other: &'a Part, place: &'a str) -> impl Iterator<Item = Skipped> + 'a {
    own.tasks.iter().filter(|task| other.of_judge(&task.judge).is_none()).map(move |task| Skipped {
        judge: task.judge.clone(),
        group: ALL.to_owned(),
        rows: 0,
        reason: format!("it has no verdict {place}"),
    })
}

/// All of these fits, on all cores.
fn fits(table: &FeatureTable, tasks: &[&Task], fit: &FitOptions, watch: &dyn Watch) -> Result<Vec<Drawn>> {
    watch.event(Event::Begin(Step::Fitting, Some(tasks.len() as u64)));
    let one = |task: &&Task| {
        if watch.cancelled() {
            return Err(Error::cancelled());
        }
        let found = drawn(table, &task.rows, &task.judge, fit);
        watch.event(Event::More(1));
        Ok(found.map_err(|reason| Skipped {
            judge: task.judge.clone(),
            group: ALL.to_owned(),
            rows: task.rows.len() as u64,
            reason: reason.to_string(),
        }))
    };
    let found = tasks.par_iter().map(one).collect();
    watch.event(Event::End);
    found
}
