//! What a language model says of ordered pairs, asked as `annotate` asks.

use std::path::Path;
use std::time::Instant;

use predilect_annotate::judge::Orders;
use predilect_annotate::rate::{
    Analysis, Ask, Known, Method, RateOptions, Shown, asked_with, asks, is_rateable, rated,
};
use predilect_llm::{CallLog, Enforce, Model, ModelSpec, Outcome, Request, RunOptions, Runner};
use predilect_results::asked::{CallPlan, Failures, RaterCost, RaterValidity, Unread};
use predilect_types::{Applies, Message, Pair, Property, Response, property};
use predilect_validity::{Ordered, Said, score};

use super::found::{found, rateable};
use super::pairs::limited;
use super::request::{Rater, ValidityRequest, folder};
use crate::asking::{self, Cut, Failed, Unreadable, ask_again, spent, stopped, telling};
use crate::error::{Error, Remedy, Result};
use crate::figures;
use crate::judging::no_probabilities;
use crate::watch::{Event, Step, Watch};

/// A model and how it is asked.
struct Rating {
    name: String,
    model: Box<dyn Model>,
    run: RunOptions,
    method: Method,
    single: bool,
    seed: u64,
    enforce: Enforce,
}

/// An ordered pair and its questions.
struct Item {
    ordered: Ordered,
    /// Whether the response with more is A.
    higher_is_a: bool,
    options: RateOptions,
    asks: Vec<Ask>,
}

fn rating(spec: &ModelSpec, request: &ValidityRequest, watch: &dyn Watch) -> Result<Rating> {
    let calls = &request.calls;
    let model = calls.model(spec, watch)?;
    let can = model.capabilities();
    let method = request.method.unwrap_or(if can.together { Method::Scored } else { Method::Generated });
    if method == Method::Scored && !can.next {
        return Err(no_probabilities(spec));
    }
    Ok(Rating {
        name: calls.named(spec),
        model,
        run: calls.run(spec, watch)?,
        method,
        single: request.single,
        seed: request.seed,
        enforce: calls.enforce,
    })
}

/// A pair for the annotator, by turns with the better response as A or B; it is shown in both orders anyway.
fn item(at: usize, ordered: Ordered, rating: &Rating) -> Option<Item> {
    let property: &'static Property = property(&ordered.property)?;
    let higher_is_a = at.is_multiple_of(2);
    let (a, b) =
        if higher_is_a { (&ordered.higher, &ordered.lower) } else { (&ordered.lower, &ordered.higher) };
    let pair = Pair {
        id: format!("{}-{at}", ordered.property),
        prompt: vec![Message::user(ordered.request.clone())],
        response_a: Response::new(a.as_str(), None),
        response_b: Response::new(b.as_str(), None),
        ..Pair::default()
    };
    let analysis = Analysis {
        intent_clear: property.applies != Applies::IntentUnclear,
        feelings: property.applies == Applies::ExpressFeeling,
        constraints: ordered.constraints.clone(),
        stances: ordered.stances.clone(),
        mistakes: ordered.mistakes.clone(),
    };
    let known = Known { analysis: Some(analysis), reference: ordered.reference.clone() };
    // A form asks for all properties that `annotate` asks for in it; a question is of one.
    let properties = match rating.method {
        Method::Generated => asked_with(property).collect(),
        Method::Scored => vec![property],
    };
    let options = RateOptions {
        properties,
        method: rating.method,
        single: rating.single,
        orders: Orders::Both,
        seed: rating.seed,
    };
    let asks = asks(&pair, &known, &options);
    Some(Item { ordered, higher_is_a, options, asks })
}

fn items(pairs: Vec<Ordered>, rating: &Rating) -> (Vec<Item>, Vec<String>) {
    let (pairs, not_rated) = rateable(pairs, is_rateable);
    let items = pairs.into_iter().enumerate().filter_map(|(at, pair)| item(at, pair, rating)).collect();
    (items, not_rated)
}

fn requests(items: &[Item], rating: &Rating) -> Vec<Vec<Request>> {
    let of = |item: &Item| {
        item.asks.iter().map(|ask| ask.request.clone().enforcing(rating.enforce)).collect::<Vec<_>>()
    };
    items.iter().map(of).collect()
}

/// What the calls would be and cost.
pub(super) fn plans(
    request: &ValidityRequest,
    pairs: &[Ordered],
    watch: &dyn Watch,
) -> Result<Vec<CallPlan>> {
    let log = asking::log_if_there(&folder(request.folder.as_deref())?)?;
    let mut plans = Vec::new();
    for rater in &request.annotators {
        let Rater::Model(spec) = rater else { continue };
        let rating = rating(spec, request, watch)?;
        let (items, _) = items(limited(pairs, request, true), &rating);
        let runner = Runner { model: rating.model.as_ref(), log: &log, options: rating.run.clone() };
        let all: Vec<_> = requests(&items, &rating).into_iter().flatten().collect();
        plans.push(asking::planned(&rating.name, &runner.plan(&all)?));
    }
    Ok(plans)
}

/// A model that is asked, the folder of its log, and what others have spent of the budget.
pub(super) struct Asked<'a> {
    pub(super) spec: &'a ModelSpec,
    pub(super) folder: &'a Path,
    pub(super) spent: f64,
}

/// Asks a model about all pairs, in both orders; the problem that stopped it, if any.
#[expect(
    clippy::too_many_lines,
    reason = "the steps of a run in their order; what each does stands elsewhere"
)]
pub(super) fn rate(
    asked: &Asked<'_>,
    pairs: Vec<Ordered>,
    request: &ValidityRequest,
    watch: &dyn Watch,
) -> Result<(RaterValidity, Option<Error>)> {
    let mut rating = rating(asked.spec, request, watch)?;
    rating.run.gone += asked.spent;
    let (items, not_rated) = items(pairs, &rating);
    if items.is_empty() {
        let wanted = if not_rated.is_empty() { &request.properties } else { &not_rated };
        return Err(
            Error::new(format!("no model is asked for {}", wanted.join(", "))).remedy(Remedy::RateByText)
        );
    }
    let log: CallLog = asking::log(asked.folder)?;
    let groups = requests(&items, &rating);
    let questions: u64 = groups.iter().map(|group| group.len() as u64).sum();
    watch.event(Event::Begin(Step::Asking(&rating.name), Some(questions)));
    let began = Instant::now();
    let runner = Runner { model: rating.model.as_ref(), log: &log, options: rating.run.clone() };
    let mut report = runner.run(&groups, &telling(watch));
    let read = |at: usize, own: &[Option<Outcome>]| {
        let item = &items[at];
        let result = rated("", &rating.name, &item.asks, own, &item.options);
        result.answers.iter().map(|parse| parse.is_read()).collect()
    };
    ask_again(&runner, &groups, &mut report, &read, watch)?;
    watch.event(Event::End);
    let mut failures = Failures::default();
    failures.add(&report.outcomes);
    let mut unread = Unread::default();
    for (item, own) in items.iter().zip(&report.outcomes) {
        unread.count(own, rated("", &rating.name, &item.asks, own, &item.options).answers);
    }
    let mut cut = Cut::default();
    cut.add(&runner, &groups, &report.outcomes);
    // A pair without an answer is not one that the model could not rate.
    let answered = |own: &&Vec<Option<Outcome>>| {
        own.iter().all(|outcome| outcome.as_ref().is_some_and(|outcome| outcome.answer.is_ok()))
    };
    let said: Vec<(Ordered, Said)> = items
        .into_iter()
        .zip(&report.outcomes)
        .filter(|(_, own)| answered(own))
        .map(|(item, own)| {
            let said = said(&item, own, &rating.name);
            (item.ordered, said)
        })
        .collect();
    let mut found = found(
        &rating.name,
        &figures::of_model(rating.method.as_str(), rating.single, Orders::Both.as_str()),
        &said,
        not_rated,
    );
    let read = said.iter().filter(|(_, said)| said.higher.is_some() || said.lower.is_some()).count() as u64;
    found.remarks = rating.model.remarks();
    found.remarks.extend(cut.remark());
    let problem = report
        .stop
        .map(|stop| stopped(stop, rating.run.budget))
        .or_else(|| failures.nothing_but(read))
        .or_else(|| unread.nothing_read(read));
    found.cost = Some(RaterCost {
        spent: spent(&report.totals),
        failures,
        unread,
        seconds: began.elapsed().as_secs_f64(),
    });
    Ok((found, problem))
}

/// The ratings of a pair, from both orders together and from each.
fn said(item: &Item, outcomes: &[Option<Outcome>], name: &str) -> Said {
    let rated_by = |keep: &dyn Fn(&Ask) -> bool| {
        let (asks, own): (Vec<Ask>, Vec<Option<Outcome>>) = item
            .asks
            .iter()
            .zip(outcomes)
            .filter(|(ask, _)| keep(ask))
            .map(|(ask, outcome)| (ask.clone(), outcome.clone()))
            .unzip();
        let rated = rated("", name, &asks, &own, &item.options);
        let rating = rated.ratings.into_iter().find(|rating| rating.property == item.ordered.property);
        let (a, b) = rating.map_or((None, None), |rating| (rating.a, rating.b));
        if item.higher_is_a { (a, b) } else { (b, a) }
    };
    let (higher, lower) = rated_by(&|_| true);
    let in_order = |higher_first: bool| {
        let swapped = higher_first != item.higher_is_a;
        let (higher, lower) = rated_by(&|ask| ask.shown == Shown::Both { swapped });
        score(&item.ordered.property, higher, lower)
    };
    let by_order = in_order(true).zip(in_order(false)).map(|(first, second)| [first, second]);
    Said { higher, lower, by_order }
}
