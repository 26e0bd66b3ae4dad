//! What share of the reported differences is expected to be null?

/// The false discovery rate if each finding and all surer ones were called differences (Benjamini & Hochberg 1995): `n p_i` over the number
/// of findings that are at least as sure, or what a less sure one has where that is lower; at most 1. In any order.
pub fn q_values(p_values: &[f64]) -> Vec<f64> {
    let count = p_values.len() as f64;
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*a].total_cmp(&p_values[*b]));
    let mut rates = vec![1.0; p_values.len()];
    let mut least = 1.0_f64;
    for (before, at) in order.into_iter().enumerate().rev() {
        least = least.min(p_values[at] * count / (before + 1) as f64);
        rates[at] = least;
    }
    rates
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worked_example() {
        // By hand: 4 x .01 / 1, 4 x .04 / 2 but no more than 4 x .045 / 3 = .06, 4 x .9 / 4.
        let found = q_values(&[0.01, 0.04, 0.045, 0.9]);
        for (found, expected) in found.iter().zip([0.04, 0.06, 0.06, 0.9]) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
        // In another order the same.
        let mixed = q_values(&[0.9, 0.045, 0.01, 0.04]);
        assert_eq!(mixed, [found[3], found[2], found[0], found[1]]);
        assert_eq!(q_values(&[]), Vec::<f64>::new());
        assert_eq!(q_values(&[0.8, 1.0]), [1.0, 1.0]);
    }
}
