//! How a run proceeds, for whoever looks on.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use predilect_llm::Progress;

use crate::watch::{Event, Remark, Watch};

/// From here on, a pause that a server asks for is a remark: it stays where no bar is shown.
const LONG: Duration = Duration::from_secs(30);
/// From here on it stands beside the bar.
const NOTICED: Duration = Duration::from_secs(2);

/// Tells who looks on.
pub(crate) fn telling(watch: &dyn Watch) -> impl Fn(Progress) + Sync + '_ {
    let waits = AtomicBool::new(false);
    move |progress| match progress {
        Progress::Ended => {
            if waits.swap(false, Ordering::Relaxed) {
                watch.event(Event::Beside(""));
            }
            watch.event(Event::More(1));
        }
        Progress::Paused(wait) if wait >= NOTICED => {
            waits.store(true, Ordering::Relaxed);
            let seconds = wait.as_secs_f64().ceil() as u64;
            watch.event(Event::Beside(&format!("waits {seconds} s, as the server asks")));
            if wait >= LONG {
                watch.event(Event::Remark(Remark::Paused { seconds }));
            }
        }
        Progress::Paused(_) => {}
    }
}
