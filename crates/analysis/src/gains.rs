//! What does each property add on verdicts that a fit has not seen: given all others, alone, and by its Shapley share?

use predilect_results::{ALL, Alike, Gains, PropertyGain, ThemeGain};
use predilect_stats::Prior;
use rayon::prelude::*;

use crate::fit_options::{FitOptions, TERM_SD};
use crate::quality::{Held, predict};
use crate::rows::Rows;
use crate::table::{FeatureTable, VerdictRow};
use crate::terms::Design;
use predilect_results::Fit;

/// Comparisons that agree or disagree so much are hardly two properties.
const ALIKE: f64 = 0.8;

/// The kind of a property.
fn theme(id: &str) -> &'static str {
    match id {
        "length" | "rich" | "new_words" | "distinct_words" | "bits_given_prompt" => "amount",
        "well_formatted" | "headings" | "lists" | "bold" | "tables" | "code_blocks" | "paragraphs"
        | "step_by_step" => "layout",
        "friendly" | "warm_words" | "polite" | "courtesies" | "interactive" | "authoritative" | "funny"
        | "rhetorical" | "admit_limits" | "persuasive" | "informal" | "empathetic" => "tone",
        "grammatical" | "complex" | "non_repetitive" | "clear" => "language",
        "supported" | "links" | "novel" => "substance",
        "no_minor_errors" | "no_moderate_errors" | "no_severe_errors" | "harmless" => "errors and harm",
        "relevant"
        | "request_words"
        | "clarify_intent"
        | "satisfies_constraints"
        | "supports_stances"
        | "corrects_mistakes" => "the request",
        _ => "others",
    }
}

/// Adds the gains to the fits of all pairs, unless these have more than `most` verdicts together. Returns whether they were added.
pub fn add_gains(table: &FeatureTable, fits: &mut [Fit], options: &FitOptions, most: u64) -> bool {
    let verdicts: u64 = fits.iter().filter(|fit| fit.group == ALL).map(|fit| fit.rows).sum();
    if verdicts > most {
        return false;
    }
    for fit in fits.iter_mut().filter(|fit| fit.group == ALL) {
        let Some(judge) = table.judges.iter().position(|judge| *judge == fit.judge) else { continue };
        let rows: Vec<VerdictRow> =
            table.verdicts.iter().filter(|verdict| verdict.judge as usize == judge).copied().collect();
        fit.gains = gains(table, &rows, options);
    }
    true
}

/// The gains of a judge's verdicts `rows`, by `options.folds` folds by prompt.
///
/// Every subset of kinds is fitted once in every fold, at most 2^8 of them; every property is left out once and fitted alone once. `None`
/// where no fold can be held out, with fewer than two properties, or where a fit does not converge.
#[expect(clippy::too_many_lines, reason = "by property, then by kind, from the same folds and predictions")]
pub fn gains(table: &FeatureTable, rows: &[VerdictRow], options: &FitOptions) -> Option<Gains> {
    let properties = table.features.len();
    if properties < 2 || options.folds < 2 {
        return None;
    }
    let design = Design::choose(options.terms, table, rows);
    let each = Rows::of(table, rows, &design);
    let merged = each.merged();
    let mut priors = vec![options.prior(); properties];
    priors.resize(each.width, Prior::Normal { sd: TERM_SD });
    let held =
        Held { rows: &each, merged: &merged, priors: &priors, properties, length: None, terms_tell: true };
    let terms: Vec<usize> = (properties..each.width).collect();
    let folds = held.folds(options.folds, options.seed)?;
    let predicted = |chosen: &dyn Fn(usize) -> bool| -> Option<Vec<f64>> {
        let columns: Vec<usize> =
            (0..properties).filter(|&at| chosen(at)).chain(terms.iter().copied()).collect();
        if columns.is_empty() { Some(vec![0.5; rows.len()]) } else { predict(&held, &columns, &folds) }
    };
    let (none, all) = (predicted(&|_| false)?, predicted(&|_| true)?);
    let of_properties: Vec<PropertyGain> = (0..properties)
        .into_par_iter()
        .map(|at| {
            let (rest, only) = (predicted(&|other| other != at)?, predicted(&|other| other == at)?);
            let (beside, beside_se) = held.compare(&all, &rest);
            let (alone, alone_se) = held.compare(&only, &none);
            let property = table.features[at].name.clone();
            Some(PropertyGain { property, beside, beside_se, alone, alone_se })
        })
        .collect::<Option<_>>()?;
    let kinds: Vec<&'static str> = table.features.iter().map(|feature| theme(&feature.name)).collect();
    let mut names: Vec<&'static str> = Vec::new();
    for kind in &kinds {
        if !names.contains(kind) {
            names.push(kind);
        }
    }
    let loss = |q: &[f64]| held.log_loss(q);
    let losses: Vec<f64> = (0..1_usize << names.len())
        .into_par_iter()
        .map(|set| {
            let inside = |at: usize| {
                names.iter().position(|name| *name == kinds[at]).is_some_and(|kind| set >> kind & 1 == 1)
            };
            predicted(&inside).map(|q| loss(&q))
        })
        .collect::<Option<_>>()?;
    let shares = shapley_of_sets(&losses.iter().map(|loss| -loss).collect::<Vec<f64>>(), names.len());
    let themes = names
        .iter()
        .zip(shares)
        .map(|(name, gain)| ThemeGain {
            theme: (*name).to_owned(),
            properties: (0..properties)
                .filter(|&at| kinds[at] == *name)
                .map(|at| table.features[at].name.clone())
                .collect(),
            gain,
        })
        .collect();
    Some(Gains {
        without: loss(&none),
        with: loss(&all),
        properties: of_properties,
        themes,
        alike: alike(table, &each),
    })
}

/// Shapley values from the value of every set of `n` players, bit i of a set's number for player i:
/// `sum over sets S without i of |S|! (n - |S| - 1)! / n! (v(S + i) - v(S))`.
fn shapley_of_sets(values: &[f64], n: usize) -> Vec<f64> {
    // |S|! (n - |S| - 1)! / n! is 1 over n times the binomial coefficient of n - 1 over |S|.
    let weight = |size: usize| {
        let binomial = (0..size).fold(1.0, |c, i| c * (n - 1 - i) as f64 / (i + 1) as f64);
        1.0 / (n as f64 * binomial)
    };
    (0..n)
        .map(|player| {
            (0..values.len())
                .filter(|set| set >> player & 1 == 0)
                .map(|set| weight(set.count_ones() as usize) * (values[set | 1 << player] - values[set]))
                .sum()
        })
        .collect()
}

/// Two properties whose comparisons correlate beyond doubt, the most alike first.
fn alike(table: &FeatureTable, rows: &Rows) -> Vec<Alike> {
    let properties = table.features.len();
    let mut squares = vec![0.0; properties * properties];
    for row in rows.x.chunks_exact(rows.width) {
        for i in 0..properties {
            for j in 0..=i {
                squares[i * properties + j] += row[i] * row[j];
            }
        }
    }
    let mut found: Vec<Alike> = Vec::new();
    for i in 0..properties {
        for j in 0..i {
            let scale = (squares[i * properties + i] * squares[j * properties + j]).sqrt();
            let correlation = squares[i * properties + j] / scale;
            if correlation.abs() >= ALIKE {
                let properties = [j, i].map(|at| table.features[at].name.clone());
                found.push(Alike { properties, correlation });
            }
        }
    }
    found.sort_by(|a, b| b.correlation.abs().total_cmp(&a.correlation.abs()));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::table::{Feature, PairInfo};
    use predilect_stats::sigmoid;
    use predilect_types::Order;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn shapley_values_of_a_known_game() {
        // Player 0 is worth 3 alone, player 1 worth 1, together 6; a third is worth nothing.
        let values = [0.0, 3.0, 1.0, 6.0, 0.0, 3.0, 1.0, 6.0];
        for (found, expected) in shapley_of_sets(&values, 3).iter().zip([4.0, 2.0, 0.0]) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn a_property_gains_what_it_predicts_and_a_copy_nothing_beside_it() {
        let mut rng = ChaCha8Rng::seed_from_u64(9);
        let names = ["rich", "length", "polite", "grammatical"];
        let mut table = FeatureTable {
            features: names.map(|name| Feature { name: name.to_owned() }).to_vec(),
            judges: vec!["judge".to_owned()],
            ..FeatureTable::default()
        };
        for pair in 0..500_u32 {
            let mut coin = |p: f64| if rng.random::<f64>() < p { 1.0 } else { -1.0 };
            let rich: f64 = coin(0.5);
            // Length is nearly a copy, the rest noise.
            let row = [rich, rich * coin(0.95), coin(0.5), coin(0.5)];
            let wins = coin(sigmoid(1.5 * rich));
            table.values.extend(row);
            table.pairs.push(PairInfo { cluster: u64::from(pair), model_a: None, model_b: None });
            table.verdicts.push(VerdictRow {
                pair,
                judge: 0,
                p_a: f64::from(u8::from(wins > 0.0)),
                weight: 1.0,
                order: Order::Unknown,
                annotator: None,
                group: None,
            });
        }
        let found = gains(&table, &table.verdicts, &FitOptions::default()).expect("folds");
        let of = |id: &str| found.properties.iter().find(|p| p.property == id).expect("a property");
        assert!(of("rich").alone > 0.1 && of("length").alone > 0.05, "{found:?}");
        assert!(of("rich").beside > 3.0 * of("length").beside.abs(), "{found:?}");
        assert!(of("polite").alone.abs() < 0.02, "{found:?}");
        let sum: f64 = found.themes.iter().map(|theme| theme.gain).sum();
        assert!((sum - (found.without - found.with)).abs() < 1e-12);
        assert_eq!(found.themes[0].theme, "amount");
        assert!(found.themes[0].gain > 10.0 * found.themes[1].gain.abs());
        assert_eq!(found.alike.len(), 1);
        assert_eq!(found.alike[0].properties, ["rich", "length"].map(str::to_owned));
    }
}
