//! A chosen and a rejected response, and another column that says of some records that the rejected one is the better.

use serde_json::Value;

use super::super::declared::{Recipe, Shape};
use super::super::qualities;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::super::verdict_rule::VerdictRule;
use super::columns::path;
use super::judge_calls::says_rejected;
use super::judges::{criterion_of, judge_of_column};
use super::shown::says_exchanged;
use super::uses::used;
use super::values::{flag, number_of};
use crate::advice::MAP;

/// What a column says against the choice.
enum Against {
    /// A flag of labels that were exchanged.
    Flag,
    /// A difference of which the sign says which is better.
    Margin(f64),
    /// Several verdicts of which some are for the rejected one.
    List,
}

/// A column that speaks against some of the choices, if neither the recipe nor the user says what follows.
pub(crate) fn dissent(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    let settled = |role: &str| recipe.settled.iter().any(|settled| settled == role);
    let open = (recipe.open || recipe.name == "by_names") && !recipe.no_choice && !recipe.gold;
    if !open || recipe.shape != Shape::Choice || ["chosen", "rejected", "winner"].into_iter().any(settled) {
        return None;
    }
    let used = used(recipe, sample);
    let free = sample.columns.iter().filter(|column| !used.contains(*column));
    let (column, against) = free.into_iter().find_map(|column| Some((column, against(sample, column)?)))?;
    let (chosen, rejected) = (shell(recipe.a.first()?.as_str()), shell(recipe.b.first()?.as_str()));
    let sides = format!("{MAP} response_a={chosen} {MAP} response_b={rejected}");
    let (says, flags) = match against {
        Against::Flag => {
            let values = sample.distinct(column, 4).unwrap_or_default();
            let means = |value: &Value| {
                let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
                format!("{text}={}", if flag(value) == Some(true) { "B" } else { "A" })
            };
            let means: Vec<String> = values.iter().map(means).collect();
            (
                "says of some records that the label was exchanged",
                format!("winner={column}:{}", means.join(",")),
            )
        }
        Against::Margin(most) => (
            "is less than 0 in some records, as if the rejected response were better there",
            format!("winner={column}:{most}..-{most}"),
        ),
        Against::List => ("has verdicts for the rejected response", format!("winner={column}")),
    };
    let flags = shell(&flags);
    Some(Refusal {
        problem: format!("`{column}` {says}: the file does not say which is the verdict"),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} chosen={chosen} {MAP} rejected={rejected}   (`{column}` is then metadata)"),
            format!("or {sides} {MAP} {flags}   (A is `{chosen}`)"),
        ],
    })
}

fn against(sample: &Sample, column: &str) -> Option<Against> {
    let words = tokens(column);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    // `swapped` says on which side the chosen one is.
    let exchanged = (says_exchanged(column)
        || has(&["label", "labels"]) && has(&["flipped", "flip", "noisy"]))
        && !has(&["swapped", "swap"]);
    let flags = || sample.values(column).all(|value| flag(value).is_some());
    if exchanged && flags() && sample.values(column).any(|value| flag(value) == Some(true)) {
        return Some(Against::Flag);
    }
    let numbers = || sample.values(column).filter_map(number_of);
    let numeric = || numbers().count() == sample.values(column).count();
    if has(&["margin", "gap", "difference", "diff", "delta", "strength"])
        && !words.iter().any(|word| qualities::measure(word))
        && numeric()
        && numbers().any(|number| number < 0.0)
    {
        return Some(Against::Margin(numbers().fold(0.0, |most: f64, number| most.max(number.abs()))));
    }
    let several = sample.values(column).filter(|value| value.is_array() || value.is_object());
    let words: Vec<&str> = several.flat_map(leaves).collect();
    let has = |wanted: &str| words.iter().any(|word| normal(word) == wanted);
    (has("chosen") && has("rejected")).then_some(Against::List)
}

/// The short words in a list or an object, at most three deep.
fn leaves(value: &Value) -> Vec<&str> {
    fn within(value: &Value, depth: usize) -> Vec<&str> {
        match value {
            Value::String(text) if text.len() <= 20 => vec![text.as_str()],
            Value::Array(items) if depth < 3 => {
                items.iter().flat_map(|item| within(item, depth + 1)).collect()
            }
            Value::Object(fields) if depth < 3 => {
                fields.values().flat_map(|item| within(item, depth + 1)).collect()
            }
            _ => Vec::new(),
        }
    }
    within(value, 0)
}

/// Verdicts by criteria and of judges next to a choice, in its own words: `safety_preference: "rejected"`.
pub(super) fn beside_a_choice(recipe: &Recipe, sample: &Sample) -> Vec<VerdictRule> {
    let used = used(recipe, sample);
    let side = |value: &Value| {
        value.as_str().is_some_and(|text| roles::good(&normal(text)) || roles::bad(&normal(text)))
    };
    let tie = |value: &Value| {
        value.as_str().is_some_and(|text| ["tie", "equal", "same"].contains(&normal(text).as_str()))
    };
    let rule = |column: &String| {
        let (criterion, judge_name) = (criterion_of(column), judge_of_column(column));
        let other = |value: &Value| says_rejected(value);
        let named = criterion.is_some() || (judge_name.is_some() && sample.values(column).any(other));
        if !named
            || !sample.values(column).any(side)
            || !sample.values(column).all(|value| side(value) || tie(value))
        {
            return None;
        }
        let values = sample.distinct(column, 8)?;
        let of = |fits: &dyn Fn(&Value) -> bool| values.iter().filter(|value| fits(value)).cloned().collect();
        Some(VerdictRule {
            field: Some(path(column)),
            a: of(&|value| side(value) && !says_rejected(value)),
            b: of(&|value| side(value) && says_rejected(value)),
            tie: of(&tie),
            criterion,
            judge_name,
            ..VerdictRule::default()
        })
    };
    sample.columns.iter().filter(|column| !used.contains(*column)).filter_map(rule).collect()
}
