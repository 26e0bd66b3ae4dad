//! What a loss is and how it changes with the two sums it depends on: forward differentiation with stable functions.
//!
//! A formula is written once, on [`Dual`] numbers, and its gradient follows by the chain rule.

use std::ops::{Add, Mul, Neg, Sub};

use predilect_stats::{log_sigmoid, sigmoid};

/// The largest exponent that is used unchanged; beyond it, the exponential function continues along its tangent.
const LARGEST_EXPONENT: f64 = 80.0;

/// The smallest distance of a mean log-probability from 0 in [`Dual::log_odds`].
const CERTAIN: f64 = 1e-12;

/// A number with its derivatives by the summed policy log-probability of the chosen and of the rejected completion.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Dual {
    pub(crate) value: f64,
    /// The derivative by `lw`.
    pub(crate) chosen: f64,
    /// The derivative by `ll`.
    pub(crate) rejected: f64,
}

impl Dual {
    /// The summed log-probability of the chosen completion itself.
    pub(crate) fn chosen(value: f64) -> Self {
        Self { value, chosen: 1.0, rejected: 0.0 }
    }

    /// The summed log-probability of the rejected completion itself.
    pub(crate) fn rejected(value: f64) -> Self {
        Self { value, chosen: 0.0, rejected: 1.0 }
    }

    /// A function with value `value` and derivative `slope` at this number.
    fn apply(self, value: f64, slope: f64) -> Self {
        Self { value, chosen: slope * self.chosen, rejected: slope * self.rejected }
    }

    pub(crate) fn sigmoid(self) -> Self {
        let s = sigmoid(self.value);
        self.apply(s, s * sigmoid(-self.value))
    }

    pub(crate) fn log_sigmoid(self) -> Self {
        self.apply(log_sigmoid(self.value), sigmoid(-self.value))
    }

    /// -ln s(x), the loss of a decision with log-odds x.
    pub(crate) fn logistic_loss(self) -> Self {
        -self.log_sigmoid()
    }

    pub(crate) fn square(self) -> Self {
        self.apply(self.value * self.value, 2.0 * self.value)
    }

    /// max(0, x), with derivative 0 at the kink, as in `PyTorch`.
    pub(crate) fn relu(self) -> Self {
        if self.value > 0.0 { self } else { Self::default() }
    }

    /// exp(x) for x known to be bounded above.
    pub(crate) fn exp(self) -> Self {
        let e = self.value.exp();
        self.apply(e, e)
    }

    /// (exp(c x) - 1) / c, which is x for c = 0. Where c x exceeds 80 the exponential function continues along its tangent, so that neither
    /// the value nor the slope overflows.
    pub(crate) fn power(self, c: f64) -> Self {
        if c == 0.0 {
            return self;
        }
        let u = c * self.value;
        if u <= LARGEST_EXPONENT {
            return self.apply(u.exp_m1() / c, u.exp());
        }
        let largest = LARGEST_EXPONENT.exp();
        self.apply((largest * (1.0 + u - LARGEST_EXPONENT) - 1.0) / c, largest)
    }

    /// The log-odds x - ln(1 - exp x) of a probability with logarithm x <= 0. At x > -1e-12, where they are infinite or
    /// almost so, the value and slope are those at -1e-12: 27.6 and 1e12.
    pub(crate) fn log_odds(self) -> Self {
        let x = self.value.min(-CERTAIN);
        let rest = if x > -std::f64::consts::LN_2 { (-x.exp_m1()).ln() } else { (-x.exp()).ln_1p() };
        self.apply(x - rest, -1.0 / x.exp_m1())
    }
}

impl Add for Dual {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            value: self.value + other.value,
            chosen: self.chosen + other.chosen,
            rejected: self.rejected + other.rejected,
        }
    }
}

impl Sub for Dual {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl Neg for Dual {
    type Output = Self;

    fn neg(self) -> Self {
        self * -1.0
    }
}

impl Mul for Dual {
    type Output = Self;

    fn mul(self, other: Self) -> Self {
        Self {
            value: self.value * other.value,
            chosen: self.chosen * other.value + self.value * other.chosen,
            rejected: self.rejected * other.value + self.value * other.rejected,
        }
    }
}

impl Add<f64> for Dual {
    type Output = Self;

    fn add(self, other: f64) -> Self {
        Self { value: self.value + other, ..self }
    }
}

impl Sub<f64> for Dual {
    type Output = Self;

    fn sub(self, other: f64) -> Self {
        self + -other
    }
}

impl Mul<f64> for Dual {
    type Output = Self;

    fn mul(self, other: f64) -> Self {
        Self { value: self.value * other, chosen: self.chosen * other, rejected: self.rejected * other }
    }
}

impl Add<Dual> for f64 {
    type Output = Dual;

    fn add(self, other: Dual) -> Dual {
        other + self
    }
}

impl Sub<Dual> for f64 {
    type Output = Dual;

    fn sub(self, other: Dual) -> Dual {
        -other + self
    }
}

impl Mul<Dual> for f64 {
    type Output = Dual;

    fn mul(self, other: Dual) -> Dual {
        other * self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn power_is_smooth_where_it_becomes_a_line_and_never_overflows() {
        for c in [-1.0, -0.25, 0.5] {
            let at = |u: f64| Dual::chosen(u / c).power(c);
            let (below, above) = (at(LARGEST_EXPONENT - 1e-9), at(LARGEST_EXPONENT + 1e-9));
            assert!((below.value / above.value - 1.0).abs() < 1e-8);
            assert!((below.chosen / above.chosen - 1.0).abs() < 1e-8);
            assert!(at(1e5).value.is_finite() && at(1e5).chosen.is_finite());
            assert_eq!(at(-1e5).value, -1.0 / c);
        }
        assert_eq!(Dual::chosen(3.0).power(0.0).value, 3.0);
    }

    #[test]
    fn log_odds_are_those_of_the_probability_and_finite_at_its_ends() {
        for p in [1e-9, 0.1, 0.5, 0.9, 1.0 - 1e-9] {
            let odds = Dual::chosen(f64::ln(p)).log_odds();
            assert!((odds.value - (p / (1.0 - p)).ln()).abs() < 1e-6, "{p}");
            assert!((odds.chosen * (1.0 - p) - 1.0).abs() < 1e-6, "{p}");
        }
        let certain = Dual::chosen(0.0).log_odds();
        assert!(certain.value.is_finite() && certain.chosen.is_finite());
        assert_eq!(Dual::chosen(-1e4).log_odds().value, -1e4);
    }

    #[test]
    fn products_follow_the_product_rule() {
        let product = Dual::chosen(2.0) * (Dual::rejected(3.0) + 1.0);
        assert_eq!(product, Dual { value: 8.0, chosen: 4.0, rejected: 2.0 });
        assert_eq!(1.0 - Dual::chosen(2.0), Dual { value: -1.0, chosen: -1.0, rejected: 0.0 });
    }
}
