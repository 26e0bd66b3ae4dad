//! How do the published judges compare?

use std::sync::OnceLock;

use predilect_results::Comparison;
use predilect_workbench::FitOptions;
use predilect_workbench::compare::{CompareOptions, published as of_published};

use crate::problem::Problem;

/// The published judges among themselves: the same for every client, and computed once.
pub(crate) fn compared_published() -> Result<&'static Comparison, Problem> {
    static MADE: OnceLock<Comparison> = OnceLock::new();
    if let Some(made) = MADE.get() {
        return Ok(made);
    }
    let options = CompareOptions { published: true, ..CompareOptions::default() };
    let made = of_published(&options, FitOptions::default().seed)?.comparison;
    Ok(MADE.get_or_init(|| made))
}
