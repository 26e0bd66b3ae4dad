//! Given log-probabilities of two completions, what is the loss and which way should each token move?
//!
//! Every loss here is a function of per-token log-probabilities: numbers in, a value and the derivative with respect to
//! the policy's log-probability of each token out. No model, tensor, file or clock is involved, so the same code checks
//! an engine's numbers and trains with them. Everything is in f64 and natural logarithms.
//!
//! Notation, in the formulas of [`catalogue`] and in the comments: `lw` and `ll` are the summed log-probabilities of the
//! chosen and the rejected completion under the policy, `aw` and `al` the same minus the reference's (the log-ratios),
//! `nw` and `nl` the numbers of tokens, `h = aw - al`, `b` is beta, `e` is the label smoothing, `p` is the probability that the
//! chosen completion is preferred, `q = 2p - 1`, and `s(x) = 1 / (1 + exp(-x))`.
//!
//! ```
//! use predilect_learn::losses::{LossOptions, LossState, Objective, PairScores, Side};
//!
//! let options = LossOptions { beta: 0.5, ..LossOptions::default() };
//! let objective = Objective::new("sigmoid:0.8,bco_pair:0.2,sft:1".parse()?, options)?;
//! let pair = PairScores::new(
//!     Side::new(&[-0.50, -1.00, -0.25], &[-0.75, -1.25, -0.50]),
//!     Side::new(&[-1.50, -0.75], &[-1.00, -0.50]),
//! );
//! let batch = objective.evaluate(&[pair], &mut LossState::default())?;
//! assert!((batch.value - 1.102_079).abs() < 1e-6);
//! // A gradient descent step adds what is negative here: it makes the chosen completion likelier.
//! assert!(batch.gradients[0].chosen.iter().all(|&slope| slope < 0.0));
//! assert!(batch.gradients[0].rejected.iter().all(|&slope| slope > 0.0));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod batch;
mod catalogue;
mod check;
mod completion;
mod dual;
mod evaluate;
mod figure;
mod labels;
mod loss;
mod mixture;
mod needs;
mod objective;
mod options;
mod pair;
mod pairwise;
mod reward;
pub mod spa;
pub mod spo;
mod state;
#[cfg(test)]
mod tests;
mod unpaired;
mod warnings;

pub use batch::{TokenNll, token_nll};
pub use catalogue::{Entry, NOTATION, catalogue};
pub use check::LossError;
pub use evaluate::{Batch, PairGradient};
pub use labels::{OrderedAnswers, soft_label};
pub use loss::{BatchScope, Loss};
pub use mixture::{Mixture, MixtureError};
pub use needs::UnknownLoss;
pub use objective::Objective;
pub use options::{FDivergence, LossOptions, OptionError};
pub use pair::{PairScores, Side};
pub use reward::{RewardLoss, RewardPair, reward_loss};
pub use state::{LossState, RunningMean};
pub use unpaired::{Example, UnpairedBatch, kto_baseline};
pub use warnings::{Summary, Warning};
