//! The list of studies that were opened last: one is forgotten.

use axum::extract::{RawQuery, State};
use axum::response::Response;

use super::answer::json;
use crate::app::App;
use crate::problem::Problem;

pub(crate) async fn forget(State(app): State<App>, RawQuery(query): RawQuery) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let folder = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "folder");
    let Some((_, folder)) = folder else {
        return Err(Problem::refused("no folder is named").remedy("folder= names it"));
    };
    app.recents.forget(&folder)?;
    json(&serde_json::json!({"schema": predilect_results::SCHEMA}))
}
