//! The frame of the report: the document, its policy, its navigation, its header and footer.

use maud::{DOCTYPE, Markup, PreEscaped, html};
use predilect_results::Caution;
use predilect_results::Comparison;
use predilect_results::Finding;
use predilect_results::Settings;
use predilect_results::Standings;
use predilect_results::ranking::LcBoard;

use crate::text;
use crate::view::View;
use crate::words;

use super::parts::{Section, folded};
use super::sections;

/// The styles, light, dark, narrow and printed.
const STYLE: &str = include_str!("style.css");
/// What the page can do beyond being read; it is complete without.
const SCRIPT: &str = concat!(include_str!("tables.js"), include_str!("script.js"));
/// SHA-256 of [`SCRIPT`] in base64, as a content security policy names it.
const SCRIPT_HASH: &str = include_str!("script.sha256");

/// The marks of the series, distinguished by shape as well as by colour; all about equally large to the eye.
const MARKS: [&str; 6] = [
    "M-4.5,0a4.5,4.5 0 1,0 9,0a4.5,4.5 0 1,0 -9,0z",
    "M0,-5.6L5.6,0L0,5.6L-5.6,0z",
    "M-4,-4H4V4H-4z",
    "M0,-5.4L5.2,4H-5.2z",
    "M0,5.4L5.2,-4H-5.2z",
    "M-1.7,-5H1.7V-1.7H5V1.7H1.7V5H-1.7V1.7H-5V-1.7H-1.7z",
];

/// Models of a board of length-controlled rates that fit on one printed page.
const LC_ROWS: usize = 20;

/// The report of a dissection.
pub(super) fn page(view: &View) -> Markup {
    let title = words::title(view);
    let first = "#findings";
    document(
        &title,
        first,
        &header(view, &title),
        &Body::Sections(sections::all(view)),
        &footer(&view.d.settings),
    )
}

/// The report of a comparison alone.
pub(super) fn comparison_page(c: &Comparison, settings: &Settings) -> Markup {
    let title = format!(
        "How {} compare",
        words::counted(c.similarity.judges.len().max(c.biases.len()), "judge", "judges")
    );
    let header = html! {
        header {
            p.kicker { "Preference dissection" }
            h1 { (title) }
            (findings(&c.findings))
            (watch_out(&c.cautions))
            p.lead { "How good and how biased each judge is, which judges agree, which reward alike, and where they differ." }
        }
    };
    document(&title, "#judges", &header, &Body::Sections(sections::compared(c)), &footer(settings))
}

/// The page of a leaderboard alone.
pub(super) fn board_page(standings: &Standings, settings: &Settings) -> Markup {
    let title = format!("How {} rank", words::counted(standings.raw.ranking.len(), "model", "models"));
    let held = standings.controlled.is_some();
    let header = html! {
        header {
            p.kicker { "Preference dissection" }
            h1 { (title) }
            (findings(&standings.findings))
            p.lead {
                "By the verdicts of " bdi { (text::cut(&words::listed(&standings.judges.iter().map(|judge| text::line(judge)).collect::<Vec<_>>()), 200)) }
                @if held { ", as they are and with properties held equal" }
                "."
            }
        }
    };
    let section = sections::leaderboard(standings);
    document(&title, "#ranking", &header, &Body::Sections(vec![section]), &footer(settings))
}

/// The page of length-controlled win rates.
pub(super) fn lc_page(board: &LcBoard, findings_of: &[Finding], brief: bool, settings: &Settings) -> Markup {
    let title = format!(
        "How {} do against {}",
        words::counted(board.ranking.len(), "model", "models"),
        text::line(&board.baseline)
    );
    let header = html! {
        header {
            p.kicker { "Preference dissection" @if brief { ", in brief" } }
            h1 { bdi { (title) } }
            (findings(findings_of))
        }
    };
    let whole = Section {
        id: "ranking",
        name: "Leaderboard",
        title: "Length-controlled win rates",
        body: sections::length_controlled(board),
    };
    let body = if brief {
        let rows = &board.ranking[..board.ranking.len().min(LC_ROWS)];
        Body::Brief(html! {
            section #brief { (sections::lc_table(rows)) p.hint { (crate::ranking::compares(board)) } }
            (folded("Everything else", &whole.render()))
        })
    } else {
        Body::Sections(vec![whole])
    };
    document(&title, if brief { "#brief" } else { "#ranking" }, &header, &body, &footer(settings))
}

/// The part between the header and the end of a document.
pub(super) enum Body {
    /// Sections, with a navigation.
    Sections(Vec<Section>),
    /// One page, of which only what is not folded away is printed.
    Brief(Markup),
}

pub(super) fn document(title: &str, first: &str, header: &Markup, body: &Body, footer: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy());
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content="Predilect";
                title { (title) " · Predilect" }
                style { (PreEscaped(STYLE)) }
            }
            body.brief[matches!(body, Body::Brief(_))] {
                a.skip href=(first) { "Skip to the findings" }
                (shapes())
                (header)
                @match body {
                    Body::Sections(sections) => {
                        (navigation(sections))
                        main { @for section in sections { (section.render()) } }
                    }
                    Body::Brief(all) => { main { (all) } }
                }
                (footer)
                script { (PreEscaped(SCRIPT)) }
            }
        }
    }
}

fn policy() -> String {
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; img-src data:; base-uri 'none'; \
         form-action 'none'",
        SCRIPT_HASH.trim()
    )
}

/// The marks, defined once for all charts.
pub(super) fn shapes() -> Markup {
    html! {
        svg.defs width="0" height="0" aria-hidden="true" {
            defs {
                @for (i, mark) in MARKS.iter().enumerate() { path id={ "m" (i) } d=(mark) {} }
                pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                    line.hatch x1="0" y1="0" x2="0" y2="6" {}
                }
            }
        }
    }
}

fn header(view: &View, title: &str) -> Markup {
    let sources: Vec<String> =
        view.d.read.sources.iter().map(|s| text::cut(&text::line(&s.source), 60)).collect();
    html! {
        header {
            @if view.d.settings.simulated { p.simulated role="alert" { (words::SIMULATED) } }
            p.kicker { "Preference dissection" }
            h1 { bdi { (title) } }
            @if let Some(slice) = words::slice(&view.d.data) { p.headline.second { bdi { (slice) } } }
            (findings(&view.d.findings))
            @for sentence in crate::length::sentences(&view.main_fits()) { p.headline.second { bdi { (sentence) } } }
            (watch_out(&view.d.cautions))
            p.lead {
                (words::read(view.d)) " " (words::fitted(view))
                @if !sources.is_empty() {
                    " From " bdi { (text::cut(&words::listed(&sources), 300)) } "."
                }
            }
        }
    }
}

/// What can be said in a sentence, the first in larger type.
pub(super) fn findings(all: &[Finding]) -> Markup {
    html! {
        @for (at, finding) in all.iter().enumerate() {
            p.headline.second[at > 0] { bdi { (text::unbroken(&finding.sentence)) } }
        }
    }
}

/// What to know before any figure.
pub(super) fn watch_out(cautions: &[Caution]) -> Markup {
    html! {
        @if !cautions.is_empty() {
            section.watch aria-label="Watch out" {
                h2 { "Watch out" }
                ul { @for caution in cautions { li { (text::unbroken(&crate::caution(caution))) } } }
            }
        }
    }
}

/// A separate page: what was found in sentences, what to watch out for, how it was measured, then the sections.
pub(super) fn found_page(
    title: &str,
    sentences: &[String],
    remarks: &[String],
    lead: &str,
    all: Vec<Section>,
) -> Markup {
    let header = html! {
        header {
            p.kicker { "Preference dissection" }
            h1 { bdi { (title) } }
            @for (at, sentence) in sentences.iter().enumerate() {
                p.headline.second[at > 0] { bdi { (sentence.replace(" %", "\u{a0}%")) } }
            }
            (remarked(remarks))
            p.lead { bdi { (lead) } }
        }
    };
    let settings = Settings { version: env!("CARGO_PKG_VERSION").to_owned(), ..Settings::default() };
    let first = all.first().map_or_else(String::new, |section| format!("#{}", section.id));
    document(title, &first, &header, &Body::Sections(all), &footer(&settings))
}

/// Remarks of a run as what to watch out for.
pub(super) fn remarked(remarks: &[String]) -> Markup {
    html! {
        @if !remarks.is_empty() {
            section.watch aria-label="Watch out" {
                h2 { "Watch out" }
                ul { @for remark in remarks { li { bdi { (text::line(remark)) } } } }
            }
        }
    }
}

fn navigation(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Sections" {
            ul { @for section in sections { li { a href={ "#" (section.id) } { (section.name) } } } }
        }
    }
}

pub(super) fn footer(settings: &Settings) -> Markup {
    html! {
        footer {
            @if settings.simulated { p.simulated { (words::SIMULATED) } }
            p {
                "Made with Predilect"
                @if !settings.version.is_empty() { " " (text::line(&settings.version)) }
                ". This file loads nothing from any network and sends nothing anywhere."
            }
        }
    }
}
