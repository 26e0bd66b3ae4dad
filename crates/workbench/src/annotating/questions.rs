//! The calls of an annotator, a window of pairs at a time: first about the requests, then for reference answers, then about
//! the responses.

use predilect_annotate::rate::{
    Analysis, Known, Method, ScenarioMethod, ask_analysis, ask_reference, ask_scenario, asks, rated,
    read_analysis, read_scenario,
};
use predilect_llm::{CallLog, Finish, Model, Outcome, Request, RunOptions, RunReport, Runner, Stop, Totals};
use predilect_results::asked::{AnnotatorRun, Parse};
use predilect_types::{Pair, Rating};

use super::job::{Job, Reference};
use super::tables::RequestFindings;
use crate::asking::{
    Cut, Failed, IsRead, Unreadable, add, ask_again, merge_stop, spent, stopped, telling, windows,
};
use crate::error::{Error, Result};
use crate::studies::Chosen;
use crate::watch::{Event, Step, Watch};

/// What the answers say.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) ratings: Vec<Rating>,
    pub(super) requests: RequestFindings,
}

/// The questions about a pair's request alone.
pub(super) fn about_request(job: &Job, pair: &Pair) -> Vec<Request> {
    let mut all = Vec::new();
    if job.options.needs_analysis() {
        all.push(ask_analysis(pair, job.options.seed).enforcing(job.enforce));
    }
    if job.scenarios && pair.scenario.is_none() {
        all.push(ask_scenario(pair, scenario_method(job), job.options.seed).enforcing(job.enforce));
    }
    all
}

fn scenario_method(job: &Job) -> ScenarioMethod {
    match job.options.method {
        Method::Scored => ScenarioMethod::Scored,
        Method::Generated => ScenarioMethod::Generated,
    }
}

/// How the answer to the `nth` of [`about_request`] could be read.
fn parse_of_request(job: &Job, nth: usize, asked: &Request, outcome: &Outcome) -> Parse {
    if nth == 0 && job.options.needs_analysis() {
        return read_analysis(outcome, asked).1;
    }
    read_scenario(outcome, asked, scenario_method(job)).1
}

struct Asking<'a> {
    job: &'a Job,
    log: &'a CallLog,
    total: Totals,
    said: AnnotatorRun,
    found: Found,
    /// Answers with ratings that could be read.
    read: u64,
    accuracy: (u64, u64),
    stop: Option<Stop>,
    cut: Cut,
    questions: u64,
    watch: &'a dyn Watch,
}

pub(super) fn ask_all(
    job: &Job,
    study: &Chosen,
    log: &CallLog,
    watch: &dyn Watch,
) -> Result<(AnnotatorRun, Found, Option<Error>)> {
    watch.event(Event::Begin(Step::Asking(&job.annotator), Some(0)));
    let said = AnnotatorRun {
        annotator: job.annotator.clone(),
        model: job.model.name().to_owned(),
        method: job.options.method.as_str().to_owned(),
        properties: job.options.properties.len(),
        ..AnnotatorRun::default()
    };
    let mut asking = Asking {
        job,
        log,
        total: Totals { price: job.run.price.map(|_| 0.0), ..Totals::default() },
        said,
        found: Found::default(),
        read: 0,
        accuracy: (0, 0),
        stop: None,
        cut: Cut::default(),
        questions: 0,
        watch,
    };
    windows(study, |pairs| {
        asking.window(pairs)?;
        Ok(asking.goes_on())
    })?;
    watch.event(Event::End);
    let Asking { mut said, found, total, stop, read, accuracy, cut, .. } = asking;
    let problem = stop
        .map(|stop| stopped(stop, job.run.budget))
        .or_else(|| said.failures.nothing_but(read))
        .or_else(|| said.unread.nothing_read(read));
    let answers: u64 = said.answers.values().sum();
    said.ratings = found.ratings.len() as u64;
    said.parse_rate = (answers > 0).then(|| read as f64 / answers as f64);
    said.not_applicable = (accuracy.0 > 0).then(|| accuracy.1 as f64 / accuracy.0 as f64);
    said.spent = spent(&total);
    said.remarks = job.model.remarks();
    said.remarks.extend(cut.remark());
    if let Reference::Model { model, .. } = &job.reference {
        said.remarks.extend(model.remarks());
    }
    said.stopped = problem.as_ref().map(|problem| problem.message().to_owned());
    Ok((said, found, problem))
}

impl Asking<'_> {
    /// Whether more can be asked: questions that wait in a batch do not block others.
    fn goes_on(&self) -> bool {
        matches!(self.stop, None | Some(Stop::Batch { .. }))
    }

    fn window(&mut self, pairs: &[Pair]) -> Result<()> {
        // A pair of which only some questions were settled waits for the next run.
        let mut waiting: Vec<(&Pair, Known)> = Vec::with_capacity(pairs.len());
        let requests: Vec<Vec<Request>> = pairs.iter().map(|pair| about_request(self.job, pair)).collect();
        let job = self.job;
        let is_read = |at: usize, own: &[Option<Outcome>]| {
            let asked = requests[at].iter().zip(own.iter().flatten()).enumerate();
            asked
                .map(|(nth, (asked, outcome))| parse_of_request(job, nth, asked, outcome).is_read())
                .collect()
        };
        let outcomes = self.ask_again(&requests, &is_read)?;
        for ((pair, asked), own) in pairs.iter().zip(&requests).zip(outcomes) {
            if own.iter().all(Option::is_some) {
                let parses = asked.iter().zip(own.iter().flatten()).enumerate();
                let parses: Vec<Parse> =
                    parses.map(|(nth, (asked, own))| parse_of_request(job, nth, asked, own)).collect();
                self.said.unread.count(&own, parses);
                let analysis = self.request_findings(pair, asked.iter().zip(own.into_iter().flatten()));
                waiting.push((pair, Known { analysis, reference: None }));
            }
        }
        self.references(&mut waiting);
        let questions: Vec<_> =
            waiting.iter().map(|(pair, known)| asks(pair, known, &self.job.options)).collect();
        let groups: Vec<Vec<Request>> = questions
            .iter()
            .map(|asks| asks.iter().map(|ask| ask.request.clone().enforcing(self.job.enforce)).collect())
            .collect();
        let is_read = |at: usize, own: &[Option<Outcome>]| {
            let result = rated("", &job.annotator, &questions[at], own, &job.options);
            result.answers.iter().map(|parse| parse.is_read()).collect()
        };
        let outcomes = self.ask_again(&groups, &is_read)?;
        for (((pair, _), asks), own) in waiting.iter().zip(&questions).zip(&outcomes) {
            if own.iter().any(Option::is_none) {
                continue;
            }
            let result = rated(&pair.id, &self.job.annotator, asks, own, &self.job.options);
            self.said.pairs += 1;
            for (property, asked) in result.asked {
                self.said.missing_values += asked.missing;
                *self.said.values.entry(property.to_owned()).or_default() += asked;
            }
            self.said.unread.count(own, result.answers.iter().copied());
            for parse in result.answers {
                *self.said.answers.entry(parse.as_str().to_owned()).or_default() += 1;
                self.read += u64::from(Parse::is_read(parse));
            }
            self.accuracy.0 += result.accuracy.0;
            self.accuracy.1 += result.accuracy.1;
            self.found.ratings.extend(result.ratings);
        }
        Ok(())
    }

    /// Asks about responses, those again whose answers in the log could not be read where that is wanted.
    fn ask_again(
        &mut self,
        groups: &[Vec<Request>],
        is_read: IsRead<'_>,
    ) -> Result<Vec<Vec<Option<Outcome>>>> {
        let job = self.job;
        let outcomes = self.ask(job.model.as_ref(), &job.run, groups);
        let mut options = job.run.clone();
        options.gone += self.total.price.unwrap_or(0.0);
        let runner = Runner { model: job.model.as_ref(), log: self.log, options };
        let totals = Totals { price: job.run.price.map(|_| 0.0), ..Totals::default() };
        let mut report = RunReport { outcomes, totals, stop: None };
        if self.goes_on() {
            ask_again(&runner, groups, &mut report, is_read, self.watch)?;
            add(&mut self.total, &report.totals);
            merge_stop(&mut self.stop, report.stop);
        }
        self.cut.add(&runner, groups, &report.outcomes);
        Ok(report.outcomes)
    }

    /// Asks groups of questions, within what is left of the budget; does nothing after a stop.
    fn ask(
        &mut self,
        model: &dyn Model,
        options: &RunOptions,
        groups: &[Vec<Request>],
    ) -> Vec<Vec<Option<Outcome>>> {
        if !self.goes_on() {
            return groups.iter().map(|group| vec![None; group.len()]).collect();
        }
        self.questions += groups.iter().map(|group| group.len() as u64).sum::<u64>();
        self.watch.event(Event::Total(self.questions));
        let mut options = options.clone();
        options.gone += self.total.price.unwrap_or(0.0);
        let watch = self.watch;
        let report = Runner { model, log: self.log, options }.run(groups, &telling(watch));
        let RunReport { outcomes, totals, stop } = report;
        self.said.failures.add(&outcomes);
        add(&mut self.total, &totals);
        merge_stop(&mut self.stop, stop);
        outcomes
    }

    /// Reads what was asked about a request, in the order of [`about_request`].
    fn request_findings<'q>(
        &mut self,
        pair: &Pair,
        mut outcomes: impl Iterator<Item = (&'q Request, Outcome)>,
    ) -> Option<Analysis> {
        let mut analysis = None;
        if self.job.options.needs_analysis()
            && let Some((asked, outcome)) = outcomes.next()
        {
            let (found, parse) = read_analysis(&outcome, asked);
            *self.said.analyses.entry(parse.as_str().to_owned()).or_default() += 1;
            if let Some(found) = &found {
                let cases = found.cases();
                for case in &cases {
                    *self.said.cases.entry((*case).to_owned()).or_default() += 1;
                }
                self.found.requests.cases.insert(pair.id.clone(), cases);
            }
            analysis = found;
        }
        if let Some((asked, outcome)) = outcomes.next()
            && let (Some(scenario), _) = read_scenario(&outcome, asked, scenario_method(self.job))
        {
            *self.said.scenarios.entry(scenario.to_owned()).or_default() += 1;
            self.found.requests.scenarios.insert(pair.id.clone(), scenario);
        }
        analysis
    }

    /// Finds a reference answer for each pair; a pair whose answer was not reached waits for the next run.
    fn references(&mut self, waiting: &mut Vec<(&Pair, Known)>) {
        if !self.job.options.needs_reference() {
            return;
        }
        let job = self.job;
        match &job.reference {
            Reference::None => {}
            Reference::Field(field) => {
                for (pair, known) in waiting.iter_mut() {
                    known.reference = pair.field(field).filter(|text| !text.trim().is_empty());
                }
            }
            Reference::Model { model, run } => {
                let groups: Vec<Vec<Request>> = waiting
                    .iter()
                    .map(|(pair, _)| ask_reference(pair, job.options.seed).into_iter().collect())
                    .collect();
                let mut outcomes = self.ask(model.as_ref(), run, &groups).into_iter();
                waiting.retain_mut(|(_, known)| {
                    let mut own = outcomes.next().unwrap_or_default();
                    let Some(outcome) = own.pop() else { return true };
                    let Some(outcome) = outcome else { return false };
                    // A cut-off answer can still be compared with; a refusal cannot.
                    known.reference = outcome
                        .answer
                        .ok()
                        .filter(|answer| answer.finish != Finish::Refused)
                        .map(|answer| answer.text)
                        .filter(|text| !text.trim().is_empty());
                    true
                });
            }
        }
        self.said.references += waiting.iter().filter(|(_, known)| known.reference.is_some()).count() as u64;
    }
}
