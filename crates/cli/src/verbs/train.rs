//! `predilect train` and `predilect ranking-accuracy`: from preferences to a trained model, and what it learnt.

use std::path::Path;

use predilect_results::Written;
use predilect_train::{Training, losses, ranking, train_with_own_labels, train_with_trl};
use predilect_workbench::ReadOptions;

use crate::args::{Global, RankingArgs, TrainArgs, inputs};
use crate::ended::{Shown, asked, end, show};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::signals;

pub(crate) fn run(args: &TrainArgs, global: &Global) -> Result<(), Problem> {
    if args.list {
        return list(args.show.json);
    }
    args.show.check(&args.inputs)?;
    let request = args.request()?;
    let bars = Bars::new(global.quiet);
    // Published weights label pairs that nobody has judged.
    let without_verdicts = args.labels.relabel_published.is_some();
    // Only the engine of our own trains on single completions, and its rounds of sampling make pairs.
    let singly = request.learns_from_single() && !args.engine && args.spa.is_none();
    let reading = ReadOptions { without_verdicts, singly, ..args.pairs.read.options()? };
    let inputs = inputs(&args.inputs, args.example, &args.pairs.read, &reading)?;
    let output = args.output.as_deref().unwrap_or_else(|| Path::new("."));
    // Until all is written: what was learnt must not be lost to a signal in between.
    let _asking = signals::asking();
    let ran = match (args.trl()?, args.own_labels()) {
        (Some(_), Some(_)) => {
            return Err(Problem::new("TRL cannot train on a model's own labels (--spa)")
                .remedy("use --engine native"));
        }
        (None, Some(spa)) => train_with_own_labels(&request, &spa, (&inputs, output), &bars)?,
        (Some(trl), None) => train_with_trl(&request, &trl, (&inputs, output), &bars)?,
        (None, None) => Training::begin(&request, &inputs, output, &bars)?.run(&bars)?,
    };
    let shown = Shown {
        options: asked("train", &request)?,
        html: predilect_report::html_training,
        terminal: |found, out| predilect_report::terminal_training(found, out, width()),
    };
    end(ran, &shown, &args.show, global.quiet)
}

fn list(json: bool) -> Result<(), Problem> {
    if json {
        return print_json(&Written::new(&losses()));
    }
    predilect_report::terminal_losses(&losses(), &mut anstream::stdout().lock(), width())?;
    Ok(())
}

pub(crate) fn run_ranking(args: &RankingArgs, global: &Global) -> Result<(), Problem> {
    args.show.check(&args.inputs)?;
    if args.each && !args.show.json {
        return Err(Problem::new("--each adds every pair with its flip threshold to the JSON")
            .remedy("add --json, or leave it out"));
    }
    let bars = Bars::new(global.quiet);
    let reading = args.pairs.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.pairs.read, &reading)?;
    let request = args.request(global)?;
    if args.offline && inputs.study().is_none() {
        return Err(Problem::new("--offline reads the log of a study, and there is none").remedy(
            "import the pairs into a study (predilect import PAIRS -o STUDY), and rank those first",
        ));
    }
    let found = ranking(&request, &inputs, &bars)?;
    let shown = Shown {
        options: asked("ranking-accuracy", &request)?,
        html: predilect_report::html_ranking_accuracy,
        terminal: |found, out| predilect_report::terminal_ranking_accuracy(found, out, width()),
    };
    show(&found, &shown, &args.show, global.quiet)
}
