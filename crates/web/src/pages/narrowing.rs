//! Which smaller slices do the distributions of a slice offer: by length, by words, by order?

use std::collections::BTreeMap;

use maud::{Markup, html};
use predilect_report::{format, live};
use predilect_workbench::browse::Words;

use super::parts::place;
use crate::asking::Waiting;
use crate::opened::{About, Opened};
use crate::problem::Problem;
use crate::query::Query;
use crate::studies::Served;

/// The distributions to brush over, each bar a link to the pairs it counts; nothing where there is nothing to choose.
pub(super) fn narrowing(
    served: &Served,
    opened: &Opened,
    query: &Query,
    waiting: &Waiting,
) -> Result<Markup, Problem> {
    let mut charts = Vec::new();
    for (of, title) in
        [(Words::Apart, "Words of A minus words of B"), (Words::Together, "Words of A and B together")]
    {
        let found = opened.bench.spread(of, &query.slice(), waiting)?;
        if found.all.len() > 2 {
            // Another range takes the place of the one that is chosen.
            let beside = query.filter.as_ref().and_then(|filter| filter.without_bounds(&found.field));
            let written = beside.as_ref().map(ToString::to_string).unwrap_or_default();
            let beside = query.with_filter(beside);
            let between = |low: f64, high: f64| {
                let narrower = beside.narrowed(&within(&found.field, low, high));
                place(served, "", narrower.as_ref().unwrap_or(query))
            };
            charts.push(live::spread(&found, title, &written, &between));
        }
    }
    Ok(html! {
        @if !charts.is_empty() {
            h2 { "By length" }
            @for chart in charts { (chart) }
            p.n { "Choose a bar, or drag over several, to look at those pairs only." }
        }
        (by_order(served, &opened.about, query))
    })
}

/// The pairs whose words lie there.
fn within(field: &str, low: f64, high: f64) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("{field} >= {low} and {field} < {high}"),
        (true, false) => format!("{field} >= {low}"),
        (false, _) => format!("{field} < {high}"),
    }
}

/// The verdicts in each order, where there are several.
fn by_order(served: &Served, about: &About, query: &Query) -> Markup {
    let mut orders: BTreeMap<&str, u64> = BTreeMap::new();
    for (order, count) in about.empty.data.judges.iter().flat_map(|judge| &judge.orders) {
        *orders.entry(order).or_default() += count;
    }
    let shown = [
        ("ab", "A shown first"),
        ("ba", "B shown first"),
        ("both", "both orders in one verdict"),
        ("unknown", "order unknown"),
    ];
    let some: Vec<_> = shown
        .into_iter()
        .filter_map(|(order, words)| Some((order, words, *orders.get(order)?)))
        .filter(|(.., count)| *count > 0)
        .collect();
    html! {
        @if some.len() > 1 {
            h2 { "By order" }
            ul.chips {
                @for (order, words, count) in some {
                    @if let Some(narrower) = query.narrowed(&format!("order = {order}")) {
                        li { a href=(place(served, "", &narrower)) { (words) " " span.n { (format::count(count)) } } }
                    }
                }
            }
            p.n { "Verdicts of the whole study." }
        }
    }
}
