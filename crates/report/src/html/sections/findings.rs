//! What are the findings in a few sentences?

use maud::{Markup, html};
use predilect_results::adds_nothing;
use predilect_results::{Fit, Weight};

use crate::format;
use crate::html::parts::{Section, name, nothing, property};
use crate::judging::{FALSE_DISCOVERIES, departures, pairing};
use crate::predicts;
use crate::text;
use crate::view::{ALL, View, seen, sure, sure_ones, weight};
use crate::words;

/// Properties named per judge and direction.
const NAMED: usize = 5;
/// Judges with separate sentences.
const JUDGES: usize = 6;
/// Differences between judges that are named.
const DIFFERENCES: usize = 5;

pub(super) fn section(view: &View) -> Section {
    let mut fits = view.main_fits();
    // What replicates comes first.
    fits.sort_by_key(|fit| fit.quality.as_ref().map_or(1, |q| predicts::standing(q) as u8));
    let body = html! {
        @if fits.is_empty() { (nothing("No fit, no findings. The reasons are below, under Groups.")) }
        div.cards { @for fit in fits.iter().take(JUDGES) { (card(view, fit)) } }
        @if fits.len() > JUDGES {
            p.hint { "The first " (JUDGES) " of " (fits.len()) " judges; the tables below have all of them." }
        }
        (differences(view, &fits))
        @if let Some(fit) = fits.first() {
            div.how {
                @if let Some(reading) = words::reading(view, fit) {
                    p { strong { "How to read it. " } (reading) " " (words::SURE_MEANS) }
                }
                p { (words::NOT_CAUSE) }
                @if view.any_proxy() { p { (words::PROXY_MEANS) } }
                @if let Some(said) = words::validity(&view.d.properties) { p { (said) } }
            }
        }
    };
    Section { id: "findings", name: "Findings", title: "Findings", body }
}

fn card(view: &View, fit: &Fit) -> Markup {
    let [up, down] = [true, false].map(|up| sure_ones(fit, up));
    let unsure = seen(fit).filter(|w| !sure(w)).count();
    let standing = fit.quality.as_ref().map(predicts::standing);
    html! {
        article.card {
            h3 { (name(&fit.judge)) " " span.n { (format::counted(fit.rows, "verdict", "verdicts")) } }
            @if standing == Some(predicts::Standing::NoBetter) && !adds_nothing(fit) {
                // Length alone predicts as well: then length is the finding, and the rest is not.
                @let (up_length, up_rest) = parted(&up);
                @let (down_length, down_rest) = parted(&down);
                div.lists { (list(view, "Rewards", "pos", &up_length)) (list(view, "Penalises", "neg", &down_length)) }
                (trust(fit))
                @if !up_rest.is_empty() || !down_rest.is_empty() { p.unclear { (only_here(view, &up_rest, &down_rest)) } }
            } @else if standing == Some(predicts::Standing::NoBetter) {
                (trust(fit))
                p.unclear { (only_here(view, &up, &down)) }
            } @else {
                div.lists { (list(view, "Rewards", "pos", &up)) (list(view, "Penalises", "neg", &down)) }
                p.unclear {
                    @if fit.weights.is_empty() { "No property was fitted." }
                    @else if unsure == 0 { "Every property has a clear direction." }
                    @else {
                        "No clear direction: " (words::counted(unsure, "property", "properties")) " of "
                        (seen(fit).count()) "."
                    }
                }
                (trust(fit))
            }
            @if let Some(length) = crate::length::sentence(fit) { p.trust { bdi { (length) } } }
            @if let Some(turns) = fit.terms_note.as_ref().filter(|note| note.starts_with("The choice of terms changes")) {
                p.trust { (text::line(turns)) }
            }
            @if let Some(follows) = words::follows_position(view.d, &fit.judge) { p.trust.warn { (follows) } }
        }
    }
}

/// Length, and what is not length.
fn parted<'w>(weights: &[&'w Weight]) -> (Vec<&'w Weight>, Vec<&'w Weight>) {
    weights.iter().copied().partition(|weight| weight.property == "length")
}

/// The sure weights of a fit that does not predict: reported, but not as a finding.
fn only_here(view: &View, up: &[&Weight], down: &[&Weight]) -> Markup {
    let named = |weights: &[&Weight]| {
        let one = |w: &&Weight| {
            format!(
                "{}{} ({}\u{a0}%)",
                view.label(&w.property).to_lowercase(),
                if view.proxy(&w.property) { " ~" } else { "" },
                format::intensity(w.intensity())
            )
        };
        words::listed(&weights.iter().take(NAMED).map(one).collect::<Vec<_>>())
    };
    html! {
        @if up.is_empty() && down.is_empty() { "No property has a sure direction." }
        @else {
            "Directions that are sure nevertheless: "
            @if !up.is_empty() { (named(up)) " rewarded" }
            @if !up.is_empty() && !down.is_empty() { ", " }
            @if !down.is_empty() { (named(down)) " penalised" }
            "."
        }
    }
}

fn list(view: &View, what: &str, class: &str, weights: &[&Weight]) -> Markup {
    html! {
        div.rewards {
            p.what.{ (class) } { (what) }
            @if weights.is_empty() { p.none { "nothing clearly" } }
            @else {
                ol {
                    @for w in weights.iter().take(NAMED) {
                        li {
                            span { (property(view, &w.property)) } " "
                            b { (format::intensity(w.intensity())) "\u{a0}%" }
                        }
                    }
                }
                @if weights.len() > NAMED { p.more { "and " (weights.len() - NAMED) " more" } }
            }
        }
    }
}

/// Whether the numbers may be believed: convergence and prediction.
fn trust(fit: &Fit) -> Markup {
    html! {
        @if !fit.converged {
            p.warn { strong { "Not converged. " } (fit.reason.as_deref().map(text::line).unwrap_or_default()) }
        }
        @match &fit.quality {
            Some(q) => {
                @let better = predicts::standing(q) == predicts::Standing::Better;
                p.trust.warn[!better] {
                    "Predicts " strong { (format::share(q.accuracy)) } " of unseen verdicts ("
                    (predicts::beside_accuracy(q)) "). "
                    @if !better { (predicts::standing_sentence(q)) }
                }
            }
            None => { p.trust.warn { (predicts::NO_QUALITY) } }
        }
    }
}

/// Properties that two judges surely weigh differently, taken prompt by prompt; the surest first, each once.
fn differences(view: &View, fits: &[&Fit]) -> Markup {
    let Some(comparison) = view.d.comparison.as_ref().filter(|_| fits.len() > 1) else { return html! {} };
    let sure = comparison.contrasts.iter().filter(|c| c.q_value <= FALSE_DISCOVERIES).count();
    let mut seen: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for contrast in departures(comparison, sure).into_iter().filter(|c| c.group == ALL) {
        if !seen.contains(&contrast.property.as_str()) {
            seen.push(&contrast.property);
            found.push(contrast);
        }
    }
    let intensity = |judge: &str, id: &str| {
        let fit = fits.iter().find(|fit| fit.judge == judge)?;
        weight(fit, id).map(Weight::intensity)
    };
    let left = found.len().saturating_sub(DIFFERENCES);
    html! {
        h3 { "Where judges differ" }
        @if found.is_empty() {
            p {
                "On no property do two judges clearly differ, at a false discovery rate of " (format::share(FALSE_DISCOVERIES)) ". "
                (pairing(&comparison.contrasts))
            }
        } @else {
            ul.differences {
                @for contrast in found.iter().take(DIFFERENCES) {
                    @let [a, b] = &contrast.judges;
                    li {
                        strong { (property(view, &contrast.property)) } ": " (name(a)) " "
                        (intensity(a, &contrast.property).map_or(format::MISSING.to_owned(), format::intensity)) "\u{a0}%, " (name(b)) " "
                        (intensity(b, &contrast.property).map_or(format::MISSING.to_owned(), format::intensity)) "\u{a0}%"
                    }
                }
            }
            p.hint {
                (pairing(&comparison.contrasts)) " Properties on which two of them differ at a false discovery rate of "
                (format::share(FALSE_DISCOVERIES))
                @if left > 0 { "; " (left) " more below" }
                "."
            }
        }
    }
}
