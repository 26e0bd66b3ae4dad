//! What was found in a file that was sent, kept until the file is opened or discarded.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use predilect_workbench::sent::Looked;

use crate::problem::Problem;

/// What is found of a file by one way of reading it, and why it would not become a study.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) looked: Looked,
    pub(crate) problem: Option<Problem>,
    /// Whether what is missing are verdicts: the pairs are understood.
    pub(crate) unjudged: bool,
}

/// The ways of reading one file that were tried last, each with what was found.
#[derive(Debug, Default)]
pub(crate) struct Looks(Mutex<Vec<(String, Arc<Seen>)>>);

/// Ways of reading that are kept.
const KEPT: usize = 4;

impl Looks {
    fn all(&self) -> MutexGuard<'_, Vec<(String, Arc<Seen>)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What was found by this way of reading, if it was tried.
    pub(crate) fn get(&self, reading: &str) -> Option<Arc<Seen>> {
        self.all().iter().find(|(own, _)| own == reading).map(|(_, seen)| Arc::clone(seen))
    }

    /// Keeps what was found.
    pub(crate) fn keep(&self, reading: String, seen: Seen) -> Arc<Seen> {
        let seen = Arc::new(seen);
        let mut all = self.all();
        all.retain(|(own, _)| *own != reading);
        if all.len() >= KEPT {
            all.remove(0);
        }
        all.push((reading, Arc::clone(&seen)));
        seen
    }
}
