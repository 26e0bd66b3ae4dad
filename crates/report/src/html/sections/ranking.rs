//! How do the models rank, as they are and with length and formatting held equal?

use maud::{Markup, html};
use predilect_results::Standings;
use predilect_results::ranking::{Change, Leaderboard, Row};

use crate::format;
use crate::html::charts::place;
use crate::html::parts::{Section, first_few, name, nothing, scroll};
use crate::text;
use crate::view::View;
use crate::words;

/// Models before the rest is folded away.
const MODELS: usize = 30;

pub(super) fn section(view: &View) -> Section {
    let body = match &view.d.ranking {
        Some(standings) => ranked(standings),
        None => nothing("Fewer than two models are named, so there is nothing to rank."),
    };
    Section { id: "ranking", name: "Leaderboard", title: "How do the models rank?", body }
}

pub(super) fn ranked(s: &Standings) -> Markup {
    let judges: Vec<String> = s.judges.iter().map(|judge| text::line(judge)).collect();
    let held: Vec<String> =
        s.controlled.iter().flat_map(|board| &board.controls).map(|c| held(&c.name)).collect();
    let reach = |of: fn(&Row) -> f64, start: f64, pick: fn(f64, f64) -> f64| {
        let rows = s.raw.ranking.iter().chain(s.controlled.iter().flat_map(|board| &board.ranking));
        rows.map(of).filter(|x| x.is_finite()).fold(start, pick)
    };
    let (low, high) =
        (reach(|row| row.low, f64::INFINITY, f64::min), reach(|row| row.high, f64::NEG_INFINITY, f64::max));
    let axis = Axis { low, span: (high - low).max(1e-9) };
    html! {
        p {
            "Bradley-Terry scores by the verdicts of " bdi { (text::cut(&words::listed(&judges), 200)) } ", a tie half a win: 400 points are odds of ten "
            "to one, 1,000 is the mean. "
            (words::counted(s.raw.votes as usize, "verdict", "verdicts"))
            @if let Some(prompts) = s.raw.prompts { " on " (words::counted(prompts as usize, "prompt", "prompts")) }
            "; 95 % intervals from the sandwich covariance, clustered by prompt."
            @if [Some(&s.raw), s.controlled.as_ref()].into_iter().flatten().any(|board| board.prior > 0.0) {
                " Some model has won or lost all its verdicts: a normal prior of precision 0.1 keeps scores finite."
            }
        }
        @if let Some(words) = crate::never_met(&s.raw) { p.warn { (words) } }
        @if !held.is_empty() {
            p {
                "The second score controls for " bdi { (words::listed(&held)) } " in the same likelihood: "
                @for (at, c) in s.controlled.iter().flat_map(|board| &board.controls).enumerate() {
                    @if at > 0 { ", " }
                    bdi { (held_name(&c.name)) } " " (format::decimal(c.weight, 2)) " [" (format::decimal(c.low, 2)) ", " (format::decimal(c.high, 2)) "]"
                }
                " log-odds for a typical difference."
            }
            @if let Some(board) = s.controlled.as_ref().filter(|board| board.ranking.iter().any(|row| row.from_raw.is_some())) {
                p { bdi { (crate::ranking::changes_words(board)) } " Intervals of changes are 95 %, paired by prompt." }
            }
        }
        (first_few(&s.raw.ranking, MODELS, "models", |rows| table(rows, s.controlled.as_ref(), axis)))
    }
}

fn held(id: &str) -> String {
    text::line(predilect_types::property(id).map_or(id, |p| p.label)).to_lowercase()
}

fn held_name(id: &str) -> String {
    text::line(predilect_types::property(id).map_or(id, |p| p.short))
}

#[derive(Clone, Copy)]
struct Axis {
    low: f64,
    span: f64,
}

impl Axis {
    fn at(self, score: f64) -> String {
        place((score - self.low) / self.span)
    }
}

fn table(rows: &[Row], controlled: Option<&Leaderboard>, axis: Axis) -> Markup {
    let beside =
        |model: &str| controlled.and_then(|board| board.ranking.iter().find(|row| row.model == model));
    let table = html! {
        table.plain.board {
            thead {
                tr {
                    th.num scope="col" { "Rank" }
                    th scope="col" { "Model" }
                    th.num scope="col" { "Score" }
                    @if controlled.is_some() { th.num scope="col" { "Controlled" } th.num scope="col" { "Rank" } th.num scope="col" { "Change" } }
                    th.wide scope="col" { "95 %" }
                    th.num scope="col" { "Verdicts" }
                }
            }
            tbody {
                @for row in rows {
                    @let other = beside(&row.model);
                    tr {
                        td.num { (places(row)) }
                        th scope="row" { (name(&row.model)) }
                        td.num { (format::whole(row.score)) }
                        @if controlled.is_some() {
                            td.num { (other.map_or(format::MISSING.to_owned(), |row| format::whole(row.score))) }
                            td.num { (other.map_or(format::MISSING.to_owned(), places)) }
                            td.num { (other.and_then(|row| row.from_raw).map_or(format::MISSING.to_owned(), |change| changed(&change))) }
                        }
                        td.wide {
                            svg width="100%" height=(if other.is_some() { 26 } else { 16 }) aria-hidden="true" {
                                (range(row, 0, 8, axis))
                                @if let Some(other) = other { (range(other, 1, 19, axis)) }
                            }
                        }
                        td.num { (format::count(row.votes)) }
                    }
                }
            }
        }
    };
    scroll("Leaderboard", &table)
}

fn changed(change: &Change) -> String {
    let [by, low, high] = [change.change, change.low, change.high].map(format::whole);
    format!("{by} [{low}, {high}]")
}

/// The places that the data do not rule out.
fn places(row: &Row) -> String {
    if row.rank_low == row.rank_high {
        row.rank_low.to_string()
    } else {
        format!("{}–{}", row.rank_low, row.rank_high)
    }
}

fn range(row: &Row, slot: usize, y: usize, axis: Axis) -> Markup {
    html! {
        g.s.{ "c" (slot) } transform={ "translate(0," (y) ")" } {
            line x1=(axis.at(row.low)) x2=(axis.at(row.high)) y1="0" y2="0" {}
            svg x=(axis.at(row.score)) y="0" width="1" height="1" overflow="visible" { use href={ "#m" (slot) } {} }
        }
    }
}
