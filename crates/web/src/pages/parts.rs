//! What all pages share: links, texts from outside, problems, the document around a page outside studies.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use predilect_report::live::{Frame, document};

use crate::problem::Problem;
use crate::query::Query;
use crate::studies::Served;

/// What a part of a path may contain unescaped.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// A part of a path, encoded; `.` and `..` too, which a browser would otherwise resolve.
pub(super) fn part(text: &str) -> String {
    if text.chars().all(|c| c == '.') {
        return text.replace('.', "%2E");
    }
    utf8_percent_encode(text, PATH).to_string()
}

/// The address of a page of a study, with the current query.
pub(super) fn place(served: &Served, end: &str, query: &Query) -> String {
    format!("/s/{}{end}{}", served.id, query.to_address())
}

/// What a page of a study says: its title, and the answer.
pub(super) struct Said {
    pub(super) title: String,
    pub(super) main: Markup,
}

/// A page outside studies.
pub(super) fn plain_page(status: StatusCode, title: &str, main: &Markup) -> Response {
    let frame = Frame { title, study: None, pages: &[], bar: html! {} };
    (status, Html(document(&frame, main))).into_response()
}

/// A page that says what went wrong, and leads on.
pub(crate) fn problem(problem: &Problem) -> Response {
    let main = html! {
        h1 { (problem.title) }
        (trouble(problem))
        p { a.button href="/" { "To the first page" } }
    };
    plain_page(problem.status(), problem.title, &main)
}

/// What went wrong, where, and what helps.
pub(super) fn trouble(problem: &Problem) -> Markup {
    html! {
        div.problem role="alert" data-unread[problem.is_unread()] {
            strong { (problem.title) ". " } (sentence(&problem.detail))
            @if let (Some(at), Some(text)) = (problem.position.map(|at| at as usize), &problem.value) {
                pre { (shown(text)) "\n" (" ".repeat(at.min(2_000))) "^" }
            }
            @if let Some(remedy) = &problem.remedy { p { (sentence(remedy)) } }
        }
    }
}

/// A message as a sentence: it begins with a capital letter, and what is between backticks is code.
pub(super) fn sentence(message: &str) -> Markup {
    let message = shown(message);
    // A backtick that is not closed is one of the data.
    let pieces: Vec<&str> = if message.matches('`').count().is_multiple_of(2) {
        message.split('`').collect()
    } else {
        vec![&message]
    };
    html! {
        @for (at, piece) in pieces.iter().enumerate() {
            @if at % 2 == 1 { code { (piece) } }
            @else if at == 0 { (capital(piece)) }
            @else { (piece) }
        }
    }
}

/// The text with a capital letter at its beginning; a word with punctuation in it, such as a name of a file or a field, stays unchanged.
fn capital(text: &str) -> String {
    let word = text.split(' ').next().unwrap_or_default().trim_end_matches([',', ';', ':', '.']);
    let mut rest = text.chars();
    match rest.next() {
        Some(first) if word.chars().all(|c| c.is_lowercase() || "-'’".contains(c)) => {
            first.to_uppercase().chain(rest).collect()
        }
        _ => text.to_owned(),
    }
}

/// Text from outside, with what would act on a reader made visible.
pub(super) fn shown(text: &str) -> String {
    predilect_types::shown::visible(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_sentences() {
        let of = |text: &str| sentence(text).into_string();
        assert_eq!(of("no study `a<b` is here"), "No study <code>a&lt;b</code> is here");
        assert_eq!(of("`where` cannot be read"), "<code>where</code> cannot be read");
        assert_eq!(of("votes.csv is empty"), "votes.csv is empty");
        assert_eq!(of("one ` alone"), "One ` alone");
    }
}
