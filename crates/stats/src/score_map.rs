//! A marginal as a function of a standard normal score: w(z) with its slope, from a table instead of two inversions for every draw.

use crate::normal::HALF_LN_TAU;
use crate::posterior::Shape;

/// Knots of the table: from -6 to 6 in steps of one half, and straight lines beyond.
const KNOTS: usize = 25;
const STEP: f64 = 0.5;
const FIRST: f64 = -6.0;

/// A smooth increasing function that is nearly the quantile function of a marginal after the normal distribution function. What it
/// maps a standard normal to has a density that is known exactly, `phi(z) / w'(z)`, so that importance weights against it are exact.
pub(crate) enum ScoreMap {
    /// mean + sd z.
    Line {
        /// At 0.
        mean: f64,
        /// Slope.
        sd: f64,
    },
    /// Cubic pieces between knots, by values and slopes there.
    Table(Box<[[f64; 2]; KNOTS]>),
}

impl ScoreMap {
    /// `None` if the table would not increase, as for marginals that are far from smooth.
    pub(crate) fn new(shape: &Shape) -> Option<Self> {
        let tilt = match shape {
            Shape::Normal { mean, sd } => return Some(Self::Line { mean: *mean, sd: *sd }),
            Shape::Laplace(tilt) => tilt,
        };
        let mut knots = [[0.0; 2]; KNOTS];
        for (i, knot) in knots.iter_mut().enumerate() {
            let z = FIRST + STEP * i as f64;
            let w = tilt.at_score(z);
            // dw / dz = phi(z) / p(w).
            let slope = (-0.5 * z * z - HALF_LN_TAU - tilt.ln_density_at_0() - tilt.ln_density(w)).exp();
            *knot = [w, slope * STEP];
        }
        // Fritsch and Carlson (1980): slopes up to three times the secant's keep a piece increasing.
        let rises = |pair: &[[f64; 2]]| {
            let rise = pair[1][0] - pair[0][0];
            let steep = |slope: f64| slope > 0.0 && slope <= 3.0 * rise;
            rise > 0.0 && rise.is_finite() && steep(pair[0][1]) && steep(pair[1][1])
        };
        knots.windows(2).all(rises).then(|| Self::Table(Box::new(knots)))
    }

    /// w(z) and w'(z).
    #[inline]
    pub(crate) fn at(&self, z: f64) -> (f64, f64) {
        let knots = match self {
            Self::Line { mean, sd } => return (mean + sd * z, *sd),
            Self::Table(knots) => knots,
        };
        let x = (z - FIRST) / STEP;
        if !(x > 0.0 && x < (KNOTS - 1) as f64) {
            let (end, at) = if x > 0.0 { (KNOTS - 1, x - (KNOTS - 1) as f64) } else { (0, x) };
            let [w, slope] = knots[end];
            return (w + slope * at, slope / STEP);
        }
        let i = (x as usize).min(KNOTS - 2);
        let (t, [a, da], [b, db]) = (x - i as f64, knots[i], knots[i + 1]);
        let (rise, bend) = (b - a, da + db - 2.0 * (b - a));
        // a + da t + (3 rise - 2 da - db) t^2 + bend t^3
        let middle = 3.0 * rise - 2.0 * da - db;
        (a + t * (da + t * (middle + t * bend)), (da + t * (2.0 * middle + 3.0 * t * bend)) / STEP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::laplace::LaplaceTilt;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_nearly_the_quantile_and_its_slope_is_its_own(
            mean in -1.0_f64..1.0, variance in 1e-3_f64..1.0, z in -5.5_f64..5.5,
        ) {
            let shape = Shape::Laplace(LaplaceTilt::new(mean, variance, 0.1));
            let Some(map) = ScoreMap::new(&shape) else { return Ok(()) };
            let Shape::Laplace(tilt) = shape else { return Ok(()) };
            let spread = tilt.moments().variance.sqrt();
            let (w, slope) = map.at(z);
            prop_assert!((w - tilt.at_score(z)).abs() < 0.02 * spread, "{w} {}", tilt.at_score(z));
            let h = 1e-5;
            let numeric = (map.at(z + h).0 - map.at(z - h).0) / (2.0 * h);
            prop_assert!((slope / numeric - 1.0).abs() < 1e-3, "{slope} {numeric}");
            prop_assert!(slope > 0.0);
        }
    }

    #[test]
    fn beyond_the_table_it_goes_on_straight() {
        let map = ScoreMap::new(&Shape::Laplace(LaplaceTilt::new(0.1, 0.02, 0.1))).unwrap();
        for z in [-40.0, -6.0, 6.0, 40.0] {
            let (w, slope) = map.at(z);
            assert!(w.is_finite() && slope > 0.0, "{z}: {w} {slope}");
        }
        assert!(map.at(7.0).0 > map.at(6.0).0 && map.at(-7.0).0 < map.at(-6.0).0);
        let line = ScoreMap::new(&Shape::Normal { mean: 2.0, sd: 3.0 }).unwrap();
        assert_eq!(line.at(-1.0), (-1.0, 3.0));
    }
}
