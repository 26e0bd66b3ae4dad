//! Does a record with a label and the name of a judge also say what that judge called, which may be something else?

use super::super::calls::{Calls, Names, Reading};
use super::super::declared::{Recipe, Shape};
use super::super::path::{Column, Path};
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::{normal, tokens};
use super::super::verdict_rule::VerdictRule;
use super::super::words;
use super::columns::path;
use super::judges::of_a_judge;
use super::named::names_in;
use super::uses::{names_a_judge, used};
use super::values::{flag, number_of};
use crate::advice::MAP;
use crate::call::Call;
use serde_json::Value;

/// Words for what a judge is thought to say.
const PREDICTED: &[&str] = &["prediction", "predictions", "predicted", "predict", "pred", "preds"];
/// Words for whether a judge agrees with the label.
const AGREES: &[&str] = &[
    "correct",
    "correctness",
    "accuracy",
    "accurate",
    "acc",
    "result",
    "results",
    "agree",
    "agrees",
    "agreement",
    "match",
    "matches",
    "matched",
    "prefers",
    "wins",
    "won",
];
/// Words that may accompany them.
const BESIDE: &[&str] = &[
    "is",
    "was",
    "judge",
    "model",
    "llm",
    "label",
    "gold",
    "with",
    "chosen",
    "prediction",
    "pred",
    "the",
    "over",
    "rejected",
];

/// What a column says of the choice, in the words of its values.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Said {
    /// `chosen`, `rejected`, a tie.
    Words,
    /// Whether the judge agreed.
    Flags,
    /// `A` and `B`, of which it is unknown which is the chosen one.
    Letters,
}

/// Gives a named judge its own calls, if the record has them: the label is then somebody else's. Calls that may be read in two ways stop.
pub(crate) fn judge_calls(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let settled = |role: &str| recipe.settled.iter().any(|settled| settled == role);
    if !names_a_judge(recipe, sample) || settled("winner") || settled("judge") {
        return Ok(());
    }
    match recipe.shape {
        Shape::Choice => of_a_choice(recipe, sample),
        Shape::Pair => of_a_label(recipe, sample),
        _ => Ok(()),
    }
}

fn of_a_choice(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    if contradicted_by_scores(recipe, sample) {
        let higher = std::mem::take(&mut recipe.scores);
        recipe.verdict.push(VerdictRule { higher, ..VerdictRule::default() });
        give_the_judge(recipe);
        return Ok(());
    }
    let Some((column, said)) = calls_of_a_choice(recipe, sample)
        .into_iter()
        .find(|(column, said)| *said == Said::Letters || sample.values(column).any(says_rejected))
    else {
        return Ok(());
    };
    if said == Said::Words {
        let values = sample.distinct(&column, 12).unwrap_or_default();
        let of = |wanted: fn(&Value) -> bool| values.iter().filter(|value| wanted(value)).cloned().collect();
        recipe.verdict.push(VerdictRule {
            field: Some(path(&column)),
            a: of(says_chosen),
            b: of(says_rejected),
            tie: of(says_tie),
            ..VerdictRule::default()
        });
        give_the_judge(recipe);
        return Ok(());
    }
    Err(asked(recipe, sample, &column, said))
}

/// The judge's name goes to the last rule, away from the choice.
fn give_the_judge(recipe: &mut Recipe) {
    let judge = std::mem::take(&mut recipe.judge);
    recipe.judge_name = None;
    if let Some(rule) = recipe.verdict.last_mut() {
        rule.judge = judge;
    }
}

/// Whether some chosen response has a lower score than the rejected one.
fn contradicted_by_scores(recipe: &Recipe, sample: &Sample) -> bool {
    let [x, y] = recipe.scores.as_slice() else { return false };
    let (Some(x), Some(y)) = (x.resolve(&sample.columns), y.resolve(&sample.columns)) else { return false };
    let number = |column: &Column, row| column.get(row).and_then(number_of);
    sample.rows.iter().any(|row| match (number(&x, row), number(&y, row)) {
        (Some(chosen), Some(rejected)) => chosen < rejected,
        _ => false,
    })
}

/// The columns of a choice that may be what its judge called.
fn calls_of_a_choice(recipe: &Recipe, sample: &Sample) -> Vec<(String, Said)> {
    let used = used(recipe, sample);
    let free = sample.columns.iter().filter(|column| !used.contains(*column));
    free.filter_map(|column| Some((column.clone(), said_of_a_choice(sample, column)?))).collect()
}

fn said_of_a_choice(sample: &Sample, column: &str) -> Option<Said> {
    let words = tokens(column);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    let only =
        |lists: &[&[&str]]| words.iter().all(|word| lists.iter().any(|list| list.contains(&word.as_str())));
    let all =
        |fits: fn(&Value) -> bool| sample.values(column).next().is_some() && sample.values(column).all(fits);
    let call = roles::VERDICTS.contains(&words.join("_").as_str()) || of_a_judge(&words) || has(PREDICTED);
    if call && all(|value| says_chosen(value) || says_rejected(value) || says_tie(value)) && !all(says_tie) {
        return Some(Said::Words);
    }
    if has(AGREES) && only(&[AGREES, BESIDE]) && all(|value| flag(value).is_some()) {
        return Some(Said::Flags);
    }
    let letter = |value: &Value, wanted: fn(Call) -> bool| {
        number_of(value).is_none() && value.as_str().and_then(words_of).is_some_and(wanted)
    };
    let letters = call
        && sample.values(column).all(|value| letter(value, |call| !matches!(call, Call::Missing)))
        && sample.values(column).any(|value| letter(value, |call| call == Call::A))
        && sample.values(column).any(|value| letter(value, |call| call == Call::B));
    letters.then_some(Said::Letters)
}

fn words_of(text: &str) -> Option<Call> {
    words(text)
}

fn says_chosen(value: &Value) -> bool {
    value.as_str().is_some_and(|text| roles::good(&normal(text)))
}

/// Whether a value says that the rejected response is the better one, in words or as what is not so.
pub(crate) fn says_rejected(value: &Value) -> bool {
    value.as_str().is_some_and(|text| roles::bad(&normal(text))) || flag(value) == Some(false)
}

fn says_tie(value: &Value) -> bool {
    number_of(value).is_none()
        && value.as_str().is_some_and(|text| matches!(words(text), Some(Call::Tie(_) | Call::Missing)))
}

/// The columns of a choice in which a later record may say that its judge called something else.
pub(crate) fn judge_columns(recipe: &Recipe, sample: &Sample) -> Vec<Column> {
    let settled = recipe.settled.iter().any(|role| role == "winner" || role == "judge");
    if sample.whole || settled || recipe.shape != Shape::Choice || !names_a_judge(recipe, sample) {
        return Vec::new();
    }
    let calls = calls_of_a_choice(recipe, sample);
    calls.iter().filter_map(|(column, _)| path(column).resolve(&sample.columns)).collect()
}

fn asked(recipe: &Recipe, sample: &Sample, column: &str, said: Said) -> Refusal {
    let judge = recipe.judge.iter().find_map(|path| path.resolve(&sample.columns));
    let judge = judge.map(|judge| judge.shown()).unwrap_or_default();
    let label = recipe.a.first().map(ToString::to_string).unwrap_or_default();
    let unnamed = format!(
        "{MAP} judge=none   (`{label}` is what the file says, whoever judged; `{column}` is then metadata)"
    );
    let start = if said == Said::Flags {
        let mut values: Vec<String> = Vec::new();
        for value in sample.distinct(column, 6).unwrap_or_default() {
            let shown = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
            values.push(format!("{shown}={}", if flag(&value) == Some(true) { "A" } else { "B" }));
        }
        let claim = shell(&format!("winner={column}:{}", values.join(",")));
        vec![
            format!("{MAP} {claim}   (what `{judge}` says of each pair; A is `{label}`)"),
            format!("or {unnamed}"),
        ]
    } else {
        vec![unnamed]
    };
    Refusal {
        problem: format!(
            "`{judge}` names a judge, and `{column}` may be what that judge said: not always the same as `{label}`"
        ),
        remedy: "say whose verdicts these are".to_owned(),
        certain: true,
        start,
    }
}

/// Of two responses with a label, a prediction and a judge, the prediction is what the judge said.
fn of_a_label(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let there =
        |rule: &&VerdictRule| rule.place().is_some_and(|place| place.resolve(&sample.columns).is_some());
    let mut rules = recipe.verdict.iter().filter(there);
    let (Some(rule), None) = (rules.next(), rules.next()) else { return Ok(()) };
    let Some(field) = rule.field.clone().filter(|_| rule.each.is_none() && rule.judge.is_empty()) else {
        return Ok(());
    };
    if !is_label(field.as_str()) {
        return beside_a_label(recipe, sample, &field);
    }
    let used = used(recipe, sample);
    let calls = |column: &str| {
        let reading = match Calls::of(rule, column.to_owned()).reading {
            Reading::Named(named) => Reading::Named(named),
            _ => Reading::Words,
        };
        Calls { field: column.to_owned(), reading, loses: rule.loses }
    };
    let predicts = |column: &&String| {
        let words = tokens(column);
        let known = |word: &String| {
            PREDICTED.contains(&word.as_str())
                || roles::VERDICTS.contains(&word.as_str())
                || ["model", "judge", "llm"].contains(&word.as_str())
        };
        !used.contains(*column)
            && words.iter().any(|word| PREDICTED.contains(&word.as_str()))
            && words.iter().all(known)
            && sample.values(column).next().is_some()
            && sample.rows.iter().all(|row| {
                let names = names_in(recipe, sample, row);
                let value = row.get(column);
                value.is_none() || calls(column).call(value, Names { ..names.names() }).is_ok()
            })
    };
    let Some(column) = sample.columns.iter().find(predicts) else {
        return beside_a_label(recipe, sample, &field);
    };
    let judge = std::mem::take(&mut recipe.judge);
    let predicted = VerdictRule { field: Some(path(column)), judge, judge_name: None, ..rule.clone() };
    if let Some(label) = recipe.verdict.first_mut() {
        let gold =
            tokens(field.as_str()).iter().any(|word| ["gold", "truth", "reference"].contains(&word.as_str()));
        if gold && label.judge_name.is_none() {
            label.judge_name = Some("gold".to_owned());
        }
    }
    recipe.judge_name = None;
    recipe.verdict.push(predicted);
    Ok(())
}

/// Stops where a column says whether the judge agrees with what another column says, or what it predicted, in numbers: then that is not
/// what the judge said.
fn beside_a_label(recipe: &Recipe, sample: &Sample, field: &Path) -> Result<(), Refusal> {
    let used = used(recipe, sample);
    let there = |column: &str| sample.values(column).next().is_some();
    let other = |column: &&String| {
        let words = tokens(column);
        let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
        let known = |lists: &[&[&str]]| {
            words.iter().all(|word| lists.iter().any(|list| list.contains(&word.as_str())))
        };
        let flags = || sample.values(column).all(|value| flag(value).is_some());
        let all_true = || sample.values(column).all(|value| flag(value) == Some(true));
        let agrees = || has(AGREES) && known(&[AGREES, BESIDE]) && flags() && !all_true();
        let small = |value: &Value| number_of(value).is_some_and(|number| [0.0, 1.0, 2.0].contains(&number));
        let predicts = || {
            has(PREDICTED) && known(&[PREDICTED, BESIDE, roles::VERDICTS]) && sample.values(column).all(small)
        };
        !used.contains(*column) && there(column) && (agrees() || predicts())
    };
    let Some(column) = sample.columns.iter().find(other) else { return Ok(()) };
    let judge = recipe.judge.iter().find_map(|path| path.resolve(&sample.columns));
    let judge = judge.map(|judge| judge.shown()).unwrap_or_default();
    let claim = |claim: String| format!("{MAP} {}", shell(&claim));
    Err(Refusal {
        problem: format!(
            "`{judge}` names a judge, and `{column}` may be what that judge said, or whether it agrees: not always the same as `{field}`"
        ),
        remedy: "say whose verdicts these are".to_owned(),
        certain: true,
        start: vec![
            format!(
                "{MAP} judge=none {}   (`{field}` is a label, whoever judged; `{column}` is then metadata)",
                claim(format!("winner={field}"))
            ),
            format!("or {}   (`{field}` is what the judge said)", claim(format!("winner={field}"))),
        ],
    })
}

/// Whether a column is named for what is right, or for what people said.
fn is_label(column: &str) -> bool {
    const LABELS: &[&str] = &[
        "label",
        "labels",
        "gold",
        "truth",
        "reference",
        "human",
        "target",
        "annotation",
        "correct",
        "expected",
    ];
    tokens(column).iter().any(|word| LABELS.contains(&word.as_str()))
}
