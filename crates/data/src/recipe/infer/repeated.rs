//! Records on the same two responses: do they differ in a criterion that no name gives away, and is their id the pair's?

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::hash::BuildHasher;

use foldhash::quality::RandomState;
use serde_json::Value;

use super::super::declared::{Recipe, Shape};
use super::super::path::{Column, Path};
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::uses::used;
use super::values::number_of;
use crate::advice::MAP;
use crate::row::Row;

/// How many different words of a column may say what was judged.
const MOST: usize = 12;
/// Words for columns that count a judge's verdicts on one pair.
const COUNTS: &[&str] = &[
    "seed",
    "run",
    "trial",
    "round",
    "repeat",
    "attempt",
    "replicate",
    "replica",
    "iteration",
    "pass",
    "order",
    "position",
    "date",
    "day",
    "time",
    "timestamp",
    "session",
    "batch",
    "split",
    "fold",
    "status",
    "version",
];

/// Several verdicts of one judge on one pair that differ in a word, and nothing says what the word is.
///
/// Each could be by a criterion, by another judge, or by a person; as one judge's verdicts they would be merged.
pub(crate) fn criterion_in_doubt(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    let settled = |role: &str| recipe.settled.iter().any(|settled| settled == role);
    let named = recipe.criterion.iter().any(|path| path.resolve(&sample.columns).is_some());
    let flat = matches!(recipe.shape, Shape::Pair | Shape::Choice) && !recipe.coded();
    if !flat || named || ["criterion", "judge", "annotator"].iter().any(|role| settled(role)) {
        return None;
    }
    let groups: Vec<Vec<&Row>> =
        same_pairs(recipe, sample, true).into_values().filter(|rows| rows.len() > 1).collect();
    if groups.len() < 2 {
        return None;
    }
    let used = used(recipe, sample);
    let column = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column) && !says_which_time(column))
        .find(|column| tells_apart(sample, &groups, column))?;
    let claim = |role: &str| format!("{MAP} {}", shell(&format!("{role}={column}")));
    let start = vec![
        format!("{}   (what was judged)", claim("criterion")),
        format!("or {}   (the person who judged)", claim("annotator")),
        format!("or {}   (who judged: each is a judge)", claim("judge")),
    ];
    Some(Refusal {
        problem: format!(
            "one judge has several verdicts on the same two responses, which differ in `{column}` ({}): the file does not say what that is",
            shown(sample, column)
        ),
        remedy: "say what tells them apart".to_owned(),
        certain: true,
        start,
    })
}

/// An id that differs between records of several judges or people on the same two responses is the record's: the responses themselves say which
/// pair it is.
pub(crate) fn leave_record_ids(recipe: &mut Recipe, sample: &Sample) {
    if recipe.coded() || recipe.settled.iter().any(|role| role == "id") {
        return;
    }
    let place = |paths: &[Path]| paths.iter().find_map(|path| path.resolve(&sample.columns));
    let flat = matches!(recipe.shape, Shape::Pair | Shape::Choice);
    let Some(id) = place(&recipe.id).filter(|_| flat) else { return };
    let whose: Vec<Column> =
        [&recipe.judge, &recipe.annotator].into_iter().filter_map(|paths| place(paths)).collect();
    let groups = same_pairs(recipe, sample, false);
    let differs = |rows: &Vec<&Row>| {
        let different = |columns: &[Column]| {
            let of =
                |row: &&Row| columns.iter().map(|column| column.get(row).map(Value::to_string)).collect();
            rows.iter().map(of).collect::<BTreeSet<Vec<Option<String>>>>().len()
        };
        rows.len() > 1
            && different(std::slice::from_ref(&id)) == rows.len()
            && different(&whose) == rows.len()
    };
    if groups.values().any(differs) {
        recipe.id.retain(|path| path.resolve(&sample.columns).as_ref() != Some(&id));
    }
}

/// The records by what they are on, whichever response comes first, and by whom they were judged, if that is asked.
fn same_pairs<'a>(recipe: &Recipe, sample: &'a Sample, by_judge: bool) -> HashMap<u64, Vec<&'a Row>> {
    let place = |paths: &Vec<Path>| paths.iter().find_map(|path| path.resolve(&sample.columns));
    let asked = [&recipe.prompt, &recipe.system, &recipe.history, &recipe.input];
    let whose = [&recipe.judge, &recipe.annotator].into_iter().filter(|_| by_judge);
    let common: Vec<Column> = asked.into_iter().chain(whose).filter_map(place).collect();
    let sides = [[&recipe.a, &recipe.model_a], [&recipe.b, &recipe.model_b]].map(|side| side.map(place));
    let hash = RandomState::default();
    let mut groups: HashMap<u64, Vec<&Row>> = HashMap::new();
    for row in &sample.rows {
        let values: Vec<Option<&Value>> = common.iter().map(|column| column.get(row)).collect();
        let mut both = sides.each_ref().map(|side| {
            hash.hash_one(side.each_ref().map(|place| place.as_ref().and_then(|column| column.get(row))))
        });
        both.sort_unstable();
        groups.entry(hash.hash_one((values, both))).or_default().push(row);
    }
    groups
}

/// Whether a column is named for when or how often somebody judged.
fn says_which_time(column: &str) -> bool {
    let words = tokens(column);
    words.iter().any(|word| COUNTS.contains(&word.as_str())) || words.last().is_some_and(|word| word == "id")
}

/// Whether a few recurring words differ in all records of each group.
fn tells_apart(sample: &Sample, groups: &[Vec<&Row>], column: &str) -> bool {
    let word = |value: &Value| {
        number_of(value).is_none()
            && value
                .as_str()
                .map(str::trim)
                .is_some_and(|text| !text.is_empty() && text.len() <= 40 && !text.ends_with(['?', '.', '!']))
    };
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    for rows in groups {
        let values: Vec<&str> = rows
            .iter()
            .filter_map(|row| row.get(column))
            .filter(|value| word(value))
            .filter_map(Value::as_str)
            .collect();
        let different: BTreeSet<&str> = values.iter().copied().collect();
        if values.len() != rows.len() || different.len() != rows.len() {
            return false;
        }
        for value in different {
            *seen.entry(value).or_default() += 1;
        }
    }
    seen.len() <= MOST && seen.values().all(|count| *count > 1) && sample.values(column).all(word)
}

/// The words of a column, for a message.
fn shown(sample: &Sample, column: &str) -> String {
    let values = sample.distinct(column, MOST).unwrap_or_default();
    let words: Vec<&str> = values.iter().filter_map(Value::as_str).map(str::trim).take(4).collect();
    let more = if values.len() > words.len() { ", …" } else { "" };
    format!("{}{more}", words.join(", "))
}
