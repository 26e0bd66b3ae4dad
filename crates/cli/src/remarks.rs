//! What to know before the results are there, in words.

use predilect_report::format::count;
use predilect_workbench::Remark;

use crate::say::say;

/// Says a remark on the standard error stream.
pub(crate) fn say_it(remark: Remark<'_>) {
    match remark {
        Remark::Generated(model) => {
            say!("remark: {model} does not return token probabilities: its verdicts are generated");
        }
        Remark::VerdictsReplaced(judge) => {
            say!("remark: {judge} was asked in another way before; those verdicts are replaced");
        }
        Remark::VerdictsKept(judge) => say!(
            "remark: {judge} was asked in another way before; the study keeps those verdicts until all of the new ones are there"
        ),
        Remark::RatingsKept(annotator) => say!(
            "remark: {annotator} was asked in another way before; the study keeps those ratings until all of the new ones are there"
        ),
        Remark::LeftOut { count, reason } => say!("remark: left out: {count} {reason}"),
        Remark::NotRanked { count: 1, reason } => {
            // The reasons are in the plural.
            let reason = reason
                .replacen("verdicts on pairs that do", "verdict on a pair that does", 1)
                .replacen("verdicts on pairs ", "verdict on a pair ", 1)
                .replacen("verdicts ", "verdict ", 1)
                .replacen("pairs ", "pair ", 1);
            say!("remark: 1 {reason} is left out");
        }
        Remark::NotRanked { count, reason } => {
            say!("remark: {count} {reason} are left out");
        }
        Remark::SoftAsHard { method, soft } => say!(
            "remark: {method} takes only wins, ties and losses: {soft} soft verdicts count for the side they favour"
        ),
        Remark::Weighted { counts: true } => say!(
            "remark: weights are whole numbers: a verdict of weight 7 counts as seven, in scores and in intervals"
        ),
        Remark::Weighted { counts: false } => say!(
            "remark: weights are not all whole numbers: they scale how much a verdict counts in scores; in intervals it counts as one verdict"
        ),
        Remark::NeverDiffers(properties) => {
            say!("remark: no two responses differ in {properties}, so there is nothing to hold equal");
        }
        Remark::Undivided(scenarios) => say!(
            "remark: {} scenarios are too many to fit one by one, so all pairs are one group; --group-by takes another field",
            count(scenarios)
        ),
        Remark::NoDifference(models) => say!(
            "remark: left out, without preferences or with the same difference in length throughout: {models}"
        ),
        Remark::FarScales(features) => say!(
            "remark: the prior assumes features of about unit size; by their root mean square these are not: {features}; \
             --standardise divides every feature by its root mean square"
        ),
        Remark::Paused { seconds } => {
            say!("remark: the server asks to wait {seconds} s before the next call; the run goes on then");
        }
        Remark::AgainstJudge(caution) => say!("caution: {caution}"),
        Remark::Beforehand(remark) => say!("remark: {remark}"),
        Remark::NotFitted { judge, why } => {
            say!("remark: {judge} cannot be fitted and is left out: {why}");
        }
        Remark::RatingsReplaced(annotator) => say!(
            "remark: {annotator} was asked in another way before; all its ratings are replaced (--name keeps both)"
        ),
    }
}
