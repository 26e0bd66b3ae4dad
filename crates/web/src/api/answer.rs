//! How is a question of a program read, and its answer written?

use axum::body::Bytes;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use predilect_results::Written;
use serde::Serialize;

use crate::app::App;
use crate::asking::{Waiting, ask};
use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::{NAMES, Query};
use crate::studies::Served;

/// Pairs of one page, unless another number is asked for.
pub(super) const PAGE: usize = 50;

pub(super) fn json(value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(|_| Problem::failed())?;
    Ok(([(header::CONTENT_TYPE, "application/json")], Bytes::from(body)).into_response())
}

/// Reads the query, opens the study, and answers on a separate thread.
pub(super) async fn answered<T, W>(
    app: App,
    id: String,
    query: Option<String>,
    work: W,
) -> Result<Response, Problem>
where
    T: Serialize + Send + 'static,
    W: FnOnce(&Opened, &Query, &Waiting) -> Result<T, Problem> + Send + 'static,
{
    answered_also(app, id, query, &["most"], work).await
}

/// The same with the names that its query takes in addition to those of all queries.
pub(super) async fn answered_also<T, W>(
    app: App,
    id: String,
    query: Option<String>,
    also: &[&str],
    work: W,
) -> Result<Response, Problem>
where
    T: Serialize + Send + 'static,
    W: FnOnce(&Opened, &Query, &Waiting) -> Result<T, Problem> + Send + 'static,
{
    let at =
        |served: &Served, query: &Query, waiting: &Waiting| work(&*served.open(waiting)?, query, waiting);
    answered_at(app, id, asked(query, also)?, at).await
}

/// The same where the query is read, and the study is opened by the work itself.
pub(super) async fn answered_at<T, W>(app: App, id: String, read: Query, work: W) -> Result<Response, Problem>
where
    T: Serialize + Send + 'static,
    W: FnOnce(&Served, &Query, &Waiting) -> Result<T, Problem> + Send + 'static,
{
    let studies = std::sync::Arc::clone(&app.studies);
    let value = ask(&app, move |waiting| {
        let served =
            studies.get(&id).ok_or_else(|| Problem::not_found(format!("there is no study `{id}`")))?;
        work(&served, &read, waiting)
    })
    .await?;
    json(&Written::new(value))
}

/// The query of an address, without names that are not used here.
pub(super) fn asked(query: Option<String>, also: &[&str]) -> Result<Query, Problem> {
    let read = Query::read(&query.unwrap_or_default());
    if let Some(error) = &read.error {
        return Err(error.into());
    }
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    match read.query.unknown.iter().map(|pair| name(pair)).find(|name| !also.contains(&name.as_str())) {
        None => Ok(read.query),
        Some(unknown) => Err(Problem::unknown_name(&unknown, &[&NAMES, also].concat())),
    }
}
