//! Self-generated preferences (SPA, arXiv 2406.04412): a few labels to begin with, then rounds in which the model answers prompts itself,
//! calls those answers better whose probability has grown more since it began, and learns from that, doubtful labels smoothed.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::path::Path;

use predilect_learn::model::{Model, SampleOptions};
use predilect_learn::spa_training::{ExpansionOptions, Initial, expand};
use predilect_learn::tokens::Tokens;
use predilect_learn::{Example, Refinement, TrainingOptions, open};
use predilect_results::training::{PairCount, RoundRow, TrainJson};
use predilect_types::{Pair, Response};
use predilect_workbench::{Error, Event, Inputs, Ran, Result, Step, Watch, Workbench};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::asked::asked;
use crate::examples::Texts;
use crate::folder::Folder;
use crate::made::{Drawn, Made, examples};
use crate::mistakes::learnt;
use crate::pairs::Labelled;
use crate::ready::{adapted, counted, doubts, labelled, makes_sense, nobody_held_out, objective};
use crate::request::{Outputs, TrainRequest};
use crate::run::{Parts, Said, Training};
use crate::stages::Stages;

/// The loss of every round: the one whose labels can be doubted.
const LOSS: &str = "soft";
/// The answers of a round.
const ANSWERS: &str = "answers.jsonl";

/// How a model labels its own responses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SpaRequest {
    /// Rounds; the prompts without labels are shared among them.
    pub rounds: usize,
    /// Share of the prompts whose labels are used; of the others, the prompts only.
    pub seed_share: f64,
    /// Responses to each prompt, of which the best is paired with the worst.
    pub samples: usize,
    /// The most tokens of a response.
    pub max_tokens: usize,
}

/// One prompt's answers, as stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Answered {
    pair: Option<(Vec<u32>, Vec<u32>)>,
    p: f64,
    repeated: usize,
    empty: usize,
}

/// What all rounds share.
struct Rounds<'a> {
    request: &'a TrainRequest,
    spa: &'a SpaRequest,
    tokens: Tokens,
    /// The prompts without labels: a pair that has each, and its tokens.
    prompts: Vec<(Pair, Vec<u32>)>,
    /// The pairs on which every stage is evaluated.
    held_out: Vec<(Labelled, Example)>,
    /// The most tokens of a prompt and one response.
    most: usize,
    watch: &'a dyn Watch,
}

/// Trains on a few labels, then on the model's own.
///
/// # Errors
///
/// As [`Training::begin`], and when shares or rounds make no sense.
pub fn train_with_own_labels(
    request: &TrainRequest,
    spa: &SpaRequest,
    (inputs, output): (&Inputs<'_>, &Path),
    watch: &dyn Watch,
) -> Result<Ran<TrainJson>> {
    check(request, spa)?;
    makes_sense(request)?;
    let objective = objective(request)?;
    let bench = Workbench::of(inputs, None, watch)?;
    let (chosen, relabelled) = labelled(&bench, request, watch)?;
    let (mut model, tokens) = open(&request.model).map_err(learnt)?;
    model.threads = predilect_learn::threads();
    let lora = adapted(&mut model, request)?;
    let mut texts = Texts::new(&tokens, &request.texts, model.config.context);
    let Made { trained, held_out } = examples(&chosen, &mut texts, request.held_out)?;
    let all: Vec<Labelled> = trained.iter().map(|(labelled, _)| labelled.clone()).collect();
    let drawn = Drawn::new(&all, spa.seed_share, "labelled")?;
    let (seed, rest): (Vec<_>, Vec<_>) = trained.into_iter().partition(|(labelled, _)| drawn.takes(labelled));
    let unused = rest.len() as u64;
    let mut prompts = distinct(rest);
    let cut = shorten(&mut prompts, (texts.most, spa.max_tokens));
    let made = Made { trained: seed, held_out };
    let mut count = counted(texts.count.clone(), &chosen, &made);
    count.prompts_cut += cut;
    count.left_out.insert("label not used (SPA uses the prompt only)".to_owned(), unused);
    if made.trained.is_empty() || prompts.len() < spa.rounds {
        return Err(too_few(made.trained.len(), prompts.len(), spa.rounds));
    }
    let mut all = asked(request, inputs, made.mark(), Folder::asked(output).as_ref())?;
    all["spa"] = serde_json::to_value(spa).unwrap_or_default();
    let whole = Folder::open(output, &all)?;
    let folder = Folder::open(&whole.path.join("seed"), &json!({ "seed": true }))?;
    whole.keep_weights(chosen.weights.as_ref())?;
    let nobody = nobody_held_out(request, &made);
    let mut remarks: Vec<String> =
        chosen.remarks.iter().cloned().chain(texts.remarks()).chain(nobody).collect();
    remarks.extend(doubts(&objective, &made.summary(None, request.training.batch)));
    let said = Said { count, judge: chosen.judge, relabelled, remarks, ..Said::default() };
    let (most, held_out) = (texts.most, made.held_out.clone());
    let parts = Parts { folder, model, lora, made, degraded: Vec::new(), refined: None, said };
    let first = Training::of(&inner(request), parts, watch)?.run(watch)?;
    let rounds = Rounds { request, spa, tokens, prompts, held_out, most, watch };
    rounds.run(&whole, first)
}

fn too_few(labelled: usize, prompts: usize, rounds: usize) -> Error {
    Error::new(format!(
        "{labelled} labelled pairs and {prompts} unlabelled prompts are too few for {rounds} rounds"
    ))
    .words("use more pairs, a different share of labels, or fewer rounds")
}

fn check(request: &TrainRequest, spa: &SpaRequest) -> Result<()> {
    if !(spa.seed_share > 0.0 && spa.seed_share < 1.0) {
        return Err(Error::new("the share of labels must be between 0 and 1"));
    }
    if spa.rounds == 0 || spa.rounds > 100 || spa.samples < 2 || spa.max_tokens == 0 {
        return Err(Error::new("SPA needs at least one round, two samples per prompt, and one token"));
    }
    if request.lora.is_none() || request.adapter.is_some() {
        return Err(Error::new("SPA needs a newly created adapter"));
    }
    if request.degrees.is_some() || request.patience.is_some() {
        return Err(Error::new("SPA cannot be combined with the degree loss or early stopping"));
    }
    Ok(())
}

/// The request of one stage: what is written is written at the end.
fn inner(request: &TrainRequest) -> TrainRequest {
    TrainRequest { outputs: Outputs::default(), ..request.clone() }
}

/// The first pair of each prompt.
fn distinct(pairs: Vec<(Labelled, Example)>) -> Vec<(Pair, Vec<u32>)> {
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for (labelled, example) in pairs {
        if seen.insert(labelled.pair.prompt_text().into_owned()) {
            found.push((labelled.pair, example.prompt));
        }
    }
    found
}

/// Cuts prompts from the left so that a response of so many tokens has room after each; a quarter of the length is always the prompt's.
/// How many were cut.
fn shorten(prompts: &mut [(Pair, Vec<u32>)], (most, response): (usize, usize)) -> u64 {
    let room = most.saturating_sub(response).max(most / 4);
    let mut cut = 0;
    for (_, prompt) in prompts {
        if prompt.len() > room {
            prompt.drain(..prompt.len() - room);
            cut += 1;
        }
    }
    cut
}

impl Rounds<'_> {
    fn run(&self, whole: &Folder, first: Ran<TrainJson>) -> Result<Ran<TrainJson>> {
        let mut rows = Vec::new();
        let mut stages = Stages::default();
        stages.add(&first.found);
        let Ran { found: mut first, mut stopped } = first;
        let mut before = whole.path.join("seed");
        for round in 1..=self.spa.rounds {
            if stopped.is_some() {
                break;
            }
            let place = whole.path.join(format!("round-{round}"));
            let folder = Folder::open(&place, &json!({ "round": round }))?;
            let Some((answers, prompts)) = self.answer(round, &before, &folder)? else {
                stopped = Some(Error::cancelled().resumable());
                break;
            };
            let ran = self.train(round, &before, folder, &answers)?;
            rows.push(row(round, (prompts, &answers), &ran.found));
            stages.add(&ran.found);
            stopped = ran.stopped;
            before = place;
        }
        let begun = rows.len();
        for round in begun + 1..=self.spa.rounds {
            let plan = self.of_round().plan(self.share(round).len()).map_err(learnt)?;
            stages.planned += plan.steps as u64;
        }
        whole.note(&stages.curve)?.keep()?;
        self.leave(whole, &before, &mut first)?;
        let stopped_by = stopped.as_ref().map(|error| error.message().to_owned());
        let output = whole.path.display().to_string();
        let found = stages.of(TrainJson { rounds: rows, output, stopped: stopped_by, ..first });
        Ok(Ran { found, stopped })
    }

    /// How long and how fast in a round. As published: the labels that the model gave itself are seen once.
    fn of_round(&self) -> TrainingOptions {
        TrainingOptions { epochs: 1.0, ..self.request.training.clone() }
    }

    /// The model with the adapter of a stage.
    fn model(&self, stage: &Path) -> Result<Model> {
        let mut model = Model::open(&self.request.model).map_err(learnt)?;
        model.threads = predilect_learn::threads();
        model.load_adapter(stage).map_err(learnt)?;
        Ok(model)
    }

    /// Prompts of a round.
    fn share(&self, round: usize) -> &[(Pair, Vec<u32>)] {
        let at = |round: usize| self.prompts.len() * round / self.spa.rounds;
        &self.prompts[at(round - 1)..at(round)]
    }

    /// Answers the prompts of a round, those that are not answered yet; `None` if it was stopped.
    fn answer(&self, round: usize, before: &Path, folder: &Folder) -> Result<Option<(Vec<Answered>, u64)>> {
        let path = folder.path.join(ANSWERS);
        let mut answers: Vec<Answered> = match std::fs::File::open(&path) {
            Err(_) => Vec::new(),
            Ok(file) => {
                let lines = BufReader::new(file).lines().map_while(std::result::Result::ok);
                lines.map_while(|line| serde_json::from_str(&line).ok()).collect()
            }
        };
        let prompts = self.share(round);
        answers.truncate(prompts.len());
        let mut file = folder.lines(ANSWERS, &answers)?;
        let policy = self.model(before)?;
        self.watch.event(Event::Begin(Step::Writing("answers"), Some(prompts.len() as u64)));
        self.watch.event(Event::At(answers.len() as u64));
        for (number, (_, prompt)) in prompts.iter().enumerate().skip(answers.len()) {
            if self.watch.cancelled() {
                self.watch.event(Event::End);
                return Ok(None);
            }
            let answer = self.answered(&policy, prompt, (round, number))?;
            file.add(&answer)?;
            answers.push(answer);
            self.watch.event(Event::More(1));
        }
        self.watch.event(Event::End);
        Ok(Some((answers, prompts.len() as u64)))
    }

    fn answered(&self, policy: &Model, prompt: &[u32], (round, number): (usize, usize)) -> Result<Answered> {
        // What is left of the longest that a pair may be.
        let room = self.most.saturating_sub(prompt.len());
        if room == 0 {
            return Ok(Answered { pair: None, p: 0.5, repeated: 0, empty: self.spa.samples });
        }
        let drawn = ((round as u64) << 32) | number as u64;
        let options = ExpansionOptions {
            samples: self.spa.samples,
            beta: self.request.losses.beta,
            sampling: SampleOptions {
                max_tokens: self.spa.max_tokens.min(room),
                stop: self.tokens.ends().to_vec(),
                seed: self.request.training.seed.wrapping_mul(0x9E37_79B9).wrapping_add(drawn),
                ..SampleOptions::default()
            },
        };
        let found = expand(policy, Initial::Bare, prompt, &options).map_err(learnt)?;
        let pair = found.example(prompt, 1.0).map(|example| {
            let [best, worst] = <[Vec<u32>; 2]>::try_from(example.completions).unwrap_or_default();
            (best, worst)
        });
        Ok(Answered { pair, p: found.p, repeated: found.repeated, empty: found.empty })
    }

    /// Trains on the answers of a round, from where the stage before it ended, which is the reference too.
    fn train(
        &self,
        round: usize,
        before: &Path,
        folder: Folder,
        answers: &[Answered],
    ) -> Result<Ran<TrainJson>> {
        let request = TrainRequest {
            loss: LOSS.parse().map_err(|e| Error::new(format!("{e}")))?,
            adapter: Some(before.to_owned()),
            training: self.of_round(),
            ..inner(self.request)
        };
        let mut trained = Vec::new();
        for ((pair, prompt), answer) in self.share(round).iter().zip(answers) {
            let Some((best, worst)) = &answer.pair else { continue };
            let labelled = Labelled::of(self.written(pair, [best, worst])?, 1.0, false);
            let completions = vec![best.clone(), worst.clone()];
            trained.push((labelled, Example { prompt: prompt.clone(), completions, p: 1.0, weight: 1.0 }));
        }
        if trained.is_empty() {
            return Err(Error::new(format!("in round {round}, no prompt got two different responses"))
                .words("allow longer responses, or use more labels"));
        }
        let (model, reference) = (self.model(before)?, self.model(before)?);
        let held_out = self.held_out.clone();
        let count = PairCount {
            trained: trained.len() as u64,
            held_out: held_out.len() as u64,
            ..PairCount::default()
        };
        let parts = Parts {
            folder,
            model,
            lora: self.request.lora.clone(),
            made: Made { trained, held_out },
            degraded: Vec::new(),
            refined: Some((Refinement::of_round(round), reference)),
            said: Said { count, ..Said::default() },
        };
        Training::of(&request, parts, self.watch)?.run(self.watch)
    }

    /// The pair with the model's own responses.
    fn written(&self, pair: &Pair, [best, worst]: [&[u32]; 2]) -> Result<Pair> {
        let ends = self.tokens.ends();
        let text = |tokens: &[u32]| {
            let plain: Vec<u32> = tokens.iter().copied().filter(|token| !ends.contains(token)).collect();
            self.tokens.decode(&plain).map_err(|e| Error::new(e.to_string()))
        };
        Ok(Pair {
            response_a: Response::new(text(best)?, None),
            response_b: Response::new(text(worst)?, None),
            ..pair.clone()
        })
    }

    /// What all rounds leave: the adapter of the last one, and the other forms that were asked for.
    fn leave(&self, whole: &Folder, last: &Path, found: &mut TrainJson) -> Result<()> {
        let model = self.model(last)?;
        let lora = self.request.lora.as_ref();
        let outputs = crate::outputs::Outputs { lora, model: &model, request: self.request };
        found.files = outputs.write(whole, &mut found.remarks)?;
        found.files.retain(|_, path| Path::new(path).exists());
        Ok(())
    }
}

fn row(round: usize, (prompts, answers): (u64, &[Answered]), found: &TrainJson) -> RoundRow {
    let pairs: Vec<&Answered> = answers.iter().filter(|answer| answer.pair.is_some()).collect();
    let doubtful: Vec<f64> = found.curve.iter().filter_map(|row| row.doubtful).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let look = found.evaluations.last();
    RoundRow {
        round: round as u64,
        prompts,
        pairs: pairs.len() as u64,
        repeated: answers.iter().map(|answer| answer.repeated as u64).sum(),
        empty: answers.iter().map(|answer| answer.empty as u64).sum(),
        mean_p: mean(&pairs.iter().map(|answer| answer.p).collect::<Vec<f64>>()),
        loss: found.loss.clone(),
        steps: found.steps,
        doubtful: (!doubtful.is_empty()).then(|| mean(&doubtful)),
        first_loss: found.curve.first().map(|row| row.loss),
        last_loss: found.curve.last().map(|row| row.loss),
        held_out_loss: look.map(|look| look.loss),
        held_out_accuracy: look.and_then(|look| look.accuracy),
    }
}
