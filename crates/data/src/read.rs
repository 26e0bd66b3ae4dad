//! What preference data a list of files holds: records in order, each pair before what is said about it.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use predilect_types::{Pair, Provenance, Rating, ReadSummary, SourceSummary, Verdict, content_id};
use rayon::prelude::*;

use crate::error::{At, DataError, Reason, RowError};
use crate::format::Format;
use crate::formats::{self, Annotators, Context, Draft, NO_VERDICT, Parsed};
use crate::join::{Parts, Piece, Run};
use crate::json;
use crate::probe::{Source, has_sidecars, probe};
use crate::row::Row;
use crate::sniff::Container;
use crate::source::open;
use crate::split::{Chunk, Splitter};
use crate::table::{CsvRows, ParquetRows, Placed};

/// What to do with a record that cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnBadRow {
    /// The import ends there, with an error that says where and why.
    #[default]
    Stop,
    /// The record is counted by reason, and the import goes on.
    Skip,
}

/// How to read.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// The format of all inputs; by default each tells its own.
    pub format: Option<Format>,
    /// What to do with a record that cannot be used.
    pub on_bad_row: OnBadRow,
    /// Ends after this many pairs.
    pub limit: Option<u64>,
    /// The judge's name for verdicts of files that name none.
    pub judge: Option<String>,
    /// A record larger than this is a bad row; one JSON object that holds a whole data set may be 16 times as large.
    pub max_record_bytes: usize,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self { format: None, on_bad_row: OnBadRow::Stop, limit: None, judge: None, max_record_bytes: 64 << 20 }
    }
}

/// One thing that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Record {
    /// A pair; it comes before all that refers to it.
    Pair(Pair),
    /// A verdict on a pair that came before.
    Verdict(Verdict),
    /// A rating of a pair that came before.
    Rating(Rating),
}

/// How far the reading is.
#[derive(Debug, Clone, Copy)]
pub struct Progress<'a> {
    /// The file being read.
    pub source: &'a str,
    /// Bytes of it read so far, as they lie on the disk.
    pub bytes_read: u64,
    /// Its size on the disk, where it has one.
    pub bytes_total: Option<u64>,
    /// Pairs kept so far, of all files.
    pub pairs: u64,
}

/// Reads files, folders and standard input, and hands every record to the sink.
///
/// Records come in the order of the files, pairs before what is said about them; verdicts that lie in files of their
/// own come last. Equal pairs are merged by id, and a verdict that another file only repeats is dropped and counted.
///
/// # Errors
///
/// On the first record that cannot be used (unless [`OnBadRow::Skip`]), on a file that cannot be read or holds no
/// known format, when no pair was found at all, and whatever the sink returns.
pub fn read(
    inputs: &[PathBuf],
    options: &ReadOptions,
    progress: &mut dyn FnMut(Progress<'_>),
    sink: &mut dyn FnMut(Record) -> Result<(), DataError>,
) -> Result<ReadSummary, DataError> {
    let (sources, skipped) = probe(inputs, options.format)?;
    let tags = tags(&sources);
    let mut reading = Reading {
        options,
        progress,
        sink,
        summary: ReadSummary::default(),
        ids: HashMap::new(),
        verdicts: (sources.len() > 1).then(HashMap::new),
        parts: BTreeMap::new(),
        keys: has_sidecars(&sources).then(HashMap::new),
        run: Run::default(),
        at: Place::default(),
    };
    for (index, (source, tag)) in sources.into_iter().zip(tags).enumerate() {
        if reading.full() {
            break;
        }
        reading.source(index, source, tag)?;
    }
    reading.parts_to_pairs()?;
    let mut summary = reading.summary;
    if summary.pairs == 0 {
        return Err(nothing(inputs, &summary));
    }
    summary.sources.extend(skipped);
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
    let dropped = if dropped.is_empty() { String::new() } else { format!(" (dropped: {})", dropped.join(", ")) };
    DataError::input(first, format!("no pair was found in {} records{dropped}", summary.rows)).with_hint(hint)
}

/// Counted when a verdict's pair is in none of the files.
const WITHOUT_PAIR: &str = "verdict without a pair";
const REPEATED_PAIR: &str = "pair seen before (merged)";
const REPEATED_VERDICT: &str = "verdict repeated in another file (merged)";

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

/// Where the record being worked on stands.
#[derive(Debug, Clone, Default)]
struct Place {
    label: String,
    format: &'static str,
    tag: String,
    folder: PathBuf,
    index: u32,
    record: u64,
}

struct Reading<'a> {
    options: &'a ReadOptions,
    progress: &'a mut dyn FnMut(Progress<'_>),
    sink: &'a mut dyn FnMut(Record) -> Result<(), DataError>,
    summary: ReadSummary,
    /// Hash of the id: hash of the content, and the file.
    ids: HashMap<u64, (u64, u32)>,
    /// Hash of a verdict: the file. Only kept where there is more than one file.
    verdicts: Option<HashMap<u64, u32>>,
    parts: BTreeMap<Format, Parts>,
    /// For results in files of their own: key to pairs, with the folder each came from.
    keys: Option<HashMap<String, Vec<(PathBuf, String)>>>,
    run: Run,
    at: Place,
}

/// A draft with the hash of its content.
type Ready = (Draft, u64);

enum Prepared {
    Drafts(Vec<Ready>),
    Piece(Piece),
}

impl Reading<'_> {
    fn full(&self) -> bool {
        self.options.limit.is_some_and(|limit| self.summary.pairs >= limit)
    }

    fn source(&mut self, index: usize, source: Source, tag: String) -> Result<(), DataError> {
        self.at = Place {
            label: source.input.label.clone(),
            format: source.detected.format.as_str(),
            tag: tag.clone(),
            folder: source.folder(),
            index: index as u32,
            record: 0,
        };
        let cx = Context {
            judge: self.options.judge.clone(),
            stem: source.input.stem(),
            tag,
            models: source.models.clone(),
            annotators: Annotators::default(),
        };
        let format = source.detected.format;
        let before = self.summary.rows;
        let summary = SourceSummary {
            source: source.input.label.clone(),
            format: format.as_str().to_owned(),
            evidence: source.detected.evidence.clone(),
            rows: 0,
        };
        match source.container {
            Container::Parquet => self.parquet(source, cx, format)?,
            _ => self.stream(source, cx, format)?,
        }
        self.end_run()?;
        self.summary.sources.push(SourceSummary { rows: self.summary.rows - before, ..summary });
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

    fn parquet(&mut self, source: Source, cx: Context, format: Format) -> Result<(), DataError> {
        let label = source.input.label;
        let file = source.seekable.ok_or_else(|| DataError::input(&label, "the file cannot be opened twice"))?;
        let total = file.metadata().ok().map(|m| m.len());
        let mut table = ParquetRows::new(file, &label)?;
        loop {
            let rows = table.next_group(&label)?;
            if rows.is_empty() || self.full() {
                self.tell(total.unwrap_or(0), total);
                return Ok(());
            }
            self.rows(&cx, format, rows)?;
            self.tell(0, total);
        }
    }

    fn stream(&mut self, source: Source, mut cx: Context, format: Format) -> Result<(), DataError> {
        let opened = match source.opened {
            Some(opened) => opened,
            None => open(&source.input)?,
        };
        let label = source.input.label;
        let (counter, total) = (opened.counter.clone(), opened.total);
        let max = self.options.max_record_bytes;
        let reader = opened.into_reader();
        match source.container {
            Container::Csv(delimiter) => {
                let mut table = CsvRows::new(reader, delimiter, max, &label)?;
                loop {
                    let rows = table.next_group(&label)?;
                    if rows.is_empty() || self.full() {
                        break;
                    }
                    self.rows(&cx, format, rows)?;
                    self.tell(counter.load(Ordering::Relaxed), total);
                }
            }
            Container::Json(layout) => {
                let mut splitter = Splitter::new(reader, layout, max);
                while let Some(chunk) = splitter.next_chunk().map_err(|e| DataError::io(&label, "read", e))? {
                    self.chunk(&cx, format, &chunk)?;
                    self.tell(counter.load(Ordering::Relaxed), total);
                    if self.full() {
                        break;
                    }
                }
            }
            Container::Document => {
                match whole(reader, max.saturating_mul(16), &label)?.and_then(|bytes| {
                    let value = json::document(&bytes)?;
                    formats::document(format, value)
                }) {
                    Err(error) => self.bad(At::Record(1), error)?,
                    Ok((records, annotators)) => {
                        cx.annotators = annotators;
                        let rows = records
                            .into_iter()
                            .zip(1..)
                            .map(|(record, number)| (At::Record(number), Row::from_value(record)))
                            .collect();
                        self.rows(&cx, format, rows)?;
                    }
                }
            }
            Container::Parquet => {}
        }
        self.tell(counter.load(Ordering::Relaxed), total);
        Ok(())
    }

    fn chunk(&mut self, cx: &Context, format: Format, chunk: &Chunk) -> Result<(), DataError> {
        let first = self.at.record + 1;
        let work = |(i, found): (usize, &crate::split::Found)| {
            let row = match &found.what {
                Ok(range) => json::row(chunk.bytes.get(range.clone()).unwrap_or_default()),
                Err(error) => Err(error.clone()),
            };
            (found.at, prepare(cx, format, row, first + i as u64))
        };
        let prepared: Vec<_> = chunk.records.par_iter().enumerate().with_min_len(16).map(work).collect();
        self.take_all(format, prepared)
    }

    fn rows(&mut self, cx: &Context, format: Format, rows: Vec<Placed>) -> Result<(), DataError> {
        let first = self.at.record + 1;
        let work = |(i, (at, row)): (usize, Placed)| (at, prepare(cx, format, row, first + i as u64));
        let prepared: Vec<_> = rows.into_par_iter().enumerate().with_min_len(16).map(work).collect();
        self.take_all(format, prepared)
    }

    fn take_all(
        &mut self,
        format: Format,
        prepared: Vec<(At, Result<Prepared, RowError>)>,
    ) -> Result<(), DataError> {
        for (at, record) in prepared {
            if self.full() {
                return Ok(());
            }
            self.summary.rows += 1;
            self.at.record += 1;
            match record {
                Err(error) => self.bad(at, error)?,
                Ok(Prepared::Drafts(drafts)) => {
                    for draft in drafts {
                        self.draft(at, draft)?;
                    }
                }
                Ok(Prepared::Piece(piece)) => self.piece(at, format, piece)?,
            }
        }
        Ok(())
    }

    fn bad(&mut self, at: At, error: RowError) -> Result<(), DataError> {
        match self.options.on_bad_row {
            OnBadRow::Stop => Err(DataError::row(&self.at.label, at, error)),
            OnBadRow::Skip => {
                self.drop_one(error.reason.as_str());
                Ok(())
            }
        }
    }

    fn drop_one(&mut self, reason: &str) {
        match self.summary.dropped.get_mut(reason) {
            Some(count) => *count += 1,
            None => {
                self.summary.dropped.insert(reason.to_owned(), 1);
            }
        }
    }

    /// Hands a pair and what is said about it to the sink, the pair only when it is new.
    fn draft(&mut self, at: At, (mut draft, content): Ready) -> Result<(), DataError> {
        let mut key = hash(&draft.pair.id);
        let mut known = self.ids.get(&key).copied();
        if known.is_some_and(|(other, file)| other != content && file != self.at.index) {
            // Files that count their pairs from 0 do not mean the same pair.
            draft.pair.id = format!("{}:{}", self.at.tag, draft.pair.id);
            key = hash(&draft.pair.id);
            known = self.ids.get(&key).copied();
        }
        match known {
            Some((other, _)) if other != content => {
                let error = RowError::new(Reason::DuplicateId, "another pair of this file has the same id")
                    .field("id")
                    .value(&draft.pair.id)
                    .hint("give each pair an id of its own, or leave the ids out: content gives one");
                return self.bad(at, error);
            }
            Some(_) => self.drop_one(REPEATED_PAIR),
            None => {
                self.ids.insert(key, (content, self.at.index));
                self.summary.pairs += 1;
            }
        }
        if let (Some(keys), Some(key)) = (&mut self.keys, draft.key.take()) {
            keys.entry(key).or_default().push((self.at.folder.clone(), draft.pair.id.clone()));
        }
        let id = draft.pair.id.clone();
        if known.is_none() {
            draft.pair.provenance = Provenance {
                source: self.at.label.clone(),
                format: self.at.format.to_owned(),
                record: self.at.record,
            };
            (self.sink)(Record::Pair(draft.pair))?;
        }
        for reason in draft.dropped {
            self.drop_one(reason);
        }
        for mut verdict in draft.verdicts {
            verdict.pair.clone_from(&id);
            self.verdict(verdict)?;
        }
        for mut rating in draft.ratings {
            rating.pair.clone_from(&id);
            (self.sink)(Record::Rating(rating))?;
        }
        Ok(())
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<(), DataError> {
        if let Some(seen) = &mut self.verdicts {
            let mut hasher = DefaultHasher::new();
            (&verdict.pair, &verdict.judge, verdict.p_a.to_bits(), verdict.order, verdict.tie).hash(&mut hasher);
            let first = *seen.entry(hasher.finish()).or_insert(self.at.index);
            if first != self.at.index {
                self.drop_one(REPEATED_VERDICT);
                return Ok(());
            }
        }
        self.summary.verdicts += 1;
        (self.sink)(Record::Verdict(verdict))
    }

    fn piece(&mut self, at: At, format: Format, piece: Piece) -> Result<(), DataError> {
        let parts = self.parts.entry(format).or_default();
        match piece {
            Piece::Question(question) => parts.question(question),
            Piece::Answer(answer) => parts.answer(answer),
            Piece::Score(score) => {
                if score.score.is_none() {
                    self.drop_one(NO_VERDICT);
                } else {
                    parts.score(score);
                }
            }
            Piece::Judgment(judgment) => {
                parts.judged = true;
                match parts.pair(&judgment.key, &judgment.model_a, &judgment.model_b, judgment.turns) {
                    Err(reason) => self.drop_one(reason),
                    Ok(mut draft) => {
                        match judgment.verdict {
                            Some(verdict) => draft.verdicts.push(verdict),
                            None => draft.dropped.push(NO_VERDICT),
                        }
                        self.draft(at, ready(draft))?;
                    }
                }
            }
            Piece::Sidecar(sidecar) => self.sidecar(sidecar.key, sidecar.verdict)?,
            Piece::Completion(completion) => {
                if let Some(run) = self.run.push(completion) {
                    self.completions(run)?;
                }
            }
        }
        Ok(())
    }

    fn sidecar(&mut self, key: String, verdict: Option<Verdict>) -> Result<(), DataError> {
        let known = self.keys.as_ref().and_then(|keys| keys.get(&key)).map(Vec::as_slice).unwrap_or_default();
        let near = known.iter().find(|(folder, _)| *folder == self.at.folder);
        let id = near.or(if known.len() == 1 { known.first() } else { None }).map(|(_, id)| id.clone());
        match (id, verdict) {
            (None, _) => self.drop_one(WITHOUT_PAIR),
            (Some(_), None) => self.drop_one(NO_VERDICT),
            (Some(id), Some(verdict)) => self.verdict(Verdict { pair: id, ..verdict })?,
        }
        Ok(())
    }

    fn completions(&mut self, run: Run) -> Result<(), DataError> {
        let (drafts, left) = run.into_pairs();
        for _ in 0..left {
            self.drop_one("completion without a counterpart");
        }
        for draft in drafts {
            self.draft(At::Record(self.at.record), ready(draft))?;
        }
        Ok(())
    }

    fn end_run(&mut self) -> Result<(), DataError> {
        let run = std::mem::take(&mut self.run);
        self.completions(run)
    }

    /// Pairs from scores and, where nothing was judged, from every two models' answers.
    fn parts_to_pairs(&mut self) -> Result<(), DataError> {
        for (format, parts) in std::mem::take(&mut self.parts) {
            let file = self.summary.sources.iter().find(|s| s.format == format.as_str());
            self.at = Place {
                label: file.map(|s| s.source.clone()).unwrap_or_default(),
                format: format.as_str(),
                index: u32::MAX,
                ..Place::default()
            };
            for draft in parts.scored_pairs() {
                match draft {
                    Ok(draft) => self.joined(draft)?,
                    Err(reason) => self.drop_one(reason),
                }
            }
            if !parts.judged {
                for draft in parts.all_pairs() {
                    self.joined(draft)?;
                }
                if parts.models() == 1 {
                    self.drop_one("answers of one model only: nothing to compare them with");
                }
            }
        }
        Ok(())
    }

    fn joined(&mut self, draft: Draft) -> Result<(), DataError> {
        if self.full() {
            return Ok(());
        }
        self.at.record += 1;
        self.draft(At::Record(self.at.record), ready(draft))
    }
}

/// Parses a record and hashes what it holds: the work that is done on all cores.
fn prepare(cx: &Context, format: Format, row: Result<Row, RowError>, record: u64) -> Result<Prepared, RowError> {
    Ok(match formats::parse(format, cx, row?, record)? {
        Parsed::Piece(piece) => Prepared::Piece(piece),
        Parsed::Drafts(drafts) => Prepared::Drafts(drafts.into_iter().map(ready).collect()),
    })
}

fn ready(mut draft: Draft) -> Ready {
    let pair = &mut draft.pair;
    if pair.id.is_empty() {
        pair.id = content_id(&pair.prompt, &pair.response_a, &pair.response_b);
        let content = hash(&pair.id);
        return (draft, content);
    }
    let mut hasher = DefaultHasher::new();
    for turns in [&pair.prompt, &pair.response_a.messages, &pair.response_b.messages] {
        turns.hash(&mut hasher);
    }
    (&pair.response_a.model, &pair.response_b.model).hash(&mut hasher);
    let content = hasher.finish();
    (draft, content)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
}

/// A whole file, up to a limit.
fn whole(reader: impl Read, max: usize, label: &str) -> Result<Result<Vec<u8>, RowError>, DataError> {
    let mut bytes = Vec::new();
    let read = reader.take(max as u64 + 1).read_to_end(&mut bytes);
    read.map_err(|e| DataError::io(label, "read", e))?;
    Ok(if bytes.len() > max {
        let problem = format!("one JSON object larger than {} MiB", max.div_ceil(1 << 20));
        Err(RowError::new(Reason::TooLarge, problem).hint("write it as JSON Lines, one record a line"))
    } else {
        Ok(bytes)
    })
}
