//! What can go wrong in training, as kinds that a front end can distinguish.

use std::path::PathBuf;

/// Why a model could not be read, trained or kept.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// A file could not be read.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("{path}: cannot be written: {source}")]
    Written {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is not what it should be.
    #[error("{path}: {what}")]
    Broken {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// An adapter of a kind that the engine does not know.
    #[error("{path}: {what}")]
    Adapter {
        /// Its configuration.
        path: PathBuf,
        /// What the engine cannot do.
        what: String,
    },
    /// A model of a kind that the engine does not know.
    #[error("{0}")]
    Unsupported(String),
    /// Weights and configuration contradict each other.
    #[error("tensor {name}: expected {expected}, found {found}")]
    Shape {
        /// The tensor.
        name: String,
        /// Its shape by the configuration.
        expected: String,
        /// Its shape in the file.
        found: String,
    },
    /// Weights of more layers than the configuration has.
    #[error("tensor {name} belongs to a layer that the configuration does not have (layers: {layers})")]
    Layers {
        /// The tensor.
        name: String,
        /// How many layers the configuration has.
        layers: usize,
    },
    /// A loss that is not a finite number.
    #[error("the loss of step {step} is not finite")]
    NotFinite {
        /// The step, which was not made.
        step: usize,
        /// The pairs of its batch.
        examples: Vec<usize>,
        /// Whether it is the weights that training has led to, and not these pairs.
        weights: bool,
    },
    /// Log-probabilities from which no loss can be computed.
    #[error(transparent)]
    Loss(#[from] crate::losses::LossError),
    /// A tokenizer or template that cannot be used.
    #[error(transparent)]
    Tokens(#[from] crate::tokens::TokensError),
    /// A choice that makes no sense.
    #[error("{0}")]
    Choice(String),
}

impl LearnError {
    /// The same of a file that has another name while it is written.
    #[must_use]
    pub fn of_file(self, path: &std::path::Path) -> Self {
        match self {
            Self::Written { source, .. } => Self::Written { path: path.to_owned(), source },
            other => other,
        }
    }
}

/// A result of this crate.
pub type Result<T, E = LearnError> = std::result::Result<T, E>;

/// Adds the file's path to an error of the system.
pub(crate) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> LearnError {
    let path = path.to_owned();
    move |source| LearnError::File { path, source }
}

/// Adds the path of a file that was to be written to an error of the system.
pub(crate) fn unwritten(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> LearnError {
    let path = path.to_owned();
    move |source| LearnError::Written { path, source }
}

/// An error about what a file says.
pub(crate) fn broken(path: &std::path::Path, what: impl Into<String>) -> LearnError {
    LearnError::Broken { path: path.to_owned(), what: what.into() }
}
