//! What the logistic function is, once for everything here that is not vector code.

/// The logistic function 1 / (1 + e^-x), in 0..=1; NaN only if `x` is NaN.
///
/// One formula without a branch is stable on both sides: e^-x is exact to its last digit or two, and to the left, where it is large, adding
/// 1 to it loses nothing, so that the relative error stays that of the exponential function down to 1e-308. Below, at x < -709.8, it is 0,
/// as e^-x overflows. On the right it is 1 from x = 37 on: for 1 - sigmoid(x) there use sigmoid(-x), for logarithms [`log_sigmoid`].
#[inline]
#[must_use]
pub fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// The logarithm of [`sigmoid`], without loss on either side: -e^-x far to the right, x far to the left.
#[inline]
#[must_use]
pub fn log_sigmoid(x: f64) -> f64 {
    if x >= 0.0 { -(-x).exp().ln_1p() } else { x - x.exp().ln_1p() }
}

/// The logarithm of 1 + e^x, as exact as [`log_sigmoid`], whose mirror image it is.
#[inline]
#[must_use]
pub(crate) fn softplus(x: f64) -> f64 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// Both of them for the price of one exponential: [`sigmoid`] itself, and the logarithm from it where that loses no digits.
#[inline]
#[must_use]
pub(crate) fn sigmoid_and_log(x: f64) -> (f64, f64) {
    let e = (-x).exp();
    let p = 1.0 / (1.0 + e);
    // Where e^-x is large, 1 + e^-x = e^-x (1 + e^x), and e^x = 1 / e^-x.
    (p, if x >= 0.0 { -e.ln_1p() } else { x - (1.0 / e).ln_1p() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_values() {
        // By Python's decimal with 40 digits: 1 / (1 + exp(-x)) and its logarithm.
        for (x, p, log) in [
            (0.0, 0.5, -std::f64::consts::LN_2),
            (1.0, 0.731_058_578_630_004_9, -0.313_261_687_518_222_84),
            (-2.0, 0.119_202_922_022_117_55, -2.126_928_011_042_972_5),
            (-40.0, 4.248_354_255_291_589e-18, -40.0),
            (-700.0, 9.859_676_543_759_77e-305, -700.0),
            (40.0, 1.0, -4.248_354_255_291_589e-18),
        ] {
            assert!((sigmoid(x) / p - 1.0).abs() < 4e-16, "{x}: {:e}", sigmoid(x));
            assert!((log_sigmoid(x) - log).abs() <= 4e-16 * f64::abs(log), "{x}: {:e}", log_sigmoid(x));
        }
    }

    #[test]
    fn the_ends_are_numbers() {
        assert_eq!((sigmoid(f64::INFINITY), sigmoid(f64::NEG_INFINITY)), (1.0, 0.0));
        assert_eq!((sigmoid(1e300), sigmoid(-1e300)), (1.0, 0.0));
        assert_eq!((log_sigmoid(1e300), log_sigmoid(-1e300)), (0.0, -1e300));
        assert!(sigmoid(f64::NAN).is_nan());
    }

    proptest! {
        #[test]
        fn both_sides_agree(x in -700.0..700.0_f64) {
            // The other way to write it, which divides by what is at least 1.
            let e = (-x.abs()).exp();
            let twin = if x >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) };
            prop_assert!((sigmoid(x) / twin - 1.0).abs() < 1e-15);
            prop_assert!((sigmoid(x) + sigmoid(-x) - 1.0).abs() < 3e-16);
            prop_assert!((softplus(x) + log_sigmoid(-x)).abs() <= 1e-15 * softplus(x));
            let (p, log) = sigmoid_and_log(x);
            prop_assert!(p == sigmoid(x) && (log - log_sigmoid(x)).abs() <= 4e-16 * log_sigmoid(x).abs());
            prop_assert!((log_sigmoid(x) - log_sigmoid(-x) - x).abs() <= 1e-15 * (1.0 + x.abs()));
        }
    }
}
