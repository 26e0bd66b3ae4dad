//! Is it in doubt whether verdicts are about the columns or about the order in which the responses were shown?

use super::super::declared::{Recipe, Shape};
use super::super::path::{Column, Path};
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::named::names_in;
use super::opened::opened;
use super::shown::{Shown, may_say, says_exchanged, turned};
use super::uses::used_as;
use crate::advice::MAP;
use crate::call::Call;
use serde_json::Value;

/// The columns that say whether the two were shown the other way round, if neither recipe nor user says what follows.
pub(crate) fn exchange_columns(recipe: &Recipe, sample: &Sample) -> Vec<Shown> {
    let settled = recipe.settled.iter().any(|role| role == "swapped");
    if settled || !recipe.swapped.is_empty() || !matches!(recipe.shape, Shape::Pair | Shape::Votes) {
        return Vec::new();
    }
    order_columns(recipe, sample)
}

/// The columns, and the fields within columns, that say which response was shown first.
pub(crate) fn order_columns(recipe: &Recipe, sample: &Sample) -> Vec<Shown> {
    let taken = used_as(recipe);
    let plain = |path: &Path| path.as_str().trim_start_matches('=').to_owned();
    let free = |column: &&String| {
        taken.iter().map(|(_, path)| plain(path)).all(|own| {
            own != **column && column.strip_prefix(own.as_str()).is_none_or(|rest| !rest.starts_with('.'))
        })
    };
    let used = super::uses::used(recipe, sample);
    let within = opened(sample).map(|inner| inner.columns).unwrap_or_default();
    let whole = sample.columns.iter().filter(|column| !used.contains(*column));
    let whole = whole.map(|column| Column::whole(column));
    let inner = within.iter().filter(|column| !sample.columns.has(column)).filter(free);
    let inner = inner.filter_map(|path| Path::new(path.as_str()).resolve(&sample.columns));
    let names: Vec<_> = sample.rows.iter().map(|row| names_in(recipe, sample, row)).collect();
    let mut found: Vec<Shown> = Vec::new();
    for column in whole.chain(inner) {
        // The fields of an object that says it as a whole.
        let within = |other: &Shown| !other.column.is_within() && other.column.name == column.name;
        if column.is_within() && found.iter().any(within) {
            continue;
        }
        // A table may have thousands of columns: most are told by the name and the first value.
        let first = sample.rows.iter().find_map(|row| there(column.get(row)));
        if !may_say(&column, first) {
            continue;
        }
        let shown = Shown::new(column, sample);
        let said = sample.rows.iter().zip(&names);
        let said = said.filter_map(|(row, names)| Some((there(shown.column.get(row))?, names.names())));
        if shown.says(&said.collect::<Vec<_>>()) {
            found.push(shown);
        }
    }
    found
}

/// A value, unless it is blank.
fn there(value: Option<&Value>) -> Option<&Value> {
    value.filter(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))
}

/// A column that says of each record whether its responses were shown the other way round: what `A` then means is doubtful.
pub(crate) fn exchanged(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    if !matches!(recipe.shape, Shape::Pair | Shape::Votes) || !by_side(recipe, sample) {
        return None;
    }
    let turned = |shown: &Shown| {
        let said = sample.rows.iter().filter_map(|row| {
            let value = there(shown.column.get(row))?;
            Some((value, shown.turned(value, names_in(recipe, sample, row).names())))
        });
        let said: Option<Vec<(&Value, bool)>> = said.map(|(value, turned)| Some((value, turned?))).collect();
        said?.into_iter().find(|(_, turned)| *turned).map(|(value, _)| value.to_string())
    };
    let (shown, when) = order_columns(recipe, sample).into_iter().find_map(|shown| {
        let when = turned(&shown)?;
        Some((shown, when))
    })?;
    let column = shown.column.shown();
    let where_ = if shown.by_name(sample) {
        "where it says that the second response was shown first".to_owned()
    } else {
        format!("where it is {when}")
    };
    Some(Refusal {
        problem: format!(
            "`{column}` is {when} in some records; the file does not say whether their verdicts refer to the columns or to the order in which the responses were shown"
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} swapped={}   ({where_}, the verdict's A is the second response)", shell(&column)),
            format!("or {MAP} swapped=none   (the verdicts are about the columns)"),
        ],
    })
}

/// A flag of exchanged sides in a format that is read by code and does not know of such a flag: half of its verdicts may be about the other
/// response.
pub(crate) fn exchanged_unread(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    let unaware = matches!(recipe.shape, Shape::LlmBar | Shape::PandaLm | Shape::JudgeBench | Shape::MtBench);
    let turned = |column: &&String| {
        says_exchanged(column) && sample.values(column).any(|value| turned(value) == Some(true))
    };
    let column = sample.columns.iter().filter(|_| unaware).find(turned)?;
    Some(Refusal {
        problem: format!(
            "`{column}` says that the responses of some records were shown the other way round, which the format {} does not have: it is not known what their verdicts refer to",
            recipe.name
        ),
        remedy: "name the columns, and say whether the verdicts follow it".to_owned(),
        certain: true,
        start: vec![
            format!(
                "{MAP} response_a=COLUMN {MAP} response_b=COLUMN {MAP} winner=COLUMN {MAP} swapped={}   (where it is set, the verdict's A is the second response)",
                shell(column)
            ),
            format!("or {MAP} swapped=none   (the verdicts are about the columns)"),
        ],
    })
}

/// Whether verdicts name sides: names of models and scores of named columns mean the same whatever was shown first.
fn by_side(recipe: &Recipe, sample: &Sample) -> bool {
    let side = |value: &Value| {
        value
            .as_str()
            .is_none_or(|text| matches!(super::super::words(text), Some(Call::A | Call::B | Call::Soft(_))))
    };
    recipe.verdict.iter().any(|rule| {
        let Some(field) = &rule.field else { return false };
        let column = field.resolve(&sample.columns);
        let named = rule.scale.is_some() || !rule.a.is_empty() || rule.each.is_some();
        named || column.is_some_and(|column| sample.rows.iter().filter_map(|row| column.get(row)).any(side))
    })
}
