//! A column of sentences that prefer one of two.

use super::super::declared::Recipe;
use super::super::sample::Sample;
use super::super::spelling::tokens;
use super::super::verdict_rule::VerdictRule;
use super::columns::path;
use super::losers::compares;
use super::uses::used;
use crate::call::Call;
use serde_json::Value;

/// Words of names that only say that a column is an answer.
const NAMED: &[&str] = &[
    "rating",
    "ratings",
    "score",
    "likert",
    "comparison",
    "compare",
    "evaluation",
    "assessment",
    "answer",
    "response",
    "question",
    "q",
    "scale",
    "result",
    "outcome",
    "human",
    "annotator",
    "overall",
    "side",
    "by",
    "pairwise",
    "comparative",
    "value",
    "annotation",
    "task",
    "quality",
    "grade",
    "judge",
    "rater",
    "user",
    "item",
    "the",
    "which",
    "is",
    "better",
    "opinion",
    "flag",
    "label",
    "vote",
    "decision",
    "rank",
    "relative",
    "head",
    "to",
];

/// A column whose every value is a sentence that prefers one of two, `A is slightly better`, under a name that only says that it is an
/// answer: for an expectation or a reason it is not known whose verdict it is.
pub(super) fn phrased(sample: &Sample, recipe: &Recipe) -> Option<VerdictRule> {
    let used = used(recipe, sample);
    let says = |column: &&String| {
        let known =
            |word: &String| NAMED.contains(&word.as_str()) || word.bytes().all(|byte| byte.is_ascii_digit());
        if used.contains(*column) || !tokens(column).iter().all(known) {
            return false;
        }
        let texts: Option<Vec<&str>> = sample.values(column).map(Value::as_str).collect();
        let Some(texts) = texts else { return false };
        let calls: Vec<(&str, Option<Call>)> = texts
            .iter()
            .map(|text| text.trim())
            .filter(|text| !text.is_empty())
            .map(|text| (text, super::super::words(text)))
            .collect();
        let sided = |call: &Option<Call>| matches!(call, Some(Call::A | Call::B | Call::Soft(_)));
        calls.iter().all(|(_, call)| call.is_some())
            && calls.iter().any(|(_, call)| sided(call))
            && calls.iter().all(|(text, call)| !sided(call) || compares(text))
    };
    let mut found = sample.columns.iter().filter(says);
    let only = found.next().filter(|_| found.next().is_none())?;
    Some(VerdictRule { field: Some(path(only)), ..VerdictRule::default() })
}
