//! What is there to say on one printed page? Findings, one plot, one table, three cautions; the rest is folded away, and not printed.

use maud::{Markup, html};
use predilect_results::ranking::Leaderboard;
use predilect_results::{Caution, Comparison, Finding, Settings, Standings};

use super::charts::{Difference, Dots, differences, key};
use super::page::{Body, document, findings, footer, watch_out};
use super::parts::{SERIES, Section, folded, name, nothing};
use super::sections;
use crate::format;
use crate::judging::{FALSE_DISCOVERIES, contrast, departures};
use crate::text;
use crate::units;
use crate::view::{Axis, View, seen};
use crate::words;

/// Cautions on the page; the others are folded away with the rest.
const CAUTIONS: usize = 3;
/// Rows of the table of judges, and of that of models.
const JUDGES: usize = 10;
const MODELS: usize = 12;
/// Rows of the plot, and the marks that fit into it.
const DRAWN: usize = 12;
const MARKS: usize = 24;

/// One page, and what is folded away.
struct Brief<'a> {
    title: String,
    simulated: bool,
    findings: &'a [Finding],
    cautions: &'a [Caution],
    /// From what it was made.
    from: Markup,
    plot: Markup,
    table: Markup,
    rest: Vec<Section>,
}

/// What a dissection says, on one page.
pub(super) fn page(view: &View) -> Markup {
    let d = view.d;
    let judged = d.comparison.as_ref().filter(|c| c.judge_table.rows.len() > 1);
    let brief = Brief {
        title: words::title(view),
        simulated: d.settings.simulated,
        findings: &d.findings,
        cautions: &d.cautions,
        from: html! { (words::read(d)) " " (words::fitted(view)) },
        plot: strongest(view),
        table: match judged {
            Some(c) => sections::judge_table_brief(&c.judge_table, units::unit(c), JUDGES),
            None => sections::quality_table(view),
        },
        rest: sections::all(view),
    };
    brief.render(&d.settings)
}

/// What a comparison says, on one page.
pub(super) fn comparison_page(c: &Comparison, settings: &Settings) -> Markup {
    let judges = c.similarity.judges.len().max(c.biases.len());
    let brief = Brief {
        title: format!("How {} compare", words::counted(judges, "judge", "judges")),
        simulated: settings.simulated,
        findings: &c.findings,
        cautions: &c.cautions,
        from: html! {},
        plot: who_rewards_more(c),
        table: sections::judge_table_brief(&c.judge_table, units::unit(c), JUDGES),
        rest: sections::compared(c),
    };
    brief.render(settings)
}

/// What a leaderboard says, on one page.
pub(super) fn board_page(s: &Standings, settings: &Settings) -> Markup {
    let by: Vec<String> = s.judges.iter().map(|judge| text::line(judge)).collect();
    let brief = Brief {
        title: format!("How {} rank", words::counted(s.raw.ranking.len(), "model", "models")),
        simulated: settings.simulated,
        findings: &s.findings,
        cautions: &[],
        from: html! { "By the verdicts of " bdi { (text::cut(&words::listed(&by), 200)) } "." },
        plot: s.controlled.as_ref().map_or_else(|| html! {}, changes),
        table: sections::board_table(s, MODELS),
        rest: vec![sections::leaderboard(s)],
    };
    brief.render(settings)
}

impl Brief<'_> {
    fn render(self, settings: &Settings) -> Markup {
        let header = html! {
            header {
                @if self.simulated { p.simulated role="alert" { (words::SIMULATED) } }
                p.kicker { "Preference dissection, in brief" }
                h1 { bdi { (self.title) } }
                (findings(self.findings))
                (watch_out(&self.cautions[..self.cautions.len().min(CAUTIONS)]))
            }
        };
        let first = html! {
            section #brief { (self.plot) (self.table) p.lead { (self.from) } }
            (folded("Everything else", &html! {
                @if self.cautions.len() > CAUTIONS { (watch_out(&self.cautions[CAUTIONS..])) }
                @for section in &self.rest { (section.render()) }
            }))
        };
        document(&self.title, "#brief", &header, &Body::Brief(first), &footer(settings))
    }
}

/// The properties that the judges reward or penalise most surely.
fn strongest(view: &View) -> Markup {
    let fits = view.main_fits();
    let fits = &fits[..fits.len().min(SERIES)];
    let Some(first) = fits.first() else { return nothing("Nothing was fitted.") };
    let strength = |id: &str| {
        let of = fits.iter().filter_map(|fit| crate::view::weight(fit, id));
        of.map(|w| if crate::view::sure(w) { 10.0 + w.mean.abs() } else { w.mean.abs() }).fold(0.0, f64::max)
    };
    let mut kept = view.property_ids();
    kept.sort_by(|a, b| strength(b).total_cmp(&strength(a)));
    kept.truncate((MARKS / fits.len()).clamp(4, DRAWN));
    let order = sections::ordered(view);
    let properties: Vec<&str> = order.into_iter().filter(|id| kept.contains(id)).collect();
    let axis = Axis::holding(
        fits.iter().flat_map(|fit| &fit.weights).filter(|w| kept.contains(&w.property.as_str())),
    );
    let slots = sections::slots(view, fits);
    html! {
        h2 { "What each judge rewards" }
        p.hint {
            "How often, in %, a response with more of the property wins, all else equal; the line is the 90 % interval, and a hollow mark is a direction that is not sure."
            @if seen(first).count() > kept.len() { " The " (kept.len()) " strongest of " (seen(first).count()) " properties." }
        }
        figure #brief-plot {
            div.legend { @for (slot, fit) in slots.iter().zip(fits) { span { (key(*slot)) (name(&text::cut(&text::line(&fit.judge), 48))) } } }
            (Dots { view, fits, slots: &slots, properties: &properties, axis }.render())
        }
    }
}

/// Where two judges surely weigh a property differently, departures from the reference first.
fn who_rewards_more(c: &Comparison) -> Markup {
    let sure = c.contrasts.iter().filter(|found| found.q_value <= FALSE_DISCOVERIES).count();
    let rows: Vec<Difference> = departures(c, sure)
        .into_iter()
        .take(DRAWN)
        .map(|found| {
            let words = contrast(found);
            let name = html! {
                bdi { (words.more) } " over " bdi { (words.less) } ": " strong { bdi { (words.property) } } bdi { (words.within) }
            };
            Difference { name, by: words.by }
        })
        .collect();
    html! {
        h2 { "Who rewards what more" }
        @if rows.is_empty() { (nothing("No difference in what these judges reward is sure.")) }
        @else {
            p.hint {
                "Differences of two judges' weights in log-odds, with 90\u{a0}% intervals; " (rows.len()) " of "
                (words::counted(sure, "sure difference", "sure differences")) "."
            }
            (differences(&rows, "Who rewards what more", ("90\u{a0}%", 2)))
        }
    }
}

/// What holding something equal does to each score.
fn changes(board: &Leaderboard) -> Markup {
    let mut rows: Vec<_> = board.ranking.iter().filter_map(|row| Some((row, row.from_raw?))).collect();
    rows.sort_by(|(_, a), (_, b)| a.change.total_cmp(&b.change));
    let all = rows.len();
    // Those that lose most and those that gain most.
    if all > DRAWN {
        rows.drain(DRAWN / 2..all - DRAWN / 2);
    }
    let of =
        |(row, change): &(&predilect_results::ranking::Row, predilect_results::ranking::Change)| Difference {
            name: name(&row.model),
            by: predilect_results::comparison::Interval {
                value: change.change,
                low: change.low,
                high: change.high,
            },
        };
    let shown: Vec<Difference> = rows.iter().map(of).collect();
    html! {
        @if !shown.is_empty() {
            h2 { "What holding properties equal does to each score" }
            p.hint {
                "Change in points against the field, with 95\u{a0}% intervals: below zero, a model owes points to what is held equal."
                @if all > shown.len() { " The " (shown.len()) " largest changes of " (format::count(all as u64)) "." }
            }
            (differences(&shown, "Model", ("95\u{a0}%", 0)))
        }
    }
}
