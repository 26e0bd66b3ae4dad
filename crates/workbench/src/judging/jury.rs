//! What a jury of judges says.

use std::collections::{BTreeMap, HashSet};

use predilect_types::{Order, Verdict};
use serde::{Deserialize, Serialize};

use super::judge::Judge;

/// How the verdicts of several judges become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Jury {
    /// The mean of the judges' verdicts.
    Mean,
    /// What more judges favour.
    Majority,
}

impl Jury {
    /// Its name in a study.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Mean => "jury mean",
            Self::Majority => "jury majority",
        }
    }
}

/// A jury's verdicts on every pair that at least one of the judges has judged.
pub(super) fn deliberate(jury: Jury, judges: &[Judge], verdicts: &[Verdict]) -> Vec<Verdict> {
    let members: HashSet<&str> = judges.iter().map(|judge| judge.name.as_str()).collect();
    let mut of_pair: BTreeMap<&str, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| members.contains(verdict.judge.as_str())) {
        of_pair.entry(&verdict.pair).or_default().push(verdict);
    }
    let name = jury.name();
    of_pair
        .into_iter()
        .map(|(pair, votes)| {
            let n = votes.len() as f64;
            let p_a = match jury {
                Jury::Mean => votes.iter().map(|vote| vote.p_a).sum::<f64>() / n,
                Jury::Majority => {
                    let for_a = votes.iter().filter(|vote| vote.p_a > 0.5).count();
                    let for_b = votes.iter().filter(|vote| vote.p_a < 0.5).count();
                    match for_a.cmp(&for_b) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    }
                }
            };
            let members: Vec<&str> = votes.iter().map(|vote| vote.judge.as_str()).collect();
            let receipt = serde_json::json!({"jury": members});
            let order =
                if votes.iter().all(|vote| vote.order == Order::Both) { Order::Both } else { Order::Unknown };
            Verdict { receipt: Some(receipt), order, ..Verdict::new(pair, name, p_a) }
        })
        .collect()
}
