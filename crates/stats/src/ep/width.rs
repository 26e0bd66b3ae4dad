//! Which floats are rows swept in?

use pulp::bytemuck::Pod;

use crate::lanes::Narrow;

/// A float that the rows are swept in.
pub(super) trait Width: Narrow + Pod {
    /// A third of the largest exponent of e that it can represent.
    const WIDEST_EXPONENT: f64;
    /// Up to this standard deviation of the cavity, sites by [`super::expansion`] are as exact as numbers of this width.
    const EXPANDED: f64;
}

impl Width for f64 {
    const WIDEST_EXPONENT: f64 = 230.0;
    const EXPANDED: f64 = 0.0;
}

impl Width for f32 {
    const WIDEST_EXPONENT: f64 = 28.0;
    const EXPANDED: f64 = 0.05;
}
