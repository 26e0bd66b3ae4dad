//! An uploaded file: how it is understood, a form to correct that, and the way to a study of it.

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use predilect_report::{format, live};
use predilect_types::ReadSummary;
use predilect_workbench::Judges;
use predilect_workbench::sent::{Bytes, ColumnSeen, ColumnsSeen, Looked, Proposal};

use super::parts::{plain_page, problem, shown, trouble};
use crate::app::App;
use crate::asking::ask;
use crate::looked::Seen;
use crate::problem::Problem;
use crate::reading::{MEANINGS, ROLES, Reading, role};
use crate::seen::seen;
use crate::uploads::Upload;

/// Roles that are always on the form; the others are where a reader unfolds them.
const FIRST: usize = 4;

pub(crate) async fn upload(
    State(app): State<App>,
    Path(number): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let upload = match app.uploads.get(&number) {
        Ok(upload) => upload,
        // A user who goes back to it after opening it finds the study that was made.
        Err(found) => {
            return match app.uploads.became(&number) {
                Some(study) => Redirect::to(&format!("/s/{study}")).into_response(),
                None => problem(&found),
            };
        }
    };
    let (reading, wrong) = match Reading::read(&query.unwrap_or_default()) {
        Ok(reading) => (reading, None),
        // What cannot be read is said above the form, which is then as it was at first.
        Err(problem) => (Reading::default(), Some(problem)),
    };
    let own = app.clone();
    let page = ask(&app, move |waiting| {
        let seen = seen(&own, &upload, &reading, waiting)?;
        let status = if wrong.is_some() { StatusCode::BAD_REQUEST } else { StatusCode::OK };
        let main = html! {
            h1 { bdi { (shown(&upload.name())) } " " span.n { (Bytes(upload.bytes)) } }
            @if let Some(problem) = &wrong { (trouble(problem)) }
            (answer(&upload, &reading, &seen))
        };
        Ok(plain_page(status, &shown(&upload.name()), &main))
    });
    page.await.unwrap_or_else(|found| problem(&found))
}

fn answer(upload: &Upload, reading: &Reading, seen: &Seen) -> Markup {
    let Seen { looked, problem, unjudged } = seen;
    let preview = looked.preview.as_ref().ok();
    let read = looked.whole.as_ref().or(preview.map(|preview| &preview.read));
    let bad = looked.whole.as_ref().filter(|_| !reading.skip).map(bad_records).unwrap_or_default();
    html! {
        @match problem {
            Some(problem) => { (doubt(upload, reading, problem, (&looked.proposals, *unjudged))) }
            None => { p { @if reading.unjudged { "Pairs are enough here: they can be judged once they are open. " } "Nothing is kept yet. This is how " @if upload.names.len() > 1 { "the files are" } @else { "the file is" } " understood; correct it below, then open it." } (actions(upload, reading, bad)) }
        }
        @if let Some(read) = read {
            @if looked.whole.is_none() { p.hint { "Of the first records; all are counted when it is opened." } }
            (live::read(read))
        }
        @if let Some(preview) = preview {
            h2 { "The first pairs" }
            (live::first_pairs(preview.pairs.iter().map(|shown| (&shown.pair, shown.verdicts.as_slice()))))
        }
        h2 #correct { "What the columns are" }
        (not_offered(&looked.columns))
        (form(upload, reading, looked, read))
        h2 { "The same elsewhere" }
        p.copy { (shown(&reading.command(&upload.names))) }
        @if problem.is_some() { (actions_without_opening(upload)) }
    }
}

/// Records that an import would stop at.
fn bad_records(read: &ReadSummary) -> u64 {
    read.dropped.iter().filter(|(reason, _)| stops(reason)).map(|(_, count)| count).sum()
}

/// Whether a record that is not used for this reason is a damaged one, at which an import stops unless it leaves those out.
fn stops(reason: &str) -> bool {
    [
        "record ",
        "field ",
        "verdict out of range",
        "verdicts contradict",
        "order of the responses",
        "weight is",
        "winner is neither",
        "id used twice",
        "wrong number",
    ]
    .iter()
    .any(|start| reason.starts_with(start))
}

fn actions(upload: &Upload, reading: &Reading, bad: u64) -> Markup {
    html! {
        @if bad > 0 {
            div.problem {
                (format::counted(bad, "record", "records")) " cannot be used (the reasons are below), and opening would stop there. "
                a href=(place(upload, &Reading { skip: true, ..reading.clone() })) { "Leave them out" }
                ", or correct the file and send it again."
            }
        }
        p.pager {
            button #open-upload type="button" disabled[bad > 0] data-upload=(upload.number) data-query=(reading.to_address()) { "Open as a study" }
            (discard(upload))
        }
        p #sent role="status" {}
        noscript { p.problem { "Opening it needs the page's script. Without it: " code { (shown(&reading.command(&upload.names))) } } }
    }
}

fn actions_without_opening(upload: &Upload) -> Markup {
    html! { p.pager { (discard(upload)) } p #sent role="status" {} }
}

fn discard(upload: &Upload) -> Markup {
    html! { button #discard-upload type="button" data-upload=(upload.number) { "Discard the file" } }
}

/// Why no study can be made of it yet, and what to choose among.
fn doubt(
    upload: &Upload,
    reading: &Reading,
    problem: &Problem,
    (proposals, unjudged): (&[Proposal], bool),
) -> Markup {
    let whole: Vec<&Proposal> = proposals.iter().filter(|proposal| proposal.complete).collect();
    html! {
        @if whole.is_empty() {
            (trouble(&Problem { remedy: problem.remedy.clone().filter(|words| !words.contains("--")).or_else(|| Some("say below what the columns are".to_owned())), ..problem.clone() }))
        } @else {
            div.problem role="alert" { strong { "The file does not say. " } (shown(&problem.detail)) }
            h2 { "Which is right?" }
            ul.tiles aria-label="Readings" {
                @for proposal in whole {
                    li { a href=(place(upload, &reading.with(&proposal.claims))) {
                        b { (shown(&in_words(proposal))) }
                        span { code { (shown(&proposal.claims.join(", "))) } }
                    } }
                }
            }
        }
        @if unjudged {
            ul.tiles aria-label="Pairs alone" {
                li { a href=(place(upload, &Reading { unjudged: true, ..reading.clone() })) {
                    b { "There are none: take the pairs alone" }
                    span { "To judge them yourself, or to ask a model." }
                } }
            }
        }
    }
}

/// What a reading means, for users who do not know how claims are written.
fn in_words(proposal: &Proposal) -> String {
    if !proposal.note.is_empty() {
        return proposal.note.clone();
    }
    let said = proposal.claims.iter().map(|claim| {
        let (role, says) = claim.split_once('=').unwrap_or((claim, ""));
        let title = ROLES.iter().find(|(own, _)| *own == role).map_or(role, |(_, title)| title);
        match says.rsplit_once(':') {
            Some((column, values)) if role == "winner" && values.contains('=') => {
                let each = values.split(',').filter_map(|part| part.rsplit_once('='));
                let each: Vec<String> = each.map(|(value, means)| format!("{value} means {means}")).collect();
                format!("{column}: {}", each.join(", "))
            }
            _ => format!("{title}: {says}"),
        }
    });
    said.collect::<Vec<_>>().join("; ")
}

fn place(upload: &Upload, reading: &Reading) -> String {
    format!("/uploads/{}{}", upload.number, reading.to_address())
}

/// What the form does not offer.
fn not_offered(seen: &ColumnsSeen) -> Markup {
    html! {
        @if seen.more > 0 {
            p.hint {
                (format::counted(seen.more as u64, "column is", "columns are")) " not offered below, being more than a list can hold or having names of more than 200 characters"
                @if !seen.long.is_empty() { ": " @for (at, name) in seen.long.iter().enumerate() { @if at > 0 { ", " } bdi { (shown(name)) } } }
                "."
            }
        }
    }
}

/// The form: a choice for each role, the meaning of the verdict's values, and the judge.
fn form(upload: &Upload, reading: &Reading, looked: &Looked, read: Option<&ReadSummary>) -> Markup {
    // If nothing was understood, the file's own proposal fills the form in, and is not used before the user submits it.
    let start = looked.proposals.first().filter(|_| looked.preview.is_err());
    let start = start.map(|proposal| reading.with(&proposal.claims)).unwrap_or_default();
    let columns = &looked.columns.columns;
    let says = |role: &str| reading.of(role).or_else(|| start.of(role));
    let on_form = |claim: &String| {
        let own = role(claim);
        ROLES.iter().any(|(role, _)| *role == own) && field(says(own), columns).is_some()
    };
    html! {
        form.mapping method="get" action={ "/uploads/" (upload.number) } {
            @for (role, title) in ROLES.iter().take(FIRST) { (choice(role, title, says(role), columns, read)) }
            (meanings(reading.of("winner").or_else(|| field(start.of("winner"), columns)), columns))
            details open[reading.claims.iter().any(|claim| ROLES.iter().skip(FIRST).any(|(own, _)| *own == role(claim)))] {
                summary { "More: judges, models, chosen and rejected" }
                @for (role, title) in ROLES.iter().skip(FIRST) { (choice(role, title, says(role), columns, read)) }
            }
            @for claim in reading.claims.iter().filter(|claim| !on_form(claim)) {
                label { span { "As you wrote" } input type="text" name="map" value=(claim) spellcheck="false" autocomplete="off"; }
            }
            label { span { "Another" } input type="text" name="map" spellcheck="false" autocomplete="off" placeholder="winner=score_a > score_b, swapped=none"; }
            label { span { "Name of the judge" } input type="text" name="judge_name" value=[reading.judge.as_ref()] spellcheck="false" autocomplete="off"; }
            label { span { "Named people" }
                select name="judges" {
                    @for (value, words, own) in [("", "separate judges, up to 20 of one judge", Judges::Auto), ("pooled", "one judge", Judges::Pooled), ("each", "each a separate judge", Judges::Each)] {
                        option value=(value) selected[reading.people == own] { (words) }
                    }
                }
            }
            @if let Some(format) = reading.format { input type="hidden" name="format" value=(format); }
            @if reading.unjudged { label.check { input type="checkbox" name="verdicts" value="none" checked; "Take pairs although nobody has judged them" } }
            label.check { input type="checkbox" name="on_bad_row" value="skip" checked[reading.skip]; "Leave out records that cannot be used" }
            button type="submit" { "Read it again" }
        }
    }
}

/// The column that a claim names, where it is one of the file's.
fn field<'a>(says: Option<&'a str>, columns: &[ColumnSeen]) -> Option<&'a str> {
    let says = says?;
    let is = |name: &str| columns.iter().any(|column| column.name == name);
    if is(says) {
        return Some(says);
    }
    says.rsplit_once(':').map(|(column, _)| column).filter(|column| is(column))
}

/// The role in the words in which a reading names it.
fn words(role: &str) -> &'static str {
    match role {
        "response_a" => "response A",
        "response_b" => "response B",
        "winner" => "verdict",
        "model_a" => "model A",
        "model_b" => "model B",
        _ => "",
    }
}

fn choice(
    role: &str,
    title: &str,
    says: Option<&str>,
    columns: &[ColumnSeen],
    read: Option<&ReadSummary>,
) -> Markup {
    let chosen = field(says, columns);
    let is = |used: &str| used == role || used == words(role);
    let found = read
        .and_then(|read| read.sources.first())
        .and_then(|source| source.columns.iter().find(|column| is(&column.used_as)));
    html! {
        label { span { (title) }
            select name="map" {
                option value="" { @match found { Some(column) if chosen.is_none() => { "as found: " (shown(&column.column)) } _ => { "as found" } } }
                @if role == "prompt" { option value="prompt=none" selected[says == Some("none")] { "there is none" } }
                @for column in columns {
                    option value={ (role) "=" (column.name) } selected[chosen == Some(column.name.as_str())] {
                        (shown(&column.name)) " (" (shown(&column.example)) ")"
                    }
                }
            }
        }
    }
}

/// What each value of the verdict's column means, where the column is named and has few values.
fn meanings(says: Option<&str>, columns: &[ColumnSeen]) -> Markup {
    let Some(column) = field(says, columns) else { return html! {} };
    let values =
        columns.iter().find(|own| own.name == column).map(|own| own.values.as_slice()).unwrap_or_default();
    // Characters that are part of the syntax of a claim cannot be in a value.
    let plain = |value: &String| !value.is_empty() && !value.contains([',', '=', ':']);
    if values.is_empty() || !values.iter().all(plain) {
        return html! {};
    }
    let said = says
        .and_then(|says| says.strip_prefix(column))
        .and_then(|rest| rest.strip_prefix(':'))
        .unwrap_or_default();
    let meant = |value: &str| {
        let own =
            said.split(',').find_map(|part| part.rsplit_once('=').filter(|(own, _)| own.trim() == value));
        own.map(|(_, meaning)| meaning.trim().to_ascii_lowercase())
    };
    html! {
        fieldset {
            legend { "What the values of " bdi { (shown(column)) } " mean" }
            input type="hidden" name="means_of" value=(column);
            @for value in values {
                label { span { code { (shown(value)) } }
                    select name="means" {
                        option value="" { "as found" }
                        @for (meaning, words) in MEANINGS {
                            option value={ (value) "=" (meaning) } selected[meant(value).as_deref() == Some(&meaning.to_ascii_lowercase())] { (words) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reading_is_said_in_words() {
        let said = |claims: &[&str], note: &str| {
            let claims = claims.iter().map(|claim| (*claim).to_owned()).collect();
            in_words(&Proposal { claims, note: note.to_owned(), complete: true })
        };
        assert_eq!(said(&["winner=label:0=A,1=B"], ""), "label: 0 means A, 1 means B");
        assert_eq!(said(&["winner=score_a > score_b"], ""), "The verdict: score_a > score_b");
        assert_eq!(
            said(&["swapped=none"], "the verdicts are about the columns"),
            "the verdicts are about the columns"
        );
        assert_eq!(said(&["chosen=a", "rejected=b"], "").matches(':').count(), 2);
    }
}
