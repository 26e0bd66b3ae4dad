//! Which pairs come before and after one in the list of a slice?

use predilect_analysis::FitOptions;

use crate::browse::Sort;
use crate::chosen::Chosen;
use crate::error::Result;
use crate::fits::check;
use crate::look::{Look, surprising};
use crate::open::Workbench;
use crate::slice::SliceOptions;
use crate::watch::Watch;

/// The place of a pair in the list, and the pairs on both sides of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbours {
    /// The id of the pair before it.
    pub previous: Option<String>,
    /// The id of the pair after it.
    pub next: Option<String>,
    /// Its place, from 1.
    pub number: u64,
    /// Number of pairs in the list.
    pub total: u64,
}

impl Workbench {
    /// The neighbours of a pair in the list that [`Workbench::browse`] gives in the same order; `None` if the slice does not have it.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::browse`].
    pub fn neighbours(
        &self,
        slice: &SliceOptions,
        fit: &FitOptions,
        (pair, sort): (&str, Sort),
        watch: &dyn Watch,
    ) -> Result<Option<Neighbours>> {
        let slice = SliceOptions { group_by: None, ..slice.clone() };
        check(fit)?;
        self.with(&slice, watch, |prepared| {
            let places = prepared.places(&slice, watch)?;
            let Some(row) = prepared.pairs().row(pair).filter(|row| places.has(*row)) else {
                return Ok(None);
            };
            let (at, around) = match sort {
                Sort::Study => {
                    let at = places.before(row);
                    let last = at.checked_sub(1).and_then(|at| places.some(at, 1).first().copied());
                    (at, [last, places.some(at + 1, 1).first().copied()])
                }
                Sort::Surprise => {
                    let all = prepared.found().surprises.get((slice.clone(), fit.clone()), watch, || {
                        let whole = prepared.whole(&slice, watch)?;
                        let chosen = Chosen::of(prepared, &whole, &slice, places.orders(), watch)?;
                        let look = Look::of(prepared, &chosen, fit, watch)?;
                        Ok(surprising(&places.some(0, usize::MAX), &chosen, &look))
                    })?;
                    let Some(at) = all.iter().position(|other| *other as usize == row) else {
                        return Ok(None);
                    };
                    let last = at.checked_sub(1).and_then(|at| all.get(at).copied());
                    (at, [last, all.get(at + 1).copied()])
                }
            };
            let [previous, next] =
                around.map(|row| row.map(|row| prepared.pairs().id(row as usize).to_owned()));
            let (number, total) = (at as u64 + 1, places.count() as u64);
            Ok(Some(Neighbours { previous, next, number, total }))
        })
    }
}
