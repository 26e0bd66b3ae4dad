//! Whether a column beside the prompt holds turns: those before it, or the whole conversation that it ends.

use super::super::roles::tokens;
use super::super::{Path, Recipe, Sample, Shape};
use super::{path, used};
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

/// What the turns of a column are to the prompt.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Turns {
    /// They end where the prompt begins.
    Before,
    /// The prompt is the last of them.
    Whole,
}

/// Takes turns that stand beside a prompt into it: as its history, or in its place where they end with it.
pub(super) fn turns_beside(recipe: &mut Recipe, sample: &Sample) {
    let settled = |role: &str| recipe.settled.iter().any(|settled| settled == role);
    if settled("history") || settled("prompt") || !recipe.leave_out.is_empty() {
        return;
    }
    if !matches!(recipe.shape, Shape::Pair | Shape::Choice | Shape::Candidates) {
        return;
    }
    match found(recipe, sample) {
        Some((column, Turns::Before)) => recipe.history = vec![path(&column)],
        Some((column, Turns::Whole)) => recipe.prompt = vec![path(&column)],
        None => {}
    }
}

/// Whether a file has turns beside its prompt, which a form that knows no such column would leave out.
pub(crate) fn has_turns_beside(recipe: &Recipe, sample: &Sample) -> bool {
    found(recipe, sample).is_some()
}

fn found(recipe: &Recipe, sample: &Sample) -> Option<(String, Turns)> {
    let there = |paths: &[Path]| paths.iter().find_map(|path| path.resolve(&sample.columns));
    if there(&recipe.history).is_some() {
        return None;
    }
    let prompt = there(&recipe.prompt)?;
    let responses = [there(&recipe.a), there(&recipe.b)];
    let used = used(recipe, sample);
    sample.columns.iter().filter(|column| !used.contains(*column) && is_named(column)).find_map(|column| {
        let mut kind = None;
        for row in &sample.rows {
            let Some(value) = row.get(column) else { continue };
            let turns = turns(column, value)?;
            let said = prompt.get(row).and_then(Value::as_str).map(str::trim)?;
            let answered = responses
                .iter()
                .flatten()
                .filter_map(|column| column.get(row)?.as_str())
                .any(|response| turns.iter().any(|turn| turn.content.trim() == response.trim()));
            let own = match turns.last() {
                _ if answered => return None,
                Some(last) if last.role == Role::User && last.content.trim() == said => Turns::Whole,
                Some(last)
                    if last.role == Role::Assistant
                        && turns.iter().all(|turn| turn.content.trim() != said) =>
                {
                    Turns::Before
                }
                Some(_) => return None,
                None => continue,
            };
            if *kind.get_or_insert(own) != own {
                return None;
            }
        }
        Some((column.clone(), kind?))
    })
}

fn is_named(column: &str) -> bool {
    let words = tokens(column);
    !words.is_empty() && words.iter().all(|word| NAMED.contains(&word.as_str()))
}

/// A list of turns that name who speaks; `None` for anything else.
fn turns(column: &str, value: &Value) -> Option<Vec<Message>> {
    let items = value.as_array()?;
    let speaks = |item: &Value| {
        item.as_object().is_some_and(|turn| {
            ["role", "from", "speaker", "author", "input"].iter().any(|key| turn.contains_key(*key))
        })
    };
    items.iter().all(speaks).then(|| conversation(column, value.clone(), Role::User).ok()).flatten()
}
