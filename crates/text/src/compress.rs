//! How many bits does a text take, given another one that is known?

use crate::words::Words;

/// Bytes that a repetition has at least.
const LEAST: usize = 4;
/// Places that are remembered, as a power of two: of those that share a hash the last one.
const REMEMBERED: u32 = 12;
/// Bytes of the known text at most: its end.
const MOST_KNOWN: usize = 1 << 15;

/// A text that is known, with where its bytes are.
#[derive(Debug, Clone)]
pub(crate) struct Known {
    text: Vec<u8>,
    /// One past the last place of each hash of four bytes; 0: none.
    places: Vec<u32>,
}

impl Default for Known {
    fn default() -> Self {
        Self { text: Vec::new(), places: vec![0; 1 << REMEMBERED] }
    }
}

impl Known {
    /// The words of a text.
    pub(crate) fn of(words: &Words) -> Self {
        let mut known = Self::default();
        let from = words.text.len().saturating_sub(MOST_KNOWN);
        known.text.extend_from_slice(&words.text.as_bytes()[from..]);
        for at in 0..known.text.len().saturating_sub(LEAST - 1) {
            known.places[slot(&known.text, at)] = at as u32 + 1;
        }
        known
    }

    /// The bits that words take after this text, in a code that says either a byte or "as before".
    ///
    /// Greedily from the front: where four bytes or more repeat those at the last place with the same hash, 1 bit, Elias' gamma code of the
    /// distance and of the length; else a byte of 6 bits (1 that it is one, 5 for what it is, which is what a letter of running text
    /// takes). Whole numbers throughout, so that the same words always take the same bits.
    pub(crate) fn bits(&self, words: &Words) -> u64 {
        let known = self.text.len();
        let mut text = Vec::with_capacity(known + words.text.len());
        text.extend_from_slice(&self.text);
        text.extend_from_slice(words.text.as_bytes());
        let mut places = self.places.clone();
        let (mut at, mut bits) = (known, 0);
        while at < text.len() {
            if at + LEAST > text.len() {
                bits += BYTE * (text.len() - at) as u64;
                break;
            }
            let slot = slot(&text, at);
            let from = places[slot] as usize;
            let length = if from > 0 { common(&text, from - 1, at) } else { 0 };
            places[slot] = at as u32 + 1;
            if length < LEAST {
                bits += BYTE;
                at += 1;
                continue;
            }
            bits += 1 + gamma(at - (from - 1)) + gamma(length);
            // Places within the repetition are remembered sparsely: what repeats it will find its beginning.
            for inside in (at + 1..at + length).step_by(4).filter(|inside| inside + LEAST <= text.len()) {
                places[self::slot(&text, inside)] = inside as u32 + 1;
            }
            at += length;
        }
        bits
    }
}

/// Bits of a literal byte.
const BYTE: u64 = 6;

fn slot(text: &[u8], at: usize) -> usize {
    let four = u32::from_le_bytes([text[at], text[at + 1], text[at + 2], text[at + 3]]);
    (four.wrapping_mul(0x9e37_79b1) >> (32 - REMEMBERED)) as usize
}

/// How many bytes are the same from two places on.
fn common(text: &[u8], earlier: usize, later: usize) -> usize {
    text[earlier..].iter().zip(&text[later..]).take_while(|(a, b)| a == b).count()
}

/// Bits of Elias' gamma code of a number from 1.
fn gamma(number: usize) -> u64 {
    2 * u64::from(number.max(1).ilog2()) + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::{End, Piece, split};
    use proptest::prelude::*;

    fn words(text: &str) -> Words {
        let mut words = Words::with_capacity(text.len());
        for chunk in text.split_whitespace() {
            split(chunk, |piece| {
                if let Piece::Word(word) = piece {
                    words.push(word);
                }
            });
        }
        words.end_sentence(End::Block);
        words
    }

    #[test]
    fn what_is_known_or_said_before_takes_few_bits() {
        let line = "the river runs through four old towns before it meets the sea";
        let alone = Known::default().bits(&words(line));
        // A space, the mark of a sentence and its end in addition to the letters.
        assert!((6 * 50..6 * 70).contains(&alone), "{alone}");
        assert!(Known::of(&words(line)).bits(&words(line)) < alone / 8);
        let twice = Known::default().bits(&words(&format!("{line} {line}")));
        assert!(twice < alone + alone / 8, "{twice} {alone}");
        assert_eq!(gamma(1), 1);
        assert_eq!(gamma(9), 7);
    }

    proptest! {
        #[test]
        fn more_words_never_take_less(a in "([a-d]{1,4} ){0,30}", b in "([a-d]{1,4} ){0,30}") {
            let (one, both) = (words(&a), words(&format!("{a}{b}")));
            // The end of the sentence moves.
            prop_assert!(Known::default().bits(&both) + 40 >= Known::default().bits(&one));
        }
    }
}
