//! `predilect rerun`: the same dissection again, and what has changed.

use predilect_workbench::ReadOptions;
use predilect_workbench::files::write_file;
use predilect_workbench::{DissectOptions, DissectRequest, Inputs, Moved, Workbench};

use super::dissect::show;
use crate::args::{Global, RerunArgs};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &RerunArgs, global: &Global) -> Result<(), Problem> {
    let watch = Bars::new(global.quiet);
    let files = [args.study.clone()];
    let inputs = Inputs { files: &files, example: None, options: &ReadOptions::default() };
    if inputs.study().is_none() {
        return Err(Problem::new(format!("there is no study in {}", args.study.display()))
            .remedy("name a study folder: predilect dissect FILE -o STUDY makes one"));
    }
    let bench = Workbench::of(&inputs, Some(&args.study), &watch)?;
    let request = DissectRequest::of_study(bench.study())?;
    let before = bench.kept_weights();
    let options = DissectOptions {
        fit: request.fit,
        gains: request.gains,
        report: true,
        draws: None,
        // The command that says what was asked.
        command: DissectRequest::command_of(bench.study()),
    };
    let found = bench.dissect(&request.slice, options, &watch)?.dissection;
    let page = args.study.join("report.html");
    if !found.fits.is_empty() {
        write_file(&page, predilect_report::html(&found).as_bytes())?;
    }
    show(args.json, global, &found, &[page])?;
    if !global.quiet {
        match before.as_deref().map(|before| Moved::between(before, &found.fits)) {
            None => say!("the earlier results could not be read, so what has changed is not known"),
            Some(moved) => say!("{}", words(&moved)),
        }
    }
    Ok(())
}

fn words(moved: &Moved) -> String {
    let Moved { same, moved, gone, new, furthest } = moved;
    if *moved == 0 && *gone == 0 && *new == 0 {
        return format!("all {same} weights are as before");
    }
    let mut parts = vec![format!("{same} weights are as before, {moved} have moved")];
    if let Some(furthest) = furthest {
        parts.push(format!(
            "the largest change is {} of {} in {}: {:.3} before, {:.3} now",
            furthest.property, furthest.judge, furthest.group, furthest.before, furthest.now
        ));
    }
    if *gone > 0 || *new > 0 {
        parts.push(format!("{gone} are gone and {new} are new"));
    }
    parts.join("; ")
}
