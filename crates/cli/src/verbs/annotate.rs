//! `predilect annotate`: to which degree do the responses have each property, by a language model's reading?

use std::collections::BTreeMap;
use std::io::Write;

use predilect_results::Written;
use predilect_results::asked::{AnnotatorRun, KnownValidity};
use predilect_types::WEAK_AUC;
use predilect_workbench::requests::Request;
use predilect_workbench::{AnnotateRequest, Annotating, Within};

use crate::args::{AnnotateArgs, Global, inputs};
use crate::asked::{print_failures, print_plans, print_unread, say_failed, with_remedies};
use crate::output::print_json;
use crate::problem::Problem;
use crate::progress::Bars;
use crate::signals;

pub(crate) fn run(args: &AnnotateArgs, global: &Global) -> Result<(), Problem> {
    let request = args.request(global);
    let reading = args.read.options()?;
    let given = inputs(&args.inputs, None, &args.read, &reading)?;
    let within = Within { inputs: given.files, output: args.output.as_deref(), read: &reading };
    ask(&request, &within, args.json, global)
}

/// Asks the model, or says what that would take.
pub(crate) fn ask(
    request: &AnnotateRequest,
    within: &Within<'_>,
    json: bool,
    global: &Global,
) -> Result<(), Problem> {
    let bars = Bars::new(global.quiet);
    let annotating = Annotating::begin(request, within, &bars)?;
    if request.calls.dry {
        return print_plans(&annotating.plans()?, request.calls.budget, json);
    }
    // Until all is written: what was answered must not be lost to a signal in between.
    let _asking = signals::asking();
    let mut ran = annotating.run(&bars)?;
    with_remedies(&mut ran.found.unread);
    if json {
        print_json(&Written::new(&ran.found).asked(Request::Annotate(annotating.asked()).told()?))?;
    } else {
        print(&ran.found, &mut anstream::stdout().lock())?;
    }
    if ran.stopped.is_none() && !global.quiet {
        say_failed(&ran.found.annotator, ran.found.spent.failed);
    }
    ran.stopped.map_or(Ok(()), |stopped| Err(stopped.into()))
}

fn print(s: &AnnotatorRun, out: &mut impl Write) -> std::io::Result<()> {
    let list = |counts: &BTreeMap<String, u64>| {
        let parts: Vec<String> =
            counts.iter().map(|(kind, n)| format!("{n} {}", kind.replace('_', " "))).collect();
        parts.join(", ")
    };
    let percent =
        |share: Option<f64>| share.map_or_else(|| "none".to_owned(), |s| format!("{:.1} %", 100.0 * s));
    writeln!(out, "{} ({}, {})", s.annotator, s.model, s.method)?;
    writeln!(out, "  ratings        {} of {} pairs on {} properties", s.ratings, s.pairs, s.properties)?;
    writeln!(
        out,
        "  answers        {} read ({}); {} values missing or off the scale",
        percent(s.parse_rate),
        list(&s.answers),
        s.missing_values
    )?;
    let missing: Vec<String> = s
        .values
        .iter()
        .filter(|(_, asked)| asked.missing > 0)
        .map(|(property, asked)| format!("{property} {} of {}", asked.missing, asked.values))
        .collect();
    if !missing.is_empty() {
        writeln!(out, "  missing        {}", missing.join(", "))?;
    }
    if !s.analyses.is_empty() {
        writeln!(out, "  requests       {} analysed; cases: {}", list(&s.analyses), list(&s.cases))?;
    }
    if !s.scenarios.is_empty() {
        writeln!(out, "  scenarios      {}", list(&s.scenarios))?;
    }
    if s.not_applicable.is_some() {
        writeln!(
            out,
            "  errors         counted against {} reference answers; accuracy does not apply to {} of the responses",
            s.references,
            percent(s.not_applicable)
        )?;
    }
    print_validity(s, out)?;
    writeln!(out, "  calls          {}", s.spent)?;
    print_failures(&s.failures, out)?;
    print_unread(&s.unread, out)?;
    for remark in &s.remarks {
        writeln!(out, "  remark         {remark}")?;
    }
    Ok(())
}

fn print_validity(s: &AnnotatorRun, out: &mut impl Write) -> std::io::Result<()> {
    if s.validity.is_empty() {
        return writeln!(
            out,
            "  validity       not known; `predilect validity --annotator {}` measures it on pairs whose order is known",
            s.model
        );
    }
    let (weak, rest): (Vec<_>, Vec<_>) = s.validity.iter().partition(|(_, valid)| valid.auc < WEAK_AUC);
    let list = |list: Vec<(&String, &KnownValidity)>| {
        let said = list.iter().map(|(id, valid)| format!("{id} {:.2} of {}", valid.auc, valid.pairs));
        said.collect::<Vec<_>>().join(", ")
    };
    if !rest.is_empty() {
        writeln!(out, "  validity       share of pairs rated in their known order: {}", list(rest))?;
    }
    if !weak.is_empty() {
        writeln!(
            out,
            "  not valid      below {WEAK_AUC}, so hardly ratings of their property: {}",
            list(weak)
        )?;
    }
    Ok(())
}
