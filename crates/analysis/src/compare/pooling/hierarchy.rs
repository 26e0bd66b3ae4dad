//! What weights of different judges in different groups have in common, and how far each is drawn towards it.

use super::cell::{Cell, Found, Seen};

/// Standard deviations at the start.
const START: f64 = 0.2;
/// Lower bound of a sd: no two cells are exactly alike.
const FLOOR: f64 = 0.02;
/// Half-normal prior on each: that of the weights of a separate fit is .14.
pub(super) const USUAL: f64 = 0.2;
/// Upper bound of a sd, in log-odds: no published judge comes near it.
const CEILING: f64 = 1.0;
/// The longest step of a part in one round.
const STEP: f64 = 0.1;

/// What all cells share.
#[derive(Clone)]
pub(super) struct Hierarchy {
    pub(super) common: Vec<f64>,
    pub(super) judges: Vec<Vec<f64>>,
    pub(super) groups: Vec<Vec<f64>>,
    pub(super) sds: Sds,
}

#[derive(Clone, Copy)]
pub(super) struct Sds {
    pub(super) common: f64,
    pub(super) judge: f64,
    pub(super) group: f64,
    pub(super) own: f64,
}

impl Hierarchy {
    pub(super) fn new(properties: usize, judges: usize, groups: usize) -> Self {
        let part = |count: usize| if count > 1 { START } else { 0.0 };
        Self {
            common: vec![0.0; properties],
            judges: vec![vec![0.0; properties]; judges],
            groups: vec![vec![0.0; properties]; groups],
            sds: Sds { common: START, judge: part(judges), group: part(groups), own: START },
        }
    }

    pub(super) fn centre(&self, cell: &Cell) -> Vec<f64> {
        let parts = self.common.iter().zip(&self.judges[cell.judge]).zip(&self.groups[cell.group]);
        parts.map(|((m, a), b)| m + a + b).collect()
    }

    /// The parts given what the cells saw, one by one, and then the sds.
    pub(super) fn update(&mut self, cells: &[Cell], found: &[Option<Found>]) {
        let known: Vec<(&Cell, &Found)> =
            cells.iter().zip(found).filter_map(|(cell, found)| Some((cell, found.as_ref()?))).collect();
        if known.is_empty() {
            return;
        }
        let properties = self.common.len();
        let own = self.sds.own.powi(2);
        let (mut common_parts, mut judge_parts, mut group_parts) = (Vec::new(), Vec::new(), Vec::new());
        for k in 0..properties {
            let seen: Vec<Seen> =
                known.iter().map(|(_, found)| found.seen.get(k).copied().unwrap_or(Seen::NOTHING)).collect();
            let rows = || known.iter().map(|(cell, _)| (cell.judge, cell.group)).zip(&seen);
            let (judges, groups) = (&mut self.judges, &mut self.groups);
            let part = Part::of(rows().map(|((j, g), seen)| seen.less(judges[j][k] + groups[g][k])), own);
            towards(&mut self.common[k], part.drawn(self.sds.common));
            common_parts.push(part);
            let common = self.common[k];
            for judge in (0..judges.len()).filter(|_| self.sds.judge > 0.0) {
                let of = rows().filter(|((j, _), _)| *j == judge);
                let part = Part::of(of.map(|((_, g), seen)| seen.less(common + groups[g][k])), own);
                towards(&mut judges[judge][k], part.drawn(self.sds.judge));
                judge_parts.push(part);
            }
            for group in (0..groups.len()).filter(|_| self.sds.group > 0.0) {
                let of = rows().filter(|((_, g), _)| *g == group);
                let part = Part::of(of.map(|((j, _), seen)| seen.less(common + judges[j][k])), own);
                towards(&mut groups[group][k], part.drawn(self.sds.group));
                group_parts.push(part);
            }
        }
        let sd = |parts: &[Part], was: f64| if was > 0.0 { spread(parts) } else { 0.0 };
        self.sds = Sds {
            common: sd(&common_parts, self.sds.common),
            judge: sd(&judge_parts, self.sds.judge),
            group: sd(&group_parts, self.sds.group),
            own: self.sds.own,
        };
    }
}

/// Moves `part` towards `goal` by a bounded step: where nearly all verdicts are on one side, what cells saw is a Newton step that
/// overshoots.
fn towards(part: &mut f64, goal: f64) {
    *part += (goal - *part).clamp(-STEP, STEP);
}

/// An observation of an unknown part around 0; the variance is that of its error, infinite where nothing was observed.
#[derive(Clone, Copy)]
struct Part {
    value: f64,
    variance: f64,
}

impl Part {
    /// What several cells saw of it, each with what is peculiar to itself in the way.
    fn of(seen: impl Iterator<Item = Seen>, own: f64) -> Self {
        let (mut sum, mut precision) = (0.0, 0.0);
        for Seen { value, error } in seen {
            sum += value / (error + own);
            precision += 1.0 / (error + own);
        }
        let value = if precision > 0.0 { sum / precision } else { 0.0 };
        Self { value, variance: 1.0 / precision }
    }

    /// Its mean where its sd around 0 is known.
    fn drawn(self, sd: f64) -> f64 {
        self.value / (1.0 + self.variance / (sd * sd))
    }
}

/// The sd around 0 that makes parts most probable, each `N(0, sd^2 + variance)`: by golden section on its logarithm. EM would take
/// hundreds of rounds where little was seen.
fn spread(parts: &[Part]) -> f64 {
    let seen: Vec<&Part> = parts.iter().filter(|part| part.variance.is_finite()).collect();
    let loss = |log_sd: f64| -> f64 {
        let square = (2.0 * log_sd).exp();
        let one = |part: &&Part| {
            let all = square + part.variance;
            all.ln() + part.value * part.value / all
        };
        // Where few verdicts are all on one side, what was observed grows with the sd that is tried: a weak prior bounds it.
        seen.iter().map(one).sum::<f64>() + square / (USUAL * USUAL)
    };
    if seen.is_empty() {
        return START;
    }
    let (mut low, mut high) = (FLOOR.ln(), CEILING.ln());
    let shrink = 0.5 * (5_f64.sqrt() - 1.0);
    while high - low > 1e-3 {
        let (a, b) = (high - shrink * (high - low), low + shrink * (high - low));
        if loss(a) <= loss(b) { high = b } else { low = a }
    }
    f64::midpoint(low, high).exp()
}
