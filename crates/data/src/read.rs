//! What preference data a list of files holds: records in order, each pair before what is said about it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{SyncSender, sync_channel};

use predilect_types::{Pair, ReadSummary, SourceSummary, ValueUse, Verdict, VerdictUse};
use rayon::prelude::*;

use crate::container::csv::CsvRows;
use crate::container::dialect::Dialect;
use crate::container::json;
use crate::container::parquet::TextColumns;
use crate::container::sniff::{Container, reopen};
use crate::container::source::Opened;
use crate::container::split::{Found, Splitter};
use crate::container::table::{Placed, Table, whole};
use crate::detect::no_verdicts;
use crate::error::{At, DataError};
use crate::formats::{self, Annotators, Context};
use crate::gather::{Place, Prepared, Reading, WITHOUT_PAIR, gold_key, identity, prepare};
use crate::join::Waiting;
use crate::options::{Progress, ReadOptions, Record};
use crate::probe::{Probed, Source, has_sidecars, judged_by_prompt, probe};
use crate::recipe::{Part, Plan, Recipe, Seen, Shape};
use crate::row::Row;
use crate::votes::{self, VoteBlock};

/// Reads files, folders and standard input, and hands every record to the sink.
///
/// Questions and answers that other files refer to are read first, verdicts on other files' pairs last, the rest in the
/// order given; a pair comes before what is said about it. Votes on the texts of another file come with their pair, as its
/// text is read. A pair is handed on once, however many records are on it, also where these show its sides the other way
/// round: their verdicts are then turned. Every verdict is handed on, equal ones too; only a right answer, which belongs to
/// the pair, is not repeated.
///
/// # Errors
///
/// On the first record that cannot be used (unless [`crate::OnBadRow::Skip`]), on a file that cannot be read, that no recipe
/// fits, or that can be read in two ways, when values contradict the recipe, when no pair was found at all or no verdict
/// (unless [`ReadOptions::without_verdicts`]), and whatever the sink returns.
pub fn read(
    inputs: &[PathBuf],
    options: &ReadOptions,
    progress: &mut dyn FnMut(Progress<'_>),
    sink: &mut dyn FnMut(Record) -> Result<(), DataError>,
) -> Result<ReadSummary, DataError> {
    read_onto(inputs, options, Known::default(), progress, sink)
}

/// As [`read()`], with bare votes of tables handed to `votes` in blocks instead of one record each: ten times as fast.
///
/// # Errors
///
/// As [`read()`].
pub fn read_with_votes(
    inputs: &[PathBuf],
    options: &ReadOptions,
    progress: &mut dyn FnMut(Progress<'_>),
    sink: &mut dyn FnMut(Record) -> Result<(), DataError>,
    votes: &mut dyn FnMut(VoteBlock),
) -> Result<ReadSummary, DataError> {
    read_all(inputs, options, Known::default(), progress, sink, Some(votes))
}

/// The pairs and right answers of a study that what is read joins.
#[derive(Debug, Default)]
pub(crate) struct Known {
    ids: HashMap<u64, (u64, u32), foldhash::quality::RandomState>,
    gold: HashSet<u64, foldhash::quality::RandomState>,
    keys: HashMap<String, Vec<(PathBuf, String)>>,
}

impl Known {
    pub(crate) fn pair(&mut self, pair: &Pair) {
        let (key, content) = identity(pair);
        self.ids.insert(key, (content, u32::MAX));
        self.keys.entry(pair.id.clone()).or_default().push((PathBuf::new(), pair.id.clone()));
    }

    pub(crate) fn verdict(&mut self, verdict: &Verdict) {
        self.gold.insert(gold_key(verdict));
    }
}

/// As [`read()`], with what is read joining the pairs of a study.
pub(crate) fn read_onto(
    inputs: &[PathBuf],
    options: &ReadOptions,
    known: Known,
    progress: &mut dyn FnMut(Progress<'_>),
    sink: &mut dyn FnMut(Record) -> Result<(), DataError>,
) -> Result<ReadSummary, DataError> {
    read_all(inputs, options, known, progress, sink, None)
}

fn read_all<'a>(
    inputs: &[PathBuf],
    options: &'a ReadOptions,
    known: Known,
    progress: &'a mut dyn FnMut(Progress<'_>),
    sink: &'a mut dyn FnMut(Record) -> Result<(), DataError>,
    blocks: Option<&'a mut dyn FnMut(VoteBlock)>,
) -> Result<ReadSummary, DataError> {
    let mut inputs = inputs.to_vec();
    if let Some(texts) = &options.texts
        && !inputs.contains(texts)
    {
        inputs.push(texts.clone());
    }
    let inputs = inputs.as_slice();
    let Probed { mut sources, mut skipped, damaged } = probe(inputs, options)?;
    skipped.extend(drop_repeated(&mut sources));
    let copies = copies(&sources)?;
    let texts = texts_of(&sources, options)?;
    if let Some((file, _)) =
        options.judge_of.iter().find(|(file, _)| !sources.iter().any(|source| source.input.is_called(file)))
    {
        return Err(DataError::input(
            file,
            "a judge is named for this file, which is not among those that are read",
        )
        .with_hint("name the file as it is given, by its name, or by its name without ending"));
    }
    if let Some(joined) = &texts {
        // Votes wait for their texts, which come last.
        sources.sort_by_key(|source| source.input.label == joined.label);
    }
    let onto = !known.ids.is_empty();
    let tags = tags(&sources);
    let mut reading = Reading {
        options,
        progress,
        sink,
        summary: ReadSummary::default(),
        ids: known.ids,
        gold: known.gold,
        parts: BTreeMap::new(),
        keys: has_sidecars(&sources).then_some(known.keys),
        blocks,
        waiting: Waiting::default(),
        votes: texts.is_some().then(HashMap::new),
        at: Place::default(),
        seen: Vec::new(),
        marked: (0, None),
    };
    // Parts do not judge; two files of verdicts that name nobody are two judges.
    let several = several_judges(&sources, texts.as_ref());
    let by_prompt = judged_by_prompt(&sources);
    let examples = sources.first().map(examples).unwrap_or_default();
    for (index, (source, tag)) in sources.into_iter().zip(tags).enumerate() {
        if reading.full() {
            break;
        }
        reading.source(index, source, tag, Several { several, by_prompt }, texts.as_ref())?;
    }
    reading.end_votes();
    reading.parts_to_pairs()?;
    let mut summary = reading.summary;
    if summary.pairs == 0 && !(onto && summary.verdicts > 0) {
        return Err(nothing(inputs, &summary));
    }
    if summary.verdicts == 0 && !options.without_verdicts {
        let first = summary.sources.first().map(|source| source.source.clone()).unwrap_or_default();
        return Err(no_verdicts(&first, &summary, &examples));
    }
    summary.remarks.extend(copies);
    summary.sources.extend(skipped);
    if !damaged.is_empty() {
        summary.dropped.insert("file that cannot be read".to_owned(), damaged.len() as u64);
        summary.sources.extend(damaged);
    }
    Ok(summary)
}

fn nothing(inputs: &[PathBuf], summary: &ReadSummary) -> DataError {
    let first = inputs.first().map(|path| path.display().to_string()).unwrap_or_default();
    let parts = summary.sources.iter().any(|s| s.format == "mt_bench" || s.format == "arena_hard");
    let hint = if summary.dropped.contains_key(WITHOUT_PAIR) {
        "these are verdicts only: name the file with their pairs too (for PandaLM: testset-v1.json)"
    } else if parts {
        "name the questions, the answers of two models or more, and the judgments together, or the folder with all"
    } else if summary.rows == 0 {
        "the file has no records"
    } else {
        "see what was dropped and why, or run without --on-bad-row skip to see the first bad record"
    };
    let dropped: Vec<String> = summary.dropped.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    let dropped =
        if dropped.is_empty() { String::new() } else { format!(" (dropped: {})", dropped.join(", ")) };
    DataError::input(first, format!("no pair was found in {} records{dropped}", summary.rows)).with_hint(hint)
}

/// A name for each file that no other has: the stem where that is enough, else the whole path.
fn tags(sources: &[Source]) -> Vec<String> {
    let stems: Vec<String> = sources.iter().map(|source| source.input.stem()).collect();
    let unique = |stem: &String| stems.iter().filter(|other| *other == stem).count() == 1;
    sources
        .iter()
        .zip(&stems)
        .map(|(source, stem)| if unique(stem) { stem.clone() } else { source.input.label.clone() })
        .collect()
}

/// What the turns of a file's conversations have besides role and content.
fn left_of_turns(source: &Source) -> Option<String> {
    let names = source.left_of_turns();
    (!names.is_empty()).then(|| format!("not kept of the turns of conversations: {}", names.join(", ")))
}

/// Takes out files that are given twice: under one path, however it is written.
fn drop_repeated(sources: &mut Vec<Source>) -> Vec<SourceSummary> {
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
fn copies(sources: &[Source]) -> Result<Vec<String>, DataError> {
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
                    "{} and {} are equal to the last byte; both count: leave one out if it is a copy",
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
struct Texts {
    label: String,
    on: String,
    recipe: Recipe,
}

/// Columns that votes and texts share as a key, the surest first.
const KEYS: &[&str] = &["pair_id", "comparison_id", "id", "uid", "question_id", "prompt_id", "idx", "index"];

/// The file that holds the texts of the others' votes: the one that the user names, or the only one with pairs and no verdict
/// beside files of votes that share a key with it.
fn texts_of(sources: &[Source], options: &ReadOptions) -> Result<Option<Texts>, DataError> {
    let named = options.texts.as_ref().map(|path| path.display().to_string());
    let silent = |source: &&Source| {
        source.detected.recipe.shape == Shape::Pair && source.detected.recipe.verdict.is_empty()
    };
    let mut found: Vec<&Source> = match &named {
        Some(label) => sources.iter().filter(|source| source.input.label == *label).collect(),
        None => sources.iter().filter(silent).collect(),
    };
    let votes: Vec<&Source> =
        sources.iter().filter(|source| source.detected.recipe.shape == Shape::Votes).collect();
    let idle = |what: &str| {
        let error = DataError::input(
            what,
            "there are no votes to join with texts, so --texts and --on have no effect",
        );
        Err(error.with_hint("leave them out, or name the files with the votes too"))
    };
    let (Some(texts), true) = (found.pop(), found.is_empty()) else {
        return options.on.as_ref().map_or(Ok(None), |on| idle(on));
    };
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
            .with_hint("name a column that all of these files have with --on COLUMN"));
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
                .with_hint("name one that all of these files have with --on COLUMN"))
        }
    }
}

/// Whether files that name no judge are judged apart: not where they are parts or splits of one table.
fn several_judges(sources: &[Source], texts: Option<&Texts>) -> bool {
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
        .filter(|source| source.detected.recipe.part != Part::Parts)
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
fn shard_of(stem: &str) -> Option<&str> {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let (before, count) = stem.rsplit_once("-of-")?;
    let (table, number) = before.rsplit_once('-')?;
    (digits(count) && digits(number)).then_some(table)
}

/// What a file must know of the others that are read with it.
#[derive(Clone, Copy)]
struct Several {
    several: bool,
    by_prompt: bool,
}

/// The columns of a file with a value of each.
fn examples(source: &Source) -> Vec<(String, String)> {
    source.sample.columns.iter().take(40).map(|name| (name.clone(), source.sample.example(name))).collect()
}

impl Reading<'_> {
    fn source(
        &mut self,
        index: usize,
        source: Source,
        tag: String,
        among: Several,
        texts: Option<&Texts>,
    ) -> Result<(), DataError> {
        let mut plan = source.plan(self.options, among.several);
        let mut joined = None;
        if let Some(texts) = texts {
            if source.input.label == texts.label {
                plan.keyed(&texts.on, &source.sample.columns);
                joined = Some(format!("the texts of the votes, joined by `{}`", texts.on));
            } else if plan.recipe.shape == Shape::Votes {
                plan.joined(&texts.on, &texts.recipe, &source.sample.columns);
                joined = Some(format!("votes on the texts of {}, joined by `{}`", texts.label, texts.on));
            }
        }
        self.at = Place {
            label: Arc::from(source.input.label.as_str()),
            format: Arc::from(source.detected.recipe.name.as_str()),
            tag: tag.clone(),
            folder: source.folder(),
            index: index as u32,
            record: 0,
        };
        let cx = Context {
            given: plan.given_judge(),
            judge: plan.default_judge().to_owned(),
            by_prompt: among.by_prompt,
            stem: source.input.stem(),
            tag,
            models: source.models.clone(),
            annotators: Annotators::default(),
        };
        self.seen = vec![Seen::default(); plan.fields().len()];
        let before = self.summary.rows;
        let summary = SourceSummary {
            source: source.input.label.clone(),
            format: plan.recipe.name.clone(),
            evidence: source.detected.evidence.clone(),
            columns: source.columns(),
            remarks: source
                .sample
                .remarks
                .iter()
                .cloned()
                .chain(joined)
                .chain(left_of_turns(&source))
                .collect(),
            ..SourceSummary::default()
        };
        self.stream(source, cx, &plan)?;
        self.end_waiting()?;
        let seen = std::mem::take(&mut self.seen);
        for (rule, seen) in seen.iter().enumerate() {
            if let Some(problem) = plan.doubtful(rule, seen) {
                let field = plan.fields().get(rule).cloned().unwrap_or_default();
                return Err(DataError::input(&summary.source, format!("`{field}`: {problem}"))
                    .with_hint(Plan::doubt_remedy(&field)));
            }
        }
        let verdicts = plan
            .fields()
            .into_iter()
            .zip(&seen)
            .filter(|(_, seen)| !seen.lines().is_empty())
            .map(|(field, seen)| VerdictUse {
                field,
                values: seen
                    .lines()
                    .into_iter()
                    .map(|(value, means, count)| ValueUse { value, means, count })
                    .collect(),
            })
            .collect();
        let mut summary = summary;
        if let (count @ 1.., Some(mark)) = std::mem::take(&mut self.marked) {
            summary.remarks.push(format!(
                "{count} records contain `{mark}`, a mark of a chat template, within a text; it is measured as part of the text"
            ));
        }
        // Code of its own knows who judges better than the recipe does.
        let judge = (plan.recipe.part != Part::Parts && !plan.recipe.coded() && plan.has_verdicts())
            .then(|| plan.judge_in_words());
        self.summary.sources.push(SourceSummary {
            rows: self.summary.rows - before,
            verdicts,
            judge,
            ..summary
        });
        Ok(())
    }

    fn tell(&mut self, read: u64, total: Option<u64>) {
        (self.progress)(Progress {
            source: &self.at.label,
            bytes_read: read,
            bytes_total: total,
            pairs: self.summary.pairs,
        });
    }

    fn stream(&mut self, source: Source, mut cx: Context, plan: &Plan) -> Result<(), DataError> {
        let opened = match source.opened {
            Some(opened) => opened,
            None => reopen(&source.input, source.container)?,
        };
        let label = source.input.label;
        let (counter, total) = (opened.counter.clone(), opened.total);
        let max = self.options.max_record_bytes;
        match source.container {
            Container::Json(layout) => {
                let splitter = Splitter::new(opened.into_reader(), layout, max);
                let first = self.at.record + 1;
                // One thread reads and parses ahead while this one gathers. It ends when nobody takes its chunks.
                std::thread::scope(|scope| {
                    let (sender, chunks) = sync_channel(AHEAD);
                    let (cx, label) = (&cx, &label);
                    scope.spawn(move || parse_ahead(splitter, cx, plan, first, label, &sender));
                    for prepared in chunks {
                        self.take_all(&plan.recipe.name, prepared?)?;
                        self.tell(counter.load(Ordering::Relaxed), total);
                        if self.full() {
                            break;
                        }
                    }
                    Ok::<_, DataError>(())
                })?;
            }
            Container::Document => {
                match whole(opened, max)?.and_then(|bytes| {
                    let value = json::document(&bytes)?;
                    formats::document(plan.recipe.shape, value)
                }) {
                    Err(error) => self.bad(At::Record(1), error)?,
                    Ok((records, annotators)) => {
                        cx.annotators = annotators;
                        let rows = records
                            .into_iter()
                            .zip(1..)
                            .map(|(record, number)| (At::Record(number), Row::from_value(record)))
                            .collect();
                        self.rows(&cx, plan, rows)?;
                    }
                }
            }
            Container::Parquet
                if self.blocks.is_some()
                    && self.options.limit.is_none()
                    && let Some(file) = opened.beside()
                    && self.vote_columns(file, plan, &source.sample.columns, &label)? => {}
            Container::Csv(dialect)
                if self.blocks.is_some()
                    && self.options.limit.is_none()
                    && dialect == Dialect::new(dialect.delimiter)
                    && opened.shards.is_empty() =>
            {
                return self.vote_blocks(opened, dialect, &cx, plan, &label);
            }
            container => {
                let Some(mut table) = Table::open(opened, container, max)? else { return Ok(()) };
                loop {
                    let rows = table.next_group(&label)?;
                    if rows.is_empty() || self.full() {
                        break;
                    }
                    self.rows(&cx, plan, rows)?;
                    self.tell(counter.load(Ordering::Relaxed), total);
                }
            }
        }
        self.tell(counter.load(Ordering::Relaxed), total);
        Ok(())
    }

    /// The rows of a plain table, as blocks of votes as long as they are nothing else, and as records from there on.
    fn vote_blocks(
        &mut self,
        opened: Opened,
        dialect: Dialect,
        cx: &Context,
        plan: &Plan,
        label: &str,
    ) -> Result<(), DataError> {
        let (counter, total) = (opened.counter.clone(), opened.total);
        let mut reader = opened.into_reader();
        let fail = |e| DataError::io(label, "read", e);
        let mut pending = Vec::new();
        let mut ended = fill(&mut reader, &mut pending).map_err(fail)?;
        let start = if pending.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        let header_end = memchr::memchr(b'\n', &pending).map_or(pending.len(), |at| at + 1);
        let header_line = pending.get(start..header_end).unwrap_or_default().to_vec();
        let header: Vec<String> = String::from_utf8_lossy(&header_line)
            .trim_end_matches(['\r', '\n'])
            .split(char::from(dialect.delimiter))
            .map(|name| name.trim().to_owned())
            .collect();
        let how = if header_line.contains(&b'"') { None } else { plan.bare_votes(&header) };
        let mut line = 2;
        if let Some(how) = &how {
            pending.drain(..header_end);
            loop {
                // A last line without an end is a line too.
                let whole = if ended {
                    pending.len()
                } else {
                    memchr::memrchr(b'\n', &pending).map_or(0, |at| at + 1)
                };
                let block = pending.get(..whole).unwrap_or_default();
                if memchr::memchr(b'"', block).is_some() || (whole == 0 && !ended) {
                    break;
                }
                let parts = cut(block, rayon::current_num_threads() * 2);
                let parsed: Vec<_> = parts
                    .into_par_iter()
                    .map(|part| votes::parse(part, dialect.delimiter, header.len(), how))
                    .collect();
                let mut at = block;
                for one in parsed {
                    let (own, rest) =
                        at.split_at(cut_length(at, rayon::current_num_threads() * 2, block.len()));
                    at = rest;
                    self.vote_block(one, &|at| At::Line(line + at - 1), plan)?;
                    line += memchr::memchr_iter(b'\n', own).count() as u64;
                }
                pending.drain(..whole);
                self.tell(counter.load(Ordering::Relaxed), total);
                if ended {
                    return Ok(());
                }
                ended = fill(&mut reader, &mut pending).map_err(fail)?;
            }
        }
        // The way of all records, for what is left.
        let mut bytes = if how.is_some() { header_line } else { Vec::new() };
        bytes.append(&mut pending);
        let rest = Box::new(std::io::Cursor::new(bytes).chain(reader));
        let mut table = CsvRows::new(rest, dialect, self.options.max_record_bytes, label)?;
        loop {
            let rows = table.next_group(label)?;
            if rows.is_empty() || self.full() {
                break;
            }
            // Lines are counted on from the last block.
            let moved = rows.into_iter().map(|(at, row)| match at {
                At::Line(own) => (At::Line(own + line - 2), row),
                at @ At::Record(_) => (at, row),
            });
            self.rows(cx, plan, moved.collect())?;
            self.tell(counter.load(Ordering::Relaxed), total);
        }
        Ok(())
    }

    /// The columns of votes of a Parquet file; whether it could be read so.
    fn vote_columns(
        &mut self,
        file: File,
        plan: &Plan,
        header: &[String],
        label: &str,
    ) -> Result<bool, DataError> {
        let Some(how) = plan.bare_votes(header) else { return Ok(false) };
        let places = [Some(how.a), Some(how.b), Some(how.winner), how.judge, how.weight, how.prompt];
        let wanted: Vec<&str> =
            places.iter().flatten().filter_map(|at| header.get(*at)).map(String::as_str).collect();
        let Some(mut texts) = TextColumns::open(file, &wanted, label)? else { return Ok(false) };
        let mut first = 1;
        loop {
            // As many batches as there are threads, in their order.
            let mut batches = Vec::new();
            while batches.len() < rayon::current_num_threads() {
                match texts.next(label)? {
                    Some(columns) => batches.push(columns),
                    None => break,
                }
            }
            if batches.is_empty() {
                return Ok(true);
            }
            let parsed: Vec<_> = batches.par_iter().map(|columns| votes::of_columns(columns, &how)).collect();
            for one in parsed {
                let rows = one.rows;
                self.vote_block(one, &|at| At::Record(first + at - 1), plan)?;
                first += rows;
            }
        }
    }

    fn vote_block(
        &mut self,
        parsed: votes::Parsed,
        place: &dyn Fn(u64) -> At,
        plan: &Plan,
    ) -> Result<(), DataError> {
        for (at, error) in parsed.bad {
            self.bad(place(at), error)?;
        }
        for (reason, count) in [(crate::formats::NO_VERDICT, parsed.missing), ("blank row", parsed.blank)] {
            if count > 0 {
                *self.summary.dropped.entry(reason.to_owned()).or_default() += count;
            }
        }
        if let Some(seen) = self.seen.first_mut() {
            parsed.said.iter().for_each(|(word, call, count)| seen.add_many(word, *call, *count));
        }
        self.summary.rows += parsed.rows;
        self.at.record += parsed.rows;
        self.summary.pairs += parsed.block.votes.len() as u64 + parsed.missing;
        self.summary.verdicts += parsed.block.votes.len() as u64;
        if let Some(blocks) = &mut self.blocks {
            blocks(VoteBlock { judge: plan.default_judge().to_owned(), ..parsed.block });
        }
        Ok(())
    }

    fn rows(&mut self, cx: &Context, plan: &Plan, rows: Vec<Placed>) -> Result<(), DataError> {
        let first = self.at.record + 1;
        let work = |(i, (at, row)): (usize, Placed)| (at, prepare(plan, cx, row, first + i as u64));
        let prepared: Vec<_> = rows.into_par_iter().enumerate().with_min_len(16).map(work).collect();
        self.take_all(&plan.recipe.name, prepared)
    }
}

/// Bytes of votes that are read at once.
const BLOCK: u64 = 16 << 20;

/// Reads on; whether the end was reached.
fn fill(reader: &mut impl Read, pending: &mut Vec<u8>) -> std::io::Result<bool> {
    Ok((reader.take(BLOCK).read_to_end(pending)? as u64) < BLOCK)
}

/// Cuts a block at line ends into about as many parts.
fn cut(block: &[u8], parts: usize) -> Vec<&[u8]> {
    let mut cut = Vec::with_capacity(parts + 1);
    let mut rest = block;
    while !rest.is_empty() {
        let (own, after) = rest.split_at(cut_length(rest, parts, block.len()));
        cut.push(own);
        rest = after;
    }
    cut
}

/// How long the next part is.
fn cut_length(rest: &[u8], parts: usize, whole: usize) -> usize {
    let wanted = (whole / parts.max(1)).max(64 * 1024);
    match rest.get(wanted..).and_then(|after| memchr::memchr(b'\n', after)) {
        Some(at) => wanted + at + 1,
        None => rest.len(),
    }
}

/// Chunks that may wait, parsed, to be gathered.
const AHEAD: usize = 2;

/// Reads and parses chunk after chunk until the end, an error, or nobody listens.
fn parse_ahead<R: Read>(
    mut splitter: Splitter<R>,
    cx: &Context,
    plan: &Plan,
    mut first: u64,
    label: &str,
    sender: &SyncSender<Result<Vec<Prepared>, DataError>>,
) {
    loop {
        let next = match splitter.next_chunk() {
            Ok(None) => return,
            Ok(Some(chunk)) => {
                let work = |(i, found): (usize, &Found)| {
                    let row = match &found.what {
                        Ok(range) => json::row(chunk.bytes.get(range.clone()).unwrap_or_default()),
                        Err(error) => Err(error.clone()),
                    };
                    (found.at, prepare(plan, cx, row, first + i as u64))
                };
                let prepared: Vec<_> =
                    chunk.records.par_iter().enumerate().with_min_len(16).map(work).collect();
                first += prepared.len() as u64;
                Ok(prepared)
            }
            Err(error) => Err(DataError::io(label, "read", error)),
        };
        let failed = next.is_err();
        if sender.send(next).is_err() || failed {
            return;
        }
    }
}
