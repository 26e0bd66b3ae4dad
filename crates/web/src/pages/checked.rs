//! Do the fits of a page hold, and do they predict? Asked once nobody has changed the question for a moment.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::header::{self, HeaderName};
use axum::response::{IntoResponse, Response};
use predilect_report::live;
use predilect_results::adds_nothing;

use super::parts::problem;
use super::study::of_few;
use crate::app::App;
use crate::asking::ask;
use crate::opened::Checked;
use crate::problem::Problem;
use crate::query::{Query, Read};

/// What the checks of the fits say that the page of this query shows, as lines of text.
pub(crate) async fn checked(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let studies = Arc::clone(&app.studies);
    let found = ask(&app, move |waiting| {
        let served =
            studies.get(&id).ok_or_else(|| Problem::not_found(format!("there is no study `{id}`")))?;
        let Read { query, error, .. } = Query::read(&query.unwrap_or_default());
        if let Some(error) = &error {
            return Err(error.into());
        }
        let opened = served.open(waiting)?;
        let asked = Query { group: None, ..of_few(&query, &opened) };
        Ok(match opened.checked(&asked, waiting)? {
            Checked::Fits(fits) => (live::checks(&fits), fits.iter().any(adds_nothing)),
            Checked::TooMany => (
                "So many verdicts are not checked while you look; predilect dissect checks them.".to_owned(),
                false,
            ),
        })
    });
    match found.await {
        // A reason to doubt what stands above looks like one.
        Ok((said, doubtful)) => {
            let look = if doubtful { "warn" } else { "hint" };
            let headers = [
                (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
                (HeaderName::from_static("predilect-look"), look),
            ];
            (headers, said).into_response()
        }
        Err(found) => problem(&found),
    }
}
