//! A study is read on a separate thread: a client that asks in the meantime is told the progress, and a client that leaves does not end it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use predilect_workbench::{Event, Step, Watch};

use crate::problem::Problem;

/// How long a client waits before it is told that it takes longer.
const PATIENCE: Duration = Duration::from_secs(2);

/// How far a study is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// What is done, as the beginning of a sentence.
    pub(crate) doing: &'static str,
    /// What is counted, in the plural.
    pub(crate) unit: &'static str,
    /// How many are done, ...
    pub(crate) done: u64,
    /// ... of how many, where that is known.
    pub(crate) of: Option<u64>,
}

/// The reading of one study.
#[derive(Debug, Default)]
pub(crate) struct Opening {
    state: Mutex<State>,
    ended: Condvar,
}

#[derive(Debug, Default)]
struct State {
    running: bool,
    progress: Progress,
    /// Why it failed, for the next who asks.
    failed: Option<Problem>,
}

impl Opening {
    /// Starts `work` in the background, once however many ask, and waits a moment for it: `None` once it has ended well, else its progress.
    ///
    /// # Errors
    ///
    /// Why it failed, for the first client that asks then; the next one starts it again.
    pub(crate) fn soon<W>(self: &Arc<Self>, work: W) -> Result<Option<Progress>, Problem>
    where
        W: FnOnce(&dyn Watch) -> Result<(), Problem> + Send + 'static,
    {
        let mut state = self.locked();
        if let Some(problem) = state.failed.take() {
            return Err(problem);
        }
        if !state.running {
            state.running = true;
            let own = Arc::clone(self);
            std::thread::spawn(move || {
                // A panic, too, is an end.
                let found = catch_unwind(AssertUnwindSafe(|| work(&*own)));
                let mut state = own.locked();
                *state = State {
                    failed: found.unwrap_or_else(|_| Err(Problem::failed())).err(),
                    ..State::default()
                };
                own.ended.notify_all();
            });
        }
        let (mut state, _) = self
            .ended
            .wait_timeout_while(state, PATIENCE, |state| state.running)
            .unwrap_or_else(PoisonError::into_inner);
        match state.failed.take() {
            Some(problem) => Err(problem),
            None => Ok(state.running.then(|| state.progress.clone())),
        }
    }

    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch for Opening {
    fn event(&self, event: Event<'_>) {
        let mut state = self.locked();
        let progress = &mut state.progress;
        match event {
            Event::Begin(step, of) => {
                let (doing, unit) = match step {
                    Step::Rating { .. } => ("Rating responses", "pairs"),
                    Step::Reading => ("Reading", "bytes"),
                    _ => ("Preparing", ""),
                };
                *progress = Progress { doing, unit, done: 0, of };
            }
            Event::Total(of) => progress.of = Some(of),
            Event::At(done) => progress.done = done,
            Event::More(more) => progress.done += more,
            Event::Beside(_) | Event::End | Event::Remark(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn whoever_waits_too_long_is_told_how_far_it_is_and_nothing_begins_twice() {
        let opening = Arc::new(Opening::default());
        let begun = Arc::new(AtomicUsize::new(0));
        let (go, wait) = mpsc::channel::<()>();
        let own = Arc::clone(&begun);
        let slow = move |watch: &dyn Watch| {
            own.fetch_add(1, Ordering::SeqCst);
            watch.event(Event::Begin(Step::Rating { kept: true }, Some(10)));
            watch.event(Event::More(3));
            wait.recv().map_err(|_| Problem::failed())
        };
        let far = Progress { doing: "Rating responses", unit: "pairs", done: 3, of: Some(10) };
        assert_eq!(opening.soon(slow).expect("it goes on"), Some(far.clone()));
        let own = Arc::clone(&begun);
        let never = move |_: &dyn Watch| {
            own.fetch_add(1, Ordering::SeqCst);
            Ok(())
        };
        assert_eq!(opening.soon(never).expect("it goes on"), Some(far));
        go.send(()).expect("somebody waits");
        // If it ended between two requests, the next one starts again, and that is short.
        assert_eq!(opening.soon(|_| Ok(())).expect("it has ended"), None);
        assert_eq!(begun.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn a_failure_is_told_once_and_a_panic_is_one() {
        let opening = Arc::new(Opening::default());
        let refused = opening.soon(|_| Err(Problem::refused("no"))).expect_err("it failed");
        assert_eq!(refused.detail, "no");
        assert!(opening.soon(|_| panic!("in a test")).is_err());
        assert_eq!(opening.soon(|_| Ok(())).expect("anew"), None);
    }
}
