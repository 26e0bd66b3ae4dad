//! Why did a judge's verdict on a pair come out as it did?

use predilect_results::Explanation;
use predilect_types::Pair;
use predilect_workbench::explain::{Asked, Explained};
use predilect_workbench::{FitOptions, Kind, SliceOptions};

use crate::asking::Waiting;
use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::Query;

/// A pair, and why a judge's verdict on it came out as it did.
pub(crate) struct Reasons {
    pub(crate) pair: Pair,
    /// The explanation, or the reason that there is none, in words.
    pub(crate) explanation: Result<Explanation, String>,
    /// Why the fit is of all pairs although a slice is shown.
    pub(crate) not_by_slice: Option<String>,
}

/// Explains the verdict of the first judge that is asked about, by the slice as the list has it; where that cannot be, by all pairs.
pub(crate) fn reasons(
    opened: &Opened,
    query: &Query,
    pair: &str,
    waiting: &Waiting,
) -> Result<Reasons, Problem> {
    let first = || opened.about.judges().first().map(|judge| (*judge).to_owned());
    let judge = query.judges.first().cloned().or_else(first);
    let slice = SliceOptions { group_by: None, judges: judge.into_iter().collect(), ..query.slice() };
    let fit: FitOptions = query.looking();
    let asked = Asked { pair, group: "all", fit: &fit };
    let explain = |slice: &SliceOptions| opened.bench.why(slice, &asked, waiting);
    let (found, not_by_slice) = match explain(&slice) {
        Err(error) if slice.filter.is_some() && error.kind() != Kind::Cancelled => {
            (explain(&SliceOptions { filter: None, ..slice.clone() }), Some(error.message().to_owned()))
        }
        found => (found, None),
    };
    match found {
        Ok(Explained { pair, explanation }) => {
            Ok(Reasons { pair, explanation: Ok(explanation), not_by_slice })
        }
        Err(error) => match opened.bench.pair(pair, waiting)? {
            Some(pair) => Ok(Reasons { pair, explanation: Err(error.message().to_owned()), not_by_slice }),
            None => Err(Problem::not_found(format!("there is no pair `{pair}`"))),
        },
    }
}
