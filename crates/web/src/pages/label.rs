//! The page on which a user judges pairs: blind, one by one, with what their votes say so far next to them.

use std::sync::Arc;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use predilect_report::{format, live};
use predilect_results::{Dissection, few_units};
use predilect_types::Order;
use predilect_workbench::labelling::{COMPARED_FROM, LONGEST_NAME, ToLabel, judge_named};

use super::answered::answered_by;
use super::parts::{Said, place, shown, trouble};
use super::whole::whole;
use crate::app::App;
use crate::asking::Waiting;
use crate::opened::Opened;
use crate::problem::Problem;
use crate::query::Query;
use crate::studies::Served;
use crate::votes::{Session, texts};

/// Random pairs from which it is said how many were foretold.
const CHECKED_FROM: u64 = 4;

pub(crate) async fn label(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let (votes, read_only) = (Arc::clone(&app.votes), app.read_only);
    // A vote does not change anything that this page shows of the study, so the study is not opened again for each.
    let open = Served::open_soon_as_it_was;
    let work = move |served: &Served, opened: &Opened, query: &Query, waiting: &Waiting| {
        let main = match &query.name {
            None => html! { h1 { "Judge pairs yourself" } (welcome(served, query, read_only)) },
            Some(name) if judge_named(name).is_err() => html! {
                h1 { "Judge pairs yourself" }
                @if let Err(error) = judge_named(name) { (trouble(&error.into())) }
                (welcome(served, query, read_only))
            },
            Some(name) => {
                let session = votes.session(served, opened, name)?;
                let next = votes.next((served, opened), &session, query, waiting)?;
                let beside = beside(served, opened, &session, query, waiting)?;
                html! {
                    h1 { "Judge pairs yourself" }
                    (counts(served, query, &session, &next))
                    div.split.labelling {
                        (pair(served, query, (&session, opened.about.has_texts()), &next, read_only))
                        (beside)
                    }
                    (taken(served, query, &session))
                }
            }
        };
        Ok((Said { title: "Label".to_owned(), main }, None))
    };
    answered_by(app, headers, id, query, "/label", (open, work)).await
}

/// Who is asked for a name.
fn welcome(served: &Served, query: &Query, read_only: bool) -> Markup {
    html! {
        p { "Read two responses, say which is better, and see what you reward, how sure that is, and which judge you resemble. You are not told which "
            "model wrote which, or what others said." }
        @if read_only {
            div.drop { p { "Votes are off: the server was started with " code { "--read-only" } "." } }
        } @else {
            form.asking method="get" action={ "/s/" (served.id) "/label" } {
                @if let Some(filter) = &query.filter { input type="hidden" name="where" value=(filter); }
                @for judge in &query.judges { input type="hidden" name="judge" value=(judge); }
                label.grow { "Your name " input #name type="text" name="name" required maxlength=(LONGEST_NAME) autocomplete="nickname" spellcheck="false"; }
                button type="submit" { "Begin" }
            }
            p.hint {
                @if served.keeps_votes() { "Your votes are kept in the study, as those of the judge " code { "human:NAME" } "." }
                @else { (not_kept(served)) }
            }
        }
        noscript { p.problem { "Voting needs the page's script." } }
    }
}

fn not_kept(served: &Served) -> Markup {
    let lost = "your votes stay in the server's memory and are lost when it ends. ";
    html! {
        @if served.study().is_some() { "The study's folder cannot be written, so " (lost) "To keep them, make it writable and start the server again." }
        @else { "These data are not in a study, so " (lost) "To keep them, import the data first: " code { "predilect import FILE -o STUDY" } "." }
    }
}

/// Where else the votes are: as verdicts of a judge in the study, and for programs.
fn taken(served: &Served, query: &Query, session: &Session) -> Markup {
    let own = Query { judges: vec![session.judge.clone()], ..Query::default() };
    let programs = format!("/api/v1/s/{}/label{}", served.id, query.to_address());
    html! {
        section.take aria-label="Export" {
            details {
                summary { "Export: command line, link" }
                @if served.keeps_votes() && !session.votes.is_empty() {
                    p.copy { (shown(&own.command(&served.given))) }
                    p.hint { "What you reward, with all tables in the study: your votes are verdicts of " code { bdi { (shown(&session.judge)) } } "." }
                }
                p { "For programs: " a href=(programs) { code { (shown(&programs)) } } }
            }
        }
    }
}

/// How many votes there are, of how many.
fn counts(served: &Served, query: &Query, session: &Session, next: &ToLabel) -> Markup {
    let votes = session.votes.len();
    html! {
        p #labelled.n {
            b { (format::counted(votes as u64, "vote", "votes")) } " of " bdi { (shown(&session.judge)) } "; "
            (format::counted(next.left, "pair", "pairs")) @if query.filter.is_some() { " of this slice" } " left. "
            a href=(place(served, "/label", &Query { name: None, ..query.clone() })) { "Another name" }
        }
        @if !served.keeps_votes() { p.hint { (not_kept(served)) } }
    }
}

/// Why there is no pair to judge: none has a text, or all were judged.
fn none_left(query: &Query, has_texts: bool, voted: bool) -> Markup {
    let slice = query.filter.is_some();
    html! {
        p.nothing {
            @if !has_texts {
                "These data have no texts, so there is nothing to read and judge. Read the file with the texts together with that of the verdicts: on the "
                a href="/" { "first page" } ", choose both, or start with " code { "predilect serve VERDICTS TEXTS" } "."
            } @else if voted { "You have judged every pair" @if slice { " of this slice" } " that has texts." }
            @else { "No pair" @if slice { " of this slice" } " has texts to judge." }
        }
    }
}

/// The pair, and the buttons.
fn pair(
    served: &Served,
    query: &Query,
    (session, has_texts): (&Session, bool),
    found: &ToLabel,
    read_only: bool,
) -> Markup {
    let can_undo = !session.votes.is_empty();
    let name = query.name.as_deref().unwrap_or_default();
    let Some(next) = &found.next else {
        return html! {
            section #label data-study=(served.id) data-name=(name) aria-label="The pair" {
                (none_left(query, has_texts, can_undo))
                @if can_undo && !read_only { div.choices { button #choice-undo type="button" data-choice="undo" aria-keyshortcuts="u" { kbd aria-hidden="true" { "u" } " Undo" } } }
            }
        };
    };
    let (prompt, [first, second]) = texts(next);
    let sides = if next.order == Order::Ba { ["prompt", "b", "a"] } else { ["prompt", "a", "b"] };
    let all = sides.map(|text| whole(served, &next.pair.id, text));
    html! {
        section #label data-study=(served.id) data-name=(name) data-pair=(next.pair.id) data-shown=(next.order.as_str())
            data-votes=(session.votes.len()) aria-label="The pair" {
            @if read_only { p.problem { "Votes are off: the server was started with --read-only." } }
            (live::judging(&prompt, [&first, &second], can_undo, all.each_ref().map(String::as_str)))
            p #voted role="status" {}
            noscript { p.problem { "Voting needs the page's script." } }
            p.hint {
                "The next pair is the one whose verdict is expected to say most about what you reward; every fifth is drawn at random, so that the estimate can be "
                "checked on pairs that nobody chose. The order of the two responses is random."
            }
        }
    }
}

/// What the votes say so far, and which judge they resemble.
fn beside(
    served: &Served,
    opened: &Opened,
    session: &Session,
    query: &Query,
    waiting: &Waiting,
) -> Result<Markup, Problem> {
    let (slice, fit) = (Query::default().slice(), query.fit());
    let labeller = session.labeller();
    let own = opened.bench.of_labeller(&labeller, &slice, &fit, waiting)?;
    let missing = COMPARED_FROM.saturating_sub(session.votes.len());
    let alike = if missing == 0 {
        let others = opened.known(query, waiting)?;
        opened.bench.resembled(&labeller, &others, &slice, &fit, waiting)?
    } else {
        Vec::new()
    };
    let published = opened.bench.published_resembled(&labeller, &slice, &fit, waiting)?;
    let checked = opened.bench.checked_at_random(&labeller, &slice, &fit, waiting)?;
    let pairs = |id: &str| {
        let narrower = query.narrowed(&format!("rating({id}) != 0"));
        place(served, "/pairs", narrower.as_ref().unwrap_or(query))
    };
    Ok(html! {
        aside.side-notes aria-label="Your votes so far" {
            h2 { "What you reward" }
            @match own {
                Ok(fit) => {
                    @let few = few_units(std::slice::from_ref(&fit));
                    // Other cautions name models, which a labeller is not told.
                    @let found = Dissection { cautions: few.into_iter().collect(), ..opened.of_fits(vec![fit], Vec::new()) };
                    (live::found(&found))
                    (live::cautions(&found))
                    (live::intensities(&found, query.order, None, &pairs))
                }
                Err(_) if session.votes.is_empty() => { p.nothing { "It appears here with your first vote." } }
                Err(why) => { p.nothing { "Nothing can be said yet: " (shown(&why.to_string())) "." } }
            }
            @if checked.of >= CHECKED_FROM {
                p.n { "Checked on pairs drawn at random: of " (checked.of) " on which you preferred one response, the fit to your other votes predicts "
                    b { (checked.right) } "." }
            }
            h2 { "Which judge you resemble" }
            @if missing > 0 {
                p.nothing { "Shown from " (COMPARED_FROM) " votes on: " (format::counted(missing as u64, "vote is", "votes are")) " missing." }
            } @else if alike.is_empty() {
                p.nothing { "There is no other judge to compare with, or your votes say too little." }
            } @else { (live::alike(&alike)) }
            @if !published.is_empty() {
                h2 { "Which of the " (published.len()) " published judges you resemble" }
                (live::alike_published(&published))
            }
        }
    })
}
