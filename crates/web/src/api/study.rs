//! What is answered of a study: what is known of it, posteriors, pairs, judges, models.

use std::time::Instant;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use predilect_results::browse::{Histogram, LiveDissectJson, PairsPage};
use predilect_results::{CompareJson, DataSummary, ExplainJson, Explanation, PropertyNote, Standings};
use predilect_types::{Pair, ReadSummary};
use predilect_workbench::browse::{PageRequest, Words};
use schemars::JsonSchema;
use serde::Serialize;

use super::answer::{PAGE, answered, answered_also, json};
use super::export;
use crate::app::App;
use crate::problem::Problem;
use crate::reasons::{Reasons, reasons};

/// A study in the list.
#[derive(Debug, Serialize)]
struct StudyRow<'a> {
    id: &'a str,
    title: &'a str,
    example: bool,
}

/// What is known of a study before any question.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct StudyJson {
    id: String,
    title: String,
    read: ReadSummary,
    data: DataSummary,
    properties: Vec<PropertyNote>,
    /// Fields that pairs can be grouped by, with their most frequent values.
    fields: Vec<(String, Vec<(String, u64)>)>,
}

/// A pair with its texts, and why a judge's verdict on it came out as it did.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct PairJson {
    pair: Pair,
    explanation: Option<Explanation>,
    /// The reason that there is no explanation.
    #[serde(skip_serializing_if = "Option::is_none")]
    unexplained: Option<String>,
    /// Why the explanation is by all pairs, although a slice was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_by_slice: Option<String>,
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
            Some(other) => Some(opened.versus(query, other, waiting)?),
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

/// How words are distributed over a slice: those of A less those of B.
pub(crate) async fn histogram(
    state: State<App>,
    id: Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    spread(state, id, query, headers, ("histogram", Words::Apart)).await
}

/// How words are distributed over a slice: those of both.
pub(crate) async fn lengths(
    state: State<App>,
    id: Path<String>,
    query: RawQuery,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    spread(state, id, query, headers, ("lengths", Words::Together)).await
}

async fn spread(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    (table, of): (&'static str, Words),
) -> Result<Response, Problem> {
    if export::wants_table(&headers) {
        return export::table(app, id, query, &headers, table).await;
    }
    answered(app, id, query, move |opened, query, waiting| -> Result<Histogram, Problem> {
        Ok(opened.bench.spread(of, &query.slice(), waiting)?)
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

/// Why a judge's verdict on a pair came out as it did, as a command line gives it.
pub(crate) async fn explain(
    State(app): State<App>,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let also = ["pair"];
    answered_also(app, id, query, &also, |opened, query, waiting| {
        let pair = query.unknown.iter().find_map(|own| own.strip_prefix("pair="));
        let pair = pair.ok_or_else(|| {
            Problem::bad_request("no pair is named").remedy("add pair= and the id of a pair")
        })?;
        let Reasons { pair, explanation, .. } = reasons(opened, query, pair, waiting)?;
        let explanation = explanation.map_err(Problem::refused)?;
        Ok(ExplainJson { pair: pair.id, explanation })
    })
    .await
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
    answered(app.costly(), id, query, |opened, query, waiting| -> Result<CompareJson, Problem> {
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
    answered(app.costly(), id, query, |opened, query, waiting| -> Result<Standings, Problem> {
        Ok((*opened.rank(query, waiting)?).clone())
    })
    .await
}
