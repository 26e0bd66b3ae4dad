//! What is fitted: comparisons, verdicts, row weights and priors, checked once and for all.

use pulp::{Arch, Simd, WithSimd};

use crate::rows::RowPack;

/// The prior on one weight.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Prior {
    /// Laplace(0, scale): density exp(-|w| / scale) / (2 scale).
    Laplace {
        /// Scale, above 0; the paper's is 0.1.
        scale: f64,
    },
    /// Normal(0, sd).
    Normal {
        /// Standard deviation, above 0.
        sd: f64,
    },
}

impl Prior {
    /// The prior's standard deviation: `scale * sqrt(2)` or `sd`.
    pub fn sd(self) -> f64 {
        match self {
            Self::Laplace { scale } => scale * std::f64::consts::SQRT_2,
            Self::Normal { sd } => sd,
        }
    }

    /// Log density, normalised.
    pub fn log_density(self, w: f64) -> f64 {
        match self {
            Self::Laplace { scale } => -w.abs() / scale - (2.0 * scale).ln(),
            Self::Normal { sd } => -0.5 * (w / sd).powi(2) - sd.ln() - crate::normal::HALF_LN_TAU,
        }
    }
}

/// What is wrong with a table of numbers.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum RegressionError {
    /// Lengths do not fit together.
    #[error("{what}: expected {expected} values, got {got}")]
    Shape {
        /// Which argument.
        what: &'static str,
        /// Its length by the other arguments.
        expected: usize,
        /// Its length.
        got: usize,
    },
    /// A value that is not a number, or out of range.
    #[error("{what} of row {row}: {value} is not {range}")]
    Value {
        /// Which argument.
        what: &'static str,
        /// The row (or column, for priors), from 0.
        row: usize,
        /// The value.
        value: f64,
        /// What it should be.
        range: &'static str,
    },
    /// There are no rows or no columns to fit.
    #[error("no {0} to fit")]
    Empty(&'static str),
}

/// The preference model's data: `n` rows, `d` columns.
///
/// Verdicts and what they are on, as they come.
#[derive(Debug, Clone, Copy)]
pub struct Observed<'a> {
    /// Comparisons, row-major, one column per weight.
    pub x: &'a [f64],
    /// In 0..=1, one per row.
    pub verdicts: &'a [f64],
    /// Of rows; 1 each if `None`.
    pub weights: Option<&'a [f64]>,
}

/// Log posterior, up to a constant: sum over rows of `weight * (p f - ln(1 + e^f))` with `f = x . w` and `p` the
/// verdict in \[0, 1\], plus the log priors (Li et al. 2024 with soft verdicts and row weights).
#[derive(Debug, Clone)]
pub struct Regression {
    pub(crate) rows: RowPack<f64>,
    /// Sum over rows of weight * p * x: the part of the log likelihood that is linear in w, kept exactly.
    pub(crate) linear: Vec<f64>,
    /// Row weights, `None` when all are 1.
    pub(crate) weights: Option<Vec<f64>>,
    pub(crate) priors: Vec<Prior>,
    /// Rows whose columns are all 0: they carry no information and are left out.
    pub(crate) empty_rows: usize,
    pub(crate) total_rows: usize,
}

impl Regression {
    /// Checks and packs a table.
    ///
    /// `x` is row-major with `priors.len()` columns, `verdicts` are `p_a` in \[0, 1\], `weights` are 0 or more (`None`: all 1). Rows of
    /// weight 0 and rows without any non-zero column are left out: they do not move the posterior.
    ///
    /// # Errors
    /// Lengths that do not fit, values that are not finite or out of range, no rows or no columns.
    pub fn new(
        x: &[f64],
        verdicts: &[f64],
        weights: Option<&[f64]>,
        priors: &[Prior],
    ) -> Result<Self, RegressionError> {
        check(x.len(), verdicts, weights, priors)?;
        let (n, d) = (verdicts.len(), priors.len());
        for row in 0..n {
            for &value in &x[row * d..(row + 1) * d] {
                // Beyond 1e6 the linear predictor leaves the range in which a sigmoid says anything.
                in_range("feature", row, value, "finite and within +-1e6", value.abs() <= 1e6)?;
            }
        }
        Ok(Self::pack(x, verdicts, weights, priors, 0..n))
    }

    /// The same of small whole numbers, such as comparisons, in an eighth of the memory. Features of any kind give the same posterior
    /// either way, to the last digit.
    ///
    /// # Errors
    /// As [`Regression::new`].
    pub fn of_small(
        x: &[i8],
        verdicts: &[f64],
        weights: Option<&[f64]>,
        priors: &[Prior],
    ) -> Result<Self, RegressionError> {
        check(x.len(), verdicts, weights, priors)?;
        let d = priors.len();
        let weight = |row: usize| weights.map_or(1.0, |w| w[row]);
        let kept: Vec<usize> = x
            .chunks_exact(d)
            .enumerate()
            .filter(|(row, features)| weight(*row) > 0.0 && features.iter().any(|&value| value != 0))
            .map(|(row, _)| row)
            .collect();
        let shares: Vec<f64> = kept.iter().map(|&row| weight(row) * verdicts[row]).collect();
        let linear = Arch::new().dispatch(Linear { x, shares: &shares, kept: &kept, d });
        let rows = RowPack::small(x, d, &kept);
        Ok(Self::of_pack(rows, linear, weights, priors, (&kept, verdicts.len())))
    }

    /// A table that [`Regression::new`] has accepted, or columns of one, without another check.
    ///
    /// # Panics
    /// When the table is shorter than its parts.
    pub(crate) fn taken(x: &[f64], verdicts: &[f64], weights: Option<&[f64]>, priors: &[Prior]) -> Self {
        Self::pack(x, verdicts, weights, priors, 0..verdicts.len())
    }

    /// Some of its rows.
    ///
    /// # Panics
    /// When a row is outside the table.
    pub(crate) fn some_rows(
        x: &[f64],
        verdicts: &[f64],
        weights: Option<&[f64]>,
        priors: &[Prior],
        rows: &[usize],
    ) -> Self {
        Self::pack(x, verdicts, weights, priors, rows.iter().copied())
    }

    fn pack(
        x: &[f64],
        verdicts: &[f64],
        weights: Option<&[f64]>,
        priors: &[Prior],
        rows: impl ExactSizeIterator<Item = usize>,
    ) -> Self {
        let (n, d) = (rows.len(), priors.len());
        let mut linear = vec![0.0; d];
        let mut kept = Vec::with_capacity(n);
        for row in rows {
            let weight = weights.map_or(1.0, |w| w[row]);
            let features = &x[row * d..(row + 1) * d];
            if says_something(weight, features) {
                kept.push(row);
                for (sum, value) in linear.iter_mut().zip(features) {
                    *sum += weight * verdicts[row] * value;
                }
            }
        }
        Self::of_pack(RowPack::new(x, d, &kept), linear, weights, priors, (&kept, n))
    }

    /// From `kept` rows of a larger table.
    fn of_pack(
        rows: RowPack<f64>,
        linear: Vec<f64>,
        weights: Option<&[f64]>,
        priors: &[Prior],
        (kept, n): (&[usize], usize),
    ) -> Self {
        let weights = weights
            .map(|w| kept.iter().map(|&row| w[row]).collect::<Vec<_>>())
            .filter(|w| w.iter().any(|&weight| weight != 1.0));
        Self { rows, linear, weights, priors: priors.to_vec(), empty_rows: n - kept.len(), total_rows: n }
    }

    /// The same regression with its normal priors centred at `means` instead of 0, exactly: a normal prior with another mean is the one
    /// around 0 times the exponential of `mean / sd^2` times the weight, which joins the linear part.
    ///
    /// # Panics
    /// When there is not one mean per column, or one is not 0 where the prior is a Laplace prior.
    #[must_use]
    pub fn centred(mut self, means: &[f64]) -> Self {
        assert_eq!(means.len(), self.priors.len(), "one mean per column");
        for ((linear, prior), mean) in self.linear.iter_mut().zip(&self.priors).zip(means) {
            match prior {
                Prior::Normal { sd } => *linear += mean / (sd * sd),
                Prior::Laplace { .. } => assert!(*mean == 0.0, "a Laplace prior is centred at 0"),
            }
        }
        self
    }

    /// Number of weights.
    pub fn columns(&self) -> usize {
        self.priors.len()
    }

    /// Rows given.
    pub fn rows(&self) -> usize {
        self.total_rows
    }

    /// Rows left out because all their columns are 0 (or their weight is).
    pub fn empty_rows(&self) -> usize {
        self.empty_rows
    }

    /// The priors, one per column.
    pub fn priors(&self) -> &[Prior] {
        &self.priors
    }

    /// The rows that count, in plain order; for checks and reference implementations, not for speed.
    pub fn plain_rows(&self) -> Vec<Vec<f64>> {
        self.rows.plain()
    }

    /// The linear part of the log likelihood and the row weights; see [`Regression`].
    pub fn plain_terms(&self) -> (&[f64], Option<&[f64]>) {
        (&self.linear, self.weights.as_deref())
    }
}

/// Sums over rows of share times features.
struct Linear<'a> {
    x: &'a [i8],
    shares: &'a [f64],
    kept: &'a [usize],
    d: usize,
}

impl WithSimd for Linear<'_> {
    type Output = Vec<f64>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> Vec<f64> {
        let Self { x, shares, kept, d } = self;
        let rows = || kept.iter().zip(shares).map(|(row, share)| (&x[row * d..(row + 1) * d], *share));
        if shares.iter().any(|share| *share != 0.0 && *share != 1.0) {
            let mut linear = vec![0.0; d];
            for (features, share) in rows() {
                linear.iter_mut().zip(features).for_each(|(sum, value)| *sum += share * f64::from(*value));
            }
            return linear;
        }
        // Sums of whole numbers are exact as integers, and faster: as many at a time as fit into two bytes.
        let (mut sums, mut some) = (vec![0_i64; d], vec![0_i16; d]);
        let mut left = 256;
        for (features, share) in rows() {
            if share == 0.0 {
                continue;
            }
            some.iter_mut().zip(features).for_each(|(sum, value)| *sum += i16::from(*value));
            left -= 1;
            if left == 0 {
                sums.iter_mut()
                    .zip(&mut some)
                    .for_each(|(sum, some)| *sum += i64::from(std::mem::take(some)));
                left = 256;
            }
        }
        sums.iter().zip(&some).map(|(sum, some)| (sum + i64::from(*some)) as f64).collect()
    }
}

/// Whether all but the features may be fitted.
fn check(
    features: usize,
    verdicts: &[f64],
    weights: Option<&[f64]>,
    priors: &[Prior],
) -> Result<(), RegressionError> {
    let (n, d) = (verdicts.len(), priors.len());
    if d == 0 {
        return Err(RegressionError::Empty("columns"));
    }
    if n == 0 {
        return Err(RegressionError::Empty("rows"));
    }
    shape("features", n * d, features)?;
    if let Some(weights) = weights {
        shape("weights", n, weights.len())?;
    }
    for (column, prior) in priors.iter().enumerate() {
        let sd = prior.sd();
        in_range("prior scale", column, sd, "above 0 and finite", sd > 0.0 && sd.is_finite())?;
    }
    for row in 0..n {
        let p = verdicts[row];
        in_range("verdict", row, p, "within 0..1", (0.0..=1.0).contains(&p))?;
        let weight = weights.map_or(1.0, |w| w[row]);
        in_range("weight", row, weight, "within 0..1e6", (0.0..=1e6).contains(&weight))?;
    }
    Ok(())
}

/// Whether a row moves the posterior.
pub(crate) fn says_something(weight: f64, features: &[f64]) -> bool {
    weight > 0.0 && features.iter().any(|&value| value != 0.0)
}

fn shape(what: &'static str, expected: usize, got: usize) -> Result<(), RegressionError> {
    if expected == got { Ok(()) } else { Err(RegressionError::Shape { what, expected, got }) }
}

fn in_range(
    what: &'static str,
    row: usize,
    value: f64,
    range: &'static str,
    ok: bool,
) -> Result<(), RegressionError> {
    if ok { Ok(()) } else { Err(RegressionError::Value { what, row, value, range }) }
}
