//! What is asked of a dissection, as data: it is kept with the results, and the same can be run again from it.

use predilect_analysis::{FitOptions, PriorChoice};
use predilect_data::{Study, StudyToml};
use predilect_results::Settings;
use predilect_types::parsed;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Remedy, Result};
use crate::slice::SliceOptions;

/// What decides the figures of a dissection.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct DissectRequest {
    /// What is compared, grouped and counted.
    pub slice: SliceOptions,
    /// How fits are made.
    pub fit: FitOptions,
    /// Whether what each property adds on unseen verdicts is said, however many there are.
    pub gains: bool,
}

impl DissectRequest {
    /// The request that a study's dissection was made by.
    ///
    /// # Errors
    ///
    /// When the study has no dissection, or one that was made before requests were kept.
    pub fn of_study(study: &Study) -> Result<Self> {
        let manifest = StudyToml::load(study)?;
        let Some(step) = manifest.steps.get("dissect") else {
            return Err(Error::new(format!("{} has not been dissected yet", study.folder().display()))
                .remedy(Remedy::DissectFirst));
        };
        let Some(options) = step.get("options") else {
            return Err(Error::new(format!(
                "the dissection in {} was made by a version of Predilect that kept its options in words only",
                study.folder().display()
            ))
            .remedy(Remedy::DissectFirst));
        };
        let wrong = |why: String| {
            Error::new(format!("the options in {} cannot be used: {why}", study.toml_path().display()))
                .words("correct them under [steps.dissect.options], or dissect the study again with the options you want")
        };
        let request: Self =
            options.clone().try_into().map_err(|e: toml::de::Error| wrong(parsed::plain(e.message())))?;
        match request.fit.problem() {
            Some(problem) => Err(wrong(problem)),
            None => Ok(request),
        }
    }

    /// The command that a study was dissected by, as words.
    pub fn command_of(study: &Study) -> Vec<String> {
        let manifest = StudyToml::load(study).unwrap_or_default();
        let words = manifest.steps.get("dissect").and_then(|step| step.get("command")?.as_array().cloned());
        let word = |word: toml::Value| word.as_str().map(str::to_owned);
        words.into_iter().flatten().filter_map(word).collect()
    }

    /// What a result says of it, beside the command and whether the data are simulated.
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
            options: Some(self.unusual()?),
            ..given
        })
    }

    /// What differs from the usual.
    fn unusual(&self) -> Result<serde_json::Value> {
        let value = |request: &Self| {
            serde_json::to_value(request).map_err(|e| Error::new(format!("options cannot be written: {e}")))
        };
        let mut own = value(self)?;
        without(&mut own, &value(&Self::default())?);
        Ok(own)
    }
}

/// Removes what is the same, or nothing at all.
fn without(own: &mut serde_json::Value, usual: &serde_json::Value) {
    if let (Some(own), Some(usual)) = (own.as_object_mut(), usual.as_object()) {
        for (key, value) in own.iter_mut() {
            // What is usual may lack what is only written where it is there.
            without(value, usual.get(key).unwrap_or(&serde_json::Value::Null));
        }
        let nothing = |value: &serde_json::Value| {
            value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty)
        };
        own.retain(|key, value| !nothing(value) && usual.get(key) != Some(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_what_was_asked() {
        let asked = DissectRequest {
            slice: SliceOptions {
                filter: Some("scenario in (code, math) and words(a) > 2 * words(b)".parse().unwrap()),
                judges: vec!["human".to_owned()],
                hard: true,
                tried: vec!["count(a, \"!\")".parse().unwrap()],
                ..SliceOptions::default()
            },
            fit: FitOptions {
                terms: "side,models".parse().unwrap(),
                prior_scale: 0.25,
                ..FitOptions::default()
            },
            gains: true,
        };
        for request in [asked, DissectRequest::default()] {
            let kept = request.unusual().unwrap();
            // As study.toml has it, which knows no nulls.
            let table = toml::Table::try_from(&kept).unwrap();
            assert_eq!(toml::Value::Table(table).try_into::<DissectRequest>().unwrap(), request);
            assert_eq!(serde_json::from_value::<DissectRequest>(kept).unwrap(), request);
        }
    }
}
