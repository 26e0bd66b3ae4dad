//! The page of runs: what a model would be asked, what that costs, how far it is.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use predilect_report::{format, live};
use serde_json::Value;

use super::answered::answered;
use super::parts::{Said, place, shown};
use crate::app::App;
use crate::asking::Waiting;
use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::Query;
use crate::runs::{End, Run, State as RunState, posterior as run_posterior};
use crate::studies::Served;

pub(crate) async fn runs(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let runs = Arc::clone(&app.runs);
    let (allowed, read_only) = (app.runs_allowed, app.read_only);
    answered(app, headers, id, query, "/runs", move |served, opened, query, waiting| {
        let all = runs.of(&served.id);
        let fillings = all.iter().map(|run| filling(run, served, opened, query, waiting));
        let states: Vec<(RunState, Markup)> =
            all.iter().zip(fillings).map(|(run, filling)| Ok((run.state(), filling?))).collect::<Result<_, Problem>>()?;
        let of = opened.about.empty.data.pairs;
        let main = html! {
            h1 { "Ask a model" }
            @if !allowed {
                div.drop {
                    @if read_only { p { "Runs are off: the server was started with " code { "--read-only" } "." } }
                    @else {
                        p { "Runs are off here, since they can cost money." }
                        p.copy { "predilect serve STUDY --runs" }
                    }
                }
            } @else if served.study().is_none() {
                div.drop {
                    p { "Verdicts and ratings are kept in a study, and these data are in none. Import them first:" }
                    p.copy { "predilect import FILE -o STUDY" br; "predilect serve STUDY --runs" }
                }
            } @else {
                (form(&served.id, query.filter.as_ref().map(ToString::to_string).as_deref(), of))
            }
            @if allowed { (resumable(&runs.unfinished(served))) }
            section aria-label="Runs" {
                h2 { "Runs since this server was started" }
                div #runs data-study=(served.id) {
                    @if states.is_empty() { p.nothing { "None yet." } }
                    @for (state, filling) in &states { (row(state, &served.given, filling)) }
                }
            }
        };
        Ok((Said { title: "Runs".to_owned(), main }, None))
    })
    .await
}

fn form(id: &str, filter: Option<&str>, of: u64) -> Markup {
    html! {
        p { "A model's verdicts or ratings on "
            @match filter {
                Some(filter) => { "the pairs of this slice: " code { bdi { (shown(filter)) } } }
                None => { "all " (format::counted(of, "pair", "pairs")) }
            }
            ". Keys come from the environment in which this server was started. Answers are kept: the same run, started again, resumes where it stopped and pays "
            "for nothing twice."
        }
        form #ask.asking data-study=(id) data-where=[filter] {
            label { "What "
                select name="verb" { option value="judge" { "verdicts" } option value="annotate" { "ratings" } }
            }
            label.grow { "Model " input type="text" name="model" required placeholder="openai:gpt-4.1-mini, http://127.0.0.1:8080/v1#name, …" autocomplete="off" spellcheck="false"; }
            label { "How "
                select name="method" {
                    option value="" { "as suits the model" }
                    @for method in ["scored", "generated", "reasoned", "graded", "mt-bench", "arena-hard", "reward"] { option { (method) } }
                }
            }
            label { "At most " input type="number" name="budget" min="0" step="any" inputmode="decimal"; " USD" }
            button type="submit" name="dry" value="1" { "Forecast" }
            button type="submit" { "Start" }
        }
        p #forecast role="status" {}
        noscript { p.problem { "Starting a run needs the page's script." } }
    }
}

/// Runs that did not end well, to be resumed.
fn resumable(asked: &[Value]) -> Markup {
    let text = |run: &Value, name: &str| run.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    html! {
        @if !asked.is_empty() {
            section aria-label="Unfinished runs" {
                h2 { "Not finished" }
                p.hint { "What was answered is kept: a run that is resumed asks only the rest." }
                @for run in asked {
                    p {
                        (if text(run, "verb") == "annotate" { "Ratings" } else { "Verdicts" }) " by " bdi { (shown(&text(run, "model"))) }
                        @let filter = text(run, "where");
                        @if !filter.is_empty() { " where " code { bdi { (shown(&filter)) } } }
                        " " button.resume type="button" data-run=(run) { "Resume" }
                    }
                }
            }
        }
    }
}

/// What a model rewards by the verdicts that a run has so far.
fn filling(
    run: &Run,
    served: &Served,
    opened: &Opened,
    query: &Query,
    waiting: &Waiting,
) -> Result<Markup, Problem> {
    // Before the first verdict there is nothing to say.
    let Some(verdicts) = run.so_far(waiting)?.filter(|verdicts| !verdicts.is_empty()) else {
        return Ok(html! {});
    };
    let found = run_posterior(&verdicts, opened, query, waiting)?;
    let pairs = |id: &str| {
        let narrower = query.narrowed(&format!("rating({id}) != 0"));
        place(served, "/pairs", narrower.as_ref().unwrap_or(query))
    };
    Ok(html! {
        p.n { "By the " (format::counted(verdicts.len() as u64, "verdict", "verdicts")) " so far:" }
        @match found {
            Ok(fit) => {
                @let found = opened.of_fits(vec![fit], Vec::new());
                (live::found(&found))
                (live::intensities(&found, query.order, None, &pairs))
            }
            Err(why) => { p.nothing { "Nothing can be said yet: " (shown(&why.to_string())) "." } }
        }
    })
}

fn row(state: &RunState, given: &[String], filling: &Markup) -> Markup {
    html! {
        div.run data-run=(state.run) {
            p {
                b { (state.run) ". " (state.what()) } " by " bdi { (shown(state.model())) }
                @if let Some(filter) = state.filter() { " where " code { bdi { (shown(filter)) } } }
            }
            progress max=(state.of.max(1)) value=(state.done) aria-label={ "Run " (state.run) } {}
            p.n { span.far { (far(state)) } @if state.end.is_none() { " " button.stop type="button" { "Stop" } } }
            p.copy { (shown(&state.command(given))) }
            div.filling id={ "filling-" (state.run) } { (filling) }
        }
    }
}

/// How far a run is, or how it ended.
fn far(state: &RunState) -> String {
    let done =
        format!("{} of {}", format::count(state.done), format::counted(state.of, "question", "questions"));
    match &state.end {
        None => state.beside.as_ref().map_or(done.clone(), |beside| format!("{done}, {}", shown(beside))),
        Some(End::Done) => format!("{done}; done"),
        Some(End::Stopped) => format!("{done}; stopped, the answers so far are kept"),
        Some(End::Failed { detail, remedy }) => {
            let remedy = remedy.as_ref().map_or_else(String::new, |remedy| format!(" ({remedy})"));
            format!("{done}; {}{}", shown(detail), shown(&remedy))
        }
    }
}
