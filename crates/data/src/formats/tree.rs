//! What a tree of messages says whose replies are ranked (OpenAssistant): nested in one record, or one message a record.
//!
//! Of the replies to one message every two with different ranks are a pair, the lower rank wins; the path from the root is the prompt.
//! Messages in separate records wait for their parents until the file ends.

use std::collections::HashMap;

use predilect_types::{Message, Response, Role, Verdict};
use serde_json::{Value, json};

use super::common::Context;
use crate::draft::{Draft, Drafts, Parsed};
use crate::error::{Reason, RowError};
use crate::pieces::{Node, Piece};
use crate::recipe::{MOST_PAIRS, Plan, on_side_b};
use crate::row::Row;

/// Deeper conversations than this are a mistake in the file.
const DEPTH: usize = 256;

pub(super) fn parse(plan: &Plan, cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    if !row.has("prompt") {
        let message = Message { role: crate::texts::role(&row.text("role")?), content: row.text("text")? };
        return Ok(Piece::Node(Node {
            id: row.text("message_id")?,
            parent: row.opt_text("parent_id")?,
            message,
            rank: row.opt_number("rank")?,
            language: row.opt_text("lang")?,
            judge: cx.judge.clone(),
        })
        .into());
    }
    let root = row.require("prompt")?;
    let mut base = Draft::default();
    plan.finish(row, &mut base)?;
    let language = root.get("lang").and_then(Value::as_str).map(str::to_owned);
    let mut drafts = Drafts::default();
    let mut add = |mut draft: Draft| {
        if drafts.len() >= MOST_PAIRS {
            let problem = format!("the replies give more than {MOST_PAIRS} pairs");
            return Err(RowError::new(Reason::TooLarge, problem).field("prompt"));
        }
        draft.pair.metadata.clone_from(&base.pair.metadata);
        draft.pair.language.clone_from(&language);
        drafts.push(draft)
    };
    walk(&root, &mut Vec::new(), &cx.judge, 0, &mut add)?;
    Ok(drafts.into())
}

fn walk(
    node: &Value,
    path: &mut Vec<Message>,
    judge: &str,
    depth: usize,
    add: &mut dyn FnMut(Draft) -> Result<(), RowError>,
) -> Result<(), RowError> {
    let text = |node: &Value| node.get("text").and_then(Value::as_str).unwrap_or_default().to_owned();
    let role = crate::texts::role(node.get("role").and_then(Value::as_str).unwrap_or("user"));
    path.push(Message { role, content: text(node) });
    let replies = node.get("replies").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut ranked: Vec<(Message, f64)> = Vec::new();
    for reply in replies {
        if let Some(rank) = crate::row::number("replies.rank", reply.get("rank").unwrap_or(&Value::Null))? {
            ranked.push((Message::assistant(text(reply)), rank));
        }
    }
    if path.last().is_some_and(|last| last.role != Role::Assistant) {
        ranks(path, &ranked, judge).try_for_each(&mut *add)?;
    }
    if depth < DEPTH {
        for reply in replies {
            walk(reply, path, judge, depth + 1, add)?;
        }
    }
    path.pop();
    Ok(())
}

/// Every two of the replies with different ranks.
fn ranks<'a>(
    prompt: &'a [Message],
    replies: &'a [(Message, f64)],
    judge: &'a str,
) -> impl Iterator<Item = Draft> + 'a {
    replies.iter().enumerate().flat_map(move |(i, (x, rank_x))| {
        let others = replies.iter().skip(i + 1).filter(move |(_, rank)| rank != rank_x);
        others.map(move |(y, rank_y)| {
            let response = |turn: &Message| Response { messages: vec![turn.clone()], model: None };
            let (a, b) = (response(x), response(y));
            let swapped = on_side_b(prompt, &a, &b);
            let (a, b, rank_a, rank_b) =
                if swapped { (b, a, rank_y, rank_x) } else { (a, b, rank_x, rank_y) };
            let mut draft = Draft::new(prompt.to_vec(), a, b);
            let p_a = if rank_a < rank_b { 1.0 } else { 0.0 };
            let receipt = Some(json!({ "rank_a": rank_a, "rank_b": rank_b }));
            draft.verdicts.push(Verdict { receipt, ..Verdict::new("", judge, p_a) });
            draft
        })
    })
}

/// Hands on the pairs of messages that were in separate records, one after the other: together they may be far larger than the messages.
pub(crate) fn pairs<E>(nodes: &[Node], add: &mut dyn FnMut(Draft) -> Result<(), E>) -> Result<(), E> {
    let by_id: HashMap<&str, &Node> = nodes.iter().map(|node| (node.id.as_str(), node)).collect();
    let mut children: HashMap<&str, Vec<&Node>> = HashMap::new();
    for node in nodes {
        if let Some(parent) = &node.parent {
            children.entry(parent).or_default().push(node);
        }
    }
    for node in nodes.iter().filter(|node| node.message.role != Role::Assistant) {
        let Some(replies) = children.get(node.id.as_str()) else { continue };
        let ranked: Vec<(Message, f64)> =
            replies.iter().filter_map(|reply| Some((reply.message.clone(), reply.rank?))).collect();
        if ranked.len() < 2 {
            continue;
        }
        let mut path = vec![node.message.clone()];
        let mut at = node;
        // A path without a root begins where the messages do.
        while let Some(above) = at.parent.as_ref().and_then(|parent| by_id.get(parent.as_str())) {
            at = above;
            path.push(at.message.clone());
            if path.len() >= DEPTH {
                break;
            }
        }
        path.reverse();
        for mut draft in ranks(&path, &ranked, &node.judge) {
            draft.pair.language.clone_from(&node.language);
            add(draft)?;
        }
    }
    Ok(())
}
