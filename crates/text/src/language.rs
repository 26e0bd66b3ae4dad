//! In which language is a text written?

use whichlang::Lang;

use crate::cut::cut;
use crate::words::{Piece, split};

/// Bytes that are read.
const LOOK: usize = 1000;

/// Whether a word is one of the frequent English words that other common languages in Latin script hardly use.
fn english_word(word: &str) -> bool {
    let mut lower = [0_u8; 6];
    let Some(lower) = lower.get_mut(..word.len()) else { return false };
    lower.copy_from_slice(word.as_bytes());
    lower.make_ascii_lowercase();
    let lower = &*lower;
    match lower.len() {
        1 => matches!(lower, b"i"),
        2 => matches!(lower, b"it" | b"to" | b"of" | b"is" | b"be" | b"my" | b"we" | b"or" | b"by"),
        3 => matches!(
            lower,
            b"the" | b"and" | b"you" | b"are" | b"not" | b"can" | b"was" | b"how" | b"but" | b"its"
        ),
        4 => {
            matches!(
                lower,
                b"that" | b"with" | b"this" | b"from" | b"your" | b"they" | b"will" | b"were" | b"what"
            ) || matches!(lower, b"when" | b"it's" | b"here")
        }
        5 => matches!(lower, b"which" | b"would" | b"could" | b"their" | b"there" | b"these" | b"those"),
        _ => matches!(lower, b"should"),
    }
}

/// The language as an ISO 639-1 code.
///
/// English is recognised by its function words; where they are missing, `whichlang` 0.1 decides between 16 languages
/// by letter groups. `None` when there are fewer than three words or 12 letters, or when the script of most letters
/// contradicts the answer (so a language that `whichlang` does not know is mostly `None`, though some in Latin script
/// pass for a neighbour).
pub fn detect_language(text: &str) -> Option<&'static str> {
    let text = cut(text, LOOK);
    let (mut words, mut english, mut letters, mut latin) = (0usize, 0usize, 0usize, 0usize);
    for chunk in text.split_whitespace() {
        split(chunk, |piece| {
            let Piece::Word(word) = piece else { return };
            words += 1;
            if word.is_ascii() {
                let count = word.bytes().filter(u8::is_ascii_alphabetic).count();
                letters += count;
                latin += count;
                english += usize::from(english_word(word));
            } else {
                for c in word.chars().filter(|c| c.is_alphabetic()) {
                    letters += 1;
                    latin += usize::from(u32::from(c) < 0x250 || (0x1E00..0x1F00).contains(&u32::from(c)));
                }
            }
        });
    }
    if words < 3 || letters < 12 {
        return None;
    }
    let mostly_latin = latin * 2 > letters;
    if mostly_latin && english >= 2 && english * 8 >= words {
        return Some("en");
    }
    let (code, in_latin) = match whichlang::detect_language(text) {
        // A text that should be full of function words has none.
        Lang::Eng if english == 0 && words >= 20 => return None,
        Lang::Eng => ("en", true),
        Lang::Deu => ("de", true),
        Lang::Fra => ("fr", true),
        Lang::Ita => ("it", true),
        Lang::Nld => ("nl", true),
        Lang::Por => ("pt", true),
        Lang::Spa => ("es", true),
        Lang::Swe => ("sv", true),
        Lang::Tur => ("tr", true),
        Lang::Vie => ("vi", true),
        Lang::Ara => ("ar", false),
        Lang::Cmn => ("zh", false),
        Lang::Hin => ("hi", false),
        Lang::Jpn => ("ja", false),
        Lang::Kor => ("ko", false),
        Lang::Rus => ("ru", false),
    };
    // A handful of words without one English function word is anything.
    if in_latin && code != "en" && words < 5 {
        return None;
    }
    (in_latin == mostly_latin).then_some(code)
}

/// A language as files write it (`English`, `eng`, `en-GB`, `unknown`): `en` if it is English, `None` if it is unknown, else the name
/// unchanged.
pub(crate) fn code(name: &str) -> Option<&str> {
    let head = name.split(['-', '_']).next().unwrap_or(name).trim();
    if ["", "unknown", "und", "other"].iter().any(|e| e.eq_ignore_ascii_case(head)) {
        return None;
    }
    Some(if ["en", "eng", "english"].iter().any(|e| e.eq_ignore_ascii_case(head)) { "en" } else { name })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_told_apart_or_left_open() {
        for (text, expected) in [
            ("The cat sat on the mat and looked at the moon.", Some("en")),
            ("Paris, Lyon and Nice are cities.", Some("en")),
            ("Der Hund schl\u{e4}ft heute den ganzen Tag im Garten.", Some("de")),
            ("Le chat dort toute la journ\u{e9}e dans le jardin.", Some("fr")),
            ("El perro duerme todo el d\u{ed}a en el jard\u{ed}n de mi casa.", Some("es")),
            (
                "\u{421}\u{43e}\u{431}\u{430}\u{43a}\u{430} \u{441}\u{43f}\u{438}\u{442} \u{432} \u{441}\u{430}\u{434}\u{443}.",
                Some("ru"),
            ),
            (
                "\u{6211}\u{4eca}\u{5929}\u{53bb}\u{4e86}\u{4e00}\u{5bb6}\u{975e}\u{5e38}\u{597d}\u{7684}\u{9910}\u{5385}",
                Some("zh"),
            ),
            ("42", None),
            ("", None),
            ("OK", None),
        ] {
            assert_eq!(detect_language(text), expected, "{text}");
        }
    }

    #[test]
    fn english_has_many_names() {
        for name in ["English", "en", "en-GB", "eng", "EN_us"] {
            assert_eq!(code(name), Some("en"));
        }
        assert_eq!(code("German"), Some("German"));
        assert_eq!(code("unknown"), None);
    }
}
