//! What records of a chosen and a rejected response say: RewardBench, HH-RLHF, UltraFeedback and TRL.
//!
//! With the chosen response always as A every verdict would be 1, and neither a side nor a property could be told
//! from "A". So a hash of the content puts the chosen one on A or B, the same one in every run; the metadata's
//! `swapped` says whether it is on B, and a file's own `swapped` is obeyed.
//!
//! Prompts may be text or messages, or implicit in `chosen` and `rejected`: then the turns, or the text up to the last
//! blank, that both begin with. Judges: `gold` for RewardBench, `human` for HH-RLHF, `gpt-4` for UltraFeedback (whose
//! scores it gave), `unnamed` for TRL, unless the user names one; a `judge` field wins over all.

use std::collections::BTreeMap;

use predilect_types::{Message, Response, Role, TieKind, Verdict, content_id};
use serde_json::{Value, json};

use super::{Call, Context, Draft, NO_VERDICT, Parsed, keep_rest};
use crate::error::{Reason, RowError};
use crate::join::{Completion, Piece};
use crate::row::{Row, messages, number, split_shared};

/// More pairs than this from one record of lists is a mistake in the file.
const LIST_PAIRS: usize = 1024;

/// A chosen and a rejected response under one prompt, before they get a side.
struct Choice {
    prompt: Vec<Message>,
    chosen: Response,
    rejected: Response,
}

impl Choice {
    /// Gives both a side; `call` is about the chosen one as A.
    fn draft(self, swapped: Option<bool>, judge: String, call: Call, receipt: Option<Value>) -> Draft {
        let given = swapped.is_some();
        let swapped = swapped.unwrap_or_else(|| swap(&self));
        let (a, b) = if swapped { (self.rejected, self.chosen) } else { (self.chosen, self.rejected) };
        let mut draft = Draft::new(self.prompt, a, b);
        if !given {
            draft.meta("swapped", Some(Value::Bool(swapped)));
        }
        match (if swapped { call.flipped() } else { call }).verdict(judge) {
            Some(verdict) => draft.verdicts.push(Verdict { receipt, ..verdict }),
            None => draft.dropped.push(NO_VERDICT),
        }
        draft
    }
}

fn swap(choice: &Choice) -> bool {
    let id = content_id(&choice.prompt, &choice.chosen, &choice.rejected);
    id.bytes().last().is_some_and(|digit| digit % 2 == 1)
}

fn swapped_field(row: &mut Row) -> Option<bool> {
    row.take("swapped").and_then(|value| value.as_bool())
}

/// `prompt`, `chosen`, `rejected` in any of the shapes above.
fn choice(row: &mut Row) -> Result<Choice, RowError> {
    let prompt = row.take("prompt");
    let chosen = row.require("chosen")?;
    let rejected = row.require("rejected")?;
    if let (Value::String(c), Value::String(r), None) = (&chosen, &rejected, &prompt) {
        let (prompt, c, r) = if transcript(c) && transcript(r) {
            split_shared(turns(c), turns(r)).map_err(|error| error.field("rejected"))?
        } else {
            let at = shared_text(c, r);
            let (start, c) = c.split_at(at);
            (
                vec![Message::user(start)],
                vec![Message::assistant(c)],
                vec![Message::assistant(r.split_at(at).1)],
            )
        };
        return Ok(plain(prompt, c, r));
    }
    let c = messages("chosen", chosen, Role::Assistant)?;
    let r = messages("rejected", rejected, Role::Assistant)?;
    let whole = |turns: &[Message]| turns.first().is_some_and(|turn| turn.role != Role::Assistant);
    if whole(&c) && whole(&r) {
        let (prompt, c, r) = split_shared(c, r).map_err(|error| error.field("rejected"))?;
        return Ok(plain(prompt, c, r));
    }
    let prompt = prompt.ok_or_else(|| RowError::missing("prompt"))?;
    Ok(plain(messages("prompt", prompt, Role::User)?, c, r))
}

fn plain(prompt: Vec<Message>, chosen: Vec<Message>, rejected: Vec<Message>) -> Choice {
    let response = |messages| Response { messages, model: None };
    Choice { prompt, chosen: response(chosen), rejected: response(rejected) }
}

/// Where two texts part, moved back to just after a blank.
fn shared_text(a: &str, b: &str) -> usize {
    let mut same = 0;
    let mut after_blank = 0;
    for (x, y) in a.chars().zip(b.chars()) {
        if x != y {
            break;
        }
        same += x.len_utf8();
        if x.is_whitespace() {
            after_blank = same;
        }
    }
    after_blank
}

fn transcript(text: &str) -> bool {
    text.trim_start().starts_with("Human:")
}

/// The turns of a transcript with `\n\nHuman:` and `\n\nAssistant:` in front of each.
fn turns(text: &str) -> Vec<Message> {
    let text = format!("\n\n{}", text.trim_start());
    let mut marks: Vec<(usize, usize, Role)> = Vec::new();
    for (mark, role) in [("\n\nHuman:", Role::User), ("\n\nAssistant:", Role::Assistant)] {
        marks.extend(text.match_indices(mark).map(|(at, _)| (at, at + mark.len(), role.clone())));
    }
    marks.sort_by_key(|mark| mark.0);
    let ends: Vec<usize> = marks.iter().skip(1).map(|mark| mark.0).chain([text.len()]).collect();
    marks
        .into_iter()
        .zip(ends)
        .map(|((_, from, role), to)| Message {
            role,
            content: text.get(from..to).unwrap_or_default().trim().to_owned(),
        })
        .collect()
}

pub(super) fn hh_rlhf(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let choice = choice(&mut row)?;
    finish(cx, row, choice, "human", None)
}

pub(super) fn trl(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    if row.has("completion") && !row.has("chosen") {
        let prompt = row.messages("prompt", Role::User)?;
        let text = row.messages("completion", Role::Assistant)?;
        let value = row.require("label")?;
        let good = match &value {
            Value::Bool(good) => *good,
            other => match super::label("label", Some(other.clone()), 1.0, 0.0, None) {
                Ok(Call::A) => true,
                Ok(Call::B) => false,
                _ => match other.as_str().map(str::to_ascii_lowercase).as_deref() {
                    Some("true") => true,
                    Some("false") => false,
                    _ => return Err(RowError::wrong_type("label", other, "true or false")),
                },
            },
        };
        let judge = cx.judge_or(row.opt_text("judge")?, "unnamed");
        return Ok(Piece::Completion(Completion { prompt, text, good, judge }).into());
    }
    let choice = choice(&mut row)?;
    finish(cx, row, choice, "unnamed", None)
}

/// The two completions of one prompt, the good one and the bad one, as a pair.
pub(crate) fn from_completions(
    prompt: Vec<Message>,
    good: Vec<Message>,
    bad: Vec<Message>,
    judge: String,
) -> Draft {
    plain(prompt, good, bad).draft(None, judge, Call::A, None)
}

pub(super) fn ultrafeedback(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    drop(row.take("messages"));
    let choice = choice(&mut row)?;
    let scores = [row.take("score_chosen"), row.take("score_rejected")];
    finish(cx, row, choice, "gpt-4", Some(("score_chosen", "score_rejected", scores)))
}

type Scores = (&'static str, &'static str, [Option<Value>; 2]);

/// One choice with its judge; equal scores are a tie, whichever was put first.
fn finish(
    cx: &Context,
    mut row: Row,
    mut choice: Choice,
    default: &str,
    scores: Option<Scores>,
) -> Result<Parsed, RowError> {
    choice.chosen.model = row.opt_text("chosen_model")?.or(choice.chosen.model);
    choice.rejected.model = row.opt_text("rejected_model")?.or(choice.rejected.model);
    let judge = cx.judge_or(row.opt_text("judge")?, default);
    let swapped = swapped_field(&mut row);
    let (mut call, mut receipt) = (Call::A, None);
    if let Some((c, r, [Some(chosen), Some(rejected)])) = scores {
        if let (Some(x), Some(y)) = (number(c, &chosen)?, number(r, &rejected)?)
            && x == y
        {
            call = Call::Tie(TieKind::Tie);
        }
        receipt = Some(json!({ c: chosen, r: rejected }));
    }
    let mut draft = choice.draft(swapped, judge, call, receipt);
    // What an export of ours adds; the `id` of a file in the wild may be the prompt's.
    draft.pair.id = row.opt_text("pair_id")?.unwrap_or_default();
    draft.pair.language = row.opt_text("language")?;
    draft.pair.scenario = row.opt_text("scenario")?;
    keep_rest(row, &mut draft.pair.metadata);
    Ok(draft.into())
}

/// RewardBench: `subset` is the scenario; lists (version 2) give every chosen with every rejected. Result files'
/// `scores_chosen` and `scores_rejected` are one more judge, named by `model` or the file.
pub(super) fn reward_bench(cx: &Context, mut row: Row) -> Result<Parsed, RowError> {
    let models: Vec<Option<String>> = match row.get("models") {
        Some(Value::Array(models)) => models.iter().map(|m| m.as_str().map(str::to_owned)).collect(),
        _ => Vec::new(),
    };
    let chosen_model = row.opt_text("chosen_model")?;
    let rejected_model = row.opt_text("rejected_model")?;
    let judge = cx.judge_or(row.opt_text("judge")?, "gold");
    let swapped = swapped_field(&mut row);
    let scores = (row.take("scores_chosen"), row.take("scores_rejected"));
    let texts = |value: Option<&Value>| match value {
        Some(Value::Array(list)) if list.iter().all(Value::is_string) => Some(list.clone()),
        _ => None,
    };
    let mut choices = Vec::new();
    if let (Some(chosen), Some(rejected)) = (texts(row.get("chosen")), texts(row.get("rejected"))) {
        if chosen.len().saturating_mul(rejected.len()) > LIST_PAIRS {
            return Err(RowError::new(
                Reason::TooLarge,
                format!(
                    "{} chosen times {} rejected are more than {LIST_PAIRS} pairs",
                    chosen.len(),
                    rejected.len()
                ),
            )
            .field("chosen"));
        }
        let prompt = row.messages("prompt", Role::User)?;
        row.take("chosen");
        row.take("rejected");
        let named = models.len() == chosen.len() + rejected.len();
        let model = |i: usize| if named { models.get(i).cloned().flatten() } else { None };
        for (i, c) in chosen.iter().enumerate() {
            for (j, r) in rejected.iter().enumerate() {
                let mut choice = plain(
                    prompt.clone(),
                    messages("chosen", c.clone(), Role::Assistant)?,
                    messages("rejected", r.clone(), Role::Assistant)?,
                );
                choice.chosen.model = model(i);
                choice.rejected.model = model(chosen.len() + j);
                choices.push(choice);
            }
        }
    } else {
        let mut choice = choice(&mut row)?;
        choice.chosen.model = chosen_model;
        choice.rejected.model = rejected_model;
        choices.push(choice);
    }
    let scenario = row.opt_text("subset")?;
    let scorer = row.opt_text("model")?.unwrap_or_else(|| cx.stem.clone());
    let mut metadata = BTreeMap::new();
    keep_rest(row, &mut metadata);
    let single = choices.len() == 1;
    let mut drafts = Vec::with_capacity(choices.len());
    for choice in choices {
        let mut draft = choice.draft(swapped, judge.clone(), Call::A, None);
        draft.pair.scenario.clone_from(&scenario);
        draft.pair.metadata.extend(metadata.clone());
        if let (true, (Some(c), Some(r))) = (single, &scores)
            && let (Some(x), Some(y)) = (number("scores_chosen", c)?, number("scores_rejected", r)?)
        {
            let chosen_is_b = draft.pair.metadata.get("swapped") == Some(&Value::Bool(true));
            let call = match x.partial_cmp(&y) {
                Some(std::cmp::Ordering::Greater) => Call::A,
                Some(std::cmp::Ordering::Less) => Call::B,
                _ => Call::Tie(TieKind::Tie),
            };
            let receipt = Some(json!({ "scores_chosen": c, "scores_rejected": r }));
            if let Some(verdict) = (if chosen_is_b { call.flipped() } else { call }).verdict(scorer.clone()) {
                draft.verdicts.push(Verdict { receipt, ..verdict });
            }
        }
        drafts.push(draft);
    }
    Ok(Parsed::Drafts(drafts))
}
