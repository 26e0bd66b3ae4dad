//! What is a slice, ready to be fitted?

use std::collections::BTreeMap;

use predilect_analysis::FitOptions;
use predilect_analysis::cautions::cautions;
use predilect_analysis::compare::{Shown, Traits};
use predilect_analysis::table::FeatureTable;
use predilect_results::{Caution, DataSummary, People, PropertyNote};

/// Pairs and verdicts of a study, ready to be fitted.
#[derive(Debug)]
pub struct Slice {
    /// Features of pairs with the verdicts on them.
    pub table: FeatureTable,
    /// What the data look like.
    pub data: DataSummary,
    /// What each feature is, and how it was rated.
    pub notes: Vec<PropertyNote>,
    /// Bytes of each pair, for choosing examples worth reading.
    pub sizes: Vec<u32>,
    /// Ratings of each pair on each feature, as pairs of A and B; NaN where missing.
    pub ratings: Vec<(f32, f32)>,
    /// Whether the data say that they were made up.
    pub simulated: bool,
    /// What the texts of each pair show, independent of the judge.
    pub traits: Vec<Traits>,
    /// Answers whose order of presentation is known.
    pub shown: Vec<Shown>,
    /// Verdicts on pairs that the study does not contain.
    pub orphans: u64,
    /// Verdicts on pairs to which accuracy does not apply, where errors are fitted: they are left out.
    pub inapplicable: u64,
    /// Number of each pair in the study.
    pub rows: Vec<u32>,
}

impl Slice {
    /// Verdicts that do not count, by reason.
    pub fn left_out(&self) -> BTreeMap<String, u64> {
        let reasons = [
            ("verdict without a pair", self.orphans),
            ("verdict on a pair to which accuracy does not apply (not fitted)", self.inapplicable),
        ];
        reasons
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .map(|(name, count)| (name.to_owned(), count))
            .collect()
    }

    /// How far the people of each judge agree, where several of them are named.
    pub fn people(&self) -> Vec<People> {
        predilect_analysis::people::people(&self.table, &self.traits)
    }

    /// What to know of these data before any figure, whatever is fitted.
    pub fn cautions(&self, fit: &FitOptions) -> Vec<Caution> {
        cautions(&self.table, &self.traits, &self.data, &[], fit)
    }
}
