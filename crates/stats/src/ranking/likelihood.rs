//! What a vote says about a difference of strengths: Bradley-Terry, and two ways to model ties.

use crate::logistic::{log_sigmoid, sigmoid, sigmoid_and_log};

/// What a tie is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Ties {
    /// Half a win for each: Bradley-Terry, P(a beats b) = sigmoid(D). Soft votes count with their values.
    #[default]
    Half,
    /// Rao and Kupper (1967): P(win) = sigmoid(D - eta), P(loss) = sigmoid(-D - eta), the rest a tie.
    RaoKupper,
    /// Davidson (1970): with strengths p = e^r, P(tie) = nu sqrt(pa pb) / (pa + pb + nu sqrt(pa pb)).
    Davidson,
}

/// What a vote's weight says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weights {
    /// All are whole numbers: a vote of weight 7 is seven votes.
    Counts,
    /// Some are not: they say how much a vote counts, and it stays one.
    Shares,
}

impl Weights {
    /// Of these votes.
    pub fn of(votes: &[super::vote::Vote]) -> Self {
        if votes.iter().all(|vote| vote.weight.fract() == 0.0) { Self::Counts } else { Self::Shares }
    }
}

/// Weights of wins, ties and losses of one competitor against another, and of their squares.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Outcomes {
    pub(super) win: f64,
    pub(super) tie: f64,
    pub(super) loss: f64,
    /// Sums of v, v y and v y^2, where v is the weight of counts, and the squared weight of shares.
    squares: [f64; 3],
    /// Sums of v over wins, ties and losses.
    by_outcome: [f64; 3],
}

impl Outcomes {
    pub(super) fn add(&mut self, y: f64, weight: f64, ties: Ties, weights: Weights) {
        let square = match weights {
            Weights::Counts => weight,
            Weights::Shares => weight * weight,
        };
        for (sum, term) in self.squares.iter_mut().zip([1.0, y, y * y]) {
            *sum += square * term;
        }
        if ties == Ties::Half {
            self.win += weight * y;
            self.loss += weight * (1.0 - y);
            return;
        }
        let (slot, sum) = if y > 0.5 {
            (0, &mut self.win)
        } else if y < 0.5 {
            (2, &mut self.loss)
        } else {
            (1, &mut self.tie)
        };
        *sum += weight;
        self.by_outcome[slot] += square;
    }
}

impl Outcomes {
    /// The sum of the weights.
    pub(super) fn weight(&self) -> f64 {
        self.win + self.tie + self.loss
    }

    /// The sum of v; see [`Outcomes`].
    pub(super) fn square(&self) -> f64 {
        self.squares[0]
    }
}

/// Value, slopes and curvatures of a log-likelihood in the difference D and the tie parameter.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Terms {
    pub(super) value: f64,
    pub(super) d: f64,
    pub(super) t: f64,
    pub(super) dd: f64,
    pub(super) dt: f64,
    pub(super) tt: f64,
}

/// Of outcomes at the difference `d` and the tie parameter `t`: eta for Rao-Kupper, log nu for Davidson.
pub(super) fn terms(ties: Ties, o: &Outcomes, d: f64, t: f64) -> Terms {
    match ties {
        Ties::Half => {
            let n = o.win + o.loss;
            // log(1 - p) = log p - d.
            let (p, log) = sigmoid_and_log(d);
            Terms {
                value: n * log - o.loss * d,
                d: o.win - n * p,
                dd: -n * p * (1.0 - p),
                ..Terms::default()
            }
        }
        Ties::RaoKupper => {
            // P(tie) = (e^2eta - 1) P(win) P(loss).
            let (u, v) = (sigmoid(d - t), sigmoid(-d - t));
            let (not_loss, not_win) = (o.win + o.tie, o.loss + o.tie);
            let (first, second) = (not_loss * u * (1.0 - u), not_win * v * (1.0 - v));
            let grown = (2.0 * t).exp_m1();
            let tie = if o.tie > 0.0 {
                [
                    o.tie * grown.ln(),
                    o.tie * 2.0 * (1.0 + 1.0 / grown),
                    -o.tie * 4.0 * (1.0 + grown) / (grown * grown),
                ]
            } else {
                [0.0; 3]
            };
            Terms {
                value: not_loss * log_sigmoid(d - t) + not_win * log_sigmoid(-d - t) + tie[0],
                d: not_loss * (1.0 - u) - not_win * (1.0 - v),
                t: tie[1] - not_loss * (1.0 - u) - not_win * (1.0 - v),
                dd: -first - second,
                dt: first - second,
                tt: tie[2] - first - second,
            }
        }
        Ties::Davidson => {
            let highest = (d.abs() / 2.0).max(t);
            let (w, l, tie) = ((d / 2.0 - highest).exp(), (-d / 2.0 - highest).exp(), (t - highest).exp());
            let z = w + l + tie;
            let (w, l, p) = (w / z, l / z, tie / z);
            let n = o.win + o.tie + o.loss;
            Terms {
                value: (o.win - o.loss) * d / 2.0 + o.tie * t - n * (highest + z.ln()),
                d: (o.win - o.loss) / 2.0 - n * (w - l) / 2.0,
                t: o.tie - n * p,
                dd: -n / 4.0 * (w + l - (w - l) * (w - l)),
                dt: n / 2.0 * (w - l) * p,
                tt: -n * p * (1.0 - p),
            }
        }
    }
}

/// Beyond this the product of [`Logs`] is taken into its sum: what comes next at most doubles it.
const LARGE: f64 = 1e300;

/// A sum of logarithms of numbers from 1 to 2, by one logarithm for many: that of their product.
pub(super) struct Logs {
    sum: f64,
    product: f64,
}

impl Logs {
    pub(super) fn new() -> Self {
        Self { sum: 0.0, product: 1.0 }
    }

    fn add(&mut self, x: f64) {
        self.product *= x;
        if self.product > LARGE {
            self.sum += self.product.ln();
            self.product = 1.0;
        }
    }

    pub(super) fn sum(&self) -> f64 {
        self.sum + self.product.ln()
    }
}

/// As [`terms`], where the logarithm in the value of one vote is left to `logs`: its sum is to be taken off the sum of all values.
pub(super) fn terms_less_logs(ties: Ties, o: &Outcomes, d: f64, t: f64, logs: &mut Logs) -> Terms {
    if ties != Ties::Half || o.win + o.loss != 1.0 {
        return terms(ties, o, d, t);
    }
    let e = (-d).exp();
    let p = 1.0 / (1.0 + e);
    logs.add(1.0 + if d >= 0.0 { e } else { 1.0 / e });
    Terms { value: d.min(0.0) - o.loss * d, d: o.win - p, dd: -p * (1.0 - p), ..Terms::default() }
}

/// The same without the value, which takes a logarithm.
pub(super) fn slopes(ties: Ties, o: &Outcomes, d: f64, t: f64) -> Terms {
    if ties != Ties::Half {
        return terms(ties, o, d, t);
    }
    let p = sigmoid(d);
    let n = o.win + o.loss;
    Terms { value: f64::NAN, d: o.win - n * p, dd: -n * p * (1.0 - p), ..Terms::default() }
}

/// The sums over votes of the squared scores: d d, d t, t t.
pub(super) fn squared_scores(ties: Ties, o: &Outcomes, d: f64, t: f64) -> [f64; 3] {
    if ties == Ties::Half {
        let p = sigmoid(d);
        let [ones, y, yy] = o.squares;
        return [yy - 2.0 * p * y + p * p * ones, 0.0, 0.0];
    }
    let one = |win: f64, tie: f64, loss: f64| {
        terms(ties, &Outcomes { win, tie, loss, ..Outcomes::default() }, d, t)
    };
    let mut sums = [0.0; 3];
    for (square, score) in
        o.by_outcome.into_iter().zip([one(1.0, 0.0, 0.0), one(0.0, 1.0, 0.0), one(0.0, 0.0, 1.0)])
    {
        if square > 0.0 {
            sums[0] += square * score.d * score.d;
            sums[1] += square * score.d * score.t;
            sums[2] += square * score.t * score.t;
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn slopes_and_curvatures_are_those_of_the_value(
            win in 0.1_f64..5.0, tie in 0.1_f64..5.0, loss in 0.1_f64..5.0, d in -3.0_f64..3.0, t in 0.05_f64..2.0,
        ) {
            let o = Outcomes { win, tie, loss, ..Outcomes::default() };
            for ties in [Ties::Half, Ties::RaoKupper, Ties::Davidson] {
                let h = 1e-5;
                let at = terms(ties, &o, d, t);
                let (up, down) = (terms(ties, &o, d + h, t), terms(ties, &o, d - h, t));
                let (later, sooner) = (terms(ties, &o, d, t + h), terms(ties, &o, d, t - h));
                let close = |a: f64, b: f64| (a - b).abs() < 1e-4 * (1.0 + a.abs());
                prop_assert!(close(at.d, (up.value - down.value) / (2.0 * h)), "{ties:?} d");
                prop_assert!(close(at.dd, (up.d - down.d) / (2.0 * h)), "{ties:?} dd");
                if ties != Ties::Half {
                    prop_assert!(close(at.t, (later.value - sooner.value) / (2.0 * h)), "{ties:?} t");
                    prop_assert!(close(at.dt, (later.d - sooner.d) / (2.0 * h)), "{ties:?} dt");
                    prop_assert!(close(at.tt, (later.t - sooner.t) / (2.0 * h)), "{ties:?} tt");
                }
            }
        }
    }

    #[test]
    fn one_logarithm_for_many_gives_the_same_sum() {
        let (mut logs, mut value, mut expected) = (Logs::new(), 0.0, 0.0);
        for i in 0..5000 {
            let d = f64::from(i % 97 - 48) * if i % 7 == 0 { 20.0 } else { 0.1 };
            let win = f64::from(i % 3) / 2.0;
            let o = Outcomes { win, loss: if i % 5 == 0 { 3.0 } else { 1.0 - win }, ..Outcomes::default() };
            let one = terms(Ties::Half, &o, d, 0.0);
            let other = terms_less_logs(Ties::Half, &o, d, 0.0, &mut logs);
            assert!((one.d - other.d).abs() < 1e-15 && (one.dd - other.dd).abs() < 1e-15, "{d}");
            value += other.value;
            expected += one.value;
        }
        assert!((value - logs.sum() - expected).abs() < 1e-11 * expected.abs(), "{value} {expected}");
    }

    #[test]
    fn probabilities_of_the_models_add_up() {
        for (d, t) in [(0.3, 0.2), (-2.0, 0.7)] {
            for ties in [Ties::RaoKupper, Ties::Davidson] {
                let p = |win: f64, tie: f64, loss: f64| {
                    terms(ties, &Outcomes { win, tie, loss, ..Outcomes::default() }, d, t).value.exp()
                };
                let sum = p(1.0, 0.0, 0.0) + p(0.0, 1.0, 0.0) + p(0.0, 0.0, 1.0);
                assert!((sum - 1.0).abs() < 1e-12, "{ties:?} {sum}");
            }
            let (p, nu) = (
                terms(Ties::Davidson, &Outcomes { tie: 1.0, ..Outcomes::default() }, d, t).value.exp(),
                f64::exp(t),
            );
            let (a, b) = (f64::exp(d), 1.0);
            assert!((p - nu * a.sqrt() / (a + b + nu * a.sqrt())).abs() < 1e-12);
        }
    }
}
