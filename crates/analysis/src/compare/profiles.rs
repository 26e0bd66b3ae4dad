//! What each judge rewards, in one row.

use serde::Serialize;

use super::weights::WeightTable;
use crate::dissect::ALL;

/// One judge's preference intensities.
#[derive(Debug, Clone, PartialEq, Serialize)]
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
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Intensity {
    /// The property's id.
    pub property: String,
    /// Preference intensity, in %: 50 is indifference.
    pub intensity: f64,
    /// P(w > 0); `None` of means over scenarios, which come without uncertainty.
    pub p_positive: Option<f64>,
}

impl Intensity {
    /// Whether the direction is sure; `None` where nothing is known of it.
    pub fn is_sure(&self) -> Option<bool> {
        self.p_positive.map(|p| p.max(1.0 - p) >= 0.95)
    }
}

/// The profiles of all judges that have weights: one judge, one truth.
pub fn profiles(table: &WeightTable) -> Vec<Profile> {
    let all = table.groups.iter().position(|group| group == ALL);
    let means = table.intensities();
    let profile = |(judge, name): (usize, &String)| {
        let whole = all.and_then(|group| Some((table.get(judge, group)?, table.p_positive(judge, group))));
        let (of, intensities, sure) = match whole {
            Some((weights, sure)) => {
                (ALL, weights.iter().map(|w| 100.0 / (1.0 + (-w).exp())).collect::<Vec<f64>>(), sure)
            }
            None => ("scenarios", means[judge].clone()?, None),
        };
        let mut properties: Vec<Intensity> = table
            .properties
            .iter()
            .zip(intensities)
            .enumerate()
            .map(|(at, (property, intensity))| Intensity {
                property: property.clone(),
                intensity,
                p_positive: sure.map(|sure| sure[at]),
            })
            .collect();
        properties.sort_by(|a, b| b.intensity.total_cmp(&a.intensity));
        Some(Profile { judge: name.clone(), of: of.to_owned(), properties })
    };
    table.judges.iter().enumerate().filter_map(profile).collect()
}
