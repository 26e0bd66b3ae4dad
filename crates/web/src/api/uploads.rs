//! Uploaded files: what is in them when read in a given way, and a study once a user opens one.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use predilect_types::ReadSummary;
use predilect_workbench::sent::{ColumnSeen, Previewed, Proposal};
use serde::Serialize;

use super::answer::json;
use crate::app::App;
use crate::asking::ask;
use crate::looked::Seen;
use crate::problem::Problem;
use crate::reading::Reading;
use crate::seen::seen;
use crate::uploads::Upload;

/// What is in a file, before it is a study.
#[derive(Debug, Serialize)]
struct UploadJson<'a> {
    schema: u32,
    upload: u64,
    name: String,
    /// The names of all files that are read together.
    names: &'a [String],
    bytes: u64,
    /// What a mapping says, as it was asked for.
    map: &'a [String],
    columns: &'a [ColumnSeen],
    /// How many columns are not among them, being too many or having names of more than 200 characters.
    columns_not_shown: usize,
    /// What is read, and whether of the whole file or of its first records.
    read: Option<&'a ReadSummary>,
    whole: bool,
    pairs: &'a [Previewed],
    /// Why no study can be made of it when it is read that way.
    problem: Option<Problem>,
    /// The readings to choose among, where the file does not say which is right.
    proposals: &'a [Proposal],
}

fn answer(upload: &Upload, reading: &Reading, seen: &Seen, status: StatusCode) -> Result<Response, Problem> {
    let Seen { looked, problem, .. } = seen;
    let preview = looked.preview.as_ref().ok();
    let found = json(&UploadJson {
        schema: predilect_results::SCHEMA,
        upload: upload.number,
        name: upload.name(),
        names: &upload.names,
        bytes: upload.bytes,
        map: &reading.claims,
        columns: &looked.columns.columns,
        columns_not_shown: looked.columns.more,
        read: looked.whole.as_ref().or(preview.map(|preview| &preview.read)),
        whole: looked.whole.is_some(),
        pairs: preview.map_or(&[], |preview| &preview.pairs),
        problem: problem.clone(),
        proposals: &looked.proposals,
    })?;
    Ok((status, found).into_response())
}

/// A part of the address of a file that is being sent: its `name`, or the number of the files `with` which it is read.
fn part(query: &str, wanted: &str) -> Option<String> {
    form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value.into_owned())
}

pub(crate) async fn receive(
    State(app): State<App>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let query = query.unwrap_or_default();
    let reading = Reading::read(&query)?;
    let name = part(&query, "name").unwrap_or_else(|| "file".to_owned());
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let upload = app.uploads.receive((&name, part(&query, "with").as_deref()), announced, body).await?;
    let (own, number) = (app.clone(), upload.number);
    let found = looking(&app, upload, reading, StatusCode::CREATED).await;
    if found.is_err() {
        // A file that cannot even be unpacked is not kept.
        let _ = own.uploads.discard(&number.to_string());
    }
    found
}

async fn looking(
    app: &App,
    upload: Arc<Upload>,
    reading: Reading,
    status: StatusCode,
) -> Result<Response, Problem> {
    let own = app.clone();
    ask(&app.clone().costly(), move |waiting| {
        answer(&upload, &reading, &*seen(&own, &upload, &reading, waiting)?, status)
    })
    .await
}

pub(crate) async fn look(
    State(app): State<App>,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let reading = Reading::read(&query.unwrap_or_default())?;
    let upload = app.uploads.get(&number)?;
    looking(&app, upload, reading, StatusCode::OK).await
}

pub(crate) async fn open(
    State(app): State<App>,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let reading = Reading::read(&query.unwrap_or_default())?;
    let upload = app.uploads.get(&number)?;
    let own = app.clone();
    let served =
        ask(&app.clone().costly(), move |waiting| own.uploads.open(&upload, &reading, &own.studies, waiting))
            .await?;
    let found = serde_json::json!({"schema": predilect_results::SCHEMA, "study": served.id, "title": served.title, "kept": app.uploads.stays()});
    Ok((StatusCode::CREATED, json(&found)?).into_response())
}

pub(crate) async fn discard(State(app): State<App>, Path(number): Path<String>) -> Result<Response, Problem> {
    if app.uploads.most().is_none() {
        return Err(Problem::forbidden(
            "nothing can be changed here: the server was started with --read-only",
        ));
    }
    app.uploads.discard(&number)?;
    json(&serde_json::json!({"schema": predilect_results::SCHEMA}))
}
