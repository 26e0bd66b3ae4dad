//! What is each loss, where does it come from, and what does it need? The table behind `predilect train --list`.

use serde::Serialize;

use super::loss::{BatchScope, Loss};

/// What the letters in [`Entry::formula`] mean.
pub const NOTATION: &str = "\
lw, ll: summed log-probabilities of the chosen and the rejected completion under the policy; rw, rl: under the \
reference; aw = lw - rw, al = ll - rl; h = aw - al; nw, nl: token counts; b: beta; e: label_smoothing; p: probability \
that the chosen completion is preferred; q = 2p - 1; s(x) = 1/(1 + exp(-x)); NLL: minus the mean log-probability of \
the chosen tokens of the batch. Behind each loss are its source and its parameters with their defaults; f_divergence other than reverse_kl \
replaces the log-ratios of a loss that takes it (f-DPO, 2309.16240). dpo is another name of sigmoid, mpo of the mixture \
sigmoid:0.8,bco_pair:0.2,sft:1. Where single completions are said, completions that are each labelled desirable or not are enough: \
aw is then the log-ratio of a desirable one and al that of another. To any loss SPO's degree loss (2409.17791) can be added with a weight: \
the mean cross-entropy with which a linear classifier on the mean of the last hidden states finds which share of its key phrases (by RAKE) \
a chosen completion has lost; the shares are 0, 0.25, 0.5 and 0.75 unless others are given";

/// One loss as a catalogue describes it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Entry {
    /// The loss.
    #[serde(skip)]
    pub loss: Loss,
    /// Its name.
    pub name: &'static str,
    /// The loss of one pair in one line of text; the letters are explained by [`NOTATION`].
    pub formula: &'static str,
    /// An arXiv number, or another source of the loss; empty if it needs none.
    pub source: &'static str,
    /// The trainer of TRL 1.16 that has it, if any.
    pub trl: Option<&'static str>,
    /// Whether the probability of the label enters the loss.
    pub soft: bool,
    /// Whether a reference is needed.
    pub reference: bool,
    /// Whether it is a function of the difference of two scores, so that an f-divergence may replace the log-ratios.
    pub divergence: bool,
    /// How much of the batch the gradient of a pair depends on.
    pub scope: BatchScope,
    /// The fields of [`super::LossOptions`] that have an effect.
    pub options: &'static [&'static str],
}

const fn entry(loss: Loss, name: &'static str, formula: &'static str, source: &'static str) -> Entry {
    Entry {
        loss,
        name,
        formula,
        source,
        trl: None,
        soft: false,
        reference: true,
        divergence: false,
        scope: BatchScope::Pair,
        options: &["beta"],
    }
}

impl Entry {
    const fn trl(mut self, trainer: &'static str) -> Self {
        self.trl = Some(trainer);
        self
    }

    const fn soft(mut self) -> Self {
        self.soft = true;
        self
    }

    const fn no_reference(mut self) -> Self {
        self.reference = false;
        self
    }

    const fn divergence(mut self) -> Self {
        self.divergence = true;
        self
    }

    const fn scope(mut self, scope: BatchScope) -> Self {
        self.scope = scope;
        self
    }

    const fn options(mut self, options: &'static [&'static str]) -> Self {
        self.options = options;
        self
    }
}

const F_DPO: &[&str] = &["beta", "f_divergence", "f_alpha"];
const F_DPO_E: &[&str] = &["beta", "label_smoothing", "f_divergence", "f_alpha"];
const UNPAIRED: &[&str] = &["beta", "desirable_weight", "undesirable_weight"];
const CPO: &[&str] = &["beta", "nll_weight"];
const ROPO_V1: &[&str] = &["beta", "ropo_v1_alpha", "ropo_v1_gamma", "f_divergence", "f_alpha"];
const TOKEN_MEANS: &[&str] = &["beta", "token_means", "f_divergence", "f_alpha"];
const SOFT: &str = "2409.06691";
const DPO: &str = "2305.18290";

/// In the order of [`Loss`].
static CATALOGUE: [Entry; 39] = [
    entry(Loss::Sigmoid, "sigmoid", "-ln s(b h)", DPO).trl("DPO").divergence().options(F_DPO),
    entry(Loss::Hinge, "hinge", "max(0, 1 - b h)", "2309.06657, after 2305.10425")
        .trl("DPO")
        .divergence()
        .options(F_DPO),
    entry(Loss::Ipo, "ipo", "(aw/nw - al/nl - 1/(2b))^2", "2310.12036, by token as in TRL")
        .trl("DPO")
        .divergence()
        .options(F_DPO),
    entry(
        Loss::ExoPair,
        "exo_pair",
        "u = s(b h): u (ln u - ln(1-e)) + (1-u) (ln(1-u) - ln e), e > 0",
        "2402.00856",
    )
    .trl("DPO")
    .divergence()
    .options(F_DPO_E),
    entry(Loss::NcaPair, "nca_pair", "-ln s(b aw) - ln s(-b aw)/2 - ln s(-b al)/2", "2402.05369").trl("DPO"),
    entry(Loss::Robust, "robust", "[-(1-e) ln s(b h) + e ln s(-b h)]/(1-2e)", "2403.00409")
        .trl("DPO")
        .divergence()
        .options(F_DPO_E),
    entry(Loss::BcoPair, "bco_pair", "-ln s(b aw) - ln s(-b al)", "2404.04656").trl("DPO"),
    entry(Loss::SppoHard, "sppo_hard", "(aw - 1/(2b))^2 + (al + 1/(2b))^2", "2405.00675").trl("DPO"),
    entry(
        Loss::Aot,
        "aot",
        "D = sorted(lw - ll) - sorted(rw - rl) over the batch: -(1-e) ln s(b D) - e ln s(-b D)",
        "2406.05882",
    )
    .trl("DPO")
    .scope(BatchScope::Scores)
    .options(&["beta", "label_smoothing"]),
    entry(
        Loss::AotUnpaired,
        "aot_unpaired",
        "D = sorted(aw) - sorted(al) over the batch: -(1-e) ln s(b D) - e ln s(-b D)",
        "2406.05882",
    )
    .trl("DPO")
    .scope(BatchScope::Scores)
    .options(&["beta", "label_smoothing"]),
    entry(Loss::ApoZero, "apo_zero", "1 - s(b aw) + s(b al)", "2408.06266").trl("DPO"),
    entry(Loss::ApoDown, "apo_down", "s(b aw) + 1 - s(b h)", "2408.06266").trl("DPO"),
    entry(Loss::Discopop, "discopop", "m = s(b h/tau): -(1-m) ln s(b h) + m exp(-b h)", "2406.08414")
        .trl("DPO")
        .divergence()
        .options(&["beta", "discopop_tau", "f_divergence", "f_alpha"]),
    entry(Loss::Sft, "sft", "NLL", "").trl("DPO").no_reference().scope(BatchScope::TokenCounts).options(&[]),
    entry(Loss::SigmoidNorm, "sigmoid_norm", "-ln s(b (aw/nw - al/nl))", "2411.15124, after 2405.14734")
        .trl("DPO")
        .divergence()
        .options(F_DPO),
    entry(
        Loss::Kto,
        "kto",
        "mean of 1 - s(b (aw - z0)) and 1 - s(b (z0 - al)), z0 = max(0, mean mismatched log-ratio)",
        "2402.01306",
    )
    .trl("KTO")
    .scope(BatchScope::Scores)
    .options(UNPAIRED),
    entry(
        Loss::ApoZeroUnpaired,
        "apo_zero_unpaired",
        "mean of 1 - s(b aw) and s(b al)",
        "TRL, after 2408.06266",
    )
    .trl("KTO")
    .options(UNPAIRED),
    entry(Loss::Cpo, "cpo", "-(1-e) ln s(b (lw - ll)) - e ln s(-b (lw - ll)) + nll_weight NLL", "2401.08417")
        .trl("CPO")
        .no_reference()
        .scope(BatchScope::TokenCounts)
        .options(&["beta", "label_smoothing", "nll_weight"]),
    entry(Loss::CpoHinge, "cpo_hinge", "max(0, 1 - b (lw - ll)) + nll_weight NLL", "2305.10425")
        .trl("CPO (loss_type hinge)")
        .no_reference()
        .scope(BatchScope::TokenCounts)
        .options(CPO),
    entry(Loss::CpoIpo, "cpo_ipo", "(lw/nw - ll/nl - 1/(2b))^2 + nll_weight NLL", "TRL, after 2310.12036")
        .trl("CPO (loss_type ipo)")
        .no_reference()
        .scope(BatchScope::TokenCounts)
        .options(CPO),
    entry(
        Loss::Simpo,
        "simpo",
        "D = b (lw/nw - ll/nl) - simpo_gamma: -(1-e) ln s(D) - e ln s(-D)",
        "2405.14734",
    )
    .trl("CPO (loss_type simpo, cpo_alpha 0)")
    .no_reference()
    .options(&["beta", "simpo_gamma", "label_smoothing"]),
    entry(
        Loss::Alphapo,
        "alphapo",
        "simpo with r(lw/nw) - r(ll/nl), r(x) = (1 - exp(-alphapo_alpha x))/alphapo_alpha",
        "2501.03884",
    )
    .trl("CPO (loss_type simpo, alpha)")
    .no_reference()
    .options(&["beta", "simpo_gamma", "alphapo_alpha", "label_smoothing"]),
    entry(Loss::Orpo, "orpo", "NLL - b ln s(o(lw/nw) - o(ll/nl)), o(x) = x - ln(1 - exp x)", "2403.07691")
        .trl("ORPO")
        .no_reference()
        .scope(BatchScope::TokenCounts),
    entry(Loss::Cdpo, "cdpo", "-(1-e) ln s(b h) - e ln s(-b h)", "ericmitchell.ai/cdpo.pdf")
        .divergence()
        .options(F_DPO_E),
    entry(Loss::IpoSum, "ipo_sum", "(h - 1/(2b))^2", "2310.12036").divergence().options(F_DPO),
    entry(Loss::Rpo, "rpo", "-ln s(b h) + nll_weight NLL", "2404.19733, 2405.16436")
        .divergence()
        .scope(BatchScope::TokenCounts)
        .options(&["beta", "nll_weight", "f_divergence", "f_alpha"]),
    entry(
        Loss::LdDpo,
        "ld_dpo",
        "-ln s(b h), tokens past min(nw, nl) weighted ld_alpha in both models",
        "2409.06411",
    )
    .trl("DPO (ld_alpha)")
    .divergence()
    .options(&["beta", "ld_alpha", "f_divergence", "f_alpha"]),
    entry(
        Loss::Wpo,
        "wpo",
        "-v ln s(b h), v = product over both of exp(mean of ln p_t - ln sum_v p_v^2), no gradient",
        "2406.11827",
    )
    .trl("DPO (use_weighting)")
    .divergence()
    .options(F_DPO),
    entry(Loss::Ropo, "ropo", "4 A/(1+A)^2 (-ln s(b h) + A s(-b h)), A = ropo_alpha > 2", "2404.04102v2")
        .divergence()
        .options(&["beta", "ropo_alpha", "f_divergence", "f_alpha"]),
    entry(Loss::RopoV1, "ropo_v1", "ropo_v1_alpha s(-b h) - ropo_v1_gamma ln s(b h)", "2404.04102v1")
        .divergence()
        .options(ROPO_V1),
    entry(
        Loss::Bco,
        "bco",
        "mean of -ln s(b aw - d) and -ln s(d - b al), d = running mean of b a",
        "2404.04656",
    )
    .scope(BatchScope::Scores)
    .options(UNPAIRED),
    entry(Loss::Attenuated, "attenuated", "-ln s(b [(lw - ll) + attenuation (rl - rw)])", "2405.19534")
        .options(&["beta", "attenuation"]),
    entry(Loss::Soft, "soft", "-p ln s(b h) - (1-p) ln s(-b h)", "ericmitchell.ai/cdpo.pdf, 2409.06691")
        .soft()
        .divergence()
        .options(F_DPO),
    entry(Loss::Gdpo, "gdpo", "-ln s(b q h)", SOFT).soft().divergence().options(F_DPO),
    entry(Loss::Cipo, "cipo", "(h - q/(2b))^2", SOFT).soft().divergence().options(TOKEN_MEANS),
    entry(Loss::Gipo, "gipo", "(q h - 1/(2b))^2", SOFT).soft().divergence().options(TOKEN_MEANS),
    entry(Loss::Gropo, "gropo", "ropo_v1_alpha s(-b q h) - ropo_v1_gamma ln s(b q h)", SOFT)
        .soft()
        .divergence()
        .options(ROPO_V1),
    entry(Loss::SoftRopo, "soft_ropo", "p ropo(h) + (1-p) ropo(-h)", "ours, after 2404.04102v2")
        .soft()
        .divergence()
        .options(&["beta", "ropo_alpha", "f_divergence", "f_alpha"]),
    entry(
        Loss::SoftSimpo,
        "soft_simpo",
        "D = b (lw/nw - ll/nl): -p ln s(D - simpo_gamma) - (1-p) ln s(-D - simpo_gamma)",
        "ours, after 2405.14734",
    )
    .soft()
    .no_reference()
    .options(&["beta", "simpo_gamma"]),
];

/// Every loss with its name, formula, source and needs, TRL's first.
pub fn catalogue() -> &'static [Entry] {
    &CATALOGUE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::losses::LossOptions;

    #[test]
    fn entries_stand_in_the_order_of_the_enum() {
        for (at, entry) in catalogue().iter().enumerate() {
            assert_eq!(entry.loss as usize, at, "{}", entry.name);
        }
    }

    #[test]
    fn options_named_are_fields() {
        let fields = serde_json::to_value(LossOptions::default()).unwrap();
        for entry in catalogue() {
            for option in entry.options {
                assert!(fields.get(option).is_some(), "{}: {option}", entry.name);
            }
            assert_eq!(entry.divergence, entry.options.contains(&"f_divergence"), "{}", entry.name);
        }
    }

    #[test]
    fn an_entry_serializes_for_the_listing() {
        let entry = serde_json::to_value(catalogue()[0]).unwrap();
        assert_eq!(entry["name"], "sigmoid");
        assert_eq!(entry["trl"], "DPO");
        assert_eq!(entry["scope"], "pair");
    }
}
