//! Labelling over the API: the next pair, a vote, the last vote taken back.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::Response;
use predilect_results::browse::{LabelJson, LabelPair};
use predilect_types::parsed;
use predilect_workbench::labelling::ToLabel;
use serde_json::{Value, json};

use super::answer::{answered_at, asked, json as answer};
use crate::app::App;
use crate::asking::{Waiting, ask};
use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::Query;
use crate::studies::Served;
use crate::votes::{Given, texts};

/// Whether anything may be changed here.
fn allowed(app: &App) -> Result<(), Problem> {
    if app.read_only {
        return Err(Problem::forbidden(
            "nothing can be changed here: the server was started with --read-only",
        ));
    }
    Ok(())
}

fn named(query: &Query) -> Result<&str, Problem> {
    query.name.as_deref().ok_or_else(|| {
        Problem::refused("the address does not say who labels")
            .remedy("give a name: ?name=NAME; votes are kept as human:NAME")
    })
}

pub(crate) async fn next(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let votes = Arc::clone(&app.votes);
    answered_at(app, id, asked(query, &["most"])?, move |served, query, waiting| {
        let opened = served.open_as_it_was(waiting)?;
        let session = votes.session(served, &opened, named(query)?)?;
        let ToLabel { next, left } = votes.next((served, &opened), &session, query, waiting)?;
        let next = next.map(|next| {
            let (prompt, [first, second]) = texts(&next);
            LabelPair {
                prompt,
                first,
                second,
                shown: next.order.as_str().to_owned(),
                drawn: next.drawn.as_str().to_owned(),
                gain: next.gain,
                pair: next.pair.id,
            }
        });
        let (votes, kept) = (session.votes.len() as u64, served.keeps_votes());
        Ok(LabelJson { judge: session.judge, votes, left, kept, next })
    })
    .await
}

pub(crate) async fn vote(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    allowed(&app)?;
    let given: Given = serde_json::from_slice(&body).map_err(|error| {
        Problem::bad_request(format!("the vote cannot be read: {}", parsed::json(&error)))
    })?;
    changed(app, id, move |app, served, opened, waiting| {
        let votes = app.votes.vote(served, opened, &given, waiting)?;
        Ok(json!({"votes": votes, "kept": served.keeps_votes()}))
    })
    .await
}

pub(crate) async fn undo(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    allowed(&app)?;
    let query = Query::read(&query.unwrap_or_default()).query;
    let name = named(&query)?.to_owned();
    changed(app, id, move |app, served, opened, waiting| {
        let (undone, votes) = app.votes.undo(served, opened, &name, waiting)?;
        Ok(json!({"votes": votes, "undone": undone.map(|vote| vote.pair), "kept": served.keeps_votes()}))
    })
    .await
}

/// Runs what changes votes, on a separate thread.
async fn changed(
    app: App,
    id: String,
    work: impl FnOnce(&App, &Served, &Opened, &Waiting) -> Result<Value, Problem> + Send + 'static,
) -> Result<Response, Problem> {
    let own = app.clone();
    let found = ask(&app, move |waiting| {
        let served =
            own.studies.get(&id).ok_or_else(|| Problem::not_found(format!("there is no study `{id}`")))?;
        let opened = served.open_as_it_was(waiting)?;
        let mut found = work(&own, &served, &opened, waiting)?;
        found["schema"] = predilect_results::SCHEMA.into();
        Ok(found)
    })
    .await?;
    answer(&found)
}
