//! Who says how probable both responses of a pair are: models in this process, or behind servers that echo log-probabilities.

use std::path::Path;

use predilect_learn::model::{Model, Pass, Tree};
use predilect_learn::tokens::Tokens;
use predilect_learn::{Example, open, open_tokens};
use predilect_results::format::counted;
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{Error, Event, Inputs, ModelSpec, Passage, Prober, Result, Step, Study, Watch};

use crate::mistakes::learnt;
use crate::request::RankingRequest;

/// What keeps a study for itself while its log of calls grows.
const VERB: &str = "ranking-accuracy";

/// Log-probabilities of both responses of a pair: summed, and their tokens.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Scored {
    pub(crate) sums: [f64; 2],
    pub(crate) tokens: [usize; 2],
}

impl Scored {
    fn of(model: &Model, example: &Example, pass: Pass) -> Self {
        let tree = Tree::new(&example.prompt, &[&example.completions[0], &example.completions[1]]);
        let logps = model.forward(&tree, pass).logps;
        let sum = |side| logps[tree.completion(side)].iter().map(|p| f64::from(*p)).sum();
        Self { sums: [sum(0), sum(1)], tokens: [0, 1].map(|side| tree.completion(side).len()) }
    }

    pub(crate) fn per_token(self) -> [f64; 2] {
        [0, 1].map(|side| self.sums[side] / self.tokens[side] as f64)
    }
}

/// What the model says of a pair, and the reference, if there is one. `None` where a server has not answered.
pub(crate) type Said = Option<(Scored, Option<Scored>)>;

/// The models that rank pairs.
pub(crate) enum Rankers {
    Here(Box<Here>),
    Servers(Box<Servers>),
}

impl Rankers {
    pub(crate) fn open(request: &RankingRequest, watch: &dyn Watch) -> Result<(Self, Tokens)> {
        let Some(model) = &request.server else {
            let (here, tokens) = Here::open(request)?;
            return Ok((Self::Here(Box::new(here)), tokens));
        };
        let calls = request.calls.clone().unwrap_or_default();
        let begin = |spec: &ModelSpec| Prober::begin(spec, &calls, watch);
        let reference = request.reference_server.as_ref().map(begin).transpose()?;
        let tokens = open_tokens(&request.model).map_err(learnt)?;
        Ok((Self::Servers(Box::new(Servers { model: begin(model)?, reference })), tokens))
    }

    /// Tokens that the models were made for, as far as that is known.
    pub(crate) fn context(&self) -> usize {
        match self {
            Self::Here(here) => here.context(),
            Self::Servers(_) => usize::MAX,
        }
    }

    /// Whether there is a reference.
    pub(crate) fn refer(&self) -> bool {
        match self {
            Self::Here(here) => here.reference.is_some() || here.has_adapter,
            Self::Servers(servers) => servers.reference.is_some(),
        }
    }

    /// What they say of pairs, each with its id; and what of servers' failures is to be known.
    pub(crate) fn say(
        &self,
        pairs: &[(&str, Example)],
        inputs: &Inputs<'_>,
        watch: &dyn Watch,
    ) -> Result<(Vec<Said>, Vec<String>)> {
        match self {
            Self::Servers(servers) => servers.say(pairs, inputs, watch),
            Self::Here(here) => {
                watch.event(Event::Begin(Step::Scoring, Some(pairs.len() as u64)));
                let mut said = Vec::with_capacity(pairs.len());
                for (id, example) in pairs {
                    if watch.cancelled() {
                        watch.event(Event::End);
                        return Err(Error::cancelled());
                    }
                    said.push(Some(here.score(example, id)?));
                    watch.event(Event::More(1));
                }
                watch.event(Event::End);
                Ok((said, Vec::new()))
            }
        }
    }
}

/// Models in this process.
pub(crate) struct Here {
    model: Model,
    /// A separate model, or `None`: then it is the model without its adapter, if it has one.
    reference: Option<Model>,
    has_adapter: bool,
}

impl Here {
    fn context(&self) -> usize {
        let other = self.reference.as_ref().map_or(usize::MAX, |model| model.config.context);
        self.model.config.context.min(other)
    }

    fn open(request: &RankingRequest) -> Result<(Self, Tokens)> {
        let (mut model, tokens) = open(&request.model).map_err(learnt)?;
        model.threads = predilect_learn::threads();
        if let Some(folder) = &request.adapter {
            model.load_adapter(folder).map_err(learnt)?;
        }
        let reference = match &request.reference {
            None => None,
            Some(path) => {
                let (mut reference, theirs) = open(path).map_err(learnt)?;
                reference.threads = model.threads;
                if theirs.size() != tokens.size() {
                    return Err(Error::new("model and reference have different tokenizers"));
                }
                Some(reference)
            }
        };
        Ok((Self { model, reference, has_adapter: request.adapter.is_some() }, tokens))
    }

    fn score(&self, example: &Example, id: &str) -> Result<(Scored, Option<Scored>)> {
        let models = [Some(&self.model), self.reference.as_ref()];
        for model in models.into_iter().flatten() {
            example.fits(model.config.vocab).map_err(learnt)?;
        }
        let own = Scored::of(&self.model, example, Pass::Score);
        let theirs = match &self.reference {
            Some(reference) => Some(Scored::of(reference, example, Pass::Score)),
            None => self.has_adapter.then(|| Scored::of(&self.model, example, Pass::Reference)),
        };
        for (whose, scored) in [("model", Some(own)), ("reference", theirs)] {
            if scored.is_some_and(|scored| scored.sums.iter().any(|sum| !sum.is_finite())) {
                return Err(Error::new(format!(
                    "pair {id}: the log-probability under the {whose} is not finite (are its weights damaged?)"
                )));
            }
        }
        Ok((own, theirs))
    }
}

/// Models behind servers.
pub(crate) struct Servers {
    model: Prober,
    reference: Option<Prober>,
}

impl Servers {
    /// What was answered is kept in the log of a study; without a study nothing is.
    fn say(
        &self,
        pairs: &[(&str, Example)],
        inputs: &Inputs<'_>,
        watch: &dyn Watch,
    ) -> Result<(Vec<Said>, Vec<String>)> {
        let scratch = Scratch::new()?;
        let lock = inputs.study().map(|folder| Study::open(folder)?.lock(VERB)).transpose()?;
        let folder = inputs.study().unwrap_or(scratch.path());
        let mut failed = Vec::new();
        let own = asked(&self.model, pairs, folder, ("model", &mut failed, watch))?;
        let reference = self.reference.as_ref();
        let theirs = reference
            .map(|prober| asked(prober, pairs, folder, ("reference", &mut failed, watch)))
            .transpose()?;
        drop(lock);
        let said = own.into_iter().enumerate().map(|(at, own)| match &theirs {
            None => Some((own?, None)),
            Some(theirs) => Some((own?, Some(theirs[at]?))),
        });
        Ok((said.collect(), failed))
    }
}

/// What one server says of pairs.
fn asked(
    prober: &Prober,
    pairs: &[(&str, Example)],
    folder: &Path,
    (whose, failed, watch): (&str, &mut Vec<String>, &dyn Watch),
) -> Result<Vec<Option<Scored>>> {
    let passages: Vec<Passage> = pairs
        .iter()
        .flat_map(|(_, example)| {
            example.completions.iter().map(|completion| Passage {
                tokens: [&example.prompt[..], completion].concat(),
                from: example.prompt.len(),
            })
        })
        .collect();
    let told = prober.ask(folder, &passages, watch)?;
    if let Some(stopped) = told.stopped {
        return Err(stopped);
    }
    failed.extend(told.failures.0.values().map(|failure| {
        let count = counted(failure.questions, "question", "questions");
        format!("{count} about the {whose} without an answer, e.g. {}", failure.example)
    }));
    let scored = pairs.iter().zip(told.sums.chunks(2)).map(|((_, example), sums)| match sums {
        [Some(chosen), Some(rejected)] => Some(Scored {
            sums: [*chosen, *rejected],
            tokens: [0, 1].map(|side: usize| example.completions[side].len()),
        }),
        _ => None,
    });
    Ok(scored.collect())
}
