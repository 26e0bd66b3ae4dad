//! Pairs with a label: which response is chosen, and how surely.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use predilect_types::{Pair, Verdict};
use predilect_workbench::laboratory::pairs_of;
use predilect_workbench::{Error, Result, SliceOptions, Watch, Workbench};

/// A pair with a label.
#[derive(Debug, Clone)]
pub(crate) struct Labelled {
    /// The pair.
    pub(crate) pair: Pair,
    /// Whether response A is the chosen one.
    pub(crate) a_is_chosen: bool,
    /// The probability that the chosen response is preferred, at least one half.
    pub(crate) p: f64,
    /// Why, where the label is a judge's weights'.
    pub(crate) why: Option<Why>,
}

/// Why the weights of a judge favour a response.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub(crate) struct Why {
    /// The lower end of the probability over posterior draws (5 %).
    pub(crate) low: f64,
    /// Its upper end (95 %).
    pub(crate) high: f64,
    /// The largest contributions to the log-odds of the chosen response, by property.
    pub(crate) properties: BTreeMap<String, f64>,
}

impl Labelled {
    /// From the probability of A.
    pub(crate) fn of(pair: Pair, p_a: f64) -> Self {
        let a_is_chosen = p_a >= 0.5;
        Self { pair, a_is_chosen, p: if a_is_chosen { p_a } else { 1.0 - p_a }, why: None }
    }

    /// The texts of the chosen response and of the rejected one; empty where a response has several turns.
    pub(crate) fn texts(&self) -> [&str; 2] {
        let of = |a: bool| {
            let response = if a { &self.pair.response_a } else { &self.pair.response_b };
            match response.messages.as_slice() {
                [only] => only.content.as_str(),
                _ => "",
            }
        };
        [of(self.a_is_chosen), of(!self.a_is_chosen)]
    }
}

/// What became of pairs.
#[derive(Debug, Default)]
pub(crate) struct Chosen {
    pub(crate) read: u64,
    pub(crate) left_out: BTreeMap<String, u64>,
    pub(crate) pairs: Vec<Labelled>,
    /// Whose verdicts; `None` where nobody is named.
    pub(crate) judge: Option<String>,
}

impl Chosen {
    pub(crate) fn leave_out(&mut self, why: &str) {
        *self.left_out.entry(why.to_owned()).or_default() += 1;
    }
}

/// The mean probability of A, and the number of verdicts behind it, by pair.
pub(crate) type ByPair = HashMap<String, (f64, usize)>;

/// Verdicts of one judge by pair: the mean probability of A, weighted, and their number.
pub(crate) fn verdicts_by_pair(
    bench: &Workbench,
    judge: Option<&str>,
    slice: &SliceOptions,
) -> Result<(Option<String>, ByPair)> {
    let mut all: Vec<Verdict> = Vec::new();
    for batch in bench.study().verdicts()? {
        all.extend(batch?);
    }
    let judges: BTreeSet<&str> = all.iter().map(|verdict| verdict.judge.as_str()).collect();
    let name = match (judge, judges.len()) {
        (Some(name), _) if judges.contains(name) => Some(name.to_owned()),
        (Some(name), _) => {
            return Err(Error::new(format!("no verdict is by the judge `{name}`")).choose(&judges));
        }
        (None, 0 | 1) => judges.first().map(|only| (*only).to_owned()),
        (None, count) => {
            return Err(Error::new(format!(
                "{count} judges have given verdicts: whose is the model to learn?"
            ))
            .choose(&judges));
        }
    };
    let mut sums: HashMap<String, (f64, f64, usize)> = HashMap::new();
    for verdict in all.iter().filter(|verdict| Some(&verdict.judge) == name.as_ref() && verdict.weight > 0.0)
    {
        let sum = sums.entry(verdict.pair.clone()).or_default();
        sum.0 += verdict.weight * slice.fitted(verdict.p_a);
        sum.1 += verdict.weight;
        sum.2 += 1;
    }
    // What readers call a judge that a file does not name.
    let name = name.filter(|name| name != "unnamed");
    Ok((name, sums.into_iter().map(|(pair, (sum, weight, count))| (pair, (sum / weight, count))).collect()))
}

/// Pairs that somebody has judged, ties and pairs without texts left out and counted.
pub(crate) fn judged(
    bench: &Workbench,
    judge: Option<&str>,
    slice: &SliceOptions,
    watch: &dyn Watch,
) -> Result<Chosen> {
    let (judge, verdicts) = verdicts_by_pair(bench, judge, slice)?;
    let mut chosen = Chosen { judge, ..Chosen::default() };
    for pair in wanted(bench, slice, watch)? {
        chosen.read += 1;
        match verdicts.get(&pair.id) {
            None => chosen.leave_out("no verdict"),
            Some((p_a, _)) if *p_a == 0.5 => chosen.leave_out("a tie"),
            Some((p_a, _)) => chosen.push(Labelled::of(pair, *p_a)),
        }
    }
    Ok(chosen)
}

impl Chosen {
    /// Takes a pair whose texts can be learnt from.
    pub(crate) fn push(&mut self, labelled: Labelled) {
        let [chosen, rejected] = labelled.texts();
        let turns = [&labelled.pair.response_a, &labelled.pair.response_b];
        if turns.iter().any(|response| response.messages.len() > 1) {
            self.leave_out("a response of several turns");
        } else if labelled.pair.prompt.is_empty() || chosen.is_empty() || rejected.is_empty() {
            self.leave_out("a prompt or response without text");
        } else if chosen == rejected {
            self.leave_out("the same response twice");
        } else {
            self.pairs.push(labelled);
        }
    }
}

/// Pairs for which the filter holds.
pub(crate) fn wanted(bench: &Workbench, slice: &SliceOptions, watch: &dyn Watch) -> Result<Vec<Pair>> {
    let pairs = pairs_of(bench.study())?;
    let Some(filter) = &slice.filter else { return Ok(pairs) };
    let taken =
        predilect_workbench::studies::Chosen::of(bench.study().clone(), Some(filter), slice.people, watch)?;
    let mut row = 0;
    Ok(pairs
        .into_iter()
        .filter(|_| {
            row += 1;
            taken.takes(row - 1)
        })
        .collect())
}
