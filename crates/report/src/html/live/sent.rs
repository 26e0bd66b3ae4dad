//! An uploaded file: how it was understood, and its first pairs, before anything of it is kept.

use maud::{Markup, html};
use predilect_types::{Message, Pair, ReadSummary, Verdict};

use crate::format;
use crate::html::parts::{EMPTY_RESPONSE, name, nothing, texts};
use crate::html::sections;
use crate::text;

/// Characters of a text that are shown.
const TEXT: usize = 600;

/// What was read, how it was understood, and what was not used.
pub fn read(summary: &ReadSummary) -> Markup {
    html! {
        p {
            b { (format::counted(summary.pairs, "pair", "pairs")) } " and "
            (format::counted(summary.verdicts, "verdict", "verdicts")) " from "
            (format::counted(summary.rows, "record", "records"))
            @if !summary.judges.is_empty() {
                "; judged by "
                @for (at, judge) in summary.judges.iter().take(8).enumerate() {
                    @if at > 0 { ", " } (name(&judge.judge)) " " span.n { "(" (format::count(judge.verdicts)) ")" }
                }
                @let more = summary.judges.len().saturating_sub(8) as u64 + summary.more_judges;
                @if more > 0 { " and " (format::count(more)) " more" }
            }
            "."
        }
        (sections::read(summary))
    }
}

/// The first pairs as they are understood: prompt, responses, and who won by whom.
pub fn first_pairs<'a>(pairs: impl Iterator<Item = (&'a Pair, &'a [Verdict])>) -> Markup {
    let mut pairs = pairs.peekable();
    html! {
        @if pairs.peek().is_none() { (nothing("There is no pair.")) }
        @for (at, (pair, verdicts)) in pairs.enumerate() {
            section.first aria-label={ "Pair " (at + 1) } {
                h3 { "Pair " (at + 1) }
                (turns(&pair.prompt, "(empty)"))
                @if verdicts.is_empty() { p.nothing { "No verdict." } }
                @else {
                    p.verdicts { @for verdict in verdicts.iter().take(8) { span { (name(&verdict.judge)) " " (super::verdict(verdict.p_a)) } } }
                }
                div.sides {
                    @for (side, response) in [("A", &pair.response_a), ("B", &pair.response_b)] {
                        section aria-label={ "Response " (side) } {
                            h4 { (side) @if let Some(model) = &response.model { " " (name(model)) } }
                            (turns(&response.messages, EMPTY_RESPONSE))
                        }
                    }
                }
            }
        }
    }
}

fn turns(messages: &[Message], empty: &str) -> Markup {
    html! {
        @if messages.is_empty() { p.nothing { "Nothing." } }
        @for message in messages.iter().take(6) {
            @let cut = text::cut(&message.content, TEXT);
            (texts(&cut, empty, &html! { (text::visible(&cut)) }))
        }
        @if messages.len() > 6 { p.hint { "and " (messages.len() - 6) " more turns" } }
    }
}
