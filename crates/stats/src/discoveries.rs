//! How many of what is called a difference is none?

/// The false discovery rate if each finding and all surer ones were called differences (Benjamini & Hochberg 1995): with p-values in ascending
/// order, `min over j >= i of n p_j / j`, at most 1.
pub fn q_values(ascending: &[f64]) -> Vec<f64> {
    let count = ascending.len() as f64;
    let mut least = 1.0_f64;
    let mut rates: Vec<f64> = ascending
        .iter()
        .enumerate()
        .rev()
        .map(|(i, p)| {
            least = least.min(p * count / (i + 1) as f64);
            least
        })
        .collect();
    rates.reverse();
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
        assert_eq!(q_values(&[]), Vec::<f64>::new());
        assert_eq!(q_values(&[0.8, 1.0]), [1.0, 1.0]);
    }
}
