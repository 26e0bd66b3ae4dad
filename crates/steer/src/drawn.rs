//! In which order are pairs edited, and what is drawn for each?

use std::collections::HashMap;

use predilect_types::Pair;
use predilect_types::hash::fixed;

/// What is equal for pairs of one prompt; a pair without one is alone.
pub(crate) fn prompt_of(pair: &Pair) -> u64 {
    let prompt = pair.prompt_text();
    if prompt.trim().is_empty() { fixed(&("no prompt", &pair.id)) } else { fixed(&*prompt) }
}

/// Puts pairs in an order drawn by seed, in turns: few pairs then have as many prompts as there are, since more on one prompt tell little more.
pub(crate) fn drawn_in_turn(pairs: &mut Vec<Pair>, seed: u64) {
    pairs.sort_by_key(|pair| (drawn(&pair.id, seed), pair.id.clone()));
    let mut seen: HashMap<u64, usize> = HashMap::new();
    let mut turns: Vec<(usize, Pair)> = pairs
        .drain(..)
        .map(|pair| {
            let turn = seen.entry(prompt_of(&pair)).or_default();
            *turn += 1;
            (*turn, pair)
        })
        .collect();
    turns.sort_by_key(|(turn, _)| *turn);
    pairs.extend(turns.into_iter().map(|(_, pair)| pair));
}

/// A number drawn for a pair by seed.
pub(crate) fn drawn(id: &str, seed: u64) -> u64 {
    fixed(&(id, seed))
}
