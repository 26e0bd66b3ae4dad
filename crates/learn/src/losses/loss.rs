//! Which losses are there, and how much of a batch can one depend on?

use serde::{Deserialize, Serialize};

/// A loss of preference optimisation. Formulas, sources and needs are in [`super::catalogue`]; the name is that of
/// [`Loss::name`], in text and in JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(into = "&'static str", try_from = "String")]
#[expect(missing_docs, reason = "the catalogue describes each, with formula and source")]
pub enum Loss {
    Sigmoid,
    Hinge,
    Ipo,
    ExoPair,
    NcaPair,
    Robust,
    BcoPair,
    SppoHard,
    Aot,
    AotUnpaired,
    ApoZero,
    ApoDown,
    Discopop,
    Sft,
    SigmoidNorm,
    Kto,
    ApoZeroUnpaired,
    Cpo,
    CpoHinge,
    CpoIpo,
    Simpo,
    Alphapo,
    Orpo,
    Cdpo,
    IpoSum,
    Rpo,
    LdDpo,
    Wpo,
    Ropo,
    RopoV1,
    Bco,
    Attenuated,
    Soft,
    Gdpo,
    Cipo,
    Gipo,
    Gropo,
    SoftRopo,
    SoftSimpo,
}

/// How much of a batch the gradient of one pair depends on, from little to much.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BatchScope {
    /// On the pair alone, apart from the division by the number of pairs.
    Pair,
    /// Also on how many tokens the other chosen completions have, which is known before any model runs.
    TokenCounts,
    /// Also on the scores of the others: every forward pass of the batch must be over before the first backward pass.
    Scores,
}
