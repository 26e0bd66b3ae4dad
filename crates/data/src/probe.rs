//! How each input is to be read: its container, its format, and what spoke for them.

use std::fs::File;
use std::path::PathBuf;

use predilect_types::SourceSummary;
use serde::de::IgnoredAny;

use crate::container::json;
use crate::container::sniff::{Container, Key, columns, container, keys_at};
use crate::container::source::{Input, LONGEST_PREFIX, Opened, expand, open, spool};
use crate::container::split::Layout;
use crate::container::table::{CsvRows, ParquetRows};
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
    /// Standard input, which cannot be opened twice.
    pub(crate) opened: Option<Opened>,
    /// A file that can be read from the end.
    pub(crate) seekable: Option<File>,
}

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
    for input in inputs {
        let (label, named) = (input.label.clone(), input.named);
        match look(input, format) {
            Ok(source) => sources.push(source),
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
        return Err(DataError::input(folder, format!("the folder holds no preference data; {seen}"))
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

fn look(input: Input, format: Option<Format>) -> Result<Source, Refused> {
    let mut opened = open(&input)?;
    let name = input.label.to_ascii_lowercase();
    let container = container(&opened.prefix, opened.whole, &name).map_err(|(problem, hint)| {
        let error = DataError::input(&input.label, problem).with_hint(hint);
        // Where nothing is, nothing is lost.
        if opened.prefix.is_empty() { Refused::Unknown(error) } else { Refused::Damaged(error) }
    })?;
    let too_long = !opened.whole && opened.prefix.len() >= LONGEST_PREFIX;
    let mut kept = None;
    let mut seekable = None;
    let (keys, sample) = if container == Container::Parquet {
        let file = match opened.file.take() {
            Some(file) => file,
            None => spool(&input.label, opened.into_reader())?,
        };
        seekable = Some(file.try_clone().map_err(|e| DataError::io(&input.label, "open", e))?);
        parquet_keys(file, &input.label)?
    } else {
        let seen = text_keys(&opened, container, &input.label)?;
        if format.is_none() && detect(container, &seen.0).is_none() && is_torn(&opened, container) {
            return Err(torn(&input.label, container).into());
        }
        if input.is_stdin() {
            kept = Some(opened);
        }
        seen
    };
    let detected = match format {
        Some(format) => forced(format, container, &keys),
        None => detect(container, &keys).ok_or_else(|| {
            if too_long {
                Refused::Damaged(too_large(&input.label))
            } else {
                Refused::Unknown(unknown(&input.label, container, &keys))
            }
        })?,
    };
    let models = if detected.format == Format::Wide { model_columns(&sample) } else { Vec::new() };
    if detected.format == Format::Wide && models.len() < 2 && format.is_none() {
        return Err(Refused::Unknown(unknown(&input.label, container, &keys)));
    }
    Ok(Source { input, container, detected, models, opened: kept, seekable })
}

/// Whether a JSON text breaks off (or is none) before its first record is whole.
fn is_torn(opened: &Opened, container: Container) -> bool {
    let json = matches!(container, Container::Json(_) | Container::Document);
    let mut values = serde_json::Deserializer::from_slice(&opened.prefix).into_iter::<IgnoredAny>();
    json && opened.whole && values.next().is_some_and(|v| v.is_err()) && sample(opened, container).is_empty()
}

fn torn(label: &str, container: Container) -> DataError {
    DataError::input(
        label,
        format!("{} whose first record is cut short or no valid JSON", container.describe()),
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

/// Fields and first rows of a text.
fn text_keys(opened: &Opened, container: Container, label: &str) -> Result<(Vec<Key>, Vec<Row>), DataError> {
    match container {
        Container::Csv(delimiter) => {
            let prefix = Box::new(std::io::Cursor::new(opened.prefix.clone()));
            let mut table = CsvRows::new(prefix, delimiter, opened.prefix.len() + 1, label)?;
            let rows: Vec<Row> =
                table.next_group(label)?.into_iter().filter_map(|(_, row)| row.ok()).collect();
            let header = table.header().to_vec();
            Ok((columns(header.iter().map(String::as_str), &first_texts(&header, &rows)), rows))
        }
        Container::Document | Container::Json(Layout::Lines | Layout::Values) => {
            let keys = keys_at(&opened.prefix, 1, 16);
            let rows = if keys.iter().any(|key| key.name == "preference") {
                sample(opened, container)
            } else {
                vec![]
            };
            Ok((keys, rows))
        }
        Container::Json(Layout::Array) => {
            let keys = keys_at(&opened.prefix, 2, 16);
            let rows = if keys.iter().any(|key| key.name == "preference") {
                sample(opened, container)
            } else {
                vec![]
            };
            Ok((keys, rows))
        }
        Container::Parquet => Ok((Vec::new(), Vec::new())),
    }
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
    let mut splitter =
        crate::container::split::Splitter::new(opened.prefix.as_slice(), layout, opened.prefix.len() + 1);
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

fn parquet_keys(file: File, label: &str) -> Result<(Vec<Key>, Vec<Row>), DataError> {
    let mut table = ParquetRows::new(file, label)?;
    let names = table.names().to_vec();
    let rows: Vec<Row> = if names.iter().any(|name| name == "preference" || name == "chosen") {
        table.next_group(label)?.into_iter().filter_map(|(_, row)| row.ok()).collect()
    } else {
        Vec::new()
    };
    Ok((columns(names.iter().map(String::as_str), &first_texts(&names, &rows)), rows))
}

/// Whether some source holds verdicts on other files' pairs.
pub(crate) fn has_sidecars(sources: &[Source]) -> bool {
    sources.iter().any(|s| s.detected.role == Role::Verdicts && s.detected.format == Format::PandaLm)
}
