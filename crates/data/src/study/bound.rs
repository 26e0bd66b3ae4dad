//! Which import of a study was read first.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Which import was read first.
#[derive(Debug, Clone, Default)]
pub(super) struct Bound(Arc<Mutex<Seen>>);

#[derive(Debug, Clone, Default)]
pub(super) enum Seen {
    #[default]
    Nothing,
    /// Its name; `None` if the tables do not give it.
    Import(Option<String>),
}

/// Which import was read does not matter for which study it is.
impl PartialEq for Bound {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Bound {}

impl Bound {
    pub(super) fn locked(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The name of the import that was read first; `now` supplies it if none was.
    pub(super) fn or(&self, now: impl FnOnce() -> Option<String>) -> Option<String> {
        match &*self.locked() {
            Seen::Import(name) => name.clone(),
            Seen::Nothing => now(),
        }
    }

    pub(super) fn forget(&self) {
        *self.locked() = Seen::Nothing;
    }
}
