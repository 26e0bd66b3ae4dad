//! Runs over the API: start, list, look, follow, stop.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::stream::{self, Stream};
use predilect_types::parsed;
use predilect_workbench::Filter;
use serde_json::Value;

use super::answer::{answered, json};
use crate::app::App;
use crate::asking::ask;
use crate::problem::Problem;
use crate::query::QueryError;
use crate::runs::{Run, Wanted};

/// Polling interval for a run that is followed.
const PACE: Duration = Duration::from_millis(400);

/// Whether runs may be started here.
fn allowed(app: &App) -> Result<(), Problem> {
    if app.runs_allowed {
        return Ok(());
    }
    Err(Problem::forbidden("runs are off, since they can cost money").remedy("start the server with --runs"))
}

fn known(app: &App, id: &str, number: u32) -> Result<Arc<Run>, Problem> {
    app.runs.get(id, number).ok_or_else(|| Problem::not_found(format!("there is no run {number} on `{id}`")))
}

pub(crate) async fn list(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let served =
        app.studies.get(&id).ok_or_else(|| Problem::not_found(format!("there is no study `{id}`")))?;
    let states: Vec<_> = app.runs.of(&id).iter().map(|run| run.state()).collect();
    let unfinished = app.runs.unfinished(&served);
    json(&serde_json::json!({"schema": predilect_results::SCHEMA, "runs": states, "unfinished": unfinished}))
}

pub(crate) async fn start(
    State(app): State<App>,
    Path(id): Path<String>,
    body: Bytes,
) -> Result<Response, Problem> {
    allowed(&app)?;
    let wanted = wanted(&body)?;
    let own = app.clone();
    let answer = ask(&app, move |waiting| {
        let served =
            own.studies.get(&id).ok_or_else(|| Problem::not_found(format!("there is no study `{id}`")))?;
        let forecast = wanted.forecast(&served, waiting)?;
        let run = if wanted.dry_run { None } else { Some(wanted.start(&own.runs, &served)?.state().run) };
        Ok(serde_json::json!({"schema": predilect_results::SCHEMA, "run": run, "calls": forecast.calls,
            "logged": forecast.logged, "cost": forecast.cost}))
    })
    .await?;
    json(&answer)
}

/// Reads what is asked for; of a filter that cannot be read, where it goes wrong.
fn wanted(body: &[u8]) -> Result<Wanted, Problem> {
    let unread = |error: &serde_json::Error| {
        Problem::bad_request(format!("the run cannot be read: {}", parsed::json(error)))
    };
    let whole: Value = serde_json::from_slice(body).map_err(|error| unread(&error))?;
    if let Some(text) = whole.get("where").and_then(Value::as_str)
        && let Err(error) = text.parse::<Filter>()
    {
        return Err(Problem::from(&QueryError::Filter { name: "where", text: text.to_owned(), error }));
    }
    let mut wanted: Wanted = serde_json::from_slice(body).map_err(|error| unread(&error))?;
    wanted.asked = whole;
    if let Some(asked) = wanted.asked.as_object_mut() {
        asked.remove("dry_run");
    }
    Ok(wanted)
}

pub(crate) async fn look(
    State(app): State<App>,
    Path((id, number)): Path<(String, u32)>,
) -> Result<Response, Problem> {
    json(&known(&app, &id, number)?.state())
}

/// What a model rewards according to the verdicts so far of an unfinished run.
pub(crate) async fn posterior(
    State(app): State<App>,
    Path((id, number)): Path<(String, u32)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let run = known(&app, &id, number)?;
    answered(app, id, query, move |opened, query, waiting| {
        let Some(verdicts) = run.so_far(waiting)? else {
            return Err(Problem::not_found(format!("run {number} is collecting no verdicts"))
                .remedy("what a run has found is in the study once it has ended"));
        };
        let (fit, unfitted) = match crate::runs::posterior(&verdicts, opened, query, waiting)? {
            Ok(fit) => (Some(fit), None),
            Err(why) => (None, Some(why.to_string())),
        };
        Ok(serde_json::json!({"run": number, "verdicts": verdicts.len(), "fit": fit,
            "unfitted": unfitted}))
    })
    .await
}

pub(crate) async fn stop(
    State(app): State<App>,
    Path((id, number)): Path<(String, u32)>,
) -> Result<Response, Problem> {
    allowed(&app)?;
    let run = known(&app, &id, number)?;
    run.stop();
    json(&run.state())
}

pub(crate) async fn follow(
    State(app): State<App>,
    Path((id, number)): Path<(String, u32)>,
) -> Result<Response, Problem> {
    let run = known(&app, &id, number)?;
    Ok(Sse::new(events(run)).keep_alive(KeepAlive::default()).into_response())
}

/// `progress` as often as something has changed, then `end`.
fn events(run: Arc<Run>) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((run, None, false), |(run, last, ended)| async move {
        if ended {
            return None;
        }
        loop {
            let state = run.state();
            let over = state.end.is_some();
            let now = Some((state.done, state.of, state.beside.clone()));
            if over || last != now {
                let name = if over { "end" } else { "progress" };
                let event =
                    Event::default().event(name).data(serde_json::to_string(&state).unwrap_or_default());
                return Some((Ok(event), (run, now, over)));
            }
            tokio::time::sleep(PACE).await;
        }
    })
}
