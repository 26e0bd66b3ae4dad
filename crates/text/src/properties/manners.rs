//! Which formulas of good manners, of warmth and of chat does a response use?

use super::measure::{Measure, level};
use crate::document::Document;
use crate::phrases::List;
use crate::seen::Mark;
use crate::signs::Sign;
use crate::words::End;

const MANNERS: &str = "Stock phrases do not show whether somebody is polite or friendly: a reproach may contain 'please', and \
    consideration in one's own words has none. Letters and \
    dialogues written on request count as the responder's own words. English lists only: not rated in other languages.";

const WORDS_ONLY: &str = "Only words and phrases of our English lists are seen: irony, quoted speech, letters and \
    dialogues written on request count as the responder's own manner, and manners without a formula are missed. \
    Not rated in other languages.";

pub(crate) static COURTESIES: Measure = Measure {
    id: "courtesies",
    definition: "Weighted courtesies (please, thanks, apologies, offers of help in considerate words) per root of \
        100 words, from 50 words up: 0, then half a point at each of 0.3, 0.6, 1, 1.5, 2.2, 3.",
    blind_spots: MANNERS,
    proxy: false,
    signs: &[Sign::Phrase(List::Polite)],
    rate: |doc| {
        doc.ratable()
            .then(|| level(doc.density(doc.marks.weight(List::Polite)), [0.3, 0.6, 1.0, 1.5, 2.2, 3.0]))
    },
};

pub(crate) static WARM_WORDS: Measure = Measure {
    id: "warm_words",
    definition: "Weighted marks of warmth (greetings, praise, encouragement, good wishes), plus 0.5 for each \
        sentence that ends in an exclamation mark and for each emoji, at most 2 of each, per root of 100 words, \
        from 50 words up: 0, then half a point at each of 0.3, 0.6, 1, 1.5, 2.2, 3.",
    blind_spots: MANNERS,
    proxy: false,
    signs: &[
        Sign::Phrase(List::Friendly),
        Sign::Sentence(End::Exclamation),
        Sign::Mark(Mark::Emoji),
        Sign::Mark(Mark::Emoticon),
    ],
    rate: friendly,
};

fn friendly(doc: &Document<'_>) -> Option<f64> {
    doc.ratable().then(|| {
        let cries = doc.words.sentences.iter().filter(|s| s.end == End::Exclamation).count().min(4);
        let smiles = (doc.surface.emoji + doc.surface.emoticons).min(4);
        let warmth = doc.marks.weight(List::Friendly) + 0.5 * (cries + smiles) as f64;
        level(doc.density(warmth), [0.3, 0.6, 1.0, 1.5, 2.2, 3.0])
    })
}

pub(crate) static INFORMAL: Measure = Measure {
    id: "informal",
    definition: "Weighted slang, interjections and chatty wording, plus 0.5 for each contraction and exclamation \
        and 1 for each emoji or emoticon, per 100 words (at least 50 assumed): 0, then half a point at each of \
        0.25, 0.75, 1.5, 2.5, 4, 6.",
    blind_spots: WORDS_ONLY,
    proxy: true,
    signs: &[
        Sign::Phrase(List::Informal),
        Sign::Contraction,
        Sign::Sentence(End::Exclamation),
        Sign::Mark(Mark::Emoji),
        Sign::Mark(Mark::Emoticon),
    ],
    rate: informal,
};

fn informal(doc: &Document<'_>) -> Option<f64> {
    doc.ratable().then(|| {
        let contractions = doc.words.iter().filter(|word| contraction(word)).count();
        let cries = doc.words.sentences.iter().filter(|s| s.end == End::Exclamation).count();
        let smiles = doc.surface.emoji + doc.surface.emoticons;
        let chat = doc.marks.weight(List::Informal) + 0.5 * (contractions + cries) as f64 + smiles as f64;
        level(doc.per_hundred(chat), [0.25, 0.75, 1.5, 2.5, 4.0, 6.0])
    })
}

/// Whether a word is contracted: `don't`, `we'll`, `it's`, but not the possessive `dog's`.
pub(crate) fn contraction(word: &str) -> bool {
    let bytes = word.as_bytes();
    let near = |back: usize| bytes.len() > back && bytes[bytes.len() - back] == b'\'';
    if !near(2) && !near(3) {
        return false;
    }
    let Some((stem, tail)) = word.rsplit_once('\'') else { return false };
    match tail {
        "t" => stem.ends_with('n'),
        "ll" | "re" | "ve" | "m" | "d" => true,
        "s" => matches!(
            stem,
            "it" | "that" | "there" | "here" | "what" | "who" | "where" | "how" | "let" | "he" | "she"
        ),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rate(measure: &Measure, text: &str) -> Option<f64> {
        (measure.rate)(&Document::new(text, None))
    }

    #[test]
    fn courtesies_are_weighed() {
        assert_eq!(rate(&COURTESIES, "The door is open."), Some(0.0));
        // 1 / sqrt(0.5) = 1.41.
        assert_eq!(rate(&COURTESIES, "Please open the door."), Some(1.5));
        assert_eq!(rate(&COURTESIES, "Le chat dort toute la journ\u{e9}e dans le jardin."), None);
    }

    #[test]
    fn warmth_is_weighed() {
        assert_eq!(rate(&WARM_WORDS, "The door is open."), Some(0.0));
        // Exclamation: 0.5 / sqrt(0.5) = 0.71.
        assert_eq!(rate(&WARM_WORDS, "The door is open!"), Some(1.0));
    }

    #[test]
    fn chat_is_weighed() {
        assert_eq!(rate(&INFORMAL, "The dog's door is open."), Some(0.0));
        // 0.5 in 50 words: 1 per 100.
        assert_eq!(rate(&INFORMAL, "The door isn\u{2019}t open."), Some(1.0));
        // 1.5 + 0.5 in 50 words: 4 per 100.
        assert_eq!(rate(&INFORMAL, "I'm gonna open the door."), Some(2.5));
    }
}
