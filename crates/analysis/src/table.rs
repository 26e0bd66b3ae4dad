//! What is fitted: features of pairs beside the verdicts on them, in memory.

use predilect_types::Order;

/// A feature: a property of the catalogue or a column of a user's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// The property's id or the column's name.
    pub name: String,
}

/// What a fit needs to know of a pair beside its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairInfo {
    /// Pairs of one prompt have one cluster; folds never cut through it.
    pub cluster: u64,
    /// Index of A's model in [`FeatureTable::models`].
    pub model_a: Option<u32>,
    /// Index of B's model.
    pub model_b: Option<u32>,
    /// Index of the group in [`FeatureTable::groups`].
    pub group: Option<u32>,
}

/// One verdict on one pair.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct VerdictRow {
    /// Index of the pair.
    pub pair: u32,
    /// Index of the judge in [`FeatureTable::judges`].
    pub judge: u32,
    /// The verdict in \[0, 1\].
    pub p_a: f64,
    /// Row weight, 0 or more.
    pub weight: f64,
    /// Order of presentation.
    pub order: Order,
}

/// Features and verdicts, each stored once however many fits read them.
#[derive(Debug, Clone, Default)]
pub struct FeatureTable {
    /// The features, one per column.
    pub features: Vec<Feature>,
    /// Row-major, one row per pair; NaN where a rating is missing.
    pub values: Vec<f64>,
    /// One per pair.
    pub pairs: Vec<PairInfo>,
    /// All verdicts.
    pub verdicts: Vec<VerdictRow>,
    /// Names of the judges.
    pub judges: Vec<String>,
    /// Names of the models.
    pub models: Vec<String>,
    /// Names of the groups.
    pub groups: Vec<String>,
}

impl FeatureTable {
    /// The features of one pair.
    pub fn row(&self, pair: u32) -> &[f64] {
        let width = self.features.len();
        &self.values[pair as usize * width..][..width]
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|f| f.name == name)
    }

    /// The index of a name in a list of names, appended if it is new.
    ///
    /// Lists are short (judges, models, groups); a caller with a million names keeps a map of its own.
    pub fn intern(names: &mut Vec<String>, name: &str) -> u32 {
        let at = names.iter().position(|n| n == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        at as u32
    }
}
