//! Does NUTS agree with the long-run reference draws, and with expectation propagation down to the quantiles?
//!
//! The references are those of `predilect-stats` (`crates/stats/tests/data`, see `reference.rs` there).

use std::path::Path;

use predilect_bayes::{NutsOptions, nuts};
use predilect_stats::{EpOptions, Marginal, Precision, Prior, Problem, ep};

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

fn table(name: &str) -> (Problem, String) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stats/tests/data");
    let csv = std::fs::read_to_string(folder.join(format!("{name}.csv"))).expect("the table");
    let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("the reference");
    let (mut x, mut verdicts) = (Vec::new(), Vec::new());
    for line in csv.lines().skip(1) {
        let values: Vec<f64> = line.split(',').map(|v| v.parse().expect("a number")).collect();
        verdicts.push(values[0]);
        x.extend_from_slice(&values[1..]);
    }
    let columns = x.len() / verdicts.len();
    let priors = vec![Prior::Laplace { scale: 0.1 }; columns];
    (Problem::new(&x, &verdicts, None, &priors).expect("a valid table"), json)
}

#[test]
fn nuts_agrees_with_the_reference_and_with_ep() {
    for (name, precision) in
        [("n360", Precision::Single), ("n738", Precision::Single), ("n360", Precision::Double)]
    {
        let (problem, json) = table(name);
        let options = NutsOptions { precision, draws: 5000, seed: 3, ..NutsOptions::default() };
        let fit = nuts(&problem, &options).expect("draws");
        assert_eq!(fit.problem, None, "{name}");
        let approximate = ep(&problem, &EpOptions::default());
        let (means, sds, errors) =
            (numbers(&json, "mean"), numbers(&json, "sd"), numbers(&json, "mcse_mean"));
        for (j, (m, d)) in fit.marginals.iter().zip(&fit.diagnostics).enumerate() {
            // Both sides have Monte Carlo error.
            let error = d.mcse_mean.hypot(errors[j]);
            assert!(
                (m.mean - means[j]).abs() < 4.0 * error,
                "{name} {j}: {} {} +- {error}",
                m.mean,
                means[j]
            );
            assert!((m.sd / sds[j] - 1.0).abs() < 0.05, "{name} {j}: {} {}", m.sd, sds[j]);
            let by_ep = &approximate.marginals[j];
            // 0.05 sd is the tolerance; a quantile of that many draws has about 0.015 sd of its own.
            for quantile in [|m: &Marginal| m.q05, |m: &Marginal| m.q50, |m: &Marginal| m.q95] {
                let miss = (quantile(m) - quantile(by_ep)).abs() / sds[j];
                assert!(miss < 0.05 + 4.0 * 0.015, "{name} {j}: a quantile is off by {miss} sd");
            }
            assert!((m.p_positive - by_ep.p_positive).abs() < 0.03, "{name} {j}");
        }
    }
}

#[test]
fn too_few_draws_are_refused() {
    let (problem, _) = table("n360");
    assert!(nuts(&problem, &NutsOptions { draws: 2, ..NutsOptions::default() }).is_err());
    assert!(nuts(&problem, &NutsOptions { chains: 0, ..NutsOptions::default() }).is_err());
}
