//! What makes two records one pair: ids and hashes of their content, and exchanged sides.

use std::hash::{BuildHasher, Hash};
use std::sync::LazyLock;

use foldhash::quality::RandomState;
use predilect_types::{Order, Pair, Response, Verdict, content_id};
use serde_json::Value;

use crate::draft::Draft;
use crate::weight;

/// A verdict on the same pair with its sides exchanged.
pub(crate) fn exchange(verdict: &mut Verdict) {
    verdict.p_a = 1.0 - verdict.p_a;
    verdict.order = match verdict.order {
        Order::Ab => Order::Ba,
        Order::Ba => Order::Ab,
        other => other,
    };
    let orders = verdict.receipt.as_mut().and_then(|receipt| receipt.get_mut("orders"));
    if let Some(orders) = orders.and_then(Value::as_object_mut) {
        // A first in the record means B first in the pair as stored.
        let other = |p_a: Option<Value>| p_a.and_then(|p_a| p_a.as_f64()).map(|p_a| 1.0 - p_a);
        let (ab, ba) = (other(orders.remove("ba")), other(orders.remove("ab")));
        orders.insert("ab".to_owned(), ab.into());
        orders.insert("ba".to_owned(), ba.into());
    }
}

/// What is known of a pair that was handed on.
#[derive(Debug, Clone, Copy)]
pub(crate) struct KnownPair {
    /// A hash of its texts and models.
    pub(crate) content: u64,
    /// The number of its file.
    pub(crate) file: u32,
    /// A hash of what else its first record says.
    pub(crate) metadata: u32,
}

/// What is said of a pair that is known with its sides the other way round.
pub(crate) fn turn(draft: &mut Draft) {
    if draft.by_content {
        draft.pair.id = content_id(&draft.pair.prompt, &draft.pair.response_b, &draft.pair.response_a);
    }
    for verdict in draft.verdicts.iter_mut().chain(&mut draft.gold) {
        exchange(verdict);
    }
    for rating in &mut draft.ratings {
        std::mem::swap(&mut rating.a, &mut rating.b);
        std::mem::swap(&mut rating.levels_a, &mut rating.levels_b);
    }
}

/// Bytes that the copies of one record's metadata may have together.
const COPIES: usize = 64 << 20;

/// The pair has the metadata of its first record: what a later one says otherwise stays with the verdicts of that record.
pub(crate) fn keep_beside(draft: &mut Draft) {
    if draft.pair.metadata.is_empty() {
        return;
    }
    let record: serde_json::Map<String, Value> =
        std::mem::take(&mut draft.pair.metadata).into_iter().collect();
    // With very many verdicts on one record not each of them has a copy of all that it says: the first has.
    let own = record.iter().map(|(name, value)| name.len() + weight::of_value(value)).sum::<usize>();
    let copies = (COPIES / own.max(1)).max(1);
    for verdict in draft.verdicts.iter_mut().take(copies) {
        match &mut verdict.receipt {
            None => verdict.receipt = Some(Value::Object(record.clone())),
            Some(Value::Object(receipt)) => {
                receipt.entry("record").or_insert_with(|| Value::Object(record.clone()));
            }
            Some(_) => {}
        }
    }
}

/// Gives a pair its id if the file gives none, and hashes its content.
pub(crate) fn ready(draft: &mut Draft) {
    let pair = &mut draft.pair;
    let side = |response: &Response| HASH.hash_one((&response.messages, &response.model));
    let (prompt, a, b) = (HASH.hash_one(&pair.prompt), side(&pair.response_a), side(&pair.response_b));
    draft.content = HASH.hash_one((prompt, a, b));
    draft.exchanged = HASH.hash_one((prompt, b, a));
    draft.metadata = metadata_hash(pair);
    let mut turns = pair.prompt.iter().chain(&pair.response_a.messages).chain(&pair.response_b.messages);
    draft.marked = turns.find_map(|turn| crate::texts::has_marks(&turn.content));
    draft.by_content = pair.id.is_empty();
    if draft.by_content {
        pair.id = content_id(&pair.prompt, &pair.response_a, &pair.response_b);
        draft.id = draft.content;
    } else {
        draft.id = hash(&pair.id);
    }
}

/// A short hash of a record's metadata.
pub(crate) fn metadata_hash(pair: &Pair) -> u32 {
    HASH.hash_one(&pair.metadata) as u32
}

/// A pair's key among the ids, and the hash of its content.
pub(crate) fn identity(pair: &Pair) -> (u64, u64) {
    let side = |response: &Response| HASH.hash_one((&response.messages, &response.model));
    let content =
        HASH.hash_one((HASH.hash_one(&pair.prompt), side(&pair.response_a), side(&pair.response_b)));
    let by_content = pair.id == content_id(&pair.prompt, &pair.response_a, &pair.response_b);
    (if by_content { content } else { hash(&pair.id) }, content)
}

/// What makes two right answers one.
pub(crate) fn gold_key(verdict: &Verdict) -> u64 {
    HASH.hash_one((&verdict.pair, &verdict.judge, verdict.p_a.to_bits(), verdict.tie))
}

/// Distinguishes ids and texts; seeded per process, so that no file can be made to collide.
static HASH: LazyLock<RandomState> = LazyLock::new(RandomState::default);

pub(crate) fn hash(value: impl Hash) -> u64 {
    HASH.hash_one(value)
}
