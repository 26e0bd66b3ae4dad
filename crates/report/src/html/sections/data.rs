//! What do the data look like: verdicts, lengths, models, languages, scenarios?

use maud::{Markup, html};
use predilect_results::{DataSummary, JudgeSummary, ModelSummary};

use crate::format;
use crate::html::charts::{bar, ranges, shares, split};
use crate::html::parts::{Align, Section, first_few, heads, name, nothing, scroll};
use crate::text;
use crate::view::View;
use crate::words;

/// Rows of a list shown before the rest is folded away.
const SHOWN: usize = 12;

pub(super) fn section(view: &View) -> Section {
    let data = &view.d.data;
    let bars = |some: &[(String, u64)], all: &[(String, u64)]| counts(some, all, data.pairs);
    let body = html! {
        (figures(data))
        p.hint { "Shares describe these data as they are and so have no intervals; what they say of a judge or a model on other prompts is in their own sections, with intervals." }
        h3 { "Verdicts" }
        @if data.judges.is_empty() { (nothing("There are no verdicts.")) }
        @else { (first_few(&data.judges, SHOWN, "judges", judges)) }
        h3 { "Lengths" }
        @if data.words_a.q95 > 0.0 || data.words_b.q95 > 0.0 {
            (ranges(&[("A", data.words_a), ("B", data.words_b)]))
            p.hint { "Line: 5\u{a0}% to 95\u{a0}% quantile; stroke: median; dot: mean." }
        } @else { (nothing("No response has any words.")) }
        h3 { "Models" }
        @if data.models.is_empty() { (nothing("No response names its model.")) }
        @else { (first_few(&data.models, SHOWN, "models", models)) }
        div.columns {
            div {
                h3 { "Languages of the prompts" }
                @if data.languages.is_empty() { (nothing("No language is known.")) }
                @else { (first_few(&data.languages, SHOWN, "languages", |some| bars(some, &data.languages))) }
            }
            div {
                h3 { "Scenarios" }
                @if data.scenarios.is_empty() { (nothing("No pair names a scenario.")) }
                @else { (first_few(&data.scenarios, SHOWN, "scenarios", |some| bars(some, &data.scenarios))) }
            }
        }
    };
    Section { id: "data", name: "Data", title: "What the data look like", body }
}

fn figures(data: &DataSummary) -> Markup {
    let figures = [
        (data.pairs, "pair", "pairs"),
        (data.prompts, "prompt", "different prompts"),
        (data.judges.iter().map(|j| j.verdicts).sum(), "verdict", "verdicts"),
        (data.models.len() as u64, "model", "models"),
        (data.multi_turn, "pair with several turns", "pairs with several turns"),
        (data.identical, "pair with identical responses", "pairs with identical responses"),
    ];
    html! {
        dl.figures {
            @for (n, one, many) in figures {
                div { dt { (if n == 1 { one } else { many }) } dd { (format::count(n)) } }
            }
        }
    }
}

fn judges(judges: &[JudgeSummary]) -> Markup {
    html! {
        div.verdicts {
            @for j in judges {
                div.judge {
                    p.who {
                        strong { (name(&text::cut(&text::line(&j.judge), 60))) } " "
                        span.n { (format::counted(j.verdicts, "verdict", "verdicts")) (orders(j)) }
                    }
                    div.two {
                        div { (shares(j)) }
                        div {
                            @if let Some(longer) = j.prefers_longer {
                                (split(longer))
                                p.say { "The longer response wins " strong { (format::share(longer)) } " of those that are not ties" }
                            } @else { p.say { "Whether longer responses win is not known." } }
                        }
                    }
                    @if let Some(asked) = words::asked(j) {
                        p.say { @if j.follows_position { strong { (asked) } } @else { (asked) } "." }
                    }
                }
            }
        }
    }
}

fn orders(j: &JudgeSummary) -> String {
    let name = |order: &str| match order {
        "ab" => "A shown first".to_owned(),
        "ba" => "B shown first".to_owned(),
        "both" => "shown in both orders".to_owned(),
        "unknown" => "order unknown".to_owned(),
        other => text::line(other),
    };
    let parts: Vec<String> = j
        .orders
        .iter()
        .filter(|(_, n)| **n > 0)
        .map(|(order, n)| format!("{} {}", format::count(*n), name(order)))
        .collect();
    let soft = if j.soft > 0 { format!("; {} soft", format::count(j.soft)) } else { String::new() };
    if parts.is_empty() { soft } else { format!("; {}{soft}", parts.join(", ")) }
}

fn models(models: &[ModelSummary]) -> Markup {
    let table = html! {
        table.plain.models {
            (heads(&[
                ("Model", Align::Left),
                ("Responses", Align::Right),
                ("On side A", Align::Right),
                ("Mean words", Align::Right),
                ("Wins", Align::Right),
                ("0 to 100\u{a0}%", Align::Left),
            ]))
            tbody {
                @for m in models {
                    tr {
                        th scope="row" { (name(&text::cut(&text::line(&m.model), 60))) }
                        td.num { (format::count(m.responses)) }
                        td.num { (format::part(m.side_a, m.responses)) }
                        td.num { (format::words(m.mean_words)) }
                        td.num { (m.win_rate.map_or_else(|| format::MISSING.to_owned(), format::share)) }
                        td.wide { @if let Some(rate) = m.win_rate { (split(rate)) } }
                    }
                }
            }
        }
    };
    scroll("Models and how often they win", &table)
}

fn counts(some: &[(String, u64)], all: &[(String, u64)], pairs: u64) -> Markup {
    let longest = all.iter().map(|(_, n)| *n).max().unwrap_or(0);
    html! {
        table.counts {
            tbody {
                @for (value, n) in some {
                    tr {
                        th scope="row" { (name(&text::cut(&text::line(value), 48))) }
                        td.wide { (bar(*n, longest)) }
                        td.num { (format::count(*n)) }
                        td.num { (format::part(*n, pairs)) }
                    }
                }
            }
        }
    }
}
