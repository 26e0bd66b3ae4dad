//! A slice against another part of the same study.

use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

use predilect_analysis::FitOptions;
use predilect_analysis::compare::{Part, versus};
use predilect_analysis::dissect::{ALL, Fits};
use predilect_analysis::table::FeatureTable;
use predilect_results::Skipped;
use predilect_results::comparison::SliceVersus;

use crate::error::{Error, Remedy, Result};
use crate::filter::{Filter, FilterError};
use crate::fits::{KeptDraws, fit_all};
use crate::open::Workbench;
use crate::slice::{Slice, SliceOptions};
use crate::watch::Watch;

/// What a slice is set against.
#[derive(Debug, Clone, PartialEq)]
pub enum Other {
    /// All pairs and verdicts that are not in it.
    Rest,
    /// Another part.
    Where(Filter),
}

impl FromStr for Other {
    type Err = FilterError;

    fn from_str(text: &str) -> Result<Self, FilterError> {
        if text.trim().eq_ignore_ascii_case("rest") { Ok(Self::Rest) } else { text.parse().map(Self::Where) }
    }
}

impl Display for Other {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rest => out.write_str("rest"),
            Self::Where(filter) => filter.fmt(out),
        }
    }
}

impl Workbench {
    /// What each judge rewards otherwise in the slice than in another part of the study.
    ///
    /// # Errors
    ///
    /// Those of [`Workbench::slice`]; when the slice has no filter, and when no judge can be fitted in both parts.
    #[expect(clippy::too_many_lines, reason = "what is refused, in its order, around one call")]
    pub fn versus(
        &self,
        slice: &SliceOptions,
        other: &Other,
        fit: &FitOptions,
        watch: &dyn Watch,
    ) -> Result<SliceVersus> {
        let Some(filter) = &slice.filter else {
            return Err(Error::new("there is no slice to compare").remedy(Remedy::NameSlice));
        };
        let outside = match other {
            Other::Rest => filter.complement(),
            Other::Where(filter) => filter.clone(),
        };
        let part = |filter: &Filter| -> Result<(Slice, Fits, KeptDraws)> {
            let options = SliceOptions { filter: Some(filter.clone()), group_by: None, ..slice.clone() };
            let mut slice = self.slice(&options, watch)?;
            without_groups(&mut slice.table);
            let mut draws = KeptDraws::new();
            // What a fit is worth on unseen verdicts is not asked here.
            let fit = FitOptions { folds: 0, ..fit.clone() };
            let fits = fit_all(&slice.table, fit, None, Some(&mut draws), watch)?;
            Ok((slice, fits, draws))
        };
        if slice.cluster.iter().any(|field| field == "annotator") {
            return Err(
                Error::new("two parts cannot be compared over annotators yet").remedy(Remedy::OtherUnits)
            );
        }
        let (inside, first, first_draws) = part(filter)?;
        let (outside, second, second_draws) = part(&outside).map_err(|e| e.within("in the other part"))?;
        if inside.rows == outside.rows && !filter.needs_verdict() {
            return Err(Error::new("both parts contain the same pairs").remedy(Remedy::Filter(
                "set the slice against the rest, or against other pairs".to_owned(),
            )));
        }
        let found = versus(
            &Part { fits: &first, draws: &first_draws },
            &Part { fits: &second, draws: &second_draws },
        );
        if found.judges.is_empty() {
            let why = found
                .skipped
                .first()
                .map_or("no verdicts".to_owned(), |s| format!("{}: {}", s.judge, s.reason));
            return Err(Error::new(format!("no judge can be fitted in both parts ({why})")).remedy(
                Remedy::Filter(
                    "take other or larger parts; one that is chosen by a judge's own verdicts is one-sided"
                        .to_owned(),
                ),
            ));
        }
        let mut found = found;
        // Judges that have no verdict in one of the parts.
        for (own, other, place) in
            [(&inside, &outside, "in the other part"), (&outside, &inside, "in the slice")]
        {
            for judge in own.table.judges.iter().filter(|judge| !other.table.judges.contains(judge)) {
                found.skipped.push(Skipped {
                    judge: judge.clone(),
                    group: ALL.to_owned(),
                    rows: 0,
                    reason: format!("it has no verdict {place}"),
                });
            }
        }
        let rows: std::collections::HashSet<u32> = inside.rows.iter().copied().collect();
        Ok(SliceVersus {
            filter: filter.to_string(),
            versus: other.to_string(),
            pairs: [inside.rows.len() as u64, outside.rows.len() as u64],
            shared_pairs: outside.rows.iter().filter(|row| rows.contains(row)).count() as u64,
            found,
        })
    }
}

/// Fits are of all verdicts only.
fn without_groups(table: &mut FeatureTable) {
    table.groups.clear();
    table.memberships.clear();
    for pair in &mut table.pairs {
        pair.groups = (0, 0);
    }
    for verdict in &mut table.verdicts {
        verdict.group = None;
    }
}
