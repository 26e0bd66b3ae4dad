//! Which choices of loss, options and data can be computed but hardly mean what was intended?

use std::fmt;

use serde::{Deserialize, Serialize};

use super::loss::Loss;
use super::objective::Objective;

/// A label this close to 0.5 says hardly anything.
const UNDECIDED: f64 = 0.1;

/// Batches below this size leave sorted scores or a batch mean mostly to chance.
const SMALL_BATCH: usize = 8;

/// A summary of the data to train on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Summary {
    /// The number of pairs; 0 for examples without partners.
    pub pairs: usize,
    /// The number of pairs or examples whose losses are computed together.
    pub batch: usize,
    /// Pairs whose label is neither 0 nor 1.
    pub soft: usize,
    /// Pairs whose label is within 0.1 of 0.5.
    pub undecided: usize,
    /// Pairs whose label is below 0.5.
    pub reversed: usize,
    /// Desirable examples; the pairs count as one each.
    pub desirable: usize,
    /// Undesirable examples; the pairs count as one each.
    pub undesirable: usize,
}

impl Summary {
    /// The summary of pairs with these labels.
    pub fn of_pairs(labels: &[f64], batch: usize) -> Self {
        let count = |is: &dyn Fn(f64) -> bool| labels.iter().filter(|&&p| is(p)).count();
        Self {
            pairs: labels.len(),
            batch,
            soft: count(&|p| p > 0.0 && p < 1.0),
            undecided: count(&|p| (p - 0.5).abs() < UNDECIDED),
            reversed: count(&|p| p < 0.5),
            desirable: labels.len(),
            undesirable: labels.len(),
        }
    }

    /// The summary of examples without partners.
    pub fn of_examples(desirable: usize, undesirable: usize, batch: usize) -> Self {
        Self { batch, desirable, undesirable, ..Self::default() }
    }
}

/// A choice that can be computed but hardly makes sense.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "warning", rename_all = "snake_case")]
#[expect(missing_docs, reason = "the message of each says what it means")]
pub enum Warning {
    OptionUnused { option: &'static str },
    LabelsIgnored { loss: Loss, soft: usize, pairs: usize },
    ReversedIgnored { loss: Loss, reversed: usize, pairs: usize },
    LabelsAllHard { loss: Loss },
    GipoUndecided { undecided: usize, pairs: usize },
    NoPushUndecided { loss: Loss, undecided: usize, pairs: usize },
    OneKind { loss: Loss, kind: &'static str },
    Unbalanced { loss: Loss, ratio: f64 },
    NoSmoothing { loss: Loss },
    SmallBatch { loss: Loss, batch: usize },
    SmallBeta { loss: Loss, beta: f64 },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::OptionUnused { option } => write!(f, "{option} has no effect on the losses chosen"),
            Self::LabelsIgnored { loss, soft, pairs } => write!(
                f,
                "{loss} takes every label as certain, but {soft} of {pairs} are not; soft or gdpo would use them"
            ),
            Self::ReversedIgnored { loss, reversed, pairs } => write!(
                f,
                "{loss} trains towards the chosen completion, but in {reversed} of {pairs} pairs the label favours the \
                 rejected one; swap them or use soft"
            ),
            Self::LabelsAllHard { loss } => {
                write!(f, "{loss} is meant for soft labels, but every label is 0 or 1")
            }
            Self::GipoUndecided { undecided, pairs } => write!(
                f,
                "gipo aims at ever larger margins as labels approach 0.5, and {undecided} of {pairs} are within 0.1 of \
                 it; cipo aims at small margins there"
            ),
            Self::NoPushUndecided { loss, undecided, pairs } => write!(
                f,
                "{loss} hardly moves pairs with labels near 0.5, and {undecided} of {pairs} are within 0.1 of it; soft \
                 draws their margins to 0"
            ),
            Self::OneKind { loss, kind } => write!(
                f,
                "{loss} sees only {kind} examples, so that nothing keeps it from moving all completions the same way"
            ),
            Self::Unbalanced { loss, ratio } => write!(
                f,
                "desirable examples weigh {ratio:.2} times as much as undesirable ones; for {loss}, TRL advises 1 to \
                 1.33: change desirable_weight or undesirable_weight"
            ),
            Self::NoSmoothing { loss } => {
                write!(f, "{loss} with label_smoothing 0 is sigmoid; 0.1 is usual")
            }
            Self::SmallBatch { loss, batch } => write!(
                f,
                "{loss} compares scores within a batch, and {batch} at a time leave that mostly to chance; use {SMALL_BATCH} \
                 or more"
            ),
            Self::SmallBeta { loss, beta } => write!(
                f,
                "{loss} uses mean log-probabilities and usually needs beta 2 or more; with {beta} its margin hardly matters"
            ),
        }
    }
}

impl Objective {
    /// What hardly makes sense about this objective with these data; empty if there is nothing to say. What has no value at all, such as
    /// `exo_pair` without smoothing, is refused by [`Objective::new`] instead.
    pub fn warnings(&self, data: &Summary) -> Vec<Warning> {
        let used =
            |option: &&'static str| self.mixture().losses().any(|loss| loss.entry().options.contains(option));
        let unused = self.options().changed().into_iter().filter(|option| !used(option));
        let mut all: Vec<Warning> = unused.map(|option| Warning::OptionUnused { option }).collect();
        for loss in self.mixture().losses() {
            all.extend(about_labels(loss, data));
            all.extend(self.about_kinds(loss, data));
            all.extend(self.about_options(loss, data));
        }
        all
    }

    fn about_kinds(&self, loss: Loss, data: &Summary) -> Option<Warning> {
        if !loss.takes_unpaired() {
            return None;
        }
        match (data.desirable, data.undesirable) {
            (0, 0) => None,
            (_, 0) => Some(Warning::OneKind { loss, kind: "desirable" }),
            (0, _) => Some(Warning::OneKind { loss, kind: "undesirable" }),
            (desirable, undesirable) => {
                let good = self.options().desirable_weight * desirable as f64;
                let ratio = good / (self.options().undesirable_weight * undesirable as f64);
                let advised = (0.99..=1.34).contains(&ratio);
                (loss == Loss::Kto && !advised).then_some(Warning::Unbalanced { loss, ratio })
            }
        }
    }

    fn about_options(&self, loss: Loss, data: &Summary) -> Option<Warning> {
        let options = self.options();
        match loss {
            Loss::Cdpo | Loss::Robust if options.label_smoothing == 0.0 => {
                Some(Warning::NoSmoothing { loss })
            }
            Loss::Aot | Loss::AotUnpaired | Loss::Kto if data.batch < SMALL_BATCH => {
                Some(Warning::SmallBatch { loss, batch: data.batch })
            }
            Loss::Simpo | Loss::SoftSimpo | Loss::Alphapo if options.beta < 1.0 => {
                Some(Warning::SmallBeta { loss, beta: options.beta })
            }
            _ => None,
        }
    }
}

fn about_labels(loss: Loss, data: &Summary) -> Vec<Warning> {
    let Summary { pairs, soft, undecided, reversed, .. } = *data;
    let mut all = Vec::new();
    if loss.uses_label() {
        if pairs > 0 && soft == 0 && loss != Loss::Soft {
            all.push(Warning::LabelsAllHard { loss });
        }
        match loss {
            Loss::Gipo if undecided > 0 => all.push(Warning::GipoUndecided { undecided, pairs }),
            Loss::Gdpo | Loss::Gropo if undecided > 0 => {
                all.push(Warning::NoPushUndecided { loss, undecided, pairs });
            }
            _ => {}
        }
        return all;
    }
    if soft > 0 && loss != Loss::Sft {
        all.push(Warning::LabelsIgnored { loss, soft, pairs });
    }
    if reversed > 0 {
        all.push(Warning::ReversedIgnored { loss, reversed, pairs });
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::LossOptions;

    fn messages(mixture: &str, options: &str, data: &Summary) -> Vec<String> {
        let options: LossOptions = serde_json::from_str(options).unwrap();
        let objective = Objective::new(mixture.parse().unwrap(), options).unwrap();
        objective.warnings(data).iter().map(ToString::to_string).collect()
    }

    fn hard() -> Summary {
        Summary::of_pairs(&[1.0; 10], 16)
    }

    fn soft() -> Summary {
        Summary::of_pairs(&[0.9, 0.55, 0.45, 1.0, 0.0], 16)
    }

    #[test]
    fn a_summary_counts_labels() {
        let expected =
            Summary { pairs: 5, batch: 16, soft: 3, undecided: 2, reversed: 2, desirable: 5, undesirable: 5 };
        assert_eq!(soft(), expected);
    }

    #[test]
    fn sensible_choices_are_silent() {
        for (mixture, options) in [
            ("sigmoid", "{}"),
            ("mpo", "{}"),
            ("cdpo", r#"{"label_smoothing": 0.1}"#),
            ("exo_pair", r#"{"label_smoothing": 0.001}"#),
            ("simpo", r#"{"beta": 2, "simpo_gamma": 1}"#),
            ("kto", "{}"),
            ("aot", "{}"),
        ] {
            assert_eq!(messages(mixture, options, &hard()), [""; 0], "{mixture}");
        }
        assert_eq!(messages("soft,sft", "{}", &Summary::of_pairs(&[0.9, 0.7], 1)), [""; 0]);
    }

    #[test]
    fn options_and_labels_without_effect_are_told() {
        let unused = messages("sigmoid", r#"{"label_smoothing": 0.1, "simpo_gamma": 1}"#, &hard());
        assert_eq!(unused[0], "label_smoothing has no effect on the losses chosen");
        assert_eq!(unused.len(), 2);
        let ignored = messages("hinge", "{}", &soft());
        assert_eq!(
            ignored[0],
            "hinge takes every label as certain, but 3 of 5 are not; soft or gdpo would use them"
        );
        assert!(ignored[1].starts_with("hinge trains towards the chosen completion, but in 2 of 5 pairs"));
        assert!(messages("gdpo", "{}", &hard())[0].starts_with("gdpo is meant for soft labels"));
    }

    #[test]
    fn geometric_losses_near_one_half_are_told() {
        assert!(messages("gipo", "{}", &soft())[0].starts_with("gipo aims at ever larger margins"));
        assert!(messages("gropo", "{}", &soft())[0].starts_with("gropo hardly moves pairs"));
    }

    #[test]
    fn unbalanced_kinds_are_told() {
        let of = |good, bad| messages("kto", "{}", &Summary::of_examples(good, bad, 16)).join("");
        assert!(of(10, 0).starts_with("kto sees only desirable examples"));
        assert!(of(0, 10).starts_with("kto sees only undesirable examples"));
        assert!(of(10, 30).starts_with("desirable examples weigh 0.33 times as much"));
        assert_eq!(of(13, 10), "");
    }

    #[test]
    fn unusual_options_are_told() {
        assert!(messages("robust", "{}", &hard())[0].starts_with("robust with label_smoothing 0 is sigmoid"));
        assert!(messages("simpo", "{}", &hard())[0].starts_with("simpo uses mean log-probabilities"));
        let small = Summary { batch: 2, ..hard() };
        assert!(
            messages("aot", "{}", &small)[0]
                .starts_with("aot compares scores within a batch, and 2 at a time")
        );
    }
}
