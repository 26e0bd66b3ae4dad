//! Matrix products on plain slices of `f32`.
//!
//! Matrices are row-major. A weight is `[out, in]`, so that a linear map of rows `x` is `x w^T`.

/// Rows of a matrix inside a slice: where it starts, how far rows are apart, and how wide they are.
#[derive(Debug, Clone, Copy)]
pub(crate) struct View<'a> {
    pub(crate) data: &'a [f32],
    pub(crate) stride: usize,
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    /// Whether the matrix is the transpose of the data.
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

/// The destination of a product: rows `stride` apart.
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

    /// The same target again.
    pub(crate) fn again(&mut self) -> Out<'_> {
        Out { data: &mut *self.data, ..*self }
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
    // Safety: the views were checked to be within their slices when they were made, and the target just now; `out` is exclusive.
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

#[cfg(test)]
mod tests {
    use super::*;

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

    /// Processor seconds of this thread so far (Linux).
    fn cpu() -> f64 {
        let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
        text.split_whitespace().next().and_then(|nanos| nanos.parse::<f64>().ok()).unwrap_or_default() / 1e9
    }

    /// The floor of a step of `benchmarks/train/dpo_step.py`: only the products with the model's weights that it cannot avoid.
    ///
    /// `cargo test --release -p predilect-learn --lib products_alone -- --ignored --nocapture`
    #[test]
    #[ignore = "a measurement"]
    fn products_alone() {
        const LAYERS: usize = 30;
        const MAPS: [(usize, usize); 7] =
            [(576, 576), (192, 576), (192, 576), (576, 576), (1536, 576), (1536, 576), (576, 1536)];
        let (rows, targets, vocab, hidden) = (768, 512, 49152, 576);
        let filled = |length: usize| (0..length).map(|at| (at % 13) as f32 - 6.0).collect::<Vec<f32>>();
        let maps: Vec<Vec<f32>> =
            (0..LAYERS).flat_map(|_| MAPS).map(|(outs, ins)| filled(outs * ins)).collect();
        let (table, x, mut y) = (filled(vocab * hidden), filled(rows * 1536), filled(rows * 2048));
        let mut back = filled(rows * 1536);
        let per_row: usize = MAPS.iter().map(|(outs, ins)| outs * ins).sum();
        // Forward of the model and of the reference, and backward; forward of both heads, and the gradient of one by its rows.
        let gigaflop = 3.0 * 2.0 * (rows * LAYERS * per_row + targets * vocab * hidden) as f64 / 1e9;
        for _ in 0..3 {
            let start = cpu();
            for (map, (outs, ins)) in maps.iter().zip((0..LAYERS).flat_map(|_| MAPS)) {
                let (x, w) = (View::of(&x, rows, ins), View::of(map, outs, ins));
                for _ in 0..2 {
                    product(Out::new(&mut y, outs), x, w.t(), 1.0, 1);
                }
                product(Out::new(&mut back, ins), View::of(&y, rows, outs), w, 1.0, 1);
            }
            for part in table.chunks(2048 * hidden) {
                let (x, w) = (View::of(&x, targets, hidden), View::of(part, part.len() / hidden, hidden));
                for _ in 0..2 {
                    product(Out::new(&mut y, w.rows), x, w.t(), 1.0, 1);
                }
                product(Out::adding(&mut back, hidden), View::of(&y, targets, w.rows), w, 1.0, 1);
            }
            let seconds = cpu() - start;
            eprintln!(
                "{gigaflop:.0} GFLOP in {seconds:.2} s of the processor: {:.0} GFLOP/s",
                gigaflop / seconds
            );
        }
    }
}
