//! What an annotated pair of preference-dissection says: a query, two responses, many judges' labels, and ratings.
//!
//! `preference_labels` maps each judge to `response_1` (A) or `response_2` (B); `tie` is read, null means no verdict, other words stop.
//! Basic ratings are kept as the annotator `gpt-4-turbo` gave them, *repetitive* inverted (3 - x) into `non_repetitive`; errors are counted
//! by severity, and a side whose accuracy is `not applicable` has no rating (`None`, never 0); lists of query-specific ratings are
//! averaged; `num_words` is the annotator `file`'s length. A rating of an unknown property or type is counted, not kept. `scenario_group`
//! is the scenario; the query's analysis and all other fields go to the metadata.

use std::collections::BTreeMap;

use predilect_types::{Message, Rating, Response};
use serde_json::Value;

use super::common::{Context, keep_rest, winner};
use crate::draft::{Draft, Parsed};
use crate::error::RowError;
use crate::row::{Row, as_text};

const ANNOTATOR: &str = "gpt-4-turbo";
const UNKNOWN_RATING: &str = "rating of an unknown property or type";
const OFF_SCALE: &str = "rating outside the scale of its property";

/// The file's words and the property they mean.
const NAMES: &[(&str, &str)] = &[
    ("harmless", "harmless"),
    ("grammar", "grammatical"),
    ("grammatical", "grammatical"),
    ("friendly", "friendly"),
    ("polite", "polite"),
    ("interactive", "interactive"),
    ("authoritative", "authoritative"),
    ("funny", "funny"),
    ("metaphors", "rhetorical"),
    ("use rhetorical", "rhetorical"),
    ("complex word", "complex"),
    ("use of direct and explicit supporting", "supported"),
    ("use supporting", "supported"),
    ("well formatted", "well_formatted"),
    ("admit", "admit_limits"),
    ("persua", "persuasive"),
    ("step by step", "step_by_step"),
    ("use of informal", "informal"),
    ("use informal", "informal"),
    ("non repetitive", "non_repetitive"),
    ("repetitive", "repetitive"),
    ("clear", "clear"),
    ("relevan", "relevant"),
    ("innovative", "novel"),
    ("novel", "novel"),
    ("information richness", "rich"),
    ("rich", "rich"),
    ("clarify", "clarify_intent"),
    ("show", "empathetic"),
    ("satisfy", "satisfies_constraints"),
    ("support", "supports_stances"),
    ("correct", "corrects_mistakes"),
];

fn property(name: &str) -> Option<&'static str> {
    let plain = name.to_ascii_lowercase().replace(['-', '_'], " ");
    NAMES.iter().find(|(start, _)| plain.starts_with(start)).map(|(_, id)| *id)
}

pub(super) fn parse(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let query = row.text("query")?;
    let (a, words_a) = side(&mut row, "response_1")?;
    let (b, words_b) = side(&mut row, "response_2")?;
    let mut draft = Draft::new(vec![Message::user(query)], a, b);
    let group = row.first_of(&["scenario_group", "scenario_auto-j", "scenario"]);
    draft.pair.scenario = row.opt_text(group)?;
    match row.take("preference_labels") {
        None => {}
        Some(Value::Object(labels)) => {
            for (judge, label) in labels {
                let label = Some(label).filter(|label| !label.is_null());
                let field = format!("preference_labels.{judge}");
                let call = winner(&field, label, &["response_1", "A"], &["response_2", "B"])?;
                draft.call(judge, call);
            }
        }
        Some(other) => {
            let call = winner("preference_labels", Some(other), &["response_1", "A"], &["response_2", "B"])?;
            draft.call(cx.judge_or(None), call);
        }
    }
    if words_a.is_some() || words_b.is_some() {
        rate(&mut draft, "length", "file", words_a, words_b);
    }
    scores(&mut draft, &mut row, "basic");
    errors(&mut draft, &mut row);
    scores(&mut draft, &mut row, "query-specific");
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

fn side(row: &mut Row, name: &str) -> Result<(Response, Option<f64>), RowError> {
    match row.require(name)? {
        Value::Object(mut side) => {
            let text = side.remove("content").ok_or_else(|| RowError::missing(&format!("{name}.content")))?;
            let model = side.remove("model").and_then(|model| model.as_str().map(str::to_owned));
            let words = side.get("num_words").and_then(Value::as_f64);
            Ok((Response::new(as_text(&format!("{name}.content"), text)?, model), words))
        }
        other => Ok((Response::new(as_text(name, other)?, None), None)),
    }
}

fn rate(draft: &mut Draft, property: &str, annotator: &str, a: Option<f64>, b: Option<f64>) {
    let (low, high) = predilect_types::property(property).map_or((f64::MIN, f64::MAX), |p| p.scale.ends());
    let mut on_scale = |rating: Option<f64>| {
        let found = rating.filter(|number| (low..=high).contains(number));
        if rating.is_some() && found.is_none() {
            draft.dropped.push(OFF_SCALE);
        }
        found
    };
    let (a, b) = (on_scale(a), on_scale(b));
    draft.ratings.push(Rating {
        pair: String::new(),
        property: property.to_owned(),
        annotator: annotator.to_owned(),
        a,
        b,
        ..Rating::default()
    });
}

/// `GROUP_response_1` and `GROUP_response_2`: an object of ratings each.
fn scores(draft: &mut Draft, row: &mut Row, group: &str) {
    let mut both: BTreeMap<&'static str, [Option<f64>; 2]> = BTreeMap::new();
    for (i, side) in ["response_1", "response_2"].into_iter().enumerate() {
        let Some(Value::Object(ratings)) = row.take(&format!("{group}_{side}")) else { continue };
        for (name, value) in ratings {
            if value.is_null() || value.as_array().is_some_and(Vec::is_empty) {
                continue;
            }
            let (Some(id), Some(number)) = (property(&name), average(&value)) else {
                draft.dropped.push(UNKNOWN_RATING);
                continue;
            };
            let (id, number) =
                if id == "repetitive" { ("non_repetitive", 3.0 - number) } else { (id, number) };
            if let Some(slot) = both.entry(id).or_default().get_mut(i) {
                *slot = Some(number);
            }
        }
    }
    for (id, [a, b]) in both {
        rate(draft, id, ANNOTATOR, a, b);
    }
}

/// A number, or the mean of a list's numbers (an object counts as its only number).
fn average(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok().filter(|x: &f64| x.is_finite()),
        Value::Object(fields) => {
            let mut numbers = fields.values().filter_map(Value::as_f64);
            numbers.next().filter(|_| numbers.next().is_none())
        }
        Value::Array(items) => {
            let numbers: Option<Vec<f64>> =
                items.iter().map(|item| if item.is_array() { None } else { average(item) }).collect();
            let numbers = numbers?;
            (!numbers.is_empty()).then(|| numbers.iter().sum::<f64>() / numbers.len() as f64)
        }
        _ => None,
    }
}

fn errors(draft: &mut Draft, row: &mut Row) {
    let mut counts: [Option<[f64; 3]>; 2] = [None, None];
    let mut any = false;
    for (slot, side) in counts.iter_mut().zip(["response_1", "response_2"]) {
        let Some(found) = row.take(&format!("errors_{side}")) else { continue };
        any = true;
        let applicable = found.get("applicable or not").and_then(Value::as_str).unwrap_or("applicable");
        if applicable.trim().eq_ignore_ascii_case("not applicable") {
            continue;
        }
        if !applicable.trim().eq_ignore_ascii_case("applicable") {
            draft.dropped.push(UNKNOWN_RATING);
            continue;
        }
        let mut count = [0.0; 3];
        for error in found.get("errors").and_then(Value::as_array).into_iter().flatten() {
            let severity =
                error.get("severity").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
            let at = ["minor", "moderate", "severe"].iter().position(|word| severity.contains(word));
            match at.and_then(|at| count.get_mut(at)) {
                Some(n) => *n += 1.0,
                None => draft.dropped.push(UNKNOWN_RATING),
            }
        }
        *slot = Some(count);
    }
    if any {
        for (i, id) in ["no_minor_errors", "no_moderate_errors", "no_severe_errors"].into_iter().enumerate() {
            let of =
                |side: Option<&Option<[f64; 3]>>| side.copied().flatten().and_then(|c| c.get(i).copied());
            rate(draft, id, ANNOTATOR, of(counts.first()), of(counts.get(1)));
        }
    }
}
