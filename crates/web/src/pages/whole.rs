//! All of one text of a pair, where its page shows only the beginning.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use predilect_types::Pair;

use super::parts::{part, problem, shown};
use crate::app::App;
use crate::asking::ask;
use crate::problem::Problem;
use crate::studies::Served;

/// The address of all of a text: `prompt`, `a` or `b`.
pub(super) fn whole(served: &Served, pair: &str, text: &str) -> String {
    format!("/s/{}/pairs/{}/{text}", served.id, part(pair))
}

/// The text, as text: a browser shows megabytes of it at once.
pub(crate) async fn whole_text(
    State(app): State<App>,
    Path((id, wanted, text)): Path<(String, String, String)>,
) -> Response {
    let studies = Arc::clone(&app.studies);
    let found = ask(&app, move |waiting| {
        let served =
            studies.get(&id).ok_or_else(|| Problem::not_found(format!("there is no study `{id}`")))?;
        let pair = served.open(waiting)?.bench.pair(&wanted, waiting)?;
        let pair = pair.ok_or_else(|| Problem::not_found(format!("there is no pair `{wanted}`")))?;
        of(&pair, &text).ok_or_else(|| {
            Problem::not_found(format!("a pair has no text `{text}`")).remedy("it has prompt, a and b")
        })
    });
    match found.await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], shown(&text)).into_response(),
        Err(found) => problem(&found),
    }
}

fn of(pair: &Pair, text: &str) -> Option<String> {
    match text {
        "prompt" => Some(pair.prompt_text().into_owned()),
        "a" => Some(pair.response_a.text().into_owned()),
        "b" => Some(pair.response_b.text().into_owned()),
        _ => None,
    }
}
