//! Verdicts of single people or judges in a list next to one verdict: is that what most of them said?

use serde_json::Value;

use super::super::calls::Calls;
use super::super::declared::{Recipe, Shape};
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::verdict_rule::VerdictRule;
use super::listed::{listed, listed_in};
use super::named::{NamesIn, names_in};
use super::opened::opened;
use super::uses::names_a_judge;
use crate::advice::MAP;
use crate::call::Call;
use crate::row::Row;

/// The single verdicts in place of the one that follows from them; where that one may be somebody else's, the user is asked.
pub(super) fn singles(
    recipe: &Recipe,
    sample: &Sample,
    one: Vec<VerdictRule>,
) -> Result<Vec<VerdictRule>, Refusal> {
    let open = recipe.shape == Shape::Pair && !recipe.coded();
    let [rule] = one.as_slice() else { return Ok(one) };
    let Some(field) = rule.field.as_ref().filter(|_| open && rule.each.is_none()) else { return Ok(one) };
    let mut single = listed(sample, recipe)?;
    if single.is_empty()
        && let Some(inner) = opened(sample)
    {
        single = listed(&inner, recipe)?;
    }
    let Some(each) = single.first().and_then(|single| single.each.clone()) else { return Ok(one) };
    let Some(place) = each.resolve(&sample.columns) else { return Ok(one) };
    let alone = sample.rows.iter().filter_map(|row| said_in(place.get(row)?)).all(|count| count < 2);
    // By criteria they are other verdicts than the one on the whole.
    if single.iter().all(|single| single.criterion_field.is_some()) {
        return Ok(if alone { one } else { one.into_iter().chain(single).collect() });
    }
    let follows = sample.rows.iter().all(|row| {
        let names = names_in(recipe, sample, row);
        let own = field
            .resolve(&sample.columns)
            .and_then(|column| Calls::of(rule, column.shown()).call(column.get(row), names.names()).ok());
        most(&single, place.get(row), &names).is_none_or(|most| own.is_none_or(|own| most.allows(own)))
    });
    // The same verdict again.
    if alone && follows {
        return Ok(one);
    }
    let named = names_a_judge(recipe, sample)
        && single.iter().any(|single| !single.annotator.is_empty() || !single.judge.is_empty());
    if follows && !named {
        return Ok(single);
    }
    Err(Refusal {
        problem: if follows {
            format!("`{field}` and `{each}` both say who won, and may be of different judges")
        } else {
            format!("`{field}` is not what most of the verdicts in `{each}` say")
        },
        remedy: "say which are the verdicts".to_owned(),
        certain: true,
        start: vec![
            format!("{MAP} winner={}   (`{each}` is then metadata)", shell(field.as_str())),
            format!("or {MAP} winner={}   (each of them is a verdict)", shell(each.as_str())),
        ],
    })
}

/// How many verdicts a value has.
fn said_in(value: &Value) -> Option<usize> {
    value.as_array().map(Vec::len).or_else(|| value.as_object().map(serde_json::Map::len))
}

/// How often each was called the better one.
#[derive(Default)]
struct Most {
    a: usize,
    b: usize,
    even: usize,
}

impl Most {
    /// Whether a verdict may follow from these: the most frequent one, or a tie where none is.
    fn allows(&self, call: Call) -> bool {
        let most = self.a.max(self.b).max(self.even);
        match call {
            Call::Missing => true,
            Call::Tie(_) => self.even == most || self.a == self.b,
            _ if call.p_a().is_some_and(|p_a| p_a > 0.5) => self.a == most,
            _ => self.b == most,
        }
    }
}

fn most(rules: &[VerdictRule], list: Option<&Value>, names: &NamesIn) -> Option<Most> {
    let rule = rules.first()?;
    let field = rule.field.as_ref()?;
    let calls = Calls::of(rule, field.to_string());
    let elements: Vec<&Value> = match list? {
        Value::Array(items) => items.iter().collect(),
        Value::Object(fields) => fields.values().collect(),
        _ => return None,
    };
    let mut most = Most::default();
    for element in elements {
        let value = if element.is_object() { element.get(field.as_str()) } else { Some(element) };
        match calls.call(value, names.names()).ok()?.p_a() {
            Some(p_a) if p_a > 0.5 => most.a += 1,
            Some(p_a) if p_a < 0.5 => most.b += 1,
            Some(_) => most.even += 1,
            None => {}
        }
    }
    (most.a + most.b + most.even > 0).then_some(most)
}

/// Reads each of the verdicts in a list that the user names as the winner.
pub(super) fn each_of(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let mut rules = Vec::new();
    for rule in std::mem::take(&mut recipe.verdict) {
        // A tie may be stated in addition to any of them.
        let plain = VerdictRule {
            field: rule.field.clone(),
            judge_name: rule.judge_name.clone(),
            tie_field: rule.tie_field.clone(),
            tie_values: rule.tie_values.clone(),
            ..VerdictRule::default()
        };
        let column =
            rule.field.as_ref().filter(|_| rule == plain).and_then(|field| field.resolve(&sample.columns));
        // A list of one word is that word; an object says whose it is.
        let several = |row: &Row, column: &str| {
            let value = row.get(column);
            value.is_some_and(Value::is_object) || value.and_then(said_in).is_some_and(|count| count > 1)
        };
        let found = match column.filter(|column| sample.rows.iter().any(|row| several(row, &column.shown())))
        {
            Some(column) => listed_in(sample, recipe, &column.shown())?,
            None => Vec::new(),
        };
        if found.is_empty() {
            rules.push(rule);
        }
        rules.extend(found);
    }
    recipe.verdict = rules;
    Ok(())
}
