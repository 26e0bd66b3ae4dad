//! The names of a file's columns, and by their words: who looks for a column needs not look at all of them, and there may be a hundred thousand.

use std::collections::HashMap;
use std::ops::{Deref, DerefMut};
use std::sync::OnceLock;

use super::spelling::{normal, tokens};

/// The names of columns, in their order.
#[derive(Debug, Default)]
pub(crate) struct ColumnNames {
    names: Vec<String>,
    /// Made when it is first asked for.
    spelt: OnceLock<Spelt>,
}

/// Columns by how their names are spelt, each by its place.
#[derive(Debug, Default)]
pub(crate) struct Spelt {
    /// The words of each column.
    pub(crate) words: Vec<Vec<String>>,
    exactly: HashMap<String, usize>,
    by_words: HashMap<Vec<String>, Vec<usize>>,
    by_name: HashMap<String, Vec<usize>>,
    by_last: HashMap<String, Vec<usize>>,
}

/// Columns whose names have the same words are not told apart beyond this many.
const ALIKE: usize = 64;

impl ColumnNames {
    pub(crate) fn spelt(&self) -> &Spelt {
        self.spelt.get_or_init(|| {
            let mut spelt = Spelt::default();
            for (at, column) in self.names.iter().enumerate() {
                let words = tokens(column);
                spelt.exactly.entry(column.clone()).or_insert(at);
                add(&mut spelt.by_words, words.clone(), at);
                add(&mut spelt.by_name, normal(column), at);
                if let Some(last) = words.last() {
                    spelt.by_last.entry(last.clone()).or_default().push(at);
                }
                spelt.words.push(words);
            }
            spelt
        })
    }

    /// Whether there is a column of just this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.spelt().exactly.contains_key(name)
    }

    /// The places of the columns whose names are these words and no others.
    pub(crate) fn places_of(&self, words: &[String]) -> &[usize] {
        self.spelt().by_words.get(words).map_or(&[], Vec::as_slice)
    }

    /// These columns.
    pub(crate) fn with_words(&self, words: &[String]) -> impl Iterator<Item = &String> + use<'_> {
        self.at(self.places_of(words))
    }

    /// The columns of that name, however it is spelt.
    pub(crate) fn with_name(&self, name: &str) -> impl Iterator<Item = &String> + use<'_> {
        self.at(self.spelt().by_name.get(&normal(name)).map_or(&[], Vec::as_slice))
    }

    /// The columns whose last word this is, with their words.
    pub(crate) fn ending_with(&self, word: &str) -> impl Iterator<Item = (&String, &[String])> + use<'_> {
        let spelt = self.spelt();
        let found = spelt.by_last.get(word).map_or(&[][..], Vec::as_slice).iter();
        found.filter_map(|at| Some((self.names.get(*at)?, spelt.words.get(*at)?.as_slice())))
    }

    fn at<'a>(&'a self, places: &'a [usize]) -> impl Iterator<Item = &'a String> {
        places.iter().filter_map(|at| self.names.get(*at))
    }
}

fn add<K: std::hash::Hash + Eq>(map: &mut HashMap<K, Vec<usize>>, key: K, at: usize) {
    let places = map.entry(key).or_default();
    if places.len() < ALIKE {
        places.push(at);
    }
}

impl Clone for ColumnNames {
    fn clone(&self) -> Self {
        self.names.clone().into()
    }
}

impl Deref for ColumnNames {
    type Target = Vec<String>;

    fn deref(&self) -> &Vec<String> {
        &self.names
    }
}

impl DerefMut for ColumnNames {
    /// What was known of the names is forgotten.
    fn deref_mut(&mut self) -> &mut Vec<String> {
        self.spelt = OnceLock::new();
        &mut self.names
    }
}

impl From<Vec<String>> for ColumnNames {
    fn from(names: Vec<String>) -> Self {
        Self { names, spelt: OnceLock::new() }
    }
}

impl<'a> IntoIterator for &'a ColumnNames {
    type Item = &'a String;
    type IntoIter = std::slice::Iter<'a, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.names.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_found_by_how_their_names_are_spelt() {
        let names = ["Response A", "response_a", "model_b", "RESPONSE-B", "response_b"];
        let mut columns = ColumnNames::from(names.map(str::to_owned).to_vec());
        let words = |name: &str| tokens(name);
        let found = |columns: &ColumnNames, name: &str| columns.with_name(name).cloned().collect::<Vec<_>>();
        assert_eq!(found(&columns, "responseA"), ["Response A", "response_a"]);
        assert_eq!(columns.with_words(&words("response b")).count(), 2);
        assert_eq!(columns.ending_with("b").count(), 3);
        assert!(columns.has("model_b") && !columns.has("Model_B"));
        columns.push("Model B".to_owned());
        assert_eq!(found(&columns, "model_b"), ["model_b", "Model B"]);
    }
}
