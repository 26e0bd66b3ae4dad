//! Which pairs show a property at work, and which go against it?

use maud::{Markup, html};
use predilect_results::Explanation;
use predilect_results::{ExamplePair, Examples};

use crate::format;
use crate::html::charts::waterfall;
use crate::html::parts::{self, Section, block, folded, name, nothing, property, proxy_mark, scroll};
use crate::text;
use crate::view::View;

pub(super) fn section(view: &View) -> Section {
    let some: Vec<&Examples> = view.d.examples.iter().filter(|e| !e.pairs.is_empty()).collect();
    let body = html! {
        @if some.is_empty() { (nothing("There are no example pairs.")) }
        @else {
            p {
                "Pairs in which one response has more of a property, with the verdict on them. They show what the "
                "measure sees; they prove nothing."
            }
            div.tools.js {
                label { "Find " input #find type="search" placeholder="a property or words of a pair"; }
                label { input #against type="checkbox"; " only verdicts against the property" }
            }
            @for (i, examples) in some.iter().enumerate() {
                details.example open[i == 0] {
                    summary {
                        (property(view, &examples.property)) " "
                        span.n { (format::counted(examples.pairs.len() as u64, "pair", "pairs")) }
                    }
                    @for pair in &examples.pairs { (example(view, &examples.property, pair)) }
                }
            }
        }
    };
    Section { id: "examples", name: "Examples", title: "Pairs to read", body }
}

fn example(view: &View, id: &str, pair: &ExamplePair) -> Markup {
    let more = match pair.comparison {
        1.. => Some("A"),
        0 => None,
        _ => Some("B"),
    };
    html! {
        article.pair.against[!pair.follows] {
            p.says {
                (name(&text::cut(&text::line(&pair.judge), 48))) ": " strong { (verdict(pair.p_a)) } ". "
                @match more {
                    Some(side) => {
                        "Response " (side) " has more of “" (text::cut(&view.label(id), 60)) "”" (proxy_mark(view, id))
                        ", and the verdict "
                    }
                    None => { "Neither response has more of it, and the verdict " }
                }
                @if pair.follows { span.badge.yes { "follows it" } } @else { span.badge.no { "goes against it" } }
            }
            div.prompt { p.head { "Prompt" } (block(&pair.prompt)) }
            div.two {
                (response("A", pair.model_a.as_deref(), pair.rating_a, &pair.response_a, more == Some("A")))
                (response("B", pair.model_b.as_deref(), pair.rating_b, &pair.response_b, more == Some("B")))
            }
            @if let Some(explanation) = &pair.explanation { (why(explanation)) }
            p.id { "Pair " (name(&text::cut(&text::line(&pair.id), 80))) }
        }
    }
}

/// What moved the judge's fit to its expectation of this pair.
fn why(e: &Explanation) -> Markup {
    let percent = |p: f64| format!("{}\u{a0}%", format::decimal(100.0 * p, 1));
    let summary =
        format!("Why? The fit expects A with {} [{}, {}]", percent(e.value), percent(e.low), percent(e.high));
    let body = html! {
        @if e.contributions.is_empty() { (nothing("No property differs, so the fit has nothing to go by.")) }
        @else {
            (scroll("Waterfall", &waterfall(e)))
            p.hint {
                "Exact Shapley values: how much a difference moves the probability of A, averaged over all orders in which the differences could "
                "be added, with 90\u{a0}% intervals. They add up from 50\u{a0}% to what the fit expects."
            }
        }
    };
    folded(&summary, &body)
}

fn response(side: &str, model: Option<&str>, rating: Option<f64>, text: &str, more: bool) -> Markup {
    html! {
        div.response {
            p.head {
                "Response " (side)
                @if let Some(model) = model { " · " (name(&text::cut(&text::line(model), 48))) }
                span.rating { "rating " (format::rating_or_missing(rating)) @if more { " · more" } }
            }
            (parts::response(text))
        }
    }
}

/// A verdict in words, with its number where it is soft.
fn verdict(p_a: f64) -> String {
    let number = format::rating(p_a);
    match p_a {
        p if p >= 1.0 => "A wins".to_owned(),
        p if p <= 0.0 => "B wins".to_owned(),
        p if p > 0.5 => format!("leans to A ({number})"),
        p if p < 0.5 => format!("leans to B ({number})"),
        _ => "tie".to_owned(),
    }
}
