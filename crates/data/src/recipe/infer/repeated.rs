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
use super::opened::places;
use super::uses::{names_a_judge, used};
use super::values::number_of;
use crate::advice::MAP;
use crate::row::Row;

/// How many different words of a column may say what was judged.
const MOST: usize = 12;
/// Words for columns that count a judge's verdicts on one pair: a few words under such a name may as well be of what was judged.
const COUNTS: &[&str] =
    &["seed", "run", "trial", "round", "repeat", "attempt", "replicate", "replica", "iteration", "pass"];
/// Words for when and how a pair was judged, whatever the values are.
const TIMES: &[&str] =
    &["order", "position", "date", "day", "time", "timestamp", "session", "batch", "split", "fold", "status"];

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
    let free = sample.columns.iter().filter(|column| !used.contains(*column));
    let free = free.filter_map(|column| Path::new(format!("={column}")).resolve(&sample.columns));
    // What an object says of a record, such as `meta.template`.
    let within = places(sample).into_iter().filter(|place| !sample.columns.contains(place));
    let within = within.filter_map(|place| Path::new(place).resolve(&sample.columns));
    let within = within.filter(|place| !used.contains(place.name.as_ref()));
    let column = free
        .chain(within)
        .chain(second_name(recipe, sample))
        .filter(|column| !says_which_time(sample, column))
        .find(|column| tells_apart(sample, &groups, column))?;
    let mut start = by_whom(&column.shown());
    start.push(format!("or {MAP} criterion=none   (one judge gave them all, more than once)"));
    Some(Refusal {
        problem: format!(
            "one judge has several verdicts on the same two responses, which differ in `{}` ({}): the file does not say what that is",
            column.shown(),
            shown(sample, &column)
        ),
        remedy: "say what tells them apart".to_owned(),
        certain: true,
        start,
    })
}

/// What follows the judge's name in a list: `pair-v2` of `["gpt-4", "pair-v2"]`.
fn second_name(recipe: &Recipe, sample: &Sample) -> Option<Column> {
    let judge = recipe.judge.iter().find(|path| path.resolve(&sample.columns).is_some())?;
    let second = Path::new(format!("{judge}[1]")).resolve(&sample.columns)?;
    sample.rows.iter().any(|row| second.get(row).is_some()).then_some(second)
}

/// A remark on verdicts of a named judge that a column counts, `run` or `seed`: they are the same judge's, given more than once.
pub(super) fn repeats(recipe: &Recipe, sample: &Sample) -> Option<String> {
    let flat = matches!(recipe.shape, Shape::Pair | Shape::Choice) && !recipe.coded();
    if !flat || !names_a_judge(recipe, sample) || recipe.settled.iter().any(|role| role == "criterion") {
        return None;
    }
    let groups: Vec<Vec<&Row>> =
        same_pairs(recipe, sample, true).into_values().filter(|rows| rows.len() > 1).collect();
    let used = used(recipe, sample);
    let free = sample.columns.iter().filter(|column| !used.contains(*column));
    let counts = |column: &&String| tokens(column).iter().any(|word| COUNTS.contains(&word.as_str()));
    let differs = |column: &str| {
        groups.iter().all(|rows| {
            let values: BTreeSet<String> =
                rows.iter().filter_map(|row| row.get(column)).map(Value::to_string).collect();
            values.len() > 1
        })
    };
    let column = free.filter(counts).find(|column| !groups.is_empty() && differs(column))?;
    Some(format!(
        "a judge has several verdicts on the same two responses, which `{column}` counts: they are read as verdicts that it repeated"
    ))
}

/// Flags that say what a column is that tells verdicts apart.
pub(super) fn by_whom(column: &str) -> Vec<String> {
    let claim = |role: &str| format!("{MAP} {}", shell(&format!("{role}={column}")));
    vec![
        format!("{}   (what was judged)", claim("criterion")),
        format!("or {}   (the person who judged)", claim("annotator")),
        format!("or {}   (who judged: each is a judge)", claim("judge")),
    ]
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
pub(super) fn same_pairs<'a>(
    recipe: &Recipe,
    sample: &'a Sample,
    by_judge: bool,
) -> HashMap<u64, Vec<&'a Row>> {
    let place = |paths: &Vec<Path>| paths.iter().find_map(|path| path.resolve(&sample.columns));
    let asked = [&recipe.prompt, &recipe.system, &recipe.history, &recipe.input];
    let whose = [&recipe.judge, &recipe.annotator].into_iter().filter(|_| by_judge);
    let (asked, whose) = (asked.into_iter().filter_map(place), whose.into_iter().filter_map(place));
    let (asked, whose): (Vec<Column>, Vec<Column>) = (asked.collect(), whose.collect());
    let sides = [[&recipe.a, &recipe.model_a], [&recipe.b, &recipe.model_b]].map(|side| side.map(place));
    let hash = RandomState::default();
    let mut groups: HashMap<u64, Vec<&Row>> = HashMap::new();
    for row in &sample.rows {
        let asked = asked.iter().map(|column| column.get(row));
        let values: Vec<Option<&Value>> =
            asked.chain(whose.iter().map(|column| name_in(column.get(row)?))).collect();
        let mut both = sides.each_ref().map(|side| {
            hash.hash_one(side.each_ref().map(|place| place.as_ref().and_then(|column| column.get(row))))
        });
        both.sort_unstable();
        groups.entry(hash.hash_one((values, both))).or_default().push(row);
    }
    groups
}

/// The name of a judge: of a list the first.
fn name_in(value: &Value) -> Option<&Value> {
    value.as_array().map_or(Some(value), |items| items.first())
}

/// Whether a column is named for when or how often somebody judged, and says no more than that.
fn says_which_time(sample: &Sample, column: &Column) -> bool {
    let words = tokens(&column.shown());
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let counted = || sample.rows.iter().filter_map(|row| column.get(row)).all(is_count);
    has(TIMES) || words.last().is_some_and(|word| word == "id") || (has(COUNTS) && counted())
}

/// Whether a value is a number, alone or behind a word, or an ordinal: `2`, `run_2`, `second`.
fn is_count(value: &Value) -> bool {
    let last = |text: &str| {
        let words = tokens(text);
        words.last().is_some_and(|word| {
            word.len() == 1
                || word.parse::<u64>().is_ok()
                || ["first", "second", "third", "fourth"].contains(&word.as_str())
        })
    };
    number_of(value).is_some() || value.as_str().is_some_and(last)
}

/// Whether a few recurring values tell the records of each group apart: another word in each, or the same values in every group.
fn tells_apart(sample: &Sample, groups: &[Vec<&Row>], column: &Column) -> bool {
    let there = |value: &&Value| value.as_str().is_none_or(|text| !text.trim().is_empty());
    let short = |value: &Value| match value {
        Value::String(text) => text.trim().len() <= 40 && !text.trim().ends_with(['?', '.', '!']),
        Value::Number(_) | Value::Bool(_) => true,
        _ => false,
    };
    let all = || sample.rows.iter().filter_map(|row| column.get(row)).filter(there);
    let setting = || is_setting(column) && all().all(|value| value.is_string() || short(value));
    if !(all().all(short) || setting()) {
        return false;
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let (mut apart, mut sets) = (true, BTreeSet::new());
    for rows in groups {
        let values: Vec<String> =
            rows.iter().filter_map(|row| column.get(row)).filter(there).map(Value::to_string).collect();
        let different: BTreeSet<String> = values.iter().cloned().collect();
        if values.len() != rows.len() || different.len() < 2 {
            return false;
        }
        apart &= different.len() == rows.len();
        for value in &different {
            *seen.entry(value.clone()).or_default() += 1;
        }
        sets.insert(different);
    }
    let worded = all().all(|value| value.is_string() && number_of(value).is_none());
    seen.len() <= MOST && seen.values().all(|count| *count > 1) && ((apart && worded) || sets.len() == 1)
}

/// Whether a column is named for how a judge was asked, so that its values may be whole texts.
fn is_setting(column: &Column) -> bool {
    const SETTINGS: &[&str] = &[
        "prompt",
        "template",
        "instruction",
        "instructions",
        "rubric",
        "system",
        "config",
        "setting",
        "settings",
    ];
    tokens(&column.shown()).iter().any(|word| SETTINGS.contains(&word.as_str()))
}

/// The values of a column, for a message.
fn shown(sample: &Sample, column: &Column) -> String {
    let mut values: Vec<String> = Vec::new();
    for value in sample.rows.iter().filter_map(|row| column.get(row)) {
        let text =
            value.as_str().map_or_else(|| value.to_string(), |text| text.trim().chars().take(40).collect());
        if !text.is_empty() && !values.contains(&text) {
            values.push(text);
        }
        if values.len() > 4 {
            break;
        }
    }
    let more = if values.len() > 4 { ", …" } else { "" };
    values.truncate(4);
    format!("{}{more}", values.join(", "))
}
