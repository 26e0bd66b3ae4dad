//! SPO (arXiv 2409.17791): how well does a classifier predict how much key content was removed from a completion?
//!
//! Growing shares of a completion's key phrases are removed; each share is a class, and a linear classifier on the policy's representation
//! learns to distinguish them while the policy is aligned. The total is the alignment loss plus [`SpoOptions::weight`] times the
//! cross-entropy. The authors' repository has no code, so the defaults are ours.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How SPO is set up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SpoOptions {
    /// The shares of key phrases removed, one class each, growing from 0, below 1. Default 0, 0.25, 0.5, 0.75.
    pub shares: Vec<f64>,
    /// Weight of the cross-entropy, at least 0. Default 0.5.
    pub weight: f64,
}

impl Default for SpoOptions {
    fn default() -> Self {
        Self { shares: vec![0.0, 0.25, 0.5, 0.75], weight: 0.5 }
    }
}

/// The cross-entropy of one classified completion.
#[derive(Debug, Clone, PartialEq)]
pub struct ClassLoss {
    /// Minus the log-probability of the true class, in nats.
    pub value: f64,
    /// The derivative by each logit: probability of the class, minus 1 for the true class. They sum to 0.
    pub gradient: Vec<f64>,
}

/// A class outside the logits, or a logit that is not finite.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClassError {
    /// There is no such class.
    NoSuchClass {
        /// The class asked for, from 0.
        class: usize,
        /// The number of classes.
        classes: usize,
    },
    /// A logit is infinite or not a number.
    NotFinite {
        /// Its class, from 0.
        class: usize,
    },
}

impl fmt::Display for ClassError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchClass { class, classes } => {
                write!(f, "class {class} does not exist: there are {classes} logits, counted from 0")
            }
            Self::NotFinite { class } => write!(f, "the logit of class {class} is not a finite number"),
        }
    }
}

impl std::error::Error for ClassError {}

/// The cross-entropy `ln sum_k exp(z_k) - z_class` of class logits, with its gradient.
///
/// # Errors
/// If there is no such class or a logit is not finite.
pub fn class_cross_entropy(logits: &[f64], class: usize) -> Result<ClassLoss, ClassError> {
    if class >= logits.len() {
        return Err(ClassError::NoSuchClass { class, classes: logits.len() });
    }
    if let Some(class) = logits.iter().position(|logit| !logit.is_finite()) {
        return Err(ClassError::NotFinite { class });
    }
    let log_sum = super::spa::log_sum_exp(logits.iter().copied());
    let probability = |(at, logit): (usize, &f64)| (logit - log_sum).exp() - f64::from(u8::from(at == class));
    Ok(ClassLoss {
        value: log_sum - logits[class],
        gradient: logits.iter().enumerate().map(probability).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f64; 4] = [1.2, 0.3, -0.5, 0.1];

    #[test]
    fn worked_example() {
        // METHOD-LEARN 7.4, to 1e-6.
        for (class, expected) in [0.653_431, 1.553_431, 2.353_431, 1.753_431].into_iter().enumerate() {
            assert!((class_cross_entropy(&LOGITS, class).unwrap().value - expected).abs() < 1e-6);
        }
        let total = 0.386_871 + SpoOptions::default().weight * class_cross_entropy(&LOGITS, 0).unwrap().value;
        assert!((total - 0.713_586).abs() < 2e-6);
    }

    #[test]
    fn gradient_is_that_of_the_value() {
        let loss = class_cross_entropy(&LOGITS, 2).unwrap();
        assert!(loss.gradient.iter().sum::<f64>().abs() < 1e-15);
        for at in 0..LOGITS.len() {
            let moved = |by: f64| {
                let mut logits = LOGITS;
                logits[at] += by;
                class_cross_entropy(&logits, 2).unwrap().value
            };
            assert!(((moved(1e-5) - moved(-1e-5)) / 2e-5 - loss.gradient[at]).abs() < 1e-9);
        }
    }

    #[test]
    fn large_logits_do_not_overflow_and_bad_ones_are_refused() {
        assert_eq!(class_cross_entropy(&[1e4, -1e4], 1).unwrap().value, 2e4);
        assert_eq!(class_cross_entropy(&[0.0], 1), Err(ClassError::NoSuchClass { class: 1, classes: 1 }));
        assert_eq!(class_cross_entropy(&[0.0, f64::NAN], 0), Err(ClassError::NotFinite { class: 1 }));
    }
}
