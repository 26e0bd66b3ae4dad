//! One judge in one group: its rows, and what they say of each weight.

use crate::rows::Rows;

/// The farthest that a cell's own weight is taken to be seen from where it was.
const FARTHEST: f64 = 3.0;
/// The least share of a prior's precision that rows must add to count.
const LEAST_SEEN: f64 = 1e-4;

/// One judge in one group, in numbers.
pub(super) struct Cell {
    pub(super) judge: usize,
    pub(super) group: usize,
    pub(super) name: (String, String),
    pub(super) verdicts: u64,
    /// Its verdicts, those that are alike merged.
    pub(super) rows: Rows,
    /// Columns of nuisance terms after the properties.
    pub(super) terms: usize,
    pub(super) fold: Vec<usize>,
}

impl Cell {
    /// The rows that are kept: columns, verdicts, weights.
    pub(super) fn part(
        &self,
        properties: usize,
        kept: &(dyn Fn(&Self, usize) -> bool + Sync),
    ) -> (Vec<f64>, Vec<f64>, Vec<f64>) {
        let d = properties + self.terms;
        let (mut x, mut y, mut w) = (Vec::new(), Vec::new(), Vec::new());
        for row in (0..self.fold.len()).filter(|&row| kept(self, row)) {
            x.extend_from_slice(&self.rows.x[row * d..(row + 1) * d]);
            y.push(self.rows.verdicts[row]);
            w.push(self.rows.weights[row]);
        }
        (x, y, w)
    }
}

/// The posterior of one cell's properties and terms.
pub(super) struct Found {
    pub(super) mean: Vec<f64>,
    pub(super) variance: Vec<f64>,
    /// What the rows alone say of each property.
    pub(super) seen: Vec<Seen>,
    /// How probable the verdicts are under the prior.
    pub(super) evidence: f64,
}

/// What a cell's own rows say of one weight: its posterior with the prior taken out.
#[derive(Clone, Copy)]
pub(super) struct Seen {
    pub(super) value: f64,
    /// The variance of its error, infinite where the rows carry no information.
    pub(super) error: f64,
}

impl Seen {
    /// No information.
    pub(super) const NOTHING: Self = Self { value: 0.0, error: f64::INFINITY };

    pub(super) fn new(mean: f64, variance: f64, centre: f64, own: f64) -> Self {
        let precision = 1.0 / variance - 1.0 / own;
        // Below that it is EP's rounding.
        if precision < LEAST_SEEN / own {
            return Self::NOTHING;
        }
        let step = (mean - centre) / (variance * precision);
        Self { value: centre + step.clamp(-FARTHEST, FARTHEST), error: 1.0 / precision }
    }

    pub(super) fn less(self, part: f64) -> Self {
        Self { value: self.value - part, ..self }
    }
}
