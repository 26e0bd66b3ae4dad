//! Which words is the name of a column made of, however it is spelled?

use super::roles::GOOD;

/// A name in one spelling: lower case, one `_` between words, also where only capitals part them (`WorkerId`).
pub(crate) fn normal(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    let mut chars = name.trim().chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            let starts = c.is_uppercase()
                && (before.is_lowercase()
                    || (before.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase())));
            if starts && !plain.ends_with('_') && !plain.is_empty() {
                plain.push('_');
            }
            plain.extend(c.to_lowercase());
        } else if !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        before = c;
    }
    while plain.ends_with('_') {
        plain.pop();
    }
    plain
}

/// The words of a name, with digits and ideographs separate from letters: `answer1_body` is answer, 1, body.
pub(crate) fn tokens(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in normal(last_segment(name)).split('_') {
        let mut word = String::new();
        for c in part.chars() {
            let apart = |last: char| {
                last.is_ascii_digit() != c.is_ascii_digit() || is_ideograph(last) != is_ideograph(c)
            };
            let turns = word.chars().last().is_some_and(apart);
            if turns {
                words.push(std::mem::take(&mut word));
            }
            word.push(c);
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    merge_negations(words)
}

/// A character of a script without spaces between words, next to which a letter is a separate word: `回答A`.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}')
}

/// What precedes the last dot is often only where a form or a tool keeps its fields (`Input.`, `Answer.`, `data.`).
fn last_segment(name: &str) -> &str {
    const WRAPPERS: &[&str] = &[
        "input", "inputs", "answer", "outputs", "output", "data", "fields", "record", "sample", "row",
        "content",
    ];
    match name.split_once(['.', ':']) {
        Some((before, after)) if WRAPPERS.contains(&before.trim().to_lowercase().as_str()) => after,
        _ => name,
    }
}

/// `non_preferred`, `not_chosen` and their like are one word.
fn merge_negations(words: Vec<String>) -> Vec<String> {
    let mut merged: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let negates = merged.last().is_some_and(|last| ["non", "not", "un", "dis"].contains(&last.as_str()));
        if negates && (GOOD.contains(&word.as_str())) {
            merged.pop();
            merged.push(format!("non{word}"));
        } else {
            merged.push(word);
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in ["Response A", "response_a", "responseA", "RESPONSE-A", " response.a "] {
            assert_eq!(normal(name), "response_a", "{name}");
        }
        assert_eq!(normal("HITId"), "hit_id");
        assert_eq!(normal("WorkerId"), "worker_id");
        assert_eq!(tokens("answer1_body"), ["answer", "1", "body"]);
        assert_eq!(tokens("Input.response_a"), ["response", "a"]);
        assert_eq!(tokens("non_preferred_output"), ["nonpreferred", "output"]);
    }
}
