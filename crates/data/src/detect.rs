//! Which recipe a file has: the first of the catalogue whose fields are there, else what the names of its columns say.

use crate::advice::{FORMAT, FORMATS, MAP, PREVIEW, WITHOUT_VERDICTS};
use predilect_types::shown::printable;
use predilect_types::{ColumnUse, ReadSummary};
use serde_json::Value;
use std::collections::HashMap;

use crate::container::sniff::Container;
use crate::error::DataError;
use crate::format::Format;
use crate::near::did_you_mean;
use crate::options::ReadOptions;
use crate::recipe::{
    CATALOGUE, Part, Path, Recipe, Refusal, Sample, Shape, answered_prompt, are_names, beside_prompt,
    complete, contradiction, count_votes, criterion_in_doubt, dissent, doubtful_prompt, exchanged,
    exchanged_unread, failed_scores, find_verdicts, has_turns_beside, headless, infer, input_beside,
    judge_calls, keyed, leave_record_ids, leave_remarks, names_not_texts, numbers_in_doubt, order_columns,
    orders_in_doubt, placed, places, rivals, settle_prompt, sides, texts_beside, third_response,
    turns_beside, used_as, worded_prompt,
};
use crate::row::Name;

/// A recipe and what spoke for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Detected {
    pub(crate) recipe: Recipe,
    pub(crate) evidence: String,
}

/// Whether a place is there: the column, and for a place within one a value in some record of the sample.
fn has(path: &Path, sample: &Sample) -> bool {
    path.resolve(&sample.columns).is_some_and(|column| {
        !column.is_within() || sample.rows.iter().take(64).any(|row| column.get(row).is_some())
    })
}

/// Whether a place that a user names is there. What every record needs must be in one of the first; the rest may come later, unless
/// it is spelt much as something that is there.
fn has_anywhere(role: &str, path: &Path, sample: &Sample) -> bool {
    const NEEDED: &[&str] = &["prompt", "response_a", "response_b", "chosen", "rejected", "winner"];
    let Some(column) = path.resolve(&sample.columns) else {
        let needed = NEEDED.contains(&role) || sample.whole || sample.cells;
        let near = || !did_you_mean(path.as_str(), sample.columns.iter().map(String::as_str)).is_empty();
        return !needed && !near();
    };
    {
        let objects = || sample.values(&column.name).any(|value| value.is_object() || value.is_array());
        let found = || sample.rows.iter().any(|row| column.get(row).is_some());
        !column.is_within() || !NEEDED.contains(&role) || !objects() || found()
    }
}

/// Whether a file has what identifies a recipe; the field of `any` that it has.
#[expect(
    clippy::option_option,
    reason = "whether it fits, and which of several fields spoke for it, if one had to"
)]
fn fits<'a>(recipe: &'a Recipe, sample: &Sample) -> Option<Option<&'a Path>> {
    if recipe.all.is_empty() && recipe.any.is_empty() {
        return None;
    }
    // Code knows fields by their very names; files that spell them otherwise are read by what their columns say.
    let there = |path: &Path| {
        let exact = |column: crate::recipe::Column| {
            !recipe.coded() || path.as_str().starts_with(column.name.as_ref())
        };
        has(path, sample) && path.resolve(&sample.columns).is_some_and(exact)
    };
    if !recipe.all.iter().all(there) || recipe.none.iter().any(|path| has(path, sample)) {
        return None;
    }
    if !shape_fits(recipe, sample) {
        return None;
    }
    let begins = recipe.begins.iter().all(|(field, words)| {
        Path::new(field.clone()).resolve(&sample.columns).is_some_and(|column| {
            let mut texts =
                sample.rows.iter().take(16).filter_map(|row| column.get(row)?.as_str()).peekable();
            texts.peek().is_some() && texts.all(|text| text.trim_start().starts_with(words.as_str()))
        })
    });
    if !begins {
        return None;
    }
    // Our own flat form has no field for the other parts of a prompt, nor for what was shown first, other than `order`.
    let ordered = || order_columns(recipe, sample).iter().any(|shown| shown.column.shown() != "order");
    if recipe.shape == Shape::Pairs
        && !sample.columns.iter().any(|column| column == "verdicts" || column == "record")
        && (beside_prompt(sample) || has_turns_beside(recipe, sample) || ordered())
    {
        return None;
    }
    if recipe.any.is_empty() {
        Some(None)
    } else {
        recipe.any.iter().find(|path| has(path, sample)).map(Some)
    }
}

/// Whether the columns that a recipe names contain what its shape needs.
fn shape_fits(recipe: &Recipe, sample: &Sample) -> bool {
    let columns = |paths: [&Vec<Path>; 2]| -> Vec<crate::recipe::Column> {
        paths.into_iter().filter_map(|paths| paths.first()?.resolve(&sample.columns)).collect()
    };
    match recipe.shape {
        // A choice is between two texts: `chosen` and `rejected` with numbers in them are something else.
        Shape::Choice => {
            let columns = columns([&recipe.a, &recipe.b]);
            let numbers = |c: &crate::recipe::Column| {
                !c.is_within() && sample.values(&c.name).next().is_some() && !sample.texts(&c.name)
            };
            if columns.iter().any(numbers) {
                return false;
            }
            // Nor are names of responses that are in other columns: one of them, if the responses are there, else both.
            let mut names = columns.iter().map(|c| !c.is_within() && names_not_texts(sample, &c.name));
            let named =
                if sides(sample).is_some() { names.any(|named| named) } else { names.all(|named| named) };
            !named || columns.is_empty()
        }
        // A third response of the same name makes a list of them.
        Shape::Pair => !third_response(recipe, sample),
        // Our own verdicts are objects.
        Shape::Pairs => {
            let objects =
                |value: &Value| value.as_array().is_none_or(|items| items.iter().all(Value::is_object));
            !third_response(recipe, sample) && sample.values("verdicts").all(objects)
        }
        // One response with a label is alone: two responses in one record are a pair.
        Shape::Unpaired => sides(sample).is_none(),
        // Votes are between names: columns of texts are responses.
        Shape::Votes => {
            let columns = columns([&recipe.model_a, &recipe.model_b]);
            let names: Vec<&str> = columns.iter().map(|column| column.name.as_ref()).collect();
            are_names(sample, &names) && texts_beside(sample).is_none()
        }
        _ => true,
    }
}

/// Why a file has no recipe.
#[derive(Debug)]
pub(crate) enum Undetected {
    /// It is not of a known format.
    Unknown(DataError),
    /// It contains preferences, but there are two ways to read them, or the user's mapping does not fit.
    Doubt(DataError),
}

/// The recipe for a file, with the user's mapping in it.
pub(crate) fn detect(
    label: &str,
    container: Container,
    sample: &Sample,
    options: &ReadOptions,
) -> Result<Detected, Undetected> {
    let mapping = &options.mapping;
    if let Some(name) = headless(sample) {
        return Err(without_names(label, &name));
    }
    let there = |role: &str, path: &Path| has_anywhere(role, path, sample);
    if let Some(nowhere) = mapping.unknown(there) {
        return Err(no_such_place(label, sample, nowhere));
    }
    let found = choose(label, container, sample, options)?;
    let Detected { mut recipe, mut evidence } = found;
    // A coded format reads its own fields, not ones that come late.
    if recipe.coded()
        && let Some((claim, path)) = mapping.awaited(&sample.columns).into_iter().next()
    {
        return Err(no_such_place(label, sample, (claim, path.to_string())));
    }
    if !mapping.is_empty() && recipe.name == "by_names" {
        evidence = format!("{evidence}, mapped: {}", mapping.lines().join("; "));
    } else if !mapping.is_empty() {
        mapping
            .apply(&mut recipe)
            .map_err(|error| Undetected::Doubt(DataError::input(label, format!("the mapping {error}"))))?;
        evidence = format!("{evidence}, mapped: {}", mapping.lines().join("; "));
        // Nothing that a user says may be shown and not done.
        if let Some(claim) = recipe.heard().and_then(|heard| mapping.unheard(heard)) {
            return Err(Undetected::Doubt(
                DataError::input(
                    label,
                    format!(
                        "the format {} reads its fields by itself: the mapping `{claim}` would change nothing",
                        recipe.name
                    ),
                )
                .with_details(&columns_shown(sample, &[]))
                .with_remedy(format!(
                    "name both responses too, and all is read as you say: {MAP} response_a=COLUMN {MAP} response_b=COLUMN {MAP} winner=COLUMN"
                )),
            ));
        }
    }
    settle(&mut recipe, sample, options).map_err(|refusal| refused(label, container, sample, refusal))?;
    Ok(Detected { recipe, evidence })
}

/// Finds what a recipe leaves open, and stops where what it then reads is in doubt.
fn settle(recipe: &mut Recipe, sample: &Sample, options: &ReadOptions) -> Result<(), Refusal> {
    let mapping = &options.mapping;
    worded_prompt(recipe, sample);
    settle_prompt(recipe, sample);
    leave_remarks(recipe, sample);
    if recipe.open {
        complete(recipe, sample)?;
    } else {
        find_verdicts(recipe, sample)?;
    }
    keyed(recipe, sample)?;
    count_votes(recipe, sample)?;
    judge_calls(recipe, sample)?;
    turns_beside(recipe, sample)?;
    answered_prompt(recipe, sample);
    doubtful_prompt(recipe, sample)?;
    input_beside(recipe, sample);
    leave_record_ids(recipe, sample);
    failed_scores(recipe, sample);
    let unread = (!mapping.names_swapped()).then(|| exchanged_unread(recipe, sample)).flatten();
    if let Some(refusal) = unread {
        return Err(refusal);
    }
    if options.recipe.is_some() || options.format.is_some() {
        return Ok(());
    }
    let doubtful = || numbers_in_doubt(recipe, sample).or_else(|| contradiction(recipe, sample));
    let said = (!mapping.names_winner()).then(doubtful).flatten();
    let shown = || (!mapping.names_swapped()).then(|| exchanged(recipe, sample)).flatten();
    let asked = said.or_else(shown).or_else(|| placed(recipe, sample));
    let asked = asked.or_else(|| dissent(recipe, sample)).or_else(|| orders_in_doubt(recipe, sample));
    asked.or_else(|| criterion_in_doubt(recipe, sample)).map_or(Ok(()), Err)
}

/// The error for a table whose first line is a record.
fn without_names(label: &str, cell: &str) -> Undetected {
    let cell: String = cell.chars().take(60).collect();
    let problem = format!(
        "its first line is a record and not the names of the columns: `{}` is also a value of its column",
        printable(&cell)
    );
    let error = DataError::input(label, problem);
    Undetected::Doubt(error.with_remedy("write a line with the names of the columns above it"))
}

/// The error for a mapping that refers to a place where the file has nothing.
fn no_such_place(label: &str, sample: &Sample, (claim, path): (String, String)) -> Undetected {
    let places = places(sample);
    let near = did_you_mean(&path, places.iter().map(String::as_str));
    let what = if Path::new(path.as_str()).resolve(&sample.columns).is_some() {
        match sample.rows.len() {
            1 => "a place where the first record has nothing".to_owned(),
            rows => format!("a place where the first {rows} records have nothing"),
        }
    } else {
        "which is not a column of the file".to_owned()
    };
    let error = DataError::input(label, format!("the mapping `{claim}` names `{path}`, {what}{near}"))
        .with_details(&columns_shown(sample, &[]))
        .with_remedy("name one of these columns, or a place within one: COLUMN.FIELD");
    Undetected::Doubt(error)
}

fn choose(
    label: &str,
    container: Container,
    sample: &Sample,
    options: &ReadOptions,
) -> Result<Detected, Undetected> {
    if let Some(recipe) = &options.recipe {
        return Ok(Detected {
            recipe: recipe.clone(),
            evidence: format!("by the recipe given; {}", container.describe()),
        });
    }
    if let Some(format) = options.format {
        let found = forced(format, container, sample);
        // Which columns are a wide table's, only its values say.
        if found.recipe.shape != Shape::Wide {
            return Ok(found);
        }
        return match infer(sample, &options.mapping) {
            Ok(recipe) if recipe.name == found.recipe.name => {
                Ok(Detected { recipe, evidence: found.evidence })
            }
            Ok(_) => {
                let refusal = Refusal {
                    problem: "no column names the best of several other columns of texts".to_owned(),
                    remedy: format!("leave out {FORMAT}, or name the columns"),
                    certain: true,
                    start: Vec::new(),
                };
                Err(refused(label, container, sample, refusal))
            }
            Err(refusal) => Err(refused(label, container, sample, refusal)),
        };
    }
    // A user who names the responses says what the file is.
    if options.mapping.names_responses() {
        let recipe = Recipe { name: "mapped".to_owned(), ..Recipe::default() };
        return Ok(Detected { recipe, evidence: container.describe().to_owned() });
    }
    for recipe in CATALOGUE.iter() {
        // What a wide table is only its values say.
        if recipe.shape == Shape::Wide {
            continue;
        }
        let Some(extra) = fits(recipe, sample) else { continue };
        if recipe.shape == Shape::Pairs
            && let Some(refusal) = rivals(sample)
        {
            return Err(refused(label, container, sample, refusal));
        }
        let fields: Vec<String> = recipe
            .all
            .iter()
            .chain(extra)
            .map(|path| format!("`{}`", path.as_str().trim_start_matches('=')))
            .collect();
        return Ok(Detected {
            recipe: recipe.clone(),
            evidence: format!("{} with {}", container.describe(), fields.join(", ")),
        });
    }
    match infer(sample, &options.mapping) {
        Ok(recipe) => {
            let fields: Vec<String> =
                used_as(&recipe).iter().take(8).map(|(role, path)| format!("`{path}` = {role}")).collect();
            Ok(Detected { evidence: format!("{}: {}", container.describe(), fields.join(", ")), recipe })
        }
        // With a mapping of only some roles the message should ask for the rest, not for what was given.
        Err(refusal) => Err(refused(label, container, sample, refusal)),
    }
}

/// The recipe of a format that the user named.
fn forced(format: Format, container: Container, sample: &Sample) -> Detected {
    let mut recipes = format.recipes();
    let first =
        format.recipes().find(|recipe| recipe.part == Part::Pairs).or_else(|| format.recipes().next());
    let recipe = recipes.find(|recipe| fits(recipe, sample).is_some()).or(first).cloned().unwrap_or_default();
    Detected { recipe, evidence: format!("{format}, as named; {}", container.describe()) }
}

fn refused(label: &str, container: Container, sample: &Sample, refusal: Refusal) -> Undetected {
    let mut start = refusal.start.clone();
    if !start.is_empty() {
        start.insert(0, "for example:".to_owned());
    }
    if refusal.certain {
        let error = DataError::input(label, refusal.problem)
            .with_details(&columns_shown(sample, &start))
            .with_remedy(format!("{}; {PREVIEW} shows how the records are then understood", refusal.remedy));
        return Undetected::Doubt(error);
    }
    let fields: Vec<String> =
        sample.columns.iter().take(12).map(|name| format!("`{}`", printable(name))).collect();
    let fields = if fields.is_empty() {
        "without named fields".to_owned()
    } else {
        format!("with {}", fields.join(", "))
    };
    let error = DataError::input(
        label,
        format!("not a known format of preference data: {} {fields}", container.describe()),
    )
    .with_details(&columns_shown(sample, &start))
    .with_remedy(format!("{} ({FORMATS} lists the known formats)", refusal.remedy));
    Undetected::Unknown(error)
}

/// The columns of a file with a value of each, and flags to start from.
pub(crate) type Examples = (Vec<(String, String)>, Vec<String>);

/// A pair without any verdict: the columns, and how to say which of them says who won.
pub(crate) fn no_verdicts(label: &str, summary: &ReadSummary, (columns, start): &Examples) -> DataError {
    let mut details = vec!["columns, with a value of each:".to_owned()];
    let width = columns.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0).min(32);
    details.extend(columns.iter().map(|(name, example)| format!("{name:width$}  {example}")));
    if !start.is_empty() {
        let open = start.iter().any(|line| line.contains("=?"));
        let lead =
            if open { "for example, with A, B, tie or none for each question mark:" } else { "for example:" };
        details.push(lead.to_owned());
        details.extend(
            start
                .iter()
                .enumerate()
                .map(|(i, line)| if i == 0 { line.clone() } else { format!("or {line}") }),
        );
    }
    let dropped: Vec<String> =
        summary.dropped.iter().map(|(reason, count)| format!("{count} x {reason}")).collect();
    let dropped =
        if dropped.is_empty() { String::new() } else { format!(" (not used: {})", dropped.join(", ")) };
    let pairs =
        if summary.pairs == 1 { "1 pair was".to_owned() } else { format!("{} pairs were", summary.pairs) };
    DataError::input(label, format!("{pairs} found, but no verdict{dropped}"))
        .with_details(&details)
        .with_remedy(format!(
            "say which column names the winner ({MAP} winner=COLUMN), or import the pairs alone: {WITHOUT_VERDICTS}"
        ))
}

/// The columns with a sample value each, then lines to start from.
fn columns_shown(sample: &Sample, start: &[String]) -> Vec<String> {
    let width = sample.columns.iter().take(40).map(|name| name.chars().count()).max().unwrap_or(0).min(32);
    let mut lines: Vec<String> = sample
        .columns
        .iter()
        .take(40)
        .map(|name| format!("{name:width$}  {}", sample.example(name)))
        .collect();
    if sample.columns.len() > 40 {
        lines.push(format!("and {} more columns", sample.columns.len() - 40));
    }
    if !lines.is_empty() {
        lines.insert(0, "columns, with a value of each:".to_owned());
    }
    lines.extend(start.iter().cloned());
    lines
}

/// What a field of our own flat form is used as.
fn own_field(name: &str) -> &'static str {
    match name {
        "p_a" | "preferred" | "winner" | "verdicts" => "verdict",
        "tie" => "tie",
        "order" => "order",
        "weight" => "weight",
        "receipt" => "receipt",
        "source" | "format" | "record" => "provenance",
        _ => "metadata",
    }
}

/// What each column of a file was taken for, by a recipe.
pub(crate) fn columns_used(recipe: &Recipe, sample: &Sample) -> Vec<ColumnUse> {
    let roles = used_as(recipe);
    let mut by_column: HashMap<Name, Vec<&str>> = HashMap::new();
    for (role, path) in &roles {
        if let Some(place) = path.resolve(&sample.columns) {
            by_column.entry(place.name).or_default().push(role);
        }
    }
    let mut uses = Vec::new();
    for column in &sample.columns {
        let mut own = by_column.get(column.as_str()).cloned().unwrap_or_default();
        own.dedup();
        let used_as = match own.as_slice() {
            // A coded format has its own fields.
            [] if recipe.shape == Shape::Pairs => own_field(column).to_owned(),
            [] if recipe.coded() => continue,
            // Two records make a pair; what else they say is of one response only.
            [] if matches!(recipe.shape, Shape::Unpaired | Shape::Scored) => "not used".to_owned(),
            [] => "metadata".to_owned(),
            several => several.join(", "),
        };
        uses.push(ColumnUse { column: column.clone(), used_as });
    }
    uses
}
