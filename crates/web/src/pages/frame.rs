//! The document around an answer on a study: the available pages, the bar, and the answer or an error.

use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use maud::html;
use predilect_report::format;
use predilect_report::live::{Frame, Link, document, simulated};
use predilect_workbench::laboratory::{STEERING, VERIFYING};

use super::bar::bar;
use super::parts::{Said, place, shown, trouble};
use crate::opened::About;
use crate::opening::Progress;
use crate::problem::Problem;
use crate::query::{Query, Read};
use crate::studies::Served;

/// The header by which the script asks for the answer alone.
pub(super) const FRAGMENT: &str = "predilect-fragment";

/// Milliseconds after which the script asks again for a study that is being read.
const AGAIN: &str = "1000";

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

/// The page of a study that is still being read: how far that is. It asks again by itself.
pub(super) fn being_read(
    headers: &HeaderMap,
    served: &Served,
    read: &Read,
    end: &str,
    progress: &Progress,
) -> Response {
    let Progress { doing, unit, done, of } = progress;
    let far = match of {
        Some(of) if *of > 0 && *unit == "bytes" => {
            format!("{doing}: {:.0} %", 100.0 * *done as f64 / *of as f64)
        }
        Some(of) if !unit.is_empty() => {
            format!("{doing}: {} of {} {unit}", format::count(*done), format::count(*of))
        }
        _ => {
            if doing.is_empty() {
                "Opening".to_owned()
            } else {
                (*doing).to_owned()
            }
        }
    };
    let main = html! {
        h1 { "This study is being read" }
        // A page that comes by itself is asked for again by the browser, one that the script asks for by the script.
        div.reading data-again=[headers.contains_key(FRAGMENT).then_some(AGAIN)] {
            p role="status" { (far) "." }
            progress max=[of.map(|of| of.max(1))] value=[of.map(|of| (*done).min(of))] aria-label="Reading" {}
            p.hint { "Where the study is in a folder, its ratings are kept there, so the next time takes seconds. The page appears when it is ready." }
        }
    };
    let said = Said { title: "Being read".to_owned(), main };
    let mut page = study_page(headers, served, read, end, (None, None), Ok(said));
    *page.status_mut() = StatusCode::ACCEPTED;
    page.headers_mut().insert(header::REFRESH, HeaderValue::from_static("1"));
    page
}

/// A page of a study around its answer, or around an error.
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
    if let Some(filter) = &read.query.filter {
        said.main = html! { p.paper { "Filter: " code { (shown(&filter.to_string())) } } (said.main) };
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
