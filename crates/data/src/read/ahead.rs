//! JSON records read and parsed ahead of what gathers them.

use std::io::Read;
use std::ops::RangeFrom;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

use crate::container::json;
use crate::container::split::{Chunk, Found, Splitter};
use crate::error::DataError;
use crate::formats::Context;
use crate::gather::{Prepared, prepare};
use crate::recipe::Plan;

/// Chunks that may wait, parsed or not, to be gathered.
pub(super) const AHEAD: usize = 6;

pub(super) type Parsed = Receiver<Result<Vec<Prepared>, DataError>>;

/// Reads chunks until the end, an error, or the receiver is gone; each is parsed by a free thread, and the results are awaited in the order
/// of the file.
pub(super) fn parse_ahead<R: Read>(
    mut splitter: Splitter<R>,
    cx: &Context,
    plan: &Plan,
    mut first: u64,
    sender: &SyncSender<Parsed>,
) {
    let label = &cx.source;
    rayon::in_place_scope(|scope| {
        loop {
            let (parsed, chunk) = sync_channel(1);
            if sender.send(chunk).is_err() {
                return;
            }
            let error = match splitter.next_chunk() {
                Ok(None) => return,
                Ok(Some(chunk)) => {
                    let records = first..;
                    first += chunk.records.len() as u64;
                    scope.spawn(move |_| {
                        // This fails if the receiver is gone.
                        let _ = parsed.send(Ok(parse(&chunk, cx, plan, records)));
                    });
                    continue;
                }
                Err(error) if first > 1 => {
                    DataError::io(label, &format!("read beyond record {}", first - 1), error)
                }
                Err(error) => DataError::io(label, "read", error),
            };
            let _ = parsed.send(Err(error));
            return;
        }
    });
}

fn parse(chunk: &Chunk, cx: &Context, plan: &Plan, records: RangeFrom<u64>) -> Vec<Prepared> {
    let mut from = cx.apart();
    let work = |(found, record): (&Found, u64)| {
        let row = match &found.what {
            Ok(range) => json::row(chunk.bytes.get(range.clone()).unwrap_or_default()),
            Err(error) => Err(error.clone()),
        };
        from.record = record;
        (found.at, prepare(plan, cx, row, &from))
    };
    chunk.records.iter().zip(records).map(work).collect()
}
