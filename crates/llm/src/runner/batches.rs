//! Questions in batches of a provider: handed over by one run, fetched by another.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::Runner;
use super::report::{Outcome, Progress, Stop};
use super::shared::{Shared, lock};
use crate::batch::{Batch, BatchState, LostBatch};
use crate::error::{CallError, Fault, Remedy};
use crate::log::{Entry, NewBatch, PendingBatch};
use crate::question::{Request, Usage};

/// Size limit of one batch in bytes: at most what every provider accepts.
const BATCH_BYTES: u64 = 100 << 20;

impl Runner<'_> {
    /// Fetches the batches that have ended, answers what is known then, and hands over the rest.
    pub(super) fn in_batches(
        &self,
        distinct: &[(&Request, String)],
        slots: &[Mutex<Option<Outcome>>],
        shared: &Shared<'_>,
    ) -> Result<(), Stop> {
        let Some(batch) = self.model.batch() else {
            return Err(Stop::Fault(
                CallError::new(Fault::Unsupported, format!("{} takes no batches", self.model.name()))
                    .remedy(Remedy::NoBatches),
            ));
        };
        let waiting = self.fetch(batch, shared)?;
        // What earlier runs and windows have handed over may still be charged.
        let committed = self.log.committed().map_err(Stop::Log)?;
        let within = shared.reserve(committed, self.options.left());
        let mut rest: Vec<(&str, &Request)> = Vec::new();
        let mut open = 0;
        for ((request, key), slot) in distinct.iter().zip(slots) {
            if let Some(outcome) = self.settled(request, key, shared)? {
                *lock(slot) = Some(outcome);
                (shared.told)(Progress::Ended);
            } else if waiting.contains(key) {
                open += 1;
            } else {
                rest.push((key.as_str(), request));
            }
        }
        let mut rest = rest.as_slice();
        while !rest.is_empty() {
            if self.options.cancel.is_cancelled() {
                return Err(Stop::Cancelled);
            }
            let mut bytes = 0;
            let fits = rest.iter().take(self.options.batch_calls).take_while(|(_, request)| {
                bytes += request.most_input_tokens() + 1000;
                bytes <= BATCH_BYTES
            });
            let (now, later) = rest.split_at(fits.count().max(1));
            let most: f64 = now.iter().map(|(_, request)| self.most(request)).sum();
            // Once submitted, nothing can be stopped: all of it has to fit the budget.
            if !within || !shared.reserve(most, self.options.left()) {
                return Err(Stop::Budget);
            }
            // Unique, so that a batch that was fetched long ago is never taken for this one.
            let time = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |time| time.as_millis());
            let label = format!("{}-{}-{time:x}", now[0].0, now.len());
            let (model, without) = (self.model.name(), self.model.left_out());
            let new = NewBatch { label: &label, model, most, without: &without, calls: now };
            self.log.put_batch(&new).map_err(Stop::Log)?;
            match batch.submit(&label, now) {
                Ok(id) => self.log.name_batch(&label, &id).map_err(Stop::Log)?,
                Err(error) => {
                    // A refusal is certain; after anything else the provider may have it, and the next run looks.
                    if !error.fault.can_be_retried() {
                        self.log.drop_batch(&label).map_err(Stop::Log)?;
                    }
                    return Err(Stop::Fault(error));
                }
            }
            open += now.len() as u64;
            rest = later;
        }
        if open > 0 { Err(Stop::Batch { waiting: open }) } else { Ok(()) }
    }

    /// Logs the answers of batches that have ended; the keys of those that have not.
    fn fetch(&self, batch: &dyn Batch, shared: &Shared<'_>) -> Result<HashSet<String>, Stop> {
        let mut waiting = HashSet::new();
        let (mut running, mut ended) = (false, false);
        let mut rejected: Vec<(PendingBatch, CallError)> = Vec::new();
        let all = self.log.batches(self.model.name()).map_err(Stop::Log)?;
        let ids: Vec<String> = all.iter().filter_map(|batch| batch.id.clone()).collect();
        for pending in all {
            let Some(id) = self.id_of(&pending, batch, &ids)? else { continue };
            match batch.fetch(&id, &pending.without) {
                Ok(BatchState::Running { .. }) => {
                    running = true;
                    waiting.extend(pending.calls.into_iter().map(|(key, _)| key));
                }
                Ok(BatchState::Ended(answers)) => {
                    ended = true;
                    let stop = self.log_answers(&pending, &answers, shared)?;
                    self.log.drop_batch(&pending.label).map_err(Stop::Log)?;
                    if let Some(error) = stop {
                        return Err(Stop::Fault(error));
                    }
                }
                // Gone, or the key is another account's now: only who says so pays for its questions again.
                Err(error) if error.fault == Fault::NoModel => {
                    if !self.options.retry_failed {
                        return Err(Stop::Fault(
                            CallError {
                                message: format!("the batch {id} does not exist: {}", error.message),
                                ..error
                            }
                            .remedy(Remedy::HandOverAgain),
                        ));
                    }
                    self.log.drop_batch(&pending.label).map_err(Stop::Log)?;
                }
                // Rejected as a whole: no question of it is answered, and nothing was charged.
                Err(error) if !error.fault.can_be_retried() && !error.fault.stops_the_run() => {
                    rejected.push((pending, error));
                }
                Err(error) => return Err(Stop::Fault(error)),
            }
        }
        // An account may allow only a limited number of questions at once: while others are under way, these wait for a later run.
        for (pending, error) in rejected {
            if running {
                waiting.extend(pending.calls.into_iter().map(|(key, _)| key));
                continue;
            }
            self.log.drop_batch(&pending.label).map_err(Stop::Log)?;
            if !ended {
                return Err(Stop::Fault(error));
            }
        }
        Ok(waiting)
    }

    /// Logs the answers of a batch that has ended; what stops the run, where one of them says so.
    fn log_answers(
        &self,
        pending: &PendingBatch,
        answers: &[(String, Result<String, CallError>)],
        shared: &Shared<'_>,
    ) -> Result<Option<CallError>, Stop> {
        let asked: HashMap<&str, &Request> =
            pending.calls.iter().map(|(key, request)| (key.as_str(), request)).collect();
        let mut entries = Vec::new();
        let mut stop = None;
        for (key, result) in answers {
            // Answers to questions that were not asked are ignored.
            let Some(&request) = asked.get(key.as_str()) else { continue };
            let mut unusable = None;
            let read = result.clone().and_then(|body| match self.model.read(request, &body) {
                Ok(answer) => Ok((answer, body)),
                Err(error) => {
                    unusable = Some(body);
                    Err(error)
                }
            });
            // What was answered is charged, whether it can be used or not; what was not reached in time is not.
            let usage = match &read {
                Ok((answer, _)) => answer.usage,
                Err(_) if unusable.is_some() => self.about(request),
                Err(_) => Usage::default(),
            };
            let price = self.options.price.map(|price| price.of(usage));
            shared.spend(usage, price);
            lock(&shared.state).totals.calls += 1;
            if let Err(error) = &read
                && error.fault.stops_the_run()
            {
                // A key or a quota that is mended later: it is handed over again then.
                stop = Some(error.clone());
                continue;
            }
            let result = read.map(|(_, body)| body);
            let entry = Entry { result, unusable, usage, price, latency: Duration::ZERO, retries: 0 };
            entries.push((key.as_str(), request, entry));
        }
        self.log.put_all(self.model.name(), &entries).map_err(Stop::Log)?;
        Ok(stop)
    }

    /// A run without batches would pay again for what waits in them.
    pub(super) fn nothing_waits(&self) -> Result<(), Stop> {
        if self.options.batch || self.options.offline || self.model.batch().is_none() {
            return Ok(());
        }
        let waiting: usize =
            self.log.batches(self.model.name()).map_err(Stop::Log)?.iter().map(|b| b.calls.len()).sum();
        if waiting == 0 {
            return Ok(());
        }
        Err(Stop::Fault(
            CallError::new(
                Fault::Request,
                format!("{waiting} questions to {} wait in batches", self.model.name()),
            )
            .remedy(Remedy::FetchBatches),
        ))
    }

    /// The provider's id of a batch; `None` if it was never submitted, and then it is forgotten.
    fn id_of(
        &self,
        pending: &PendingBatch,
        batch: &dyn Batch,
        known: &[String],
    ) -> Result<Option<String>, Stop> {
        if pending.id.is_some() {
            return Ok(pending.id.clone());
        }
        let calls = pending.calls.len() as u64;
        let lost =
            LostBatch { label: pending.label.clone(), calls, at: pending.at.clone(), others: known.to_vec() };
        let found = batch.find(&lost).map_err(Stop::Fault)?;
        match &found {
            Some(id) => self.log.name_batch(&pending.label, id),
            None => self.log.drop_batch(&pending.label),
        }
        .map_err(Stop::Log)?;
        Ok(found)
    }
}
