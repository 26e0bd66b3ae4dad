//! How is a number that somebody gave written in a message?

use std::fmt;

/// A number in as few digits as it has: with a power of ten where it is very large or very small.
pub(super) struct Figure(pub(super) f64);

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(x) = *self;
        let usual = x == 0.0 || !x.is_finite() || (1e-6..1e9).contains(&x.abs());
        if usual { write!(f, "{x}") } else { write!(f, "{x:e}") }
    }
}
