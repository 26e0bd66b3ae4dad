//! Labels by what a judge rewards: the fitted regression says of every pair how surely its judge would prefer which response.

use std::collections::{BTreeMap, HashMap};

use predilect_results::training::Relabelled;
use predilect_stats::sigmoid;
use predilect_types::Pair;
use predilect_types::hash::fixed;
use predilect_workbench::{
    Error, GroupWeights, JudgeWeights, PairRatings, Result, SliceOptions, Watch, Workbench, kept_ratings,
    text_ratings,
};

use crate::pairs::{Chosen, Labelled, Why, verdicts_by_pair, wanted};
use crate::request::{Direction, Relabel};

/// Contributions that are kept with a label.
const REASONS: usize = 3;

/// Pairs with labels by the weights of a judge.
pub(crate) fn relabelled(
    bench: &Workbench,
    relabel: &Relabel,
    (slice, seed): (&SliceOptions, u64),
    watch: &dyn Watch,
) -> Result<(Chosen, Relabelled)> {
    if !(0.0..0.5).contains(&relabel.margin) {
        return Err(Error::new("a margin lies within 0 and 0.5"));
    }
    let weights = if relabel.published {
        JudgeWeights::published(&relabel.judge)?
    } else {
        bench.weights(&relabel.judge, slice, &relabel.fit, watch)?
    };
    let pairs = wanted(bench, slice, watch)?;
    let ratings = match slice.annotator.as_deref().filter(|name| *name != "text") {
        Some(name) => kept_ratings(bench.study(), name, &pairs)?,
        None => text_ratings(&pairs, slice.grammar, watch)?,
    };
    let labels = Labels::of(weights.all()?, &ratings);
    let own = bench.study().verdicts().is_ok().then(|| verdicts_by_pair(bench, Some(&relabel.judge), slice));
    let known = own.and_then(Result::ok).map(|(_, verdicts)| verdicts).unwrap_or_default();
    let mut chosen = Chosen { judge: Some(relabel.judge.clone()), ..Chosen::default() };
    let mut found = Vec::new();
    for (row, pair) in pairs.into_iter().enumerate() {
        chosen.read += 1;
        match labels.label(row) {
            Label { p_a, .. } if p_a == 0.5 || (p_a - 0.5).abs() < relabel.margin => {
                chosen.leave_out("a label too near to one half");
            }
            label => found.push((pair, label)),
        }
    }
    if relabel.best {
        found = surest(found, &mut chosen);
    }
    let said = told(&found, &known, relabel, (weights.published, labels.count()));
    for (pair, label) in found {
        chosen.push(label.turned(pair, relabel, seed));
    }
    Ok((chosen, said))
}

/// Of the pairs of one prompt, the surest.
fn surest(found: Vec<(Pair, Label)>, chosen: &mut Chosen) -> Vec<(Pair, Label)> {
    let mut best: HashMap<String, usize> = HashMap::new();
    for (at, (pair, label)) in found.iter().enumerate() {
        let kept = best.entry(pair.prompt_text().into_owned()).or_insert(at);
        if label.certainty() > found[*kept].1.certainty() {
            *kept = at;
        }
    }
    let mut keep: Vec<usize> = best.into_values().collect();
    keep.sort_unstable();
    (keep.len()..found.len()).for_each(|_| chosen.leave_out("a surer pair of the same prompt"));
    let mut found: Vec<Option<(Pair, Label)>> = found.into_iter().map(Some).collect();
    keep.into_iter().filter_map(|at| found[at].take()).collect()
}

fn told(
    found: &[(Pair, Label)],
    known: &HashMap<String, (f64, usize)>,
    relabel: &Relabel,
    (published, draws): (bool, usize),
) -> Relabelled {
    let (mut same, mut both) = (0_u64, 0_u64);
    for (pair, label) in found {
        if let Some((p_a, _)) = known.get(&pair.id).filter(|(p_a, _)| *p_a != 0.5) {
            both += 1;
            same += u64::from((*p_a > 0.5) == (label.p_a > 0.5));
        }
    }
    let certainty: f64 = found.iter().map(|(_, label)| label.certainty()).sum();
    Relabelled {
        judge: relabel.judge.clone(),
        published,
        direction: relabel.direction.as_str().to_owned(),
        soft: relabel.soft,
        margin: relabel.margin,
        draws: draws as u64,
        agreement: (both > 0).then(|| same as f64 / both as f64),
        mean_certainty: if found.is_empty() { 0.5 } else { certainty / found.len() as f64 },
    }
}

/// What the weights say of one pair.
struct Label {
    /// The mean over draws of the probability that A is preferred.
    p_a: f64,
    low: f64,
    high: f64,
    /// Contributions to the log-odds of A, the largest first.
    reasons: Vec<(String, f64)>,
}

impl Label {
    fn certainty(&self) -> f64 {
        self.p_a.max(1.0 - self.p_a)
    }

    /// The pair as it is trained on.
    fn turned(self, pair: Pair, relabel: &Relabel, seed: u64) -> Labelled {
        let turn = match relabel.direction {
            Direction::Aligned => false,
            Direction::Opposed => true,
            // A coin that falls the same for a pair and a seed.
            Direction::Random => fixed(&(pair.id.as_str(), seed)) & 1 == 1,
        };
        let p_a = if turn { 1.0 - self.p_a } else { self.p_a };
        let hard = if p_a > 0.5 { 1.0 } else { 0.0 };
        let mut labelled = Labelled::of(pair, if relabel.soft { p_a } else { hard });
        let ends = if turn { [1.0 - self.high, 1.0 - self.low] } else { [self.low, self.high] };
        let (low, high) =
            if labelled.a_is_chosen { (ends[0], ends[1]) } else { (1.0 - ends[1], 1.0 - ends[0]) };
        let sign = if labelled.a_is_chosen { 1.0 } else { -1.0 };
        let properties: BTreeMap<String, f64> =
            self.reasons.into_iter().map(|(id, value)| (id, sign * value)).collect();
        labelled.why = Some(Why { low, high, properties });
        labelled
    }
}

/// The weights of a judge beside the ratings of pairs.
struct Labels<'a> {
    weights: &'a GroupWeights,
    ratings: &'a PairRatings,
    columns: Vec<Option<usize>>,
}

impl<'a> Labels<'a> {
    fn of(weights: &'a GroupWeights, ratings: &'a PairRatings) -> Self {
        let columns = weights.properties.iter().map(|id| ratings.column(id)).collect();
        Self { weights, ratings, columns }
    }

    /// Draws behind a label.
    fn count(&self) -> usize {
        self.weights.draws.len() / self.weights.properties.len().max(1)
    }

    /// Comparisons of a pair; what is not rated counts as equal.
    fn comparisons(&self, row: usize) -> Vec<f64> {
        let of = |column: &Option<usize>| {
            column.and_then(|column| self.ratings.comparison(row, column)).map_or(0.0, f64::from)
        };
        self.columns.iter().map(of).collect()
    }

    fn label(&self, row: usize) -> Label {
        let x = self.comparisons(row);
        let width = x.len().max(1);
        let mut all: Vec<f64> = self
            .weights
            .draws
            .chunks_exact(width)
            .map(|draw| sigmoid(draw.iter().zip(&x).map(|(w, x)| w * x).sum()))
            .collect();
        all.sort_unstable_by(f64::total_cmp);
        let at =
            |share: f64| all.get((share * (all.len() as f64 - 1.0)).round() as usize).copied().unwrap_or(0.5);
        let p_a = if all.is_empty() { 0.5 } else { all.iter().sum::<f64>() / all.len() as f64 };
        let mut reasons: Vec<(String, f64)> = self
            .weights
            .properties
            .iter()
            .zip(self.weights.mean.iter().zip(&x))
            .map(|(id, (w, x))| (id.clone(), w * x))
            .filter(|(_, value)| *value != 0.0)
            .collect();
        reasons.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        reasons.truncate(REASONS);
        Label { p_a, low: at(0.05), high: at(0.95), reasons }
    }
}
