//! Why did one verdict come out as it did? A waterfall from one half to the fitted probability.

use std::io;

use predilect_results::Explanation;
use predilect_types::{Pair, Response};

use super::style::{BOLD, DIM, DOWN, Out, UP, paint};
use crate::format;
use crate::judging::mover;
use crate::text;

/// Contributions shown; the others are summed up.
const MOST: usize = 15;
/// Lines of each text that are shown.
const LINES: usize = 3;
/// The width of a property's name.
const NAME: usize = 26;

/// Writes an explanation, for a terminal of `width` columns (0: not known, 80 is taken).
///
/// # Errors
///
/// Whatever `out` gives back.
pub fn terminal_explanation(
    pair: &Pair,
    e: &Explanation,
    out: &mut dyn io::Write,
    width: u16,
) -> io::Result<()> {
    let mut out = Out::new(out, width);
    let title = format!("Why {} judged the pair {} as it did", text::line(&e.judge), text::line(&pair.id));
    out.line(&paint(BOLD, &text::cut(&title, out.width)))?;
    show("prompt", &pair.prompt_text(), &mut out)?;
    show(&named("A", &pair.response_a), &pair.response_a.text(), &mut out)?;
    show(&named("B", &pair.response_b), &pair.response_b.text(), &mut out)?;
    out.blank()?;
    let percent = |p: f64| format!("{} %", format::decimal(100.0 * p, 1));
    let group = if e.group == "all" { String::new() } else { format!(" in {}", text::line(&e.group)) };
    out.wrapped(
        BOLD,
        &format!(
            "The model fitted to this judge{group} gives A a {} chance of winning [{}, {}].",
            percent(e.value),
            percent(e.low),
            percent(e.high)
        ),
    )?;
    let verdict = match e.p_a {
        None => "The judge has not judged this pair.".to_owned(),
        Some(0.5) => "The judge calls it a tie.".to_owned(),
        Some(p) => {
            let right = (p - 0.5) * (e.value - 0.5) > 0.0;
            let side = if p > 0.5 { "A" } else { "B" };
            let seen =
                if right { "as the model would expect" } else { "which the properties do not explain" };
            format!("The judge's verdict is {side} ({} for A), {seen}.", percent(p))
        }
    };
    out.wrapped(DIM, &verdict)?;
    out.blank()?;
    waterfall(e, &mut out)
}

fn named(side: &str, response: &Response) -> String {
    response
        .model
        .as_deref()
        .map_or_else(|| side.to_owned(), |model| format!("{side}, {}", text::line(model)))
}

fn show(name: &str, content: &str, out: &mut Out) -> io::Result<()> {
    let lines = text::wrap(&text::line(content), out.width.saturating_sub(4));
    out.line(&paint(DIM, &text::cut(name, out.width)))?;
    for line in lines.iter().take(LINES) {
        out.line(&format!("    {line}"))?;
    }
    if lines.len() > LINES {
        out.line(&paint(DIM, "    …"))?;
    }
    Ok(())
}

/// One line for each property: what differs, its value with interval, and a bar from where the ones before left off.
fn waterfall(e: &Explanation, out: &mut Out) -> io::Result<()> {
    if e.contributions.is_empty() {
        return out.wrapped(
            DIM,
            "No property differs between the two responses, so the model has nothing to go by.",
        );
    }
    let shown = &e.contributions[..e.contributions.len().min(MOST)];
    let rest: f64 = e.contributions[shown.len()..].iter().map(|c| c.shap).sum();
    // Every intermediate value, in probability.
    let mut stops = vec![e.base];
    stops.extend(shown.iter().scan(e.base, |at, c| {
        *at += c.shap;
        Some(*at)
    }));
    stops.push(e.value);
    let low = stops.iter().copied().fold(f64::INFINITY, f64::min);
    let high = stops.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let bar = out.width.saturating_sub(NAME + 38).clamp(10, 50);
    let place = |p: f64| {
        let share = if high > low { (p - low) / (high - low) } else { 0.5 };
        ((share * bar as f64).round() as usize).min(bar)
    };
    out.line(&paint(
        DIM,
        &text::cut(
            &format!(
                "{}{}{}  in % points, 90 %",
                text::left("  property", NAME + 2),
                text::left("more in", 9),
                text::right("moves A", 8)
            ),
            out.width,
        ),
    ))?;
    let mut at = e.base;
    for c in shown {
        row(
            &mover(&c.property),
            Some(c.comparison),
            (c.shap, Some((c.low, c.high))),
            (place(at), place(at + c.shap), bar),
            out,
        )?;
        at += c.shap;
    }
    if e.contributions.len() > shown.len() {
        let name = format!("{} others", e.contributions.len() - shown.len());
        row(&name, None, (rest, None), (place(at), place(at + rest), bar), out)?;
    }
    out.wrapped(
        DIM,
        "Exact Shapley values: how much a difference moves the probability, averaged over all orders in which the differences could be added. They add up from 50 % to the model's probability.",
    )
}

fn row(
    name: &str,
    comparison: Option<f64>,
    (shap, interval): (f64, Option<(f64, f64)>),
    (from, to, bar): (usize, usize, usize),
    out: &mut Out,
) -> io::Result<()> {
    let more = comparison.map_or("", |x| if x > 0.0 { "A" } else { "B" });
    let signed = |x: f64| format!("{}{}", if x > 0.0 { "+" } else { "" }, format::decimal(100.0 * x, 1));
    let interval =
        interval.map_or(String::new(), |(low, high)| format!("[{}, {}]", signed(low), signed(high)));
    let (start, end) = (from.min(to), from.max(to).max(from.min(to) + 1));
    let blocks = "█".repeat(end - start);
    let style = if shap > 0.0 { UP } else { DOWN };
    let head = format!(
        "  {} {}{}  {}",
        text::left(name, NAME - 1),
        text::left(more, 9),
        text::right(&signed(shap), 8),
        text::left(&interval, 16)
    );
    let room = out.width.saturating_sub(text::columns(&head));
    if room < bar + 1 {
        return out.line(&text::cut(&head, out.width));
    }
    out.line(&format!("{head}{}{}", " ".repeat(start), paint(style, &blocks)))
}
