//! What the threads of a run share: how many calls there may be, what was spent, and why to stop.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::plan::RunOptions;
use super::report::{Progress, Stop, Totals};
use crate::error::{CallError, Fault};
use crate::question::{Answer, Usage};

/// What the threads of a run share.
pub(super) struct Shared<'a> {
    /// Who is told how the run proceeds.
    pub(super) told: &'a (dyn Fn(Progress) + Sync),
    pub(super) state: Mutex<State>,
    /// A call has ended, so that another may begin.
    place: Condvar,
    /// Money was released.
    money: Condvar,
    /// The run is stopped.
    end: Condvar,
}

pub(super) struct State {
    /// Calls that may be made at once: halved when the server asks for less, one more for each round that went well.
    limit: f64,
    under_way: usize,
    halved: Option<Instant>,
    /// No calls before this time.
    pause: Option<Instant>,
    spent: f64,
    reserved: f64,
    /// Questions with reserved money.
    holding: usize,
    /// Of these, questions that wait for more.
    short: usize,
    pub(super) totals: Totals,
    stop: Option<Stop>,
    /// Whether any question has an answer.
    pub(super) answered: bool,
    /// Answers that lacked the probabilities asked for.
    without: usize,
    /// Consecutive questions given up, without an answer in between.
    in_vain: usize,
}

/// Stops the run when it is dropped by a panic; the panic itself propagates to the thread that joins.
pub(super) struct StopOnPanic<'a>(&'a Shared<'a>);

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.stop(Stop::Fault(CallError::new(Fault::Body, "a thread of this run panicked")));
        }
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    fn reserve(&mut self, price: f64, budget: Option<f64>) -> bool {
        let fits = budget.is_none_or(|budget| self.spent + self.reserved + price <= budget);
        if fits {
            self.reserved += price;
        }
        fits
    }
}

impl<'a> Shared<'a> {
    pub(super) fn new(options: &RunOptions, told: &'a (dyn Fn(Progress) + Sync)) -> Self {
        let totals = Totals { price: options.price.map(|_| 0.0), ..Totals::default() };
        Self {
            told,
            state: Mutex::new(State {
                limit: options.concurrency.clamp(1, 8) as f64,
                under_way: 0,
                halved: None,
                pause: None,
                spent: 0.0,
                reserved: 0.0,
                holding: 0,
                short: 0,
                totals,
                stop: None,
                answered: false,
                without: 0,
                in_vain: 0,
            }),
            place: Condvar::new(),
            money: Condvar::new(),
            end: Condvar::new(),
        }
    }

    pub(super) fn stopped(&self) -> bool {
        lock(&self.state).stop.is_some()
    }

    pub(super) fn stop(&self, stop: Stop) {
        lock(&self.state).stop.get_or_insert(stop);
        for waiting in [&self.place, &self.money, &self.end] {
            waiting.notify_all();
        }
    }

    /// A thread that panics keeps a place and money forever: threads that wait for them must learn of it, or the run hangs.
    pub(super) fn stop_on_panic(&self) -> StopOnPanic<'_> {
        StopOnPanic(self)
    }

    /// Sets money aside, if it is there now.
    pub(super) fn reserve(&self, price: f64, budget: Option<f64>) -> bool {
        lock(&self.state).reserve(price, budget)
    }

    /// Reserves money for a question, or for one more try of a question that already `holds` some; false if there is not enough or the run
    /// was stopped meanwhile.
    ///
    /// Calls under way cost less than is reserved for them: what they release may suffice, so it is waited for.
    pub(super) fn hold(&self, price: f64, budget: Option<f64>, holds: bool) -> bool {
        let mut state = lock(&self.state);
        state.short += usize::from(holds);
        let fits = loop {
            if state.stop.is_some() {
                break false;
            }
            if state.reserve(price, budget) {
                break true;
            }
            if state.holding == state.short {
                // No other question is left that could release any.
                break false;
            }
            state = self.money.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.short -= usize::from(holds);
        state.holding += usize::from(fits && !holds);
        fits
    }

    /// Gives back what a question had reserved.
    pub(super) fn release(&self, reserved: f64) {
        let mut state = lock(&self.state);
        state.reserved -= reserved;
        state.holding -= 1;
        drop(state);
        self.money.notify_all();
    }

    /// Counts what was spent.
    pub(super) fn spend(&self, usage: Usage, price: Option<f64>) {
        let mut state = lock(&self.state);
        let spent = price.unwrap_or(0.0);
        state.spent += spent;
        state.totals.usage = state.totals.usage.plus(usage);
        if let Some(price) = &mut state.totals.price {
            *price += spent;
        }
    }

    /// Waits for a place; false when the run was stopped meanwhile.
    pub(super) fn enter(&self) -> bool {
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
            state = self.place.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn leave(&self, failed: Option<&CallError>, most: usize) {
        let mut state = lock(&self.state);
        let mut paused = None;
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
                    // Calls that were under way together are told to wait together: that is said once.
                    let longer = state.pause.is_none_or(|pause| pause + Duration::from_secs(1) < now + wait);
                    paused = longer.then_some(wait);
                    state.pause = Some(state.pause.map_or(now + wait, |pause| pause.max(now + wait)));
                }
            }
            Some(_) => {}
        }
        drop(state);
        self.place.notify_one();
        if let Some(wait) = paused {
            (self.told)(Progress::Paused(wait));
        }
    }

    /// Counts a question that ended, and returns a reason to stop: when so many in a row were given up that the server must be gone or
    /// refuses all of them, or when no answer ever contains the probabilities asked for, or none fits after the reasoning.
    pub(super) fn given_up(
        &self,
        answer: &Result<Answer, CallError>,
        concurrency: usize,
    ) -> Option<CallError> {
        let mut state = lock(&self.state);
        let Err(error) = answer else {
            state.answered = true;
            state.in_vain = 0;
            return None;
        };
        if matches!(error.fault, Fault::NoProbabilities | Fault::NoRoom) {
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
    pub(super) fn sleep(&self, wait: Duration) {
        let end = Instant::now() + wait;
        let mut state = lock(&self.state);
        while state.stop.is_none() {
            let now = Instant::now();
            if now >= end {
                return;
            }
            state = self.end.wait_timeout(state, end - now).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    pub(super) fn finish(self) -> (Totals, Option<Stop>) {
        let state = self.state.into_inner().unwrap_or_else(PoisonError::into_inner);
        (state.totals, state.stop)
    }
}
