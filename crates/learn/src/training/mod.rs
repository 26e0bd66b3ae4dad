//! Training: pairs in a drawn order, batch by batch, each step a loss, its gradient and one move of the optimiser.

mod checkpoint;
mod compared;
mod degraded;
mod degrees;
mod divergence;
mod example;
mod options;
mod pass;
mod record;
mod refine;
mod refinement;
mod scores;
mod scoring;
mod step;
#[cfg(test)]
mod tests;
mod trainer;
#[cfg(test)]
mod unpaired_tests;

pub use checkpoint::State;
pub use degraded::Degraded;
pub use example::Example;
pub use options::{Plan, TrainingOptions};
pub use record::{Evaluation, SpaRecord, StepRecord};
pub use refinement::{Refinement, SpaState};
pub use trainer::Trainer;
