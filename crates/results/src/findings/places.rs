//! How are the places said that data do not rule out?

/// Places that the data do not rule out: `7`, or `7-11`. [`PLACES_MEAN`] says what that is.
pub fn places(low: usize, high: usize) -> String {
    if low == high { low.to_string() } else { format!("{low}-{high}") }
}

/// What a range of places is, once for all views.
pub const PLACES_MEAN: &str = "Places: the ranks that the data do not rule out, such as 7-11: six models are clearly better, and from the twelfth on all are clearly worse (the 95 % interval of the difference excludes zero).";
