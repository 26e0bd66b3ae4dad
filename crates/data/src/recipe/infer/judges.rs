//! Verdicts of several people, judges or criteria in one record: lists of them, and columns of their own.

use super::super::calls::{Call, ranked};
use super::super::roles::{self, normal, tokens};
use super::super::{Recipe, Sample, VerdictRule};
use super::doubts::doubt;
use super::verdicts::{Evidence, evidence, names_the_loser, sample_calls};
use super::{Refusal, path, shell, used};
use serde_json::Value;

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
    "slot",
    "check",
    "attention",
    "handedness",
    "hand",
    "written",
    "cheaper",
    "topic",
    "same",
    "majority",
    "consensus",
    "aggregate",
    "aggregated",
    "voter",
    "rank",
    "ai",
];

/// What a value of a list of verdicts may be: a word for one of the two or a tie, or a ranking of both.
fn says(value: &Value) -> bool {
    let worded = |value: &Value| {
        value.as_str().is_some_and(|text| {
            matches!(crate::recipe::words(text), Some(Call::A | Call::B | Call::Tie(_) | Call::Soft(_)))
        })
    };
    worded(value) || ranked(value).is_some_and(|(best, tied)| tied || worded(best))
}

fn names_verdict(key: &str) -> bool {
    let plain = normal(key);
    roles::VERDICTS.contains(&plain.as_str())
        || ["value", "answer", "text", "choices", "option"].contains(&plain.as_str())
}

/// A list of verdicts: objects with who says and what, an object of what by who, or the bare words.
pub(super) fn listed(sample: &Sample, recipe: &Recipe) -> Option<VerdictRule> {
    let used = used(recipe, sample);
    let columns = sample.columns.iter().filter(|column| !used.contains(*column));
    columns.into_iter().find_map(|column| {
        let first =
            sample.values(column).find(|value| value.as_array().is_none_or(|items| !items.is_empty()))?;
        match first {
            Value::Array(items) if items.first()?.is_object() => objects(sample, column, items),
            Value::Array(_) => bare_words(sample, column),
            // `{"selected": "left"}`: the key says what the value is, and not who chose it.
            Value::Object(fields) if fields.len() == 1 && fields.keys().all(|key| names_verdict(key)) => {
                let key = fields.keys().next()?;
                let all = sample.values(column).filter_map(|value| value.get(key)).take(200);
                let field = path(&format!("{column}.{key}"));
                let fits =
                    fields.values().all(says) && all.into_iter().all(|value| says(value) || value.is_null());
                fits.then(|| VerdictRule { field: Some(field), ..VerdictRule::default() })
            }
            Value::Object(fields)
                if !fields.is_empty() && holds_verdicts(column) && fields.values().all(says) =>
            {
                // The keys are criteria where one of them is a quality and none is a judge.
                let words = || fields.keys().flat_map(|key| tokens(key));
                let criteria =
                    words().any(|word| roles::quality(&word)) && !words().any(|word| is_judge_word(&word));
                let all =
                    sample.values(column).filter_map(Value::as_object).flat_map(|fields| fields.values());
                all.take(200).all(|value| says(value) || value.is_null()).then(|| VerdictRule {
                    each: Some(path(column)),
                    field: Some(path("value")),
                    annotator: if criteria { Vec::new() } else { vec![path("key")] },
                    criterion_field: criteria.then(|| path("key")),
                    ..VerdictRule::default()
                })
            }
            Value::Object(fields) => by_key(sample, column, fields),
            _ => None,
        }
    })
}

/// `{"judge-1": {"winner": "A", "reason": "..."}, ...}`.
fn by_key(sample: &Sample, column: &str, fields: &serde_json::Map<String, Value>) -> Option<VerdictRule> {
    let first = fields.values().next()?.as_object()?;
    let field = first.keys().find(|key| roles::VERDICTS.contains(&normal(key).as_str()))?;
    let mut all =
        sample.values(column).filter_map(Value::as_object).flat_map(|fields| fields.values()).take(200);
    let fits = all.all(|value| {
        value.is_null() || value.get(field.as_str()).is_some_and(|value| says(value) || value.is_null())
    });
    fits.then(|| VerdictRule {
        each: Some(path(column)),
        field: Some(path(field)),
        annotator: vec![path("key")],
        ..VerdictRule::default()
    })
}

/// `[{"annotator": "ann-1", "choice": "A"}, ...]`.
fn objects(sample: &Sample, column: &str, items: &[Value]) -> Option<VerdictRule> {
    let fields = items.first().and_then(Value::as_object)?;
    let by_name = |names: &[&str]| fields.keys().find(|key| names.contains(&normal(key).as_str()));
    let rankings = || items.iter().all(|item| item.get("value").is_some_and(|value| ranked(value).is_some()));
    let plain = || {
        (holds_verdicts(column) || rankings())
            .then(|| by_name(&["value", "answer", "response", "rating"]))
            .flatten()
    };
    let field = by_name(roles::VERDICTS).or_else(plain)?;
    let mut all = sample.values(column).filter_map(Value::as_array).flatten().take(200);
    let fits = all.all(|item| item.get(field.as_str()).is_none_or(|value| says(value) || value.is_null()));
    let who = by_name(roles::ANNOTATORS).or_else(|| by_name(&["name", "id", "who", "by"]));
    let judge = by_name(roles::JUDGES).or_else(|| by_name(&["model"]));
    let some = items.first().and_then(|item| item.get(field.as_str())).is_some_and(says);
    // An answer that was not sent in is none.
    let status = |wanted: &str| {
        sample
            .values(column)
            .filter_map(Value::as_array)
            .flatten()
            .any(|item| item.get("status").and_then(Value::as_str) == Some(wanted))
    };
    (fits && some).then(|| VerdictRule {
        each: Some(path(column)),
        field: Some(path(field)),
        annotator: who.filter(|_| judge.is_none()).map(|who| path(who)).into_iter().collect(),
        judge: judge.map(|judge| path(judge)).into_iter().collect(),
        criterion_field: by_name(roles::CRITERIA).map(|name| path(name)),
        where_field: status("submitted").then(|| path("status")),
        where_values: if status("submitted") { vec![Value::from("submitted")] } else { Vec::new() },
        ..VerdictRule::default()
    })
}

/// Names of columns that hold several verdicts.
const LISTS: &[&str] = &[
    "votes",
    "verdicts",
    "judgments",
    "judgements",
    "labels",
    "annotations",
    "preferences",
    "choices",
    "decisions",
    "responses",
    "annotator_votes",
    "human_votes",
    "winners",
    "human_preferences",
    "human_labels",
    "annotator_preferences",
    "annotator_choices",
    "human_annotations",
    "vote",
    "preference",
    "judges",
    "evaluations",
    "ratings",
    "annotators",
    "results",
    "reviews",
    "decision",
    "judgment",
    "judgement",
    "annotation",
    "preference_labels",
];

fn holds_verdicts(column: &str) -> bool {
    let plain = normal(column);
    let last = plain.rsplit('_').next().unwrap_or_default();
    LISTS.contains(&plain.as_str()) || (column.contains('.') && LISTS.contains(&last))
}

/// Whether a list is the same in every record and never says a thing twice: the options that were offered.
fn offered(sample: &Sample, column: &str) -> bool {
    let mut lists = sample.values(column).filter_map(Value::as_array);
    let Some(first) = lists.next() else { return false };
    let twice = first.iter().enumerate().any(|(i, item)| first.iter().take(i).any(|before| before == item));
    let others: Vec<_> = lists.collect();
    first.len() > 1 && !twice && !others.is_empty() && others.iter().all(|list| *list == first)
}

/// `["A", "B", "A"]` under a name for verdicts, with a list of who said it beside it, if there is one.
fn bare_words(sample: &Sample, column: &str) -> Option<VerdictRule> {
    let plain = normal(column);
    let mut all = sample.values(column).filter_map(Value::as_array).flatten().take(200).peekable();
    if !holds_verdicts(column)
        || offered(sample, column)
        || all.peek().is_none()
        || !all.all(|value| says(value) || value.is_null())
    {
        return None;
    }
    let of = |name: &str| {
        let list = |column: &&String| {
            sample.values(column).all(Value::is_array) && sample.values(column).next().is_some()
        };
        sample.columns.iter().find(|column| normal(column) == name).filter(list)
    };
    let own = ["users", "annotators", "workers"].iter().find_map(|word| of(&format!("{plain}_{word}")));
    let common =
        ["annotators", "annotator_ids", "workers", "worker_ids", "users", "user_ids", "raters", "judges"];
    let who = own.or_else(|| common.iter().find_map(|name| of(name)));
    Some(VerdictRule {
        each: Some(path(column)),
        field: Some(path("value")),
        annotator: who.map(|who| path(who)).into_iter().collect(),
        ..VerdictRule::default()
    })
}

/// Columns with any name whose every value is a word for one of the two or a tie: each is somebody's verdict.
pub(super) fn people(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
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
        return Ok(Vec::new());
    }
    let named: Vec<&String> = columns
        .iter()
        .copied()
        .filter(|column| tokens(column).iter().any(|word| is_judge_word(word)))
        .collect();
    // Two columns of which one always says what the other does not are a key to who wrote which.
    let opposite = |x: &&String, y: &&String| {
        let (x, y) = (sample_calls(sample, recipe, x), sample_calls(sample, recipe, y));
        x.len() >= 3
            && x.len() == y.len()
            && x.iter().zip(&y).all(|((_, x), (_, y))| {
                matches!((x, y), (Some(Call::A), Some(Call::B)) | (Some(Call::B), Some(Call::A)))
            })
    };
    let key = matches!(columns.as_slice(), [x, y] if opposite(x, y));
    if named.len() < 2 || key {
        let shown: Vec<String> = columns.iter().take(6).map(|column| format!("`{column}`")).collect();
        let flags: Vec<String> = columns
            .iter()
            .take(6)
            .map(|column| format!("--map {}", shell(&format!("winner={column}"))))
            .collect();
        return Err(Refusal {
            problem: format!("{} may each be somebody's verdict, or something else", shown.join(", ")),
            remedy: "name those that say who won: each is then a judge".to_owned(),
            certain: true,
            start: vec![flags.join(" ")],
        });
    }
    let rule = |column: &&String| VerdictRule {
        field: Some(path(column)),
        judge_name: Some((*column).clone()),
        ..VerdictRule::default()
    };
    Ok(named.iter().map(rule).collect())
}

/// Columns called after people (`annotator_1`, `human2`) that hold the numbers of the responses; numbers that may mean several
/// things stop.
pub(super) fn people_in_numbers(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
    let used = used(recipe, sample);
    let person = |column: &&String| {
        let words = tokens(column);
        let known = |word: &String| {
            is_judge_word(word)
                || word.parse::<u32>().is_ok()
                || ["label", "vote", "choice", "id"].contains(&word.as_str())
        };
        words.iter().any(|word| is_judge_word(word))
            && words.iter().all(known)
            && !words.contains(&"id".to_owned())
    };
    let columns: Vec<(&String, Evidence)> = sample
        .columns
        .iter()
        .filter(|column| !used.contains(*column))
        .filter(person)
        .filter_map(|column| {
            Some((column, evidence(sample, recipe, column).filter(|e| *e != Evidence::Words)?))
        })
        .collect();
    if columns.len() < 2 {
        return Ok(Vec::new());
    }
    if let Some((column, _)) = columns.iter().find(|(_, evidence)| *evidence != Evidence::OneTwo) {
        let mut refusal = doubt(sample, column);
        // What is said of one of them holds for all.
        for line in &mut refusal.start {
            let (flag, remark) = line
                .split_once("   ")
                .map_or((line.clone(), String::new()), |(flag, remark)| (flag.to_owned(), remark.to_owned()));
            let others = columns.iter().filter(|(other, _)| other != column);
            let more =
                others.map(|(other, _)| flag.trim_start_matches("or ").replace(column.as_str(), other));
            let flags: Vec<String> = std::iter::once(flag.clone()).chain(more).collect();
            *line = flags.join(" ");
            if !remark.is_empty() {
                line.push_str("   ");
                line.push_str(&remark);
            }
        }
        return Err(refusal);
    }
    let rule = |(column, _): &(&String, Evidence)| VerdictRule {
        field: Some(path(column)),
        a: vec![Value::from(1)],
        b: vec![Value::from(2)],
        judge_name: Some((*column).clone()),
        ..VerdictRule::default()
    };
    Ok(columns.iter().map(rule).collect())
}

/// Words in the names of judges.
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
    "ai",
];

/// Whether a name is that of a person's column: `rater_anna`, `annotator_2`, and nothing that is no verdict.
pub(super) fn is_people_column(words: &[String]) -> bool {
    let other = |word: &String| word != "ai" && NO_JUDGES.contains(&word.as_str());
    !words.iter().any(|word| other(word) || word == "id" || word == "name")
}

/// Words after which a number counts people and not responses.
pub(super) fn is_person_word(word: &str) -> bool {
    const PEOPLE: &[&str] = &[
        "annotator",
        "worker",
        "rater",
        "expert",
        "judge",
        "reviewer",
        "human",
        "user",
        "person",
        "coder",
        "labeler",
        "labeller",
        "evaluator",
        "participant",
        "voter",
        "grader",
        "crowdworker",
        "assessor",
        "panelist",
    ];
    PEOPLE.contains(&word)
}

pub(super) fn is_judge_word(word: &str) -> bool {
    JUDGES.contains(&word)
}

/// Verdicts of several judges: columns named for who judged, with one word in common.
pub(super) fn by_judge(columns: &[&(String, Evidence)], common: &[String]) -> Option<Vec<Option<String>>> {
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
pub(super) fn common_words(columns: &[&(String, Evidence)]) -> Vec<String> {
    let words: Vec<Vec<String>> = columns.iter().map(|(column, _)| tokens(column)).collect();
    let Some(first) = words.first() else { return Vec::new() };
    first.iter().filter(|word| words.iter().all(|other| other.contains(word))).cloned().collect()
}

/// Words that compare by a criterion: `which is safer`.
const COMPARING: &[&str] =
    &["more", "most", "safer", "clearer", "better", "nicer", "kinder", "brief", "truthful"];

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
            if !rest.is_empty() && rest.iter().all(|word| word.parse::<u32>().is_ok()) {
                // `judgment_1` and `judgment_2` are two who judged.
                return Some(VerdictRule { judge_name: Some(column.0.clone()), ..rule(column) });
            }
            // What is no quality is somebody: `anna_winner`.
            if !rest.is_empty()
                && !rest.iter().any(|word| roles::quality(word) || COMPARING.contains(word))
                && rest.len() == 1
            {
                return Some(VerdictRule { judge_name: Some(rest.concat()), ..rule(column) });
            }
            (!rest.is_empty()).then(|| VerdictRule { criterion: Some(rest.join(" ")), ..rule(column) })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(rules)
}
