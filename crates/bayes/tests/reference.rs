//! Does NUTS agree with the long-run reference draws, and with expectation propagation down to the quantiles?

#[path = "../../stats/tests/data/mod.rs"]
mod data;

use predilect_bayes::{NutsOptions, nuts};
use predilect_stats::{EpOptions, Marginal, Precision, ep};

#[test]
fn nuts_agrees_with_the_reference_and_with_ep() {
    for (name, precision) in
        [("n360", Precision::Single), ("n738", Precision::Single), ("n360", Precision::Double)]
    {
        let known = data::reference(name);
        let options = NutsOptions { precision, draws: 5000, seed: 3, ..NutsOptions::default() };
        let fit = nuts(&known.regression, &options).expect("draws");
        assert_eq!(fit.problem, None, "{name}");
        let approximate = ep(&known.regression, &EpOptions::default());
        let (means, sds, errors) = (&known.means, &known.sds, &known.errors);
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
            // 0.05 sd is the tolerance; a quantile of this many draws itself has an error of about 0.015 sd.
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
    let regression = data::reference("n360").regression;
    assert!(nuts(&regression, &NutsOptions { draws: 2, ..NutsOptions::default() }).is_err());
    assert!(nuts(&regression, &NutsOptions { chains: 0, ..NutsOptions::default() }).is_err());
}
