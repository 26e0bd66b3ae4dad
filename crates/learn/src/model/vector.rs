//! Loops over rows, compiled for the widest vectors that the machine at hand has.
//!
//! A library is built for the oldest machine that may run it. [`widest`] compiles a function several times and chooses when the program
//! runs. What it calls must be inlined into it, so every function of a loop here asks for that.
#![allow(clippy::inline_always, reason = "what a vectorised loop calls must be inlined into it")]

use pulp::{Arch, Simd, WithSimd};

/// Number of lanes in which sums are kept: faster than sequential, and more accurate.
const LANES: usize = 32;

struct Job<A, F>(A, F);

impl<A, R, F: FnOnce(A) -> R> WithSimd for Job<A, F> {
    type Output = R;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> R {
        (self.1)(self.0)
    }
}

/// Calls a function, itself `inline(always)` and not a closure, with the widest vectors available.
pub(super) fn widest<A, R>(args: A, work: impl FnOnce(A) -> R) -> R {
    Arch::new().dispatch(Job(args, work))
}

/// e^x to a relative error of 3e-7 within [-87, 88], and its limits outside; without a branch, so that loops over it become vectors.
#[inline(always)]
pub(super) fn exp(x: f32) -> f32 {
    const LOG2_E: f32 = std::f32::consts::LOG2_E;
    /// Adding 1.5 * 2^23 rounds to a whole number, and leaves it in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let x = x.clamp(-87.0, 88.0);
    let rounded = x * LOG2_E + ROUND;
    let n = rounded - ROUND;
    // ln 2 in two parts, so that the remainder keeps its digits.
    let r = (x - n * 0.693_359_4) + n * 2.121_944_4e-4;
    let p = 1.0
        + r * (1.0
            + r * (0.5 + r * (0.166_666_67 + r * (0.041_666_65 + r * (0.008_333_45 + r * 0.001_388_9)))));
    f32::from_bits(p.to_bits().wrapping_add(rounded.to_bits() << 23))
}

/// 1 / (1 + e^-x), by the exponential above, so that loops over it become vector code as `stats::sigmoid` does not.
#[inline(always)]
pub(super) fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

/// The hyperbolic tangent, to an absolute error of 3e-7.
#[inline(always)]
pub(super) fn tanh(x: f32) -> f32 {
    1.0 - 2.0 / (1.0 + exp(2.0 * x))
}

/// Sum over the places of two or three rows.
#[inline(always)]
pub(super) fn sum<const N: usize>(rows: [&[f32]; N], of: impl Fn([f32; N]) -> f32) -> f32 {
    let length = rows[0].len();
    let rows = rows.map(|row| &row[..length]);
    let mut lanes = [0.0_f32; LANES];
    let whole = length - length % LANES;
    for from in (0..whole).step_by(LANES) {
        let parts = rows.map(|row| &row[from..from + LANES]);
        for lane in 0..LANES {
            lanes[lane] += of(parts.map(|part| part[lane]));
        }
    }
    for at in whole..length {
        lanes[at - whole] += of(rows.map(|row| row[at]));
    }
    lanes.iter().sum()
}

/// The largest of a row.
#[inline(always)]
pub(super) fn largest(row: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (parts, rest) = row.as_chunks::<LANES>();
    for part in parts {
        for lane in 0..LANES {
            lanes[lane] = if part[lane] > lanes[lane] { part[lane] } else { lanes[lane] };
        }
    }
    rest.iter().chain(&lanes).copied().fold(f32::NEG_INFINITY, f32::max)
}

/// A row becomes `e^(x - most)`; returns the sum, and the sum of squares.
#[inline(always)]
pub(super) fn exps((row, most): (&mut [f32], f32)) -> (f32, f32) {
    let (mut sums, mut squares) = ([0.0_f32; LANES], [0.0_f32; LANES]);
    let (parts, rest) = row.as_chunks_mut::<LANES>();
    for part in parts {
        for lane in 0..LANES {
            let e = exp(part[lane] - most);
            part[lane] = e;
            sums[lane] += e;
            squares[lane] += e * e;
        }
    }
    for (lane, value) in rest.iter_mut().enumerate() {
        *value = exp(*value - most);
        sums[lane] += *value;
        squares[lane] += *value * *value;
    }
    (sums.iter().sum(), squares.iter().sum())
}

/// Multiplies a row.
#[inline(always)]
pub(super) fn scale((row, by): (&mut [f32], f32)) {
    for x in row {
        *x *= by;
    }
}

/// Adds `b` to `a`.
pub(super) fn add(a: &mut [f32], b: &[f32]) {
    #[inline(always)]
    fn work((a, b): (&mut [f32], &[f32])) {
        a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
    }
    widest((a, b), work);
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
        assert!(exp(-1000.0) < 2e-38 && exp(1000.0).is_finite() && exp(f32::NAN).is_nan());
    }

    #[test]
    fn tanh_is_as_exact_as_it_says() {
        for step in -2000..2000 {
            let x = step as f32 / 100.0;
            assert!((f64::from(tanh(x)) - f64::from(x).tanh()).abs() < 3e-7, "{x}");
        }
    }

    #[test]
    fn rows_of_every_length_are_summed_whole() {
        for length in [0, 1, 31, 32, 33, 100] {
            let row: Vec<f32> = (0..length).map(|x| x as f32).collect();
            let expected = row.iter().sum::<f32>();
            assert_eq!(sum([&row], |[x]| x), expected);
            assert_eq!(widest(row.as_slice(), largest), row.last().copied().unwrap_or(f32::NEG_INFINITY));
            let (sum, squares) = widest((row.clone().as_mut_slice(), length as f32), exps);
            let truth = |power| row.iter().map(|x| f64::from(power * (x - length as f32)).exp()).sum::<f64>();
            assert!(
                (f64::from(sum) - truth(1.0)).abs() < 1e-6 && (f64::from(squares) - truth(2.0)).abs() < 1e-6
            );
        }
    }
}
