//! The output head, at the rows that predict a token and nowhere else, a chunk of rows at a time.
//!
//! The gradient of one log-probability by its row, `w[token] - sum_v p_v w[v]`, is made while the probabilities are at hand: backward is then a
//! multiplication, and no row's probabilities are kept or computed twice.

use rayon::prelude::*;

use super::linear::With;
use super::maths::{Out, View, exp, product};
use super::store::{Id, Tensor};

/// Numbers that the logits of one chunk may take.
const ROOM: usize = 8 << 20;

/// Log-probabilities of the targets, and what backward needs.
pub(crate) struct Scored {
    /// ln p of each target.
    pub(crate) logps: Vec<f32>,
    /// `ln sum_v p_v^2` of each target's distribution.
    pub(crate) spreads: Vec<f32>,
    /// Gradient of each log-probability by its row, `[targets, hidden]`; empty where it is not wanted.
    pub(crate) units: Vec<f32>,
}

/// Rows of the final norm's output at the targets, `[targets, hidden]`.
pub(crate) fn score(with: With<'_>, head: Id, rows: &[f32], tokens: &[u32], gradient: bool) -> Scored {
    let w = with.store.get(head);
    let (vocab, hidden) = (w.rows, w.cols);
    let count = tokens.len();
    let mut scored = Scored {
        logps: vec![0.0; count],
        spreads: vec![0.0; count],
        units: if gradient { vec![0.0; count * hidden] } else { Vec::new() },
    };
    let chunk = (ROOM / vocab).clamp(1, count.max(1));
    let mut logits = vec![0.0; chunk * vocab];
    for from in (0..count).step_by(chunk) {
        let to = (from + chunk).min(count);
        let logits = &mut logits[..(to - from) * vocab];
        let x = View::of(&rows[from * hidden..to * hidden], to - from, hidden);
        product(Out::new(logits, vocab), x, View::of(&w.value, vocab, hidden).t(), 1.0, with.threads);
        let said = scored.logps[from..to].par_iter_mut().zip(scored.spreads[from..to].par_iter_mut());
        logits.par_chunks_mut(vocab).zip(&tokens[from..to]).zip(said).for_each(
            |((row, token), (logp, spread))| {
                let own = row[*token as usize];
                let (sum, squares) = softmax(row);
                *logp = own - sum;
                *spread = squares.ln();
            },
        );
        if gradient {
            let units = &mut scored.units[from * hidden..to * hidden];
            let p = View::of(logits, to - from, vocab);
            product(Out::new(units, hidden), p, View::of(&w.value, vocab, hidden), -1.0, with.threads);
            for (unit, token) in units.chunks_mut(hidden).zip(&tokens[from..to]) {
                let at = *token as usize * hidden;
                unit.iter_mut().zip(&w.value[at..at + hidden]).for_each(|(u, w)| *u += w);
            }
        }
    }
    scored
}

/// One of two models at the same targets: its head, and its rows.
pub(crate) struct Side<'a> {
    pub(crate) w: &'a Tensor,
    pub(crate) rows: &'a [f32],
}

/// ln p of the targets where the logits are `(1 + lambda)` times the first model's minus `lambda` times the second's.
pub(crate) fn decoupled(sides: &[Side<'_>; 2], tokens: &[u32], lambda: f32, threads: usize) -> Vec<f32> {
    let (vocab, count) = (sides[0].w.rows, tokens.len());
    let mut logps = vec![0.0; count];
    let chunk = (ROOM / vocab).clamp(1, count.max(1));
    let mut logits = vec![0.0; chunk * vocab];
    for from in (0..count).step_by(chunk) {
        let to = (from + chunk).min(count);
        let logits = &mut logits[..(to - from) * vocab];
        for (number, (side, scale)) in sides.iter().zip([1.0 + lambda, -lambda]).enumerate() {
            let hidden = side.w.cols;
            let x = View::of(&side.rows[from * hidden..to * hidden], to - from, hidden);
            let out = Out { data: &mut *logits, stride: vocab, add: number > 0 };
            product(out, x, View::of(&side.w.value, vocab, hidden).t(), scale, threads);
        }
        let rows = logits.par_chunks_mut(vocab).zip(&tokens[from..to]);
        rows.zip(logps[from..to].par_iter_mut()).for_each(|((row, token), logp)| {
            let own = row[*token as usize];
            *logp = own - softmax(row).0;
        });
    }
    logps
}

/// Adds to `dw`, `[vocab, hidden]`, the gradient of `sum_t coefficient_t logp_t`.
pub(crate) fn weight_back(
    with: With<'_>,
    head: Id,
    (rows, tokens, coefficients): (&[f32], &[u32], &[f32]),
    dw: &mut [f32],
) {
    let w = with.store.get(head);
    let (vocab, hidden) = (w.rows, w.cols);
    let count = tokens.len();
    let chunk = (ROOM / vocab).clamp(1, count.max(1));
    let mut logits = vec![0.0; chunk * vocab];
    for from in (0..count).step_by(chunk) {
        let to = (from + chunk).min(count);
        let logits = &mut logits[..(to - from) * vocab];
        let x = View::of(&rows[from * hidden..to * hidden], to - from, hidden);
        product(Out::new(logits, vocab), x, View::of(&w.value, vocab, hidden).t(), 1.0, with.threads);
        let of = tokens[from..to].iter().zip(&coefficients[from..to]);
        for (row, (token, coefficient)) in logits.chunks_mut(vocab).zip(of) {
            softmax(row);
            for p in row.iter_mut() {
                *p *= -coefficient;
            }
            row[*token as usize] += coefficient;
        }
        product(Out::adding(dw, hidden), View::of(logits, to - from, vocab).t(), x, 1.0, with.threads);
    }
}

/// Logits become probabilities; returns `ln sum exp` of them, and the sum of the squared probabilities.
pub(super) fn softmax(row: &mut [f32]) -> (f32, f32) {
    let most = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    // A vocabulary is summed in parts: one float for 150,000 terms would lose digits.
    let mut total = 0.0_f64;
    for part in row.chunks_mut(1024) {
        let mut sum = 0.0_f32;
        for value in part {
            *value = exp(*value - most);
            sum += *value;
        }
        total += f64::from(sum);
    }
    let by = (1.0 / total) as f32;
    let mut squares = 0.0_f64;
    for part in row.chunks_mut(1024) {
        let mut sum = 0.0_f32;
        for value in part {
            *value *= by;
            sum += *value * *value;
        }
        squares += f64::from(sum);
    }
    (most + total.ln() as f32, squares as f32)
}
