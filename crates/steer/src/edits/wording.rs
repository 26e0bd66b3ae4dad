//! Edits of the wording: a few words are added, left out or exchanged.

#![expect(clippy::unnecessary_wraps, reason = "every edit has one shape")]

use super::text::{Part, parts, reworded, sentences};

/// Sentences without content on any subject.
const EMPTY: [&str; 6] = [
    "These are the main points that matter here.",
    "There are of course other ways to look at this, and each of them has something to be said for it.",
    "As with most questions of this kind, a good deal depends on the circumstances.",
    "It is worth taking a moment to go over everything that was said above.",
    "Whatever the case may be, the points above give a good idea of the matter as a whole.",
    "All of this taken together gives an answer to the question that was asked.",
];

/// The short forms that are exchanged for full ones, and the reverse.
const FORMS: [(&str, &str); 20] = [
    ("do not", "don't"),
    ("does not", "doesn't"),
    ("did not", "didn't"),
    ("is not", "isn't"),
    ("are not", "aren't"),
    ("was not", "wasn't"),
    ("were not", "weren't"),
    ("cannot", "can't"),
    ("could not", "couldn't"),
    ("should not", "shouldn't"),
    ("would not", "wouldn't"),
    ("will not", "won't"),
    ("have not", "haven't"),
    ("has not", "hasn't"),
    ("I am", "I'm"),
    ("you are", "you're"),
    ("we are", "we're"),
    ("they are", "they're"),
    ("it is", "it's"),
    ("that is", "that's"),
];

fn behind(text: &str, more: &str) -> String {
    format!("{}\n\n{more}", text.trim_end())
}

fn around(text: &str, before: &str, after: &str) -> String {
    format!("{before}\n\n{}\n\n{after}", text.trim())
}

/// Adds sentences without content until the text is about half as long again, and noticeably longer.
pub(super) fn pad(text: &str) -> Option<String> {
    let words = text.split_whitespace().count();
    let (mut added, mut out) = (0, Vec::new());
    for sentence in EMPTY.iter().cycle().take(40) {
        if added >= (words / 2).clamp(20, 200) {
            break;
        }
        added += sentence.split_whitespace().count();
        out.push(*sentence);
    }
    Some(behind(text, &out.join(" ")))
}

/// Keeps the first sentences, up to about half of the words.
pub(super) fn cut(text: &str) -> Option<String> {
    let words = text.split_whitespace().count();
    let mut kept = String::new();
    let mut count = 0;
    'parts: for part in parts(text) {
        let (pieces, between): (Vec<String>, &str) = match &part {
            Part::Prose(text) => (sentences(text).into_iter().map(str::to_owned).collect(), " "),
            Part::List(items) => (items.iter().map(|item| format!("- {item}")).collect(), "\n"),
            Part::Heading(text) => (vec![format!("## {text}")], " "),
            Part::Other(text) => (vec![text.clone()], "\n"),
        };
        for (at, piece) in pieces.iter().enumerate() {
            let own = piece.split_whitespace().count();
            if count > 0 && count + own > words.div_ceil(2) {
                break 'parts;
            }
            kept.push_str(if at > 0 {
                between
            } else if kept.is_empty() {
                ""
            } else {
                "\n\n"
            });
            kept.push_str(piece);
            count += own;
        }
    }
    (count < words).then_some(kept)
}

/// Courtesies in front and behind.
pub(super) fn courtesies(text: &str) -> Option<String> {
    Some(around(
        text,
        "Thank you very much for your question.",
        "Please excuse me if anything is unclear, and thank you for your patience.",
    ))
}

/// Warm words in front and behind.
pub(super) fn warm(text: &str) -> Option<String> {
    Some(around(
        text,
        "Hello there, and what a lovely question! I'm so happy to help you with this.",
        "I hope this helps, and I wish you a wonderful day!",
    ))
}

/// Every second sentence ends in `I think`.
pub(super) fn hedge(text: &str) -> Option<String> {
    let mut number = 0;
    let edited = reworded(text, |line| {
        let start = line.len() - line.trim_start().len();
        if line.trim_start().starts_with('#') {
            return line.to_owned();
        }
        let all: Vec<String> = sentences(line)
            .into_iter()
            .map(|sentence| {
                let Some(body) = sentence.strip_suffix('.').filter(|body| body.contains(' ')) else {
                    return sentence.to_owned();
                };
                number += 1;
                if number % 2 == 1 { format!("{body}, I think.") } else { sentence.to_owned() }
            })
            .collect();
        format!("{}{}", &line[..start], all.join(" "))
    });
    (number > 0).then_some(edited)
}

/// Replaces full forms by short ones.
pub(super) fn contract(text: &str) -> Option<String> {
    exchange(text, |(full, short)| (full, short))
}

/// Replaces short forms by full ones.
pub(super) fn spell_out(text: &str) -> Option<String> {
    exchange(&text.replace('\u{2019}', "'"), |(full, short)| (short, full))
}

fn exchange(
    text: &str,
    way: impl Fn((&'static str, &'static str)) -> (&'static str, &'static str),
) -> Option<String> {
    let mut changed = false;
    let edited = reworded(text, |line| {
        let mut out = line.to_owned();
        for form in FORMS {
            let (from, to) = way(form);
            for (from, to) in [(from.to_owned(), to.to_owned()), (capital(from), capital(to))] {
                let (replaced, count) = replace_words(&out, &from, &to);
                changed |= count > 0;
                out = replaced;
            }
        }
        out
    });
    changed.then_some(edited)
}

fn capital(words: &str) -> String {
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// Replaces whole words; how many times.
fn replace_words(text: &str, from: &str, to: &str) -> (String, usize) {
    let mut out = String::with_capacity(text.len());
    let (mut at, mut count) = (0, 0);
    while let Some(found) = text[at..].find(from) {
        let start = at + found;
        let end = start + from.len();
        let letter = |c: char| c.is_alphanumeric() || c == '\'' || c == '_' || c == '`';
        let alone = !text[..start].chars().next_back().is_some_and(letter)
            && !text[end..].chars().next().is_some_and(letter);
        out.push_str(&text[at..start]);
        out.push_str(if alone { to } else { from });
        count += usize::from(alone);
        at = end;
    }
    out.push_str(&text[at..]);
    (out, count)
}

/// A question to the reader.
pub(super) fn ask_back(text: &str) -> Option<String> {
    Some(behind(
        text,
        "Does that answer your question, or would you like to go into any part of it together?",
    ))
}

/// Repeats the first two sentences of prose.
pub(super) fn repeat(text: &str) -> Option<String> {
    let again: Vec<String> = parts(text)
        .iter()
        .filter_map(|part| match part {
            Part::Prose(text) => Some(sentences(text).into_iter().map(str::to_owned).collect::<Vec<_>>()),
            _ => None,
        })
        .flatten()
        .take(2)
        .collect();
    (!again.is_empty()).then(|| behind(text, &again.join(" ")))
}

/// That some of it may be wrong.
pub(super) fn admit(text: &str) -> Option<String> {
    Some(behind(
        text,
        "I'm not certain about all of this, and I may be wrong in places: I cannot check any of it, so please verify what matters to you.",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_exchanged_where_they_are_whole_words() {
        assert_eq!(contract("It is so. I do not, it isn't.").unwrap(), "It's so. I don't, it isn't.");
        assert_eq!(
            contract("Visit is not `it is` misdo nothing").unwrap(),
            "Visit isn't `it is` misdo nothing"
        );
        assert_eq!(spell_out("Don\u{2019}t, it's").unwrap(), "Do not, it is");
        assert_eq!((contract("Nothing."), spell_out("Nothing.")), (None, None));
    }

    #[test]
    fn half_is_cut_at_the_end_of_a_sentence() {
        assert_eq!(cut("One two three. Four five six.\n\n- seven\n- eight").unwrap(), "One two three.");
        assert_eq!(cut("One"), None);
        assert!(pad("One.").unwrap().split_whitespace().count() > 20);
    }

    #[test]
    fn hedges_stand_at_the_end_of_sentences() {
        assert_eq!(
            hedge("# Top.\nIt is so. It stays so. It was so.").unwrap(),
            "# Top.\nIt is so, I think. It stays so. It was so, I think."
        );
        assert_eq!(hedge("Really?"), None);
        assert_eq!(
            repeat("One two. Then four. Six so.").unwrap(),
            "One two. Then four. Six so.\n\nOne two. Then four."
        );
    }
}
