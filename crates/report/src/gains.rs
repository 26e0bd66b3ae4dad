//! What each property adds on verdicts that a fit has not seen, in words.

use predilect_results::{Gains, PropertyGain};

use crate::format;
use crate::view::View;
use crate::words;

/// Properties that are named.
const NAMED: usize = 6;
/// A gain of at least this many standard errors is sure.
const SURE: f64 = 2.0;

/// A number of nats.
pub(crate) fn nats(x: f64) -> String {
    format::decimal(x, 3)
}

/// A gain with its standard error.
pub(crate) fn with_error(gain: f64, error: Option<f64>) -> String {
    error.map_or_else(|| nats(gain), |error| format!("{} (se {})", nats(gain), nats(error)))
}

/// Whether a property surely adds something to all others.
fn adds(gain: &PropertyGain) -> bool {
    gain.beside_se.is_some_and(|error| gain.beside > SURE * error)
}

/// What all properties add together, by kind.
pub(crate) fn by_theme(gains: &Gains) -> String {
    let mut themes: Vec<_> = gains.themes.iter().collect();
    themes.sort_by(|a, b| b.gain.total_cmp(&a.gain));
    let parts: Vec<String> =
        themes.iter().map(|theme| format!("{} {}", theme.theme, nats(theme.gain))).collect();
    let (without, with) = (nats(gains.without), nats(gains.with));
    let what = if gains.with < gains.without {
        let by = nats(gains.without - gains.with);
        format!(
            "On unseen verdicts the properties lower the log-loss by {by} nats a verdict, from {without} to {with}."
        )
    } else {
        format!(
            "On unseen verdicts the properties do not lower the log-loss: {without} nats a verdict without any, {with} with all."
        )
    };
    format!("{what} By kind (Shapley values of what they add): {}.", parts.join(", "))
}

/// Which properties add something to all others.
pub(crate) fn by_property(view: &View, gains: &Gains) -> String {
    let mut order: Vec<&PropertyGain> = gains.properties.iter().collect();
    order.sort_by(|a, b| b.beside.total_cmp(&a.beside));
    let label = |gain: &PropertyGain| view.label(&gain.property).to_lowercase();
    let sure: Vec<String> = order
        .iter()
        .filter(|gain| adds(gain))
        .take(NAMED)
        .map(|gain| format!("{} {}", label(gain), with_error(gain.beside, gain.beside_se)))
        .collect();
    let length = gains.properties.iter().find(|gain| gain.property == "length" && !adds(gain)).map(|gain| {
        format!(
            "; length adds {} to the others, and {} alone",
            nats(gain.beside),
            with_error(gain.alone, gain.alone_se)
        )
    });
    let length = length.unwrap_or_default();
    if sure.is_empty() {
        return format!("No property clearly adds anything to all the others{length}.");
    }
    format!("Added to all the others: {}{length}.", words::listed(&sure))
}

/// Properties that can hardly be distinguished.
pub(crate) fn alike(view: &View, gains: &Gains) -> Option<String> {
    let pairs: Vec<String> = gains
        .alike
        .iter()
        .take(NAMED)
        .map(|two| {
            let [a, b] = two.properties.each_ref().map(|id| view.label(id).to_lowercase());
            format!("{a} and {b} (correlation {})", format::decimal(two.correlation, 2))
        })
        .collect();
    (!pairs.is_empty()).then(|| {
        format!("Hardly distinguishable in these pairs; read their weights together: {}.", pairs.join("; "))
    })
}
