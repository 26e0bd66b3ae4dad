//! Does a response say things once?

use std::collections::HashSet;
use std::ops::Range;

use super::measure::{Measure, level};
use crate::document::Document;
use crate::signs::Sign;

/// Words in a row that make a repetition.
const RUN: usize = 5;

pub(crate) static NON_REPETITIVE: Measure = Measure {
    id: "non_repetitive",
    definition: "The worse of two figures. The share of runs of five words (within sentences, in lower case, outside code) that occurred \
        before in the response: 3 up to 1 %, then down by half a point above each of 1, 3, 6, 12, 25 and 50 %. And, in English, the share of the content words of all sentences but the first that also occur in the earlier sentence (of the last 64) that shares most with each: 3 \
        below 25 %, then down by half a point at each of 25, 35, 45, 55, 65 and 75 %. Without words it is not rated.",
    blind_spots: "The same thought in other words is not seen, and refrains, forms and tables that repeat on purpose are. Definitions and \
        proofs repeat their terms. Runs of five Chinese characters are short, so ratings of languages without spaces run low.",
    proxy: true,
    signs: &[Sign::Repeated],
    rate: |doc| {
        let above = |share: f64| level(share, [0.01, 0.03, 0.06, 0.12, 0.25, 0.5].map(f64::next_up));
        let words =
            if doc.english { level(taken_up(doc), [0.25, 0.35, 0.45, 0.55, 0.65, 0.75]) } else { 0.0 };
        (!doc.words.is_empty()).then(|| 3.0 - above(repeated(doc)).max(words))
    },
};

/// Every run within a sentence: the index of its first word, and a hash of its words.
fn runs<'d>(doc: &'d Document<'_>) -> impl Iterator<Item = (usize, u64)> + 'd {
    let hashes = doc.words.hashes();
    doc.words.sentences.iter().flat_map(move |sentence| {
        let of = hashes[sentence.first..sentence.last].windows(RUN).map(|run| {
            run.iter().fold(0_u64, |h, &word| (h.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
        });
        (sentence.first..).zip(of)
    })
}

/// The share of runs that occurred before.
fn repeated(doc: &Document<'_>) -> f64 {
    let mut runs: Vec<u64> = Vec::with_capacity(doc.words.len());
    runs.extend(self::runs(doc).map(|(_, hash)| hash));
    let total = runs.len();
    runs.sort_unstable();
    runs.dedup();
    if total == 0 { 0.0 } else { (total - runs.len()) as f64 / total as f64 }
}

/// The words of runs that occurred before, runs that overlap as one.
pub(crate) fn repeated_runs(doc: &Document<'_>) -> Vec<Range<usize>> {
    let mut seen = HashSet::new();
    let mut found: Vec<Range<usize>> = Vec::new();
    for (first, _) in runs(doc).filter(|(_, hash)| !seen.insert(*hash)) {
        match found.last_mut().filter(|last| first < last.end) {
            Some(last) => last.end = first + RUN,
            None => found.push(first..first + RUN),
        }
    }
    found
}

/// Sentences before a sentence that are compared with it.
const BEFORE: usize = 64;

/// The share of content words, of all sentences but the first, that the sentence before has which shares most with each.
fn taken_up(doc: &Document<'_>) -> f64 {
    let sentences = &doc.words.sentences;
    // Which sentences have each word: runs of one word, in the order of the sentences.
    let mut places: Vec<(u64, usize)> = Vec::with_capacity(doc.words.len());
    for (at, sentence) in sentences.iter().enumerate() {
        places.extend(doc.words.content(sentence.first..sentence.last).map(|word| (word, at)));
    }
    places.sort_unstable();
    places.dedup();
    // How many words each sentence shares with the one so far before it.
    let width = BEFORE.min(sentences.len());
    let mut shared: Vec<u16> = vec![0; sentences.len() * width];
    let mut total = 0_usize;
    for run in places.chunk_by(|a, b| a.0 == b.0) {
        for (n, &(_, at)) in run.iter().enumerate() {
            total += usize::from(at > 0);
            for &(_, before) in run[..n].iter().rev().take_while(|(_, before)| at - before <= width) {
                let cell = &mut shared[at * width + at - before - 1];
                *cell = cell.saturating_add(1);
            }
        }
    }
    let most = |row: &[u16]| usize::from(row.iter().copied().max().unwrap_or(0));
    let again: usize = if width == 0 { 0 } else { shared.chunks_exact(width).map(most).sum() };
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

    /// The plain twin: every sentence against every one before it.
    fn slow_taken_up(doc: &Document<'_>) -> f64 {
        let sentences: Vec<BTreeSet<u64>> =
            doc.words.sentences.iter().map(|s| doc.words.content(s.first..s.last).collect()).collect();
        let (mut again, mut total) = (0, 0);
        for (at, own) in sentences.iter().enumerate().skip(1) {
            total += own.len();
            let before = &sentences[at.saturating_sub(BEFORE)..at];
            again += before.iter().map(|old| own.intersection(old).count()).max().unwrap_or(0);
        }
        if total == 0 { 0.0 } else { f64::from(u32::try_from(again).unwrap()) / total as f64 }
    }

    proptest! {
        #[test]
        fn shared_words_are_those_of_the_plain_twin(text in "([a-d]{3}[ .]){0,300}") {
            let doc = Document::new(&text, None);
            prop_assert!((taken_up(&doc) - slow_taken_up(&doc)).abs() < 1e-12);
        }
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
            // Words are compared in English only, and the detected language may change with the length.
            prop_assume!(Document::new(&once, None).english == Document::new(&twice, None).english);
            prop_assert!(rate(&twice) <= rate(&once));
        }
    }
}
