//! What each judge rewards in a slice: in a sentence, as dots with intervals, and against another part.

use std::str::FromStr;

use maud::{Markup, html};
use predilect_results::comparison::SliceVersus;
use predilect_results::{Dissection, Fit, Weight};

use crate::format;
use crate::html::charts::{Dots, key};
use crate::html::parts::{SERIES, folded, name, nothing, property};
use crate::html::sections::{numbers, slots};
use crate::html::versus::{by_judge, every, other};
use crate::predicts;
use crate::text;
use crate::view::{Axis, View, by_strength, seen, strongest, sure, sure_ones};
use crate::words;

/// Properties named in a sentence.
const NAMED: usize = 3;

/// The order of properties.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// From the most rewarded to the most penalised.
    #[default]
    Signed,
    /// The strongest first.
    Strength,
    /// As in the catalogue.
    Catalogue,
}

impl Order {
    /// All, with their names in links and on the page.
    pub const ALL: [(Self, &'static str, &'static str); 3] = [
        (Self::Signed, "signed", "rewarded to penalised"),
        (Self::Strength, "strength", "strongest first"),
        (Self::Catalogue, "catalogue", "catalogue"),
    ];

    /// The name in a link.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(order, ..)| *order == self).map_or("", |(_, name, _)| name)
    }
}

impl FromStr for Order {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.iter().find(|(_, name, _)| *name == text).map(|(order, ..)| *order).ok_or(())
    }
}

/// The answer in a sentence for each judge: what it rewards and penalises most, with intervals.
pub fn found(d: &Dissection) -> Markup {
    let view = View::new(d);
    let fits = view.main_fits();
    html! {
        @if fits.is_empty() { (nothing("No judge can be fitted here.")) }
        ul.found {
            @for fit in fits.iter().take(SERIES) { li { (sentence(&view, fit)) } }
        }
        @if !d.skipped.is_empty() {
            details { summary { (words::counted(d.skipped.len(), "fit", "fits")) " could not be made" }
                ul { @for skipped in &d.skipped { li { (name(&skipped.judge)) " in " (name(&skipped.group)) ": " (text::line(&skipped.reason)) } } }
            }
        }
    }
}

fn sentence(view: &View, fit: &Fit) -> Markup {
    let [mut up, mut down] = [true, false].map(|up| sure_ones(fit, up));
    up.sort_by(|a, b| by_strength(a, b));
    down.sort_by(|a, b| by_strength(a, b));
    let unsure = seen(fit).filter(|w| !sure(w)).count();
    html! {
        strong { (name(&fit.judge)) }
        @if up.is_empty() && down.is_empty() {
            ": no property has a sure direction in " (format::counted(fit.rows, "verdict", "verdicts")) "."
        } @else {
            @if !up.is_empty() { " rewards " (list(view, &up)) }
            @if !up.is_empty() && !down.is_empty() { "; it" }
            @if !down.is_empty() { " penalises " (list(view, &down)) }
            ". "
            span.n { (format::counted(fit.rows, "verdict", "verdicts")) ", " (unsure) " of " (seen(fit).count()) " properties without a sure direction" }
        }
        @if !fit.converged { " " span.neg { "Not converged: " (fit.reason.as_deref().map(text::line).unwrap_or_default()) } }
    }
}

fn list(view: &View, weights: &[&Weight]) -> Markup {
    let more = weights.len().saturating_sub(NAMED);
    html! {
        @for (at, weight) in weights.iter().take(NAMED).enumerate() {
            @if at > 0 { ", " }
            (property(view, &weight.property)) " "
            b { (format::intensity(weight.intensity())) "\u{a0}%" } " "
            span.n { (format::bounds(weight.interval(), 1)) }
        }
        @if more > 0 { " and " (more) " more" }
    }
}

/// The dots with their intervals, a row for each property. `href` leads to the pairs that show one, `check` is the address that says whether the fits hold, where there is one.
pub fn intensities(
    d: &Dissection,
    order: Order,
    check: Option<&str>,
    href: &dyn Fn(&str) -> String,
) -> Markup {
    let view = View::new(d);
    let fits: Vec<&Fit> = view.main_fits().into_iter().take(SERIES).collect();
    let Some(first) = fits.first() else { return html! {} };
    let properties: Vec<&str> = match order {
        Order::Catalogue => view.property_ids(),
        Order::Signed => crate::html::sections::ordered(&view),
        Order::Strength => strongest(first).into_iter().map(|weight| weight.property.as_str()).collect(),
    };
    let axis = Axis::holding(fits.iter().flat_map(|fit| seen(fit)));
    let slots = slots(&view, &fits);
    html! {
        @if let Some(check) = check {
            p #check.hint data-check=(check) { "Whether these fits hold, and predict verdicts that they have not seen, is being checked; " code { "predilect dissect" } " checks it, too." }
        }
        figure #plot {
            p.legend {
                @for (slot, fit) in slots.iter().zip(&fits) { span { (key(*slot)) (name(&text::cut(&text::line(&fit.judge), 48))) } }
            }
            (Dots { view: &view, fits: &fits, slots: &slots, properties: &properties, axis }.render())
            figcaption.hint {
                "How often, in %, a response with more of the property wins, all else equal. The line is the 90\u{a0}% interval; a hollow mark means that the "
                "direction is not sure. "
                @if view.any_proxy() { "~ marks a rating that only stands in for its property; the number behind it is how often that rating puts pairs of known order into that order (.5 is chance). " }
                @if check.is_none() { "The fits are not checked while you look; " code { "predilect dissect" } " checks them." }
            }
        }
        @if let Some(unseen) = words::unseen(&view) { p.hint { (unseen) } }
        (folded("Every number, with its interval", &numbers(&view, &fits)))
        details {
            summary { "Pairs that show a property" }
            ul.links { @for id in &properties { li { a href=(href(id)) { (view.label(id)) } } } }
        }
    }
}

/// How well fits predict verdicts that they have not seen, where that was tried, and whether they hold by the checks of their engine: a
/// line each, as text.
pub fn checks(fits: &[Fit]) -> String {
    let predict = predicts::standings(fits)
        .into_iter()
        .map(|said| format!("{}: {}\n", words::listed(&said.judges), said.sentence));
    predict.chain([holds(fits)]).collect()
}

fn holds(fits: &[Fit]) -> String {
    let fails = |fit: &&Fit| fit.engine != "ep" || !words::passes(fit);
    let failing: Vec<String> = fits
        .iter()
        .filter(fails)
        .map(|fit| format!("{} ({})", text::line(&fit.judge), words::checks(fit)))
        .collect();
    if !failing.is_empty() {
        return format!(
            "The approximation behind these figures does not hold for {}: those of predilect dissect differ.",
            words::listed(&failing)
        );
    }
    match fits.iter().filter_map(|fit| fit.pareto_k).max_by(f64::total_cmp) {
        Some(k) => format!(
            "Checked: {} (importance sampling, Pareto k {}; below 0.7 it does).",
            if fits.len() == 1 { "the fit holds" } else { "the fits hold" },
            format::small(k)
        ),
        None => "There is no fit to check.".to_owned(),
    }
}

/// What is rewarded otherwise in the slice than in the other part.
pub fn versus(found: &SliceVersus) -> Markup {
    html! {
        section.versus aria-label="Against another part" {
            h2 { "Against " bdi { (other(found)) } }
            (by_judge(found))
            @if !found.found.differences.is_empty() { (folded("Every property, with its false discovery rate", &every(found))) }
        }
    }
}
