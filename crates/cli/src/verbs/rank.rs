//! `predilect rank`: which model is how strong, by what people or judges said?

use predilect_analysis::limits::TooMany;
use predilect_analysis::ranking::{
    Contest, Difficulties, LcOptions, RankMethod, RankOptions, leaderboard, length_controlled_board,
};
use predilect_results::ranking::{LcBoard, Leaderboard};
use std::path::Path;

use predilect_data::Study;
use predilect_results::{RankJson, RankLcJson, Written};
use predilect_stats::ranking::RankingError;
use predilect_types::shown::list;
use predilect_workbench::rank::{
    AgainstBaseline, ContestOptions, FEW_VERDICTS, Gathered, LeftOut, against_baseline, controlled, plain,
};
use predilect_workbench::studies::is_study;
use predilect_workbench::{SliceOptions, tables};

use crate::args::{Global, RankArgs, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

/// Models that the difficulty of prompts takes.
const FEW: usize = 5;
/// Models that an error names.
const NAMED: usize = 5;
/// Resamples of a bootstrap where the method has no other interval.
const RESAMPLES: usize = 200;

pub(crate) fn run(args: &RankArgs, global: &Global) -> Result<(), Problem> {
    let by_strength =
        matches!(args.method, RankMethod::BradleyTerry | RankMethod::RaoKupper | RankMethod::Davidson);
    if !args.control.is_empty() && !by_strength {
        return Err(Problem::new(format!("--control cannot be used with --method {}", args.method))
            .remedy("use --method bradley-terry, rao-kupper or davidson"));
    }
    if args.method == RankMethod::LengthControlled {
        if args.filter.is_some() {
            return Err(Problem::new("--where cannot be used with --method lc")
                .remedy("export the slice first: predilect export STUDY --where FILTER"));
        }
        if args.anchor.is_some() || args.bootstrap.is_some() || args.prior > 0.0 || args.min_verdicts > 0 {
            return Err(Problem::new("lc takes no --anchor, --bootstrap, --prior or --min-verdicts")
                .remedy("leave them out: it compares each model with --baseline"));
        }
        return length_controlled(args, global);
    }
    if args.difficulty || args.minimal || !args.variant.is_empty() || args.baseline.is_some() {
        return Err(Problem::new(
            "--baseline, --difficulty, --minimal and --variant belong to length-controlled win rates",
        )
        .remedy("add --method lc"));
    }
    let gathered = gathered(args, global)?;
    let Gathered { contest, judges, left_out } = gathered.with_verdicts(args.min_verdicts);
    if !global.quiet {
        remarks(args, &contest, &left_out);
    }
    if contest.models.len() < 2 && left_out.contains_key(FEW_VERDICTS) {
        return Err(Problem::new(format!(
            "fewer than two models have {} verdicts on each other",
            args.min_verdicts
        ))
        .remedy("take a smaller --min-verdicts"));
    }
    if contest.models.len() < 2 && !args.judge.is_empty() && judges.is_empty() {
        return Err(Problem::new(format!("no verdict is by {}", args.judge.join(" or ")))
            .remedy("leave --judge out to see by whom verdicts are"));
    }
    if contest.models.len() < 2 {
        return Err(Problem::new("the files name fewer than two models with verdicts between them").remedy(
            "models come from fields such as model_a and model_b; `predilect formats` lists what is read",
        ));
    }
    if by_strength {
        TooMany::models(contest.models.len())?;
    }
    let options = RankOptions {
        method: args.method,
        anchor: anchor(args, &contest.models)?,
        prior: args.prior,
        resamples: args
            .bootstrap
            .map_or(if args.method == RankMethod::Elo { RESAMPLES } else { 0 }, |n| n as usize),
        seed: args.seed,
    };
    let found: Leaderboard = leaderboard(&contest, &options)
        .map_err(|error| refused(&error, &contest.models, contest.controls.len(), args.method))?;
    let found = Leaderboard { judges, ..found };
    if !global.quiet {
        of_the_weights(&found);
    }
    // Of several controls, what each does alone stands beside what they do together.
    let controls = if contest.controls.len() > 1 { contest.controls.len() } else { 0 };
    let alone: Vec<Leaderboard> = (0..controls)
        .map(|control| leaderboard(&contest.with_control(control), &options))
        .collect::<Result<_, _>>()
        .map_err(|error| refused(&error, &contest.models, 1, args.method))?;
    if let Some(folder) = &args.output {
        let mut boards = vec![(found.method.as_str(), &found)];
        boards.extend(alone.iter().map(|board| (board.controls[0].name.as_str(), board)));
        let study = tables_in(folder)?;
        let _held = study.lock("rank")?;
        tables::write_leaderboards(&study, &boards)?;
    }
    if args.json {
        print_json(&Written::new(RankJson { board: found, alone, left_out: reasons(&left_out) }))?;
    } else {
        predilect_report::terminal_leaderboard(&found, &mut anstream::stdout().lock(), width())?;
        predilect_report::terminal_controls_alone(&found, &alone, &mut anstream::stdout().lock(), width())?;
    }
    Ok(())
}

/// The verdicts between models, with ratings of what is to be held equal.
fn gathered(args: &RankArgs, global: &Global) -> Result<Gathered, Problem> {
    let watch = Bars::new(global.quiet);
    let reading = args.read.options()?;
    let inputs = inputs(&args.inputs, None, &args.read, &reading)?;
    let options = ContestOptions { judges: args.judge.clone(), independent: args.independent };
    if args.control.is_empty() && args.filter.is_none() {
        return Ok(plain(&inputs, &options, &watch)?);
    }
    // What is rated must be named: length costs nothing.
    let properties = if args.control.is_empty() { vec!["length".to_owned()] } else { args.control.clone() };
    let slice = SliceOptions {
        filter: args.filter.clone(),
        grammar: args.control.iter().any(|id| id == "grammatical"),
        properties,
        encoding: args.encoding,
        people: args.read.judges.into(),
        judges: args.judge.clone(),
        ..SliceOptions::default()
    };
    Ok(controlled(&inputs, &options, &slice, &args.control, &watch)?)
}

fn length_controlled(args: &RankArgs, global: &Global) -> Result<(), Problem> {
    let watch = Bars::new(global.quiet);
    let reading = args.read.options()?;
    let inputs = inputs(&args.inputs, None, &args.read, &reading)?;
    let AgainstBaseline { baseline, outputs, judges, left_out } =
        against_baseline(&inputs, &args.judge, args.baseline.as_deref(), &watch)?;
    // A mean over two judge prompts is nobody's win rate: it is made only where both are asked for.
    if judges.len() > 1 && args.judge.is_empty() {
        return Err(Problem::new(format!("the verdicts are by {} judges: {}", judges.len(), list(judges)))
            .remedy("choose one with --judge, or name several to take their mean"));
    }
    if let Some(name) = args.variant.iter().find(|name| outputs.iter().all(|output| output.model != **name)) {
        return Err(Problem::new(format!("there is no model `{name}` beside {baseline}"))
            .remedy("--variant names a model of the files"));
    }
    let mut models: Vec<&str> = outputs.iter().map(|output| output.model.as_str()).collect();
    models.sort_unstable();
    models.dedup();
    if args.difficulty && models.len() < FEW {
        return Err(Problem::new(format!(
            "{} models cannot tell how hard prompts are: --difficulty needs {FEW}",
            models.len()
        ))
        .remedy("leave it out for the minimal form, or give the results of further models"));
    }
    let difficulty = match (args.difficulty, args.minimal) {
        (true, _) => Difficulties::Fitted,
        (false, true) => Difficulties::Minimal,
        (false, false) => Difficulties::Published,
    };
    let options = LcOptions { difficulty, variants: args.variant.clone() };
    let board = LcBoard { judges, ..length_controlled_board(&baseline, &outputs, &options) };
    if board.ranking.is_empty() {
        let apart = outputs.first().map_or(0.0, |output| output.longer_by);
        if apart != 0.0 && outputs.iter().all(|output| output.longer_by == apart) {
            let more = if apart > 0.0 { "longer" } else { "shorter" };
            return Err(Problem::new(format!(
                "every output is by {} characters {more} than that of {baseline}: length cannot be told from the model",
                apart.abs()
            ))
            .remedy("--method win-rate shows the rates as they are"));
        }
        return Err(Problem::new(format!("no model has preferences and texts beside {baseline}"))
            .remedy("lc reads the texts of both outputs, as AlpacaEval's annotations.json holds them"));
    }
    if !global.quiet {
        let mut without: Vec<&str> = outputs.iter().map(|output| output.model.as_str()).collect();
        without.sort_unstable();
        without.dedup();
        without.retain(|model| !args.variant.iter().any(|name| name == model));
        without.retain(|model| board.ranking.iter().all(|row| row.model != *model));
        if !without.is_empty() {
            say!(
                "remark: without preferences, or with one and the same difference in length throughout, and left out: {}",
                list(&without)
            );
        }
        said(&left_out);
    }
    if let Some(folder) = &args.output {
        let study = tables_in(folder)?;
        let _held = study.lock("rank")?;
        tables::write_lc(&study, &board)?;
    }
    if args.json {
        return print_json(&Written::new(RankLcJson { board, left_out: reasons(&left_out) }));
    }
    Ok(predilect_report::terminal_lc(&board, &mut anstream::stdout().lock(), width())?)
}

/// The study in that folder, or a new one for tables alone.
fn tables_in(folder: &Path) -> Result<Study, Problem> {
    Ok(if is_study(folder) { Study::open(folder)? } else { Study::create(folder)? })
}

fn said(left_out: &LeftOut) {
    for (reason, count) in left_out {
        if *count == 1 {
            // The reasons are in the plural.
            let reason = reason.replacen("verdicts ", "verdict ", 1).replacen("pairs ", "pair ", 1);
            say!("remark: 1 {reason} is left out");
        } else {
            say!("remark: {count} {reason} are left out");
        }
    }
}

fn remarks(args: &RankArgs, contest: &Contest, left_out: &LeftOut) {
    let bends = matches!(args.method, RankMethod::RaoKupper | RankMethod::Davidson);
    let soft = contest.votes.iter().filter(|vote| ![0.0, 0.5, 1.0].contains(&vote.y)).count();
    if bends && soft > 0 {
        say!(
            "remark: {} knows wins, ties and losses only: {soft} soft verdicts count as the side they favour",
            args.method
        );
    }
    said(left_out);
}

fn anchor(args: &RankArgs, models: &[String]) -> Result<Option<(String, f64)>, Problem> {
    let Some(text) = &args.anchor else { return Ok(None) };
    let usual = if args.method == RankMethod::WinRate { 50.0 } else { 1000.0 };
    // A model's name may hold the sign itself.
    let (name, points) = match text.rsplit_once('=') {
        _ if models.contains(text) => (text.as_str(), usual),
        Some((name, points)) if models.iter().any(|model| model == name) => {
            let number = points.parse::<f64>().ok().filter(|points| points.is_finite());
            (
                name,
                number.ok_or_else(|| {
                    Problem::new(format!("--anchor gives {name} `{points}` points, which is not a number"))
                        .remedy(format!("write --anchor {name}=1000, or --anchor {name}"))
                })?,
            )
        }
        Some((name, points)) if points.parse::<f64>().is_ok() => (name, usual),
        _ => (text.as_str(), usual),
    };
    if !models.iter().any(|model| model == name) {
        return Err(Problem::new(format!("there is no model `{name}`"))
            .remedy(format!("models are {}", list(models))));
    }
    if args.method == RankMethod::WinRate {
        return Err(Problem::new("a win rate has no anchor").remedy("leave --anchor out"));
    }
    Ok(Some((name.to_owned(), points)))
}

/// What weights say.
fn of_the_weights(found: &Leaderboard) {
    match found.weights.as_deref() {
        Some("counts") => {
            say!(
                "remark: weights are whole numbers: a verdict of weight 7 counts as seven, in scores and in intervals"
            );
        }
        Some(_) => {
            say!(
                "remark: weights are not all whole numbers: they say how much a verdict counts for scores; for intervals it stays one verdict"
            );
        }
        None => {}
    }
}

fn refused(error: &RankingError, models: &[String], controls: usize, method: RankMethod) -> Problem {
    let remedy = match error {
        RankingError::NeverMet(groups) => {
            return Problem::new(predilect_report::groups_that_never_met(
                groups.len(),
                &groups.iter().map(|group| named(group, models)).collect::<Vec<_>>(),
            ))
            .remedy(
                "rank each group apart, or add verdicts between them; --prior 0.1 puts both around the same mean, \
                 --method win-rate shows shares of wins within each",
            );
        }
        RankingError::OneWay(found) => {
            let all = |parts: &[Vec<u32>], what: &str| {
                let count = parts.iter().map(Vec::len).sum::<usize>();
                let who: Vec<u32> = parts.iter().flatten().copied().collect();
                (count < models.len() && count > 0).then(|| {
                    let have = if count == 1 { "has" } else { "have" };
                    let whose = if count == 1 { "its" } else { "their" };
                    format!("{} {have} {what} all {whose} verdicts against the others", named(&who, models))
                })
            };
            // With two parts the one says it of the other: the smaller is enough.
            let two = found.undefeated.len() == 1 && found.winless.len() == 1;
            let fewer = two && found.undefeated[0].len() + found.winless[0].len() == models.len();
            let top =
                found.undefeated.first().map_or(0, Vec::len) <= found.winless.first().map_or(0, Vec::len);
            let parts = [
                all(&found.undefeated, "won").filter(|_| !fewer || top),
                all(&found.winless, "lost").filter(|_| !fewer || !top),
            ];
            return Problem::new(format!(
                "no finite scores: {}",
                parts.into_iter().flatten().collect::<Vec<_>>().join("; ")
            ))
            .remedy("--prior 0.1 keeps scores finite, --method win-rate needs none");
        }
        RankingError::Singular if controls == 0 && method == RankMethod::BradleyTerry => {
            return Problem::new(
                "the scores cannot be told apart: some weights are larger than others by very much",
            )
            .remedy("check the weights: a whole number counts as that many verdicts");
        }
        RankingError::Singular if controls == 0 => {
            return Problem::new(
                "no finite scores: with ties of their own, somebody has won, or lost, all verdicts that are no tie",
            )
            .remedy("--prior 0.1 keeps scores finite; --method bradley-terry counts a tie as half a win");
        }
        RankingError::Singular => {
            "a control never differs, says the same as another, or decides every verdict: leave it out (without texts no property differs)"
        }
        RankingError::OnlyTies => "--method bradley-terry counts a tie as half a win",
        RankingError::NoMaximum => "a control that decides every verdict has no finite weight: leave it out",
        RankingError::Empty => "check the verdicts with `predilect import --json`",
    };
    Problem::new(error.to_string()).remedy(remedy)
}

/// Some of these models by name, and how many there are beside.
fn named(who: &[u32], models: &[String]) -> String {
    let some: Vec<&str> = who.iter().take(NAMED).map(|who| models[*who as usize].as_str()).collect();
    match who.len().saturating_sub(NAMED) {
        0 => some.join(", "),
        more => format!("{} and {more} more", some.join(", ")),
    }
}

/// Reasons as text.
fn reasons(left_out: &LeftOut) -> std::collections::BTreeMap<String, u64> {
    left_out.iter().map(|(reason, count)| ((*reason).to_owned(), *count)).collect()
}
