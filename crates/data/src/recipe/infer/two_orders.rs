//! Two verdicts of one judge on one pair, given in two orders of the responses: `winner_ab` and `winner_ba`, `forward.winner` and
//! `reverse.winner`.

use super::super::declared::Recipe;
use super::super::refusal::Refusal;
use super::super::roles;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::evidence::{Evidence, evidence, sample_calls};
use super::opened::opened;
use super::uses::{names_a_judge, used};
use crate::advice::MAP;
use crate::call::Call;
use serde_json::Value;

/// Words for the order in which the responses are in the record, and for the other one.
const STRAIGHT: &[&str] =
    &["ab", "original", "forward", "fwd", "normal", "straight", "unswapped", "unflipped"];
const TURNED: &[&str] = &[
    "ba",
    "swapped",
    "swap",
    "reversed",
    "reverse",
    "rev",
    "backward",
    "backwards",
    "flipped",
    "inverted",
    "switched",
];
/// Words that are counted where the responses are shown twice.
const COUNTED: &[&str] = &["order", "game", "pass", "position", "direction", "permutation", "turn"];

/// Whether a column is named for one of the two orders in which the responses were shown: `winner_ba`.
pub(super) fn is_of_an_order(column: &str) -> bool {
    tokens(column).iter().any(|word| [STRAIGHT, TURNED].iter().any(|list| list.contains(&word.as_str())))
}

/// Whether two columns are named for the two orders: one word for each, or the numbers of two games.
pub(super) fn are_two_orders(recipe: &Recipe, sample: &Sample, one: &str, other: &str) -> bool {
    let (x, y) = (tokens(one), tokens(other));
    let apart: Vec<(&String, &String)> = x.iter().zip(&y).filter(|(x, y)| x != y).collect();
    let [(x_word, y_word)] = apart.as_slice() else { return false };
    if x.len() != y.len() {
        return false;
    }
    let is = |list: &[&str], word: &str| list.contains(&word);
    let named = |x: &str, y: &str| is(STRAIGHT, x) && is(TURNED, y);
    let number = |word: &str| word.parse::<u32>().is_ok();
    // Two that differ in a number are the named judge's, in two orders or two runs.
    let counted = || x.iter().any(|word| is(COUNTED, word)) || names_a_judge(recipe, sample);
    named(x_word, y_word) || named(y_word, x_word) || (number(x_word) && number(y_word) && counted())
}

/// Whether verdicts name models, so that they mean the same in either order.
pub(super) fn name_models(sample: &Sample, columns: &[&str]) -> bool {
    let side = |value: &Value| {
        value
            .as_str()
            .is_none_or(|text| matches!(crate::recipe::words(text), Some(Call::A | Call::B | Call::Soft(_))))
    };
    columns.iter().all(|column| !sample.values(column).any(side))
}

/// A verdict under the name of the other order next to one under a name that says nothing of an order: `winner` and `winner_swapped`.
pub(super) fn other_order(recipe: &Recipe, sample: &Sample, first: &str) -> Option<Refusal> {
    let inner = opened(sample);
    let sample = inner.as_ref().unwrap_or(sample);
    let used = used(recipe, sample);
    let turned = |column: &&String| {
        let (orders, rest): (Vec<String>, Vec<String>) =
            tokens(column).into_iter().partition(|word| TURNED.contains(&word.as_str()));
        !used.contains(*column)
            && *column != first
            && !orders.is_empty()
            && roles::VERDICTS.contains(&rest.join("_").as_str())
            && evidence(sample, recipe, column) == Some(Evidence::Words)
            && !name_models(sample, &[column.as_str()])
    };
    let other = sample.columns.iter().find(turned)?;
    (!is_of_an_order(first)).then(|| two_orders(recipe, sample, (first, other)))
}

/// The refusal of two verdicts that may have been given in two orders.
pub(super) fn two_orders(recipe: &Recipe, sample: &Sample, (first, other): (&str, &str)) -> Refusal {
    // The second of the two may name what was shown first: then its A is the other response.
    let mut values: Vec<String> = Vec::new();
    for (value, call) in sample_calls(sample, recipe, other) {
        let means = match call {
            Some(Call::A) => "B",
            Some(Call::B) => "A",
            Some(Call::Tie(_)) => "tie",
            _ => continue,
        };
        let text = value.as_str().map_or_else(|| value.to_string(), |text| text.trim().to_owned());
        let said = format!("{text}={means}");
        if text.len() <= 40 && !text.contains([',', '=', ':']) && !values.contains(&said) {
            values.push(said);
        }
    }
    values.sort();
    let claim = |claim: String| format!("{MAP} {}", shell(&claim));
    let mut start = vec![
        format!("{MAP} winner={}   (`{other}` is then metadata)", shell(first)),
        format!("or {MAP} winner={}   (`{first}` is then metadata)", shell(other)),
        format!(
            "or {} {}   (both name the columns)",
            claim(format!("winner(first order)={first}")),
            claim(format!("winner(second order)={other}"))
        ),
    ];
    if !values.is_empty() && values.len() <= 6 {
        start.push(format!(
            "or {} {}   (the second names what was shown, the other way round)",
            claim(format!("winner(first order)={first}")),
            claim(format!("winner(second order)={other}:{}", values.join(",")))
        ));
    }
    Refusal {
        problem: format!(
            "`{first}` and `{other}` look like the verdicts of two orders; the file does not say whether they name columns or what was shown first"
        ),
        remedy: "choose the one that refers to the columns, or say what both mean".to_owned(),
        certain: true,
        start,
    }
}
