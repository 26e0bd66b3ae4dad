//! Does a response say things once?

use super::{Measure, level};
use crate::document::Document;

/// Words in a row that make a repetition.
const RUN: usize = 5;

pub(crate) static NON_REPETITIVE: Measure = Measure {
    id: "non_repetitive",
    definition: "The share of runs of five words (within sentences, in lower case, outside code) that occurred \
        before in the response: 3 up to 1 %, then down by half a point above each of 1, 3, 6, 12, 25 and 50 %. A \
        response in which no sentence has five words gets 3; without words it is not rated.",
    blind_spots: "The same thought in other words is not seen, and refrains, forms and tables that repeat on \
        purpose are. Long texts repeat more runs by chance. Runs of five Chinese characters are short, so \
        ratings of languages without spaces run low.",
    proxy: true,
    rate: |doc| {
        let above = |share: f64| level(share, [0.01, 0.03, 0.06, 0.12, 0.25, 0.5].map(f64::next_up));
        (!doc.words.is_empty()).then(|| 3.0 - above(repeated(doc)))
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
        // 2 of 4 runs were there before: more than 25 %, not more than 50 %.
        assert_eq!(rate("The cat sat on the mat. The cat sat on the mat."), Some(0.5));
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
