//! Posterior draws as a table, written fit by fit.

use std::path::{Path, PathBuf};

use arrow_array::RecordBatch;
use predilect_analysis::Draws;
use predilect_data::BatchFile;
use predilect_results::Fit;

use super::columns::{batch, float, text, whole};
use crate::error::Result;

/// Draws in long form, one fit after the other: judge, group, draw, property, value.
pub struct DrawsFile {
    path: PathBuf,
    file: Option<BatchFile>,
}

impl DrawsFile {
    /// A table to be written; no file yet.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), file: None }
    }

    /// Adds the draws of one fit.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn write(&mut self, fit: &Fit, draws: &Draws) -> Result<()> {
        self.add(&draw_rows(Some(fit), draws)?)
    }

    fn add(&mut self, rows: &RecordBatch) -> Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            None => self.file.insert(BatchFile::create(&self.path, rows.schema())?),
        };
        Ok(file.write(rows)?)
    }

    /// Puts the file in its place; without any fit it is there and empty.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn finish(mut self) -> Result<()> {
        if self.file.is_none() {
            self.add(&draw_rows(None, &Draws { names: Vec::new(), values: Vec::new(), over: None })?)?;
        }
        Ok(self.file.map_or(Ok(()), BatchFile::finish)?)
    }
}

fn draw_rows(fit: Option<&Fit>, draws: &Draws) -> Result<RecordBatch> {
    let d = draws.names.len().max(1);
    let n = draws.values.len();
    let same = |value: Option<&str>| text((0..n).map(|_| value));
    batch(vec![
        ("judge", same(fit.map(|fit| fit.judge.as_str()))),
        ("group", same(fit.map(|fit| fit.group.as_str()))),
        ("draw", whole((0..n).map(|i| Some((i / d) as u64)))),
        ("property", text((0..n).map(|i| draws.names.get(i % d).map(String::as_str)))),
        ("value", float(draws.values.iter().map(|&value| Some(value)))),
    ])
}
