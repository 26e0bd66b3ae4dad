//! What every question needs to know of a pair beyond its table row, found in its texts once: the gist, the language, the ratings.
//!
//! They are kept next to the pairs in `facts.parquet`, so that a study that was opened once is not rated again. They belong to one import
//! and to one version of the text annotator. After another import they are computed again for new pairs and texts, and with another version
//! for all.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

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

use super::changed::changed;
use super::column::{Names, Rated};
use crate::error::{Error, Result};

/// The table's name.
const TABLE: &str = "facts";
/// Marks of the table: which pairs, which ratings.
const IMPORT: &str = "predilect.import";
const VERSION: &str = "predilect.facts";

/// Rows that are written at once.
const ROWS: usize = 16_384;

/// Whether facts are kept in the study's folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Keep {
    /// No: nothing is to be written.
    Nothing,
    /// If no other process is writing the study.
    IfFree,
    /// Yes: the study is already locked.
    Locked,
}

/// What is known of all pairs, in their order. What not every question needs is read from the table when it is asked for.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    clusters: Vec<u64>,
    flags: Vec<u8>,
    sizes: Vec<u32>,
    languages: Names,
    responses: OnceLock<Vec<(u64, u64)>>,
    /// Ratings by text analysis, in the order of [`Annotator::properties`].
    ratings: Vec<OnceLock<Rated>>,
    properties: Vec<&'static str>,
    /// Identifies each pair by its id and the language that its source gives, as a number; empty once it is no longer needed.
    marks: Vec<u64>,
    /// The import that they were read from.
    import: Option<String>,
    /// Where the rest is read.
    table: Option<Study>,
}

impl Facts {
    /// How many pairs there are.
    pub(crate) fn len(&self) -> usize {
        self.clusters.len()
    }

    /// Whether the pair of that number is this one.
    pub(crate) fn are_of(&self, number: usize, pair: &Pair) -> bool {
        self.marks.get(number) == Some(&id_mark(pair))
    }

    /// Discards the marks that identify pairs, and what was reserved for more.
    pub(crate) fn settle(&mut self) {
        self.marks = Vec::new();
        self.clusters.shrink_to_fit();
        self.flags.shrink_to_fit();
        self.sizes.shrink_to_fit();
        self.languages.shrink();
    }

    /// Identifies a pair and its texts.
    pub(super) fn mark(&self, row: usize) -> Option<Mark> {
        let (a, b) = *self.responses().ok()?.get(row)?;
        Some((*self.marks.get(row)?, [self.clusters[row], a, b], (self.flags[row], self.sizes[row])))
    }

    /// The pair's prompt as a number, or the pair's own number if it has no prompt.
    pub(crate) fn cluster(&self, row: usize) -> u64 {
        self.clusters[row]
    }

    /// The responses of A and B as numbers.
    pub(crate) fn responses(&self) -> Result<&[(u64, u64)]> {
        found(&self.responses, || {
            let mut out = Vec::with_capacity(self.len());
            self.read(&["response_a", "response_b"], |batch| {
                let (a, b) = (whole(batch, "response_a")?, whole(batch, "response_b")?);
                out.extend(a.values().iter().copied().zip(b.values().iter().copied()));
                Some(())
            })?;
            Ok(out)
        })
        .map(Vec::as_slice)
    }

    /// What the texts of a pair amount to; with the numbers of its responses.
    pub(crate) fn gist(&self, row: usize, responses: (u64, u64)) -> Gist {
        gist(self.clusters[row], self.flags[row], responses, self.sizes[row])
    }

    /// Whether a reader can prefer one of the responses.
    pub(crate) fn can_be_judged(&self, row: usize) -> bool {
        self.flags[row] & (TEXT | IDENTICAL) == TEXT
    }

    pub(crate) fn languages(&self) -> &Names {
        &self.languages
    }

    /// The ratings of the property at that place of [`Annotator::properties`].
    pub(crate) fn column(&self, at: usize) -> Result<&Rated> {
        found(&self.ratings[at], || {
            let names = ["a", "b"].map(|side| format!("{side} {}", self.properties[at]));
            let mut rated = Rated::unrated(0);
            self.read(&[&names[0], &names[1]], |batch| {
                let column = |name| column(batch, name)?.as_primitive_opt::<Float64Type>();
                let (a, b) = (column(&names[0])?, column(&names[1])?);
                let value = |of: &Float64Array, row| if of.is_null(row) { f64::NAN } else { of.value(row) };
                (0..batch.num_rows()).for_each(|row| rated.push([value(a, row), value(b, row)]));
                Some(())
            })?;
            rated.shrink();
            Ok(rated)
        })
    }

    /// The columns of all properties that text analysis rates.
    pub(crate) fn columns(&self) -> Result<Vec<&Rated>> {
        (0..self.ratings.len()).map(|at| self.column(at)).collect()
    }

    /// Reads columns of the table; an error if it is no longer the one that the rest was read from.
    fn read(&self, names: &[&str], mut take: impl FnMut(&RecordBatch) -> Option<()>) -> Result<()> {
        let study = self.table.as_ref().ok_or_else(changed)?;
        let mut rows = 0;
        for batch in study.read_columns(TABLE, Some(names)).map_err(|_| changed())? {
            if !fits(&batch, self.import.as_deref()) {
                return Err(changed());
            }
            rows += batch.num_rows();
            take(&batch).ok_or_else(changed)?;
        }
        if rows == self.len() { Ok(()) } else { Err(changed()) }
    }

    /// Facts of no pairs yet, to be filled from the texts of a study.
    pub(crate) fn new(study: &Study, annotator: &Annotator) -> Self {
        let unrated = |_: &&str| OnceLock::from(Rated::unrated(0));
        Self {
            ratings: annotator.properties().iter().map(unrated).collect(),
            properties: annotator.properties().to_vec(),
            responses: OnceLock::from(Vec::new()),
            import: study.import_name(),
            ..Self::default()
        }
    }

    /// Looks at the texts of the next pairs, but of those of which it is known what was found.
    pub(crate) fn look(&mut self, pairs: &[Pair], annotator: &Annotator, known: Recall<'_>) {
        let found: Vec<_> = pairs.par_iter().map(|pair| look(pair, annotator, known)).collect();
        self.marks.extend(pairs.iter().map(id_mark));
        for (gist, language, ratings) in found {
            self.clusters.push(gist.cluster);
            self.flags.push(flags(&gist));
            self.sizes.push(gist.size);
            if let Some(responses) = self.responses.get_mut() {
                responses.push(gist.responses);
            }
            self.languages.push(language.as_deref());
            for (column, (a, b)) in self.ratings.iter_mut().zip(ratings) {
                if let Some(column) = column.get_mut() {
                    column.push([a, b].map(|x| x.unwrap_or(f64::NAN)));
                }
            }
        }
    }

    /// Keeps them in the study's folder, and returns whether they are there now. If it is not writable, or another process is writing it,
    /// they are computed again the next time.
    pub(crate) fn keep(&self, study: &Study, annotator: &Annotator, keep: Keep) -> bool {
        let Some(import) = &self.import else { return false };
        let lock = match keep {
            Keep::Nothing => return false,
            Keep::IfFree => study.try_lock("rating"),
            Keep::Locked => None,
        };
        // Another import may have taken the place of the one that was read.
        let same = study.import_now().as_ref() == Some(import);
        let may = same && (lock.is_some() || keep == Keep::Locked);
        may && self.write(&study.table_path(TABLE), import, annotator).is_ok()
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
        let mut file = BatchFile::of_study(path, Arc::clone(&schema))?;
        let (responses, rated) = (self.responses()?, self.columns()?);
        for from in (0..self.len()).step_by(ROWS) {
            let to = (from + ROWS).min(self.len());
            let mut columns: Vec<ArrayRef> = vec![
                Arc::new(self.marks[from..to].iter().copied().collect::<UInt64Array>()),
                Arc::new(self.clusters[from..to].iter().copied().collect::<UInt64Array>()),
                Arc::new(self.flags[from..to].iter().copied().collect::<UInt8Array>()),
                Arc::new(responses[from..to].iter().map(|both| both.0).collect::<UInt64Array>()),
                Arc::new(responses[from..to].iter().map(|both| both.1).collect::<UInt64Array>()),
                Arc::new(self.sizes[from..to].iter().copied().collect::<UInt32Array>()),
                Arc::new((from..to).map(|row| self.languages.get(row)).collect::<StringArray>()),
            ];
            for rated in &rated {
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

    /// The stored facts; `None` if they are of other pairs or another version, lack a property, or cannot be read.
    pub(crate) fn load(study: &Study, annotator: &Annotator) -> Option<Self> {
        if !study.has_table(TABLE) {
            return None;
        }
        Self::of_import(study, annotator, &study.import_name()?)
    }

    /// Those that are kept, of whichever import.
    pub(super) fn of_any_import(study: &Study, annotator: &Annotator) -> Option<Self> {
        let first = study.has_table(TABLE).then(|| study.read_columns(TABLE, Some(&["pair"])).ok())??;
        let import = first.first()?.schema().metadata().get(IMPORT)?.clone();
        Self::of_import(study, annotator, &import)
    }

    fn of_import(study: &Study, annotator: &Annotator, import: &str) -> Option<Self> {
        let properties = annotator.properties();
        let mut facts = Self {
            ratings: properties.iter().map(|_| OnceLock::new()).collect(),
            properties: properties.to_vec(),
            import: Some(import.to_owned()),
            table: Some(study.clone()),
            ..Self::default()
        };
        let names = ["pair", "cluster", "flags", "size", "language"];
        for batch in &study.read_columns(TABLE, Some(&names)).ok()? {
            if !fits(batch, facts.import.as_deref()) {
                return None;
            }
            facts.marks.extend(whole(batch, "pair")?.values());
            facts.clusters.extend(whole(batch, "cluster")?.values());
            facts.flags.extend(column(batch, "flags")?.as_primitive_opt::<UInt8Type>()?.values());
            facts.sizes.extend(column(batch, "size")?.as_primitive_opt::<UInt32Type>()?.values());
            for language in column(batch, "language")?.as_string_opt::<i32>()? {
                facts.languages.push(language);
            }
        }
        // A table without one of the properties was made without grammar.
        let rated = study.table_fields(TABLE).ok()?;
        let has =
            |property: &&str| ["a", "b"].iter().all(|side| rated.contains(&format!("{side} {property}")));
        properties.iter().all(has).then_some(facts)
    }
}

/// The value of a cell, made by `make` if it is empty.
fn found<T>(cell: &OnceLock<T>, make: impl FnOnce() -> Result<T>) -> Result<&T> {
    if cell.get().is_none() {
        let _ = cell.set(make()?);
    }
    cell.get().ok_or_else(changed)
}

/// Whether a table is of that import and this version.
fn fits(batch: &RecordBatch, import: Option<&str>) -> bool {
    let schema = batch.schema();
    let marks = schema.metadata();
    marks.get(IMPORT).map(String::as_str) == import && marks.get(VERSION) == Some(&version())
}

fn column<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b ArrayRef> {
    batch.column_by_name(name)
}

fn whole<'b>(batch: &'b RecordBatch, name: &str) -> Option<&'b UInt64Array> {
    column(batch, name)?.as_primitive_opt::<UInt64Type>()
}

/// Identifies a pair: a table that another tool has sorted or edited has other pairs at the same numbers.
fn id_mark(pair: &Pair) -> u64 {
    fixed(&(&pair.id, &pair.language))
}

/// Identifies a pair and its texts: its id and language, its prompt and responses, its flags and size.
pub(super) type Mark = (u64, [u64; 3], (u8, u32));

/// The mark of a pair.
pub(super) fn mark(pair: &Pair, gist: &Gist) -> Mark {
    let (a, b) = gist.responses;
    (id_mark(pair), [gist.cluster, a, b], (flags(gist), gist.size))
}

/// The version of facts in a table: its layout and its ratings.
fn version() -> String {
    format!("2, text {}", predilect_text::VERSION)
}

/// What was found in the texts of a pair before.
pub(super) type Recall<'a> = &'a (dyn Fn(&Pair, &Gist) -> Option<Look> + Sync);

/// What is found in the texts of a pair.
pub(super) type Look = (Gist, Option<String>, Vec<(Option<f64>, Option<f64>)>);

fn look(pair: &Pair, annotator: &Annotator, known: Recall<'_>) -> Look {
    let gist = Gist::of(pair);
    if let Some(found) = known(pair, &gist) {
        return found;
    }
    let language = pair.language.clone().or_else(|| detect_language(&pair.prompt_text()).map(str::to_owned));
    (gist, language, annotator.rate_both(pair))
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
