//! Progress bars for long work, on the standard error stream, and only if it is a terminal.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use predilect_types::shown;
use predilect_workbench::{Cancel, Event, Step, Watch};

use crate::remarks;
use crate::signals::{self, Asking};

/// A bar of known length, in bytes or in items; hidden when quiet or not on a terminal, and before half a second.
fn bar(quiet: bool, length: Option<u64>, what: &str, bytes: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let bar = ProgressBar::with_draw_target(length, target);
    let numbers = if bytes { "{binary_bytes}/{binary_total_bytes}" } else { "{human_pos}/{human_len}" };
    let template = format!("{{msg:<10}} {{wide_bar}} {numbers} {{eta}}  {{prefix}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    // A model's name is from outside.
    bar.set_message(shown::line(what));
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// What a bar is called, and whether it counts bytes.
fn named(step: Step<'_>) -> (&str, bool) {
    match step {
        Step::Reading => ("reading", true),
        Step::Rating { .. } => ("rating", false),
        Step::Fitting => ("fitting", false),
        Step::Explaining => ("explaining", false),
        Step::Asking(name) | Step::Writing(name) => (name, false),
        Step::Downloading => ("download", true),
        Step::Training => ("training", false),
        Step::Referring => ("reference", false),
        Step::Scoring => ("scoring", false),
    }
}

/// Shows on a bar what a workbench does.
pub(crate) struct Bars {
    quiet: bool,
    bar: Mutex<ProgressBar>,
    /// There while ratings are made that stay when a signal stops them.
    kept: Mutex<Option<Asking>>,
}

impl Bars {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, bar: Mutex::new(ProgressBar::hidden()), kept: Mutex::new(None) }
    }
}

impl Watch for Bars {
    fn cancelled(&self) -> bool {
        signals::is_cancelled()
    }

    fn cancel(&self) -> Cancel {
        signals::cancel()
    }

    fn event(&self, event: Event<'_>) {
        let mut own = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Begin(step, total) => {
                let kept = matches!(step, Step::Rating { kept: true }).then(signals::asking);
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = kept;
                let (what, bytes) = named(step);
                *own = bar(self.quiet, total, what, bytes);
            }
            Event::Total(total) => own.set_length(total),
            Event::At(position) => own.set_position(position),
            Event::More(more) => own.inc(more),
            Event::Beside(text) => own.set_prefix(shown::line(text)),
            Event::End => {
                *self.kept.lock().unwrap_or_else(PoisonError::into_inner) = None;
                own.finish_and_clear();
            }
            Event::Remark(_) if self.quiet => {}
            Event::Remark(remark) => remarks::say_it(remark),
        }
    }
}
