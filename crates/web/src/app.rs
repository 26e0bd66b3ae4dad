//! What does every answer need?

use std::sync::Arc;

use crate::cores::Cores;
use crate::guard::Guard;
use crate::recents::Recents;
use crate::runs::Runs;
use crate::studies::Studies;
use crate::uploads::Uploads;
use crate::votes::Votes;

/// What every answer needs.
#[derive(Debug, Clone)]
pub(crate) struct App {
    pub(crate) studies: Arc<Studies>,
    pub(crate) cores: Arc<Cores>,
    /// Whether what is asked takes long, as comparisons of all judges do.
    pub(crate) costly: bool,
    pub(crate) guard: Arc<Guard>,
    pub(crate) runs: Arc<Runs>,
    pub(crate) runs_allowed: bool,
    pub(crate) votes: Arc<Votes>,
    pub(crate) uploads: Arc<Uploads>,
    pub(crate) recents: Arc<Recents>,
    pub(crate) read_only: bool,
}

impl App {
    /// The same for a question that takes long: the others do not wait behind it.
    pub(crate) fn costly(self) -> Self {
        Self { costly: true, ..self }
    }
}
