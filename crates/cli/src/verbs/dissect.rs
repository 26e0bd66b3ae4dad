//! `predilect dissect`: what does each judge of these data reward, how surely, in which scenario?

use std::io::Write;
use std::path::PathBuf;

use predilect_results::comparison::SliceVersus;
use predilect_results::{DissectJson, Dissection, PublishedRewards, Written};
use predilect_workbench::files::{check_places, write_file};
use predilect_workbench::published::Published;
use predilect_workbench::requests::{PublishedRequest, Request, VersusRequest};
use predilect_workbench::{DissectOptions, Dissected, MOST_WITH_GAINS, Other, Workbench, tables};

use super::command;
use crate::args::{DissectArgs, Global, inputs};
use crate::output::{print_json, width};
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;

pub(crate) fn run(args: &DissectArgs, global: &Global) -> Result<(), Problem> {
    check_places(args.html.iter().chain(&args.model.draws), &args.inputs)?;
    if !args.published.is_empty() {
        return published(args, global);
    }
    if args.scenario.is_some() || args.property.is_some() {
        return Err(Problem::new("--scenario and --property are for published judges").remedy(
            "add --published JUDGE; of your own data, --where 'scenario = code' takes a scenario, and --properties some properties",
        ));
    }
    let watch = Bars::new(global.quiet);
    let reading = args.table.read.options()?;
    let inputs = inputs(&args.inputs, args.example, &args.table.read, &reading)?;
    let bench = Workbench::of(&inputs, args.output.as_deref(), &watch)?;
    if let Some(other) = &args.versus {
        return versus(args, other, &bench, global, &watch);
    }
    let options = DissectOptions {
        fit: args.model.options(),
        gains: args.gains,
        report: args.output.is_some() || args.html.is_some(),
        draws: args.model.draws.clone(),
        command: command(),
    };
    let Dissected { dissection, faint, without_gains } =
        bench.dissect(&args.table.options(), options, &watch)?;
    if !global.quiet {
        for (name, mean) in &faint {
            say!(
                "remark: the verdicts of {name} lie {mean:.2} from a tie on average, so they weigh little as soft verdicts; \
                 `--verdicts hard` fits the side each favours"
            );
        }
        if without_gains {
            say!(
                "remark: what each property adds on unseen verdicts is not computed for more than {MOST_WITH_GAINS} of them; --gains computes it"
            );
        }
    }
    let mut pages: Vec<PathBuf> = args.html.iter().cloned().collect();
    if let Some(folder) = &args.output {
        pages.push(folder.join("report.html"));
    }
    if !pages.is_empty() {
        let html = predilect_report::html(&dissection);
        for page in &pages {
            if args.brief && args.html.as_ref() == Some(page) {
                write_file(page, predilect_report::html_brief(&dissection).as_bytes())?;
            } else {
                write_file(page, html.as_bytes())?;
            }
        }
    }
    show(args.json, global, &dissection, &pages)
}

/// What published judges reward, which needs no data.
fn published(args: &DissectArgs, global: &Global) -> Result<(), Problem> {
    let request = PublishedRequest {
        judges: args.published.clone(),
        scenario: args.scenario.clone(),
        property: args.property.clone(),
    };
    let found = Published::all().answer(&request)?;
    if let Some(page) = &args.html {
        let page_of = predilect_report::html_published(&found, request.property.as_deref());
        write_file(page, page_of.as_bytes())?;
    }
    show_published(args.json, &found, request)?;
    if let Some(page) = args.html.as_ref().filter(|_| !global.quiet) {
        say!("report: {}", page.display());
    }
    Ok(())
}

/// What published judges reward.
pub(crate) fn show_published(
    json: bool,
    found: &PublishedRewards,
    request: PublishedRequest,
) -> Result<(), Problem> {
    if json {
        return print_json(&Written::new(found).asked(Request::Published(request).told()?));
    }
    let mut out = anstream::stdout().lock();
    Ok(predilect_report::terminal_published(found, request.property.as_deref(), &mut out, width())?)
}

/// Sets a slice against another part of the study.
fn versus(
    args: &DissectArgs,
    other: &Other,
    bench: &Workbench,
    global: &Global,
    watch: &Bars,
) -> Result<(), Problem> {
    let (slice, fit) = (args.table.options(), args.model.options());
    let request = VersusRequest { slice, versus: other.clone(), fit };
    let found = bench.versus(&request.slice, &request.versus, &request.fit, watch)?;
    let request = Request::Versus(request);
    if args.output.is_some() {
        tables::write_versus(bench.study(), &found)?;
        request.keep(bench.study(), &command())?;
    }
    if let Some(page) = &args.html {
        write_file(page, predilect_report::html_versus(&found, env!("CARGO_PKG_VERSION")).as_bytes())?;
    }
    show_versus(args.json, &found, &request)?;
    if let Some(page) = args.html.as_ref().filter(|_| !global.quiet) {
        say!("report: {}", page.display());
    }
    Ok(())
}

/// What is rewarded differently in two parts.
pub(crate) fn show_versus(json: bool, found: &SliceVersus, request: &Request) -> Result<(), Problem> {
    if json {
        return print_json(&Written::new(found).asked(request.told()?));
    }
    Ok(predilect_report::terminal_versus(found, &mut anstream::stdout().lock(), width())?)
}

pub(crate) fn show(
    json: bool,
    global: &Global,
    dissection: &Dissection,
    pages: &[PathBuf],
) -> Result<(), Problem> {
    if json {
        let mut options = dissection.settings.options.clone().unwrap_or_else(|| serde_json::json!({}));
        options["verb"] = "dissect".into();
        print_json(&Written::new(DissectJson::from(dissection)).asked(options))?;
    } else {
        let mut out = anstream::stdout().lock();
        predilect_report::terminal(dissection, &mut out, width())?;
        out.flush()?;
    }
    if !global.quiet {
        for page in pages {
            say!("report: {}", page.display());
        }
        if pages.is_empty() && !json && !dissection.fits.is_empty() {
            say!("for the same as one page to look at and share: add --html report.html");
        }
    }
    if dissection.fits.is_empty() {
        let heading = if json { "skipped" } else { "Not fitted" };
        return Err(Problem::new("nothing could be fitted")
            .remedy(format!("the reasons are listed under \"{heading}\"")));
    }
    Ok(())
}
