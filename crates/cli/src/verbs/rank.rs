//! `predilect rank`: which model is how strong, by what people or judges said?

use predilect_analysis::limits::TooMany;
use predilect_analysis::ranking::{
    Contest, LcOptions, Leaderboard, RankMethod, RankOptions, leaderboard, length_controlled_board,
};
use std::path::Path;

use predilect_data::Study;
use predilect_stats::ranking::RankingError;
use serde::Serialize;

use crate::args::{Global, RankArgs};
use crate::contest::{AgainstBaseline, FEW_VERDICTS, Gathered, LeftOut, against_baseline, controlled, plain};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::studies::is_study;
use crate::tables;

/// Models that the difficulty of prompts takes.
const FEW: usize = 5;
/// Resamples of a bootstrap where the method has no other interval.
const RESAMPLES: usize = 200;

/// A leaderboard with what is left out.
#[derive(Serialize)]
struct Output<'a, T> {
    #[serde(flatten)]
    board: &'a T,
    left_out: &'a LeftOut,
}

pub(crate) fn run(args: &RankArgs, global: &Global) -> Result<(), Problem> {
    let by_strength =
        matches!(args.method, RankMethod::BradleyTerry | RankMethod::RaoKupper | RankMethod::Davidson);
    if !args.control.is_empty() && !by_strength {
        return Err(Problem::new(format!("{} holds nothing equal", args.method))
            .remedy("--method bradley-terry, rao-kupper or davidson take --control"));
    }
    if args.method == RankMethod::LengthControlled {
        if args.anchor.is_some() || args.bootstrap.is_some() || args.prior > 0.0 || args.min_verdicts > 0 {
            return Err(Problem::new("lc takes no --anchor, --bootstrap, --prior or --min-verdicts")
                .remedy("leave them out: it compares each model with --baseline"));
        }
        return length_controlled(args, global);
    }
    if args.difficulty || !args.variant.is_empty() || args.baseline.is_some() {
        return Err(Problem::new(
            "--baseline, --difficulty and --variant belong to length-controlled win rates",
        )
        .remedy("add --method lc"));
    }
    let gathered = if args.control.is_empty() { plain(args, global)? } else { controlled(args, global)? };
    let Gathered { contest, judges, left_out } = gathered.with_verdicts(args.min_verdicts);
    if !global.quiet {
        remarks(args, &judges, &contest, &left_out);
    }
    if contest.models.len() < 2 && left_out.contains_key(FEW_VERDICTS) {
        return Err(Problem::new(format!(
            "fewer than two models have {} verdicts on each other",
            args.min_verdicts
        ))
        .remedy("take a smaller --min-verdicts"));
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
    let found: Leaderboard = leaderboard(&contest, &options).map_err(|error| refused(&error))?;
    if let Some(folder) = &args.output {
        tables::write_leaderboards(&tables_in(folder)?, &[(found.method.as_str(), &found)])?;
    }
    if args.json {
        print_json(&Output { board: &found, left_out: &left_out })?;
    } else {
        predilect_report::terminal_leaderboard(&found, &mut anstream::stdout().lock(), width())?;
    }
    Ok(())
}

fn length_controlled(args: &RankArgs, global: &Global) -> Result<(), Problem> {
    let AgainstBaseline { baseline, outputs, left_out } = against_baseline(args, global)?;
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
    let options = LcOptions { difficulty: args.difficulty, variants: args.variant.clone() };
    let board = length_controlled_board(&baseline, &outputs, &options);
    if board.ranking.is_empty() {
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
            anstream::eprintln!(
                "remark: without preferences, or with one and the same difference in length throughout, and left out: {}",
                without.join(", ")
            );
        }
        said(&left_out);
    }
    if let Some(folder) = &args.output {
        tables::write_lc(&tables_in(folder)?, &board)?;
    }
    if args.json {
        return print_json(&Output { board: &board, left_out: &left_out });
    }
    Ok(predilect_report::terminal_lc(&board, &mut anstream::stdout().lock(), width())?)
}

/// The study in that folder, or a new one for tables alone.
fn tables_in(folder: &Path) -> Result<Study, Problem> {
    Ok(if is_study(folder) { Study::open(folder)? } else { Study::create(folder)? })
}

fn said(left_out: &LeftOut) {
    for (reason, count) in left_out {
        anstream::eprintln!("remark: {count} {reason} are left out");
    }
}

fn remarks(args: &RankArgs, judges: &[String], contest: &Contest, left_out: &LeftOut) {
    if judges.len() > 1 && args.judge.is_empty() {
        anstream::eprintln!(
            "remark: verdicts of {} judges are counted together ({}); --judge takes those of one",
            judges.len(),
            judges.join(", ")
        );
    }
    let bends = matches!(args.method, RankMethod::RaoKupper | RankMethod::Davidson);
    let soft = contest.votes.iter().filter(|vote| ![0.0, 0.5, 1.0].contains(&vote.y)).count();
    if bends && soft > 0 {
        anstream::eprintln!(
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
    let (name, points) = match text.rsplit_once('=').map(|(name, points)| (name, points.parse::<f64>())) {
        _ if models.contains(text) => (text.as_str(), usual),
        Some((name, Ok(points))) if points.is_finite() => (name, points),
        _ => (text.as_str(), usual),
    };
    if !models.iter().any(|model| model == name) {
        return Err(Problem::new(format!("there is no model `{name}`"))
            .remedy(format!("models are {}", models.join(", "))));
    }
    if args.method == RankMethod::WinRate {
        return Err(Problem::new("a win rate has no anchor").remedy("leave --anchor out"));
    }
    Ok(Some((name.to_owned(), points)))
}

fn refused(error: &RankingError) -> Problem {
    let remedy = match error {
        RankingError::Apart(_) => {
            "some model has won or lost all its verdicts: --prior 0.1 keeps scores finite, --method win-rate needs none"
        }
        RankingError::Singular => "a control never differs, or says the same as another: leave it out",
        RankingError::OnlyTies => "--method bradley-terry counts a tie as half a win",
        RankingError::NoMaximum => "a control that decides every verdict has no finite weight: leave it out",
        RankingError::Empty => "check the verdicts with `predilect import --json`",
    };
    Problem::new(error.to_string()).remedy(remedy)
}
