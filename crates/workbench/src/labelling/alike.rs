//! Whom does a labeller resemble: which judge of the study, which published one?

use predilect_analysis::FitOptions;
use predilect_analysis::labelling::Known;
use predilect_results::browse::Alike;

use super::{COMPARED_FROM, Labeller, rows};
use crate::error::Result;
use crate::open::Workbench;
use crate::slice::SliceOptions;
use crate::watch::Watch;

impl Workbench {
    /// The similarity of the labeller's weights to those of the other judges, the most similar first; empty before [`COMPARED_FROM`] votes,
    /// and if the votes cannot be fitted.
    ///
    /// # Errors
    ///
    /// When the study cannot be read.
    #[expect(clippy::too_many_arguments, reason = "who is compared with whom, in which slice, fitted how")]
    pub fn resembled(
        &self,
        labeller: &Labeller<'_>,
        others: &[Known],
        options: &SliceOptions,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<Vec<Alike>> {
        let Some(own) = self.to_compare(labeller, options, fit, watch)? else { return Ok(Vec::new()) };
        let others = others.iter().filter(|other| other.fit.judge != labeller.judge);
        let mut alike: Vec<Alike> = others
            .filter_map(|other| {
                let judge = other.fit.judge.clone();
                Some(Alike { judge, correlation: own.correlation(other)? })
            })
            .collect();
        alike.sort_by(|a, b| b.correlation.value.total_cmp(&a.correlation.value));
        Ok(alike)
    }

    /// The fit to the labeller's votes, to be set beside others; `None` before [`COMPARED_FROM`] votes, and if they cannot be fitted.
    fn to_compare(
        &self,
        labeller: &Labeller<'_>,
        options: &SliceOptions,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<Option<Known>> {
        if labeller.votes.len() < COMPARED_FROM {
            return Ok(None);
        }
        self.with_pairs(options, watch, |prepared| {
            let whole = prepared.whole(options, watch)?;
            let rows = rows(prepared, &whole.inapplicable, labeller.votes);
            let few = FitOptions { min_rows: 1, ..fit.clone() };
            Ok(Known::of(&whole.table, &rows, labeller.judge, &few).ok())
        })
    }

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
        let own = self.to_compare(labeller, options, fit, watch)?;
        Ok(own.map_or_else(Vec::new, |own| own.among_published()))
    }
}
