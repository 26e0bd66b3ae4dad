//! How far long work is: bars on the standard error stream, only where somebody looks.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use predilect_types::shown;
use predilect_workbench::{Cancel, Event, Remark, Step, Watch};

use crate::say::say;
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
            Event::Remark(Remark::Generated(model)) => {
                say!("remark: {model} does not return token probabilities: its verdicts are generated");
            }
            Event::Remark(Remark::VerdictsReplaced(judge)) => {
                say!("remark: {judge} was asked in another way before; those verdicts are replaced");
            }
            Event::Remark(Remark::LeftOut { count, reason }) => say!("remark: left out: {count} {reason}"),
            Event::Remark(Remark::NotRanked { count: 1, reason }) => {
                // The reasons are in the plural.
                let reason = reason
                    .replacen("verdicts on pairs that do", "verdict on a pair that does", 1)
                    .replacen("verdicts on pairs ", "verdict on a pair ", 1)
                    .replacen("verdicts ", "verdict ", 1)
                    .replacen("pairs ", "pair ", 1);
                say!("remark: 1 {reason} is left out");
            }
            Event::Remark(Remark::NotRanked { count, reason }) => {
                say!("remark: {count} {reason} are left out");
            }
            Event::Remark(Remark::SoftAsHard { method, soft }) => say!(
                "remark: {method} takes only wins, ties and losses: {soft} soft verdicts count for the side they favour"
            ),
            Event::Remark(Remark::Weighted { counts: true }) => say!(
                "remark: weights are whole numbers: a verdict of weight 7 counts as seven, in scores and in intervals"
            ),
            Event::Remark(Remark::Weighted { counts: false }) => say!(
                "remark: weights are not all whole numbers: they scale how much a verdict counts in scores; in intervals it counts as one verdict"
            ),
            Event::Remark(Remark::NeverDiffers(properties)) => {
                say!("remark: no two responses differ in {properties}, so there is nothing to hold equal");
            }
            Event::Remark(Remark::NoDifference(models)) => say!(
                "remark: left out, without preferences or with the same difference in length throughout: {models}"
            ),
            Event::Remark(Remark::FarScales(features)) => say!(
                "remark: the prior assumes features of about unit size; by their root mean square these are not: {features}; \
                 --standardise divides every feature by its root mean square"
            ),
            Event::Remark(Remark::AgainstJudge(caution)) => say!("caution: {caution}"),
            Event::Remark(Remark::NotFitted { judge, why }) => {
                say!("remark: {judge} cannot be fitted and is left out: {why}");
            }
            Event::Remark(Remark::RatingsReplaced(annotator)) => say!(
                "remark: {annotator} was asked in another way before; all its ratings are replaced (--name keeps both)"
            ),
        }
    }
}
