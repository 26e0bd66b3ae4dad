//! How far long work is: bars on the standard error stream, only where somebody looks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use predilect_workbench::{Event, Step, Watch};

use crate::signals;

/// A bar of known length, in bytes or in items; hidden when quiet or not on a terminal, and before half a second.
pub(crate) fn bar(quiet: bool, length: Option<u64>, what: &str, bytes: bool) -> ProgressBar {
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr_with_hz(10) };
    let bar = ProgressBar::with_draw_target(length, target);
    let numbers = if bytes { "{binary_bytes}/{binary_total_bytes}" } else { "{human_pos}/{human_len}" };
    let template = format!("{{msg:<10}} {{wide_bar}} {numbers} {{eta}}");
    if let Ok(style) = ProgressStyle::with_template(&template) {
        bar.set_style(style);
    }
    bar.set_message(what.to_owned());
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

/// Shows on a bar what a workbench does.
pub(crate) struct Bars {
    quiet: bool,
    bar: Mutex<ProgressBar>,
}

impl Bars {
    pub(crate) fn new(quiet: bool) -> Self {
        Self { quiet, bar: Mutex::new(ProgressBar::hidden()) }
    }
}

impl Watch for Bars {
    fn cancelled(&self) -> bool {
        signals::is_cancelled()
    }

    fn event(&self, event: Event) {
        let mut own = self.bar.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Begin(step, total) => {
                let (what, bytes) = match step {
                    Step::Reading => ("reading", true),
                    Step::Rating => ("rating", false),
                    Step::Fitting => ("fitting", false),
                    Step::Explaining => ("explaining", false),
                };
                *own = bar(self.quiet, total, what, bytes);
            }
            Event::Total(total) => own.set_length(total),
            Event::At(position) => own.set_position(position),
            Event::More(more) => own.inc(more),
            Event::End => own.finish_and_clear(),
        }
    }
}
