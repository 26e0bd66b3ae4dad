//! Why there is no slice, in words that every way to one shares.

use std::collections::BTreeSet;

use predilect_analysis::dissect::ALL;
use predilect_types::shown;

use super::units::NoUnits;
use crate::error::{Error, Remedy};
use crate::filter::Filter;
use crate::prepared::Pairs;

/// The group of a value; the name of the whole is taken.
pub(crate) fn group_name(value: &str) -> &str {
    if value == ALL { "all (as a value)" } else { value }
}

/// A filter that takes nothing.
pub(crate) fn no_pair(filter: &Filter, pairs: &Pairs) -> Error {
    Error::new(format!("no pair of {} is in the slice {filter}", pairs.len())).remedy(Remedy::Filter(
        format!(
            "ask for less; names are case-sensitive; fields of these data are: {}",
            known_fields("", pairs.keys())
        ),
    ))
}

/// Pairs, but no verdicts on them.
pub(crate) fn no_verdict(filtered: bool) -> Error {
    if filtered {
        return Error::new("no verdict is in this slice")
            .remedy(Remedy::Filter("none of its verdicts fulfils the filter".to_owned()))
            .no_verdicts();
    }
    Error::new("the data hold pairs but no verdicts, so there is nothing to dissect")
        .words("add the file that says which response was preferred")
        .no_verdicts()
}

/// People to group or cluster by, where nobody is named.
pub(crate) fn no_annotator(what: &str) -> Error {
    Error::new(format!("no verdict names an annotator to {what} by")).remedy(Remedy::NameAnnotators)
}

/// A field to group by that no pair has.
pub(crate) fn no_groups(field: &str, fields: &BTreeSet<String>) -> Error {
    let known = known_fields(field, fields);
    no_value(field).words(format!("group by a field that has values; fields of these data are: {known}"))
}

/// A field that is no unit.
pub(super) fn no_units(why: NoUnits, fields: &BTreeSet<String>) -> Error {
    match why {
        NoUnits::Missing(field) => no_value(&field)
            .words(format!("fields of these data are: prompt, annotator, {}", known_fields(&field, fields))),
        NoUnits::One(field) => {
            Error::new(format!("all pairs have the same `{field}`: one value says nothing about others"))
                .remedy(Remedy::OtherUnits)
        }
    }
}

fn no_value(field: &str) -> Error {
    Error::new(format!("no pair has a value for the field `{field}`"))
}

/// The fields that pairs may have beside one that has no values.
fn known_fields(but: &str, fields: &BTreeSet<String>) -> String {
    let usual = ["scenario", "language", "model_a", "model_b", "source"];
    let all = usual.into_iter().chain(fields.iter().map(String::as_str));
    shown::list(all.filter(|name| *name != but))
}
