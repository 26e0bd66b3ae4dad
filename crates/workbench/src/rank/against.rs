//! Every model's outputs against those of one baseline, for length-controlled win rates.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write;

use predilect_analysis::ranking::{Against, published_difficulty};
use predilect_data::{Record, Study, read};
use sha2::{Digest, Sha256};

use super::battles::{LeftOut, ORPHANS, left_out, prompt_of};
use crate::error::{Error, Remedy, Result};
use crate::inputs::Inputs;
use crate::watch::{Event, Step, Watch};

const OTHERS: &str = "pairs without the baseline, or without two named models";

/// Outputs against those of a baseline.
#[derive(Debug)]
pub(super) struct AgainstBaseline {
    /// The baseline.
    pub(super) baseline: String,
    /// All other outputs.
    pub(super) outputs: Vec<Against>,
    /// Whose verdicts there are.
    pub(super) judges: Vec<String>,
    /// What is left out, by reason.
    pub(super) left_out: LeftOut,
}

/// Every output against the baseline's on the same prompt; `judges`: whose verdicts count; empty: all.
///
/// # Errors
///
/// When the inputs cannot be read, no pair has texts, or no model is in every pair and none is named.
#[expect(
    clippy::too_many_lines,
    reason = "one pass over the records that fills the battles, and one over these"
)]
pub(super) fn against_baseline(
    inputs: &Inputs<'_>,
    judges: &[String],
    baseline: Option<&str>,
    watch: &dyn Watch,
) -> Result<AgainstBaseline> {
    let wanted_judges = judges;
    let mut pairs: Vec<Battle> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let (mut skipped, mut orphans) = (0, 0);
    let mut judges: BTreeSet<String> = BTreeSet::new();
    let mut any_text = false;
    let mut take = |record: Record| match record {
        Record::Pair(pair) => {
            any_text |= pair.has_text();
            let models = pair.response_a.model.clone().zip(pair.response_b.model.clone());
            skipped += u64::from(models.is_none());
            if let Some(models) = models {
                places.insert(pair.id.clone(), pairs.len());
                let characters =
                    [&pair.response_a, &pair.response_b].map(|r| r.text().chars().count() as f64);
                let longer_a = characters[0] - characters[1];
                pairs.push(Battle {
                    models,
                    prompt: prompt_of(&pair, pairs.len() as u64),
                    difficulty: difficulty_of(&pair.prompt_text()),
                    longer_a,
                    verdicts: Vec::new(),
                });
            }
        }
        Record::Verdict(verdict) => {
            // A verdict of weight 0 does not count.
            let wanted =
                (wanted_judges.is_empty() || wanted_judges.contains(&verdict.judge)) && verdict.weight > 0.0;
            match places.get(&verdict.pair) {
                Some(&place) if wanted => {
                    pairs[place].verdicts.push(verdict.p_a);
                    if !judges.contains(&verdict.judge) {
                        judges.insert(verdict.judge);
                    }
                }
                None if wanted => orphans += 1,
                _ => {}
            }
        }
        Record::Rating(_) => {}
    };
    if let Some(folder) = inputs.study() {
        let study = Study::open(folder)?;
        for batch in study.pairs()? {
            batch?.into_iter().for_each(|pair| take(Record::Pair(Box::new(pair))));
        }
        for batch in study.verdicts()? {
            batch?.into_iter().for_each(|verdict| take(Record::Verdict(verdict)));
        }
    } else {
        watch.event(Event::Begin(Step::Reading, None));
        let progress = &mut |p: predilect_data::Progress<'_>| watch.event(Event::At(p.bytes_read));
        let mut scratch = None;
        let (files, options) = inputs.files(&mut scratch)?;
        read(&files, &options, progress, &mut |record| {
            take(record);
            Ok(())
        })?;
        watch.event(Event::End);
    }
    if !any_text && !pairs.is_empty() {
        return Err(Error::new("the pairs have no texts, so the lengths of their responses are not known")
            .remedy(Remedy::RankWithoutTexts));
    }
    let baseline = baseline_of(baseline, &pairs)?;
    let mut outputs = Vec::new();
    for battle in pairs {
        let (model, sign) = match &battle.models {
            (a, b) if *a == baseline => (b, -1.0),
            (a, b) if *b == baseline => (a, 1.0),
            _ => {
                skipped += 1;
                continue;
            }
        };
        let one = |p_a: Option<f64>| Against {
            model: model.clone(),
            prompt: battle.prompt,
            preference: p_a.map(|p| if sign > 0.0 { p } else { 1.0 - p }),
            longer_by: sign * battle.longer_a,
            difficulty: battle.difficulty,
        };
        // Several verdicts on one output are one preference: their mean.
        let count = battle.verdicts.len() as f64;
        outputs.push(one((count > 0.0).then(|| battle.verdicts.iter().sum::<f64>() / count)));
    }
    let left_out = left_out(&[(OTHERS, skipped), (ORPHANS, orphans)]);
    Ok(AgainstBaseline { baseline, outputs, judges: judges.into_iter().collect(), left_out })
}

/// Two outputs on one prompt.
struct Battle {
    models: (String, String),
    prompt: u64,
    /// AlpacaEval's difficulty of the prompt.
    difficulty: Option<f64>,
    /// Characters of A less those of B.
    longer_a: f64,
    verdicts: Vec<f64>,
}

fn baseline_of(wanted: Option<&str>, battles: &[Battle]) -> Result<String> {
    let has = |battle: &Battle, name: &str| battle.models.0 == name || battle.models.1 == name;
    let Some(first) = battles.first() else {
        return Err(Error::new("no pair names two models").remedy(Remedy::KnownFormats));
    };
    match wanted {
        Some(name) if battles.iter().any(|battle| has(battle, name)) => Ok(name.to_owned()),
        Some(name) => Err(Error::new(format!("there is no model `{name}`")).remedy(Remedy::OtherBaseline)),
        None => [&first.models.0, &first.models.1]
            .into_iter()
            .find(|name| battles.iter().all(|battle| has(battle, name)))
            .cloned()
            .ok_or_else(|| Error::new("no model is in every pair").remedy(Remedy::NameBaseline)),
    }
}

/// AlpacaEval's difficulty of the prompt with that text, against its own baseline; `None` for other prompts.
pub fn difficulty_of(prompt: &str) -> Option<f64> {
    published_difficulty(&sha256(prompt))
}

/// The SHA-256 of a text in hexadecimal digits.
fn sha256(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().fold(String::new(), |mut digits, byte| {
        // Writing to a string does not fail.
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
