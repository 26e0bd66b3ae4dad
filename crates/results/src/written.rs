//! What verbs write as JSON, one shape each. The number `schema` rises when a field is removed or changes its meaning; new fields may be
//! added without that. `docs/json-schema` has a JSON schema of each, which a test keeps in step with these types.

use std::collections::BTreeMap;

use predilect_types::{Pair, ReadSummary, Verdict};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::cautions::Caution;
use crate::comparison::{Comparison, SliceVersus};
use crate::data::{AnnotatorAgreement, JudgeSummary};
use crate::dissection::{Dissection, PropertyNote, Settings};
use crate::explanation::Explanation;
use crate::findings::Finding;
use crate::fit::{Fit, Skipped};
use crate::headline::Headline;
use crate::people::People;
use crate::ranking::{LcBoard, Leaderboard};

/// The version of the shapes.
pub const SCHEMA: u32 = 1;

/// A result with the version of its shape.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Written<T> {
    /// The version of this shape.
    pub schema: u32,
    /// What was asked: the verb, and what differs from the usual. `predilect rerun` asks the same again, if the
    /// verb is one that it takes (dissect, compare, rank, explain, fit, judge, annotate).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub options: Option<serde_json::Value>,
    /// The result.
    #[serde(flatten)]
    pub result: T,
}

impl<T> Written<T> {
    /// In today's shape.
    pub fn new(result: T) -> Self {
        Self { schema: SCHEMA, options: None, result }
    }

    /// The same with what was asked.
    #[must_use]
    pub fn asked(self, options: serde_json::Value) -> Self {
        Self { options: Some(options), ..self }
    }
}

/// What `dissect --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct DissectJson {
    /// What was read and what was dropped.
    pub read: ReadSummary,
    /// The judges, by number of verdicts.
    pub judges: Vec<JudgeSummary>,
    /// The properties that were fitted.
    pub properties: Vec<PropertyNote>,
    /// How far annotators agree.
    pub agreements: Vec<AnnotatorAgreement>,
    /// What to know before any figure.
    pub cautions: Vec<Caution>,
    /// The finding that can be said in a sentence.
    pub headline: Option<Headline>,
    /// What can be said in a sentence, or the reason that nothing can.
    pub findings: Vec<Finding>,
    /// The people of each judge that has several.
    pub people: Vec<People>,
    /// One fit per judge and group.
    pub fits: Vec<Fit>,
    /// Judges and groups that were not fitted, and why.
    pub skipped: Vec<Skipped>,
    /// How it was done: enough to run it again.
    pub settings: Settings,
}

impl From<&Dissection> for DissectJson {
    fn from(found: &Dissection) -> Self {
        Self {
            read: found.read.clone(),
            judges: found.data.judges.clone(),
            properties: found.properties.clone(),
            agreements: found.data.agreements.clone(),
            cautions: found.cautions.clone(),
            headline: found.headline.clone(),
            findings: found.findings.clone(),
            people: found.people.clone(),
            fits: found.fits.clone(),
            skipped: found.skipped.clone(),
            settings: found.settings.clone(),
        }
    }
}

/// What `formats --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FormatsJson {
    /// The recipes of all formats, or of the one that was named, in the order in which they are tried.
    pub read: Vec<FormatJson>,
}

/// How files of a format are recognised and read: a recipe, as `--mapping` takes it in TOML.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FormatJson {
    /// The name that `--format` takes; the several files of one benchmark share it.
    pub name: String,
    /// What it is, in one line.
    pub about: String,
    /// How its records become pairs.
    pub shape: String,
    /// Fields that must all be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub all: Vec<String>,
    /// Fields of which at least one must be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub any: Vec<String>,
    /// Fields that must not be there.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub none: Vec<String>,
    /// A record of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub example: Option<String>,
    /// The other words of the recipe: where each role is found, as a path or several to try, and how verdicts are read.
    #[serde(flatten)]
    pub recipe: BTreeMap<String, serde_json::Value>,
}

/// What `dissect --versus --json` prints.
pub type VersusJson = SliceVersus;

/// What `compare --json` prints.
pub type CompareJson = Comparison;

/// What `rank --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankJson {
    /// What can be said in a sentence.
    pub findings: Vec<Finding>,
    /// The leaderboard.
    #[serde(flatten)]
    pub board: Leaderboard,
    /// With each control alone, where there are several.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub alone: Vec<Leaderboard>,
    /// What is left out, by reason.
    pub left_out: BTreeMap<String, u64>,
}

/// What `rank --method lc --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RankLcJson {
    /// What can be said in a sentence.
    pub findings: Vec<Finding>,
    /// The leaderboard.
    #[serde(flatten)]
    pub board: LcBoard,
    /// What is left out, by reason.
    pub left_out: BTreeMap<String, u64>,
}

/// What `import --preview --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PreviewJson {
    /// What was read of the files, and how.
    pub read: ReadSummary,
    /// The first pairs with what is said of each.
    pub pairs: Vec<PairSeen>,
    /// Why an import would stop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stops: Option<String>,
}

/// One pair with its verdicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PairSeen {
    /// The pair.
    pub pair: Pair,
    /// The verdicts on it.
    pub verdicts: Vec<Verdict>,
}

/// What `explain --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ExplainJson {
    /// The pair's id.
    pub pair: String,
    /// Why its verdict came out as it did.
    #[serde(flatten)]
    pub explanation: Explanation,
}

/// What `fit --json` prints.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FitJson {
    /// What to know before any figure.
    pub cautions: Vec<Caution>,
    /// One fit per judge and group.
    pub fits: Vec<Fit>,
    /// Judges and groups that were not fitted, and why.
    pub skipped: Vec<Skipped>,
    /// Columns without numbers, which were passed over.
    pub ignored_columns: Vec<String>,
    /// Rows that are left out, by reason.
    pub dropped: BTreeMap<String, u64>,
}

/// The posteriors of a slice, as queried interactively.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Answer {
    /// Pairs of the slice.
    pub pairs: u64,
    /// How many of them were counted, drawn at random, where not all were.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampled: Option<u64>,
    /// Pairs of the study.
    pub of_pairs: u64,
    /// Verdicts on them that were fitted.
    pub verdicts: u64,
    /// One posterior for each judge, of all its verdicts and of those in each group; unchecked.
    pub fits: Vec<Fit>,
    /// Judges and groups that cannot be fitted, and why.
    pub skipped: Vec<Skipped>,
}
