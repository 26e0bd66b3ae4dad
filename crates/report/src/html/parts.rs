//! Which small pieces do all sections share: headings, badges, text from data, folded parts?

use maud::{Markup, html};

use crate::format;
use crate::text;
use crate::view::View;
use crate::words;

/// Judges that a chart shows at once; more could not be distinguished.
pub(super) const SERIES: usize = 6;

/// A section of the page with its place in the navigation.
pub(super) struct Section {
    /// The anchor.
    pub(super) id: &'static str,
    /// The name in the navigation.
    pub(super) name: &'static str,
    /// The heading: what the section answers.
    pub(super) title: &'static str,
    /// What it says.
    pub(super) body: Markup,
}

impl Section {
    pub(super) fn render(&self) -> Markup {
        html! {
            section id=(self.id) {
                h2 { (self.title) }
                (self.body)
            }
        }
    }
}

/// A name from the data on one line, isolated from the direction of the text around it.
pub(super) fn name(from_data: &str) -> Markup {
    let line = text::line(from_data);
    let shown = text::cut(&line, NAME);
    if shown == line {
        html! { bdi { (line) } }
    } else {
        html! { bdi title=(text::cut(&line, 1000)) { (shown) } }
    }
}

/// Characters of a name; what is longer is cut, a little less wraps.
const NAME: usize = 120;
/// Characters of a sentence from outside.
const SENTENCE: usize = 400;

/// A sentence that contains something of the data, isolated from the direction of the text around it; it wraps if it is long, and what is between
/// backticks is code.
pub(super) fn sentence(from_data: &str) -> Markup {
    let line = text::line(from_data);
    let shown = text::cut(&line, SENTENCE);
    html! { bdi.long title=[(shown != line).then(|| text::cut(&line, 2000))] { (coded(&shown)) } }
}

/// A text in which what is between backticks is code.
fn coded(text: &str) -> Markup {
    // A backtick that is not closed is one of the data.
    let closed = text.matches('`').count().is_multiple_of(2);
    let pieces: Vec<&str> = if closed { text.split('`').collect() } else { vec![text] };
    html! {
        @for (at, piece) in pieces.iter().enumerate() { @if at % 2 == 1 { code { (piece) } } @else { (piece) } }
    }
}

/// Text from the data, unchanged, line breaks kept.
pub(super) fn block(from_data: &str) -> Markup {
    texts(from_data, "(empty)", &html! { (text::visible(from_data)) })
}

/// A response, unchanged.
pub(super) fn response(from_data: &str) -> Markup {
    texts(from_data, EMPTY_RESPONSE, &html! { (text::visible(from_data)) })
}

/// Shown for a response without a word.
pub(super) const EMPTY_RESPONSE: &str = "(empty response)";

/// A box with a text, shown in whichever way; white space alone would be an empty box, so `empty` replaces it.
pub(super) fn texts(from_data: &str, empty: &str, shown: &Markup) -> Markup {
    html! {
        @if from_data.trim().is_empty() { div.text { span.empty { (empty) } } }
        @else { div.text dir="auto" tabindex="0" { (shown) } }
    }
}

/// The mark of a property whose rating is only a proxy.
pub(super) fn proxy_mark(view: &View, id: &str) -> Markup {
    let auc = view.note(id).and_then(words::auc);
    let title = match auc {
        Some(auc) => format!(
            "{}this rating puts {} of the pairs of known order into that order; .5 is chance",
            if view.proxy(id) { "proxy: the rating only stands in for this property; " } else { "" },
            format::auc(auc)
        ),
        None => "proxy: the rating only stands in for this property".to_owned(),
    };
    html! {
        @if view.proxy(id) || auc.is_some() {
            " " abbr.proxy title=(title) {
                @if view.proxy(id) { "~" }
                @if let Some(auc) = auc { span.valid { (format::auc(auc)) } }
            }
        }
    }
}

/// The name of a property with its proxy mark and, on hovering, what it means.
pub(super) fn property(view: &View, id: &str) -> Markup {
    let label = text::cut(&view.label(id), 60);
    let title = view.note(id).map(|note| text::cut(&text::line(&note.description), 300));
    html! { bdi title=[title] { (label) } (proxy_mark(view, id)) }
}

/// The alignment of a cell in its column.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The headings of a table.
pub(super) fn heads(columns: &[(&str, Align)]) -> Markup {
    html! {
        thead {
            tr { @for (name, align) in columns { th.num[*align == Align::Right] scope="col" { (name) } } }
        }
    }
}

/// A part that is folded away until it is asked for.
pub(super) fn folded(summary: &str, body: &Markup) -> Markup {
    html! { details { summary { (summary) } (body) } }
}

/// The first `most` of some rows, and the others folded away.
pub(super) fn first_few<T>(all: &[T], most: usize, what: &str, table: impl Fn(&[T]) -> Markup) -> Markup {
    if all.len() <= most {
        return table(all);
    }
    let (first, rest) = all.split_at(most);
    let summary = format!("{} more {what}", format::count(rest.len() as u64));
    html! { (table(first)) (folded(&summary, &table(rest))) }
}

/// A wide table that scrolls by itself, by keyboard too.
pub(super) fn scroll(label: &str, table: &Markup) -> Markup {
    html! { div.scroll role="region" tabindex="0" aria-label=(label) { (table) } }
}

/// A sentence for a section without content.
pub(super) fn nothing(sentence: &str) -> Markup {
    html! { p.nothing { (sentence) } }
}
