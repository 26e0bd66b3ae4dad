//! How verdicts are written to a study, and how each judge is recorded there.

use std::collections::HashSet;

use predilect_annotate::judge::Method;
use predilect_data::Study;
use predilect_types::Verdict;

use super::judge::Judge;
use super::jury::Jury;
use super::request::JudgeRequest;
use crate::error::Result;
use crate::studies::{Claim, claim, note, replace};
use crate::told::{as_toml, told};

/// Writes these verdicts in place of the same judges' old ones on the same pairs, after all others.
pub(super) fn write(study: &Study, verdicts: &[Verdict]) -> Result<()> {
    let new: HashSet<(&str, &str)> =
        verdicts.iter().map(|verdict| (verdict.judge.as_str(), verdict.pair.as_str())).collect();
    rewrite(study, |old| !new.contains(&(old.judge.as_str(), old.pair.as_str())), verdicts)
}

/// Rewrites the table of verdicts: the old ones that are kept, then new ones.
fn rewrite(study: &Study, keep: impl Fn(&Verdict) -> bool, new: &[Verdict]) -> Result<()> {
    replace(study.write_verdicts()?, Some(study.verdicts()?), keep, new)
}

/// What a judge is noted by in `study.toml`. Counts stay out: a study that was resumed on is the same as one made at once.
fn settings(judge: &Judge, request: &JudgeRequest) -> Result<toml::Table> {
    let mut step = toml::Table::new();
    step.insert("model".to_owned(), judge.model.name().into());
    step.insert("method".to_owned(), judge.options.method.as_str().into());
    step.insert("orders".to_owned(), judge.options.orders.as_str().into());
    step.insert("seed".to_owned(), i64::try_from(judge.options.seed).unwrap_or(i64::MAX).into());
    if !matches!(judge.options.method, Method::Scored | Method::Reward) {
        step.insert("enforce".to_owned(), judge.enforce.as_str().into());
    }
    if judge.options.references {
        step.insert("references".to_owned(), true.into());
    }
    if judge.options.last_turn {
        step.insert("last_turn".to_owned(), true.into());
    }
    step.insert("options".to_owned(), options(&request.of_one(&judge.name, &judge.spec))?);
    step.insert("derived_from".to_owned(), vec!["pairs", "calls.sqlite"].into());
    step.insert("writes".to_owned(), vec!["verdicts"].into());
    Ok(step)
}

/// The options by which it is asked again.
fn options(request: &JudgeRequest) -> Result<toml::Value> {
    as_toml(&told(request, &JudgeRequest::default(), &[])?)
}

/// A jury is the model of its own verdicts; its members are in their receipts, and it meets again when all are asked again.
fn jury_settings(jury: Jury, request: &JudgeRequest) -> Result<toml::Table> {
    let mut step = toml::Table::new();
    step.insert("model".to_owned(), jury.name().into());
    let whole =
        JudgeRequest { juries: vec![jury], attacks: 0, calls: request.calls.lasting(), ..request.clone() };
    step.insert("options".to_owned(), options(&whole)?);
    step.insert("derived_from".to_owned(), vec!["verdicts"].into());
    step.insert("writes".to_owned(), vec!["verdicts"].into());
    Ok(step)
}

/// The steps of this command, each with its name and settings.
fn steps(judges: &[&Judge], request: &JudgeRequest) -> Result<Vec<(String, toml::Table)>> {
    let judges = judges.iter().map(|judge| Ok((judge.name.clone(), settings(judge, request)?)));
    let juries =
        request.juries.iter().map(|&jury| Ok((jury.name().to_owned(), jury_settings(jury, request)?)));
    judges.chain(juries).collect()
}

/// Whether all may write under their names; names whose old verdicts were asked for in another way, and all of juries.
pub(super) fn claim_all(study: &Study, judges: &[Judge], request: &JudgeRequest) -> Result<HashSet<String>> {
    let mut present = HashSet::new();
    for batch in study.verdicts()? {
        for verdict in batch? {
            if !present.contains(&verdict.judge) {
                present.insert(verdict.judge);
            }
        }
    }
    let mut outdated: HashSet<String> = request.juries.iter().map(|&jury| jury.name().to_owned()).collect();
    for (name, settings) in steps(&judges.iter().collect::<Vec<_>>(), request)? {
        if claim(study, &step_of(&name), &name, &settings, present.contains(&name))? == Claim::Outdated {
            outdated.insert(name);
        }
    }
    outdated.retain(|name| present.contains(name));
    Ok(outdated)
}

fn step_of(judge: &str) -> String {
    format!("judge {judge}")
}

/// Removes outdated verdicts of the judges that answered (the log still has what they are based on), then notes how each was asked: in this
/// order, so that a kill in between leaves no old verdicts under new settings. It is done once there are answers: if a run ends before, the
/// study is unchanged.
pub(super) fn settle(
    study: &Study,
    heard: &[&Judge],
    request: &JudgeRequest,
    outdated: &HashSet<String>,
) -> Result<()> {
    let steps = steps(heard, request)?;
    let gone = |judge: &str| outdated.contains(judge) && steps.iter().any(|(name, _)| name == judge);
    if outdated.iter().any(|judge| gone(judge)) {
        rewrite(study, |verdict| !gone(&verdict.judge), &[])?;
    }
    for (name, settings) in steps {
        note(study, &step_of(&name), settings)?;
    }
    Ok(())
}
