//! What edits did to verdicts, compared with the weights and the predictions of a fit.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use predilect_results::verifying::Effect;
use predilect_stats::resample::quantile;
use predilect_types::property;
use predilect_workbench::{GroupWeights, PairRatings};

use crate::edited::{Edited, Judged, Slopes};
use crate::edits::NULL;
use crate::predict::{Case, Clusters, Range, expected, rank_correlation, resampled};

/// With fewer pairs than this, no effect is called anything.
const FEW_PAIRS: u64 = 20;
/// With fewer prompts than this, resampling them is unreliable.
pub(crate) const FEW_PROMPTS: u64 = 10;

/// The property of edits that change how much text there is, and nothing else.
pub(crate) const LENGTH: &str = "length";
/// A change below this many points is none, however sure.
const LEAST: f64 = 0.5;
/// A change is more than one of length if it is surely more than this many times what that does: how it grows with the text is not known.
const TIMES: f64 = 2.0;
/// Responses whose texts differ by a smaller share than this are equally long.
const AS_LONG: f64 = 0.02;

/// Change and weight are sure and of one sign.
const CAUSE: &str = "cause";
/// A change that is sure where the weight is not.
const UNSEEN: &str = "unseen cause";
/// Something else that the edits changed may have done it.
const WITH_OTHERS: &str = "with others";
/// The judge may not see what responses say.
const NOT_TOLD: &str = "not told";
/// Nothing is concluded of so few pairs or prompts.
const TOO_FEW: &str = "too few";
/// A text that answers nothing is no change of a property.
const CONTROL: &str = "control";

/// Everything that effects are reckoned from.
pub(crate) struct Effects<'a> {
    pub(crate) edited: &'a [Edited],
    /// `p_a` by pair.
    pub(crate) verdicts: HashMap<&'a str, f64>,
    /// The row of each pair in the ratings.
    pub(crate) rows: HashMap<&'a str, usize>,
    pub(crate) ratings: &'a PairRatings,
    pub(crate) weights: Option<&'a GroupWeights>,
    /// Whether the judge follows the position of responses or tells hardly any apart, so that what does not move its verdicts need not be without effect.
    pub(crate) blind: bool,
    pub(crate) seed: u64,
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
        let slopes = self.slopes();
        let mut rows: Vec<Effect> = kinds.into_iter().filter_map(|kind| self.row(kind, &slopes)).collect();
        rows.sort_by(|a, b| b.change.abs().total_cmp(&a.change.abs()));
        rows
    }

    /// The edits of some kind that have a verdict before and after.
    fn judged_of(&self, wanted: impl Fn(&Edited) -> bool) -> Vec<Judged<'_>> {
        let all = self.edited.iter().filter(|own| wanted(own)).filter_map(|own| {
            let of = |id: &str| {
                let p_a = *self.verdicts.get(id)?;
                Some(if own.is_a { p_a } else { 1.0 - p_a })
            };
            Some(Judged { edit: own, before: of(&own.original)?, after: of(&own.id)? })
        });
        all.collect()
    }

    /// What length alone does, by the edits of this run that change nothing else.
    fn slopes(&self) -> Slopes {
        let of = |more: bool| {
            let judged = self.judged_of(|own| own.property == LENGTH && own.more == more);
            let slope = |unit: usize| {
                let (x, y): (Vec<f64>, Vec<f64>) =
                    judged.iter().map(|own| (own.edit.longer()[unit], own.change())).unzip();
                let squares: f64 = x.iter().map(|x| x * x).sum();
                x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>() / squares
            };
            (judged.len() as u64 >= FEW_PAIRS).then(|| [slope(0), slope(1)])
        };
        Slopes { longer: of(true), shorter: of(false) }
    }

    fn row(&self, (id, edit, more): (&str, &str, bool), slopes: &Slopes) -> Option<Effect> {
        let judged = self.judged_of(|own| own.property == id && own.edit == edit && own.more == more);
        let changes: Vec<f64> = judged.iter().map(Judged::change).collect();
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
        let by_length: Option<Vec<f64>> =
            judged.iter().map(|own| slopes.of(own.edit, change.mean > 0.0)).collect();
        let by_length = by_length.filter(|_| id != LENGTH && id != NULL);
        let alone =
            || self.is_sure_alone(id, &judged) && self.is_beyond_length(id, &judged, by_length.as_deref());
        let verdict = match (judged.len() as u64, prompts.count() as u64) {
            _ if id == NULL => CONTROL,
            (0..FEW_PAIRS, _) | (_, 0..FEW_PROMPTS) => TOO_FEW,
            _ => match verdict((change.mean, low, high), weight.map(|(_, low, high)| (low, high))) {
                CAUSE | UNSEEN if !alone() => WITH_OTHERS,
                found @ (CAUSE | UNSEEN) => found,
                _ if self.blind => NOT_TOLD,
                found => found,
            },
        };
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
            by_length: by_length.map(|all| all.iter().sum::<f64>() / all.len() as f64),
            verdict: verdict.to_owned(),
        })
    }

    /// Whether a change is sure by some of its edits alone, and of the sign that all of them have.
    fn is_sure_of(&self, some: &[(&Judged<'_>, f64)], up: bool) -> bool {
        let changes: Vec<f64> = some.iter().map(|(_, change)| *change).collect();
        let prompts = Clusters::of(some.iter().map(|(own, _)| own.edit.prompt));
        let enough = some.len() as u64 >= FEW_PAIRS && prompts.count() as u64 >= FEW_PROMPTS;
        let change = resampled(&changes, &prompts, self.seed).filter(|_| enough);
        change.is_some_and(|change| if up { change.low > 0.0 } else { change.high < 0.0 })
    }

    /// Whether the change is sure by those edits alone that moved no other property whose sure weight would explain it: else that one may have
    /// done it. Length is another matter ([`Self::is_beyond_length`]).
    fn is_sure_alone(&self, id: &str, judged: &[Judged<'_>]) -> bool {
        let up = judged.iter().map(Judged::change).sum::<f64>() > 0.0;
        let part_of = |id: &str| property(id).and_then(|known| known.part_of);
        let apart = |other: &str| {
            other != id && other != LENGTH && part_of(id) != Some(other) && part_of(other) != Some(id)
        };
        let sure = |id: &String| match self.weight(id, true) {
            Some((_, low, _)) if low > 0.0 && apart(id) => Some((self.ratings.column(id)?, 1)),
            Some((.., high)) if high < 0.0 && apart(id) => Some((self.ratings.column(id)?, -1)),
            _ => None,
        };
        let columns: Vec<(usize, i8)> = self.ratings.properties.iter().filter_map(sure).collect();
        let explains = |own: &Judged<'_>| {
            let way = if up { 1 } else { -1 };
            columns
                .iter()
                .any(|(column, sign)| self.moves(own.edit, *column).is_none_or(|to| to * sign == way))
        };
        let alone: Vec<(&Judged<'_>, f64)> =
            judged.iter().filter(|own| !explains(own)).map(|own| (own, own.change())).collect();
        self.is_sure_of(&alone, up)
    }

    /// Whether the change is surely more than what as much text alone does. Where no edit of the run shows that, by those edits alone that left
    /// the text as long as it was.
    fn is_beyond_length(&self, id: &str, judged: &[Judged<'_>], by_length: Option<&[f64]>) -> bool {
        if id == LENGTH {
            return true;
        }
        let up = judged.iter().map(Judged::change).sum::<f64>() > 0.0;
        let all: Vec<(&Judged<'_>, f64)> = if let Some(by_length) = by_length {
            // What works against the change does not explain it.
            let explained = |length: f64| if (length > 0.0) == up { TIMES * length } else { 0.0 };
            let both = judged.iter().zip(by_length);
            both.map(|(own, length)| (own, own.change() - explained(*length))).collect()
        } else {
            let as_long = |own: &&Judged<'_>| own.edit.longer()[1].abs() < AS_LONG;
            judged.iter().filter(as_long).map(|own| (own, own.change())).collect()
        };
        self.is_sure_of(&all, up)
    }

    /// Where an edit moved the rating of that column: 1, 0 or -1; `None` if nobody knows.
    fn moves(&self, edit: &Edited, column: usize) -> Option<i8> {
        let rating = |pair: &str| {
            let (a, b) = *self.ratings.rows.get(*self.rows.get(pair)?)?.get(column)?;
            if edit.is_a { a } else { b }
        };
        match (rating(&edit.original), rating(&edit.id)) {
            (Some(before), Some(after)) => {
                Some(property(&self.ratings.properties[column])?.rule.compare(after, before))
            }
            (None, None) => Some(0),
            _ => None,
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

/// What change (its mean, and its interval) and weight say together.
fn verdict((mean, low, high): (f64, f64, f64), weight: Option<(f64, f64)>) -> &'static str {
    let sign = |(low, high): (f64, f64)| match (low > 0.0, high < 0.0) {
        (true, _) => 1,
        (_, true) => -1,
        _ => 0,
    };
    let change = if mean.abs() < LEAST { 0 } else { sign((low, high)) };
    match (change, weight.map_or(0, sign)) {
        (0, 0) => "neither",
        (_, 0) => UNSEEN,
        (a, b) if a == b => CAUSE,
        _ => "correlation only",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_sure_on_both_sides_and_of_one_sign() {
        assert_eq!(verdict((1.5, 1.0, 2.0), Some((0.1, 0.3))), "cause");
        assert_eq!(verdict((-1.5, -2.0, -1.0), Some((0.1, 0.3))), "correlation only");
        assert_eq!(verdict((0.0, -1.0, 1.0), Some((0.1, 0.3))), "correlation only");
        assert_eq!(verdict((1.5, 1.0, 2.0), Some((-0.1, 0.3))), "unseen cause");
        assert_eq!(verdict((1.5, 1.0, 2.0), None), "unseen cause");
        assert_eq!(verdict((0.5, -1.0, 2.0), Some((-0.1, 0.3))), "neither");
        // Surely not zero, and nothing.
        assert_eq!(verdict((-0.1, -0.1, -0.1), None), "neither");
        assert_eq!(verdict((0.4, 0.3, 0.5), Some((0.1, 0.3))), "correlation only");
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

    /// What a judge says of responses of 600 characters that were made longer, by the logarithm of its odds; 40 prompts.
    fn of_judge(odds: impl Fn(&Edited) -> f64) -> Vec<Effect> {
        let edits = [("length", "pad", 300), ("repetitive", "repeat", 90), ("lists", "bullets", 12)];
        let mut edited = Vec::new();
        for (property, edit, longer) in edits {
            edited.extend((0..40).map(|at| Edited {
                id: format!("{edit}/{at}"),
                original: format!("o{at}"),
                at,
                prompt: at as u64,
                property: property.to_owned(),
                edit: edit.to_owned(),
                more: true,
                is_a: true,
                characters: [600, 600 + longer + at % 7],
                text: String::new(),
                others_moved: 0,
            }));
        }
        let before = |at: usize| (at as f64 - 20.0) / 20.0;
        let p = |x: f64| 1.0 / (1.0 + (-x).exp());
        let originals: Vec<String> = (0..40).map(|at| format!("o{at}")).collect();
        let mut verdicts: HashMap<&str, f64> =
            originals.iter().zip(0..).map(|(id, at)| (id.as_str(), p(before(at)))).collect();
        verdicts.extend(edited.iter().map(|edit| (edit.id.as_str(), p(before(edit.at) + odds(edit)))));
        let ratings = PairRatings { properties: Vec::new(), rows: Vec::new() };
        let effects = Effects {
            edited: &edited,
            verdicts,
            rows: HashMap::new(),
            ratings: &ratings,
            weights: None,
            blind: false,
            seed: 1,
        };
        effects.rows()
    }

    #[test]
    fn a_judge_of_length_alone_has_no_other_cause() {
        let verdicts = |rows: &[Effect]| {
            let mut all: Vec<(String, String)> =
                rows.iter().map(|row| (row.edit.clone(), row.verdict.clone())).collect();
            all.sort();
            all
        };
        let named = |all: [(&str, &str); 3]| all.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
        let rows = of_judge(|edit| edit.longer()[0] / 300.0);
        assert_eq!(
            verdicts(&rows),
            named([("bullets", "with others"), ("pad", "unseen cause"), ("repeat", "with others")])
        );
        let by_length = rows.iter().find(|row| row.edit == "repeat").and_then(|row| row.by_length).unwrap();
        assert!((3.0..12.0).contains(&by_length), "{by_length}");
        // Lists count for themselves, far beyond their few characters.
        let rows =
            of_judge(|edit| edit.longer()[0] / 300.0 + if edit.property == "lists" { 0.5 } else { 0.0 });
        assert_eq!(
            verdicts(&rows),
            named([("bullets", "unseen cause"), ("pad", "unseen cause"), ("repeat", "with others")])
        );
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
            characters: [10, 40],
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
            blind: false,
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
