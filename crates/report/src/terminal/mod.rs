//! What does a dissection say in a terminal: the main group in full, the other groups in a few lines each.

mod comparison;
mod explanation;
mod groups;
mod judge_table;
mod judges;
mod leaderboard;
mod overview;
mod people;
mod published;
mod reading;
mod steering;
mod style;
mod table;
mod training;
mod verifying;
mod versus;

use std::io;

use predilect_results::{Caution, Finding, few_units};
use predilect_results::{DataSummary, Dissection, Fit, Settings, Skipped};
use predilect_types::ReadSummary;

use crate::predicts;
use crate::text;
use crate::view::{ALL, Axis, View, seen};
use crate::words;

pub use comparison::terminal_comparison;
pub use explanation::terminal_explanation;
pub use leaderboard::{never_met, terminal_controls_alone, terminal_lc, terminal_leaderboard};
pub use published::terminal_published;
pub use reading::{print_pair, print_reading};
pub use steering::{terminal_instructions, terminal_steering};
use style::{BOLD, DIM, Out, WARN};
pub use training::{terminal_losses, terminal_ranking_accuracy, terminal_training};
pub use verifying::terminal_verifying;
pub use versus::terminal_versus;

/// Writes the tables of a dissection, strongest properties first, for a terminal of `width` columns.
///
/// Colours are ANSI escape codes; hand in a stream that strips them where they are not wanted (no information is in colour alone). A width
/// of 0 means unknown, and is taken as 80; below 40 columns lines may be longer than the terminal is wide.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal(d: &Dissection, out: &mut dyn io::Write, width: u16) -> io::Result<()> {
    let view = View::new(d);
    let mut out = Out::new(out, width);
    out.line(&style::paint(BOLD, &text::cut(&words::title(&view), out.width)))?;
    if d.settings.simulated {
        out.wrapped(WARN, words::SIMULATED)?;
    }
    if let Some(slice) = words::slice(&d.data) {
        out.wrapped(BOLD, &slice)?;
    }
    findings(&d.findings, &mut out)?;
    for sentence in crate::length::sentences(&view.main_fits()) {
        out.wrapped(BOLD, &sentence)?;
    }
    watch_out(&d.cautions, &mut out)?;
    out.blank()?;
    overview::overview(&view, &mut out)?;

    tables(&view, &mut out)?;
    people::people(&d.people, &mut out)?;
    if d.settings.simulated {
        out.blank()?;
        out.wrapped(WARN, words::SIMULATED)?;
    }
    Ok(())
}

/// What can be said in a sentence.
fn findings(all: &[Finding], out: &mut Out) -> io::Result<()> {
    for finding in all {
        out.wrapped(BOLD, &finding.sentence)?;
    }
    Ok(())
}

/// What to know before any figure.
fn watch_out(cautions: &[Caution], out: &mut Out) -> io::Result<()> {
    if cautions.is_empty() {
        return Ok(());
    }
    out.blank()?;
    out.line(&style::paint(WARN, "Watch out"))?;
    for caution in cautions {
        out.hanging("  · ", &crate::caution(caution))?;
    }
    Ok(())
}

/// Writes the tables of fits alone, without what was read: for features that were computed elsewhere.
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_fits(
    fits: &[Fit],
    skipped: &[Skipped],
    out: &mut dyn io::Write,
    width: u16,
) -> io::Result<()> {
    let d = Dissection {
        read: ReadSummary::default(),
        cautions: few_units(fits).into_iter().collect(),
        data: DataSummary::default(),
        fits: fits.to_vec(),
        skipped: skipped.to_vec(),
        properties: Vec::new(),
        examples: Vec::new(),
        comparison: None,
        headline: None,
        findings: Vec::new(),
        people: Vec::new(),
        ranking: None,
        settings: Settings { encoding: "columns".to_owned(), ..Settings::default() },
    };
    let view = View::new(&d);
    let mut out = Out::new(out, width);
    watch_out(&d.cautions, &mut out)?;
    tables(&view, &mut out)
}

/// The main group judge by judge, what its marks mean, the other groups, and what was not fitted.
fn tables(view: &View, out: &mut Out) -> io::Result<()> {
    let main = view.main_fits();
    let axis = Axis::holding(main.iter().flat_map(|fit| seen(fit)));
    for fit in &main {
        judge(view, out, fit, axis)?;
    }
    if let Some(unseen) = words::unseen(view) {
        out.blank()?;
        out.wrapped(DIM, &unseen)?;
    }
    if let Some(first) = main.first() {
        legend(view, out, first)?;
    }
    groups::groups(view, out)?;
    groups::skipped(view, out)
}

/// One judge in the main group: quality, properties, terms.
fn judge(view: &View, out: &mut Out, fit: &Fit, axis: Axis) -> io::Result<()> {
    out.blank()?;
    let group = if fit.group == ALL { String::new() } else { format!(" in {}", text::line(&fit.group)) };
    let rows = words::counted(fit.rows as usize, "verdict", "verdicts");
    let name =
        text::cut(&format!("{}{group}", text::line(&fit.judge)), out.width.saturating_sub(rows.len() + 2));
    out.line(&format!("{}  {}", style::paint(BOLD, &name), style::paint(DIM, &rows)))?;
    if let Some(follows) = words::follows_position(view.d, &fit.judge) {
        out.wrapped(WARN, &follows)?;
    }
    if let Some(q) = &fit.quality {
        let [accuracy, log_loss] = predicts::quality(q);
        out.wrapped(
            DIM,
            &format!("{accuracy}; {log_loss}; {}", words::counted(q.folds as usize, "fold", "folds")),
        )?;
        let loud = if predicts::standing(q) == predicts::Standing::Better { DIM } else { WARN };
        out.wrapped(loud, &predicts::standing_sentence(q))?;
    } else {
        out.wrapped(WARN, predicts::NO_QUALITY)?;
    }
    out.wrapped(DIM, &words::checks(fit))?;
    if let Some(length) = crate::length::sentence(fit) {
        out.wrapped(DIM, &length)?;
    }
    if !fit.converged {
        let reason = fit.reason.as_deref().map(text::line).unwrap_or_default();
        out.wrapped(WARN, &format!("NOT CONVERGED, do not trust these numbers. {reason}"))?;
    } else if let Some(reason) = &fit.reason {
        out.wrapped(DIM, &format!("Note: {}", text::line(reason)))?;
    }
    out.blank()?;
    table::properties(view, out, fit, axis)?;
    table::terms(out, fit)?;
    if let Some(gains) = &fit.gains {
        out.blank()?;
        out.wrapped(DIM, &crate::gains::by_theme(gains))?;
        out.wrapped(DIM, &crate::gains::by_property(view, gains))?;
        if let Some(alike) = crate::gains::alike(view, gains) {
            out.wrapped(WARN, &alike)?;
        }
    }
    Ok(())
}

/// What the tables' columns and marks mean.
fn legend(view: &View, out: &mut Out, first: &Fit) -> io::Result<()> {
    out.blank()?;
    if let Some(reading) = words::reading(view, first) {
        out.wrapped(DIM, &reading)?;
    }
    out.wrapped(
        DIM,
        &format!(
            "▲ rewarded, ▼ penalised, · direction not sure; bar: mean and 90 % interval. {}",
            words::SURE_MEANS
        ),
    )?;
    if view.any_proxy() {
        out.wrapped(DIM, words::PROXY_MEANS)?;
    }
    if let Some(words) = words::validity(&view.d.properties) {
        out.wrapped(DIM, &words)?;
    }
    Ok(())
}
