//! Explanations of many verdicts in one table, written as they are found.

use std::path::Path;

use arrow_array::RecordBatch;
use predilect_data::BatchFile;
use predilect_results::Explanation;

use super::columns::{batch, float, text};
use crate::error::Result;

/// One row per pair and contribution: pair, judge, group, verdict, value with its interval, property, comparison, shap with its
/// interval. A pair in which nothing differs has one row without property.
pub struct ExplanationsFile(BatchFile);

impl ExplanationsFile {
    /// Starts the table.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn create(path: &Path) -> Result<Self> {
        Ok(Self(BatchFile::create(path, rows(&[])?.schema())?))
    }

    /// Adds explanations with the ids of their pairs.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn write(&mut self, explained: &[(String, Explanation)]) -> Result<()> {
        Ok(self.0.write(&rows(explained)?)?)
    }

    /// Puts the table in its place.
    ///
    /// # Errors
    ///
    /// When the table cannot be written.
    pub fn finish(self) -> Result<()> {
        Ok(self.0.finish()?)
    }
}

pub(super) fn rows(explained: &[(String, Explanation)]) -> Result<RecordBatch> {
    let mut rows = Vec::new();
    for (pair, e) in explained {
        if e.contributions.is_empty() {
            rows.push((pair, e, None));
        }
        rows.extend(e.contributions.iter().map(|c| (pair, e, Some(c))));
    }
    batch(vec![
        ("pair", text(rows.iter().map(|row| Some(row.0.as_str())))),
        ("judge", text(rows.iter().map(|row| Some(row.1.judge.as_str())))),
        ("group", text(rows.iter().map(|row| Some(row.1.group.as_str())))),
        ("p_a", float(rows.iter().map(|row| row.1.p_a))),
        ("value", float(rows.iter().map(|row| Some(row.1.value)))),
        ("value_q05", float(rows.iter().map(|row| Some(row.1.low)))),
        ("value_q95", float(rows.iter().map(|row| Some(row.1.high)))),
        ("property", text(rows.iter().map(|row| row.2.map(|c| c.property.as_str())))),
        ("comparison", float(rows.iter().map(|row| row.2.map(|c| c.comparison)))),
        ("shap", float(rows.iter().map(|row| row.2.map(|c| c.shap)))),
        ("q05", float(rows.iter().map(|row| row.2.map(|c| c.low)))),
        ("q95", float(rows.iter().map(|row| row.2.map(|c| c.high)))),
    ])
}
