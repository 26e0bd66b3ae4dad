//! What is reported of a run: each step as a row and next to the progress bar, and at the end whether the policy went astray.

use predilect_learn::StepRecord;
use predilect_results::training::StepRow;

/// Nats a token from the reference, beyond which a policy says something else altogether.
const FAR: f64 = 5.0;

/// What to know of a run whose policy went astray.
pub(crate) fn diverged(curve: &[StepRow]) -> Option<String> {
    let drift = curve.last()?.drift?;
    (drift > FAR).then(|| {
        format!(
            "training diverged: the policy is {} nats per token away from the reference. Lower the learning rate or the gradient norm",
            if drift < 1e4 { format!("{drift:.1}") } else { format!("{drift:.1e}") }
        )
    })
}

pub(crate) fn row(record: &StepRecord, seconds: f64) -> StepRow {
    StepRow {
        step: record.step as u64,
        epoch: record.epoch,
        loss: record.loss,
        learning_rate: record.learning_rate,
        grad_norm: record.grad_norm,
        rewards_chosen: record.rewards_chosen,
        rewards_rejected: record.rewards_rejected,
        margin: record.margin,
        accuracy: record.accuracy,
        drift: record.drift,
        kl: None,
        degree_loss: record.degree_loss,
        logp_chosen: record.logp_chosen,
        logp_rejected: record.logp_rejected,
        tokens: record.tokens as u64,
        seconds,
        eval_loss: None,
        eval_accuracy: None,
        eval_margin: None,
        doubtful: record.spa.map(|spa| spa.doubtful),
    }
}

/// The text next to the progress bar.
///
/// `kl`: the distance from the reference when it was last measured.
pub(crate) fn beside(row: &StepRow, kl: Option<f64>) -> String {
    let part =
        |name: &str, value: Option<f64>| value.map_or_else(String::new, |v| format!("  {name} {v:.3}"));
    let rate = if row.seconds > 0.0 { row.tokens as f64 / row.seconds * row.step as f64 } else { 0.0 };
    format!(
        "loss {:.4}{}{}{}  {rate:.0} tokens/s",
        row.loss,
        part("margin", row.margin),
        part("accuracy", row.accuracy),
        part("KL", kl)
    )
}
