//! What made a study: sources, versions, seeds and options, enough to run it again.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use predilect_types::{ReadSummary, SourceSummary, parsed};
use serde::{Deserialize, Serialize};

use super::folder::Study;
use crate::error::DataError;
use crate::files::NewFile;
use crate::options::{Judges, OnBadRow, ReadOptions};
use crate::recipe::{Mapping, Recipe};

/// The layout of the tables that this crate writes; a study of a later one is not read.
const LAYOUT: u32 = 1;

/// `study.toml`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StudyToml {
    /// The layout of the tables.
    pub layout: u32,
    /// The version of Predilect that wrote it last.
    pub predilect: String,
    /// What was imported.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub import: Option<ImportEntry>,
    /// The other steps by name, each with its options, seed and what its tables were derived from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, toml::Table>,
}

/// What was imported, and how.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ImportEntry {
    /// Records read.
    pub rows: u64,
    /// Pairs kept.
    pub pairs: u64,
    /// Verdicts kept.
    pub verdicts: u64,
    /// The format that was forced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Whether bad records were left out.
    pub skip_bad_rows: bool,
    /// The most pairs that were wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
    /// The judge's name for all files, whatever they say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judge: Option<String>,
    /// The judges named for single files.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub judge_of: Vec<(String, String)>,
    /// What the user said of columns, as `--map` takes it.
    #[serde(default, skip_serializing_if = "Mapping::is_empty")]
    pub map: Mapping,
    /// The user's own recipe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mapping: Option<Recipe>,
    /// The file with the texts of the others' votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub texts: Option<String>,
    /// The column by which votes find their texts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<String>,
    /// Whether annotators are separate judges.
    #[serde(default)]
    pub judges: Judges,
    /// Whether only neighbouring ranks were paired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub neighbours: bool,
    /// What was not used, by reason.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub dropped: BTreeMap<String, u64>,
    /// What only repeats something else, by kind.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub merged: BTreeMap<String, u64>,
    /// The files with their size and checksum, to recognise one that is added twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub files: Vec<(String, String)>,
    /// The files.
    #[serde(default)]
    pub sources: Vec<SourceSummary>,
}

impl ImportEntry {
    /// From the options and the summary of an import.
    pub fn new(options: &ReadOptions, summary: &ReadSummary) -> Self {
        Self {
            rows: summary.rows,
            pairs: summary.pairs,
            verdicts: summary.verdicts,
            format: options.format.map(|format| format.to_string()),
            skip_bad_rows: options.on_bad_row == OnBadRow::Skip,
            limit: options.limit,
            judge: options.judge.clone(),
            judge_of: options.judge_of.clone(),
            map: options.mapping.clone(),
            mapping: options.recipe.clone(),
            texts: options.texts.as_ref().map(|path| path.display().to_string()),
            on: options.on.clone(),
            judges: options.judges,
            neighbours: options.neighbours,
            dropped: summary.dropped.clone(),
            merged: summary.merged.clone(),
            files: Vec::new(),
            sources: summary.sources.clone(),
        }
    }

    /// Adds what an earlier import of the same study read.
    pub(crate) fn after(&mut self, before: Self) {
        self.rows += before.rows;
        self.pairs += before.pairs;
        self.verdicts += before.verdicts;
        for (reason, count) in before.dropped {
            *self.dropped.entry(reason).or_default() += count;
        }
        for (kind, count) in before.merged {
            *self.merged.entry(kind).or_default() += count;
        }
        self.files.splice(0..0, before.files);
        self.sources.splice(0..0, before.sources);
    }
}

impl Default for StudyToml {
    fn default() -> Self {
        Self {
            layout: LAYOUT,
            predilect: env!("CARGO_PKG_VERSION").to_owned(),
            import: None,
            steps: BTreeMap::new(),
        }
    }
}

impl StudyToml {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When it is not there, is not valid TOML, or belongs to a later layout.
    pub fn load(study: &Study) -> Result<Self, DataError> {
        let path = study.toml_path();
        let shown = path.display().to_string();
        let bytes = fs::read(&path).map_err(|e| DataError::path_io(&path, "read", e))?;
        let text = String::from_utf8(bytes).map_err(|_| {
            DataError::study(shown.clone(), "it is not text in UTF-8")
                .with_remedy("correct it, or import the data again")
        })?;
        let read: Self = toml::from_str(&text).map_err(|e| {
            DataError::study(shown.clone(), parsed::plain(e.message()))
                .with_remedy("correct it, or import the data again")
        })?;
        if read.layout > LAYOUT {
            return Err(DataError::later_layout(
                shown,
                format!("the study has layout {}, later than {LAYOUT}", read.layout),
            )
            .with_remedy("use the version of Predilect that wrote it, or a later one"));
        }
        Ok(read)
    }

    /// Reads it where it is there.
    ///
    /// # Errors
    ///
    /// As [`StudyToml::load`], except for a missing file.
    pub fn load_or_new(study: &Study) -> Result<Self, DataError> {
        if study.toml_path().exists() { Self::load(study) } else { Ok(Self::default()) }
    }

    /// Writes it atomically.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn save(&self, study: &Study) -> Result<(), DataError> {
        self.stage(study)?.finish()
    }

    /// The whole file, without its name.
    pub(super) fn stage(&self, study: &Study) -> Result<NewFile, DataError> {
        let path = study.toml_path();
        let current = Self { predilect: env!("CARGO_PKG_VERSION").to_owned(), ..self.clone() };
        let text = toml::to_string_pretty(&current)
            .map_err(|e| DataError::study(path.display().to_string(), e.to_string()))?;
        let mut file = NewFile::of(&path)?;
        file.write_all(text.as_bytes()).map_err(|e| DataError::path_io(&path, "write", e))?;
        Ok(file)
    }
}
