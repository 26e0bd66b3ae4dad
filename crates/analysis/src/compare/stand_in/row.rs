//! One pair as a candidate for a reference and the reference see it, and how far the two agree.

use crate::compare::accuracy::Right;

/// Standard errors to either side of a 95 % interval.
pub(super) const Z: f64 = 1.959_963_984_540_054;
/// With fewer labelled pairs than this nothing is reported.
pub(super) const LEAST: usize = predilect_results::LEAST_SHARED_PAIRS as usize;

/// One pair that the reference, a candidate or both have judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub(super) pair: u32,
    pub(super) cluster: u64,
    pub(super) reference: Option<f64>,
    pub(super) judge: f64,
    /// The side of the reference's majority, where it has judged.
    pub(super) side: Option<f64>,
    /// How many verdicts of a single judge are right; `None` for a jury, whose verdict is `judge`.
    pub(super) own: Option<Right>,
}

impl Row {
    pub(super) fn right(&self) -> Right {
        let of_jury = || {
            let mut right = Right::default();
            self.side.into_iter().for_each(|side| right.add(self.judge, side));
            right
        };
        self.own.unwrap_or_else(of_jury)
    }
}

/// Slope of the reference on the judge, and their correlation.
pub(super) fn regression(both: &[(Row, f64)]) -> (f64, f64) {
    let n = both.len() as f64;
    let mean_y = both.iter().map(|(_, y)| y).sum::<f64>() / n;
    let mean_x = both.iter().map(|(row, _)| row.judge).sum::<f64>() / n;
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (row, y) in both {
        let (x, y) = (row.judge - mean_x, y - mean_y);
        (xx, xy, yy) = (xx + x * x, xy + x * y, yy + y * y);
    }
    if xx > 0.0 { (xy / xx, if yy > 0.0 { xy / (xx * yy).sqrt() } else { 0.0 }) } else { (0.0, 0.0) }
}
