//! How each input is to be read: its container, its format, and what spoke for them.

use crate::advice::FORMAT;
use std::collections::VecDeque;
use std::path::PathBuf;

use predilect_types::SourceSummary;
use serde::de::IgnoredAny;

use crate::container::input::{Input, expand};
use crate::container::sample::sample as first_rows;
use crate::container::sniff::{Container, keys_at, recognise};
use crate::container::source::{Found, LONGEST_PREFIX, Opened, look_into};
use crate::detect::{Detected, Undetected, columns_used, detect};
use crate::error::{At, DataError, Reason, RowError};
use crate::formats::judge_of;
use crate::options::{OnBadRow, ReadOptions};
use crate::recipe::{Naming, Part, Plan, Sample, Shape};
use crate::texts::leftovers;

/// An input that was understood.
pub(crate) struct Source {
    pub(crate) input: Input,
    pub(crate) container: Container,
    pub(crate) detected: Detected,
    pub(crate) sample: Sample,
    /// The input, to continue reading; `None` if there are many and this one can be opened again.
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
pub(crate) fn probe(paths: &[PathBuf], options: &ReadOptions) -> Result<Probed, DataError> {
    let on_bad_row = options.on_bad_row;
    if paths.is_empty() {
        return Err(DataError::input("", "no input is named")
            .with_remedy("name a file, a folder, or - for standard input"));
    }
    let (inputs, left_out) = expand(paths, options.shown.as_deref())?;
    let mut skipped: Vec<SourceSummary> =
        left_out.into_iter().map(|(source, why)| skip(source, &why)).collect();
    let mut damaged: Vec<SourceSummary> = Vec::new();
    let mut sources = Vec::new();
    let mut inputs = VecDeque::from(inputs);
    while let Some(input) = inputs.pop_front() {
        let (label, named) = (input.label.clone(), input.named);
        let looked = look_into(&input).map_err(Refused::from).and_then(|found| match found {
            Found::File(opened) => look(input, *opened, options).map(Some),
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
            // Other files in a folder are not the user's mistake; a damaged file is a problem.
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
        if seen.is_empty() {
            return Err(DataError::input(folder, "the folder is empty").with_remedy("check the path"));
        }
        let seen = seen.join("; ");
        return Err(DataError::input(
            folder,
            format!("the folder contains no preference data; seen: {seen}"),
        )
        .with_remedy("name the files themselves to see what is wrong with each"));
    }
    // Questions and answers first, verdicts on other files' pairs last; else in the order given.
    sources.sort_by_key(|source| source.detected.recipe.part);
    Ok(Probed { sources, skipped, damaged })
}

/// What the inputs are.
pub(crate) struct Probed {
    pub(crate) sources: Vec<Source>,
    /// Files of a folder that contain something else, with the reason.
    pub(crate) skipped: Vec<SourceSummary>,
    /// Files of a folder that cannot be read, where the user lets them be left out.
    pub(crate) damaged: Vec<SourceSummary>,
}

/// Why a file is not a source.
enum Refused {
    /// It is whole, but not of a known format.
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
    SourceSummary {
        source,
        format: "skipped".to_owned(),
        evidence: why.to_owned(),
        ..SourceSummary::default()
    }
}

fn look(input: Input, mut opened: Opened, options: &ReadOptions) -> Result<Source, Refused> {
    let name = input.label.to_ascii_lowercase();
    let container = recognise(&mut opened, &name)?.map_err(|(problem, remedy)| {
        let error = DataError::input(&input.label, problem).with_remedy(remedy);
        // An empty file loses no data.
        if opened.prefix.is_empty() { Refused::Unknown(error) } else { Refused::Damaged(error) }
    })?;
    let too_long = !opened.whole && opened.prefix.len() >= LONGEST_PREFIX;
    let (sample, bad) = sample(&mut opened, container, options.max_record_bytes)?;
    if sample.rows.is_empty() && container != Container::Document {
        if is_torn(&opened, container) {
            return Err(torn(&input.label, &opened, container).into());
        }
        if too_long {
            return Err(too_large(&input.label).into());
        }
    }
    let detected = detect(&input.label, container, &sample, options).map_err(|error| match (error, bad) {
        // If no record of a file can be read, the user needs to know that, and not that the format is unknown.
        (Undetected::Unknown(_), Some((at, error)))
            if sample.rows.is_empty()
                && matches!(error.reason, Reason::InvalidUtf8 | Reason::TooLarge | Reason::InvalidJson) =>
        {
            Refused::Damaged(DataError::row(&input.label, at, error))
        }
        (Undetected::Unknown(error), _) => Refused::Unknown(error),
        (Undetected::Doubt(error), _) => Refused::Damaged(error),
    })?;
    Ok(Source { input, container, detected, sample, opened: Some(opened) })
}

/// Columns and first records, whatever the container, and the first record that cannot be read.
fn sample(
    opened: &mut Opened,
    container: Container,
    max: usize,
) -> Result<(Sample, Option<(At, RowError)>), DataError> {
    let found = first_rows(opened, container, max)?;
    let mut sample = Sample {
        key: found.key,
        columns: found.columns.into(),
        rows: found.rows,
        whole: found.whole,
        remarks: found.remarks,
        cells: matches!(container, Container::Csv(_)),
    };
    let unread = found.unread_columns.iter();
    sample.remarks.extend(unread.map(|(name, kind)| format!("column `{name}` of type {kind} is not read")));
    let fields = ["comparisons", "annotators"];
    if container == Container::Document && !sample.columns.iter().any(|name| fields.contains(&name.as_str()))
    {
        // An object of lists, the name of each being the bias of its records.
        let names: Vec<String> = keys_at(&opened.prefix, 3, 16).into_iter().map(|key| key.name).collect();
        sample.columns = names.into();
    }
    Ok((sample, found.bad))
}

/// Whether a JSON text breaks off (or is not JSON) before its first record is complete.
fn is_torn(opened: &Opened, container: Container) -> bool {
    let json = matches!(container, Container::Json(_) | Container::Document);
    let mut values = serde_json::Deserializer::from_slice(&opened.prefix).into_iter::<IgnoredAny>();
    json && opened.whole && values.next().is_some_and(|v| v.is_err())
}

fn torn(label: &str, opened: &Opened, container: Container) -> DataError {
    if opened.prefix.trim_ascii_start().starts_with(b"{'") {
        return DataError::input(label, "the first record is a Python dict, not JSON")
            .with_remedy("write each record with json.dumps(record)");
    }
    DataError::input(
        label,
        format!("{} whose first record is cut short or not valid JSON", container.describe()),
    )
    .with_remedy("was the file copied whole? Fetch or write it again")
}

fn too_large(label: &str) -> DataError {
    let mib = LONGEST_PREFIX >> 20;
    let problem = format!(
        "line 1: the first record is larger than {mib} MiB, too large for the format to be recognised"
    );
    DataError::input(label, problem).with_remedy(format!("is this the right file? If it is, give {FORMAT}"))
}

/// Whether some source contains verdicts on other files' pairs.
pub(crate) fn has_sidecars(sources: &[Source]) -> bool {
    sources.iter().any(|s| {
        s.detected.recipe.part == Part::Verdicts
            && matches!(s.detected.recipe.shape, Shape::PandaLm | Shape::Sidecar)
    })
}

/// Whether one model judged by several methods among the files, so that the model alone does not name a judge.
pub(crate) fn judged_by_prompt(sources: &[Source]) -> bool {
    let mut methods: std::collections::BTreeMap<String, std::collections::BTreeSet<String>> =
        std::collections::BTreeMap::new();
    for source in sources.iter().filter(|source| source.detected.recipe.shape == Shape::JudgeBench) {
        for row in source.sample.rows.iter().take(16) {
            let judgments = row
                .get("judgments")
                .and_then(|value| value.as_array())
                .map(Vec::as_slice)
                .unwrap_or_default();
            let method = row.get("judge_name").and_then(|value| value.as_str()).map(str::to_owned);
            if let (Some(model), Some(method)) = (judge_of(judgments, None, false), method) {
                methods.entry(model).or_default().insert(method);
            }
        }
    }
    methods.values().any(|methods| methods.len() > 1)
}

impl Source {
    /// How the file's records are read.
    pub(crate) fn plan(&self, options: &ReadOptions, several: bool, alike: bool) -> Plan {
        let given = options
            .judge_of
            .iter()
            .find(|(file, _)| self.input.is_called(file))
            .map(|(_, judge)| judge.clone());
        // Files with the same name in different folders are distinguished by the folders.
        let folder = self.folder();
        let stem = match folder.file_name() {
            Some(folder) if alike => format!("{}/{}", folder.to_string_lossy(), self.input.stem()),
            _ => self.input.stem(),
        };
        let naming = Naming { given: given.or_else(|| options.judge.clone()), stem, several };
        let mut plan = Plan::new(self.detected.recipe.clone(), &self.sample, &naming, options.neighbours);
        if !plan.recipe.coded() {
            plan.wait_for(&options.mapping);
        }
        plan
    }

    /// Fields of turns that are not kept, by their names, as far as the first records show them.
    pub(crate) fn left_of_turns(&self) -> Vec<String> {
        let recipe = &self.detected.recipe;
        let texts = [&recipe.prompt, &recipe.history, &recipe.a, &recipe.b];
        let columns: Vec<_> =
            texts.into_iter().flatten().filter_map(|path| path.resolve(&self.sample.columns)).collect();
        let rows = self.sample.rows.iter().take(100);
        let values = rows.flat_map(|row| columns.iter().filter_map(move |column| column.get(row)));
        let names: std::collections::BTreeSet<String> = values.flat_map(leftovers).collect();
        names.into_iter().collect()
    }

    /// What each column was taken for.
    pub(crate) fn columns(&self) -> Vec<predilect_types::ColumnUse> {
        columns_used(&self.detected.recipe, &self.sample)
    }
}
