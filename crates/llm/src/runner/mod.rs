//! How many questions are asked of one model: each once, as many at a time as it bears, within a budget.

mod batches;
mod plan;
mod report;
mod shared;

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use predilect_types::Interner;

use crate::contract::Model;
use crate::error::{CallError, Fault};
use crate::log::{CallLog, Entry, key};
use crate::log_error::LogError;
use crate::question::{Answer, Request, Usage, Want};
pub use plan::{Plan, RunOptions};
pub use report::{Outcome, Progress, RunReport, Stop, Totals};
use shared::{Shared, lock};

/// Marks the work as ended, even if it ends by a panic: else its watcher would never stop.
struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// How often a run looks whether it was cancelled.
const CHECK: Duration = Duration::from_millis(100);

/// Whether a server that has not answered anything yet sends an unreadable answer again: then it always will.
fn hopeless(error: &CallError, retries: u32, shared: &Shared<'_>) -> bool {
    error.fault == Fault::Body && retries > 0 && !lock(&shared.state).answered
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

/// The body of an answer and what it says, or the error.
type Sent = Result<(String, Answer), CallError>;

/// What the tries of one call have taken.
#[derive(Default)]
struct Tried {
    retries: u32,
    /// The body of the last answer, where it could not be used.
    unusable: Option<String>,
    /// Tokens of failed tries, as far as they may have been charged.
    lost: Usage,
    /// Money that is kept for them.
    reserved: f64,
}

impl Runner<'_> {
    /// What [`Runner::run`] would do.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn plan(&self, requests: &[Request]) -> Result<Plan, LogError> {
        let mut plan = Plan::nothing(self.options.price);
        for (request, key) in self.distinct(requests.iter()).0 {
            let mut one = Plan { questions: 1, ..Plan::nothing(self.options.price) };
            if self.known(request, &key)?.is_some() {
                one.logged = 1;
            } else {
                let about = self.about(request);
                let reasoned = match request.want {
                    Want::Text | Want::Json(_) => u64::from(self.model.token_budget(&request.want)),
                    Want::Next(_) | Want::Score | Want::LogProbs { .. } => 0,
                };
                let answer = Usage { output: about.output - reasoned, ..about };
                one.calls = 1;
                one.input_tokens = answer.input;
                one.output_tokens = answer.output;
                one.reasoning_tokens = reasoned;
                one.price = self.options.price.map(|price| price.of(answer));
                one.price_with_reasoning = self.options.price.map(|price| price.of(about));
            }
            plan = plan.plus(one);
        }
        Ok(plan)
    }

    /// Asks every question that the log does not answer. `told` hears of the end of each, and of pauses that the server asks for.
    ///
    /// A group contains the questions that share most of what they show, such as those about one pair: a model that gains from it is asked
    /// a group at once. A failed question never stops the others, unless all would fail alike. Equal questions are asked once.
    pub fn run(&self, groups: &[Vec<Request>], told: &(dyn Fn(Progress) + Sync)) -> RunReport {
        let (distinct, index) = self.distinct(groups.iter().flatten());
        let shared = Shared::new(&self.options, told);
        if let Err(stop) = self.nothing_waits().and_then(|()| self.recall()) {
            shared.stop(stop);
            let outcomes = groups.iter().map(|group| vec![None; group.len()]).collect();
            let (totals, stop) = shared.finish();
            return RunReport { outcomes, totals, stop };
        }
        let slots: Vec<Mutex<Option<Outcome>>> = distinct.iter().map(|_| Mutex::new(None)).collect();
        if self.options.batch && !self.options.offline {
            if let Err(stop) = self.in_batches(&distinct, &slots, &shared) {
                shared.stop(stop);
            }
        } else if self.model.capabilities().together {
            let mut places = index.iter();
            let mut from = 0;
            for group in groups {
                if self.options.cancel.is_cancelled() {
                    shared.stop(Stop::Cancelled);
                    break;
                }
                // A question belongs to the group that asks it first.
                let to =
                    places.by_ref().take(group.len()).map(|&place| place + 1).max().unwrap_or(0).max(from);
                if let Err(stop) = self.together(&distinct[from..to], &slots[from..to], &shared) {
                    shared.stop(stop);
                    break;
                }
                from = to;
            }
        } else {
            self.each(&distinct, &slots, &shared);
        }
        let found: Vec<Option<Outcome>> =
            slots.into_iter().map(|slot| slot.into_inner().unwrap_or_else(PoisonError::into_inner)).collect();
        if let Err(error) = self.log.leave_out(self.model.name(), &self.model.refused()) {
            shared.stop(Stop::Log(error));
        }
        let mut found = index.into_iter().map(|at| found.get(at).cloned().flatten());
        let outcomes = groups.iter().map(|group| found.by_ref().take(group.len()).collect()).collect();
        let (totals, stop) = shared.finish();
        RunReport { outcomes, totals, stop }
    }

    /// What the log answers by now, without a call: `None` for a question that it does not settle.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn logged(&self, groups: &[Vec<Request>]) -> Result<Vec<Vec<Option<Outcome>>>, LogError> {
        let outcome = |request: &Request| {
            let key = key(self.model.name(), request);
            let answer = self.known(request, &key)?;
            Ok(answer.map(|answer| Outcome { key, answer, from_log: true }))
        };
        groups.iter().map(|group| group.iter().map(outcome).collect()).collect()
    }

    /// Reminds the model of what it has refused in earlier runs.
    fn recall(&self) -> Result<(), Stop> {
        self.model.leave_out(&self.log.left_out(self.model.name()).map_err(Stop::Log)?);
        Ok(())
    }

    /// Asks each question by itself, several at a time.
    fn each(&self, distinct: &[(&Request, String)], slots: &[Mutex<Option<Outcome>>], shared: &Shared<'_>) {
        let next = AtomicUsize::new(0);
        let workers = self.options.concurrency.clamp(1, distinct.len().max(1));
        let ended = AtomicBool::new(false);
        let work = || {
            let _guard = shared.stop_on_panic();
            while !shared.stopped() {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let (Some((request, key)), Some(slot)) = (distinct.get(at), slots.get(at)) else { return };
                match self.one(request, key, shared) {
                    Ok(Some((outcome, given_up))) => {
                        *lock(slot) = Some(outcome);
                        (shared.told)(Progress::Ended);
                        if let Some(error) = given_up {
                            shared.stop(Stop::Fault(error));
                        }
                    }
                    Ok(None) => {}
                    Err(stop) => shared.stop(stop),
                }
            }
        };
        std::thread::scope(|scope| {
            // A thread that waits for a server or for its turn learns here that the run was cancelled.
            let watch = || {
                while !ended.load(Ordering::SeqCst) {
                    if self.options.cancel.is_cancelled() {
                        shared.stop(Stop::Cancelled);
                        return;
                    }
                    std::thread::park_timeout(CHECK);
                }
            };
            let end = EndOnDrop(&ended);
            let watcher = std::thread::Builder::new().stack_size(64 << 10).spawn_scoped(scope, watch).ok();
            let mut others = Vec::new();
            for _ in 1..workers {
                // Hundreds of threads that only wait need little stack; if no more can be started, fewer do.
                let thread = std::thread::Builder::new().stack_size(512 << 10);
                match thread.spawn_scoped(scope, work) {
                    Ok(thread) => others.push(thread),
                    Err(_) => break,
                }
            }
            work();
            for thread in others {
                if let Err(panic) = thread.join() {
                    std::panic::resume_unwind(panic);
                }
            }
            drop(end);
            if let Some(watcher) = watcher {
                watcher.thread().unpark();
            }
        });
    }

    /// Asks a group at once. All of it is logged in one step: what was computed together is repeated together.
    fn together(
        &self,
        group: &[(&Request, String)],
        slots: &[Mutex<Option<Outcome>>],
        shared: &Shared<'_>,
    ) -> Result<(), Stop> {
        let mut waiting = Vec::new();
        for ((request, key), slot) in group.iter().zip(slots) {
            match self.settled(request, key, shared)? {
                Some(outcome) => {
                    *lock(slot) = Some(outcome);
                    (shared.told)(Progress::Ended);
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
            shared.spend(usage, price);
            lock(&shared.state).totals.calls += 1;
            let (answer, result) = match result {
                Ok((answer, body)) => (Ok(answer), Ok(body)),
                Err(error) => (Err(error.clone()), Err(error)),
            };
            // A failure here costs nothing to repeat, and another setting may fix it: it is not logged.
            if result.is_ok() {
                let entry = Entry { result, unusable: None, usage, price, latency, retries: 0 };
                entries.push((key, request, entry));
            }
            outcomes.push((slot, Outcome { key: key.to_owned(), answer, from_log: false }));
        }
        self.log.put_all(self.model.name(), &entries).map_err(Stop::Log)?;
        // A group fails or succeeds as one: a pair that is too long fails all its questions alike.
        let best = outcomes.iter().find(|(_, outcome)| outcome.answer.is_ok()).or(outcomes.first());
        // Nothing of it is logged, so pairs that are too long must not end every run at the same point.
        let counts =
            |outcome: &Outcome| outcome.answer.as_ref().err().is_none_or(|e| e.fault != Fault::Request);
        let stop = best
            .filter(|(_, outcome)| counts(outcome))
            .and_then(|(_, outcome)| shared.given_up(&outcome.answer, self.options.concurrency));
        for (slot, outcome) in outcomes {
            lock(&shared.state).totals.failed += u64::from(outcome.answer.is_err());
            *lock(slot) = Some(outcome);
            (shared.told)(Progress::Ended);
        }
        stop.map_or(Ok(()), |error| Err(Stop::Fault(error)))
    }

    /// Different questions with their keys, and each question's place among them.
    fn distinct<'r>(
        &self,
        requests: impl Iterator<Item = &'r Request>,
    ) -> (Vec<(&'r Request, String)>, Vec<usize>) {
        let mut keys = Interner::default();
        let mut distinct = Vec::new();
        let index = requests
            .map(|request| {
                let key = key(self.model.name(), request);
                let at = keys.get(&key) as usize;
                if at == distinct.len() {
                    distinct.push((request, key));
                }
                at
            })
            .collect();
        (distinct, index)
    }

    /// What the log says, if that settles the question. Bodies are parsed again: a better parser finds more in what was paid for, or that
    /// it is not a valid answer, and then it counts as a failure.
    fn known(&self, request: &Request, key: &str) -> Result<Option<Result<Answer, CallError>>, LogError> {
        let Some(entry) = self.log.get(key)? else { return Ok(None) };
        let answer = match (entry.result, entry.unusable) {
            (Ok(body), _) => self.model.read(request, &body),
            (Err(error), Some(body)) => self.model.read(request, &body).map_err(|_| error),
            (Err(error), None) => Err(error),
        };
        let again = |error: &CallError| self.options.retry_failed || error.fault.can_be_retried();
        let settled = self.options.offline || !answer.as_ref().is_err_and(again);
        Ok(settled.then_some(answer))
    }

    fn about(&self, request: &Request) -> Usage {
        let output = request.most_output_tokens(self.model);
        Usage { input: request.input_tokens(self.model), output, ..Usage::default() }
    }

    /// An upper bound on the cost of one try.
    fn most(&self, request: &Request) -> f64 {
        let output = request.most_output_tokens(self.model);
        let input = request.most_input_tokens();
        let most = Usage { input, stored: input, output, ..Usage::default() };
        self.options.price.map_or(0.0, |price| price.of(most))
    }

    /// How a question ends without a call: answered by the log, or left open by an offline run.
    fn settled(&self, request: &Request, key: &str, shared: &Shared<'_>) -> Result<Option<Outcome>, Stop> {
        let outcome = |answer, from_log| Some(Outcome { key: key.to_owned(), answer, from_log });
        if let Some(answer) = self.known(request, key).map_err(Stop::Log)? {
            let mut state = lock(&shared.state);
            state.totals.from_log += 1;
            state.answered |= answer.is_ok();
            return Ok(outcome(answer, true));
        }
        if self.options.offline {
            let error =
                CallError::new(Fault::Offline, "it is not in the log of calls, and this run is offline");
            lock(&shared.state).totals.failed += 1;
            return Ok(outcome(Err(error), false));
        }
        Ok(None)
    }

    /// Asks a question until it is answered or has failed for good, and says whether that failure is one too many for the run;
    /// `None` where another call has stopped it.
    fn one(
        &self,
        request: &Request,
        key: &str,
        shared: &Shared<'_>,
    ) -> Result<Option<(Outcome, Option<CallError>)>, Stop> {
        if let Some(outcome) = self.settled(request, key, shared)? {
            return Ok(Some((outcome, None)));
        }
        let most = self.most(request);
        if !shared.hold(most, self.options.left(), false) {
            return Err(Stop::Budget);
        }
        let start = Instant::now();
        let mut tried = Tried { reserved: most, ..Tried::default() };
        let ended = self.try_on(request, key, shared, &mut tried);
        let usage = tried.lost.plus(match &ended {
            Ok(Some(Ok((_, answer)))) if answer.usage != Usage::default() => answer.usage,
            Ok(Some(Ok((_, answer)))) => {
                Usage { output: self.model.count_tokens(&answer.text), ..self.about(request) }
            }
            Ok(Some(Err(error))) if error.fault.may_cost() => self.about(request),
            _ => Usage::default(),
        });
        let price = self.options.price.map(|price| price.of(usage));
        shared.spend(usage, price);
        shared.release(tried.reserved);
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
        let Tried { unusable, retries, .. } = tried;
        let entry = Entry { result, unusable, usage, price, latency: start.elapsed(), retries };
        self.log.put_all(self.model.name(), &[(key, request, entry)]).map_err(Stop::Log)?;
        lock(&shared.state).totals.failed += u64::from(answer.is_err());
        let given_up = shared.given_up(&answer, self.options.concurrency);
        Ok(Some((Outcome { key: key.to_owned(), answer, from_log: false }, given_up)))
    }

    /// Sends a request until it is answered or no further try is worth it; `None` if another call has stopped the run.
    fn try_on(
        &self,
        request: &Request,
        key: &str,
        shared: &Shared<'_>,
        tried: &mut Tried,
    ) -> Result<Option<Sent>, Stop> {
        loop {
            tried.unusable = None;
            if !shared.enter() {
                return Ok(None);
            }
            let result = self.model.send(request).and_then(|body| match self.model.read(request, &body) {
                Ok(answer) => Ok((body, answer)),
                Err(error) => {
                    tried.unusable = Some(body);
                    Err(error)
                }
            });
            let wait = result.as_ref().err().map(|error| self.wait(key, tried.retries, error));
            shared.leave(result.as_ref().err(), self.options.concurrency);
            match (result, wait) {
                (Err(error), Some(wait))
                    if error.fault.can_be_retried()
                        && tried.retries < self.options.retries
                        && !hopeless(&error, tried.retries, shared) =>
                {
                    tried.retries += 1;
                    if error.fault.may_cost() {
                        tried.lost = tried.lost.plus(self.about(request));
                        // The next try needs additional money.
                        let most = self.most(request);
                        if !shared.hold(most, self.options.left(), true) {
                            return Err(Stop::Budget);
                        }
                        tried.reserved += most;
                    }
                    lock(&shared.state).totals.retries += 1;
                    shared.sleep(wait);
                }
                (result, _) => return Ok(Some(result)),
            }
        }
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

#[cfg(test)]
mod tests;
