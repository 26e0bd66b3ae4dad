//! What a dissection says of how it was made.

use predilect_analysis::PriorChoice;
use predilect_results::Settings;

use super::request::DissectRequest;
use crate::error::Result;
use crate::requests::Request;

impl DissectRequest {
    /// What a result records of its settings, in addition to the command and whether the data are simulated.
    pub(super) fn settings(&self, given: Settings) -> Result<Settings> {
        let Self { slice, fit, .. } = self;
        let scale = fit.prior_scale;
        let prior = match fit.prior {
            PriorChoice::Laplace => format!("Laplace(0, {scale})"),
            PriorChoice::Normal => format!("Normal(0, {scale})"),
        };
        Ok(Settings {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            engine: fit.engine.to_string(),
            prior: format!("{prior} on property weights, Normal(0, 2) on nuisance terms"),
            terms: fit.terms.to_string(),
            encoding: slice.encoding.to_string(),
            verdicts: if slice.hard { "hard" } else { "soft" }.to_owned(),
            group_by: slice.group_by.clone().unwrap_or_else(|| "scenario".to_owned()),
            min_rows: fit.min_rows as u64,
            folds: fit.folds as u64,
            seed: fit.seed,
            nuts: format!("{} x ({} + {})", fit.nuts.chains, fit.nuts.tune, fit.nuts.draws),
            options: Some(Request::Dissect(self.clone()).options()?),
            ..given
        })
    }
}
