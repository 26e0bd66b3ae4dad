//! What each judge rewards, in one row.

use predilect_results::comparison::{Intensity, Profile};
use predilect_results::{ALL, intensity};

use super::weights::WeightTable;

/// The profiles of all judges that have weights: one judge, one truth.
pub fn profiles(table: &WeightTable) -> Vec<Profile> {
    let all = table.groups.iter().position(|group| group == ALL);
    let means = table.intensities();
    let profile = |(judge, name): (usize, &String)| {
        let whole = all.and_then(|group| Some((table.get(judge, group)?, table.p_positive(judge, group))));
        let (of, intensities, sure) = match whole {
            Some((weights, sure)) => {
                (ALL, weights.iter().copied().map(intensity).collect::<Vec<f64>>(), sure)
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
