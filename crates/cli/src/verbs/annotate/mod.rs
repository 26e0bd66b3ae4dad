//! `predilect annotate`: to which degree do the responses have each property, by a language model's reading?

mod asking;
mod tables;

use std::collections::BTreeMap;
use std::io::Write;

use predilect_annotate::rate::{
    Analysis, Asked, Known, Method, RateOptions, ask_analysis, ask_reference, asks, is_rateable,
};
use predilect_data::{PropertySet, Study};
use predilect_llm::{Enforce, Model, ModelSpec, RunOptions, Runner};
use predilect_types::{Property, Rule, WEAK_AUC};
use predilect_workbench::figures;
use predilect_workbench::files::write_file;
use predilect_workbench::studies::{CarryOptions, Chosen, Claim, carry_on, claim, is_study, note};
use serde::Serialize;

use crate::args::{AnnotateArgs, Global, inputs};
use crate::calls::{self, Failures, Spent};
use crate::output::print_json;
use crate::problem::Problem;
use crate::progress::Bars;
use crate::say::say;
use crate::signals;
use crate::unread::Unread;

/// What is said of the run; the field names are those that programs read.
#[derive(Debug, Default, Serialize)]
struct Said {
    annotator: String,
    model: String,
    method: &'static str,
    pairs: u64,
    properties: usize,
    ratings: u64,
    /// Answers with ratings by how they could be read.
    answers: BTreeMap<&'static str, u64>,
    /// Share of them that could be read.
    parse_rate: Option<f64>,
    /// Values asked for that are missing or off the scale.
    missing_values: u64,
    /// The same for each property.
    values: BTreeMap<&'static str, Asked>,
    /// Analyses of requests by how they could be read.
    analyses: BTreeMap<&'static str, u64>,
    /// Requests in each query-specific case.
    cases: BTreeMap<&'static str, u64>,
    /// Requests sorted into each scenario in this run.
    scenarios: BTreeMap<&'static str, u64>,
    /// Pairs with an answer of reference.
    references: u64,
    /// Share of responses to which accuracy does not apply.
    not_applicable: Option<f64>,
    #[serde(flatten)]
    spent: Spent,
    failures: Failures,
    /// Answers that could not be read, by the reason.
    unread: Unread,
    /// How often each property's ratings find an order that is known (AUC), where that was measured.
    validity: BTreeMap<&'static str, Valid>,
    /// What to know of how the models were asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
    /// Why the run ended early.
    stopped: Option<String>,
}

/// How often ratings find an order that is known.
#[derive(Debug, Clone, Copy, Serialize)]
struct Valid {
    /// The share of pairs put into their order, equal ones half.
    auc: f64,
    /// Of so many pairs.
    pairs: u64,
}

/// Where answers of reference come from.
enum Reference {
    None,
    Field(String),
    Model { model: Box<dyn Model>, run: RunOptions },
}

/// Everything that is settled before the first call.
struct Job {
    annotator: String,
    model: Box<dyn Model>,
    run: RunOptions,
    reference: Reference,
    options: RateOptions,
    set: PropertySet,
    enforce: Enforce,
    /// Whether requests without a scenario are sorted into one.
    scenarios: bool,
    quiet: bool,
}

pub(crate) fn run(args: &AnnotateArgs, global: &Global) -> Result<(), Problem> {
    let job = job(args, global)?;
    let dry = args.calls.dry_run;
    let reading = args.read.options()?;
    let given = inputs(&args.inputs, None, &args.read, &reading)?;
    let options =
        CarryOptions { output: args.output.as_deref(), read: &reading, filter: args.filter.as_ref(), dry };
    let carried = carry_on(given.files, &options, &Bars::new(global.quiet))?;
    let study = &carried.study;
    let settings = settings(&job);
    let step = format!("annotate {}", job.annotator);
    let present = tables::annotators(study)?.contains(&job.annotator);
    let claimed = claim(study, &step, &job.annotator, &settings, present)?;
    if dry {
        return dry_run(&job, study, args.json);
    }
    let log = calls::log(study.folder())?;
    // Until all is written: what was answered must not be lost to a signal in between.
    let _asking = signals::asking();
    // Outdated ratings go before the new settings are noted, so that a kill in between leaves none under them.
    if claimed == Claim::Outdated {
        if args.filter.is_some() {
            return Err(Problem::new(format!(
                "{} was asked in another way before, and its ratings outside of --where would be lost",
                job.annotator
            ))
            .remedy("keep both with --name, or leave --where out"));
        }
        if !global.quiet {
            say!(
                "remark: {} was asked in another way before; all its ratings are replaced (--name keeps both)",
                job.annotator
            );
        }
        tables::rewrite(study, |old| old.annotator != job.annotator, &[])?;
    }
    if !job.set.text().is_empty() {
        write_file(&study.folder().join(PropertySet::NAME), job.set.text().as_bytes())?;
    }
    note(study, &step, settings)?;
    let (mut said, found, problem) = asking::ask_all(&job, study, &log)?;
    tables::write(study, &job.annotator, &found.ratings)?;
    tables::write_requests(study, &found.requests)?;
    said.validity = validity(&job, study)?;
    if args.json {
        print_json(&said)?;
    } else {
        print(&said, &mut anstream::stdout().lock())?;
    }
    match problem {
        Some(problem) => Err(problem.resumable()),
        None => Ok(()),
    }
}

/// What is known of the validity of the ratings, by property; the study keeps it.
fn validity(job: &Job, study: &Study) -> Result<BTreeMap<&'static str, Valid>, Problem> {
    let known = figures::known();
    let how = figures::of_model(job.options.method.as_str(), job.options.single, job.options.orders.as_str());
    figures::note(study, &known, &job.annotator, &how)?;
    let of = |property: &&'static Property| {
        let row = known.of(&job.annotator, &how, property.id).into_iter().next()?;
        Some((property.id, Valid { auc: row.auc, pairs: row.pairs }))
    };
    Ok(job.options.properties.iter().filter_map(of).collect())
}

fn job(args: &AnnotateArgs, global: &Global) -> Result<Job, Problem> {
    let model = calls::model(&args.model, &args.calls, global)?;
    let can = model.capabilities();
    // A model in this process reads a pair once for all its questions; a provider reads it for each.
    let method = args.method.unwrap_or(if can.together { Method::Scored } else { Method::Generated });
    if method == Method::Scored && !can.next {
        return Err(Problem::new(format!("{} does not return token probabilities", args.model))
            .remedy("leave --method out, or give --method generated"));
    }
    let reference = match (&args.reference_model, &args.reference_field) {
        (Some(spec), _) => reference(spec, args, global)?,
        (None, Some(field)) => Reference::Field(field.clone()),
        (None, None) => Reference::None,
    };
    let set = match &args.property_set {
        Some(path) => PropertySet::read(path)?,
        // A study keeps the set that it was annotated with.
        None => match args.inputs.as_slice() {
            [only] if is_study(only) => PropertySet::of_study(&Study::open(only)?)?,
            _ => PropertySet::default(),
        },
    };
    let properties = properties(&args.properties, &set, &reference)?;
    Ok(Job {
        annotator: args.name.clone().unwrap_or_else(|| calls::named(&args.model, &args.calls)),
        model,
        run: calls::options(&args.calls, &args.model)?,
        reference,
        options: RateOptions {
            properties,
            method,
            single: args.single,
            orders: args.orders,
            seed: args.seed,
        },
        set,
        enforce: args.calls.enforce,
        scenarios: args.scenarios,
        quiet: global.quiet,
    })
}

fn reference(spec: &ModelSpec, args: &AnnotateArgs, global: &Global) -> Result<Reference, Problem> {
    let run = calls::options(&args.calls, spec)?;
    Ok(Reference::Model { model: calls::model(spec, &args.calls, global)?, run })
}

fn properties(
    wanted: &[String],
    set: &PropertySet,
    reference: &Reference,
) -> Result<Vec<&'static Property>, Problem> {
    let rateable = || set.core().filter(|p| is_rateable(p));
    let known: Vec<&str> = rateable().map(|p| p.id).collect();
    if let Some(unknown) = wanted.iter().find(|id| !known.contains(&id.as_str())) {
        return Err(Problem::new(format!("`{unknown}` is no property that a model can be asked for"))
            .remedy(format!("choose among: {}", known.join(", "))));
    }
    let counted = |p: &Property| p.rule == Rule::FewerIsBetter;
    let none = matches!(reference, Reference::None);
    if wanted.is_empty() {
        return Ok(rateable().filter(|p| !(none && counted(p))).collect());
    }
    let chosen: Vec<&'static Property> = rateable().filter(|p| wanted.iter().any(|id| id == p.id)).collect();
    if none && let Some(errors) = chosen.iter().find(|p| counted(p)) {
        return Err(Problem::new(format!("{} is counted against an answer of reference", errors.id))
            .remedy("give --reference-model MODEL to have one written, or --reference-field FIELD where the data hold one"));
    }
    Ok(chosen)
}

fn dry_run(job: &Job, study: &Chosen, json: bool) -> Result<(), Problem> {
    let log = calls::log_if_there(study.folder())?;
    let runner = Runner { model: job.model.as_ref(), log: &log, options: job.run.clone() };
    let mut plans = Vec::new();
    // What a request holds is known where it was asked before, and assumed elsewhere; so is the length of a reference.
    let plan = calls::plan(&runner, study, |pair| {
        let mut all = asking::about_request(job, pair);
        let analysis = job.options.needs_analysis().then(|| {
            let offline = RunOptions { offline: true, ..job.run.clone() };
            let runner = Runner { model: job.model.as_ref(), log: &log, options: offline };
            let ask = ask_analysis(pair, job.options.seed).enforcing(job.enforce);
            let report = runner.run(&[vec![ask.clone()]], &|| {});
            let outcome = report.outcomes.into_iter().flatten().flatten().next();
            outcome
                .and_then(|outcome| predilect_annotate::rate::read_analysis(&outcome, &ask).0)
                .unwrap_or_else(Analysis::assumed)
        });
        let reference = match &job.reference {
            Reference::None => None,
            Reference::Field(field) => pair.field(field),
            Reference::Model { .. } => Some("word ".repeat(250)),
        };
        let known = Known { analysis, reference };
        all.extend(
            asks(pair, &known, &job.options).into_iter().map(|ask| ask.request.enforcing(job.enforce)),
        );
        all
    })?;
    plans.push((job.annotator.as_str(), plan));
    if let Reference::Model { model, run } = &job.reference {
        let runner = Runner { model: model.as_ref(), log: &log, options: run.clone() };
        let plan =
            calls::plan(&runner, study, |pair| ask_reference(pair, job.options.seed).into_iter().collect())?;
        plans.push(("reference", plan));
    }
    calls::print_plans(&plans, json)
}

/// What an annotator is noted by in `study.toml`. Which properties it has rated, the table of ratings says.
fn settings(job: &Job) -> toml::Table {
    let mut step = toml::Table::new();
    step.insert("model".to_owned(), job.model.name().into());
    step.insert("method".to_owned(), job.options.method.as_str().into());
    step.insert("single".to_owned(), job.options.single.into());
    step.insert("orders".to_owned(), job.options.orders.as_str().into());
    step.insert("seed".to_owned(), i64::try_from(job.options.seed).unwrap_or(i64::MAX).into());
    step.insert("enforce".to_owned(), job.enforce.as_str().into());
    if job.options.needs_reference() {
        let from = match &job.reference {
            Reference::None => String::new(),
            Reference::Field(field) => format!("the field {field}"),
            Reference::Model { model, .. } => model.name().to_owned(),
        };
        step.insert("reference".to_owned(), from.into());
    }
    if !job.set.text().is_empty() {
        // Other words ask for other ratings.
        step.insert("property_set".to_owned(), job.set.text().into());
    }
    step.insert("derived_from".to_owned(), vec!["pairs", "calls.sqlite"].into());
    step.insert("writes".to_owned(), vec!["ratings", "pairs"].into());
    step
}

fn print(s: &Said, out: &mut impl Write) -> std::io::Result<()> {
    let list = |counts: &BTreeMap<&'static str, u64>| {
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
            "  errors         counted against {} answers of reference; accuracy does not apply to {} of responses",
            s.references,
            percent(s.not_applicable)
        )?;
    }
    print_validity(s, out)?;
    writeln!(out, "  calls          {}", s.spent)?;
    s.failures.print(out)?;
    s.unread.print(out)?;
    for remark in &s.remarks {
        writeln!(out, "  remark         {remark}")?;
    }
    Ok(())
}

fn print_validity(s: &Said, out: &mut impl Write) -> std::io::Result<()> {
    if s.validity.is_empty() {
        return writeln!(
            out,
            "  validity       not known; `predilect validity --annotator {}` measures it on pairs whose order is known",
            s.model
        );
    }
    let (weak, rest): (Vec<_>, Vec<_>) = s.validity.iter().partition(|(_, valid)| valid.auc < WEAK_AUC);
    let list = |list: Vec<(&&'static str, &Valid)>| {
        let said = list.iter().map(|(id, valid)| format!("{id} {:.2} of {}", valid.auc, valid.pairs));
        said.collect::<Vec<_>>().join(", ")
    };
    if !rest.is_empty() {
        writeln!(out, "  validity       share of pairs rated in their known order: {}", list(rest))?;
    }
    if !weak.is_empty() {
        writeln!(out, "  not valid      below {WEAK_AUC}, hardly ratings of their property: {}", list(weak))?;
    }
    Ok(())
}
