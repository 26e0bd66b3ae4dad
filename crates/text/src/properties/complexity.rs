//! How hard are the words and sentences of a response?

use super::measure::{Measure, level};
use crate::document::Document;
use crate::words;

pub(crate) static COMPLEX: Measure = Measure {
    id: "complex",
    definition: "The Flesch-Kincaid grade 0.39 words/sentences + 11.8 syllables/words - 15.59 (Kincaid, Fishburne, \
        Rogers and Chissom 1975) of the English prose, syllables estimated from vowel groups; headings and list \
        items end a sentence, and sentences count as 60 words at most. From 0 up by half a point at each of grade 5, \
        7, 9, 11, 13, 16.",
    blind_spots: "Long words are not always rare and short ones not always known; nesting shows only as length. \
        Below some 30 words one long word moves the grade. Lists make sentences short. English only.",
    proxy: true,
    signs: &[],
    rate: |doc| grade(doc).map(|grade| level(grade, [5.0, 7.0, 9.0, 11.0, 13.0, 16.0])),
};

fn grade(doc: &Document<'_>) -> Option<f64> {
    const LONGEST: usize = 60;
    if !doc.ratable() {
        return None;
    }
    let total = doc.words.len() as f64;
    let syllables: usize = doc.words.iter().map(words::syllables).sum();
    let lengths: usize = doc.words.sentences.iter().map(|s| (s.last - s.first).min(LONGEST)).sum();
    let sentence = lengths as f64 / doc.words.sentences.len().max(1) as f64;
    Some(0.39 * sentence + 11.8 * syllables as f64 / total - 15.59)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_formula_on_a_counted_text() {
        // 2 sentences, 9 words, 9 syllables: 0.39 x 4.5 + 11.8 - 15.59.
        let doc = Document::new("The cat sat on the mat. It was glad.", None);
        assert!((grade(&doc).expect("English") - -2.035).abs() < 1e-9);
        // 1 sentence, 4 words, 2 + 7 + 5 + 4 syllables: 0.39 x 4 + 11.8 x 4.5 - 15.59.
        let doc = Document::new("Complex interdisciplinary investigation necessitates", None);
        let found = grade(&doc).expect("too short to tell the language");
        assert!((found - (1.56 + 11.8 * 18.0 / 4.0 - 15.59)).abs() < 1e-9, "{found}");
    }
}
