//! A request to `train` or `ranking-accuracy`: plain data, kept with the results, from which it can be run again.

use std::path::PathBuf;

use predilect_learn::TrainingOptions;
use predilect_learn::losses::spo::SpoOptions;
use predilect_learn::losses::{LossOptions, Mixture};
use predilect_learn::model::{GgufNumbers, LoraOptions};
use predilect_workbench::{CallOptions, FitOptions, ModelSpec, SliceOptions};
use serde::{Deserialize, Serialize};

/// How a model is to be trained.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainRequest {
    /// A folder of Hugging Face's, or a GGUF file.
    pub model: PathBuf,
    /// The losses with their weights.
    pub loss: Mixture,
    /// What shapes them.
    pub losses: LossOptions,
    /// The adapter that is trained; `None`: all weights.
    pub lora: Option<LoraOptions>,
    /// An adapter to continue from; it is part of the reference.
    pub adapter: Option<PathBuf>,
    /// How long and how fast.
    pub training: TrainingOptions,
    /// How pairs become tokens.
    pub texts: TextOptions,
    /// Whose verdicts; `None`: the only judge's.
    pub judge: Option<String>,
    /// Labels by the weights of a judge, instead of verdicts.
    pub relabel: Option<Relabel>,
    /// Which pairs and verdicts.
    pub slice: SliceOptions,
    /// Share of the prompts that are held out for evaluation.
    pub held_out: f64,
    /// Steps between two evaluations; `None`: as [`Self::evaluates_every`] finds.
    pub evaluate_every: Option<usize>,
    /// Evaluations without a smaller loss before training ends and the best weights are kept; `None`: unlimited.
    pub patience: Option<usize>,
    /// Steps between two checkpoints.
    pub checkpoint_every: usize,
    /// The degree loss of SPO in addition to the loss: its weight, and the shares of key phrases that are taken away.
    #[serde(default)]
    pub degrees: Option<SpoOptions>,
    /// What is written in addition to the adapter.
    #[serde(default)]
    pub outputs: Outputs,
}

impl TrainRequest {
    /// Steps between two evaluations of that many pairs.
    #[must_use]
    pub fn evaluates_every(&self, held_out: usize) -> usize {
        apart(self.evaluate_every, self.patience, (held_out, self.training.batch))
    }
}

/// Pairs at which the distance from the reference is measured with each evaluation.
const MEASURED: usize = 16;

/// Steps between two evaluations where few pairs are held out.
const USUAL: usize = 20;

fn apart(asked: Option<usize>, patience: Option<usize>, (held_out, batch): (usize, usize)) -> usize {
    // Early stopping needs looks.
    let often = patience.map(|_| USUAL);
    asked.or(often).unwrap_or_else(|| cheap_enough(held_out, batch)).max(1)
}

/// Steps between two evaluations unless a number was asked for: 20, or more where many pairs are held out, so that training sees twice as
/// many pairs as are evaluated. A pair takes half as long to evaluate as to train on (the first time as long, with its reference; measured in
/// `benchmarks/RESULTS.md`), so that these evaluations take less than a quarter of the time; the last step is followed by one in any case.
fn cheap_enough(held_out: usize, batch: usize) -> usize {
    (2 * (held_out + MEASURED)).div_ceil(batch.max(1)).max(USUAL)
}

/// What is written of the trained model in addition to the adapter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Outputs {
    /// A folder as transformers reads it, the adapter merged; always where all weights were trained.
    pub merged: bool,
    /// A GGUF file of these numbers, the adapter merged.
    pub gguf: Option<GgufNumbers>,
}

/// How pairs become tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TextOptions {
    /// Whether the model's chat template is used, where it has one.
    pub template: bool,
    /// The most tokens of a prompt and one completion.
    pub max_length: usize,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { template: true, max_length: 1024 }
    }
}

/// Labels by the fitted weights of a judge.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relabel {
    /// The judge.
    pub judge: String,
    /// Whether its published weights are taken.
    pub published: bool,
    /// With the judge, against it, or at random.
    pub direction: Direction,
    /// Whether labels stay probabilities.
    pub soft: bool,
    /// Pairs whose probability is nearer to one half than this are left out.
    pub margin: f64,
    /// Of several pairs of one prompt, only the surest is kept.
    pub best: bool,
    /// How the weights are fitted.
    pub fit: FitOptions,
}

/// The direction of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// What the judge rewards is chosen.
    #[default]
    Aligned,
    /// What it rewards is rejected.
    Opposed,
    /// As sure as with the judge, and for a side that is drawn: the control.
    Random,
}

impl Direction {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Aligned, "aligned"), (Self::Opposed, "opposed"), (Self::Random, "random")];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(own, _)| *own == self).map_or("", |(_, name)| name)
    }
}

/// A request for ranking accuracy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RankingRequest {
    /// A folder of Hugging Face's, or a GGUF file; beside a server, that of the tokens which it takes.
    pub model: PathBuf,
    /// A model behind a server instead, which says how probable it finds a text (`echo` with `logprobs`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<ModelSpec>,
    /// How servers are called; `None`: as [`CallOptions::default`] says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calls: Option<CallOptions>,
    /// An adapter on it.
    pub adapter: Option<PathBuf>,
    /// The reference; `None` with an adapter: the model without it.
    pub reference: Option<PathBuf>,
    /// The reference behind a server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference_server: Option<ModelSpec>,
    /// Beta of the ideal model.
    pub beta: f64,
    /// How pairs become tokens.
    pub texts: TextOptions,
    /// Whose verdicts; `None`: the only judge's.
    pub judge: Option<String>,
    /// Which pairs and verdicts.
    pub slice: SliceOptions,
    /// Whether every pair is reported.
    pub each: bool,
}

#[cfg(test)]
mod tests {
    use super::{apart, cheap_enough};

    #[test]
    fn many_held_out_pairs_are_evaluated_less_often() {
        assert_eq!([0, 20, 40, 41, 109].map(|held_out| cheap_enough(held_out, 4)), [20, 20, 28, 29, 63]);
        assert_eq!(cheap_enough(100, 0), 232);
        // Early stopping looks as often as ever; who asks for a number gets it.
        assert_eq!([None, Some(3)].map(|patience| apart(None, patience, (109, 4))), [63, 20]);
        assert_eq!(apart(Some(7), Some(3), (109, 4)), 7);
    }
}
