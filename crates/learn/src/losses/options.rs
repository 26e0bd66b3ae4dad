//! Which numbers shape a loss, and which of their values make sense?

use std::fmt;

use serde::{Deserialize, Serialize};

use super::figure::Figure;
use super::loss::Loss;
use super::mixture::Mixture;

/// What keeps the policy near the reference (f-DPO, arXiv 2309.16240): the score that takes the place of a log-ratio `a`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FDivergence {
    /// Score `a`: plain DPO.
    #[default]
    ReverseKl,
    /// Score `1 - exp(-a)`.
    ForwardKl,
    /// Score `ln 2 + ln s(a)`.
    JsDivergence,
    /// Score `(exp((f_alpha - 1) a) - 1) / (f_alpha - 1)`, with limit `a` at 1.
    AlphaDivergence,
}

/// The numbers that shape the losses. Which loss uses which, the `options` of [`super::Entry`] say; the others ignore them.
/// Defaults are TRL's where TRL has the option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LossOptions {
    /// Strength of the pull towards the reference, or the scale of the margin without a reference; 1e-6 to 1e6. Default 0.1. `SimPO` and
    /// `AlphaPO` usually take 2 or more.
    pub beta: f64,
    /// Share of labels supposed to be flipped, 0 <= e < 0.5; for `exo_pair` above 0 (its paper: 0.001). Default 0.
    pub label_smoothing: f64,
    /// What keeps the policy near the reference. Default `reverse_kl`.
    pub f_divergence: FDivergence,
    /// The coefficient of `alpha_divergence`, -10 to 10. Default 0.5.
    pub f_alpha: f64,
    /// `DiscoPOP`'s temperature, 0 < tau <= 1; above 1 its loss would grow exponentially. Default 0.05.
    pub discopop_tau: f64,
    /// LD-DPO's weight of tokens past the length of the shorter completion, 0 to 1. Default 0.5 (TRL: off, which is 1).
    pub ld_alpha: f64,
    /// Weight of the negative log-likelihood of the chosen completions in `cpo`, `cpo_hinge`, `cpo_ipo` and `rpo`; at
    /// least 0. Default 1.
    pub nll_weight: f64,
    /// `SimPO`'s target margin, in units of beta times the mean log-probability; at least 0. Default 0.5.
    pub simpo_gamma: f64,
    /// `AlphaPO`'s shape of the reward, -10 to 10; 0 is `SimPO`. Default 0.25 (TRL: 0).
    pub alphapo_alpha: f64,
    /// Weight of the reference's log-ratio in `attenuated`, at least 0: 0 leaves the reference out, 1 is DPO. Default 0.5.
    pub attenuation: f64,
    /// ROPO's alpha (version 2 of the paper), above 2. Default 14.
    pub ropo_alpha: f64,
    /// ROPO's alpha in version 1 of the paper, also of `gropo`; at least 0. Default 0.2.
    pub ropo_v1_alpha: f64,
    /// ROPO's gamma in version 1 of the paper, also of `gropo`; at least 0. Default 0.1.
    pub ropo_v1_gamma: f64,
    /// Weight of desirable examples in the losses for unpaired examples; at least 0. Default 1.
    pub desirable_weight: f64,
    /// Weight of undesirable examples in the losses for unpaired examples; at least 0. Default 1.
    pub undesirable_weight: f64,
    /// Whether `cipo` and `gipo` take mean log-ratios per token, as TRL's `ipo` does, instead of sums. Default no.
    pub token_means: bool,
}

impl Default for LossOptions {
    fn default() -> Self {
        Self {
            beta: 0.1,
            label_smoothing: 0.0,
            f_divergence: FDivergence::ReverseKl,
            f_alpha: 0.5,
            discopop_tau: 0.05,
            ld_alpha: 0.5,
            nll_weight: 1.0,
            simpo_gamma: 0.5,
            alphapo_alpha: 0.25,
            attenuation: 0.5,
            ropo_alpha: 14.0,
            ropo_v1_alpha: 0.2,
            ropo_v1_gamma: 0.1,
            desirable_weight: 1.0,
            undesirable_weight: 1.0,
            token_means: false,
        }
    }
}

/// Why options cannot be used.
#[derive(Debug, Clone, PartialEq)]
pub enum OptionError {
    /// A number is outside its range.
    Range {
        /// The name of the option.
        option: &'static str,
        /// Its value.
        value: f64,
        /// The values allowed, as words.
        allowed: &'static str,
    },
    /// `exo_pair` without label smoothing: its loss is infinite.
    ExoWithoutSmoothing,
    /// An f-divergence other than reverse KL with a loss of the log-ratios themselves. The scores of f-DPO are known only
    /// up to a constant that cancels in the difference of two, so there is no such loss.
    Divergence {
        /// The loss in question.
        loss: Loss,
    },
}

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Range { option, value, allowed } => {
                write!(f, "{option} is {}, but must be {allowed}", Figure(*value))
            }
            Self::ExoWithoutSmoothing => {
                write!(f, "exo_pair needs label_smoothing above 0; its authors recommend 0.001")
            }
            Self::Divergence { loss } => {
                write!(
                    f,
                    "f_divergence cannot be used with {loss}; remove it or choose a loss such as sigmoid"
                )
            }
        }
    }
}

impl std::error::Error for OptionError {}

impl LossOptions {
    /// Checks every range, and the combinations with the losses of `mixture` that have no value.
    ///
    /// # Errors
    /// The first option that cannot be used.
    pub fn validate(&self, mixture: &Mixture) -> Result<(), OptionError> {
        self.ranges()?;
        for loss in mixture.losses() {
            if loss == Loss::ExoPair && self.label_smoothing == 0.0 {
                return Err(OptionError::ExoWithoutSmoothing);
            }
            let entry = loss.entry();
            if self.f_divergence != FDivergence::ReverseKl && entry.reference && !entry.divergence {
                return Err(OptionError::Divergence { loss });
            }
        }
        Ok(())
    }

    fn ranges(&self) -> Result<(), OptionError> {
        let check = |option, value: f64, allowed, good: bool| {
            if good && value.is_finite() {
                Ok(())
            } else {
                Err(OptionError::Range { option, value, allowed })
            }
        };
        check("beta", self.beta, "from 1e-6 to 1e6", (1e-6..=1e6).contains(&self.beta))?;
        let e = self.label_smoothing;
        check("label_smoothing", e, "at least 0 and below 0.5", (0.0..0.5).contains(&e))?;
        check("f_alpha", self.f_alpha, "from -10 to 10", (-10.0..=10.0).contains(&self.f_alpha))?;
        let tau = self.discopop_tau;
        check("discopop_tau", tau, "above 0 and at most 1", tau > 0.0 && tau <= 1.0)?;
        check("ld_alpha", self.ld_alpha, "from 0 to 1", (0.0..=1.0).contains(&self.ld_alpha))?;
        let shape = self.alphapo_alpha;
        check("alphapo_alpha", shape, "from -10 to 10", (-10.0..=10.0).contains(&shape))?;
        check("ropo_alpha", self.ropo_alpha, "above 2", self.ropo_alpha > 2.0)?;
        for (option, value) in [
            ("nll_weight", self.nll_weight),
            ("simpo_gamma", self.simpo_gamma),
            ("attenuation", self.attenuation),
            ("ropo_v1_alpha", self.ropo_v1_alpha),
            ("ropo_v1_gamma", self.ropo_v1_gamma),
            ("desirable_weight", self.desirable_weight),
            ("undesirable_weight", self.undesirable_weight),
        ] {
            check(option, value, "at least 0", value >= 0.0)?;
        }
        Ok(())
    }

    /// The names of the options that differ from their defaults.
    pub fn changed(&self) -> Vec<&'static str> {
        let usual = Self::default();
        [
            ("beta", self.beta != usual.beta),
            ("label_smoothing", self.label_smoothing != usual.label_smoothing),
            ("f_divergence", self.f_divergence != usual.f_divergence),
            ("f_alpha", self.f_alpha != usual.f_alpha),
            ("discopop_tau", self.discopop_tau != usual.discopop_tau),
            ("ld_alpha", self.ld_alpha != usual.ld_alpha),
            ("nll_weight", self.nll_weight != usual.nll_weight),
            ("simpo_gamma", self.simpo_gamma != usual.simpo_gamma),
            ("alphapo_alpha", self.alphapo_alpha != usual.alphapo_alpha),
            ("attenuation", self.attenuation != usual.attenuation),
            ("ropo_alpha", self.ropo_alpha != usual.ropo_alpha),
            ("ropo_v1_alpha", self.ropo_v1_alpha != usual.ropo_v1_alpha),
            ("ropo_v1_gamma", self.ropo_v1_gamma != usual.ropo_v1_gamma),
            ("desirable_weight", self.desirable_weight != usual.desirable_weight),
            ("undesirable_weight", self.undesirable_weight != usual.undesirable_weight),
            ("token_means", self.token_means != usual.token_means),
        ]
        .into_iter()
        .filter_map(|(name, changed)| changed.then_some(name))
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(json: &str, mixture: &str) -> String {
        let options: LossOptions = serde_json::from_str(json).unwrap();
        options.validate(&mixture.parse().unwrap()).unwrap_err().to_string()
    }

    #[test]
    fn ranges_are_kept() {
        assert_eq!(error(r#"{"beta": 0}"#, "sigmoid"), "beta is 0, but must be from 1e-6 to 1e6");
        let robust = error(r#"{"label_smoothing": 0.5}"#, "robust");
        assert_eq!(robust, "label_smoothing is 0.5, but must be at least 0 and below 0.5");
        assert_eq!(error(r#"{"ropo_alpha": 2}"#, "ropo"), "ropo_alpha is 2, but must be above 2");
        assert_eq!(error(r#"{"nll_weight": -1}"#, "rpo"), "nll_weight is -1, but must be at least 0");
        let infinite = LossOptions { f_alpha: f64::INFINITY, ..LossOptions::default() };
        assert!(infinite.validate(&"sigmoid".parse().unwrap()).is_err());
        // Neither hundreds of digits nor a hundred zeros.
        assert_eq!(error(r#"{"beta": 1e300}"#, "sigmoid"), "beta is 1e300, but must be from 1e-6 to 1e6");
        assert_eq!(error(r#"{"beta": 1e-30}"#, "sigmoid"), "beta is 1e-30, but must be from 1e-6 to 1e6");
    }

    #[test]
    fn combinations_without_a_value_are_refused() {
        assert!(error("{}", "sft,exo_pair").starts_with("exo_pair needs label_smoothing above 0"));
        let divergence = error(r#"{"f_divergence": "forward_kl"}"#, "sigmoid,sft,kto");
        assert!(divergence.starts_with("f_divergence cannot be used with kto"), "{divergence}");
    }

    #[test]
    fn every_field_can_be_found_changed() {
        let fields = serde_json::to_value(LossOptions::default()).unwrap();
        for (name, value) in fields.as_object().unwrap() {
            let other = match value {
                serde_json::Value::Bool(old) => serde_json::json!(!old),
                serde_json::Value::String(_) => serde_json::json!("js_divergence"),
                number => serde_json::json!(number.as_f64().unwrap() + 0.125),
            };
            let options: LossOptions = serde_json::from_value(serde_json::json!({ name: other })).unwrap();
            assert_eq!(options.changed(), [name.as_str()]);
        }
        assert!(LossOptions::default().changed().is_empty());
        assert!(serde_json::from_str::<LossOptions>(r#"{"gamma": 1}"#).is_err());
    }
}
