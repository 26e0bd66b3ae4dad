//! Verdicts of a study, column by column.

use std::sync::OnceLock;

use foldhash::{HashMap, HashMapExt};
use predilect_annotate::judge::{self as judging, Call};
use predilect_data::{Judges, Study};
use predilect_types::{Order, TieKind, Verdict};

use super::column::{NONE, Names, Numbers};
use super::pairs::Pairs;
use crate::error::{Error, Result};
use crate::watch::Watch;
use predilect_types::Interner;

/// The orders of presentation, each with its bit.
pub(crate) const ORDERS: [Order; 4] = [Order::Ab, Order::Ba, Order::Both, Order::Unknown];

/// Every order.
pub(crate) const ALL: u8 = 0b1111;

/// The bit of an order.
pub(crate) fn bit(order: Order) -> u8 {
    ORDERS.iter().position(|known| *known == order).map_or(0, |at| 1 << at)
}

const TIES: [Option<TieKind>; 4] =
    [None, Some(TieKind::Tie), Some(TieKind::BothBad), Some(TieKind::BothGood)];

/// Who gave a verdict: what decides the judge's name, whichever way people count.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Who {
    judge: String,
    pool: Option<String>,
    annotator: Option<String>,
    criterion: Option<String>,
}

impl Who {
    /// The judge's name where people count in that way.
    fn name(&self, people: Judges) -> String {
        let mut verdict = Verdict {
            pool: self.pool.clone(),
            annotator: self.annotator.clone(),
            criterion: self.criterion.clone(),
            ..Verdict::new("", &*self.judge, 0.5)
        };
        people.settle(&mut verdict);
        verdict.judge
    }
}

/// Verdicts in their order.
#[derive(Debug, Default)]
pub(crate) struct Verdicts {
    /// Number of the pair; [`NONE`] if the study has no pair of that id.
    pairs: Vec<u32>,
    who: Vec<u32>,
    people: Vec<Who>,
    annotators: Names,
    p_a: Numbers,
    weight: Numbers,
    /// Order and tie in two bits each.
    kinds: Vec<u8>,
    /// The calls behind verdicts of language models, without their keys.
    calls: HashMap<u32, Box<[Call]>>,
    /// What the data say of both orders, where the verdict is the mean of them.
    orders: HashMap<u32, [Option<f64>; 2]>,
    /// Pairs of the study.
    of_pairs: usize,
    /// The verdicts on each pair, once needed.
    on: OnceLock<ByPair>,
}

/// The verdicts on each pair.
#[derive(Debug)]
struct ByPair {
    /// Where those of each pair end.
    ends: Vec<u32>,
    /// Their rows; `None` if they are in the order of pairs.
    rows: Option<Vec<u32>>,
}

impl ByPair {
    /// Counts, then puts every verdict to its pair.
    fn of(pairs: &[u32], of_pairs: usize) -> Self {
        let mut ends = vec![0_u32; of_pairs + 1];
        pairs.iter().filter(|pair| **pair != NONE).for_each(|pair| ends[*pair as usize + 1] += 1);
        (1..ends.len()).for_each(|at| ends[at] += ends[at - 1]);
        let rows = (!pairs.is_sorted()).then(|| {
            let mut next = ends.clone();
            let mut rows = vec![0; ends[of_pairs] as usize];
            for (row, pair) in pairs.iter().enumerate().filter(|(_, pair)| **pair != NONE) {
                let at = &mut next[*pair as usize];
                rows[*at as usize] = row as u32;
                *at += 1;
            }
            rows
        });
        ends.remove(0);
        Self { ends, rows }
    }
}

impl Verdicts {
    /// Reads them.
    pub(crate) fn read(study: &Study, pairs: &Pairs, watch: &dyn Watch) -> Result<Self> {
        let mut out = Self { of_pairs: pairs.len(), ..Self::default() };
        let mut find = Finder { pairs, last: 0 };
        let mut people: HashMap<Who, u32> = HashMap::new();
        for batch in study.verdicts()? {
            if watch.cancelled() {
                return Err(Error::cancelled());
            }
            for verdict in batch? {
                let row = out.pairs.len() as u32;
                out.pairs.push(find.row(&verdict.pair));
                out.annotators.push(verdict.annotator.as_deref());
                out.p_a.push(verdict.p_a);
                out.weight.push(verdict.weight);
                let tie = TIES.iter().position(|tie| *tie == verdict.tie).unwrap_or(0) as u8;
                let order = ORDERS.iter().position(|order| *order == verdict.order).unwrap_or(3) as u8;
                out.kinds.push(tie << 2 | order);
                if let Some(receipt) = &verdict.receipt {
                    out.receipt(row, receipt);
                }
                let who = Who {
                    judge: verdict.judge,
                    pool: verdict.pool,
                    annotator: verdict.annotator,
                    criterion: verdict.criterion,
                };
                let known = &mut out.people;
                out.who.push(*people.entry(who).or_insert_with_key(|who| {
                    known.push(who.clone());
                    (known.len() - 1) as u32
                }));
            }
        }
        out.pairs.shrink_to_fit();
        out.who.shrink_to_fit();
        out.kinds.shrink_to_fit();
        out.annotators.shrink();
        out.p_a.shrink();
        out.weight.shrink();
        Ok(out)
    }

    fn receipt(&mut self, row: u32, receipt: &serde_json::Value) {
        let mut calls = judging::calls_of(receipt);
        if !calls.is_empty() {
            for call in &mut calls {
                call.key = String::new();
            }
            self.calls.insert(row, calls.into());
        }
        if let Some(orders) = receipt.get("orders") {
            let of = |name: &str| orders.get(name).and_then(serde_json::Value::as_f64);
            self.orders.insert(row, [of("ab"), of("ba")]);
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.pairs.len()
    }

    /// The number of a verdict's pair; [`NONE`] if the study does not contain it.
    pub(crate) fn pair(&self, row: usize) -> u32 {
        self.pairs[row]
    }

    /// The verdicts on a pair, in their order.
    pub(crate) fn on(&self, pair: usize) -> impl Iterator<Item = usize> + '_ {
        let by = self.on.get_or_init(|| ByPair::of(&self.pairs, self.of_pairs));
        let from = if pair == 0 { 0 } else { by.ends[pair - 1] };
        (from as usize..by.ends[pair] as usize)
            .map(|at| by.rows.as_ref().map_or(at, |rows| rows[at] as usize))
    }

    pub(crate) fn p_a(&self, row: usize) -> f64 {
        self.p_a.get(row)
    }

    pub(crate) fn weight(&self, row: usize) -> f64 {
        self.weight.get(row)
    }

    pub(crate) fn order(&self, row: usize) -> Order {
        ORDERS[usize::from(self.kinds[row] & 0b11)]
    }

    /// The bit of its order.
    pub(crate) fn order_bit(&self, row: usize) -> u8 {
        1 << (self.kinds[row] & 0b11)
    }

    pub(crate) fn tie(&self, row: usize) -> Option<TieKind> {
        TIES[usize::from(self.kinds[row] >> 2)]
    }

    /// The number of the person in [`Verdicts::annotators`], [`NONE`] if no annotator is named.
    pub(crate) fn annotator(&self, row: usize) -> u32 {
        self.annotators.code(row)
    }

    pub(crate) fn annotators(&self) -> &[String] {
        self.annotators.names()
    }

    /// The calls behind a verdict, without their keys.
    pub(crate) fn calls(&self, row: usize) -> &[Call] {
        self.calls.get(&(row as u32)).map_or(&[], |calls| calls)
    }

    /// What the data say of both orders.
    pub(crate) fn both_orders(&self, row: usize) -> Option<[Option<f64>; 2]> {
        self.orders.get(&(row as u32)).copied()
    }

    /// The judges where people count in that way.
    pub(crate) fn judges(&self, people: Judges) -> JudgesOf<'_> {
        let mut names = Interner::default();
        let of = self.people.iter().map(|who| names.get(&who.name(people))).collect();
        JudgesOf { verdicts: self, names: names.into_list(), of }
    }
}

/// Names of judges, and who of the verdicts' people is which.
#[derive(Debug)]
pub(crate) struct JudgesOf<'v> {
    verdicts: &'v Verdicts,
    /// In the order of their first verdict.
    pub(crate) names: Vec<String>,
    of: Vec<u32>,
}

impl JudgesOf<'_> {
    /// The number of a verdict's judge.
    pub(crate) fn of(&self, row: usize) -> u32 {
        self.of[self.verdicts.who[row] as usize]
    }
}

/// Finds pairs by their ids: verdicts come in the order of pairs, more often than not.
struct Finder<'p> {
    pairs: &'p Pairs,
    last: usize,
}

impl Finder<'_> {
    fn row(&mut self, id: &str) -> u32 {
        let pairs = self.pairs;
        for near in [self.last, self.last + 1] {
            if near < pairs.len() && pairs.id(near) == id {
                self.last = near;
                return near as u32;
            }
        }
        let Some(row) = pairs.row(id) else { return NONE };
        self.last = row;
        row as u32
    }
}
