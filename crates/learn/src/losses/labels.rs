//! How likely is it that a judge prefers the first response, from its answers to both orders?

use predilect_stats::sigmoid;

/// The log-probabilities of a judge's two answers, once with the response in question first and once with it second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OrderedAnswers {
    /// Shown first: log-probability of the answer for it, then of the answer against it.
    pub shown_first: (f64, f64),
    /// Shown second: log-probability of the answer for it, then of the answer against it.
    pub shown_second: (f64, f64),
}

/// A soft label: the mean over both orders of `s((for - against) / temperature)`, 0 to 1.
///
/// Averaging the two orders cancels a constant preference for a position to first order. `temperature` is above 0; 1 leaves the judge's
/// probabilities unchanged, larger values draw them to 0.5. Example in METHOD-LEARN 7.3.
pub fn soft_label(answers: OrderedAnswers, temperature: f64) -> f64 {
    let one = |(own, other): (f64, f64)| sigmoid((own - other) / temperature);
    f64::midpoint(one(answers.shown_first), one(answers.shown_second))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn worked_example() {
        let answers = OrderedAnswers { shown_first: (-0.2, -1.8), shown_second: (-0.6, -0.9) };
        for (temperature, label) in [(1.0, 0.703_230), (0.5, 0.803_245), (2.0, 0.613_702)] {
            assert!((soft_label(answers, temperature) - label).abs() < 1e-6);
        }
        let certain = OrderedAnswers { shown_first: (0.0, -1e6), shown_second: (0.0, -1e6) };
        assert_eq!(soft_label(certain, 1.0), 1.0);
    }
}
