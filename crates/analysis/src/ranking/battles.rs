//! Who competes, and what was said of them.

use std::collections::{BTreeSet, HashMap};

use predilect_stats::ranking::{Vote, Weights};

use crate::table::{FeatureTable, VerdictRow};

/// Who competes, and what was said of them.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Battles {
    /// The competitors.
    pub models: Vec<String>,
    /// The verdicts, in their order.
    pub votes: Vec<Vote>,
    /// Names of what is held equal.
    pub controls: Vec<String>,
    /// One number per vote and control, positive where A has more of it.
    pub covariates: Vec<f64>,
    /// Whether the prompts of votes are known; else every vote is independent, and one of weight 7 counts as seven.
    pub by_prompt: bool,
}

/// What scores are compared against where there are two boards: each competitor's share in the field. By the weight of its votes, but not
/// above the median competitor's: one with two votes does not move the others, and one that all others met counts as one of them.
pub(crate) fn field(votes: &[Vote], competitors: usize) -> Vec<f64> {
    let mut shares = vec![0.0; competitors];
    for vote in votes {
        for who in [vote.a, vote.b] {
            shares[who as usize] += f64::from(vote.weight);
        }
    }
    let mut sorted = shares.clone();
    sorted.sort_unstable_by(f64::total_cmp);
    let median = sorted.get(competitors / 2).copied().unwrap_or(0.0);
    for share in &mut shares {
        *share = share.min(median);
    }
    let all: f64 = shares.iter().sum();
    shares.iter().map(|share| share / all).collect()
}

/// Maximum number of votes up to which whole weights are written out as votes.
const MOST_WRITTEN_OUT: f64 = 4e6;

impl Battles {
    /// Leaves out votes of weight 0, and returns their number.
    pub fn leave_out_weightless(&mut self) -> u64 {
        let width = self.controls.len();
        if width > 0 {
            let rows = self.covariates.chunks_exact(width).zip(&self.votes);
            self.covariates =
                rows.filter(|(_, vote)| vote.weight > 0.0).flat_map(|(row, _)| row.to_vec()).collect();
        }
        let before = self.votes.len();
        self.votes.retain(|vote| vote.weight > 0.0);
        (before - self.votes.len()) as u64
    }

    /// The same with one of its controls alone.
    #[must_use]
    pub fn with_control(&self, control: usize) -> Self {
        let width = self.controls.len().max(1);
        Self {
            controls: self.controls.get(control).cloned().into_iter().collect(),
            covariates: self.covariates.iter().skip(control).step_by(width).copied().collect(),
            ..self.clone()
        }
    }

    /// Leaves out controls that never differ while another one does, and returns their names. A constant control has no weight, and would
    /// stop the others.
    pub fn leave_out_constant(&mut self) -> Vec<String> {
        let width = self.controls.len();
        let differs = |control: usize| self.covariates.iter().skip(control).step_by(width).any(|x| *x != 0.0);
        let kept: Vec<usize> = (0..width).filter(|control| differs(*control)).collect();
        if kept.is_empty() || kept.len() == width {
            return Vec::new();
        }
        let covariates = self
            .covariates
            .chunks_exact(width)
            .flat_map(|row| kept.iter().map(|control| row[*control]))
            .collect();
        let names = std::mem::take(&mut self.controls);
        let (stay, go): (Vec<_>, Vec<_>) =
            names.into_iter().enumerate().partition(|(at, _)| kept.contains(at));
        (self.controls, self.covariates) = (stay.into_iter().map(|(_, name)| name).collect(), covariates);
        go.into_iter().map(|(_, name)| name).collect()
    }

    /// The same with a vote of weight 7 as seven votes, where votes are independent and weights are counts; `None` if all weights are 1, or
    /// there would be too many.
    pub(super) fn written_out(&self) -> Option<Self> {
        let all: f64 = self.votes.iter().map(|vote| f64::from(vote.weight)).sum();
        let counts =
            Weights::of(&self.votes) == Weights::Counts && self.votes.iter().any(|vote| vote.weight > 1.0);
        if self.by_prompt || !counts || all > MOST_WRITTEN_OUT {
            return None;
        }
        let width = self.controls.len();
        let mut out = Self { votes: Vec::new(), covariates: Vec::new(), ..self.clone() };
        for (at, vote) in self.votes.iter().enumerate() {
            for _ in 0..vote.weight as usize {
                out.votes.push(Vote { weight: 1.0, cluster: out.votes.len() as u64, ..*vote });
                out.covariates.extend_from_slice(&self.covariates[at * width..(at + 1) * width]);
            }
        }
        Some(out)
    }

    /// The same with prompts numbered as they come, so that sorting by prompt, which is done again and again, has little to do.
    pub(super) fn with_prompts_in_order(&self) -> Self {
        let mut numbers: foldhash::HashMap<u64, u64> = foldhash::HashMap::default();
        let mut last = None;
        let mut out = self.clone();
        for vote in &mut out.votes {
            let own = match last {
                Some((cluster, number)) if cluster == vote.cluster => number,
                _ => {
                    let next = numbers.len() as u64;
                    *numbers.entry(vote.cluster).or_insert(next)
                }
            };
            last = Some((vote.cluster, own));
            vote.cluster = own;
        }
        out
    }

    /// How many verdicts a vote is.
    fn times(&self) -> impl Fn(&Vote) -> u64 + use<> {
        let counts = Weights::of(&self.votes) == Weights::Counts;
        move |vote| if counts { vote.weight as u64 } else { 1 }
    }

    /// The largest number of verdicts for which [`Battles::leave_out_below`] leaves any model, and so two of them at least; 0 without
    /// verdicts.
    ///
    /// The model with the fewest verdicts is left out first, then the one with the fewest among the remaining, until none is left; the
    /// result is the largest of these numbers.
    pub fn largest_least(&self) -> u64 {
        let mut between: HashMap<(u32, u32), u64> = HashMap::new();
        let times = self.times();
        for vote in self.votes.iter().filter(|vote| vote.a != vote.b) {
            let own = between.entry((vote.a.min(vote.b), vote.a.max(vote.b))).or_default();
            *own = own.saturating_add(times(vote));
        }
        let mut counts = vec![0_u64; self.models.len()];
        let mut of: Vec<Vec<(u32, u64)>> = vec![Vec::new(); counts.len()];
        for ((a, b), times) in between {
            for (own, other) in [(a, b), (b, a)] {
                let count = &mut counts[own as usize];
                *count = count.saturating_add(times);
                of[own as usize].push((other, times));
            }
        }
        let mut stay: BTreeSet<(u64, u32)> =
            (0..).zip(&counts).map(|(model, &count)| (count, model)).collect();
        let mut largest = 0;
        while let Some((count, model)) = stay.pop_first() {
            largest = largest.max(count);
            for (other, times) in std::mem::take(&mut of[model as usize]) {
                let count = &mut counts[other as usize];
                if stay.remove(&(*count, other)) {
                    *count = count.saturating_sub(times);
                    stay.insert((*count, other));
                }
            }
        }
        largest
    }

    /// Leaves out the models with fewer verdicts than `least` with the verdicts on them, then those that have fewer now, until all
    /// have enough. Returns how many verdicts went.
    pub fn leave_out_below(&mut self, least: u64) -> u64 {
        if least == 0 {
            return 0;
        }
        let mut kept = vec![true; self.models.len()];
        let mut counts = vec![0_u64; kept.len()];
        let mut of: Vec<Vec<(u32, u64)>> = vec![Vec::new(); kept.len()];
        let times = self.times();
        for vote in &self.votes {
            for (own, other) in [(vote.a, vote.b), (vote.b, vote.a)] {
                let count = &mut counts[own as usize];
                *count = count.saturating_add(times(vote));
                of[own as usize].push((other, times(vote)));
            }
        }
        let mut few: Vec<usize> = (0..kept.len()).filter(|&model| counts[model] < least).collect();
        for &model in &few {
            kept[model] = false;
        }
        while let Some(model) = few.pop() {
            for (other, times) in std::mem::take(&mut of[model]) {
                let other = other as usize;
                counts[other] = counts[other].saturating_sub(times);
                if kept[other] && counts[other] < least {
                    kept[other] = false;
                    few.push(other);
                }
            }
        }
        let stays = |vote: &Vote| kept[vote.a as usize] && kept[vote.b as usize];
        let width = self.controls.len();
        if width > 0 {
            let rows = self.covariates.chunks_exact(width).zip(&self.votes);
            self.covariates =
                rows.filter(|(_, vote)| stays(vote)).flat_map(|(row, _)| row.to_vec()).collect();
        }
        let before = self.votes.len();
        self.votes.retain(stays);
        let mut place = vec![0; kept.len()];
        let mut models = Vec::new();
        for (old, name) in
            std::mem::take(&mut self.models).into_iter().enumerate().filter(|(old, _)| kept[*old])
        {
            place[old] = models.len() as u32;
            models.push(name);
        }
        self.models = models;
        for vote in &mut self.votes {
            (vote.a, vote.b) = (place[vote.a as usize], place[vote.b as usize]);
        }
        (before - self.votes.len()) as u64
    }

    /// The verdicts of some judges (all of them if none is named) between named models, with some features held equal. Also how many
    /// verdicts are on pairs that do not name two models, and how many on a model against itself.
    pub fn of(table: &FeatureTable, judges: &[String], controls: &[usize]) -> (Self, u64, u64) {
        let counts: Vec<bool> =
            table.judges.iter().map(|judge| judges.is_empty() || judges.contains(judge)).collect();
        let rows = table.verdicts.iter().filter(|verdict| counts[verdict.judge as usize]);
        Self::of_rows(table, rows, controls)
    }

    /// The same for these verdicts on pairs of the table, by whichever judges.
    pub fn of_rows<'a>(
        table: &FeatureTable,
        rows: impl IntoIterator<Item = &'a VerdictRow>,
        controls: &[usize],
    ) -> (Self, u64, u64) {
        let mut battles = Self {
            controls: controls.iter().map(|&column| table.features[column].name.clone()).collect(),
            by_prompt: true,
            ..Self::default()
        };
        let mut place: HashMap<u32, u32> = HashMap::new();
        let (mut unnamed, mut itself) = (0, 0);
        for verdict in rows {
            let pair = &table.pairs[verdict.pair as usize];
            let Some((a, b)) = pair.model_a.zip(pair.model_b) else {
                unnamed += 1;
                continue;
            };
            if a == b {
                itself += 1;
                continue;
            }
            let mut number = |model: u32| {
                *place.entry(model).or_insert_with(|| {
                    battles.models.push(table.models[model as usize].clone());
                    battles.models.len() as u32 - 1
                })
            };
            let (a, b) = (number(a), number(b));
            let (y, weight) = (verdict.p_a as f32, verdict.weight as f32);
            battles.votes.push(Vote { a, b, y, weight, cluster: pair.cluster });
            // Where a rating is missing no difference is known.
            let known = |x: f64| if x.is_nan() { 0.0 } else { x };
            battles
                .covariates
                .extend(controls.iter().map(|&column| known(table.value(verdict.pair, column))));
        }
        (battles, unnamed, itself)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_largest_least_leaves_two_models_and_one_more_leaves_none(
            votes in prop::collection::vec((0_u32..7, 0_u32..7, 1_u8..4), 1..60),
        ) {
            let votes: Vec<Vote> = votes
                .into_iter()
                .filter(|(a, b, _)| a != b)
                .map(|(a, b, weight)| Vote { a, b, y: 1.0, weight: f32::from(weight), cluster: 0 })
                .collect();
            prop_assume!(!votes.is_empty());
            let battles =
                Battles { models: (0..7).map(|n| n.to_string()).collect(), votes, ..Battles::default() };
            let least = battles.largest_least();
            let left = |least| {
                let mut battles = battles.clone();
                battles.leave_out_below(least);
                battles.models.len()
            };
            prop_assert!(least > 0 && left(least) >= 2, "{least}");
            prop_assert_eq!(left(least + 1), 0);
        }
    }
}
