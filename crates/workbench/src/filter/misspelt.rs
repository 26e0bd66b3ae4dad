//! Which word of a condition was meant to be a field, and which one?

use predilect_data::nearest;

/// What a condition can be about.
pub(super) const FIELDS: &str = "fields are id, scenario, language, source, order, turn, model(a), words(a), rating(PROPERTY), judge(NAME), cost, cost(NAME), draw(), text(a), text(prompt), meta.KEY";

/// Their names alone.
const NAMES: [&str; 14] = [
    "id", "scenario", "language", "source", "order", "turn", "model", "words", "rating", "judge", "cost",
    "draw", "text", "meta",
];

/// What helps who wrote this for a field.
pub(super) fn remedy(word: &str) -> String {
    match nearest(word, NAMES) {
        Some(near) => format!("did you mean {near}? {FIELDS}"),
        None => FIELDS.to_owned(),
    }
}

/// The word of a condition without a field that was most likely meant to be one: where it begins, in bytes, the word, and what helps.
pub(super) fn misspelt(condition: &str) -> (usize, &str, String) {
    let words = bare(condition);
    let first = words.iter().find(|(_, word)| nearest(word, NAMES).is_some()).or_else(|| words.first());
    let blank = condition.len() - condition.trim_start().len();
    let (at, word) = first.copied().unwrap_or((blank, condition.trim()));
    (at, word, format!("{}; fields of the data are written meta.NAME", remedy(word)))
}

/// The words outside quotation marks that are not numbers, each with its place.
fn bare(condition: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut quoted = false;
    let mut start = None;
    for (at, c) in condition.char_indices().chain([(condition.len(), ' ')]) {
        if c == '"' {
            quoted = !quoted;
        }
        let within = !quoted && is_of_word(c);
        match (start, within) {
            (None, true) => start = Some(at),
            (Some(from), false) => {
                start = None;
                let word = &condition[from..at];
                if !word.starts_with(|c: char| c.is_ascii_digit()) {
                    found.push((from, word));
                }
            }
            _ => {}
        }
    }
    found
}

/// Whether a character is one of a plain word.
pub(super) fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_that_is_nearly_a_field_is_named() {
        let of = |text| {
            let (at, word, remedy) = misspelt(text);
            (at, word.to_owned(), remedy.split('?').next().unwrap_or_default().to_owned())
        };
        assert_eq!(of("scenrio = code"), (0, "scenrio".to_owned(), "did you mean scenario".to_owned()));
        assert_eq!(of("code != scenrio"), (8, "scenrio".to_owned(), "did you mean scenario".to_owned()));
        assert_eq!(of("\"scenario\" = xylophone").1, "xylophone");
        assert_eq!(of(" 1 = 2 "), (1, "1 = 2".to_owned(), misspelt("1 = 2").2));
    }
}
