//! Which columns contain the responses, by their names and contents: two sides, a choice, a list, one scored text.

use super::super::declared::{Candidates, Part, Recipe, Shape};
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::alone::{doubtful_label, unpaired};
use super::authors::by_author;
use super::columns::{is_id, named, path};
use super::evidence::Evidence;
use super::lists::{candidates, from_0_or_1, in_order, list_by_name, of_list, positions_or_ranks};
use super::losers::loser;
use super::models::{are_names, models};
use super::numbers::pair_votes;
use super::prompts::prompt_column;
use super::scored::{Single, groups_of_responses, scored};
use super::sided::{Better, Group, is_response, is_response_word, opposites, sided};
use super::start::mapping_start;
use super::texts::{by_side, has_responses, texts_beside};
use super::verdicts::verdict_columns;
use crate::advice::MAP;
use serde_json::Value;
use std::cell::LazyCell;
use std::collections::BTreeSet;

/// Finds the columns of responses, which determine the shape.
pub(super) fn responses(
    sample: &Sample,
    recipe: &mut Recipe,
    taken: &mut BTreeSet<String>,
) -> Result<(), Refusal> {
    // The surest comes first; the others do not mark columns as taken.
    const OTHERS: [fn(&Sample, &mut Recipe) -> bool; 7] = [
        in_lists,
        single_and_labelled,
        single_and_scored,
        under_their_authors,
        only_models,
        only_keys,
        only_responses,
    ];
    let found = better_and_worse(sample, recipe, taken)
        || two_sides(sample, recipe, taken)?
        || OTHERS.iter().any(|way| way(sample, recipe));
    if found { Ok(()) } else { Err(unrecognised(sample)) }
}

/// Two columns, named for the better and the worse.
fn better_and_worse(sample: &Sample, recipe: &mut Recipe, taken: &mut BTreeSet<String>) -> bool {
    let Some((chosen, rejected)) = chosen_rejected(sample) else { return false };
    // Names of models under `winner` and `loser` are votes, of which the first always wins.
    if prompt_column(sample).is_none() && are_names(sample, &[&chosen, &rejected]) {
        recipe.shape = Shape::Votes;
        recipe.likely_judge = Some("human".to_owned());
        recipe.model_a = vec![path(&chosen)];
        recipe.model_b = vec![path(&rejected)];
        recipe.a_wins = true;
        return true;
    }
    recipe.shape = Shape::Choice;
    recipe.a = vec![path(&chosen)];
    recipe.b = vec![path(&rejected)];
    taken.extend([chosen, rejected]);
    true
}

/// Columns named for responses by side or place, or for sides and places alone.
fn two_sides(sample: &Sample, recipe: &mut Recipe, taken: &mut BTreeSet<String>) -> Result<bool, Refusal> {
    let groups = sided(sample, |tokens, column| has_responses(sample, tokens, column));
    let best = groups.iter().map(|group| group.rank).min();
    let mut best: Vec<&Group> = groups.iter().filter(|group| Some(group.rank) == best).collect();
    best.sort_by_key(|group| std::cmp::Reverse(group.columns.len()));
    if let [first, second, ..] = best.as_slice()
        && !second.columns.iter().all(|column| first.columns.contains(column))
    {
        return Err(either(first, second, sides_start(&first.columns)));
    }
    if let Some(refusal) = rivals(sample) {
        return Err(refusal);
    }
    if let Some(group) = best.first() {
        beside(recipe, &group.columns);
        taken.extend(group.columns.iter().cloned());
        return Ok(true);
    }
    if let Some(columns) = bare(sample) {
        beside(recipe, &columns);
        return Ok(true);
    }
    Ok(false)
}

/// Responses with a column each: two are a pair, more are candidates.
fn beside(recipe: &mut Recipe, columns: &[String]) {
    if let [a, b] = columns {
        recipe.shape = Shape::Pair;
        recipe.a = vec![path(a)];
        recipe.b = vec![path(b)];
    } else {
        recipe.shape = Shape::Candidates;
        let texts = columns.iter().map(|column| path(column)).collect();
        recipe.candidates = Some(Candidates { texts, ..Candidates::default() });
    }
}

/// Several responses in one column.
fn in_lists(sample: &Sample, recipe: &mut Recipe) -> bool {
    let ranked = || candidates(sample).is_some_and(|found| found.order.is_some());
    if let Some(paths) = by_side(sample).filter(|_| !ranked()) {
        let columns: Vec<String> = paths.iter().map(ToString::to_string).collect();
        beside(recipe, &columns);
        return true;
    }
    let found = if let Some(mut found) = candidates(sample) {
        recipe.doubt = from_0_or_1(sample, &mut found);
        if let Some(rank) = &found.rank
            && let Some(refusal) = positions_or_ranks(sample, rank)
        {
            // The user's word comes later: without it there are two readings.
            recipe.doubt = Some(refusal);
        }
        found
    } else if let Some((found, refusal)) = in_order(sample) {
        recipe.doubt = Some(refusal);
        found
    } else {
        return false;
    };
    recipe.shape = Shape::Candidates;
    recipe.candidates = Some(found);
    true
}

/// A list of several responses to each prompt, of which nothing says which is better: each two of them are a pair without a verdict.
fn only_responses(sample: &Sample, recipe: &mut Recipe) -> bool {
    let text = |item: &Value| item.is_string() || item.is_object();
    let several =
        |value: &Value| value.as_array().is_some_and(|items| items.len() > 1 && items.iter().all(text));
    // What a question offers is no response to it.
    let offered = |column: &str| tokens(column).iter().any(|word| word == "options" || word == "choices");
    let column = list_by_name(sample).filter(|column| !offered(column));
    let found = column
        .filter(|column| prompt_column(sample).is_some() && sample.values(column).all(several))
        .and_then(|column| of_list(sample, column).filter(|found| !found.is_decided()));
    let is_one = found.is_some();
    if is_one {
        recipe.shape = Shape::Candidates;
        recipe.candidates = found;
    }
    is_one
}

/// One response a record, called good or bad.
fn single_and_labelled(sample: &Sample, recipe: &mut Recipe) -> bool {
    let Some((response, label)) = unpaired(sample) else { return false };
    recipe.doubt = doubtful_label(sample, &response, &label);
    recipe.shape = Shape::Unpaired;
    recipe.a = vec![path(&response)];
    recipe.verdict = vec![label];
    true
}

/// One response a record, with points.
fn single_and_scored(sample: &Sample, recipe: &mut Recipe) -> bool {
    let Some(Single { response, verdict, doubt }) = scored(sample) else { return false };
    recipe.shape = Shape::Scored;
    recipe.a = vec![path(&response)];
    let model = named(sample, &["model", "generator", "model_name", "model_id"], &BTreeSet::new());
    recipe.model_a = model.into_iter().take(1).map(|column| path(&column)).collect();
    recipe.verdict = verdict;
    recipe.doubt = doubt;
    // Ranks and choices are among the responses of one group, where a file has several to one prompt.
    let prompt = prompt_column(sample).unwrap_or_default();
    recipe.id = groups_of_responses(sample, &prompt, &recipe.a).iter().map(|column| path(column)).collect();
    true
}

/// Columns that are called by who wrote what is in them.
fn under_their_authors(sample: &Sample, recipe: &mut Recipe) -> bool {
    let Some(found) = by_author(sample) else { return false };
    recipe.shape = Shape::Candidates;
    "wide".clone_into(&mut recipe.name);
    recipe.likely_judge = Some("human".to_owned());
    recipe.candidates = Some(found);
    true
}

/// No responses but two models and which of them won: votes.
fn only_models(sample: &Sample, recipe: &mut Recipe) -> bool {
    let Some((a, b)) = models(sample).filter(|(a, b)| are_names(sample, &[a, b])) else { return false };
    let votes =
        Recipe { model_a: vec![path(&a)], model_b: vec![path(&b)], shape: Shape::Votes, ..Recipe::default() };
    // Votes without texts have no texts: a pair of columns with some may be the responses.
    let decided = texts_beside(sample).is_none() && decides(sample, &votes);
    if decided {
        recipe.shape = Shape::Votes;
        recipe.likely_judge = Some("human".to_owned());
        recipe.model_a = votes.model_a;
        recipe.model_b = votes.model_b;
    }
    decided
}

/// Whether a column says which of two models won.
fn decides(sample: &Sample, votes: &Recipe) -> bool {
    let worded = |(_, evidence): &(String, Evidence)| *evidence == Evidence::Words;
    verdict_columns(sample, votes).iter().any(worded)
        || pair_votes(sample, votes).is_some()
        || matches!(loser(sample, votes), Ok(Some(_)))
}

/// Nothing but a key and who won: votes on the pairs of another file.
fn only_keys(sample: &Sample, recipe: &mut Recipe) -> bool {
    if has_single(sample) {
        return false;
    }
    let mut keys = named(sample, roles::IDS, &BTreeSet::new()).into_iter();
    let Some(key) = keys.find(|column| is_id(column)) else { return false };
    let keyed = Recipe { shape: Shape::Sidecar, id: vec![path(&key)], ..Recipe::default() };
    let always = |column: &str| sample.rows.iter().all(|row| row.get(column).is_some());
    let says = |(column, evidence): &(String, Evidence)| *evidence != Evidence::Codes && always(column);
    let decided = always(&key) && verdict_columns(sample, &keyed).iter().any(says);
    if decided {
        recipe.shape = Shape::Sidecar;
        recipe.part = Part::Verdicts;
        recipe.id = keyed.id;
        recipe.no_prompt = true;
    }
    decided
}

/// Whether a column is called a response, the only one.
fn has_single(sample: &Sample) -> bool {
    sample.columns.iter().any(|column| {
        ["response", "output", "completion", "answer"].contains(&normal(column).as_str())
            && sample.texts(column)
    })
}

fn unrecognised(sample: &Sample) -> Refusal {
    let (problem, remedy) = if has_single(sample) {
        (
            "each record contains one response and nothing to compare it with: pairs need two responses to one prompt",
            "if two columns are responses, say which",
        )
    } else {
        ("no two columns are recognised as responses", "say what each column contains")
    };
    Refusal {
        problem: problem.to_owned(),
        remedy: remedy.to_owned(),
        certain: false,
        start: mapping_start(sample),
    }
}

/// Two groups of columns may be the responses.
fn either(first: &Group, second: &Group, start: Vec<String>) -> Refusal {
    let shown =
        |group: &Group| group.columns.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" and ");
    Refusal {
        problem: format!("the responses may be {} or {}", shown(first), shown(second)),
        remedy: "say which".to_owned(),
        certain: true,
        start,
    }
}

pub(super) fn sides_start(columns: &[String]) -> Vec<String> {
    let [a, b, ..] = columns else { return Vec::new() };
    vec![format!("{MAP} response_a={}", shell(a)), format!("{MAP} response_b={}", shell(b))]
}

/// Two pairs of columns with names that are equally sure to be of responses.
pub(crate) fn rivals(sample: &Sample) -> Option<Refusal> {
    /// The first of [`roles::RESPONSES`]: unambiguous names.
    const SURE: usize = 4;
    let groups = sided(sample, |tokens, column| has_responses(sample, tokens, column));
    let sure: Vec<&Group> = groups.iter().filter(|group| group.rank < SURE).collect();
    let [first, second, ..] = sure.as_slice() else { return None };
    let mut start = sides_start(&first.columns);
    start.push("or".to_owned());
    start.extend(sides_start(&second.columns));
    Some(either(first, second, start))
}

/// Columns with texts whose names are only their sides or places: `A` and `B`, maybe `C` and more.
pub(super) fn bare(sample: &Sample) -> Option<Vec<String>> {
    prompt_column(sample)?;
    let sequences = roles::PLACES
        .iter()
        .map(|places| places.to_vec())
        .chain(roles::SIDES.iter().map(|(a, b)| vec![*a, *b]));
    sequences.into_iter().find_map(|sequence| {
        let find = |side: &str| {
            let column = sample.columns.iter().find(|column| normal(column) == side)?;
            let long = sample
                .values(column)
                .take(50)
                .all(|value| value.as_str().is_some_and(|text| text.trim().len() > 2));
            (long && sample.texts(column)).then(|| column.clone())
        };
        let found: Vec<String> = sequence.iter().map_while(|side| find(side)).collect();
        (found.len() > 1).then_some(found)
    })
}

/// Two columns, one named for the better and one for the worse response, that contain texts.
pub(super) fn chosen_rejected(sample: &Sample) -> Option<(String, String)> {
    let mut found = Vec::new();
    for (Better { column: good, words: x, at }, bad) in opposites(sample) {
        let rest: Vec<&String> = x.iter().filter(|word| x.get(at) != Some(*word)).collect();
        let responses =
            rest.iter().all(|word| is_response_word(word) || roles::BESIDE.contains(&word.as_str()));
        let model = rest.last().is_some_and(|word| roles::MODELS.contains(&word.as_str()));
        // Checks of the values come last: a table may have thousands of columns.
        let texts = || sample.texts(good) && sample.texts(bad);
        // One that names a response is enough if the responses themselves are in the same record.
        let names = || match (names_not_texts(sample, good), names_not_texts(sample, bad)) {
            (true, true) => true,
            (false, false) => false,
            _ => sides(sample).is_some(),
        };
        if responses && !model && texts() && !names() {
            found.push((rest.len(), good.clone(), bad.clone()));
        }
    }
    // `answer` with `rejected_answer`.
    if found.is_empty() {
        for (bad, y) in sample.columns.iter().zip(&sample.columns.spelt().words) {
            let [word, kind] = y.as_slice() else { continue };
            if roles::bad(word)
                && is_response_word(kind)
                && sample.texts(bad)
                && !names_not_texts(sample, bad)
                && let Some(good) =
                    sample.columns.with_words(std::slice::from_ref(kind)).find(|good| sample.texts(good))
            {
                found.push((1, good.clone(), bad.clone()));
            }
        }
    }
    found.sort_by_key(|(rest, ..)| *rest);
    found.into_iter().next().map(|(_, good, bad)| (good, bad))
}

/// Whether the values of a column only name responses in other columns: by side, by column, or by model.
pub(crate) fn names_not_texts(sample: &Sample, column: &str) -> bool {
    let models = LazyCell::new(|| models(sample));
    let of_models = LazyCell::new(|| {
        let words = sample.columns.iter().zip(&sample.columns.spelt().words);
        let is_one = |word: &String| roles::MODELS.contains(&word.as_str());
        let named = words.filter(|(other, words)| *other != column && words.iter().any(is_one));
        named.map(|(other, _)| other).collect::<Vec<_>>()
    });
    let mut values = 0;
    let all = sample.rows.iter().take(200).all(|row| {
        let Some(text) =
            row.get(column).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty())
        else {
            return row.get(column).is_none_or(|value| value.is_null() || value.is_string());
        };
        values += 1;
        let side = matches!(super::super::words(text), Some(super::super::Call::A | super::super::Call::B));
        let other = || sample.columns.with_name(text).any(|other| other != column && sample.texts(other));
        let model = || {
            let own = |name: &String| row.get(name).and_then(Value::as_str).map(str::trim) == Some(text);
            models.as_ref().is_some_and(|(a, b)| own(a) || own(b)) || of_models.iter().any(|other| own(other))
        };
        // `C`, if a third response has a separate column.
        let placed = || {
            text.len() == 1
                && sample.columns.ending_with(&text.to_ascii_lowercase()).any(|(other, words)| {
                    other != column
                        && words.len() > 1
                        && is_response(words.get(..words.len() - 1).unwrap_or_default())
                        && sample.texts(other)
                })
        };
        side || other() || model() || placed()
    });
    all && values > 0
}

/// Whether the two responses of a recipe are two of three or more columns that count on: `response_a`, `response_b`, `response_c`.
pub(crate) fn third_response(recipe: &Recipe, sample: &Sample) -> bool {
    let (Some(a), Some(b)) = (recipe.a.first(), recipe.b.first()) else { return false };
    let is = |column: &String, path: &Path| {
        path.resolve(&sample.columns).is_some_and(|own| own.name == column.as_str())
    };
    let groups = sided(sample, |tokens, column| has_responses(sample, tokens, column));
    groups.iter().any(|group| {
        group.columns.len() > 2
            && group.columns.iter().any(|column| is(column, a))
            && group.columns.iter().any(|column| is(column, b))
    })
}

/// The two columns of texts whose names differ in the side.
pub(crate) fn sides(sample: &Sample) -> Option<(String, String)> {
    let groups = sided(sample, |tokens, column| has_responses(sample, tokens, column));
    groups.into_iter().min_by_key(|group| group.rank).and_then(|group| match group.columns.as_slice() {
        [a, b] => Some((a.clone(), b.clone())),
        _ => None,
    })
}
