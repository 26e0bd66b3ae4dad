//! How probable the verdicts are under given weights, and in which direction they become more so.
//!
//! ln L(w) = linear . w - sum over rows of weight ln(1 + e^(x . w)); see [`crate::Regression`]. The linear part is computed
//! exactly in f64; the sum runs over rows in f64 or f32, sixteen to sixty-four at once.

use pulp::{Arch, Simd, WithSimd};

use crate::lanes::{Lanes, Narrow};
use crate::regression::Regression;
use crate::rows::{Aligned, RowPack};

/// Registers worked on together: enough independent chains to hide the latency of a fused multiply-add.
const CHUNK: usize = 8;

/// In which floats the sum over rows runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precision {
    /// f64: relative error about 1e-15.
    Double,
    /// f32: twice as fast; the log likelihood of a thousand rows is off by about 1e-4, its gradient by 1e-5.
    Single,
}

/// The log likelihood of a regression and its gradient, with the scratch space that makes a call free of allocation.
#[derive(Debug, Clone)]
pub struct Likelihood {
    arch: Arch,
    linear: Vec<f64>,
    rows: Rows,
}

#[derive(Debug, Clone)]
enum Rows {
    Double(Sum<f64>),
    Single(Sum<f32>),
}

/// The rows with what a pass over them needs.
#[derive(Debug, Clone)]
struct Sum<T: Copy + pulp::bytemuck::Pod> {
    pack: RowPack<T>,
    /// The group of rows that is worked on, where it must be made floats.
    group: Aligned<T>,
    weights: Option<Aligned<T>>,
    point: Vec<T>,
    /// One register's worth of partial sums per column.
    partial: Aligned<T>,
    gradient: Vec<T>,
}

impl Likelihood {
    /// Takes a copy of the regression's rows in that precision.
    pub fn new(regression: &Regression, precision: Precision) -> Self {
        let d = regression.columns();
        let rows = match precision {
            Precision::Double => Rows::Double(Sum {
                weights: regression.weights.as_ref().map(|w| regression.rows.per_row(w.iter().copied(), 0.0)),
                pack: regression.rows.wide(),
                group: Aligned::new(0.0, 0),
                point: vec![0.0; d],
                partial: Aligned::new(0.0, d * 8),
                gradient: vec![0.0; d],
            }),
            Precision::Single => {
                let pack = regression.rows.wide().narrow();
                Rows::Single(Sum {
                    weights: regression
                        .weights
                        .as_ref()
                        .map(|w| pack.per_row(w.iter().map(|&w| w as f32), 0.0)),
                    pack,
                    group: Aligned::new(0.0, 0),
                    point: vec![0.0; d],
                    partial: Aligned::new(0.0, d * 16),
                    gradient: vec![0.0; d],
                })
            }
        };
        Self { arch: Arch::new(), linear: regression.linear.clone(), rows }
    }

    /// ln L(w).
    ///
    /// # Panics
    /// If `w` does not have one value per column.
    pub fn value(&mut self, w: &[f64]) -> f64 {
        assert_eq!(w.len(), self.linear.len(), "one weight per column");
        let sum = match &mut self.rows {
            Rows::Double(sum) => sum.run(self.arch, w, false),
            Rows::Single(sum) => sum.run(self.arch, w, false),
        };
        dot(&self.linear, w) - sum
    }

    /// ln L(w), with its gradient written to `gradient`.
    ///
    /// # Panics
    /// If `w` or `gradient` does not have one value per column.
    pub fn value_and_gradient(&mut self, w: &[f64], gradient: &mut [f64]) -> f64 {
        assert!(w.len() == self.linear.len() && gradient.len() == w.len(), "one value per column");
        let sum = match &mut self.rows {
            Rows::Double(sum) => {
                let value = sum.run(self.arch, w, true);
                for ((g, linear), part) in gradient.iter_mut().zip(&self.linear).zip(&sum.gradient) {
                    *g = linear - part;
                }
                value
            }
            Rows::Single(sum) => {
                let value = sum.run(self.arch, w, true);
                for ((g, linear), part) in gradient.iter_mut().zip(&self.linear).zip(&sum.gradient) {
                    *g = linear - f64::from(*part);
                }
                value
            }
        };
        dot(&self.linear, w) - sum
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// After how many groups the running product of (1 + e^-|f|) <= 2 may leave the range of f64.
trait Range {
    const GROUPS_PER_LOG: usize;
}

impl Range for f64 {
    const GROUPS_PER_LOG: usize = 15;
}

impl Range for f32 {
    const GROUPS_PER_LOG: usize = 7;
}

impl<T: Narrow + pulp::bytemuck::Pod> Sum<T> {
    fn run(&mut self, arch: Arch, w: &[f64], with_gradient: bool) -> f64
    where
        for<'a> Pass<'a, T>: WithSimd<Output = f64>,
    {
        for (slot, &value) in self.point.iter_mut().zip(w) {
            *slot = T::narrow(value);
        }
        arch.dispatch(Pass { sum: self, with_gradient })
    }
}

struct Pass<'a, T: Copy + pulp::bytemuck::Pod> {
    sum: &'a mut Sum<T>,
    with_gradient: bool,
}

impl WithSimd for Pass<'_, f64> {
    type Output = f64;
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        pass(simd, self.sum, self.with_gradient)
    }
}

impl WithSimd for Pass<'_, f32> {
    type Output = f64;
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> f64 {
        pass(simd, self.sum, self.with_gradient)
    }
}

/// Sum over rows of weight ln(1 + e^f); with the gradient, sum over rows of weight sigmoid(f) x in `sum.gradient`.
#[inline(always)]
#[expect(clippy::too_many_lines, reason = "the inner loop, all in registers")]
fn pass<S: Simd, T: Lanes<S> + Narrow + Range>(simd: S, sum: &mut Sum<T>, with_gradient: bool) -> f64 {
    let d = sum.pack.columns;
    let group_rows = RowPack::<T>::GROUP;
    let vectors = group_rows / T::LANES;
    let zero = T::splat(simd, T::narrow(0.0));
    let one = T::splat(simd, T::narrow(1.0));
    let partial = &mut T::load_mut(sum.partial.as_mut_slice())[..d];
    partial.fill(zero);
    let weights = sum.weights.as_ref().map(|w| T::load(w.as_slice()));
    // ln(1 + e^f) = max(f, 0) + ln(1 + e^-|f|); without weights the logs of all rows are one log of a product.
    let mut hinge = zero;
    let mut logs = zero;
    let mut product = [one; CHUNK];
    let mut total = 0.0;
    for g in 0..sum.pack.groups() {
        let x = T::load(sum.pack.group(g, &mut sum.group));
        for chunk in (0..vectors).step_by(CHUNK) {
            let mut f = [zero; CHUNK];
            for (j, &w) in sum.point.iter().enumerate() {
                let w = T::splat(simd, w);
                let column = &x[j * vectors + chunk..][..CHUNK];
                for r in 0..CHUNK {
                    f[r] = T::fma(simd, w, column[r], f[r]);
                }
            }
            for r in 0..CHUNK {
                let e = T::exponential(simd, T::sub(simd, zero, T::magnitude(simd, f[r])));
                let more = T::add(simd, one, e);
                let inverse = T::div(simd, one, more);
                let mut sigmoid = T::if_negative(simd, f[r], T::mul(simd, e, inverse), inverse);
                let above = T::larger(simd, f[r], zero);
                if let Some(weights) = weights {
                    let weight = weights[g * vectors + chunk + r];
                    let soft = T::add(simd, above, T::ln_1p_unit(simd, e));
                    logs = T::fma(simd, weight, soft, logs);
                    sigmoid = T::mul(simd, weight, sigmoid);
                } else {
                    hinge = T::add(simd, hinge, above);
                    product[r] = T::mul(simd, product[r], more);
                }
                f[r] = sigmoid;
            }
            if with_gradient {
                for (j, slot) in partial.iter_mut().enumerate() {
                    let column = &x[j * vectors + chunk..][..CHUNK];
                    let mut even = T::mul(simd, f[0], column[0]);
                    let mut odd = T::mul(simd, f[1], column[1]);
                    for r in (2..CHUNK).step_by(2) {
                        even = T::fma(simd, f[r], column[r], even);
                        odd = T::fma(simd, f[r + 1], column[r + 1], odd);
                    }
                    *slot = T::add(simd, *slot, T::add(simd, even, odd));
                }
            }
        }
        if (g + 1) % T::GROUPS_PER_LOG == 0 {
            total += ln_of_product::<S, T>(&product);
            product = [one; CHUNK];
        }
    }
    if with_gradient {
        for (slot, &sum) in sum.gradient.iter_mut().zip(partial.iter()) {
            *slot = T::sum(simd, sum);
        }
    }
    // Rows of padding have f = 0 and count ln 2 each without weights (theirs would be 0).
    let padding = if weights.is_none() { (sum.pack.padded() - sum.pack.rows) as f64 } else { 0.0 };
    total + ln_of_product::<S, T>(&product) + T::sum(simd, hinge).widen() + T::sum(simd, logs).widen()
        - padding * std::f64::consts::LN_2
}

#[inline(always)]
fn ln_of_product<S: Simd, T: Lanes<S> + Narrow>(product: &[T::V; CHUNK]) -> f64 {
    let lanes: &[T] = pulp::bytemuck::cast_slice(product);
    lanes.iter().map(|x| x.widen()).product::<f64>().ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logistic::{sigmoid, softplus};
    use crate::regression::Prior;
    use crate::testing::{Table, random_table};

    fn plain(table: &Table, w: &[f64]) -> (f64, Vec<f64>) {
        let d = w.len();
        let mut value = 0.0;
        let mut gradient = vec![0.0; d];
        for (row, &p) in table.verdicts.iter().enumerate() {
            let x = &table.x[row * d..(row + 1) * d];
            let f: f64 = x.iter().zip(w).map(|(x, w)| x * w).sum();
            let weight = table.weights.as_ref().map_or(1.0, |w| w[row]);
            value += weight * (p * f - softplus(f));
            for (g, x) in gradient.iter_mut().zip(x) {
                *g += weight * (p - sigmoid(f)) * x;
            }
        }
        (value, gradient)
    }

    #[test]
    fn agrees_with_the_plain_twin() {
        for (n, d, weighted) in [
            (1, 1, false),
            (63, 3, false),
            (360, 29, false),
            (3000, 7, false),
            (500, 29, true),
            (64, 2, true),
        ] {
            let table = random_table(n, d, weighted, 7 + n as u64);
            let regression = table.regression(Prior::Laplace { scale: 0.1 });
            let w: Vec<f64> = (0..d).map(|j| (j as f64 * 1.7).sin()).collect();
            let (want, want_gradient) = plain(&table, &w);
            // Rows without any feature are left out; each would add (p - 1/2 ... ) a constant ln 2.
            let constant: f64 = table.empty_rows_constant(d);
            for (precision, tolerance) in [(Precision::Double, 1e-11), (Precision::Single, 3e-5)] {
                let mut likelihood = Likelihood::new(&regression, precision);
                let mut gradient = vec![0.0; d];
                let got = likelihood.value_and_gradient(&w, &mut gradient);
                assert!((got - likelihood.value(&w)).abs() < 1e-9 * got.abs().max(1.0));
                let scale = want.abs().max(1.0);
                assert!(
                    (got - want - constant).abs() < tolerance * scale,
                    "{n} {d} {precision:?}: {got} {want}"
                );
                for (g, h) in gradient.iter().zip(&want_gradient) {
                    assert!((g - h).abs() < tolerance * scale, "{n} {d} {precision:?}: {g} {h}");
                }
            }
        }
    }

    #[test]
    fn huge_linear_predictors_stay_finite() {
        let regression =
            Regression::new(&[1e6, -1e6], &[0.0, 1.0], None, &[Prior::Normal { sd: 1.0 }]).unwrap();
        for precision in [Precision::Double, Precision::Single] {
            let mut gradient = [0.0];
            let value = Likelihood::new(&regression, precision).value_and_gradient(&[1e3], &mut gradient);
            assert!(value.is_finite() && gradient[0].is_finite(), "{value} {gradient:?}");
            assert!((value + 2e9).abs() < 1e3);
        }
    }
}
