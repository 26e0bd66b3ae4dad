//! Work that is compiled for every instruction set, of which the widest that the processor has runs.

use pulp::{Arch, Simd, WithSimd};

/// Such work. A type and not a closure: several callers leave a closure a function of its own, which is compiled for the least of
/// processors. Its `run`, and what that calls, has to be inlined always.
pub(crate) trait Work: Sized {
    type Output;

    fn run(self) -> Self::Output;
}

struct Wide<W>(W);

impl<W: Work> WithSimd for Wide<W> {
    type Output = W::Output;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> W::Output {
        self.0.run()
    }
}

/// Runs it with the widest registers.
#[inline(always)]
pub(crate) fn wide<W: Work>(work: W) -> W::Output {
    Arch::new().dispatch(Wide(work))
}
