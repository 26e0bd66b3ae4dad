//! How well does the model predict verdicts it has not seen, and can its numbers be trusted?

use maud::{Markup, html};
use predilect_results::{Fit, Quality};
use predilect_results::{Gains, PropertyGain};

use crate::format;
use crate::html::charts::calibration;
use crate::html::parts::{Section, first_few, folded, name, nothing, property, scroll};
use crate::predicts::{self, BASELINES, Predicts};
use crate::text;
use crate::view::View;
use crate::words;

/// Calibration plots shown before the rest is folded away.
const PLOTS: usize = 8;

pub(super) fn section(view: &View) -> Section {
    let fits = view.main_fits();
    let body = html! {
        @if fits.is_empty() { (nothing("Nothing was fitted, so there is no model to judge.")) }
        @else {
            p {
                "Held-out: each verdict is predicted by a model that has seen neither it nor its prompt. Accuracy "
                "counts verdicts that are not ties; log-loss (in nats, lower is better) counts all, soft ones as "
                "they are."
            }
            (scroll("Held-out quality of the main group", &table(&fits, false)))
            p.hint {
                "Majority: always the side that wins more often. Terms only: side, order and models without any property. "
                "Length only: the comparison of lengths with the same terms, without any other property."
            }
            (sentences(&fits))
            (gains(view, &fits))
            (plots(&fits))
            (more(view))
        }
        @if !view.d.fits.is_empty() { (checks(view)) }
    };
    Section { id: "quality", name: "Quality", title: "How well the model predicts", body }
}

/// How well the main fits predict, as a table alone.
pub(in crate::html) fn main(view: &View) -> Markup {
    let fits = view.main_fits();
    if fits.is_empty() {
        return html! {};
    }
    html! { h2 { "How well the model predicts verdicts it has not seen" } (scroll("Held-out quality", &table(&fits, false))) }
}

fn table(fits: &[&Fit], grouped: bool) -> Markup {
    // A baseline that no fit has gets no column.
    let with = |place: usize| fits.iter().filter_map(|f| f.quality.as_ref()).any(|q| there(q, place));
    let places: Vec<usize> = (0..BASELINES.len()).filter(|place| with(*place)).collect();
    let width = places.len() + 1;
    html! {
        table.plain.quality {
            thead {
                tr {
                    th rowspan="2" scope="col" { "Judge" }
                    @if grouped { th rowspan="2" scope="col" { "Group" } }
                    th.span colspan=(width) scope="colgroup" { "Accuracy" }
                    th.span colspan=(width) scope="colgroup" { "Log-loss" }
                    th.num rowspan="2" scope="col" { "Folds" }
                }
                tr {
                    @for _ in 0..2 {
                        th.num scope="col" { "model" }
                        @for place in &places { th.num scope="col" { (BASELINES[*place]) } }
                    }
                }
            }
            tbody { @for fit in fits { (row(fit, grouped, &places)) } }
        }
    }
}

/// What each property adds on unseen verdicts.
fn gains(view: &View, fits: &[&Fit]) -> Markup {
    let known: Vec<(&Fit, &Gains)> =
        fits.iter().filter_map(|fit| Some((*fit, fit.gains.as_ref()?))).collect();
    html! {
        @if !known.is_empty() {
            h3 { "What each property adds" }
            @for (fit, gains) in &known {
                p {
                    strong { (name(&fit.judge)) } ". " (crate::gains::by_theme(gains)) " " (crate::gains::by_property(view, gains))
                    @if let Some(alike) = crate::gains::alike(view, gains) { " " (alike) }
                }
            }
            @for (fit, gains) in &known {
                (folded(&format!("Every property: {}", text::line(&fit.judge)), &scroll("Gains by property", &by_property(view, gains))))
            }
        }
    }
}

fn by_property(view: &View, gains: &Gains) -> Markup {
    let mut order: Vec<&PropertyGain> = gains.properties.iter().collect();
    order.sort_by(|a, b| b.beside.total_cmp(&a.beside));
    html! {
        table.plain {
            thead {
                tr {
                    th scope="col" { "Property" }
                    th.num scope="col" { "Added to all others" }
                    th.num scope="col" { "Alone" }
                }
            }
            tbody {
                @for gain in order {
                    tr {
                        th scope="row" { (property(view, &gain.property)) }
                        td.num { (crate::gains::with_error(gain.beside, gain.beside_se)) }
                        td.num { (crate::gains::with_error(gain.alone, gain.alone_se)) }
                    }
                }
            }
        }
    }
}

fn there(q: &Quality, place: usize) -> bool {
    let baseline = predicts::baselines(q)[place];
    baseline.accuracy.is_some() || baseline.log_loss.is_some()
}

fn row(fit: &Fit, grouped: bool, places: &[usize]) -> Markup {
    let missing = || format::MISSING.to_owned();
    html! {
        tr {
            th scope="row" { (name(&text::cut(&text::line(&fit.judge), 48))) }
            @if grouped { td { (name(&text::cut(&text::line(&fit.group), 48))) } }
            @match &fit.quality {
                Some(q) => {
                    @let baselines = predicts::baselines(q);
                    td.num { strong { (format::share(q.accuracy)) } }
                    @for place in places {
                        td.num { (baselines[*place].accuracy.map_or_else(missing, format::share)) }
                    }
                    td.num { strong { (format::small(q.log_loss)) } }
                    @for place in places {
                        td.num { (baselines[*place].log_loss.map_or_else(missing, format::small)) }
                    }
                    td.num { (format::count(q.folds)) }
                }
                None => { td colspan=(2 * places.len() + 3) { (predicts::NO_QUALITY) } }
            }
        }
    }
}

/// What the table means.
fn sentences(fits: &[&Fit]) -> Markup {
    html! {
        @for Predicts { better, sentence, judges } in predicts::standings(fits.iter().copied()) {
            p.warn[!better].good[better] { strong { bdi { (words::listed(&judges)) } ": " } (sentence) }
        }
    }
}

fn plots(fits: &[&Fit]) -> Markup {
    let with: Vec<(&Fit, &Quality)> = fits
        .iter()
        .filter_map(|f| Some((*f, f.quality.as_ref()?)))
        .filter(|(_, q)| !q.calibration.is_empty())
        .collect();
    if with.is_empty() {
        return html! {};
    }
    html! {
        h3 { "Calibration" }
        p.hint { "On the diagonal, what was predicted is what happened. Larger dots stand for more verdicts." }
        (first_few(&with, PLOTS, "judges", |some| html! {
            div.calibrations {
                @for (fit, q) in some {
                    figure {
                        figcaption { (name(&text::cut(&text::line(&fit.judge), 40))) }
                        (calibration(&q.calibration))
                    }
                }
            }
        }))
    }
}

/// The same table for the other groups.
fn more(view: &View) -> Markup {
    let others: Vec<&Fit> =
        view.d.fits.iter().filter(|f| f.group != view.main && f.quality.is_some()).collect();
    if others.is_empty() || !view.is_grouped() {
        return html! {};
    }
    folded("Quality in the other groups", &scroll("Held-out quality by group", &table(&others, true)))
}

/// What the engines say about themselves, trouble first.
fn checks(view: &View) -> Markup {
    let fits = &view.d.fits;
    let bad: Vec<&Fit> = fits.iter().filter(|f| !f.converged).collect();
    let noted: Vec<&Fit> = fits.iter().filter(|f| f.converged && f.reason.is_some()).collect();
    let item = |fit: &Fit| {
        html! {
            li {
                strong { (name(&fit.judge)) ", " (name(&fit.group)) } ": "
                (fit.reason.as_deref().map_or_else(|| "no reason given".to_owned(), text::line))
            }
        }
    };
    html! {
        h3 { "Checks of the fits" }
        @if bad.is_empty() {
            p.good {
                (words::counted(fits.len(), "fit", "fits")) ", no trouble: every one converged and passed the checks "
                "of its engine."
            }
        } @else {
            div.warn {
                p { strong { (words::counted(bad.len(), "fit", "fits")) " of " (fits.len()) " cannot be trusted:" } }
                ul { @for fit in bad { (item(fit)) } }
            }
        }
        @if !noted.is_empty() { p { "Notes:" } ul { @for fit in noted { (item(fit)) } } }
        (folded("Every fit and its checks", &html! {
            ul.checks {
                @for fit in fits {
                    li {
                        strong { (name(&fit.judge)) ", " (name(&fit.group)) } ": "
                        (format::counted(fit.rows, "verdict", "verdicts")) ", " (words::checks(fit))
                        @if !fit.converged { ", " strong { "not converged" } }
                    }
                }
            }
        }))
    }
}
