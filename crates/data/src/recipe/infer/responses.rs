//! Which columns hold the responses, by their names and by what is in them: two sides, a choice, a list, one scored text.

use super::super::calls::Code;
use super::super::roles::{self, normal, tokens};
use super::super::{Candidates, Part, Path, Recipe, Sample, Shape, VerdictRule};
use super::authors::by_author;
use super::start::mapping_start;
use super::verdicts::{Evidence, verdict_columns};
use super::{Refusal, is_id, named, path, prompt_column, quoted};
use crate::row::as_text;
use serde_json::Value;
use std::collections::BTreeSet;

/// Finds the columns of responses, which tell the shape.
#[expect(clippy::too_many_lines, reason = "one question after the other, each of a few lines")]
pub(super) fn responses(
    sample: &Sample,
    recipe: &mut Recipe,
    taken: &mut BTreeSet<String>,
) -> Result<(), Refusal> {
    if let Some((chosen, rejected)) = chosen_rejected(sample) {
        // Names of models under `winner` and `loser` are votes, of which the first always wins.
        if prompt_column(sample).is_none() && are_names(sample, &[&chosen, &rejected]) {
            recipe.shape = Shape::Votes;
            recipe.likely_judge = Some("human".to_owned());
            recipe.model_a = vec![path(&chosen)];
            recipe.model_b = vec![path(&rejected)];
            recipe.a_wins = true;
            return Ok(());
        }
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
        if let Some(rank) = &found.rank
            && let Some(refusal) = positions_or_ranks(sample, rank)
        {
            // The user's word comes later: without it there are two readings.
            recipe.doubt = Some(refusal);
        }
        recipe.shape = Shape::Candidates;
        recipe.candidates = Some(found);
        return Ok(());
    }
    if let Some((found, refusal)) = in_order(sample) {
        recipe.doubt = Some(refusal);
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
    if let Some(found) = by_author(sample) {
        recipe.shape = Shape::Candidates;
        "wide".clone_into(&mut recipe.name);
        recipe.likely_judge = Some("human".to_owned());
        recipe.candidates = Some(found);
        return Ok(());
    }
    if let Some((a, b)) = models(sample)
        && are_names(sample, &[&a, &b])
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
    let single = sample.columns.iter().any(|column| {
        ["response", "output", "completion", "answer"].contains(&normal(column).as_str())
            && sample.texts(column)
    });
    // Nothing but a key and who won: votes on the pairs of another file.
    if !single
        && let Some(key) =
            named(sample, roles::IDS, &BTreeSet::new()).into_iter().find(|column| is_id(column))
    {
        let keyed = Recipe { shape: Shape::Sidecar, id: vec![path(&key)], ..Recipe::default() };
        let always = |column: &str| sample.rows.iter().all(|row| row.get(column).is_some());
        let says = |(column, evidence): &(String, Evidence)| *evidence != Evidence::Codes && always(column);
        if always(&key) && verdict_columns(sample, &keyed).iter().any(says) {
            recipe.shape = Shape::Sidecar;
            recipe.part = Part::Verdicts;
            recipe.id = keyed.id;
            recipe.no_prompt = true;
            return Ok(());
        }
    }
    if single {
        return Err(Refusal {
            problem: "each record contains one response and nothing to compare it with: pairs need two responses to one prompt".to_owned(),
            remedy: "if two columns are responses, say which".to_owned(),
            certain: false,
            start: mapping_start(sample),
        });
    }
    let remedy = "say what each column contains";
    Err(Refusal {
        problem: "no two columns are recognised as responses".to_owned(),
        remedy: remedy.to_owned(),
        certain: false,
        start: mapping_start(sample),
    })
}

pub(super) fn sides_start(columns: &[String]) -> Vec<String> {
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
pub(super) fn bare(sample: &Sample) -> Option<(String, String)> {
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

/// Two columns, one named for the better and one for the worse response, that hold texts.
pub(super) fn chosen_rejected(sample: &Sample) -> Option<(String, String)> {
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

pub(super) fn is_response_word(word: &str) -> bool {
    roles::RESPONSES.contains(&word)
}

/// Whether the words of a name, side aside, are those of a response and not of its model, score or length.
pub(super) fn is_response(words: &[String]) -> bool {
    let known = |word: &String| is_response_word(word) || roles::BESIDE.contains(&word.as_str());
    let says = words.iter().any(|word| is_response_word(word));
    let last_is_model = words.last().is_some_and(|word| roles::MODELS.contains(&word.as_str()));
    says && words.iter().all(known) && !last_is_model
}

/// Columns that differ in a word for a side alone.
#[derive(Debug)]
pub(super) struct Group {
    pub(super) columns: Vec<String>,
    pub(super) rank: usize,
}

/// Groups of two or more columns whose names differ in the side, in the order of the sides.
pub(super) fn sided(sample: &Sample, wanted: impl Fn(&[String], &str) -> bool) -> Vec<Group> {
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
pub(super) fn models(sample: &Sample) -> Option<(String, String)> {
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

/// Whether columns hold names of models and not short responses: names are short, and come again and again.
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
    if values.iter().any(|text| long(&text)) || values.iter().filter(sentence).count() * 4 > values.len() {
        return false;
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

pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A list of responses with scores, ranks or a position beside it or within.
pub(super) fn candidates(sample: &Sample) -> Option<Candidates> {
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
        "choices",
        "samples",
        "model_responses",
        "model_outputs",
        "model_answers",
        "model_completions",
    ];
    let named = LISTS.iter().find_map(|name| {
        sample.columns.iter().find(|column| {
            normal(column.rsplit('.').next().unwrap_or(column)) == *name
                && sample.values(column).any(|value| {
                    value.as_array().is_some_and(|items| items.len() > 1)
                        || value
                            .as_object()
                            .is_some_and(|fields| fields.len() > 1 && fields.values().all(Value::is_string))
                })
        })
    });
    let column = named.or_else(|| rated_list(sample))?;
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
        found.model = has(&["model", "model_name", "generator", "model_id", "model_identifier", "llm"]);
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
            "best_answer",
            "best_model",
            "preferred",
            "preferred_model",
            "preferred_response",
            "winner_model",
            "winning_model",
            "choice",
            "preference",
            "chosen_response",
            "selected_response",
            "preferred_index",
            "winner_index",
            "winner_idx",
            "chosen_idx",
            "selected_index",
        ];
        let named = |c: &&String| {
            best.contains(&normal(c.rsplit('.').next().unwrap_or(c)).as_str())
                && (sample.values(c).all(|value| value.as_u64().is_some())
                    || names_one(sample, c, column, &found))
        };
        found.chosen = sample.columns.iter().find(named).map(|c| path(c));
    }
    (found.score.is_some() || found.rank.is_some() || found.chosen.is_some()).then_some(found)
}

/// A list whose name says that it is in order of preference: which end is the better one, it does not say.
fn in_order(sample: &Sample) -> Option<(Candidates, Refusal)> {
    const IN_ORDER: &[&str] = &["ranked", "sorted", "ordered", "ranking", "rankings"];
    let several = |column: &str| {
        let texts = |items: &Vec<Value>| {
            items.len() > 1 && items.iter().all(|item| item.is_string() || item.is_object())
        };
        sample.values(column).next().is_some()
            && sample.values(column).all(|value| value.as_array().is_some_and(texts))
    };
    let column = sample.columns.iter().find(|column| {
        tokens(column).iter().any(|word| IN_ORDER.contains(&word.as_str())) && several(column)
    })?;
    let name = quoted(column);
    let refusal = Refusal {
        problem: format!(
            "`{column}` is a list in some order; the file does not say at which end the best response is"
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![
            format!("--map responses={name} --map order=best_first"),
            format!("or --map responses={name} --map order=worst_first"),
        ],
    };
    Some((Candidates { texts: vec![path(column)], ..Candidates::default() }, refusal))
}

/// A list of responses with a score, a rank or a mark of choice each, whatever its name.
fn rated_list(sample: &Sample) -> Option<&String> {
    const TEXT: &[&str] = &["response", "answer", "completion", "text", "output", "generation"];
    const RATED: &[&str] = &[
        "score",
        "rating",
        "reward",
        "rank",
        "chosen",
        "is_chosen",
        "selected",
        "is_best",
        "preferred",
        "overall_score",
        "points",
    ];
    let rated = |item: &Value| {
        let has = |names: &[&str]| {
            item.as_object()
                .is_some_and(|fields| fields.keys().any(|key| names.contains(&normal(key).as_str())))
        };
        has(TEXT) && has(RATED)
    };
    sample.columns.iter().find(|column| {
        sample.values(column).next().is_some()
            && sample
                .values(column)
                .take(50)
                .all(|value| value.as_array().is_some_and(|items| items.len() > 1 && items.iter().all(rated)))
    })
}

/// Whether the values of a column are the models, the very texts or the letters of one of the responses in a list, wherever
/// they are there.
fn names_one(sample: &Sample, named: &str, list: &str, found: &Candidates) -> bool {
    let mut some = false;
    sample.rows.iter().all(|row| {
        let (Some(said), Some(items)) =
            (row.get(named).and_then(Value::as_str), row.get(list).and_then(Value::as_array))
        else {
            return row
                .get(named)
                .is_none_or(|value| value.as_str().is_some_and(|text| text.trim().is_empty()));
        };
        if matches!(super::super::words(said), Some(super::super::Call::Tie(_) | super::super::Call::Missing))
        {
            return true;
        }
        let is = |item: &Value| {
            let text = match &found.text {
                Some(text) if item.is_object() => text.within(item),
                _ => Some(item),
            };
            let model =
                found.model.as_ref().filter(|_| item.is_object()).and_then(|model| model.within(item));
            text.into_iter()
                .chain(model)
                .any(|value| value.as_str().is_some_and(|text| text.trim() == said.trim()))
        };
        // `B` is the second of the list.
        let letter = match said.trim().as_bytes() {
            [letter] if letter.is_ascii_alphabetic() => {
                usize::from(letter.to_ascii_lowercase() - b'a') < items.len()
            }
            _ => false,
        };
        let one = items.iter().filter(|item| is(item)).count() == 1 || letter;
        some |= one;
        one
    }) && some
}

/// Lists of 1, 2, 3, ... in some order are ranks of the responses, or the positions of the responses by rank: which of the two
/// makes a difference where a list is not its own inverse.
fn positions_or_ranks(sample: &Sample, rank: &Path) -> Option<Refusal> {
    let column = rank.resolve(&sample.columns)?;
    // `ranks` holds the rank of each; `ranking` and `rankings` may be either.
    if !tokens(&column.name).iter().any(|word| word.starts_with("ranking")) {
        return None;
    }
    let mut differs = false;
    for list in sample.values(&column.name).filter_map(Value::as_array) {
        let places: Vec<usize> =
            list.iter().map(|item| item.as_u64().map(|at| at as usize)).collect::<Option<_>>()?;
        let from = places.iter().copied().min()?;
        let mut sorted = places.clone();
        sorted.sort_unstable();
        if from > 1 || sorted.iter().enumerate().any(|(i, at)| i + from != *at) {
            return None;
        }
        differs |= places.iter().enumerate().any(|(i, at)| places.get(at - from) != Some(&(i + from)));
    }
    differs.then(|| Refusal {
        problem: format!(
            "`{}` may give the rank of each response, or the positions of the responses from the best to the worst",
            column.name
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![
            format!("--map ranks={}   (the rank of each response, 1 is the best)", quoted(&column.name)),
            format!("or --map order={}   (positions, the best first)", quoted(&column.name)),
        ],
    })
}

/// One response with a label, good or bad.
pub(super) fn unpaired(sample: &Sample) -> Option<(String, VerdictRule)> {
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
pub(super) fn scored(sample: &Sample) -> Option<(String, Vec<VerdictRule>)> {
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

/// The two columns of texts whose names differ in the side.
pub(crate) fn sides(sample: &Sample) -> Option<(String, String)> {
    let groups = sided(sample, |tokens, column| is_response(tokens) && sample.texts(column));
    groups.into_iter().min_by_key(|group| group.rank).and_then(|group| match group.columns.as_slice() {
        [a, b] => Some((a.clone(), b.clone())),
        _ => None,
    })
}
