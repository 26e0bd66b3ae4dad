//! Which pairs of a study does a filter take, if nothing else of it is needed?

use std::collections::HashMap;

use predilect_data::{Judges, Study};

use super::options::SliceOptions;
use super::said;
use super::which::taken;
use crate::error::{Kind, Result};
use crate::filter::Filter;
use crate::prepared::{Keep, Prepared, Wanted};
use crate::watch::Watch;

/// The pairs of a study that a filter takes, by their numbers, with the orders of presentation in which verdicts on them are taken, a bit
/// each. Text analysis is asked where the filter reads ratings.
pub(crate) fn rows_of(
    study: &Study,
    filter: &Filter,
    people: Judges,
    keep: Keep,
    watch: &dyn Watch,
) -> Result<HashMap<u32, u8>> {
    let options = SliceOptions { filter: Some(filter.clone()), grammar: false, ..SliceOptions::default() };
    let ask = |anew| -> Result<(Prepared, Vec<u8>)> {
        let wanted = Wanted { grammar: options.needs_grammar(), fields: &filter.columns(), keep, anew };
        let prepared = Prepared::of(study, &wanted, watch)?;
        let taken = taken(filter, &prepared, people, None, watch)?;
        Ok((prepared, taken))
    };
    let (prepared, taken) = match ask(false) {
        Err(error) if error.kind() == Kind::Stale => ask(true)?,
        done => done?,
    };
    let rows: HashMap<u32, u8> = (0..).zip(taken).filter(|(_, orders)| *orders != 0).collect();
    if rows.is_empty() {
        return Err(said::no_pair(filter, &prepared));
    }
    Ok(rows)
}
