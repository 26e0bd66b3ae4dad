//! Does a response say things once?

use std::collections::HashMap;

use super::{Measure, level};
use crate::document::Document;

/// Words in a row that make a repetition.
const RUN: usize = 5;

pub(crate) static NON_REPETITIVE: Measure = Measure {
    id: "non_repetitive",
    definition: "The worse of two figures. The share of runs of five words (within sentences, in lower case, outside code) that occurred \
        before in the response: 3 up to 1 %, then down by half a point above each of 1, 3, 6, 12, 25 and 50 %. And, in English, the share of \
        the content words of all sentences but the first that the one earlier sentence has which shares most with each (of the last 64): 3 \
        below 25 %, then down by half a point at each of 25, 35, 45, 55, 65 and 75 %. Without words it is not rated.",
    blind_spots: "The same thought in other words is not seen, and refrains, forms and tables that repeat on purpose are. Definitions and \
        proofs repeat their terms. Runs of five Chinese characters are short, so ratings of languages without spaces run low.",
    proxy: true,
    rate: |doc| {
        let above = |share: f64| level(share, [0.01, 0.03, 0.06, 0.12, 0.25, 0.5].map(f64::next_up));
        let words =
            if doc.english { level(taken_up(doc), [0.25, 0.35, 0.45, 0.55, 0.65, 0.75]) } else { 0.0 };
        (!doc.words.is_empty()).then(|| 3.0 - above(repeated(doc)).max(words))
    },
};

/// The share of runs that occurred before.
fn repeated(doc: &Document<'_>) -> f64 {
    let hashes = doc.words.hashes();
    let mut runs: Vec<u64> = Vec::with_capacity(hashes.len());
    for sentence in &doc.words.sentences {
        runs.extend(hashes[sentence.first..sentence.last].windows(RUN).map(|run| {
            run.iter().fold(0_u64, |h, &word| (h.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        }));
    }
    let total = runs.len();
    runs.sort_unstable();
    runs.dedup();
    if total == 0 { 0.0 } else { (total - runs.len()) as f64 / total as f64 }
}

/// Sentences before a sentence that are compared with it.
const BEFORE: usize = 64;

/// The share of content words, of all sentences but the first, that the sentence before has which shares most with each.
fn taken_up(doc: &Document<'_>) -> f64 {
    let content = |first: usize, last: usize| {
        let mut own: Vec<u64> = doc.words.content(first..last).collect();
        own.sort_unstable();
        own.dedup();
        own
    };
    let sentences: Vec<Vec<u64>> = doc.words.sentences.iter().map(|s| content(s.first, s.last)).collect();
    // In which sentences each word has occurred.
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    let mut shared: Vec<usize> = vec![0; sentences.len()];
    let (mut again, mut total) = (0_usize, 0_usize);
    for (at, own) in sentences.iter().enumerate() {
        let from = at.saturating_sub(BEFORE);
        shared[from..at].fill(0);
        for word in own {
            let known = places.entry(*word).or_default();
            for &before in known.iter().rev().take_while(|before| **before >= from) {
                shared[before] += 1;
            }
            known.push(at);
        }
        if at > 0 {
            total += own.len();
            again += shared[from..at].iter().copied().max().unwrap_or(0);
        }
    }
    if total == 0 { 0.0 } else { again as f64 / total as f64 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn rate(text: &str) -> Option<f64> {
        (NON_REPETITIVE.rate)(&Document::new(text, None))
    }

    #[test]
    fn repeated_runs_lower_the_rating() {
        assert_eq!(rate(""), None);
        assert_eq!(rate("No. No. No."), Some(3.0));
        assert_eq!(rate("The cat sat on the mat."), Some(3.0));
        // No run of five, but 3 of 3 content words, and 1 of 3.
        assert_eq!(rate("The old door creaks. Old, it creaks, the door."), Some(0.0));
        assert_eq!(rate("The old door creaks. Every door needs paint."), Some(2.5));
        // In another language only runs count: 3 of 6 were there before, more than 25 %, not more than 50 %.
        let cat = "Die alte Katze schl\u{e4}ft gern auf dem Sofa.";
        assert_eq!(rate(&format!("{cat} Ein Hund bellt. {cat}")), Some(0.5));
        assert_eq!(
            rate("The cat sat on the mat. The cat sat on the mat. The cat sat on the mat."),
            Some(0.0)
        );
    }

    /// The plain twin: runs as lists of words.
    fn slow(doc: &Document<'_>) -> f64 {
        let words: Vec<&str> = doc.words.iter().collect();
        let (mut seen, mut total, mut again) = (BTreeSet::new(), 0, 0);
        for sentence in &doc.words.sentences {
            for start in sentence.first..sentence.last {
                if start + RUN <= sentence.last {
                    total += 1;
                    again += usize::from(!seen.insert(words[start..start + RUN].to_vec()));
                }
            }
        }
        if total == 0 { 0.0 } else { f64::from(again as u32) / f64::from(total) }
    }

    proptest! {
        #[test]
        fn hashed_runs_are_the_runs(text in "([ab] ?[ab] [abc.] ){0,20}") {
            let doc = Document::new(&text, None);
            prop_assert!((repeated(&doc) - slow(&doc)).abs() < 1e-12);
        }

        #[test]
        fn saying_it_again_never_helps(paragraphs in proptest::collection::vec("([a-e]{1,3} ){1,12}\\.", 1..5)) {
            let once = paragraphs.join("\n\n");
            let twice = format!("{once}\n\n{}", paragraphs[0]);
            prop_assert!(rate(&twice) <= rate(&once));
        }
    }
}
