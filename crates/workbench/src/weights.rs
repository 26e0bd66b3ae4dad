//! What a judge rewards, as numbers to reckon with: posterior means and draws in each group, from a study or as published.

use predilect_analysis::compare::{CASES, WeightTable};
use predilect_analysis::dissect::ALL;
use predilect_analysis::{Draws, FitOptions};
use predilect_results::Fit;
use predilect_types::shown;

use crate::error::{Error, Remedy, Result};
use crate::fits::{KeptDraws, fit_all};
use crate::open::Workbench;
use crate::slice::SliceOptions;
use crate::watch::Watch;

/// What one judge rewards.
#[derive(Debug, Clone, PartialEq)]
pub struct JudgeWeights {
    /// The judge.
    pub judge: String,
    /// Whether the weights are published ones: means only.
    pub published: bool,
    /// Group by group; `all`, for every pair, comes first.
    pub groups: Vec<GroupWeights>,
}

/// What a judge rewards in one group.
#[derive(Debug, Clone, PartialEq)]
pub struct GroupWeights {
    /// The group.
    pub group: String,
    /// Ids of the properties.
    pub properties: Vec<String>,
    /// Posterior means, in log-odds.
    pub mean: Vec<f64>,
    /// P(w > 0); `None` if only means are known.
    pub p_positive: Option<Vec<f64>>,
    /// Posterior draws, row-major, as wide as the posterior over prompts; the means alone if nothing else is known.
    pub draws: Vec<f64>,
    /// Verdicts behind them; 0 where that is not known.
    pub rows: u64,
}

impl GroupWeights {
    /// How far from zero a weight may well be: its mean, and twice its sd, in log-odds. Of two means near zero the one that is known better
    /// moves less for certain; one that never varied is as wide as the prior.
    pub fn reach(&self, at: usize) -> f64 {
        let width = self.properties.len().max(1);
        let column = || self.draws.iter().skip(at).step_by(width);
        let n = column().count().max(1) as f64;
        let variance = column().map(|draw| (draw - self.mean[at]).powi(2)).sum::<f64>() / n;
        self.mean[at].abs() + 2.0 * variance.sqrt()
    }
}

impl JudgeWeights {
    /// The published weights of a judge of Li et al. (2024). `all` is the mean over the eleven scenarios.
    ///
    /// # Errors
    ///
    /// When no published judge has that name; the error lists the names.
    pub fn published(judge: &str) -> Result<Self> {
        let table = WeightTable::published();
        let at = table.judges.iter().position(|name| name == judge).ok_or_else(|| {
            Error::new(format!("`{judge}` is not among the published judges"))
                .remedy(Remedy::ChooseAmong(shown::list(&table.judges)))
        })?;
        let of = |group: usize| table.get(at, group).map(<[f64]>::to_vec);
        let mut groups = Vec::new();
        let mut sum = vec![0.0; table.properties.len()];
        let mut count = 0.0;
        for (number, name) in table.groups.iter().enumerate() {
            let Some(mean) = of(number) else { continue };
            if !CASES.contains(&name.as_str()) {
                sum.iter_mut().zip(&mean).for_each(|(sum, w)| *sum += w);
                count += 1.0;
            }
            groups.push(certain(name, &table.properties, mean));
        }
        for w in &mut sum {
            *w /= f64::max(count, 1.0);
        }
        groups.insert(0, certain(ALL, &table.properties, sum));
        Ok(Self { judge: judge.to_owned(), published: true, groups })
    }

    /// The weights in a group, whatever its case; `None` if there are none.
    pub fn group(&self, name: &str) -> Option<&GroupWeights> {
        self.groups.iter().find(|group| group.group.eq_ignore_ascii_case(name))
    }

    /// The weights over all pairs.
    ///
    /// # Errors
    ///
    /// When there are none.
    pub fn all(&self) -> Result<&GroupWeights> {
        self.group(ALL).ok_or_else(|| Error::new(format!("nothing could be fitted for {}", self.judge)))
    }
}

fn certain(group: &str, properties: &[String], mean: Vec<f64>) -> GroupWeights {
    GroupWeights {
        group: group.to_owned(),
        properties: properties.to_vec(),
        draws: mean.clone(),
        mean,
        p_positive: None,
        rows: 0,
    }
}

impl Workbench {
    /// What a judge of the study rewards, over all pairs and in every group.
    ///
    /// Draws are those of the fit, each weight's spread widened to that over prompts: `mean + (draw - mean) sd / sd of the draws`.
    ///
    /// # Errors
    ///
    /// When the judge is not in the study or cannot be fitted.
    pub fn weights(
        &self,
        judge: &str,
        slice: &SliceOptions,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<JudgeWeights> {
        let slice = SliceOptions { judges: vec![judge.to_owned()], ..slice.clone() };
        let slice = self.slice(&slice, watch)?;
        let mut kept: KeptDraws = Vec::new();
        let options = FitOptions { folds: 0, ..fit.clone() };
        let fits = fit_all(&slice.table, options, None, Some(&mut kept), watch)?;
        let mut groups: Vec<GroupWeights> = Vec::new();
        for fit in &fits.fits {
            let draws = kept.iter().find(|(name, group, _)| (name, group) == (&fit.judge, &fit.group));
            groups.push(of_fit(fit, draws.map(|(.., draws)| draws)));
        }
        groups.sort_by_key(|group| group.group != ALL);
        if groups.is_empty() {
            let why =
                fits.skipped.first().map_or_else(String::new, |skipped| format!(": {}", skipped.reason));
            return Err(Error::new(format!("nothing can be fitted for {judge}{why}")));
        }
        Ok(JudgeWeights { judge: judge.to_owned(), published: false, groups })
    }
}

fn of_fit(fit: &Fit, draws: Option<&Draws>) -> GroupWeights {
    let width = fit.weights.len();
    let mean: Vec<f64> = fit.weights.iter().map(|w| w.mean).collect();
    let rows: Vec<&[f64]> =
        draws.map_or_else(Vec::new, |draws| draws.values.chunks(draws.names.len().max(1)).collect());
    let mut values = Vec::with_capacity(rows.len() * width);
    let scale: Vec<f64> = (0..width)
        .map(|at| {
            let n = rows.len() as f64;
            let middle = rows.iter().map(|row| row[at]).sum::<f64>() / n;
            let variance = rows.iter().map(|row| (row[at] - middle).powi(2)).sum::<f64>() / n;
            if variance > 0.0 { fit.weights[at].sd / variance.sqrt() } else { 1.0 }
        })
        .collect();
    for row in &rows {
        values.extend((0..width).map(|at| mean[at] + (row[at] - mean[at]) * scale[at]));
    }
    GroupWeights {
        group: fit.group.clone(),
        properties: fit.weights.iter().map(|w| w.property.clone()).collect(),
        p_positive: Some(fit.weights.iter().map(|w| w.p_positive).collect()),
        draws: if values.is_empty() { mean.clone() } else { values },
        mean,
        rows: fit.rows,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_weights_are_means_and_all_is_the_mean_over_scenarios() {
        let weights = JudgeWeights::published("gpt-4-1106-preview").unwrap();
        assert_eq!(weights.groups.len(), 17);
        let all = weights.all().unwrap();
        assert_eq!((all.properties.len(), all.draws.len(), all.p_positive.is_none()), (29, 29, true));
        let scenarios: Vec<&GroupWeights> =
            weights.groups[1..].iter().filter(|group| !CASES.contains(&group.group.as_str())).collect();
        assert_eq!(scenarios.len(), 11);
        for at in 0..29 {
            let mean = scenarios.iter().map(|group| group.mean[at]).sum::<f64>() / 11.0;
            assert!((mean - all.mean[at]).abs() < 1e-12);
        }
        assert_eq!(weights.group("code").unwrap().group, "Code");
        let error = JudgeWeights::published("gpt-9").unwrap_err();
        assert!(error.message().contains("gpt-9"));
    }
}
