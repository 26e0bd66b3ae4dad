//! How well do fits predict verdicts that they have not seen, in words?

use predilect_results::{Fit, Quality};

use crate::format;
use crate::text;

/// What a model must beat to be worth reading, and how well that predicts.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Baseline {
    /// The name in a table.
    pub(crate) name: &'static str,
    /// What it does, after "no better than".
    doing: &'static str,
    /// Held-out accuracy, 0..1.
    pub(crate) accuracy: Option<f64>,
    /// Held-out log-loss.
    pub(crate) log_loss: Option<f64>,
}

/// The names of the [`baselines`].
pub(crate) const BASELINES: [&str; 3] = ["majority", "terms only", "length only"];

/// The baselines of a fit, the plainest first.
pub(crate) fn baselines(q: &Quality) -> [Baseline; 3] {
    [
        Baseline {
            name: BASELINES[0],
            doing: "always naming the side that wins more often: these properties do not explain this judge, so do not \
                    build on the intensities.",
            accuracy: Some(q.majority_accuracy),
            log_loss: Some(q.majority_log_loss),
        },
        Baseline {
            name: BASELINES[1],
            doing: "side, order and models alone: the properties add nothing noticeable.",
            accuracy: q.terms_accuracy,
            log_loss: q.terms_log_loss,
        },
        Baseline {
            name: BASELINES[2],
            doing: "length alone with the same terms: the other properties add nothing noticeable.",
            accuracy: q.length_accuracy,
            log_loss: q.length_log_loss,
        },
    ]
}

/// How a model compares with its baselines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// Its log-loss is lower than the best baseline's by more than two standard errors.
    Better,
    /// It is lower, but chance could do that.
    Unsure,
    /// It is not lower.
    NoBetter,
}

/// Compares held-out log-loss with the best baseline.
pub(crate) fn standing(q: &Quality) -> Standing {
    match q.gain_se {
        // What rounds to zero is zero.
        Some(se) if q.gain > 2.0 * se && q.gain >= 5e-4 => Standing::Better,
        _ if q.gain > 0.0 => Standing::Unsure,
        _ => Standing::NoBetter,
    }
}

/// The [`Standing`] of a fit in a sentence.
pub(crate) fn standing_sentence(q: &Quality) -> String {
    let numbers = match q.gain_se {
        Some(se) => format!(
            " (log-loss lower by {} ± {} than the best of them)",
            format::small(q.gain),
            format::small(se)
        ),
        None => String::new(),
    };
    let what = match standing(q) {
        Standing::Better => format!("better than its baselines{numbers}."),
        Standing::Unsure => format!("a little better than its baselines, but within chance{numbers}."),
        Standing::NoBetter => {
            let best = baselines(q).into_iter().filter(|b| b.log_loss.is_some()).min_by(|a, b| {
                a.log_loss.unwrap_or(f64::INFINITY).total_cmp(&b.log_loss.unwrap_or(f64::INFINITY))
            });
            format!("NO BETTER than {}", best.map_or("its baselines.", |b| b.doing))
        }
    };
    format!("On verdicts it has not seen, the model predicts {what}")
}

/// What is said of how well the fits of some judges predict.
pub(crate) struct Predicts {
    /// Whether they surely predict better than their baselines.
    pub(crate) better: bool,
    /// The [`standing_sentence`].
    pub(crate) sentence: String,
    /// Their judges.
    pub(crate) judges: Vec<String>,
}

/// How well fits predict: judges with the same sentence together, the bad news first.
pub(crate) fn standings<'f>(fits: impl IntoIterator<Item = &'f Fit>) -> Vec<Predicts> {
    let mut said: Vec<Predicts> = Vec::new();
    for (fit, q) in fits.into_iter().filter_map(|fit| Some((fit, fit.quality.as_ref()?))) {
        let sentence = standing_sentence(q);
        let judge = text::cut(&text::line(&fit.judge), 40);
        match said.iter_mut().find(|other| other.sentence == sentence) {
            Some(other) => other.judges.push(judge),
            None => {
                said.push(Predicts {
                    better: standing(q) == Standing::Better,
                    sentence,
                    judges: vec![judge],
                });
            }
        }
    }
    said.sort_by_key(|said| said.better);
    said
}

/// `majority 52.0 %, length only 58.1 %`: the baselines that there are.
fn beside(q: &Quality, number: impl Fn(&Baseline) -> Option<String>) -> String {
    let parts: Vec<String> =
        baselines(q).iter().filter_map(|b| Some(format!("{} {}", b.name, number(b)?))).collect();
    parts.join(", ")
}

/// The baselines' accuracy, as words in brackets.
pub(crate) fn beside_accuracy(q: &Quality) -> String {
    beside(q, |b| b.accuracy.map(format::share))
}

/// Held-out accuracy and log-loss next to the baselines: two clauses.
pub(crate) fn quality(q: &Quality) -> [String; 2] {
    [
        format!("Held-out accuracy {} ({})", format::share(q.accuracy), beside_accuracy(q)),
        format!("log-loss {} ({})", format::small(q.log_loss), beside(q, |b| b.log_loss.map(format::small))),
    ]
}

/// Said where no fold could be held out.
pub(crate) const NO_QUALITY: &str = "No fold could be held out, so nothing is known about how well this fit predicts \
     verdicts it has not seen.";

#[cfg(test)]
mod tests {
    use super::*;

    fn quality_of(accuracy: f64, log_loss: f64) -> Quality {
        Quality {
            folds: 10,
            accuracy,
            majority_accuracy: 0.52,
            length_accuracy: Some(0.58),
            log_loss,
            majority_log_loss: 0.69,
            length_log_loss: Some(0.67),
            terms_accuracy: Some(0.55),
            terms_log_loss: Some(0.68),
            gain: 0.67 - log_loss,
            gain_se: Some(0.01),
            calibration: Vec::new(),
        }
    }

    #[test]
    fn a_model_that_is_no_better_is_called_so() {
        assert_eq!(standing(&quality_of(0.64, 0.64)), Standing::Better);
        assert_eq!(standing(&quality_of(0.59, 0.66)), Standing::Unsure);
        assert_eq!(standing(&quality_of(0.54, 0.685)), Standing::NoBetter);
        let alone = Quality {
            length_accuracy: None,
            length_log_loss: None,
            terms_accuracy: None,
            terms_log_loss: None,
            ..quality_of(0.53, 0.68)
        };
        assert!(standing_sentence(&quality_of(0.54, 0.685)).contains("NO BETTER than length alone"));
        assert!(standing_sentence(&alone).contains("NO BETTER than always naming"));
        let unknown = Quality { gain_se: None, ..quality_of(0.64, 0.64) };
        assert_eq!(standing(&unknown), Standing::Unsure);
        assert_eq!(beside_accuracy(&alone), "majority 52.0\u{a0}%");
    }
}
