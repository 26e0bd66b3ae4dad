//! `predilect annotate`: to which degree do the responses have each property, by a language model's reading?

use std::collections::{BTreeMap, HashSet};
use std::io::Write;

use predilect_annotate::Parse;
use predilect_annotate::rate::{Ask, RateOptions, asks, rateable, rated};
use predilect_data::Study;
use predilect_llm::{Enforce, Request, Runner, Totals};
use predilect_types::{Property, Rating};
use serde::Serialize;

use crate::args::{AnnotateArgs, Global};
use crate::calls::{self, Failures, dollars};
use crate::output::print_json;
use crate::problem::Problem;
use crate::progress::bar;
use crate::studies::{Claim, carry_on, claim, note};

/// What is said of the run; the field names are those that programs read.
#[derive(Debug, Default, Serialize)]
struct Said {
    annotator: String,
    model: String,
    pairs: u64,
    properties: usize,
    ratings: u64,
    /// Answers by how they could be read.
    answers: BTreeMap<&'static str, u64>,
    /// Share of answers that could be read.
    parse_rate: Option<f64>,
    /// Values asked for that are missing or off the scale.
    missing_values: u64,
    calls: u64,
    retries: u64,
    from_log: u64,
    failed: u64,
    failures: Failures,
    tokens: u64,
    price: Option<f64>,
    /// Why the run ended early.
    stopped: Option<String>,
}

pub(crate) fn run(args: &AnnotateArgs, global: &Global) -> Result<(), Problem> {
    let options =
        RateOptions { properties: properties(&args.properties)?, orders: args.orders, seed: args.seed };
    let model = calls::model(&args.model, &args.calls)?;
    let run = calls::options(&args.calls, &args.model)?;
    let dry = args.calls.dry_run;
    let carried = carry_on(&args.inputs, args.output.as_deref(), &args.read, dry, global)?;
    let study = &carried.study;
    let annotator = args.name.clone().unwrap_or_else(|| args.model.model.clone());
    let settings = settings(model.name(), &options, args.calls.enforce);
    let step = format!("annotate {annotator}");
    let claimed = claim(study, &step, &annotator, &settings, &annotators(study)?)?;
    let folder = study.folder();
    let log = if dry { calls::log_if_there(folder)? } else { calls::log(folder)? };
    let runner = Runner { model: model.as_ref(), log: &log, options: run };
    if dry {
        let plan = calls::plan(&runner, study, |pair| requests(&asks(pair, &options), args.calls.enforce))?;
        return calls::print_plans(&[(&annotator, plan)], args.json);
    }
    // Outdated ratings go before the new settings are noted, so that a kill in between leaves none under them.
    if claimed == Claim::Outdated {
        if !global.quiet {
            anstream::eprintln!(
                "remark: {annotator} was asked in another way before; all its ratings are replaced (--name keeps both)"
            );
        }
        rewrite(study, |old| old.annotator != annotator, &[])?;
    }
    note(study, &step, settings)?;
    let asking = Asking { annotator: &annotator, enforce: args.calls.enforce, quiet: global.quiet };
    let (said, ratings, problem) = ask_all(&asking, runner, study, &options)?;
    write(study, &annotator, &ratings)?;
    if args.json {
        print_json(&said)?;
    } else {
        print(&said, &mut anstream::stdout().lock())?;
    }
    match problem {
        Some(problem) => Err(problem.remedy("what was answered is kept: run the command again to go on")),
        None => Ok(()),
    }
}

fn properties(wanted: &[String]) -> Result<Vec<&'static Property>, Problem> {
    let known: Vec<&str> = rateable().map(|p| p.id).collect();
    if let Some(unknown) = wanted.iter().find(|id| !known.contains(&id.as_str())) {
        return Err(Problem::new(format!("`{unknown}` is no property that a model can be asked for"))
            .remedy(format!("choose among: {}", known.join(", "))));
    }
    Ok(rateable().filter(|p| wanted.is_empty() || wanted.iter().any(|id| id == p.id)).collect())
}

fn requests(asks: &[Ask], enforce: Enforce) -> Vec<Request> {
    asks.iter().map(|ask| ask.request.clone().enforcing(enforce)).collect()
}

type Asked = (Said, Vec<Rating>, Option<Problem>);

struct Asking<'a> {
    annotator: &'a str,
    enforce: Enforce,
    quiet: bool,
}

fn ask_all(
    asking: &Asking<'_>,
    mut runner: Runner<'_>,
    study: &Study,
    options: &RateOptions,
) -> Result<Asked, Problem> {
    let Asking { annotator, enforce, quiet } = *asking;
    let bar = bar(quiet, Some(0), "rating", false);
    let budget = runner.options.budget;
    let mut total = Totals { price: runner.options.price.map(|_| 0.0), ..Totals::default() };
    let mut said = Said {
        annotator: annotator.to_owned(),
        model: runner.model.name().to_owned(),
        properties: options.properties.len(),
        ..Said::default()
    };
    let mut ratings = Vec::new();
    let mut stopped = None;
    let mut read = 0_u64;
    calls::windows(study, |pairs| {
        let questions: Vec<_> = pairs.iter().map(|pair| (pair, asks(pair, options))).collect();
        let requests: Vec<Request> = questions.iter().flat_map(|(_, asks)| requests(asks, enforce)).collect();
        bar.inc_length(requests.len() as u64);
        runner.options.budget = budget.map(|budget| budget - total.price.unwrap_or(0.0));
        let report = runner.run(&requests, &|| bar.inc(1));
        let mut outcomes = report.outcomes.as_slice();
        for (pair, asks) in &questions {
            let (own, rest) = outcomes.split_at(asks.len().min(outcomes.len()));
            outcomes = rest;
            // A pair of which only some questions were settled waits for the next run.
            if own.iter().any(Option::is_none) {
                continue;
            }
            let result = rated(&pair.id, annotator, asks, own, options);
            said.pairs += 1;
            said.missing_values += result.values.1;
            for parse in result.answers {
                *said.answers.entry(parse.as_str()).or_default() += 1;
                read += u64::from(Parse::is_read(parse));
            }
            ratings.extend(result.ratings);
        }
        said.failures.add(&report.outcomes);
        calls::add(&mut total, &report.totals);
        stopped = report.stop;
        Ok(stopped.is_none())
    })?;
    bar.finish_and_clear();
    let problem = stopped.map(|stop| calls::stopped(stop, budget));
    let answers: u64 = said.answers.values().sum();
    said.ratings = ratings.len() as u64;
    said.parse_rate = (answers > 0).then(|| read as f64 / answers as f64);
    (said.calls, said.retries, said.from_log, said.failed) =
        (total.calls, total.retries, total.from_log, total.failed);
    said.tokens = total.usage.input + total.usage.output;
    said.price = total.price;
    said.stopped = problem.as_ref().map(|problem| problem.what().to_owned());
    Ok((said, ratings, problem))
}

/// Who has rated already.
fn annotators(study: &Study) -> Result<HashSet<String>, Problem> {
    let mut names = HashSet::new();
    if study.has_table("ratings") {
        for batch in study.ratings()? {
            for rating in batch? {
                if !names.contains(&rating.annotator) {
                    names.insert(rating.annotator);
                }
            }
        }
    }
    Ok(names)
}

/// Writes this annotator's ratings in place of its old ones of the same properties and pairs, after those of all others.
fn write(study: &Study, annotator: &str, ratings: &[Rating]) -> Result<(), Problem> {
    let new: HashSet<(&str, &str)> = ratings.iter().map(|r| (r.pair.as_str(), r.property.as_str())).collect();
    let keep = |old: &Rating| {
        old.annotator != annotator || !new.contains(&(old.pair.as_str(), old.property.as_str()))
    };
    rewrite(study, keep, ratings)
}

/// Writes the table of ratings anew: the old ones that are kept, then new ones.
fn rewrite(study: &Study, keep: impl Fn(&Rating) -> bool, new: &[Rating]) -> Result<(), Problem> {
    let mut writer = study.write_ratings()?;
    if study.has_table("ratings") {
        for batch in study.ratings()? {
            for rating in batch? {
                if keep(&rating) {
                    writer.push_owned(rating)?;
                }
            }
        }
    }
    for rating in new {
        writer.push(rating)?;
    }
    writer.finish()?;
    Ok(())
}

/// What an annotator is noted by in `study.toml`. Which properties it has rated, the table of ratings says.
fn settings(model: &str, options: &RateOptions, enforce: Enforce) -> toml::Table {
    let mut step = toml::Table::new();
    step.insert("model".to_owned(), model.into());
    step.insert("orders".to_owned(), options.orders.as_str().into());
    step.insert("seed".to_owned(), i64::try_from(options.seed).unwrap_or(i64::MAX).into());
    step.insert("enforce".to_owned(), enforce.as_str().into());
    step.insert("derived_from".to_owned(), vec!["pairs", "calls.sqlite"].into());
    step.insert("writes".to_owned(), vec!["ratings"].into());
    step
}

fn print(s: &Said, out: &mut impl Write) -> std::io::Result<()> {
    writeln!(out, "{} ({})", s.annotator, s.model)?;
    writeln!(out, "  ratings        {} of {} pairs on {} properties", s.ratings, s.pairs, s.properties)?;
    let answers: Vec<String> =
        s.answers.iter().map(|(kind, n)| format!("{n} {}", kind.replace('_', " "))).collect();
    let rate = s.parse_rate.map_or_else(|| "none".to_owned(), |rate| format!("{:.1} %", 100.0 * rate));
    writeln!(
        out,
        "  answers        {rate} read ({}); {} values missing or off the scale",
        answers.join(", "),
        s.missing_values
    )?;
    writeln!(
        out,
        "  calls          {} ({} repeated, {} failed), {} answers from the log; {} tokens, {}",
        s.calls,
        s.retries,
        s.failed,
        s.from_log,
        s.tokens,
        dollars(s.price)
    )
}
