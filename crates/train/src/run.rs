//! A training run: pairs and a model, then step after step, with checkpoints from which it is resumed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use predilect_learn::model::{LoraOptions, Model};
use predilect_learn::{Degraded, Evaluation, Example, LearnError, Refinement, Trainer, open};
use predilect_results::format;
use predilect_results::training::{
    AdapterShape, EvaluationRow, Kinds, PairCount, Relabelled, StepRow, TrainJson,
};
use predilect_workbench::{Done, Error, Event, Inputs, Ran, Remark, Result, Step, Watch, Workbench};

use crate::asked::asked;
use crate::examples::Texts;
use crate::folder::{Checkpoint, Folder, Lines, STEPS};
use crate::made::{Made, degraded, examples, held_before, keep_pairs};
use crate::mistakes::{damaged, diverging, learnt, not_evaluated, not_finite};
use crate::outputs::Outputs;
use crate::pairs::Labelled;
use crate::ready::{
    adapted, alone, counted, doubts, labelled, makes_sense, nobody_held_out, nothing, objective,
    without_pairs,
};
use crate::request::TrainRequest;
use crate::single::kinds;
use crate::told::{beside, diverged, row};

/// Seconds after which a checkpoint is made, whatever the steps.
const MOST_UNKEPT: Duration = Duration::from_mins(5);

/// A run that is ready: everything that can be refused was checked.
pub struct Training {
    request: TrainRequest,
    folder: Folder,
    trainer: Trainer,
    /// Ids of the pairs that are trained on, then of those that are held out.
    ids: Vec<String>,
    count: PairCount,
    judge: Option<String>,
    relabelled: Option<Relabelled>,
    /// Of single completions; `None` of pairs.
    kinds: Option<Kinds>,
    lora: Option<LoraOptions>,
    remarks: Vec<String>,
    /// Steps of earlier runs.
    curve: Vec<StepRow>,
}

/// What a run is made of.
pub(crate) struct Parts {
    pub(crate) folder: Folder,
    /// The model with what is trained of it marked.
    pub(crate) model: Model,
    pub(crate) lora: Option<LoraOptions>,
    pub(crate) made: Made,
    /// Degraded completions of every pair, where degrees are learnt.
    pub(crate) degraded: Vec<Vec<Degraded>>,
    /// How labels are refined, and by which reference.
    pub(crate) refined: Option<(Refinement, Model)>,
    pub(crate) said: Said,
}

/// What is reported of a run in addition to its steps.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) count: PairCount,
    pub(crate) judge: Option<String>,
    pub(crate) relabelled: Option<Relabelled>,
    pub(crate) kinds: Option<Kinds>,
    pub(crate) remarks: Vec<String>,
}

/// How the steps of a run ended.
enum Ended {
    /// All were made.
    Complete,
    /// The held-out loss was not smaller in this many evaluations.
    Patience(usize),
    /// From outside, or by a loss that is not a number.
    Stopped(Error),
    /// By weights that cannot be used, without any that can.
    Lost(Error),
}

/// What may end training early.
struct Patience {
    best: f64,
    at: usize,
    since: usize,
}

impl Training {
    /// Opens the pairs, the model and the folder; resumes from a checkpoint if there is one.
    ///
    /// # Errors
    ///
    /// When pairs or model cannot be read, a choice makes no sense, or the folder contains another run.
    pub fn begin(
        request: &TrainRequest,
        inputs: &Inputs<'_>,
        output: &Path,
        watch: &dyn Watch,
    ) -> Result<Self> {
        makes_sense(request)?;
        let objective = objective(request)?;
        let bench = Workbench::of(inputs, None, watch).map_err(|error| without_pairs(error, request))?;
        let (chosen, relabelled) = labelled(&bench, request, watch)?;
        let (mut model, tokens) = open(&request.model).map_err(learnt)?;
        model.threads = predilect_learn::threads();
        let lora = adapted(&mut model, request)?;
        let mut texts = Texts::new(&tokens, &request.texts, model.config.context);
        let made = examples(&chosen, &mut texts, request.held_out)?;
        let degraded = match &request.degrees {
            None => Vec::new(),
            Some(spo) => degraded(&made, &mut texts, spo)?,
        };
        let mut remarks = chosen.remarks.clone();
        remarks.extend(texts.remarks());
        remarks.extend(nobody_held_out(request, &made));
        remarks.extend(held_before(&chosen.pairs));
        remarks.extend(alone(request, &chosen));
        let count = counted(texts.count, &chosen, &made);
        if made.trained.is_empty() {
            return Err(nothing(&count, "used", chosen.are_single));
        }
        let kinds = kinds(&made, request)?;
        remarks.extend(doubts(&objective, &made.summary(kinds, request.training.batch)));
        // Whoever sees it now can still stop.
        for remark in &remarks {
            watch.event(Event::Remark(Remark::Beforehand(remark)));
        }
        let folder =
            Folder::open(output, &asked(request, inputs, made.mark(), Folder::asked(output).as_ref())?)?;
        folder.keep_weights(chosen.weights.as_ref())?;
        let said = Said { count, judge: chosen.judge, relabelled, kinds, remarks };
        Self::of(request, Parts { folder, model, lora, made, degraded, refined: None, said }, watch)
    }

    /// A run of parts that are ready.
    pub(crate) fn of(request: &TrainRequest, parts: Parts, watch: &dyn Watch) -> Result<Self> {
        let Parts { folder, model, lora, made, degraded, refined, said } = parts;
        let objective = objective(request)?;
        keep_pairs(&folder, &made)?;
        let id = |(labelled, _): &(Labelled, Example)| labelled.pair.id.clone();
        let ids = made.trained.iter().chain(&made.held_out).map(id).collect();
        let [trained, held_out] = [made.trained, made.held_out]
            .map(|some| some.into_iter().map(|(_, example)| example).collect::<Vec<_>>());
        let mut trainer =
            Trainer::new(model, objective, request.training.clone(), (trained, held_out)).map_err(learnt)?;
        if let Some(spo) = &request.degrees {
            trainer.degrees(spo, degraded).map_err(learnt)?;
        }
        if let Some((refinement, reference)) = refined {
            trainer.refine(refinement, Some(reference)).map_err(learnt)?;
        }
        let Said { count, judge, relabelled, kinds, remarks } = said;
        let mut own = Self {
            request: request.clone(),
            folder,
            trainer,
            ids,
            count,
            judge,
            relabelled,
            kinds,
            lora,
            remarks,
            curve: Vec::new(),
        };
        own.prepare(watch)?;
        own.resume()?;
        Ok(own)
    }

    /// What the reference says, where the model itself will change.
    fn prepare(&mut self, watch: &dyn Watch) -> Result<()> {
        let bare = self.lora.is_some() && self.request.adapter.is_none();
        let numbers = self.trainer.to_prepare(bare);
        self.trainer.keep_reference();
        if numbers.is_empty() {
            return Ok(());
        }
        watch.event(Event::Begin(Step::Referring, Some(numbers.len() as u64)));
        for number in numbers {
            if watch.cancelled() {
                watch.event(Event::End);
                return Err(Error::cancelled());
            }
            self.trainer.prepare(number);
            watch.event(Event::More(1));
        }
        watch.event(Event::End);
        Ok(())
    }

    fn resume(&mut self) -> Result<()> {
        if let Some(kept) = self.folder.kept(Checkpoint::Last) {
            self.trainer.restore(&kept).map_err(|error| damaged(&kept, &error))?;
            let made = self.trainer.steps();
            self.curve = self.folder.steps(made);
            if self.curve.len() < made {
                self.remarks.push(format!(
                    "{STEPS} has only {} of the {made} steps that were made: the others are missing from every curve",
                    self.curve.len()
                ));
            }
        }
        Ok(())
    }

    /// Trains to the end, or until it is stopped: the last checkpoint is then that of the last step.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written, the held-out pairs cannot be evaluated, or not even the first step has a loss.
    pub fn run(mut self, watch: &dyn Watch) -> Result<Ran<TrainJson>> {
        let began = Instant::now();
        let before = self.curve.last().map_or(0.0, |row| row.seconds);
        let mut patience = self.patience();
        let mut log = self.folder.note(&self.curve)?;
        watch.event(Event::Begin(Step::Training, Some(self.trainer.plan().steps as u64)));
        watch.event(Event::At(self.trainer.steps() as u64));
        let ended = self.steps(&mut log, (&mut patience, began, before), watch);
        watch.event(Event::End);
        let made = self.trainer.steps();
        let ended = match ended {
            // Nothing was learnt: nothing is left that could be taken for it.
            Ok(Ended::Stopped(error)) if made == 0 && error.resumes().is_none() => return Err(error),
            // What was learnt cannot be used, and must not take the place of what can.
            Ok(Ended::Lost(error)) => return Err(error),
            Ok(ended) => {
                self.keep_last(&log)?;
                ended
            }
            Err(error) => {
                // What can still be kept is; the first error is the one to know of.
                let _ = self.keep_last(&log);
                return Err(error);
            }
        };
        let kept_step = self.take_best(&patience)?;
        let outputs =
            Outputs { lora: self.lora.as_ref(), model: &self.trainer.model, request: &self.request };
        let files = outputs.write(&self.folder, &mut self.remarks)?;
        self.remarks.extend(diverged(&self.curve));
        let (why, stopped) = match ended {
            Ended::Complete => (None, None),
            Ended::Patience(looks) => (Some(no_better(looks)), None),
            Ended::Stopped(error) | Ended::Lost(error) => (Some(error.message().to_owned()), Some(error)),
        };
        let seconds = before + began.elapsed().as_secs_f64();
        let found = self.found(Found { seconds, made, kept_step, files, stopped: why });
        Ok(Ran { found, stopped })
    }

    /// Makes steps until there are no more, or something ends them.
    fn steps(
        &mut self,
        log: &mut Lines,
        (patience, began, before): (&mut Patience, Instant, f64),
        watch: &dyn Watch,
    ) -> Result<Ended> {
        let mut kept_at = Instant::now();
        while !self.trainer.done() {
            if let Some(most) = self.request.patience.filter(|most| patience.since >= *most) {
                return Ok(Ended::Patience(most));
            }
            if watch.cancelled() {
                return Ok(Ended::Stopped(Error::cancelled().resumable_after(Done::Steps)));
            }
            let record = match self.trainer.step() {
                Ok(record) => record,
                Err(LearnError::NotFinite { step, examples, weights }) => {
                    return self.astray((step, &examples, weights), log);
                }
                Err(error) => return Err(learnt(error)),
            };
            let mut row = row(&record, before + began.elapsed().as_secs_f64());
            let looked = if self.looks() { self.look(&mut row, patience) } else { Ok(false) };
            let kl = row.kl.or_else(|| self.curve.iter().rev().find_map(|row| row.kl));
            log.add(&row)?;
            watch.event(Event::Beside(&beside(&row, kl)));
            watch.event(Event::More(1));
            self.curve.push(row);
            match looked {
                Err(LearnError::NotFinite { step, examples, weights: true }) => {
                    return self.astray((step, &examples, true), log);
                }
                Err(LearnError::NotFinite { examples, .. }) => {
                    return Ok(Ended::Stopped(not_evaluated(&examples, &self.ids)));
                }
                looked => {
                    if looked.map_err(learnt)? {
                        self.keep(Checkpoint::Best)?;
                    }
                }
            }
            let due = self.trainer.steps().is_multiple_of(self.request.checkpoint_every.max(1));
            if due || kept_at.elapsed() > MOST_UNKEPT {
                self.keep_last(log)?;
                kept_at = Instant::now();
            }
        }
        Ok(Ended::Complete)
    }

    /// What becomes of a run whose loss is not finite. Weights that cannot be used are given up for those of the last checkpoint.
    fn astray(
        &mut self,
        (step, examples, weights): (usize, &[usize], bool),
        log: &mut Lines,
    ) -> Result<Ended> {
        if !weights {
            return Ok(Ended::Stopped(not_finite(step, examples, &self.ids)));
        }
        let Some(kept) = self.folder.kept(Checkpoint::Last) else {
            return Ok(Ended::Lost(diverging(step, (examples, &self.ids), None)));
        };
        self.trainer.restore(&kept).map_err(|error| damaged(&kept, &error))?;
        let made = self.trainer.steps();
        if !self.trainer.finite(examples) {
            return Ok(Ended::Lost(diverging(step, (examples, &self.ids), None)));
        }
        self.curve.retain(|row| row.step as usize <= made);
        *log = self.folder.note(&self.curve)?;
        Ok(Ended::Stopped(diverging(step, (examples, &self.ids), Some(made))))
    }

    /// Makes a checkpoint, behind the steps that led to it.
    fn keep_last(&self, log: &Lines) -> Result<()> {
        log.keep()?;
        self.keep(Checkpoint::Last)
    }

    fn keep(&self, which: Checkpoint) -> Result<()> {
        let files = self.trainer.checkpoint().map_err(learnt)?;
        self.folder.keep(which, &files)
    }

    /// Whether the distance from the reference is measured, and held-out pairs are evaluated, after this step.
    fn looks(&self) -> bool {
        let every = self.request.evaluates_every(self.count.held_out as usize);
        self.trainer.done() || self.trainer.steps().is_multiple_of(every)
    }

    fn patience(&self) -> Patience {
        let mut patience = Patience { best: f64::INFINITY, at: 0, since: 0 };
        for row in &self.curve {
            if let Some(loss) = row.eval_loss {
                patience.note(row.step as usize, loss);
            }
        }
        patience
    }

    /// Measures the distance from the reference and evaluates held-out pairs; whether these are the best weights so far.
    fn look(&mut self, row: &mut StepRow, patience: &mut Patience) -> predilect_learn::Result<bool> {
        row.kl = self.trainer.divergence();
        let Some(Evaluation { loss, accuracy, margin, .. }) = self.trainer.evaluate()? else {
            return Ok(false);
        };
        (row.eval_loss, row.eval_accuracy, row.eval_margin) = (Some(loss), accuracy, margin);
        Ok(patience.note(row.step as usize, loss) && self.request.patience.is_some())
    }

    /// Goes back to the best weights, with early stopping.
    fn take_best(&mut self, patience: &Patience) -> Result<Option<u64>> {
        let earlier = patience.at > 0 && patience.at < self.trainer.steps();
        if self.request.patience.is_none() || !earlier {
            return Ok(None);
        }
        let Some(kept) = self.folder.kept(Checkpoint::Best) else { return Ok(None) };
        self.trainer.restore(&kept).map_err(|error| damaged(&kept, &error))?;
        Ok(Some(self.trainer.steps() as u64))
    }
}

impl Patience {
    /// Takes note of a look; whether it was the best.
    fn note(&mut self, step: usize, loss: f64) -> bool {
        if loss < self.best {
            *self = Self { best: loss, at: step, since: 0 };
            return true;
        }
        self.since += 1;
        false
    }
}

/// Why patience ended a run.
fn no_better(looks: usize) -> String {
    format!(
        "the held-out loss did not fall in {}",
        format::counted(looks as u64, "evaluation", "evaluations")
    )
}

/// What is known at the end of a run.
struct Found {
    /// Of all processes that trained.
    seconds: f64,
    /// Steps made in all.
    made: usize,
    kept_step: Option<u64>,
    files: BTreeMap<String, String>,
    stopped: Option<String>,
}

impl Training {
    fn found(self, found: Found) -> TrainJson {
        let store = &self.trainer.model.store;
        let numbers: usize = store.trained().into_iter().map(|id| store.get(id).value.len()).sum();
        let tokens: u64 = self.curve.iter().map(|row| row.tokens).sum();
        let evaluations = self.curve.iter().filter_map(|row| {
            Some(EvaluationRow {
                step: row.step,
                loss: row.eval_loss?,
                accuracy: row.eval_accuracy,
                margin: row.eval_margin,
            })
        });
        TrainJson {
            output: self.folder.path.display().to_string(),
            engine: "native".to_owned(),
            model: self.request.model.display().to_string(),
            loss: self.request.loss.to_string(),
            beta: self.request.losses.beta,
            judge: self.judge,
            completions: self.kinds,
            relabelled: self.relabelled,
            adapter: self.lora.as_ref().map(|options| AdapterShape {
                rank: options.rank as u64,
                alpha: options.alpha,
                targets: options.targets.iter().map(|target| target.as_str().to_owned()).collect(),
            }),
            trained_parameters: numbers as u64,
            steps: found.made as u64,
            steps_planned: self.trainer.plan().steps as u64,
            batch: self.request.training.batch as u64,
            evaluations: evaluations.collect(),
            curve: self.curve,
            kept_step: found.kept_step,
            seconds: found.seconds,
            tokens_per_second: (tokens > 0 && found.seconds > 0.0).then(|| tokens as f64 / found.seconds),
            rounds: Vec::new(),
            command: None,
            files: found.files,
            pairs: self.count,
            remarks: self.remarks,
            stopped: found.stopped,
        }
    }
}
