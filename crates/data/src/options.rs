//! How to read, what comes out and how far it is: the words between this crate and its callers.

use predilect_types::{Pair, Rating, Verdict};

use crate::format::Format;
use crate::recipe::{Mapping, Recipe};

/// What to do with a record that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OnBadRow {
    /// The import ends there, with an error that says where and why.
    #[default]
    Stop,
    /// The record is counted by reason, and the import continues.
    Skip,
}

/// Whether the people who together are one judge are kept as separate judges.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Judges {
    /// Up to 20 people of one judge are separate judges, more are pooled.
    #[default]
    Auto,
    /// All verdicts count under the name of the judge that the people are together.
    Pooled,
    /// Every named person is a judge.
    Each,
}

impl Judges {
    /// Names the judge of a verdict in that way.
    pub fn settle(self, verdict: &mut Verdict) {
        match self {
            Self::Auto => {}
            Self::Pooled => verdict.pool(),
            Self::Each => verdict.split(),
        }
    }
}

/// How to read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// The format of all inputs; detected for each by default.
    pub format: Option<Format>,
    /// What to do with a record that cannot be used.
    pub on_bad_row: OnBadRow,
    /// Ends after this many pairs.
    pub limit: Option<u64>,
    /// The judge's name for all files, whatever they say.
    pub judge: Option<String>,
    /// The judge's name for single files: the file's path, name or stem, and the judge.
    pub judge_of: Vec<(String, String)>,
    /// The user's own recipe, for all inputs.
    pub recipe: Option<Recipe>,
    /// What the user says of single columns.
    pub mapping: Mapping,
    /// A file with the texts for votes in the other files.
    pub texts: Option<std::path::PathBuf>,
    /// The column by which votes find their texts; by default one that both have.
    pub on: Option<String>,
    /// Of ranked responses only neighbours are paired.
    pub neighbours: bool,
    /// Whether annotators are separate judges.
    pub judges: Judges,
    /// Pairs without any verdict are what is wanted.
    pub without_verdicts: bool,
    /// A completion that is labelled good or bad by itself is handed on as it is instead of being paired with others of its prompt: as a pair
    /// whose response B says nothing, with a verdict for A if it is good and for B if it is bad.
    pub singly: bool,
    /// What a single input is called in messages and in the study, if its path does not show it.
    pub shown: Option<String>,
    /// A record larger than this is a bad row; one JSON object that contains a whole data set may be 16 times as large.
    pub max_record_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            format: None,
            on_bad_row: OnBadRow::Stop,
            limit: None,
            judge: None,
            judge_of: Vec::new(),
            recipe: None,
            mapping: Mapping::default(),
            texts: None,
            on: None,
            neighbours: false,
            judges: Judges::default(),
            without_verdicts: false,
            singly: false,
            shown: None,
            max_record_bytes: 64 << 20,
        }
    }
}

/// One thing that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A pair; it comes before all that refers to it.
    Pair(Box<Pair>),
    /// A verdict on a pair that came before.
    Verdict(Verdict),
    /// A rating of a pair that came before.
    Rating(Rating),
}

/// How far the reading is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The file being read.
    pub source: &'a str,
    /// Bytes of it read so far, as stored on the disk.
    pub bytes_read: u64,
    /// Its size on the disk, where it has one.
    pub bytes_total: Option<u64>,
    /// Pairs kept so far, of all files.
    pub pairs: u64,
}
