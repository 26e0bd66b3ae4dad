//! What the standard normal distribution says: density, distribution, tails and quantiles.

/// ln(2 pi) / 2.
pub const HALF_LN_TAU: f64 = 0.918_938_533_204_672_8;

/// Where the continued fraction of the upper tail takes over from erfc.
const FAR: f64 = 5.0;

/// P(Z <= x).
pub fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * std::f64::consts::FRAC_1_SQRT_2)
}

/// ln P(Z <= x), finite for every finite x.
pub fn ln_cdf(x: f64) -> f64 {
    if x < -FAR {
        let tail = Tail::far(-x);
        -0.5 * x * x - HALF_LN_TAU - tail.hazard.ln()
    } else if x > FAR {
        (-cdf(-x)).ln_1p()
    } else {
        cdf(x).ln()
    }
}

/// What is beyond x: the quantities that lose all digits when computed by subtraction in the far tail.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tail {
    /// phi(x) / P(Z > x).
    pub hazard: f64,
    /// E\[Z - x | Z > x\] = hazard - x.
    pub mean_excess: f64,
    /// Var\[Z | Z > x\] = 1 - hazard (hazard - x).
    pub variance: f64,
}

impl Tail {
    /// The tail beyond x.
    #[inline]
    pub fn beyond(x: f64) -> Self {
        if x > FAR {
            return Self::far(x);
        }
        let hazard = (-0.5 * x * x - HALF_LN_TAU).exp() / cdf(-x);
        let mean_excess = hazard - x;
        Self { hazard, mean_excess, variance: 1.0 - hazard * mean_excess }
    }

    /// By Laplace's continued fraction: 1 / hazard = 1/(x + 1/(x + 2/(x + 3/(x + ...)))).
    ///
    /// With c, q and t the denominators from the second on, mean excess = 1/c and, without any difference of
    /// nearly equal numbers, variance = (x + 4/q - 3/t) / (q c^2).
    fn far(x: f64) -> Self {
        let mut t = x;
        // From x = 5 on, thirty levels leave an error below 1e-16.
        for k in (4..34).rev() {
            t = x + f64::from(k) / t;
        }
        let q = x + 3.0 / t;
        let c = x + 2.0 / q;
        Self { hazard: x + 1.0 / c, mean_excess: 1.0 / c, variance: (x + 4.0 / q - 3.0 / t) / (q * c * c) }
    }
}

fn horner(x: f64, coefficients: &[f64]) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * x + c)
}

/// The x with P(Z <= x) = p; infinite at 0 and 1, NaN outside 0..=1.
///
/// Wichura (1988), Algorithm AS 241: relative error about 1e-16.
pub fn quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        let r = 0.180625 - q * q;
        return q * horner(r, &CENTRE.0) / horner(r, &CENTRE.1);
    }
    let tail = p.min(1.0 - p);
    if tail == 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let r = (-tail.ln()).sqrt();
    let x = if r <= 5.0 {
        horner(r - 1.6, &NEAR_TAIL.0) / horner(r - 1.6, &NEAR_TAIL.1)
    } else {
        horner(r - 5.0, &FAR_TAIL.0) / horner(r - 5.0, &FAR_TAIL.1)
    };
    x.copysign(q)
}

type Rational = ([f64; 8], [f64; 8]);

const CENTRE: Rational = (
    [
        3.387_132_872_796_366_5,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ],
);
const NEAR_TAIL: Rational = (
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
);
const FAR_TAIL: Rational = (
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_049e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_invert_the_distribution() {
        for i in 0..4000 {
            let x = -37.0 * f64::from(i) / 4000.0;
            assert!((quantile(cdf(x)) - x).abs() < 4e-15 * x.abs().max(1.0), "{x} {}", quantile(cdf(x)));
        }
        assert_eq!(quantile(0.5), 0.0);
        assert!((quantile(0.975) - 1.959963984540054).abs() < 1e-14);
        assert!(quantile(0.0).is_infinite() && quantile(1.5).is_nan());
    }

    #[test]
    fn the_tail_is_continuous_where_the_formula_changes_and_right_far_out() {
        let (near, far) = (Tail::beyond(FAR), Tail::far(FAR));
        assert!((near.variance / far.variance - 1.0).abs() < 1e-11);
        assert!((near.mean_excess / far.mean_excess - 1.0).abs() < 1e-12);
        assert!((ln_cdf(-FAR) / ln_cdf(-FAR - 1e-12) - 1.0).abs() < 1e-10);
        // Asymptotic series: excess 1/x - 2/x^3 + 10/x^5, variance 1/x^2 - 6/x^4 + 50/x^6.
        let x = 1e3_f64;
        let tail = Tail::beyond(x);
        assert!((tail.mean_excess * x - (1.0 - 2.0 / x.powi(2) + 10.0 / x.powi(4))).abs() < 1e-15);
        assert!((tail.variance * x * x - (1.0 - 6.0 / x.powi(2) + 50.0 / x.powi(4))).abs() < 1e-14);
        assert!(ln_cdf(-1e150).is_finite());
        assert_eq!(ln_cdf(40.0), 0.0);
    }
}
