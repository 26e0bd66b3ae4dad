//! Where two judges differ: the posterior of the difference of their weights.

use rayon::prelude::*;
use serde::Serialize;

use super::weights::WeightTable;

/// The difference of two judges' weights of one property in one group: the first judge's less the second's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Contrast {
    /// The two.
    pub judges: [String; 2],
    /// The group.
    pub group: String,
    /// The property's id.
    pub property: String,
    /// Posterior mean of the difference, in log-odds.
    pub mean: f64,
    /// 5 % quantile.
    pub low: f64,
    /// 95 % quantile.
    pub high: f64,
    /// P(difference > 0).
    pub p_positive: f64,
    /// The false discovery rate, as expected by the posteriors, among all contrasts that are at least as sure of their sign as
    /// this one (Stephens 2017, s-value), 0..0.5.
    pub s_value: f64,
}

/// All contrasts of judges who both have posterior draws in a group, the surest first.
///
/// The two posteriors are taken as independent, given the properties: where judges err on the same pairs for reasons that no
/// property holds, differences are surer than said. P(difference > 0) counts every pair of draws.
pub fn contrasts(table: &WeightTable) -> Vec<Contrast> {
    let (judges, groups, width) = (table.judges.len(), table.groups.len(), table.properties.len());
    // The draws of each property in ascending order.
    let sorted: Vec<Option<Vec<Vec<f32>>>> = (0..judges * groups)
        .into_par_iter()
        .map(|at| {
            let draws = table.draws(at / groups, at % groups)?;
            let column = |property: usize| {
                let mut column: Vec<f32> = draws.iter().skip(property).step_by(width).copied().collect();
                column.sort_by(f32::total_cmp);
                column
            };
            Some((0..width).map(column).collect())
        })
        .collect();
    let mut pairs: Vec<(usize, usize, usize)> = Vec::new();
    for a in 0..judges {
        for b in a + 1..judges {
            pairs.extend((0..groups).map(|group| (a, b, group)));
        }
    }
    let mut found: Vec<Contrast> = pairs
        .into_par_iter()
        .flat_map_iter(|(a, b, group)| {
            let both = sorted[a * groups + group].as_ref().zip(sorted[b * groups + group].as_ref());
            let of = move |(first, second): (&'_ Vec<Vec<f32>>, &'_ Vec<Vec<f32>>)| -> Vec<Contrast> {
                let one = |at: usize| {
                    let d = difference(&first[at], &second[at]);
                    Contrast {
                        judges: [table.judges[a].clone(), table.judges[b].clone()],
                        group: table.groups[group].clone(),
                        property: table.properties[at].clone(),
                        mean: d.mean,
                        low: d.low,
                        high: d.high,
                        p_positive: d.p_positive,
                        s_value: 0.0,
                    }
                };
                (0..width).map(one).collect()
            };
            both.map(of).unwrap_or_default()
        })
        .collect();
    let unsure = |c: &Contrast| c.p_positive.min(1.0 - c.p_positive);
    found.sort_by(|a, b| {
        unsure(a)
            .total_cmp(&unsure(b))
            .then(b.mean.abs().total_cmp(&a.mean.abs()))
            .then(a.judges.cmp(&b.judges))
    });
    let mut sum = 0.0;
    for (i, contrast) in found.iter_mut().enumerate() {
        sum += unsure(contrast);
        contrast.s_value = sum / (i + 1) as f64;
    }
    found
}

struct Difference {
    mean: f64,
    low: f64,
    high: f64,
    p_positive: f64,
}

/// Of two independent weights, by draws in ascending order.
fn difference(first: &[f32], second: &[f32]) -> Difference {
    let mean = |draws: &[f32]| draws.iter().map(|&w| f64::from(w)).sum::<f64>() / draws.len().max(1) as f64;
    // How many pairs of draws have a difference of at most d, ties half.
    let share_up_to = |d: f64| {
        let (mut below, mut up_to) = (0_usize, 0_usize);
        let mut sum = 0.0;
        for &a in first {
            let limit = f64::from(a) - d;
            while below < second.len() && f64::from(second[below]) < limit {
                below += 1;
            }
            up_to = up_to.max(below);
            while up_to < second.len() && f64::from(second[up_to]) <= limit {
                up_to += 1;
            }
            // a - b > d where b < limit.
            sum += (second.len() - below) as f64 - 0.5 * (up_to - below) as f64;
        }
        sum / (first.len() * second.len()).max(1) as f64
    };
    let (Some((a_low, a_high)), Some((b_low, b_high))) = (ends(first), ends(second)) else {
        return Difference { mean: 0.0, low: 0.0, high: 0.0, p_positive: 0.5 };
    };
    let quantile = |q: f64| {
        let (mut low, mut high) = (a_low - b_high, a_high - b_low);
        for _ in 0..40 {
            let middle = 0.5 * (low + high);
            if share_up_to(middle) < q { low = middle } else { high = middle }
        }
        0.5 * (low + high)
    };
    Difference {
        mean: mean(first) - mean(second),
        low: quantile(0.05),
        high: quantile(0.95),
        p_positive: 1.0 - share_up_to(0.0),
    }
}

fn ends(sorted: &[f32]) -> Option<(f64, f64)> {
    Some((f64::from(*sorted.first()?), f64::from(*sorted.last()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_worked_example() {
        let d = difference(&[1.0, 2.0, 3.0], &[1.0, 2.5]);
        // Differences: 0, -1.5, 1, -0.5, 2, 0.5: of six, three above 0 and one equal.
        assert!((d.p_positive - 3.5 / 6.0).abs() < 1e-12);
        assert!((d.mean - 0.25).abs() < 1e-12);
        assert!((d.low + 1.5).abs() < 1e-6 && (d.high - 2.0).abs() < 1e-6, "{} {}", d.low, d.high);
        let none = difference(&[], &[1.0]);
        assert_eq!((none.p_positive, none.mean), (0.5, 0.0));
    }

    proptest! {
        #[test]
        fn every_pair_of_draws_counts(
            mut a in prop::collection::vec(-3_i32..3, 1..20),
            mut b in prop::collection::vec(-3_i32..3, 1..20),
        ) {
            a.sort_unstable();
            b.sort_unstable();
            let floats = |v: &[i32]| v.iter().map(|&x| x as f32).collect::<Vec<_>>();
            let mut plain = 0.0;
            for x in &a {
                for y in &b {
                    plain += match x.cmp(y) { std::cmp::Ordering::Greater => 1.0, std::cmp::Ordering::Equal => 0.5, std::cmp::Ordering::Less => 0.0 };
                }
            }
            let found = difference(&floats(&a), &floats(&b)).p_positive;
            prop_assert!((found - plain / (a.len() * b.len()) as f64).abs() < 1e-12);
        }
    }
}
