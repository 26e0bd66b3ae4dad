//! The distribution of a number over a slice, compared with the whole study: bars that link to a smaller slice.

use maud::{Markup, html};
use predilect_results::browse::Histogram;

use crate::format;

/// The bars of a histogram; `href` leads to the slice between two edges, `beside` is what a filter says of other things.
pub fn spread(found: &Histogram, title: &str, beside: &str, href: &dyn Fn(f64, f64) -> String) -> Markup {
    let most = found.all.iter().copied().max().unwrap_or(0).max(1);
    let bins = found.all.len();
    if bins == 0 {
        return html! {};
    }
    let wide = 100.0 / bins as f64;
    let tall = |count: u64| 72.0 * (count as f64 / most as f64).sqrt();
    let ends = [found.edges.first(), found.edges.get(bins / 2), found.edges.last()];
    html! {
        figure.spread data-field=(found.field) data-beside=(beside) data-edges=(found.edges.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")) {
            figcaption { (title) " " span.n { "pale: the whole study; heights are square roots of the counts" } }
            svg.bars width="100%" height="76" role="group" aria-label=(title) {
                @for (bin, (all, slice)) in found.all.iter().zip(&found.slice).enumerate() {
                    // Values beyond the ends are counted in the outer bins.
                    @let low = if bin == 0 { f64::NEG_INFINITY } else { found.edges[bin] };
                    @let high = if bin + 1 == bins { f64::INFINITY } else { found.edges[bin + 1] };
                    a href=(href(low, high)) aria-label={ (reach(low, high)) ": " (format::counted(*slice, "pair", "pairs")) } data-bin=(bin) {
                        rect.all x={ (format::decimal(bin as f64 * wide, 3)) "%" } y=(format::decimal(74.0 - tall(*all), 1)) width={ (format::decimal(wide * 0.9, 3)) "%" } height=(format::decimal(tall(*all), 1)) {}
                        rect.slice x={ (format::decimal(bin as f64 * wide, 3)) "%" } y=(format::decimal(74.0 - tall(*slice), 1)) width={ (format::decimal(wide * 0.9, 3)) "%" } height=(format::decimal(tall(*slice), 1)) {}
                        rect.hit x={ (format::decimal(bin as f64 * wide, 3)) "%" } y="0" width={ (format::decimal(wide, 3)) "%" } height="76" {}
                    }
                }
            }
            div.ends.n { @for end in ends.into_iter().flatten() { span { (format::decimal(*end, 0)) } } }
        }
    }
}

/// From where to where a bin reaches, in words.
fn reach(low: f64, high: f64) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("{} to {}", format::decimal(low, 0), format::decimal(high, 0)),
        (true, false) => format!("{} and more", format::decimal(low, 0)),
        (false, _) => format!("less than {}", format::decimal(high, 0)),
    }
}
