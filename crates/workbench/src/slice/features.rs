//! Whose ratings of a property count, and what they amount to as a feature.

use std::collections::BTreeSet;

use predilect_analysis::Encoding;
use predilect_data::{PropertySet, nearest};
use predilect_types::{Property, in_every_fit, parts_of, shown};

use crate::error::{Error, Remedy, Result};
use crate::prepared::column::{Rated, Sides};
use crate::prepared::{Of, Pairs, Prepared, Ratings};

/// The ratings of one property that count: those that came with the data, and for pairs without such ratings, those of text analysis.
pub(crate) struct Source<'p> {
    pub(super) property: &'static Property,
    given: Option<Of<'p>>,
    own: Option<&'p Rated>,
    encoding: Encoding,
    /// The features of the combinations of ratings, if there are few; `None` for unrated rows.
    of_given: Vec<Option<f64>>,
    of_own: Vec<Option<f64>>,
}

impl<'p> Source<'p> {
    pub(super) fn new(
        property: &'static Property,
        given: Option<Of<'p>>,
        prepared: &'p Prepared,
        encoding: Encoding,
    ) -> Result<Self> {
        let own = prepared.own(property.id).map(|at| prepared.facts().column(at)).transpose()?;
        let table = |rated: &Rated| {
            let feature = |sides: Option<Sides>| sides.map(|sides| encode(encoding, property, sides));
            rated.combinations().unwrap_or_default().into_iter().map(feature).collect::<Vec<_>>()
        };
        let of_own = own.map(table).unwrap_or_default();
        let plain = given.as_ref().map(Of::column).filter(|column| !column.has_levels());
        let of_given = plain.map(|column| table(&column.rated)).unwrap_or_default();
        Ok(Self { property, given, own, encoding, of_given, of_own })
    }

    /// The ratings of a row, NaN where one is missing, with the expected comparison if levels have probabilities; `None` if it is unrated.
    pub(super) fn rating(&self, row: usize) -> Option<(Sides, Option<f64>)> {
        let given = self.given.as_ref().and_then(|given| {
            let column = given.column();
            Some((column.rated.get(row)?, column.expected(row)))
        });
        given.or_else(|| self.own?.get(row).map(|sides| (sides, None)))
    }

    /// The feature of a row; `None` if a rating is missing.
    pub(super) fn feature(&self, row: usize) -> Option<f64> {
        let known = |x: f64| (!x.is_nan()).then_some(x);
        // By the number of the combination, where there is a table of them.
        let told = |rated: Option<&Rated>, features: &[Option<f64>]| -> Option<Option<f64>> {
            features.get(usize::from(rated?.code(row)?)).copied()
        };
        let given = self.given.as_ref().map(|given| &given.column().rated);
        match (given, told(given, &self.of_given)) {
            (_, Some(Some(feature))) => return known(feature),
            // The data have no rating of the pair.
            (None, _) | (_, Some(None)) => {
                if let Some(own) = told(self.own, &self.of_own) {
                    return own.and_then(known);
                }
            }
            (Some(_), None) => {}
        }
        let (sides, expected) = self.rating(row)?;
        match expected {
            Some(expected) if self.encoding == Encoding::Comparison => Some(expected),
            _ => known(encode(self.encoding, self.property, sides)),
        }
    }

    /// The number of the annotator whose ratings came with the data, among [`Ratings::annotators`].
    pub(super) fn annotator(&self, pairs: &Pairs) -> Option<u32> {
        Some(self.given.as_ref()?.annotator(pairs))
    }
}

/// NaN where a rating is missing.
fn encode(encoding: Encoding, property: &Property, sides: Sides) -> f64 {
    let [a, b] = sides.map(|x| (!x.is_nan()).then_some(x));
    encoding.encode(property, a, b).unwrap_or(f64::NAN)
}

/// Whether the annotator that is asked for has rated anything.
pub(super) fn has_rated(prepared: &Prepared, ratings: &Ratings, wanted: Option<&str>) -> Result<()> {
    let own = prepared.annotator().name();
    match wanted {
        Some(wanted) if wanted != own && !ratings.annotators().iter().any(|known| known == wanted) => {
            let mut known: Vec<&str> = ratings.annotators().iter().map(String::as_str).collect();
            known.sort_unstable();
            known.push(own);
            Err(Error::new(format!("there are no ratings by `{wanted}`")).instead_of(wanted, known))
        }
        _ => Ok(()),
    }
}

/// The ratings of the properties that are fitted.
pub(super) fn sources<'p>(
    wanted: &[String],
    set: &PropertySet,
    prepared: &'p Prepared,
    ratings: &'p Ratings,
    (annotator, encoding): (Option<&str>, Encoding),
) -> Result<Vec<Source<'p>>> {
    let given = ratings.properties().map(|(property, _)| property).filter(|id| ratings.has(id, annotator));
    let rated: BTreeSet<&str> = prepared.annotator().properties().iter().copied().chain(given).collect();
    let chosen = chosen(wanted, set, &rated)?;
    let source = |property: &'static Property| {
        Source::new(property, ratings.of(property.id, annotator), prepared, encoding)
    };
    chosen.into_iter().map(source).collect()
}

fn chosen(wanted: &[String], set: &PropertySet, rated: &BTreeSet<&str>) -> Result<Vec<&'static Property>> {
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
                    return match nearest(id, known.iter().copied()) {
                        Some(near) => error.words(format!("did you mean {near}?")),
                        None => error.words(format!("choose among: {}, or all", shown::list(known))),
                    };
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
