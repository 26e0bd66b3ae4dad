//! Lists next to a list of bare verdicts: who gave each, or by what.

use std::collections::BTreeSet;

use serde_json::Value;

use super::super::declared::Recipe;
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::spelling::normal;
use super::super::verdict_rule::VerdictRule;
use super::columns::path;
use super::repeated::by_whom;
use crate::row::Row;

/// How many different words of a list may say what tells verdicts apart.
const MOST: usize = 12;

/// Gives a list of bare verdicts the lists of judges, people and criteria next to it. One whose words say no more than that they tell the
/// verdicts apart is asked about.
pub(super) fn whose(sample: &Sample, recipe: &Recipe, rule: &mut VerdictRule) -> Result<(), Refusal> {
    let bare = rule.field.as_ref().is_some_and(|field| field.as_str() == "value");
    let unnamed = rule.judge.is_empty() && rule.annotator.is_empty() && rule.criterion_field.is_none();
    let Some(each) = rule.each.clone().filter(|_| bare || unnamed) else { return Ok(()) };
    let lists: Vec<&String> = sample
        .columns
        .iter()
        .filter(|column| *column != each.as_str() && beside(sample, each.as_str(), column))
        .collect();
    let own = |paths: &[Path]| {
        let settled = |column: &&&String| paths.iter().any(|path| path.as_str() == column.as_str());
        lists.iter().find(settled).map(|column| (*column).clone())
    };
    let plain = normal(each.as_str());
    let called = |fits: &dyn Fn(&str) -> bool| {
        lists.iter().find(|column| {
            let name = normal(last(column));
            fits(&name) || name.strip_prefix(&format!("{plain}_")).is_some_and(fits)
        })
    };
    let of = |paths: &[Path], fits: &dyn Fn(&str) -> bool| {
        own(paths).or_else(|| called(fits).map(|column| (*column).clone())).map(|column| path(&column))
    };
    let judge = of(&recipe.judge, &|name| is_one_of(roles::JUDGES, name));
    let annotator = of(&recipe.annotator, &|name| {
        is_one_of(roles::ANNOTATORS, name) || is_one_of(&["user", "voter", "person"], name)
    });
    let criterion = of(&recipe.criterion, &|name| is_one_of(roles::CRITERIA, name));
    let settled = |role: &str| recipe.settled.iter().any(|settled| settled == role);
    let known = judge.is_some() || annotator.is_some() || criterion.is_some();
    let said = ["judge", "annotator", "criterion"].iter().any(|role| settled(role));
    if bare
        && !known
        && !said
        && let Some(column) = lists.iter().find(|column| tells_apart(sample, each.as_str(), column))
    {
        return Err(asked(each.as_str(), column));
    }
    if let Some(judge) = judge {
        rule.judge = vec![judge];
    }
    if let Some(annotator) = annotator {
        rule.annotator = vec![annotator];
    }
    rule.criterion_field = criterion.or(rule.criterion_field.take());
    Ok(())
}

/// What a record names as a judge, a person or a criterion is not that of the record where it is a list next to its verdicts.
pub(super) fn leave_lists(recipe: &mut Recipe) {
    let rules = recipe.verdict.iter().filter(|rule| rule.each.is_some());
    let beside: Vec<Path> = rules
        .flat_map(|rule| rule.judge.iter().chain(&rule.annotator).chain(&rule.criterion_field))
        .cloned()
        .collect();
    for paths in [&mut recipe.judge, &mut recipe.annotator, &mut recipe.criterion] {
        paths.retain(|path| !beside.contains(path));
    }
}

fn last(column: &str) -> &str {
    column.rsplit('.').next().unwrap_or(column)
}

/// Whether a name is one of these, or the plural of one: `judges`, `criteria`, `annotator_ids`.
fn is_one_of(names: &[&str], name: &str) -> bool {
    let one = name.strip_suffix('s').unwrap_or(name);
    names.contains(&name) || names.contains(&one)
}

/// Whether a column has a list of words as long as the other one. Where one of the two is shorter in another record, that is an error of the
/// record.
fn beside(sample: &Sample, each: &str, column: &str) -> bool {
    let word = |item: &Value| item.is_null() || item.is_string() || item.is_number();
    let worded = |value: &Value| value.as_array().is_some_and(|items| items.iter().all(word));
    let fits = |row: &Row| length(row, each) == length(row, column) && length(row, each) > Some(1);
    sample.values(column).all(worded) && sample.rows.iter().any(fits)
}

fn length(row: &Row, column: &str) -> Option<usize> {
    row.get(column).and_then(Value::as_array).map(Vec::len)
}

/// Whether a list has another one of a few recurring words for each verdict.
fn tells_apart(sample: &Sample, each: &str, column: &str) -> bool {
    if sample.rows.iter().any(|row| length(row, each) != length(row, column)) {
        return false;
    }
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut lists = 0;
    for items in sample.values(column).filter_map(Value::as_array) {
        let words: BTreeSet<&str> = items.iter().filter_map(Value::as_str).map(str::trim).collect();
        let short =
            words.iter().all(|word| !word.is_empty() && word.len() <= 40 && !word.ends_with(['?', '.', '!']));
        if words.len() != items.len() || !short {
            return false;
        }
        lists += usize::from(items.len() > 1);
        seen.extend(words);
    }
    lists > 1 && seen.len() <= MOST
}

fn asked(each: &str, column: &str) -> Refusal {
    Refusal {
        problem: format!(
            "`{column}` has a word for each verdict in `{each}`: the file does not say what that is"
        ),
        remedy: "say what tells the verdicts apart".to_owned(),
        certain: true,
        start: by_whom(column),
    }
}
