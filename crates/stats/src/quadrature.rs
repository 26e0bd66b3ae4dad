//! How an integral against a Gaussian becomes a sum: Gauss-Hermite rules, made once.

use std::sync::LazyLock;

/// The positive half of a symmetric rule for E\[g(Z)\], Z standard normal: sum over nodes of w (g(t) + g(-t)).
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HalfRule {
    pub(crate) nodes: Vec<f64>,
    pub(crate) weights: Vec<f64>,
}

/// Rules of rising order; [`order_for`] says which one a width needs.
pub(crate) static RULES: LazyLock<[HalfRule; 5]> = LazyLock::new(|| {
    [gauss_hermite(8), gauss_hermite(12), gauss_hermite(20), gauss_hermite(40), gauss_hermite(120)]
});

/// Which of [`RULES`] integrates a logistic function against a Gaussian of that sd to 1e-7 or better up to an sd of 4.
///
/// The integrand's poles are at +-i pi: the wider the Gaussian, the closer they are in units of its sd and the more nodes it takes.
/// Measured in the tests below against 400 nodes.
#[inline(always)]
pub(crate) fn order_for(sd: f64) -> usize {
    match sd {
        _ if sd <= 0.4 => 0,
        _ if sd <= 0.6 => 1,
        _ if sd <= 1.0 => 2,
        _ if sd <= 2.0 => 3,
        _ => 4,
    }
}

/// The positive nodes of the `n`-point rule (n even), by Newton on the normalised Hermite functions.
pub(crate) fn gauss_hermite(n: usize) -> HalfRule {
    let mut nodes = Vec::with_capacity(n / 2);
    let mut weights = Vec::with_capacity(n / 2);
    // The recurrence of probabilists' Hermite polynomials, normalised: h_k = (t h_{k-1} - sqrt(k-1) h_{k-2}) / sqrt(k).
    let evaluate = |t: f64| {
        let (mut before, mut now) = (0.0, 1.0);
        for k in 1..=n {
            let next = (t * now - ((k - 1) as f64).sqrt() * before) / (k as f64).sqrt();
            (before, now) = (now, next);
        }
        (now, before)
    };
    // All positive roots are below 2 sqrt(n); they are at least pi / (2 sqrt(n)) apart, so a fine walk finds each.
    let step = 0.2 / (n as f64).sqrt();
    let mut t = 0.0;
    let mut value = evaluate(t).0;
    while nodes.len() < n / 2 {
        let next = evaluate(t + step).0;
        if value * next < 0.0 {
            let mut root = t + 0.5 * step;
            for _ in 0..60 {
                let (h, before) = evaluate(root);
                // h_n' = sqrt(n) h_{n-1}.
                let change = h / ((n as f64).sqrt() * before);
                root -= change;
                if change.abs() < 1e-16 * root {
                    break;
                }
            }
            let before = evaluate(root).1;
            nodes.push(root);
            weights.push(1.0 / (n as f64 * before * before));
        }
        (t, value) = (t + step, next);
    }
    HalfRule { nodes, weights }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn integrate(rule: &HalfRule, g: impl Fn(f64) -> f64) -> f64 {
        rule.nodes.iter().zip(&rule.weights).map(|(t, w)| w * (g(*t) + g(-t))).sum()
    }

    #[test]
    fn a_rule_of_n_points_is_exact_to_degree_2n_minus_1() {
        for n in [12, 20, 40] {
            let rule = gauss_hermite(n);
            assert!((2.0 * rule.weights.iter().sum::<f64>() - 1.0).abs() < 1e-14);
            // E[Z^2] = 1, E[Z^4] = 3, E[Z^10] = 945.
            assert!((integrate(&rule, |z| z * z) - 1.0).abs() < 1e-13);
            assert!((integrate(&rule, |z| z.powi(4)) - 3.0).abs() < 1e-12);
            assert!((integrate(&rule, |z| z.powi(10)) - 945.0).abs() < 1e-8);
        }
    }

    #[test]
    fn the_chosen_order_is_accurate_for_its_widths() {
        let fine = gauss_hermite(360);
        for sd in [0.05, 0.3, 0.4, 0.6, 0.8, 1.0, 1.5, 2.0, 3.0, 4.0] {
            for mean in [-3.0, -1.0, 0.0, 0.4, 2.0] {
                let rule = &RULES[order_for(sd)];
                for power in 0..3 {
                    let g = |z: f64| z.powi(power) / (1.0 + (mean + sd * z).exp());
                    let (got, want) = (integrate(rule, g), integrate(&fine, g));
                    assert!((got - want).abs() < 1e-7, "sd {sd} mean {mean} power {power}: {got} {want}");
                }
            }
        }
    }
}
