//! Which of the published judges does a labeller resemble?

use predilect_analysis::FitOptions;
use predilect_analysis::labelling::Known;
use predilect_results::browse::Alike;

use super::{COMPARED_FROM, Labeller, rows};
use crate::error::Result;
use crate::open::Workbench;
use crate::slice::SliceOptions;
use crate::watch::Watch;

impl Workbench {
    /// The similarity of the labeller's weights to those of the published judges, the most similar first; empty before [`COMPARED_FROM`] votes,
    /// if the votes cannot be fitted, and if too few of the published properties are rated here.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    pub fn published_resembled(
        &self,
        labeller: &Labeller<'_>,
        options: &SliceOptions,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<Vec<Alike>> {
        if labeller.votes.len() < COMPARED_FROM {
            return Ok(Vec::new());
        }
        self.with_pairs(options, watch, |prepared| {
            let whole = prepared.whole(options, watch)?;
            let rows = rows(prepared, &whole.inapplicable, labeller.votes);
            let few = FitOptions { min_rows: 1, ..fit.clone() };
            let own = Known::of(&whole.table, &rows, labeller.judge, &few);
            Ok(own.map_or_else(|_| Vec::new(), |own| own.among_published()))
        })
    }
}
