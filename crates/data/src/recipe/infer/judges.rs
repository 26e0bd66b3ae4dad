//! Verdicts of several people, judges or criteria in one record, in columns that are named for them.

use super::super::declared::Recipe;
use super::super::qualities;
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::super::verdict_rule::VerdictRule;
use super::super::words::words as words_of;
use super::columns::path;
use super::doubts::doubt;
use super::evidence::{Evidence, Places, calls_at, evidence, sample_calls};
use super::losers::names_the_loser;
use super::questions::{asked_words, less_of_a_drawback};
use super::uses::{names_a_judge, used};
use super::values::number_of;
use crate::advice::MAP;
use crate::call::Call;
use serde_json::Value;

/// Words in the names of columns that contain `A` and `B` but do not say which is better.
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

/// Columns named for judges or people, whose every value is a word for one of the two or a tie. Other columns of such words may be
/// verdicts or a key to who wrote which: they are asked about.
pub(super) fn people(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
    let used = used(recipe, sample);
    let places = Places::of(sample, recipe);
    let worded = |column: &&String| {
        let words = tokens(column);
        let letter = words.len() == 1 && words.iter().all(|word| word.len() == 1);
        if names_the_loser(column) || letter || words.iter().any(|word| NO_JUDGES.contains(&word.as_str())) {
            return false;
        }
        let calls = calls_at(sample, &places, column);
        let word = |value: &Value| value.as_str().is_some_and(|text| text.trim().parse::<f64>().is_err());
        let nothing =
            |value: &Value| value.as_str().is_some_and(|text| words_of(text) == Some(Call::Missing));
        !calls.is_empty()
            && calls.iter().any(|(_, call)| call.is_some())
            && calls.iter().all(|(value, call)| word(value) && (call.is_some() || nothing(value)))
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
            .map(|column| format!("{MAP} {}", shell(&format!("winner={column}"))))
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

/// Columns called after people (`annotator_1`, `human2`) that contain the numbers of the responses; ambiguous numbers stop.
pub(super) fn people_in_numbers(sample: &Sample, recipe: &Recipe) -> Result<Vec<VerdictRule>, Refusal> {
    let used = used(recipe, sample);
    let person = |column: &&String| {
        let words = tokens(column);
        let known = |word: &String| {
            is_judge_word(word)
                || word.parse::<u32>().is_ok()
                || ["label", "vote", "choice"].contains(&word.as_str())
        };
        words.iter().any(|word| is_judge_word(word)) && words.iter().all(known)
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
        // What the user says of one of them applies to all.
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

/// Whether a name is that of a person's column: `rater_anna`, `annotator_2`, and not for something other than a verdict.
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

/// What is left of a name without the word that it begins or ends with, as the file spells it: the name of a model may contain punctuation.
fn without<W: AsRef<str>>(column: &str, words: &[W]) -> Option<String> {
    let lower = column.to_lowercase();
    let word =
        words.iter().map(AsRef::as_ref).find(|word| lower.ends_with(word) || lower.starts_with(word))?;
    let rest = match lower.strip_suffix(word) {
        Some(rest) => column.get(..rest.len())?,
        None => column.get(word.len()..)?,
    };
    let rest = rest.trim_matches(|c: char| !c.is_alphanumeric());
    (!rest.is_empty()).then(|| rest.to_owned())
}

/// Verdicts of several judges: columns named for who judged, with one word in common.
pub(super) fn by_judge(columns: &[&(String, Evidence)], common: &[String]) -> Option<Vec<Option<String>>> {
    let names: Vec<Option<String>> = columns.iter().map(|(column, _)| without(column, common)).collect();
    let judge = |name: &Option<String>| {
        name.as_ref().is_none_or(|name| tokens(name).iter().any(|word| is_judge_word(word)))
    };
    (names.iter().any(Option::is_some) && names.iter().all(judge)).then_some(names)
}

/// The words that the names of all columns have.
pub(super) fn common_words(columns: &[&(String, Evidence)]) -> Vec<String> {
    let words: Vec<Vec<String>> = columns.iter().map(|(column, _)| asked_words(column)).collect();
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
    let words: Vec<Vec<String>> = columns.iter().map(|(column, _)| asked_words(column)).collect();
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
            // What is not a quality is a person: `anna_winner`.
            if !rest.is_empty()
                && !rest.iter().any(|word| qualities::quality(word) || COMPARING.contains(word))
                && rest.len() == 1
            {
                return Some(VerdictRule { judge_name: Some(rest.concat()), ..rule(column) });
            }
            (!rest.is_empty()).then(|| VerdictRule { criterion: Some(rest.join(" ")), ..rule(column) })
        })
        .collect::<Option<Vec<_>>>()?;
    Some(rules)
}

/// Words for a verdict in the name of a column that also says whose it is.
const SAID: &[&str] = &[
    "verdict",
    "label",
    "winner",
    "choice",
    "preference",
    "vote",
    "judgment",
    "judgement",
    "decision",
    "pick",
    "preferred",
];

/// Whether a name is that of a verdict with who gave it: `llm_label`, `ai_verdict`.
pub(super) fn of_a_judge(words: &[String]) -> bool {
    let says = |word: Option<&String>| word.is_some_and(|word| SAID.contains(&word.as_str()));
    let judge = |word: &String| is_judge_word(word) && word != "model" && word != "gold";
    words.len() <= 6
        && words.iter().any(judge)
        && (says(words.first()) || says(words.last()))
        && is_people_column(words)
}

/// Whether every value of a column is a word for one of the two or a tie, and each of the two is named.
fn names_both_sides(sample: &Sample, recipe: &Recipe, column: &str) -> bool {
    let calls = sample_calls(sample, recipe, column);
    let says = |wanted: Call| calls.iter().any(|(_, call)| *call == Some(wanted));
    let worded = calls.iter().all(|(value, call)| call.is_some() && number_of(value).is_none());
    worded && says(Call::A) && says(Call::B)
}

/// Verdicts of further judges and people in addition to the one that a recipe reads: columns that are named after who judged.
pub(super) fn judges_beside(recipe: &Recipe, sample: &Sample) -> Vec<VerdictRule> {
    let used = used(recipe, sample);
    let named = names_a_judge(recipe, sample);
    // A word that tells one judge from another, and not only that it is one.
    let whose = |word: &str| !ANYBODY.contains(&word) && (is_judge_word(word) || is_person_word(word));
    let beside = |column: &String| {
        let words = tokens(column);
        let person = words.iter().any(|word| is_person_word(word));
        if names_the_loser(column)
            || !(of_a_judge(&words) || (person && words.len() <= 3 && is_people_column(&words)))
        {
            return None;
        }
        if !names_both_sides(sample, recipe, column) {
            return None;
        }
        // The judge whom a column names is not somebody else than the one of another column.
        if named && !words.iter().any(|word| whose(word)) {
            return None;
        }
        let name = without(column, SAID).unwrap_or_else(|| column.clone());
        Some(VerdictRule { field: Some(path(column)), judge_name: Some(name), ..VerdictRule::default() })
    };
    sample.columns.iter().filter(|column| !used.contains(*column)).filter_map(beside).collect()
}

/// Words for judges and people that could be anybody.
const ANYBODY: &[&str] = &[
    "judge",
    "annotator",
    "worker",
    "rater",
    "llm",
    "model",
    "user",
    "reviewer",
    "gold",
    "ai",
    "person",
    "grader",
    "evaluator",
];

/// The judge that a column of verdicts is named for: `gpt-4` of `gpt-4_vote`.
pub(super) fn judge_of_column(column: &str) -> Option<String> {
    let words = tokens(column);
    let named = of_a_judge(&words) && !words.iter().any(|word| ANYBODY.contains(&word.as_str()));
    let name = named.then(|| without(column, SAID)).flatten()?;
    Some(if name.eq_ignore_ascii_case("human") { "human".to_owned() } else { name })
}

/// The criterion that a column of verdicts is named for, and nothing else: `helpfulness` of `winner_helpfulness`.
pub(super) fn criterion_of(column: &str) -> Option<String> {
    const VERDICT: &[&str] = &[
        "winner",
        "preferred",
        "preference",
        "better",
        "best",
        "choice",
        "vote",
        "verdict",
        "label",
        "pref",
        "more",
        "most",
        "response",
        "which",
        "is",
    ];
    let words = asked_words(column);
    let rest: Vec<&str> = words.iter().map(String::as_str).filter(|word| !VERDICT.contains(word)).collect();
    let quality = |word: &&str| {
        (qualities::quality(word) || qualities::graded(word))
            && !is_judge_word(word)
            && !["overall", "total", "mean", "avg", "preference"].contains(word)
    };
    let criterion = match rest.as_slice() {
        [] => false,
        [_, _] if less_of_a_drawback(&words) => true,
        some => some.iter().all(quality),
    };
    criterion.then(|| rest.join(" "))
}

/// Verdicts by criteria in addition to an overall one: `winner_helpfulness` or `fluency` next to `winner`, with words for the two.
pub(super) fn criteria_beside(recipe: &Recipe, sample: &Sample) -> Vec<VerdictRule> {
    let used = used(recipe, sample);
    let beside = |column: &String| {
        let criterion = criterion_of(column).filter(|_| !names_the_loser(column))?;
        names_both_sides(sample, recipe, column).then(|| VerdictRule {
            field: Some(path(column)),
            criterion: Some(criterion),
            ..VerdictRule::default()
        })
    };
    sample.columns.iter().filter(|column| !used.contains(*column)).filter_map(beside).collect()
}
