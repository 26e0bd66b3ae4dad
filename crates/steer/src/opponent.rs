//! What responses are compared with: the plain arm, a file of outputs, or another model.

use std::collections::HashMap;

use predilect_workbench::{Error, ModelSpec, Result, Watch, WriteRequest, Writer};

use crate::arms::PLAIN;
use crate::prompts::{Prompt, Prompts, Protocol, outputs, references};
use crate::request::{Baseline, SteerRequest};

/// What responses are compared with.
pub(crate) enum Opponent {
    /// The plain arm.
    Plain,
    /// Outputs of a file, by prompt.
    Outputs { name: String, by_prompt: Vec<Option<String>> },
    /// A model that is asked too.
    Model { name: String, writer: Box<Writer> },
}

impl Opponent {
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Plain => PLAIN,
            Self::Outputs { name, .. } | Self::Model { name, .. } => name,
        }
    }
}

/// How a model is asked for responses.
pub(crate) fn writes(request: &SteerRequest, model: &ModelSpec) -> WriteRequest {
    WriteRequest {
        model: model.clone(),
        max_tokens: request.max_tokens,
        temperature: request.temperature,
        calls: request.calls.clone(),
    }
}

/// Takes the first prompts, as many as are wanted.
pub(crate) fn first(prompts: &mut Prompts, request: &SteerRequest) {
    if let Some(most) = request.limit {
        prompts.all.truncate(most);
    }
    prompts.count.asked = prompts.all.len() as u64;
}

/// Adds references to the prompts.
pub(crate) fn prepare(prompts: &mut Prompts, request: &SteerRequest, protocol: Protocol) -> Result<()> {
    if let Some(path) = &request.references {
        let known = references(path)?;
        for prompt in &mut prompts.all {
            if let Some(turns) = known.get(&prompt.id) {
                prompt.reference.clone_from(turns);
            }
        }
    }
    if request.turns == 2 && prompts.all.iter().all(|prompt| prompt.second.is_none()) {
        return Err(Error::new("no prompt has a second turn").words("MT-Bench keeps them as `turns`"));
    }
    if protocol != Protocol::MtBench || request.turns == 1 {
        for prompt in &mut prompts.all {
            prompt.reference.truncate(1);
        }
    }
    Ok(())
}

/// Categories of MT-Bench whose answers are graded beside a reference.
const REFERENCED: [&str; 3] = ["math", "reasoning", "coding"];

/// Prompts of MT-Bench that should have a reference and have none.
pub(crate) fn unreferenced(prompts: &[Prompt], protocol: Protocol) -> Option<String> {
    let right_or_wrong =
        |prompt: &&Prompt| prompt.group.as_deref().is_some_and(|group| REFERENCED.contains(&group));
    let of = prompts.iter().filter(right_or_wrong).count();
    let without = prompts.iter().filter(right_or_wrong).filter(|prompt| prompt.reference.is_empty()).count();
    (protocol == Protocol::MtBench && without > 0).then(|| {
        format!(
            "{without} of {of} prompts on mathematics, reasoning and coding have no reference answer: their responses are graded without, which MT-Bench does not do"
        )
    })
}

/// The opponent of the responses; prompts that a baseline lacks are left out.
pub(crate) fn opponent(
    request: &SteerRequest,
    prompts: &mut Prompts,
    protocol: Protocol,
    remarks: &mut Vec<String>,
    watch: &dyn Watch,
) -> Result<Opponent> {
    let (by_text, name) = match &request.baseline {
        Some(Baseline::Model(spec)) => {
            let writer = Box::new(Writer::begin(&writes(request, spec), watch)?);
            first(prompts, request);
            return Ok(Opponent::Model { name: spec.model.clone(), writer });
        }
        Some(Baseline::File(path)) => {
            let (found, name) = outputs(path)?;
            (found, name.unwrap_or_else(|| "baseline".to_owned()))
        }
        None if protocol == Protocol::AlpacaEval => {
            let own: HashMap<String, String> = prompts
                .all
                .iter()
                .filter_map(|prompt| Some((prompt.text().to_owned(), prompt.output.clone()?)))
                .collect();
            if own.is_empty() {
                return Err(Error::new("AlpacaEval compares responses with a baseline, and there is none")
                    .words("give the file of its outputs, or its model"));
            }
            (own, prompts.generator.clone().unwrap_or_else(|| "baseline".to_owned()))
        }
        None => {
            first(prompts, request);
            return Ok(Opponent::Plain);
        }
    };
    let before = prompts.all.len();
    prompts.all.retain(|prompt| by_text.contains_key(prompt.text()));
    let lacking = before - prompts.all.len();
    if prompts.all.is_empty() {
        return Err(Error::new(format!("{name} has an output on none of the prompts"))
            .words("outputs are found by the text of the prompt, which must be the same in both files"));
    }
    if lacking > 0 {
        prompts.count.left_out.insert(format!("without an output of {name}"), lacking as u64);
        remarks.push(format!("{lacking} prompts are left out: {name} has no output on them"));
    }
    first(prompts, request);
    let by_prompt = prompts.all.iter().map(|prompt| by_text.get(prompt.text()).cloned()).collect();
    Ok(Opponent::Outputs { name, by_prompt })
}
