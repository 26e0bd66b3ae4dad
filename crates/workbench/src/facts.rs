//! What every question needs to know of a pair beyond its table row, found in its texts once: the gist, the language, the ratings.
//!
//! They are kept beside the pairs in `facts.parquet`, so that a study that was looked at once is not rated again. They belong to one import
//! and to one version of the text annotator; for others they are made anew.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow_array::cast::AsArray;
use arrow_array::types::{Float64Type, UInt8Type, UInt32Type, UInt64Type};
use arrow_array::{
    Array, ArrayRef, Float64Array, RecordBatch, StringArray, UInt8Array, UInt32Array, UInt64Array,
};
use arrow_schema::{DataType, Field, Schema};
use predilect_analysis::summary::Gist;
use predilect_data::{BatchFile, Study};
use predilect_text::{Annotator, detect_language};
use predilect_types::Pair;
use predilect_types::hash::fixed;
use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::watch::{Event, Step, Watch};

/// The table's name.
const TABLE: &str = "facts";
/// Marks of the table: which pairs, which ratings.
const IMPORT: &str = "predilect.import";
const VERSION: &str = "predilect.facts";

/// Rows that are written at once.
const ROWS: usize = 16_384;

/// Ratings of A and B.
pub(crate) type Sides = (Option<f64>, Option<f64>);

/// Whether facts are kept in the study's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// No: nothing is to change.
    Nothing,
    /// Where nobody is writing the study.
    IfFree,
    /// Yes: the right to write it is held already.
    Locked,
}

/// What is known of all pairs, in their order.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    gists: Vec<Gist>,
    /// What tells each pair from others: its id and the language that its source gives, as a number.
    marks: Vec<u64>,
    /// The import that they were read from.
    import: Option<String>,
    languages: Vec<Option<Arc<str>>>,
    /// One rating of A and B after the other, those of a pair together; NaN where one is missing.
    ratings: Vec<[f64; 2]>,
    width: usize,
}

/// Those of one pair.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fact<'a> {
    pub(crate) gist: &'a Gist,
    pub(crate) language: Option<&'a str>,
    ratings: &'a [[f64; 2]],
}

#[cfg(test)]
impl<'a> Fact<'a> {
    /// Of a pair without ratings.
    pub(crate) fn of(gist: &'a Gist, language: Option<&'a str>) -> Self {
        Self { gist, language, ratings: &[] }
    }
}

impl Fact<'_> {
    /// The ratings of the property at that place of [`Annotator::properties`].
    pub(crate) fn rating(&self, at: usize) -> Sides {
        let [a, b] = self.ratings[at];
        let known = |x: f64| (!x.is_nan()).then_some(x);
        (known(a), known(b))
    }

    /// All ratings, in the order of [`Annotator::properties`].
    pub(crate) fn ratings(&self) -> impl Iterator<Item = Sides> + '_ {
        (0..self.ratings.len()).map(|at| self.rating(at))
    }
}

impl Facts {
    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.gists.len()
    }

    /// Those of the pair of that number; none where they are another pair's.
    pub(crate) fn of(&self, number: usize, pair: &Pair) -> Option<Fact<'_>> {
        self.marks.get(number).filter(|own| **own == mark(pair))?;
        Some(Fact {
            gist: self.gists.get(number)?,
            language: self.languages[number].as_deref(),
            ratings: &self.ratings[number * self.width..(number + 1) * self.width],
        })
    }

    /// Finds the facts of a study: those that are kept, or new ones from its texts; true where they are new.
    pub(crate) fn of_study(
        study: &Study,
        annotator: &Annotator,
        total: u64,
        watch: &dyn Watch,
    ) -> Result<(Self, bool)> {
        if let Some(facts) = Self::load(study, annotator).filter(|facts| facts.len() as u64 == total)
            && facts.fit(study)?
        {
            return Ok((facts, false));
        }
        watch.event(Event::Begin(Step::Rating, Some(total)));
        let mut facts =
            Self { width: annotator.properties().len(), import: study.import_name(), ..Self::default() };
        let mut names: HashMap<String, Arc<str>> = HashMap::new();
        for batch in study.pairs()? {
            if watch.cancelled() {
                return Err(Error::cancelled());
            }
            let batch = batch?;
            let found: Vec<_> = batch.par_iter().map(|pair| look(pair, annotator)).collect();
            facts.marks.extend(batch.iter().map(mark));
            for (gist, language, ratings) in found {
                facts.gists.push(gist);
                let shared = |name: String| {
                    Arc::clone(names.entry(name).or_insert_with_key(|name| name.as_str().into()))
                };
                facts.languages.push(language.map(shared));
                let number = |x: Option<f64>| x.unwrap_or(f64::NAN);
                facts.ratings.extend(ratings.into_iter().map(|(a, b)| [number(a), number(b)]));
            }
            watch.event(Event::More(batch.len() as u64));
        }
        watch.event(Event::End);
        Ok((facts, true))
    }

    /// Whether they are those of the study's pairs, one by one.
    fn fit(&self, study: &Study) -> Result<bool> {
        let mut number = 0;
        for batch in study.pairs_without_texts()? {
            for pair in batch? {
                if self.marks.get(number) != Some(&mark(&pair)) {
                    return Ok(false);
                }
                number += 1;
            }
        }
        Ok(number == self.len())
    }

    /// Keeps them in the study's folder. Where that cannot be written to, or somebody else is writing it, they are made anew the next
    /// time.
    pub(crate) fn keep(&self, study: &Study, annotator: &Annotator, keep: Keep) {
        let Some(import) = &self.import else { return };
        let lock = match keep {
            Keep::Nothing => return,
            Keep::IfFree => study.try_lock("rating"),
            Keep::Locked => None,
        };
        // Another import may have taken the place of the one that was read.
        let same = study.import_name().as_ref() == Some(import);
        if same && (lock.is_some() || keep == Keep::Locked) {
            let _ = self.write(&study.table_path(TABLE), import, annotator);
        }
    }

    fn write(&self, path: &Path, import: &str, annotator: &Annotator) -> Result<()> {
        let mut fields = vec![
            Field::new("pair", DataType::UInt64, false),
            Field::new("cluster", DataType::UInt64, false),
            Field::new("flags", DataType::UInt8, false),
            Field::new("response_a", DataType::UInt64, false),
            Field::new("response_b", DataType::UInt64, false),
            Field::new("size", DataType::UInt32, false),
            Field::new("language", DataType::Utf8, true),
        ];
        for property in annotator.properties() {
            for side in ["a", "b"] {
                fields.push(Field::new(format!("{side} {property}"), DataType::Float64, true));
            }
        }
        let marks = [(IMPORT.to_owned(), import.to_owned()), (VERSION.to_owned(), version())];
        let schema = Arc::new(Schema::new(fields).with_metadata(HashMap::from(marks)));
        let mut file = BatchFile::create(path, Arc::clone(&schema))?;
        for from in (0..self.len()).step_by(ROWS) {
            let to = (from + ROWS).min(self.len());
            let gists = &self.gists[from..to];
            let mut columns: Vec<ArrayRef> = vec![
                Arc::new(self.marks[from..to].iter().copied().collect::<UInt64Array>()),
                Arc::new(gists.iter().map(|gist| gist.cluster).collect::<UInt64Array>()),
                Arc::new(gists.iter().map(flags).collect::<UInt8Array>()),
                Arc::new(gists.iter().map(|gist| gist.responses.0).collect::<UInt64Array>()),
                Arc::new(gists.iter().map(|gist| gist.responses.1).collect::<UInt64Array>()),
                Arc::new(gists.iter().map(|gist| gist.size).collect::<UInt32Array>()),
                Arc::new(self.languages[from..to].iter().map(Option::as_deref).collect::<StringArray>()),
            ];
            let ratings = &self.ratings[from * self.width..to * self.width];
            for at in 0..self.width {
                for side in 0..2 {
                    let column = ratings.iter().skip(at).step_by(self.width).map(|sides| sides[side]);
                    let column = column.map(|x| (!x.is_nan()).then_some(x));
                    columns.push(Arc::new(column.collect::<Float64Array>()));
                }
            }
            let batch = RecordBatch::try_new(Arc::clone(&schema), columns)
                .map_err(|e| Error::new(format!("facts do not fit together: {e}")))?;
            file.write(&batch)?;
        }
        Ok(file.finish()?)
    }

    /// Those that are kept; none where they are of other pairs or another version, lack a property, or cannot be read.
    fn load(study: &Study, annotator: &Annotator) -> Option<Self> {
        if !study.has_table(TABLE) {
            return None;
        }
        let import = study.import_name()?;
        let batches = study.read_table(TABLE).ok()?;
        let mut facts = Self { width: annotator.properties().len(), ..Self::default() };
        let mut names: HashMap<&str, Arc<str>> = HashMap::new();
        for batch in &batches {
            let schema = batch.schema();
            let marks = schema.metadata();
            if marks.get(IMPORT) != Some(&import) || marks.get(VERSION) != Some(&version()) {
                return None;
            }
            let column =
                |name: &str| batch.column_by_name(name).filter(|column| column.len() == batch.num_rows());
            let whole = |name: &str| column(name)?.as_primitive_opt::<UInt64Type>();
            let (cluster, a, b) = (whole("cluster")?, whole("response_a")?, whole("response_b")?);
            facts.marks.extend(whole("pair")?.values());
            let size = column("size")?.as_primitive_opt::<UInt32Type>()?;
            let flags = column("flags")?.as_primitive_opt::<UInt8Type>()?;
            let language = column("language")?.as_string_opt::<i32>()?;
            for row in 0..batch.num_rows() {
                facts.gists.push(gist(
                    cluster.value(row),
                    flags.value(row),
                    (a.value(row), b.value(row)),
                    size.value(row),
                ));
            }
            for name in language {
                let shared = |name| Arc::clone(names.entry(name).or_insert_with_key(|name| Arc::from(*name)));
                facts.languages.push(name.map(shared));
            }
            let mut sides = Vec::with_capacity(2 * facts.width);
            for property in annotator.properties() {
                for side in ["a", "b"] {
                    sides.push(column(&format!("{side} {property}"))?.as_primitive_opt::<Float64Type>()?);
                }
            }
            let value = |column: &Float64Array, row: usize| {
                if column.is_null(row) { f64::NAN } else { column.value(row) }
            };
            for row in 0..batch.num_rows() {
                facts
                    .ratings
                    .extend(sides.chunks_exact(2).map(|two| [value(two[0], row), value(two[1], row)]));
            }
        }
        Some(facts)
    }
}

/// What tells a pair from others: a table that another tool has sorted or edited has other pairs at the same numbers.
fn mark(pair: &Pair) -> u64 {
    fixed(&(&pair.id, &pair.language))
}

/// Which facts a table holds: of this layout and these ratings.
fn version() -> String {
    format!("2, text {}", predilect_text::VERSION)
}

fn look(pair: &Pair, annotator: &Annotator) -> (Gist, Option<String>, Vec<Sides>) {
    let language = pair.language.clone().or_else(|| detect_language(&pair.prompt_text()).map(str::to_owned));
    (Gist::of(pair), language, annotator.rate_both(pair))
}

const PROMPT: u8 = 1;
const IDENTICAL: u8 = 2;
const TEXT: u8 = 4;
const MULTI_TURN: u8 = 8;

fn flags(gist: &Gist) -> u8 {
    let flag = |is, bit| if is { bit } else { 0 };
    flag(gist.prompt, PROMPT)
        | flag(gist.identical, IDENTICAL)
        | flag(gist.text, TEXT)
        | flag(gist.multi_turn, MULTI_TURN)
}

fn gist(cluster: u64, flags: u8, responses: (u64, u64), size: u32) -> Gist {
    Gist {
        cluster,
        prompt: flags & PROMPT != 0,
        identical: flags & IDENTICAL != 0,
        text: flags & TEXT != 0,
        multi_turn: flags & MULTI_TURN != 0,
        responses,
        size,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::open::{Example, Inputs, Workbench};
    use crate::watch::Unwatched;
    use predilect_text::TextOptions;

    #[test]
    fn what_is_kept_is_what_was_found() {
        let inputs = Inputs {
            files: &[],
            example: Some(Example::LocalJudge),
            options: &predilect_data::ReadOptions::default(),
        };
        let bench = Workbench::of(&inputs, None, &Unwatched).expect("the example");
        let annotator = Annotator::new(&TextOptions { grammar: false });
        let find = || Facts::of_study(bench.study(), &annotator, 320, &Unwatched).expect("facts");
        let (found, new) = find();
        assert!(new && found.len() == 320);
        found.keep(bench.study(), &annotator, Keep::IfFree);
        let (kept, new) = find();
        assert!(!new, "they were kept");
        let pairs: Vec<Pair> = bench
            .study()
            .pairs_without_texts()
            .expect("pairs")
            .flat_map(|batch| batch.expect("rows"))
            .collect();
        assert!(found.of(1, &pairs[0]).is_none(), "those of another pair");
        for (number, pair) in pairs.iter().enumerate() {
            let both = [&found, &kept].map(|facts| facts.of(number, pair).expect("a pair"));
            assert_eq!((both[0].gist, both[0].language), (both[1].gist, both[1].language));
            assert!(both[0].ratings().eq(both[1].ratings()));
        }
        // Those of other properties or other pairs are none.
        let more = Annotator::new(&TextOptions { grammar: true });
        assert!(Facts::load(bench.study(), &more).is_none());
        assert!(Facts::of_study(bench.study(), &annotator, 321, &Unwatched).expect("facts").1);
    }
}
