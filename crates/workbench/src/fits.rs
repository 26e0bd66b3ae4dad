//! Fits of a slice, watched, with their draws if requested.

use std::ops::ControlFlow;
use std::path::Path;

use predilect_analysis::dissect::{DrawSink, FitEvent, Fits, dissect_bare};
use predilect_analysis::table::FeatureTable;
use predilect_analysis::{Draws, FitOptions, dissect};

use crate::error::{Error, Result};
use crate::tables::DrawsFile;
use crate::watch::{Event, Step, Watch};

/// Posterior draws of every fit: enough for an expected false discovery rate far below one in a hundred.
pub const DRAWS: usize = 2000;

/// Draws with the judge and the group of their fit.
pub type KeptDraws = Vec<(String, String, Draws)>;

/// Runs all fits; `kept` takes the draws of each, `draws_file` is a table of them.
///
/// # Errors
///
/// When the table of draws cannot be written, and when the work is cancelled.
pub fn fit_all(
    table: &FeatureTable,
    mut options: FitOptions,
    draws_file: Option<&Path>,
    mut kept: Option<&mut KeptDraws>,
    watch: &dyn Watch,
) -> Result<Fits> {
    if kept.is_some() {
        options.keep_draws = options.keep_draws.max(DRAWS);
    }
    let mut file = draws_file.map(DrawsFile::new);
    let mut failed = None;
    let fits = fit_with(table, &options, watch, &mut |fit, draws| {
        if let Some(kept) = &mut kept {
            kept.push((fit.judge.clone(), fit.group.clone(), draws.clone()));
        }
        match file.as_mut().map_or(Ok(()), |file| file.write(fit, draws)) {
            Ok(()) => ControlFlow::Continue(()),
            Err(problem) => {
                failed = Some(problem);
                ControlFlow::Break(())
            }
        }
    });
    if let Some(problem) = failed {
        return Err(problem);
    }
    let fits = fits?;
    if let Some(file) = file {
        file.finish()?;
    }
    Ok(fits)
}

/// Fits and hands over the draws of each fit where they are kept.
///
/// # Errors
///
/// When the work is cancelled.
pub fn fit_with(
    table: &FeatureTable,
    options: &FitOptions,
    watch: &dyn Watch,
    draws: DrawSink<'_>,
) -> Result<Fits> {
    watch.event(Event::Begin(Step::Fitting, Some(0)));
    let progress = |event: FitEvent| {
        watch.event(Event::Total(event.total as u64));
        watch.event(Event::More(1));
    };
    let fits = dissect(table, options, &progress, draws);
    watch.event(Event::End);
    if watch.cancelled() { Err(Error::cancelled()) } else { Ok(fits) }
}

/// The same without importance check and without additional comparisons ([`dissect_bare`]), until the result is no longer wanted; `kept`
/// takes the draws.
///
/// # Errors
///
/// When the work is cancelled.
pub(crate) fn fit_bare(
    table: &FeatureTable,
    options: &FitOptions,
    kept: &mut KeptDraws,
    watch: &dyn Watch,
) -> Result<Fits> {
    let fits = dissect_bare(table, options, &|| !watch.cancelled(), &mut |fit, draws| {
        kept.push((fit.judge.clone(), fit.group.clone(), draws.clone()));
        ControlFlow::Continue(())
    });
    if watch.cancelled() { Err(Error::cancelled()) } else { Ok(fits) }
}

/// Whether these options can be fitted, wherever they come from.
pub(crate) fn check(fit: &FitOptions) -> Result<()> {
    match fit.problem() {
        None => Ok(()),
        Some(problem) => Err(Error::new(format!("nothing can be fitted with these options: {problem}"))
            .words("give other options")),
    }
}
