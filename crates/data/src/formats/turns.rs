//! What a conversation says in which one of several replies was chosen at each turn (PRISM).
//!
//! The list holds the messages in order, each with its `turn`; of the replies of one turn the chosen one beats each of the
//! others and goes on into the prompt of the next turn. Scores stand in the receipt.

use predilect_types::{Message, Response};
use serde_json::{Value, json};

use super::{Context, Draft, NO_VERDICT, Parsed};
use crate::error::{Reason, RowError};
use crate::recipe::{Plan, judged, on_side_b, truth};
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
    let mut said: Vec<Message> = Vec::new();
    let mut replies: Vec<(Message, Option<String>, bool, Value)> = Vec::new();
    let mut drafts = Vec::new();
    // Turns with several replies of which none was chosen.
    let mut unsaid = 0;
    let mut pair_up = |said: &mut Vec<Message>,
                       replies: &mut Vec<(Message, Option<String>, bool, Value)>,
                       drafts: &mut Vec<Draft>| {
        let winner = replies.iter().position(|(.., chosen, _)| *chosen);
        let Some((best, model, _, score)) = winner.and_then(|at| replies.get(at)).cloned() else {
            unsaid += usize::from(replies.len() > 1);
            said.extend(replies.drain(..).take(1).map(|(turn, ..)| turn));
            return;
        };
        for (at, (other, other_model, _, other_score)) in replies.iter().enumerate() {
            if Some(at) == winner {
                continue;
            }
            let chosen = Response { messages: vec![best.clone()], model: model.clone() };
            let rejected = Response { messages: vec![other.clone()], model: other_model.clone() };
            let swapped = on_side_b(said, &chosen, &rejected);
            let (a, b) = if swapped { (rejected, chosen) } else { (chosen, rejected) };
            let mut draft = Draft::new(said.clone(), a, b);
            draft.pair.scenario.clone_from(&base.pair.scenario);
            draft.pair.language.clone_from(&base.pair.language);
            draft.pair.metadata.clone_from(&base.pair.metadata);
            let mut verdict =
                predilect_types::Verdict::new("", judge.clone(), if swapped { 0.0 } else { 1.0 });
            verdict.annotator.clone_from(&who.annotator);
            let (x, y) = if swapped { (other_score, &score) } else { (&score, other_score) };
            verdict.receipt = (!score.is_null()).then(|| json!({ "score_a": x, "score_b": y }));
            draft.verdicts.push(verdict);
            drafts.push(draft);
        }
        replies.clear();
        said.push(best);
    };
    for (i, message) in list.into_iter().enumerate() {
        let at = format!("{field}[{i}]");
        let role = message.get("role").and_then(Value::as_str).unwrap_or_default().to_owned();
        let own = |path: &Option<crate::recipe::Path>| {
            path.as_ref().and_then(|path| path.within(&message)).cloned()
        };
        let text = own(&names.text).ok_or_else(|| RowError::missing(&at))?;
        let text = as_text(&at, text)?;
        match crate::texts::role(&role) {
            predilect_types::Role::Assistant => {
                let model = own(&names.model).map(|model| as_text(&at, model)).transpose()?;
                let chosen = match own(&names.chosen).filter(|value| !value.is_null()) {
                    Some(value) => truth(&at, &value)?,
                    None => false,
                };
                if chosen && replies.iter().any(|(.., before, _)| *before) {
                    return Err(RowError::new(
                        Reason::UnknownWinner,
                        "two replies of one turn are chosen, and only one can be",
                    )
                    .field(&at));
                }
                replies.push((
                    Message::assistant(text),
                    model,
                    chosen,
                    own(&names.score).unwrap_or_default(),
                ));
            }
            role => {
                pair_up(&mut said, &mut replies, &mut drafts);
                said.push(Message { role, content: text });
            }
        }
    }
    pair_up(&mut said, &mut replies, &mut drafts);
    let nothing = std::iter::repeat_n(NO_VERDICT, unsaid);
    let Some(first) = drafts.first_mut() else {
        base.dropped.extend(nothing);
        return Ok(Parsed::Dropped(Box::new(base)));
    };
    first.dropped.extend(nothing);
    Ok(Parsed::Drafts(drafts))
}
