//! Work on the rows of matrices, shared among threads, and the normalisation of rows.
#![allow(clippy::inline_always, reason = "what a vectorised loop calls must be inlined into it")]

use super::vector::{sum, widest};

/// Rows that one task takes at most.
const ROWS: usize = 32;

/// Calls `work` with parts of all matrices that contain the same rows; with one thread, once with everything.
pub(super) fn by_rows<const M: usize, const N: usize>(
    (rows, threads): (usize, usize),
    (outs, ins): ([&mut [f32]; M], [&[f32]; N]),
    work: &(impl Fn([&mut [f32]; M], [&[f32]; N]) + Sync),
) {
    if threads <= 1 || rows <= ROWS {
        return work(outs, ins);
    }
    let half = rows / 2;
    let mut outs = outs.map(|out| {
        let width = out.len() / rows;
        out.split_at_mut(width * half)
    });
    let ins = ins.map(|x| x.split_at(x.len() / rows * half));
    let first: [&mut [f32]; M] = std::array::from_fn(|at| std::mem::take(&mut outs[at].0));
    let second = outs.map(|(_, second)| second);
    rayon::join(
        || by_rows((half, threads), (first, ins.map(|x| x.0)), work),
        || by_rows((rows - half, threads), (second, ins.map(|x| x.1)), work),
    );
}

/// Root mean square normalisation of rows: `y = x / sqrt(mean(x^2) + eps) * w`. Returns `1 / sqrt(...)` of each row.
pub(super) fn rms_norm(out: &mut [f32], x: &[f32], w: &[f32], eps: f32, threads: usize) -> Vec<f32> {
    #[inline(always)]
    fn row((out, x, w, eps): (&mut [f32], &[f32], &[f32], f32)) -> f32 {
        let scale = 1.0 / (sum([x], |[x]| x * x) / w.len() as f32 + eps).sqrt();
        for ((out, x), w) in out.iter_mut().zip(x).zip(w) {
            *out = x * scale * w;
        }
        scale
    }
    let width = w.len();
    let rows = x.len() / width;
    let mut scales = vec![0.0; rows];
    by_rows((rows, threads), ([out, &mut scales], [x]), &|[out, scales], [x]| {
        for ((out, x), scale) in out.chunks_mut(width).zip(x.chunks(width)).zip(scales) {
            *scale = widest((out, x, w, eps), row);
        }
    });
    scales
}

/// What the backward of [`rms_norm`] sees: the gradient of its output, its input, its weight, and what it returned.
#[derive(Clone, Copy)]
pub(super) struct NormSeen<'a> {
    pub(super) dy: &'a [f32],
    pub(super) x: &'a [f32],
    pub(super) w: &'a [f32],
    pub(super) scales: &'a [f32],
}

/// Adds `dL/dx` to `dx`.
pub(super) fn rms_norm_back(dx: &mut [f32], seen: NormSeen<'_>, threads: usize) {
    #[inline(always)]
    fn row((dx, dy, x, w, scale): (&mut [f32], &[f32], &[f32], &[f32], f32)) {
        let dot = sum([dy, w, x], |[dy, w, x]| dy * w * x);
        let part = dot * scale * scale * scale / w.len() as f32;
        for (((dx, dy), x), w) in dx.iter_mut().zip(dy).zip(x).zip(w) {
            *dx += dy * w * scale - x * part;
        }
    }
    let NormSeen { dy, x, w, scales } = seen;
    let width = w.len();
    by_rows((scales.len(), threads), ([dx], [dy, x, scales]), &|[dx], [dy, x, scales]| {
        let rows = dx.chunks_mut(width).zip(dy.chunks(width)).zip(x.chunks(width));
        for (((dx, dy), x), scale) in rows.zip(scales) {
            widest((dx, dy, x, w, *scale), row);
        }
    });
}

/// `dL/dw`, added to `dw`.
pub(super) fn rms_norm_weight_back(dw: &mut [f32], seen: NormSeen<'_>) {
    let width = dw.len();
    for ((dy, x), scale) in seen.dy.chunks(width).zip(seen.x.chunks(width)).zip(seen.scales) {
        for ((dw, dy), x) in dw.iter_mut().zip(dy).zip(x) {
            *dw += dy * x * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::vector::add;
    use super::*;

    #[test]
    fn every_row_is_worked_on_once_whatever_the_threads() {
        for threads in [1, 4] {
            let x: Vec<f32> = (0..300).map(|x| x as f32).collect();
            let (mut double, mut counts) = (vec![0.0; 300], vec![0.0; 100]);
            by_rows((100, threads), ([&mut double, &mut counts], [&x]), &|[double, counts], [x]| {
                assert_eq!((double.len(), x.len()), (3 * counts.len(), 3 * counts.len()));
                double.iter_mut().zip(x).for_each(|(double, x)| *double += 2.0 * x);
                add(counts, &vec![1.0; counts.len()]);
            });
            assert!(double.iter().zip(&x).all(|(double, x)| *double == 2.0 * x));
            assert!(counts.iter().all(|count| *count == 1.0));
        }
    }
}
