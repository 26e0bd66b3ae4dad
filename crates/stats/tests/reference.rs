//! Does expectation propagation agree with long-run reference draws (4 x 20,000 by numpyro, f64)?
//!
//! The references (`tests/data`, simulated tables) were made by numpyro 0.22.0 with jax 0.10.2 and arviz 0.23.4:
//! `posterior_reference.py TABLE.csv 20000 2000`, x64, seed 0; the JSON files keep versions, seconds and diagnostics.

use std::path::Path;

use predilect_stats::{EpOptions, Prior, Problem, ep};

/// The numbers that follow `"key":` in a JSON text, in order; enough for the reference's flat records.
fn numbers(json: &str, key: &str) -> Vec<f64> {
    let pattern = format!("\"{key}\":");
    json.split(&pattern)
        .skip(1)
        .map(|rest| {
            let rest = rest.trim_start();
            let end = rest.find([',', '}', ']']).expect("a delimiter");
            rest[..end].trim().parse().expect("a number")
        })
        .collect()
}

#[test]
fn ep_agrees_with_the_reference_posteriors() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    for name in ["n360", "n738"] {
        let csv = std::fs::read_to_string(folder.join(format!("{name}.csv"))).expect("the table");
        let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("the reference");
        let mut lines = csv.lines();
        let columns = lines.next().expect("a header").split(',').count() - 1;
        let (mut x, mut verdicts) = (Vec::new(), Vec::new());
        for line in lines {
            let values: Vec<f64> = line.split(',').map(|v| v.parse().expect("a number")).collect();
            verdicts.push(values[0]);
            x.extend_from_slice(&values[1..]);
        }
        let priors = vec![Prior::Laplace { scale: 0.1 }; columns];
        let problem = Problem::new(&x, &verdicts, None, &priors).expect("a valid table");
        let fit = ep(&problem, &EpOptions::default());
        assert!(fit.converged && fit.iterations <= 11, "{name}: {} iterations", fit.iterations);
        let (means, sds, errors) =
            (numbers(&json, "mean"), numbers(&json, "sd"), numbers(&json, "mcse_mean"));
        assert_eq!(means.len(), columns);
        let mut worst = (0.0_f64, 0.0_f64);
        for (j, marginal) in fit.marginals.iter().enumerate() {
            let miss = (marginal.mean - means[j]).abs();
            assert!(miss < 4.0 * errors[j], "{name} {j}: {} {} +- {}", marginal.mean, means[j], errors[j]);
            assert!((marginal.sd / sds[j] - 1.0).abs() < 0.05, "{name} {j}: {} {}", marginal.sd, sds[j]);
            worst = (worst.0.max(miss / sds[j]), worst.1.max((marginal.sd / sds[j] - 1.0).abs()));
        }
        println!(
            "{name}: {} iterations, worst mean {:.4} sd, worst sd {:.2} %",
            fit.iterations,
            worst.0,
            100.0 * worst.1
        );
    }
}
