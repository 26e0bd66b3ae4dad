//! Which floats are rows swept in?

use pulp::bytemuck::Pod;

use crate::lanes::Narrow;

/// A float that the rows are swept in.
pub(super) trait Width: Narrow + Pod {
    /// A third of the largest exponent of e that it can represent.
    const WIDEST_EXPONENT: f64;
}

impl Width for f64 {
    const WIDEST_EXPONENT: f64 = 230.0;
}

impl Width for f32 {
    const WIDEST_EXPONENT: f64 = 28.0;
}
