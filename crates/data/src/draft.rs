//! What one record gives: a pair with what is said of it, or a part of one.

use predilect_types::{Message, Pair, Rating, Response, Verdict};
use serde_json::Value;

use crate::call::{Call, Noted};
use crate::error::{Reason, RowError};
use crate::pieces::Piece;
use crate::weight;

/// Counted when a record has a field for a verdict but no verdict in it.
pub const NO_VERDICT: &str = "verdict missing or not parsed";

/// A pair with what is said about it; the ids of verdicts and ratings follow the pair's.
#[derive(Debug, Default)]
pub(crate) struct Draft {
    /// With an empty id where the content is to give one.
    pub(crate) pair: Box<Pair>,
    pub(crate) verdicts: Vec<Verdict>,
    /// Right answers, which belong to the pair: repeated by another record they are the same ones.
    pub(crate) gold: Vec<Verdict>,
    pub(crate) ratings: Vec<Rating>,
    /// Values that named a winner, and what they were taken for.
    pub(crate) noted: Vec<Noted>,
    /// Reasons for verdicts or ratings left out.
    pub(crate) dropped: Vec<&'static str>,
    /// A hash of the id.
    pub(crate) id: u64,
    /// A hash of prompt, responses and models.
    pub(crate) content: u64,
    /// The same with the sides exchanged.
    pub(crate) exchanged: u64,
    /// A hash of what else the record says.
    pub(crate) metadata: u32,
    /// The models as votes in another file name them.
    pub(crate) renamed: Option<(String, String)>,
    /// A mark of a chat template that a text still has.
    pub(crate) marked: Option<&'static str>,
    /// Fields that none of the file's first records has; those records gave the columns their roles.
    pub(crate) late: Vec<String>,
    /// Whether the file gives no id, so that it is derived from the content.
    pub(crate) by_content: bool,
    /// The key by which other files refer to the pair.
    pub(crate) key: Option<String>,
}

impl Draft {
    pub(crate) fn new(prompt: Vec<Message>, a: Response, b: Response) -> Self {
        let pair = Pair { prompt, response_a: a, response_b: b, ..Pair::default() };
        Self { pair: Box::new(pair), ..Self::default() }
    }

    /// Adds a call by a judge; a missing one is counted.
    pub(crate) fn call(&mut self, judge: impl Into<String>, call: Call) {
        match call.verdict(judge) {
            Some(verdict) => self.verdicts.push(verdict),
            None => self.dropped.push(NO_VERDICT),
        }
    }

    /// Adds the right answer, which belongs to the pair.
    pub(crate) fn gold(&mut self, judge: impl Into<String>, call: Call) {
        match call.verdict(judge) {
            Some(verdict) => self.gold.push(verdict),
            None => self.dropped.push(NO_VERDICT),
        }
    }

    pub(crate) fn meta(&mut self, name: &str, value: Option<Value>) {
        if let Some(value) = value {
            self.pair.metadata.insert(name.to_owned(), value);
        }
    }
}

/// The pairs of one record: each has a copy of all that the record says besides its responses.
#[derive(Debug, Default)]
pub(crate) struct Drafts {
    all: Vec<Draft>,
    bytes: usize,
}

/// What the pairs of one record may weigh together.
const MOST_BYTES: usize = 256 << 20;

impl Drafts {
    /// Adds a pair, unless all of them become too large.
    pub(crate) fn push(&mut self, draft: Draft) -> Result<(), RowError> {
        let said = draft.verdicts.iter().map(weight::of_verdict).sum::<usize>();
        self.bytes += weight::of_pair(&draft.pair) + said;
        self.all.push(draft);
        if self.bytes > MOST_BYTES {
            let (count, most) = (self.all.len(), MOST_BYTES >> 20);
            let problem = format!("its first {count} pairs alone are larger than {most} MiB together");
            return Err(RowError::new(Reason::TooLarge, problem).remedy(
                "each pair repeats the prompt and the fields of the record: leave out what is long",
            ));
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.all.len()
    }

    pub(crate) fn first_mut(&mut self) -> Option<&mut Draft> {
        self.all.first_mut()
    }
}

impl From<Drafts> for Parsed {
    fn from(drafts: Drafts) -> Self {
        Self::Drafts(drafts.all)
    }
}

/// What one record gives.
#[derive(Debug)]
pub(crate) enum Parsed {
    /// A pair.
    Draft(Box<Draft>),
    /// Several pairs.
    Drafts(Vec<Draft>),
    /// A row of a table in which every cell is blank.
    Blank,
    /// A record without a pair, with what is counted for it.
    Dropped(Box<Draft>),
    /// Something that makes sense only together with other records.
    Piece(Box<Piece>),
}

impl From<Piece> for Parsed {
    fn from(piece: Piece) -> Self {
        Self::Piece(Box::new(piece))
    }
}

impl From<Draft> for Parsed {
    fn from(draft: Draft) -> Self {
        Self::Draft(Box::new(draft))
    }
}
