//! Where two judges differ: the posterior of the difference of their weights.

use predilect_results::comparison::Contrast;
use predilect_stats::discoveries::q_values;
use predilect_stats::leave_out::{drawn, effective, spread};
use predilect_stats::student;
use rayon::prelude::*;

use super::weights::{LeftOut, WeightTable};

/// All contrasts of judges who both have fits in a group, the surest first.
///
/// Judges of the same prompts share what is hard about them. With `d_g` the difference of what leaving out prompt g changes in the one's
/// weight and in the other's, the variance of the difference is `(G - 1) / G sum_g (d_g - mean)^2`, with what annotators add to each where
/// they are units too, and with what the prior may make of equal weights where of one judge less is known; quantiles and P(difference > 0)
/// by Student's t with one degree of freedom less than effective prompts, to which a prompt contributes with both its parts.
///
/// Where they share fewer than two prompts, the posteriors are independent, and P(difference > 0) counts every pair of draws; without draws
/// there is no contrast then.
pub fn contrasts(table: &WeightTable) -> Vec<Contrast> {
    let (judges, groups, width) = (table.judges.len(), table.groups.len(), table.properties.len());
    // The draws of each property in ascending order.
    let sorted: Vec<Option<Vec<Vec<f32>>>> = (0..judges * groups)
        .into_par_iter()
        .map(|at| {
            let draws = table.draws(at / groups, at % groups).filter(|draws| !draws.is_empty())?;
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
            let shared = Shared::of(table, a, b, group);
            let one = |at: usize| {
                let d = match (&shared, both) {
                    (Some(shared), _) => shared.difference(at),
                    (None, Some((first, second))) => difference(&first[at], &second[at]),
                    (None, None) => return None,
                };
                Some(Contrast {
                    judges: [table.judges[a].clone(), table.judges[b].clone()],
                    group: table.groups[group].clone(),
                    property: table.properties[at].clone(),
                    mean: d.mean,
                    low: d.low,
                    high: d.high,
                    p_positive: d.p_positive,
                    shared_units: shared.as_ref().map_or(0, |shared| shared.count),
                    q_value: 1.0,
                })
            };
            (0..width).into_par_iter().filter_map(one).collect::<Vec<Contrast>>()
        })
        .collect();
    let unsure = |c: &Contrast| c.p_positive.min(1.0 - c.p_positive);
    found.sort_by(|a, b| {
        unsure(a)
            .total_cmp(&unsure(b))
            .then(b.mean.abs().total_cmp(&a.mean.abs()))
            .then(a.judges.cmp(&b.judges))
    });
    let rates = q_values(&found.iter().map(|contrast| 2.0 * unsure(contrast)).collect::<Vec<f64>>());
    for (contrast, rate) in found.iter_mut().zip(rates) {
        contrast.q_value = rate;
    }
    found
}

struct Difference {
    mean: f64,
    low: f64,
    high: f64,
    p_positive: f64,
}

/// Two judges of the same prompts.
struct Shared<'a> {
    first: &'a LeftOut,
    second: &'a LeftOut,
    /// Their posterior means.
    means: (&'a [f64], &'a [f64]),
    /// Every unit of either judge, with its index among the first's units and among the second's.
    places: Vec<(Option<usize>, Option<usize>)>,
    count: u64,
    /// Per property: what the priors make of equal weights where the one judge's verdicts say more than the other's, as a variance.
    drawn_apart: Vec<f64>,
}

impl<'a> Shared<'a> {
    /// `None` where fewer than two units are shared, or are not known.
    fn of(table: &'a WeightTable, a: usize, b: usize, group: usize) -> Option<Self> {
        let (first, second) = (table.left_out(a, group)?, table.left_out(b, group)?);
        let means = (table.get(a, group)?, table.get(b, group)?);
        // Units come in ascending order.
        let mut places: Vec<(Option<usize>, Option<usize>)> = Vec::with_capacity(first.ids.len());
        let (mut at, mut alone) = (0, Vec::new());
        for (place, id) in first.ids.iter().enumerate() {
            while second.ids.get(at).is_some_and(|other| other < id) {
                alone.push((None, Some(at)));
                at += 1;
            }
            let both = second.ids.get(at) == Some(id);
            places.push((Some(place), both.then_some(at)));
            at += usize::from(both);
        }
        let count = places.iter().filter(|(_, second)| second.is_some()).count() as u64;
        // Those of the second alone, in its order.
        alone.extend((at..second.ids.len()).map(|at| (None, Some(at))));
        places.append(&mut alone);
        if count < 2 {
            return None;
        }
        let drawn_apart = drawn_apart(first, second, means)?;
        Some(Self { first, second, means, places, count, drawn_apart })
    }

    fn difference(&self, property: usize) -> Difference {
        let width = self.first.added.len();
        let change = |of: &LeftOut, at: Option<usize>| at.map_or(0.0, |at| of.changes[at * width + property]);
        let part =
            |of: &LeftOut, at: Option<usize>| at.map_or(0.0, |at| f64::from(of.parts[at * width + property]));
        let both = || self.places.iter();
        let variance = spread(both().map(|&(a, b)| change(self.first, a) - change(self.second, b)))
            + self.first.added[property]
            + self.second.added[property]
            + self.drawn_apart[property];
        let reach = effective(both().map(|&(a, b)| part(self.first, a) + part(self.second, b)));
        let (sd, freedom) = (variance.sqrt(), (reach - 1.0).max(1.0));
        let mean = self.means.0[property] - self.means.1[property];
        let half = sd * student::quantile(0.95, freedom);
        let p_positive = if sd > 0.0 { student::cdf(mean / sd, freedom) } else { 0.5 };
        Difference { mean, low: mean - half, high: mean + half, p_positive }
    }
}

/// A prior draws the weights of a judge with less data further to 0: equal weights then look different. With P the mean of the two priors'
/// precisions, and `S = (D + P)^-1 P` for what the rows of each say, D: `sum_k (S_1jk - S_2jk)^2 v_k` for property j, where `v_k` is
/// `1 / P_k` and the square of what the better known weight was without the prior, `w_k / (1 - S_kk)`.
fn drawn_apart(first: &LeftOut, second: &LeftOut, means: (&[f64], &[f64])) -> Option<Vec<f64>> {
    let prior: Vec<f64> = first.prior.iter().zip(&second.prior).map(|(a, b)| 0.5 * (a + b)).collect();
    let (one, other) = (drawn(&first.information, &prior)?, drawn(&second.information, &prior)?);
    let width = prior.len();
    // The weight of the judge with more data before the prior drew it.
    let before = |k: usize| {
        let at = k * width + k;
        let (mean, drawn) = if one[at] < other[at] { (means.0[k], one[at]) } else { (means.1[k], other[at]) };
        mean / (1.0 - drawn).max(0.1)
    };
    let usual: Vec<f64> = (0..width).map(|k| 1.0 / prior[k] + before(k).powi(2)).collect();
    let row = |(one, other): (&[f64], &[f64])| -> f64 {
        one.iter().zip(other).zip(&usual).map(|((a, b), usual)| (a - b).powi(2) * usual).sum()
    };
    Some(one.chunks(width).zip(other.chunks(width)).map(row).collect())
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
