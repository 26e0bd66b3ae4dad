//! People who judge pairs one by one: which pair comes next, what their verdicts say so far, which judge they resemble, and how verdicts
//! are kept.

mod alike;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::time::Duration;

use predilect_analysis::labelling::{Belief, Known};
use predilect_analysis::table::VerdictRow;
use predilect_analysis::{FitOptions, Refusal, Terms, posterior};
use predilect_data::{Study, StudyLock, StudyToml};
use predilect_results::Fit;
use predilect_types::hash::fixed;
use predilect_types::{Failure, Order, Pair, Verdict, shown};
use rayon::prelude::*;

use crate::chosen::tasks;
use crate::error::{Error, Kind, Result};
use crate::fits::check;
use crate::open::Workbench;
use crate::prepared::Prepared;
use crate::remembered::Remembered;
use crate::slice::{SliceOptions, taken};
use crate::studies::{claim, note, replace};
use crate::watch::Watch;

/// Characters of a name at most.
pub const LONGEST_NAME: usize = 40;
/// Votes from which weights are compared with those of other judges.
pub const COMPARED_FROM: usize = 20;
/// Pairs among which the next one is chosen.
const CANDIDATES: usize = 200;
/// One of this many pairs is drawn at random, so that the fit can be checked on pairs that were not chosen.
const RANDOM_EVERY: usize = 5;
/// Maximum number of judges that a labeller is compared with, those with the most verdicts.
const OTHERS: usize = 24;
/// How often, and how far apart, locking a study that another process is writing is tried.
const TRIES: u32 = 30;
const APART: Duration = Duration::from_millis(100);

/// Why nothing can be said of a labeller's votes yet.
#[derive(Debug, Clone, PartialEq)]
pub enum NotYet {
    /// There are no votes.
    NoVote,
    /// The votes cannot be fitted.
    Refused(Refusal),
}

impl fmt::Display for NotYet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVote => f.write_str("there is no vote yet"),
            Self::Refused(why) => why.fmt(f),
        }
    }
}

impl std::error::Error for NotYet {}

impl Failure for NotYet {
    fn kind(&self) -> Kind {
        match self {
            Self::NoVote => Kind::NoVerdicts,
            Self::Refused(why) => why.kind(),
        }
    }

    fn remedy_key(&self) -> Option<&'static str> {
        match self {
            Self::NoVote => None,
            Self::Refused(why) => why.remedy_key(),
        }
    }
}

/// A labeller, and their votes so far.
#[derive(Debug, Clone, Copy)]
pub struct Labeller<'a> {
    /// The judge that their verdicts are of; see [`judge_named`].
    pub judge: &'a str,
    /// Their verdicts, the first one first.
    pub votes: &'a [Verdict],
    /// What candidates, random pairs and orders of presentation are drawn by.
    pub seed: u64,
}

/// Why a pair comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawn {
    /// Its verdict is expected to be the most informative.
    Information,
    /// At random.
    Random,
}

impl Drawn {
    /// The name in receipts and answers.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Information => "information",
            Self::Random => "random",
        }
    }
}

/// The pair to judge next.
#[derive(Debug, Clone)]
pub struct Next {
    /// The pair with its texts.
    pub pair: Pair,
    /// In which order its responses are to be shown.
    pub order: Order,
    /// Why it comes next.
    pub drawn: Drawn,
    /// By how much its verdict is expected to shrink log det of the covariance.
    pub gain: f64,
}

/// The pair to judge next, and how many are left.
#[derive(Debug, Clone)]
pub struct ToLabel {
    /// The pair; `None` if all are judged.
    pub next: Option<Next>,
    /// Pairs with texts that the labeller has not judged, this one included.
    pub left: u64,
}

/// How a fit does on pairs that were drawn at random, when it was made of all other votes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Checked {
    /// Random pairs on which the labeller preferred one of the responses.
    pub of: u64,
    /// Those of them that were predicted correctly.
    pub right: u64,
}

/// Evidence that a vote is on a pair that was drawn so.
pub fn receipt(drawn: Drawn) -> serde_json::Value {
    serde_json::json!({"labelled": {"drawn": drawn.as_str()}})
}

/// Whether a vote is on a pair that was drawn at random.
fn is_random(vote: &Verdict) -> bool {
    let drawn = vote.receipt.as_ref().and_then(|receipt| receipt.get("labelled")?.get("drawn")?.as_str());
    drawn == Some(Drawn::Random.as_str())
}

/// What the judges of people begin with.
const PEOPLE: &str = "human:";

/// The name of a labeller's judge: `human:NAME`.
///
/// # Errors
///
/// When the name is empty, too long, or has invisible characters.
pub fn judge_named(name: &str) -> Result<String> {
    // The name of the judge is understood, too.
    let name = name.trim();
    let name = name.strip_prefix(PEOPLE).unwrap_or(name).trim();
    let length = name.chars().count();
    let refused =
        |what: String| Err(Error::new(what).words(format!("take a name of 1 to {LONGEST_NAME} characters")));
    if length == 0 || length > LONGEST_NAME {
        return refused(format!("a name has 1 to {LONGEST_NAME} characters, not {length}"));
    }
    // Two names that look the same would be two judges.
    let unseen = |c: char| matches!(c, '\u{ad}' | '\u{200b}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    if name.chars().any(|c| c.is_control() || unseen(c)) || shown::visible(name) != name {
        return refused("the name contains control characters or characters that cannot be seen".to_owned());
    }
    Ok(format!("{PEOPLE}{name}"))
}

impl Workbench {
    /// Of up to 200 pairs with texts that the labeller has not judged, drawn by the seed, the one whose verdict would shrink their
    /// posterior most ([`predilect_analysis::labelling`]); every fifth one is drawn at random. The same votes lead to the same pair.
    ///
    /// Of the options the filter says which pairs come into question, and those that say how ratings are compared count.
    ///
    /// # Errors
    ///
    /// When the filter cannot be answered, or the study cannot be read.
    pub fn next_to_label(
        &self,
        labeller: &Labeller<'_>,
        options: &SliceOptions,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<ToLabel> {
        check(fit)?;
        let chosen =
            self.with_pairs(options, watch, |prepared| next(prepared, labeller, options, fit, watch))?;
        let (Some((row, drawn, gain)), left) = chosen else { return Ok(ToLabel { next: None, left: 0 }) };
        let pair = self.study().some_pairs(&[row])?.into_iter().next().map(|(_, pair)| pair);
        let next = pair.map(|pair| Next { order: order_of(labeller.seed, &pair.id), pair, drawn, gain });
        Ok(ToLabel { next, left })
    }

    /// What the labeller rewards by their verdicts so far, however few: the fit that [`Workbench::ask`] gives, without its terms if all
    /// verdicts are for one side. The inner error says why there is no fit yet.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    pub fn of_labeller(
        &self,
        labeller: &Labeller<'_>,
        options: &SliceOptions,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<Result<Fit, NotYet>> {
        check(fit)?;
        self.with_pairs(options, watch, |prepared| {
            let whole = prepared.whole(options, watch)?;
            let rows = rows(prepared, &whole.inapplicable, labeller.votes);
            if rows.is_empty() {
                return Ok(Err(NotYet::NoVote));
            }
            let few = FitOptions { min_rows: 1, ..fit.clone() };
            let plain = FitOptions { terms: Terms::NONE, ..few.clone() };
            let found = posterior(&whole.table, &rows, labeller.judge, &few)
                .or_else(|_| posterior(&whole.table, &rows, labeller.judge, &plain));
            Ok(found.map_err(NotYet::Refused))
        })
    }

    /// The other judges of the study, those with the most verdicts, as weights are compared with theirs.
    ///
    /// # Errors
    ///
    /// When a judge that is named does not exist, the study cannot be read, or the work is cancelled.
    pub fn known_judges(
        &self,
        options: &SliceOptions,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<Vec<Known>> {
        check(fit)?;
        let options = SliceOptions { filter: None, group_by: None, ..options.clone() };
        self.with_pairs(&options, watch, |prepared| {
            let whole = prepared.whole(&options, watch)?;
            let mut tasks = match tasks(prepared, &whole, &options, None, watch) {
                Ok(tasks) => tasks,
                Err(error) if error.kind() == Kind::NoVerdicts => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            tasks.truncate(OTHERS);
            let known = tasks.par_iter().map(|task| {
                if watch.cancelled() {
                    return Err(Error::cancelled());
                }
                Ok(Known::of(&whole.table, &task.rows, &task.judge, fit).ok())
            });
            Ok(known.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
        })
    }

    /// On how many of the pairs drawn at random the fit to the labeller's other votes expects the response that they preferred; ties are
    /// left out.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    pub fn checked_at_random(
        &self,
        labeller: &Labeller<'_>,
        options: &SliceOptions,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<Checked> {
        let (random, chosen): (Vec<Verdict>, Vec<Verdict>) =
            labeller.votes.iter().cloned().partition(is_random);
        if random.is_empty() {
            return Ok(Checked { of: 0, right: 0 });
        }
        self.with_pairs(options, watch, |prepared| {
            let whole = prepared.whole(options, watch)?;
            let of = |votes: &[Verdict]| rows(prepared, &whole.inapplicable, votes);
            let belief = Belief::of(&whole.table, &of(&chosen), fit);
            let held: Vec<VerdictRow> = of(&random).into_iter().filter(|row| row.p_a != 0.5).collect();
            let right = held.iter().filter(|row| (belief.p_a(&whole.table, row) > 0.5) == (row.p_a > 0.5));
            Ok(Checked { of: held.len() as u64, right: right.count() as u64 })
        })
    }

    /// Whether the study contains a pair of that id.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    pub fn has_pair(&self, id: &str, watch: &dyn Watch) -> Result<bool> {
        self.with_pairs(&SliceOptions::default(), watch, |prepared| Ok(prepared.pairs().row(id).is_some()))
    }

    /// The verdicts of a judge in the study, in the order in which they were given.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    pub fn votes_of(&self, judge: &str) -> Result<Vec<Verdict>> {
        let mut own = Vec::new();
        for batch in self.study().verdicts()? {
            own.extend(batch?.into_iter().filter(|verdict| verdict.judge == judge));
        }
        Ok(own)
    }

    /// Keeps a verdict in the study, in place of the same judge's on the same pair; all other verdicts stay. Gives back those of the judge.
    ///
    /// # Errors
    ///
    /// When the data have verdicts by that name already, another process keeps writing the study, or it cannot be read or written.
    pub fn keep_vote(&self, vote: &Verdict, watch: &dyn Watch) -> Result<Vec<Verdict>> {
        let study = self.study();
        let _held = locked(study, watch)?;
        let mut own = self.votes_of(&vote.judge)?;
        claimed(study, &vote.judge, !own.is_empty())?;
        let same = |old: &Verdict| old.judge == vote.judge && old.pair == vote.pair;
        replace(
            study.write_verdicts()?,
            Some(study.verdicts()?),
            |old| !same(old),
            std::slice::from_ref(vote),
        )?;
        own.retain(|old| !same(old));
        own.push(vote.clone());
        Ok(own)
    }

    /// Takes a judge's last verdict out of the study; `None` if there is none.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::keep_vote`].
    pub fn undo_vote(&self, judge: &str, watch: &dyn Watch) -> Result<Option<Verdict>> {
        let study = self.study();
        let _held = locked(study, watch)?;
        let Some(last) = self.votes_of(judge)?.pop() else { return Ok(None) };
        claimed(study, judge, true)?;
        let same = |old: &Verdict| old.judge == judge && old.pair == last.pair;
        replace(study.write_verdicts()?, Some(study.verdicts()?), |old| !same(old), &[])?;
        Ok(Some(last))
    }
}

/// Locks a study for writing; waits a little if another process has it locked.
fn locked(study: &Study, watch: &dyn Watch) -> Result<StudyLock> {
    for _ in 0..TRIES {
        if let Some(lock) = study.try_lock("label") {
            return Ok(lock);
        }
        if watch.cancelled() {
            return Err(Error::cancelled());
        }
        std::thread::sleep(APART);
    }
    Ok(study.lock("label")?)
}

/// Notes the judge in the study, where it is not there yet; refuses where the data have verdicts by that name.
fn claimed(study: &Study, judge: &str, present: bool) -> Result<()> {
    let step = format!("judge {judge}");
    let known = StudyToml::load_or_new(study)?.steps.contains_key(&step);
    if present && !known {
        return Err(Error::new(format!("the data already contain verdicts by {judge}"))
            .words("take another name: these would be mixed with yours"));
    }
    let mut settings = toml::Table::new();
    settings.insert("model".to_owned(), judge.into());
    settings.insert("method".to_owned(), "labelled".into());
    settings.insert("derived_from".to_owned(), vec!["pairs"].into());
    settings.insert("writes".to_owned(), vec!["verdicts"].into());
    claim(study, &step, judge, &settings, present)?;
    if known { Ok(()) } else { note(study, &step, settings) }
}

/// In which order a pair is shown to a labeller.
fn order_of(seed: u64, pair: &str) -> Order {
    if fixed(&(seed, "order", pair)) & 1 == 0 { Order::Ab } else { Order::Ba }
}

/// The number of the next pair, why it is chosen, and the expected gain of its verdict.
type Chosen = (u32, Drawn, f64);

/// The next pair, and how many are left.
fn next(
    prepared: &Remembered,
    labeller: &Labeller<'_>,
    options: &SliceOptions,
    fit: &FitOptions,
    watch: &dyn Watch,
) -> Result<(Option<Chosen>, u64)> {
    let whole = prepared.whole(options, watch)?;
    let orders = match &options.filter {
        Some(filter) => Some(taken(filter, prepared, options.people, options.annotator.as_deref(), watch)?),
        None => None,
    };
    let judged: HashSet<&str> = labeller.votes.iter().map(|vote| vote.pair.as_str()).collect();
    let (pairs, facts) = (prepared.pairs(), prepared.facts());
    let mut left: Vec<u32> = (0..pairs.len())
        .filter(|&row| {
            facts.can_be_judged(row)
                && !whole.inapplicable[row]
                && orders.as_ref().is_none_or(|orders| orders[row] != 0)
                && !judged.contains(pairs.id(row))
        })
        .map(|row| row as u32)
        .collect();
    let count = left.len() as u64;
    // Drawn again for every vote, the same for the same votes: those with the smallest hashes.
    let nth = labeller.votes.len() as u64;
    let draw = |row: &u32| (fixed(&(labeller.seed, nth, pairs.id(*row as usize))), *row);
    if left.len() > CANDIDATES {
        left.select_nth_unstable_by_key(CANDIDATES, draw);
        left.truncate(CANDIDATES);
    }
    left.sort_by_cached_key(draw);
    let rows_so_far = rows(prepared, &whole.inapplicable, labeller.votes);
    let belief = Belief::of(&whole.table, &rows_so_far, fit);
    let gain = |row: u32| {
        let order = order_of(labeller.seed, pairs.id(row as usize));
        belief.gain(&whole.table, &verdict_row(row, 0.5, 1.0, order))
    };
    if (labeller.votes.len() + 1).is_multiple_of(RANDOM_EVERY) {
        return Ok((left.first().map(|&row| (row, Drawn::Random, gain(row))), count));
    }
    // Of equal ones the first drawn.
    let mut best: Option<(u32, f64)> = None;
    for &row in &left {
        let own = gain(row);
        if best.is_none_or(|(_, most)| own > most) {
            best = Some((row, own));
        }
    }
    Ok((best.map(|(row, gain)| (row, Drawn::Information, gain)), count))
}

fn verdict_row(pair: u32, p_a: f64, weight: f64, order: Order) -> VerdictRow {
    VerdictRow { pair, judge: 0, p_a, weight, order, annotator: None, group: None }
}

/// Votes as a fit takes them, in the order of pairs.
fn rows(prepared: &Prepared, inapplicable: &[bool], votes: &[Verdict]) -> Vec<VerdictRow> {
    let by_pair: HashMap<&str, &Verdict> = votes.iter().map(|vote| (vote.pair.as_str(), vote)).collect();
    if by_pair.is_empty() {
        return Vec::new();
    }
    prepared
        .pairs()
        .ids()
        .enumerate()
        .filter(|(row, _)| !inapplicable[*row])
        .filter_map(|(row, id)| Some((row, by_pair.get(id)?)))
        .map(|(row, vote)| verdict_row(row as u32, vote.p_a, vote.weight, vote.order))
        .collect()
}

#[cfg(test)]
mod tests;
