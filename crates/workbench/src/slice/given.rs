//! Ratings that came with the data, and which properties they leave to text analysis.

use std::collections::{BTreeMap, BTreeSet};

use predilect_data::{PropertySet, Study};
use predilect_text::Annotator;
use predilect_types::{Property, Rating, in_every_fit, parts_of, shown};

use crate::error::{Error, Remedy, Result};

/// Ratings that came with the data, by pair.
pub(super) type Given = BTreeMap<String, Vec<Rating>>;

/// Those of one annotator, where one is wanted (`text` wants none of them), and the rest.
pub(super) fn given_ratings(
    study: &Study,
    own: &'static str,
    wanted: Option<&str>,
) -> Result<(Given, Given)> {
    let (mut given, mut others) = (Given::new(), Given::new());
    let mut names = BTreeSet::new();
    if study.has_table("ratings") {
        for batch in study.ratings_but(own)? {
            for rating in batch? {
                if rating.annotator == own {
                    continue;
                }
                let list = if wanted.is_some_and(|wanted| wanted != rating.annotator) {
                    if !names.contains(&rating.annotator) {
                        names.insert(rating.annotator.clone());
                    }
                    &mut others
                } else {
                    &mut given
                };
                list.entry(rating.pair.clone()).or_default().push(rating);
            }
        }
    }
    match wanted {
        Some(wanted) if given.is_empty() && wanted != own && wanted != "text" => {
            let known: Vec<&str> = names.iter().map(String::as_str).chain(["text"]).collect();
            Err(Error::new(format!("nobody called {wanted} has rated these pairs")).choose(known))
        }
        _ => Ok((given, others)),
    }
}

pub(super) fn chosen_properties(
    wanted: &[String],
    set: &PropertySet,
    annotator: &Annotator,
    given: &Given,
) -> Result<Vec<&'static Property>> {
    let rated: BTreeSet<&str> = annotator
        .properties()
        .iter()
        .copied()
        .chain(given.values().flatten().map(|r| r.property.as_str()))
        .collect();
    if wanted.is_empty() {
        return Ok(set.all().iter().copied().filter(|p| in_every_fit(p) && rated.contains(p.id)).collect());
    }
    let all = || set.all().iter().copied().filter(|p| rated.contains(p.id));
    if wanted == ["all"] {
        return Ok(all().collect());
    }
    let mut once = BTreeSet::new();
    wanted
        .iter()
        .filter(|id| once.insert(id.as_str()))
        .map(|id| {
            let unknown = || {
                let known: Vec<_> = all().map(|p| p.id).collect();
                let parts: Vec<_> = parts_of(id).map(|p| p.id).filter(|id| rated.contains(id)).collect();
                let error = Error::new(format!("`{id}` is not a property that was rated on these data"));
                if parts.is_empty() {
                    return error.words(format!("choose among: {}, or all", known.join(", ")));
                }
                error.remedy(Remedy::RateByModel(format!(
                    "text analysis rates only {}, which is not the same; have a language model rate {id}",
                    shown::list(parts)
                )))
            };
            set.get(id).filter(|p| rated.contains(p.id)).ok_or_else(unknown)
        })
        .collect()
}
