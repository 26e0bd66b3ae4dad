//! A study that is open: what is known of it before any question, and what it answers.

use std::ops::ControlFlow;
use std::sync::Arc;

use predilect_results::browse::SliceInfo;
use predilect_results::comparison::SliceVersus;
use predilect_results::{Comparison, Dissection, Fit, Settings, Skipped, Standings, few_units};
use predilect_workbench::compare::CompareOptions;
use predilect_workbench::fits::fit_with;
use predilect_workbench::{
    Error, FitOptions, Kept, Known, Other, Remedy, Result, SliceOptions, Version, Watch, Workbench,
};

use crate::query::Query;

/// Fits with their checks.
pub(crate) enum Checked {
    /// Each with its own.
    Fits(Vec<Fit>),
    /// Checking would take too long while somebody looks.
    TooMany,
}

/// A study that is open.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) bench: Workbench,
    /// What the data look like, and what the properties are.
    pub(crate) about: About,
    /// Comparisons of judges that were made, the last ones.
    compared: Kept<(Version, String), Comparison>,
    /// Leaderboards that were made, the last ones.
    ranked: Kept<(Version, String), Standings>,
    /// Judges that the labeller is compared with, as last requested.
    known: Kept<(Version, String), Vec<Known>>,
}

/// Comparisons and leaderboards that are kept.
const KEPT: usize = 8;

/// Of how many times its pairs a sample of posteriors is worth taking, and of a leaderboard, which takes longer.
const POSTERIORS: u64 = 5;
const BOARDS: u64 = 2;

/// Maximum number of judges that are compared interactively.
pub(crate) const COMPARED: usize = 40;
/// Resamples of `predilect compare`.
pub(crate) const RESAMPLES: usize = 1000;
/// Pairs of every two judges up to which they are resampled as often.
const RESAMPLED: u64 = 200_000;
/// Verdicts up to which fits are checked while somebody looks.
const CHECKED: u64 = 50_000;
/// Verdicts up to which they are also held out, which takes a fit for every fold.
const HELD_OUT: u64 = 20_000;

/// What is known of a study before any question.
#[derive(Debug)]
pub(crate) struct About {
    /// A dissection without fits: what was read, what the data look like, what the properties are.
    pub(crate) empty: Dissection,
    /// Fields that pairs can be grouped and filtered by, with their most frequent values.
    pub(crate) fields: Vec<(String, Vec<(String, u64)>)>,
    /// How many pairs have a language in the data; that of the others is guessed.
    pub(crate) languages_stated: u64,
}

impl About {
    fn of(bench: &Workbench, watch: &dyn Watch) -> Result<Self> {
        let slice = bench.undivided(&SliceOptions::default(), watch)?;
        let people = slice.people();
        let fields = [("scenario", &slice.data.scenarios), ("language", &slice.data.languages)];
        let fields = fields
            .into_iter()
            .filter(|(_, values)| values.len() > 1)
            .map(|(name, values)| (name.to_owned(), values.clone()))
            .collect();
        let settings = Settings {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            simulated: slice.simulated,
            ..Settings::default()
        };
        let empty = Dissection {
            read: bench.read().clone(),
            cautions: slice.cautions(&FitOptions::default()),
            data: slice.data,
            fits: Vec::new(),
            skipped: Vec::new(),
            properties: slice.notes,
            examples: Vec::new(),
            comparison: None,
            headline: None,
            findings: Vec::new(),
            people,
            ranking: None,
            settings,
        };
        let languages_stated = bench.languages_stated(watch)?;
        Ok(Self { empty, fields, languages_stated })
    }

    /// The fields whose values are offered as slices, with what is to be said of one: languages only as far as the data have them, since guesses
    /// are wrong for short prompts.
    pub(crate) fn offered(&self) -> impl Iterator<Item = (&str, &[(String, u64)], Option<&'static str>)> {
        let stated = self.languages_stated;
        self.fields.iter().filter(move |(field, _)| field != "language" || stated > 0).map(
            move |(field, values)| {
                let guessed = field == "language" && stated < self.empty.data.pairs;
                (field.as_str(), values.as_slice(), guessed.then_some("some guessed"))
            },
        )
    }

    /// Whether any response has a word.
    pub(crate) fn has_texts(&self) -> bool {
        let data = &self.empty.data;
        data.words_a.mean > 0.0 || data.words_b.mean > 0.0
    }

    /// Whether nobody has judged any pair.
    pub(crate) fn unjudged(&self) -> bool {
        self.empty.data.judges.is_empty()
    }

    /// The judges, by number of verdicts.
    pub(crate) fn judges(&self) -> Vec<&str> {
        self.empty.data.judges.iter().map(|judge| judge.judge.as_str()).collect()
    }
}

impl Opened {
    /// A study from its workbench: it is read.
    pub(crate) fn of(bench: Workbench, watch: &dyn Watch) -> Result<Self> {
        let about = About::of(&bench, watch)?;
        let (compared, ranked, known) = (Kept::new(KEPT), Kept::new(KEPT), Kept::new(KEPT));
        Ok(Self { bench, about, compared, ranked, known })
    }

    /// From about how many pairs the answer to a query may be, where its slice has so many times as many.
    fn sample(&self, query: &Query, worth: u64, watch: &dyn Watch) -> Result<Option<usize>> {
        let Some(most) = query.sample else { return Ok(None) };
        Ok((self.counts(query, watch)?.0 >= worth * most as u64).then_some(most))
    }

    /// The posteriors of the slice that a query asks about, within the dissection that a section takes.
    pub(crate) fn dissect(&self, query: &Query, watch: &dyn Watch) -> Result<(Dissection, SliceInfo)> {
        let answer = match self.sample(query, POSTERIORS, watch)? {
            None => self.bench.ask(&query.slice(), &query.fit(), watch)?,
            Some(most) => self.bench.ask_sample(&query.slice(), (&query.fit(), most), watch)?,
        };
        let slice = SliceInfo {
            filter: query.filter.as_ref().map(ToString::to_string),
            pairs: answer.pairs,
            of: answer.of_pairs,
            verdicts: answer.verdicts,
            exact: answer.sampled.is_none(),
            sampled: answer.sampled,
        };
        let mut found = self.of_fits(answer.fits, answer.skipped);
        found.properties.extend(query.tried.iter().map(|trial| trial.note(&[])));
        Ok((found, slice))
    }

    /// Fits within the dissection that a section takes.
    pub(crate) fn of_fits(&self, fits: Vec<Fit>, skipped: Vec<Skipped>) -> Dissection {
        let empty = &self.about.empty;
        let mut cautions = self.about.empty.cautions.clone();
        cautions.extend(few_units(&fits));
        Dissection {
            read: empty.read.clone(),
            properties: empty.properties.clone(),
            data: empty.data.clone(),
            settings: empty.settings.clone(),
            fits,
            skipped,
            cautions,
            examples: Vec::new(),
            comparison: None,
            headline: None,
            findings: Vec::new(),
            people: Vec::new(),
            ranking: None,
        }
    }

    /// The judges that the labeller is compared with: those that the query names, or those with the most verdicts.
    pub(crate) fn known(&self, query: &Query, watch: &dyn Watch) -> Result<Arc<Vec<Known>>> {
        let asked = Query { judges: query.judges.clone(), terms: query.terms, ..Query::default() };
        self.known.get((self.bench.version(), asked.to_address()), watch, || {
            self.bench.known_judges(&asked.slice(), &asked.fit(), watch)
        })
    }

    /// What is rewarded otherwise in the slice than in another part.
    pub(crate) fn versus(&self, query: &Query, other: &Other, watch: &dyn Watch) -> Result<SliceVersus> {
        let (slice, fit) = (query.slice(), query.looking());
        match query.sample {
            None => self.bench.versus(&slice, other, &fit, watch),
            Some(most) => self.bench.versus_sample(&slice, other, (&fit, most), watch),
        }
    }

    /// How many pairs a slice has, of how many.
    pub(crate) fn counts(&self, query: &Query, watch: &dyn Watch) -> Result<(u64, u64)> {
        Ok((self.bench.pairs_in(&query.plain_slice(), watch)?, self.about.empty.data.pairs))
    }

    /// How often judges are resampled while somebody waits: as often as `compare` does it, unless they and their pairs are many.
    pub(crate) fn resamples(&self, query: &Query, watch: &dyn Watch) -> Result<usize> {
        let all = match query.judges.len() {
            0 => self.about.judges().len().min(COMPARED),
            named => named,
        };
        let pairs = query.sample.map_or(self.counts(query, watch)?.0, |most| most as u64);
        let two_by_two = (all * all.saturating_sub(1) / 2) as u64;
        Ok(if two_by_two * pairs <= RESAMPLED { RESAMPLES } else { 200 })
    }

    /// The fits of the slice that a query asks about, each with its check.
    pub(crate) fn checked(&self, query: &Query, watch: &dyn Watch) -> Result<Checked> {
        let (_, slice) = self.dissect(query, watch)?;
        if slice.verdicts > CHECKED {
            return Ok(Checked::TooMany);
        }
        let slice = self.bench.undivided(&query.slice(), watch)?;
        let usual = query.fit();
        let folds = if slice.table.verdicts.len() as u64 <= HELD_OUT { usual.folds } else { 0 };
        let fit = FitOptions { folds, ..usual };
        let fits = fit_with(&slice.table, &fit, watch, &mut |_, _| ControlFlow::Continue(()))?;
        Ok(Checked::Fits(fits.fits))
    }

    /// The judges of a slice compared.
    pub(crate) fn compare(&self, query: &Query, watch: &dyn Watch) -> Result<Arc<Comparison>> {
        let mut slice = SliceOptions { group_by: None, ..query.plain_slice() };
        let mut some = false;
        if slice.judges.is_empty() {
            // Work grows with the square of the judges: of many, those with the most verdicts, unless others are named.
            let all = self.about.judges();
            some = all.len() > COMPARED;
            if some {
                slice.judges = all.into_iter().take(COMPARED).map(str::to_owned).collect();
            }
        }
        if slice.judges.len() > COMPARED {
            return Err(Error::new(format!(
                "{} judges are too many to compare while somebody waits",
                slice.judges.len()
            ))
            .words(format!("choose up to {COMPARED} of them; `predilect compare` takes more")));
        }
        let options = CompareOptions {
            pooling: false,
            resamples: self.resamples(query, watch)?,
            looking: true,
            ..CompareOptions::default()
        };
        let key = (self.bench.version(), query.of_pairs().to_address());
        if let Some(most) = query.sample.filter(|_| self.compared.made(&key).is_none())
            && let Some(sample) = self.bench.sample_of(&slice, most, watch)?
        {
            let mut found = self.bench.compare(&sample, &query.fit(), &options, watch)?.comparison;
            found.sampled = Some(self.bench.pairs_in(&sample, watch)?);
            // Which of many differs most is mostly chance in a sample.
            found.findings.clear();
            return Ok(Arc::new(found));
        }
        self.compared.get(key, watch, || {
            let mut found = self.bench.compare(&slice, &query.fit(), &options, watch)?.comparison;
            if some {
                // Whom to use is not known where not all were looked at, and people among them are the reference.
                found.findings.clear();
            }
            Ok(found)
        })
    }

    /// The models of a slice, raw and with what the query names held equal, or else length and formatting.
    pub(crate) fn rank(&self, query: &Query, watch: &dyn Watch) -> Result<Arc<Standings>> {
        let slice = SliceOptions { group_by: None, ..query.plain_slice() };
        let asked = Query { controls: query.controls.clone(), ..query.of_pairs() };
        let held = query.held();
        let some = |found: Option<Standings>| {
            found.ok_or_else(|| {
                Error::new("fewer than two models are named, so there is nothing to rank")
                    .remedy(Remedy::NameModels)
            })
        };
        let key = (self.bench.version(), asked.to_address());
        match self.sample(query, BOARDS, watch)?.filter(|_| self.ranked.made(&key).is_none()) {
            Some(most) => {
                let found = self.bench.standings_sample(&slice, held.as_deref(), most, watch)?;
                some(found).map(Arc::new)
            }
            None => {
                self.ranked.get(key, watch, || some(self.bench.standings(&slice, held.as_deref(), watch)?))
            }
        }
    }
}
