//! From preferences to a trained model, and what it learnt.
//!
//! [`Training`] aligns a small language model with the verdicts of a judge, or with what the fitted weights of a judge say of each pair;
//! [`ranking`] measures whether a model ranks pairs as their labels do. The arithmetic is `predilect-learn`'s.
//!
//! A request reads from JSON, with the defaults of the command line, and every loss says what it is:
//!
//! ```
//! let all = predilect_train::losses();
//! let dpo = all.losses.iter().find(|loss| loss.name == "sigmoid").expect("DPO is one of them");
//! assert_eq!((dpo.trl.as_deref(), dpo.reference), (Some("DPO"), true));
//! println!("{}  ({})", dpo.formula, dpo.source);
//! ```

mod asked;
mod examples;
mod folder;
mod losses;
mod made;
mod mistakes;
mod outputs;
mod pairs;
mod rankers;
mod ranking;
mod ready;
mod relabel;
mod request;
mod run;
mod single;
mod spa;
mod stages;
mod told;
mod trl;

pub use losses::losses;
pub use predilect_learn::TrainingOptions;
pub use predilect_learn::losses::spo::SpoOptions;
pub use predilect_learn::losses::{FDivergence, Loss, LossOptions, Mixture};
pub use predilect_learn::model::{GgufNumbers, LoraOptions, Target};
pub use predilect_learn::optimise::Schedule;
pub use ranking::ranking;
pub use request::{Direction, Outputs, RankingRequest, Relabel, TextOptions, TrainRequest};
pub use run::Training;
pub use spa::{SpaRequest, train_with_own_labels};
pub use trl::{TrlOptions, train_with_trl};
