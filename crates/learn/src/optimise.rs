//! `AdamW`, learning rates over time, and clipping.

use serde::{Deserialize, Serialize};

use crate::model::{Gradients, Id, Store, is_vector};

/// How the learning rate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    /// Falls to zero in a straight line.
    Linear,
    /// Falls to zero along half a cosine.
    #[default]
    Cosine,
    /// Stays.
    Constant,
}

impl Schedule {
    /// All, with their names.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Linear, "linear"), (Self::Cosine, "cosine"), (Self::Constant, "constant")];

    /// The factor of the rate at a step (from 0) of `steps`, of which the first `warm` rise to it from zero.
    ///
    /// `(step + 1) / warm` while it rises, then `(1 + cos(pi t)) / 2` or `1 - t` with `t = (step - warm) / (steps - warm)`: transformers'
    /// rates, except that the rise begins one step earlier, since a step at a rate of zero moves nothing.
    pub fn factor(self, step: usize, steps: usize, warm: usize) -> f64 {
        if step < warm {
            return (step + 1) as f64 / warm as f64;
        }
        let t = (step - warm) as f64 / (steps - warm).max(1) as f64;
        match self {
            Self::Constant => 1.0,
            Self::Linear => (1.0 - t).max(0.0),
            Self::Cosine => (0.5 * (1.0 + (std::f64::consts::PI * t).cos())).max(0.0),
        }
    }
}

/// `AdamW` (Loshchilov and Hutter 2019) with the usual betas 0.9 and 0.999 and epsilon 1e-8.
///
/// `m = .9 m + .1 g`, `v = .999 v + .001 g^2`, `w -= rate (decay w + m' / (sqrt(v') + eps))`, with `m'`, `v'` freed of their start at zero.
#[derive(Debug, Clone)]
pub struct AdamW {
    /// Steps made.
    pub steps: u32,
    decay: f64,
    moments: Vec<(Id, Vec<f32>, Vec<f32>)>,
}

impl AdamW {
    /// For all that is trained.
    pub fn new(store: &Store, decay: f64) -> Self {
        let zeros = |id: Id| vec![0.0; store.get(id).value.len()];
        let moments = store.trained().into_iter().map(|id| (id, zeros(id), zeros(id))).collect();
        Self { steps: 0, decay, moments }
    }

    /// One step at a rate.
    pub fn step(&mut self, store: &mut Store, gradients: &Gradients, rate: f64) {
        const BETAS: (f64, f64) = (0.9, 0.999);
        self.steps += 1;
        let steps = i32::try_from(self.steps).unwrap_or(i32::MAX);
        let (one, two) = (1.0 - BETAS.0.powi(steps), 1.0 - BETAS.1.powi(steps));
        let by = (rate / one) as f32;
        let root = two.sqrt() as f32;
        for (id, m, v) in &mut self.moments {
            let Some(gradient) = gradients.get(*id) else { continue };
            let tensor = store.get_mut(*id);
            // Norms and biases are not drawn to zero.
            let keep = if is_vector(&tensor.name) { 1.0 } else { (1.0 - rate * self.decay) as f32 };
            let numbers = tensor.value.iter_mut().zip(gradient).zip(m.iter_mut().zip(v.iter_mut()));
            for ((w, g), (m, v)) in numbers {
                *m += (g - *m) * (1.0 - BETAS.0) as f32;
                *v = *v * BETAS.1 as f32 + g * g * (1.0 - BETAS.1) as f32;
                *w = *w * keep - by * *m / (v.sqrt() / root + 1e-8);
            }
        }
    }

    /// The moments by the names of their tensors, to be kept.
    pub(crate) fn kept<'a>(
        &'a self,
        store: &'a Store,
    ) -> impl Iterator<Item = (String, Vec<usize>, &'a [f32])> {
        self.moments.iter().flat_map(|(id, m, v)| {
            let tensor = store.get(*id);
            let shape = vec![tensor.rows, tensor.cols];
            [
                (format!("m.{}", tensor.name), shape.clone(), m.as_slice()),
                (format!("v.{}", tensor.name), shape, v.as_slice()),
            ]
        })
    }

    /// Puts kept moments back; `false` where one is missing or of another size.
    pub(crate) fn restore(
        &mut self,
        store: &Store,
        steps: u32,
        mut kept: impl FnMut(&str) -> Option<Vec<f32>>,
    ) -> bool {
        self.steps = steps;
        self.moments.iter_mut().all(|(id, m, v)| {
            let name = &store.get(*id).name;
            let (Some(first), Some(second)) = (kept(&format!("m.{name}")), kept(&format!("v.{name}"))) else {
                return false;
            };
            let fits = first.len() == m.len() && second.len() == v.len();
            (*m, *v) = (first, second);
            fits
        })
    }
}

/// Shortens a gradient that is longer than `most`; returns its length before.
pub fn clip(gradients: &mut Gradients, most: Option<f64>) -> f64 {
    let norm = gradients.norm();
    if let Some(most) = most {
        // PyTorch's: the small number keeps a gradient of zero from dividing by it.
        let by = most / (norm + 1e-6);
        if by < 1.0 {
            gradients.scale(by as f32);
        }
    }
    norm
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_and_fall() {
        let at = |schedule: Schedule, step| schedule.factor(step, 12, 2);
        assert_eq!([0, 1, 2].map(|step| at(Schedule::Linear, step)), [0.5, 1.0, 1.0]);
        assert_eq!(at(Schedule::Linear, 7), 0.5);
        assert!((at(Schedule::Cosine, 7) - 0.5).abs() < 1e-12);
        assert_eq!(at(Schedule::Constant, 11), 1.0);
        assert_eq!(Schedule::Linear.factor(0, 0, 0), 1.0);
    }
}
