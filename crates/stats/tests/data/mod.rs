//! What the reference posteriors are: simulated tables with long-run draws by numpyro 0.22.0 (jax 0.10.2, arviz 0.23.4).
//!
//! 4 x 20,000 draws after 2,000 tuning steps, x64, seed 0; the JSON files keep seconds and diagnostics. Shared by the tests
//! of `predilect-stats` and `predilect-bayes`.

use std::path::Path;

use predilect_stats::{Prior, Regression};

/// One table with its reference.
pub(crate) struct Reference {
    /// The table under the Laplace(0, 0.1) prior.
    pub(crate) regression: Regression,
    /// Posterior means, one per column.
    pub(crate) means: Vec<f64>,
    /// Posterior standard deviations.
    pub(crate) sds: Vec<f64>,
    /// Monte Carlo standard errors of the means.
    pub(crate) errors: Vec<f64>,
}

/// Reads `n360` or `n738`.
pub(crate) fn reference(name: &str) -> Reference {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../stats/tests/data");
    let csv = std::fs::read_to_string(folder.join(format!("{name}.csv"))).expect("the table");
    let json = std::fs::read_to_string(folder.join(format!("{name}.json"))).expect("the reference");
    let (mut x, mut verdicts) = (Vec::new(), Vec::new());
    for line in csv.lines().skip(1) {
        let values: Vec<f64> = line.split(',').map(|v| v.parse().expect("a number")).collect();
        verdicts.push(values[0]);
        x.extend_from_slice(&values[1..]);
    }
    let priors = vec![Prior::Laplace { scale: 0.1 }; x.len() / verdicts.len()];
    let found = Reference {
        regression: Regression::new(&x, &verdicts, None, &priors).expect("a valid table"),
        means: numbers(&json, "mean"),
        sds: numbers(&json, "sd"),
        errors: numbers(&json, "mcse_mean"),
    };
    assert!([&found.means, &found.sds, &found.errors].iter().all(|list| list.len() == priors.len()));
    found
}

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
