//! `predilect validity`: does a rating put responses into the order that is known?

mod asking;
mod show;
mod text;

use std::path::{Path, PathBuf};

use predilect_types::{Property, parts_of, property};
use predilect_validity::{BY_RULE, Ordered, Said, Validity, WRITTEN, measure, score, shipped, spread};
use predilect_workbench::figures;
use predilect_workbench::files::write_file;
use serde::Serialize;

use crate::args::{Global, Rater, ValidityArgs};
use crate::calls::{Failures, Spent};
use crate::output::print_json;
use crate::problem::Problem;
use crate::say::say;
use crate::unread::Unread;

/// Pairs of each property that a model is asked for unless the user says otherwise: fourteen of each size.
const ASKED: usize = 42;

/// What was found of one annotator.
#[derive(Debug, Serialize)]
pub(super) struct Found {
    annotator: String,
    /// How it was asked.
    how: String,
    rows: Vec<Validity>,
    /// Properties that it does not rate, though there are pairs of them.
    not_rated: Vec<String>,
    /// Pairs that it rated the wrong way round.
    reversed: Vec<Reversed>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
    /// What to know of how the model was asked.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<String>,
}

impl Found {
    fn figures(&self) -> (&str, &str, &[Validity]) {
        (&self.annotator, &self.how, &self.rows)
    }
}

/// A pair that was rated the wrong way round.
#[derive(Debug, Serialize)]
pub(super) struct Reversed {
    property: String,
    set: String,
    kind: String,
    request: String,
    higher: String,
    lower: String,
    reason: String,
    rated_higher: Option<f64>,
    rated_lower: Option<f64>,
}

/// What asking a model took.
#[derive(Debug, Default, Serialize)]
pub(super) struct Cost {
    #[serde(flatten)]
    spent: Spent,
    failures: Failures,
    /// Answers that could not be read, by the reason.
    unread: Unread,
    /// Of this run.
    seconds: f64,
}

pub(crate) fn run(args: &ValidityArgs, global: &Global) -> Result<(), Problem> {
    if let Some(path) = &args.html {
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if !folder.is_dir() {
            let (path, folder) = (path.display(), folder.display());
            return Err(Problem::new(format!("cannot write {path}: there is no folder {folder}"))
                .remedy("make the folder first, or give another file"));
        }
    }
    let pairs = pairs(args)?;
    let models = args.annotators.iter().filter(|rater| matches!(rater, Rater::Model(_))).count();
    if args.calls.dry_run {
        if models == 0 {
            return Err(Problem::new("--dry-run says what a model would cost")
                .remedy("name one with --annotator MODEL; ratings from text cost nothing"));
        }
        return asking::dry_run(args, &pairs, global);
    }
    let folder = if models == 0 { args.output.clone() } else { Some(folder(args.output.as_deref())?) };
    if let Some(folder) = &folder {
        std::fs::create_dir_all(folder).map_err(|e| {
            let why = e.kind();
            Problem::new(format!("cannot make the folder {}: {why}", folder.display()))
                .remedy("give another folder with -o")
        })?;
    }
    let mut found = Vec::new();
    let mut spent = 0.0;
    let mut stopped = None;
    for rater in &args.annotators {
        match rater {
            Rater::Text => found.push(text::rate(limited(&pairs, args, false))?),
            Rater::Model(spec) => {
                let folder = folder.as_deref().unwrap_or(Path::new("."));
                let (own, problem) =
                    asking::rate(spec, limited(&pairs, args, true), args, folder, global, spent)?;
                spent += own.cost.as_ref().and_then(|cost| cost.spent.price()).unwrap_or(0.0);
                found.push(own);
                if problem.is_some() {
                    stopped = problem;
                    break;
                }
            }
        }
    }
    if let Some(folder) = &folder
        && stopped.is_none()
    {
        figures::keep(folder, found.iter().map(Found::figures))?;
    }
    if let Some(path) = args.html.as_ref().filter(|_| stopped.is_none()) {
        write_file(path, show::page(&found).as_bytes())?;
        if !global.quiet {
            say!("report: {}", path.display());
        }
    }
    if args.json {
        print_json(&found)?;
    } else {
        show::table(&found, args.kinds, &mut anstream::stdout().lock())?;
    }
    stopped.map_or(Ok(()), |problem| Err(problem.resumable()))
}

/// The folder of the user's own figures and of the log.
fn folder(given: Option<&Path>) -> Result<PathBuf, Problem> {
    given
        .map(Path::to_path_buf)
        .or_else(figures::own_folder)
        .ok_or_else(|| Problem::new("no folder for the log of calls").remedy("name one with -o FOLDER"))
}

/// The pairs that the user asks about.
fn pairs(args: &ValidityArgs) -> Result<Vec<Ordered>, Problem> {
    let one = match args.properties.as_slice() {
        [one] => Some(one.as_str()),
        _ => None,
    };
    if let Some(unknown) = args.properties.iter().find(|id| property(id).is_none()) {
        return Err(unknown_property(unknown));
    }
    let mut all = Vec::new();
    for file in &args.files {
        all.extend(read(file, one)?);
    }
    if args.files.is_empty() {
        all = shipped();
    }
    if let Some(unknown) = all.iter().find(|pair| property(&pair.property).is_none()) {
        return Err(unknown_property(&unknown.property));
    }
    if !args.properties.is_empty() {
        // A part is put to the pairs of its property.
        let wanted = |pair: &Ordered| {
            let own = args.properties.contains(&pair.property).then(|| pair.clone());
            let parts =
                parts_of(&pair.property).filter(|part| args.properties.iter().any(|id| id == part.id));
            let parts = parts.map(|part| Ordered { property: part.id.to_owned(), ..pair.clone() });
            own.into_iter().chain(parts).collect::<Vec<_>>()
        };
        all = all.iter().flat_map(wanted).collect();
    }
    all.retain(|pair| pair.held_back || !args.held_back);
    if let Some(file) = args.files.first().filter(|_| all.is_empty() && args.properties.is_empty()) {
        return Err(Problem::new(format!("{} contains no pairs", file.display()))
            .remedy("give a file of JSON lines with `higher`, `lower` and `property`"));
    }
    if all.is_empty() {
        return Err(Problem::new("no ordered pairs were found for that property")
            .remedy("give a file of JSON lines with `higher`, `lower` and `property`"));
    }
    Ok(all)
}

fn unknown_property(id: &str) -> Problem {
    let known: Vec<&str> = predilect_types::core_properties().map(|property| property.id).collect();
    Problem::new(format!("`{id}` is not a property")).remedy(format!("choose among: {}", known.join(", ")))
}

fn read(file: &Path, one: Option<&str>) -> Result<Vec<Ordered>, Problem> {
    let name = file.display();
    let text = std::fs::read_to_string(file)
        .map_err(|e| Problem::new(format!("cannot read {name}: {e}")).remedy("give a file of JSON lines"))?;
    let set = file.file_stem().map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
    if set == WRITTEN || set == BY_RULE {
        return Err(Problem::new(format!("{name} has the name of a set that comes with Predilect"))
            .remedy("rename the file: its figures go by its name"));
    }
    predilect_validity::read(&text, &set, one).map_err(|e| {
        let remedy = if e.no_property {
            "name the property of all pairs with --property"
        } else {
            "each line is an object with `higher`, `lower` and `property` (or give --property)"
        };
        Problem::new(format!("{name}, {e}")).remedy(remedy)
    })
}

/// The pairs that one annotator rates.
fn limited(pairs: &[Ordered], args: &ValidityArgs, model: bool) -> Vec<Ordered> {
    // A file is the user's own choice.
    let usual = (model && args.files.is_empty()).then_some(ASKED);
    let mut pairs = pairs.to_vec();
    if model {
        // Pairs made by rule are many and long.
        pairs.retain(|pair| pair.set != BY_RULE);
    }
    match args.pairs.map(|most| most as usize).or(usual) {
        Some(most) => spread(pairs, most),
        None => pairs,
    }
}

/// Parts pairs into those of properties that can be rated and the ids of the others.
fn rateable(pairs: Vec<Ordered>, can: impl Fn(&'static Property) -> bool) -> (Vec<Ordered>, Vec<String>) {
    let mut not_rated: Vec<String> = Vec::new();
    let mut kept = Vec::with_capacity(pairs.len());
    for pair in pairs {
        if property(&pair.property).is_some_and(&can) {
            kept.push(pair);
        } else if !not_rated.contains(&pair.property) {
            not_rated.push(pair.property);
        }
    }
    (kept, not_rated)
}

/// What is found once all is rated.
fn found(annotator: &str, how: &str, rated: &[(Ordered, Said)], not_rated: Vec<String>) -> Found {
    let reversed = rated
        .iter()
        .filter(|(pair, said)| score(&pair.property, said.higher, said.lower) == Some(0.0))
        .map(|(pair, said)| Reversed {
            property: pair.property.clone(),
            set: pair.set.clone(),
            kind: pair.kind.clone(),
            request: pair.request.clone(),
            higher: pair.higher.clone(),
            lower: pair.lower.clone(),
            reason: pair.reason.clone(),
            rated_higher: said.higher,
            rated_lower: said.lower,
        })
        .collect();
    Found {
        annotator: annotator.to_owned(),
        how: how.to_owned(),
        rows: measure(annotator, rated.iter().map(|(pair, said)| (pair, *said))),
        not_rated,
        reversed,
        cost: None,
        remarks: Vec::new(),
    }
}
