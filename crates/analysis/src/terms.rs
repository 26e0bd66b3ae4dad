//! Which nuisance terms a fit needs: side, presentation order, model strength.
//!
//! Where one side or one model is always the better placed one, a fit without such terms books strength as property.

use std::fmt;
use std::str::FromStr;

use predilect_types::Order;
use serde::{Deserialize, Serialize};

use crate::table::{FeatureTable, VerdictRow};
use crate::unknown::UnknownWord;

/// Minimum number of verdicts in a fit for a model to get a term.
const MIN_ROWS_PER_MODEL: usize = 20;
/// Models beyond that many, by number of verdicts, share the zero level.
const MAX_MODELS: usize = 60;
/// Share of a model's appearances on one side from which the sides count as not exchangeable.
const ONE_SIDED: f64 = 0.8;

/// The nuisance terms asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Default)]
#[serde(try_from = "String", into = "String")]
pub enum Terms {
    /// Each where the data call for it.
    #[default]
    Auto,
    /// Exactly these, where they can be distinguished at all.
    Chosen {
        /// One intercept: the advantage of being on side A.
        side: bool,
        /// The advantage of being shown first.
        order: bool,
        /// A strength for every model that repeats.
        models: bool,
    },
}

impl Terms {
    /// No terms: the paper's model.
    pub const NONE: Self = Self::Chosen { side: false, order: false, models: false };
}

impl fmt::Display for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Auto => f.write_str("auto"),
            Self::NONE => f.write_str("none"),
            Self::Chosen { side, order, models } => {
                let names: Vec<_> = [("side", side), ("order", order), ("models", models)]
                    .into_iter()
                    .filter_map(|(name, on)| on.then_some(name))
                    .collect();
                f.write_str(&names.join(","))
            }
        }
    }
}

impl From<Terms> for String {
    fn from(terms: Terms) -> Self {
        terms.to_string()
    }
}

impl TryFrom<String> for Terms {
    type Error = UnknownWord;
    fn try_from(text: String) -> Result<Self, UnknownWord> {
        text.parse()
    }
}

impl FromStr for Terms {
    type Err = UnknownWord;
    fn from_str(s: &str) -> Result<Self, UnknownWord> {
        let (mut side, mut order, mut models) = (false, false, false);
        match s {
            "auto" => return Ok(Self::Auto),
            "none" => return Ok(Self::NONE),
            _ => {}
        }
        for name in s.split(',') {
            match name.trim() {
                "side" => side = true,
                "order" => order = true,
                "models" => models = true,
                other => {
                    let known = "side, order, models (joined by commas), auto or none";
                    return Err(UnknownWord::new(other, "a term", known));
                }
            }
        }
        Ok(Self::Chosen { side, order, models })
    }
}

/// The terms of one fit.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Design {
    pub(crate) side: bool,
    pub(crate) order: bool,
    /// Indices of the models that have a term.
    pub(crate) models: Vec<u32>,
    /// The model that the others' strengths are measured from, where there is one.
    pub(crate) reference: Option<u32>,
}

impl Design {
    /// Chooses the terms of a fit over these verdicts.
    pub(crate) fn choose(terms: Terms, table: &FeatureTable, rows: &[VerdictRow]) -> Self {
        let (mut first, mut second) = (0_usize, 0_usize);
        for row in rows {
            match row.order {
                Order::Ab => first += 1,
                Order::Ba => second += 1,
                Order::Both | Order::Unknown => {}
            }
        }
        let sides = sides(table, rows);
        let n = rows.len();
        // The order of presentation can be distinguished from the side only if both orders occur.
        let orders_vary = first.min(second) * 20 >= n.max(1);
        let one_sided = |&(a, b): &(usize, usize)| {
            a + b >= MIN_ROWS_PER_MODEL && a.max(b) as f64 >= ONE_SIDED * (a + b) as f64
        };
        let lopsided = {
            let mean = rows.iter().map(|r| r.p_a).sum::<f64>() / n.max(1) as f64;
            let variance = rows.iter().map(|r| (r.p_a - mean).powi(2)).sum::<f64>() / n.max(1) as f64;
            (mean - 0.5).abs() > 3.0 * (variance / n.max(1) as f64).sqrt()
        };
        let (mut models, mut reference) = match terms {
            Terms::Auto | Terms::Chosen { models: true, .. } => strengths(&sides, n),
            Terms::Chosen { models: false, .. } => (Vec::new(), None),
        };
        // A model on the same side of every row is what a side term would measure: then it gets the model term, not the side term.
        let fixed = fixed(&sides, n);
        if let (Terms::Auto, Some(fixed)) = (terms, fixed) {
            let others: Vec<u32> =
                (0..sides.len() as u32).filter(|&m| m != fixed && count(&sides, m) > 0).collect();
            let repeat = others.iter().all(|&m| count(&sides, m) >= MIN_ROWS_PER_MODEL)
                && others.iter().map(|&m| count(&sides, m)).sum::<usize>() == n;
            if repeat && others.len() <= MAX_MODELS {
                // The common opponent is what the others are measured from.
                (models, reference) = (others, Some(fixed));
            } else {
                models.insert(0, fixed);
            }
        }
        match terms {
            Terms::Auto => Self {
                side: n > 0 && fixed.is_none() && (lopsided || sides.iter().any(one_sided)),
                order: orders_vary,
                models,
                reference,
            },
            Terms::Chosen { side, order, .. } => {
                Self { side, order: order && first + second > 0, models, reference }
            }
        }
    }

    pub(crate) fn columns(&self) -> usize {
        usize::from(self.side) + usize::from(self.order) + self.models.len()
    }

    pub(crate) fn names(&self, table: &FeatureTable) -> Vec<String> {
        let mut names = Vec::with_capacity(self.columns());
        if self.side {
            names.push("side".to_owned());
        }
        if self.order {
            names.push("order".to_owned());
        }
        names.extend(self.models.iter().map(|&m| format!("model:{}", table.models[m as usize])));
        names
    }

    /// Appends the terms of one verdict: positive where A has the advantage.
    pub(crate) fn extend(&self, table: &FeatureTable, row: &VerdictRow, out: &mut Vec<f64>) {
        if self.side {
            out.push(1.0);
        }
        if self.order {
            out.push(match row.order {
                Order::Ab => 1.0,
                Order::Ba => -1.0,
                Order::Both | Order::Unknown => 0.0,
            });
        }
        let pair = table.pairs[row.pair as usize];
        for &model in &self.models {
            let has = |m: Option<u32>| f64::from(u8::from(m == Some(model)));
            out.push(has(pair.model_a) - has(pair.model_b));
        }
    }
}

/// On how many rows each model is A, and on how many B.
pub(crate) fn sides(table: &FeatureTable, rows: &[VerdictRow]) -> Vec<(usize, usize)> {
    let mut sides = vec![(0_usize, 0_usize); table.models.len()];
    for row in rows {
        let pair = table.pairs[row.pair as usize];
        if let Some(a) = pair.model_a {
            sides[a as usize].0 += 1;
        }
        if let Some(b) = pair.model_b {
            sides[b as usize].1 += 1;
        }
    }
    sides
}

/// The model that is on one and the same side of every row; the one on A if there are two.
pub(crate) fn fixed(sides: &[(usize, usize)], n: usize) -> Option<u32> {
    let whole = |&m: &u32| {
        n > 0
            && (matches!(sides[m as usize], (a, 0) if a == n)
                || matches!(sides[m as usize], (0, b) if b == n))
    };
    // With two such models either is the other's opponent: A's represents both.
    (0..sides.len() as u32).filter(whole).max_by_key(|&m| sides[m as usize].0)
}

fn count(sides: &[(usize, usize)], m: u32) -> usize {
    sides[m as usize].0 + sides[m as usize].1
}

/// The models that get a strength: those that repeat, unless they are the side term under another name.
///
/// Where every model repeats, only differences of strength are identified, so the most frequent one is the reference and has none; where
/// some do not, those share the zero level.
fn strengths(sides: &[(usize, usize)], n: usize) -> (Vec<u32>, Option<u32>) {
    let count = |m: u32| count(sides, m);
    // A model on the same side of every row is what the side term measures.
    let is_side = |m: u32| {
        matches!(sides[m as usize], (a, 0) if a == n) || matches!(sides[m as usize], (0, b) if b == n)
    };
    let (fixed, mut repeated): (Vec<u32>, Vec<u32>) =
        (0..sides.len() as u32).filter(|&m| count(m) >= MIN_ROWS_PER_MODEL).partition(|&m| is_side(m));
    repeated.sort_by_key(|&m| std::cmp::Reverse(count(m)));
    let covered: usize = repeated.iter().chain(&fixed).map(|&m| count(m)).sum();
    let reference = (covered == 2 * n && !repeated.is_empty()).then(|| repeated.remove(0));
    repeated.truncate(MAX_MODELS);
    repeated.sort_unstable();
    (repeated, reference)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::PairInfo;

    fn table(models: &[(u32, u32)], names: usize) -> FeatureTable {
        FeatureTable {
            pairs: models
                .iter()
                .enumerate()
                .map(|(i, &(a, b))| PairInfo { cluster: i as u64, model_a: Some(a), model_b: Some(b) })
                .collect(),
            verdicts: (0..models.len() as u32)
                .map(|pair| VerdictRow {
                    pair,
                    judge: 0,
                    p_a: f64::from(pair % 2),
                    weight: 1.0,
                    order: Order::Unknown,
                    annotator: None,
                    group: None,
                })
                .collect(),
            models: (0..names).map(|m| format!("m{m}")).collect(),
            ..FeatureTable::default()
        }
    }

    #[test]
    fn a_baseline_on_one_side_is_a_model_and_no_side() {
        let pairs: Vec<(u32, u32)> = (0..90).map(|i| (0, 1 + i % 3)).collect();
        let t = table(&pairs, 4);
        let design = Design::choose(Terms::Auto, &t, &t.verdicts);
        assert_eq!(design, Design { side: false, order: false, models: vec![1, 2, 3], reference: Some(0) });
        let mut out = Vec::new();
        design.extend(&t, &t.verdicts[1], &mut out);
        assert_eq!(out, [0.0, -1.0, 0.0]);
        assert_eq!(design.names(&t), ["model:m1", "model:m2", "model:m3"]);
    }

    #[test]
    fn two_models_on_their_sides_are_one_strength() {
        let t = table(&[(0, 1); 60], 2);
        let design = Design::choose(Terms::Auto, &t, &t.verdicts);
        assert_eq!(
            (design.side, design.names(&t), design.reference),
            (false, vec!["model:m1".to_owned()], Some(0))
        );
        // Opponents without a name share a level as well.
        let mut t = table(&[(0, 1); 60], 2);
        for pair in &mut t.pairs {
            pair.model_b = None;
        }
        let design = Design::choose(Terms::Auto, &t, &t.verdicts);
        assert_eq!(
            (design.side, design.names(&t), design.reference),
            (false, vec!["model:m0".to_owned()], None)
        );
        assert_eq!(fixed(&[(0, 0), (0, 0)], 0), None);
        // Very many rare opponents share a level, and the baseline has its strength against them.
        let t = table(&(0..90).map(|i| (0, 1 + i)).collect::<Vec<_>>(), 91);
        let design = Design::choose(Terms::Auto, &t, &t.verdicts);
        assert_eq!(
            (design.side, design.names(&t), design.reference),
            (false, vec!["model:m0".to_owned()], None)
        );
    }

    #[test]
    fn exchangeable_sides_need_no_term() {
        let pairs: Vec<(u32, u32)> =
            (0..200).map(|i| if (i / 2) % 2 == 0 { (0, 1) } else { (1, 0) }).collect();
        let t = table(&pairs, 2);
        assert!(!Design::choose(Terms::Auto, &t, &t.verdicts).side);
        assert_eq!(Design::choose(Terms::NONE, &t, &t.verdicts).columns(), 0);
        assert_eq!("side,models".parse::<Terms>().unwrap().to_string(), "side,models");
        assert!("sides".parse::<Terms>().is_err());
    }
}
