//! Verdicts with who gave them in columns that count: `winner_1` and `annotator_1`, `winner_2` and `annotator_2`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::declared::Recipe;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::super::verdict_rule::VerdictRule;
use super::columns::path;
use super::evidence::{Evidence, evidence};
use super::judges::of_a_judge;
use super::losers::names_the_loser;
use super::uses::names_a_judge;
use crate::advice::MAP;

/// Columns that differ in a number alone, by that number; one without a number is the first.
type Counted<'a> = BTreeMap<u32, &'a String>;

/// The verdicts of columns that count, each with the column of who gave it; none unless there are two or more.
pub(super) fn numbered(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
    let verdict = |words: &[String]| roles::VERDICTS.contains(&words.join("_").as_str()) || of_a_judge(words);
    let judge = |words: &[String]| roles::JUDGES.contains(&words.join("_").as_str());
    let person = |words: &[String]| roles::ANNOTATORS.contains(&words.join("_").as_str());
    let names = |column: &str| {
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| {
                value.is_number()
                    || value.as_str().is_some_and(|text| text.len() <= 120 && !text.contains('\n'))
            })
    };
    let called = |column: &str| {
        let said = evidence(sample, recipe, column);
        !names_the_loser(column) && matches!(said, Some(Evidence::Words | Evidence::OneTwo))
    };
    let verdicts = counted(sample, verdict)
        .into_values()
        .find(|found| found.len() > 1 && found.values().all(|column| called(column)));
    let Some(verdicts) = verdicts else { return Ok(Vec::new()) };
    let with = |fits: &dyn Fn(&[String]) -> bool| {
        counted(sample, fits).into_values().find(|who| {
            verdicts
                .iter()
                .all(|(number, column)| who.get(number).is_some_and(|who| who != column && names(who)))
        })
    };
    let (judges, people) = (with(&judge), with(&person));
    if judges.is_none() && people.is_none() {
        return asked(sample, recipe, &verdicts).map_or(Ok(Vec::new()), Err);
    }
    let of = |found: &Option<Counted<'_>>, number: u32| {
        found.as_ref().and_then(|found| found.get(&number)).map(|column| path(column)).into_iter().collect()
    };
    let rules = verdicts
        .iter()
        .map(|(number, column)| {
            let one_two = evidence(sample, recipe, column) == Some(Evidence::OneTwo);
            let code = |code: u32| if one_two { vec![Value::from(code)] } else { Vec::new() };
            VerdictRule {
                field: Some(path(column)),
                a: code(1),
                b: code(2),
                judge: of(&judges, *number),
                annotator: of(&people, *number),
                ..VerdictRule::default()
            }
        })
        .collect();
    Ok(rules)
}

/// A second verdict in a column that has the first one's name and a number, where nobody is named.
fn asked(sample: &Sample, recipe: &Recipe, verdicts: &Counted<'_>) -> Option<Refusal> {
    let bare = |column: &str| !tokens(column).iter().any(|word| number(word).is_some());
    let (first, others): (Vec<&String>, Vec<&String>) =
        verdicts.values().copied().partition(|column| bare(column));
    let first = first.first()?;
    let settled = recipe.settled.iter().any(|role| role == "winner");
    let columns: Vec<String> = others.iter().map(|column| format!("`{column}`")).collect();
    let columns = columns.join(", ");
    let claim = |column: &str| format!("{MAP} winner={}", shell(column));
    let all: Vec<String> = verdicts.values().map(|column| claim(column)).collect();
    (!settled && !names_a_judge(recipe, sample)).then(|| Refusal {
        problem: format!(
            "`{first}` and {columns} say who won; the file does not say whose verdicts they are"
        ),
        remedy: "name the one that counts, or all: each is then a judge".to_owned(),
        certain: true,
        start: vec![
            format!("{}   ({columns} is then metadata)", claim(first)),
            format!("or {}", all.join(" ")),
        ],
    })
}

/// The columns whose words fit, by these words, and by the number next to them.
fn counted<'a>(sample: &'a Sample, fits: impl Fn(&[String]) -> bool) -> BTreeMap<Vec<String>, Counted<'a>> {
    let mut found: BTreeMap<Vec<String>, Counted<'a>> = BTreeMap::new();
    for column in &sample.columns {
        let (numbers, words): (Vec<String>, Vec<String>) =
            tokens(column).into_iter().partition(|word| number(word).is_some());
        let at = match numbers.as_slice() {
            [] => 1,
            [only] => number(only).unwrap_or(1),
            _ => continue,
        };
        if !words.is_empty() && fits(&words) {
            found.entry(words).or_default().entry(at).or_insert(column);
        }
    }
    found
}

/// `2`, `second`.
fn number(word: &str) -> Option<u32> {
    const ORDINALS: &[&str] = &["first", "second", "third", "fourth", "fifth"];
    let ordinal = || ORDINALS.iter().position(|known| *known == word).map(|at| at as u32 + 1);
    word.parse::<u32>().ok().filter(|_| word.len() <= 3).or_else(ordinal)
}
