//! The columnar way of bare votes: two names and a winner a line, in blocks of a table, without a record for each.
//!
//! Ten million votes over two hundred models are read at the speed of their bytes: lines are cut at their delimiters in place, names become
//! numbers block by block, and each different word for a winner is parsed once. What this path cannot read (a quoted cell, a column that
//! needs more than a lookup) is read as records, from that block on.

use std::collections::HashMap;

use arrow_array::{Array, StringViewArray};
use foldhash::fast::RandomState;
use memchr::{memchr, memchr_iter};
use serde_json::Value;

use crate::call::Call;
use crate::error::{Reason, RowError};
use crate::recipe::{BareVotes, Names, words};

/// Values with names of models that are counted one by one in a block.
const SHOWN: usize = 24;

/// One vote between two models of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BareVote {
    /// The first model: index in [`VoteBlock::names`].
    pub a: u32,
    /// The second model.
    pub b: u32,
    /// The judge: index in [`VoteBlock::names`]; `u32::MAX` means [`VoteBlock::judge`].
    pub judge: u32,
    /// 1 where the first model won, 0 where the second did, 0.5 for a tie.
    pub p_a: f32,
    /// How much the vote counts.
    pub weight: f32,
    /// What distinguishes the vote's prompt, if a column does: index in [`VoteBlock::names`]; `u32::MAX` for none.
    pub prompt: u32,
}

/// Votes that follow each other in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VoteBlock {
    /// Names of models, judges and prompts.
    pub names: Vec<String>,
    /// The judge of votes without a judge's name.
    pub judge: String,
    /// The votes, in the order of the file.
    pub votes: Vec<BareVote>,
}

/// What became of a block.
#[derive(Debug, Default)]
pub(crate) struct Parsed {
    pub(crate) block: VoteBlock,
    pub(crate) rows: u64,
    /// Words for a winner, with what they were taken for and how often.
    pub(crate) said: Vec<(String, Call, u64)>,
    /// Votes with other values than those of `said`.
    pub(crate) more: u64,
    /// Lines that cannot be used, counted from the block's first.
    pub(crate) bad: Vec<(u64, RowError)>,
    /// Votes without a verdict.
    pub(crate) missing: u64,
    pub(crate) blank: u64,
}

/// Names of one block with their numbers. Separate from [`predilect_types::Interner`], since millions of votes pass here: its names are
/// bytes of the block and are not copied.
#[derive(Default)]
struct Interner<'a> {
    numbers: HashMap<&'a [u8], u32, RandomState>,
    names: Vec<&'a [u8]>,
    /// The last of each kind, which most often comes again.
    last: [(&'a [u8], u32); 4],
}

impl<'a> Interner<'a> {
    fn get(&mut self, name: &'a [u8], slot: usize) -> u32 {
        if let Some((last, number)) = self.last.get(slot)
            && *last == name
            && !last.is_empty()
        {
            return *number;
        }
        let next = self.names.len() as u32;
        let names = &mut self.names;
        let number = *self.numbers.entry(name).or_insert_with(|| {
            names.push(name);
            next
        });
        if let Some(last) = self.last.get_mut(slot) {
            *last = (name, number);
        }
        number
    }
}

/// What the votes of a block are gathered in.
struct Gathering<'a> {
    out: Parsed,
    names: Interner<'a>,
    /// Words that mean the same whatever the models are called.
    words: Vec<(&'a [u8], Call, u64)>,
    /// The first values that meant something in their own record only: names of models.
    named: Vec<(&'a [u8], Call, u64)>,
    /// Models that are called like a side, which makes every word of their votes doubtful.
    doubtful: HashMap<u32, bool, RandomState>,
    how: &'a BareVotes,
}

/// The cells of one vote, without blanks around them.
#[derive(Clone, Copy, Default)]
struct Cells<'a> {
    a: &'a [u8],
    b: &'a [u8],
    winner: &'a [u8],
    judge: &'a [u8],
    weight: Option<&'a [u8]>,
    prompt: &'a [u8],
}

impl<'a> Gathering<'a> {
    fn new(how: &'a BareVotes) -> Self {
        Self {
            out: Parsed::default(),
            names: Interner::default(),
            words: Vec::new(),
            named: Vec::new(),
            doubtful: HashMap::default(),
            how,
        }
    }

    /// Takes one vote; `line` is its place in the block.
    fn vote(&mut self, line: u64, cells: Cells<'a>) {
        // In the order in which records are checked, so that both ways name the same fault.
        let weight = match cells.weight {
            None => 1.0,
            Some(text) => {
                let value = Value::String(String::from_utf8_lossy(text).into_owned());
                match crate::recipe::weight(&self.how.names.2, &value) {
                    Ok(weight) => weight as f32,
                    Err(error) => {
                        self.out.bad.push((line, error));
                        return;
                    }
                }
            }
        };
        if cells.a.is_empty() || cells.b.is_empty() {
            let field = if cells.a.is_empty() { &self.how.names.0 } else { &self.how.names.1 };
            self.out.bad.push((line, RowError::missing(field)));
            return;
        }
        let (a, b) = (self.names.get(cells.a, 0), self.names.get(cells.b, 1));
        let doubt = self.how.by_names && (self.is_doubtful(a, cells.a) || self.is_doubtful(b, cells.b));
        let known = if doubt { None } else { self.words.iter_mut().find(|(word, ..)| *word == cells.winner) };
        let call = if let Some((_, call, count)) = known {
            *count += 1;
            *call
        } else {
            match understand(cells.winner, cells.a, cells.b, self.how) {
                Ok((call, pure)) => {
                    if pure && self.words.len() < 64 {
                        self.words.push((cells.winner, call, 1));
                    } else if !pure {
                        self.note(cells.winner, call);
                    }
                    call
                }
                Err(error) => {
                    self.out.bad.push((line, error));
                    return;
                }
            }
        };
        let Some(p_a) = call.p_a() else {
            self.out.missing += 1;
            return;
        };
        let mut named =
            |cell: &'a [u8], slot| if cell.is_empty() { u32::MAX } else { self.names.get(cell, slot) };
        let (judge, prompt) = (named(cells.judge, 2), named(cells.prompt, 3));
        self.out.block.votes.push(BareVote { a, b, judge, p_a: p_a as f32, weight, prompt });
    }

    /// Counts a value whose meaning depends on the record.
    fn note(&mut self, said: &'a [u8], call: Call) {
        let room = self.named.len() < SHOWN;
        match self.named.iter_mut().find(|(word, known, _)| *word == said && *known == call) {
            Some((.., count)) => *count += 1,
            None if room => self.named.push((said, call, 1)),
            None => self.out.more += 1,
        }
    }

    fn is_doubtful(&mut self, number: u32, name: &[u8]) -> bool {
        *self
            .doubtful
            .entry(number)
            .or_insert_with(|| std::str::from_utf8(name).is_ok_and(|name| words(name).is_some()))
    }

    fn finish(self) -> Parsed {
        let Self { mut out, names, words, named, .. } = self;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        out.said =
            words.iter().chain(&named).map(|(word, call, count)| (text(word), *call, *count)).collect();
        for (at, name) in names.names.iter().enumerate() {
            if std::str::from_utf8(name).is_err() {
                let error =
                    RowError::new(Reason::InvalidUtf8, "the cell is not valid UTF-8").value(&text(name));
                // The first vote that has it.
                let number = at as u32;
                let first = out
                    .block
                    .votes
                    .iter()
                    .position(|vote| [vote.a, vote.b, vote.judge, vote.prompt].contains(&number));
                out.bad.push((first.unwrap_or(0) as u64 + 1, error));
            }
            out.block.names.push(text(name));
        }
        out.bad.sort_by_key(|(line, _)| *line);
        out
    }
}

/// Reads the lines of a block, which must not contain a quote mark.
pub(crate) fn parse(bytes: &[u8], delimiter: u8, columns: usize, how: &BareVotes) -> Parsed {
    let mut gathering = Gathering::new(how);
    let mut cells: Vec<&[u8]> = Vec::with_capacity(columns);
    let mut rest = bytes;
    let mut line = 0;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let (this, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let this = this.strip_suffix(b"\r").unwrap_or(this);
        line += 1;
        // A line without any byte is not a vote.
        if this.is_empty() {
            continue;
        }
        gathering.out.rows += 1;
        cells.clear();
        let mut from = 0;
        for at in memchr_iter(delimiter, this) {
            cells.push(this.get(from..at).unwrap_or_default());
            from = at + 1;
        }
        cells.push(this.get(from..).unwrap_or_default());
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default().trim_ascii();
        if cell(how.a).is_empty() && cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
            gathering.out.blank += 1;
            continue;
        }
        if cells.len() != columns {
            let problem = format!("the row has {} cells and the header {columns}", cells.len());
            let error = RowError::new(Reason::Columns, problem).value(&String::from_utf8_lossy(this));
            gathering.out.bad.push((line, error));
            continue;
        }
        let vote = Cells {
            a: cell(how.a),
            b: cell(how.b),
            winner: cell(how.winner),
            judge: how.judge.map_or(&b""[..], cell),
            weight: how.weight.map(cell),
            prompt: how.prompt.map_or(&b""[..], cell),
        };
        gathering.vote(line, vote);
    }
    gathering.finish()
}

fn cell(column: &StringViewArray, row: usize) -> &[u8] {
    if column.is_null(row) { b"" } else { column.value(row).as_bytes().trim_ascii() }
}

/// Reads columns of texts: the models, the winner, then judge, weight and prompt where there are such.
pub(crate) fn of_columns(columns: &[StringViewArray], how: &BareVotes) -> Parsed {
    let mut gathering = Gathering::new(how);
    let [a, b, winner, others @ ..] = columns else { return Parsed::default() };
    let mut others = others.iter();
    let judge = how.judge.and_then(|_| others.next());
    let weight = how.weight.and_then(|_| others.next());
    let prompt = how.prompt.and_then(|_| others.next());
    for row in 0..a.len() {
        gathering.out.rows += 1;
        let vote = Cells {
            a: cell(a, row),
            b: cell(b, row),
            winner: cell(winner, row),
            judge: judge.map_or(&b""[..], |column| cell(column, row)),
            weight: weight.map(|column| cell(column, row)),
            prompt: prompt.map_or(&b""[..], |column| cell(column, row)),
        };
        gathering.vote(row as u64 + 1, vote);
    }
    gathering.finish()
}

/// What a word for the winner means, and whether it means that whatever the models are called.
fn understand(said: &[u8], a: &[u8], b: &[u8], how: &BareVotes) -> Result<(Call, bool), RowError> {
    let text = |bytes: &[u8]| {
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| {
            RowError::new(Reason::InvalidUtf8, "the cell is not valid UTF-8")
                .value(&String::from_utf8_lossy(bytes))
        })
    };
    let (said, a, b) = (text(said)?, text(a)?, text(b)?);
    let value = Value::String(said.clone());
    let names = Names {
        column_a: &how.names.0,
        column_b: &how.names.1,
        model_a: Some(&a),
        model_b: Some(&b),
        ..Names::default()
    };
    let call = how.calls.call(Some(&value).filter(|_| !said.is_empty()), names)?;
    let pure = !how.by_names
        || said.is_empty()
        || (words(&said).is_some() && words(&a).is_none() && words(&b).is_none());
    Ok((call, pure))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recipe::Calls;

    fn how() -> BareVotes {
        BareVotes {
            a: 0,
            b: 1,
            winner: 2,
            judge: None,
            weight: Some(3),
            prompt: None,
            names: ("left".to_owned(), "right".to_owned(), "weight".to_owned()),
            calls: Calls::words("winner"),
            by_names: true,
        }
    }

    #[test]
    fn votes_are_read_where_they_lie() {
        let parsed =
            parse(b"m,n,left,1\nn,m,tie,\r\n\nm,o,o,2\n,,,\nm,n,maybe,1\nm,n,,1\nm,n\n", b',', 4, &how());
        let votes: Vec<(u32, u32, f32, f32)> =
            parsed.block.votes.iter().map(|v| (v.a, v.b, v.p_a, v.weight)).collect();
        assert_eq!(votes, [(0, 1, 1.0, 1.0), (1, 0, 0.5, 1.0), (0, 2, 0.0, 2.0)]);
        assert_eq!(parsed.block.names, ["m", "n", "o"]);
        assert_eq!((parsed.rows, parsed.blank, parsed.missing), (7, 1, 1));
        let bad: Vec<(u64, Reason)> = parsed.bad.iter().map(|(line, error)| (*line, error.reason)).collect();
        assert_eq!(bad, [(6, Reason::UnknownWinner), (8, Reason::Columns)]);
    }

    #[test]
    fn a_model_called_like_a_side_is_asked_for_by_name() {
        let parsed = parse(b"m,n,left,1\nright,m,right,1\n", b',', 4, &how());
        // `right` is the first model by its name and the second by its side: it is ambiguous.
        assert_eq!((parsed.block.votes.len(), parsed.bad.len()), (1, 1));
    }
}
