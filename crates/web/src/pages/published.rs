//! The pages of the published judges: what they reward in a scenario, side by side, and how alike they are.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use maud::{Markup, html};
use predilect_report::live::{self, Frame, Link, PublishedOrder, document, scenario_words};
use predilect_workbench::published::MOST_JUDGES;

use super::frame::FRAGMENT;
use super::parts::{problem, shown, trouble};
use super::take::take_published;
use crate::app::App;
use crate::asking::ask;
use crate::published::{PublishedQuery, compared_published, published as all};

/// Judges that can be chosen without looking further.
const JUDGES: usize = 3;

/// What the published judges reward.
pub(crate) async fn published(headers: HeaderMap, RawQuery(query): RawQuery) -> Response {
    let (query, wrong) = PublishedQuery::read(&query.unwrap_or_default());
    let found = wrong.map_or_else(|| query.rewards(), Err);
    let (status, main) = match found {
        Ok(found) => {
            let place = match &query.scenario {
                None => html! { "on average over all scenarios" },
                scenario => html! { "in " bdi { (shown(&scenario_words(scenario.as_deref()))) } },
            };
            let main = html! {
                h1 { "What published judges reward, " (place) }
                (live::published(&found, query.order, query.property.as_deref()))
                (take_published(&query, &["rewards"]))
            };
            (StatusCode::OK, main)
        }
        Err(found) => (found.status(), html! { h1 { (found.title) } (trouble(&found)) }),
    };
    page(&headers, status, &query, "/published", (&form(&query), &main))
}

/// How the published judges compare.
pub(crate) async fn published_judges(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Response {
    let (query, _) = PublishedQuery::read(&query.unwrap_or_default());
    match ask(&app.costly(), |_| compared_published()).await {
        Ok(comparison) => {
            let main = html! {
                h1 { "How 33 published judges compare" }
                (live::judges(comparison))
                (take_published(&PublishedQuery::default(), &["similarity", "clusters"]))
            };
            page(&headers, StatusCode::OK, &query, "/published/judges", (&html! {}, &main))
        }
        Err(found) => problem(&found),
    }
}

fn page(
    headers: &HeaderMap,
    status: StatusCode,
    query: &PublishedQuery,
    here: &str,
    (bar, main): (&Markup, &Markup),
) -> Response {
    const TITLE: &str = "Published judges";
    if headers.contains_key(FRAGMENT) {
        let parts = html! {
            template data-title=(TITLE) data-part="bar" { (bar) }
            template data-part="main" { (main) }
        };
        return (status, Html(parts.into_string())).into_response();
    }
    let pages = [("/published", "Rewarded"), ("/published/judges", "Judges")].map(|(place, name)| Link {
        name: name.to_owned(),
        href: format!("{place}{}", query.to_address()),
        current: place == here,
    });
    let frame = Frame { title: TITLE, study: Some((TITLE, "/published")), pages: &pages, bar: bar.clone() };
    (status, Html(document(&frame, main))).into_response()
}

/// Who is shown, where, in which order; without a script its button sends it, with one every change does.
fn form(query: &PublishedQuery) -> Markup {
    let all = all();
    let chosen = query.shown();
    let is_chosen = |judge: &String| chosen.contains(judge);
    // Those that are shown first, in their order: the difference is of the first from the second.
    let others = all.judges.iter().take(JUDGES).filter(|judge| !is_chosen(judge));
    let rest = all.judges.iter().skip(JUDGES).filter(|judge| !is_chosen(judge));
    let option = |name: &String| {
        html! {
            option value=(name) selected[query.scenario.as_ref() == Some(name)] { (scenario_words(Some(name))) }
        }
    };
    html! {
        form.slice method="get" action="/published" role="search" aria-label="Which published judges, and where" {
            div.row {
                @for judge in &chosen { label { input type="checkbox" name="judge" value=(judge) checked; bdi { (shown(judge)) } } }
                @if chosen.len() < MOST_JUDGES {
                    @for judge in others { label { input type="checkbox" name="judge" value=(judge); bdi { (judge) } } }
                    select name="judge" aria-label="Another judge" {
                        option value="" selected { "+ another judge" }
                        @for judge in rest { option value=(judge) { (judge) } }
                    }
                }
                label { "In "
                    select name="scenario" {
                        option value="" selected[query.scenario.is_none()] { (scenario_words(None)) }
                        optgroup label="Scenarios" { @for name in &all.scenarios { (option(name)) } }
                        optgroup label="Prompts of all scenarios" { @for name in &all.cases { (option(name)) } }
                    }
                }
                label { "Property "
                    select name="prop" {
                        option value="" selected[query.property.is_none()] { "all 29" }
                        @for property in all.properties() {
                            option value=(property) selected[query.property.as_deref() == Some(property)] { (live::label(property)) }
                        }
                    }
                }
                label { "Order "
                    select name="sort" {
                        @for (order, name, words) in PublishedOrder::ALL {
                            option value=(if order == PublishedOrder::default() { "" } else { name }) selected[query.order == order] { (words) }
                        }
                    }
                }
                button.send type="submit" { "Show" }
            }
            @if !query.unknown.is_empty() {
                div.row { p.problem { "The address contains unknown names: " (shown(&query.unknown.join(", "))) } }
            }
        }
    }
}
