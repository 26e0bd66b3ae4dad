//! What the names are under which a document keeps its lists of records: judges, people, criteria, or something that only the user knows.

use predilect_types::shown::printable;
use std::collections::BTreeSet;

use serde_json::Value;

use super::super::declared::Recipe;
use super::super::path::Path;
use super::super::qualities;
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::spelling::tokens;
use super::columns::path;
use super::judges::{is_judge_word, is_person_word};
use super::repeated::{by_whom, same_pairs};
use crate::advice::MAP;

/// Gives the names of a document's lists the role that they have, or asks for it where verdicts on the same responses are in several lists.
pub(crate) fn keyed(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let settled = |role: &String| ["judge", "annotator", "criterion"].contains(&role.as_str());
    let Some(column) = sample.key.as_deref().filter(|_| !recipe.settled.iter().any(settled)) else {
        return Ok(());
    };
    let names: BTreeSet<&str> = sample.values(column).filter_map(Value::as_str).collect();
    let all = |fits: fn(&[String]) -> bool| names.iter().all(|name| fits(&tokens(name)));
    let judges = all(|words| {
        words.iter().any(|word| is_judge_word(word) && !["model", "user", "ai"].contains(&word.as_str()))
    });
    if recipe.coded() {
        return if judges { Err(by_code(recipe, &names)) } else { Ok(()) };
    }
    let several = |rows: &Vec<&crate::row::Row>| {
        let lists: BTreeSet<String> =
            rows.iter().filter_map(|row| row.get(column)).map(Value::to_string).collect();
        lists.len() > 1
    };
    let again = same_pairs(recipe, sample, false).values().any(several);
    let role = path(column);
    let named = |paths: &[Path]| paths.iter().any(|path| path.resolve(&sample.columns).is_some());
    let (judge, annotator) = (named(&recipe.judge), named(&recipe.annotator));
    if all(is_person) && !annotator {
        recipe.annotator = vec![role];
    } else if again && judges && !judge {
        recipe.judge = vec![role];
    } else if again && all(is_criterion) && !named(&recipe.criterion) {
        recipe.criterion = vec![role];
    } else if (again || judges) && !judge && !annotator {
        return Err(asked(&names, column, again));
    }
    Ok(())
}

/// `annotator_1`, `Rater B`.
fn is_person(words: &[String]) -> bool {
    words.first().is_some_and(|word| is_person_word(word) && word != "judge")
        && words.get(1).is_none_or(|word| word.len() <= 3)
        && words.len() <= 2
}

fn is_criterion(words: &[String]) -> bool {
    words.iter().any(|word| qualities::quality(word) || qualities::graded(word))
        && !words.iter().any(|word| is_judge_word(word))
}

/// The names of lists, for a message.
fn shown(names: &BTreeSet<&str>) -> String {
    let few: Vec<String> = names.iter().take(4).map(|name| format!("`{}`", printable(name))).collect();
    let more = if names.len() > few.len() { ", …" } else { "" };
    format!("{}{more}", few.join(", "))
}

fn asked(names: &BTreeSet<&str>, column: &str, again: bool) -> Refusal {
    let (problem, mut start) = if again {
        (
            "the lists {} have verdicts on the same responses; the file does not say what tells them apart",
            by_whom(column),
        )
    } else {
        (
            "the lists {} may be named after who judged, or after what else their records have in common",
            vec![format!("{MAP} judge={column}   (each is a judge)")],
        )
    };
    start.push(format!("or {MAP} judge=none   (one judge gave them all; `{column}` is then metadata)"));
    Refusal {
        problem: problem.replace("{}", &shown(names)),
        remedy: "say what their names are".to_owned(),
        certain: true,
        start,
    }
}

fn by_code(recipe: &Recipe, names: &BTreeSet<&str>) -> Refusal {
    Refusal {
        problem: format!(
            "the lists {} may each be of another judge, for which the format {} has no place",
            shown(names),
            recipe.name
        ),
        remedy: "write each list into a separate file".to_owned(),
        certain: true,
        start: Vec::new(),
    }
}
