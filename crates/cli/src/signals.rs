//! What Ctrl-C and its like do: the first one ends the run where it can be resumed, the second one ends it at once.

use std::io::{self, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU32, Ordering};

use predilect_workbench::Cancel;

/// The signal that stopped the run; at first that of Ctrl-C, by which a front end without signals stops.
static STOPPED_BY: AtomicU8 = AtomicU8::new(2);

/// The exit status of a run that was stopped, as shells have it: 128 and the number of the signal, 130 after Ctrl-C.
pub(crate) fn status() -> u8 {
    128 + STOPPED_BY.load(Ordering::SeqCst)
}

static CANCEL: OnceLock<Cancel> = OnceLock::new();
static SIGNALS: AtomicU32 = AtomicU32::new(0);
/// How many things are being done of which what is done is kept: questions are asked, a model is trained, texts are rated.
static ASKING: AtomicU32 = AtomicU32::new(0);

/// The switch that a signal turns while questions are asked; otherwise the program ends at once.
pub(crate) fn cancel() -> Cancel {
    CANCEL.get_or_init(Cancel::default).clone()
}

/// Whether the work is to stop where it can be resumed.
pub(crate) fn is_cancelled() -> bool {
    CANCEL.get().is_some_and(Cancel::is_cancelled)
}

/// What is done is kept until this is dropped.
#[derive(Debug)]
pub(crate) struct Asking;

/// From now on a signal ends the run where it can be resumed.
pub(crate) fn asking() -> Asking {
    // The switch must be there before the signal is.
    cancel();
    ASKING.fetch_add(1, Ordering::SeqCst);
    Asking
}

impl Drop for Asking {
    fn drop(&mut self) {
        // What was answered is still to be written.
        if !is_cancelled() {
            ASKING.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// Whether a signal ends the process now.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Removes what is only needed during the run, which ends now.
fn leave_nothing() {
    ENDING.store(true, Ordering::SeqCst);
    predilect_workbench::files::clear_away();
}

/// Where a signal ends the process, lets it: what has failed because its files are gone is not what went wrong.
pub(crate) fn let_end() {
    while ENDING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

/// Begins to listen. What is only needed during the run is removed before it ends.
pub(crate) fn listen() {
    #[cfg(unix)]
    unix::listen();
    #[cfg(not(unix))]
    let _ = ctrlc::set_handler(stop);
}

/// Stops at a safe place where what is done is kept; elsewhere, or the second time, at once.
fn stop() {
    let first = SIGNALS.fetch_add(1, Ordering::SeqCst) == 0;
    if let Some(cancel) = CANCEL.get().filter(|_| first && ASKING.load(Ordering::SeqCst) > 0) {
        cancel.cancel();
        // Nobody may be there to read it.
        let _ =
            writeln!(io::stderr(), "stopping; what was done so far is kept (press again to stop at once)");
        return;
    }
    let _ = writeln!(io::stderr(), "stopped");
    leave_nothing();
    std::process::exit(i32::from(status()));
}

#[cfg(unix)]
mod unix {
    //! Which signals there are, and what each asks for.

    use signal_hook::consts::{
        SIGALRM, SIGHUP, SIGINT, SIGPROF, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ,
    };
    use signal_hook::iterator::Signals;
    use signal_hook::low_level::emulate_default_handler;

    /// Those by which a user asks the program to stop.
    const WISHES: [i32; 3] = [SIGINT, SIGTERM, SIGHUP];
    /// Other signals that end a process and can be caught, except those of broken programs: the process ends as the system would end it,
    /// without leaving anything behind.
    const OTHERS: [i32; 8] = [SIGALRM, SIGPROF, SIGQUIT, SIGUSR1, SIGUSR2, SIGVTALRM, SIGXCPU, SIGXFSZ];

    pub(super) fn listen() {
        let ignored = ignored();
        let wanted = WISHES.into_iter().chain(OTHERS).filter(|signal| ignored >> (signal - 1) & 1 == 0);
        let Ok(mut signals) = Signals::new(wanted) else { return };
        let _ = std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            for signal in signals.forever() {
                // The write that went beyond the limit of a file's size fails, and its error names the file.
                if signal == SIGXFSZ {
                    continue;
                }
                if WISHES.contains(&signal) {
                    crate::signals::STOPPED_BY
                        .store(u8::try_from(signal).unwrap_or(2), std::sync::atomic::Ordering::SeqCst);
                    crate::signals::stop();
                    continue;
                }
                crate::signals::leave_nothing();
                let _ = emulate_default_handler(signal);
            }
        });
    }

    /// The signals that the parent process has set to be ignored, as `nohup` does, one bit each; 0 if the system does not say.
    fn ignored() -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
        mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok()).unwrap_or(0)
    }
}
