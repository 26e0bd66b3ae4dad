//! How many questions are answered at once.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Places for questions that are being answered.
#[derive(Debug)]
pub(crate) struct Cores {
    pub(crate) all: Arc<Semaphore>,
    /// Those that questions which take long may have of them: one fewer, so that a quick one never waits for them.
    pub(crate) costly: Arc<Semaphore>,
}

impl Cores {
    /// As many as there are cores, and two at least.
    pub(crate) fn of(cores: usize) -> Self {
        let places = cores.max(2);
        Self { all: Arc::new(Semaphore::new(places)), costly: Arc::new(Semaphore::new(places - 1)) }
    }
}
