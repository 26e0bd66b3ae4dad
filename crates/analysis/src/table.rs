//! What is fitted: features of pairs and the verdicts on them, in memory.

use std::borrow::Cow;

use predilect_types::Order;

use crate::values::Values;

/// A feature: a property of the catalogue or a column of a user's table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Feature {
    /// The property's id or the column's name.
    pub name: String,
}

/// What a fit needs to know of a pair in addition to its features.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairInfo {
    /// Pairs of one prompt have one cluster; folds never cut through it.
    pub cluster: u64,
    /// Index of A's model in [`FeatureTable::models`].
    pub model_a: Option<u32>,
    /// Index of B's model.
    pub model_b: Option<u32>,
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
    /// Index of the person in [`FeatureTable::annotators`], where the verdict names one.
    pub annotator: Option<u32>,
    /// The verdict's own group, which replaces the pair's: index in [`FeatureTable::groups`].
    pub group: Option<u32>,
}

/// Features and verdicts, each stored once however many fits read them.
#[derive(Debug, Clone, Default)]
pub struct FeatureTable {
    /// The features, one per column.
    pub features: Vec<Feature>,
    /// Row-major, one row per pair; NaN where a rating is missing.
    pub values: Values,
    /// One per pair.
    pub pairs: Vec<PairInfo>,
    /// The number of each pair's prompt among all prompts; empty if they have not been counted.
    pub prompts: Vec<u32>,
    /// All verdicts.
    pub verdicts: Vec<VerdictRow>,
    /// Names of the judges.
    pub judges: Vec<String>,
    /// Names of the people among the judges.
    pub annotators: Vec<String>,
    /// Names of the models.
    pub models: Vec<String>,
    /// Names of the groups.
    pub groups: Vec<String>,
    /// Indices in [`FeatureTable::groups`], those of a pair together. Most pairs have one or none.
    pub memberships: Vec<u32>,
    /// Where those of each pair end; empty where there are no groups.
    pub group_ends: Vec<u32>,
    /// Names of the parts in which the data came; empty where there is one only.
    pub subsets: Vec<String>,
    /// Index in [`FeatureTable::subsets`], one per pair, where there are any.
    pub subset_of: Vec<u32>,
    /// What uncertainty is over, one or two units; empty: prompts, and annotators where they repeat.
    pub units: Vec<Unit>,
}

impl FeatureTable {
    /// The groups that a pair belongs to.
    pub fn groups_of(&self, pair: u32) -> &[u32] {
        let at = pair as usize;
        let Some(&to) = self.group_ends.get(at) else { return &[] };
        let from = at.checked_sub(1).map_or(0, |before| self.group_ends[before]);
        self.memberships.get(from as usize..to as usize).unwrap_or_default()
    }

    /// The groups that a verdict belongs to: its own, else those of its pair.
    pub fn groups_of_verdict<'a>(&'a self, verdict: &'a VerdictRow) -> &'a [u32] {
        if verdict.group.is_some() { verdict.group.as_slice() } else { self.groups_of(verdict.pair) }
    }

    /// The same with the units that the user names instead of prompts: the values of a field, or with `independent` every pair.
    pub fn over_units(&self, independent: bool) -> Cow<'_, Self> {
        let field = self.units.iter().find_map(|unit| match unit {
            Unit::Field { of_pair, .. } => Some(of_pair),
            Unit::Prompt | Unit::Annotator => None,
        });
        if field.is_none() && !independent {
            return Cow::Borrowed(self);
        }
        let mut out = Self { prompts: Vec::new(), ..self.clone() };
        for (at, pair) in out.pairs.iter_mut().enumerate() {
            pair.cluster = match field {
                Some(of_pair) if !independent => of_pair[at],
                _ => at as u64,
            };
        }
        Cow::Owned(out)
    }

    /// What [`FeatureTable::over_units`] uses instead of prompts: a field's name, `pair` or `prompt`.
    pub fn unit(&self, independent: bool) -> &str {
        let field = self.units.iter().find(|unit| matches!(unit, Unit::Field { .. }));
        match field {
            _ if independent => "pair",
            Some(unit) => unit.name(),
            None => "prompt",
        }
    }

    /// The features of one pair.
    pub fn row(&self, pair: u32) -> impl ExactSizeIterator<Item = f64> + Clone + '_ {
        let width = self.features.len();
        self.values.some(pair as usize * width, width)
    }

    /// One feature of one pair.
    pub fn value(&self, pair: u32, feature: usize) -> f64 {
        self.values.at(pair as usize * self.features.len() + feature)
    }

    /// The column of that name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.features.iter().position(|f| f.name == name)
    }

    /// The root mean square of each column over the pairs where it is there; 0 for a column without any value but 0.
    ///
    /// Not the sd: without an intercept, 0 means "no difference" and must stay where it is.
    pub fn scales(&self) -> Vec<f64> {
        let width = self.features.len();
        (0..width)
            .map(|column| {
                let there = self.values.iter().skip(column).step_by(width).filter(|x| !x.is_nan());
                let (count, sum) = there.fold((0_u64, 0.0), |(n, sum), x| (n + 1, sum + x * x));
                if count == 0 { 0.0 } else { (sum / count as f64).sqrt() }
            })
            .collect()
    }

    /// Divides each column by its scale, so that one prior fits all: a weight then counts for a typical difference.
    pub fn standardise(&mut self) {
        let scales = self.scales();
        let divided = |(value, scale): (f64, &f64)| if *scale > 0.0 { value / scale } else { value };
        self.values = self.values.iter().zip(scales.iter().cycle()).map(divided).collect();
    }

    /// The index of a name in a list of names, appended if it is new.
    ///
    /// Lists are short (judges, models, groups); a caller with a million names keeps a map instead.
    pub fn intern(names: &mut Vec<String>, name: &str) -> u32 {
        let at = names.iter().position(|n| n == name).unwrap_or_else(|| {
            names.push(name.to_owned());
            names.len() - 1
        });
        at as u32
    }
}

/// The unit of a way of clustering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unit {
    /// The prompt of the pair.
    Prompt,
    /// The person who gave the verdict.
    Annotator,
    /// The value of a field, one hash per pair.
    Field {
        /// The field's name.
        name: String,
        /// One per pair; a pair without a value is its own unit.
        of_pair: Vec<u64>,
    },
}

impl Unit {
    /// What it is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Prompt => "prompt",
            Self::Annotator => "annotator",
            Self::Field { name, .. } => name,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standardised_column_has_a_root_mean_square_of_one() {
        let features = ["a", "b", "c"].map(|name| Feature { name: name.to_owned() }).to_vec();
        let values = [300.0, 0.0, f64::NAN, -400.0, 0.0, 0.5].into_iter().collect();
        let mut table = FeatureTable { features, values, ..FeatureTable::default() };
        assert_eq!(table.scales(), [(125_000.0_f64).sqrt(), 0.0, 0.5]);
        table.standardise();
        let scales = table.scales();
        assert!((scales[0] - 1.0).abs() < 1e-15 && scales[1] == 0.0 && scales[2] == 1.0);
        assert!(table.value(0, 2).is_nan() && table.value(1, 0) < 0.0);
    }
}
