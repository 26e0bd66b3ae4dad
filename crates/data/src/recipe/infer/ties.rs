//! Ties that are stated separately from the verdict.

use super::super::declared::Recipe;
use super::super::sample::Sample;
use super::super::verdict_rule::VerdictRule;
use super::columns::{named, path};
use super::uses::used;
use super::values::flag;
use crate::call::Call;
use serde_json::Value;

/// A column that says of some records that they are ties.
pub(super) fn tie_beside(recipe: &mut Recipe, sample: &Sample) {
    let used = used(recipe, sample);
    let flag = named(sample, &["tie", "is_tie", "tied", "winner_tie", "draw", "is_draw"], &used)
        .into_iter()
        .find(|column| sample.values(column).all(|value| flag(value).is_some()));
    let status = named(sample, &["status"], &used).into_iter().find(|column| {
        sample
            .values(column)
            .any(|value| value.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("tie")))
    });
    // Of a winner and a loser by their models, another column says which records are ties.
    let outcome = || {
        let named = named(sample, &["result", "outcome", "type", "verdict", "status", "decision"], &used);
        named.into_iter().find_map(|column| {
            let ties: Vec<Value> = sample
                .distinct(&column, 8)?
                .into_iter()
                .filter(|value| matches!(value.as_str().and_then(super::super::words), Some(Call::Tie(_))))
                .collect();
            (!ties.is_empty()).then_some((column, ties))
        })
    };
    if flag.is_none()
        && recipe.a_wins
        && let Some((column, ties)) = outcome()
    {
        recipe.verdict.push(VerdictRule {
            tie_field: Some(path(&column)),
            tie_values: ties,
            ..VerdictRule::default()
        });
        return;
    }
    let rule = match (flag, status) {
        (Some(flag), _) => VerdictRule { tie_field: Some(path(&flag)), ..VerdictRule::default() },
        (None, Some(status)) => VerdictRule {
            tie_field: Some(path(&status)),
            tie_values: vec![Value::from("tie")],
            ..VerdictRule::default()
        },
        (None, None) => return,
    };
    match recipe.verdict.first_mut() {
        Some(first)
            if first.tie_field.as_ref().is_none_or(|field| field.resolve(&sample.columns).is_none()) =>
        {
            first.tie_field = rule.tie_field;
            first.tie_values = rule.tie_values;
        }
        Some(_) => {}
        None => recipe.verdict.push(rule),
    }
}
