//! The document around an answer on a study: the pages that there are, the bar, and the answer or why there is none.

use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use maud::html;
use predilect_report::live::{Frame, Link, document, simulated};
use predilect_workbench::laboratory::{STEERING, VERIFYING};

use super::bar::bar;
use super::parts::{Said, place, trouble};
use crate::problem::Problem;
use crate::query::{Query, Read};
use crate::studies::{About, Served};

/// The header by which the script asks for the answer alone.
const FRAGMENT: &str = "predilect-fragment";

/// The end of the address of the page on what was moved.
pub(super) const MOVED: &str = "/steer";

/// The pages of a study: the end of their address, and their name.
const PAGES: [(&str, &str); 8] = [
    ("", "Rewarded"),
    ("/pairs", "Pairs"),
    ("/judges", "Judges"),
    ("/models", "Models"),
    (MOVED, "Moved"),
    ("/label", "Label"),
    ("/runs", "Runs"),
    ("/data", "Data"),
];

/// Whether a study has a page on what was moved.
fn was_moved(served: &Served) -> bool {
    served.study().is_some_and(|folder| [STEERING, VERIFYING].iter().any(|name| folder.join(name).is_file()))
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
        Err(problem) => (
            problem.status(),
            Said {
                title: problem.title.to_owned(),
                main: html! { h1 { (problem.title) } (trouble(&problem)) },
            },
        ),
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
        .filter(|(own, _)| *own != MOVED || was_moved(served))
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
