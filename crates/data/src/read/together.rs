//! How files that are read together relate: given twice, parts of one table, separate judges, votes and texts.

use crate::advice::{MAP, ON, TEXTS};
use crate::detect::Examples;
use crate::error::DataError;
use crate::options::ReadOptions;
use crate::probe::Source;
use crate::recipe::{Part, Recipe, Shape, winner_start};
use predilect_types::SourceSummary;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

/// A unique name for each file: the stem if that is enough, else the whole path.
pub(super) fn tags(sources: &[Source]) -> Vec<String> {
    let stems: Vec<String> = sources.iter().map(|source| source.input.stem()).collect();
    let unique = |stem: &String| stems.iter().filter(|other| *other == stem).count() == 1;
    sources
        .iter()
        .zip(&stems)
        .map(|(source, stem)| if unique(stem) { stem.clone() } else { source.input.label.clone() })
        .collect()
}

/// What the turns of a file's conversations have in addition to role and content.
pub(super) fn left_of_turns(source: &Source) -> Option<String> {
    let names = source.left_of_turns();
    (!names.is_empty())
        .then(|| format!("not kept from the turns of conversations: {}", predilect_types::shown::list(names)))
}

/// Takes out files that are given twice: under one path, however it is written.
pub(super) fn drop_repeated(sources: &mut Vec<Source>) -> Vec<SourceSummary> {
    let mut seen: HashSet<PathBuf> = HashSet::new();
    let mut left_out = Vec::new();
    sources.retain(|source| {
        let path = source.input.size().and_then(|_| source.input.path.canonicalize().ok());
        let again = path.is_some_and(|path| !seen.insert(path));
        if again {
            left_out.push(SourceSummary {
                source: source.input.label.clone(),
                format: "skipped".to_owned(),
                evidence: "the same file is given twice".to_owned(),
                ..SourceSummary::default()
            });
        }
        !again
    });
    left_out
}

/// Files that are equal to the last byte: they may be copies, or votes of two people who agree in everything.
pub(super) fn copies(sources: &[Source]) -> Result<Vec<String>, DataError> {
    let mut by_size: BTreeMap<u64, Vec<&Source>> = BTreeMap::new();
    for source in sources {
        if let Some(size) = source.input.size() {
            by_size.entry(size).or_default().push(source);
        }
    }
    let mut remarks = Vec::new();
    for alike in by_size.into_values().filter(|alike| alike.len() > 1) {
        let mut sums: HashMap<u32, &Source> = HashMap::new();
        for source in alike {
            let sum = source.input.checksum()?;
            match sums.get(&sum) {
                Some(first) if remarks.len() < 5 => remarks.push(format!(
                    "{} and {} are identical; both count: leave one out if it is a copy",
                    first.input.label, source.input.label
                )),
                Some(_) => {}
                None => {
                    sums.insert(sum, source);
                }
            }
        }
    }
    Ok(remarks)
}

/// A file with the texts of votes, and the column by which these find them.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) label: String,
    pub(super) on: String,
    pub(super) recipe: Recipe,
}

/// Columns that votes and texts share as a key, the surest first.
pub(super) const KEYS: &[&str] =
    &["pair_id", "comparison_id", "id", "uid", "question_id", "prompt_id", "idx", "index"];

/// The file that contains the texts of the others' votes: the one that the user names, or the only one with pairs and no verdict, if the
/// files of votes share a key with it.
pub(super) fn texts_of(sources: &[Source], options: &ReadOptions) -> Result<Option<Texts>, DataError> {
    let named = options.texts.as_ref().map(|path| path.display().to_string());
    let mut found: Vec<&Source> = match &named {
        Some(label) => sources.iter().filter(|source| source.input.label == *label).collect(),
        None => sources.iter().filter(|source| silent(source)).collect(),
    };
    let votes: Vec<&Source> =
        sources.iter().filter(|source| source.detected.recipe.shape == Shape::Votes).collect();
    let idle = |what: &str| {
        let error = DataError::input(what, "no file has votes that could be joined with texts");
        Err(error.with_remedy(format!("name the files with the votes too, or leave out {TEXTS} and {ON}")))
    };
    let (Some(texts), true) = (found.pop(), found.is_empty()) else {
        return options.on.as_ref().map_or(Ok(None), |on| idle(on));
    };
    // Votes by key alone find their pairs by it.
    let keyed: Vec<&Source> =
        sources.iter().filter(|source| source.detected.recipe.shape == Shape::Sidecar).collect();
    if votes.is_empty() && !keyed.is_empty() {
        let by = |on: &str| {
            let has = |source: &Source| source.detected.recipe.id.iter().any(|path| path.as_str() == on);
            has(texts) && keyed.iter().all(|source| has(source))
        };
        return match &options.on {
            Some(on) if !by(on) => Err(DataError::input(
                &texts.input.label,
                format!("votes that do not name their models are joined by the pair's id, and `{on}` is not its column in all of these files"),
            )
            .with_remedy(format!("say that it is: {MAP} id={}", crate::recipe::shell(on)))),
            _ => Ok(None),
        };
    }
    if votes.is_empty() {
        return if named.is_none() && options.on.is_none() { Ok(None) } else { idle(&texts.input.label) };
    }
    let both = |key: &str| {
        let has = |source: &Source| source.sample.columns.iter().any(|column| column == key);
        has(texts) && !votes.is_empty() && votes.iter().all(|source| has(source))
    };
    let on = match &options.on {
        Some(on) if both(on) => Some(on.clone()),
        Some(on) => {
            return Err(DataError::input(
                &texts.input.label,
                format!("`{on}` is not a column of both the texts and the votes"),
            )
            .with_remedy(format!("name a column that all of these files have with {ON} COLUMN")));
        }
        None => KEYS.iter().find(|key| both(key)).map(|key| (*key).to_owned()),
    };
    match (on, &named) {
        (Some(on), _) => {
            Ok(Some(Texts { label: texts.input.label.clone(), on, recipe: texts.detected.recipe.clone() }))
        }
        (None, None) => Ok(None),
        (None, Some(label)) => {
            Err(DataError::input(label, "no column is known to join the votes with these texts")
                .with_remedy(format!("name one that all of these files have with {ON} COLUMN")))
        }
    }
}

/// Whether a file contains pairs but no verdict.
fn silent(source: &Source) -> bool {
    source.detected.recipe.shape == Shape::Pair && source.detected.recipe.verdict.is_empty()
}

/// Whether files without a judge's name are separate judges: not if they are parts or splits of one table.
pub(super) fn several_judges(sources: &[Source], texts: Option<&Texts>) -> bool {
    const SPLITS: &[&str] = &[
        "train",
        "test",
        "validation",
        "valid",
        "val",
        "dev",
        "eval",
        "data",
        "default",
        "part",
        "train_prefs",
        "test_prefs",
    ];
    let mut tables: Vec<(PathBuf, String)> = sources
        .iter()
        .filter(|source| source.detected.recipe.part != Part::Parts && !silent(source))
        .filter(|source| texts.is_none_or(|texts| source.input.label != texts.label))
        .map(|source| {
            let stem = source.input.stem();
            let table = shard_of(&stem).unwrap_or(&stem).to_lowercase();
            let split = SPLITS.contains(&table.as_str());
            (source.folder(), if split { String::new() } else { table })
        })
        .collect();
    tables.sort();
    tables.dedup();
    tables.len() > 1
}

/// The table of which a file is one of several parts: `train` of `train-00000-of-00002`.
pub(super) fn shard_of(stem: &str) -> Option<&str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (before, count) = stem.rsplit_once("-of-")?;
    let (table, number) = before.rsplit_once('-')?;
    (digits(count) && digits(number)).then_some(table)
}

/// What a file must know of the others that are read with it.
#[derive(Clone, Copy)]
pub(super) struct Several<'a> {
    /// Whether each may be a separate judge.
    pub(super) judges: bool,
    pub(super) by_prompt: bool,
    /// The texts that votes of other files are on.
    pub(super) texts: Option<&'a Texts>,
}

/// The columns of a file with a value of each, and how to say which names the winner.
pub(super) fn examples(source: &Source) -> Examples {
    let columns = source.sample.columns.iter().take(40);
    let columns = columns.map(|name| (name.clone(), source.sample.example(name))).collect();
    (columns, winner_start(&source.sample, &source.detected.recipe))
}
