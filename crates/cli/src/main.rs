//! The binary `predilect`: what the user asked for, and how it ended.

mod args;
mod asked;
mod ended;
mod output;
mod problem;
mod progress;
mod remarks;
mod remedies;
mod say;
mod signals;
mod verbs;

use std::io::Write;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Arg, Command, CommandFactory, FromArgMatches};

use crate::args::{Cli, Verb};

/// Reading a million records is mostly small strings: the system's allocator takes nearly half of an import's time, this
/// one a tenth.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn limit_threads(global: &args::Global) -> Result<(), problem::Problem> {
    let Some(threads) = global.threads else { return Ok(()) };
    rayon::ThreadPoolBuilder::new()
        .num_threads(usize::from(threads))
        .build_global()
        .map_err(|e| problem::Problem::new(format!("cannot start {threads} threads: {e}")))
}

/// Says what is wrong with the arguments (or the help that was asked for): names in them are escaped.
fn refused(error: &clap::Error) -> ExitCode {
    let mut said = predilect_types::shown::coloured(&error.render().ansi().to_string());
    // A key in an address is not repeated.
    if let Some(ContextValue::String(value)) = error.get(ContextKind::InvalidValue)
        && let Some((scheme, rest)) = value.split_once("://")
        && rest.contains(['@', '?'])
    {
        said = said.replace(value.as_str(), &format!("{scheme}://..."));
    }
    // Nobody may be there to read it, or the disk full.
    let _ = if error.use_stderr() {
        write!(anstream::stderr(), "{said}")
    } else {
        write!(anstream::stdout(), "{said}")
    };
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

/// What was asked for. A number below 0 is a value, and the option says what it takes: it would be taken for an option otherwise.
fn arguments() -> Result<Cli, clap::Error> {
    fn with_negative(command: Command) -> Command {
        let takes = |arg: &Arg| arg.get_long().is_some() && arg.get_action().takes_values();
        let command =
            command.mut_args(|arg| if takes(&arg) { arg.allow_negative_numbers(true) } else { arg });
        command.mut_subcommands(with_negative)
    }
    let matches = with_negative(Cli::command()).try_get_matches()?;
    Cli::from_arg_matches(&matches)
}

fn main() -> ExitCode {
    let cli = match arguments() {
        Ok(cli) => cli,
        Err(error) => return refused(&error),
    };
    signals::listen();
    if let Err(problem) = limit_threads(&cli.global) {
        problem.print();
        return ExitCode::from(1);
    }
    if cli.verb.rates_texts() && !predilect_workbench::RATES_GRAMMAR && !cli.global.quiet {
        say::say!(
            "remark: this build does not rate grammar and spelling: it was made without the feature `grammar`"
        );
    }
    let result = match &cli.verb {
        Verb::Dissect(args) => verbs::dissect::run(args, &cli.global),
        Verb::Rerun(args) => verbs::rerun::run(args, &cli.global),
        Verb::Import(args) => verbs::import::run(args, &cli.global),
        Verb::Compare(args) => verbs::compare::run(args, &cli.global),
        Verb::Explain(args) => verbs::explain::run(args, &cli.global),
        Verb::Rank(args) => verbs::rank::run(args, &cli.global),
        #[cfg(feature = "serve")]
        Verb::Serve(args) => verbs::serve::run(args, &cli.global),
        Verb::Fit(args) => verbs::fit::run(args, &cli.global),
        Verb::Annotate(args) => verbs::annotate::run(args, &cli.global),
        Verb::Judge(args) => verbs::judge::run(args, &cli.global),
        Verb::Steer(args) => verbs::steer::run(args, &cli.global),
        Verb::Verify(args) => verbs::verify::run(args, &cli.global),
        #[cfg(feature = "train")]
        Verb::Train(args) => verbs::train::run(args, &cli.global),
        #[cfg(feature = "train")]
        Verb::RankingAccuracy(args) => verbs::train::run_ranking(args, &cli.global),
        Verb::Export(args) => verbs::export::run(args, &cli.global),
        Verb::Validity(args) => verbs::validity::run(args, &cli.global),
        Verb::Formats(args) => verbs::formats::run(args),
        Verb::Doctor(args) => verbs::doctor::run(args),
        Verb::Completions(args) => verbs::shell::completions(args),
        Verb::Man(args) => verbs::shell::man(args),
    };
    signals::let_end();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        // A reader that closed the pipe has read enough.
        Err(problem) if problem.is_closed_pipe() => ExitCode::SUCCESS,
        Err(problem) => {
            problem.print();
            if problem.is_stopped() {
                return ExitCode::from(signals::status());
            }
            if problem.waits() { ExitCode::SUCCESS } else { ExitCode::from(1) }
        }
    }
}
