//! Is this a word that can say something, by its letters alone?

/// Bit i of the number of a letter says that the i-th letter may follow it: at least 20 of 41,905 English words have that pair
/// (`scripts/letter_pairs.py`).
static FOLLOWS: [u32; 26] = include!("letter_pairs.in");

/// Letters that a word has at least.
const LEAST: usize = 3;
/// A longer one is an identifier or a blob.
const MOST: usize = 30;
/// Consonants in a row at most.
const CONSONANTS: u32 = 5;

/// What a word looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Look {
    /// A word of three letters or more.
    Word,
    /// Only letters, but hardly a word of English: a pair of letters that is rare there, no vowel, or six consonants in a row.
    Unlikely,
    /// One character of a script that puts no spaces between words.
    Character,
    /// A number, an identifier, one or two letters.
    Other,
}

/// What a word looks like: as written, and in lower case.
pub(crate) fn look(written: &str, lower: &str) -> Look {
    if written.is_ascii() { ascii(written.as_bytes(), lower.as_bytes()) } else { unicode(written, lower) }
}

fn ascii(written: &[u8], lower: &[u8]) -> Look {
    if !(LEAST..=MOST).contains(&lower.len()) {
        return Look::Other;
    }
    let mut capitals = 0;
    let (mut vowels, mut consonants, mut unlikely) = (0, 0, false);
    let mut before = None;
    for (at, (&own, &byte)) in written.iter().zip(lower).enumerate() {
        if byte == b'\'' || byte == b'.' {
            before = None;
            consonants = 0;
            continue;
        }
        if !byte.is_ascii_lowercase() {
            return Look::Other;
        }
        capitals += u32::from(at > 0 && own != byte && written[at - 1].is_ascii_lowercase());
        let letter = byte - b'a';
        if matches!(byte, b'a' | b'e' | b'i' | b'o' | b'u' | b'y') {
            vowels += 1;
            consonants = 0;
        } else {
            consonants += 1;
            unlikely |= consonants > CONSONANTS;
        }
        if let Some(before) = before {
            let row: u32 = FOLLOWS[usize::from(before)];
            unlikely |= row >> letter & 1 == 0;
        }
        before = Some(letter);
    }
    // Twice a capital behind a small letter: an identifier.
    if capitals > 1 {
        Look::Other
    } else if unlikely || vowels == 0 {
        Look::Unlikely
    } else {
        Look::Word
    }
}

fn unicode(written: &str, lower: &str) -> Look {
    let mut letters = 0;
    for c in lower.chars() {
        if unspaced(c) {
            return Look::Character;
        }
        if c.is_numeric() || c == '_' {
            return Look::Other;
        }
        // A syllable of Hangul is two or three letters.
        letters += if ('\u{AC00}'..='\u{D7A3}').contains(&c) { 2 } else { usize::from(c.is_alphabetic()) };
    }
    if letters < LEAST || written.chars().count() > MOST { Look::Other } else { Look::Word }
}

/// Whether a character belongs to a script that puts no spaces between words.
pub(crate) fn unspaced(c: char) -> bool {
    matches!(u32::from(c),
        0x0E00..=0x0EFF | 0x1000..=0x109F | 0x1780..=0x17FF | 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF
        | 0xF900..=0xFAFF | 0xFF66..=0xFF9F | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_from_what_only_has_their_letters() {
        let of = |word: &str| look(word, &word.to_lowercase());
        for word in [
            "house",
            "rhythm",
            "strengths",
            "Paris",
            "YouTube",
            "don't",
            "stra\u{df}e",
            "\u{434}\u{43e}\u{43c}",
        ] {
            assert_eq!(of(word), Look::Word, "{word}");
        }
        for word in ["xqzj", "sdkjfh", "html", "qwrt"] {
            assert_eq!(of(word), Look::Unlikely, "{word}");
        }
        for word in ["a", "of", "1984", "b2b", "snake_case", "aGVsbG8gd29", "someVeryLongName"] {
            assert_eq!(of(word), Look::Other, "{word}");
        }
        assert_eq!(of("\u{5bb6}"), Look::Character);
        assert_eq!(of("\u{d559}\u{ad50}"), Look::Word);
    }
}
