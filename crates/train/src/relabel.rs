//! Labels by what a judge rewards: the fitted regression says of every pair which response its judge would prefer, and how surely.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use predilect_results::training::Relabelled;
use predilect_stats::sigmoid;
use predilect_types::Pair;
use predilect_types::hash::fixed;
use predilect_workbench::laboratory::pairs_of;
use predilect_workbench::{
    Error, GroupWeights, JudgeWeights, Result, SliceOptions, Watch, Workbench, text_ratings,
};
use serde_json::{Value, json};

use crate::pairs::{Chosen, Judged, Labelled, TOO_CLOSE, Votes, Why, read};
use crate::request::{Direction, Relabel};

/// Contributions that are kept with a label.
const REASONS: usize = 3;

/// Pairs with labels by the weights of a judge.
pub(crate) fn relabelled(
    bench: &Workbench,
    relabel: &Relabel,
    (options, seed): (&SliceOptions, u64),
    watch: &dyn Watch,
) -> Result<(Chosen, Relabelled)> {
    if !(0.0..0.5).contains(&relabel.margin) {
        return Err(Error::new("the margin must be at least 0 and below 0.5"));
    }
    let judge = (!relabel.published).then_some(relabel.judge.as_str());
    let weights = match judge {
        None => JudgeWeights::published(&relabel.judge)?,
        Some(judge) => bench.weights(judge, options, &relabel.fit, watch)?,
    };
    let rated = Rated::of(bench, judge, options, watch)?;
    let labels = Labels::of(weights.all()?, &rated);
    let mut chosen = Chosen { judge: Some(relabel.judge.clone()), ..Chosen::default() };
    chosen.remarks.extend(labels.unrated());
    let mut found = Vec::new();
    for (row, pair) in rated.pairs.iter().enumerate() {
        chosen.read += 1;
        match labels.label(row) {
            Label { p_a, .. } if p_a == 0.5 || (p_a - 0.5).abs() < relabel.margin => {
                chosen.leave_out(TOO_CLOSE);
            }
            label => found.push((row, label.turned(pair.clone(), relabel, seed))),
        }
    }
    if relabel.best {
        found = surest(found, &mut chosen);
    }
    let fit = (!weights.published).then_some(relabel.fit.seed);
    let said = Relabelled {
        draws: labels.count() as u64,
        draws_seed: fit,
        seed,
        ..told(&found, &rated.verdicts, relabel, weights.published)
    };
    chosen.weights = Some(labels.kept(&said));
    for (_, labelled) in found {
        chosen.push(labelled);
    }
    Ok((chosen, said))
}

/// Pairs with their comparisons, as the fit of the weights saw them.
struct Rated {
    pairs: Vec<Pair>,
    /// The judge's own verdicts, where it has given some.
    verdicts: Vec<Option<f64>>,
    properties: Vec<String>,
    /// Row-major; 0 where a property is not rated, so that it counts as equal.
    values: Vec<f64>,
}

impl Rated {
    fn of(bench: &Workbench, judge: Option<&str>, options: &SliceOptions, watch: &dyn Watch) -> Result<Self> {
        let any = bench.study().verdicts()?.next().transpose()?.is_some_and(|batch| !batch.is_empty());
        if !any {
            return Self::by_text(bench, options, watch);
        }
        let Judged { slice, pairs, votes, .. } = read(bench, judge, options, watch)?;
        let table = slice.table;
        let finite = |value: f64| if value.is_finite() { value } else { 0.0 };
        let own = |votes: Votes| judge.and_then(|_| votes.p_a());
        Ok(Self {
            pairs,
            verdicts: votes.into_iter().map(own).collect(),
            properties: table.features.iter().map(|feature| feature.name.clone()).collect(),
            values: (0..table.values.len()).map(|at| finite(table.values.at(at))).collect(),
        })
    }

    /// Pairs without verdicts, rated by their texts.
    fn by_text(bench: &Workbench, options: &SliceOptions, watch: &dyn Watch) -> Result<Self> {
        if options.filter.is_some() {
            return Err(Error::new("a filter needs verdicts, and these pairs have none"));
        }
        let pairs = pairs_of(bench.study())?;
        let ratings = text_ratings(&pairs, options.grammar, watch)?;
        let columns = 0..ratings.properties.len();
        let of = |row: usize| {
            let ratings = &ratings;
            columns.clone().map(move |column| ratings.comparison(row, column).map_or(0.0, f64::from))
        };
        Ok(Self {
            verdicts: vec![None; pairs.len()],
            values: (0..pairs.len()).flat_map(of).collect(),
            properties: ratings.properties.clone(),
            pairs,
        })
    }
}

/// Of the pairs of one prompt, the surest.
fn surest(found: Vec<(usize, Labelled)>, chosen: &mut Chosen) -> Vec<(usize, Labelled)> {
    let mut best: HashMap<String, usize> = HashMap::new();
    for (at, (_, labelled)) in found.iter().enumerate() {
        let kept = best.entry(labelled.pair.prompt_text().into_owned()).or_insert(at);
        if labelled.p > found[*kept].1.p {
            *kept = at;
        }
    }
    let keep: BTreeSet<usize> = best.into_values().collect();
    let mut kept = Vec::with_capacity(keep.len());
    for (at, one) in found.into_iter().enumerate() {
        if keep.contains(&at) {
            kept.push(one);
        } else {
            chosen.leave_out("less certain than another pair of the prompt");
        }
    }
    kept
}

fn told(
    found: &[(usize, Labelled)],
    verdicts: &[Option<f64>],
    relabel: &Relabel,
    published: bool,
) -> Relabelled {
    let (mut same, mut both) = (0_u64, 0_u64);
    for (row, labelled) in found {
        if let Some(p_a) = verdicts[*row].filter(|p_a| *p_a != 0.5) {
            both += 1;
            same += u64::from((p_a > 0.5) == labelled.a_is_chosen);
        }
    }
    let certainty: f64 = found.iter().map(|(_, labelled)| labelled.p).sum();
    Relabelled {
        judge: relabel.judge.clone(),
        published,
        direction: relabel.direction.as_str().to_owned(),
        soft: relabel.soft,
        margin: relabel.margin,
        draws: 0,
        draws_seed: None,
        seed: 0,
        agreement: (both > 0).then(|| same as f64 / both as f64),
        mean_certainty: if found.is_empty() { 0.5 } else { certainty / found.len() as f64 },
    }
}

/// What the weights say of one pair.
struct Label {
    /// The mean over draws of the probability that A is preferred.
    p_a: f64,
    /// 5 and 95 % of it over draws; `None` where there is a single one.
    bounds: Option<(f64, f64)>,
    /// Contributions to the log-odds of A, the largest first.
    reasons: Vec<(String, f64)>,
    draws: usize,
    /// What differs between the responses: positive where A has more of it.
    comparisons: Vec<(String, f64)>,
}

impl Label {
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
        let mut labelled = Labelled::of(pair, if relabel.soft { p_a } else { hard }, relabel.soft);
        // For the chosen response, whichever it is; contributions are those to the label, turned with it.
        let about_a = turn != labelled.a_is_chosen;
        let bounds =
            self.bounds.map(|(low, high)| if about_a { (low, high) } else { (1.0 - high, 1.0 - low) });
        let (low, high) = bounds.unzip();
        let sign = if about_a { 1.0 } else { -1.0 };
        let signed = |all: Vec<(String, f64)>, sign: f64| -> BTreeMap<String, f64> {
            all.into_iter().map(|(id, value)| (id, sign * value)).collect()
        };
        labelled.why = Some(Why {
            draws: self.draws,
            comparisons: signed(self.comparisons, if labelled.a_is_chosen { 1.0 } else { -1.0 }),
            turned: turn,
            low,
            high,
            properties: signed(self.reasons, sign),
        });
        labelled
    }
}

/// The weights of a judge and the comparisons of pairs.
struct Labels<'a> {
    weights: &'a GroupWeights,
    rated: &'a Rated,
    columns: Vec<Option<usize>>,
}

impl<'a> Labels<'a> {
    fn of(weights: &'a GroupWeights, rated: &'a Rated) -> Self {
        let column = |id: &String| rated.properties.iter().position(|own| own == id);
        Self { weights, rated, columns: weights.properties.iter().map(column).collect() }
    }

    /// Draws behind a label.
    fn count(&self) -> usize {
        self.weights.draws.len() / self.weights.properties.len().max(1)
    }

    /// What labels were computed from: each draw of the weights, and how a label came of them.
    fn kept(&self, said: &Relabelled) -> Value {
        let width = self.weights.properties.len().max(1);
        let mut kept = json!(said);
        kept["properties"] = json!(self.weights.properties);
        kept["mean_weights"] = json!(self.weights.mean);
        kept["weights"] = self.weights.draws.chunks_exact(width).map(|draw| json!(draw)).collect();
        kept
    }

    /// A remark for the case that weights meet no rating.
    fn unrated(&self) -> Option<String> {
        let count = self.columns.iter().filter(|column| column.is_none()).count();
        (count > 0).then(|| {
            format!(
                "{count} of {} weighted properties are not rated and are treated as equal",
                self.columns.len()
            )
        })
    }

    fn comparisons(&self, row: usize) -> Vec<f64> {
        let width = self.rated.properties.len();
        let of =
            |column: &Option<usize>| column.map_or(0.0, |column| self.rated.values[row * width + column]);
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
        let draws = all.len();
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
        let compared = self.weights.properties.iter().cloned().zip(x);
        Label {
            p_a,
            bounds: (draws > 1).then(|| (at(0.05), at(0.95))),
            reasons,
            draws,
            comparisons: compared.filter(|(_, x)| *x != 0.0).collect(),
        }
    }
}
