//! Why there is no slice, in words that all callers share.

use std::collections::BTreeSet;

use predilect_analysis::dissect::ALL;
use predilect_data::{Judges, nearest};
use predilect_results::format::count;
use predilect_types::shown;

use super::units::NoUnits;
use crate::error::{Error, Remedy};
use crate::filter::{Field, Filter, Literal};
use crate::prepared::{ORDERS, Prepared};
use crate::watch::Unwatched;

/// The group of a value; the name of the whole is taken.
pub(crate) fn group_name(value: &str) -> &str {
    if value == ALL { "all (as a value)" } else { value }
}

/// Values among which a likely one is looked for.
const VALUES: usize = 10_000;

/// The error for a filter that takes no pair: a value that no pair has is named first.
pub(crate) fn no_pair(filter: &Filter, prepared: &Prepared) -> Error {
    let mut unknown = None;
    filter.sought(&mut |field, text| {
        if unknown.is_none() {
            unknown = never(field, text, prepared);
        }
    });
    let weaker = || format!("relax the condition; {}", fields_to_ask(prepared));
    // What has no value fulfils no condition.
    let priced = || {
        "the cost of a verdict is known if a model was asked here at known prices, or if the data have it as price_per_example"
            .to_owned()
    };
    let unknown = unknown.or_else(|| strangers(filter, prepared));
    let remedy = unknown.unwrap_or_else(|| if filter.costs().is_empty() { weaker() } else { priced() });
    Error::new(format!("none of {} pairs is in the slice {filter}", count(prepared.pairs().len() as u64)))
        .remedy(Remedy::Filter(remedy))
}

/// A remark on judges that the filter compares and that have judged no pair together.
fn strangers(filter: &Filter, prepared: &Prepared) -> Option<String> {
    let wanted: Vec<&str> = filter.judges().into_iter().collect();
    let verdicts = prepared
        .verdicts(&Unwatched)
        .ok()
        .filter(|_| filter.asks_all() && (2..=32).contains(&wanted.len()))?;
    let judges = verdicts.judges(Judges::Auto);
    let slots: Vec<Option<usize>> =
        judges.names.iter().map(|name| wanted.iter().position(|own| own == name)).collect();
    let mut by = vec![0_u32; prepared.pairs().len()];
    for row in 0..verdicts.len() {
        if let (Some(by), Some(slot)) =
            (by.get_mut(verdicts.pair(row) as usize), slots[judges.of(row) as usize])
        {
            *by |= 1 << slot;
        }
    }
    let all = by.iter().any(|by| by.count_ones() as usize == wanted.len());
    (!all).then(|| {
        format!("compare judges of the same pairs: no pair has verdicts by all of {}", shown::list(&wanted))
    })
}

/// A remark on a field that never has the value, with the value that may be meant; `None` if it has it.
fn never(field: &Field, text: &str, prepared: &Prepared) -> Option<String> {
    let known: Vec<String> = match field {
        Field::Scenario => texts_of(prepared, "scenario")?,
        Field::Meta(key) => texts_of(prepared, key)?,
        Field::Language => prepared.facts().languages().names().to_vec(),
        Field::Source => prepared.pairs().sources().names().to_vec(),
        Field::Model(_) => prepared.pairs().models().to_vec(),
        Field::Order => ORDERS.iter().map(|order| order.as_str().to_owned()).collect(),
        Field::Id => prepared.pairs().ids().take(VALUES).map(str::to_owned).collect(),
        _ => return None,
    };
    if known.iter().any(|value| value == text) {
        return None;
    }
    let of = match field {
        Field::Meta(key) => key_to_ask(key),
        field => field.to_string(),
    };
    if known.is_empty() {
        return Some(format!("no pair has a value for {of}; {}", fields_to_ask(prepared)));
    }
    let written = |text: &str| Literal::Text(text.to_owned()).to_string();
    let text_shown = shown::line(&written(text));
    Some(match nearest(text, known.iter().take(VALUES).map(String::as_str)) {
        Some(near) => {
            let case = near.to_lowercase() == text.to_lowercase();
            let why = if case { " Names are case-sensitive" } else { "" };
            format!("{of} is never {text_shown}; did you mean {}?{why}", shown::line(&written(near)))
        }
        None => format!("{of} is never {text_shown}; its values are: {}", shown::list(known)),
    })
}

/// The different texts of a field of the data; `None` if any of its values is a number, which is compared differently.
fn texts_of(prepared: &Prepared, field: &str) -> Option<Vec<String>> {
    let field = prepared.field(field).ok()?;
    let numbers = field.values().iter().any(|value| value.number.is_some());
    let texts: BTreeSet<&String> = field.values().iter().flat_map(|value| &value.texts).collect();
    (!numbers).then(|| texts.into_iter().cloned().collect())
}

/// The fields that a filter can refer to for these pairs, as written there: those that any pair has.
fn fields_to_ask(prepared: &Prepared) -> String {
    let pairs = prepared.pairs();
    let fields: [(bool, &str); 6] = [
        (!pairs.scenarios().names().is_empty(), "scenario"),
        (!prepared.facts().languages().names().is_empty(), "language"),
        (!pairs.sources().names().is_empty(), "source"),
        (true, "order, turn"),
        (!pairs.models().is_empty(), "model(a), model(b)"),
        (true, "words(a), words(b), judge(NAME), rating(PROPERTY)"),
    ];
    let usual: Vec<&str> = fields.into_iter().filter(|(there, _)| *there).map(|(_, field)| field).collect();
    let (usual, keys) = (usual.join(", "), pairs.keys());
    if keys.is_empty() {
        return format!("a filter can ask for {usual}");
    }
    format!("a filter can ask for {usual} and for the fields of the data: {}", keys_to_ask(keys))
}

/// The data's own fields as a filter names them.
pub(super) fn keys_to_ask(keys: &BTreeSet<String>) -> String {
    shown::list(keys.iter().map(|key| key_to_ask(key)))
}

/// In quotation marks only where the name needs them.
fn key_to_ask(key: &str) -> String {
    if !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_') {
        format!("meta.{key}")
    } else {
        Field::Meta(key.to_owned()).to_string()
    }
}

/// The error for pairs without verdicts.
pub(crate) fn no_verdict(filtered: bool) -> Error {
    if filtered {
        return Error::new("there are no verdicts in this slice")
            .remedy(Remedy::Filter("none of its verdicts fulfils the filter".to_owned()))
            .no_verdicts();
    }
    Error::new("the data contain pairs but no verdicts")
        .words("add the file that says which response was preferred")
        .no_verdicts()
}

/// The error for grouping or clustering by people if no annotator is named.
pub(crate) fn no_annotator(what: &str) -> Error {
    Error::new(format!("no verdict names an annotator to {what} by")).remedy(Remedy::NameAnnotators)
}

/// The error for a field to group by that no pair has.
pub(crate) fn no_groups(field: &str, fields: &BTreeSet<String>) -> Error {
    let known = known_fields(field, fields);
    no_value(field).words(format!("group by a field that has values; fields of these data are: {known}"))
}

/// The error for a field that is not a unit.
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

/// The fields of pairs other than the one that has no values.
fn known_fields(but: &str, fields: &BTreeSet<String>) -> String {
    let usual = ["scenario", "language", "turn", "model_a", "model_b", "source"];
    let all = usual.into_iter().chain(fields.iter().map(String::as_str));
    shown::list(all.filter(|name| *name != but))
}
