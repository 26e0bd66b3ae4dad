//! `predilect judge`: what do language models prefer on these pairs?

mod probe;
mod show;

use std::collections::{BTreeMap, HashMap, HashSet};

use predilect_annotate::judge::{ATTACKS, Ask, Fall, JudgeOptions, Method, Tally, asks, judged};
use predilect_data::Study;
use predilect_llm::{CallLog, Enforce, Model, Request, RunOptions, Runner, Totals};
use predilect_types::{Order, Pair, Verdict};
use predilect_workbench::studies::{CarryOptions, Chosen, Claim, carry_on, claim, note, replace};

use crate::args::{Global, JudgeArgs, Jury, inputs};
use crate::calls::{self, Failures, Spent};
use crate::output::print_json;
use crate::problem::Problem;
use crate::progress::{Bars, bar};
use crate::say::say;
use crate::signals;
use crate::unread::{self, Cut, Unread};

use show::Said;

/// Below this share of probability on the two letters, scored verdicts rest on hardly anything.
const LITTLE: f64 = 0.05;

struct Judge {
    name: String,
    model: Box<dyn Model>,
    options: JudgeOptions,
    run: RunOptions,
    enforce: Enforce,
}

pub(crate) fn run(args: &JudgeArgs, global: &Global) -> Result<(), Problem> {
    if args.probe {
        return probe::run(args, global);
    }
    let judges = judges(args, global)?;
    let dry = args.calls.dry_run;
    let reading = args.read.options()?;
    let given = inputs(&args.inputs, None, &args.read, &reading)?;
    let options =
        CarryOptions { output: args.output.as_deref(), read: &reading, filter: args.filter.as_ref(), dry };
    let carried = carry_on(given.files, &options, &Bars::new(global.quiet))?;
    let study = &carried.study;
    let outdated = claim_all(study, &judges, &args.jury)?;
    if dry {
        return dry_run(&judges, study, &calls::log_if_there(study.folder())?, args);
    }
    if let Some(judge) = judges.iter().find(|judge| args.filter.is_some() && outdated.contains(&judge.name)) {
        return Err(Problem::new(format!(
            "{} was asked in another way before, and its verdicts outside of --where would be lost",
            judge.name
        ))
        .remedy("keep both with --name, or leave --where out"));
    }
    let log = calls::log(study.folder())?;
    for judge in judges.iter().filter(|judge| outdated.contains(&judge.name) && !global.quiet) {
        say!("remark: {} was asked in another way before; those verdicts are replaced", judge.name);
    }
    // Until all is written: what was answered must not be lost to a signal in between.
    let _asking = signals::asking();
    settle(study, &judges, &args.jury, &outdated)?;
    let mut said = Vec::with_capacity(judges.len());
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut problem = None;
    let mut spent = 0.0;
    for judge in &judges {
        let (mut done, of_judge, mut stop) = ask_all(judge, study, &log, &mut spent, global.quiet)?;
        if stop.is_none() && args.attacks > 0 {
            let (falls, total, why) = attack(judge, study, &log, &of_judge, args.attacks, spent)?;
            spent += total.price.unwrap_or(0.0);
            done.attacks = falls;
            done.spent += Spent::from(&total);
            done.stopped = why.as_ref().map(|why| why.what().to_owned());
            stop = why;
        }
        verdicts.extend(of_judge);
        said.push(done);
        if let Some(stop) = stop {
            // The other judges need not wait.
            let waits = stop.waits();
            problem = Some(stop);
            if !waits {
                break;
            }
        }
    }
    write(study, &verdicts)?;
    if !args.jury.is_empty() {
        // Of all that its members have said in this study, not only of what was asked now.
        let members: HashSet<&str> = judges.iter().map(|judge| judge.name.as_str()).collect();
        let mut all = Vec::new();
        for batch in study.verdicts()? {
            all.extend(batch?.into_iter().filter(|verdict| members.contains(verdict.judge.as_str())));
        }
        let found: Vec<Verdict> =
            args.jury.iter().flat_map(|jury| deliberate(*jury, &judges, &all)).collect();
        write(study, &found)?;
    }
    if args.json {
        match said.as_slice() {
            [only] => print_json(only)?,
            many => print_json(&many)?,
        }
    } else {
        show::print(&said, &mut anstream::stdout().lock())?;
    }
    match problem {
        Some(problem) => Err(problem.resumable()),
        None => Ok(()),
    }
}

/// The judges, each with its model, and how it is asked.
fn judges(args: &JudgeArgs, global: &Global) -> Result<Vec<Judge>, Problem> {
    let mut judges: Vec<Judge> = Vec::new();
    for spec in &args.model {
        let model = calls::model(spec, &args.calls, global)?;
        let can = model.capabilities();
        // A model that reasons first may tell probabilities all the same; then the user says so.
        let tells = can.next && !can.reasons;
        let method = args.method.unwrap_or(if tells { Method::Scored } else { Method::Generated });
        if method == Method::Scored && !can.next {
            return Err(Problem::new(format!("{spec} does not return token probabilities"))
                .remedy("leave --method out, or give --method generated"));
        }
        if method == Method::Reward && !can.score {
            return Err(Problem::new(format!("{spec} is no reward model that scores conversations"))
                .remedy("give the address of a server with one, e.g. vLLM's: http://HOST:PORT/v1#MODEL"));
        }
        if method == Method::Reward && args.calls.batch {
            return Err(
                Problem::new("no provider scores conversations in batches").remedy("leave --batch out")
            );
        }
        if args.method.is_none() && !tells && !global.quiet {
            say!("remark: {spec} does not return token probabilities: its verdicts are generated");
        }
        let name = match (&args.name, method) {
            (Some(name), _) => name.clone(),
            (None, Method::Scored | Method::Reward) => calls::named(spec, &args.calls),
            (None, other) => format!("{} {}", calls::named(spec, &args.calls), other.as_str()),
        };
        if judges.iter().any(|judge| judge.name == name) {
            return Err(Problem::new(format!("two of the models are called {name}"))
                .remedy("ask one of them in a command of its own, with --name"));
        }
        let run = calls::options(&args.calls, spec)?;
        let options =
            JudgeOptions { method, orders: args.orders, seed: args.seed, ..JudgeOptions::default() };
        judges.push(Judge { name, model, options, run, enforce: args.calls.enforce });
    }
    Ok(judges)
}

fn dry_run(judges: &[Judge], study: &Chosen, log: &CallLog, args: &JudgeArgs) -> Result<(), Problem> {
    let mut planned = Vec::new();
    for judge in judges {
        let runner = Runner { model: judge.model.as_ref(), log, options: judge.run.clone() };
        // Which response loses is not known yet: either side stands for the other.
        let mut left = args.attacks;
        let plan = calls::plan(&runner, study, |pair| {
            let mut all = requests(&asks(pair, &judge.options), judge.enforce);
            if left > 0 {
                left -= 1;
                for attack in ATTACKS {
                    all.extend(requests(&asks(&attack.on(pair, true), &judge.options), judge.enforce));
                }
            }
            all
        })?;
        planned.push((judge.name.as_str(), plan));
    }
    calls::print_plans(&planned, args.json)
}

fn requests(asks: &[Ask], enforce: Enforce) -> Vec<Request> {
    asks.iter().map(|ask| ask.request.clone().enforcing(enforce)).collect()
}

type Asked = (Said, Vec<Verdict>, Option<Problem>);

fn ask_all(
    judge: &Judge,
    study: &Chosen,
    log: &CallLog,
    spent: &mut f64,
    quiet: bool,
) -> Result<Asked, Problem> {
    let bar = bar(quiet, Some(0), &judge.name, false);
    let mut total = Totals { price: judge.run.price.map(|_| 0.0), ..Totals::default() };
    let mut tally = Tally::default();
    let mut verdicts = Vec::new();
    let mut stopped = None;
    let mut failures = Failures::default();
    let (mut unread, mut cut) = (Unread::default(), Cut::default());
    // Of a reward model: the first score, and whether all are that one.
    let mut scores: Option<(f64, u64, bool)> = None;
    calls::windows(study, |pairs| {
        let questions: Vec<(&Pair, Vec<Ask>)> =
            pairs.iter().map(|pair| (pair, asks(pair, &judge.options))).collect();
        let groups: Vec<_> = questions.iter().map(|(_, asks)| requests(asks, judge.enforce)).collect();
        bar.inc_length(groups.iter().map(|group| group.len() as u64).sum());
        let mut options = judge.run.clone();
        options.budget = options.budget.map(|budget| budget - *spent);
        let runner = Runner { model: judge.model.as_ref(), log, options };
        let mut report = runner.run(&groups, &|| bar.inc(1));
        let is_read = |at: usize, own: &[Option<_>]| {
            let (pair, asks) = &questions[at];
            let result = judged(&pair.id, &judge.name, asks, own, &judge.options);
            result.calls.iter().map(|call| call.parse.is_read()).collect()
        };
        unread::ask_again(&runner, &groups, &mut report, &is_read)?;
        cut.add(&runner, &groups, &report.outcomes);
        for ((pair, asks), own) in questions.iter().zip(&report.outcomes) {
            // A pair of which only some questions were settled waits for the next run.
            if own.iter().any(Option::is_none) {
                continue;
            }
            let result = judged(&pair.id, &judge.name, asks, own, &judge.options);
            tally.add(&result);
            unread.add(own, result.calls.iter().map(|call| call.parse));
            for score in result.calls.iter().filter_map(|call| call.value) {
                let (first, count, same) = scores.unwrap_or((score, 0, true));
                scores = Some((first, count + 1, same && score == first));
            }
            verdicts.extend(result.verdict);
        }
        failures.add(&report.outcomes);
        calls::add(&mut total, &report.totals);
        *spent += report.totals.price.unwrap_or(0.0);
        Ok(calls::go_on(&mut stopped, report.stop))
    })?;
    bar.finish_and_clear();
    let [clean, wrapped, _] = tally.answers();
    let problem = stopped
        .map(|stop| calls::stopped(stop, judge.run.budget))
        .or_else(|| failures.nothing_but(clean + wrapped))
        .or_else(|| unread.nothing_but(clean + wrapped));
    let mut remarks = judge.model.remarks();
    remarks.extend(cut.remark());
    if let Some(mass) = tally.finish().mean_mass.filter(|mass| *mass < LITTLE) {
        remarks.push(format!(
            "only {:.1} % of the probability mass is on A and B, so these verdicts are unreliable; try --method generated",
            100.0 * mass
        ));
    }
    if let Some((score, count, true)) = scores.filter(|_| judge.options.method == Method::Reward)
        && count > 2
    {
        remarks.push(format!("all {count} scores are equal ({score}), so they carry no information: is this a reward model, and fully loaded?"));
    }
    let summary = tally.finish();
    let said = Said {
        judge: judge.name.clone(),
        model: judge.model.name().to_owned(),
        method: judge.options.method.as_str(),
        summary,
        follows_position: summary.follows_position(),
        answers: tally.answers(),
        spent: Spent::from(&total),
        failures,
        unread,
        attacks: Vec::new(),
        remarks,
        stopped: problem.as_ref().map(|problem| problem.what().to_owned()),
    };
    Ok((said, verdicts, problem))
}

/// Judges pairs again whose losing response tells the judge to choose it.
fn attack(
    judge: &Judge,
    study: &Chosen,
    log: &CallLog,
    verdicts: &[Verdict],
    most: usize,
    spent: f64,
) -> Result<(Vec<Fall>, Totals, Option<Problem>), Problem> {
    let lost: HashMap<&str, &Verdict> =
        verdicts.iter().filter(|v| v.p_a != 0.5).map(|v| (v.pair.as_str(), v)).collect();
    let mut pairs: Vec<Pair> = Vec::new();
    calls::windows(study, |window| {
        let left = most - pairs.len();
        pairs.extend(window.iter().filter(|pair| lost.contains_key(pair.id.as_str())).take(left).cloned());
        Ok(pairs.len() < most)
    })?;
    let mut falls = Vec::new();
    let mut total = Totals { price: judge.run.price.map(|_| 0.0), ..Totals::default() };
    for attack in ATTACKS {
        let attacked: Vec<(&Verdict, Vec<Ask>)> = pairs
            .iter()
            .filter_map(|pair| {
                let verdict = *lost.get(pair.id.as_str())?;
                Some((verdict, asks(&attack.on(pair, verdict.p_a < 0.5), &judge.options)))
            })
            .collect();
        let groups: Vec<_> = attacked.iter().map(|(_, asks)| requests(asks, judge.enforce)).collect();
        let mut options = judge.run.clone();
        options.budget = options.budget.map(|budget| budget - spent - total.price.unwrap_or(0.0));
        let report = Runner { model: judge.model.as_ref(), log, options }.run(&groups, &|| {});
        calls::add(&mut total, &report.totals);
        let mut seen = Vec::new();
        for ((before, asks), own) in attacked.iter().zip(&report.outcomes) {
            let after = judged(&before.pair, &judge.name, asks, own, &judge.options).verdict;
            seen.extend(after.map(|after| (before.p_a, after.p_a, before.p_a < 0.5)));
        }
        falls.push(Fall::of(attack, &seen));
        if let Some(stop) = report.stop {
            return Ok((falls, total, Some(calls::stopped(stop, judge.run.budget))));
        }
    }
    Ok((falls, total, None))
}

/// A jury's verdicts on every pair that at least one of the judges has judged.
fn deliberate(jury: Jury, judges: &[Judge], verdicts: &[Verdict]) -> Vec<Verdict> {
    let members: HashSet<&str> = judges.iter().map(|judge| judge.name.as_str()).collect();
    let mut of_pair: BTreeMap<&str, Vec<&Verdict>> = BTreeMap::new();
    for verdict in verdicts.iter().filter(|verdict| members.contains(verdict.judge.as_str())) {
        of_pair.entry(&verdict.pair).or_default().push(verdict);
    }
    let name = jury_name(jury);
    of_pair
        .into_iter()
        .map(|(pair, votes)| {
            let n = votes.len() as f64;
            let p_a = match jury {
                Jury::Mean => votes.iter().map(|vote| vote.p_a).sum::<f64>() / n,
                Jury::Majority => {
                    let for_a = votes.iter().filter(|vote| vote.p_a > 0.5).count();
                    let for_b = votes.iter().filter(|vote| vote.p_a < 0.5).count();
                    match for_a.cmp(&for_b) {
                        std::cmp::Ordering::Greater => 1.0,
                        std::cmp::Ordering::Equal => 0.5,
                        std::cmp::Ordering::Less => 0.0,
                    }
                }
            };
            let members: Vec<&str> = votes.iter().map(|vote| vote.judge.as_str()).collect();
            let receipt = serde_json::json!({"jury": members});
            let order =
                if votes.iter().all(|vote| vote.order == Order::Both) { Order::Both } else { Order::Unknown };
            Verdict { receipt: Some(receipt), order, ..Verdict::new(pair, name, p_a) }
        })
        .collect()
}

/// Writes these verdicts in place of the same judges' old ones on the same pairs, after all others.
fn write(study: &Study, verdicts: &[Verdict]) -> Result<(), Problem> {
    let new: HashSet<(&str, &str)> =
        verdicts.iter().map(|verdict| (verdict.judge.as_str(), verdict.pair.as_str())).collect();
    rewrite(study, |old| !new.contains(&(old.judge.as_str(), old.pair.as_str())), verdicts)
}

/// Writes the table of verdicts anew: the old ones that are kept, then new ones.
fn rewrite(study: &Study, keep: impl Fn(&Verdict) -> bool, new: &[Verdict]) -> Result<(), Problem> {
    Ok(replace(study.write_verdicts()?, Some(study.verdicts()?), keep, new)?)
}

/// What a judge is noted by in `study.toml`. Counts stay out: a study that was carried on is the same as one made at once.
fn settings(judge: &Judge) -> toml::Table {
    let mut step = toml::Table::new();
    step.insert("model".to_owned(), judge.model.name().into());
    step.insert("method".to_owned(), judge.options.method.as_str().into());
    step.insert("orders".to_owned(), judge.options.orders.as_str().into());
    step.insert("seed".to_owned(), i64::try_from(judge.options.seed).unwrap_or(i64::MAX).into());
    if !matches!(judge.options.method, Method::Scored | Method::Reward) {
        step.insert("enforce".to_owned(), judge.enforce.as_str().into());
    }
    step.insert("derived_from".to_owned(), vec!["pairs", "calls.sqlite"].into());
    step.insert("writes".to_owned(), vec!["verdicts"].into());
    step
}

/// A jury is the model of its own verdicts; who sat in it stands in their receipts.
fn jury_settings(jury: Jury) -> toml::Table {
    let mut step = toml::Table::new();
    step.insert("model".to_owned(), jury_name(jury).into());
    step.insert("derived_from".to_owned(), vec!["verdicts"].into());
    step.insert("writes".to_owned(), vec!["verdicts"].into());
    step
}

fn jury_name(jury: Jury) -> &'static str {
    match jury {
        Jury::Mean => "jury mean",
        Jury::Majority => "jury majority",
    }
}

/// The steps of this command, each with its name and settings.
fn steps(judges: &[Judge], juries: &[Jury]) -> Vec<(String, toml::Table)> {
    let judges = judges.iter().map(|judge| (judge.name.clone(), settings(judge)));
    let juries = juries.iter().map(|&jury| (jury_name(jury).to_owned(), jury_settings(jury)));
    judges.chain(juries).collect()
}

/// Whether all may write under their names; names whose old verdicts were asked for in another way, and all of juries.
fn claim_all(study: &Study, judges: &[Judge], juries: &[Jury]) -> Result<HashSet<String>, Problem> {
    let mut present = HashSet::new();
    for batch in study.verdicts()? {
        for verdict in batch? {
            if !present.contains(&verdict.judge) {
                present.insert(verdict.judge);
            }
        }
    }
    let mut outdated: HashSet<String> = juries.iter().map(|&jury| jury_name(jury).to_owned()).collect();
    for (name, settings) in steps(judges, juries) {
        if claim(study, &format!("judge {name}"), &name, &settings, present.contains(&name))?
            == Claim::Outdated
        {
            outdated.insert(name);
        }
    }
    outdated.retain(|name| present.contains(name));
    Ok(outdated)
}

/// Takes outdated verdicts away (the log still has what they rest on), then notes how each judge is asked from now on: in
/// this order, so that a kill in between leaves no old verdicts under new settings.
fn settle(
    study: &Study,
    judges: &[Judge],
    juries: &[Jury],
    outdated: &HashSet<String>,
) -> Result<(), Problem> {
    if !outdated.is_empty() {
        rewrite(study, |verdict| !outdated.contains(&verdict.judge), &[])?;
    }
    for (name, settings) in steps(judges, juries) {
        note(study, &format!("judge {name}"), settings)?;
    }
    Ok(())
}
