//! Student's t distribution, with any number of degrees of freedom above 0.

use libm::lgamma;

/// P(T <= t) with `freedom` degrees of freedom; NaN if either is NaN or `freedom` is not positive.
///
/// By the incomplete beta function: the tail beyond |t| is half of `I_x(freedom / 2, 1 / 2)` at `x = freedom / (freedom + t^2)`
/// (Abramowitz & Stegun 26.7.1). Relative error of the tail about 1e-14.
pub fn cdf(t: f64, freedom: f64) -> f64 {
    if t.is_nan() || freedom.is_nan() || freedom <= 0.0 {
        return f64::NAN;
    }
    let tail = tail(t.abs(), freedom);
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The t with P(T <= t) = p; infinite at 0 and 1, NaN outside 0..=1.
///
/// Newton's steps within a bracket, to the last digits.
pub fn quantile(p: f64, freedom: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) || freedom.is_nan() || freedom <= 0.0 {
        return f64::NAN;
    }
    let beyond = p.min(1.0 - p);
    let sign = if p < 0.5 { -1.0 } else { 1.0 };
    if beyond == 0.0 {
        return sign * f64::INFINITY;
    }
    if beyond == 0.5 {
        return 0.0;
    }
    // From the expansion around the normal quantile (Abramowitz & Stegun 26.7.5), which is close where freedom is not small.
    let z = -crate::normal::quantile(beyond);
    let (z2, v) = (z * z, freedom);
    let mut t = z
        + z * (z2 + 1.0) / (4.0 * v)
        + z * ((5.0 * z2 + 16.0) * z2 + 3.0) / (96.0 * v * v)
        + z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / (384.0 * v * v * v);
    // The tail falls from 1/2 to 0: below `low` it is too large, above `high` too small.
    let (mut low, mut high) = (0.0, f64::INFINITY);
    for _ in 0..2000 {
        if !(t > low && t < high) {
            t = if high.is_finite() { f64::midpoint(low, high) } else { 2.0 * low.max(0.5) };
            if !t.is_finite() {
                return sign * f64::INFINITY;
            }
        }
        let over = tail(t, freedom) - beyond;
        if over > 0.0 {
            low = t;
        } else {
            high = t;
        }
        let next = t + over / density(t, freedom);
        // What Newton's next step would still change is the square of this one.
        if (next - t).abs() <= 1e-9 * t {
            return sign * next;
        }
        t = next;
    }
    sign * t
}

/// P(T > t) for t >= 0.
fn tail(t: f64, freedom: f64) -> f64 {
    if t == f64::INFINITY {
        return 0.0;
    }
    // 1 - x is what is small for small t, and x for large t: each is computed without taking the other from 1.
    let square = t * t;
    let (x, rest) = (freedom / (freedom + square), square / (freedom + square));
    0.5 * incomplete_beta(x, rest, 0.5 * freedom)
}

fn density(t: f64, freedom: f64) -> f64 {
    let ln = half_step(0.5 * freedom) - 0.5 * (freedom * std::f64::consts::PI).ln();
    (ln - 0.5 * (freedom + 1.0) * (t * t / freedom).ln_1p()).exp()
}

/// ln(gamma(a + 1/2) / gamma(a)); of large numbers by its own series, since two large logarithms leave few digits.
fn half_step(a: f64) -> f64 {
    if a < 50.0 {
        return lgamma(a + 0.5) - lgamma(a);
    }
    let square = 1.0 / (a * a);
    0.5 * a.ln() - (1.0 / 8.0 - square * (1.0 / 192.0 - square / 640.0)) / a
}

/// The incomplete beta function at x, of a and 1 / 2, with `rest` = 1 - x.
fn incomplete_beta(x: f64, rest: f64, a: f64) -> f64 {
    let b = 0.5;
    if x <= 0.0 {
        return 0.0;
    }
    if rest <= 0.0 {
        return 1.0;
    }
    // x is 1 - rest: of two numbers near 1 the logarithm of the smaller one is the sure one.
    let ln_x = if rest < 0.5 { (-rest).ln_1p() } else { x.ln() };
    let ln = half_step(a) - 0.5 * std::f64::consts::PI.ln() + a * ln_x + b * rest.ln();
    // The fraction converges fast on one side of the mean only.
    if x < (a + 1.0) / (a + b + 2.0) {
        ln.exp() * fraction(x, a, b) / a
    } else {
        1.0 - ln.exp() * fraction(rest, b, a) / b
    }
}

/// The continued fraction of the incomplete beta function (Abramowitz & Stegun 26.5.8), by Lentz's method.
fn fraction(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let not_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let (mut c, mut d) = (1.0, 1.0 / not_zero(1.0 - (a + b) * x / (a + 1.0)));
    let mut value = d;
    for m in 1..500 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        for coefficient in [even, odd] {
            d = 1.0 / not_zero(1.0 + coefficient * d);
            c = not_zero(1.0 + coefficient / c);
            value *= c * d;
        }
        if (c * d - 1.0).abs() < 1e-16 {
            break;
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// By `scipy.stats.t`: freedom, the 95 % quantile, P(T <= -1.3), the 0.1 % quantile.
    const KNOWN: [(f64, f64, f64, f64); 7] = [
        (1.0, 6.313751514675037, 0.20871440016015272, -318.30883898555044),
        (1.5, 3.70518082009675, 0.17901469560079042, -52.18443000899265),
        (2.5, 2.5582186141359355, 0.15024339463535416, -13.822193110865964),
        (5.0, 2.0150483733330233, 0.12515031708533855, -5.893429531356009),
        (12.3, 1.778672546238235, 0.10871748560543157, -3.904740049671313),
        (30.0, 1.697260886593957, 0.10175047926905843, -3.385184866829305),
        (1000.0, 1.6463788172854643, 0.09695026420772866, -3.0984021639129233),
    ];

    #[test]
    fn known_values() {
        for (freedom, q95, below, q001) in KNOWN {
            let close = |x: f64, y: f64, what: &str| {
                assert!((x / y - 1.0).abs() < 1e-11, "{what} {freedom}: {x}, not {y}");
            };
            close(quantile(0.95, freedom), q95, "q95");
            close(quantile(0.001, freedom), q001, "q001");
            close(cdf(-1.3, freedom), below, "cdf");
        }
        // One degree of freedom is Cauchy's distribution.
        for t in [-40.0, -0.3, 0.0, 1e-9, 2.0, 1e6] {
            let cauchy = 0.5 + f64::atan(t) / std::f64::consts::PI;
            assert!((cdf(t, 1.0) - cauchy).abs() < 1e-14, "{t}");
        }
        // Very many are the normal distribution.
        assert!((quantile(0.95, 1e9) - crate::normal::quantile(0.95)).abs() < 1e-8);
    }

    #[test]
    fn edges() {
        assert_eq!(quantile(0.5, 3.0), 0.0);
        assert_eq!((quantile(0.0, 3.0), quantile(1.0, 3.0)), (f64::NEG_INFINITY, f64::INFINITY));
        assert!(quantile(1.1, 3.0).is_nan() && quantile(0.5, 0.0).is_nan() && cdf(f64::NAN, 1.0).is_nan());
        assert_eq!((cdf(f64::INFINITY, 2.0), cdf(f64::NEG_INFINITY, 2.0)), (1.0, 0.0));
    }

    proptest! {
        #[test]
        fn the_quantile_undoes_the_cdf(t in -30.0_f64..30.0, freedom in 1.0_f64..200.0) {
            let p = cdf(t, freedom);
            prop_assume!(p > 1e-12 && p < 1.0 - 1e-9);
            prop_assert!((quantile(p, freedom) - t).abs() < 1e-6 * (1.0 + t.abs()), "{p}");
        }
    }
}
