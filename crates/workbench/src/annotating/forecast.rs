//! What rating would take, before anything is asked.

use predilect_annotate::rate::{Analysis, Known, ask_analysis, ask_reference, asks, read_analysis};
use predilect_llm::{RunOptions, Runner};
use predilect_results::asked::CallPlan;

use super::job::{Job, Reference};
use super::questions;
use crate::asking;
use crate::error::Result;
use crate::studies::Chosen;

/// What asking would take: for ratings, and for reference answers.
pub(super) fn plans(job: &Job, study: &Chosen) -> Result<Vec<CallPlan>> {
    let log = asking::log_if_there(study.folder())?;
    let runner = Runner { model: job.model.as_ref(), log: &log, options: job.run.clone() };
    let mut plans = Vec::new();
    // What a request contains is known if it was asked before, and assumed otherwise; so is the length of a reference.
    let plan = asking::plan(&runner, study, |pair| {
        let mut all = questions::about_request(job, pair);
        let analysis = job.options.needs_analysis().then(|| {
            let offline = RunOptions { offline: true, ..job.run.clone() };
            let runner = Runner { model: job.model.as_ref(), log: &log, options: offline };
            let ask = ask_analysis(pair, job.options.seed).enforcing(job.enforce);
            let report = runner.run(&[vec![ask.clone()]], &|_| {});
            let outcome = report.outcomes.into_iter().flatten().flatten().next();
            outcome.and_then(|outcome| read_analysis(&outcome, &ask).0).unwrap_or_else(Analysis::assumed)
        });
        let reference = match &job.reference {
            Reference::None => None,
            Reference::Field(field) => pair.field(field),
            Reference::Model { .. } => Some("word ".repeat(250)),
        };
        let known = Known { analysis, reference };
        all.extend(
            asks(pair, &known, &job.options).into_iter().map(|ask| ask.request.enforcing(job.enforce)),
        );
        all
    })?;
    plans.push(asking::planned(&job.annotator, &plan));
    if let Reference::Model { model, run } = &job.reference {
        let runner = Runner { model: model.as_ref(), log: &log, options: run.clone() };
        let plan =
            asking::plan(&runner, study, |pair| ask_reference(pair, job.options.seed).into_iter().collect())?;
        plans.push(asking::planned("reference", &plan));
    }
    Ok(plans)
}
