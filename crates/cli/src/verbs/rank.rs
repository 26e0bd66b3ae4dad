//! `predilect rank`: which model is how strong, by what people or judges said?

use predilect_results::{RankJson, RankLcJson, Settings, Standings, Written};
use predilect_workbench::Unwatched;
use predilect_workbench::files::{check_places, write_file};
use predilect_workbench::rank::{
    Difficulties, LcRequest, RankMethod, RankRequest, Ranked, RankedLc, by_strength, held_by, rank, rank_lc,
};
use predilect_workbench::requests::Request;

use super::command;
use crate::args::{Global, RankArgs, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &RankArgs, global: &Global) -> Result<(), Problem> {
    fits_together(args)?;
    check_places(&args.html, &args.inputs)?;
    if args.method == RankMethod::LengthControlled {
        return length_controlled(args, global);
    }
    let reading = args.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.read, &reading)?;
    let request = RankRequest {
        method: args.method,
        controls: held_by(&args.control),
        encoding: args.encoding,
        anchor: args.anchor.clone(),
        prior: args.prior,
        min_verdicts: args.min_verdicts,
        bootstrap: args.bootstrap,
        independent: args.independent,
        filter: args.filter.clone(),
        judges: args.judge.clone(),
        people: args.read.judges.into(),
        seed: args.seed,
    };
    let ranked = rank(&inputs, &request, &Bars::new(global.quiet))?;
    let asked = Request::Rank(request.clone());
    if let Some(folder) = &args.output {
        ranked.keep(folder, &asked, &command())?;
    }
    let findings = ranked.findings();
    if let Some(page) = &args.html {
        // With controls, the page shows the raw board too.
        let raw = if request.controls.is_empty() {
            None
        } else {
            let plain = RankRequest { controls: Vec::new(), ..request };
            Some(rank(&inputs, &plain, &Unwatched)?.board)
        };
        let controlled = raw.is_some().then(|| ranked.board.clone());
        let raw = raw.unwrap_or_else(|| ranked.board.clone());
        let standings = Standings {
            findings: findings.clone(),
            sampled: None,
            judges: raw.judges.clone(),
            raw,
            controlled,
        };
        let settings = Settings { version: env!("CARGO_PKG_VERSION").to_owned(), ..Settings::default() };
        let html = if args.brief {
            predilect_report::html_leaderboard_brief(&standings, &settings)
        } else {
            predilect_report::html_leaderboard(&standings, &settings)
        };
        write_file(page, html.as_bytes())?;
        if !global.quiet {
            say!("report: {}", page.display());
        }
    }
    show(args.json, ranked, &asked)
}

/// Shows a leaderboard.
pub(crate) fn show(json: bool, ranked: Ranked, asked: &Request) -> Result<(), Problem> {
    let findings = ranked.findings();
    let (board, alone, left_out) = (ranked.board, ranked.alone, ranked.left_out);
    if json {
        let found = RankJson { findings, board, alone, left_out };
        return print_json(&Written::new(found).asked(asked.told()?));
    }
    predilect_report::terminal_leaderboard(&board, &findings, &mut anstream::stdout().lock(), width())?;
    predilect_report::terminal_controls_alone(&board, &alone, &mut anstream::stdout().lock(), width())?;
    Ok(())
}

/// Whether these flags mean anything together.
fn fits_together(args: &RankArgs) -> Result<(), Problem> {
    if !args.control.is_empty() && !by_strength(args.method) {
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
        return Ok(());
    }
    if args.difficulty || args.minimal || !args.variant.is_empty() || args.baseline.is_some() {
        return Err(Problem::new(
            "--baseline, --difficulty, --minimal and --variant belong to length-controlled win rates",
        )
        .remedy("add --method lc"));
    }
    // Elo scores take it where resampling finds no spread.
    let ignored =
        args.method == RankMethod::WinRate || args.method == RankMethod::Elo && args.bootstrap.is_none();
    if args.prior > 0.0 && ignored {
        return Err(Problem::new(format!("--prior has no effect with --method {}", args.method))
            .remedy("leave it out, or use --method bradley-terry, rao-kupper or davidson"));
    }
    Ok(())
}

fn length_controlled(args: &RankArgs, global: &Global) -> Result<(), Problem> {
    let reading = args.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.read, &reading)?;
    let difficulty = match (args.difficulty, args.minimal) {
        (true, _) => Difficulties::Fitted,
        (false, true) => Difficulties::Minimal,
        (false, false) => Difficulties::Published,
    };
    let request = LcRequest {
        baseline: args.baseline.clone(),
        judges: args.judge.clone(),
        difficulty,
        variants: args.variant.clone(),
    };
    let ranked = rank_lc(&inputs, &request, &Bars::new(global.quiet))?;
    let asked = Request::RankLc(request);
    if let Some(folder) = &args.output {
        ranked.keep(folder, &asked, &command())?;
    }
    let findings = ranked.findings();
    if let Some(page) = &args.html {
        let settings = Settings { version: env!("CARGO_PKG_VERSION").to_owned(), ..Settings::default() };
        let html = predilect_report::html_lc(&ranked.board, &findings, args.brief, &settings);
        write_file(page, html.as_bytes())?;
        if !global.quiet {
            say!("report: {}", page.display());
        }
    }
    show_lc(args.json, ranked, &asked)
}

/// Shows length-controlled win rates.
pub(crate) fn show_lc(json: bool, ranked: RankedLc, asked: &Request) -> Result<(), Problem> {
    let findings = ranked.findings();
    if json {
        let found = RankLcJson { findings, board: ranked.board, left_out: ranked.left_out };
        return print_json(&Written::new(found).asked(asked.told()?));
    }
    Ok(predilect_report::terminal_lc(&ranked.board, &findings, &mut anstream::stdout().lock(), width())?)
}
