//! How tables of bare votes are read in blocks, and from where on as records.

use rayon::prelude::*;

use crate::container::csv::CsvRows;
use crate::container::dialect::Dialect;
use crate::container::parquet::TextColumns;
use crate::container::source::Opened;
use crate::error::{At, DataError};
use crate::formats::Context;
use crate::gather::Reading;
use crate::recipe::{BareVotes, Plan};
use crate::votes::{self, VoteBlock};
use std::fs::File;
use std::io::Read;
use std::sync::atomic::Ordering;

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

impl Reading<'_> {
    /// Whole lines of a plain table from number `first` on, parsed side by side; how many there are.
    fn block(
        &mut self,
        block: &[u8],
        (dialect, columns, how): (Dialect, usize, &BareVotes),
        first: u64,
        plan: &Plan,
    ) -> Result<u64, DataError> {
        let threads = rayon::current_num_threads() * 2;
        let parsed: Vec<_> = cut(block, threads)
            .into_par_iter()
            .map(|part| votes::parse(part, dialect.delimiter, columns, how))
            .collect();
        let mut line = first;
        let mut at = block;
        for one in parsed {
            let (own, rest) = at.split_at(cut_length(at, threads, block.len()));
            at = rest;
            self.vote_block(one, &|at| At::Line(line + at - 1), plan)?;
            line += memchr::memchr_iter(b'\n', own).count() as u64;
        }
        Ok(line - first)
    }

    /// The rows of a plain table, as blocks of votes as long as they are nothing else, and as records from there on.
    pub(super) fn vote_blocks(
        &mut self,
        opened: Opened,
        dialect: Dialect,
        cx: &Context,
        plan: &Plan,
    ) -> Result<(), DataError> {
        let label = &cx.source;
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
                line += self.block(block, (dialect, header.len(), how), line, plan)?;
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
    pub(super) fn vote_columns(
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

    pub(super) fn vote_block(
        &mut self,
        parsed: votes::Parsed,
        place: &dyn Fn(u64) -> At,
        plan: &Plan,
    ) -> Result<(), DataError> {
        for (at, error) in parsed.bad {
            self.bad(place(at), error)?;
        }
        for (reason, count) in [(crate::draft::NO_VERDICT, parsed.missing), ("blank row", parsed.blank)] {
            if count > 0 {
                *self.summary.dropped.entry(reason.to_owned()).or_default() += count;
            }
        }
        if let Some(seen) = self.seen.first_mut() {
            parsed.said.iter().for_each(|(word, call, count)| seen.add_many(word, *call, *count));
            seen.add_more(parsed.more);
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
}
