//! Work that takes a while, off the threads that answer: as many questions at once as there are cores, and an end to those that nobody waits
//! for.

use std::sync::Arc;

use predilect_workbench::{Cancel, Event, Watch};
use tokio::sync::Semaphore;

use crate::problem::Problem;

/// Who waits for an answer: nobody, once the connection is closed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting(Cancel);

impl Watch for Waiting {
    fn event(&self, _: Event<'_>) {}

    fn cancel(&self) -> Cancel {
        self.0.clone()
    }
}

/// Stops the work when the request is dropped, as it is when its connection closes or a newer one takes its place.
struct Until(Cancel);

impl Drop for Until {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Does some work on a thread of its own, once a core is free.
pub(crate) async fn ask<T: Send + 'static>(
    cores: &Arc<Semaphore>,
    work: impl FnOnce(&Waiting) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let waiting = Waiting::default();
    let _until = Until(waiting.0.clone());
    let Ok(core) = Arc::clone(cores).acquire_owned().await else { return Err(Problem::failed()) };
    let done = tokio::task::spawn_blocking(move || {
        // The core is free again when the work has ended, not when nobody waits for it.
        let _core = core;
        work(&waiting)
    });
    done.await.unwrap_or_else(|_| Err(Problem::failed()))
}
