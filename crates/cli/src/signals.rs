//! What Ctrl-C and its like do: the first one ends the run where it can go on later, the second one ends it at once.

use std::io::Write;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use predilect_workbench::Cancel;

/// The exit status of a run that was stopped.
pub(crate) const STOPPED: u8 = 130;

static CANCEL: OnceLock<Cancel> = OnceLock::new();
static SIGNALS: AtomicU32 = AtomicU32::new(0);
/// Whether something is being done of which what is done is kept: questions are asked, a model is trained.
static ASKING: AtomicBool = AtomicBool::new(false);

/// The switch that a signal turns while questions are asked; otherwise the program ends at once.
pub(crate) fn cancel() -> Cancel {
    CANCEL.get_or_init(Cancel::default).clone()
}

/// Whether the work is to stop where it can go on later.
pub(crate) fn is_cancelled() -> bool {
    CANCEL.get().is_some_and(Cancel::is_cancelled)
}

/// What is done is kept until this is dropped.
pub(crate) struct Asking;

/// From now on a signal ends the run where it can go on later.
pub(crate) fn asking() -> Asking {
    // The switch must be there before the signal is.
    cancel();
    ASKING.store(true, Ordering::SeqCst);
    Asking
}

impl Drop for Asking {
    fn drop(&mut self) {
        // What was answered is still to be written.
        if !is_cancelled() {
            ASKING.store(false, Ordering::SeqCst);
        }
    }
}

/// Begins to listen. What is only needed during the run goes before it ends.
pub(crate) fn listen() {
    let _ = ctrlc::set_handler(|| {
        let first = SIGNALS.fetch_add(1, Ordering::SeqCst) == 0;
        if let Some(cancel) = CANCEL.get().filter(|_| first && ASKING.load(Ordering::SeqCst)) {
            cancel.cancel();
            // Nobody may be there to read it.
            let _ = writeln!(
                std::io::stderr(),
                "stopping; what was done so far is kept (press again to stop at once)"
            );
            return;
        }
        let _ = writeln!(std::io::stderr(), "stopped");
        predilect_workbench::files::clear_away();
        std::process::exit(i32::from(STOPPED));
    });
}
