//! `predilect rerun`: the same question again, and what has changed.

use std::path::Path;

use predilect_results::{Dissection, SCHEMA};
use predilect_types::{parsed, shown};
use predilect_workbench::files::write_file;
use predilect_workbench::published::Published;
use predilect_workbench::rank::{rank, rank_lc};
use predilect_workbench::requests::Request;
use predilect_workbench::{
    AnnotateRequest, CallOptions, DissectOptions, Inputs, JudgeRequest, Moved, ReadOptions, Within,
    Workbench, tables,
};

use super::{annotate, compare, dissect, explain, fit, judge, rank as ranking};
use crate::args::{Global, RerunArgs};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &RerunArgs, global: &Global) -> Result<(), Problem> {
    let request = args.from.as_deref().map(asked_in).transpose()?;
    match &request {
        Some(asked @ Request::Compare(of)) if of.alone => {
            let found = compare::compared(None, of, &Bars::new(global.quiet))?.comparison;
            return compare::show(args.json, &found, asked);
        }
        Some(Request::Published(of)) => {
            return dissect::show_published(args.json, &Published::all().answer(of)?, of.clone());
        }
        _ => {}
    }
    let Some(place) = &args.study else {
        return Err(Problem::new("no study is named").remedy("name the study to ask"));
    };
    let files = [place.clone()];
    let inputs = Inputs { files: &files, example: None, options: &ReadOptions::default() };
    if let Some(request) = request {
        if inputs.study().is_none() && !matches!(request, Request::Fit(_)) {
            // How files were read is not in a result, and decides what is found.
            return Err(Problem::new(format!("{} is not a study", place.display())).remedy(
                "import the files as they were read then (predilect import FILE -o STUDY), and name the study",
            ));
        }
        calls_models(&request, args)?;
        return ask_again(request, &inputs, args, global);
    }
    if place.is_file() {
        return Err(Problem::new(format!("{} is a file, not a study", place.display())).remedy(
            "name a study folder, or repeat the question of a result with --from: predilect rerun STUDY --from RESULT.json",
        ));
    }
    if inputs.study().is_none() {
        return Err(Problem::new(format!("there is no study in {}", place.display()))
            .remedy("name a study folder: predilect dissect FILE -o STUDY makes one"));
    }
    // Of these the command says all: what is edited or steered lies elsewhere.
    for verb in ["steer", "verify"] {
        if args.step.is_none() && place.join(verb).with_extension("json").is_file() {
            return Err(Problem::new(format!("the study in {} was made by `{verb}`", place.display())).remedy(
                format!("run the same command again (predilect {verb} ... -o {}): what was answered is in its log, and is not asked or paid for again", place.display()),
            ));
        }
    }
    anew(args, &inputs, place, global)
}

/// Computes a study's results of one verb again.
fn anew(args: &RerunArgs, inputs: &Inputs<'_>, place: &Path, global: &Global) -> Result<(), Problem> {
    let watch = Bars::new(global.quiet);
    let bench = Workbench::of(inputs, Some(place), &watch)?;
    let kept = Request::kept_in(bench.study())?;
    // What may cost something is done on request only.
    let free: Vec<&String> = kept.iter().filter(|step| !Request::asks_models(step)).collect();
    let step = match (&args.step, &*free) {
        (Some(step), _) => step.as_str(),
        (None, [first, others @ ..]) if *first == "dissect" || others.is_empty() => first,
        (None, []) if !kept.is_empty() => {
            return Err(Problem::new(
                "the study keeps only what models were asked, which may cost something again",
            )
            .remedy(format!("choose with --step: {}", shown::list(&kept))));
        }
        (None, []) => "dissect",
        (None, _) => {
            return Err(Problem::new("the study keeps several results, and none of them is a dissection")
                .remedy(format!("choose one with --step: {}", shown::list(&kept))));
        }
    };
    let request = Request::of_study(bench.study(), step)?;
    calls_models(&request, args)?;
    // The command that says what was asked.
    let command = Request::command_of(bench.study(), step);
    match &request {
        Request::Dissect(_) => again(&bench, request, command, args, global)?,
        Request::Versus(of) => {
            let found = bench.versus(&of.slice, &of.versus, &of.fit, &watch)?;
            tables::write_versus(bench.study(), &found)?;
            request.keep(bench.study(), &command)?;
            dissect::show_versus(args.json, &found, &request)?;
        }
        Request::Compare(of) => {
            let found = compare::compared(Some(&bench), of, &watch)?.comparison;
            tables::write_comparison(bench.study(), &found)?;
            request.keep(bench.study(), &command)?;
            compare::show(args.json, &found, &request)?;
        }
        // Asking and ranking read and lock the study by themselves.
        Request::Judge(of) => {
            drop(bench);
            judge_again(of.clone(), inputs, args, global)?;
        }
        Request::Annotate(of) => {
            drop(bench);
            rate_again(of.clone(), inputs, args, global)?;
        }
        _ => {
            drop(bench);
            ranked(&request, inputs, Some((place, &command)), args.json, &watch)?;
        }
    }
    let others: Vec<&String> = kept.iter().filter(|other| *other != step).collect();
    if args.step.is_none() && !others.is_empty() && !global.quiet {
        say!("also kept, and not run again: {} (--step)", shown::list(others));
    }
    Ok(())
}

/// What the result in that file was the answer to.
fn asked_in(result: &Path) -> Result<Request, Problem> {
    let wrong = |why: String| {
        Problem::new(format!("{}: {why}", result.display())).remedy(
            "give a file that dissect, compare, rank, explain, fit, judge or annotate wrote with --json",
        )
    };
    let text = std::fs::read(result).map_err(|e| {
        Problem::new(format!("cannot read {}: {}", result.display(), e.kind())).remedy("check the path")
    })?;
    if text.is_empty() {
        return Err(wrong("the file is empty".to_owned()));
    }
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    let mut found: serde_json::Value = serde_json::from_slice(text).map_err(|e| wrong(parsed::json(&e)))?;
    if let Some([only]) = found.as_array().map(Vec::as_slice) {
        found = only.clone();
    }
    if let Some(several) = found.as_array() {
        let why = format!("{} has {} results", result.display(), several.len());
        return Err(
            Problem::new(why).remedy("save one of them in a file of its own, or name its step with --step")
        );
    }
    if found.get("schema").is_some_and(|schema| *schema != SCHEMA) {
        return Err(wrong("the result is of another version of its shape".to_owned()));
    }
    let options = found.get("options").filter(|options| options.is_object());
    let options = options.ok_or_else(|| wrong("the result does not say what was asked".to_owned()))?;
    Request::read(options.clone()).map_err(|e| wrong(e.message().to_owned()))
}

/// Refuses what only calls of models have, where no model is called.
fn calls_models(request: &Request, args: &RerunArgs) -> Result<(), Problem> {
    let given = if args.dry_run { Some("--dry-run") } else { args.budget.map(|_| "--budget") };
    match (given, request) {
        (None, _) | (_, Request::Judge(_) | Request::Annotate(_)) => Ok(()),
        (Some(flag), other) => {
            Err(Problem::new(format!("{} calls no model", other.verb())).remedy(format!("leave {flag} out")))
        }
    }
}

/// Has a judge asked again in the same way: only what the study's log does not answer is sent.
fn judge_again(
    of: JudgeRequest,
    inputs: &Inputs<'_>,
    args: &RerunArgs,
    global: &Global,
) -> Result<(), Problem> {
    let within = Within { inputs: inputs.files, output: None, read: inputs.options };
    let request = JudgeRequest { calls: this_time(of.calls, args, global), ..of };
    judge::ask(&request, &within, args.json, global)
}

/// The same of an annotator.
fn rate_again(
    of: AnnotateRequest,
    inputs: &Inputs<'_>,
    args: &RerunArgs,
    global: &Global,
) -> Result<(), Problem> {
    let within = Within { inputs: inputs.files, output: None, read: inputs.options };
    let request = AnnotateRequest { calls: this_time(of.calls, args, global), ..of };
    annotate::ask(&request, &within, args.json, global)
}

/// How models are called, with what is about this run.
fn this_time(calls: CallOptions, args: &RerunArgs, global: &Global) -> CallOptions {
    let budget = args.budget.or(calls.budget);
    CallOptions { dry: args.dry_run, budget, threads: global.threads, ..calls }
}

/// Asks what a result was the answer to, of a study or file that stays unchanged.
fn ask_again(
    request: Request,
    inputs: &Inputs<'_>,
    args: &RerunArgs,
    global: &Global,
) -> Result<(), Problem> {
    let (json, watch) = (args.json, Bars::new(global.quiet));
    let open = || Ok::<_, Problem>(Workbench::of(inputs, None, &watch)?);
    match request {
        Request::Dissect(of) => {
            let options = DissectOptions {
                fit: of.fit,
                gains: of.gains,
                report: false,
                draws: None,
                command: super::command(),
            };
            let found = open()?.dissect(&of.slice, options, &watch)?.dissection;
            dissect::show(json, global, &found, &[])
        }
        Request::Versus(ref of) => {
            let found = open()?.versus(&of.slice, &of.versus, &of.fit, &watch)?;
            dissect::show_versus(json, &found, &request)
        }
        Request::Published(of) => dissect::show_published(json, &Published::all().answer(&of)?, of),
        Request::Compare(ref of) => {
            let found = compare::compared(Some(&open()?), of, &watch)?.comparison;
            compare::show(json, &found, &request)
        }
        Request::Explain(of) => explain::answer(json, &open()?, of, &watch),
        Request::Rank(_) | Request::RankLc(_) => ranked(&request, inputs, None, json, &watch),
        Request::Fit(of) => {
            let places = fit::Places { table: &inputs.files[0], draws: None, json };
            fit::answer(&places, of, global)
        }
        Request::Judge(of) => judge_again(of, inputs, args, global),
        Request::Annotate(of) => rate_again(of, inputs, args, global),
    }
}

/// Ranks again; where that is a study's own result, it is kept there.
fn ranked(
    request: &Request,
    inputs: &Inputs<'_>,
    keep: Option<(&Path, &[String])>,
    json: bool,
    watch: &Bars,
) -> Result<(), Problem> {
    if let Request::RankLc(of) = request {
        let ranked = rank_lc(inputs, of, watch)?;
        if let Some((study, command)) = keep {
            ranked.keep(study, request, command)?;
        }
        return ranking::show_lc(json, ranked, request);
    }
    let Request::Rank(of) = request else { return Ok(()) };
    let ranked = rank(inputs, of, watch)?;
    if let Some((study, command)) = keep {
        ranked.keep(study, request, command)?;
    }
    ranking::show(json, ranked, request)
}

/// Dissects a study as it was dissected before, and says what has moved.
fn again(
    bench: &Workbench,
    request: Request,
    command: Vec<String>,
    args: &RerunArgs,
    global: &Global,
) -> Result<(), Problem> {
    let Request::Dissect(request) = request else { return Ok(()) };
    let before = bench.kept_weights();
    let options =
        DissectOptions { fit: request.fit, gains: request.gains, report: true, draws: None, command };
    let found: Dissection = bench.dissect(&request.slice, options, &Bars::new(global.quiet))?.dissection;
    let page = bench.study().folder().join("report.html");
    if !found.fits.is_empty() {
        write_file(&page, predilect_report::html(&found).as_bytes())?;
    }
    dissect::show(args.json, global, &found, &[page])?;
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
