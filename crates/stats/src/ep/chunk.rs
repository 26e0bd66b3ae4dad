//! Registers of rows that are worked on together.

use pulp::Simd;

use super::width::Width;
use crate::lanes::Lanes;

/// Registers worked on together.
pub(super) const CHUNK: usize = 8;

/// Such a float in registers.
pub(super) trait Real<S: Simd>: Width + Lanes<S> {}
impl<S: Simd, T: Width + Lanes<S>> Real<S> for T {}

/// e^x with x kept within a third of a float's range of exponents, so that products of three stay finite.
///
/// Beyond that 1 - sigmoid is 1 or e^-x to all digits, and only ratios of it are used.
#[inline(always)]
pub(super) fn bounded_exponential<S: Simd, T: Real<S>>(simd: S, x: T::V) -> T::V {
    let bound = |sign: f64| T::splat(simd, T::narrow(sign * T::WIDEST_EXPONENT));
    T::exponential(simd, T::smaller(simd, T::larger(simd, x, bound(-1.0)), bound(1.0)))
}
