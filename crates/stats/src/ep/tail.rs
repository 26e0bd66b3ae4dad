//! What is beyond a point of the standard normal, for whole registers: the moments that Laplace priors are matched to.

use pulp::Simd;

use crate::lanes::Lanes;

/// The tail of a standard normal Z beyond x.
pub(super) struct Tails<V> {
    /// P(Z > x) over the density at x; grows like exp(x^2 / 2) for negative x, bounded by 1e298.
    pub(super) mills: V,
    /// E\[Z - x | Z > x\].
    pub(super) excess: V,
    /// Var\[Z | Z > x\].
    pub(super) variance: V,
}

/// The tails beyond each x: relative error about 1e-14, without differences of nearly equal numbers.
///
/// For x >= 0 excess and variance come from the polynomials below; Mills' ratio is 1 / (x + excess). For x < 0 the ratio
/// is what the reflected tail leaves of sqrt(2 pi) exp(x^2 / 2). [`crate::normal::Tail`] is the scalar twin.
#[inline(always)]
pub(super) fn tails<S: Simd>(simd: S, x: S::f64s) -> Tails<S::f64s> {
    let splat = |value| f64::splat(simd, value);
    let one = splat(1.0);
    let size = f64::magnitude(simd, x);
    let fold = f64::add(simd, size, splat(4.0));
    let t = f64::div(simd, f64::sub(simd, size, splat(4.0)), fold);
    let (mut excess, mut variance) = (splat(EXCESS[0]), splat(VARIANCE[0]));
    for (&e, &v) in EXCESS[1..].iter().zip(&VARIANCE[1..]) {
        excess = f64::fma(simd, excess, t, splat(e));
        variance = f64::fma(simd, variance, t, splat(v));
    }
    let shrink = f64::div(simd, one, f64::add(simd, size, splat(2.0)));
    excess = f64::mul(simd, excess, shrink);
    variance = f64::mul(simd, variance, f64::mul(simd, shrink, shrink));
    let mills = f64::div(simd, one, f64::add(simd, size, excess));
    // exp(37^2 / 2) is 1e297: beyond, the other piece of a tilted prior has no mass left to weigh against.
    let bounded = f64::smaller(simd, size, splat(37.0));
    let whole = f64::exponential(simd, f64::mul(simd, splat(0.5), f64::mul(simd, bounded, bounded)));
    let reflected = f64::sub(simd, f64::mul(simd, splat(ROOT_TAU), whole), mills);
    let hazard = f64::div(simd, one, reflected);
    let below = f64::add(simd, hazard, size);
    Tails {
        mills: f64::if_negative(simd, x, reflected, mills),
        excess: f64::if_negative(simd, x, below, excess),
        variance: f64::if_negative(simd, x, f64::sub(simd, one, f64::mul(simd, hazard, below)), variance),
    }
}

/// sqrt(2 pi).
const ROOT_TAU: f64 = 2.506_628_274_631_000_5;

// (x + 2) excess and (x + 2)^2 variance as polynomials in t = (x - 4) / (x + 4), the highest power first; from
// scripts/normal_tail_coefficients.py.
const EXCESS: [f64; 27] = [
    -2.472286486794894e-08,
    2.642595157418526e-09,
    2.5924840007846226e-07,
    -1.2340385833046432e-07,
    -1.424532440832887e-06,
    1.3976598198661327e-06,
    5.58235570343836e-06,
    -9.265513946741944e-06,
    -1.727716587630104e-05,
    4.561320435567223e-05,
    4.102872630939116e-05,
    -0.00018517610275980205,
    -5.0575778537329984e-05,
    0.0006478754242122524,
    -0.00017531056972627652,
    -0.0019577509269658446,
    0.001710163977157127,
    0.004848912648850286,
    -0.008566556050704423,
    -0.007686209049709926,
    0.03216831253239572,
    -0.009278372118255662,
    -0.08678888662863093,
    0.15112762189331225,
    0.00591640247485406,
    -0.4354390871605146,
    1.3536428669368263,
];
const VARIANCE: [f64; 27] = [
    -4.0022940936310027e-07,
    9.85359061249924e-07,
    3.072416169906004e-06,
    -1.0770263161726065e-05,
    -8.96107455600272e-06,
    6.171961472391291e-05,
    -2.3746365598270458e-06,
    -0.0002521631027111264,
    0.0001506815449520991,
    0.0008255283165133907,
    -0.000904933854611205,
    -0.0022405651101017315,
    0.003783320797085111,
    0.004863128649616895,
    -0.012927464502911408,
    -0.006871905165000803,
    0.03732241087053069,
    -0.0032903685340398715,
    -0.08901379584649488,
    0.06506386929144688,
    0.15742788155387252,
    -0.2640205957328903,
    -0.11222704797929357,
    0.6411439158648294,
    -0.4370641161011536,
    -0.6620332344531212,
    1.6802221823072148,
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normal::Tail;
    use pulp::{Arch, WithSimd};

    struct All<'a> {
        x: &'a [f64],
        out: [&'a mut [f64]; 3],
    }

    impl WithSimd for All<'_> {
        type Output = ();
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) {
            let [mills, excess, variance] = self.out;
            let x = <f64 as Lanes<S>>::load(self.x);
            let slots = <f64 as Lanes<S>>::load_mut(mills)
                .iter_mut()
                .zip(<f64 as Lanes<S>>::load_mut(excess))
                .zip(<f64 as Lanes<S>>::load_mut(variance));
            for (x, ((mills, excess), variance)) in x.iter().zip(slots) {
                let tails = tails(simd, *x);
                (*mills, *excess, *variance) = (tails.mills, tails.excess, tails.variance);
            }
        }
    }

    #[test]
    fn agrees_with_the_scalar_twin_from_far_below_to_far_above() {
        let mut x: Vec<f64> = (-3600..4400).map(|i| f64::from(i) / 100.0).collect();
        x.extend([50.0, 1e2, 1e3, 1e4, 1e5, 1e6, 1e8, 1e12]);
        let n = x.len();
        assert_eq!(n % 8, 0);
        for scalar in [false, true] {
            let (mut mills, mut excess, mut variance) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
            let all = All { x: &x, out: [&mut mills, &mut excess, &mut variance] };
            if scalar {
                pulp::Scalar.vectorize(all);
            } else {
                Arch::new().dispatch(all);
            }
            for i in 0..n {
                let twin = Tail::beyond(x[i]);
                // Below its change of formula (5) the twin takes differences itself, which costs it digits.
                let digits = if x[i] > 0.0 && x[i] <= 5.0 { 5e-15 * (1.0 + x[i]).powi(4) } else { 3e-14 };
                assert!((mills[i] * twin.hazard - 1.0).abs() < 1e-12, "{}: {}", x[i], mills[i]);
                assert!(
                    (excess[i] / twin.mean_excess - 1.0).abs() < 3e-14 + digits,
                    "{}: {}",
                    x[i],
                    excess[i]
                );
                assert!(
                    (variance[i] / twin.variance - 1.0).abs() < 3e-14 + digits,
                    "{}: {}",
                    x[i],
                    variance[i]
                );
            }
        }
    }

    #[test]
    fn far_below_nothing_is_cut_off() {
        let x = [-1e2, -1e4, -1e8, -1e150, -40.0, -37.5, -38.0, -39.0];
        let (mut mills, mut excess, mut variance) = ([0.0; 8], [0.0; 8], [0.0; 8]);
        Arch::new().dispatch(All { x: &x, out: [&mut mills, &mut excess, &mut variance] });
        for i in 0..8 {
            assert!(mills[i] > 1e290 && mills[i].is_finite(), "{}", mills[i]);
            assert_eq!(excess[i], -x[i]);
            assert!((variance[i] - 1.0).abs() < 1e-15);
        }
    }
}
