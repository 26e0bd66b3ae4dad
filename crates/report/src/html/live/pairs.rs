//! Pairs in a list, and one pair to read.

use std::cmp::Ordering;

use maud::{Markup, html};
use predilect_results::browse::{PairRow, PairsPage};

use super::long::{Side, long, words};
use crate::format;
use crate::html::parts::{EMPTY_RESPONSE, name, nothing};
use crate::text;

/// Maximum number of judges whose verdicts are listed, those with the most verdicts.
const JUDGES: usize = 6;

/// Where a list of pairs leads.
pub struct ListLinks<'l> {
    /// To a pair.
    pub pair: &'l dyn Fn(&str) -> String,
    /// To the pairs that a model wrote a response of.
    pub model: &'l dyn Fn(&str) -> String,
    /// To the pairs of which a judge said the same as of one with this verdict.
    pub verdict: &'l dyn Fn(&str, f64) -> String,
}

/// A list of pairs; names and verdicts lead to the pairs that share them.
pub fn listed(page: &PairsPage, links: &ListLinks<'_>) -> Markup {
    let judges: Vec<&String> = page.judges.iter().take(JUDGES).collect();
    html! {
        @if page.rows.is_empty() { (nothing("There is no pair here.")) }
        @else {
            @if !judges.is_empty() { p.hint { "A or B is what the judge preferred; the number behind it is a verdict in between, from 1 for A to 0 for B. In brackets: how probable A is by the fit of that judge. Surprise: how far a verdict is from that, for the judge where it is farthest. A verdict or a model leads to the pairs that have it too."
                @if page.judges.len() > judges.len() { " Of " (page.judges.len()) " judges, the " (judges.len()) " with the most verdicts." }
            } }
            div.scroll role="region" tabindex="0" aria-label="Pairs" {
                table.plain.pairs {
                    thead { tr {
                        th.num scope="col" { "No." }
                        th scope="col" { "Prompt" }
                        @for judge in &judges { th.num scope="col" { (name(judge)) } }
                        @if !judges.is_empty() { th.num scope="col" { "Surprise" } }
                    } }
                    tbody { @for row in &page.rows { (line(row, &judges, links)) } }
                }
            }
        }
    }
}

fn line(row: &PairRow, judges: &[&String], links: &ListLinks<'_>) -> Markup {
    html! {
        tr {
            td.num { (format::count(row.number)) }
            th scope="row" {
                a href=((links.pair)(&row.pair)) { bdi { @if row.prompt.trim().is_empty() { "(no prompt)" } @else { (text::cut(&text::line(&row.prompt), 120)) } } }
                @if row.model_a.is_some() || row.model_b.is_some() {
                    span.n.models { (model(row.model_a.as_deref(), links)) " / " (model(row.model_b.as_deref(), links)) }
                }
            }
            @for judge in judges { td.num { (said(row, judge, links)) } }
            @if !judges.is_empty() { td.num { (row.surprise.map_or_else(|| format::MISSING.to_owned(), |x| format::decimal(x, 2))) } }
        }
    }
}

fn model(name: Option<&str>, links: &ListLinks<'_>) -> Markup {
    html! {
        @match name {
            Some(name) => a href=((links.model)(name)) title="all pairs with a response by this model" { bdi { (text::cut(&text::line(name), 28)) } },
            None => (format::MISSING),
        }
    }
}

/// The side that a verdict favours.
fn side(p_a: f64) -> &'static str {
    match p_a.total_cmp(&0.5) {
        Ordering::Greater => "A",
        Ordering::Less => "B",
        Ordering::Equal => "tie",
    }
}

/// How soft a verdict is, where it is between the two sides.
fn softness(p_a: f64) -> Markup {
    html! { @if p_a > 0.0 && p_a < 1.0 && p_a != 0.5 { " " (format::decimal(p_a, 2)) } }
}

/// A verdict in words: A, B or tie, and how soft it is.
pub fn verdict(p_a: f64) -> Markup {
    html! { b { (side(p_a)) } (softness(p_a)) }
}

fn said(row: &PairRow, judge: &str, links: &ListLinks<'_>) -> Markup {
    let Some(&p_a) = row.verdicts.get(judge) else { return html! { (format::MISSING) } };
    let side = side(p_a);
    let label = format!("{side} by {}: all such pairs", text::line(judge));
    html! {
        b { a href=((links.verdict)(judge, p_a)) aria-label=(label) { (side) } } (softness(p_a))
        @if let Some(fitted) = row.fitted.get(judge) { " " span.n { "(" (format::decimal(*fitted, 2)) ")" } }
    }
}

/// A pair to read: its prompt and the two responses side by side. `marked` says what is marked in them, and what could be; `whole` gives the
/// address of all of a text, `prompt`, `a` or `b`, of which a page shows a part.
pub fn reading(
    prompt: &str,
    sides: [&Side; 2],
    verdicts: &[(String, f64)],
    marked: &Markup,
    whole: &dyn Fn(&str) -> String,
) -> Markup {
    html! {
        @if prompt.trim().is_empty() { (nothing("There is no prompt.")) } @else { (long(prompt, "", &whole("prompt"))) }
        @if !verdicts.is_empty() {
            p.verdicts {
                @for (judge, p_a) in verdicts { span { (name(judge)) " " (verdict(*p_a)) } }
            }
        }
        (marked)
        div.sides {
            @for ((letter, text), side) in [("A", "a"), ("B", "b")].into_iter().zip(sides) {
                section aria-label={ "Response " (letter) } {
                    h3 { (letter) @if let Some(model) = &side.model { " " (name(model)) } " " span.n { (format::counted(side.count, "word", "words")) } }
                    (words(side, EMPTY_RESPONSE, &whole(text)))
                }
            }
        }
    }
}
