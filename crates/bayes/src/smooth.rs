//! How the Laplace prior loses its kink: a change of variable after which the log posterior is smooth.
//!
//! With w = b (u + u |u| / 2) the slope dw/du is b (1 + |u|), and log prior plus log Jacobian is
//! -|u| - u^2 / 2 + ln(1 + |u|), whose derivative -u (1 + 1 / (1 + |u|)) is continuous at 0. A normal prior only needs
//! its scale: w = sd u.

use predilect_stats::Prior;

/// w of u.
pub fn weight(prior: Prior, u: f64) -> f64 {
    match prior {
        Prior::Laplace { scale } => scale * (u + 0.5 * u * u.abs()),
        Prior::Normal { sd } => sd * u,
    }
}

/// u of w.
pub fn position(prior: Prior, w: f64) -> f64 {
    match prior {
        // |u| + u^2 / 2 = |w| / b, solved without cancellation near 0.
        Prior::Laplace { scale } => {
            let ratio = w.abs() / scale;
            (2.0 * ratio / (1.0 + (1.0 + 2.0 * ratio).sqrt())).copysign(w)
        }
        Prior::Normal { sd } => w / sd,
    }
}

/// dw/du.
pub fn slope(prior: Prior, u: f64) -> f64 {
    match prior {
        Prior::Laplace { scale } => scale * (1.0 + u.abs()),
        Prior::Normal { sd } => sd,
    }
}

/// Log prior density plus log slope, up to a constant, and its derivative.
pub fn log_density(prior: Prior, u: f64) -> (f64, f64) {
    match prior {
        Prior::Laplace { .. } => {
            let a = u.abs();
            (-a - 0.5 * u * u + a.ln_1p(), -u * (1.0 + 1.0 / (1.0 + a)))
        }
        Prior::Normal { .. } => (-0.5 * u * u, -u),
    }
}

/// Turns the gradient of a log likelihood over w into that of the log posterior over u; returns the log prior plus log
/// slope, summed over all weights.
///
/// The logarithms of 1 + |u| are one logarithm of a product.
pub fn add_prior(priors: &[Prior], position: &[f64], gradient: &mut [f64]) -> f64 {
    let mut value = 0.0;
    let mut product = 1.0;
    for ((&prior, &u), g) in priors.iter().zip(position).zip(gradient) {
        match prior {
            Prior::Laplace { scale } => {
                let more = 1.0 + u.abs();
                value -= u.abs() + 0.5 * u * u;
                product *= more;
                // Far from the range's end; a factor may itself be large in a wild step.
                if product > 1e150 {
                    value += product.ln();
                    product = 1.0;
                }
                *g = *g * scale * more - u * (1.0 + 1.0 / more);
            }
            Prior::Normal { sd } => {
                value -= 0.5 * u * u;
                *g = *g * sd - u;
            }
        }
    }
    value + product.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PRIORS: [Prior; 2] = [Prior::Laplace { scale: 0.1 }, Prior::Normal { sd: 2.0 }];

    #[test]
    fn the_change_of_variable_is_one_to_one_and_its_density_is_the_prior() {
        for prior in PRIORS {
            let constant = log_density(prior, 0.0).0 - prior.log_density(0.0) - slope(prior, 0.0).ln();
            for i in -400..=400 {
                let u = f64::from(i) / 40.0;
                let w = weight(prior, u);
                assert!((position(prior, w) - u).abs() < 1e-12);
                let log = prior.log_density(w) + slope(prior, u).ln() + constant;
                assert!((log_density(prior, u).0 - log).abs() < 1e-10);
                let h = 1e-6;
                let numeric = (weight(prior, u + h) - weight(prior, u - h)) / (2.0 * h);
                assert!((numeric - slope(prior, u)).abs() < 1e-6);
                let numeric = (log_density(prior, u + h).0 - log_density(prior, u - h).0) / (2.0 * h);
                assert!((numeric - log_density(prior, u).1).abs() < 1e-5);
            }
        }
    }

    #[test]
    fn the_sum_over_weights_is_that_of_its_parts() {
        let priors: Vec<Prior> = (0..200).map(|i| PRIORS[i % 2]).collect();
        let u: Vec<f64> = (0..200).map(|i| (f64::from(i) * 0.7).sin() * 1e3).collect();
        let mut gradient = vec![0.3; 200];
        let value = add_prior(&priors, &u, &mut gradient);
        let parts: Vec<(f64, f64)> = priors.iter().zip(&u).map(|(&p, &u)| log_density(p, u)).collect();
        let sum: f64 = parts.iter().map(|p| p.0).sum();
        assert!((value / sum - 1.0).abs() < 1e-12, "{value} {sum}");
        for (j, g) in gradient.iter().enumerate() {
            let want = 0.3 * slope(priors[j], u[j]) + parts[j].1;
            assert!((g - want).abs() < 1e-9 * want.abs().max(1.0), "{g} {want}");
        }
    }
}
