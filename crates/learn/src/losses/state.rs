//! What do losses remember from one batch to the next, or need from outside the batch?

use serde::{Deserialize, Serialize};

/// The mean of all numbers seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct RunningMean {
    /// How many numbers were seen.
    pub count: u64,
    /// Their mean; 0 before the first.
    pub mean: f64,
}

impl RunningMean {
    /// Takes in one more number.
    pub fn push(&mut self, value: f64) {
        self.count += 1;
        self.mean += (value - self.mean) / self.count as f64;
    }
}

/// What losses carry from batch to batch. Kept in a checkpoint, it lets training continue unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct LossState {
    /// KTO's baseline z0 of the coming batch, from [`super::kto_baseline`]; at least 0. Set it before each batch.
    pub kto_z0: Option<f64>,
    /// `bco`'s threshold: the mean of beta times the log-ratio over all completions seen, those of the current batch
    /// included. No gradient flows through it.
    pub bco: RunningMean,
    /// Whether `bco` is not updated, for evaluation during training. Default no.
    pub frozen: bool,
}
