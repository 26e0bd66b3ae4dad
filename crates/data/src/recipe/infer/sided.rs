//! Which columns have names that differ only in a word for their side, and is a word one for responses?

use std::collections::{BTreeSet, HashMap, HashSet};

use super::super::roles;
use super::super::sample::Sample;

/// Columns that differ in a word for a side alone.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) columns: Vec<String>,
    pub(super) rank: usize,
}

/// Groups of two or more columns whose names differ in the side, in the order of the sides.
///
/// Names are looked up by their words: a table may have a hundred thousand columns.
pub(super) fn sided(sample: &Sample, wanted: impl Fn(&[String], &str) -> bool) -> Vec<Group> {
    let mut groups = Groups::default();
    let mut looked_at: HashSet<(&[String], usize)> = HashSet::new();
    for (column, own) in sample.columns.iter().zip(&sample.columns.spelt().words) {
        for (at, side) in own.iter().enumerate() {
            let rest: Vec<String> =
                own.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, word)| word.clone()).collect();
            // Another spelling of the same words has the same neighbours.
            if !wanted(&rest, column) || !looked_at.insert((own, at)) {
                continue;
            }
            let with = |word: &str| {
                let mut name = own.clone();
                word.clone_into(name.get_mut(at)?);
                sample.columns.with_words(&name).find(|other| wanted(&rest, other)).cloned()
            };
            for sequence in sequences().filter(|sequence| sequence.first() == Some(&side.as_str())) {
                let columns: Vec<String> = sequence.iter().map_while(|word| with(word)).collect();
                if columns.len() < 2 {
                    continue;
                }
                let rank = rest
                    .iter()
                    .filter_map(|word| roles::RESPONSES.iter().position(|r| r == word))
                    .min()
                    .unwrap_or(usize::MAX);
                groups.add(Group { columns, rank });
            }
        }
    }
    groups.found.into_iter().flatten().collect()
}

/// The words for sides and places, in their order.
fn sequences() -> impl Iterator<Item = Vec<&'static str>> {
    let sides = roles::SIDES.iter().map(|(a, b)| vec![*a, *b]);
    roles::PLACES.iter().map(|places| places.to_vec()).chain(sides)
}

/// Groups of which none is part of another.
#[derive(Default)]
struct Groups {
    found: Vec<Option<Group>>,
    /// The numbers of the groups that a column is in.
    of: HashMap<String, Vec<usize>>,
}

impl Groups {
    /// Adds a group unless it is part of one, and removes those that are part of it: `response_0` and `response_1` of three that begin with 0,
    /// not the pair 1 and 2 of it.
    fn add(&mut self, group: Group) {
        let of = |column: &String| self.of.get(column).into_iter().flatten().copied();
        let near: BTreeSet<usize> = group.columns.iter().flat_map(of).collect();
        let part = |one: &Group, other: &Group| one.columns.iter().all(|c| other.columns.contains(c));
        let there = |at: &usize| self.found.get(*at).and_then(Option::as_ref);
        if near.iter().filter_map(there).any(|other| part(&group, other)) {
            return;
        }
        for at in near {
            if let Some(found) = self.found.get_mut(at) {
                found.take_if(|other| part(other, &group));
            }
        }
        for column in &group.columns {
            self.of.entry(column.clone()).or_default().push(self.found.len());
        }
        self.found.push(Some(group));
    }
}

/// A column with a word for the better one of two.
pub(super) struct Better<'a> {
    pub(super) column: &'a String,
    pub(super) words: &'a [String],
    /// Which of the words it is.
    pub(super) at: usize,
}

/// Columns with a word for the better one of two, each with those whose names have a word for the worse one in its place.
pub(super) fn opposites(sample: &Sample) -> impl Iterator<Item = (Better<'_>, &String)> {
    let words = sample.columns.spelt().words.iter().map(Vec::as_slice);
    sample.columns.iter().zip(words).flat_map(move |(column, words)| {
        let mut found = Vec::new();
        for (at, _) in words.iter().enumerate().filter(|(_, word)| roles::good(word)) {
            let mut opposite = words.to_vec();
            for bad in roles::BAD {
                if let Some(word) = opposite.get_mut(at) {
                    (*bad).clone_into(word);
                }
                found.extend(sample.columns.places_of(&opposite).iter().map(|bad| (*bad, at)));
            }
        }
        found.sort_unstable();
        let bad = move |(bad, at)| Some((Better { column, words, at }, sample.columns.get(bad)?));
        found.into_iter().filter_map(bad)
    })
}

pub(super) fn is_response_word(word: &str) -> bool {
    roles::RESPONSES.contains(&word)
}

/// Whether the words of a name, side aside, are those of a response and not of its model, score or length.
pub(super) fn is_response(words: &[String]) -> bool {
    let known = |word: &String| is_response_word(word) || roles::BESIDE.contains(&word.as_str());
    let says = words.iter().any(|word| is_response_word(word));
    let last_is_model = words.last().is_some_and(|word| roles::MODELS.contains(&word.as_str()));
    says && words.iter().all(known) && !last_is_model
}
