//! The table of people: one row for each person of each judge.

use std::sync::Arc;

use arrow_array::BooleanArray;
use predilect_data::Study;
use predilect_results::{People, Reliability};

use super::columns::{batch, float, text, whole};
use crate::error::Result;

/// Writes `annotators`.
///
/// # Errors
///
/// When the table cannot be written.
pub fn write_people(study: &Study, people: &[People]) -> Result<()> {
    let rows: Vec<(&str, &Reliability)> =
        people.iter().flat_map(|of| of.annotators.iter().map(|person| (of.judge.as_str(), person))).collect();
    let number = |of: fn(&Reliability) -> Option<f64>| float(rows.iter().map(move |(_, person)| of(person)));
    let table = batch(vec![
        ("judge", text(rows.iter().map(|(judge, _)| Some(*judge)))),
        ("annotator", text(rows.iter().map(|(_, person)| Some(person.annotator.as_str())))),
        ("votes", whole(rows.iter().map(|(_, person)| Some(person.votes)))),
        ("compared", whole(rows.iter().map(|(_, person)| Some(person.agreement.of)))),
        ("agreement", number(|person| person.agreement.share)),
        ("agreement_low", number(|person| person.agreement.low)),
        ("agreement_high", number(|person| person.agreement.high)),
        ("ties", number(|person| Some(person.ties))),
        ("longer", number(|person| person.longer)),
        ("first", number(|person| person.first)),
        (
            "unreliable",
            Arc::new(rows.iter().map(|(_, person)| Some(person.unreliable)).collect::<BooleanArray>()),
        ),
    ])?;
    Ok(study.write_table("annotators", &[table])?)
}
