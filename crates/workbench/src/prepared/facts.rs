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

use super::Keep;
use super::column::{Names, Rated};
use crate::error::{Error, Result};

/// The table's name.
const TABLE: &str = "facts";
/// Marks of the table: which pairs, which ratings.
const IMPORT: &str = "predilect.import";
const VERSION: &str = "predilect.facts";

/// Rows that are written at once.
const ROWS: usize = 16_384;

/// What is known of all pairs, in their order.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    gists: Vec<Gist>,
    /// What tells each pair from others: its id and the language that its source gives, as a number.
    marks: Vec<u64>,
    /// The import that they were read from.
    import: Option<String>,
    languages: Names,
    /// Ratings by text analysis, in the order of [`Annotator::properties`].
    ratings: Vec<Rated>,
}

impl Facts {
    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.gists.len()
    }

    /// Whether the pair of that number is this one.
    pub(crate) fn are_of(&self, number: usize, pair: &Pair) -> bool {
        self.marks.get(number) == Some(&mark(pair))
    }

    pub(crate) fn gist(&self, row: usize) -> &Gist {
        &self.gists[row]
    }

    pub(crate) fn languages(&self) -> &Names {
        &self.languages
    }

    /// The ratings of the property at that place of [`Annotator::properties`].
    pub(crate) fn column(&self, at: usize) -> &Rated {
        &self.ratings[at]
    }

    /// All ratings of a pair, in the order of [`Annotator::properties`].
    pub(crate) fn ratings(&self, row: usize) -> impl Iterator<Item = (Option<f64>, Option<f64>)> + '_ {
        let known = |x: f64| (!x.is_nan()).then_some(x);
        self.ratings.iter().map(move |column| {
            let [a, b] = column.get(row).unwrap_or([f64::NAN; 2]);
            (known(a), known(b))
        })
    }

    /// Facts of no pair yet, for what is found in the texts of a study.
    pub(crate) fn new(study: &Study, annotator: &Annotator) -> Self {
        Self {
            ratings: annotator.properties().iter().map(|_| Rated::unrated(0)).collect(),
            import: study.import_name(),
            ..Self::default()
        }
    }

    /// Looks at the texts of the next pairs.
    pub(crate) fn look(&mut self, pairs: &[Pair], annotator: &Annotator) {
        let found: Vec<_> = pairs.par_iter().map(|pair| look(pair, annotator)).collect();
        self.marks.extend(pairs.iter().map(mark));
        for (gist, language, ratings) in found {
            self.gists.push(gist);
            self.languages.push(language.as_deref());
            for (column, (a, b)) in self.ratings.iter_mut().zip(ratings) {
                column.push([a, b].map(|x| x.unwrap_or(f64::NAN)));
            }
        }
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
                Arc::new((from..to).map(|row| self.languages.get(row)).collect::<StringArray>()),
            ];
            for rated in &self.ratings {
                for side in 0..2 {
                    let column = (from..to).map(|row| rated.get(row).map(|sides| sides[side]));
                    let column = column.map(|x| x.filter(|x| !x.is_nan()));
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
    pub(crate) fn load(study: &Study, annotator: &Annotator) -> Option<Self> {
        if !study.has_table(TABLE) {
            return None;
        }
        let import = study.import_name()?;
        let batches = study.read_table(TABLE).ok()?;
        let mut facts = Self::new(study, annotator);
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
            language.iter().for_each(|name| facts.languages.push(name));
            let value = |column: &Float64Array, row: usize| {
                if column.is_null(row) { f64::NAN } else { column.value(row) }
            };
            for (property, rated) in annotator.properties().iter().zip(&mut facts.ratings) {
                let side =
                    |side: &str| column(&format!("{side} {property}"))?.as_primitive_opt::<Float64Type>();
                let (a, b) = (side("a")?, side("b")?);
                (0..batch.num_rows()).for_each(|row| rated.push([value(a, row), value(b, row)]));
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

type Look = (Gist, Option<String>, Vec<(Option<f64>, Option<f64>)>);

fn look(pair: &Pair, annotator: &Annotator) -> Look {
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
