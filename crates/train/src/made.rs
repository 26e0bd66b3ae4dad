//! The pairs of a run: which are trained on and which held out, and a file that says so.

use std::collections::BTreeSet;

use predilect_learn::losses::Summary;
use predilect_learn::losses::spo::SpoOptions;
use predilect_learn::{Degraded, Example};
use predilect_results::training::Kinds;
use predilect_types::hash::fixed;
use predilect_workbench::{Error, Result};
use serde_json::{Map, Value, json};

use crate::examples::Texts;
use crate::folder::{Folder, PAIRS, line};
use crate::pairs::{Chosen, Labelled};

/// Pairs with their tokens.
pub(crate) struct Made {
    pub(crate) trained: Vec<(Labelled, Example)>,
    pub(crate) held_out: Vec<(Labelled, Example)>,
}

impl Made {
    /// What is trained on, for whoever doubts it; `kinds`: of single completions.
    pub(crate) fn summary(&self, kinds: Option<Kinds>, batch: usize) -> Summary {
        match kinds {
            Some(kinds) => Summary::of_examples(kinds.desirable as usize, kinds.undesirable as usize, batch),
            None => Summary::of_pairs(&self.trained.iter().map(|(_, own)| own.p).collect::<Vec<_>>(), batch),
        }
    }

    /// A number that another choice of pairs, tokens or labels would not have.
    pub(crate) fn mark(&self) -> u64 {
        let of = |pairs: &[(Labelled, Example)]| -> Vec<u64> {
            let one = |(_, example): &(Labelled, Example)| {
                fixed(&(&example.prompt, &example.completions, example.p.to_bits(), example.weight.to_bits()))
            };
            pairs.iter().map(one).collect()
        };
        fixed(&(of(&self.trained), of(&self.held_out)))
    }
}

/// Tokenizes the pairs. A share of the prompts, drawn by their text, is held out: no prompt is on both sides.
pub(crate) fn examples(chosen: &Chosen, texts: &mut Texts<'_>, held_out: f64) -> Result<Made> {
    let drawn = Drawn::new(&chosen.pairs, held_out, "held out")?;
    let mut made = Made { trained: Vec::new(), held_out: Vec::new() };
    for labelled in &chosen.pairs {
        let Some(example) = texts.example(labelled)? else { continue };
        let side = if drawn.takes(labelled) { &mut made.held_out } else { &mut made.trained };
        side.push((labelled.clone(), example));
    }
    Ok(made)
}

/// Degraded completions of every pair that is trained on.
pub(crate) fn degraded(made: &Made, texts: &mut Texts<'_>, spo: &SpoOptions) -> Result<Vec<Vec<Degraded>>> {
    let of = |(labelled, example): &(Labelled, Example)| {
        texts.degraded(labelled, example.completions[0].len(), &spo.shares)
    };
    made.trained.iter().map(of).collect()
}

/// A share of the prompts, drawn by their text and a purpose: always the same ones, and never all.
pub(crate) struct Drawn {
    purpose: &'static str,
    /// Prompts whose number is below this are drawn.
    below: u64,
}

impl Drawn {
    /// At least one prompt where the share is above 0 and there are two.
    pub(crate) fn new(pairs: &[Labelled], share: f64, purpose: &'static str) -> Result<Self> {
        if !(0.0..1.0).contains(&share) {
            return Err(Error::new(format!("the share that is {purpose} must be at least 0 and below 1")));
        }
        let own = Self { purpose, below: 0 };
        let numbers: BTreeSet<u64> = pairs.iter().map(|labelled| own.number(labelled)).collect();
        let most = numbers.len().saturating_sub(1);
        let wanted =
            ((share * numbers.len() as f64).round() as usize).max(usize::from(share > 0.0)).min(most);
        let below = if wanted == 0 { 0 } else { numbers.iter().nth(wanted).copied().unwrap_or(0) };
        Ok(Self { below, ..own })
    }

    pub(crate) fn takes(&self, labelled: &Labelled) -> bool {
        marked(labelled) || self.number(labelled) < self.below
    }

    fn number(&self, labelled: &Labelled) -> u64 {
        fixed(&(self.purpose, labelled.pair.prompt_text().as_ref()))
    }
}

/// Whether an earlier run has held a pair out: what was never trained on stays so.
pub(crate) fn marked(labelled: &Labelled) -> bool {
    labelled.pair.metadata.get(HELD_OUT) == Some(&Value::Bool(true))
}

/// A remark on pairs that an earlier run has held out.
pub(crate) fn held_before(pairs: &[Labelled]) -> Option<String> {
    let count = pairs.iter().filter(|labelled| marked(labelled)).count();
    (count > 0).then(|| {
        format!(
            "{} held out by an earlier run (`{HELD_OUT}` in the file), and held out again",
            if count == 1 { "1 pair was".to_owned() } else { format!("{count} pairs were") }
        )
    })
}

/// The field that says whether a pair was held out.
const HELD_OUT: &str = "held_out";

/// Whether pairs are trained on or held out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    Trained,
    HeldOut,
}

/// Pairs that are trained on, and those that are held out: no prompt is on both sides.
pub(crate) fn split(pairs: Vec<Labelled>, share: f64) -> Result<[Vec<Labelled>; 2]> {
    let drawn = Drawn::new(&pairs, share, "held out")?;
    let (held_out, trained) = pairs.into_iter().partition(|labelled| drawn.takes(labelled));
    Ok([trained, held_out])
}

/// Writes the pairs with their labels, in a form that Predilect and TRL read.
pub(crate) fn keep_pairs(folder: &Folder, made: &Made) -> Result<()> {
    let of = |pairs: &[(Labelled, Example)]| {
        pairs.iter().map(|(labelled, _)| labelled.clone()).collect::<Vec<_>>()
    };
    keep_labelled(folder, [(Side::Trained, &of(&made.trained)), (Side::HeldOut, &of(&made.held_out))])
}

/// The same without tokens.
pub(crate) fn keep_labelled(folder: &Folder, parts: [(Side, &Vec<Labelled>); 2]) -> Result<()> {
    let mut text = Vec::new();
    for (side, pairs) in parts {
        for labelled in pairs {
            text.extend(line(&record(labelled, side == Side::HeldOut))?);
        }
    }
    folder.write(PAIRS, &text).map(drop)
}

fn record(labelled: &Labelled, held_out: bool) -> Value {
    let turns: Vec<Value> = labelled
        .pair
        .prompt
        .iter()
        .map(|turn| json!({ "role": turn.role.to_string(), "content": turn.content }))
        .collect();
    let answer = |text: &str| json!([{ "role": "assistant", "content": text }]);
    let mut out = Map::new();
    out.insert("id".to_owned(), labelled.pair.id.clone().into());
    out.insert("prompt".to_owned(), turns.into());
    match labelled.completions()[..] {
        [chosen, rejected] => {
            out.insert("chosen".to_owned(), answer(chosen));
            out.insert("rejected".to_owned(), answer(rejected));
            out.insert("p".to_owned(), labelled.p.into());
        }
        [completion] => {
            out.insert("completion".to_owned(), answer(completion));
            out.insert("label".to_owned(), labelled.a_is_chosen.into());
        }
        _ => {}
    }
    out.insert(HELD_OUT.to_owned(), held_out.into());
    if let Some(why) = &labelled.why {
        out.insert("why".to_owned(), json!(why));
    }
    out.into()
}
