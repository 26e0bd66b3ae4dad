//! The columnar way of bare votes: two names and a winner a line, in blocks of a table, without a record for each.
//!
//! Ten million votes over two hundred models are read at the speed of their bytes: lines are cut at their delimiters where they
//! lie, names become numbers block by block, and each different word for a winner is understood once. What the way cannot take
//! (a quoted cell, a column that asks for more than a look) goes the way of all records, from that very block on.

use std::collections::HashMap;

use foldhash::fast::RandomState;
use memchr::{memchr, memchr_iter};
use serde_json::Value;

use crate::error::{At, Reason, RowError};
use crate::recipe::{BareVotes, Call, Names, words};

/// One vote between two models of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BareVote {
    /// The first model: index in [`VoteBlock::names`].
    pub a: u32,
    /// The second model.
    pub b: u32,
    /// The judge: index in [`VoteBlock::names`]; `u32::MAX` stands for [`VoteBlock::judge`].
    pub judge: u32,
    /// 1 where the first model won, 0 where the second did, 0.5 for a tie.
    pub p_a: f32,
    /// How much the vote counts.
    pub weight: f32,
    /// What tells the vote's prompt from others, where a column does: index in [`VoteBlock::names`]; `u32::MAX` for none.
    pub prompt: u32,
}

/// Votes that follow each other in a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct VoteBlock {
    /// Names of models, judges and prompts.
    pub names: Vec<String>,
    /// The judge of votes that name none.
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
    /// Lines that cannot be used, counted from the block's first.
    pub(crate) bad: Vec<(u64, RowError)>,
    /// Votes without a verdict.
    pub(crate) missing: u64,
    pub(crate) blank: u64,
}

/// Names of one block with their numbers.
#[derive(Default)]
struct Interner<'a> {
    numbers: HashMap<&'a [u8], u32, RandomState>,
    names: Vec<&'a [u8]>,
    /// The last two, which most often come again.
    last: [(&'a [u8], u32); 2],
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

/// Reads the lines of a block, which must end with a line's end and hold no quote mark.
pub(crate) fn parse(bytes: &[u8], delimiter: u8, columns: usize, how: &BareVotes) -> Parsed {
    let mut out = Parsed::default();
    let mut names = Interner::default();
    let mut words_seen: Vec<(&[u8], Call, u64)> = Vec::new();
    let mut cells: Vec<&[u8]> = Vec::with_capacity(columns);
    let mut rest = bytes;
    let mut line = 0;
    let mut ambiguous: HashMap<u32, bool, RandomState> = HashMap::default();
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).unwrap_or(rest.len());
        let (this, after) = rest.split_at(end);
        rest = after.get(1..).unwrap_or_default();
        let this = this.strip_suffix(b"\r").unwrap_or(this);
        line += 1;
        // A line without any byte is none.
        if this.is_empty() {
            continue;
        }
        out.rows += 1;
        cells.clear();
        let mut from = 0;
        for at in memchr_iter(delimiter, this) {
            cells.push(this.get(from..at).unwrap_or_default());
            from = at + 1;
        }
        cells.push(this.get(from..).unwrap_or_default());
        if cells.len() != columns {
            if cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
                out.blank += 1;
                continue;
            }
            let problem = format!("the row has {} cells and the header {columns}", cells.len());
            out.bad.push((line, RowError::new(Reason::Columns, problem).value(&String::from_utf8_lossy(this))));
            continue;
        }
        let cell = |at: usize| cells.get(at).copied().unwrap_or_default().trim_ascii();
        let (a, b) = (cell(how.a), cell(how.b));
        if a.is_empty() || b.is_empty() {
            if cells.iter().all(|cell| cell.trim_ascii().is_empty()) {
                out.blank += 1;
                continue;
            }
            let field = if a.is_empty() { &how.names.0 } else { &how.names.1 };
            out.bad.push((line, RowError::missing(field)));
            continue;
        }
        let (number_a, number_b) = (names.get(a, 0), names.get(b, 1));
        let said = cell(how.winner);
        // A model that is called like a side makes every word of its votes doubtful.
        let mut doubt = |number: u32, name: &[u8]| {
            *ambiguous.entry(number).or_insert_with(|| std::str::from_utf8(name).is_ok_and(|name| words(name).is_some()))
        };
        let known = if how.by_names && (doubt(number_a, a) || doubt(number_b, b)) {
            None
        } else {
            words_seen.iter().position(|(word, ..)| *word == said)
        };
        let call = match known.and_then(|at| words_seen.get_mut(at)) {
            Some((_, call, count)) => {
                *count += 1;
                *call
            }
            None => match understand(said, a, b, how) {
                Ok((call, pure)) => {
                    if pure && words_seen.len() < 64 {
                        words_seen.push((said, call, 1));
                    }
                    call
                }
                Err(error) => {
                    out.bad.push((line, error));
                    continue;
                }
            },
        };
        let Some(p_a) = call.p_a() else {
            out.missing += 1;
            continue;
        };
        let weight = match how.weight {
            None => 1.0,
            Some(at) => {
                let text = String::from_utf8_lossy(cell(at)).into_owned();
                match crate::recipe::weight(&how.names.2, &Value::String(text)) {
                    Ok(weight) => weight as f32,
                    Err(error) => {
                        out.bad.push((line, error));
                        continue;
                    }
                }
            }
        };
        let named = |names: &mut Interner<'_>, at: Option<usize>, cell: &[u8]| at.is_some() && !cell.is_empty() && { let _ = names; true };
        let judge = how.judge.map_or(&b""[..], cell);
        let prompt = how.prompt.map_or(&b""[..], cell);
        let judge = if named(&mut names, how.judge, judge) { names.get(judge, 2) } else { u32::MAX };
        let prompt = if named(&mut names, how.prompt, prompt) { names.get(prompt, 2) } else { u32::MAX };
        out.block.votes.push(BareVote { a: number_a, b: number_b, judge, p_a: p_a as f32, weight, prompt });
    }
    out.said = words_seen.iter().map(|(word, call, count)| (String::from_utf8_lossy(word).into_owned(), *call, *count)).collect();
    for (at, name) in names.names.iter().enumerate() {
        match std::str::from_utf8(name) {
            Ok(name) => out.block.names.push(name.to_owned()),
            Err(_) => {
                let error = RowError::new(Reason::InvalidUtf8, "the cell is not valid UTF-8").value(&String::from_utf8_lossy(name));
                // The first line that has it.
                let number = at as u32;
                let first = out.block.votes.iter().position(|vote| vote.a == number || vote.b == number).unwrap_or(0);
                out.bad.push((first as u64 + 1, error));
                out.block.names.push(String::from_utf8_lossy(name).into_owned());
            }
        }
    }
    out.bad.sort_by_key(|(line, _)| *line);
    out
}

/// What a word for the winner means, and whether it means that whatever the models are called.
fn understand(said: &[u8], a: &[u8], b: &[u8], how: &BareVotes) -> Result<(Call, bool), RowError> {
    let text = |bytes: &[u8]| {
        std::str::from_utf8(bytes).map(str::to_owned).map_err(|_| {
            RowError::new(Reason::InvalidUtf8, "the cell is not valid UTF-8").value(&String::from_utf8_lossy(bytes))
        })
    };
    let (said, a, b) = (text(said)?, text(a)?, text(b)?);
    let value = Value::String(said.clone());
    let names = Names { column_a: &how.names.0, column_b: &how.names.1, model_a: Some(&a), model_b: Some(&b), ..Names::default() };
    let call = how.calls.call(Some(&value).filter(|_| !said.is_empty()), names)?;
    let pure = !how.by_names || said.is_empty() || (words(&said).is_some() && words(&a).is_none() && words(&b).is_none());
    Ok((call, pure))
}

/// The place of a line of a block, whose first line is the file's line `first`.
pub(crate) fn place(first: u64, line: u64) -> At {
    At::Line(first + line - 1)
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
        let parsed = parse(b"m,n,left,1\nn,m,tie,\r\n\nm,o,o,2\n,,,\nm,n,maybe,1\nm,n,,1\nm,n\n", b',', 4, &how());
        let votes: Vec<(u32, u32, f32, f32)> = parsed.block.votes.iter().map(|v| (v.a, v.b, v.p_a, v.weight)).collect();
        assert_eq!(votes, [(0, 1, 1.0, 1.0), (1, 0, 0.5, 1.0), (0, 2, 0.0, 2.0)]);
        assert_eq!(parsed.block.names, ["m", "n", "o"]);
        assert_eq!((parsed.rows, parsed.blank, parsed.missing), (7, 1, 1));
        let bad: Vec<(u64, Reason)> = parsed.bad.iter().map(|(line, error)| (*line, error.reason)).collect();
        assert_eq!(bad, [(6, Reason::UnknownWinner), (8, Reason::Columns)]);
    }

    #[test]
    fn a_model_called_like_a_side_is_asked_for_by_name() {
        let parsed = parse(b"m,n,left,1\nright,m,right,1\n", b',', 4, &how());
        // `right` is the first model by its name and the second by its side: nobody can tell.
        assert_eq!((parsed.block.votes.len(), parsed.bad.len()), (1, 1));
    }
}
