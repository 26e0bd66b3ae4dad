//! Reads the preference data in a list of files: records in order, each pair before what is said about it.

mod ahead;
mod blocks;
mod together;

use crate::advice::{MAP, TEXTS};
use rayon::prelude::*;

use crate::container::dialect::Dialect;
use crate::container::json;
use crate::container::sniff::{Container, reopen};
use crate::container::split::Splitter;
use crate::container::table::{Placed, Table, whole};
use crate::detect::no_verdicts;
use crate::error::{At, DataError};
use crate::formats::{self, Annotators, Context};
use crate::gather::{ALONE, LONELY, Place, Reading, WITHOUT_PAIR, prepare};
use crate::identity::{KnownPair, gold_key, identity, metadata_hash};
use crate::join::Waiting;
use crate::options::{Progress, ReadOptions, Record};
use crate::probe::{Probed, Source, has_sidecars, judged_by_prompt, probe};
use crate::recipe::{Part, Plan, Seen, Shape, discarded};
use crate::row::Row;
use crate::votes::VoteBlock;
use ahead::{AHEAD, parse_ahead};
use predilect_types::{Pair, Provenance, ReadSummary, SourceSummary, ValueUse, Verdict, VerdictUse};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, atomic::Ordering, mpsc::sync_channel};
use together::{
    Several, Texts, copies, drop_repeated, examples, left_of_turns, several_judges, tags, texts_of,
};

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
    read_onto(inputs, options, Known::default(), progress, sink).map(|read| read.summary)
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
    let takers = Takers { progress, sink, blocks: Some(votes) };
    read_all(inputs, options, Known::default(), takers).and_then(WasRead::whole)
}

/// What was read, and why an import of it would stop: pairs without any verdict.
pub(crate) struct WasRead {
    /// Checksums of the files that were read to their ends, by label.
    pub(crate) checksums: HashMap<String, u32>,
    pub(crate) summary: ReadSummary,
    pub(crate) stops: Option<DataError>,
}

impl WasRead {
    fn whole(self) -> Result<ReadSummary, DataError> {
        self.or_stop().map(|read| read.summary)
    }

    fn or_stop(mut self) -> Result<Self, DataError> {
        match self.stops.take() {
            Some(error) => Err(error),
            None => Ok(self),
        }
    }
}

/// As [`read()`], but pairs without a verdict are reported and not refused.
pub(crate) fn read_first(
    inputs: &[PathBuf],
    options: &ReadOptions,
    sink: &mut dyn FnMut(Record) -> Result<(), DataError>,
) -> Result<WasRead, DataError> {
    read_all(inputs, options, Known::default(), Takers { progress: &mut |_| {}, sink, blocks: None })
}

/// The pairs and right answers of a study that what is read joins.
#[derive(Debug, Default)]
pub(crate) struct Known {
    ids: HashMap<u64, KnownPair, foldhash::quality::RandomState>,
    gold: HashSet<u64, foldhash::quality::RandomState>,
    keys: HashMap<String, Vec<(PathBuf, String)>>,
}

impl Known {
    pub(crate) fn pair(&mut self, pair: &Pair) {
        let (key, content) = identity(pair);
        let metadata = metadata_hash(pair);
        self.ids.insert(key, KnownPair { content, file: u32::MAX, metadata });
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
) -> Result<WasRead, DataError> {
    read_all(inputs, options, known, Takers { progress, sink, blocks: None }).and_then(WasRead::or_stop)
}

/// Who takes what is read, and how far it is.
struct Takers<'a> {
    progress: &'a mut dyn FnMut(Progress<'_>),
    sink: &'a mut dyn FnMut(Record) -> Result<(), DataError>,
    /// Takes bare votes of tables.
    blocks: Option<&'a mut dyn FnMut(VoteBlock)>,
}

fn read_all<'a>(
    inputs: &[PathBuf],
    options: &'a ReadOptions,
    known: Known,
    takers: Takers<'a>,
) -> Result<WasRead, DataError> {
    let Found { mut sources, inputs, skipped, damaged, copies, texts } = find(inputs, options)?;
    if let Some(joined) = &texts {
        // Votes wait for their texts, which come last.
        sources.sort_by_key(|source| source.input.label == joined.label);
    }
    let onto = !known.ids.is_empty();
    let tags = tags(&sources);
    let mut reading = Reading {
        options,
        progress: takers.progress,
        sink: takers.sink,
        summary: ReadSummary::default(),
        ids: known.ids,
        gold: known.gold,
        parts: BTreeMap::new(),
        keys: has_sidecars(&sources).then_some(known.keys),
        blocks: takers.blocks,
        waiting: Waiting::default(),
        votes: texts.is_some().then(HashMap::new),
        at: Place::default(),
        only_verdicts: false,
        other_models: HashSet::new(),
        seen: Vec::new(),
        checksums: HashMap::new(),
        marked: (0, None),
        late: BTreeMap::new(),
    };
    // Parts do not judge; two files of verdicts without a judge's name are two judges.
    let several = onto || several_judges(&sources, texts.as_ref());
    let by_prompt = judged_by_prompt(&sources);
    let examples = sources.first().map(examples).unwrap_or_default();
    for (index, (source, tag)) in sources.into_iter().zip(tags).enumerate() {
        // Even with a limit of a few pairs, their verdicts in other files are looked up.
        reading.only_verdicts = source.detected.recipe.part == Part::Verdicts;
        if reading.full() {
            continue;
        }
        let among = Several { judges: several, by_prompt, texts: texts.as_ref() };
        reading.source(index, source, tag, among)?;
    }
    reading.end_votes();
    reading.parts_to_pairs()?;
    let checksums = reading.checksums;
    let mut summary = reading.summary;
    if summary.pairs == 0 && !(onto && summary.verdicts > 0) {
        return Err(nothing(&inputs, &summary));
    }
    let stops = (summary.verdicts == 0 && !options.without_verdicts).then(|| {
        let first = summary.sources.first().map(|source| source.source.clone()).unwrap_or_default();
        no_verdicts(&first, &summary, &examples)
    });
    summary.remarks.extend(copies);
    summary.sources.extend(skipped);
    if !damaged.is_empty() {
        summary.dropped.insert("file that cannot be read".to_owned(), damaged.len() as u64);
        summary.sources.extend(damaged);
    }
    Ok(WasRead { checksums, summary, stops })
}

/// What there is to read.
struct Found {
    sources: Vec<Source>,
    /// The paths that were given, with that of the texts.
    inputs: Vec<PathBuf>,
    skipped: Vec<SourceSummary>,
    damaged: Vec<SourceSummary>,
    copies: Vec<String>,
    /// The texts that votes of other files are on.
    texts: Option<Texts>,
}

fn find(inputs: &[PathBuf], options: &ReadOptions) -> Result<Found, DataError> {
    let mut inputs = inputs.to_vec();
    if let Some(texts) = &options.texts
        && !inputs.contains(texts)
    {
        inputs.push(texts.clone());
    }
    let Probed { mut sources, mut skipped, damaged } = probe(&inputs, options)?;
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
        .with_remedy(
            "name the file by its path as given, by its name, or by its name without the extension",
        ));
    }
    Ok(Found { sources, inputs, skipped, damaged, copies, texts })
}

fn nothing(inputs: &[PathBuf], summary: &ReadSummary) -> DataError {
    let first = inputs.first().map(|path| path.display().to_string()).unwrap_or_default();
    let parts = summary.sources.iter().any(|s| s.format == "mt_bench" || s.format == "arena_hard");
    let panda = summary.sources.iter().any(|s| s.format == "panda_lm");
    let texts_too = format!(
        "these are verdicts only: name the file with their texts too ({TEXTS} FILE), or say which columns are the responses ({MAP})"
    );
    let remedy = if summary.dropped.contains_key(WITHOUT_PAIR) && panda {
        "these are verdicts only: name the file with their pairs too, testset-v1.json"
    } else if summary.dropped.contains_key(WITHOUT_PAIR) {
        &texts_too
    } else if parts {
        "name the questions, the answers of two models or more, and the judgments together, or the folder with all"
    } else if summary.rows == 0 {
        "the file has no records"
    } else if summary.dropped.contains_key(LONELY) {
        "no prompt has both a good and a bad completion, and only these make a pair"
    } else if summary.dropped.contains_key(ALONE) {
        "no prompt has two responses, and only these make a pair"
    } else {
        "see what was dropped and why"
    };
    let dropped: Vec<String> = summary.dropped.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    let dropped =
        if dropped.is_empty() { String::new() } else { format!(" (dropped: {})", dropped.join(", ")) };
    let records = if summary.rows == 1 { "1 record".to_owned() } else { format!("{} records", summary.rows) };
    DataError::input(first, format!("no pair was found in {records}{dropped}")).with_remedy(remedy)
}

impl Reading<'_> {
    fn source(
        &mut self,
        index: usize,
        source: Source,
        tag: String,
        among: Several<'_>,
    ) -> Result<(), DataError> {
        let alike = tag == source.input.label && tag != source.input.stem();
        let mut plan = source.plan(self.options, among.judges, alike);
        let mut joined = None;
        if let Some(texts) = among.texts {
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
            source: source.input.label.clone(),
            format: plan.recipe.name.clone(),
            given: plan.given_judge(),
            judge: plan.default_judge().to_owned(),
            by_prompt: among.by_prompt,
            stem: source.input.stem(),
            tag,
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
                .chain(discarded(&source.detected.recipe, &source.sample))
                .collect(),
            ..SourceSummary::default()
        };
        self.stream(source, cx, &plan)?;
        self.end_waiting()?;
        self.end_source(summary, &plan, before)
    }

    /// Adds what was read of a file to the summary, or stops where its values speak against the plan.
    fn end_source(&mut self, mut summary: SourceSummary, plan: &Plan, before: u64) -> Result<(), DataError> {
        let seen = std::mem::take(&mut self.seen);
        for (rule, seen) in seen.iter().enumerate() {
            if let Some(problem) = plan.doubtful(rule, seen) {
                let field = plan.fields().get(rule).cloned().unwrap_or_default();
                return Err(DataError::input(&summary.source, format!("`{field}`: {problem}"))
                    .with_remedy(Plan::doubt_remedy(&field)));
            }
        }
        if let Some((claim, path)) = plan.waited_in_vain().filter(|_| self.options.limit.is_none()) {
            return Err(DataError::input(
                &summary.source,
                format!("the mapping `{claim}` names `{path}`, which no record has"),
            )
            .with_remedy("leave it out, or correct the name"));
        }
        let named = plan.fields().into_iter().zip(&seen).filter(|(_, seen)| !seen.lines().is_empty()).map(
            |(field, seen)| VerdictUse {
                field,
                rule: None,
                values: seen
                    .lines()
                    .into_iter()
                    .map(|(value, means, count)| ValueUse { value, means, count })
                    .collect(),
            },
        );
        let told = plan.in_words().into_iter().map(|(field, how)| VerdictUse {
            field,
            rule: Some(how),
            values: Vec::new(),
        });
        let verdicts = named.chain(told).collect();
        if let (count @ 1.., Some(mark)) = std::mem::take(&mut self.marked) {
            summary.remarks.push(format!(
                "{} `{mark}`, a mark of a chat template, within a text; it is measured as part of the text",
                if count == 1 { "1 record contains".to_owned() } else { format!("{count} records contain") }
            ));
        }
        let late = std::mem::take(&mut self.late);
        if let Some((name, record)) = late.iter().min_by_key(|(_, record)| **record) {
            let names: Vec<String> = late.keys().take(8).map(|name| format!("`{name}`")).collect();
            let more = if late.len() > 8 { format!(" and {} more", late.len() - 8) } else { String::new() };
            summary.remarks.push(format!(
                "the first {} records, from which the columns got their roles, do not have {}{more}, which is kept as metadata (`{name}` from record {record} on); a mapping can say what else it is",
                plan.looked_at(),
                names.join(", "),
            ));
        }
        // A coded format knows who judges better than the recipe does.
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

    pub(super) fn tell(&mut self, read: u64, total: Option<u64>) {
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
        let (checksum, name) = (Arc::clone(&opened.checksum), label.clone());
        let max = self.options.max_record_bytes;
        match source.container {
            Container::Json(layout) => {
                let splitter = Splitter::new(opened.into_reader(), layout, max);
                self.parsed_ahead(splitter, &cx, plan, &|reading| {
                    reading.tell(counter.load(Ordering::Relaxed), total);
                })?;
            }
            Container::Document => {
                let document = whole(opened, max)?.and_then(|bytes| json::document(&bytes));
                match document.and_then(|value| formats::document(plan.recipe.shape, value)) {
                    Err(error) => self.bad(At::Record(1), error)?,
                    Ok((records, annotators)) => {
                        cx.annotators = annotators;
                        let numbered = |(record, number)| (At::Record(number), Row::from_value(record));
                        self.rows(&cx, plan, records.into_iter().zip(1..).map(numbered).collect())?;
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
                return self.vote_blocks(opened, dialect, &cx, plan);
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
        self.checksums.extend(checksum.get().map(|sum| (name, *sum)));
        Ok(())
    }

    /// One thread reads ahead, all parse, this one gathers. They end when this one stops taking their chunks.
    fn parsed_ahead<R: Read + Send>(
        &mut self,
        splitter: Splitter<R>,
        cx: &Context,
        plan: &Plan,
        tell: &dyn Fn(&mut Self),
    ) -> Result<(), DataError> {
        let first = self.at.record + 1;
        std::thread::scope(|scope| {
            let (sender, chunks) = sync_channel(AHEAD);
            scope.spawn(move || parse_ahead(splitter, cx, plan, first, &sender));
            for parsed in chunks {
                // There is no message at the end, nor from a thread that panicked, which the scope reports.
                let Ok(prepared) = parsed.recv() else { break };
                self.take_all(&plan.recipe.name, prepared?)?;
                tell(self);
                if self.full() {
                    break;
                }
            }
            Ok(())
        })
    }

    pub(super) fn rows(&mut self, cx: &Context, plan: &Plan, rows: Vec<Placed>) -> Result<(), DataError> {
        let first = self.at.record + 1;
        let work = |from: &mut Provenance, (i, (at, row)): (usize, Placed)| {
            from.record = first + i as u64;
            (at, prepare(plan, cx, row, from))
        };
        let rows = rows.into_par_iter().enumerate().with_min_len(16);
        let prepared: Vec<_> = rows.map_init(|| cx.apart(), work).collect();
        self.take_all(&plan.recipe.name, prepared)
    }
}
