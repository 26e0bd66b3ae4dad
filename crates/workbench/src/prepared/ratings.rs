//! Ratings by others than text analysis, column by column: those that came with the data and those of language models.

use std::collections::BTreeMap;

use foldhash::{HashMap, HashMapExt};
use predilect_analysis::Encoding;
use predilect_data::{PropertySet, Study};
use predilect_types::Rating;

use super::column::{Interner, Rated};
use super::pairs::Pairs;
use crate::error::Result;

/// One annotator's ratings of one property.
#[derive(Debug)]
pub(crate) struct Column {
    pub(crate) rated: Rated,
    /// The expected comparison of each row whose levels have probabilities, NaN of the others; empty where there is none.
    expected: Vec<f64>,
}

impl Column {
    /// The expected comparison of a row whose levels have probabilities.
    pub(crate) fn expected(&self, row: usize) -> Option<f64> {
        self.expected.get(row).copied().filter(|x| !x.is_nan())
    }

    /// Whether any row has one.
    pub(crate) fn has_levels(&self) -> bool {
        !self.expected.is_empty()
    }
}

/// Ratings by others than text analysis.
#[derive(Debug, Default)]
pub(crate) struct Ratings {
    /// Who has rated, in the order in which they come.
    annotators: Vec<String>,
    /// By property, then by the annotator's number.
    columns: BTreeMap<String, BTreeMap<u32, Column>>,
    /// Whose rating of a property stands first, row by row, where several have rated it.
    first: BTreeMap<String, Vec<u32>>,
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
                // Ratings of a pair stand together, mostly.
                if pairs.len() == 0 || pairs.id(last) != rating.pair {
                    if index.is_empty() {
                        index = pairs.ids().enumerate().map(|(row, id)| (id, row as u32)).collect();
                    }
                    let Some(row) = index.get(&*rating.pair) else { continue };
                    last = *row as usize;
                }
                let annotator = annotators.get(&rating.annotator);
                out.note(last, annotator, &rating, pairs.len(), &set);
            }
        }
        out.annotators = annotators.list;
        Ok(out)
    }

    fn note(&mut self, row: usize, annotator: u32, rating: &Rating, rows: usize, set: &PropertySet) {
        if !self.columns.contains_key(&rating.property) {
            self.columns.insert(rating.property.clone(), BTreeMap::new());
        }
        let Some(of_property) = self.columns.get_mut(&rating.property) else { return };
        let several =
            of_property.len() > 1 || (of_property.len() == 1 && !of_property.contains_key(&annotator));
        if several {
            // Until now it was one annotator's.
            let only = of_property.keys().next().copied().unwrap_or(annotator);
            let first = self.first.entry(rating.property.clone()).or_insert_with(|| vec![only; rows]);
            let unrated =
                |of: &BTreeMap<u32, Column>| of.values().all(|column| column.rated.get(row).is_none());
            if unrated(of_property) {
                first[row] = annotator;
            }
        }
        let column = of_property
            .entry(annotator)
            .or_insert_with(|| Column { rated: Rated::unrated(rows), expected: Vec::new() });
        // The first one counts.
        if column.rated.get(row).is_some() {
            return;
        }
        column.rated.set(row, [rating.a, rating.b].map(|x| x.unwrap_or(f64::NAN)));
        if rating.levels_a.is_some() && rating.levels_b.is_some() {
            let compared = set
                .get(&rating.property)
                .and_then(|property| Encoding::Comparison.of_rating(property, rating));
            if let Some(compared) = compared {
                column.expected.resize(rows, f64::NAN);
                column.expected[row] = compared;
            }
        }
    }

    /// Who has rated, in the order in which they come.
    pub(crate) fn annotators(&self) -> &[String] {
        &self.annotators
    }

    /// Properties with the columns of those who have rated them, by the annotator's number.
    pub(crate) fn columns(&self) -> impl Iterator<Item = (&str, &BTreeMap<u32, Column>)> {
        self.columns.iter().map(|(property, columns)| (property.as_str(), columns))
    }

    /// The ratings of a property by one annotator, or by whoever stands first in the data.
    pub(crate) fn of(&self, property: &str, annotator: Option<&str>) -> Option<Of<'_>> {
        let columns = self.columns.get(property)?;
        match annotator {
            Some(name) => {
                let number = self.annotators.iter().position(|known| known == name)? as u32;
                Some(Of { columns: vec![(number, columns.get(&number)?)], first: None })
            }
            None => Some(Of {
                columns: columns.iter().map(|(number, column)| (*number, column)).collect(),
                first: self.first.get(property).map(Vec::as_slice),
            }),
        }
    }
}

/// The ratings of one property that count.
#[derive(Debug)]
pub(crate) struct Of<'r> {
    columns: Vec<(u32, &'r Column)>,
    first: Option<&'r [u32]>,
}

impl<'r> Of<'r> {
    /// The column of a row's rating.
    pub(crate) fn column(&self, row: usize) -> Option<&'r Column> {
        let wanted = self.first.map(|first| first[row]);
        let of_row = |(number, _): &&(u32, &'r Column)| wanted.is_none_or(|wanted| wanted == *number);
        self.columns.iter().find(of_row).map(|(_, column)| *column)
    }

    /// The column of all rows, where there is one only.
    pub(crate) fn only(&self) -> Option<&'r Column> {
        match self.columns.as_slice() {
            [(_, only)] => Some(only),
            _ => None,
        }
    }

    /// The number of the annotator whose rating comes first in the data.
    pub(crate) fn annotator(&self) -> Option<u32> {
        let rows = self.columns.first()?.1.rated.rows();
        let rated = |row: usize| self.column(row).is_some_and(|column| column.rated.get(row).is_some());
        let row = (0..rows).find(|row| rated(*row))?;
        match self.first {
            Some(first) => Some(first[row]),
            None => self.columns.first().map(|(number, _)| *number),
        }
    }
}
