//! What programs ask, and the page too: JSON by the shapes of `results`.

pub(crate) mod export;
pub(crate) mod label;
pub(crate) mod runs;
pub(crate) mod uploads;

use std::time::Instant;

use axum::body::Bytes;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use predilect_results::browse::{Histogram, LiveDissectJson, PairsPage};
use predilect_results::{CompareJson, DataSummary, Explanation, PropertyNote, Standings, Written};
use predilect_types::{Pair, ReadSummary};
use predilect_workbench::browse::PageRequest;
use predilect_workbench::explain::{Asked, Explained};
use predilect_workbench::{FitOptions, Kind, SliceOptions};
use serde::Serialize;

use crate::asking::{Waiting, ask};
use crate::problem::Problem;
use crate::query::Query;
use crate::server::App;
use crate::studies::{Opened, Served};

/// Pairs of one page, unless another number is asked for.
const PAGE: usize = 50;

/// A study in the list.
#[derive(Debug, Serialize)]
struct StudyRow<'a> {
    id: &'a str,
    title: &'a str,
    example: bool,
}

/// What is known of a study before any question.
#[derive(Debug, Serialize)]
struct StudyJson {
    id: String,
    title: String,
    read: ReadSummary,
    data: DataSummary,
    properties: Vec<PropertyNote>,
    /// Fields that pairs can be grouped by, with their most frequent values.
    fields: Vec<(String, Vec<(String, u64)>)>,
}

/// A pair with its texts, and why a judge's verdict on it came out as it did.
#[derive(Debug, Serialize)]
struct PairJson {
    pair: Pair,
    explanation: Option<Explanation>,
    /// Why there is no explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    unexplained: Option<String>,
    /// Why the explanation is by all pairs, although a slice was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_by_slice: Option<String>,
}

fn json(value: &impl Serialize) -> Result<Response, Problem> {
    let body = serde_json::to_vec(value).map_err(|_| Problem::failed())?;
    Ok(([(header::CONTENT_TYPE, "application/json")], Bytes::from(body)).into_response())
}

/// Reads the query, opens the study, and answers on a thread of its own.
async fn answered<T, W>(app: App, id: String, query: Option<String>, work: W) -> Result<Response, Problem>
where
    T: Serialize + Send + 'static,
    W: FnOnce(&Opened, &Query, &Waiting) -> Result<T, Problem> + Send + 'static,
{
    let at =
        |served: &Served, query: &Query, waiting: &Waiting| work(&*served.open(waiting)?, query, waiting);
    answered_at(app, id, query, at).await
}

/// The same where the study is opened by the work itself.
async fn answered_at<T, W>(app: App, id: String, query: Option<String>, work: W) -> Result<Response, Problem>
where
    T: Serialize + Send + 'static,
    W: FnOnce(&Served, &Query, &Waiting) -> Result<T, Problem> + Send + 'static,
{
    let read = asked(query, &["most", "name"])?;
    let studies = std::sync::Arc::clone(&app.studies);
    let value = ask(&app.cores, move |waiting| {
        let served =
            studies.get(&id).ok_or_else(|| Problem::not_found(format!("there is no study `{id}`")))?;
        work(&served, &read, waiting)
    })
    .await?;
    json(&Written::new(value))
}

pub(crate) async fn described() -> Result<Response, Problem> {
    json(&crate::openapi::document())
}

pub(crate) async fn studies(State(app): State<App>) -> Result<Response, Problem> {
    let served = app.studies.served();
    let rows: Vec<StudyRow<'_>> = served
        .iter()
        .map(|served| StudyRow { id: &served.id, title: &served.title, example: served.is_example() })
        .collect();
    json(&serde_json::json!({"schema": predilect_results::SCHEMA, "studies": rows}))
}

pub(crate) async fn study(State(app): State<App>, Path(id): Path<String>) -> Result<Response, Problem> {
    let title = app.studies.get(&id).map(|served| served.title.clone()).unwrap_or_default();
    let own = id.clone();
    answered(app, id, None, move |opened, _, _| {
        let about = &opened.about;
        Ok(StudyJson {
            id: own,
            title,
            read: about.empty.read.clone(),
            data: about.empty.data.clone(),
            properties: about.empty.properties.clone(),
            fields: about.fields.clone(),
        })
    })
    .await
}

pub(crate) async fn dissect(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if export::wants_table(&headers) {
        return export::table(app, id, query, &headers, "posteriors").await;
    }
    answered(app, id, query, |opened, query, waiting| {
        let began = Instant::now();
        let (found, slice) = opened.dissect(query, waiting)?;
        let versus = match &query.versus {
            Some(other) => Some(opened.bench.versus(&query.slice(), other, &query.looking(), waiting)?),
            None => None,
        };
        let took_us = began.elapsed().as_micros() as u64;
        Ok(LiveDissectJson {
            slice,
            cautions: found.cautions,
            fits: found.fits,
            skipped: found.skipped,
            versus,
            took_us,
        })
    })
    .await
}

/// What an address asks, without names that mean nothing here.
fn asked(query: Option<String>, also: &[&str]) -> Result<Query, Problem> {
    let read = Query::read(&query.unwrap_or_default());
    if let Some(error) = &read.error {
        return Err(error.into());
    }
    let name = |pair: &str| pair.split('=').next().unwrap_or_default().to_owned();
    match read.query.unknown.iter().map(|pair| name(pair)).find(|name| !also.contains(&name.as_str())) {
        None => Ok(read.query),
        Some(unknown) => Err(Problem::not_found(format!("nothing here is called {unknown}"))
            .remedy("names are where, vs, judge, group, prop, try, sort, pairs, terms, name, from and most")),
    }
}

pub(crate) async fn histogram(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if export::wants_table(&headers) {
        return export::table(app, id, query, &headers, "histogram").await;
    }
    answered(app, id, query, |opened, query, waiting| -> Result<Histogram, Problem> {
        Ok(opened.bench.words_apart(&query.slice(), waiting)?)
    })
    .await
}

pub(crate) async fn pairs(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if export::wants_table(&headers) {
        return export::table(app, id, query, &headers, "pairs").await;
    }
    answered(app, id, query, |opened, query, waiting| -> Result<PairsPage, Problem> {
        let most = query.unknown.iter().find_map(|pair| pair.strip_prefix("most=")?.parse().ok());
        let page = PageRequest { sort: query.pairs, from: query.from, most: most.unwrap_or(PAGE) };
        Ok(opened.bench.browse(&query.slice(), &query.fit(), &page, waiting)?)
    })
    .await
}

pub(crate) async fn pair(
    State(app): State<App>,
    Path((id, pair)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    answered(app, id, query, move |opened, query, waiting| {
        let Reasons { pair, explanation, not_by_slice } = reasons(opened, query, &pair, waiting)?;
        let (explanation, unexplained) = match explanation {
            Ok(explanation) => (Some(explanation), None),
            Err(why) => (None, Some(why)),
        };
        Ok(PairJson { pair, explanation, unexplained, not_by_slice })
    })
    .await
}

/// A pair, and why a judge's verdict on it came out as it did.
pub(crate) struct Reasons {
    pub(crate) pair: Pair,
    /// Why there is none, in words.
    pub(crate) explanation: Result<Explanation, String>,
    /// Why the fit is of all pairs although a slice is looked at.
    pub(crate) not_by_slice: Option<String>,
}

/// Explains the verdict of the first judge that is asked about, by the slice as the list has it; where that cannot be, by all pairs.
pub(crate) fn reasons(
    opened: &Opened,
    query: &Query,
    pair: &str,
    waiting: &Waiting,
) -> Result<Reasons, Problem> {
    let first = || opened.about.judges().first().map(|judge| (*judge).to_owned());
    let judge = query.judges.first().cloned().or_else(first);
    let slice = SliceOptions { group_by: None, judges: judge.into_iter().collect(), ..query.slice() };
    let fit: FitOptions = query.looking();
    let asked = Asked { pair, group: "all", fit: &fit };
    let explain = |slice: &SliceOptions| opened.bench.why(slice, &asked, waiting);
    let (found, not_by_slice) = match explain(&slice) {
        Err(error) if slice.filter.is_some() && error.kind() != Kind::Cancelled => {
            (explain(&SliceOptions { filter: None, ..slice.clone() }), Some(error.message().to_owned()))
        }
        found => (found, None),
    };
    match found {
        Ok(Explained { pair, explanation }) => {
            Ok(Reasons { pair, explanation: Ok(explanation), not_by_slice })
        }
        Err(error) => match opened.bench.pair(pair, waiting)? {
            Some(pair) => Ok(Reasons { pair, explanation: Err(error.message().to_owned()), not_by_slice }),
            None => Err(Problem::not_found(format!("there is no pair `{pair}`"))),
        },
    }
}

pub(crate) async fn judges(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if export::wants_table(&headers) {
        return export::table(app, id, query, &headers, "similarity").await;
    }
    answered(app, id, query, |opened, query, waiting| -> Result<CompareJson, Problem> {
        Ok((*opened.compare(query, waiting)?).clone())
    })
    .await
}

pub(crate) async fn models(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    if export::wants_table(&headers) {
        return export::table(app, id, query, &headers, "leaderboard").await;
    }
    answered(app, id, query, |opened, query, waiting| -> Result<Standings, Problem> {
        Ok((*opened.rank(query, waiting)?).clone())
    })
    .await
}
