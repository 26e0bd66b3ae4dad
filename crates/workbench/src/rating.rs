//! Ratings by text analysis of pairs that are not in a study (yet).

use predilect_data::Study;
use predilect_text::{Annotator, TextOptions};
use predilect_types::{Pair, property};
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::watch::{Event, Step, Watch};

/// Ratings of pairs, property by property.
#[derive(Debug, Clone, PartialEq)]
pub struct PairRatings {
    /// Ids of the rated properties.
    pub properties: Vec<String>,
    /// One row per pair, one entry per property: the ratings of A and B; `None` if there is none.
    pub rows: Vec<Vec<(Option<f64>, Option<f64>)>>,
}

impl PairRatings {
    /// How A compares with B on a property: 1, 0 or -1, `None` if one is not rated.
    pub fn comparison(&self, row: usize, column: usize) -> Option<i8> {
        let (a, b) = *self.rows.get(row)?.get(column)?;
        Some(property(self.properties.get(column)?)?.rule.compare(a?, b?))
    }

    /// These, and those of other properties from another annotator of the same pairs.
    #[must_use]
    pub fn or(mut self, other: &Self) -> Self {
        let more: Vec<usize> =
            (0..other.properties.len()).filter(|&at| self.column(&other.properties[at]).is_none()).collect();
        for (row, others) in self.rows.iter_mut().zip(&other.rows) {
            row.extend(more.iter().map(|&at| others.get(at).copied().unwrap_or((None, None))));
        }
        self.properties.extend(more.into_iter().map(|at| other.properties[at].clone()));
        self
    }

    /// The column of a property.
    pub fn column(&self, id: &str) -> Option<usize> {
        self.properties.iter().position(|own| own == id)
    }
}

/// Rates pairs by their texts, in parallel.
///
/// # Errors
///
/// When the work is cancelled.
pub fn text_ratings(pairs: &[Pair], grammar: bool, watch: &dyn Watch) -> Result<PairRatings> {
    let annotator = Annotator::new(&TextOptions { grammar });
    watch.event(Event::Begin(Step::Rating { kept: false }, Some(pairs.len() as u64)));
    let rows: Vec<_> = pairs
        .par_iter()
        .map(|pair| {
            if watch.cancelled() {
                return Vec::new();
            }
            let rated = annotator.rate_both(pair);
            watch.event(Event::More(1));
            rated
        })
        .collect();
    watch.event(Event::End);
    if watch.cancelled() {
        return Err(Error::cancelled());
    }
    let properties = annotator.properties().iter().map(|id| (*id).to_owned()).collect();
    Ok(PairRatings { properties, rows })
}

/// The ratings of one annotator in a study, for these pairs in their order.
///
/// # Errors
///
/// When the table of ratings cannot be read.
pub fn kept_ratings(study: &Study, annotator: &str, pairs: &[Pair]) -> Result<PairRatings> {
    let row_of: std::collections::HashMap<&str, usize> =
        pairs.iter().enumerate().map(|(row, pair)| (pair.id.as_str(), row)).collect();
    let mut found = PairRatings { properties: Vec::new(), rows: vec![Vec::new(); pairs.len()] };
    for batch in study.ratings()? {
        for rating in batch?.into_iter().filter(|rating| rating.annotator == annotator) {
            let Some(&row) = row_of.get(rating.pair.as_str()) else { continue };
            let column = found.column(&rating.property).unwrap_or_else(|| {
                found.properties.push(rating.property.clone());
                found.properties.len() - 1
            });
            let own = &mut found.rows[row];
            own.resize(own.len().max(column + 1), (None, None));
            own[column] = (rating.a, rating.b);
        }
    }
    let width = found.properties.len();
    found.rows.iter_mut().for_each(|row| row.resize(width, (None, None)));
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_annotator_does_not_rate_is_taken_from_another() {
        let of = |properties: &[&str], value: f64| PairRatings {
            properties: properties.iter().map(|id| (*id).to_owned()).collect(),
            rows: vec![vec![(Some(value), None); properties.len()]; 2],
        };
        let both = of(&["polite"], 1.0).or(&of(&["length", "polite"], 2.0));
        assert_eq!(both.properties, ["polite", "length"]);
        assert_eq!(both.rows[1], [(Some(1.0), None), (Some(2.0), None)]);
    }
}
