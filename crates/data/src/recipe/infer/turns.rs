//! Whether another column than the prompt's contains turns: those before it, or the conversation that it is part of.

use super::super::declared::{Recipe, Shape};
use super::super::path::Path;
use super::super::refusal::Refusal;
use super::super::sample::Sample;
use super::super::shell::shell;
use super::super::spelling::tokens;
use super::columns::path;
use super::uses::used;
use crate::advice::MAP;
use crate::row::Row;
use crate::texts::conversation;
use predilect_types::{Message, Role};
use serde_json::Value;

/// Words of which the name of such a column consists.
const NAMED: &[&str] = &[
    "messages",
    "message",
    "conversation",
    "conversations",
    "context",
    "contexts",
    "chat",
    "dialogue",
    "dialog",
    "turns",
    "thread",
    "history",
    "prior",
    "previous",
    "past",
    "preceding",
    "prompt",
    "input",
    "full",
    "multi",
    "turn",
    "user",
    "the",
];

/// Takes turns in another column as the prompt's history: those before it, whether or not they end with it. What a prompt repeats of them
/// is read once.
pub(crate) fn turns_beside(recipe: &mut Recipe, sample: &Sample) -> Result<(), Refusal> {
    let settled = |role: &str| recipe.settled.iter().any(|settled| settled == role);
    let open = matches!(recipe.shape, Shape::Pair | Shape::Choice | Shape::Candidates) && !recipe.coded();
    if !open || settled("history") || settled("prompt") || !recipe.leave_out.is_empty() {
        return Ok(());
    }
    let mut found = found(recipe, sample);
    found.retain(|(_, fits)| *fits != Fits::Never);
    let history = |column: &str| format!("{MAP} history={}", shell(column));
    let refuse = |problem: String, mut start: Vec<String>| {
        start.push(format!("or {MAP} history=none"));
        Err(Refusal { problem, remedy: "say what belongs to the prompt".to_owned(), certain: true, start })
    };
    match found.as_slice() {
        [] => Ok(()),
        [(column, Fits::Always)] => {
            recipe.prompt.retain(|path| path.as_str() != column);
            recipe.history = vec![path(column)];
            Ok(())
        }
        [(column, _)] => refuse(
            format!(
                "`{column}` contains the turns before the prompt in some records and something else in others"
            ),
            vec![history(column)],
        ),
        [(first, _), (second, _), ..] => refuse(
            format!("`{first}` and `{second}` may both contain the turns before the prompt"),
            vec![history(first), format!("or {}", history(second))],
        ),
    }
}

/// Whether a file has turns in another column, which a format without such a column would ignore.
pub(crate) fn has_turns_beside(recipe: &Recipe, sample: &Sample) -> bool {
    found(recipe, sample).iter().any(|(_, fits)| *fits != Fits::Never)
}

/// In which of the records a column contains turns before the prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fits {
    Always,
    Sometimes,
    Never,
}

fn found(recipe: &Recipe, sample: &Sample) -> Vec<(String, Fits)> {
    let there = |paths: &[Path]| paths.iter().find_map(|path| path.resolve(&sample.columns));
    let Some(prompt) = there(&recipe.prompt).filter(|_| there(&recipe.history).is_none()) else {
        return Vec::new();
    };
    let responses = [there(&recipe.a), there(&recipe.b)];
    // What the prompt may be called by otherwise is not in use where it has a column.
    let own = Recipe { prompt: vec![path(&prompt.name)], ..recipe.clone() };
    let used = used(&own, sample);
    let columns = sample.columns.iter().filter(|column| !used.contains(*column) && is_named(column));
    columns
        .map(|column| {
            let fits = |row: &Row| -> Option<bool> {
                let value = row.get(column)?;
                let Some(turns) = turns(column, value).filter(|turns| !turns.is_empty()) else {
                    return value.as_array().is_none_or(|items| !items.is_empty()).then_some(false);
                };
                let said = prompt.get(row).and_then(Value::as_str).map(str::trim)?;
                if said.is_empty() {
                    return None; // Nothing to find again among the turns.
                }
                let answers = responses.iter().flatten().filter_map(|column| column.get(row)?.as_str());
                let answers: Vec<&str> = answers.map(str::trim).collect();
                let is_prompt = |turn: &Message| turn.role == Role::User && turn.content.trim() == said;
                let before = match turns.as_slice() {
                    [before @ .., last] if is_prompt(last) => before,
                    [before @ .., asked, answer]
                        if is_prompt(asked) && answers.contains(&answer.content.trim()) =>
                    {
                        before
                    }
                    // Another answer to the prompt did not come before it.
                    [.., asked, _] if is_prompt(asked) => return Some(false),
                    [.., last] if last.role != Role::User => turns.as_slice(),
                    _ => return Some(false),
                };
                // A judge's conversation quotes what it judges; a word or two may come again in any.
                let quotes =
                    |text: &str| text.len() > 12 && before.iter().any(|turn| turn.content.contains(text));
                let quoted = answers.iter().any(|answer| quotes(answer));
                Some(
                    !quoted
                        && !before
                            .iter()
                            .any(|turn| turn.content.trim() != said && quotes_prompt(turn, said)),
                )
            };
            let all: Vec<bool> = sample.rows.iter().filter_map(fits).collect();
            let kind = match all.iter().filter(|fits| **fits).count() {
                0 => Fits::Never,
                count if count == all.len() => Fits::Always,
                _ => Fits::Sometimes,
            };
            (column.clone(), kind)
        })
        .collect()
}

/// Whether a turn contains the prompt within other words, as the question to a judge does.
fn quotes_prompt(turn: &Message, said: &str) -> bool {
    said.len() > 12 && turn.content.contains(said)
}

fn is_named(column: &str) -> bool {
    let words = tokens(column);
    !words.is_empty() && words.iter().all(|word| NAMED.contains(&word.as_str()))
}

/// A list of turns that name who speaks, also as JSON text; `None` for anything else.
fn turns(column: &str, value: &Value) -> Option<Vec<Message>> {
    let decoded = value.as_str().and_then(crate::texts::structured);
    let value = decoded.as_ref().unwrap_or(value);
    let speaks = |item: &Value| {
        item.as_object().is_some_and(|turn| {
            ["role", "from", "speaker", "author", "input"].iter().any(|key| turn.contains_key(*key))
        })
    };
    value
        .as_array()?
        .iter()
        .all(speaks)
        .then(|| conversation(column, value.clone(), Role::User).ok())
        .flatten()
}
