//! How far judges agree.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::interval::Interval;

/// How far two judges agree on the pairs that both have judged. Coefficients are `None` if they are not defined.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct JudgeAgreement {
    /// The two.
    pub judges: [String; 2],
    /// Pairs that both have judged.
    pub pairs: u64,
    /// Different prompts among them.
    pub prompts: u64,
    /// Share of pairs with the same of A, tie and B: S1 of MT-Bench, a third by chance.
    pub same: Option<Interval>,
    /// The same among pairs that neither judge calls a tie: S2 of MT-Bench, one half by chance.
    pub same_without_ties: Option<Interval>,
    /// How often draws from the two soft verdicts agree.
    pub soft: Option<Interval>,
    /// Cohen's kappa of A, tie and B.
    pub kappa: Option<Interval>,
    /// Cohen's kappa of soft verdicts with quadratic weights.
    pub weighted_kappa: Option<Interval>,
    /// Krippendorff's alpha of soft verdicts, interval data.
    pub alpha: Option<Interval>,
}

/// Every coefficient of agreement as a matrix of its estimates.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct AgreementMatrices {
    /// The judges, in the order of rows and columns.
    pub judges: Vec<String>,
    /// By the coefficient's name: `same`, `same_without_ties`, `soft`, `kappa`, `weighted_kappa`, `alpha`; 1 on the diagonal, `None` if two
    /// have no pair in common or it is not defined.
    pub coefficients: BTreeMap<String, Vec<Vec<Option<f64>>>>,
}
