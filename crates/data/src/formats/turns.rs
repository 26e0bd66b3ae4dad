//! What a conversation says in which one of several replies was chosen at each turn (PRISM).
//!
//! The list contains the messages in order, each with its `turn`; of the replies of one turn the chosen one beats each of the others and
//! becomes part of the prompt of the next turn. Scores are kept in the receipt.

use predilect_types::{Message, Response};
use serde_json::{Value, json};

use super::common::Context;
use crate::draft::{Draft, Drafts, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::recipe::{Candidates, Plan, judged, on_side_b, truth};
use crate::row::{Row, as_text};

pub(super) fn parse(plan: &Plan, cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let Some(names) = plan.recipe.candidates.clone() else { return Err(RowError::missing("candidates")) };
    let field = names.texts.first().map(ToString::to_string).unwrap_or_default();
    let list = match row.require(&field)? {
        Value::Array(list) => list,
        other => return Err(RowError::wrong_type(&field, &other, "a list of messages")),
    };
    let who = plan.who(&mut row)?;
    let judge = judged(who.judge.clone().unwrap_or_else(|| cx.judge.clone()), who.criterion.as_deref());
    let mut base = Draft::default();
    plan.finish(row, &mut base)?;
    let mut dialogue = Dialogue { judge, annotator: who.annotator, base, ..Dialogue::default() };
    for (i, message) in list.into_iter().enumerate() {
        dialogue.push(&names, &format!("{field}[{i}]"), &message)?;
    }
    dialogue.end_turn()?;
    let Dialogue { mut base, mut drafts, unsaid, .. } = dialogue;
    let nothing = std::iter::repeat_n(NO_VERDICT, unsaid);
    let Some(first) = drafts.first_mut() else {
        base.dropped.extend(nothing);
        return Ok(Parsed::Dropped(Box::new(base)));
    };
    first.dropped.extend(nothing);
    Ok(drafts.into())
}

/// One of several replies to the same turns.
struct Reply {
    message: Message,
    model: Option<String>,
    chosen: bool,
    score: Value,
}

/// A dialogue as far as it is read.
#[derive(Default)]
struct Dialogue {
    judge: String,
    annotator: Option<String>,
    /// What its pairs share.
    base: Draft,
    said: Vec<Message>,
    /// The replies to what was said, side by side.
    replies: Vec<Reply>,
    drafts: Drafts,
    /// Turns with several replies without a chosen one.
    unsaid: usize,
}

impl Dialogue {
    fn push(&mut self, names: &Candidates, at: &str, message: &Value) -> Result<(), RowError> {
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default();
        let own =
            |path: &Option<crate::recipe::Path>| path.as_ref().and_then(|path| path.within(message)).cloned();
        let text = own(&names.text).ok_or_else(|| RowError::missing(at))?;
        let text = as_text(at, text)?;
        match crate::texts::role(role) {
            predilect_types::Role::Assistant => {
                let model = own(&names.model).map(|model| as_text(at, model)).transpose()?;
                let chosen = match own(&names.chosen).filter(|value| !value.is_null()) {
                    Some(value) => truth(at, &value)?,
                    None => false,
                };
                if chosen && self.replies.iter().any(|before| before.chosen) {
                    return Err(RowError::new(
                        Reason::UnknownWinner,
                        "two replies of one turn are chosen, and only one can be",
                    )
                    .field(at));
                }
                let message = Message::assistant(text);
                self.replies.push(Reply {
                    message,
                    model,
                    chosen,
                    score: own(&names.score).unwrap_or_default(),
                });
            }
            role => {
                self.end_turn()?;
                self.said.push(Message { role, content: text });
            }
        }
        Ok(())
    }

    /// Pairs the chosen one of the replies with each of the others; the dialogue continues from it, or from the first if none was chosen.
    fn end_turn(&mut self) -> Result<(), RowError> {
        let replies = std::mem::take(&mut self.replies);
        let Some(best) = replies.iter().find(|reply| reply.chosen) else {
            self.unsaid += usize::from(replies.len() > 1);
            self.said.extend(replies.into_iter().take(1).map(|reply| reply.message));
            return Ok(());
        };
        for other in replies.iter().filter(|reply| !reply.chosen) {
            let draft = self.pair(best, other);
            self.drafts.push(draft)?;
        }
        self.said.push(best.message.clone());
        Ok(())
    }

    fn pair(&self, best: &Reply, other: &Reply) -> Draft {
        let response =
            |reply: &Reply| Response { messages: vec![reply.message.clone()], model: reply.model.clone() };
        let (chosen, rejected) = (response(best), response(other));
        let swapped = on_side_b(&self.said, &chosen, &rejected);
        let (a, b) = if swapped { (rejected, chosen) } else { (chosen, rejected) };
        let mut draft = Draft::new(self.said.clone(), a, b);
        draft.pair.scenario.clone_from(&self.base.pair.scenario);
        draft.pair.language.clone_from(&self.base.pair.language);
        draft.pair.metadata.clone_from(&self.base.pair.metadata);
        let mut verdict =
            predilect_types::Verdict::new("", self.judge.clone(), if swapped { 0.0 } else { 1.0 });
        verdict.annotator.clone_from(&self.annotator);
        let (x, y) = if swapped { (&other.score, &best.score) } else { (&best.score, &other.score) };
        verdict.receipt = (!best.score.is_null()).then(|| json!({ "score_a": x, "score_b": y }));
        draft.verdicts.push(verdict);
        draft
    }
}
