//! Which properties does each judge reward, and how surely? Dots with 90 % intervals around 50 %.

use maud::{Markup, html};
use predilect_results::{Fit, Weight};

use crate::format;
use crate::html::parts::{SERIES, property, proxy_mark};
use crate::text;
use crate::view::{Axis, View, spoken, sure, weight};

use super::places::at;

/// Judges whose numbers fit next to the plot; with more, a table below it has them.
pub(in crate::html) const NUMBERED: usize = 3;

/// The large plot: one row per property, one dot and interval per judge.
pub(in crate::html) struct Dots<'a> {
    /// What is looked up.
    pub(in crate::html) view: &'a View<'a>,
    /// One fit per judge.
    pub(in crate::html) fits: &'a [&'a Fit],
    /// The mark and colour of each.
    pub(in crate::html) slots: &'a [usize],
    /// The properties, in the order in which they are drawn.
    pub(in crate::html) properties: &'a [&'a str],
    /// The range of intensities.
    pub(in crate::html) axis: Axis,
}

impl Dots<'_> {
    pub(in crate::html) fn render(&self) -> Markup {
        let (numbers, step) = (self.numbers(), self.step());
        html! {
            table.dots data-step=(step) {
                thead {
                    tr {
                        th.lab scope="col" { "Property" }
                        th.plot scope="col" { (ends()) (scale(self.axis)) }
                        @if numbers { th.num scope="col" { "%" } }
                    }
                }
                tbody {
                    @for (rank, id) in self.properties.iter().enumerate() {
                        (self.row(id, rank))
                    }
                }
            }
        }
    }

    /// Whether numbers are shown next to the plot.
    fn numbers(&self) -> bool {
        self.fits.len() <= NUMBERED
    }

    /// Pixels from one judge's dot to the next one's.
    fn step(&self) -> usize {
        if self.numbers() { 15 } else { 9 }
    }

    fn row(&self, id: &str, rank: usize) -> Markup {
        let shown = self.fits.len().clamp(1, SERIES);
        let (numbers, step) = (self.numbers(), self.step());
        let weights: Vec<Option<&Weight>> = self.fits.iter().map(|fit| weight(fit, id)).collect();
        let strength = weights.first().copied().flatten().map_or(0.0, |w| w.mean.abs());
        let catalogue = self.view.d.properties.iter().position(|p| p.id == id).unwrap_or(rank);
        html! {
            tr data-signed=(rank) data-strong={ (format!("{strength:.5}")) } data-catalogue=(catalogue) {
                th.lab scope="row" { (property(self.view, id)) }
                td.plot {
                    svg width="100%" height=(shown * step + 12) role="img" aria-label=(self.spoken(&weights)) {
                        @for (j, w) in weights.iter().enumerate() {
                            @if let Some(w) = w { (self.series(j, w, step)) }
                        }
                    }
                }
                @if numbers {
                    td.num {
                        @for (j, w) in weights.iter().enumerate() {
                            span.ink.{ "c" (self.slots[j]) }.unsure[w.is_none_or(|w| !sure(w))] data-j=(j) {
                                (w.map_or_else(|| format::MISSING.to_owned(), |w| format::intensity(w.intensity())))
                            }
                        }
                    }
                }
            }
        }
    }

    fn series(&self, j: usize, w: &Weight, step: usize) -> Markup {
        let slot = self.slots[j];
        let y = 6 + step / 2 + j % SERIES * step;
        html! {
            g.s.{ "c" (slot) }.unsure[!sure(w)].off[j >= SERIES] data-j=(j) transform={ "translate(0," (y) ")" } {
                title { (text::line(&self.fits[j].judge)) ": " (spoken(w)) }
                (mark(w, self.axis, slot))
            }
        }
    }

    fn spoken(&self, weights: &[Option<&Weight>]) -> String {
        let one = |(fit, w): (&&Fit, Option<&Weight>)| {
            w.map(|w| format!("{}: {}", text::line(&fit.judge), spoken(w)))
        };
        self.fits
            .iter()
            .zip(weights.iter().copied())
            .take(SERIES)
            .filter_map(one)
            .collect::<Vec<_>>()
            .join("; ")
    }
}

/// One interval with its mark, at height 0.
fn mark(w: &Weight, axis: Axis, slot: usize) -> Markup {
    let (low, high) = w.interval();
    html! {
        line x1=(at(axis, low)) x2=(at(axis, high)) y1="0" y2="0" {}
        svg x=(at(axis, w.intensity())) y="0" width="1" height="1" overflow="visible" { use href={ "#m" (slot) } {} }
    }
}

/// The mark of a series, for a legend.
pub(in crate::html) fn key(slot: usize) -> Markup {
    html! {
        svg.key.s.{ "c" (slot) } width="14" height="14" viewBox="-7 -7 14 14" aria-hidden="true" {
            use href={ "#m" (slot) } {}
        }
    }
}

/// What the two halves mean.
pub(super) fn ends() -> Markup {
    html! { span.ends { span.neg { "◂ penalised" } span.pos { "rewarded ▸" } } }
}

/// The values along the axis.
pub(super) fn scale(axis: Axis) -> Markup {
    html! {
        svg.scale width="100%" height="18" aria-hidden="true" {
            @for (value, label) in axis.ticks() { text x=(at(axis, value)) y="13" text-anchor="middle" { (label) } }
        }
    }
}

/// A small plot of a few properties in one group.
pub(in crate::html) struct Panel<'a> {
    /// What is looked up.
    pub(in crate::html) view: &'a View<'a>,
    /// The group.
    pub(in crate::html) group: &'a str,
    /// The properties, the same in all panels.
    pub(in crate::html) properties: &'a [&'a str],
    /// The range of intensities, the same in all panels.
    pub(in crate::html) axis: Axis,
    /// The first judges, each with its mark and colour.
    pub(in crate::html) judges: &'a [(usize, &'a str)],
}

impl Panel<'_> {
    pub(in crate::html) fn render(&self) -> Markup {
        let fits: Vec<(usize, &Fit)> = self
            .judges
            .iter()
            .filter_map(|(slot, judge)| Some((*slot, self.view.fit(judge, self.group)?)))
            .collect();
        let rows = fits.iter().map(|(_, fit)| fit.rows).max().unwrap_or(0);
        let step = if fits.len() <= 2 { 8 } else { 6 };
        html! {
            figure.panel {
                figcaption {
                    bdi { (text::cut(&text::line(self.group), 40)) } " "
                    span.n { (format::counted(rows, "verdict", "verdicts")) }
                }
                table.dots.small {
                    tbody { @for id in self.properties { (self.row(id, &fits, step)) } }
                    tfoot { tr { td.lab {} td.plot { (scale(self.axis)) } } }
                }
            }
        }
    }

    fn row(&self, id: &str, fits: &[(usize, &Fit)], step: usize) -> Markup {
        html! {
            tr {
                th.lab scope="row" { bdi { (text::cut(&self.view.short(id), 40)) } (proxy_mark(self.view, id)) }
                td.plot {
                    svg width="100%" height=(fits.len().max(1) * step + 10) {
                        @for (i, (slot, fit)) in fits.iter().enumerate() {
                            @if let Some(w) = weight(fit, id) {
                                g.s.{ "c" (slot) }.unsure[!sure(w)]
                                    transform={ "translate(0," (5 + step / 2 + i * step) ")" } {
                                    title { (text::line(&fit.judge)) ": " (spoken(w)) }
                                    (mark(w, self.axis, *slot))
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
