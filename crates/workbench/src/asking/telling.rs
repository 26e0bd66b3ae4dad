//! How a run proceeds, for whoever looks on.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use predilect_llm::Progress;

use crate::watch::{Event, Remark, Watch};

/// From here on, a pause that a server asks for is a remark: it stays where no bar is shown.
const LONG: Duration = Duration::from_secs(30);
/// From here on it stands beside the bar.
const NOTICED: Duration = Duration::from_secs(2);

/// Tells who looks on which questions have ended, and of pauses.
pub(crate) fn telling(watch: &dyn Watch) -> impl Fn(Progress) + Sync + '_ {
    let paused = pauses(watch);
    move |progress| {
        paused(progress);
        if progress == Progress::Ended {
            watch.event(Event::More(1));
        }
    }
}

/// Tells who looks on of pauses alone.
pub(crate) fn pauses(watch: &dyn Watch) -> impl Fn(Progress) + Sync + '_ {
    let until: Mutex<Option<Instant>> = Mutex::new(None);
    move |progress| {
        let mut until = until.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        match progress {
            // Calls that were on their way before are still answered in a pause.
            Progress::Ended if until.is_some_and(|until| until <= Instant::now()) => {
                *until = None;
                watch.event(Event::Beside(""));
            }
            Progress::Paused(wait) if wait >= NOTICED => {
                *until = Some(Instant::now() + wait);
                let seconds = wait.as_secs_f64().ceil() as u64;
                watch.event(Event::Beside(&format!("waits {seconds} s, as the server asks")));
                if wait >= LONG {
                    watch.event(Event::Remark(Remark::Paused { seconds }));
                }
            }
            Progress::Ended | Progress::Paused(_) => {}
        }
    }
}
