//! What `compare` found, as tables: one row per fact, so that any tool can filter and join them.

use std::sync::Arc;

use arrow_array::{ArrayRef, BooleanArray};
use predilect_results::Comparison;
use predilect_results::comparison::{HabitDifference, Interval, JudgeTable, Measure, Similarity};

use super::columns::{Sink, batch, float, text, whole};
use crate::error::Result;

/// Writes `similarity`, `clusters`, `agreement`, `contrasts`, `habits`, `strengths`, `biases`, `stand_ins`, `judges`, `corrected_rates` and
/// `pooled`.
///
/// # Errors
///
/// When the table cannot be written.
pub fn write_comparison(to: &dyn Sink, c: &Comparison) -> Result<()> {
    similarity(to, &c.similarity)?;
    clusters(to, &c.similarity)?;
    agreement(to, c)?;
    contrasts(to, c)?;
    habits(to, c)?;
    strengths(to, c)?;
    biases(to, c)?;
    stand_ins(to, c)?;
    judges(to, &c.judge_table)?;
    pooled(to, c)
}

fn names<'a>(values: impl Iterator<Item = &'a str>) -> ArrayRef {
    text(values.map(Some))
}

/// The judge table: one row per judge, with the columns of its CSV.
fn judges(to: &dyn Sink, t: &JudgeTable) -> Result<()> {
    let fields = t.fields();
    let mut columns: Vec<(&str, ArrayRef)> = vec![
        ("judge", names(t.rows.iter().map(|row| row.judge.as_str()))),
        ("kind", names(t.rows.iter().map(|row| row.kind.name()))),
        ("turned", Arc::new(t.rows.iter().map(|row| Some(row.turned)).collect::<BooleanArray>())),
    ];
    for (name, column, end) in &fields {
        columns.push((name, float(t.rows.iter().map(|row| row.number(column, *end)))));
    }
    to.write_table("judges", &[batch(columns)?])
}

/// Every two judges, overall (with its interval) and in each group.
fn similarity(to: &dyn Sink, l: &Similarity) -> Result<()> {
    let mut rows: Vec<(&str, usize, usize)> = Vec::new();
    let n = l.judges.len();
    for group in std::iter::once("overall").chain(l.by_group.keys().map(String::as_str)) {
        rows.extend((0..n).flat_map(|a| (0..n).map(move |b| (group, a, b))));
    }
    let value = |&(group, a, b): &(&str, usize, usize)| match l.by_group.get(group) {
        Some(matrix) if group != "overall" => matrix[a][b],
        _ => l.overall[a][b],
    };
    let overall = |matrix: &Vec<Vec<Option<f64>>>, row: &(&str, usize, usize)| {
        if row.0 == "overall" { matrix[row.1][row.2] } else { None }
    };
    let table = batch(vec![
        ("measure", names(rows.iter().map(|_| l.measure.as_str()))),
        ("group", names(rows.iter().map(|row| row.0))),
        ("judge_a", names(rows.iter().map(|row| l.judges[row.1].as_str()))),
        ("judge_b", names(rows.iter().map(|row| l.judges[row.2].as_str()))),
        ("value", float(rows.iter().map(value))),
        ("q05", float(rows.iter().map(|row| overall(&l.low, row)))),
        ("q50", float(rows.iter().map(|row| overall(&l.median, row)))),
        ("q95", float(rows.iter().map(|row| overall(&l.high, row)))),
    ])?;
    to.write_table("similarity", &[table])
}

/// One row per judge: its place among the leaves, its cluster and its place on the map.
fn clusters(to: &dyn Sink, l: &Similarity) -> Result<()> {
    let order: Vec<&String> = l.clusters.iter().flat_map(|clusters| &clusters.order).collect();
    let cluster = |judge: &String| {
        l.clusters
            .as_ref()?
            .groups
            .iter()
            .position(|group| group.judges.contains(judge))
            .map(|at| at as u64 + 1)
    };
    let place = |judge: &String| l.clusters.as_ref()?.places.iter().find(|place| place.judge == *judge);
    let table = batch(vec![
        ("judge", names(order.iter().map(|judge| judge.as_str()))),
        ("leaf", whole((0..order.len()).map(|at| Some(at as u64 + 1)))),
        ("cluster", whole(order.iter().map(|judge| cluster(judge)))),
        ("x", float(order.iter().map(|judge| place(judge).map(|place| place.x)))),
        ("y", float(order.iter().map(|judge| place(judge).map(|place| place.y)))),
    ])?;
    to.write_table("clusters", &[table])
}

/// One row per two judges and coefficient.
fn agreement(to: &dyn Sink, c: &Comparison) -> Result<()> {
    let mut rows = Vec::new();
    for a in &c.agreement {
        let coefficients = [
            ("same", a.same),
            ("same_without_ties", a.same_without_ties),
            ("soft", a.soft),
            ("kappa", a.kappa),
            ("weighted_kappa", a.weighted_kappa),
            ("alpha", a.alpha),
        ];
        rows.extend(coefficients.into_iter().filter_map(|(name, found)| Some((a, name, found?))));
    }
    let table = batch(vec![
        ("judge_a", names(rows.iter().map(|row| row.0.judges[0].as_str()))),
        ("judge_b", names(rows.iter().map(|row| row.0.judges[1].as_str()))),
        ("pairs", whole(rows.iter().map(|row| Some(row.0.pairs)))),
        ("prompts", whole(rows.iter().map(|row| Some(row.0.prompts)))),
        ("coefficient", names(rows.iter().map(|row| row.1))),
        ("value", float(rows.iter().map(|row| Some(row.2.value)))),
        ("q05", float(rows.iter().map(|row| Some(row.2.low)))),
        ("q95", float(rows.iter().map(|row| Some(row.2.high)))),
    ])?;
    to.write_table("agreement", &[table])
}

/// One row per two judges and measure.
fn habits(to: &dyn Sink, c: &Comparison) -> Result<()> {
    let rows = &c.habits;
    let measure = |row: &HabitDifference| match row.measure {
        Measure::Accuracy => "accuracy",
        Measure::First => "first",
        Measure::Longer => "longer",
        Measure::Ties => "ties",
    };
    let table = batch(vec![
        ("judge_a", names(rows.iter().map(|row| row.judges[0].as_str()))),
        ("judge_b", names(rows.iter().map(|row| row.judges[1].as_str()))),
        ("measure", names(rows.iter().map(measure))),
        ("pairs", whole(rows.iter().map(|row| Some(row.pairs)))),
        ("prompts", whole(rows.iter().map(|row| Some(row.prompts)))),
        ("share_a", float(rows.iter().map(|row| Some(row.first)))),
        ("share_b", float(rows.iter().map(|row| Some(row.second)))),
        ("difference", float(rows.iter().map(|row| Some(row.difference.value)))),
        ("q05", float(rows.iter().map(|row| Some(row.difference.low)))),
        ("q95", float(rows.iter().map(|row| Some(row.difference.high)))),
        ("p_value", float(rows.iter().map(|row| Some(row.p_value)))),
        ("q_value", float(rows.iter().map(|row| Some(row.q_value)))),
    ])?;
    to.write_table("habits", &[table])
}

/// One row per two judges and model.
fn strengths(to: &dyn Sink, c: &Comparison) -> Result<()> {
    let rows = &c.strengths;
    let table = batch(vec![
        ("judge_a", names(rows.iter().map(|row| row.judges[0].as_str()))),
        ("judge_b", names(rows.iter().map(|row| row.judges[1].as_str()))),
        ("model", names(rows.iter().map(|row| row.model.as_str()))),
        ("pairs", whole(rows.iter().map(|row| Some(row.pairs)))),
        ("prompts", whole(rows.iter().map(|row| Some(row.prompts)))),
        ("score_a", float(rows.iter().map(|row| Some(row.first)))),
        ("score_b", float(rows.iter().map(|row| Some(row.second)))),
        ("rank_a", whole(rows.iter().map(|row| Some(row.ranks[0] as u64)))),
        ("rank_b", whole(rows.iter().map(|row| Some(row.ranks[1] as u64)))),
        ("difference", float(rows.iter().map(|row| Some(row.difference.value)))),
        ("q05", float(rows.iter().map(|row| Some(row.difference.low)))),
        ("q95", float(rows.iter().map(|row| Some(row.difference.high)))),
        ("p_value", float(rows.iter().map(|row| Some(row.p_value)))),
        ("q_value", float(rows.iter().map(|row| Some(row.q_value)))),
        ("prior", float(rows.iter().map(|row| Some(row.prior)))),
    ])?;
    to.write_table("strengths", &[table])
}

fn contrasts(to: &dyn Sink, c: &Comparison) -> Result<()> {
    let rows = &c.contrasts;
    let table = batch(vec![
        ("judge_a", names(rows.iter().map(|row| row.judges[0].as_str()))),
        ("judge_b", names(rows.iter().map(|row| row.judges[1].as_str()))),
        ("group", names(rows.iter().map(|row| row.group.as_str()))),
        ("property", names(rows.iter().map(|row| row.property.as_str()))),
        ("mean", float(rows.iter().map(|row| Some(row.mean)))),
        ("q05", float(rows.iter().map(|row| Some(row.low)))),
        ("q95", float(rows.iter().map(|row| Some(row.high)))),
        ("shared_units", whole(rows.iter().map(|row| Some(row.shared_units)))),
        ("p_positive", float(rows.iter().map(|row| Some(row.p_positive)))),
        ("q_value", float(rows.iter().map(|row| Some(row.q_value)))),
    ])?;
    to.write_table("contrasts", &[table])
}

/// One row per judge and measure.
fn biases(to: &dyn Sink, c: &Comparison) -> Result<()> {
    let plain = |value: f64| Some(Interval { value, low: f64::NAN, high: f64::NAN });
    let mut rows = Vec::new();
    for card in &c.biases {
        let (own, kin) = (card.own_model.as_ref(), card.own_family.as_ref());
        let measures = [
            ("missing", plain(card.missing)),
            ("ties", card.ties),
            ("prefers_first", card.prefers_first),
            ("inconsistent", card.inconsistent),
            ("prefers_longer", card.prefers_longer),
            ("longer_at_equal_quality", card.longer_at_equal_quality),
            ("prefers_lists", card.prefers_lists),
            ("lists_at_equal_quality", card.lists_at_equal_quality),
            ("own_model_excess", own.map(|own| own.excess)),
            ("own_family_excess", kin.map(|kin| kin.excess)),
            ("agreement", card.agreement),
            ("bias", card.bias),
            ("variance", card.variance),
            ("mean_mass", card.mean_mass.and_then(plain)),
        ];
        rows.extend(measures.into_iter().filter_map(|(name, found)| Some((card, name, found?))));
    }
    let known = |x: f64| (!x.is_nan()).then_some(x);
    let table = batch(vec![
        ("judge", names(rows.iter().map(|row| row.0.judge.as_str()))),
        ("pairs", whole(rows.iter().map(|row| Some(row.0.pairs)))),
        ("measure", names(rows.iter().map(|row| row.1))),
        ("value", float(rows.iter().map(|row| Some(row.2.value)))),
        ("q05", float(rows.iter().map(|row| known(row.2.low)))),
        ("q95", float(rows.iter().map(|row| known(row.2.high)))),
    ])?;
    to.write_table("biases", &[table])
}

fn stand_ins(to: &dyn Sink, c: &Comparison) -> Result<()> {
    let rows = c.stand_ins.as_ref().map_or(&[][..], |found| &found.candidates);
    let table = batch(vec![
        ("judge", names(rows.iter().map(|row| row.judge.as_str()))),
        ("pairs", whole(rows.iter().map(|row| Some(row.pairs)))),
        ("accuracy", float(rows.iter().map(|row| Some(row.accuracy)))),
        ("calibrated_accuracy", float(rows.iter().map(|row| row.calibrated_accuracy))),
        ("log_loss", float(rows.iter().map(|row| Some(row.log_loss)))),
        ("base_log_loss", float(rows.iter().map(|row| Some(row.base_log_loss)))),
        ("gain", float(rows.iter().map(|row| Some(row.gain)))),
        ("gain_se", float(rows.iter().map(|row| Some(row.gain_se)))),
        ("correlation", float(rows.iter().map(|row| Some(row.correlation)))),
        ("labels_alone", whole(rows.iter().map(|row| Some(row.labels_alone)))),
        ("labels_with", whole(rows.iter().map(|row| Some(row.labels_with)))),
    ])?;
    to.write_table("stand_ins", &[table])?;
    let rates = c.stand_ins.as_ref().map_or(&[][..], |found| &found.rates);
    let rows: Vec<_> = rates
        .iter()
        .flat_map(|rate| {
            [
                ("reference_only", rate.reference_only),
                ("judge_only", rate.judge_only),
                ("corrected", rate.corrected),
            ]
            .map(|(name, found)| (rate, name, found))
        })
        .collect();
    let table = batch(vec![
        ("model", names(rows.iter().map(|row| row.0.model.as_str()))),
        ("judge", names(rows.iter().map(|row| row.0.judge.as_str()))),
        ("labelled", whole(rows.iter().map(|row| Some(row.0.labelled)))),
        ("judged_only", whole(rows.iter().map(|row| Some(row.0.judged_only)))),
        ("estimate", names(rows.iter().map(|row| row.1))),
        ("value", float(rows.iter().map(|row| Some(row.2.value)))),
        ("low", float(rows.iter().map(|row| Some(row.2.low)))),
        ("high", float(rows.iter().map(|row| Some(row.2.high)))),
        ("lambda", float(rows.iter().map(|row| Some(row.0.lambda)))),
    ])?;
    to.write_table("corrected_rates", &[table])
}

fn pooled(to: &dyn Sink, c: &Comparison) -> Result<()> {
    let cells = c.pooling.as_ref().map_or(&[][..], |found| &found.cells);
    let rows: Vec<_> = cells.iter().flat_map(|cell| cell.weights.iter().map(move |w| (cell, w))).collect();
    let table = batch(vec![
        ("judge", names(rows.iter().map(|row| row.0.judge.as_str()))),
        ("group", names(rows.iter().map(|row| row.0.group.as_str()))),
        ("rows", whole(rows.iter().map(|row| Some(row.0.rows)))),
        ("property", names(rows.iter().map(|row| row.1.property.as_str()))),
        ("mean", float(rows.iter().map(|row| Some(row.1.mean)))),
        ("sd", float(rows.iter().map(|row| Some(row.1.sd)))),
        ("separate", float(rows.iter().map(|row| Some(row.1.separate)))),
        ("separate_log_loss", float(rows.iter().map(|row| Some(row.0.separate_log_loss)))),
        ("pooled_log_loss", float(rows.iter().map(|row| Some(row.0.pooled_log_loss)))),
    ])?;
    to.write_table("pooled", &[table])
}
