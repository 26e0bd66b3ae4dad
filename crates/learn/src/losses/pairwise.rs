//! What is the loss of one pair, where it does not depend on the others?

use super::completion::{Shifts, example};
use super::dual::Dual;
use super::loss::Loss;
use super::options::{FDivergence, LossOptions};
use super::pair::Sums;

/// The loss of a pair, without the part that is the negative log-likelihood of the chosen completions; `None` for losses
/// that have a value for a whole batch only, or no other part.
pub(crate) fn pair_loss(loss: Loss, sums: &Sums, options: &LossOptions, shifts: Shifts) -> Option<Dual> {
    Some(match loss {
        Loss::Sft | Loss::Aot | Loss::AotUnpaired => return None,
        Loss::Kto | Loss::ApoZeroUnpaired | Loss::Bco => {
            let own = |a, desirable| example(loss, (a, desirable), options, shifts);
            (own(sums.aw(), true) + own(sums.al(), false)) * 0.5
        }
        Loss::Cpo
        | Loss::CpoHinge
        | Loss::CpoIpo
        | Loss::Simpo
        | Loss::Alphapo
        | Loss::Orpo
        | Loss::SoftSimpo => without_reference(loss, sums, options),
        Loss::NcaPair | Loss::BcoPair | Loss::SppoHard | Loss::ApoZero | Loss::ApoDown | Loss::Attenuated => {
            of_log_ratios(loss, sums, options)
        }
        Loss::Soft | Loss::Gdpo | Loss::Cipo | Loss::Gipo | Loss::Gropo | Loss::SoftRopo => {
            soft(loss, sums, options)
        }
        _ => of_difference(loss, sums, options),
    })
}

/// The score of a log-ratio under the f-divergence.
fn score(a: Dual, options: &LossOptions) -> Dual {
    match options.f_divergence {
        FDivergence::ReverseKl => a,
        FDivergence::ForwardKl => a.power(-1.0),
        FDivergence::JsDivergence => a.log_sigmoid() + std::f64::consts::LN_2,
        FDivergence::AlphaDivergence => a.power(options.f_alpha - 1.0),
    }
}

/// The difference of the two scores, and that of their means by token.
fn differences(sums: &Sums, options: &LossOptions) -> (Dual, Dual) {
    let (w, l) = (score(sums.aw(), options), score(sums.al(), options));
    (w - l, w * sums.nw.recip() - l * sums.nl.recip())
}

/// -(1-e) ln s(x) - e ln s(-x).
pub(crate) fn smoothed(x: Dual, e: f64) -> Dual {
    (1.0 - e) * x.logistic_loss() + e * (-x).logistic_loss()
}

/// Losses of the difference of two scores, with a hard label.
fn of_difference(loss: Loss, sums: &Sums, options: &LossOptions) -> Dual {
    let (b, e) = (options.beta, options.label_smoothing);
    let (h, mean) = differences(sums, options);
    let x = h * b;
    match loss {
        Loss::Hinge => (1.0 - x).relu(),
        Loss::Ipo => (mean - 0.5 / b).square(),
        Loss::IpoSum => (h - 0.5 / b).square(),
        Loss::ExoPair => {
            let (yes, no) = (x.sigmoid(), (-x).sigmoid());
            yes * (x.log_sigmoid() - (-e).ln_1p()) + no * ((-x).log_sigmoid() - e.ln())
        }
        Loss::Robust => ((1.0 - e) * x.logistic_loss() - e * (-x).logistic_loss()) * (1.0 - 2.0 * e).recip(),
        Loss::Cdpo => smoothed(x, e),
        Loss::Discopop => {
            // m exp(-x) is exp(ln m - x), where the sum is bounded for tau <= 1 and neither factor may overflow.
            let m = x * options.discopop_tau.recip();
            (-m).sigmoid() * x.logistic_loss() + (m.log_sigmoid() - x).exp()
        }
        Loss::SigmoidNorm => (mean * b).logistic_loss(),
        Loss::Ropo => ropo(x, options),
        Loss::RopoV1 => ropo_v1(x, options),
        // DPO itself, and what is DPO of other sums, with a weight or with another part: ld_dpo, wpo, rpo.
        _ => x.logistic_loss(),
    }
}

/// Losses for soft labels with a reference.
fn soft(loss: Loss, sums: &Sums, options: &LossOptions) -> Dual {
    let (b, p) = (options.beta, sums.p);
    let q = 2.0 * p - 1.0;
    let (h, mean) = differences(sums, options);
    let margin = if options.token_means { mean } else { h };
    let x = h * b;
    match loss {
        Loss::Gdpo => (x * q).logistic_loss(),
        Loss::Cipo => (margin - 0.5 * q / b).square(),
        Loss::Gipo => (margin * q - 0.5 / b).square(),
        Loss::Gropo => ropo_v1(x * q, options),
        Loss::SoftRopo => p * ropo(x, options) + (1.0 - p) * ropo(-x, options),
        _ => smoothed(x, 1.0 - p),
    }
}

/// ROPO of x = b h: 4 A/(1+A)^2 (-ln s(x) + A s(-x)).
fn ropo(x: Dual, options: &LossOptions) -> Dual {
    let alpha = options.ropo_alpha;
    (x.logistic_loss() + alpha * (-x).sigmoid()) * (4.0 * alpha / (1.0 + alpha).powi(2))
}

/// ROPO of x = b h as in version 1 of the paper: alpha s(-x) - gamma ln s(x).
fn ropo_v1(x: Dual, options: &LossOptions) -> Dual {
    options.ropo_v1_alpha * (-x).sigmoid() + options.ropo_v1_gamma * x.logistic_loss()
}

/// Losses in which the two log-ratios enter each for itself.
fn of_log_ratios(loss: Loss, sums: &Sums, options: &LossOptions) -> Dual {
    let b = options.beta;
    let (aw, al) = (sums.aw(), sums.al());
    let (w, l) = (aw * b, al * b);
    match loss {
        Loss::NcaPair => w.logistic_loss() + 0.5 * (-w).logistic_loss() + 0.5 * (-l).logistic_loss(),
        Loss::BcoPair => w.logistic_loss() + (-l).logistic_loss(),
        Loss::SppoHard => (aw - 0.5 / b).square() + (al + 0.5 / b).square(),
        Loss::ApoZero => (-w).sigmoid() + l.sigmoid(),
        Loss::ApoDown => w.sigmoid() + (l - w).sigmoid(),
        // The one that is left: reference-attenuated DPO.
        _ => ((sums.lw - sums.ll + options.attenuation * (sums.rl - sums.rw)) * b).logistic_loss(),
    }
}

/// Losses that need no reference.
fn without_reference(loss: Loss, sums: &Sums, options: &LossOptions) -> Dual {
    let (b, e, gamma) = (options.beta, options.label_smoothing, options.simpo_gamma);
    let (w, l) = (sums.mean_w(), sums.mean_l());
    let x = (w - l) * b;
    match loss {
        Loss::CpoHinge => (1.0 - (sums.lw - sums.ll) * b).relu(),
        Loss::CpoIpo => (w - l - 0.5 / b).square(),
        Loss::Simpo => smoothed(x - gamma, e),
        Loss::SoftSimpo => {
            sums.p * (x - gamma).logistic_loss() + (1.0 - sums.p) * (-x - gamma).logistic_loss()
        }
        Loss::Alphapo => {
            let c = -options.alphapo_alpha;
            smoothed((w.power(c) - l.power(c)) * b - gamma, e)
        }
        Loss::Orpo => (w.log_odds() - l.log_odds()).logistic_loss() * b,
        // The one that is left: CPO.
        _ => smoothed((sums.lw - sums.ll) * b, e),
    }
}
