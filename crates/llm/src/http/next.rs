//! The probabilities of answers among those of tokens.

use crate::error::{CallError, Fault, Remedy};
use crate::question::LEAST_MASS;
use crate::token::answer_of;

/// The sum of the probabilities of all tokens that mean a continuation, as logarithms.
///
/// # Errors
///
/// When the numbers are not logarithms of probabilities, when no continuation is among the tokens, and when a missing one may be as
/// probable as a tenth of the others: then the choice of reported tokens would decide.
pub(super) fn next_of(
    continuations: &[String],
    tokens: &[(String, f64)],
) -> Result<Vec<Option<f64>>, CallError> {
    /// Rounding in the last digits of 32 bits.
    const ROUNDING: f64 = 1e-3;
    /// The largest share of the reported mass that may be missing.
    const MISSING: f64 = 0.1;
    let none = |what: String| CallError::new(Fault::NoProbabilities, what).remedy(Remedy::WrittenVerdicts);
    if let Some((token, ln)) = tokens.iter().find(|(_, ln)| *ln > ROUNDING) {
        return Err(none(format!(
            "{token:?} has a log-probability of {ln}, above 0: these are not log-probabilities"
        )));
    }
    let sums = sums_of(continuations, tokens);
    let told: f64 = sums.iter().sum();
    let shown = || {
        let list: Vec<String> =
            tokens.iter().take(3).map(|(token, ln)| format!("{token:?} {:.1} %", 100.0 * ln.exp())).collect();
        list.join(", ")
    };
    if told <= 0.0 {
        return Err(none(format!("none of the requested answers is among the top tokens: {}", shown())));
    }
    if told < LEAST_MASS {
        return Err(none(format!(
            "the requested answers have {:.2} % of the probability together; the model says something else: {}",
            100.0 * told,
            shown()
        )));
    }
    // What is not reported is at most as probable as the last that is, and at most what is left.
    let least = tokens.iter().map(|(_, ln)| ln.exp()).filter(|p| *p > 0.0).fold(1.0, f64::min);
    let left = 1.0 - tokens.iter().map(|(_, ln)| ln.exp()).sum::<f64>();
    let unseen = least.min(left.max(0.0));
    if sums.contains(&0.0) && unseen > MISSING * told && tokens.iter().all(|(_, ln)| ln.is_finite()) {
        return Err(none(format!(
            "only some of the answers asked for are among the tokens returned ({}), and another may be as probable as {:.1} %",
            shown(),
            100.0 * unseen
        )));
    }
    Ok(sums.into_iter().map(|p: f64| (p > 0.0).then(|| p.ln())).collect())
}

/// The probability of each continuation, over all tokens that mean it.
pub(super) fn sums_of(continuations: &[String], tokens: &[(String, f64)]) -> Vec<f64> {
    let mut sums = vec![0.0; continuations.len()];
    for (token, ln) in tokens {
        if let Some(at) = answer_of(token, continuations) {
            sums[at] += ln.exp();
        }
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_that_differ_by_white_space_count_together() {
        let tokens = [("A", 0.5_f64), (" A", 0.2), ("B", 0.1), ("The", 0.1)];
        let of = |tokens: &[(&str, f64)], wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|c| (*c).to_owned()).collect();
            next_of(&wanted, &tokens.iter().map(|(t, p)| ((*t).to_owned(), p.ln())).collect::<Vec<_>>())
        };
        let next = of(&tokens, &["A", "B"]).unwrap();
        assert!((next[0].unwrap().exp() - 0.7).abs() < 1e-12 && (next[1].unwrap().exp() - 0.1).abs() < 1e-12);
        // As vocabularies write it, in lower case, emphasised.
        for token in ["\u{120}A", "\u{2581}A", "a", "**A", ">A"] {
            assert!(
                (of(&[(token, 0.7), ("B", 0.3)], &["A", "B"]).unwrap()[0].unwrap().exp() - 0.7).abs() < 1e-12,
                "{token}"
            );
        }
        // What is not reported is at most .01, or at most .2.
        assert_eq!(of(&[("A", 0.9), ("The", 0.09), ("It", 0.01)], &["A", "B"]).unwrap()[1], None);
        assert!(of(&[("A", 0.6), ("The", 0.2)], &["A", "B"]).unwrap_err().message.contains("20.0 %"));
        assert!(
            of(&[("<think>", 0.99), ("A", 4e-4), ("B", 1e-4)], &["A", "B"])
                .unwrap_err()
                .message
                .contains("0.05 %")
        );
        assert!(of(&[("<|channel|>", 0.99)], &["A", "B"]).unwrap_err().message.contains("<|channel|>"));
        assert!(of(&[("A", 2.0)], &["A", "B"]).unwrap_err().message.contains("above 0"));
    }
}
