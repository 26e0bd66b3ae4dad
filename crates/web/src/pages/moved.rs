//! The page of a study that `steer` or `verify` made: how far an evaluation was moved, or which weights are causes.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use predilect_report::live;
use predilect_results::steering::SteerJson;
use predilect_results::verifying::VerifyJson;
use predilect_workbench::laboratory::{STEERING, VERIFYING, found_in};

use super::answered::answered;
use super::frame::MOVED;
use super::parts::Said;
use crate::app::App;

/// What was moved, and what moved it.
pub(crate) async fn moved(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answered(app, headers, id, query, MOVED, |served, _, _, _| {
        let Some(folder) = served.study() else {
            return Ok((Said { title: "Moved".to_owned(), main: nothing() }, None));
        };
        let steered: Option<SteerJson> = found_in(folder, STEERING)?;
        let verified: Option<VerifyJson> = found_in(folder, VERIFYING)?;
        let main = match (&steered, &verified) {
            (None, None) => nothing(),
            (steered, verified) => html! {
                @if let Some(found) = steered { (live::moved(found)) }
                @if let Some(found) = verified { (live::verified(found)) }
            },
        };
        Ok((Said { title: "Moved".to_owned(), main }, None))
    })
    .await
}

fn nothing() -> Markup {
    html! {
        h1 { "Nothing was moved in this study" }
        p { "For a study made by " code { "predilect steer" } ", this page shows how far a judge could be moved by what it rewards; for one made by " code { "predilect verify" } ", which weights are causes." }
    }
}
