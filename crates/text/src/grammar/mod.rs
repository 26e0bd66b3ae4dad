//! How many errors in grammar, spelling and punctuation are in English prose?

mod rules;
mod spelling;

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::cut::cut;
use crate::document::OBJECT;
use crate::words::{Piece, split};

/// Bytes of prose that are checked.
pub(crate) const CAP: usize = 12_000;

/// How many of harper's rules are run.
#[cfg(test)]
pub(crate) const RULE_COUNT: usize = rules::RULES.len();

/// What was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Errors {
    /// Words checked.
    pub(crate) words: usize,
    /// Distinct misspelt words.
    pub(crate) spelling: usize,
    /// Breaches of the rules.
    pub(crate) rules: usize,
}

/// Checks English prose as [`crate::document::Document`] extracts it; `None` when the checker failed on it.
pub(crate) fn check(prose: &str) -> Option<Errors> {
    let text = readable(cut(prose, CAP));
    let mut words = 0;
    for chunk in text.split_whitespace() {
        split(chunk, |piece| words += usize::from(matches!(piece, Piece::Word(_))));
    }
    let spelling = spelling::count(&text);
    // The rules are foreign code that runs on hostile text: a panic there costs one rating, not the run.
    let rules = catch_unwind(AssertUnwindSafe(|| rules::count(&text)));
    if rules.is_err() {
        rules::forget();
    }
    Some(Errors { words, spelling, rules: rules.ok()? + small_letters(&text) })
}

/// The number of sentences that start with a small letter behind another sentence or at a paragraph's beginning, and of pronouns *i*.
///
/// Stricter than harper's rules on both: a sentence wants a plain word of three letters before the stop and a plain word behind, or four
/// words and a stop at the paragraph's end, a pronoun a word behind it that variables do not have, so that abbreviations, labels and code
/// do not count.
fn small_letters(text: &str) -> usize {
    // Whether a block is a sentence or more, so that it has to begin with a capital.
    let begins = |block: &str| block.ends_with(['.', '?', '!']) && block.split_whitespace().nth(3).is_some();
    let in_block = |block: &str| {
        let (mut stopped, mut pronoun) = (begins(block), false);
        let mut found = 0;
        for chunk in block.split_whitespace() {
            let word = chunk.trim_end_matches([',', '.', ';', ':', '?', '!']);
            let plain = spelling::plain(word);
            let variable =
                matches!(word, "th" | "is" | "in" | "of" | "from" | "to" | "and" | "or" | "equals" | "for");
            found += usize::from(stopped && plain);
            found += usize::from(pronoun && !variable && word.bytes().all(|b| b.is_ascii_lowercase()));
            found += usize::from(matches!(word, "i'm" | "i've" | "i'll" | "i'd"));
            pronoun = chunk == "i";
            stopped = chunk.strip_suffix(['.', '?']).is_some_and(|stem| {
                spelling::plain(stem) && !matches!(stem, "etc" | "vol" | "approx" | "figs")
            });
        }
        found
    };
    text.split("\n\n").map(in_block).sum()
}

/// Replaces anything that is not a word with [`OBJECT`], however long; spaces once.
fn readable(prose: &str) -> String {
    const LONGEST: usize = 60;
    let mut out = String::with_capacity(prose.len());
    for (n, block) in prose.split("\n\n").filter(|b| !b.trim().is_empty()).enumerate() {
        if n > 0 {
            out.push_str("\n\n");
        }
        for (i, chunk) in block.split_whitespace().enumerate() {
            if i > 0 {
                out.push(' ');
            }
            let code = chunk.len() > LONGEST || chunk.bytes().any(|b| b"_\\/<>{}=+|~^#@\0".contains(&b));
            if code {
                out.push(OBJECT);
                // A sentence that ends in code still ends.
                out.extend(chunk.chars().next_back().filter(|c| ".,;:!?".contains(*c)));
            } else if chunk.is_ascii() {
                out.push_str(chunk);
            } else {
                // Rules and word lists write straight apostrophes.
                out.extend(chunk.chars().map(|c| if c == '\u{2019}' { '\'' } else { c }));
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_by_kind() {
        let found = |text: &str| check(text).map(|e| (e.spelling, e.rules));
        assert_eq!(found("The cat sat on the mat. It was happy."), Some((0, 0)));
        assert_eq!(found("The cat recieved a letter."), Some((1, 0)));
        assert_eq!(found("He should of gone to the the market."), Some((0, 2)));
        assert_eq!(found("This is an house."), Some((0, 1)));
        assert_eq!(found("The cat sat down. then it slept, etc. and woke."), Some((0, 1)));
        assert_eq!(found("the cat sat on the mat."), Some((0, 1)));
        assert_eq!(found("the cat on the mat"), Some((0, 0)));
        assert_eq!(found("She knows that i came and i\u{2019}m glad."), Some((0, 2)));
    }

    #[test]
    fn what_is_right_in_some_english_is_right() {
        for text in [
            "The colour of the centre was a favourite of the organisers.",
            "The color of the center was a favorite of the organizers.",
            "Ask Xanthippa and Q3D2 at the NATO office about getUserName and my_var.",
            "The caf\u{e9} is open.",
            "Party A and Party B met the Mau Mau. For each i in the list, add one.",
        ] {
            assert_eq!(check(text).map(|e| (e.spelling, e.rules)), Some((0, 0)), "{text}");
        }
    }
}
