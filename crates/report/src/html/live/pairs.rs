//! Pairs in a list, and one pair to read.

use std::cmp::Ordering;

use maud::{Markup, html};
use predilect_results::browse::{PairRow, PairsPage};

use super::long::{Side, long, words};
use crate::format;
use crate::html::parts::{EMPTY_RESPONSE, name, nothing};
use crate::text;

/// Maximum number of judges whose verdicts are listed.
const JUDGES: usize = 6;

/// A list of pairs; `href` leads to a pair.
pub fn listed(page: &PairsPage, href: &dyn Fn(&str) -> String) -> Markup {
    let mut judges: Vec<&String> = Vec::new();
    for row in &page.rows {
        for judge in row.verdicts.keys() {
            if !judges.contains(&judge) && judges.len() < JUDGES {
                judges.push(judge);
            }
        }
    }
    html! {
        @if page.rows.is_empty() { (nothing("There is no pair here.")) }
        @else {
            div.scroll role="region" tabindex="0" aria-label="Pairs" {
                table.plain.pairs {
                    thead { tr {
                        th.num scope="col" { "No." }
                        th scope="col" { "Prompt" }
                        @for judge in &judges { th.num scope="col" { (name(judge)) } }
                        th.num scope="col" { "Surprise" }
                    } }
                    tbody { @for row in &page.rows { (line(row, &judges, &href(&row.pair))) } }
                }
            }
            p.hint { "A or B is what the judge preferred; the number behind it is a verdict in between, from 1 for A to 0 for B. In brackets: how probable A is by the fit of that judge. Surprise: how far a verdict is from that, for the judge where it is farthest." }
        }
    }
}

fn line(row: &PairRow, judges: &[&String], href: &str) -> Markup {
    html! {
        tr {
            td.num { (format::count(row.number)) }
            th scope="row" {
                a href=(href) { bdi { @if row.prompt.trim().is_empty() { "(no prompt)" } @else { (text::cut(&text::line(&row.prompt), 120)) } } }
                @if row.model_a.is_some() || row.model_b.is_some() {
                    span.n.models { (model(row.model_a.as_deref())) " / " (model(row.model_b.as_deref())) }
                }
            }
            @for judge in judges { td.num { (said(row, judge)) } }
            td.num { (row.surprise.map_or_else(|| format::MISSING.to_owned(), |x| format::decimal(x, 2))) }
        }
    }
}

fn model(name: Option<&str>) -> String {
    name.map_or_else(|| format::MISSING.to_owned(), |name| text::cut(&text::line(name), 28))
}

/// A verdict in words: A, B or tie, and how soft it is.
pub fn verdict(p_a: f64) -> Markup {
    let side = match p_a.total_cmp(&0.5) {
        Ordering::Greater => "A",
        Ordering::Less => "B",
        Ordering::Equal => "tie",
    };
    let soft = p_a > 0.0 && p_a < 1.0 && p_a != 0.5;
    html! { b { (side) } @if soft { " " (format::decimal(p_a, 2)) } }
}

fn said(row: &PairRow, judge: &str) -> Markup {
    let Some(&p_a) = row.verdicts.get(judge) else { return html! { (format::MISSING) } };
    html! {
        (verdict(p_a))
        @if let Some(fitted) = row.fitted.get(judge) { " " span.n { "(" (format::decimal(*fitted, 2)) ")" } }
    }
}

/// A pair to read: its prompt and the two responses side by side, words that only one of them has marked. `whole` gives the address of all of a
/// text, `prompt`, `a` or `b`, of which a page shows a part.
pub fn reading(
    prompt: &str,
    sides: [&Side; 2],
    verdicts: &[(String, f64)],
    hardly_shared: bool,
    whole: &dyn Fn(&str) -> String,
) -> Markup {
    html! {
        @if prompt.trim().is_empty() { (nothing("There is no prompt.")) } @else { (long(prompt, "", &whole("prompt"))) }
        @if !verdicts.is_empty() {
            p.verdicts {
                @for (judge, p_a) in verdicts { span { (name(judge)) " " (verdict(*p_a)) } }
            }
        }
        @if hardly_shared { p.hint { "The texts share hardly any words, so none is marked." } }
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
