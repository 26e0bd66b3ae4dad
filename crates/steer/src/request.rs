//! A request to `steer` or `verify`: plain data, kept with the results, from which it can be run again.

use std::fs;
use std::path::{Path, PathBuf};

use predilect_workbench::{CallOptions, FitOptions, Method, ModelSpec, SliceOptions};
use serde::{Deserialize, Serialize};

use crate::plan::Choose;
use crate::prompts::Protocol;

/// How an evaluation is to be moved, and measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SteerRequest {
    /// The judge whose weights say what to ask for.
    pub judge: String,
    /// Whether these are the published weights of Li et al. (2024) instead of a fit.
    #[serde(default)]
    pub published: bool,
    /// The file of the prompts.
    pub prompts: PathBuf,
    /// The field that contains the prompt, where that could be several.
    #[serde(default)]
    pub prompt_field: Option<String>,
    /// How responses are scored; `None`: the default of the prompts' file.
    #[serde(default)]
    pub protocol: Option<Protocol>,
    /// Reference answers in the form of MT-Bench, in addition to those in the prompts' file.
    #[serde(default)]
    pub references: Option<PathBuf>,
    /// Turns of a prompt that are answered, 1 or 2.
    #[serde(default = "one")]
    pub turns: u8,
    /// The model under test.
    pub model: ModelSpec,
    /// Models that judge, the target among them.
    pub judge_models: Vec<ModelSpec>,
    /// How they are asked; `None`: scored where they return probabilities.
    #[serde(default)]
    pub method: Option<Method>,
    /// Whose responses to compare with: a file of outputs, a model, or only the model itself.
    #[serde(default)]
    pub baseline: Option<Baseline>,
    /// Maximum number of properties that are asked for.
    #[serde(default = "three")]
    pub top: usize,
    /// Whether each group of prompts has a separate message.
    #[serde(default)]
    pub by_group: bool,
    /// How properties are chosen.
    #[serde(default)]
    pub choose: Choose,
    /// The least probability of a weight's sign.
    #[serde(default = "sure")]
    pub sure: f64,
    /// Properties that are not asked for.
    #[serde(default)]
    pub without: Vec<String>,
    /// The arms; the plain one is always among them.
    #[serde(default = "arms")]
    pub arms: Vec<String>,
    /// Maximum number of prompts, the first of the file.
    #[serde(default)]
    pub limit: Option<usize>,
    /// The most tokens of a response.
    #[serde(default = "tokens")]
    pub max_tokens: u32,
    /// Temperature of the model under test.
    #[serde(default = "warm")]
    pub temperature: f64,
    /// A model that rates the responses; `None`: text analysis.
    #[serde(default)]
    pub annotator: Option<ModelSpec>,
    /// Seed of sampling, orders and resampling.
    #[serde(default)]
    pub seed: u64,
    /// A file of messages.
    #[serde(default)]
    pub messages: Option<PathBuf>,
    /// Whether judges are tried on a few plain pairs before anything is paid for.
    #[serde(default = "yes")]
    pub probe: bool,
    /// The pairs and verdicts that weights are fitted to.
    #[serde(default)]
    pub slice: SliceOptions,
    /// How they are fitted.
    #[serde(default)]
    pub fit: FitOptions,
    /// How models are called.
    #[serde(default)]
    pub calls: CallOptions,
}

/// Against whose responses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// A file of outputs.
    File(PathBuf),
    /// A model that is asked without a message.
    Model(ModelSpec),
}

fn one() -> u8 {
    1
}

fn three() -> usize {
    3
}

fn sure() -> f64 {
    0.9
}

fn tokens() -> u32 {
    512
}

fn warm() -> f64 {
    0.7
}

fn yes() -> bool {
    true
}

/// The default arms.
pub fn arms() -> Vec<String> {
    ["plain", "aligned", "opposed", "placebo", "null"].map(str::to_owned).to_vec()
}

/// A path by its whole name, where it exists.
pub(crate) fn whole(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// What is to be verified.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The model that judges.
    pub judge_model: ModelSpec,
    /// The judge of the study whose weights are put to the test; `None`: the model's name.
    #[serde(default)]
    pub weights_of: Option<String>,
    /// How the model is asked; `None`: scored where it returns probabilities.
    #[serde(default)]
    pub method: Option<Method>,
    /// A model that rewrites responses where no rule can; `None`: edits by rule only.
    #[serde(default)]
    pub writer: Option<ModelSpec>,
    /// A model that rates responses, edited or not, on what text analysis cannot rate as well; `None`: text analysis alone.
    #[serde(default)]
    pub annotator: Option<ModelSpec>,
    /// Only these properties, by id; empty: all that can be edited.
    #[serde(default)]
    pub properties: Vec<String>,
    /// Pairs that are edited for each property and direction.
    #[serde(default = "pairs")]
    pub pairs: usize,
    /// Edits that move more other properties than this are dropped.
    #[serde(default = "others")]
    pub most_others: usize,
    /// Pairs whose losing response then instructs the judge to choose it, in six ways.
    #[serde(default)]
    pub attacks: usize,
    /// Whether the judge is tried on a few plain pairs before anything is paid for.
    #[serde(default = "yes")]
    pub probe: bool,
    /// The most tokens of a rewritten response.
    #[serde(default = "long")]
    pub max_tokens: u32,
    /// Seed of the choice of pairs and sides, and of resampling.
    #[serde(default)]
    pub seed: u64,
    /// The pairs and verdicts that weights are fitted to, and that are edited.
    #[serde(default)]
    pub slice: SliceOptions,
    /// How weights are fitted.
    #[serde(default)]
    pub fit: FitOptions,
    /// How models are called.
    #[serde(default)]
    pub calls: CallOptions,
}

fn pairs() -> usize {
    100
}

fn others() -> usize {
    4
}

fn long() -> u32 {
    1024
}
