//! What do language models prefer on a study's pairs? Asked, counted, and kept in the study.

mod attacks;
mod judge;
mod jury;
mod kept;
mod probe;
mod questions;
mod request;

use std::collections::HashSet;

use predilect_annotate::judge::{ATTACKS, JudgeOptions, asks};
use predilect_llm::{ModelSpec, Runner};
use predilect_results::asked::{CallPlan, JudgeRun};
use predilect_types::Verdict;

use crate::asking::{self, Ran, spent};
use crate::error::{Error, Kind, Remedy, Result};
use crate::studies::Resumed;
use crate::watch::{Event, Remark, Watch};
use judge::{Judge, requests};

pub use jury::Jury;
pub use predilect_annotate::judge::{Method, Orders};
pub use probe::{Probed, probe, probe_kept, probe_plans};
pub use request::{JudgeRequest, Within, name_problem};

/// Judges that are ready to be asked about the pairs of a study: everything that can be refused was checked.
pub struct Judging {
    judges: Vec<Judge>,
    request: JudgeRequest,
    resumed: Resumed,
    /// Judges whose old verdicts were asked for in another way.
    outdated: HashSet<String>,
}

impl Judging {
    /// Opens the models and the study.
    ///
    /// # Errors
    ///
    /// When a model cannot be asked in that way, the inputs cannot be read, or a name in the study means something else.
    pub fn begin(request: &JudgeRequest, within: &Within<'_>, watch: &dyn Watch) -> Result<Self> {
        let judges = judges(request, watch)?;
        let resumed = within.resume("judge", (request.filter.as_ref(), request.calls.dry), watch)?;
        let outdated = kept::claim_all(&resumed.study, &judges, request)?;
        Ok(Self { judges, request: request.clone(), resumed, outdated })
    }

    /// What asks a judge alone in the same way.
    #[must_use]
    pub fn asked(&self, judge: &str) -> Option<JudgeRequest> {
        self.judges.iter().find(|own| own.name == judge).map(|own| self.request.of_one(&own.name, &own.spec))
    }

    /// What asking would take, judge by judge.
    ///
    /// # Errors
    ///
    /// When the study or its log cannot be read, or it was stopped.
    pub fn plans(&self) -> Result<Vec<CallPlan>> {
        let study = &self.resumed.study;
        let log = asking::log_if_there(study.folder())?;
        let mut planned = Vec::new();
        for judge in &self.judges {
            let runner = Runner { model: judge.model.as_ref(), log: &log, options: judge.run.clone() };
            // Which response loses is not known yet: either side can represent the other.
            let mut left = self.request.attacks;
            let plan = asking::plan(&runner, study, |pair| {
                let mut all = requests(&asks(pair, &judge.options), judge.enforce);
                if left > 0 {
                    left -= 1;
                    for attack in ATTACKS {
                        all.extend(requests(&asks(&attack.on(pair, true), &judge.options), judge.enforce));
                    }
                }
                all
            })?;
            planned.push(asking::planned(&judge.name, &plan));
        }
        Ok(planned)
    }

    /// The verdicts that the log gives by now, judge by judge: for an unfinished run, what it has found so far. Nothing is sent or written.
    ///
    /// # Errors
    ///
    /// When the study or its log cannot be read, or it was stopped.
    pub fn so_far(&self, watch: &dyn Watch) -> Result<Vec<Verdict>> {
        let study = &self.resumed.study;
        let log = asking::log_if_there(study.folder())?;
        let mut verdicts = Vec::new();
        for judge in &self.judges {
            verdicts.extend(questions::logged(judge, study, &log, watch)?);
        }
        Ok(verdicts)
    }

    /// Asks all judges and keeps their verdicts in the study. Whatever ends it, what was answered is kept.
    ///
    /// # Errors
    ///
    /// When verdicts outside of the filter would be lost, or the study cannot be written.
    pub fn run(&self, watch: &dyn Watch) -> Result<Ran<Vec<JudgeRun>>> {
        let Self { judges, request, resumed, outdated } = self;
        let study = &resumed.study;
        if let Some(judge) =
            judges.iter().find(|judge| request.filter.is_some() && outdated.contains(&judge.name))
        {
            return Err(Error::new(format!(
                "{} was asked in another way before, and its verdicts outside the filter would be lost",
                judge.name
            ))
            .remedy(Remedy::KeepBoth));
        }
        let log = asking::log(study.folder())?;
        let mut found = Vec::with_capacity(judges.len());
        let mut verdicts: Vec<Verdict> = Vec::new();
        let mut stopped = None;
        let mut gone = 0.0;
        for judge in judges {
            let (mut done, of_judge, mut stop) = questions::ask_all(judge, study, &log, gone, watch)?;
            gone += done.spent.price.unwrap_or(0.0);
            if stop.is_none() && request.attacks > 0 {
                let limits = attacks::Limits { most: request.attacks, spent: gone, watch };
                let (successes, total, why) = attacks::attack(judge, study, &log, &of_judge, &limits)?;
                gone += total.price.unwrap_or(0.0);
                done.attacks = successes;
                done.spent += spent(&total);
                done.stopped = why.as_ref().map(|why| why.message().to_owned());
                stop = why;
            }
            verdicts.extend(of_judge);
            found.push(done);
            if let Some(stop) = stop {
                // The other judges need not wait.
                let waits = stop.kind() == Kind::Waiting;
                stopped = Some(stop.resumable());
                if !waits {
                    break;
                }
            }
        }
        self.without_unfinished(&mut verdicts, &found, watch);
        // A judge that gave no answer, as with a wrong address, changes nothing, and its name is free.
        let heard: Vec<&Judge> = judges
            .iter()
            .filter(|judge| {
                verdicts.iter().any(|verdict| verdict.judge == judge.name)
                    || (!outdated.contains(&judge.name) && answered(&found, &judge.name))
            })
            .collect();
        for judge in heard.iter().filter(|judge| outdated.contains(&judge.name)) {
            watch.event(Event::Remark(Remark::VerdictsReplaced(&judge.name)));
        }
        kept::settle(study, &heard, request, outdated)?;
        kept::write(study, &verdicts)?;
        self.deliberate()?;
        Ok(Ran { found, stopped })
    }

    /// Removes verdicts of runs that did not finish where older ones were asked for in another way: those stay until all of the new ones
    /// are there, and the log has what was answered.
    fn without_unfinished(&self, verdicts: &mut Vec<Verdict>, found: &[JudgeRun], watch: &dyn Watch) {
        let Self { judges, outdated, .. } = self;
        let unfinished = |judge: &str| found.iter().all(|run| run.judge != judge || run.stopped.is_some());
        for judge in judges.iter().filter(|judge| outdated.contains(&judge.name) && unfinished(&judge.name)) {
            let before = verdicts.len();
            verdicts.retain(|verdict| verdict.judge != judge.name);
            if verdicts.len() < before {
                watch.event(Event::Remark(Remark::VerdictsKept(&judge.name)));
            }
        }
    }

    /// Lets the juries speak: of all that their members have said in this study, not only of what was asked now.
    fn deliberate(&self) -> Result<()> {
        let Self { judges, request, resumed, .. } = self;
        if request.juries.is_empty() {
            return Ok(());
        }
        let members: HashSet<&str> = judges.iter().map(|judge| judge.name.as_str()).collect();
        let mut all = Vec::new();
        for batch in resumed.study.verdicts()? {
            all.extend(batch?.into_iter().filter(|verdict| members.contains(verdict.judge.as_str())));
        }
        let found: Vec<Verdict> =
            request.juries.iter().flat_map(|jury| jury::deliberate(*jury, judges, &all)).collect();
        kept::write(&resumed.study, &found)
    }
}

/// Whether a judge has answered anything, readable or not.
fn answered(found: &[JudgeRun], name: &str) -> bool {
    found.iter().filter(|run| run.judge == name).any(|run| run.spent.any_answer())
}

/// The judges, each with its model, and how it is asked.
fn judges(request: &JudgeRequest, watch: &dyn Watch) -> Result<Vec<Judge>> {
    let calls = &request.calls;
    let mut judges: Vec<Judge> = Vec::new();
    for spec in &request.models {
        let model = calls.model(spec, watch)?;
        let can = model.capabilities();
        // A model that reasons first may return probabilities all the same; then the user says so.
        let tells = can.next && !can.reasons;
        let method = request.method.unwrap_or(if tells { Method::Scored } else { Method::Generated });
        if method == Method::Scored && !can.next {
            return Err(no_probabilities(spec));
        }
        if method == Method::Reward && !can.score {
            return Err(Error::new(format!("{spec} is not a reward model that scores conversations"))
                .words("give the address of a server with one, e.g. vLLM's: http://HOST:PORT/v1#MODEL"));
        }
        if method == Method::Reward && calls.batch {
            return Err(Error::new("no provider scores conversations in batches").remedy(Remedy::NoBatches));
        }
        if request.method.is_none() && !tells {
            watch.event(Event::Remark(Remark::Generated(&spec.to_string())));
        }
        let name = match (&request.name, method) {
            (Some(name), _) => name.clone(),
            (None, Method::Scored | Method::Reward) => calls.named(spec),
            (None, other) => format!("{} {}", calls.named(spec), other.as_str()),
        };
        if judges.iter().any(|judge| judge.name == name) {
            return Err(Error::new(format!("two of the models are called {name}")).remedy(Remedy::AskApart));
        }
        let run = calls.run(spec, watch)?;
        let options = JudgeOptions {
            method,
            orders: request.orders,
            seed: request.seed,
            references: request.references,
            last_turn: request.last_turn,
            ..JudgeOptions::default()
        };
        judges.push(Judge { name, spec: spec.clone(), model, options, run, enforce: calls.enforce });
    }
    Ok(judges)
}

/// A model that was asked for probabilities and has none.
pub(crate) fn no_probabilities(spec: &ModelSpec) -> Error {
    Error::new(format!("{spec} does not return token probabilities")).remedy(Remedy::WrittenAnswers)
}
