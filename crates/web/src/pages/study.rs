//! The pages of a study.

use std::cmp::Ordering;

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use predilect_report::live::ListLinks;
use predilect_report::{format, live};
use predilect_results::Standings;
use predilect_workbench::browse::{PageRequest, Sort};
use predilect_workbench::{Neighbours, Remedy, literal};

use super::answered::answered;
use super::counted::{Marked, marked};
use super::grouped::grouped;
use super::narrowing::narrowing;
use super::parts::{Said, part, place, shown, trouble};
use super::take::take;
use super::unjudged::unjudged;
use super::whole::whole;
use crate::app::App;
use crate::opened::{COMPARED, Opened, RESAMPLES};
use crate::problem::Problem;
use crate::query::Query;
use crate::reasons::{Reasons, reasons};
use crate::studies::Served;

/// Judges whose weights one page shows, if none was chosen.
const JUDGES: usize = 6;
/// Pairs of a study of which the script may get a sample first: twice what it asks for.
const SAMPLED: u64 = 40_000;
/// Pairs of one page.
const PAGE: usize = 50;

/// The question to the judges that one chart can distinguish: of many, those with the most verdicts, unless others are named.
pub(super) fn of_few(query: &Query, opened: &Opened) -> Query {
    let all = opened.about.judges();
    let few = query.judges.is_empty() && all.len() > JUDGES;
    let judges = all.into_iter().take(JUDGES).map(str::to_owned);
    Query { judges: if few { judges.collect() } else { query.judges.clone() }, ..query.clone() }
}

/// What each judge rewards in the slice.
pub(crate) async fn rewarded(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answered(app, headers, id, query, "", |served, opened, query, waiting| {
        if opened.about.unjudged() {
            return Ok((unjudged(served, opened, query, "Rewarded"), Some(opened.counts(query, waiting)?)));
        }
        let asked = of_few(query, opened);
        let (found, slice) = opened.dissect(&Query { group: None, ..asked.clone() }, waiting)?;
        let versus = match &query.versus {
            Some(other) if query.filter.is_some() => {
                Some(opened.versus(&asked, other, waiting).map_err(Problem::from))
            }
            _ => None,
        };
        let outside = versus.iter().flatten().find_map(|versus| versus.sampled).map(|[_, outside]| outside);
        let narrowing = narrowing(served, opened, query, waiting)?;
        let shows = |id: &str| match query.tried.iter().find(|trial| trial.to_string() == id) {
            Some(trial) => trial.shown_by(),
            None => format!("rating({id}) != 0"),
        };
        let pairs_of = |id: &str| match query.narrowed(&shows(id)) {
            Some(narrower) => place(served, "/pairs", &narrower),
            None => place(served, "/pairs", query),
        };
        let judges = found.fits.len();
        let groups = grouped(opened, &asked, waiting);
        let main = html! {
            h1 { "What " (if judges == 1 { "this judge rewards" } else { "each judge rewards" }) @if query.filter.is_some() { " in this slice" } }
            (how_many_counted([slice.sampled, outside], slice.of))
            (how_many_judges(query, opened))
            // What cannot be grouped by is said, and the whole is shown all the same.
            @if let Err(problem) = &groups { (trouble(problem)) }
            (live::found(&found))
            (live::cautions(&found))
            (in_vain(&opened.bench.tried_in_vain(&query.slice(), waiting)?))
            @match versus {
                Some(Ok(versus)) => { (live::versus(&versus)) }
                Some(Err(problem)) => { (trouble(&problem)) }
                None => {}
            }
            div.split {
                section aria-label="Preference intensities" { (live::intensities(&found, query.order, Some(&place(served, "/check", query)), &pairs_of)) }
                aside.side-notes {
                    (narrowing)
                    (same_elsewhere(served, &asked))
                }
            }
            @if let Ok(groups) = groups { (groups) }
            (take(served, &asked, if query.versus.is_some() && query.filter.is_some() { &["dissect", "histogram", "lengths", "versus"] } else { &["dissect", "histogram", "lengths"] }, ("", "dissect", &[])))
        };
        Ok((Said { title: "Rewarded".to_owned(), main }, Some((slice.pairs, slice.of))))
    })
    .await
}

/// Which judges are shown, where there are more than one chart can distinguish.
fn how_many_judges(query: &Query, opened: &Opened) -> Markup {
    let (all, chosen) = (opened.about.judges().len(), query.judges.len());
    html! {
        @if chosen > JUDGES { p.hint { "Of the " (chosen) " judges that are chosen, the first " (JUDGES) " are shown." } }
        @else if chosen == 0 && all > JUDGES { p.hint { "Of " (all) " judges, the " (JUDGES) " with the most verdicts are shown. Choose others above." } }
    }
}

/// Whether all pairs were counted, on every answer about a large study, so that nothing below moves when the exact one comes.
fn how_many_counted([own, outside]: [Option<u64>; 2], of: u64) -> Markup {
    let next = "drawn at random; all of them are counted next.";
    html! {
        @match (own, outside) {
            (Some(own), Some(other)) => p.n data-sampled { "A sample: from " (format::count(own)) " of these pairs and " (format::count(other)) " of the others, " (next) },
            (Some(own), None) => p.n data-sampled { "A sample: from " (format::count(own)) " of these pairs, " (next) },
            (None, Some(other)) => p.n data-sampled { "A sample: from " (format::count(other)) " of the other pairs, " (next) },
            (None, None) => @if of >= SAMPLED { p.n { "All of these pairs are counted." } },
        }
    }
}

/// Tried properties that are uninformative here.
fn in_vain(names: &[String]) -> Markup {
    html! {
        @for name in names {
            p.problem { code { (shown(name)) } ": no response here contains it, or both responses of each pair equally; its weight says nothing." }
        }
    }
}

/// Where the same figures come from, to take along.
fn same_elsewhere(served: &Served, query: &Query) -> Markup {
    html! {
        h2 { "The same elsewhere" }
        p.copy { (shown(&query.command(&served.given))) }
        p { a.button href={ "/api/v1/s/" (served.id) "/dissect" (query.to_address()) } { "JSON" } }
    }
}

/// The pairs of the slice.
pub(crate) async fn pairs(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answered(app, headers, id, query, "/pairs", |served, opened, query, waiting| {
        // Beyond the end is the last page.
        let last = (opened.about.empty.data.pairs as usize).saturating_sub(1);
        let query = &Query { from: query.from.min(last), ..query.clone() };
        let request = PageRequest { sort: query.pairs, from: query.from, most: PAGE };
        let page = opened.bench.browse(&query.slice(), &query.fit(), &request, waiting)?;
        let at = |from: u64| place(served, "/pairs", &Query { from: from as usize, ..query.clone() });
        let sorted = |pairs| place(served, "/pairs", &Query { pairs, from: 0, ..query.clone() });
        let of = opened.about.empty.data.pairs;
        let narrowed = |condition: &str| place(served, "/pairs", &query.narrowed(condition).unwrap_or_else(|| query.clone()));
        let links = ListLinks {
            pair: &|id| place(served, &format!("/pairs/{}", part(id)), &Query { from: 0, ..query.clone() }),
            model: &|name| narrowed(&format!("(model(a) = {name} or model(b) = {name})", name = literal(name))),
            verdict: &|judge, p_a| narrowed(&format!("judge({}) {} 0.5", literal(judge), compared_with_half(p_a))),
        };
        let main = html! {
            h1 { "Pairs" @if query.filter.is_some() { " of this slice" } }
            @if opened.about.unjudged() { p.hint { "Nobody has judged these pairs yet: " a href=(place(served, "/label", query)) { "judge them yourself" } " or " a href=(place(served, "/runs", query)) { "ask a model" } "." } }
            @else { p.pager {
                "Order: "
                @if query.pairs == Sort::Study { b { "as in the study" } " · " a href=(sorted(Sort::Surprise)) { "the most surprising" } }
                @else { a href=(sorted(Sort::Study)) { "as in the study" } " · " b { "the most surprising" } }
            } }
            // The script lets the list go on: what stood below it would not be reached.
            (take(served, query, &["pairs"], ("/pairs", "export", &["-o", "pairs.jsonl"])))
            (live::listed(&page, &links))
            p.pager.ends {
                @if query.from > 0 { a.button rel="prev" href=(at(query.from.saturating_sub(PAGE) as u64)) { "Previous" } }
                span.n { (format::count((query.from + 1).min(page.total as usize) as u64)) " to "
                    span.last { (format::count((query.from + page.rows.len()) as u64)) } " of " (format::count(page.total)) }
                @if let Some(next) = page.next { a.button rel="next" href=(at(next)) { "Next" } }
            }
        };
        Ok((Said { title: "Pairs".to_owned(), main }, Some((page.total, of))))
    })
    .await
}

fn compared_with_half(p_a: f64) -> &'static str {
    match p_a.total_cmp(&0.5) {
        Ordering::Greater => ">",
        Ordering::Less => "<",
        Ordering::Equal => "=",
    }
}

/// The way back to the list, and to the pairs before and after, with the same filter and order.
fn along(served: &Served, query: &Query, beside: Option<&Neighbours>) -> Markup {
    let to = |pair: &str| place(served, &format!("/pairs/{}", part(pair)), query);
    html! {
        nav.pager aria-label="Pairs" {
            a href=(place(served, "/pairs", query)) { "← Pairs" @if query.filter.is_some() { " of this slice" } }
            @if let Some(Neighbours { previous, next, number, total }) = beside {
                @if let Some(pair) = previous { a.button #previous-pair rel="prev" href=(to(pair)) aria-keyshortcuts="k" { "Previous" } }
                span.n { (format::count(*number)) " of " (format::count(*total))
                    @if query.pairs == Sort::Surprise { ", the most surprising first" } }
                @if let Some(pair) = next { a.button #next-pair rel="next" href=(to(pair)) aria-keyshortcuts="j" { "Next" } }
            } @else if query.filter.is_some() { span.n { "This pair is not in the slice." } }
        }
    }
}

/// One pair: its texts, what was said of it, and why.
pub(crate) async fn pair(
    State(app): State<App>,
    headers: HeaderMap,
    Path((id, wanted)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    answered(app, headers, id, query, "/pairs", move |served, opened, query, waiting| {
        let Reasons { pair, explanation, not_by_slice } = reasons(opened, query, &wanted, waiting)?;
        let verdicts = opened.bench.verdicts_on(&pair.id, waiting)?;
        let Marked { sides: [a, b], said } = marked(served, &opened.about, query, &pair);
        let beside = opened.bench.neighbours(&query.slice(), &query.fit(), (&pair.id, query.pairs), waiting)?;
        let main = html! {
            (along(served, query, beside.as_ref()))
            h1 { "Pair " bdi { (shown(&pair.id)) } }
            (live::reading(&pair.prompt_text(), [&a, &b], &verdicts, &said, &|text| whole(served, &pair.id, text)))
            section aria-label="Why" {
                @match &explanation {
                    Ok(explanation) => {
                        h2 { "Why" }
                        p {
                            "The model fitted to " bdi { (shown(&explanation.judge)) }
                            @match &not_by_slice {
                                Some(why) => { " on all pairs (not by the slice: " (shown(why)) ")" }
                                None => { @if query.filter.is_some() { " in this slice" } }
                            }
                            " gives A a " b { (format::share(explanation.value)) } " chance of winning ["
                            (format::share(explanation.low)) ", " (format::share(explanation.high)) "]."
                            @if let Some(p_a) = explanation.p_a { " Its own verdict is " (live::verdict(p_a)) "." }
                        }
                        div.scroll role="region" tabindex="0" aria-label="What moved it" { (live::waterfall(explanation)) }
                        p.hint { "The fit is not checked while you look. " code { "predilect explain" } " checks it, and gives the same figures where the check passes." }
                    }
                    Err(why) => { p.n { "Not explained: " (shown(why)) } }
                }
            }
            @if explanation.is_ok() { (take(served, query, &["pair"], ("/pairs", "explain", &["--pair", &pair.id]))) }
        };
        Ok((Said { title: format!("Pair {}", shown(&pair.id)), main }, None))
    })
    .await
}

/// The judges compared.
pub(crate) async fn judges(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answered(app.costly(), headers, id, query, "/judges", |served, opened, query, waiting| {
        let counts = opened.counts(query, waiting)?;
        if opened.about.unjudged() {
            return Ok((unjudged(served, opened, query, "Judges"), Some(counts)));
        }
        let resamples = opened.resamples(query, waiting)?;
        let comparison = match opened.compare(query, waiting) {
            Err(error) if matches!(error.what_helps(), Some(Remedy::PublishedBeside)) => {
                let judge = query.judges.first().cloned().unwrap_or_else(|| opened.about.judges().join(""));
                return Ok((
                    Said { title: "Judges".to_owned(), main: alone(served, query, &judge) },
                    Some(counts),
                ));
            }
            found => found?,
        };
        let main = html! {
            h1 { "How the judges compare" @if query.filter.is_some() { " in this slice" } }
            (how_many_counted([comparison.sampled, None], counts.1))
            @if query.judges.is_empty() && opened.about.judges().len() > COMPARED {
                p.hint {
                    "Of " (opened.about.judges().len()) " judges, the " (COMPARED) " with the most verdicts are compared here, so fewer contrasts are counted than by "
                    code { "predilect compare" } ", which takes all and says whom to use. Choose judges to compare others."
                }
            }
            (live::judges(&comparison))
            p.hint {
                "While you look, fits are not checked by importance sampling"
                @if resamples < RESAMPLES { ", intervals of agreement and similarity come from " (resamples) " resamples instead of 1,000," }
                " and pooled fits are left out; " code { "predilect compare" } " has all of these. All other figures are the same."
            }
            (take(served, query, &["judges"], ("/judges", "compare", &[])))
        };
        Ok((Said { title: "Judges".to_owned(), main }, Some(counts)))
    })
    .await
}

/// What to do if there is only one judge.
fn alone(served: &Served, query: &Query, judge: &str) -> Markup {
    html! {
        h1 { "One judge, and no other to compare it with" }
        p { bdi { (shown(judge)) } (if query.judges.is_empty() { " is the only judge here." } else { " is the only judge that is chosen." }) " With a second one this page shows how alike they are, how often they agree, and where they differ." }
        ul.tiles aria-label="Judges to compare with" {
            @if !query.judges.is_empty() {
                li { a href=(place(served, "/judges", &Query { judges: Vec::new(), ..query.clone() })) { b { "All judges of the study" } span { "Only one was chosen." } } }
            }
            li { a href=(place(served, "/label", query)) { b { "Judge pairs yourself" } span { "Your votes make you the second judge." } } }
            li { a href=(place(served, "/runs", query)) { b { "Ask a model" } span { "Its verdicts on the same pairs, with a forecast of what they cost." } } }
            li { a href="/published" { b { "33 published judges" } span { "How people and 32 language models compare." } } }
        }
    }
}

/// What there is to do where fewer than two models are named.
fn no_models(served: &Served, query: &Query) -> Markup {
    html! {
        h1 { "No models to rank" @if query.filter.is_some() { " in this slice" } }
        p {
            "A leaderboard needs verdicts between at least two models that are named. Names come from fields such as " code { "model_a" } " and "
            code { "model_b" } "."
        }
        ul.tiles aria-label="What there is instead" {
            @if query.filter.is_some() {
                li { a href=(place(served, "/models", &query.with_filter(None))) { b { "All pairs" } span { "The filter may have left too few models." } } }
            }
            li { a href=(place(served, "", query)) { b { "What is rewarded" } span { "The properties of responses, whoever wrote them." } } }
            li { a href=(place(served, "/data", query)) { b { "How the data were read" } span { "Which column is a model, and which are not used." } } }
        }
    }
}

/// The models, raw and with what is chosen held equal.
pub(crate) async fn models(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answered(app.costly(), headers, id, query, "/models", |served, opened, query, waiting| {
        let counts = opened.counts(query, waiting)?;
        if opened.about.unjudged() {
            return Ok((unjudged(served, opened, query, "Models"), Some(counts)));
        }
        let standings = match opened.rank(query, waiting) {
            Err(error) if matches!(error.what_helps(), Some(Remedy::NameModels)) => {
                return Ok((
                    Said { title: "Models".to_owned(), main: no_models(served, query) },
                    Some(counts),
                ));
            }
            found => found?,
        };
        let main = html! {
            h1 { "How the models rank" @if query.filter.is_some() { " in this slice" } }
            (how_many_counted([standings.sampled, None], counts.1))
            @if let Some(all) = (query.judges.is_empty()).then(|| opened.about.judges().len()).filter(|all| *all > standings.judges.len()) {
                p.hint {
                    "By the verdicts of " (format::count(standings.judges.len() as u64)) " of " (format::count(all as u64)) " judges: "
                    (shown(&standings.judges.join(", "))) ". Choose judges to rank by others; several are counted together."
                }
            }
            (live::cautions_of_models(&opened.about.empty))
            (live::board(&standings))
            (take(served, query, &["models"], ("/models", "rank", &ranked_alike(query, &standings))))
        };
        Ok((Said { title: "Models".to_owned(), main }, Some(counts)))
    })
    .await
}

/// What makes the command line rank as the page does: the same judges, and the same held equal in the same way.
fn ranked_alike<'s>(query: &Query, standings: &'s Standings) -> Vec<&'s str> {
    let mut words = Vec::new();
    if query.judges.is_empty() {
        words.extend(standings.judges.iter().flat_map(|judge| ["--judge", judge]));
    }
    let Some(held) = &standings.controlled else { return words };
    for control in &held.controls {
        words.extend(["--control", &control.name]);
    }
    if held.prior > 0.0 {
        words.extend(["--prior", "0.1"]);
    }
    words
}

/// What was read, and what the data look like.
pub(crate) async fn data(
    State(app): State<App>,
    headers: HeaderMap,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    answered(app, headers, id, query, "/data", |served, opened, _, _| {
        let about = &opened.about;
        let main = html! {
            h1 { "The data, and how they were read" }
            (live::data(&about.empty))
            (take(served, &Query::default(), &["data"], ("/data", "dissect", &[])))
        };
        let pairs = about.empty.data.pairs;
        Ok((Said { title: "Data".to_owned(), main }, Some((pairs, pairs))))
    })
    .await
}
