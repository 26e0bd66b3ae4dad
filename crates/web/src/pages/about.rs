//! The pages outside studies: the first one, and not found.

use axum::extract::State;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use predilect_workbench::recent::Recent;
use predilect_workbench::sent::Bytes;

use super::parts::{plain_page, problem, shown};
use crate::app::App;
use crate::problem::Problem;
use crate::query::quoted;
use crate::studies::last_name;

/// The overview of studies.
pub(crate) async fn home(State(app): State<App>) -> Response {
    let served = app.studies.served();
    let (own, examples): (Vec<_>, Vec<_>) = served.iter().partition(|served| !served.is_example());
    let main = html! {
        h1 { "What does a judge reward?" }
        p { "Open a study to see what each judge rewards, and how sure that is. Filter its pairs in any way, and the answer for those pairs is there at once." }
        (drop_here(&app))
        @if !own.is_empty() {
            h2 { "Studies" }
            ul.tiles aria-label="Studies" {
                @for served in own.iter().rev() { li { a href={ "/s/" (served.id) } { b { bdi { (shown(&served.title)) } } span { bdi { (shown(&served.given.join(" "))) } } } } }
            }
        }
        (before(&app.recents.others(&served)))
        h2 { "Start here" }
        ul.tiles aria-label="Examples" {
            @for served in &examples {
                li { a href={ "/s/" (served.id) } { b { (served.title) } span { (about_example(&served.id)) } } }
            }
            li { a href="/published" { b { "33 published judges" } span { "What people and 32 language models reward, by the weights of Li et al. (2024): does GPT-4 like well formatted answers more than people do?" } } }
            li { a href="/s/llmfao/label" { b { "Judge pairs yourself" } span { "Vote on pairs of the example, and see what you reward and which judge you resemble." } } }
        }
    };
    plain_page(StatusCode::OK, "Studies", &main)
}

/// Studies of earlier runs: the page opens no folder that the command line did not give, so each has its command.
fn before(all: &[Recent]) -> Markup {
    html! {
        @if !all.is_empty() {
            h2 { "Opened before" }
            p.hint { "The page reads only what the server was started with. Start it again with a study's command to look at that study." }
            ul.before aria-label="Studies opened before" {
                @for one in all {
                    @let folder = one.folder.display().to_string();
                    li {
                        b { bdi { (shown(&last_name(&one.folder))) } } " "
                        span.n { @if one.is_gone() { "gone: there is no study in " bdi { (shown(&folder)) } } @else { (ago(one.days())) } }
                        @if !one.is_gone() { p.copy { "predilect serve " (shown(&quoted(&folder))) } }
                        button type="button" data-forget=(folder) aria-label={ "Forget " (shown(&last_name(&one.folder))) } { "Forget" }
                    }
                }
            }
        }
    }
}

fn ago(days: u64) -> String {
    match days {
        0 => "opened in the last 24 hours".to_owned(),
        1 => "opened a day ago".to_owned(),
        days => format!("opened {days} days ago"),
    }
}

/// Where a file is put, and the files that wait to be opened.
fn drop_here(app: &App) -> Markup {
    let waiting = app.uploads.waiting();
    html! {
        @match app.uploads.most() {
            Some(most) => {
                form #drop.drop data-most=(most) {
                    label for="file" { strong { "Your own data: " } "drop a file here, or choose one, in any format of the field; several that belong together (verdicts and texts) at once." }
                    input #file type="file" name="file" multiple required;
                    button type="submit" { "Preview it" }
                    p.hint {
                        "JSON, JSON Lines, CSV, Parquet, Arrow, compressed or not, up to " (Bytes(most)) ". You see how it is understood before anything is kept; it stays on "
                        "the machine of this server" @if !app.uploads.stays() { " and is deleted when the server ends" } "."
                    }
                    progress #sending max="1" value="0" hidden aria-label="Sent" {}
                    p #sent role="status" {}
                }
                noscript { p.problem { "Sending a file needs the page's script. Without it: " code { "predilect serve FILE" } } }
            }
            None => {
                div.drop {
                    p { strong { "Your own data: " } "files cannot be sent here (" code { "--read-only" } "). Start with a file or a study:" }
                    p.copy { "predilect serve votes.jsonl" }
                }
            }
        }
        @if !waiting.is_empty() {
            ul.chips aria-label="Files waiting to be opened" {
                @for upload in &waiting { li { a href={ "/uploads/" (upload.number) } { bdi { (shown(&upload.name())) } " " span.n { (Bytes(upload.bytes)) ", not opened yet" } } } }
            }
        }
    }
}

fn about_example(id: &str) -> &'static str {
    match id {
        "llmfao" => "124 people, GPT-4 and GPT-3.5 on the same 2,139 pairs of responses by 59 models.",
        _ => "320 pairs of two small local models, judged by both.",
    }
}

/// An address that leads nowhere, or to a page with a slash too many behind it.
pub(crate) async fn nowhere(uri: Uri) -> Response {
    if let Some(place) = without_slash(&uri) {
        return Redirect::permanent(&place).into_response();
    }
    let found =
        Problem::not_found("there is nothing at this address").remedy("the first page lists what there is");
    if uri.path().starts_with("/api/") {
        return found.remedy("/api/v1/openapi.json lists what programs may ask").into_response();
    }
    problem(&found)
}

/// The address of a page without the slashes behind it; only within the pages of this server.
fn without_slash(uri: &Uri) -> Option<String> {
    let place = uri.path().strip_suffix('/')?.trim_end_matches('/');
    let page = ["/s/", "/published", "/uploads/"].iter().any(|start| place.starts_with(start));
    page.then(|| match uri.query() {
        Some(query) => format!("{place}?{query}"),
        None => place.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_too_many_leads_to_the_page() {
        let of = |text: &str| without_slash(&text.parse().expect("an address"));
        assert_eq!(of("/s/llmfao/").as_deref(), Some("/s/llmfao"));
        assert_eq!(of("/s/llmfao/pairs//?judge=a%26b").as_deref(), Some("/s/llmfao/pairs?judge=a%26b"));
        assert_eq!(of("/published/").as_deref(), Some("/published"));
        for nowhere in ["/", "//example.org/", "/s/", "/api/v1/studies/", "/s/llmfao", "/nowhere/"] {
            assert_eq!(of(nowhere), None, "{nowhere}");
        }
    }
}
