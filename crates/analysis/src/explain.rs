//! Why did one verdict come out as it did? Exact Shapley values of the fitted probability, with their uncertainty.

use std::collections::HashMap;

use predilect_results::{ALL, Contribution, Explanation};
use predilect_stats::resample::quantile;
use predilect_stats::shapley::shapley;
use predilect_stats::sigmoid;
use rayon::prelude::*;

use crate::fit::drawn;
use crate::fit_options::{Draws, Engine, FitOptions};
use crate::posterior;
use crate::refusal::Refusal;
use crate::rows::columns;
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::Design;
use predilect_results::Fit;

/// Posterior draws behind the intervals of one pair, wherever it is shown.
pub const DRAWS: usize = 1000;
/// The same where every pair is explained: ends of intervals are then sure to about a fifth of their width.
pub const DRAWS_OF_MANY: usize = 100;

/// A judge's model in one group, ready to explain any pair.
pub struct Explainer<'a> {
    table: &'a FeatureTable,
    /// The judge's verdicts by pair: the first, the sum, the count, and whether it was fitted.
    verdicts: HashMap<u32, (VerdictRow, f64, u32, bool)>,
    judge: u32,
    model: Model,
}

/// A judge's fit with the draws that explanations are by, whatever table the pairs are in.
#[derive(Debug, Clone)]
pub struct Model {
    fit: Fit,
    draws: Draws,
    design: Design,
}

/// A verdict that is to be explained.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Subject {
    /// The judge's verdict, the first of several; without any, one of the same pair in an unknown order.
    pub row: VerdictRow,
    /// Whether it is among those that were fitted.
    pub fitted: bool,
    /// What the judge said, the mean of several.
    pub p_a: Option<f64>,
}

impl Subject {
    /// The subject of a judge with these verdicts on one pair, which are either all `fitted` or not at all.
    pub fn of(pair: u32, judge: u32, rows: &[VerdictRow], fitted: bool) -> Self {
        let count = rows.len().max(1) as f64;
        match rows.first() {
            Some(row) => {
                Self { row: *row, fitted, p_a: Some(rows.iter().map(|row| row.p_a).sum::<f64>() / count) }
            }
            None => Self {
                row: VerdictRow {
                    pair,
                    judge,
                    p_a: 0.5,
                    weight: 1.0,
                    order: predilect_types::Order::Unknown,
                    annotator: None,
                    group: None,
                },
                fitted: false,
                p_a: None,
            },
        }
    }
}

impl<'a> Explainer<'a> {
    /// Fits the judge's verdicts in that group ([`ALL`]: all of them); intervals are by this many draws.
    ///
    /// # Errors
    ///
    /// Why it cannot be fitted, in words for the reader.
    pub fn new(
        table: &'a FeatureTable,
        judge: &str,
        group: &str,
        options: &FitOptions,
        draws: usize,
    ) -> Result<Self, Refusal> {
        let number = table.judges.iter().position(|name| name == judge).ok_or(Refusal::NoJudge)? as u32;
        let within = if group == ALL {
            None
        } else {
            Some(table.groups.iter().position(|name| name == group).ok_or(Refusal::NoGroup)? as u32)
        };
        let rows: Vec<VerdictRow> = table
            .verdicts
            .iter()
            .filter(|v| {
                v.judge == number && within.is_none_or(|group| table.groups_of_verdict(v).contains(&group))
            })
            .copied()
            .collect();
        let mut model = Model::fitted(table, &rows, judge, options, draws)?;
        group.clone_into(&mut model.fit.group);
        let mut verdicts: HashMap<u32, (VerdictRow, f64, u32, bool)> = HashMap::new();
        for verdict in table.verdicts.iter().filter(|v| v.judge == number) {
            let slot = verdicts.entry(verdict.pair).or_insert((*verdict, 0.0, 0, false));
            (slot.1, slot.2) = (slot.1 + verdict.p_a, slot.2 + 1);
        }
        for row in &rows {
            if let Some(slot) = verdicts.get_mut(&row.pair) {
                slot.3 = true;
            }
        }
        Ok(Self { table, verdicts, judge: number, model })
    }

    /// How many pairs the judge has judged.
    pub fn pairs(&self) -> usize {
        self.verdicts.len()
    }

    /// Whether the judge has judged that pair.
    pub fn has_judged(&self, pair: u32) -> bool {
        self.verdicts.contains_key(&pair)
    }

    /// The fit.
    pub fn fit(&self) -> &Fit {
        &self.model.fit
    }

    /// Why the judge's probability for A on that pair is what it is.
    pub fn explain(&self, pair: u32) -> Explanation {
        let subject = match self.verdicts.get(&pair) {
            Some(&(row, sum, count, fitted)) => Subject { row, fitted, p_a: Some(sum / f64::from(count)) },
            None => Subject::of(pair, self.judge, &[], false),
        };
        self.model.explain(self.table, &subject)
    }
}

impl Model {
    /// Fits these verdicts of one judge, all that count; intervals are by this many draws: EP's own where its check holds or nobody wants it
    /// ([`Engine::Ep`]), which are the same, else those of NUTS.
    ///
    /// # Errors
    ///
    /// Why they cannot be fitted, in words for the reader.
    pub fn fitted(
        table: &FeatureTable,
        rows: &[VerdictRow],
        judge: &str,
        options: &FitOptions,
        draws: usize,
    ) -> Result<Self, Refusal> {
        let options = FitOptions { folds: 0, keep_draws: draws, ..options.clone() };
        let checked = match options.engine {
            Engine::Ep => None,
            _ => Some(drawn(table, rows, judge, &options)?).filter(|(fit, _)| fit.engine != "ep"),
        };
        let (fit, draws) = match checked {
            Some(by_nuts) => by_nuts,
            None => posterior::drawn(table, rows, judge, &options)?,
        };
        if draws.values.is_empty() {
            return Err(Refusal::NoDraws);
        }
        // What leaving out a prompt changes is in the draws already, and long.
        let draws = Draws { over: None, ..draws };
        Ok(Self { fit, draws, design: Design::choose(options.terms, table, rows) })
    }

    /// Why the judge's probability for A is what it is, on a pair of the table that it was fitted on: exact Shapley values.
    pub fn explain(&self, table: &FeatureTable, subject: &Subject) -> Explanation {
        let Subject { row, fitted, p_a } = *subject;
        let x = columns(table, &row, &self.design);
        let means: Vec<f64> =
            self.fit.weights.iter().chain(&self.fit.terms).map(|weight| weight.mean).collect();
        let parts = |weights: &[f64]| -> Vec<f64> { weights.iter().zip(&x).map(|(w, x)| w * x).collect() };
        let own = parts(&means);
        let values = shapley(&own);
        let width = means.len().max(1);
        let of_draw = |draw: &[f64]| {
            let own = parts(draw);
            (sigmoid(own.iter().sum()), shapley(&own))
        };
        let (mut totals, all): (Vec<f64>, Vec<Vec<f64>>) =
            self.draws.values.par_chunks(width).map(of_draw).unzip();
        let mut drawn: Vec<Vec<f64>> =
            (0..width).map(|column| all.iter().map(|values| values[column]).collect()).collect();
        let ends = |values: &mut [f64], fallback: f64| {
            let low = quantile(values, 0.05).unwrap_or(fallback);
            (low, quantile(values, 0.95).unwrap_or(fallback))
        };
        let value = sigmoid(own.iter().sum());
        let (low, high) = ends(&mut totals, value);
        let mut contributions: Vec<Contribution> = self
            .draws
            .names
            .iter()
            .zip(&x)
            .zip(values)
            .zip(&mut drawn)
            .filter(|(((_, x), _), _)| **x != 0.0)
            .map(|(((property, &comparison), shap), drawn)| {
                let (low, high) = ends(drawn, shap);
                Contribution { property: property.clone(), comparison, shap, low, high }
            })
            .collect();
        contributions.sort_by(|a, b| b.shap.abs().total_cmp(&a.shap.abs()));
        Explanation {
            judge: self.fit.judge.clone(),
            group: self.fit.group.clone(),
            p_a,
            fitted,
            base: 0.5,
            value,
            low,
            high,
            contributions,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit_options::Engine;
    use crate::table::{Feature, PairInfo};
    use predilect_types::Order;

    /// A judge that rewards only the first of two properties.
    fn table() -> FeatureTable {
        let x = |i: usize| [[1.0, -1.0, 0.0][i % 3], [1.0, 0.0, -1.0, 0.0][i % 4]];
        FeatureTable {
            features: ["first", "second"].map(|name| Feature { name: name.to_owned() }).to_vec(),
            values: (0..240).flat_map(x).collect(),
            pairs: (0..240).map(|i| PairInfo { cluster: i, model_a: None, model_b: None }).collect(),
            verdicts: (0..239)
                .map(|pair| {
                    let likes = [0.9, 0.1, 0.5][pair % 3];
                    VerdictRow {
                        pair: pair as u32,
                        judge: 0,
                        p_a: likes,
                        weight: 1.0,
                        order: Order::Unknown,
                        annotator: None,
                        group: None,
                    }
                })
                .collect(),
            judges: vec!["j".to_owned()],
            ..FeatureTable::default()
        }
    }

    #[test]
    fn contributions_add_up_and_hold_what_the_judge_likes() {
        let table = table();
        let options = FitOptions { engine: Engine::Ep, ..FitOptions::default() };
        let explainer = Explainer::new(&table, "j", ALL, &options, DRAWS).unwrap();
        // The pair 0 differs in both, 7 in the first alone, 2 in the second alone, and 11 in neither.
        for pair in [0, 1, 2, 3, 7, 11, 239] {
            let found = explainer.explain(pair);
            let sum: f64 = found.contributions.iter().map(|c| c.shap).sum();
            assert!((sum - (found.value - found.base)).abs() < 1e-9, "{found:?}");
            assert!(found.low <= found.value && found.value <= found.high, "{found:?}");
            assert!(found.contributions.iter().all(|c| c.low <= c.high && c.comparison != 0.0));
            assert_eq!(found.fitted, pair != 239);
        }
        let both = explainer.explain(0);
        assert_eq!(both.contributions[0].property, "first");
        assert!(both.value > 0.7 && both.contributions[0].low > 0.1, "{both:?}");
        assert!(both.contributions[1].shap.abs() < 0.05, "{both:?}");
        assert_eq!(both.p_a, Some(0.9));
        let neither = explainer.explain(11);
        assert!(neither.contributions.is_empty() && (neither.value - 0.5).abs() < 1e-12);
        assert_eq!(explainer.explain(239).p_a, None);
        assert!(Explainer::new(&table, "nobody", ALL, &options, DRAWS).is_err());
        assert!(Explainer::new(&table, "j", "nowhere", &options, DRAWS).is_err());
    }
}
