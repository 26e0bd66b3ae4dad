//! Who rewards alike, and what each judge rewards in one row.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::browse::Alike;

/// How alike judges are. Matrices are square, in the order of `judges`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Similarity {
    /// The judges.
    pub judges: Vec<String>,
    /// The measure.
    pub measure: String,
    /// The groups that `overall` is the mean over: scenarios, or `all` without any.
    pub scenarios: Vec<String>,
    /// Mean similarity over the scenarios in which both judges have weights; `None` without any.
    pub overall: Vec<Vec<Option<f64>>>,
    /// Where the intervals and stabilities come from: `posterior` (draws of the weights, published ones stay at their means; a draw is
    /// noisier than a mean, so correlations of draws are lower than those of means) or `properties` (resampled with replacement, if no
    /// judge has draws).
    pub resampled: String,
    /// Judges without draws among others that have some: they are the same in every resample, and clusters of them alone look more stable
    /// than they are.
    pub unmoved: u64,
    /// 5 % quantile of the similarity over resamples.
    pub low: Vec<Vec<Option<f64>>>,
    /// Median.
    pub median: Vec<Vec<Option<f64>>>,
    /// 95 % quantile.
    pub high: Vec<Vec<Option<f64>>>,
    /// Similarity in each group, query-specific cases too.
    pub by_group: BTreeMap<String, Vec<Vec<Option<f64>>>>,
    /// Clusters; `None` if fewer than three judges can be placed.
    pub clusters: Option<Clusters>,
}

/// How alike the weights of a judge are to those of the published judges (Li et al. 2024), in the mean over the published scenarios.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct AmongPublished {
    /// The judge of the study.
    pub judge: String,
    /// Pearson's correlation with each published judge over the properties that both have, with the 90 % interval that the posterior of this
    /// judge leaves, the most alike first: published weights have no intervals.
    pub alike: Vec<Alike>,
}

/// Judges that belong together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Clusters {
    /// The judges in the order of the tree's leaves; a judge that is missing could not be placed, its similarity to some other being
    /// unknown.
    pub order: Vec<String>,
    /// The joins of the tree, closest first; judges are numbered from 0 in the order of `judges`, joins continue from the number of all
    /// judges.
    pub joins: Vec<TreeJoin>,
    /// The cut with the greatest mean silhouette, in leaf order.
    pub groups: Vec<ClusterGroup>,
    /// Its mean silhouette, -1..1.
    pub silhouette: Option<f64>,
    /// Judges on a plane.
    pub places: Vec<Place>,
    /// The share of squared distances explained by the plane, 0..1.
    pub explained: f64,
    /// Mean squared correlation of the map with those of the resamples, after the best rotation, 0..1.
    pub map_stability: f64,
}

/// Two clusters that were joined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TreeJoin {
    /// One of them.
    pub left: usize,
    /// The other.
    pub right: usize,
    /// The mean distance between them: 1 - correlation, or the mean L1 or L2 difference.
    pub height: f64,
    /// The share of resamples whose tree contains the same cluster, 0..1.
    pub stability: f64,
}

/// One cluster.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ClusterGroup {
    /// Who is in it, in leaf order.
    pub judges: Vec<String>,
    /// The share of resamples whose tree contains the same cluster, 0..1; `None` for one judge alone.
    pub stability: Option<f64>,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Place {
    /// Who.
    pub judge: String,
    /// Along the wider direction.
    pub x: f64,
    /// Along the other one.
    pub y: f64,
}

/// One judge's preference intensities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Profile {
    /// Who.
    pub judge: String,
    /// Where they come from: `all` (the fit on all of its pairs, the same as in a dissection) or `scenarios` (the mean over scenarios, as
    /// the published weights have it).
    pub of: String,
    /// Every property, the most rewarded first.
    pub properties: Vec<Intensity>,
}

/// How strongly one property is rewarded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Intensity {
    /// The property's id.
    pub property: String,
    /// Preference intensity, in %: 50 is indifference.
    pub intensity: f64,
    /// P(w > 0); `None` of means over scenarios, which come without uncertainty.
    pub p_positive: Option<f64>,
}

impl Intensity {
    /// Whether the direction is sure; `None` if it is unknown.
    pub fn is_sure(&self) -> Option<bool> {
        self.p_positive.map(|p| p.max(1.0 - p) >= 0.95)
    }
}
