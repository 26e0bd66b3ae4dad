//! Which of the published judges reward what a judge with these weights rewards?

use predilect_results::Fit;
use predilect_results::browse::Alike;
use predilect_results::comparison::Interval;
use predilect_stats::resample::quantile;
use predilect_stats::similarity::Measure;

use super::similarity::moved;
use super::weights::WeightTable;
use crate::Draws;

/// Fewer properties that both have say nothing of how alike two judges are.
const FEWEST: usize = 5;

/// The correlation of the weights of a fit with those of each published judge (Li et al. 2024), in the mean over the scenarios, the most alike
/// first.
///
/// Pearson's correlation over the properties that both have, with the 90 % interval that the draws of this fit leave around it, as for
/// [`super::similarity()`]: the published weights have no intervals. Empty without draws, and where fewer than five properties are shared; a judge with the same weight everywhere is left out.
pub fn published_alike(fit: &Fit, draws: Option<&Draws>) -> Vec<Alike> {
    let weights: Vec<(&str, f64)> = fit.weights.iter().map(|own| (own.property.as_str(), own.mean)).collect();
    draws.map_or_else(Vec::new, |draws| alike(&weights, draws))
}

/// The same of the mean weights of properties.
fn alike(weights: &[(&str, f64)], draws: &Draws) -> Vec<Alike> {
    let table = WeightTable::published();
    // The mean, and the place in the draws and in the published weights.
    let shared: Vec<(f64, usize, usize)> = weights
        .iter()
        .filter_map(|(property, mean)| {
            let is = |name: &String| name == property;
            Some((*mean, draws.names.iter().position(is)?, table.properties.iter().position(is)?))
        })
        .collect();
    if shared.len() < FEWEST {
        return Vec::new();
    }
    let means: Vec<f64> = shared.iter().map(|(mean, ..)| *mean).collect();
    let drawn: Vec<Vec<f64>> = draws
        .values
        .chunks_exact(draws.names.len().max(1))
        .map(|row| shared.iter().map(|(_, at, _)| row[*at]).collect())
        .collect();
    let scenarios = table.scenarios();
    let mut all: Vec<Alike> = (0..table.judges.len())
        .filter_map(|judge| {
            let known: Vec<&[f64]> = scenarios.iter().filter_map(|at| table.get(judge, *at)).collect();
            let mean = |at: usize| known.iter().map(|row| row[at]).sum::<f64>() / known.len() as f64;
            let theirs: Vec<f64> = shared.iter().map(|(.., at)| mean(*at)).collect();
            let value = Measure::Pearson.of(&means, &theirs)?;
            let mut each: Vec<f64> =
                drawn.iter().filter_map(|own| Measure::Pearson.of(own, &theirs)).collect();
            // Draws are noisier than means and so less alike: their middle is moved to the estimate.
            let middle = quantile(&mut each, 0.5)?;
            let mut end = |q: f64| Some(moved(quantile(&mut each, q)?, middle, value, Measure::Pearson));
            let (low, high) = (end(0.05)?, end(0.95)?);
            Some(Alike { judge: table.judges[judge].clone(), correlation: Interval { value, low, high } })
        })
        .collect();
    all.sort_by(|a, b| b.correlation.value.total_cmp(&a.correlation.value));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_judge_with_published_weights_resembles_itself_most() {
        let table = WeightTable::published();
        let judge = table.judges.iter().position(|name| name == "gpt-4-1106-preview").expect("a judge");
        let rows: Vec<&[f64]> = table.scenarios().iter().filter_map(|at| table.get(judge, *at)).collect();
        let mean = |at: usize| rows.iter().map(|row| row[at]).sum::<f64>() / rows.len() as f64;
        let means: Vec<f64> = (0..table.properties.len()).map(mean).collect();
        let weights: Vec<(&str, f64)> =
            table.properties.iter().map(String::as_str).zip(means.iter().copied()).collect();
        let values = means.iter().chain(&means).copied().collect();
        let draws = Draws { names: table.properties.clone(), values, over: None };
        let found = alike(&weights, &draws);
        assert_eq!((found.len(), found[0].judge.as_str()), (33, "gpt-4-1106-preview"));
        let Interval { value, low, high } = found[0].correlation;
        assert!((value - 1.0).abs() < 1e-12 && (low - 1.0).abs() < 1e-12 && (high - 1.0).abs() < 1e-12);
        assert!(found[1].correlation.value < 1.0 - 1e-6, "{:?}", found[1]);
        assert!(alike(&weights[..4], &draws).is_empty());
    }

    #[test]
    fn the_estimate_lies_within_its_interval_however_noisy_the_draws() {
        let table = WeightTable::published();
        let weights: Vec<(&str, f64)> =
            table.properties.iter().enumerate().map(|(at, name)| (name.as_str(), (at % 5) as f64)).collect();
        let mut state = 7_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) as f64 / f64::from(1_u32 << 30) - 1.0
        };
        let values = (0..200)
            .flat_map(|_| weights.iter().map(|(_, mean)| mean + 9.0 * noise()).collect::<Vec<_>>())
            .collect();
        let draws = Draws { names: table.properties.clone(), values, over: None };
        for one in alike(&weights, &draws) {
            let Interval { value, low, high } = one.correlation;
            assert!(low < value && value < high, "{one:?}");
        }
    }
}
