//! The output head, at the rows that predict a token and nowhere else, a part of the vocabulary at a time.
//!
//! The gradient of one log-probability by its row, `w[token] - sum_v p_v w[v]`, is made while the probabilities are at hand: backward is
//! then a multiplication, and no row's probabilities are kept or computed twice. Parts are put together as they come: what was summed is
//! multiplied by `e^(old - new)` when a part has a larger logit than all before it.

use super::linear::With;
use super::maths::{Out, View, product};
use super::rows::by_rows;
use super::store::{Id, Tensor};
use super::vector::{add, exps, largest, scale, widest};

/// Words of the vocabulary in one part: their weights and logits stay in a cache near the processor.
const PART: usize = 2048;

/// Log-probabilities of the targets, and what backward needs.
pub(crate) struct Scored {
    /// ln p of each target.
    pub(crate) logps: Vec<f32>,
    /// `ln sum_v p_v^2` of each target's distribution.
    pub(crate) spreads: Vec<f32>,
    /// `ln sum_v e^logit` at each target.
    pub(crate) logs: Vec<f32>,
    /// Gradient of each log-probability by its row, `[targets, hidden]`; empty where it is not wanted.
    pub(crate) units: Vec<f32>,
}

/// What is known of a row after some parts of the vocabulary.
#[derive(Clone, Copy)]
struct Running {
    /// The largest logit so far.
    most: f32,
    /// Sum of `e^(logit - most)`, and of its square. A vocabulary is summed in parts: one float for 150,000 terms would lose digits.
    total: f64,
    squares: f64,
    /// By what sums from before this part were multiplied.
    kept: f32,
}

impl Running {
    const START: Self = Self { most: f32::NEG_INFINITY, total: 0.0, squares: 0.0, kept: 0.0 };

    /// Takes a part in; its logits become `e^(logit - most)`.
    fn take(&mut self, logits: &mut [f32]) {
        let most = self.most.max(widest(&*logits, largest));
        self.kept = (self.most - most).exp();
        self.most = most;
        let kept = f64::from(self.kept);
        let (total, squares) = widest((logits, most), exps);
        self.total = self.total * kept + f64::from(total);
        self.squares = self.squares * kept * kept + f64::from(squares);
    }

    /// `ln sum e^logit`.
    fn log(&self) -> f32 {
        self.most + self.total.ln() as f32
    }
}

/// Rows of the final norm's output at the targets, `[targets, hidden]`.
pub(crate) fn score(with: With<'_>, head: Id, rows: &[f32], tokens: &[u32], gradient: bool) -> Scored {
    let w = with.store.get(head);
    let (vocab, hidden) = (w.rows, w.cols);
    let count = tokens.len();
    let x = View::of(rows, count, hidden);
    let mut running = vec![Running::START; count];
    let mut own = vec![0.0; count];
    let mut units = if gradient { vec![0.0; count * hidden] } else { Vec::new() };
    let mut logits = vec![0.0; count * PART.min(vocab)];
    for from in (0..vocab).step_by(PART) {
        let width = PART.min(vocab - from);
        let logits = &mut logits[..count * width];
        let part = View::of(&w.value[from * hidden..(from + width) * hidden], width, hidden);
        product(Out::new(logits, width), x, part.t(), 1.0, with.threads);
        pick(&mut own, logits, tokens, (from, width));
        softmax_part(&mut running, logits, with.threads);
        if gradient {
            for (unit, running) in units.chunks_mut(hidden).zip(&running).filter(|(_, r)| r.kept != 1.0) {
                widest((unit, running.kept), scale);
            }
            product(Out::adding(&mut units, hidden), View::of(logits, count, width), part, 1.0, with.threads);
        }
    }
    for ((unit, running), token) in units.chunks_mut(hidden).zip(&running).zip(tokens) {
        widest((&mut *unit, (-1.0 / running.total) as f32), scale);
        let at = *token as usize * hidden;
        add(unit, &w.value[at..at + hidden]);
    }
    let logs: Vec<f32> = running.iter().map(Running::log).collect();
    Scored {
        logps: own.iter().zip(&logs).map(|(own, log)| own - log).collect(),
        spreads: running.iter().map(|r| (r.squares.ln() - 2.0 * r.total.ln()) as f32).collect(),
        logs,
        units,
    }
}

/// ln p of every token of the vocabulary at each of these rows, `[rows, vocabulary]`.
pub(crate) fn distributions(with: With<'_>, head: Id, rows: &[f32]) -> Vec<f32> {
    let w = with.store.get(head);
    let (vocab, hidden) = (w.rows, w.cols);
    let count = rows.len() / hidden;
    let mut logits = vec![0.0; count * vocab];
    let all = View::of(&w.value, vocab, hidden);
    product(Out::new(&mut logits, vocab), View::of(rows, count, hidden), all.t(), 1.0, with.threads);
    for row in logits.chunks_mut(vocab) {
        let mut running = Running::START;
        running.take(&mut row.to_vec());
        let log = running.log();
        for logit in row {
            *logit -= log;
        }
    }
    logits
}

fn softmax_part(running: &mut [Running], logits: &mut [f32], threads: usize) {
    if running.is_empty() {
        return;
    }
    let width = logits.len() / running.len();
    if threads > 1 {
        use rayon::prelude::*;
        running.par_iter_mut().zip(logits.par_chunks_mut(width)).for_each(|(running, row)| running.take(row));
    } else {
        running.iter_mut().zip(logits.chunks_mut(width)).for_each(|(running, row)| running.take(row));
    }
}

/// What backward of the head's weight sees: rows at the targets, the targets, by what their log-probabilities are multiplied, and
/// `ln sum e^logit` of each.
#[derive(Clone, Copy)]
pub(crate) struct HeadSeen<'a> {
    pub(crate) rows: &'a [f32],
    pub(crate) tokens: &'a [u32],
    pub(crate) coefficients: &'a [f32],
    pub(crate) logs: &'a [f32],
}

/// One of two models at the same targets: its head, and its rows.
pub(crate) struct Side<'a> {
    pub(crate) w: &'a Tensor,
    pub(crate) rows: &'a [f32],
}

/// ln p of the targets where the logits are `(1 + lambda)` times the first model's minus `lambda` times the second's.
pub(crate) fn decoupled(sides: &[Side<'_>; 2], tokens: &[u32], lambda: f32, threads: usize) -> Vec<f32> {
    let (vocab, count) = (sides[0].w.rows, tokens.len());
    let mut running = vec![Running::START; count];
    let mut own = vec![0.0; count];
    let mut logits = vec![0.0; count * PART.min(vocab)];
    for from in (0..vocab).step_by(PART) {
        let width = PART.min(vocab - from);
        let logits = &mut logits[..count * width];
        for (number, (side, factor)) in sides.iter().zip([1.0 + lambda, -lambda]).enumerate() {
            let hidden = side.w.cols;
            let x = View::of(side.rows, count, hidden);
            let part = View::of(&side.w.value[from * hidden..(from + width) * hidden], width, hidden);
            let out = Out { data: &mut *logits, stride: width, add: number > 0 };
            product(out, x, part.t(), factor, threads);
        }
        pick(&mut own, logits, tokens, (from, width));
        softmax_part(&mut running, logits, threads);
    }
    own.iter().zip(&running).map(|(own, running)| own - running.log()).collect()
}

/// Takes the targets' logits out of those of one part of the vocabulary.
fn pick(own: &mut [f32], logits: &[f32], tokens: &[u32], (from, width): (usize, usize)) {
    for ((row, token), own) in logits.chunks(width).zip(tokens).zip(own) {
        if let Some(at) = (*token as usize).checked_sub(from).filter(|at| *at < width) {
            *own = row[at];
        }
    }
}

/// Adds to `dw`, `[vocab, hidden]`, the gradient of `sum_t coefficient_t logp_t`.
pub(crate) fn weight_back(with: With<'_>, head: Id, seen: HeadSeen<'_>, dw: &mut [f32]) {
    let w = with.store.get(head);
    let (vocab, hidden) = (w.rows, w.cols);
    let count = seen.tokens.len();
    let x = View::of(seen.rows, count, hidden);
    let mut logits = vec![0.0; count * PART.min(vocab)];
    for from in (0..vocab).step_by(PART) {
        let width = PART.min(vocab - from);
        let logits = &mut logits[..count * width];
        let part = from * hidden..(from + width) * hidden;
        let of_part = View::of(&w.value[part.clone()], width, hidden);
        product(Out::new(logits, width), x, of_part.t(), 1.0, with.threads);
        by_rows(
            (count, with.threads),
            ([logits], [seen.coefficients, seen.logs]),
            &|[logits], [by, logs]| {
                for ((row, by), log) in logits.chunks_mut(width).zip(by).zip(logs) {
                    widest((&mut *row, *log), exps);
                    widest((row, -by), scale);
                }
            },
        );
        for ((row, token), by) in logits.chunks_mut(width).zip(seen.tokens).zip(seen.coefficients) {
            if let Some(at) = (*token as usize).checked_sub(from).filter(|at| *at < width) {
                row[at] += by;
            }
        }
        product(Out::adding(&mut dw[part], hidden), View::of(logits, count, width).t(), x, 1.0, with.threads);
    }
}

/// `ln sum e^logit` of a row of logits.
pub(super) fn log_sum(logits: &mut [f32]) -> f32 {
    let mut running = Running::START;
    logits.chunks_mut(PART).for_each(|part| running.take(part));
    running.log()
}
