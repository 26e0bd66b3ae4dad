//! Why models cannot be ranked, in words.

use predilect_analysis::ranking::RankMethod;
use predilect_results::ranking::groups_that_never_met;
use predilect_stats::ranking::RankingError;

use crate::error::{Error, Remedy};

/// Models that an error names.
const NAMED: usize = 5;

/// An error of the statistics, with the models' names. Statistics know numbers only, so that what every error of the library can be asked
/// is said here, where names and remedies are known.
pub(super) fn refused(error: &RankingError, models: &[String], controls: usize, method: RankMethod) -> Error {
    let remedy = match error {
        RankingError::NeverMet(groups) => {
            return Error::new(groups_that_never_met(
                groups.len(),
                &groups.iter().map(|group| named(group, models)).collect::<Vec<_>>(),
            ))
            .remedy(Remedy::RankApart);
        }
        RankingError::OneWay(found) => {
            let all = |parts: &[Vec<u32>], what: &str| {
                let count = parts.iter().map(Vec::len).sum::<usize>();
                let who: Vec<u32> = parts.iter().flatten().copied().collect();
                (count < models.len() && count > 0).then(|| {
                    let have = if count == 1 { "has" } else { "have" };
                    let whose = if count == 1 { "its" } else { "their" };
                    format!("{} {have} {what} all {whose} verdicts against the others", named(&who, models))
                })
            };
            // With two parts the one says it of the other: the smaller is enough.
            let two = found.undefeated.len() == 1 && found.winless.len() == 1;
            let fewer = two && found.undefeated[0].len() + found.winless[0].len() == models.len();
            let top =
                found.undefeated.first().map_or(0, Vec::len) <= found.winless.first().map_or(0, Vec::len);
            let parts = [
                all(&found.undefeated, "won").filter(|_| !fewer || top),
                all(&found.winless, "lost").filter(|_| !fewer || !top),
            ];
            return Error::new(format!(
                "no finite scores: {}",
                parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
            ))
            .remedy(Remedy::KeepFinite);
        }
        RankingError::Singular if controls == 0 && method == RankMethod::BradleyTerry => {
            return Error::new(
                "the scores cannot be told apart: some weights are far larger than others",
            )
            .words("check the weights: a whole number counts as that many verdicts");
        }
        RankingError::Singular if controls == 0 => {
            return Error::new(
                "no finite scores: with ties modelled, a model has won, or lost, all verdicts that are not ties",
            )
            .remedy(Remedy::KeepFiniteWithTies);
        }
        RankingError::Singular => {
            Remedy::Words("a control never differs, says the same as another, or decides every verdict: leave it out (without texts no property differs)".to_owned())
        }
        RankingError::OnlyTies => Remedy::TiesAsHalf,
        RankingError::NoMaximum => Remedy::Words("a control that decides every verdict has no finite weight: leave it out".to_owned()),
        RankingError::Empty => Remedy::CheckVerdicts,
    };
    Error::new(error.to_string()).remedy(remedy)
}

/// Some of these models by name, and the number of the others.
fn named(who: &[u32], models: &[String]) -> String {
    let some: Vec<&str> = who.iter().take(NAMED).map(|who| models[*who as usize].as_str()).collect();
    match who.len().saturating_sub(NAMED) {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}
