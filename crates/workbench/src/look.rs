//! What does each judge's fit make of the verdicts on the pairs of a slice?

use predilect_analysis::table::VerdictRow;
use predilect_analysis::{FitOptions, Fitted, posterior};
use predilect_results::browse::PairRow;
use rayon::prelude::*;

use crate::chosen::{Chosen, Task};
use crate::error::{Error, Kind, Result};
use crate::prepared::Prepared;
use crate::watch::Watch;

/// Maximum number of judges whose fits are shown next to their verdicts, those with the most verdicts.
const JUDGES: usize = 12;

/// The fits shown with the pairs of a slice.
#[derive(Debug)]
pub(crate) struct Look {
    /// Every judge that has a verdict, those with the most first: its number, and what its fit makes of a verdict, where there is one.
    judges: Vec<(u32, Option<Fitted>)>,
}

impl Look {
    pub(crate) fn of(
        prepared: &Prepared,
        chosen: &Chosen<'_>,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<Self> {
        let tasks = match chosen.tasks(prepared, watch) {
            Ok(tasks) => tasks,
            // A slice without verdicts has pairs all the same.
            Err(error) if error.kind() == Kind::NoVerdicts => return Ok(Self { judges: Vec::new() }),
            Err(error) => return Err(error),
        };
        let number = |task: &Task| task.rows.first().map_or(u32::MAX, |row| row.judge);
        let table = chosen.table();
        let judges = tasks.par_iter().enumerate().map(|(nth, task)| {
            if watch.cancelled() {
                return Err(Error::cancelled());
            }
            let found = if nth < JUDGES { posterior(table, &task.rows, &task.judge, fit).ok() } else { None };
            Ok((number(task), found.map(|found| Fitted::of(table, &task.rows, &found, fit))))
        });
        Ok(Self { judges: judges.collect::<Result<_>>()? })
    }

    /// The judges that have a verdict, those with the most first.
    pub(crate) fn judges(&self, chosen: &Chosen<'_>) -> Vec<String> {
        self.judges.iter().map(|(judge, _)| chosen.judges.names[*judge as usize].clone()).collect()
    }

    /// Adds what each judge said of a pair, the mean of several verdicts, and what its fit makes of that.
    pub(crate) fn beside(&self, row: u32, mut listed: PairRow, chosen: &Chosen<'_>) -> PairRow {
        let verdicts: Vec<VerdictRow> = chosen.on(row as usize).collect();
        for (judge, fitted) in &self.judges {
            let own = || verdicts.iter().filter(|verdict| verdict.judge == *judge);
            let count = own().count() as f64;
            if count == 0.0 {
                continue;
            }
            let name = &chosen.judges.names[*judge as usize];
            let p_a = own().map(|verdict| verdict.p_a).sum::<f64>() / count;
            listed.verdicts.insert(name.clone(), p_a);
            if let Some(fitted) = fitted {
                let fitted = own().map(|verdict| fitted.of_row(chosen.table(), verdict)).sum::<f64>() / count;
                listed.fitted.insert(name.clone(), fitted);
                listed.surprise = Some(listed.surprise.unwrap_or(0.0).max((p_a - fitted).abs()));
            }
        }
        listed
    }
}

/// The pairs of a slice, those first of which some verdict is farthest from what is fitted.
pub(crate) fn surprising(rows: &[u32], chosen: &Chosen<'_>, look: &Look) -> Vec<u32> {
    let mut fits: Vec<Option<&Fitted>> = vec![None; chosen.judges.names.len()];
    for (judge, fitted) in look.judges.iter().filter_map(|(judge, fitted)| Some((*judge, fitted.as_ref()?))) {
        fits[judge as usize] = Some(fitted);
    }
    let of_verdict = |verdict: VerdictRow| {
        let fitted = fits[verdict.judge as usize]?;
        Some((verdict.p_a - fitted.of_row(chosen.table(), &verdict)).abs())
    };
    let of_pair = |row: &u32| {
        let most = chosen.on(*row as usize).filter_map(of_verdict).fold(-1.0, f64::max);
        (most, *row)
    };
    let mut found: Vec<(f64, u32)> = rows.par_iter().map(of_pair).collect();
    found.par_sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    found.into_iter().map(|(_, row)| row).collect()
}
