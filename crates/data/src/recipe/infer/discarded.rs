//! Columns that say that some verdicts are not to be trusted: those verdicts count all the same, which is reported, as are scores that are
//! none and verdicts that a judge repeated.

use super::super::declared::Recipe;
use super::super::roles;
use super::super::sample::Sample;
use super::super::spelling::tokens;
use super::failed::failed_in;
use super::repeated::repeats;
use super::uses::used;
use super::values::flag;
use serde_json::Value;

/// Words for what is kept where it is true.
const KEPT: &[&str] = &[
    "valid",
    "approved",
    "accepted",
    "passed",
    "reliable",
    "trusted",
    "usable",
    "keep",
    "use",
    "include",
    "included",
    "ok",
    "completed",
    "complete",
    "finished",
];
/// Words for what is thrown away where it is true.
const THROWN: &[&str] = &[
    "invalid",
    "spam",
    "spammer",
    "excluded",
    "exclude",
    "discard",
    "discarded",
    "flagged",
    "failed",
    "fraud",
    "unreliable",
    "rejected",
    "removed",
    "ignored",
    "ignore",
    "bot",
    "skipped",
    "skip",
    "deleted",
    "duplicate",
    "cancelled",
    "canceled",
    "tainted",
    "hidden",
];
/// Words for what its value says itself: `pass`, `Rejected`.
const SAID: &[&str] = &["status", "check", "checks", "flag", "approval", "review", "qc", "quality"];
/// Words that may accompany them.
const BESIDE: &[&str] = &[
    "is",
    "was",
    "has",
    "the",
    "attention",
    "control",
    "assignment",
    "annotation",
    "annotator",
    "worker",
    "vote",
    "verdict",
    "label",
    "judgment",
    "judgement",
    "rater",
    "user",
    "test",
    "question",
    "gold",
    "screening",
    "to",
    "be",
    "parse",
];
/// Words that are of the verdict; tests may pass, tasks be complete and answers accepted without a word on it.
const SURE: &[&str] =
    &["valid", "approved", "reliable", "trusted", "usable", "keep", "include", "included", "status"];
/// Words with which the others are about the verdict too.
const ABOUT: &[&str] = &[
    "attention",
    "check",
    "checks",
    "qc",
    "control",
    "assignment",
    "annotation",
    "annotator",
    "worker",
    "rater",
    "status",
];
/// What a status says of an assignment that its requester did not take.
const REFUSED: &[&str] =
    &["rejected", "invalid", "discarded", "spam", "excluded", "failed", "fail", "bad", "no", "n"];

/// A remark for each column that marks some of the records as ones to leave out, on scores of failed calls, and on repeated verdicts.
pub(crate) fn discarded(recipe: &Recipe, sample: &Sample) -> Vec<String> {
    let used = used(recipe, sample);
    let columns = sample.columns.iter().filter(|column| !used.contains(*column));
    let marks = columns
        .filter_map(|column| {
            let count = marked(sample, column)?;
            let records = if sample.whole { "records" } else { "of the first records" };
            let one = if count == 1 && sample.whole { "record" } else { records };
            Some(format!(
                "`{column}` marks {count} {one} as not to be used; they count like all others: take them out of the file if they should not"
            ))
        })
        .take(4);
    let failed = match failed_in(recipe, sample) {
        0 => None,
        count => {
            Some(format!("{count} of the first scores are -1, which is read as no score: the call failed"))
        }
    };
    marks.chain(failed).chain(repeats(recipe, sample)).collect()
}

/// How many records a column marks, where it marks some and not all.
fn marked(sample: &Sample, column: &str) -> Option<usize> {
    let words = tokens(column);
    let within = |list: &[&str], word: &String| list.contains(&word.as_str());
    let known = |word: &String| [KEPT, THROWN, SAID, BESIDE].iter().any(|list| within(list, word));
    // `rejected` alone is the other response.
    if !words.iter().all(known) || matches!(words.as_slice(), [only] if roles::bad(only)) {
        return None;
    }
    let thrown_word = words.iter().any(|word| within(THROWN, word));
    if !thrown_word && !words.iter().any(|word| within(SURE, word) || within(ABOUT, word)) {
        return None;
    }
    let kept = words.iter().filter(|word| within(KEPT, word)).count();
    let thrown = words.iter().filter(|word| within(THROWN, word)).count();
    let bad = |value: &Value| -> Option<bool> {
        let text = value.as_str().map(|text| text.trim().to_lowercase());
        match (kept, thrown) {
            (1, 0) => flag(value).or_else(|| text.map(|text| text != "n" && text != "no")).map(|set| !set),
            (0, 1) => flag(value),
            (0, 0) if words.iter().any(|word| within(SAID, word)) => {
                text.filter(|_| flag(value).is_none()).map(|text| REFUSED.contains(&text.as_str()))
            }
            _ => None,
        }
    };
    let said: Vec<bool> = sample.values(column).map(bad).collect::<Option<_>>()?;
    let count = said.iter().filter(|bad| **bad).count();
    (count > 0 && count < said.len()).then_some(count)
}
