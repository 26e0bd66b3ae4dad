//! Does a request contain these words, one behind the other?

/// Whether these words occur consecutively.
pub(super) fn has(words: &[&str], phrase: &str) -> bool {
    place(words, phrase).is_some()
}

fn place(words: &[&str], phrase: &str) -> Option<usize> {
    let wanted: Vec<&str> = phrase.split(' ').collect();
    words.windows(wanted.len()).position(|window| window == wanted)
}

pub(super) fn any(words: &[&str], phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| has(words, phrase))
}

/// Straight quotation marks in place of curly ones.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '“' | '”' | '„' | '«' | '»' => '"',
            '’' | '‘' => '\'',
            other => other,
        })
        .collect()
}
