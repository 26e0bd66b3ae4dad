//! What a training run did, and how a model ranks pairs, as separate pages.

use maud::{Markup, html};
use predilect_results::training::{RankingJson, StepRow, TrainJson};

use super::charts::{Line, curve};
use super::page::found_page;
use super::parts::{Align, Section, heads, name, nothing, scroll};
use crate::format;
use crate::text;
use crate::training::number as shown;
use crate::training::{
    counted, method, no_step, of_kinds, pairs, percent, ranking_method, ranking_rows, ranking_sentences,
    ranking_title, sentences, title,
};

/// The page of a training run.
pub(super) fn page(found: &TrainJson) -> Markup {
    let section = |id, name, title, body| Section { id, name, title, body };
    let all = vec![
        section("curves", "Curves", "How did it learn?", curves(found)),
        section("pairs", "Pairs", "What did it learn from?", html! { (learnt_from(found)) (rounds(found)) }),
        section("files", "Files", "What came of it?", files(found)),
    ];
    found_page(&title(found), &sentences(found), &found.remarks, &method(found), all)
}

/// One number over the steps.
fn line<'a>(found: &'a TrainJson, name: &'a str, of: impl Fn(&StepRow) -> Option<f64>) -> Line<'a> {
    let points: Vec<(f64, f64)> =
        found.curve.iter().filter_map(|row| Some((row.step as f64, of(row)?))).collect();
    Line { name, marked: points.len() < found.curve.len(), points }
}

fn curves(found: &TrainJson) -> Markup {
    if found.curve.is_empty() {
        return html! {
            (nothing(&no_step(found)))
            @if let Some(command) = &found.command { p { "To train, run " code { bdi { (text::line(command)) } } } }
        };
    }
    let both = |name, first: Line, second: Line, places| {
        let lines: Vec<Line> = [first, second].into_iter().filter(|line| !line.points.is_empty()).collect();
        curve(name, &lines, places)
    };
    let finite = |x: f64| Some(x).filter(|x| x.is_finite());
    let kinds = match found.completions {
        Some(_) => ["desirable", "undesirable"],
        None => ["chosen", "rejected"],
    };
    let margin = format!("Reward margin ({} minus {})", kinds[0], kinds[1]);
    html! {
        (both("Loss", line(found, "training", |row| Some(row.loss)), line(found, "held out", |row| row.eval_loss), 3))
        (both(&margin, line(found, "training", |row| row.margin), line(found, "held out", |row| row.eval_margin), 3))
        (both("Reward accuracy, in %", line(found, "training", |row| row.accuracy.map(|a| 100.0 * a)), line(found, "held out", |row| row.eval_accuracy.map(|a| 100.0 * a)), 0))
        // One look is in the sentence: it makes no curve.
        @if found.curve.iter().filter(|row| row.kl.is_some()).count() > 1 {
            (both("KL divergence from the reference, in nats per token", line(found, "KL", |row| row.kl), line(found, "", |_| None), 4))
        }
        (both("Drift: mean of |ln policy - ln reference|, in nats per token", line(found, "drift", |row| row.drift), line(found, "", |_| None), 4))
        (both("Summed log-probability of responses", line(found, kinds[0], |row| finite(row.logp_chosen)), line(found, kinds[1], |row| finite(row.logp_rejected)), 0))
    }
}

fn learnt_from(found: &TrainJson) -> Markup {
    html! {
        p {
            (counted(found, found.pairs.trained))
            @if let Some(kinds) = &found.completions { " (" (of_kinds(kinds)) ")" }
            @if !found.rounds.is_empty() { " with labels" }
            " of " (format::count(found.pairs.read)) " read"
            @if found.pairs.held_out > 0 { ", " (format::count(found.pairs.held_out)) " more held out, by prompt" }
            "."
        }
        @let said = pairs(&found.pairs);
        @if !said.is_empty() { ul { @for line in said { li { bdi { (line) } } } } }
        @if let Some(by) = &found.relabelled {
            p {
                "Mean probability of the preferred side: " (percent(by.mean_certainty)) " %, over "
                (format::counted(by.draws, "posterior draw", "posterior draws")) "."
            }
        }
    }
}

/// Self-generated preferences (SPA).
fn rounds(found: &TrainJson) -> Markup {
    let number = |x: Option<f64>, places| x.map_or_else(|| format::MISSING.to_owned(), |x| shown(x, places));
    html! {
        @if !found.rounds.is_empty() {
            h3 { "Self-generated preferences (SPA)" }
            p { "In each round the model answers prompts itself, and the answer whose probability grew more since the start is preferred; the loss is " (text::line(&found.rounds[0].loss)) ", whose labels can be doubted. The curves cover all stages; rewards, distance and held-out figures of a round are against the model before it." }
            (scroll("Rounds", &html! {
                table.plain {
                    (heads(&[("Round", Align::Left), ("Prompts", Align::Right), ("Pairs", Align::Right), ("Mean p", Align::Right), ("Doubtful, %", Align::Right), ("First loss", Align::Right), ("Last loss", Align::Right), ("Held-out loss", Align::Right), ("Held-out accuracy, %", Align::Right)]))
                    tbody {
                        @for row in &found.rounds {
                            tr {
                                th scope="row" { (row.round) }
                                td.num { (format::count(row.prompts)) }
                                td.num { (format::count(row.pairs)) }
                                td.num { (format::decimal(row.mean_p, 3)) }
                                td.num { (number(row.doubtful.map(|share| 100.0 * share), 1)) }
                                td.num { (number(row.first_loss, 4)) }
                                td.num { (number(row.last_loss, 4)) }
                                td.num { (number(row.held_out_loss, 4)) }
                                td.num { (number(row.held_out_accuracy.map(|share| 100.0 * share), 1)) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn files(found: &TrainJson) -> Markup {
    html! {
        dl { @for (what, path) in &found.files { dt { (name(what)) } dd { code { bdi { (path) } } } } }
    }
}

/// The page of a ranking.
pub(super) fn ranking_page(found: &RankingJson) -> Markup {
    let body = html! {
        (scroll("Shares of pairs", &html! {
            table.plain {
                (heads(&[("Share of pairs", Align::Left), ("%", Align::Right), ("90\u{a0}%", Align::Right)]))
                tbody {
                    @for (what, value, ends) in ranking_rows(found) {
                        tr {
                            th scope="row" { (what) }
                            td.num { (percent(value)) }
                            td.num { @if let Some((low, high)) = ends { "[" (percent(low)) ", " (percent(high)) "]" } @else { (format::MISSING) } }
                        }
                    }
                }
            }
        }))
        @let said = pairs(&found.count);
        @if !said.is_empty() { ul { @for line in said { li { bdi { (line) } } } } }
    };
    let all = vec![Section { id: "shares", name: "Shares", title: "How are pairs ranked?", body }];
    found_page(&ranking_title(found), &ranking_sentences(found), &found.remarks, &ranking_method(found), all)
}
