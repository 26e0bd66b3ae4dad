//! Does expectation propagation agree with long-run reference draws?

mod data;

use predilect_stats::{EpOptions, ep};

#[test]
fn ep_agrees_with_the_reference_posteriors() {
    for name in ["n360", "n738"] {
        let known = data::reference(name);
        let fit = ep(&known.regression, &EpOptions::default());
        assert!(fit.converged && fit.iterations <= 11, "{name}: {} iterations", fit.iterations);
        let mut worst = (0.0_f64, 0.0_f64);
        for (j, marginal) in fit.marginals.iter().enumerate() {
            let miss = (marginal.mean - known.means[j]).abs();
            let ratio = marginal.sd / known.sds[j] - 1.0;
            assert!(miss < 4.0 * known.errors[j], "{name} {j}: {} {}", marginal.mean, known.means[j]);
            assert!(ratio.abs() < 0.05, "{name} {j}: {} {}", marginal.sd, known.sds[j]);
            worst = (worst.0.max(miss / known.sds[j]), worst.1.max(ratio.abs()));
        }
        println!(
            "{name}: {} iterations, worst mean {:.4} sd, worst sd {:.2} %",
            fit.iterations,
            worst.0,
            100.0 * worst.1
        );
    }
}
