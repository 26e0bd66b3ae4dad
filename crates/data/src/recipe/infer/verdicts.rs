//! Which columns say who won, and how their values are read; where two readings are possible both are shown.

use super::super::calls::{Call, Calls, Code, Names, Reading};
use super::super::path::Column;
use super::super::roles::{self, normal, tokens};
use super::super::{Path, Recipe, Sample, Shape, VerdictRule};
use super::responses::{number_of, pair_scores, sided};
use super::{Refusal, named, path, quoted, shell, used};
use crate::row::Row;
use serde_json::Value;

/// What the values of a column say of its being the verdict.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Evidence {
    /// Words for sides or names of models.
    Words,
    /// The numbers 1 and 2 alone.
    OneTwo,
    /// Numbers or truth values that may mean several things.
    Codes,
}

/// The columns that may say who won, the likeliest first.
pub(super) fn verdict_columns(sample: &Sample, recipe: &Recipe) -> Vec<(String, Evidence)> {
    let mut found = Vec::new();
    let used = used(recipe, sample);
    let mut columns: Vec<(usize, &String)> = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column) && !names_the_loser(column))
        .filter_map(|column| {
            let plain = tokens(column).join("_");
            let exact = roles::VERDICTS.iter().position(|name| {
                *name == plain
                    || *name == normal(column)
                    || (column.contains('.') && normal(column).ends_with(&format!("_{name}")))
            });
            let about = [
                "prefer", "winner", "better", "vote", "choice", "choose", "verdict", "judg", "favo", "best",
                "which",
            ];
            let other = tokens(column).iter().any(|word| NOT_BETTER.contains(&word.as_str()));
            let loose =
                (!other && about.iter().any(|word| plain.contains(word))).then_some(roles::VERDICTS.len());
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

/// Whether a column says which of two lost: its values name a response, and mean the other one.
fn names_the_loser(column: &str) -> bool {
    const LOSERS: &[&str] = &["worse", "worst", "loser", "losing", "loses", "lost", "least", "weaker"];
    tokens(column).iter().any(|word| LOSERS.contains(&word.as_str()) || roles::bad(word))
}

/// Words for what a response may be first or more in, without being better.
const NOT_BETTER: &[&str] = &[
    "first",
    "shown",
    "display",
    "displayed",
    "longer",
    "shorter",
    "longest",
    "shortest",
    "length",
    "baseline",
    "position",
    "order",
    "presented",
];

/// Words in the names of columns that hold `A` and `B` and say nothing of which is better.
const NO_JUDGES: &[&str] = &[
    "first",
    "shown",
    "display",
    "displayed",
    "position",
    "group",
    "batch",
    "gender",
    "longer",
    "shorter",
    "length",
    "baseline",
    "side",
    "order",
    "arm",
    "answer",
    "class",
    "final",
    "target",
    "truth",
    "key",
    "correct",
    "swap",
    "swapped",
    "treatment",
    "condition",
    "split",
    "fold",
    "variant",
    "section",
    "type",
    "size",
    "top",
    "left",
    "right",
    "reference",
    "start",
    "presented",
    "question",
    "option",
    "score",
    "rating",
    "grade",
    "code",
    "expected",
    "predicted",
    "random",
    "seed",
];

pub(super) fn evidence(sample: &Sample, recipe: &Recipe, column: &str) -> Option<Evidence> {
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

pub(super) fn text_at<'b>(column: Option<&'b Column>, row: &'b Row) -> Option<&'b str> {
    column.and_then(|column| column.get(row)).and_then(Value::as_str)
}

/// What each value of a column would say as a verdict in words; blank ones are left out.
pub(super) fn sample_calls<'a>(
    sample: &'a Sample,
    recipe: &Recipe,
    column: &'a str,
) -> Vec<(&'a Value, Option<Call>)> {
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

/// A column that says of some records that they are ties.
pub(super) fn tie_beside(recipe: &mut Recipe, sample: &Sample) {
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
pub(super) fn verdicts(recipe: &Recipe, sample: &Sample) -> Result<Vec<VerdictRule>, Refusal> {
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
            // Judges who agree on the first records are two judges all the same.
            if let Some(names) = by_judge(&sure, &common_words(&sure)).filter(|names| {
                names.iter().all(|name| name.as_ref().is_some_and(|name| !normal(name).contains("model")))
            }) {
                return Ok(sure
                    .iter()
                    .zip(names)
                    .map(|(column, name)| VerdictRule { judge_name: name, ..rule(column) })
                    .collect());
            }
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
    match sample
        .columns
        .iter()
        .find(|column| names_the_loser(column) && evidence(sample, recipe, column).is_some())
    {
        Some(column) => Err(loser(sample, recipe, column)),
        None => Ok(Vec::new()),
    }
}

/// A column that names the worse response: what its values mean has to be said the other way round.
fn loser(sample: &Sample, recipe: &Recipe, column: &str) -> Refusal {
    let mut values: Vec<String> = Vec::new();
    for (value, call) in sample_calls(sample, recipe, column) {
        let means = match call {
            Some(Call::A) => "B",
            Some(Call::B) => "A",
            Some(Call::Tie(_)) => "tie",
            _ => continue,
        };
        let said = format!(
            "{}={means}",
            value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned())
        );
        if !values.contains(&said) && values.len() < 6 {
            values.push(said);
        }
    }
    Refusal {
        problem: format!(
            "`{column}` names the response that lost, by its name, and no column the one that won"
        ),
        remedy: "say what the values mean for the winner".to_owned(),
        certain: true,
        start: vec![format!("--map {}", shell(&format!("winner={column}:{}", values.join(","))))],
    }
}

/// A second column that says who won and contradicts what the recipe reads.
pub(crate) fn contradiction(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    if recipe.settled.iter().any(|role| role == "chosen" || role == "rejected") {
        return None;
    }
    let there =
        |rule: &&VerdictRule| rule.place().is_some_and(|place| place.resolve(&sample.columns).is_some());
    let rules: Vec<&VerdictRule> = recipe.verdict.iter().filter(there).collect();
    let own: Vec<Option<Call>> = match (recipe.shape, rules.as_slice()) {
        (Shape::Choice, []) if !recipe.no_choice && !recipe.gold => vec![Some(Call::A); sample.rows.len()],
        (Shape::Pair | Shape::Votes, [rule]) if rule.each.is_none() => {
            let field = rule.field.as_ref()?.resolve(&sample.columns)?;
            let calls = Calls::of(rule, field.shown());
            sample
                .rows
                .iter()
                .map(|row| calls.call(field.get(row), names_in(recipe, sample, row).names()).ok())
                .collect()
        }
        _ => return None,
    };
    let used = used(recipe, sample);
    let exact = |column: &&String| roles::VERDICTS.contains(&tokens(column).join("_").as_str());
    let mut others = sample.columns.iter().filter(|column| !used.contains(*column)).filter(exact);
    let other = others.find(|column| {
        if evidence(sample, recipe, column) != Some(Evidence::Words) {
            return false;
        }
        let calls = Calls { field: (*column).clone(), reading: Reading::Words };
        sample.rows.iter().zip(&own).any(|(row, own)| {
            let names = names_in(recipe, sample, row);
            let value = row.get(column);
            let said = match (recipe.shape, value.and_then(Value::as_str)) {
                // Letters beside a choice tell where the responses once stood; only names say which of the two it is.
                (Shape::Choice, Some(text)) => names.by_name(text),
                (Shape::Choice, None) => None,
                _ => calls.call(value, names.names()).ok(),
            };
            matches!((own, said), (Some(Call::A), Some(Call::B)) | (Some(Call::B), Some(Call::A)))
        })
    })?;
    let first = match rules.first().and_then(|rule| rule.field.as_ref()) {
        Some(field) => field.to_string(),
        None => recipe.a.first()?.to_string(),
    };
    let start = match (recipe.shape, recipe.b.first()) {
        (Shape::Choice, Some(rejected)) => {
            let (chosen, rejected) = (quoted(&first), quoted(rejected.as_str()));
            vec![
                format!("--map chosen={chosen} --map rejected={rejected}   (`{other}` is then metadata)"),
                format!(
                    "or --map response_a={chosen} --map response_b={rejected} --map winner={}",
                    quoted(other)
                ),
            ]
        }
        _ => vec![format!("--map winner={}", quoted(&first)), format!("or --map winner={}", quoted(other))],
    };
    Some(Refusal {
        problem: format!("`{first}` and `{other}` both say who won, and they contradict each other"),
        remedy: "say which is the verdict".to_owned(),
        certain: true,
        start,
    })
}

/// The names of a record's responses and models, as a rule's values may give them.
struct NamesIn {
    column_a: String,
    column_b: String,
    model_a: Option<String>,
    model_b: Option<String>,
    text_a: Option<String>,
    text_b: Option<String>,
}

impl NamesIn {
    fn names(&self) -> Names<'_> {
        Names {
            column_a: &self.column_a,
            column_b: &self.column_b,
            model_a: self.model_a.as_deref(),
            model_b: self.model_b.as_deref(),
            text_a: self.text_a.as_deref(),
            text_b: self.text_b.as_deref(),
        }
    }

    fn by_name(&self, text: &str) -> Option<Call> {
        let is = |name: &str| !name.is_empty() && normal(name) == normal(text);
        let same = |side: &Option<String>| {
            side.as_ref().is_some_and(|side| text.len() > 2 && side.trim() == text.trim())
        };
        let a = is(&self.column_a) || self.model_a.as_deref().is_some_and(is) || same(&self.text_a);
        let b = is(&self.column_b) || self.model_b.as_deref().is_some_and(is) || same(&self.text_b);
        match (a, b) {
            (true, false) => Some(Call::A),
            (false, true) => Some(Call::B),
            _ => None,
        }
    }
}

fn names_in(recipe: &Recipe, sample: &Sample, row: &Row) -> NamesIn {
    let place = |paths: &[Path]| paths.first().and_then(|path| path.resolve(&sample.columns));
    let side = |paths: &[Path]| place(paths).map(|column| column.name.to_string()).unwrap_or_default();
    let (a, b) = match recipe.shape {
        Shape::Votes => (&recipe.model_a, &recipe.model_b),
        _ => (&recipe.a, &recipe.b),
    };
    NamesIn {
        column_a: side(a),
        column_b: side(b),
        model_a: text_at(place(&recipe.model_a).as_ref(), row).map(str::to_owned),
        model_b: text_at(place(&recipe.model_b).as_ref(), row).map(str::to_owned),
        text_a: text_at(place(&recipe.a).as_ref(), row).map(str::to_owned),
        text_b: text_at(place(&recipe.b).as_ref(), row).map(str::to_owned),
    }
}

/// Whether a column is named for sides that were exchanged.
pub(crate) fn says_exchanged(column: &str) -> bool {
    const WORDS: &[&str] =
        &["swapped", "swap", "flipped", "flip", "reversed", "inverted", "switched", "exchanged"];
    const WITH: &[&str] = &[
        "is",
        "was",
        "order",
        "position",
        "positions",
        "sides",
        "side",
        "responses",
        "answers",
        "ab",
        "display",
        "presentation",
    ];
    let words = tokens(column);
    words.iter().any(|word| WORDS.contains(&word.as_str()))
        && words.iter().all(|word| WORDS.contains(&word.as_str()) || WITH.contains(&word.as_str()))
}

/// A column that says of each record whether its responses were shown the other way round: what `A` then means is doubtful.
pub(crate) fn exchanged(recipe: &Recipe, sample: &Sample) -> Option<Refusal> {
    if !matches!(recipe.shape, Shape::Pair | Shape::Votes) || recipe.verdict.is_empty() {
        return None;
    }
    // Names of models and scores of named columns mean the same whatever was shown first.
    let by_side = recipe.verdict.iter().any(|rule| {
        rule.field.is_some()
            && (rule.scale.is_some()
                || !rule.a.is_empty()
                || rule.each.is_some()
                || rule.field.as_ref().and_then(|field| field.resolve(&sample.columns)).is_some_and(
                    |column| {
                        sample.rows.iter().filter_map(|row| column.get(row)).any(|value| {
                            value.as_str().is_none_or(|text| {
                                matches!(crate::recipe::words(text), Some(Call::A | Call::B | Call::Soft(_)))
                            })
                        })
                    },
                ))
    });
    if !by_side {
        return None;
    }
    let used = used(recipe, sample);
    let column = sample.columns.iter().find(|column| {
        !used.contains(*column)
            && says_exchanged(column)
            && sample.values(column).all(|value| flag(value).is_some())
            && sample.values(column).any(|value| flag(value) == Some(true))
    })?;
    Some(Refusal {
        problem: format!(
            "`{column}` is true in some records; the file does not say whether their verdicts refer to the columns or to the order in which the responses were shown"
        ),
        remedy: "say which".to_owned(),
        certain: true,
        start: vec![
            format!(
                "--map swapped={}   (where it is true, the verdict's A is the second response)",
                quoted(column)
            ),
            "or --map swapped=none   (the verdicts are about the columns)".to_owned(),
        ],
    })
}

/// A truth value in any of its common forms.
pub(crate) fn flag(value: &Value) -> Option<bool> {
    match Code::of(value)?.shown().as_str() {
        "1" | "\"true\"" | "\"yes\"" => Some(true),
        "0" | "\"false\"" | "\"no\"" => Some(false),
        _ => None,
    }
}

/// A list of verdicts: objects with who says and what, or an object of what by who.
pub(super) fn listed(sample: &Sample, recipe: &Recipe) -> Option<VerdictRule> {
    let used = used(recipe, sample);
    for column in sample.columns.iter().filter(|column| !used.contains(*column)) {
        let Some(first) = sample.values(column).next() else { continue };
        let says = |value: &Value| {
            value.as_str().is_some_and(|text| {
                matches!(crate::recipe::words(text), Some(Call::A | Call::B | Call::Tie(_) | Call::Soft(_)))
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
pub(super) fn people(sample: &Sample, recipe: &Recipe) -> Vec<VerdictRule> {
    let used = used(recipe, sample);
    let worded = |column: &&String| {
        let words = tokens(column);
        let letter = words.len() == 1 && words.iter().all(|word| word.len() == 1);
        if names_the_loser(column) || letter || words.iter().any(|word| NO_JUDGES.contains(&word.as_str())) {
            return false;
        }
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
    // A single one may as well say which response was shown first or is the longer one.
    if columns.len() < 2 || !columns.iter().any(|column| says(column, Call::A) && says(column, Call::B)) {
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
pub(super) fn by_judge(columns: &[&(String, Evidence)], common: &[String]) -> Option<Vec<Option<String>>> {
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

/// The words that the names of all columns have.
fn common_words(columns: &[&(String, Evidence)]) -> Vec<String> {
    let words: Vec<Vec<String>> = columns.iter().map(|(column, _)| tokens(column)).collect();
    let Some(first) = words.first() else { return Vec::new() };
    first.iter().filter(|word| words.iter().all(|other| other.contains(word))).cloned().collect()
}

/// Verdicts on several criteria: columns named for what is judged, with one word in common.
pub(super) fn by_criterion(
    columns: &[&(String, Evidence)],
    rule: impl Fn(&(String, Evidence)) -> VerdictRule,
) -> Option<Vec<VerdictRule>> {
    let words: Vec<Vec<String>> = columns.iter().map(|(column, _)| tokens(column)).collect();
    let common = common_words(columns);
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
pub(super) fn one_hot(sample: &Sample) -> Option<Vec<Path>> {
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

/// The scale that numbers are likeliest to be on: a common one that holds them all, since its ends need not have been used.
fn scale_of(numbers: &[f64]) -> (f64, f64) {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let whole = numbers.iter().all(|number| number.fract() == 0.0);
    if low < 0.0 {
        let end = if high.max(-low) <= 1.0 { 1.0 } else { high.max(-low).ceil() };
        return (-end, end);
    }
    let common: &[(f64, f64)] = if whole {
        &[(0.0, 1.0), (1.0, 5.0), (1.0, 7.0), (0.0, 5.0), (1.0, 10.0), (0.0, 10.0)]
    } else {
        &[(0.0, 1.0), (0.0, 5.0), (0.0, 10.0)]
    };
    let holds = |(from, to): &&(f64, f64)| low >= *from && high <= *to;
    common.iter().find(holds).copied().unwrap_or((0.0, if high <= 100.0 { 100.0 } else { high.ceil() }))
}

/// Two readings of numbers that no format explains.
pub(super) fn doubt(sample: &Sample, column: &str) -> Refusal {
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
        let (low, high) = scale_of(&numbers);
        vec![
            format!("--map winner={name}:{low}..{high}   ({low} = A is surely better, {high} = B)"),
            format!("--map winner={name}:{high}..{low}   ({high} = A, {low} = B)"),
        ]
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
