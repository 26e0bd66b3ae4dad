//! What edits did to verdicts, compared with the weights and the predictions of a fit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use predilect_results::verifying::Effect;
use predilect_stats::resample::quantile;
use predilect_types::property;
use predilect_workbench::{GroupWeights, PairRatings};

use crate::edits::NULL;
use crate::predict::{Case, Clusters, Range, expected, rank_correlation, resampled};

/// With fewer pairs than this, no effect is called anything.
const FEW_PAIRS: u64 = 20;
/// With fewer prompts than this, resampling them is unreliable.
pub(crate) const FEW_PROMPTS: u64 = 10;

/// A change that is sure where the weight is not.
const UNSEEN: &str = "unseen cause";
/// Nothing is concluded of so few pairs or prompts.
const TOO_FEW: &str = "too few";
/// A text that answers nothing is no change of a property.
const CONTROL: &str = "control";

/// One edited response.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Edited {
    /// The id of the edited pair.
    pub(crate) id: String,
    /// The id of the pair as it was.
    pub(crate) original: String,
    /// The number of the pair in the study.
    pub(crate) at: usize,
    /// What is equal for pairs of one prompt.
    pub(crate) prompt: u64,
    pub(crate) property: String,
    pub(crate) edit: String,
    pub(crate) more: bool,
    /// Whether A was edited.
    pub(crate) is_a: bool,
    pub(crate) text: String,
    pub(crate) others_moved: usize,
}

/// Everything that effects are reckoned from.
pub(crate) struct Effects<'a> {
    pub(crate) edited: &'a [Edited],
    /// `p_a` by pair.
    pub(crate) verdicts: HashMap<&'a str, f64>,
    /// The row of each pair in the ratings.
    pub(crate) rows: HashMap<&'a str, usize>,
    pub(crate) ratings: &'a PairRatings,
    pub(crate) weights: Option<&'a GroupWeights>,
    pub(crate) seed: u64,
}

/// Judged before and after: the preference for the edited response.
struct Judged<'a> {
    edit: &'a Edited,
    before: f64,
    after: f64,
}

impl Effects<'_> {
    /// One row for each property, direction and edit, the largest change first.
    pub(crate) fn rows(&self) -> Vec<Effect> {
        let mut kinds: Vec<(&str, &str, bool)> = Vec::new();
        for edit in self.edited {
            let kind = (edit.property.as_str(), edit.edit.as_str(), edit.more);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        let mut rows: Vec<Effect> = kinds.into_iter().filter_map(|kind| self.row(kind)).collect();
        rows.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
        rows
    }

    fn row(&self, (id, edit, more): (&str, &str, bool)) -> Option<Effect> {
        let judged: Vec<Judged<'_>> = self
            .edited
            .iter()
            .filter(|own| own.property == id && own.edit == edit && own.more == more)
            .filter_map(|own| {
                let of = |id: &str| {
                    let p_a = *self.verdicts.get(id)?;
                    Some(if own.is_a { p_a } else { 1.0 - p_a })
                };
                Some(Judged { edit: own, before: of(&own.original)?, after: of(&own.id)? })
            })
            .collect();
        let changes: Vec<f64> = judged.iter().map(|own| 100.0 * (own.after - own.before)).collect();
        // Pairs of one prompt are no separate evidence.
        let prompts = Clusters::of(judged.iter().map(|own| own.edit.prompt));
        let change = resampled(&changes, &prompts, self.seed)?;
        // One prompt says nothing of others: any change is possible there.
        let (low, high) = if prompts.count() > 1 { (change.low, change.high) } else { (-100.0, 100.0) };
        let weight = self.weight(id, more);
        let predicted = self.predicted(&judged, &prompts).map(|range| range.times(100.0));
        let turned = |to: bool| {
            let is = |own: &&Judged<'_>| {
                if to { own.before < 0.5 && own.after > 0.5 } else { own.before > 0.5 && own.after < 0.5 }
            };
            judged.iter().filter(is).count() as u64
        };
        let others: usize = judged.iter().map(|own| own.edit.others_moved).sum();
        Some(Effect {
            property: id.to_owned(),
            edit: edit.to_owned(),
            more,
            pairs: judged.len() as u64,
            prompts: prompts.count() as u64,
            change: change.mean,
            low,
            high,
            weight: weight.map(|(mean, ..)| mean),
            weight_low: weight.map(|(_, low, _)| low),
            weight_high: weight.map(|(.., high)| high),
            predicted: predicted.map(|range| range.mean),
            predicted_low: predicted.map(|range| range.low),
            predicted_high: predicted.map(|range| range.high),
            others_moved: others as f64 / judged.len() as f64,
            had_lost: judged.iter().filter(|own| own.before < 0.5).count() as u64,
            won: turned(true),
            lost: turned(false),
            verdict: match (judged.len() as u64, prompts.count() as u64) {
                _ if id == NULL => CONTROL,
                (0..FEW_PAIRS, _) | (_, 0..FEW_PROMPTS) => TOO_FEW,
                _ => match verdict((low, high), weight.map(|(_, low, high)| (low, high))) {
                    UNSEEN if !self.is_sure_alone(id, &judged) => "with others",
                    verdict => verdict,
                },
            }
            .to_owned(),
        })
    }

    /// Whether the change is sure by those edits alone that moved no other property with a sure weight: else that other one may have done it.
    fn is_sure_alone(&self, id: &str, judged: &[Judged<'_>]) -> bool {
        let part_of = |id: &str| property(id).and_then(|known| known.part_of);
        let apart = |other: &str| other != id && part_of(id) != Some(other) && part_of(other) != Some(id);
        let sure = |other: &&String| {
            self.weight(other, true).is_some_and(|(_, low, high)| low > 0.0 || high < 0.0) && apart(other)
        };
        let columns: Vec<usize> =
            self.ratings.properties.iter().filter(sure).filter_map(|id| self.ratings.column(id)).collect();
        let alone: Vec<&Judged<'_>> =
            judged.iter().filter(|own| columns.iter().all(|column| !self.moves(own.edit, *column))).collect();
        let changes: Vec<f64> = alone.iter().map(|own| own.after - own.before).collect();
        let prompts = Clusters::of(alone.iter().map(|own| own.edit.prompt));
        let enough = alone.len() as u64 >= FEW_PAIRS && prompts.count() as u64 >= FEW_PROMPTS;
        let change = resampled(&changes, &prompts, self.seed).filter(|_| enough);
        change.is_some_and(|change| change.low > 0.0 || change.high < 0.0)
    }

    /// Whether an edit moved the rating of that column, or nobody knows.
    fn moves(&self, edit: &Edited, column: usize) -> bool {
        let rating = |pair: &str| {
            let (a, b) = *self.ratings.rows.get(*self.rows.get(pair)?)?.get(column)?;
            if edit.is_a { a } else { b }
        };
        match (rating(&edit.original), rating(&edit.id)) {
            (Some(before), Some(after)) => property(&self.ratings.properties[column])
                .is_none_or(|own| own.rule.compare(after, before) != 0),
            (before, after) => before.is_some() || after.is_some(),
        }
    }

    /// The weight of a property in the direction of the edit, with its 5 % and 95 % quantiles; of a part without one, its whole's.
    fn weight(&self, id: &str, more: bool) -> Option<(f64, f64, f64)> {
        let weights = self.weights?;
        let column = |id: &str| weights.properties.iter().position(|own| own == id);
        let column = column(id).or_else(|| column(property(id)?.part_of?))?;
        let width = weights.properties.len();
        let way = if more { 1.0 } else { -1.0 };
        let mut draws: Vec<f64> = weights.draws.chunks(width).map(|draw| way * draw[column]).collect();
        Some((way * weights.mean[column], quantile(&mut draws, 0.05)?, quantile(&mut draws, 0.95)?))
    }

    /// What the fit expects of the edits by all comparisons before and after.
    fn predicted(&self, judged: &[Judged<'_>], prompts: &Clusters) -> Option<Range> {
        let weights = self.weights?;
        let comparisons = |id: &str, is_a: bool| -> Option<Vec<f64>> {
            let row = *self.rows.get(id)?;
            let of = |id: &String| {
                let x = f64::from(self.ratings.comparison(row, self.ratings.column(id)?)?);
                Some(if is_a { x } else { -x })
            };
            Some(weights.properties.iter().map(|id| of(id).unwrap_or(0.0)).collect())
        };
        let cases: Option<Vec<Case<'_>>> = judged
            .iter()
            .map(|own| {
                Some(Case {
                    draws: &weights.draws,
                    before: comparisons(&own.edit.original, own.edit.is_a)?,
                    after: comparisons(&own.edit.id, own.edit.is_a)?,
                })
            })
            .collect();
        expected(&cases?, (prompts, 1.0), self.seed).map(|change| change.mean)
    }

    /// Rank correlations over effects: of weights and changes, and of predicted and measured changes.
    pub(crate) fn correlations(rows: &[Effect]) -> (Option<f64>, Option<f64>) {
        let of = |value: fn(&Effect) -> Option<f64>| {
            // Edits in both directions are one property, towards more of it: else signs alone would agree.
            let mut sums: BTreeMap<&str, (f64, f64, f64)> = BTreeMap::new();
            for row in rows.iter().filter(|row| row.property != NULL && row.verdict != TOO_FEW) {
                let Some(value) = value(row) else { continue };
                let sign = if row.more { 1.0 } else { -1.0 };
                let (x, y, n) = sums.entry(&row.property).or_default();
                (*x, *y, *n) = (*x + sign * value, *y + sign * row.change, *n + 1.0);
            }
            let (x, y): (Vec<f64>, Vec<f64>) = sums.values().map(|(x, y, n)| (x / n, y / n)).unzip();
            rank_correlation(&x, &y)
        };
        (of(|row| row.weight), of(|row| row.predicted))
    }

    /// The pairs that have verdicts before and after an edit, and their prompts.
    pub(crate) fn judged(&self) -> (u64, u64) {
        let has = |id: &str| self.verdicts.contains_key(id);
        let all = || self.edited.iter().filter(|edit| has(&edit.original) && has(&edit.id));
        let originals: BTreeSet<&str> = all().map(|edit| edit.original.as_str()).collect();
        let prompts: BTreeSet<u64> = all().map(|edit| edit.prompt).collect();
        (originals.len() as u64, prompts.len() as u64)
    }
}

/// What change and weight say together.
fn verdict(change: (f64, f64), weight: Option<(f64, f64)>) -> &'static str {
    let sign = |(low, high): (f64, f64)| match (low > 0.0, high < 0.0) {
        (true, _) => 1,
        (_, true) => -1,
        _ => 0,
    };
    match (sign(change), weight.map_or(0, sign)) {
        (0, 0) => "neither",
        (_, 0) => UNSEEN,
        (a, b) if a == b => "cause",
        _ => "correlation only",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_sure_on_both_sides_and_of_one_sign() {
        assert_eq!(verdict((1.0, 2.0), Some((0.1, 0.3))), "cause");
        assert_eq!(verdict((-2.0, -1.0), Some((0.1, 0.3))), "correlation only");
        assert_eq!(verdict((-1.0, 1.0), Some((0.1, 0.3))), "correlation only");
        assert_eq!(verdict((1.0, 2.0), Some((-0.1, 0.3))), "unseen cause");
        assert_eq!(verdict((1.0, 2.0), None), "unseen cause");
        assert_eq!(verdict((-1.0, 2.0), Some((-0.1, 0.3))), "neither");
    }

    #[test]
    fn both_directions_of_a_property_are_one_rank() {
        let row = |property: &str, more, weight, change, verdict: &str| Effect {
            property: property.to_owned(),
            more,
            weight: Some(weight),
            change,
            verdict: verdict.to_owned(),
            ..Effect::default()
        };
        // By signs alone weights and changes would agree; by size they do not.
        let mut rows = vec![
            row("a", true, 0.3, 1.0, "cause"),
            row("a", false, -0.3, -1.0, "cause"),
            row("b", true, 0.2, 2.0, "cause"),
            row("c", false, -0.1, -3.0, "cause"),
        ];
        assert_eq!(Effects::correlations(&rows).0, Some(-1.0));
        rows[2].verdict = TOO_FEW.to_owned();
        assert_eq!(Effects::correlations(&rows).0, None);
    }

    #[test]
    fn changes_are_those_of_the_edited_response_whatever_its_side() {
        let edited = |at: usize, is_a: bool| Edited {
            id: format!("e{at}"),
            original: format!("o{at}"),
            at,
            prompt: at as u64,
            property: "length".to_owned(),
            edit: "pad".to_owned(),
            more: true,
            is_a,
            text: String::new(),
            others_moved: at,
        };
        let all = [edited(0, true), edited(1, false)];
        let ratings = PairRatings {
            properties: vec!["length".to_owned()],
            rows: vec![
                vec![(Some(10.0), Some(10.0))],
                vec![(Some(10.0), Some(10.0))],
                vec![(Some(40.0), Some(10.0))],
                vec![(Some(10.0), Some(40.0))],
            ],
        };
        let weights = GroupWeights {
            group: "all".to_owned(),
            properties: vec!["length".to_owned()],
            mean: vec![0.4],
            p_positive: None,
            draws: vec![0.4],
            rows: 10,
        };
        let effects = Effects {
            edited: &all,
            verdicts: [("o0", 0.4), ("e0", 0.7), ("o1", 0.6), ("e1", 0.5)].into(),
            rows: [("o0", 0), ("o1", 1), ("e0", 2), ("e1", 3)].into(),
            ratings: &ratings,
            weights: Some(&weights),
            seed: 1,
        };
        let rows = effects.rows();
        assert_eq!(rows.len(), 1);
        // (.7 - .4 + .5 - .4) / 2
        assert!((rows[0].change - 20.0).abs() < 1e-9, "{rows:?}");
        let logit = 100.0 * (1.0 / (1.0 + (-0.4_f64).exp()) - 0.5);
        assert!((rows[0].predicted.unwrap() - logit).abs() < 1e-9);
        assert_eq!((rows[0].won, rows[0].lost, rows[0].pairs, rows[0].others_moved), (1, 0, 2, 0.5));
        assert_eq!((rows[0].had_lost, rows[0].verdict.as_str()), (2, "too few"));
        assert_eq!(rows[0].prompts, 2);
    }
}
