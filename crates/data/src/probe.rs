//! How each input is to be read: its container, its format, and what spoke for them.

use std::collections::VecDeque;
use std::path::PathBuf;

use predilect_types::SourceSummary;
use serde::de::IgnoredAny;

use crate::container::json;
use crate::container::sample::sample as first_rows;
use crate::container::sniff::{Container, Key, columns, keys_at, recognise};
use crate::container::source::{Found, Input, LONGEST_PREFIX, Opened, expand, look_into};
use crate::container::split::{Layout, Splitter};
use crate::detect::{Detected, Role, detect, forced};
use crate::error::DataError;
use crate::format::Format;
use crate::formats::model_columns;
use crate::options::OnBadRow;
use crate::row::Row;

/// An input that was understood.
pub(crate) struct Source {
    pub(crate) input: Input,
    pub(crate) container: Container,
    pub(crate) detected: Detected,
    /// For `wide`: the columns of responses.
    pub(crate) models: Vec<String>,
    /// The input, to be read on; `None` where there are many and this one can be opened again.
    pub(crate) opened: Option<Opened>,
}

/// Inputs that stay open until they are read: more are closed and opened again, if they can be.
const OPEN: usize = 64;

impl Source {
    pub(crate) fn folder(&self) -> PathBuf {
        self.input.path.parent().map(PathBuf::from).unwrap_or_default()
    }
}

/// Looks at all inputs.
pub(crate) fn probe(
    paths: &[PathBuf],
    format: Option<Format>,
    on_bad_row: OnBadRow,
) -> Result<Probed, DataError> {
    if paths.is_empty() {
        return Err(DataError::input("", "no input is named")
            .with_hint("name a file, a folder, or - for standard input"));
    }
    let (inputs, left_out) = expand(paths)?;
    let mut skipped: Vec<SourceSummary> =
        left_out.into_iter().map(|(source, why)| skip(source, &why)).collect();
    let mut damaged: Vec<SourceSummary> = Vec::new();
    let mut sources = Vec::new();
    let mut inputs = VecDeque::from(inputs);
    while let Some(input) = inputs.pop_front() {
        let (label, named) = (input.label.clone(), input.named);
        let looked = look_into(&input).map_err(Refused::from).and_then(|found| match found {
            Found::File(opened) => look(input, *opened, format).map(Some),
            Found::Archive(members, left_out) => {
                skipped.extend(left_out.into_iter().map(|(source, why)| skip(source, &why)));
                members.into_iter().rev().for_each(|member| inputs.push_front(member));
                Ok(None)
            }
        });
        match looked {
            Ok(None) => {}
            Ok(Some(mut source)) => {
                let large = source.opened.as_ref().is_some_and(|o| o.prefix.len() > LONGEST_PREFIX);
                if (large || sources.len() >= OPEN) && source.input.reopens() {
                    source.opened = None;
                }
                sources.push(source);
            }
            // What a folder holds besides is none of the user's mistakes; a damaged file is somebody's.
            Err(Refused::Unknown(error)) if !named => skipped.push(skip(label, error.problem())),
            Err(Refused::Damaged(error)) if !named && on_bad_row == OnBadRow::Skip => {
                damaged.push(skip(label, error.problem()));
            }
            Err(Refused::Unknown(error) | Refused::Damaged(error)) => return Err(error),
        }
    }
    if sources.is_empty() {
        let folder = paths.first().map(|path| path.display().to_string()).unwrap_or_default();
        let seen =
            skipped.iter().take(3).map(|s| format!("{} ({})", s.source, s.evidence)).collect::<Vec<_>>();
        let seen =
            if seen.is_empty() { "it is empty".to_owned() } else { format!("seen: {}", seen.join("; ")) };
        return Err(DataError::input(folder, format!("there is no preference data in it; {seen}"))
            .with_hint("name the files themselves to see what is wrong with each"));
    }
    // Questions and answers first, verdicts on other files' pairs last; else in the order given.
    sources.sort_by_key(|source| source.detected.role);
    Ok(Probed { sources, skipped, damaged })
}

/// What the inputs are.
pub(crate) struct Probed {
    pub(crate) sources: Vec<Source>,
    /// Files of a folder that hold something else, with the reason.
    pub(crate) skipped: Vec<SourceSummary>,
    /// Files of a folder that cannot be read, where the user lets them be left out.
    pub(crate) damaged: Vec<SourceSummary>,
}

/// Why a file is no source.
enum Refused {
    /// It is whole, and none of the formats.
    Unknown(DataError),
    /// It cannot be read.
    Damaged(DataError),
}

impl From<DataError> for Refused {
    fn from(error: DataError) -> Self {
        Self::Damaged(error)
    }
}

fn skip(source: String, why: &str) -> SourceSummary {
    SourceSummary { source, format: "skipped".to_owned(), evidence: why.to_owned(), rows: 0 }
}

fn look(input: Input, mut opened: Opened, format: Option<Format>) -> Result<Source, Refused> {
    let name = input.label.to_ascii_lowercase();
    let container = recognise(&mut opened, &name)?.map_err(|(problem, hint)| {
        let error = DataError::input(&input.label, problem).with_hint(hint);
        // Where nothing is, nothing is lost.
        if opened.prefix.is_empty() { Refused::Unknown(error) } else { Refused::Damaged(error) }
    })?;
    let too_long = !opened.whole && opened.prefix.len() >= LONGEST_PREFIX;
    let mut remarks = Vec::new();
    let (keys, rows) = if matches!(container, Container::Json(_) | Container::Document) {
        let seen = json_keys(&opened, container);
        if format.is_none() && detect(container, &seen.0).is_none() && is_torn(&opened, container) {
            return Err(torn(&input.label, container).into());
        }
        remarks.append(&mut opened.remarks);
        seen
    } else {
        let sample = first_rows(&mut opened, container, MAX_RECORD)?;
        remarks.extend(sample.remarks);
        let unread = sample.unread_columns.iter();
        remarks.extend(unread.map(|(name, kind)| format!("column `{name}` of type {kind} is not read")));
        let keys =
            columns(sample.columns.iter().map(String::as_str), &first_texts(&sample.columns, &sample.rows));
        (keys, sample.rows)
    };
    let mut detected = match format {
        Some(format) => forced(format, container, &keys),
        None => detect(container, &keys).ok_or_else(|| {
            if too_long {
                Refused::Damaged(too_large(&input.label))
            } else {
                Refused::Unknown(unknown(&input.label, container, &keys))
            }
        })?,
    };
    for remark in remarks {
        detected.evidence.push_str("; ");
        detected.evidence.push_str(&remark);
    }
    let models = if detected.format == Format::Wide { model_columns(&rows) } else { Vec::new() };
    if detected.format == Format::Wide && models.len() < 2 && format.is_none() {
        return Err(Refused::Unknown(unknown(&input.label, container, &keys)));
    }
    Ok(Source { input, container, detected, models, opened: Some(opened) })
}

/// The largest record that is looked at.
const MAX_RECORD: usize = 64 << 20;

/// Whether a JSON text breaks off (or is none) before its first record is whole.
fn is_torn(opened: &Opened, container: Container) -> bool {
    let json = matches!(container, Container::Json(_) | Container::Document);
    let mut values = serde_json::Deserializer::from_slice(&opened.prefix).into_iter::<IgnoredAny>();
    json && opened.whole && values.next().is_some_and(|v| v.is_err()) && sample(opened, container).is_empty()
}

fn torn(label: &str, container: Container) -> DataError {
    DataError::input(
        label,
        format!("{} whose first record is cut short or not valid JSON", container.describe()),
    )
    .with_hint("was the file copied whole? Fetch or write it again")
}

fn too_large(label: &str) -> DataError {
    let mib = LONGEST_PREFIX >> 20;
    let problem =
        format!("line 1: the first record is larger than {mib} MiB, too large to tell the format from");
    DataError::input(label, problem)
        .with_hint("is this the right file? If it is, name the format with --format")
}

fn unknown(label: &str, container: Container, keys: &[Key]) -> DataError {
    let names: Vec<String> =
        keys.iter().take(12).map(|key| format!("`{}`", key.name.escape_debug())).collect();
    let fields = if names.is_empty() {
        "without named fields".to_owned()
    } else {
        format!("with {}", names.join(", "))
    };
    DataError::input(label, format!("no known format of preference data: {} {fields}", container.describe()))
        .with_hint(format!("name the format with --format ({}), or rename the fields", Format::names()))
}

/// Fields and first rows of JSON.
fn json_keys(opened: &Opened, container: Container) -> (Vec<Key>, Vec<Row>) {
    let depth = if container == Container::Json(Layout::Array) { 2 } else { 1 };
    let keys = keys_at(&opened.prefix, depth, 16);
    let wide = keys.iter().any(|key| key.name == "preference");
    (keys, if wide { sample(opened, container) } else { Vec::new() })
}

fn first_texts(header: &[String], rows: &[Row]) -> Vec<String> {
    let text = |name: &String| {
        rows.first().and_then(|row| row.get(name)).and_then(|v| v.as_str().map(str::to_owned))
    };
    header.iter().map(|name| text(name).unwrap_or_default()).collect()
}

/// The first records of a JSON text that are whole.
fn sample(opened: &Opened, container: Container) -> Vec<Row> {
    let Container::Json(layout) = container else { return Vec::new() };
    let mut splitter = Splitter::new(opened.prefix.as_slice(), layout, opened.prefix.len() + 1);
    let mut rows = Vec::new();
    while let Ok(Some(chunk)) = splitter.next_chunk() {
        for found in chunk.records {
            if let Some(bytes) = found.what.ok().and_then(|range| chunk.bytes.get(range)) {
                rows.extend(json::row(bytes));
            }
        }
    }
    rows
}

/// Whether some source holds verdicts on other files' pairs.
pub(crate) fn has_sidecars(sources: &[Source]) -> bool {
    sources.iter().any(|s| s.detected.role == Role::Verdicts && s.detected.format == Format::PandaLm)
}
