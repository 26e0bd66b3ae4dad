//! The page of runs: what a model would be asked, what that costs, how far it is.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use predilect_report::format;

use super::answered::answered;
use super::parts::{Said, shown};
use crate::app::App;
use crate::runs::{End, State as RunState};

pub(crate) async fn runs(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let states: Vec<RunState> = app.runs.of(&id).iter().map(|run| run.state()).collect();
    let allowed = app.runs_allowed;
    answered(app, headers, id, query, "/runs", move |served, opened, query, _| {
        let of = opened.about.empty.data.pairs;
        let main = html! {
            h1 { "Ask a model" }
            @if !allowed {
                div.drop {
                    p { "Runs are off here, since they can cost money." }
                    p.copy { "predilect serve STUDY --runs" }
                }
            } @else if served.study().is_none() {
                div.drop {
                    p { "Verdicts and ratings are kept in a study, and these data are in none. Import them first:" }
                    p.copy { "predilect import FILE -o STUDY" br; "predilect serve STUDY --runs" }
                }
            } @else {
                (form(&served.id, query.filter.as_ref().map(ToString::to_string).as_deref(), of))
            }
            section aria-label="Runs" {
                h2 { "Runs since this server was started" }
                div #runs data-study=(served.id) {
                    @if states.is_empty() { p.nothing { "None yet." } }
                    @for state in &states { (row(state)) }
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
            ". Keys come from the environment in which this server was started. What is answered is kept: the same run again goes on where it stopped, and pays "
            "nothing twice."
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

fn row(state: &RunState) -> Markup {
    html! {
        div.run data-run=(state.run) {
            p {
                b { (state.run) ". " (state.what()) } " by " bdi { (shown(state.model())) }
                @if let Some(filter) = state.filter() { " where " code { bdi { (shown(filter)) } } }
            }
            progress max=(state.of.max(1)) value=(state.done) aria-label={ "Run " (state.run) } {}
            p.n { span.far { (far(state)) } @if state.end.is_none() { " " button.stop type="button" { "Stop" } } }
        }
    }
}

/// How far a run is, or how it ended.
fn far(state: &RunState) -> String {
    let done =
        format!("{} of {}", format::count(state.done), format::counted(state.of, "question", "questions"));
    match &state.end {
        None => done,
        Some(End::Done) => format!("{done}; done"),
        Some(End::Stopped) => format!("{done}; stopped, what was answered is kept"),
        Some(End::Failed { detail, remedy }) => {
            let remedy = remedy.as_ref().map_or_else(String::new, |remedy| format!(" ({remedy})"));
            format!("{done}; {}{}", shown(detail), shown(&remedy))
        }
    }
}
