//! Which columns contain the names of models, and what else accompanies two responses in two columns.

use super::super::declared::Shape;
use super::super::path::Path;
use super::super::roles;
use super::super::sample::Sample;
use super::super::spelling::tokens;
use super::columns::{named, path};
use super::prompts::prompt_column;
use super::sided::{is_response_word, opposites, sided};
use super::values::number_of;
use crate::row::as_text;
use serde_json::Value;
use std::collections::BTreeSet;

/// Words of columns that name models, or what comes with them.
const ABOUT: &[&str] = &[
    "name",
    "id",
    "system",
    "response",
    "answer",
    "output",
    "generator",
    "by",
    "assistant",
    "completion",
    "bot",
    "answers",
    "responses",
    "outputs",
    "data",
    "meta",
    "metadata",
];

/// Whether a column of these words, one for each side, can only contain the names of models.
fn says_models(words: &[String]) -> bool {
    let model = |word: &String| roles::MODELS.contains(&word.as_str());
    let says = words.iter().any(|word| model(word) || word == "system");
    let last = words.last().is_none_or(|word| !is_response_word(word));
    says && last && words.iter().all(|word| model(word) || ABOUT.contains(&word.as_str()))
}

/// The two columns of models.
pub(super) fn models(sample: &Sample) -> Option<(String, String)> {
    // Words that may be of something else: their values have to be names that recur.
    const LOOSE: &[&str] =
        &["name", "policy", "author", "source", "writer", "checkpoint", "engine", "provider"];
    let short = |column: &str| {
        sample
            .values(column)
            .take(100)
            .all(|value| value.is_number() || value.as_str().is_some_and(|text| text.len() <= 120))
    };
    let found = |wanted: &dyn Fn(&[String], &str) -> bool| {
        sided(sample, |words, column| {
            wanted(words, column) && short(column) && sample.values(column).next().is_some()
        })
        .into_iter()
        .filter_map(|group| <[String; 2]>::try_from(group.columns).ok())
        .collect::<Vec<_>>()
    };
    let numbered = |[a, b]: [&String; 2]| {
        [a, b].into_iter().all(|column| sample.values(column).all(|value| number_of(value).is_some()))
    };
    let loosely = |[a, b]: &[String; 2]| are_names(sample, &[a, b]) && !numbered([a, b]);
    let loose = || {
        let of = |words: &[String], _: &str| matches!(words, [only] if LOOSE.contains(&only.as_str()));
        found(&of).into_iter().filter(loosely)
    };
    let mut models = found(&|words, _| says_models(words));
    if models.is_empty() {
        models.extend(loose());
    }
    let words = || models.iter().filter(|columns| !numbered(columns.each_ref()));
    // `response_model_a` may be the response of model A.
    let named = words().find(|[a, b]| are_names(sample, &[a, b])).or_else(|| words().next());
    let bare = found(&|words, _| words.is_empty());
    // Models by number, with their names in columns that are called after the sides alone.
    let beside = models.first().and_then(|ids| {
        bare.iter().find(|names| !numbered(names.each_ref()) && same_models(sample, ids, names))
    });
    let [a, b] = named.or(beside).or(models.first())?;
    Some((a.clone(), b.clone()))
}

/// Columns that are called after the sides alone and contain names, where no others name the models: `left` and `right`.
pub(super) fn bare_models(sample: &Sample) -> Option<(String, String)> {
    let groups = sided(sample, |words, column| words.is_empty() && sample.texts(column));
    groups.into_iter().find_map(|group| match group.columns.as_slice() {
        [a, b] if are_names(sample, &[a, b]) => Some((a.clone(), b.clone())),
        _ => None,
    })
}

/// Whether columns contain names of models and not short responses: names are short, and recur.
pub(crate) fn are_names(sample: &Sample, columns: &[&str]) -> bool {
    let values: Vec<&str> = columns
        .iter()
        .flat_map(|column| sample.values(column).take(2000).filter_map(Value::as_str))
        .map(str::trim)
        .collect();
    let long = |text: &&&str| text.len() > 120 || text.contains('\n');
    let sentence = |text: &&&str| {
        text.split_whitespace().count() > 6 || (text.contains(' ') && text.ends_with(['.', '!', '?']))
    };
    let lists = |column: &&str| sample.values(column).any(|value| value.is_array() || value.is_object());
    if columns.iter().any(lists)
        || values.iter().any(|text| long(&text))
        || values.iter().filter(sentence).count() * 4 > values.len()
    {
        return false;
    }
    // Of a hundred texts at least one has a space: then names need not recur.
    if prompt_column(sample).is_none() && values.iter().all(|text| !text.contains(char::is_whitespace)) {
        return true;
    }
    let different: BTreeSet<&str> = values.iter().copied().collect();
    let repeats = |most: usize| different.len() * 10 <= values.len() * most;
    if prompt_column(sample).is_some() { repeats(5) } else { values.len() < 8 || repeats(8) }
}

/// Whether two columns name what two others number: each number has one name, and each name one number.
pub(super) fn same_models(sample: &Sample, numbers: &[String; 2], names: &[String; 2]) -> bool {
    let mut known: BTreeSet<(String, String)> = BTreeSet::new();
    for (number, name) in numbers.iter().zip(names) {
        for row in &sample.rows {
            let text = |column: &str| row.get(column).cloned().and_then(|value| as_text(column, value).ok());
            let (Some(number), Some(name)) = (text(number), text(name)) else { return false };
            known.insert((number, name));
        }
    }
    let numbers: BTreeSet<&String> = known.iter().map(|(number, _)| number).collect();
    let names: BTreeSet<&String> = known.iter().map(|(_, name)| name).collect();
    numbers.len() == known.len() && names.len() == known.len()
}

/// The models of a chosen and a rejected response.
pub(super) fn choice_models(sample: &Sample) -> Option<(String, String)> {
    choice_beside(sample, |word| roles::MODELS.contains(&word) || word == "name")
}

/// The scores of a chosen and a rejected response.
pub(super) fn choice_scores(sample: &Sample) -> Option<(String, String)> {
    choice_beside(sample, |word| {
        roles::SCORES.contains(&word)
            || word == "response"
            || word == "overall"
            || word == "avg"
            || word == "average"
    })
    .filter(|(a, _)| tokens(a).iter().any(|word| roles::SCORES.contains(&word.as_str())))
    .filter(|(a, b)| {
        [a, b].into_iter().all(|column| sample.values(column).all(|value| number_of(value).is_some()))
    })
}

pub(super) fn choice_beside(sample: &Sample, about: impl Fn(&str) -> bool) -> Option<(String, String)> {
    let mut found = opposites(sample).filter(|(good, _)| good.words.len() > 1);
    let named = found.find(|(good, _)| {
        good.words.iter().filter(|word| good.words.get(good.at) != Some(*word)).all(|word| about(word))
    });
    named.map(|(good, bad)| (good.column.clone(), bad.clone()))
}

/// The models of two responses in one column: a list of two names, or an object with one for each side.
pub(super) fn models_in_one(sample: &Sample, used: &BTreeSet<String>, shape: Shape) -> Option<(Path, Path)> {
    const NAMES: &[&str] =
        &["model", "models", "model_names", "model_ids", "systems", "generators", "llms", "model_pair"];
    let name =
        |value: &Value| value.as_str().is_some_and(|text| !text.trim().is_empty() && text.len() <= 120);
    // A list beside a choice may be in the order in which the two were shown.
    let pair = shape == Shape::Pair;
    let two = |value: &Value| {
        pair && value.as_array().is_some_and(|items| items.len() == 2 && items.iter().all(name))
    };
    let named_two = |value: &Value| {
        let named = |item: &Value| item.get("name").is_some_and(name);
        pair && value.as_array().is_some_and(|items| items.len() == 2 && items.iter().all(named))
    };
    let keys = |value: &Value| -> Option<(String, String)> {
        let fields = value.as_object().filter(|fields| fields.len() == 2 && fields.values().all(name))?;
        let side = |wanted: &str| {
            fields.keys().find(|key| tokens(key).last().is_some_and(|word| word == wanted)).cloned()
        };
        let sides = if pair { roles::SIDES } else { &[("chosen", "rejected")] };
        sides.iter().find_map(|(a, b)| Some((side(a)?, side(b)?)))
    };
    named(sample, NAMES, used).into_iter().find_map(|column| {
        let first = sample.values(&column).next()?;
        if sample.values(&column).all(two) {
            return Some((path(&format!("{column}[0]")), path(&format!("{column}[1]"))));
        }
        if sample.values(&column).all(named_two) {
            return Some((path(&format!("{column}[0].name")), path(&format!("{column}[1].name"))));
        }
        let both =
            keys(first).filter(|both| sample.values(&column).all(|value| keys(value).as_ref() == Some(both)));
        both.map(|(a, b)| (path(&format!("{column}.{a}")), path(&format!("{column}.{b}"))))
    })
}
