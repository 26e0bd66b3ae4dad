//! How good and how biased is each judge? The results of a comparison, arranged into the one table that every view writes.

use std::collections::BTreeMap;

use predilect_results::Comparison;
use predilect_results::comparison::{
    BiasCard, Figure, Interval, JudgeAgreement, JudgeColumn, JudgeKind, JudgeRow, JudgeTable, StandIn,
    StandIns, accuracy_in,
};

/// Standard errors to either side of a 90 % interval.
const Z: f64 = 1.644_853_626_951_472_7;
/// Maximum number of parts of the data with a column of accuracies.
const PARTS: usize = 12;
/// Reference judges up to which they come first.
const MANY: usize = 5;
/// What the names of juries begin with.
const JURY: &str = "jury: ";

/// The table of a comparison; `same` is how far each judge agrees with the reference judges taken as one.
pub(crate) fn judge_table(c: &Comparison, same: &BTreeMap<String, JudgeAgreement>) -> JudgeTable {
    let parts = c.stand_ins.as_ref().map(parts).unwrap_or_default();
    let candidates: &[StandIn] =
        c.stand_ins.as_ref().map(|found| found.candidates.as_slice()).unwrap_or_default();
    let card = |judge: &str| c.biases.iter().find(|card| card.judge == judge);
    let references: Vec<JudgeRow> =
        c.biases.iter().filter(|card| card.reference).map(|card| row(card, None, None)).collect();
    // Candidates come in their order: the most informative first, and last those that have to be inverted. Judges for which that is unknown
    // are between the two.
    let of = |candidate: &StandIn| match card(&candidate.judge) {
        Some(card) => row(card, Some(candidate), same.get(&card.judge)),
        None => {
            row(&BiasCard { judge: candidate.judge.clone(), ..BiasCard::default() }, Some(candidate), None)
        }
    };
    let known = |card: &&BiasCard| candidates.iter().any(|candidate| candidate.judge == card.judge);
    let others = c.biases.iter().filter(|card| !card.reference && !known(card));
    // Who is looked for are the others: many people come after them.
    let (first, last) =
        if references.len() > MANY { (Vec::new(), references) } else { (references, Vec::new()) };
    let rows = first
        .into_iter()
        .chain(candidates.iter().filter(|candidate| !candidate.turned).map(of))
        .chain(others.map(|card| row(card, None, same.get(&card.judge))))
        .chain(candidates.iter().filter(|candidate| candidate.turned).map(of))
        .chain(last);
    JudgeTable {
        rows: rows.collect(),
        reference: c.biases.iter().filter(|card| card.reference).map(|card| card.judge.clone()).collect(),
        margin: c.stand_ins.as_ref().map_or(0.0, |found| found.margin),
        columns: JudgeColumn::all(&parts),
    }
}

/// The groups, or parts of the data, in which accuracies are known, with the most pairs that a judge has in each; empty if there is only
/// one or too many for a table.
fn parts(found: &StandIns) -> Vec<(&str, u64)> {
    let mut parts: Vec<(&str, u64)> = Vec::new();
    for part in found.candidates.iter().flat_map(|c| &c.by_group) {
        match parts.iter_mut().find(|(name, _)| *name == part.group) {
            Some((_, pairs)) => *pairs = part.pairs.max(*pairs),
            None => parts.push((&part.group, part.pairs)),
        }
    }
    if (2..=PARTS).contains(&parts.len()) { parts } else { Vec::new() }
}

fn row(card: &BiasCard, candidate: Option<&StandIn>, same: Option<&JudgeAgreement>) -> JudgeRow {
    let mut cells = BTreeMap::new();
    let mut put = |id: &str, figure: Option<Figure>| {
        if let Some(figure) = figure.filter(|figure| figure.value.is_finite()) {
            cells.insert(id.to_owned(), figure);
        }
    };
    // A reference judge agrees with the other ones, or with its own other verdicts: that is not an accuracy.
    let accuracy = if card.reference { None } else { card.agreement };
    put("accuracy", accuracy.or_else(|| candidate.map(overall)).map(Figure::from));
    let shares = [
        ("same", same.and_then(|found| found.same)),
        ("ties", card.ties),
        ("first", card.prefers_first),
        ("flips", card.inconsistent),
        ("longer", card.prefers_longer),
        ("longer_at_equal_quality", card.longer_at_equal_quality),
        ("list", card.prefers_lists),
        ("list_at_equal_quality", card.lists_at_equal_quality),
    ];
    for (id, share) in shares {
        put(id, share.map(Figure::from));
    }
    if let Some(c) = candidate {
        for part in &c.by_group {
            let found = Interval { value: part.accuracy, low: part.low, high: part.high };
            put(&accuracy_in(&part.group), Some(found.into()));
        }
        let count = |n: u64| Some(Figure::from(n as f64));
        put("labels_needed", count(c.labels_with));
        put("labels_alone", count(c.labels_alone));
        put("labels_there", count(c.pairs));
        put("labels_missing", count(c.labels_with.saturating_sub(c.pairs)));
        put("correlation", Some(c.correlation.into()));
        let reach = Z * c.gain_se;
        put("gain", Some(Interval { value: c.gain, low: c.gain - reach, high: c.gain + reach }.into()));
    }
    put("verdicts", Some(card.verdicts).filter(|n| *n > 0).map(|n| Figure::from(n as f64)));
    let kind = match (card.reference, card.judge.starts_with(JURY) && card.verdicts == 0) {
        (true, _) => JudgeKind::Reference,
        (_, true) => JudgeKind::Jury,
        _ => JudgeKind::Judge,
    };
    JudgeRow { judge: card.judge.clone(), kind, turned: candidate.is_some_and(|c| c.turned), cells }
}

fn overall(c: &StandIn) -> Interval {
    Interval { value: c.accuracy, low: c.accuracy_low, high: c.accuracy_high }
}
