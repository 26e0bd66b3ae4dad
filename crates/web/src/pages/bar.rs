//! The bar of the slice, on every page of a study: which part is shown, by which judges, compared with what.

use maud::{Markup, html};
use predilect_report::format;
use predilect_report::live::Order;
use predilect_workbench::labelling::judge_named;
use predilect_workbench::trial::MOST as MOST_TRIED;
use predilect_workbench::{Other, literal};

use super::parts::{place, shown};
use super::unknown::unknown;
use super::{grouped, held};
use crate::opened::About;
use crate::query::{Query, Read};
use crate::studies::Served;

/// Judges that can be chosen without looking further.
const JUDGES: usize = 12;
/// Values of a field that are offered as slices.
const VALUES: usize = 8;

/// The form; without a script its button sends it, with one every change does.
pub(super) fn bar(
    served: &Served,
    read: &Read,
    end: &str,
    about: Option<&About>,
    counts: Option<(u64, u64)>,
) -> Markup {
    // The page on the data is about all of them: a form that changes nothing there only keeps its place for other pages.
    if end == "/data" {
        let said = unknown(&read.query, about);
        return html! { form.slice hidden[said.0.is_empty()] { (said) } };
    }
    let query = &read.query;
    let wrong = read.error.is_some();
    let against = match &query.versus {
        Some(Other::Where(filter)) => Some(filter.to_string()),
        _ => None,
    };
    html! {
        form.slice method="get" action={ "/s/" (served.id) (end) } role="search" aria-label="Slice" {
            input #where type="text" name="where" value=(shown(&read.written)) autocomplete="off" spellcheck="false" aria-label="Filter"
                placeholder={ "All pairs. Filter: " (example(about)) } aria-invalid=[wrong.then_some("true")];
            // The script says here why what is typed has no answer, and keeps the last one.
            div #wrong aria-live="polite" {}
            @if let Some(name) = query.name.as_ref().filter(|name| judge_named(name).is_ok()) { input type="hidden" name="name" value=(name); }
            span.count aria-live="polite" {
                @match counts {
                    Some((pairs, of)) if pairs < of => { b { (format::count(pairs)) } " of " (format::count(of)) " pairs" }
                    Some((pairs, _)) => { b { (format::count(pairs)) } (if pairs == 1 { " pair" } else { " pairs" }) }
                    None => {}
                }
            }
            @if let Some(about) = about { (row(query, about, against.as_deref(), end)) }
            @if let Some(about) = about.filter(|_| query.filter.is_none()) { (offers(served, query, about, end)) }
            @if query.filter.is_some() {
                ul.chips.row aria-label="The filter" {
                    li { a href=(place(served, end, &query.with_filter(None))) { "All pairs" } }
                }
            }
            @if query.versus.is_some() && query.filter.is_none() && end.is_empty() {
                div.row { p.problem { "Write a filter first: without one there is nothing to compare with the rest." } }
            }
            @if let Some(group) = query.group.as_ref().filter(|_| !end.is_empty()) {
                div.row { p.hint { "Groups by " code { bdi { (shown(group)) } } " are shown under Rewarded only." } }
            }
            (unknown(query, about))
        }
    }
}

fn row(query: &Query, about: &About, against: Option<&str>, end: &str) -> Markup {
    let judges = about.judges();
    let first = judges.iter().take(JUDGES);
    let rest: Vec<&&str> = judges.iter().skip(JUDGES).collect();
    let chosen = |judge: &str| query.judges.iter().any(|own| own == judge);
    html! {
        div.row {
            @if judges.len() < 2 || end == "/label" { @for judge in &query.judges { input type="hidden" name="judge" value=(judge); } }
            @if judges.len() > 1 && end != "/label" {
                @for judge in first {
                    label { input type="checkbox" name="judge" value=(judge) checked[chosen(judge)]; bdi { (shown(judge)) } }
                }
                @if !rest.is_empty() {
                    @for judge in rest.iter().filter(|judge| chosen(judge)) {
                        label { input type="checkbox" name="judge" value=(judge) checked; bdi { (shown(judge)) } }
                    }
                    select name="judge" aria-label="Another judge" {
                        option value="" selected { "+ another judge" }
                        @for judge in rest.iter().filter(|judge| !chosen(judge)) { option value=(judge) { (shown(judge)) } }
                    }
                }
            }
            @if !end.is_empty() { @if let Some(other) = &query.versus { input type="hidden" name="vs" value=(other); } }
            @else if let Some(filter) = against { label { input type="checkbox" name="vs" value=(filter) checked; "against " bdi { (shown(filter)) } } }
            @else if query.filter.is_some() || query.versus.is_some() {
                label { input #rest type="checkbox" name="vs" value="rest" checked[query.versus == Some(Other::Rest)]; "against the rest" }
            }
            @if !end.is_empty() && query.order != Order::default() { input type="hidden" name="sort" value=(query.order.as_str()); }
            @if query.pairs == predilect_workbench::browse::Sort::Surprise { input type="hidden" name="pairs" value="surprise"; }
            @if end == "/models" { (held::chooser(query)) }
            @else { @for control in &query.controls { input type="hidden" name="control" value=(control); } }
            @if query.terms != predilect_workbench::Terms::default() { input type="hidden" name="terms" value=(query.terms.to_string()); }
            @if let Some(property) = &query.property { input type="hidden" name="prop" value=(property); }
            @if end.is_empty() {
                label { "Order "
                    select name="sort" {
                        @for (order, name, words) in Order::ALL {
                            option value=(if order == Order::default() { "" } else { name }) selected[query.order == order] { (words) }
                        }
                    }
                }
            }
            @if end.is_empty() { (tries(query)) }
            @else { @for trial in &query.tried { input type="hidden" name="try" value=(trial); } }
            @if end.is_empty() { (grouped::chooser(query, &about.fields)) }
            @else if let Some(group) = &query.group { input type="hidden" name="group" value=(group); }
            button.send type="submit" { "Show" }
        }
    }
}

/// Properties that are tried, each to be left out again, and a field for another.
fn tries(query: &Query) -> Markup {
    html! {
        @for trial in &query.tried {
            label { input type="checkbox" name="try" value=(trial) checked; "try " code { bdi { (shown(&trial.to_string())) } } }
        }
        @if query.tried.len() < MOST_TRIED {
            label { "Try a property "
                input #try type="text" name="try" autocomplete="off" spellcheck="false" size="22" placeholder="/certainly/i or count(a, \"!\")";
            }
        }
    }
}

/// Characters of a scenario that the field of the filter has room for.
const SCENARIO: usize = 40;

/// A filter that has an answer here: the study's own first scenario, where it has some.
fn example(about: Option<&About>) -> String {
    let fields = about.map(|about| about.fields.as_slice()).unwrap_or_default();
    let scenarios = fields.iter().find(|(field, _)| field == "scenario").map(|(_, values)| values);
    let short = |value: &&String| value.chars().nth(SCENARIO).is_none() && shown(value) == **value;
    match scenarios.and_then(|values| values.iter().map(|(value, _)| value).find(short)) {
        Some(scenario) => format!("scenario = {} and words(a) > words(b)", literal(scenario)),
        None => "words(a) > words(b)".to_owned(),
    }
}

/// Slices to begin with: the values of the fields that the data have.
fn offers(served: &Served, query: &Query, about: &About, end: &str) -> Markup {
    let longer = ["words(a) > 2 * words(b)"];
    html! {
        ul.chips.row aria-label="Slices to start from" {
            @for (field, values, note) in about.offered() {
                // What has no language is no value to ask for.
                @for (value, pairs) in values.iter().filter(|(value, _)| field == "scenario" || value != "unknown").take(VALUES) {
                    @if let Some(narrower) = query.narrowed(&format!("{field} = {}", literal(value))) {
                        li { a href=(place(served, end, &narrower)) { @if field != "scenario" { span.n { (field) @if let Some(note) = note { " (" (note) ")" } " " } } bdi { (shown(value)) } " " span.n { (format::count(*pairs)) } } }
                    }
                }
            }
            @for filter in longer {
                @if let Some(narrower) = query.narrowed(filter) { li { a href=(place(served, end, &narrower)) { "A more than twice as long" } } }
            }
        }
    }
}
