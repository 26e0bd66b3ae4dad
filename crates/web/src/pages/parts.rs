//! What all pages share: the document around an answer, problems, links.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use predilect_report::live::{Frame, Link, document, simulated};

use super::PAGES;
use super::bar::bar;
use crate::problem::Problem;
use crate::query::{Query, Read};
use crate::studies::{About, Served};

/// What a part of a path may hold as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The header by which the script asks for the answer alone.
const FRAGMENT: &str = "predilect-fragment";

/// A part of a path, encoded; `.` and `..` too, which a browser would otherwise resolve.
pub(super) fn part(text: &str) -> String {
    if text.chars().all(|c| c == '.') {
        return text.replace('.', "%2E");
    }
    utf8_percent_encode(text, PATH).to_string()
}

/// The address of a page of a study, with what is looked at.
pub(super) fn place(served: &Served, end: &str, query: &Query) -> String {
    format!("/s/{}{end}{}", served.id, query.to_address())
}

/// What a page of a study says: its title, and the answer.
pub(super) struct Said {
    pub(super) title: String,
    pub(super) main: Markup,
}

/// A page of a study around its answer, or around why there is none.
#[expect(clippy::too_many_arguments, reason = "what a page has, whichever it is")]
pub(super) fn study_page(
    headers: &HeaderMap,
    served: &Served,
    read: &Read,
    end: &str,
    (about, counts): (Option<&About>, Option<(u64, u64)>),
    said: Result<Said, Problem>,
) -> Response {
    let (status, said) = match said {
        Ok(said) => (StatusCode::OK, said),
        Err(problem) => (problem.status(), Said { title: problem.title.to_owned(), main: trouble(&problem) }),
    };
    let mut said = said;
    if about.is_some_and(|about| about.empty.settings.simulated) {
        said.main = html! { (simulated()) (said.main) };
    }
    let bar = bar(served, read, end, about, counts);
    if headers.contains_key(FRAGMENT) {
        let title = format!("{} · {}", said.title, served.title);
        let parts = html! {
            template data-title=(title) data-part="bar" { (bar) }
            template data-part="main" { (said.main) }
        };
        return (status, Html(parts.into_string())).into_response();
    }
    let pages: Vec<Link> = PAGES
        .iter()
        // Few studies have it.
        .filter(|(own, _)| *own != super::moved::END || super::moved::has(served))
        .map(|(own, name)| Link {
            name: (*name).to_owned(),
            href: place(served, own, &Query { from: 0, ..read.query.clone() }),
            current: *own == end,
        })
        .collect();
    let title = format!("{} · {}", said.title, served.title);
    let first = place(served, "", &read.query);
    let frame = Frame { title: &title, study: Some((&served.title, &first)), pages: &pages, bar };
    (status, Html(document(&frame, &said.main))).into_response()
}

/// A page that is of no study.
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
        div.problem role="alert" {
            strong { (problem.title) ". " } (shown(&problem.detail))
            @if let (Some(at), Some(text)) = (problem.position, &problem.value) {
                pre { (shown(text)) "\n" (" ".repeat(at.min(2_000))) "^" }
            }
            @if let Some(remedy) = &problem.remedy { p { (shown(remedy)) } }
        }
    }
}

/// Text from outside, with what would act on a reader made visible.
pub(super) fn shown(text: &str) -> String {
    predilect_types::shown::visible(text).to_string()
}
