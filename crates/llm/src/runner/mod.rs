//! How many questions are asked of one model: each once, as many at a time as it bears, within a budget.

mod batches;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::contract::{Answer, Model, Request, Usage};
use crate::error::{CallError, Fault};
use crate::log::{CallLog, Entry, LogError, key};
use crate::price::Price;

/// How calls are made.
#[derive(Debug, Clone, PartialEq)]
pub struct RunOptions {
    /// Most calls at once. Where the server asks for less, fewer are made, and slowly more again.
    pub concurrency: usize,
    /// How often a call is repeated that may succeed later.
    pub retries: u32,
    /// The wait before the first repetition; it doubles each time, up to a minute.
    pub wait: Duration,
    /// The most US dollars that this run may spend. Every call is reserved at its dearest (a token for each byte, as many
    /// written as allowed, for each try that may cost), so the last calls that might fit are not made.
    pub budget: Option<f64>,
    /// Ask again what failed for good in an earlier run. What may succeed later is asked again in any case.
    pub retry_failed: bool,
    /// Ask nothing: read what is logged.
    pub offline: bool,
    /// Hand questions over in batches, and fetch those that have ended; [`RunOptions::price`] is then the batch price.
    pub batch: bool,
    /// What tokens cost, where it is known.
    pub price: Option<Price>,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            concurrency: 16,
            retries: 6,
            wait: Duration::from_millis(500),
            budget: None,
            retry_failed: false,
            offline: false,
            batch: false,
            price: None,
        }
    }
}

/// What a run would do.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Plan {
    /// Different questions.
    pub questions: u64,
    /// Of these, answered or failed already.
    pub logged: u64,
    /// Calls to make.
    pub calls: u64,
    /// About how many tokens these read.
    pub input_tokens: u64,
    /// The most tokens that these may write.
    pub output_tokens: u64,
    /// About their price in US dollars, where prices are known.
    pub price: Option<f64>,
}

/// How one question ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The key in the call log.
    pub key: String,
    /// The answer, or why there is none.
    pub answer: Result<Answer, CallError>,
    /// Whether it came from the log.
    pub from_log: bool,
}

/// Why a run ended before its last question.
#[derive(Debug)]
pub enum Stop {
    /// The next call might have exceeded the budget.
    Budget,
    /// Every other call would have failed alike.
    Fault(CallError),
    /// The log could not be read or written.
    Log(LogError),
    /// Questions wait in batches of the provider; a later run fetches their answers.
    Batch {
        /// Questions of this run that wait.
        waiting: u64,
    },
}

/// What a run did.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Totals {
    /// Calls made, repetitions included.
    pub calls: u64,
    /// Of these, repetitions.
    pub retries: u64,
    /// Questions answered from the log.
    pub from_log: u64,
    /// Questions that failed for good.
    pub failed: u64,
    /// Tokens of the calls made.
    pub usage: Usage,
    /// Their price in US dollars, where prices are known.
    pub price: Option<f64>,
}

/// How a run ended.
#[derive(Debug)]
pub struct RunReport {
    /// For each group one per question, in their order; `None` where it was not asked.
    pub outcomes: Vec<Vec<Option<Outcome>>>,
    /// What was done.
    pub totals: Totals,
    /// Why it ended early.
    pub stop: Option<Stop>,
}

/// Asks many questions of one model.
pub struct Runner<'a> {
    /// The model.
    pub model: &'a dyn Model,
    /// Where calls are looked up and written.
    pub log: &'a CallLog,
    /// How.
    pub options: RunOptions,
}

impl Runner<'_> {
    /// What [`Runner::run`] would do.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn plan(&self, requests: &[Request]) -> Result<Plan, LogError> {
        let mut plan = Plan { price: self.options.price.map(|_| 0.0), ..Plan::default() };
        for (request, key) in self.distinct(requests.iter()).0 {
            plan.questions += 1;
            if self.known(&key)?.is_some() {
                plan.logged += 1;
                continue;
            }
            plan.calls += 1;
            let about = self.about(request);
            plan.input_tokens += about.input;
            plan.output_tokens += about.output;
            if let (Some(sum), Some(price)) = (&mut plan.price, self.options.price) {
                *sum += price.of(about);
            }
        }
        Ok(plan)
    }

    /// Asks every question that the log does not answer. `done` is told after each, from whichever thread asked.
    ///
    /// A group holds the questions that share most of what they show, such as those about one pair: a model that gains from it
    /// is asked a group at once. A failed question never stops the others, unless all would fail alike. Equal questions are
    /// asked once.
    pub fn run(&self, groups: &[Vec<Request>], done: &(dyn Fn() + Sync)) -> RunReport {
        let (distinct, index) = self.distinct(groups.iter().flatten());
        let shared = Shared::new(&self.options);
        if let Err(stop) = self.nothing_waits() {
            shared.stop(stop);
            let outcomes = groups.iter().map(|group| vec![None; group.len()]).collect();
            let (totals, stop) = shared.finish();
            return RunReport { outcomes, totals, stop };
        }
        let slots: Vec<Mutex<Option<Outcome>>> = distinct.iter().map(|_| Mutex::new(None)).collect();
        if self.options.batch && !self.options.offline {
            if let Err(stop) = self.in_batches(&distinct, &slots, &shared, done) {
                shared.stop(stop);
            }
        } else if self.model.capabilities().together {
            let mut places = index.iter();
            let mut from = 0;
            for group in groups {
                // A question belongs to the group that asks it first.
                let to =
                    places.by_ref().take(group.len()).map(|&place| place + 1).max().unwrap_or(0).max(from);
                if let Err(stop) = self.together(&distinct[from..to], &slots[from..to], &shared, done) {
                    shared.stop(stop);
                    break;
                }
                from = to;
            }
        } else {
            self.each(&distinct, &slots, &shared, done);
        }
        let found: Vec<Option<Outcome>> =
            slots.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        let mut found = index.into_iter().map(|at| found.get(at).cloned().flatten());
        let outcomes = groups.iter().map(|group| found.by_ref().take(group.len()).collect()).collect();
        let (totals, stop) = shared.finish();
        RunReport { outcomes, totals, stop }
    }

    /// Asks each question by itself, several at a time.
    fn each(
        &self,
        distinct: &[(&Request, String)],
        slots: &[Mutex<Option<Outcome>>],
        shared: &Shared,
        done: &(dyn Fn() + Sync),
    ) {
        let next = AtomicUsize::new(0);
        let workers = self.options.concurrency.clamp(1, distinct.len().max(1));
        let work = || {
            while !shared.stopped() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let (Some((request, key)), Some(slot)) = (distinct.get(at), slots.get(at)) else { return };
                match self.one(request, key, shared) {
                    Ok(outcome) => {
                        *lock(slot) = outcome;
                        done();
                    }
                    Err(stop) => shared.stop(stop),
                }
            }
        };
        std::thread::scope(|scope| {
            for _ in 1..workers {
                // Hundreds of threads that only wait need little stack; where no more can be had, fewer do.
                let thread = std::thread::Builder::new().stack_size(512 << 10);
                if thread.spawn_scoped(scope, work).is_err() {
                    break;
                }
            }
            work();
        });
    }

    /// Asks a group at once. All of it is logged in one step: what was computed together is repeated together.
    fn together(
        &self,
        group: &[(&Request, String)],
        slots: &[Mutex<Option<Outcome>>],
        shared: &Shared,
        done: &(dyn Fn() + Sync),
    ) -> Result<(), Stop> {
        let mut waiting = Vec::new();
        for ((request, key), slot) in group.iter().zip(slots) {
            match self.settled(request, key, shared)? {
                Some(outcome) => {
                    *lock(slot) = Some(outcome);
                    done();
                }
                None => waiting.push((*request, key.as_str(), slot)),
            }
        }
        if waiting.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        let requests: Vec<&Request> = waiting.iter().map(|(request, ..)| *request).collect();
        let results = self.model.send_together(&requests);
        let latency = start.elapsed() / u32::try_from(requests.len()).unwrap_or(u32::MAX);
        let mut entries = Vec::with_capacity(requests.len());
        let mut outcomes = Vec::with_capacity(requests.len());
        for ((request, key, slot), result) in waiting.into_iter().zip(results) {
            let result = result.and_then(|body| Ok((self.model.read(request, &body)?, body)));
            if let Err(error) = &result
                && error.fault.stops_the_run()
            {
                return Err(Stop::Fault(error.clone()));
            }
            let usage = result.as_ref().map_or_else(|_| Usage::default(), |(answer, _)| answer.usage);
            let price = self.options.price.map(|price| price.of(usage));
            shared.settle(0.0, usage, price);
            lock(&shared.state).totals.calls += 1;
            let (answer, result) = match result {
                Ok((answer, body)) => (Ok(answer), Ok(body)),
                Err(error) => (Err(error.clone()), Err(error)),
            };
            // A failure here costs nothing to repeat, and another setting may mend it: it is not logged.
            if result.is_ok() {
                entries.push((key, request, Entry { result, usage, price, latency, retries: 0 }));
            }
            outcomes.push((slot, Outcome { key: key.to_owned(), answer, from_log: false }));
        }
        self.log.put_all(self.model.name(), &entries).map_err(Stop::Log)?;
        // A group fails or succeeds as one: a pair that is too long fails all its questions alike.
        let best = outcomes.iter().find(|(_, outcome)| outcome.answer.is_ok()).or(outcomes.first());
        let stop = best.and_then(|(_, outcome)| shared.given_up(&outcome.answer, self.options.concurrency));
        for (slot, outcome) in outcomes {
            lock(&shared.state).totals.failed += u64::from(outcome.answer.is_err());
            *lock(slot) = Some(outcome);
            done();
        }
        stop.map_or(Ok(()), |error| Err(Stop::Fault(error)))
    }

    /// Different questions with their keys, and each question's place among them.
    fn distinct<'r>(
        &self,
        requests: impl Iterator<Item = &'r Request>,
    ) -> (Vec<(&'r Request, String)>, Vec<usize>) {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut distinct = Vec::new();
        let index = requests
            .map(|request| {
                let key = key(self.model.name(), request);
                *places.entry(key.clone()).or_insert_with(|| {
                    distinct.push((request, key));
                    distinct.len() - 1
                })
            })
            .collect();
        (distinct, index)
    }

    /// What the log says, where that settles the question.
    fn known(&self, key: &str) -> Result<Option<Entry>, LogError> {
        let entry = self.log.get(key)?;
        Ok(entry.filter(|entry| match &entry.result {
            Ok(_) => true,
            Err(error) => {
                self.options.offline || !(self.options.retry_failed || error.fault.can_be_retried())
            }
        }))
    }

    fn about(&self, request: &Request) -> Usage {
        Usage { input: request.input_tokens(self.model), cached: 0, output: u64::from(request.max_tokens) }
    }

    /// No less than one try can cost.
    fn most(&self, request: &Request) -> f64 {
        let most =
            Usage { input: request.most_input_tokens(), cached: 0, output: u64::from(request.max_tokens) };
        self.options.price.map_or(0.0, |price| price.of(most))
    }

    /// How a question ends without a call: answered by the log, or left open by a run that asks nothing.
    fn settled(&self, request: &Request, key: &str, shared: &Shared) -> Result<Option<Outcome>, Stop> {
        let outcome = |answer, from_log| Some(Outcome { key: key.to_owned(), answer, from_log });
        if let Some(entry) = self.known(key).map_err(Stop::Log)? {
            // Read anew: a better reader finds more in what was paid for.
            let answer = entry.result.and_then(|body| self.model.read(request, &body));
            let mut state = lock(&shared.state);
            state.totals.from_log += 1;
            state.answered |= answer.is_ok();
            return Ok(outcome(answer, true));
        }
        if self.options.offline {
            let error = CallError::new(Fault::Connection, "not in the call log, and this run is offline");
            lock(&shared.state).totals.failed += 1;
            return Ok(outcome(Err(error), false));
        }
        Ok(None)
    }

    fn one(&self, request: &Request, key: &str, shared: &Shared) -> Result<Option<Outcome>, Stop> {
        if let Some(outcome) = self.settled(request, key, shared)? {
            return Ok(Some(outcome));
        }
        let most = self.most(request);
        if !shared.reserve(most, self.options.budget) {
            return Err(Stop::Budget);
        }
        let mut reserved = most;
        let start = Instant::now();
        let mut retries = 0;
        // Tokens of tries that gave nothing, as far as they may have been charged.
        let mut lost = Usage::default();
        let ended = loop {
            if !shared.enter() {
                // Another call has stopped the run.
                break Ok(None);
            }
            let result = self.model.send(request).and_then(|body| {
                let answer = self.model.read(request, &body)?;
                Ok((body, answer))
            });
            let wait = result.as_ref().err().map(|error| self.wait(key, retries, error));
            shared.leave(result.as_ref().err(), self.options.concurrency);
            let ended = match (result, wait) {
                (Err(error), Some(wait))
                    if error.fault.can_be_retried() && retries < self.options.retries =>
                {
                    retries += 1;
                    if error.fault.may_cost() {
                        lost = lost.plus(self.about(request));
                        // The next try needs money of its own.
                        if !shared.reserve(most, self.options.budget) {
                            break Err(Stop::Budget);
                        }
                        reserved += most;
                    }
                    lock(&shared.state).totals.retries += 1;
                    shared.sleep(wait);
                    continue;
                }
                (result, _) => result,
            };
            break Ok(Some(ended));
        };
        let usage = lost.plus(match &ended {
            Ok(Some(Ok((_, answer)))) if answer.usage != Usage::default() => answer.usage,
            Ok(Some(Ok((_, answer)))) => {
                Usage { output: self.model.count_tokens(&answer.text), ..self.about(request) }
            }
            Ok(Some(Err(error))) if error.fault.may_cost() => self.about(request),
            _ => Usage::default(),
        });
        let price = self.options.price.map(|price| price.of(usage));
        shared.settle(reserved, usage, price);
        let Some(result) = ended? else { return Ok(None) };
        if let Err(error) = &result
            && error.fault.stops_the_run()
        {
            return Err(Stop::Fault(error.clone()));
        }
        let (result, answer) = match result {
            Ok((body, answer)) => (Ok(body), Ok(answer)),
            Err(error) => (Err(error.clone()), Err(error)),
        };
        let entry = Entry { result, usage, price, latency: start.elapsed(), retries };
        self.log.put_all(self.model.name(), &[(key, request, entry)]).map_err(Stop::Log)?;
        lock(&shared.state).totals.failed += u64::from(answer.is_err());
        if let Some(error) = shared.given_up(&answer, self.options.concurrency) {
            return Err(Stop::Fault(error));
        }
        Ok(Some(Outcome { key: key.to_owned(), answer, from_log: false }))
    }

    /// The wait before a repetition: what the server asks for, else twice the last one, between half and all of it, so that
    /// calls that failed together do not come back together.
    fn wait(&self, key: &str, retries: u32, error: &CallError) -> Duration {
        let most = self.options.wait.saturating_mul(1 << retries.min(16)).min(Duration::from_mins(1));
        let digits = key.get(..8).and_then(|digits| u32::from_str_radix(digits, 16).ok()).unwrap_or(0);
        let share = f64::from(digits.rotate_left(retries * 5)) / f64::from(u32::MAX);
        most.mul_f64(0.5 + 0.5 * share).max(error.retry_after.unwrap_or_default())
    }
}

/// What the threads of a run share.
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

struct State {
    /// Calls that may be made at once: halved when the server asks for less, one more for each round that went well.
    limit: f64,
    under_way: usize,
    halved: Option<Instant>,
    /// Nobody calls before.
    pause: Option<Instant>,
    spent: f64,
    reserved: f64,
    totals: Totals,
    stop: Option<Stop>,
    /// Whether any question has an answer.
    answered: bool,
    /// Answers that lacked the probabilities asked for.
    without: usize,
    /// Questions given up one after the other, without an answer in between.
    in_vain: usize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    fn new(options: &RunOptions) -> Self {
        let totals = Totals { price: options.price.map(|_| 0.0), ..Totals::default() };
        Self {
            state: Mutex::new(State {
                limit: options.concurrency.clamp(1, 8) as f64,
                under_way: 0,
                halved: None,
                pause: None,
                spent: 0.0,
                reserved: 0.0,
                totals,
                stop: None,
                answered: false,
                without: 0,
                in_vain: 0,
            }),
            changed: Condvar::new(),
        }
    }

    fn stopped(&self) -> bool {
        lock(&self.state).stop.is_some()
    }

    fn stop(&self, stop: Stop) {
        lock(&self.state).stop.get_or_insert(stop);
        self.changed.notify_all();
    }

    fn reserve(&self, price: f64, budget: Option<f64>) -> bool {
        let mut state = lock(&self.state);
        let fits = budget.is_none_or(|budget| state.spent + state.reserved + price <= budget);
        if fits {
            state.reserved += price;
        }
        fits
    }

    fn settle(&self, reserved: f64, usage: Usage, price: Option<f64>) {
        let mut state = lock(&self.state);
        let spent = price.unwrap_or(0.0);
        state.reserved -= reserved;
        state.spent += spent;
        state.totals.usage = state.totals.usage.plus(usage);
        if let Some(price) = &mut state.totals.price {
            *price += spent;
        }
    }

    /// Waits for a place; false when the run was stopped meanwhile.
    fn enter(&self) -> bool {
        let mut state = lock(&self.state);
        loop {
            if state.stop.is_some() {
                return false;
            }
            let now = Instant::now();
            let wait = match state.pause {
                Some(pause) if pause > now => pause - now,
                _ if (state.under_way as f64) < state.limit.floor().max(1.0) => {
                    state.under_way += 1;
                    state.totals.calls += 1;
                    return true;
                }
                _ => Duration::from_secs(1),
            };
            state = self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn leave(&self, failed: Option<&CallError>, most: usize) {
        let mut state = lock(&self.state);
        state.under_way -= 1;
        match failed {
            None => state.limit = (state.limit + 1.0 / state.limit).min(most as f64),
            Some(error) if error.fault.asks_for_less() => {
                let now = Instant::now();
                // Calls that were under way together fail together: they count as one sign.
                if state.halved.is_none_or(|at| now - at > Duration::from_secs(1)) {
                    state.limit = (state.limit / 2.0).max(1.0);
                    state.halved = Some(now);
                }
                if let Some(wait) = error.retry_after {
                    state.pause = Some(state.pause.map_or(now + wait, |pause| pause.max(now + wait)));
                }
            }
            Some(_) => {}
        }
        drop(state);
        self.changed.notify_one();
    }

    /// Counts a question that ended, and says why to stop: when so many in a row were given up that the server must be gone
    /// or wants none of them, or when no answer ever holds the probabilities asked for.
    fn given_up(&self, answer: &Result<Answer, CallError>, concurrency: usize) -> Option<CallError> {
        let mut state = lock(&self.state);
        let Err(error) = answer else {
            state.answered = true;
            state.in_vain = 0;
            return None;
        };
        if error.fault == Fault::NoProbabilities {
            state.in_vain = 0;
            state.without += 1;
            return (state.without >= 3 && !state.answered).then(|| error.clone());
        }
        if !error.fault.can_be_retried() && error.fault != Fault::Request {
            state.in_vain = 0;
            return None;
        }
        state.in_vain += 1;
        let gone = state.in_vain >= concurrency.max(10);
        gone.then(|| CallError {
            message: format!("{} questions in a row got no answer: {}", state.in_vain, error.message),
            ..error.clone()
        })
    }

    /// Sleeps, but not past a stop.
    fn sleep(&self, wait: Duration) {
        let end = Instant::now() + wait;
        let mut state = lock(&self.state);
        while state.stop.is_none() {
            let now = Instant::now();
            if now >= end {
                return;
            }
            state = self.changed.wait_timeout(state, end - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn finish(self) -> (Totals, Option<Stop>) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        (state.totals, state.stop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::{Capabilities, Want};
    use crate::scripted::Scripted;
    use predilect_types::Message;

    fn questions(n: usize) -> Vec<Request> {
        (0..n)
            .map(|i| Request {
                messages: vec![Message::user(format!("question {i}"))],
                want: Want::Text,
                max_tokens: 10,
                temperature: 0.0,
                seed: None,
            })
            .collect()
    }

    /// Each question by itself.
    fn alone(n: usize) -> Vec<Vec<Request>> {
        questions(n).into_iter().map(|question| vec![question]).collect()
    }

    fn number(request: &Request) -> usize {
        request.messages[0].content.rsplit(' ').next().unwrap().parse().unwrap()
    }

    fn quick() -> RunOptions {
        RunOptions { wait: Duration::from_micros(50), ..RunOptions::default() }
    }

    #[test]
    fn what_is_logged_is_not_asked_again() {
        let model = Scripted::new(|request, _| Ok((format!("answer {}", number(request)), vec![])));
        let log = CallLog::in_memory().unwrap();
        let runner = Runner { model: &model, log: &log, options: quick() };
        let mut asked = questions(50);
        asked.extend(questions(20));
        let groups: Vec<Vec<Request>> = asked.iter().map(|question| vec![question.clone()]).collect();
        assert_eq!(runner.plan(&asked).unwrap().calls, 50);
        let first = runner.run(&groups, &|| {});
        assert_eq!((model.calls(), first.totals.calls), (50, 50), "equal questions are asked once");
        assert_eq!(first.outcomes.len(), 70);
        for (i, outcome) in first.outcomes.iter().flatten().enumerate() {
            let text = &outcome.as_ref().unwrap().answer.as_ref().unwrap().text;
            assert_eq!(*text, format!("answer {}", i % 50));
        }
        let again = runner.run(&groups, &|| {});
        assert_eq!((model.calls(), again.totals.from_log), (50, 50));
        let plan = runner.plan(&asked).unwrap();
        assert_eq!((plan.logged, plan.calls), (50, 0));
        let answers = |report: &RunReport| {
            report.outcomes.iter().flatten().map(|o| o.as_ref().unwrap().answer.clone()).collect::<Vec<_>>()
        };
        assert_eq!(answers(&first), answers(&again));
    }

    #[test]
    fn what_can_be_repeated_is_and_what_cannot_stops_no_other() {
        let model = Scripted::new(|request, attempt| match number(request) % 7 {
            0 if attempt < 3 => Err(CallError::new(Fault::RateLimited, "slow down")),
            1 if attempt < 1 => Err(CallError::new(Fault::Connection, "gone")),
            2 => Err(CallError::new(Fault::Filtered, "not this")),
            3 if number(request) == 3 => Err(CallError::new(Fault::Server, "always")),
            _ => Ok(("fine".to_owned(), vec![])),
        });
        let log = CallLog::in_memory().unwrap();
        let mut runner = Runner { model: &model, log: &log, options: RunOptions { retries: 4, ..quick() } };
        let report = runner.run(&alone(70), &|| {});
        assert!(report.stop.is_none());
        let failed = report.outcomes.iter().flatten().filter(|o| o.as_ref().unwrap().answer.is_err()).count();
        assert_eq!((failed, report.totals.failed), (11, 11));
        assert_eq!(report.totals.calls, 70 + 10 * 3 + 10 + 4);
        assert_eq!(log.counts().unwrap(), (59, 11));
        // A rerun asks again what may succeed now, and the rest where it is told to.
        assert_eq!(runner.run(&alone(70), &|| {}).totals.calls, 5);
        runner.options.retry_failed = true;
        let third = runner.run(&alone(70), &|| {});
        assert_eq!((third.totals.from_log, third.totals.calls), (59, 10 + 5));
    }

    #[test]
    fn a_server_that_is_gone_ends_the_run() {
        let gone = || CallError::new(Fault::Connection, "refused");
        let model =
            Scripted::new(
                move |request, _| {
                    if number(request) < 100 { Ok(("x".to_owned(), vec![])) } else { Err(gone()) }
                },
            );
        let log = CallLog::in_memory().unwrap();
        let runner = Runner { model: &model, log: &log, options: RunOptions { retries: 1, ..quick() } };
        let report = runner.run(&alone(2000), &|| {});
        let Some(Stop::Fault(error)) = report.stop else { panic!("{:?}", report.totals) };
        assert!(error.fault == Fault::Connection && error.message.contains("in a row"), "{error}");
        assert!(model.calls() < 300, "{}", model.calls());
        // All but those that were under way.
        assert!((84..=100).contains(&log.counts().unwrap().0));
    }

    #[test]
    fn a_wrong_key_stops_the_run_at_once_and_is_not_logged() {
        let model = Scripted::new(|_, _| Err(CallError::new(Fault::Key, "no")));
        let log = CallLog::in_memory().unwrap();
        let runner = Runner { model: &model, log: &log, options: quick() };
        let report = runner.run(&alone(1000), &|| {});
        assert!(matches!(report.stop, Some(Stop::Fault(CallError { fault: Fault::Key, .. }))));
        assert!(model.calls() <= 16, "{}", model.calls());
        assert_eq!(log.counts().unwrap(), (0, 0));
    }

    #[test]
    fn a_budget_is_never_exceeded() {
        let model = Scripted::new(|_, _| Ok(("x".to_owned(), vec![])));
        let price = Price { input: 1000.0, cached: None, output: 10_000.0 };
        let most = price.of(Usage { input: questions(500)[499].most_input_tokens(), cached: 0, output: 10 });
        let log = CallLog::in_memory().unwrap();
        let options = RunOptions { budget: Some(10.5 * most), price: Some(price), ..quick() };
        let runner = Runner { model: &model, log: &log, options };
        let report = runner.run(&alone(500), &|| {});
        assert!(matches!(report.stop, Some(Stop::Budget)));
        let spent = report.totals.price.unwrap();
        assert!(spent > 9.0 * most && spent <= 10.5 * most, "{spent}");
        let answered = report.outcomes.iter().flatten().flatten().count() as u64;
        assert_eq!(answered, report.totals.calls);
        // The next run goes on with another budget.
        let again = runner.run(&alone(500), &|| {});
        assert_eq!(again.totals.from_log, answered);
    }

    #[test]
    fn tries_that_may_have_been_charged_count_against_the_budget() {
        let model = Scripted::new(|_, _| Err(CallError::new(Fault::Body, "cut off")));
        let price = Price { input: 0.0, cached: None, output: 100_000.0 };
        let log = CallLog::in_memory().unwrap();
        let options =
            RunOptions { budget: Some(12.5), price: Some(price), concurrency: 1, retries: 4, ..quick() };
        let runner = Runner { model: &model, log: &log, options };
        // A try costs one dollar at most: two questions of five tries, then a third that is cut short.
        let report = runner.run(&alone(20), &|| {});
        assert!(matches!(report.stop, Some(Stop::Budget)), "{:?}", report.stop);
        assert_eq!((model.calls(), report.totals.calls), (12, 12));
        assert!((report.totals.price.unwrap() - 12.0).abs() < 1e-9, "{:?}", report.totals);
        assert_eq!(log.counts().unwrap(), (0, 2));
    }

    #[test]
    fn one_answer_without_probabilities_fails_alone_and_only_such_answers_stop_the_run() {
        let without = || CallError::new(Fault::NoProbabilities, "none").remedy("--method generated");
        let log = CallLog::in_memory().unwrap();
        let some = Scripted::new(move |request, _| {
            if number(request) % 10 == 5 { Err(without()) } else { Ok(("A".to_owned(), vec![])) }
        });
        let report = Runner { model: &some, log: &log, options: quick() }.run(&alone(100), &|| {});
        assert!(report.stop.is_none());
        assert_eq!((report.totals.failed, log.counts().unwrap()), (10, (90, 10)));
        let log = CallLog::in_memory().unwrap();
        let none = Scripted::new(move |_, _| Err(without()));
        let report = Runner { model: &none, log: &log, options: quick() }.run(&alone(100), &|| {});
        let Some(Stop::Fault(error)) = report.stop else { panic!("{:?}", report.totals) };
        assert_eq!(error.remedy.as_deref(), Some("--method generated"));
        assert!(none.calls() <= 20, "{}", none.calls());
    }

    /// Counts how many questions it gets at once.
    struct Together(Scripted, Mutex<Vec<usize>>);

    impl Model for Together {
        fn name(&self) -> &str {
            self.0.name()
        }

        fn capabilities(&self) -> Capabilities {
            Capabilities { together: true, ..self.0.capabilities() }
        }

        fn send(&self, request: &Request) -> Result<String, CallError> {
            self.0.send(request)
        }

        fn send_together(&self, requests: &[&Request]) -> Vec<Result<String, CallError>> {
            lock(&self.1).push(requests.len());
            requests.iter().map(|request| self.send(request)).collect()
        }

        fn read(&self, request: &Request, body: &str) -> Result<Answer, CallError> {
            self.0.read(request, body)
        }
    }

    #[test]
    fn a_model_that_gains_from_it_is_asked_a_group_at_once() {
        let script = |request: &Request, _: u32| match number(request) {
            7 => Err(CallError::new(Fault::Request, "too long")),
            n => Ok((format!("answer {n}"), vec![])),
        };
        let model = Together(Scripted::new(script), Mutex::default());
        let log = CallLog::in_memory().unwrap();
        let runner = Runner { model: &model, log: &log, options: quick() };
        let all = questions(12);
        // Equal questions belong to the group that asks them first; a group may be empty.
        let groups = [all[..4].to_vec(), vec![], all[2..9].to_vec(), all[..3].to_vec(), all[9..].to_vec()];
        let report = runner.run(&groups, &|| {});
        assert_eq!(*lock(&model.1), [4, 5, 3]);
        assert_eq!((report.totals.calls, report.totals.failed), (12, 1));
        for (group, outcomes) in groups.iter().zip(&report.outcomes) {
            assert_eq!(group.len(), outcomes.len());
            for (question, outcome) in group.iter().zip(outcomes) {
                match &outcome.as_ref().unwrap().answer {
                    Ok(answer) => assert_eq!(answer.text, format!("answer {}", number(question))),
                    Err(error) => assert_eq!((number(question), error.fault), (7, Fault::Request)),
                }
            }
        }
        // A group that fails as a whole, however large, is one failure; and none is logged, for the next run may do better.
        let long = Together(
            Scripted::new(|request, _| match number(request) {
                0..100 => Err(CallError::new(Fault::Request, "too long")),
                _ => Ok(("fine".to_owned(), vec![])),
            }),
            Mutex::default(),
        );
        let log_of_long = CallLog::in_memory().unwrap();
        let many = questions(105);
        let report = Runner { model: &long, log: &log_of_long, options: quick() }
            .run(&[many[..50].to_vec(), many[50..100].to_vec(), many[100..].to_vec()], &|| {});
        assert!(report.stop.is_none());
        assert_eq!((report.totals.failed, log_of_long.counts().unwrap()), (100, (5, 0)));
        // What is logged is not asked again; the rest of a group is.
        let more = [all[3..6].to_vec(), questions(14)[11..].to_vec()];
        assert_eq!(runner.run(&more, &|| {}).totals.from_log, 4);
        assert_eq!(*lock(&model.1), [4, 5, 3, 2]);
    }

    #[test]
    fn offline_asks_nothing() {
        let model = Scripted::new(|_, _| Ok(("x".to_owned(), vec![])));
        let log = CallLog::in_memory().unwrap();
        Runner { model: &model, log: &log, options: quick() }.run(&alone(3), &|| {});
        let options = RunOptions { offline: true, ..quick() };
        let report = Runner { model: &model, log: &log, options }.run(&alone(5), &|| {});
        assert_eq!((model.calls(), report.totals.from_log, report.totals.failed), (3, 3, 2));
    }
}
