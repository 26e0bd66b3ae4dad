//! Ratings by others than text analysis, column by column: those that came with the data and those of language models.

use std::borrow::Cow;
use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};
use predilect_analysis::Encoding;
use predilect_data::{ColumnError, PropertySet, Study};
use predilect_types::Rating;

use super::column::{NONE, Rated, Sides};
use super::pairs::Pairs;
use crate::error::Result;
use predilect_types::Interner;

/// Ratings of one property, one a pair.
#[derive(Debug, Clone)]
pub(crate) struct Column {
    pub(crate) rated: Rated,
    /// The expected comparison of each row whose levels have probabilities, NaN for the others; empty without any.
    expected: Vec<f64>,
}

impl Column {
    fn unrated(rows: usize) -> Self {
        Self { rated: Rated::unrated(rows), expected: Vec::new() }
    }

    fn set(&mut self, row: usize, sides: Sides, expected: f64) {
        self.rated.set(row, sides);
        if !expected.is_nan() {
            self.expected.resize(self.rated.rows(), f64::NAN);
            self.expected[row] = expected;
        }
    }

    /// The expected comparison of a row whose levels have probabilities.
    pub(crate) fn expected(&self, row: usize) -> Option<f64> {
        self.expected.get(row).copied().filter(|x| !x.is_nan())
    }

    /// Whether any row has one.
    pub(crate) fn has_levels(&self) -> bool {
        !self.expected.is_empty()
    }
}

/// One rating among several of a pair.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OneOf {
    pub(crate) row: u32,
    pub(crate) annotator: u32,
    pub(crate) sides: Sides,
    expected: f64,
}

/// The ratings of one property.
#[derive(Debug)]
pub(crate) struct OfProperty {
    /// The first rating of each pair in the data.
    first: Column,
    /// Who has rated, where it is one annotator throughout, once a pair.
    only: u32,
    /// Else the annotator of the first rating, and all ratings, those of a pair together.
    who: Vec<u32>,
    all: Vec<OneOf>,
}

impl OfProperty {
    fn new(annotator: u32, rows: usize) -> Self {
        Self { first: Column::unrated(rows), only: annotator, who: Vec::new(), all: Vec::new() }
    }

    fn note(&mut self, one: OneOf) {
        let row = one.row as usize;
        let before = self.first.rated.get(row).is_some();
        if self.all.is_empty() && (one.annotator != self.only || before) {
            // Until now it was one annotator, once a pair.
            let rows = self.first.rated.rows();
            self.who = vec![NONE; rows];
            for row in 0..rows {
                if let Some(sides) = self.first.rated.get(row) {
                    self.who[row] = self.only;
                    let expected = self.first.expected(row).unwrap_or(f64::NAN);
                    self.all.push(OneOf { row: row as u32, annotator: self.only, sides, expected });
                }
            }
        }
        if !before {
            self.first.set(row, one.sides, one.expected);
        }
        if !self.who.is_empty() {
            if !before {
                self.who[row] = one.annotator;
            }
            self.all.push(one);
        }
    }

    /// The first rating of each pair.
    pub(crate) fn first(&self) -> &Column {
        &self.first
    }

    /// The number of the only annotator; `None` if several have rated, or one has rated a pair twice.
    pub(crate) fn only(&self) -> Option<u32> {
        self.who.is_empty().then_some(self.only)
    }

    /// All ratings where there are several, those of a pair together.
    pub(crate) fn all(&self) -> &[OneOf] {
        &self.all
    }

    /// Whose ratings they are, in a word: the annotator of the first pair by its id, the same however pairs are sorted.
    pub(crate) fn annotator(&self, pairs: &Pairs) -> u32 {
        let rated = (0..self.who.len()).filter(|row| self.who[*row] != NONE);
        rated.min_by_key(|row| pairs.id(*row)).map_or(self.only, |row| self.who[row])
    }

    /// The ratings of one annotator; `None` if it has rated nothing.
    fn by(&self, annotator: u32) -> Option<Column> {
        if self.who.is_empty() {
            return (annotator == self.only).then(|| self.first.clone());
        }
        let mut column = Column::unrated(self.first.rated.rows());
        let mut any = false;
        for one in self.all.iter().filter(|one| one.annotator == annotator) {
            any = true;
            if column.rated.get(one.row as usize).is_none() {
                column.set(one.row as usize, one.sides, one.expected);
            }
        }
        any.then_some(column)
    }
}

/// Ratings by others than text analysis.
#[derive(Debug, Default)]
pub(crate) struct Ratings {
    /// Who has rated, in the order in which they come.
    annotators: Vec<String>,
    properties: BTreeMap<String, OfProperty>,
}

impl Ratings {
    /// Reads those that are not by `own`.
    pub(crate) fn read(study: &Study, own: &'static str, pairs: &Pairs) -> Result<Self> {
        let mut out = Self::default();
        if !study.has_table("ratings") {
            return Ok(out);
        }
        let set = PropertySet::of_study(study)?;
        let mut annotators = Interner::default();
        let mut index: HashMap<&str, u32> = HashMap::new();
        let mut last = 0;
        for batch in study.ratings_but(own)? {
            for rating in batch? {
                if rating.annotator == own {
                    continue;
                }
                // Ratings of a pair are mostly adjacent.
                if pairs.len() == 0 || pairs.id(last as usize) != rating.pair {
                    if index.is_empty() {
                        index = pairs.ids().enumerate().map(|(row, id)| (id, row as u32)).collect();
                    }
                    let Some(row) = index.get(&*rating.pair) else { continue };
                    last = *row;
                }
                on_scale(study, &rating, &set)?;
                let annotator = annotators.get(&rating.annotator);
                let expected = expected(&rating, &set);
                let sides = [rating.a, rating.b].map(|x| x.unwrap_or(f64::NAN));
                if !out.properties.contains_key(&rating.property) {
                    out.properties.insert(rating.property.clone(), OfProperty::new(annotator, pairs.len()));
                }
                if let Some(of) = out.properties.get_mut(&rating.property) {
                    of.note(OneOf { row: last, annotator, sides, expected });
                }
            }
        }
        for of in out.properties.values_mut() {
            of.all.sort_by_key(|one| one.row);
        }
        out.annotators = annotators.into_list();
        Ok(out)
    }

    /// Who has rated, in the order in which they come.
    pub(crate) fn annotators(&self) -> &[String] {
        &self.annotators
    }

    /// Properties with their ratings.
    pub(crate) fn properties(&self) -> impl Iterator<Item = (&str, &OfProperty)> {
        self.properties.iter().map(|(property, of)| (property.as_str(), of))
    }

    /// Whether a property has ratings by one annotator, or by any.
    pub(crate) fn has(&self, property: &str, annotator: Option<&str>) -> bool {
        let Some(of) = self.properties.get(property) else { return false };
        annotator.is_none_or(|name| {
            let number = self.annotators.iter().position(|known| known == name).map(|at| at as u32);
            number.is_some_and(|number| match of.only() {
                Some(only) => only == number,
                None => of.all.iter().any(|one| one.annotator == number),
            })
        })
    }

    /// The ratings of a property by one annotator, or the first ones in the data.
    pub(crate) fn of(&self, property: &str, annotator: Option<&str>) -> Option<Of<'_>> {
        let of = self.properties.get(property)?;
        let Some(name) = annotator else {
            return Some(Of { column: Cow::Borrowed(&of.first), property: of, by: None });
        };
        let number = self.annotators.iter().position(|known| known == name)? as u32;
        if of.only() == Some(number) {
            return Some(Of { column: Cow::Borrowed(&of.first), property: of, by: Some(number) });
        }
        Some(Of { column: Cow::Owned(of.by(number)?), property: of, by: Some(number) })
    }
}

/// A mean of ratings may miss the end of the scale by rounding.
const SLACK: f64 = 1e-6;

/// Whether a rating is on the scale of its property: one that is not may be meant for another property, or for another scale.
fn on_scale(study: &Study, rating: &Rating, set: &PropertySet) -> Result<()> {
    let Some(property) = set.get(&rating.property) else { return Ok(()) };
    let (low, high) = property.scale.ends();
    for (column, value) in [("a", rating.a), ("b", rating.b)] {
        if let Some(found) = value.filter(|value| !(low - SLACK..=high + SLACK).contains(value)) {
            let id = &rating.property;
            let expected = if high.is_finite() {
                format!("a number from {low} to {high} for `{id}`")
            } else {
                format!("a number of {low} or more for `{id}`")
            };
            let why = ColumnError::Number { column: column.to_owned(), found, expected: Some(expected) };
            return Err(study.refused("ratings", &why).into());
        }
    }
    Ok(())
}

fn expected(rating: &Rating, set: &PropertySet) -> f64 {
    if rating.levels_a.is_none() || rating.levels_b.is_none() {
        return f64::NAN;
    }
    let property = set.get(&rating.property);
    property.and_then(|property| Encoding::Comparison.of_rating(property, rating)).unwrap_or(f64::NAN)
}

/// The ratings of one property that count.
#[derive(Debug)]
pub(crate) struct Of<'r> {
    column: Cow<'r, Column>,
    property: &'r OfProperty,
    by: Option<u32>,
}

impl Of<'_> {
    pub(crate) fn column(&self) -> &Column {
        &self.column
    }

    /// Whose ratings they are.
    pub(crate) fn annotator(&self, pairs: &Pairs) -> u32 {
        self.by.unwrap_or_else(|| self.property.annotator(pairs))
    }
}
