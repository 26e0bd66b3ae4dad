//! What was found in texts before the study was imported again: it stays true of every pair whose texts are the same.

use std::collections::HashMap;

use predilect_analysis::summary::Gist;
use predilect_data::Study;
use predilect_text::Annotator;
use predilect_types::Pair;

use super::facts::{Facts, Look, Mark, mark};

/// Facts of an earlier import, by the marks that identify a pair and its texts.
#[derive(Debug)]
pub(crate) struct Known {
    facts: Facts,
    rows: HashMap<Mark, u32>,
}

impl Known {
    /// The facts in the study's folder of this version of the text annotator, of whichever import; `None` if there are none.
    pub(crate) fn of(study: &Study, annotator: &Annotator) -> Option<Self> {
        let facts = Facts::of_any_import(study, annotator)?;
        let rows = (0..facts.len()).map(|row| Some((facts.mark(row)?, row as u32)));
        let rows = rows.collect::<Option<HashMap<_, _>>>()?;
        // The table may be replaced while these are used.
        facts.columns().ok()?;
        Some(Self { facts, rows })
    }

    /// How many pairs they are.
    pub(crate) fn len(&self) -> usize {
        self.facts.len()
    }

    /// What was found in the texts of that pair.
    pub(crate) fn get(&self, pair: &Pair, gist: &Gist) -> Option<Look> {
        let row = *self.rows.get(&mark(pair, gist))? as usize;
        let language = self.facts.languages().get(row).map(str::to_owned);
        let known = |x: f64| (!x.is_nan()).then_some(x);
        let columns = self.facts.columns().ok()?;
        let ratings = columns.iter().map(|rated| {
            let [a, b] = rated.get(row).unwrap_or([f64::NAN; 2]);
            (known(a), known(b))
        });
        Some((*gist, language, ratings.collect()))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use predilect_data::{Onto, ReadOptions, import};
    use predilect_text::TextOptions;

    use super::super::facts::Keep;
    use super::super::{Prepared, Wanted};
    use super::*;
    use crate::watch::Unwatched;

    fn imported(folder: &Path, name: &str, texts: &[(&str, &str)], onto: Onto) -> Study {
        let line = |(id, text): &(&str, &str)| {
            format!(
                r#"{{"id": "{id}", "prompt": "How long do eggs boil?", "response_a": "{text}", "response_b": "Eight minutes, **surely**.", "winner": "A"}}"#
            )
        };
        let file = folder.join(name);
        std::fs::write(&file, texts.iter().map(line).collect::<Vec<_>>().join("\n")).expect("a file");
        let study = folder.join("study");
        import(&[file], &ReadOptions::default(), &study, onto, &mut |_| {}).expect("a study");
        Study::open(&study).expect("a study")
    }

    fn prepared(study: &Study, keep: Keep) -> Prepared {
        let wanted = Wanted { grammar: false, fields: &BTreeSet::new(), keep, anew: false };
        Prepared::of(study, &wanted, &Unwatched).expect("facts")
    }

    #[test]
    fn what_was_found_in_the_same_texts_is_used_again_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let annotator = Annotator::new(&TextOptions { grammar: false });
        let study =
            imported(folder.path(), "a.jsonl", &[("1", "Nine minutes."), ("2", "It depends.")], Onto::New);
        assert!(Known::of(&study, &annotator).is_none());
        prepared(&study, Keep::IfFree);
        let study = imported(folder.path(), "b.jsonl", &[("3", "Ask a hen.")], Onto::Add);
        let known = Known::of(&study, &annotator).expect("facts of the pairs before");
        let pairs: Vec<Pair> =
            study.pairs().expect("pairs").flat_map(|batch| batch.expect("pairs")).collect();
        let found = |pair: &Pair| known.get(pair, &Gist::of(pair));
        let old = pairs.iter().filter(|pair| found(pair).is_some()).map(|pair| pair.id.as_str());
        assert_eq!(old.collect::<Vec<_>>(), ["1", "2"]);
        let (_, language, ratings) = found(&pairs[0]).expect("it was there");
        assert_eq!(ratings, annotator.rate_both(&pairs[0]));
        assert_eq!(language.as_deref(), predilect_text::detect_language(&pairs[0].prompt_text()));
        let mut other = pairs[0].clone();
        other.response_a.messages[0].content.push('!');
        assert!(found(&other).is_none());
        // What is kept then equals what is found by reading all texts again.
        prepared(&study, Keep::IfFree);
        let again = Known::of(&study, &annotator).expect("facts of all pairs");
        for pair in &pairs {
            let (_, _, ratings) = again.get(pair, &Gist::of(pair)).expect("all are known");
            assert_eq!(ratings, annotator.rate_both(pair), "{}", pair.id);
        }
        // Other pairs in their place: the old ones are gone.
        let study = imported(folder.path(), "c.jsonl", &[("1", "Nine minutes.")], Onto::Replace);
        assert!(Known::of(&study, &annotator).is_none());
    }
}
