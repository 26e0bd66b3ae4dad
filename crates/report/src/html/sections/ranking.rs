//! How do the models rank, raw and with length and formatting held equal?

use std::collections::BTreeMap;

use maud::{Markup, html};
use predilect_results::ranking::{Change, LcBoard, LcRow, Leaderboard, Row};
use predilect_results::{PLACES_MEAN, Standings, noun, places};

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
        s.controlled.iter().flat_map(|board| &board.controls).map(|c| noun(&c.name)).collect();
    html! {
        p {
            (text::unbroken(scores(&s.raw))) " By the verdicts of " bdi { (text::cut(&words::listed(&judges), 200)) } ": "
            (words::counted(s.raw.votes as usize, "verdict", "verdicts"))
            @if let Some(prompts) = s.raw.prompts { " on " (words::counted(prompts as usize, "prompt", "prompts")) }
            "; " (text::unbroken(crate::ranking::intervals_words(&s.raw))) ". " (text::unbroken(PLACES_MEAN))
            @if [Some(&s.raw), s.controlled.as_ref()].into_iter().flatten().any(|board| board.prior > 0.0) {
                " A normal prior keeps the scores of models that won or lost all their verdicts finite."
            }
        }
        @if let Some(words) = crate::never_met(&s.raw) { p.warn { (words) } }
        @if !held.is_empty() {
            p {
                "The second score controls for " bdi { (words::listed(&held)) } " in the same likelihood: "
                @for (at, c) in s.controlled.iter().flat_map(|board| &board.controls).enumerate() {
                    @if at > 0 { ", " }
                    bdi { (held_name(&c.name)) } " " (format::decimal(c.weight, 2)) " " (format::bounds((c.low, c.high), 2))
                }
                " log-odds for a typical difference."
            }
            @if let Some(board) = s.controlled.as_ref().filter(|board| board.ranking.iter().any(|row| row.from_raw.is_some())) {
                p { bdi { (text::unbroken(&crate::ranking::changes_words(board))) } " Intervals of changes are 95\u{a0}%, paired by prompt." }
            }
        }
        (first_few(&in_order(s), MODELS, "models", |rows| table(rows, s)))
    }
}

/// What scores are.
fn scores(board: &Leaderboard) -> &'static str {
    match board.method.as_str() {
        "win-rate" => "Win rates: % of verdicts won, a tie counting half.",
        "elo" => "Elo scores: 400 points are odds of ten to one, 1,000 is the mean.",
        "rao-kupper" | "davidson" => {
            "Scores by a Bradley-Terry model with ties of their own: 400 points are odds of ten to one, 1,000 is the mean."
        }
        _ => {
            "Bradley-Terry scores, a tie counting as half a win: 400 points are odds of ten to one, 1,000 is the mean."
        }
    }
}

/// The first rows of a board as a table alone.
pub(in crate::html) fn first(s: &Standings, most: usize) -> Markup {
    let rows = in_order(s);
    let rows = &rows[..rows.len().min(most)];
    html! {
        (table(rows, s))
        p.hint {
            (text::unbroken(PLACES_MEAN))
            @if s.raw.ranking.len() > rows.len() { " The first " (rows.len()) " of " (s.raw.ranking.len()) " models." }
        }
    }
}

fn held_name(id: &str) -> String {
    text::line(predilect_types::property(id).map_or(id, |p| p.short))
}

#[derive(Clone, Copy)]
struct Axis {
    low: f64,
    span: f64,
    /// From one number along the axis to the next.
    step: f64,
}

impl Axis {
    fn of(boards: &[&Leaderboard]) -> Self {
        let reach = |of: fn(&Row) -> f64, start: f64, pick: fn(f64, f64) -> f64| {
            let rows = boards.iter().flat_map(|board| &board.ranking);
            rows.map(of).filter(|x| x.is_finite()).fold(start, pick)
        };
        let low = reach(|row| row.low, f64::INFINITY, f64::min);
        let high = reach(|row| row.high, f64::NEG_INFINITY, f64::max);
        Self::holding(low, high)
    }

    /// The axis between round numbers that includes both ends.
    fn holding(low: f64, high: f64) -> Self {
        if !(low.is_finite() && high.is_finite()) {
            return Self { low: 0.0, span: 1.0, step: 1.0 };
        }
        let third = ((high - low) / 3.0).max(1e-9);
        let power = 10_f64.powf(third.log10().floor());
        let step = [1.0, 2.0, 5.0]
            .map(|by| by * power)
            .into_iter()
            .find(|step| *step >= third)
            .unwrap_or(10.0 * power);
        let low = (low / step).floor() * step;
        Self { low, span: ((high - low) / step).ceil().max(1.0) * step, step }
    }

    /// The values along the axis.
    fn scale(self) -> Markup {
        let digits = (-self.step.log10().floor()).clamp(0.0, 3.0) as usize;
        let label = |x: f64| if digits == 0 { format::whole(x) } else { format::decimal(x, digits) };
        let ticks =
            (0..=(self.span / self.step).round() as u32).map(|at| self.low + f64::from(at) * self.step);
        html! {
            svg.scale width="100%" height="18" aria-hidden="true" {
                @for value in ticks { text x=(self.at(value)) y="13" text-anchor="middle" { (label(value)) } }
            }
        }
    }

    fn at(self, score: f64) -> String {
        place((score - self.low) / self.span)
    }
}

/// The rows with nothing held equal, in the order of the scores with something held equal where there are such, as in every other view.
fn in_order(s: &Standings) -> Vec<Row> {
    let mut rows = s.raw.ranking.clone();
    if let Some(board) = &s.controlled {
        let at: BTreeMap<&str, usize> =
            board.ranking.iter().enumerate().map(|(at, row)| (row.model.as_str(), at)).collect();
        rows.sort_by_key(|row| at.get(row.model.as_str()).copied().unwrap_or(usize::MAX));
    }
    rows
}

/// What the marks of a row mean.
fn marks() -> Markup {
    let mark = |slot: usize| {
        html! {
            svg.mark.s.{ "c" (slot) } width="12" height="12" viewBox="-6 -6 12 12" aria-hidden="true" { use href={ "#m" (slot) } {} }
        }
    };
    html! { " " (mark(0)) " raw " (mark(1)) " controlled" }
}

fn table(rows: &[Row], s: &Standings) -> Markup {
    let controlled = s.controlled.as_ref();
    let boards: Vec<&Leaderboard> = [Some(&s.raw), controlled].into_iter().flatten().collect();
    let axis = Axis::of(&boards);
    let number = |x: f64| if s.raw.method == "win-rate" { format::decimal(x, 1) } else { format::whole(x) };
    let score = |row: &Row| {
        html! { (number(row.score)) " " span.n { "[" (number(row.low)) ", " (number(row.high)) "]" } }
    };
    let beside =
        |model: &str| controlled.and_then(|board| board.ranking.iter().find(|row| row.model == model));
    let missing = || format::MISSING.to_owned();
    let table = html! {
        table.plain.board {
            thead {
                tr {
                    th scope="col" { "Model" }
                    th.num scope="col" { "Places" @if controlled.is_some() { ", raw" } }
                    th.num scope="col" { "Score" @if controlled.is_some() { ", raw" } }
                    @if controlled.is_some() { th.num scope="col" { "Places, controlled" } th.num scope="col" { "Score, controlled" } th.num scope="col" { "Change" } }
                    th.wide scope="col" { "95\u{a0}%" @if controlled.is_some() { (marks()) } (axis.scale()) }
                    th.num scope="col" { "Verdicts" }
                }
            }
            tbody {
                @for row in rows {
                    @let other = beside(&row.model);
                    tr {
                        th scope="row" { (name(&row.model)) }
                        td.num { (text::unbroken(&places(row.rank_low, row.rank_high))) }
                        td.num { (score(row)) }
                        @if controlled.is_some() {
                            td.num { (other.map_or_else(missing, |row| text::unbroken(&places(row.rank_low, row.rank_high)))) }
                            td.num { (other.map_or_else(|| html! { (missing()) }, score)) }
                            td.num { (other.and_then(|row| row.from_raw).map_or_else(missing, |change| changed(&change))) }
                        }
                        td.wide {
                            svg width="100%" height=(if other.is_some() { 26 } else { 16 }) aria-hidden="true" {
                                (range((row.low, row.score, row.high), 0, 8, axis))
                                @if let Some(other) = other { (range((other.low, other.score, other.high), 1, 19, axis)) }
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

fn range((low, score, high): (f64, f64, f64), slot: usize, y: usize, axis: Axis) -> Markup {
    html! {
        g.s.{ "c" (slot) } transform={ "translate(0," (y) ")" } {
            line x1=(axis.at(low)) x2=(axis.at(high)) y1="0" y2="0" {}
            svg x=(axis.at(score)) y="0" width="1" height="1" overflow="visible" { use href={ "#m" (slot) } {} }
        }
    }
}

/// A board of length-controlled win rates.
pub(in crate::html) fn length_controlled(l: &LcBoard) -> Markup {
    html! {
        p { (text::unbroken(&crate::ranking::lc_words(l))) " " (text::unbroken(PLACES_MEAN)) }
        @if !crate::ranking::comparable(l) { p.warn { (crate::ranking::compares(l)) } } @else { p { (crate::ranking::compares(l)) } }
        (first_few(&l.ranking, MODELS, "models", lc_table))
    }
}

/// The first rows of such a board as a table alone.
pub(in crate::html) fn lc_table(rows: &[LcRow]) -> Markup {
    let axis = Axis { low: 0.0, span: 100.0, step: 50.0 };
    let table = html! {
        table.plain.board {
            thead {
                tr {
                    th scope="col" { "Model" }
                    th.num scope="col" { "Places" }
                    th.num scope="col" { "At equal length" }
                    th.num scope="col" { "Win rate" }
                    th.wide scope="col" { "%" (axis.scale()) }
                    th.num scope="col" { "Length effect" }
                    th.num scope="col" { "Preferences" }
                }
            }
            tbody {
                @for row in rows {
                    tr {
                        th scope="row" { (name(&row.model)) }
                        td.num { (text::unbroken(&places(row.rank_low, row.rank_high))) }
                        td.num { (crate::ranking::rate(row.lc_win_rate, row.low, row.high)) }
                        td.num { (crate::ranking::raw_rate(row)) }
                        td.wide {
                            svg width="100%" height="26" aria-hidden="true" {
                                (range((row.low, row.lc_win_rate, row.high), 1, 8, axis))
                                (range((row.win_rate, row.win_rate, row.win_rate), 0, 19, axis))
                            }
                        }
                        td.num { (format::decimal(row.length_effect, 2)) }
                        td.num { (format::count(row.votes)) }
                    }
                }
            }
        }
    };
    scroll("Length-controlled win rates", &table)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_axis_of_scores_begins_and_ends_at_round_numbers() {
        let ends = |low, high| {
            let axis = Axis::holding(low, high);
            (axis.low, axis.low + axis.span, axis.step)
        };
        assert_eq!(ends(861.0, 1140.0), (800.0, 1200.0, 100.0));
        assert_eq!(ends(31.0, 62.0), (20.0, 80.0, 20.0));
        assert_eq!(ends(f64::INFINITY, f64::NEG_INFINITY), (0.0, 1.0, 1.0));
    }
}
