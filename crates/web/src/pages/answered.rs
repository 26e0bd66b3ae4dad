//! How is a question on a study answered with a page?

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;

use super::frame::{being_read, study_page};
use super::parts::{Said, problem};
use crate::app::App;
use crate::asking::{Waiting, ask};
use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::{Query, Read};
use crate::studies::{Served, Soon};

/// What a page found: its answer, and how many pairs the slice has of how many.
pub(super) type Found = (Said, Option<(u64, u64)>);

/// Opens the study, computes the answer on a separate thread, and builds the page around it.
#[expect(clippy::too_many_arguments, reason = "a request as the framework takes it apart")]
pub(super) async fn answered<W>(
    app: App,
    headers: HeaderMap,
    id: String,
    query: Option<String>,
    end: &'static str,
    work: W,
) -> Response
where
    W: FnOnce(&Served, &Opened, &Query, &Waiting) -> Result<Found, Problem> + Send + 'static,
{
    answered_by(app, headers, id, query, end, (Served::open_soon, work)).await
}

/// The same, with the way in which the study is opened.
#[expect(clippy::too_many_arguments, reason = "a request as the framework takes it apart")]
pub(super) async fn answered_by<O, W>(
    app: App,
    headers: HeaderMap,
    id: String,
    query: Option<String>,
    end: &'static str,
    (open, work): (O, W),
) -> Response
where
    O: FnOnce(&Arc<Served>) -> Result<Soon, Problem> + Send + 'static,
    W: FnOnce(&Served, &Opened, &Query, &Waiting) -> Result<Found, Problem> + Send + 'static,
{
    let read = Query::read(&query.unwrap_or_default());
    if app.studies.get(&id).is_none() {
        return no_study(&id);
    }
    let (studies, recents) = (Arc::clone(&app.studies), Arc::clone(&app.recents));
    let asked = read.clone();
    let answer = ask(&app, move |waiting| {
        let served = studies.get(&id).ok_or_else(Problem::failed)?;
        let opened = match open(&served) {
            Ok(Soon::Ready(opened)) => opened,
            Ok(Soon::NotYet(progress)) => return Ok(being_read(&headers, &served, &asked, end, &progress)),
            Err(error) => {
                return Ok(study_page(&headers, &served, &asked, end, (None, None), Err(error)));
            }
        };
        recents.opened(&served);
        let Read { query, error, .. } = &asked;
        let found = match error {
            // What cannot be read is not a question.
            Some(error) => Err(error.into()),
            None => work(&served, &opened, query, waiting),
        };
        let (said, counts) = match found {
            Ok((said, counts)) => (Ok(said), counts),
            Err(problem) => (Err(problem), None),
        };
        Ok(study_page(&headers, &served, &asked, end, (Some(&opened.about), counts), said))
    });
    match answer.await {
        Ok(page) => page,
        Err(found) => problem(&found),
    }
}

/// A study that is not there.
fn no_study(id: &str) -> Response {
    problem(
        &Problem::not_found(format!("there is no study `{id}`"))
            .remedy("the first page lists those that there are"),
    )
}
