//! What becomes of each record: new pairs are handed on, known ones merged, all that is not used is counted.

mod pieces;
mod votes;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;
use std::sync::Arc;

use foldhash::quality::RandomState;
use predilect_types::{Provenance, ReadSummary, Verdict, content_id};

use crate::call::Noted;
use crate::draft::{Draft, Parsed};
use crate::error::{At, DataError, RowError};
use crate::formats::{self, Context};
use crate::identity::{KnownPair, gold_key, hash, keep_beside, ready, turn};
use crate::join::{Parts, Waiting};
use crate::options::{OnBadRow, Progress, ReadOptions, Record};
use crate::pieces::Sidecar;
use crate::recipe::{Plan, Seen};
use crate::row::Row;
use crate::votes::VoteBlock;

/// Counted when a verdict's pair is in none of the files.
pub(crate) const WITHOUT_PAIR: &str = "verdict without a pair";
/// Counted where a record adds its verdicts to a pair that another one brought.
const SAME_PAIR: &str = "further record on a pair already read";
const SAME_GOLD: &str = "right answer given again";
const ID_SHARED: &str = "one id used for several pairs, distinguished by their content";
/// Maximum number of late fields that are reported.
const MOST_LATE: usize = 1000;
/// Bytes of a late field's name, beyond which it is not one that anybody gave.
const LONGEST_LATE: usize = 1000;
const OTHER_MODELS: &str = "vote on other models than those of the text";
pub(crate) const LONELY: &str = "completion without a counterpart";
pub(crate) const ALONE: &str = "scored response without another one to the same prompt";

/// The position of the record being processed.
#[derive(Debug, Clone, Default)]
pub(crate) struct Place {
    pub(crate) label: Arc<str>,
    pub(crate) format: Arc<str>,
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
    /// By the hash of the id.
    pub(crate) ids: HashMap<u64, KnownPair, RandomState>,
    /// Hashes of the right answers that were handed on.
    pub(crate) gold: HashSet<u64, RandomState>,
    pub(crate) parts: BTreeMap<String, Parts>,
    /// For results in separate files: key to pairs, with the folder each came from.
    pub(crate) keys: Option<HashMap<String, Vec<(PathBuf, String)>>>,
    /// Takes bare votes in blocks, where that is wanted.
    pub(crate) blocks: Option<&'a mut dyn FnMut(VoteBlock)>,
    pub(crate) waiting: Waiting,
    /// Votes that wait for the texts of another file, by the key that both have.
    pub(crate) votes: Option<HashMap<String, Vec<Sidecar>>>,
    /// Keys of texts that some of the votes are not on.
    pub(crate) other_models: HashSet<String>,
    pub(crate) at: Place,
    /// Whether the current file contains only verdicts on the pairs of other files.
    pub(crate) only_verdicts: bool,
    /// Records of the file at hand that still have marks of a chat template, and one of these marks.
    pub(crate) marked: (u64, Option<&'static str>),
    /// Fields that the file's first records do not have, with the record of each that had it first.
    pub(crate) late: BTreeMap<String, u64>,
    /// The values that named a winner in the file at hand, one entry for each rule.
    pub(crate) seen: Vec<Seen>,
    /// Checksums of the files that were read to their ends, by label.
    pub(crate) checksums: HashMap<String, u32>,
}

/// The id of a pair.
struct Named {
    /// The hash of the id.
    key: u64,
    /// Whether a pair of that id has been read.
    known: bool,
    /// Whether its responses are in the other order there.
    turned: bool,
}

impl Reading<'_> {
    /// Whether enough pairs were read; files of verdicts on them are read all the same.
    pub(crate) fn full(&self) -> bool {
        !self.only_verdicts && self.enough()
    }

    fn enough(&self) -> bool {
        self.options.limit.is_some_and(|limit| self.summary.pairs >= limit)
    }

    pub(crate) fn take_all(&mut self, format: &str, prepared: Vec<Prepared>) -> Result<(), DataError> {
        self.expect(&prepared);
        for (at, record) in prepared {
            if self.full() {
                return Ok(());
            }
            self.summary.rows += 1;
            self.at.record += 1;
            match record {
                Err(error) => self.bad(at, error)?,
                Ok(Parsed::Draft(draft)) => self.draft(draft)?,
                Ok(Parsed::Drafts(drafts)) => {
                    for draft in drafts {
                        self.draft(Box::new(draft))?;
                    }
                }
                Ok(Parsed::Blank) => self.drop_one("blank row"),
                Ok(Parsed::Dropped(draft)) => {
                    self.note(draft.noted.into_iter());
                    draft.dropped.into_iter().for_each(|reason| self.drop_one(reason));
                }
                Ok(Parsed::Piece(piece)) => self.piece(format, *piece)?,
            }
        }
        Ok(())
    }

    /// Looks every id of a chunk up before any is needed: a million ids do not fit into the caches, and lookups that do not wait for each
    /// other wait for memory together.
    fn expect(&mut self, prepared: &[Prepared]) {
        self.ids.reserve(prepared.len());
        let ids = prepared.iter().filter_map(|(_, record)| match record {
            Ok(Parsed::Draft(draft)) => Some(draft.id),
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
    fn draft(&mut self, mut draft: Box<Draft>) -> Result<(), DataError> {
        self.note(draft.noted.drain(..));
        self.join_votes(&mut draft);
        if let Some(mark) = draft.marked {
            self.marked.0 += 1;
            self.marked.1.get_or_insert(mark);
        }
        for name in draft.late.drain(..) {
            // Records with different names each would fill memory, and so would a few with very long ones.
            if self.late.len() < MOST_LATE && name.len() <= LONGEST_LATE {
                self.late.entry(name).or_insert(self.at.record);
            }
        }
        let Named { key, known, turned } = self.name(&mut draft);
        if !known && self.enough() {
            return Ok(());
        }
        if known {
            self.merge_one(SAME_PAIR);
            if self.ids.get(&key).is_some_and(|first| first.metadata != draft.metadata) {
                keep_beside(&mut draft);
            }
        } else {
            let (content, metadata) = (draft.content, draft.metadata);
            self.ids.insert(key, KnownPair { content, file: self.at.index, metadata });
            self.summary.pairs += 1;
        }
        if turned {
            turn(&mut draft);
        }
        if let Some(keys) = &mut self.keys
            && let Some(key) = draft.key.take().or_else(|| (!draft.by_content).then(|| draft.pair.id.clone()))
        {
            keys.entry(key).or_default().push((self.at.folder.clone(), draft.pair.id.clone()));
        }
        self.hand_over(*draft, !known)
    }

    /// Gives a draft the id of its pair: its own, or another where the pair is known by that or something else has it.
    fn name(&mut self, draft: &mut Draft) -> Named {
        let (content, exchanged) = (draft.content, draft.exchanged);
        let mut key = draft.id;
        let of = |known: Option<&KnownPair>| known.map(|known| (known.content, known.file));
        let mut known = of(self.ids.get(&key));
        let mut turned = false;
        // The same two responses shown the other way round are the same pair.
        if known.is_some_and(|(other, _)| other == exchanged && other != content) {
            turned = true;
        } else if known.is_none()
            && draft.by_content
            && exchanged != content
            && self.ids.get(&exchanged).is_some_and(|other| other.content == exchanged)
        {
            key = exchanged;
            known = of(self.ids.get(&key));
            turned = true;
        }
        if !turned && known.is_some_and(|(other, file)| other != content && file != self.at.index) {
            // Files that count their pairs from 0 do not mean the same pair.
            draft.pair.id = format!("{}:{}", self.at.tag, draft.pair.id);
            key = hash(&draft.pair.id);
            known = of(self.ids.get(&key));
        }
        if !turned && known.is_some_and(|(other, _)| other != content && other != exchanged) {
            // An id that several pairs of a file share is the prompt's, or a mistake: the content distinguishes them.
            let own = content_id(&draft.pair.prompt, &draft.pair.response_a, &draft.pair.response_b);
            let shared = std::mem::take(&mut draft.pair.id);
            draft.pair.id = format!("{shared}-{own}");
            draft.pair.metadata.entry("id".to_owned()).or_insert(serde_json::Value::String(shared));
            key = hash(&draft.pair.id);
            known = of(self.ids.get(&key));
            if known.is_none() {
                self.merge_one(ID_SHARED);
            }
        }
        Named { key, known: known.is_some(), turned }
    }

    /// Hands what is said of a pair to the sink, and first the pair, where it is new.
    fn hand_over(&mut self, draft: Draft, new: bool) -> Result<(), DataError> {
        let Draft { pair, mut verdicts, mut gold, mut ratings, dropped, .. } = draft;
        for of in verdicts
            .iter_mut()
            .chain(&mut gold)
            .map(|v| &mut v.pair)
            .chain(ratings.iter_mut().map(|r| &mut r.pair))
        {
            of.clone_from(&pair.id);
        }
        if new {
            (self.sink)(Record::Pair(pair))?;
        }
        for reason in dropped {
            self.drop_one(reason);
        }
        for verdict in gold {
            // The right answer belongs to the pair: repeating it adds no verdict.
            if self.gold.insert(gold_key(&verdict)) {
                self.verdict(verdict)?;
            } else {
                self.merge_one(SAME_GOLD);
            }
        }
        for verdict in verdicts {
            self.verdict(verdict)?;
        }
        for rating in ratings {
            (self.sink)(Record::Rating(rating))?;
        }
        Ok(())
    }

    /// Counts the values that named a winner.
    fn note(&mut self, noted: impl Iterator<Item = Noted>) {
        for (rule, value, call) in noted {
            if self.seen.len() <= rule {
                self.seen.resize(rule + 1, Seen::default());
            }
            if let Some(seen) = self.seen.get_mut(rule) {
                seen.add(&value, call);
            }
        }
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<(), DataError> {
        self.summary.verdicts += 1;
        (self.sink)(Record::Verdict(verdict))
    }
}

/// Parses a record and hashes its content: the work that is done on all cores.
pub(crate) fn prepare(
    plan: &Plan,
    cx: &Context,
    row: Result<Row, RowError>,
    from: &Provenance,
) -> Result<Parsed, RowError> {
    let mut parsed = formats::parse(plan, cx, row?, from.record)?;
    let drafts = match &mut parsed {
        Parsed::Draft(draft) => std::slice::from_mut(&mut **draft),
        Parsed::Drafts(drafts) => drafts.as_mut_slice(),
        Parsed::Blank | Parsed::Dropped(_) | Parsed::Piece(_) => &mut [],
    };
    for draft in drafts {
        ready(draft);
        draft.pair.provenance.clone_from(from);
    }
    Ok(parsed)
}

/// A parsed record with its place.
pub(crate) type Prepared = (At, Result<Parsed, RowError>);
