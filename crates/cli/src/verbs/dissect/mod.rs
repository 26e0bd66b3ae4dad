//! `predilect dissect`: what does each judge of these data reward, how surely, in which scenario?

mod beside;

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use predilect_analysis::cautions::{Caution, cautions};
use predilect_analysis::examples::{Choice, choose};
use predilect_analysis::gains::add_gains;
use predilect_analysis::result::{
    AnnotatorAgreement, Dissection, ExamplePair, Examples, Fit, JudgeSummary, Settings, Skipped, Standings,
};
use predilect_data::{Study, StudyToml};
use predilect_types::{Pair, ReadSummary};
use serde::Serialize;

use crate::args::{DissectArgs, Global, ModelArgs, Verdicts};
use crate::assemble::{Assembled, assemble, fit_all};
use crate::inputs::Inputs;
use crate::output::{print_json, width, write_file};
use crate::problem::Problem;
use crate::say::say;
use crate::tables;
use beside::{compared, explain_examples, ranked};

/// A judge whose verdicts lie closer to a tie than this, on average, is remarked on.
const FAINT: f64 = 0.1;
/// Texts of example pairs are cut after this many characters.
const CUT: usize = 4000;

/// Verdicts in all fits up to which what each property adds is looked at without being asked for: about a second's work.
const MOST_WITH_GAINS: u64 = 30_000;

#[derive(Serialize)]
struct Output<'a> {
    read: &'a ReadSummary,
    judges: &'a [JudgeSummary],
    properties: &'a [predilect_analysis::result::PropertyNote],
    agreements: &'a [AnnotatorAgreement],
    cautions: &'a [Caution],
    headline: Option<&'a predilect_analysis::headline::Headline>,
    people: &'a [predilect_analysis::people::People],
    fits: &'a [Fit],
    skipped: &'a [Skipped],
    settings: &'a Settings,
}

pub(crate) fn run(args: &DissectArgs, global: &Global) -> Result<(), Problem> {
    let scratch = tempfile::tempdir().map_err(|e| {
        Problem::new(format!("cannot make a temporary folder: {e}")).remedy("set TMPDIR, or give -o")
    })?;
    check_places(args)?;
    let inputs = Inputs { files: &args.inputs, example: args.example, read: &args.table.read };
    let (study, mut read) =
        inputs.open(args.output.as_deref().unwrap_or(scratch.path()), scratch.path(), global.quiet)?;
    let assembled = assemble(&study, &args.table.options(global.quiet))?;
    if !global.quiet && args.table.verdicts == Verdicts::Soft {
        warn_of_faint_verdicts(&assembled);
    }
    let shown = args.output.is_some() || args.html.is_some();
    let mut draws = Vec::new();
    let keep = shown && assembled.table.judges.len() > 1;
    let mut fits = fit_all(
        &assembled.table,
        args.model.options(),
        args.model.draws.as_deref(),
        global.quiet,
        keep.then_some(&mut draws),
    )?;
    let most = if args.gains { u64::MAX } else { MOST_WITH_GAINS };
    if !add_gains(&assembled.table, &mut fits.fits, &args.model.options(), most) && !global.quiet {
        say!(
            "remark: what each property adds on unseen verdicts is not computed for more than {MOST_WITH_GAINS} of them; --gains computes it"
        );
    }
    for (reason, count) in assembled.left_out() {
        *read.dropped.entry(reason).or_default() += count;
    }
    let mut examples = examples(&study, &assembled, &fits.fits)?;
    let headline = predilect_analysis::headline::headline(&assembled.table, &assembled.traits);
    let people = predilect_analysis::people::people(&assembled.table, &assembled.traits);
    let (mut comparison, mut ranking) = (None, None);
    if shown && !fits.fits.is_empty() {
        comparison = Some(compared(&assembled, &fits, draws, &args.model)?);
        ranking = ranked(&assembled.table);
        explain_examples(&mut examples, &assembled, &args.model);
    }
    let mut cautions =
        cautions(&assembled.table, &assembled.traits, &assembled.data, &fits.fits, &args.model.options());
    if let Some(Standings { judges, .. }) =
        ranking.as_ref().filter(|ranking: &&Standings| ranking.judges.len() > 1)
    {
        cautions.push(Caution::JudgesTogether { judges: judges.clone() });
    }
    let dissection = Dissection {
        read,
        cautions,
        data: assembled.data,
        properties: assembled.notes,
        examples: examples.into_iter().map(|(examples, _)| examples).collect(),
        comparison,
        headline,
        people,
        ranking,
        settings: settings(args, assembled.simulated),
        fits: fits.fits,
        skipped: fits.skipped,
    };
    if args.output.is_some() {
        tables::write_results(&study, &dissection.fits)?;
        if !dissection.people.is_empty() {
            tables::write_people(&study, &dissection.people)?;
        }
        if let Some(comparison) = &dissection.comparison {
            tables::write_comparison(&study, comparison)?;
        }
        if let Some(Standings { raw, controlled, .. }) = &dissection.ranking {
            let mut boards = vec![("raw", raw)];
            boards.extend(controlled.as_ref().map(|board| ("controlled", board)));
            tables::write_leaderboards(&study, &boards)?;
        }
        record_step(&study, &dissection.settings)?;
    }
    let mut pages: Vec<PathBuf> = args.html.iter().cloned().collect();
    if let Some(folder) = &args.output {
        pages.push(folder.join("report.html"));
    }
    if !pages.is_empty() {
        let html = predilect_report::html(&dissection);
        for page in &pages {
            write_file(page, html.as_bytes())?;
        }
    }
    show(args, global, &dissection, &pages)
}

/// Says when a judge's soft verdicts are all close to a tie, as those of a model that follows position are.
fn warn_of_faint_verdicts(assembled: &Assembled) {
    let table = &assembled.table;
    for (judge, name) in table.judges.iter().enumerate() {
        let (mut distance, mut count) = (0.0, 0_u32);
        for verdict in table.verdicts.iter().filter(|v| v.judge as usize == judge) {
            distance += (verdict.p_a - 0.5).abs();
            count += 1;
        }
        let mean = distance / f64::from(count.max(1));
        if mean > 0.0 && mean < FAINT {
            say!(
                "remark: the verdicts of {name} lie {mean:.2} from a tie on average, so as soft verdicts they weigh little; \
                 `--verdicts hard` fits the side each favours"
            );
        }
    }
}

fn show(
    args: &DissectArgs,
    global: &Global,
    dissection: &Dissection,
    pages: &[PathBuf],
) -> Result<(), Problem> {
    if args.json {
        print_json(&Output {
            read: &dissection.read,
            judges: &dissection.data.judges,
            properties: &dissection.properties,
            agreements: &dissection.data.agreements,
            cautions: &dissection.cautions,
            headline: dissection.headline.as_ref(),
            people: &dissection.people,
            fits: &dissection.fits,
            skipped: &dissection.skipped,
            settings: &dissection.settings,
        })?;
    } else {
        let mut out = anstream::stdout().lock();
        predilect_report::terminal(dissection, &mut out, width())?;
        out.flush()?;
    }
    if !global.quiet {
        for page in pages {
            say!("report: {}", page.display());
        }
        if pages.is_empty() && !args.json {
            say!("for the same as one page to look at and share: add --html report.html");
        }
    }
    if dissection.fits.is_empty() {
        return Err(Problem::new("nothing could be fitted").remedy("the reasons stand under \"not fitted\""));
    }
    Ok(())
}

/// Says before any work that a result could not be written.
fn check_places(args: &DissectArgs) -> Result<(), Problem> {
    for path in args.html.iter().chain(&args.model.draws) {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            return Err(Problem::new(format!(
                "cannot write {}: there is no folder {}",
                path.display(),
                folder.display()
            ))
            .remedy("make the folder first"));
        }
    }
    Ok(())
}

fn settings(args: &DissectArgs, simulated: bool) -> Settings {
    let ModelArgs { engine, prior, prior_scale, terms, folds, seed, chains, samples, tune, .. } = &args.model;
    let prior = match prior {
        predilect_analysis::PriorChoice::Laplace => format!("Laplace(0, {prior_scale})"),
        predilect_analysis::PriorChoice::Normal => format!("Normal(0, {prior_scale})"),
    };
    Settings {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        command: command(),
        engine: engine.to_string(),
        prior: format!("{prior} on property weights, Normal(0, 2) on nuisance terms"),
        terms: terms.to_string(),
        encoding: args.table.encoding.to_string(),
        verdicts: args.table.verdicts.as_str().to_owned(),
        group_by: args.table.group_by.clone().unwrap_or_else(|| "scenario".to_owned()),
        min_rows: args.model.options().min_rows as u64,
        folds: *folds as u64,
        seed: *seed,
        nuts: format!("{chains} x ({tune} + {samples})"),
        simulated,
    }
}

/// The command as typed, with the program's name instead of its path.
fn command() -> Vec<String> {
    std::iter::once("predilect".to_owned()).chain(std::env::args().skip(1)).collect()
}

/// Notes in `study.toml` what the results were derived from.
fn record_step(study: &Study, settings: &Settings) -> Result<(), Problem> {
    let mut manifest = StudyToml::load_or_new(study)?;
    let mut step = toml::Table::try_from(settings)
        .map_err(|e| Problem::new(format!("the settings cannot be written as TOML: {e}")))?;
    step.insert("derived_from".to_owned(), vec!["pairs", "verdicts", "ratings"].into());
    step.insert("writes".to_owned(), vec!["ratings", "fits", "posteriors"].into());
    manifest.steps.insert("dissect".to_owned(), step);
    Ok(manifest.save(study)?)
}

/// Reads the texts of the pairs that show each property best, for the judge with most verdicts.
///
/// With each property the numbers of its pairs.
fn examples(
    study: &Study,
    assembled: &Assembled,
    fits: &[Fit],
) -> Result<Vec<(Examples, Vec<u32>)>, Problem> {
    let table = &assembled.table;
    let Some(judge) = fits.first().and_then(|f| table.judges.iter().position(|j| *j == f.judge)) else {
        return Ok(Vec::new());
    };
    let choices = choose(table, judge as u32, &|pair| assembled.sizes[pair as usize] as usize);
    let mut texts: HashMap<u32, Option<Pair>> = choices.iter().map(|c| (c.pair, None)).collect();
    let mut number = 0;
    for batch in study.pairs()? {
        for pair in batch? {
            if let Some(slot) = texts.get_mut(&number) {
                *slot = Some(pair);
            }
            number += 1;
        }
    }
    let mut out: Vec<(Examples, Vec<u32>)> = Vec::new();
    for choice in &choices {
        let Some(Some(pair)) = texts.get(&choice.pair) else { continue };
        let property = &table.features[choice.feature].name;
        let example = example(pair, choice, assembled);
        match out.last_mut() {
            Some((last, numbers)) if last.property == *property => {
                last.pairs.push(example);
                numbers.push(choice.pair);
            }
            _ => out.push((Examples { property: property.clone(), pairs: vec![example] }, vec![choice.pair])),
        }
    }
    Ok(out)
}

fn example(pair: &Pair, choice: &Choice, assembled: &Assembled) -> ExamplePair {
    let (a, b) = assembled.ratings[choice.pair as usize * assembled.table.features.len() + choice.feature];
    let known = |x: f32| (!x.is_nan()).then_some(f64::from(x));
    ExamplePair {
        id: pair.id.clone(),
        prompt: cut(&pair.prompt_text()),
        response_a: cut(&pair.response_a.text()),
        response_b: cut(&pair.response_b.text()),
        model_a: pair.response_a.model.clone(),
        model_b: pair.response_b.model.clone(),
        rating_a: known(a),
        rating_b: known(b),
        comparison: choice.comparison,
        judge: assembled.table.judges[choice.judge as usize].clone(),
        p_a: choice.p_a,
        follows: choice.follows,
        explanation: None,
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(CUT) {
        None => text.to_owned(),
        Some((at, _)) => format!("{}…", &text[..at]),
    }
}
