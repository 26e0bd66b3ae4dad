//! How an annotator's findings are written to the tables of a study.

use std::collections::{BTreeSet, HashMap, HashSet};

use predilect_data::Study;
use predilect_types::Rating;
use serde_json::Value;

use crate::error::Result;
use crate::studies::replace;

/// The field of a pair's metadata that contains its query-specific cases.
const CASES: &str = "request_cases";

/// What was found about requests, by pair.
#[derive(Debug, Default)]
pub(super) struct RequestFindings {
    pub(super) cases: HashMap<String, Vec<&'static str>>,
    pub(super) scenarios: HashMap<String, &'static str>,
}

/// Who has rated already.
pub(super) fn annotators(study: &Study) -> Result<HashSet<String>> {
    let mut names = HashSet::new();
    if study.has_table("ratings") {
        for batch in study.ratings()? {
            for rating in batch? {
                if !names.contains(&rating.annotator) {
                    names.insert(rating.annotator);
                }
            }
        }
    }
    Ok(names)
}

/// The properties that an annotator has rated.
pub(super) fn properties(study: &Study, annotator: &str) -> Result<BTreeSet<String>> {
    let mut ids = BTreeSet::new();
    if study.has_table("ratings") {
        for batch in study.ratings()? {
            for rating in batch?.into_iter().filter(|rating| rating.annotator == annotator) {
                if !ids.contains(&rating.property) {
                    ids.insert(rating.property);
                }
            }
        }
    }
    Ok(ids)
}

/// Writes this annotator's ratings in place of its old ones of the same properties and pairs, after those of all others.
pub(super) fn write(study: &Study, annotator: &str, ratings: &[Rating]) -> Result<()> {
    let new: HashSet<(&str, &str)> = ratings.iter().map(|r| (r.pair.as_str(), r.property.as_str())).collect();
    let keep = |old: &Rating| {
        old.annotator != annotator || !new.contains(&(old.pair.as_str(), old.property.as_str()))
    };
    rewrite(study, keep, ratings)
}

/// Rewrites the table of ratings: the old ones that are kept, then new ones.
pub(super) fn rewrite(study: &Study, keep: impl Fn(&Rating) -> bool, new: &[Rating]) -> Result<()> {
    let old = if study.has_table("ratings") { Some(study.ratings()?) } else { None };
    replace(study.write_ratings()?, old, keep, new)
}

/// Writes cases and scenarios into the table of pairs. A scenario that the data name stays.
pub(super) fn write_requests(study: &Study, found: &RequestFindings) -> Result<()> {
    if found.cases.is_empty() && found.scenarios.is_empty() {
        return Ok(());
    }
    let mut writer = study.write_pairs()?;
    for batch in study.pairs()? {
        for mut pair in batch? {
            if let Some(cases) = found.cases.get(&pair.id) {
                let cases = cases.iter().map(|case| Value::from(*case)).collect();
                pair.metadata.insert(CASES.to_owned(), Value::Array(cases));
            }
            if let (None, Some(scenario)) = (&pair.scenario, found.scenarios.get(&pair.id)) {
                pair.scenario = Some((*scenario).to_owned());
            }
            writer.push_owned(pair)?;
        }
    }
    writer.finish()?;
    Ok(())
}
