//! Long-running work off the threads that answer: as many requests at once as there are cores, and an end to those that nobody waits for.

use std::sync::Arc;

use predilect_workbench::{Cancel, Event, Watch};
use tokio::sync::Semaphore;

use crate::app::App;
use crate::cores::Cores;
use crate::problem::Problem;

/// Whether a client still waits for an answer: not once the connection is closed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Waiting(Cancel);

impl Watch for Waiting {
    fn event(&self, _: Event<'_>) {}

    fn cancel(&self) -> Cancel {
        self.0.clone()
    }
}

/// Stops the work when the request is dropped, as it is when its connection closes or a newer one replaces it.
struct Until(Cancel);

impl Drop for Until {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Does some work on a separate thread, once a core is free.
pub(crate) async fn ask<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Waiting) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    in_place(&app.cores, app.costly, work).await
}

async fn in_place<T: Send + 'static>(
    cores: &Cores,
    costly: bool,
    work: impl FnOnce(&Waiting) -> Result<T, Problem> + Send + 'static,
) -> Result<T, Problem> {
    let waiting = Waiting::default();
    let _until = Until(waiting.0.clone());
    let place = |of: &Arc<Semaphore>| Arc::clone(of).acquire_owned();
    // In this order: a request that waits for its turn among the costly ones does not keep a core from others.
    let costly = if costly { Some(place(&cores.costly).await.map_err(|_| Problem::failed())?) } else { None };
    let core = place(&cores.all).await.map_err(|_| Problem::failed())?;
    let done = tokio::task::spawn_blocking(move || {
        // The slots are free again when the work has ended, not when the client has left.
        let _places = (core, costly);
        work(&waiting)
    });
    done.await.unwrap_or_else(|_| Err(Problem::failed()))
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_quick_question_does_not_wait_for_those_that_take_long() {
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        runtime.block_on(async {
            let cores = Arc::new(Cores::of(2));
            let (end, ends) = channel::<()>();
            let ends = Arc::new(std::sync::Mutex::new(ends));
            let slow: Vec<_> = (0..4)
                .map(|_| {
                    let (cores, ends) = (Arc::clone(&cores), Arc::clone(&ends));
                    tokio::spawn(async move {
                        in_place(&cores, true, move |_| {
                            let _ = ends.lock().expect("a lock").recv();
                            Ok(())
                        })
                        .await
                    })
                })
                .collect();
            tokio::time::sleep(Duration::from_millis(50)).await;
            let quick =
                tokio::time::timeout(Duration::from_secs(20), in_place(&cores, false, |_| Ok(7))).await;
            assert_eq!(quick.expect("it is answered").expect("an answer"), 7);
            for _ in &slow {
                end.send(()).expect("somebody waits");
            }
            for asked in slow {
                asked.await.expect("a task").expect("an answer");
            }
        });
    }
}
