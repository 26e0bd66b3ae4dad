//! How many numbers are computed at once: one small vocabulary over f32 and f64 and every instruction set.

use pulp::Simd;
use pulp::bytemuck::{Pod, cast};

/// A float of either width, made from an f64 and read as one.
pub(crate) trait Narrow: Copy {
    fn narrow(x: f64) -> Self;
    fn widen(self) -> f64;
    /// A small whole number, exactly.
    fn small(x: i8) -> Self;
}

impl Narrow for f64 {
    fn narrow(x: f64) -> Self {
        x
    }
    fn widen(self) -> f64 {
        self
    }
    #[inline(always)]
    fn small(x: i8) -> Self {
        Self::from(x)
    }
}

impl Narrow for f32 {
    fn narrow(x: f64) -> Self {
        x as Self
    }
    fn widen(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn small(x: i8) -> Self {
        Self::from(x)
    }
}

/// A float that fits several times into one register of `S`.
///
/// All methods inline into the caller, which must itself run inside [`pulp::Arch::dispatch`].
pub(crate) trait Lanes<S: Simd>: Copy + Pod {
    /// A register.
    type V: Copy + Pod;
    /// Numbers in a register.
    const LANES: usize;

    fn splat(simd: S, x: Self) -> Self::V;
    fn load(slice: &[Self]) -> &[Self::V];
    fn load_mut(slice: &mut [Self]) -> &mut [Self::V];
    fn add(simd: S, a: Self::V, b: Self::V) -> Self::V;
    fn sub(simd: S, a: Self::V, b: Self::V) -> Self::V;
    fn mul(simd: S, a: Self::V, b: Self::V) -> Self::V;
    fn div(simd: S, a: Self::V, b: Self::V) -> Self::V;
    /// a * b + c, fused where the processor can.
    fn fma(simd: S, a: Self::V, b: Self::V, c: Self::V) -> Self::V;
    fn larger(simd: S, a: Self::V, b: Self::V) -> Self::V;
    fn smaller(simd: S, a: Self::V, b: Self::V) -> Self::V;
    fn magnitude(simd: S, a: Self::V) -> Self::V;
    /// Square root.
    fn root(simd: S, a: Self::V) -> Self::V;
    /// `a` where `x` is negative, else `b`.
    fn if_negative(simd: S, x: Self::V, a: Self::V, b: Self::V) -> Self::V;
    fn sum(simd: S, a: Self::V) -> Self;
    fn largest(simd: S, a: Self::V) -> Self;
    /// e^x, to about two units in the last place; `x` is clamped to the range whose result is a normal number.
    fn exponential(simd: S, x: Self::V) -> Self::V;
    /// ln(1 + x) for x in 0..=1, by the series of 2 artanh(x / (2 + x)).
    fn ln_1p_unit(simd: S, x: Self::V) -> Self::V;
}

macro_rules! lanes {
    ($float:ident, $count:ident, $v:ident, $as_simd:ident, $as_mut_simd:ident, $splat:ident, $add:ident, $sub:ident,
     $mul:ident, $div:ident, $fma:ident, $max:ident, $min:ident, $abs:ident, $sqrt:ident, $less:ident, $select:ident, $sum:ident,
     $largest:ident, limit: $limit:expr, round: $round:expr, shift: $shift:expr, bias: $bias:expr,
     ln2: ($ln2_high:expr, $ln2_low:expr), exp: $exp:expr, artanh: $artanh:expr) => {
        impl<S: Simd> Lanes<S> for $float {
            type V = S::$v;
            const LANES: usize = S::$count;

            #[inline(always)]
            fn splat(simd: S, x: Self) -> Self::V {
                simd.$splat(x)
            }
            #[inline(always)]
            fn load(slice: &[Self]) -> &[Self::V] {
                S::$as_simd(slice).0
            }
            #[inline(always)]
            fn load_mut(slice: &mut [Self]) -> &mut [Self::V] {
                S::$as_mut_simd(slice).0
            }
            #[inline(always)]
            fn add(simd: S, a: Self::V, b: Self::V) -> Self::V {
                simd.$add(a, b)
            }
            #[inline(always)]
            fn sub(simd: S, a: Self::V, b: Self::V) -> Self::V {
                simd.$sub(a, b)
            }
            #[inline(always)]
            fn mul(simd: S, a: Self::V, b: Self::V) -> Self::V {
                simd.$mul(a, b)
            }
            #[inline(always)]
            fn div(simd: S, a: Self::V, b: Self::V) -> Self::V {
                simd.$div(a, b)
            }
            #[inline(always)]
            fn fma(simd: S, a: Self::V, b: Self::V, c: Self::V) -> Self::V {
                simd.$fma(a, b, c)
            }
            #[inline(always)]
            fn larger(simd: S, a: Self::V, b: Self::V) -> Self::V {
                simd.$max(a, b)
            }
            #[inline(always)]
            fn smaller(simd: S, a: Self::V, b: Self::V) -> Self::V {
                simd.$min(a, b)
            }
            #[inline(always)]
            fn magnitude(simd: S, a: Self::V) -> Self::V {
                simd.$abs(a)
            }
            #[inline(always)]
            fn root(simd: S, a: Self::V) -> Self::V {
                simd.$sqrt(a)
            }
            #[inline(always)]
            fn if_negative(simd: S, x: Self::V, a: Self::V, b: Self::V) -> Self::V {
                simd.$select(simd.$less(x, simd.$splat(0.0)), a, b)
            }
            #[inline(always)]
            fn sum(simd: S, a: Self::V) -> Self {
                simd.$sum(a)
            }
            #[inline(always)]
            fn largest(simd: S, a: Self::V) -> Self {
                simd.$largest(a)
            }
            #[inline(always)]
            fn exponential(simd: S, x: Self::V) -> Self::V {
                let splat = |value| simd.$splat(value);
                let x = simd.$min(simd.$max(x, splat(-$limit)), splat($limit));
                // Adding and taking away 1.5 x 2^(mantissa bits) rounds to the nearest integer.
                let n =
                    simd.$sub(simd.$fma(x, splat(std::$float::consts::LOG2_E), splat($round)), splat($round));
                let r = simd.$fma(n, splat(-$ln2_high), x);
                let r = simd.$fma(n, splat(-$ln2_low), r);
                let mut p = splat($exp[0]);
                for &c in &$exp[1..] {
                    p = simd.$fma(p, r, splat(c));
                }
                // n + bias is in the low bits of a 32-bit word, from which it is shifted into the exponent.
                let scale: Self::V = if size_of::<Self::V>() == size_of::<S::u32s>() {
                    let bits: S::u32s = cast(simd.$add(n, splat($bias)));
                    cast(simd.wrapping_dyn_shl_u32s(bits, simd.splat_u32s($shift)))
                } else {
                    // One f64 per u32: plain scalar code with the standard library's function.
                    let mut power = n;
                    for lane in pulp::bytemuck::cast_slice_mut::<_, $float>(std::slice::from_mut(&mut power))
                    {
                        *lane = lane.exp2();
                    }
                    power
                };
                simd.$mul(p, scale)
            }
            #[inline(always)]
            fn ln_1p_unit(simd: S, x: Self::V) -> Self::V {
                let s = simd.$div(x, simd.$add(x, simd.$splat(2.0)));
                let z = simd.$mul(s, s);
                let mut p = simd.$splat(1.0 / $artanh[0]);
                for &odd in &$artanh[1..] {
                    p = simd.$fma(p, z, simd.$splat(1.0 / odd));
                }
                simd.$mul(simd.$add(s, s), p)
            }
        }
    };
}

lanes!(
    f64, F64_LANES, f64s, as_simd_f64s, as_mut_simd_f64s, splat_f64s, add_f64s, sub_f64s, mul_f64s, div_f64s,
    mul_add_e_f64s, max_f64s, min_f64s, abs_f64s, sqrt_f64s, less_than_f64s, select_f64s, reduce_sum_f64s, reduce_max_f64s,
    limit: 708.0_f64,
    round: 6755399441055744.0_f64,
    shift: 20,
    // 1.5 x 2^20 puts the unit bit at position 32, the lowest of the high word.
    bias: 1_572_864.0 + 1023.0_f64,
    ln2: (6.931471803691238e-1_f64, 1.9082149292705877e-10_f64),
    exp: [
        1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0, 1.0 / 362880.0, 1.0 / 40320.0, 1.0 / 5040.0,
        1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0_f64
    ],
    artanh: [31.0, 29.0, 27.0, 25.0, 23.0, 21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0_f64]
);
lanes!(
    f32, F32_LANES, f32s, as_simd_f32s, as_mut_simd_f32s, splat_f32s, add_f32s, sub_f32s, mul_f32s, div_f32s,
    mul_add_e_f32s, max_f32s, min_f32s, abs_f32s, sqrt_f32s, less_than_f32s, select_f32s, reduce_sum_f32s, reduce_max_f32s,
    limit: 87.0_f32,
    round: 12582912.0_f32,
    shift: 23,
    bias: 12582912.0 + 127.0_f32,
    ln2: (0.693_359_4_f32, -2.121_944_4e-4_f32),
    exp: [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0_f32],
    artanh: [15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0, 1.0_f32]
);

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, WithSimd};

    struct Apply<'a, T>(&'a mut [T], bool);

    impl<T> WithSimd for Apply<'_, T>
    where
        T: Copy,
        Self: Run,
    {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            self.run(simd);
        }
    }

    trait Run {
        fn run<S: Simd>(self, simd: S);
    }

    macro_rules! run {
        ($float:ident) => {
            impl Run for Apply<'_, $float> {
                #[inline(always)]
                fn run<S: Simd>(self, simd: S) {
                    for v in <$float as Lanes<S>>::load_mut(self.0) {
                        *v = if self.1 {
                            <$float as Lanes<S>>::exponential(simd, *v)
                        } else {
                            <$float as Lanes<S>>::ln_1p_unit(simd, *v)
                        };
                    }
                }
            }
        };
    }
    run!(f64);
    run!(f32);

    #[test]
    fn exp_and_log_agree_with_the_standard_library_on_every_instruction_set() {
        let xs: Vec<f64> = (0..16384).map(|i| -700.0 + 1400.0 * f64::from(i) / 16384.0).collect();
        let unit: Vec<f64> = (0..16384).map(|i| f64::from(i) / 16383.0).collect();
        for scalar in [false, true] {
            let run64 = |values: &[f64], exp| {
                let mut out = values.to_vec();
                if scalar {
                    pulp::Scalar.vectorize(Apply(&mut out, exp));
                } else {
                    Arch::new().dispatch(Apply(&mut out, exp));
                }
                out
            };
            for (x, y) in xs.iter().zip(run64(&xs, true)) {
                assert!((y / x.exp() - 1.0).abs() < 1e-15 * 4.0, "{x}: {y}");
            }
            for (x, y) in unit.iter().zip(run64(&unit, false)) {
                assert!((y - x.ln_1p()).abs() < 4e-16, "{x}: {y}");
            }
            let run32 = |values: &[f64], exp| {
                let mut out: Vec<f32> = values.iter().map(|&x| x as f32).collect();
                let given = out.clone();
                if scalar {
                    pulp::Scalar.vectorize(Apply(&mut out, exp));
                } else {
                    Arch::new().dispatch(Apply(&mut out, exp));
                }
                given.into_iter().map(f64::from).zip(out.into_iter().map(f64::from)).collect::<Vec<_>>()
            };
            let small: Vec<f64> = xs.iter().map(|x| x / 8.1).collect();
            for (x, y) in run32(&small, true) {
                assert!((y / x.exp() - 1.0).abs() < 4e-7, "{x}: {y}");
            }
            for (x, y) in run32(&unit, false) {
                assert!((y - x.ln_1p()).abs() < 2e-7, "{x}: {y}");
            }
        }
    }
}
