//! A training run that continues where it was: weights, moments, and its state.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::refinement::SpaState;
use super::trainer::Trainer;
use crate::error::{Result, broken, file};
use crate::losses::LossState;
use crate::model::Shard;
use crate::tensor_bytes::safetensors_bytes;

/// The state of a training run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Steps made.
    pub step: usize,
    /// What losses remember.
    pub losses: LossState,
    /// The state of the refinement of labels; `None` without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub spa: Option<SpaState>,
}

/// The file of weights.
const WEIGHTS: &str = "weights.safetensors";
/// The file of the optimiser's moments.
const MOMENTS: &str = "moments.safetensors";
/// The file with the state.
const STATE: &str = "state.json";

impl Trainer {
    /// The files of a checkpoint, by name; they belong in one folder, all or none.
    ///
    /// # Errors
    ///
    /// When numbers cannot be written as tensors.
    pub fn checkpoint(&self) -> Result<Vec<(&'static str, Vec<u8>)>> {
        let store = &self.model.store;
        let trained = store.trained().into_iter().map(|id| {
            let tensor = store.get(id);
            (tensor.name.clone(), vec![tensor.rows, tensor.cols], tensor.value.as_slice())
        });
        let spa = self.refining.as_ref().map(|refining| refining.state.clone());
        let state = State { step: self.step, losses: self.losses, spa };
        Ok(vec![
            (WEIGHTS, safetensors_bytes(trained)?),
            (MOMENTS, safetensors_bytes(self.optimiser.kept(store))?),
            (STATE, serde_json::to_vec_pretty(&state).unwrap_or_default()),
        ])
    }

    /// Goes back to a checkpoint of the same training: one that was set up in the same way, [`Self::refine`] and [`Self::degrees`]
    /// included.
    ///
    /// # Errors
    ///
    /// When a file is missing, broken, or of another training.
    pub fn restore(&mut self, folder: &Path) -> Result<()> {
        let path = folder.join(STATE);
        let text = std::fs::read_to_string(&path).map_err(file(&path))?;
        let state: State = serde_json::from_str(&text).map_err(|e| broken(&path, e.to_string()))?;
        if !self.continues(state.spa.as_ref()) {
            return Err(broken(&path, "is from a training run that refines labels differently"));
        }
        let path = folder.join(WEIGHTS);
        let mut weights = Shard::open(&path)?;
        for id in self.model.store.trained() {
            let tensor = self.model.store.get_mut(id);
            match weights.read(&tensor.name)? {
                Some((_, value)) if value.len() == tensor.value.len() => tensor.value = value,
                _ => return Err(broken(&path, format!("does not contain {}", tensor.name))),
            }
        }
        let path = folder.join(MOMENTS);
        let mut moments = Shard::open(&path)?;
        let steps = u32::try_from(state.step).unwrap_or(u32::MAX);
        let kept = |name: &str| moments.read(name).ok().flatten().map(|(_, value)| value);
        if !self.optimiser.restore(&self.model.store, steps, kept) {
            return Err(broken(&path, "belongs to a different run"));
        }
        (self.step, self.losses) = (state.step, state.losses);
        if let (Some(refining), Some(kept)) = (&mut self.refining, state.spa) {
            refining.state = kept;
        }
        Ok(())
    }
}
