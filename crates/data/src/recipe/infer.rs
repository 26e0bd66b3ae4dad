//! Which recipe the names and values of a file's columns speak for, where no listed one fits.
//!
//! A column gets a role only by a name that means nothing else; the values then have to agree. Where two readings are possible
//! the answer is a [`Refusal`] with both.

use std::collections::BTreeSet;

use serde_json::Value;

use super::calls::{Call, Calls, Code, Names, Reading};
use super::path::Column;
use super::roles::{self, normal, tokens};
use super::{Candidates, Mapping, Path, Recipe, Sample, Shape, VerdictRule};
use crate::row::{Row, as_text};

/// Why no recipe can be told from a file.
#[derive(Debug, Clone, Default)]
pub(crate) struct Refusal {
    pub(crate) problem: String,
    pub(crate) remedy: String,
    /// Whether the file holds preferences, so that it must not be passed over.
    pub(crate) certain: bool,
    /// Flags to start from.
    pub(crate) start: Vec<String>,
}

/// The recipe that the columns speak for.
pub(crate) fn infer(sample: &Sample, mapping: &Mapping) -> Result<Recipe, Refusal> {
    match by_columns(sample, mapping) {
        Err(refusal) if !refusal.certain => {
            // What the columns themselves do not say, the objects within them may.
            let Some(inner) = opened(sample) else { return Err(refusal) };
            by_columns(&inner, mapping).map_err(|deeper| if deeper.certain { deeper } else { refusal })
        }
        done => done,
    }
}

fn by_columns(sample: &Sample, mapping: &Mapping) -> Result<Recipe, Refusal> {
    let mut recipe = Recipe { name: "by_names".to_owned(), open: true, ..Recipe::default() };
    let mut taken = BTreeSet::new();
    responses(sample, &mut recipe, &mut taken)?;
    // What the user says settles what would be in doubt.
    mapping.apply(&mut recipe).map_err(|error| Refusal {
        problem: format!("the mapping {error}"),
        remedy: "correct it".to_owned(),
        certain: true,
        start: Vec::new(),
    })?;
    complete(&mut recipe, sample)?;
    // Complete now: columns within objects are not seen again.
    recipe.open = false;
    Ok(recipe)
}

/// The sample with the objects of its columns opened, three deep: a field of one is a column `data.prompt`.
fn opened(sample: &Sample) -> Option<Sample> {
    let objects = sample
        .rows
        .iter()
        .take(64)
        .any(|row| row.names().any(|name| row.get(name).is_some_and(Value::is_object)));
    if !objects {
        return None;
    }
    let mut inner = Sample { whole: sample.whole, cells: sample.cells, ..Sample::default() };
    for row in sample.rows.iter().take(500) {
        let mut fields = Vec::new();
        let names: Vec<&str> = row.names().collect();
        for name in names {
            if let Some(value) = row.get(name) {
                open_value(name.to_owned(), value, 0, &mut fields);
            }
        }
        for (name, _) in &fields {
            if !inner.columns.contains(name) {
                inner.columns.push(name.clone());
            }
        }
        inner.rows.push(Row::from_fields(fields));
    }
    (inner.columns.len() <= 400).then_some(inner)
}

fn open_value(name: String, value: &Value, depth: usize, fields: &mut Vec<(String, Value)>) {
    match value {
        // A turn is a text, not a place for others.
        Value::Object(inner) if depth < 3 && !(inner.contains_key("role") || inner.contains_key("from")) => {
            for (key, value) in inner {
                open_value(format!("{name}.{key}"), value, depth + 1, fields);
            }
        }
        value => fields.push((name, value.clone())),
    }
}

fn path(column: &str) -> Path {
    Path::new(column)
}

/// Finds the columns of responses, which tell the shape.
#[expect(clippy::too_many_lines, reason = "one question after the other, each of a few lines")]
fn responses(sample: &Sample, recipe: &mut Recipe, taken: &mut BTreeSet<String>) -> Result<(), Refusal> {
    if let Some((chosen, rejected)) = chosen_rejected(sample) {
        recipe.shape = Shape::Choice;
        recipe.a = vec![path(&chosen)];
        recipe.b = vec![path(&rejected)];
        taken.extend([chosen, rejected]);
        return Ok(());
    }
    let groups = sided(sample, |tokens, column| is_response(tokens) && sample.texts(column));
    let best = groups.iter().map(|group| group.rank).min();
    let mut best: Vec<&Group> = groups.iter().filter(|group| Some(group.rank) == best).collect();
    best.sort_by_key(|group| std::cmp::Reverse(group.columns.len()));
    if let [first, second, ..] = best.as_slice()
        && !second.columns.iter().all(|column| first.columns.contains(column))
    {
        let shown =
            |group: &Group| group.columns.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" and ");
        return Err(Refusal {
            problem: format!("the responses may be {} or {}", shown(first), shown(second)),
            remedy: "say which".to_owned(),
            certain: true,
            start: sides_start(&first.columns),
        });
    }
    if let Some(refusal) = rivals(sample) {
        return Err(refusal);
    }
    if best.is_empty()
        && let Some(group) = bare(sample)
    {
        recipe.shape = Shape::Pair;
        recipe.a = vec![path(&group.0)];
        recipe.b = vec![path(&group.1)];
        return Ok(());
    }
    if let Some(group) = best.first() {
        match group.columns.as_slice() {
            [a, b] => {
                recipe.shape = Shape::Pair;
                recipe.a = vec![path(a)];
                recipe.b = vec![path(b)];
            }
            several => {
                recipe.shape = Shape::Candidates;
                recipe.candidates = Some(Candidates {
                    texts: several.iter().map(|c| path(c)).collect(),
                    ..Candidates::default()
                });
            }
        }
        taken.extend(group.columns.iter().cloned());
        return Ok(());
    }
    if let Some(found) = candidates(sample) {
        recipe.shape = Shape::Candidates;
        recipe.candidates = Some(found);
        return Ok(());
    }
    if let Some((response, label)) = unpaired(sample) {
        recipe.shape = Shape::Unpaired;
        recipe.a = vec![path(&response)];
        recipe.verdict = vec![label];
        return Ok(());
    }
    if let Some((response, scores)) = scored(sample) {
        recipe.shape = Shape::Scored;
        recipe.a = vec![path(&response)];
        let model = named(sample, &["model", "generator", "model_name", "model_id"], &BTreeSet::new());
        recipe.model_a = model.into_iter().take(1).map(|column| path(&column)).collect();
        recipe.verdict = scores;
        return Ok(());
    }
    if let Some(preference) = wide(sample) {
        recipe.shape = Shape::Wide;
        "wide".clone_into(&mut recipe.name);
        recipe.likely_judge = Some("human".to_owned());
        let first = |names: &[&str]| {
            named(sample, names, &BTreeSet::new()).iter().take(1).map(|column| path(column)).collect()
        };
        recipe.prompt = first(&["question", "prompt", "instruction", "query"]);
        recipe.scenario = first(&["scenario", "category", "category_labels"]);
        recipe.judge = first(&["judge"]);
        let texts = crate::formats::model_columns(&sample.rows).iter().map(|column| path(column)).collect();
        recipe.candidates = Some(Candidates { texts, ..Candidates::default() });
        recipe.verdict = vec![VerdictRule { field: Some(path(&preference)), ..VerdictRule::default() }];
        return Ok(());
    }
    if let Some((a, b)) = models(sample)
        && verdict_columns(
            sample,
            &Recipe {
                model_a: vec![path(&a)],
                model_b: vec![path(&b)],
                shape: Shape::Votes,
                ..Recipe::default()
            },
        )
        .iter()
        .any(|(_, evidence)| *evidence == Evidence::Words)
    {
        recipe.shape = Shape::Votes;
        recipe.likely_judge = Some("human".to_owned());
        recipe.model_a = vec![path(&a)];
        recipe.model_b = vec![path(&b)];
        return Ok(());
    }
    let prompt = prompt_of(sample, &BTreeSet::new());
    let single = sample.columns.iter().any(|column| {
        ["response", "output", "completion", "answer"].contains(&normal(column).as_str())
            && sample.texts(column)
    });
    if single {
        return Err(Refusal {
            problem: "each record contains one response and nothing to compare it with: pairs need two responses to one prompt".to_owned(),
            remedy: "if two columns are responses, say which".to_owned(),
            certain: false,
            start: start(prompt.as_deref().unwrap_or("COLUMN"), "COLUMN", "COLUMN", "COLUMN"),
        });
    }
    let remedy = "say which columns hold what";
    Err(Refusal {
        problem: "no two columns are known to hold responses".to_owned(),
        remedy: remedy.to_owned(),
        certain: false,
        start: start(prompt.as_deref().unwrap_or("COLUMN"), "COLUMN", "COLUMN", "COLUMN"),
    })
}

fn start(prompt: &str, a: &str, b: &str, winner: &str) -> Vec<String> {
    vec![
        format!("--map prompt={}", quoted(prompt)),
        format!("--map response_a={}", quoted(a)),
        format!("--map response_b={}", quoted(b)),
        format!("--map winner={}:VALUE=A,VALUE=B,VALUE=tie", quoted(winner)),
    ]
}

fn sides_start(columns: &[String]) -> Vec<String> {
    let [a, b, ..] = columns else { return Vec::new() };
    vec![format!("--map response_a={}", quoted(a)), format!("--map response_b={}", quoted(b))]
}

/// Two pairs of columns with names that are equally sure to be of responses.
pub(crate) fn rivals(sample: &Sample) -> Option<Refusal> {
    /// The first of [`roles::RESPONSES`]: names that mean nothing else.
    const SURE: usize = 4;
    let groups = sided(sample, |tokens, column| is_response(tokens) && sample.texts(column));
    let sure: Vec<&Group> = groups.iter().filter(|group| group.rank < SURE).collect();
    let [first, second, ..] = sure.as_slice() else { return None };
    let shown =
        |group: &Group| group.columns.iter().map(|c| format!("`{c}`")).collect::<Vec<_>>().join(" and ");
    let mut start = sides_start(&first.columns);
    start.push("or".to_owned());
    start.extend(sides_start(&second.columns));
    Some(Refusal {
        problem: format!("the responses may be {} or {}", shown(first), shown(second)),
        remedy: "say which".to_owned(),
        certain: true,
        start,
    })
}

/// Columns with texts that are called by nothing but their sides: `A` and `B`.
fn bare(sample: &Sample) -> Option<(String, String)> {
    prompt_column(sample)?;
    roles::SIDES.iter().find_map(|(a, b)| {
        let find = |side: &str| {
            let column = sample.columns.iter().find(|column| normal(column) == side)?;
            let long = sample
                .values(column)
                .take(50)
                .all(|value| value.as_str().is_some_and(|text| text.trim().len() > 2));
            (long && sample.texts(column)).then(|| column.clone())
        };
        find(a).zip(find(b))
    })
}

/// A name as a shell takes it.
pub(crate) fn quoted(name: &str) -> String {
    if name.chars().all(|c| c.is_alphanumeric() || "_.-[]/".contains(c)) {
        name.to_owned()
    } else {
        format!("'{name}'")
    }
}

/// Two columns, one named for the better and one for the worse response, that hold texts.
fn chosen_rejected(sample: &Sample) -> Option<(String, String)> {
    let words: Vec<(&String, Vec<String>)> =
        sample.columns.iter().map(|column| (column, tokens(column))).collect();
    let mut found = Vec::new();
    for (good, x) in &words {
        for (bad, y) in &words {
            if x.len() != y.len() || !sample.texts(good) || !sample.texts(bad) {
                continue;
            }
            let differing: Vec<(&String, &String)> = x.iter().zip(y).filter(|(x, y)| x != y).collect();
            let [(first, second)] = differing.as_slice() else { continue };
            let rest: Vec<&String> = x.iter().filter(|word| word != first).collect();
            let responses =
                rest.iter().all(|word| is_response_word(word) || roles::BESIDE.contains(&word.as_str()));
            let model = rest.last().is_some_and(|word| roles::MODELS.contains(&word.as_str()));
            if roles::chosen_rejected(first, second) && responses && !model {
                found.push((rest.len(), (*good).clone(), (*bad).clone()));
            }
        }
    }
    found.sort_by_key(|(rest, ..)| *rest);
    found.into_iter().next().map(|(_, good, bad)| (good, bad))
}

fn is_response_word(word: &str) -> bool {
    roles::RESPONSES.contains(&word)
}

/// Whether the words of a name, side aside, are those of a response and not of its model, score or length.
fn is_response(words: &[String]) -> bool {
    let known = |word: &String| is_response_word(word) || roles::BESIDE.contains(&word.as_str());
    let says = words.iter().any(|word| is_response_word(word));
    let last_is_model = words.last().is_some_and(|word| roles::MODELS.contains(&word.as_str()));
    says && words.iter().all(known) && !last_is_model
}

/// Columns that differ in a word for a side alone.
#[derive(Debug)]
struct Group {
    columns: Vec<String>,
    rank: usize,
}

/// Groups of two or more columns whose names differ in the side, in the order of the sides.
fn sided(sample: &Sample, wanted: impl Fn(&[String], &str) -> bool) -> Vec<Group> {
    let words: Vec<(&String, Vec<String>)> =
        sample.columns.iter().map(|column| (column, tokens(column))).collect();
    let mut groups: Vec<Group> = Vec::new();
    for (column, own) in &words {
        for (at, side) in own.iter().enumerate() {
            let rest: Vec<String> =
                own.iter().enumerate().filter(|(i, _)| *i != at).map(|(_, word)| word.clone()).collect();
            if !wanted(&rest, column) {
                continue;
            }
            let with = |word: &str| {
                words
                    .iter()
                    .find(|(other, tokens)| {
                        tokens.len() == own.len()
                            && tokens
                                .iter()
                                .enumerate()
                                .all(|(i, t)| if i == at { t == word } else { own.get(i) == Some(t) })
                            && wanted(&rest, other)
                    })
                    .map(|(other, _)| (*other).clone())
            };
            let sequences = roles::PLACES
                .iter()
                .map(|places| places.to_vec())
                .chain(roles::SIDES.iter().map(|(a, b)| vec![*a, *b]));
            for sequence in sequences {
                if sequence.first() != Some(&side.as_str()) {
                    continue;
                }
                let columns: Vec<String> = sequence.iter().map_while(|word| with(word)).collect();
                if columns.len() < 2
                    || groups.iter().any(|group| columns.iter().all(|c| group.columns.contains(c)))
                {
                    continue;
                }
                // `response_0` and `response_1` of three that begin with 0, not the pair 1 and 2 of it.
                groups.retain(|group| !group.columns.iter().all(|c| columns.contains(c)));
                let rank = rest
                    .iter()
                    .filter_map(|word| roles::RESPONSES.iter().position(|r| r == word))
                    .min()
                    .unwrap_or(usize::MAX);
                groups.push(Group { columns, rank });
            }
        }
    }
    groups
}

/// The two columns of models.
fn models(sample: &Sample) -> Option<(String, String)> {
    let names = |words: &[String]| {
        let about = |word: &String| {
            roles::MODELS.contains(&word.as_str())
                || [
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
                ]
                .contains(&word.as_str())
        };
        let says = words.iter().any(|word| roles::MODELS.contains(&word.as_str()) || word == "system");
        let last = words.last().is_none_or(|word| !is_response_word(word));
        says && last && words.iter().all(about)
    };
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
    let numbered = |[a, b]: &[String; 2]| {
        [a, b].into_iter().all(|column| sample.values(column).all(|value| number_of(value).is_some()))
    };
    let models = found(&|words, _| names(words));
    let named = models.iter().find(|columns| !numbered(columns));
    let bare = found(&|words, _| words.is_empty());
    // Models by number, with their names in columns that are called after the sides alone.
    let beside = models
        .first()
        .and_then(|ids| bare.iter().find(|names| !numbered(names) && same_models(sample, ids, names)));
    let [a, b] = named.or(beside).or(models.first())?;
    Some((a.clone(), b.clone()))
}

/// Whether two columns name what two others number: each number has one name, and each name one number.
fn same_models(sample: &Sample, numbers: &[String; 2], names: &[String; 2]) -> bool {
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
fn choice_models(sample: &Sample) -> Option<(String, String)> {
    choice_beside(sample, |word| roles::MODELS.contains(&word) || word == "name")
}

/// The scores of a chosen and a rejected response.
fn choice_scores(sample: &Sample) -> Option<(String, String)> {
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

fn choice_beside(sample: &Sample, about: impl Fn(&str) -> bool) -> Option<(String, String)> {
    for good in &sample.columns {
        let x = tokens(good);
        for bad in &sample.columns {
            let y = tokens(bad);
            if x.len() != y.len() || x.len() < 2 {
                continue;
            }
            let differing: Vec<_> = x.iter().zip(&y).filter(|(x, y)| x != y).collect();
            if let [(first, second)] = differing.as_slice()
                && roles::chosen_rejected(first, second)
                && x.iter().filter(|word| word != first).all(|word| about(word))
            {
                return Some((good.clone(), bad.clone()));
            }
        }
    }
    None
}

/// The scores of two responses.
fn pair_scores(sample: &Sample) -> Option<(String, String)> {
    let says = |words: &[String]| {
        let about = |word: &String| {
            roles::SCORES.contains(&word.as_str())
                || is_response_word(word)
                || ["human", "judge", "overall", "avg", "average", "mean", "total", "model", "final"]
                    .contains(&word.as_str())
        };
        words.iter().any(|word| roles::SCORES.contains(&word.as_str())) && words.iter().all(about)
    };
    let numeric = |column: &str| {
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| number_of(value).is_some())
    };
    let groups = sided(sample, |words, column| says(words) && numeric(column));
    groups.into_iter().find_map(|group| match group.columns.as_slice() {
        [a, b] => Some((a.clone(), b.clone())),
        _ => None,
    })
}

fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A list of responses with scores, ranks or a position beside it or within.
fn candidates(sample: &Sample) -> Option<Candidates> {
    const LISTS: &[&str] = &[
        "responses",
        "answers",
        "completions",
        "candidates",
        "outputs",
        "generations",
        "all_generated_responses",
        "options",
        "replies",
    ];
    let column = LISTS.iter().find_map(|name| {
        sample.columns.iter().find(|column| {
            normal(column) == *name
                && sample.values(column).any(|value| {
                    value.as_array().is_some_and(|items| items.len() > 1)
                        || value
                            .as_object()
                            .is_some_and(|fields| fields.len() > 1 && fields.values().all(Value::is_string))
                })
        })
    })?;
    if let Some(fields) = sample.values(column).find_map(Value::as_object) {
        let models: Vec<&String> = fields.keys().collect();
        let names = |value: &Value| {
            value.as_str().is_some_and(|text| models.iter().any(|model| model.as_str() == text.trim()))
        };
        let winner = sample.columns.iter().find(|c| {
            roles::VERDICTS.contains(&normal(c).as_str()) && sample.values(c).next().is_some_and(names)
        })?;
        return Some(Candidates {
            texts: vec![path(column)],
            chosen: Some(path(winner)),
            text: Some(path("text")),
            ..Candidates::default()
        });
    }
    let first = sample.values(column).find_map(|value| value.as_array().and_then(|items| items.first()))?;
    let mut found = Candidates { texts: vec![path(column)], ..Candidates::default() };
    if let Value::Object(fields) = first {
        let has = |names: &[&str]| {
            fields.keys().find(|key| names.contains(&normal(key).as_str())).map(|key| path(key))
        };
        found.text = has(&[
            "response",
            "answer",
            "completion",
            "text",
            "content",
            "output",
            "generation",
            "message",
            "messages",
        ]);
        found.model = has(&["model", "model_name", "generator"]);
        found.score = has(&["score", "rating", "overall_score", "reward", "pm_score", "points"]);
        found.rank = has(&["rank", "ranking"]);
        found.chosen = has(&["chosen", "is_chosen", "selected", "is_best", "preferred", "if_chosen"]);
    } else {
        let beside = |names: &[&str]| {
            sample
                .columns
                .iter()
                .find(|c| {
                    names.contains(&normal(c).as_str())
                        && sample.values(c).any(|value| value.as_array().is_some())
                })
                .map(|c| path(c))
        };
        found.score = beside(&["scores", "ratings", "rewards", "rating", "score", "all_rm_scores"]);
        found.rank = beside(&["ranks", "ranking", "rank", "rankings"]);
        found.model = beside(&["models", "model_names", "generators", "order", "model"]);
    }
    if found.score.is_none() && found.rank.is_none() && found.chosen.is_none() {
        let best = [
            "chosen",
            "best",
            "best_response",
            "best_idx",
            "chosen_index",
            "best_index",
            "winner",
            "selected",
            "label",
        ];
        found.chosen = sample
            .columns
            .iter()
            .find(|c| {
                best.contains(&normal(c).as_str()) && sample.values(c).all(|value| value.as_u64().is_some())
            })
            .map(|c| path(c));
    }
    (found.score.is_some() || found.rank.is_some() || found.chosen.is_some()).then_some(found)
}

/// One response with a label, good or bad.
fn unpaired(sample: &Sample) -> Option<(String, VerdictRule)> {
    let named =
        |names: &[&str]| sample.columns.iter().find(|column| names.contains(&normal(column).as_str()));
    let label = named(&[
        "label",
        "kto_tag",
        "feedback",
        "thumbs_up",
        "is_good",
        "liked",
        "good",
        "desirable",
        "is_preferred",
        "thumbs",
    ])?;
    let response =
        named(&["completion", "response", "answer", "output", "messages", "conversations", "reply"])?;
    if !sample.texts(response) {
        return None;
    }
    let values = sample.distinct(label, 2)?;
    let codes: Vec<String> = values.iter().filter_map(Code::of).map(|code| code.shown()).collect();
    let good = [
        "\"true\"",
        "1",
        "\"good\"",
        "\"up\"",
        "\"like\"",
        "\"thumbs_up\"",
        "\"positive\"",
        "\"yes\"",
        "\"desirable\"",
        "\"liked\"",
    ];
    let bad = [
        "\"false\"",
        "0",
        "-1",
        "\"bad\"",
        "\"down\"",
        "\"dislike\"",
        "\"thumbs_down\"",
        "\"negative\"",
        "\"no\"",
        "\"undesirable\"",
        "\"disliked\"",
    ];
    let known = |code: &String| good.contains(&code.as_str()) || bad.contains(&code.as_str());
    if codes.is_empty() || !codes.iter().all(known) {
        return None;
    }
    let plain = |list: &[&str]| {
        list.iter()
            .map(|code| serde_json::from_str(code).unwrap_or_else(|_| Value::String((*code).to_owned())))
            .collect::<Vec<_>>()
    };
    Some((
        response.clone(),
        VerdictRule { field: Some(path(label)), a: plain(&good), b: plain(&bad), ..VerdictRule::default() },
    ))
}

/// One scored response a record, several records to a prompt.
fn scored(sample: &Sample) -> Option<(String, Vec<VerdictRule>)> {
    let prompt = prompt_column(sample)?;
    let response = sample.columns.iter().find(|column| {
        ["response", "answer", "output", "completion", "reply", "generation", "text"]
            .contains(&normal(column).as_str())
            && sample.texts(column)
    })?;
    let numeric = |column: &&String| {
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| number_of(value).is_some())
    };
    let score = sample
        .columns
        .iter()
        .filter(|column| roles::SCORES.contains(&normal(column).as_str()))
        .find(numeric)?;
    let mut prompts: Vec<&Value> = sample.values(&prompt).collect();
    let all = prompts.len();
    prompts.sort_by_key(ToString::to_string);
    prompts.dedup();
    (prompts.len() * 4 <= all * 3)
        .then(|| (response.clone(), vec![VerdictRule { field: Some(path(score)), ..VerdictRule::default() }]))
}

/// The column whose values name two or more other columns of texts.
pub(super) fn wide(sample: &Sample) -> Option<String> {
    let verdict = sample.columns.iter().find(|column| normal(column) == "preference")?;
    let named: BTreeSet<&str> = sample.values(verdict).filter_map(Value::as_str).map(str::trim).collect();
    let columns = sample
        .columns
        .iter()
        .filter(|column| named.contains(column.as_str()) && sample.texts(column))
        .collect::<Vec<_>>();
    // Sides are no models.
    let side =
        |column: &&String| roles::SIDES.iter().any(|(a, b)| [*a, *b].contains(&normal(column).as_str()));
    (columns.len() >= 2 && !columns.iter().all(side)).then(|| verdict.clone())
}

/// What the values of a column say of its being the verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Evidence {
    /// Words for sides or names of models.
    Words,
    /// The numbers 1 and 2 alone.
    OneTwo,
    /// Numbers or truth values that may mean several things.
    Codes,
}

/// The columns that may say who won, the likeliest first.
fn verdict_columns(sample: &Sample, recipe: &Recipe) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    let used = used(recipe, sample);
    let mut columns: Vec<(usize, &String)> = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column))
        .filter_map(|column| {
            let plain = tokens(column).join("_");
            let exact = roles::VERDICTS.iter().position(|name| {
                *name == plain
                    || *name == normal(column)
                    || (column.contains('.') && normal(column).ends_with(&format!("_{name}")))
            });
            let about =
                ["prefer", "winner", "better", "vote", "choice", "choose", "verdict", "judg", "favo", "best"];
            let loose = about.iter().any(|word| plain.contains(word)).then_some(roles::VERDICTS.len());
            exact.or(loose).map(|rank| (rank, column))
        })
        .collect();
    columns.sort_by_key(|(rank, _)| *rank);
    for (rank, column) in columns {
        if let Some(evidence) = evidence(sample, recipe, column) {
            // A loose name needs values that leave no doubt.
            if rank < roles::VERDICTS.len() || evidence == Evidence::Words {
                found.push((column.clone(), evidence));
            }
        }
    }
    found
}

fn evidence(sample: &Sample, recipe: &Recipe, column: &str) -> Option<Evidence> {
    let calls = sample_calls(sample, recipe, column);
    if calls.is_empty() {
        return None;
    }
    let numeric = |value: &Value| matches!(Code::of(value), Some(Code::Number(_))) || value.is_boolean();
    let truth = |value: &Value| {
        value.as_str().is_some_and(|text| ["true", "false"].contains(&text.trim().to_lowercase().as_str()))
    };
    if calls.iter().all(|(value, _)| numeric(value) || truth(value)) {
        let mut codes: Vec<f64> = calls.iter().filter_map(|(value, _)| number_of(value)).collect();
        if codes.len() == calls.len() {
            codes.sort_by(f64::total_cmp);
            codes.dedup();
            // Ratings and lengths are no verdicts.
            if codes.iter().any(|code| code.abs() > 10.0) {
                return None;
            }
            return Some(if codes == [1.0, 2.0] { Evidence::OneTwo } else { Evidence::Codes });
        }
        return Some(Evidence::Codes);
    }
    let known = calls.iter().filter(|(_, call)| call.is_some()).count();
    let sided = calls.iter().any(|(_, call)| matches!(call, Some(Call::A | Call::B | Call::Soft(_))));
    (known * 2 > calls.len() && sided).then_some(Evidence::Words)
}

fn text_at<'b>(column: Option<&'b Column>, row: &'b Row) -> Option<&'b str> {
    column.and_then(|column| column.get(row)).and_then(Value::as_str)
}

/// What each value of a column would say as a verdict in words; blank ones are left out.
fn sample_calls<'a>(sample: &'a Sample, recipe: &Recipe, column: &'a str) -> Vec<(&'a Value, Option<Call>)> {
    let calls = Calls { field: column.to_owned(), reading: Reading::Words };
    let place = |paths: &[Path]| paths.first().and_then(|path| path.resolve(&sample.columns));
    let (model_a, model_b) = (place(&recipe.model_a), place(&recipe.model_b));
    let (response_a, response_b) = (place(&recipe.a), place(&recipe.b));
    let side = |paths: &[Path]| place(paths).map(|column| column.name.to_string()).unwrap_or_default();
    let (column_a, column_b) = match recipe.shape {
        Shape::Votes => (side(&recipe.model_a), side(&recipe.model_b)),
        _ => (side(&recipe.a), side(&recipe.b)),
    };
    sample
        .rows
        .iter()
        .filter_map(|row| {
            let value =
                row.get(column).filter(|value| value.as_str().is_none_or(|text| !text.trim().is_empty()))?;
            if value.is_object() || value.as_array().is_some_and(|items| items.len() != 1) {
                return Some((value, None));
            }
            let names = Names {
                column_a: &column_a,
                column_b: &column_b,
                model_a: text_at(model_a.as_ref(), row),
                model_b: text_at(model_b.as_ref(), row),
                text_a: text_at(response_a.as_ref(), row),
                text_b: text_at(response_b.as_ref(), row),
            };
            Some((value, calls.call(Some(value), names).ok().filter(|call| *call != Call::Missing)))
        })
        .collect()
}

/// The column of the prompt, by its name.
pub(crate) fn prompt_column(sample: &Sample) -> Option<String> {
    prompt_of(sample, &BTreeSet::new())
}

/// The two columns of texts whose names differ in the side.
pub(crate) fn sides(sample: &Sample) -> Option<(String, String)> {
    let groups = sided(sample, |tokens, column| is_response(tokens) && sample.texts(column));
    groups.into_iter().min_by_key(|group| group.rank).and_then(|group| match group.columns.as_slice() {
        [a, b] => Some((a.clone(), b.clone())),
        _ => None,
    })
}

fn prompt_of(sample: &Sample, used: &BTreeSet<String>) -> Option<String> {
    named(sample, roles::PROMPTS, used).into_iter().find(|column| sample.texts(column))
}

/// The columns with one of these names, in the order of the names.
fn named(sample: &Sample, names: &[&str], used: &BTreeSet<String>) -> Vec<String> {
    names
        .iter()
        .flat_map(|name| {
            let within = format!("_{name}");
            sample.columns.iter().filter(move |column| {
                tokens(column).join("_") == *name
                    || normal(column) == *name
                    || (column.contains('.') && normal(column).ends_with(&within))
            })
        })
        .filter(|column| !used.contains(*column))
        .cloned()
        .collect()
}

/// The columns that a recipe uses.
pub(crate) fn used(recipe: &Recipe, sample: &Sample) -> BTreeSet<String> {
    used_as(recipe)
        .iter()
        .filter_map(|(_, path)| path.resolve(&sample.columns))
        .map(|column| column.name.to_string())
        .collect()
}

/// Every path of a recipe with the role it has.
pub(crate) fn used_as(recipe: &Recipe) -> Vec<(String, Path)> {
    let choice = recipe.shape == Shape::Choice;
    let mut found: Vec<(String, Path)> = Vec::new();
    for (role, paths) in [
        ("prompt", &recipe.prompt),
        ("system", &recipe.system),
        ("input", &recipe.input),
        ("history", &recipe.history),
        (if choice { "chosen" } else { "response A" }, &recipe.a),
        (if choice { "rejected" } else { "response B" }, &recipe.b),
        (if choice { "model of chosen" } else { "model A" }, &recipe.model_a),
        (if choice { "model of rejected" } else { "model B" }, &recipe.model_b),
        ("id", &recipe.id),
        ("scenario", &recipe.scenario),
        ("language", &recipe.language),
        ("swapped", &recipe.swapped),
        ("left out", &recipe.leave_out),
        ("judge", &recipe.judge),
        ("annotator", &recipe.annotator),
        ("criterion", &recipe.criterion),
        ("weight", &recipe.weight),
        ("score", &recipe.scores),
    ] {
        found.extend(paths.iter().map(|path| (role.to_owned(), path.clone())));
    }
    if let Some(candidates) = &recipe.candidates {
        found.extend(candidates.texts.iter().map(|path| ("response".to_owned(), path.clone())));
        let beside = [
            ("model", &candidates.model),
            ("score", &candidates.score),
            ("rank", &candidates.rank),
            ("chosen", &candidates.chosen),
        ];
        found.extend(beside.into_iter().filter_map(|(role, path)| Some((role.to_owned(), path.clone()?))));
    }
    for rule in &recipe.verdict {
        if let Some(each) = &rule.each {
            found.push(("verdicts".to_owned(), each.clone()));
            continue;
        }
        let fields = rule.field.iter().chain(&rule.higher).chain(&rule.lower).chain(&rule.one_hot);
        found.extend(fields.map(|path| ("verdict".to_owned(), path.clone())));
        found.extend(rule.tie_field.iter().map(|path| ("tie".to_owned(), path.clone())));
        found.extend(rule.judge.iter().map(|path| ("judge".to_owned(), path.clone())));
        found.extend(rule.annotator.iter().map(|path| ("annotator".to_owned(), path.clone())));
        found.extend(rule.receipt.iter().map(|path| ("receipt".to_owned(), path.clone())));
    }
    found
}

/// Finds by the names of columns what an open recipe does not declare.
#[expect(clippy::too_many_lines, reason = "one question after the other, each of a few lines")]
pub(crate) fn complete(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let choice = recipe.shape == Shape::Choice;
    if recipe.shape == Shape::Wide {
        return Ok(());
    }
    let short = |column: &str| {
        sample.values(column).take(200).all(|value| match value {
            Value::String(text) => text.len() <= 120 && !text.contains('\n'),
            Value::Number(_) => true,
            Value::Array(items) => items.len() <= 3 && items.first().is_some_and(Value::is_string),
            _ => false,
        }) && sample.values(column).next().is_some()
    };
    let one = |names: &[&str], recipe: &Recipe, fits: &dyn Fn(&str) -> bool| {
        let used = used(recipe, sample);
        named(sample, names, &used)
            .into_iter()
            .find(|column| fits(column))
            .map(|column| path(&column))
            .into_iter()
            .collect::<Vec<_>>()
    };
    let text = |column: &str| sample.texts(column);
    if recipe.prompt.is_empty() && !recipe.no_prompt && recipe.shape != Shape::Votes {
        let used = used(recipe, sample);
        let found: Vec<String> =
            named(sample, roles::PROMPTS, &used).into_iter().filter(|column| sample.texts(column)).collect();
        if let Some(first) = found.first() {
            recipe.prompt = vec![path(first)];
            // A second column stands in where the first is null, if both say the same wherever both are there.
            for other in found.iter().skip(1) {
                let both: Vec<_> =
                    sample.rows.iter().filter_map(|row| Some((row.get(first)?, row.get(other)?))).collect();
                if !both.is_empty() && both.iter().all(|(x, y)| x == y) {
                    recipe.prompt.push(path(other));
                }
            }
        }
    }
    if recipe.system.is_empty() {
        recipe.system = one(roles::SYSTEMS, recipe, &|column| sample.values(column).all(Value::is_string));
    }
    if recipe.history.is_empty() {
        recipe.history = one(roles::HISTORIES, recipe, &|column| {
            sample.values(column).any(|value| value.is_array() || value.is_string())
        });
    }
    if recipe.input.is_empty() && !recipe.prompt.is_empty() {
        recipe.input =
            one(roles::INPUTS, recipe, &|column| sample.values(column).all(Value::is_string) && text(column));
    }
    if recipe.model_a.is_empty()
        && recipe.model_b.is_empty()
        && let Some((a, b)) = if choice { choice_models(sample) } else { models(sample) }
    {
        recipe.model_a = vec![path(&a)];
        recipe.model_b = vec![path(&b)];
    }
    if recipe.judge.is_empty() {
        recipe.judge = one(roles::JUDGES, recipe, &short);
    }
    if recipe.annotator.is_empty() {
        recipe.annotator = one(roles::ANNOTATORS, recipe, &short);
    }
    if recipe.criterion.is_empty() {
        recipe.criterion = one(roles::CRITERIA, recipe, &short);
    }
    if recipe.weight.is_empty() {
        let numeric = |column: &str| sample.values(column).all(|value| number_of(value).is_some());
        recipe.weight = one(&["weight", "sample_weight"], recipe, &numeric);
    }
    if recipe.scenario.is_empty() {
        recipe.scenario = one(roles::SCENARIOS, recipe, &short);
    }
    if recipe.language.is_empty() {
        recipe.language = one(&["language"], recipe, &short);
    }
    if recipe.id.is_empty() {
        // The `id` of a file of choices is often the prompt's.
        let names = if choice { roles::IDS.get(..2).unwrap_or_default() } else { roles::IDS };
        recipe.id = one(names, recipe, &short);
    }
    if choice {
        if recipe.scores.is_empty()
            && let Some((a, b)) = choice_scores(sample)
        {
            recipe.scores = vec![path(&a), path(&b)];
        }
        tie_beside(recipe, sample);
        return Ok(());
    }
    if matches!(recipe.shape, Shape::Pair | Shape::Votes) && recipe.verdict.is_empty() {
        recipe.verdict = verdicts(recipe, sample)?;
        tie_beside(recipe, sample);
    }
    if recipe.shape == Shape::Candidates
        && let Some(found) = &mut recipe.candidates
        && found.texts.len() > 1
        && found.chosen.is_none()
        && found.score.is_none()
    {
        let used: BTreeSet<String> = found.texts.iter().map(|path| path.as_str().to_owned()).collect();
        let ranked = ["ranking", "rank_order", "preference_order", "order", "ranks", "rank"];
        found.rank = named(sample, &ranked, &used)
            .into_iter()
            .find(|column| {
                sample.values(column).all(|value| value.as_str().is_some_and(|text| text.contains('>')))
            })
            .map(|column| path(&column));
        if found.rank.is_none() {
            found.chosen = named(sample, roles::VERDICTS, &used)
                .into_iter()
                .find(|column| short(column))
                .map(|column| path(&column));
        }
    }
    Ok(())
}

/// A column that says of some records that they are ties.
fn tie_beside(recipe: &mut Recipe, sample: &Sample) {
    let used = used(recipe, sample);
    let flag = named(sample, &["tie", "is_tie", "tied", "winner_tie"], &used).into_iter().find(|column| {
        sample.values(column).all(|value| {
            matches!(
                Code::of(value).map(|code| code.shown()).as_deref(),
                Some("0" | "1" | "\"true\"" | "\"false\"")
            )
        })
    });
    let status = named(sample, &["status"], &used).into_iter().find(|column| {
        sample
            .values(column)
            .any(|value| value.as_str().is_some_and(|text| text.trim().eq_ignore_ascii_case("tie")))
    });
    let rule = match (flag, status) {
        (Some(flag), _) => VerdictRule {
            tie_field: Some(path(&flag)),
            tie_values: vec![Value::Bool(true), Value::from(1)],
            ..VerdictRule::default()
        },
        (None, Some(status)) => VerdictRule {
            tie_field: Some(path(&status)),
            tie_values: vec![Value::from("tie")],
            ..VerdictRule::default()
        },
        (None, None) => return,
    };
    match recipe.verdict.first_mut() {
        Some(first) if first.tie_field.is_none() => {
            first.tie_field = rule.tie_field;
            first.tie_values = rule.tie_values;
        }
        Some(_) => {}
        None => recipe.verdict.push(rule),
    }
}

/// The rules for the verdict of two responses.
fn verdicts(recipe: &Recipe, sample: &Sample) -> Result<Vec<VerdictRule>, Refusal> {
    let found = verdict_columns(sample, recipe);
    let sure: Vec<&(String, Evidence)> =
        found.iter().filter(|(_, evidence)| *evidence != Evidence::Codes).collect();
    let rule = |(column, evidence): &(String, Evidence)| {
        let field = Some(path(column));
        match evidence {
            Evidence::OneTwo => VerdictRule {
                field,
                a: vec![Value::from(1)],
                b: vec![Value::from(2)],
                ..VerdictRule::default()
            },
            _ => VerdictRule { field, ..VerdictRule::default() },
        }
    };
    match sure.as_slice() {
        [] => {}
        [only] => return Ok(vec![rule(only)]),
        [first, others @ ..] => {
            let own = sample_calls(sample, recipe, &first.0);
            let disagrees = others.iter().find(|(column, _)| {
                let other = sample_calls(sample, recipe, column);
                other.len() != own.len() || other.iter().zip(&own).any(|((_, x), (_, y))| x != y)
            });
            let Some(other) = disagrees else { return Ok(vec![rule(first)]) };
            if let Some(rules) = by_criterion(&sure, rule) {
                return Ok(rules);
            }
            return Err(Refusal {
                problem: format!("`{}` and `{}` may both say who won, and they differ", first.0, other.0),
                remedy: "say which is the verdict".to_owned(),
                certain: true,
                start: vec![
                    format!("--map winner={}", quoted(&first.0)),
                    format!("or --map winner={}", quoted(&other.0)),
                ],
            });
        }
    }
    if let Some(rule) = listed(sample, recipe) {
        return Ok(vec![rule]);
    }
    if let Some(one_hot) = one_hot(sample) {
        return Ok(vec![VerdictRule { one_hot, ..VerdictRule::default() }]);
    }
    if let Some((column, _)) = found.iter().find(|(_, evidence)| *evidence == Evidence::Codes) {
        return Err(doubt(sample, column));
    }
    let people = people(sample, recipe);
    if !people.is_empty() {
        return Ok(people);
    }
    if let Some((a, b)) = pair_scores(sample) {
        return Ok(vec![VerdictRule { higher: vec![path(&a), path(&b)], ..VerdictRule::default() }]);
    }
    Ok(Vec::new())
}

/// A list of verdicts: objects with who says and what, or an object of what by who.
fn listed(sample: &Sample, recipe: &Recipe) -> Option<VerdictRule> {
    let used = used(recipe, sample);
    for column in sample.columns.iter().filter(|column| !used.contains(*column)) {
        let Some(first) = sample.values(column).next() else { continue };
        let says = |value: &Value| {
            value.as_str().is_some_and(|text| {
                matches!(super::words(text), Some(Call::A | Call::B | Call::Tie(_) | Call::Soft(_)))
            })
        };
        match first {
            Value::Array(items) => {
                let Some(fields) = items.first().and_then(Value::as_object) else { continue };
                let by_name =
                    |names: &[&str]| fields.keys().find(|key| names.contains(&normal(key).as_str()));
                let Some(field) =
                    by_name(roles::VERDICTS).or_else(|| by_name(&["value", "answer", "response", "rating"]))
                else {
                    continue;
                };
                let all = sample.values(column).filter_map(Value::as_array).flatten().take(200);
                if !all
                    .filter_map(|item| item.get(field.as_str()))
                    .all(|value| says(value) || value.is_null())
                {
                    continue;
                }
                let who = by_name(roles::ANNOTATORS).or_else(|| by_name(&["name", "id", "who", "by"]));
                let judge = by_name(roles::JUDGES).or_else(|| by_name(&["model"]));
                return Some(VerdictRule {
                    each: Some(path(column)),
                    field: Some(path(field)),
                    annotator: who.filter(|_| judge.is_none()).map(|who| path(who)).into_iter().collect(),
                    judge: judge.map(|judge| path(judge)).into_iter().collect(),
                    ..VerdictRule::default()
                });
            }
            Value::Object(fields) if !fields.is_empty() && fields.values().all(says) => {
                let all = sample
                    .values(column)
                    .filter_map(Value::as_object)
                    .flat_map(|fields| fields.values())
                    .take(200);
                if all.into_iter().all(|value| says(value) || value.is_null()) {
                    return Some(VerdictRule {
                        each: Some(path(column)),
                        field: Some(path("value")),
                        annotator: vec![path("key")],
                        ..VerdictRule::default()
                    });
                }
            }
            _ => {}
        }
    }
    None
}

/// Columns with any name whose every value is a word for one of the two or a tie: each is somebody's verdict.
fn people(sample: &Sample, recipe: &Recipe) -> Vec<VerdictRule> {
    let used = used(recipe, sample);
    let worded = |column: &&String| {
        let calls = sample_calls(sample, recipe, column);
        let word = |value: &Value| value.as_str().is_some_and(|text| text.trim().parse::<f64>().is_err());
        !calls.is_empty() && calls.iter().all(|(value, call)| call.is_some() && word(value))
    };
    let columns: Vec<&String> =
        sample.columns.iter().filter(|column| !used.contains(*column)).filter(worded).collect();
    // One of them must name both sides: a column of `same` and `tie` alone may be about anything.
    let says = |column: &String, wanted: Call| {
        sample_calls(sample, recipe, column).iter().any(|(_, call)| *call == Some(wanted))
    };
    if !columns.iter().any(|column| says(column, Call::A) && says(column, Call::B)) {
        return Vec::new();
    }
    columns
        .into_iter()
        .map(|column| VerdictRule {
            field: Some(path(column)),
            judge_name: Some(column.clone()),
            ..VerdictRule::default()
        })
        .collect()
}

/// Verdicts of several judges: columns named for who judged, with one word in common.
fn by_judge(columns: &[&(String, Evidence)], common: &[String]) -> Option<Vec<Option<String>>> {
    const JUDGES: &[&str] = &[
        "human",
        "gpt",
        "claude",
        "llama",
        "gemini",
        "judge",
        "expert",
        "annotator",
        "worker",
        "rater",
        "llm",
        "model",
        "user",
        "reviewer",
        "crowd",
        "qwen",
        "mistral",
        "gold",
        "people",
        "person",
        "mixtral",
        "deepseek",
        "palm",
        "prometheus",
    ];
    let names: Vec<Option<String>> = columns
        .iter()
        .map(|(column, _)| {
            // As the file spells it: the name of a model has marks of its own.
            let lower = column.to_lowercase();
            let word = common
                .iter()
                .find(|word| lower.ends_with(word.as_str()) || lower.starts_with(word.as_str()))?;
            let rest = match lower.strip_suffix(word.as_str()) {
                Some(rest) => column.get(..rest.len())?,
                None => column.get(word.len()..)?,
            };
            let rest = rest.trim_matches(|c: char| !c.is_alphanumeric());
            (!rest.is_empty()).then(|| rest.to_owned())
        })
        .collect();
    let judge = |name: &Option<String>| {
        name.as_ref().is_none_or(|name| tokens(name).iter().any(|word| JUDGES.contains(&word.as_str())))
    };
    (names.iter().any(Option::is_some) && names.iter().all(judge)).then_some(names)
}

/// Verdicts on several criteria: columns named for what is judged, with one word in common.
fn by_criterion(
    columns: &[&(String, Evidence)],
    rule: impl Fn(&(String, Evidence)) -> VerdictRule,
) -> Option<Vec<VerdictRule>> {
    let words: Vec<Vec<String>> = columns.iter().map(|(column, _)| tokens(column)).collect();
    let common: Vec<String> = words
        .first()?
        .iter()
        .filter(|word| words.iter().all(|other| other.contains(word)))
        .cloned()
        .collect();
    if common.is_empty() {
        return None;
    }
    if let Some(names) = by_judge(columns, &common) {
        return Some(
            columns
                .iter()
                .zip(names)
                .map(|(column, name)| VerdictRule { judge_name: name, ..rule(column) })
                .collect(),
        );
    }
    let rules = columns
        .iter()
        .zip(&words)
        .map(|(column, words)| {
            let rest: Vec<&str> =
                words.iter().filter(|word| !common.contains(word)).map(String::as_str).collect();
            (!rest.is_empty()).then(|| VerdictRule { criterion: Some(rest.join(" ")), ..rule(column) })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(rules)
}

/// Columns of which one is 1: for A, for B and for a tie.
fn one_hot(sample: &Sample) -> Option<Vec<Path>> {
    let flag = |column: &str| {
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| {
                matches!(
                    Code::of(value).map(|code| code.shown()).as_deref(),
                    Some("0" | "1" | "\"true\"" | "\"false\"")
                )
            })
    };
    let groups = sided(sample, |words, column| {
        let about = |word: &String| {
            ["winner", "won", "wins", "win", "model", "preferred", "response", "is", "better"]
                .contains(&word.as_str())
        };
        words
            .iter()
            .any(|word| ["winner", "won", "wins", "win", "preferred", "better"].contains(&word.as_str()))
            && words.iter().all(about)
            && flag(column)
    });
    let group = groups.first()?;
    let [a, b] = group.columns.as_slice() else { return None };
    let mut columns = vec![path(a), path(b)];
    let tie = sample
        .columns
        .iter()
        .find(|column| ["winner_tie", "tie", "is_tie"].contains(&normal(column).as_str()) && flag(column));
    columns.extend(tie.map(|column| path(column)));
    Some(columns)
}

/// Two readings of numbers that no format explains.
fn doubt(sample: &Sample, column: &str) -> Refusal {
    let values = sample.distinct(column, 12).unwrap_or_default();
    let shown: Vec<String> = values.iter().take(6).map(ToString::to_string).collect();
    let numbers: Vec<f64> = values.iter().filter_map(number_of).collect();
    let whole = numbers.len() == values.len() && numbers.iter().all(|number| number.fract() == 0.0);
    let has = |number: f64| numbers.contains(&number);
    let name = quoted(column);
    let readings: Vec<String> = if whole && has(-1.0) {
        let tie = if has(0.0) { ",0=tie" } else { "" };
        vec![format!("--map winner={name}:-1=A,1=B{tie}"), format!("--map winner={name}:1=A,-1=B{tie}")]
    } else if whole && has(0.0) && has(1.0) && has(2.0) {
        vec![format!("--map winner={name}:0=A,1=B,2=tie"), format!("--map winner={name}:1=A,2=B,0=tie")]
    } else if whole && numbers.iter().all(|number| (0.0..=2.0).contains(number)) {
        vec![
            format!("--map winner={name}:0=A,1=B"),
            format!("--map winner={name}:1=A,0=B"),
            format!("--map winner={name}:1=A,2=B,0=tie"),
        ]
    } else if numbers.len() == values.len() && !numbers.is_empty() {
        let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
        let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        vec![format!("--map winner={name}:{low}..{high}"), format!("--map winner={name}:{high}..{low}")]
    } else {
        vec![format!("--map winner={name}:true=A,false=B"), format!("--map winner={name}:true=B,false=A")]
    };
    Refusal {
        problem: format!(
            "`{column}` contains {}; which response each value favours is not stated in the file",
            shown.join(", ")
        ),
        remedy: "say what the values mean".to_owned(),
        certain: true,
        start: readings
            .iter()
            .enumerate()
            .map(|(i, reading)| if i == 0 { reading.clone() } else { format!("or {reading}") })
            .collect(),
    }
}
