//! What each judge rewards, in one row.

use serde::Serialize;

use super::weights::WeightTable;

/// One judge's preference intensities.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Profile {
    /// Who.
    pub judge: String,
    /// Every property, the most rewarded first.
    pub properties: Vec<Intensity>,
}

/// How strongly one property is rewarded.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Intensity {
    /// The property's id.
    pub property: String,
    /// Mean preference intensity over the scenarios, in %: 50 is indifference.
    pub intensity: f64,
}

/// The profiles of all judges that have weights.
pub fn profiles(table: &WeightTable) -> Vec<Profile> {
    let profile = |(judge, intensities): (&String, Option<Vec<f64>>)| {
        let mut properties: Vec<Intensity> = table
            .properties
            .iter()
            .zip(intensities?)
            .map(|(property, intensity)| Intensity { property: property.clone(), intensity })
            .collect();
        properties.sort_by(|a, b| b.intensity.total_cmp(&a.intensity));
        Some(Profile { judge: judge.clone(), properties })
    };
    table.judges.iter().zip(table.intensities()).filter_map(profile).collect()
}
