//! Matrix products and the few row-wise functions of a decoder, forward and backward, on plain slices of `f32`.
//!
//! Matrices are row-major. A weight is `[out, in]`, so that a linear map of rows `x` is `x w^T`.

use rayon::prelude::*;

/// Rows of a matrix inside a slice: where it starts, how far rows are apart, and how wide they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// Whether the matrix is the transpose of what lies there.
    turned: bool,
}

impl<'a> View<'a> {
    /// A matrix that fills its slice.
    pub(crate) fn of(data: &'a [f32], rows: usize, cols: usize) -> Self {
        Self::strided(data, cols, rows, cols)
    }

    /// A matrix whose rows are `stride` apart.
    pub(crate) fn strided(data: &'a [f32], stride: usize, rows: usize, cols: usize) -> Self {
        assert!(
            rows == 0 || (cols <= stride && (rows - 1) * stride + cols <= data.len()),
            "rows in the slice"
        );
        Self { data, stride, rows, cols, turned: false }
    }

    /// Its transpose.
    pub(crate) fn t(self) -> Self {
        Self { turned: !self.turned, ..self }
    }

    fn shape(&self) -> (usize, usize) {
        if self.turned { (self.cols, self.rows) } else { (self.rows, self.cols) }
    }

    fn strides(&self) -> (isize, isize) {
        let stride = self.stride.cast_signed();
        if self.turned { (1, stride) } else { (stride, 1) }
    }
}

/// Where a product goes: rows `stride` apart.
pub(crate) struct Out<'a> {
    pub(crate) data: &'a mut [f32],
    pub(crate) stride: usize,
    /// Whether the product is added to what is there.
    pub(crate) add: bool,
}

impl<'a> Out<'a> {
    pub(crate) fn new(data: &'a mut [f32], stride: usize) -> Self {
        Self { data, stride, add: false }
    }

    pub(crate) fn adding(data: &'a mut [f32], stride: usize) -> Self {
        Self { data, stride, add: true }
    }
}

/// `out = scale a b`, or `out += scale a b`.
///
/// `threads`: 1 stays on this thread.
#[expect(clippy::needless_pass_by_value, reason = "the target is borrowed for one product")]
pub(crate) fn product(out: Out<'_>, a: View<'_>, b: View<'_>, scale: f32, threads: usize) {
    let ((m, k), (inner, n)) = (a.shape(), b.shape());
    assert!(k == inner, "{m} x {k} by {inner} x {n}");
    if m == 0 || n == 0 {
        return;
    }
    assert!(n <= out.stride && (m - 1) * out.stride + n <= out.data.len(), "the product fits");
    let ((a_rows, a_cols), (b_rows, b_cols)) = (a.strides(), b.strides());
    let parallelism = if threads > 1 { gemm::Parallelism::Rayon(threads) } else { gemm::Parallelism::None };
    // Safety: the views were checked to lie in their slices when they were made, and the target just now; `out` is exclusive.
    #[expect(unsafe_code, reason = "the matrix product of a library that takes pointers")]
    unsafe {
        gemm::gemm(
            m,
            n,
            k,
            out.data.as_mut_ptr(),
            1,
            out.stride.cast_signed(),
            out.add,
            a.data.as_ptr(),
            a_cols,
            a_rows,
            b.data.as_ptr(),
            b_cols,
            b_rows,
            1.0,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

/// Rows that one task takes.
const ROWS: usize = 32;

/// Root mean square normalisation of rows: `y = x / sqrt(mean(x^2) + eps) * w`. Returns `1 / sqrt(...)` of each row.
pub(crate) fn rms_norm(out: &mut [f32], x: &[f32], w: &[f32], eps: f32) -> Vec<f32> {
    let width = w.len();
    let mut scales = vec![0.0; x.len() / width];
    let tasks = out.par_chunks_mut(width * ROWS).zip(x.par_chunks(width * ROWS));
    tasks.zip(scales.par_chunks_mut(ROWS)).for_each(|((out, x), scales)| {
        for ((out, x), scale) in out.chunks_mut(width).zip(x.chunks(width)).zip(scales) {
            let square = sum(x.iter().map(|v| v * v));
            *scale = 1.0 / (square / width as f32 + eps).sqrt();
            for ((out, x), w) in out.iter_mut().zip(x).zip(w) {
                *out = x * *scale * w;
            }
        }
    });
    scales
}

/// Its backward: adds `dL/dx` to `dx`; `dw`, where the weight is trained, gets `dL/dw` added.
pub(crate) fn rms_norm_back(dx: &mut [f32], dy: &[f32], x: &[f32], w: &[f32], scales: &[f32]) {
    let width = w.len();
    let tasks =
        dx.par_chunks_mut(width * ROWS).zip(dy.par_chunks(width * ROWS)).zip(x.par_chunks(width * ROWS));
    tasks.zip(scales.par_chunks(ROWS)).for_each(|(((dx, dy), x), scales)| {
        let rows = dx.chunks_mut(width).zip(dy.chunks(width)).zip(x.chunks(width));
        for (((dx, dy), x), scale) in rows.zip(scales) {
            let dot = sum(dy.iter().zip(w).zip(x).map(|((dy, w), x)| dy * w * x));
            let part = dot * scale * scale * scale / width as f32;
            for (((dx, dy), x), w) in dx.iter_mut().zip(dy).zip(x).zip(w) {
                *dx += dy * w * scale - x * part;
            }
        }
    });
}

/// `dL/dw` of [`rms_norm`], added to `dw`.
pub(crate) fn rms_norm_weight_back(dw: &mut [f32], dy: &[f32], x: &[f32], scales: &[f32]) {
    let width = dw.len();
    for ((dy, x), scale) in dy.chunks(width).zip(x.chunks(width)).zip(scales) {
        for ((dw, dy), x) in dw.iter_mut().zip(dy).zip(x) {
            *dw += dy * x * scale;
        }
    }
}

/// The gate of a feed-forward block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gate {
    /// `x sigmoid(x)`.
    Silu,
    /// `x Phi(x)` by its tanh form.
    GeluTanh,
}

/// sqrt(2 / pi).
const ROOT: f32 = 0.797_884_6;

impl Gate {
    fn value(self, x: f32) -> f32 {
        match self {
            Self::Silu => x * sigmoid(x),
            Self::GeluTanh => 0.5 * x * (1.0 + (ROOT * (x + 0.044715 * x * x * x)).tanh()),
        }
    }

    fn slope(self, x: f32) -> f32 {
        match self {
            Self::Silu => {
                let s = sigmoid(x);
                s * (1.0 + x * (1.0 - s))
            }
            Self::GeluTanh => {
                let t = (ROOT * (x + 0.044715 * x * x * x)).tanh();
                0.5 * (1.0 + t) + 0.5 * x * (1.0 - t * t) * ROOT * (1.0 + 3.0 * 0.044715 * x * x)
            }
        }
    }
}

/// `out = gate(g) u`.
pub(crate) fn gated(out: &mut [f32], g: &[f32], u: &[f32], gate: Gate) {
    const PART: usize = 16_384;
    out.par_chunks_mut(PART).zip(g.par_chunks(PART)).zip(u.par_chunks(PART)).for_each(|((out, g), u)| {
        match gate {
            Gate::Silu => {
                for ((out, g), u) in out.iter_mut().zip(g).zip(u) {
                    *out = Gate::Silu.value(*g) * u;
                }
            }
            Gate::GeluTanh => {
                for ((out, g), u) in out.iter_mut().zip(g).zip(u) {
                    *out = Gate::GeluTanh.value(*g) * u;
                }
            }
        }
    });
}

/// Its backward in place: `g` becomes `dL/dg`, `u` becomes `dL/du`.
pub(crate) fn gated_back(g: &mut [f32], u: &mut [f32], dy: &[f32], gate: Gate) {
    const PART: usize = 16_384;
    g.par_chunks_mut(PART).zip(u.par_chunks_mut(PART)).zip(dy.par_chunks(PART)).for_each(|((g, u), dy)| {
        for ((g, u), dy) in g.iter_mut().zip(u).zip(dy) {
            let (value, slope) = (gate.value(*g), gate.slope(*g));
            *g = dy * *u * slope;
            *u = dy * value;
        }
    });
}

/// 1 / (1 + e^-x).
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// e^x to a relative error of 3e-7 within [-87, 88], and its limits outside; written so that a compiler turns loops over it into vectors.
pub(crate) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    let x = x.clamp(-87.0, 88.0);
    // Adding and taking away 1.5 * 2^23 rounds to a whole number.
    let n = (x * LOG2_E + 12_582_912.0) - 12_582_912.0;
    // ln 2 in two parts, so that the remainder keeps its digits.
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.0
        + r * (1.0
            + r * (0.5 + r * (0.166_666_67 + r * (0.041_666_65 + r * (0.008_333_45 + r * 0.001_388_9)))));
    f32::from_bits(p.to_bits().wrapping_add(((n as i32) << 23).cast_unsigned()))
}

/// The sum of many numbers in eight lanes: faster than one after the other, and closer to the truth.
pub(crate) fn sum(values: impl ExactSizeIterator<Item = f32>) -> f32 {
    let mut lanes = [0.0_f32; 8];
    for (at, value) in values.enumerate() {
        lanes[at % 8] += value;
    }
    lanes.iter().sum()
}

/// Adds `b` to `a`.
pub(crate) fn add(a: &mut [f32], b: &[f32]) {
    a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_as_exact_as_it_says() {
        let mut worst = 0.0_f64;
        for step in -8700..8800 {
            let x = step as f32 / 100.0;
            let truth = f64::from(x).exp();
            worst = worst.max((f64::from(exp(x)) - truth).abs() / truth);
        }
        assert!(worst < 3e-7, "{worst}");
        assert!(exp(-1000.0) < 2e-38 && exp(1000.0).is_finite());
    }

    #[test]
    fn products_of_turned_and_strided_matrices() {
        let a = [1.0, 2.0, 9.0, 3.0, 4.0, 9.0];
        let b = [1.0, 0.0, 2.0, 1.0];
        let mut out = [1.0; 6];
        product(Out::new(&mut out, 3), View::strided(&a, 3, 2, 2), View::of(&b, 2, 2).t(), 1.0, 1);
        assert_eq!(out, [1.0, 4.0, 1.0, 3.0, 10.0, 1.0]);
        product(Out::adding(&mut out, 3), View::strided(&a, 3, 2, 2).t(), View::of(&b, 2, 2), 0.5, 1);
        assert_eq!(out, [1.0 + 3.5, 4.0 + 1.5, 1.0, 3.0 + 5.0, 10.0 + 2.0, 1.0]);
    }

    #[test]
    fn slopes_of_gates_are_those_of_their_values() {
        for gate in [Gate::Silu, Gate::GeluTanh] {
            for step in -40..40 {
                let x = step as f32 / 8.0;
                let by_difference = (gate.value(x + 1e-2) - gate.value(x - 1e-2)) / 2e-2;
                assert!((gate.slope(x) - by_difference).abs() < 1e-3, "{gate:?} at {x}");
            }
        }
    }
}
