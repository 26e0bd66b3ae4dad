//! What becomes of each record: new pairs are handed on, known ones merged, all that is not used is counted.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash, Hasher};
use std::path::PathBuf;
use std::sync::{Arc, LazyLock};

use foldhash::quality::RandomState;
use predilect_types::{Provenance, ReadSummary, Verdict, content_id};

use crate::error::{At, DataError, Reason, RowError};
use crate::format::Format;
use crate::formats::{self, Context, Draft, NO_VERDICT, Parsed};
use crate::join::{Parts, Piece, Run};
use crate::options::{OnBadRow, Progress, ReadOptions, Record};
use crate::row::Row;

/// Counted when a verdict's pair is in none of the files.
pub(crate) const WITHOUT_PAIR: &str = "verdict without a pair";
const REPEATED_PAIR: &str = "pair seen before";
const REPEATED_VERDICT: &str = "verdict repeated in another file";

/// Where the record being worked on stands.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub(crate) label: Arc<str>,
    pub(crate) format: &'static str,
    pub(crate) tag: String,
    pub(crate) folder: PathBuf,
    pub(crate) index: u32,
    pub(crate) record: u64,
}

pub(crate) struct Reading<'a> {
    pub(crate) options: &'a ReadOptions,
    pub(crate) progress: &'a mut dyn FnMut(Progress<'_>),
    pub(crate) sink: &'a mut dyn FnMut(Record) -> Result<(), DataError>,
    pub(crate) summary: ReadSummary,
    /// Hash of the id: hash of the content, and the file.
    pub(crate) ids: HashMap<u64, (u64, u32), RandomState>,
    /// Hash of a verdict: the file. Only kept where there is more than one file.
    pub(crate) verdicts: Option<HashMap<u64, u32, RandomState>>,
    pub(crate) parts: BTreeMap<Format, Parts>,
    /// For results in files of their own: key to pairs, with the folder each came from.
    pub(crate) keys: Option<HashMap<String, Vec<(PathBuf, String)>>>,
    pub(crate) run: Run,
    pub(crate) at: Place,
}

impl Reading<'_> {
    pub(crate) fn full(&self) -> bool {
        self.options.limit.is_some_and(|limit| self.summary.pairs >= limit)
    }

    pub(crate) fn take_all(&mut self, format: Format, prepared: Vec<Prepared>) -> Result<(), DataError> {
        self.expect(&prepared);
        for (at, record) in prepared {
            if self.full() {
                return Ok(());
            }
            self.summary.rows += 1;
            self.at.record += 1;
            match record {
                Err(error) => self.bad(at, error)?,
                Ok(Parsed::Drafts(drafts)) => {
                    for draft in drafts {
                        self.draft(at, draft)?;
                    }
                }
                Ok(Parsed::Piece(piece)) => self.piece(at, format, *piece)?,
            }
        }
        Ok(())
    }

    /// Looks every id of a chunk up before any is needed: a million ids lie outside the caches, and lookups that do not
    /// wait for each other wait for memory together.
    fn expect(&mut self, prepared: &[Prepared]) {
        self.ids.reserve(prepared.len());
        let ids = prepared.iter().filter_map(|(_, record)| match record {
            Ok(Parsed::Drafts(drafts)) => drafts.first().map(|draft| draft.id),
            _ => None,
        });
        std::hint::black_box(ids.filter(|id| self.ids.contains_key(id)).count());
    }

    pub(crate) fn bad(&mut self, at: At, error: RowError) -> Result<(), DataError> {
        match self.options.on_bad_row {
            OnBadRow::Stop => Err(DataError::row(&self.at.label, at, error)),
            OnBadRow::Skip => {
                self.drop_one(error.reason.as_str());
                Ok(())
            }
        }
    }

    fn merge_one(&mut self, kind: &str) {
        *self.summary.merged.entry(kind.to_owned()).or_default() += 1;
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
    fn draft(&mut self, at: At, mut draft: Draft) -> Result<(), DataError> {
        let content = draft.content;
        let mut key = draft.id;
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
            Some(_) => self.merge_one(REPEATED_PAIR),
            None => {
                self.ids.insert(key, (content, self.at.index));
                self.summary.pairs += 1;
            }
        }
        if let (Some(keys), Some(key)) = (&mut self.keys, draft.key.take()) {
            keys.entry(key).or_default().push((self.at.folder.clone(), draft.pair.id.clone()));
        }
        for of in draft
            .verdicts
            .iter_mut()
            .map(|v| &mut v.pair)
            .chain(draft.ratings.iter_mut().map(|r| &mut r.pair))
        {
            of.clone_from(&draft.pair.id);
        }
        if known.is_none() {
            draft.pair.provenance = Provenance {
                source: Arc::clone(&self.at.label),
                format: Cow::Borrowed(self.at.format),
                record: self.at.record,
            };
            (self.sink)(Record::Pair(draft.pair))?;
        }
        for reason in draft.dropped {
            self.drop_one(reason);
        }
        for verdict in draft.verdicts {
            self.verdict(verdict)?;
        }
        for rating in draft.ratings {
            (self.sink)(Record::Rating(rating))?;
        }
        Ok(())
    }

    /// A pair that was put together from several records.
    fn made(&mut self, at: At, mut draft: Draft) -> Result<(), DataError> {
        ready(&mut draft);
        self.draft(at, draft)
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<(), DataError> {
        if let Some(seen) = &mut self.verdicts {
            let what = (&verdict.pair, &verdict.judge, verdict.p_a.to_bits(), verdict.order, verdict.tie);
            let first = *seen.entry(HASH.hash_one(what)).or_insert(self.at.index);
            if first != self.at.index {
                self.merge_one(REPEATED_VERDICT);
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
                if score.points.is_none() {
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
                        self.made(at, draft)?;
                    }
                }
            }
            Piece::Sidecar(sidecar) => self.sidecar(&sidecar.key, sidecar.verdict)?,
            Piece::Completion(completion) => {
                if let Some(run) = self.run.push(completion) {
                    self.completions(run)?;
                }
            }
        }
        Ok(())
    }

    fn sidecar(&mut self, key: &str, verdict: Option<Verdict>) -> Result<(), DataError> {
        let known = self.keys.as_ref().and_then(|keys| keys.get(key)).map(Vec::as_slice).unwrap_or_default();
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
            self.made(At::Record(self.at.record), draft)?;
        }
        Ok(())
    }

    pub(crate) fn end_run(&mut self) -> Result<(), DataError> {
        let run = std::mem::take(&mut self.run);
        self.completions(run)
    }

    /// Pairs from scores and, where nothing was judged, from every two models' answers.
    pub(crate) fn parts_to_pairs(&mut self) -> Result<(), DataError> {
        for (format, parts) in std::mem::take(&mut self.parts) {
            let file = self.summary.sources.iter().find(|s| s.format == format.as_str());
            self.at = Place {
                label: file.map(|s| Arc::from(s.source.as_str())).unwrap_or_default(),
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
                for _ in 0..parts.lonely_answers() {
                    self.drop_one("answer of the only model: nothing to compare it with");
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
        self.made(At::Record(self.at.record), draft)
    }
}

/// Parses a record and hashes what it holds: the work that is done on all cores.
pub(crate) fn prepare(
    cx: &Context,
    format: Format,
    row: Result<Row, RowError>,
    record: u64,
) -> Result<Parsed, RowError> {
    let mut parsed = formats::parse(format, cx, row?, record)?;
    if let Parsed::Drafts(drafts) = &mut parsed {
        drafts.iter_mut().for_each(ready);
    }
    Ok(parsed)
}

/// A parsed record with its place.
pub(crate) type Prepared = (At, Result<Parsed, RowError>);

/// Gives a pair its id, where the file gives none, and hashes what it holds.
fn ready(draft: &mut Draft) {
    let pair = &mut draft.pair;
    if pair.id.is_empty() {
        pair.id = content_id(&pair.prompt, &pair.response_a, &pair.response_b);
        draft.id = hash(&pair.id);
        draft.content = draft.id;
        return;
    }
    draft.id = hash(&pair.id);
    let mut content = HASH.build_hasher();
    for turns in [&pair.prompt, &pair.response_a.messages, &pair.response_b.messages] {
        turns.hash(&mut content);
    }
    (&pair.response_a.model, &pair.response_b.model).hash(&mut content);
    draft.content = content.finish();
}

/// Tells equal ids and texts from others; its seed is of this process, so that no file can be made to collide.
static HASH: LazyLock<RandomState> = LazyLock::new(RandomState::default);

fn hash(text: &str) -> u64 {
    HASH.hash_one(text)
}
