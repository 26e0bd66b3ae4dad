//! Verdicts of people who label from the page: where they are kept, and what was shown to them last.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use predilect_types::hash::fixed;
use predilect_types::{Order, Pair, TieKind, Verdict};
use predilect_workbench::labelling::{Drawn, Labeller, Next, ToLabel, judge_named, receipt};
use predilect_workbench::{SliceOptions, Watch};
use serde::Deserialize;

use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::Query;
use crate::studies::Served;

/// Names that are known at once at most, where votes are kept by the server alone.
const NAMES: usize = 1000;

/// A labeller of a study: the study's id, the judge.
type Who = (String, String);

/// Votes on data that are not in a study or in one that cannot be written, until the server ends; and which pair was offered to which labeller.
#[derive(Debug, Default)]
pub(crate) struct Votes {
    kept: Mutex<HashMap<Who, Vec<Verdict>>>,
    offered: Mutex<HashMap<Who, Offered>>,
}

/// The pair that was offered last, and why it was.
#[derive(Debug, Clone)]
struct Offered {
    pair: String,
    drawn: Drawn,
}

/// A labeller's vote on a pair.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Given {
    pub(crate) name: String,
    pair: String,
    #[serde(default)]
    p_a: Option<f64>,
    #[serde(default)]
    choice: Option<Choice>,
    #[serde(default)]
    shown: Option<Shown>,
}

/// A verdict by what was shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Choice {
    First,
    Second,
    Tie,
    Bad,
}

/// Which response was shown first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Shown {
    Ab,
    Ba,
}

impl Given {
    /// The verdict that it is.
    fn verdict(&self, judge: &str) -> Result<Verdict, Problem> {
        let order = match self.shown {
            Some(Shown::Ab) => Order::Ab,
            Some(Shown::Ba) => Order::Ba,
            None => Order::Unknown,
        };
        let verdict = |p_a: f64| Verdict { order, ..Verdict::new(&*self.pair, judge, p_a) };
        let tie = |kind| Verdict { order, ..Verdict::tie(&*self.pair, judge, kind) };
        match (self.p_a, self.choice) {
            (Some(p_a), None) if (0.0..=1.0).contains(&p_a) => Ok(verdict(p_a)),
            (Some(_), None) => Err(Problem::bad_request("`p_a` is not a number from 0 to 1")),
            (None, Some(Choice::Tie)) => Ok(tie(TieKind::Tie)),
            (None, Some(Choice::Bad)) => Ok(tie(TieKind::BothBad)),
            (None, Some(choice)) => match self.shown {
                Some(shown) => {
                    Ok(verdict(f64::from(u8::from((choice == Choice::First) == (shown == Shown::Ab)))))
                }
                None => Err(Problem::bad_request("the vote does not say which response was shown first")
                    .remedy("`shown` is `ab` where A was first, else `ba`")),
            },
            _ => Err(Problem::bad_request("a vote has either `p_a` or `choice`")
                .remedy("`choice` is first, second, tie or bad")),
        }
    }
}

/// A labeller, with their votes so far.
#[derive(Debug)]
pub(crate) struct Session {
    /// The name in the study.
    pub(crate) judge: String,
    /// Their votes, the first one first.
    pub(crate) votes: Vec<Verdict>,
    /// What is drawn for them is drawn by this.
    seed: u64,
}

impl Session {
    pub(crate) fn labeller(&self) -> Labeller<'_> {
        Labeller { judge: &self.judge, votes: &self.votes, seed: self.seed }
    }
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Votes {
    /// The session of the labeller with that name, with their votes on the study.
    pub(crate) fn session(&self, served: &Served, opened: &Opened, name: &str) -> Result<Session, Problem> {
        let judge = judge_named(name)?;
        let votes = if served.keeps_votes() {
            opened.bench.votes_of(&judge)?
        } else {
            locked(&self.kept).get(&(served.id.clone(), judge.clone())).cloned().unwrap_or_default()
        };
        Ok(Session { seed: fixed(&(&served.title, &judge)), judge, votes })
    }

    /// The next pair for a labeller, which is remembered until they have judged it.
    pub(crate) fn next(
        &self,
        (served, opened): (&Served, &Opened),
        session: &Session,
        query: &Query,
        watch: &dyn Watch,
    ) -> Result<ToLabel, Problem> {
        let slice = SliceOptions { group_by: None, judges: Vec::new(), ..query.plain_slice() };
        let found = opened.bench.next_to_label(&session.labeller(), &slice, &query.fit(), watch)?;
        if let Some(next) = &found.next {
            let mut offered = locked(&self.offered);
            if offered.len() >= NAMES {
                offered.clear();
            }
            let own = Offered { pair: next.pair.id.clone(), drawn: next.drawn };
            offered.insert((served.id.clone(), session.judge.clone()), own);
        }
        Ok(found)
    }

    /// Keeps a vote, and says how many there are now.
    pub(crate) fn vote(
        &self,
        served: &Served,
        opened: &Opened,
        given: &Given,
        watch: &dyn Watch,
    ) -> Result<usize, Problem> {
        let judge = judge_named(&given.name)?;
        let mut verdict = given.verdict(&judge)?;
        if !opened.bench.has_pair(&verdict.pair, watch)? {
            return Err(Problem::not_found(format!("there is no pair `{}`", verdict.pair)));
        }
        let who: Who = (served.id.clone(), judge);
        if let Some(offered) = locked(&self.offered).get(&who).filter(|own| own.pair == verdict.pair) {
            // Verdicts on randomly chosen pairs check the fit to the others.
            verdict.receipt = Some(receipt(offered.drawn));
        }
        if served.keeps_votes() {
            let now = opened.bench.keep_vote(&verdict, watch)?.len();
            served.has_votes();
            return Ok(now);
        }
        let mut kept = locked(&self.kept);
        if kept.len() >= NAMES && !kept.contains_key(&who) {
            return Err(Problem::refused("too many people are labelling here at once")
                .remedy("import the data into a study, where votes are kept"));
        }
        let own = kept.entry(who).or_default();
        own.retain(|old| old.pair != verdict.pair);
        own.push(verdict);
        Ok(own.len())
    }

    /// Takes back a labeller's last vote: which it was, and how many there are now.
    pub(crate) fn undo(
        &self,
        served: &Served,
        opened: &Opened,
        name: &str,
        watch: &dyn Watch,
    ) -> Result<(Option<Verdict>, usize), Problem> {
        let judge = judge_named(name)?;
        if served.keeps_votes() {
            let undone = opened.bench.undo_vote(&judge, watch)?;
            served.has_votes();
            return Ok((undone, opened.bench.votes_of(&judge)?.len()));
        }
        let mut kept = locked(&self.kept);
        let Some(own) = kept.get_mut(&(served.id.clone(), judge)) else { return Ok((None, 0)) };
        Ok((own.pop(), own.len()))
    }
}

/// The texts of a pair in the order in which they are to be read: the prompt, the first response, the second one.
pub(crate) fn texts(next: &Next) -> (String, [String; 2]) {
    let Pair { response_a, response_b, .. } = &next.pair;
    let mut both = [response_a.text().into_owned(), response_b.text().into_owned()];
    if next.order == Order::Ba {
        both.reverse();
    }
    (next.pair.prompt_text().into_owned(), both)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(text: &str) -> Result<Verdict, Problem> {
        serde_json::from_str::<Given>(text).expect("a vote").verdict("human:me")
    }

    #[test]
    fn a_choice_is_a_verdict_by_what_was_shown() {
        for (choice, shown, p_a, tie) in [
            ("first", "ab", 1.0, None),
            ("first", "ba", 0.0, None),
            ("second", "ab", 0.0, None),
            ("second", "ba", 1.0, None),
            ("tie", "ba", 0.5, Some(TieKind::Tie)),
            ("bad", "ab", 0.5, Some(TieKind::BothBad)),
        ] {
            let text = format!(r#"{{"name":"me","pair":"p","choice":"{choice}","shown":"{shown}"}}"#);
            let found = verdict(&text).expect("a verdict");
            assert_eq!((found.p_a, found.tie, found.order.as_str()), (p_a, tie, shown), "{text}");
            assert_eq!((found.pair.as_str(), found.judge.as_str(), found.weight), ("p", "human:me", 1.0));
        }
        let soft = verdict(r#"{"name":"me","pair":"p","p_a":0.25}"#).expect("a verdict");
        assert_eq!((soft.p_a, soft.order), (0.25, Order::Unknown));
    }

    #[test]
    fn what_says_nothing_is_refused() {
        for bad in [
            r#"{"name":"me","pair":"p"}"#,
            r#"{"name":"me","pair":"p","choice":"first"}"#,
            r#"{"name":"me","pair":"p","p_a":1.5}"#,
            r#"{"name":"me","pair":"p","p_a":1,"choice":"tie"}"#,
        ] {
            assert!(verdict(bad).is_err(), "{bad}");
        }
        assert!(serde_json::from_str::<Given>(r#"{"name":"me","pair":"p","choice":"third"}"#).is_err());
        assert!(serde_json::from_str::<Given>(r#"{"name":"me","pair":"p","weight":9,"p_a":1}"#).is_err());
    }
}
