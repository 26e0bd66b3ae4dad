//! How well does the model predict verdicts it has not seen, and can its numbers be trusted?

use maud::{Markup, html};
use predilect_analysis::result::{Fit, Quality};

use crate::format;
use crate::html::charts::calibration;
use crate::html::parts::{Section, first_few, folded, name, nothing, scroll};
use crate::text;
use crate::view::View;
use crate::words::{self, Standing};

/// Calibration plots shown before the rest is folded away.
const PLOTS: usize = 8;

pub(super) fn section(view: &View) -> Section {
    let fits = view.main_fits();
    let body = html! {
        @if fits.is_empty() { (nothing("Nothing was fitted, so there is no model to judge.")) }
        @else {
            p {
                "Held-out: each verdict is predicted by a model that has seen neither it nor its prompt. Accuracy "
                "counts verdicts that are no tie; log-loss (in nats, lower is better) counts all, soft ones as "
                "they are."
            }
            (scroll("Held-out quality of the main group", &table(&fits, false)))
            (sentences(&fits))
            (plots(&fits))
            (more(view))
        }
        @if !view.d.fits.is_empty() { (checks(view)) }
    };
    Section { id: "quality", name: "Quality", title: "How well the model predicts", body }
}

fn table(fits: &[&Fit], grouped: bool) -> Markup {
    html! {
        table.plain.quality {
            thead {
                tr {
                    th rowspan="2" scope="col" { "Judge" }
                    @if grouped { th rowspan="2" scope="col" { "Group" } }
                    th.span colspan="3" scope="colgroup" { "Accuracy" }
                    th.span colspan="3" scope="colgroup" { "Log-loss" }
                    th.num rowspan="2" scope="col" { "Folds" }
                }
                tr {
                    @for _ in 0..2 {
                        @for what in ["model", "majority", "length only"] { th.num scope="col" { (what) } }
                    }
                }
            }
            tbody { @for fit in fits { (row(fit, grouped)) } }
        }
    }
}

fn row(fit: &Fit, grouped: bool) -> Markup {
    let missing = || format::MISSING.to_owned();
    html! {
        tr {
            th scope="row" { (name(&text::cut(&text::line(&fit.judge), 48))) }
            @if grouped { td { (name(&text::cut(&text::line(&fit.group), 48))) } }
            @match &fit.quality {
                Some(q) => {
                    td.num { strong { (format::share(q.accuracy)) } }
                    td.num { (format::share(q.majority_accuracy)) }
                    td.num { (q.length_accuracy.map_or_else(missing, format::share)) }
                    td.num { strong { (format::small(q.log_loss)) } }
                    td.num { (format::small(q.majority_log_loss)) }
                    td.num { (q.length_log_loss.map_or_else(missing, format::small)) }
                    td.num { (format::count(q.folds)) }
                }
                None => { td colspan="7" { (words::NO_QUALITY) } }
            }
        }
    }
}

/// What the table means, judge by judge, with the bad news first.
fn sentences(fits: &[&Fit]) -> Markup {
    let standing = |fit: &Fit| fit.quality.as_ref().map(words::standing);
    let judges = |wanted: Standing| -> Vec<String> {
        fits.iter()
            .filter(|f| standing(f) == Some(wanted))
            .map(|f| text::cut(&text::line(&f.judge), 40))
            .collect()
    };
    html! {
        @for kind in [Standing::NoBetter, Standing::LengthDoes, Standing::Mixed, Standing::Better] {
            @let names = judges(kind);
            @if !names.is_empty() {
                p.warn[kind != Standing::Better].good[kind == Standing::Better] {
                    strong { bdi { (words::listed(&names)) } ": " } (words::standing_sentence(kind))
                }
            }
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
        p.hint { "On the diagonal, what was predicted is what happened. Larger dots hold more verdicts." }
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
    if others.is_empty() {
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
