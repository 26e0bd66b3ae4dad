//! Which columns have names that differ only in a word for their side, and is a word one for responses?

use super::super::roles;
use super::super::sample::Sample;
use super::super::spelling::tokens;

/// Columns that differ in a word for a side alone.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) columns: Vec<String>,
    pub(super) rank: usize,
}

/// Groups of two or more columns whose names differ in the side, in the order of the sides.
pub(super) fn sided(sample: &Sample, wanted: impl Fn(&[String], &str) -> bool) -> Vec<Group> {
    let words: Vec<(&String, Vec<String>)> =
        sample.columns.iter().map(|column| (column, tokens(column))).collect();
    let mut groups: Vec<Group> = Vec::new();
    for (column, own) in &words {
        for (at, side) in own.iter().enumerate() {
            let rest: Vec<String> =
                own.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, word)| word.clone()).collect();
            if !wanted(&rest, column) {
                continue;
            }
            let with = |word: &str| {
                words
                    .iter()
                    .find(|(other, tokens)| {
                        tokens.len() == own.len()
                            && tokens
                                .iter()
                                .enumerate()
                                .all(|(i, t)| if i == at { t == word } else { own.get(i) == Some(t) })
                            && wanted(&rest, other)
                    })
                    .map(|(other, _)| (*other).clone())
            };
            let sequences = roles::PLACES
                .iter()
                .map(|places| places.to_vec())
                .chain(roles::SIDES.iter().map(|(a, b)| vec![*a, *b]));
            for sequence in sequences {
                if sequence.first() != Some(&side.as_str()) {
                    continue;
                }
                let columns: Vec<String> = sequence.iter().map_while(|word| with(word)).collect();
                if columns.len() < 2
                    || groups.iter().any(|group| columns.iter().all(|c| group.columns.contains(c)))
                {
                    continue;
                }
                // `response_0` and `response_1` of three that begin with 0, not the pair 1 and 2 of it.
                groups.retain(|group| !group.columns.iter().all(|c| columns.contains(c)));
                let rank = rest
                    .iter()
                    .filter_map(|word| roles::RESPONSES.iter().position(|r| r == word))
                    .min()
                    .unwrap_or(usize::MAX);
                groups.push(Group { columns, rank });
            }
        }
    }
    groups
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
