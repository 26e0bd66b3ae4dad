//! Pairs that were written for Predilect: one file for each property.

use predilect_types::property;
use serde::Deserialize;

use crate::ordered::{Ordered, WRITTEN};

/// Every file, by the id of its property.
macro_rules! files {
    ($($id:literal),* $(,)?) => { &[$(($id, include_str!(concat!("../pairs/", $id, ".toml")))),*] };
}

const FILES: &[(&str, &str)] = files![
    "harmless",
    "grammatical",
    "friendly",
    "polite",
    "interactive",
    "authoritative",
    "funny",
    "rhetorical",
    "complex",
    "supported",
    "well_formatted",
    "admit_limits",
    "persuasive",
    "step_by_step",
    "informal",
    "non_repetitive",
    "clear",
    "relevant",
    "novel",
    "rich",
    "no_minor_errors",
    "no_moderate_errors",
    "no_severe_errors",
    "clarify_intent",
    "empathetic",
    "satisfies_constraints",
    "supports_stances",
    "corrects_mistakes",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    pair: Vec<Pair>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pair {
    difference: Difference,
    request: String,
    higher: String,
    lower: String,
    reason: String,
    #[serde(default)]
    constraints: Vec<String>,
    #[serde(default)]
    stances: Vec<String>,
    #[serde(default)]
    mistakes: Vec<String>,
    reference: Option<String>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
enum Difference {
    Large,
    Middle,
    Small,
}

impl Difference {
    const ALL: [(Self, &'static str); 3] =
        [(Self::Large, "large"), (Self::Middle, "middle"), (Self::Small, "small")];

    fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(difference, _)| *difference == self).map_or("", |(_, name)| name)
    }
}

/// Every third pair of a size is held back.
const HELD_BACK: usize = 3;

/// All pairs; sizes from large to small.
pub(crate) fn pairs() -> Vec<Ordered> {
    let mut out = Vec::new();
    for (id, text) in FILES {
        debug_assert!(property(id).is_some(), "{id}");
        let Ok(file) = toml::from_str::<File>(text) else { continue };
        for (size, _) in Difference::ALL {
            let of_size = file.pair.iter().filter(|pair| pair.difference == size);
            out.extend(of_size.enumerate().map(|(at, pair)| Ordered {
                property: (*id).to_owned(),
                set: WRITTEN.to_owned(),
                kind: size.as_str().to_owned(),
                source: pair.request.clone(),
                request: pair.request.clone(),
                higher: pair.higher.clone(),
                lower: pair.lower.clone(),
                reason: pair.reason.clone(),
                held_back: at % HELD_BACK == HELD_BACK - 1,
                constraints: pair.constraints.clone(),
                stances: pair.stances.clone(),
                mistakes: pair.mistakes.clone(),
                reference: pair.reference.clone(),
            }));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_types::{Rule, core_properties};
    use std::collections::BTreeSet;

    #[test]
    fn every_file_can_be_read_and_is_about_a_property() {
        for (id, text) in FILES {
            let file: File = toml::from_str(text).unwrap_or_else(|e| panic!("{id}: {e}"));
            assert!(file.pair.len() >= 42, "{id}: {}", file.pair.len());
        }
        let ids: Vec<&str> = FILES.iter().map(|(id, _)| *id).collect();
        let all: Vec<&str> =
            core_properties().map(|property| property.id).filter(|id| *id != "length").collect();
        assert_eq!(ids, all);
    }

    #[test]
    fn length_tells_nothing_and_no_request_comes_twice() {
        let pairs = pairs();
        for (id, _) in FILES {
            let mut requests = BTreeSet::new();
            for (_, size) in Difference::ALL {
                let own: Vec<&Ordered> =
                    pairs.iter().filter(|pair| pair.property == *id && pair.kind == size).collect();
                assert!(own.len() >= 14, "{id}, {size}: {}", own.len());
                let shorter = own.iter().filter(|pair| pair.higher.len() < pair.lower.len()).count();
                let share = shorter as f64 / own.len() as f64;
                assert!((0.35..=0.65).contains(&share), "{id}, {size}: {share}");
                assert!(own.iter().all(|pair| requests.insert(pair.request.to_lowercase())), "{id}, {size}");
            }
        }
    }

    #[test]
    fn pairs_hold_what_their_property_is_about() {
        for pair in pairs() {
            let property = property(&pair.property).unwrap();
            assert!(!pair.request.trim().is_empty() && !pair.reason.trim().is_empty(), "{}", pair.request);
            assert!(
                pair.higher.trim() != pair.lower.trim() && !pair.lower.trim().is_empty(),
                "{}",
                pair.request
            );
            assert_eq!(property.rule == Rule::FewerIsBetter, pair.reference.is_some(), "{}", pair.request);
            let lists = [&pair.constraints, &pair.stances, &pair.mistakes].map(|list| !list.is_empty());
            let wanted = ["satisfies_constraints", "supports_stances", "corrects_mistakes"]
                .map(|id| id == pair.property);
            assert_eq!(lists, wanted, "{}: {}", pair.property, pair.request);
        }
    }
}
