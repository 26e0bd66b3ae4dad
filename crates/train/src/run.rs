//! A training run: pairs and a model, then step after step, with checkpoints from which it is resumed.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use predilect_learn::losses::{Objective, Summary};
use predilect_learn::model::{LoraOptions, Model};
use predilect_learn::{Degraded, Evaluation, LearnError, Refinement, Trainer, open};
use predilect_results::training::{AdapterShape, EvaluationRow, PairCount, Relabelled, StepRow, TrainJson};
use predilect_workbench::{Error, Event, Inputs, Ran, Result, Step, Watch, Workbench};

use crate::asked::asked;
use crate::examples::Texts;
use crate::folder::{Checkpoint, Folder, write_line};
use crate::made::{Made, degraded, examples, keep_pairs};
use crate::mistakes::{learnt, not_finite};
use crate::outputs::Outputs;
use crate::pairs::{Chosen, judged};
use crate::relabel::relabelled;
use crate::request::TrainRequest;
use crate::told::{beside, diverged, row};

/// Seconds after which a checkpoint is made, whatever the steps.
const MOST_UNKEPT: Duration = Duration::from_mins(5);

/// A run that is ready: everything that can be refused was checked.
pub struct Training {
    request: TrainRequest,
    folder: Folder,
    trainer: Trainer,
    /// Ids of the pairs that are trained on.
    ids: Vec<String>,
    count: PairCount,
    judge: Option<String>,
    relabelled: Option<Relabelled>,
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
    pub(crate) remarks: Vec<String>,
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
        let bench = Workbench::of(inputs, None, watch)?;
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
        let labels: Vec<f64> = made.trained.iter().map(|(_, example)| example.p).collect();
        let summary = Summary::of_pairs(&labels, request.training.batch);
        remarks.extend(objective.warnings(&summary).iter().map(ToString::to_string));
        let count = counted(texts.count, &chosen, &made);
        if made.trained.is_empty() {
            return Err(nothing(&count));
        }
        let folder = Folder::open(output, &asked(request, inputs, &made)?)?;
        let said = Said { count, judge: chosen.judge, relabelled, remarks };
        Self::of(request, Parts { folder, model, lora, made, degraded, refined: None, said }, watch)
    }

    /// A run of parts that are ready.
    pub(crate) fn of(request: &TrainRequest, parts: Parts, watch: &dyn Watch) -> Result<Self> {
        let Parts { folder, model, lora, made, degraded, refined, said } = parts;
        let objective = objective(request)?;
        keep_pairs(&folder, &made)?;
        let (ids, trained) =
            made.trained.into_iter().map(|(labelled, example)| (labelled.pair.id.clone(), example)).unzip();
        let held_out = made.held_out.into_iter().map(|(_, example)| example).collect();
        let mut trainer =
            Trainer::new(model, objective, request.training.clone(), (trained, held_out)).map_err(learnt)?;
        if let Some(spo) = &request.degrees {
            trainer.degrees(spo, degraded).map_err(learnt)?;
        }
        if let Some((refinement, reference)) = refined {
            trainer.refine(refinement, Some(reference)).map_err(learnt)?;
        }
        let Said { count, judge, relabelled, remarks } = said;
        let mut own = Self {
            request: request.clone(),
            folder,
            trainer,
            ids,
            count,
            judge,
            relabelled,
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
            self.trainer.restore(&kept).map_err(learnt)?;
            self.curve = self.folder.steps(self.trainer.steps());
        }
        Ok(())
    }

    /// Trains to the end, or until it is stopped: the last checkpoint is then that of the last step.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written, or the held-out pairs cannot be evaluated.
    pub fn run(mut self, watch: &dyn Watch) -> Result<Ran<TrainJson>> {
        let began = Instant::now();
        let before = self.curve.last().map_or(0.0, |row| row.seconds);
        let earlier = self.curve.len();
        let mut file = self.folder.note(&self.curve)?;
        let mut kept_at = Instant::now();
        let mut patience = self.patience();
        let mut stopped: Option<Error> = None;
        watch.event(Event::Begin(Step::Training, Some(self.trainer.plan().steps as u64)));
        watch.event(Event::At(self.trainer.steps() as u64));
        let done = |patience: &Patience, most: Option<usize>| most.is_some_and(|most| patience.since >= most);
        while !self.trainer.done() && !done(&patience, self.request.patience) {
            if watch.cancelled() {
                stopped = Some(Error::cancelled().resumable());
                break;
            }
            let record = match self.trainer.step() {
                Ok(record) => record,
                Err(LearnError::NotFinite { step, examples }) => {
                    stopped = Some(not_finite(step, &examples, &self.ids));
                    break;
                }
                Err(error) => {
                    self.keep(Checkpoint::Last)?;
                    return Err(learnt(error));
                }
            };
            let mut row = row(&record, before + began.elapsed().as_secs_f64());
            if self.looks()
                && let Err(error) = self.look(&mut row, &mut patience)
            {
                self.keep(Checkpoint::Last)?;
                return Err(error);
            }
            write_line(&mut file, &row)?;
            watch.event(Event::Beside(&beside(&row)));
            watch.event(Event::More(1));
            self.curve.push(row);
            let due = self.trainer.steps().is_multiple_of(self.request.checkpoint_every.max(1));
            if due || kept_at.elapsed() > MOST_UNKEPT {
                self.keep(Checkpoint::Last)?;
                kept_at = Instant::now();
            }
        }
        watch.event(Event::End);
        self.keep(Checkpoint::Last)?;
        let kept_step = self.take_best(&patience)?;
        let outputs =
            Outputs { lora: self.lora.as_ref(), model: &self.trainer.model, request: &self.request };
        let files = outputs.write(&self.folder, &mut self.remarks)?;
        self.remarks.extend(diverged(&self.curve));
        let found = self.found(Found {
            seconds: began.elapsed().as_secs_f64(),
            earlier,
            kept_step,
            files,
            stopped: stopped.as_ref().map(|error| error.message().to_owned()),
        });
        Ok(Ran { found, stopped })
    }

    fn keep(&self, which: Checkpoint) -> Result<()> {
        let files = self.trainer.checkpoint().map_err(learnt)?;
        self.folder.keep(which, &files)
    }

    /// Whether held-out pairs are evaluated after this step.
    fn looks(&self) -> bool {
        let every = self.request.evaluates_every(self.count.held_out as usize);
        self.count.held_out > 0 && (self.trainer.done() || self.trainer.steps().is_multiple_of(every))
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

    fn look(&mut self, row: &mut StepRow, patience: &mut Patience) -> Result<()> {
        let Some(Evaluation { loss, accuracy, margin, .. }) = self.trainer.evaluate().map_err(learnt)? else {
            return Ok(());
        };
        (row.eval_loss, row.eval_accuracy, row.eval_margin) = (Some(loss), Some(accuracy), margin);
        if patience.note(row.step as usize, loss) && self.request.patience.is_some() {
            self.keep(Checkpoint::Best)?;
        }
        Ok(())
    }

    /// Goes back to the best weights, with early stopping.
    fn take_best(&mut self, patience: &Patience) -> Result<Option<u64>> {
        let earlier = patience.at > 0 && patience.at < self.trainer.steps();
        if self.request.patience.is_none() || !earlier {
            return Ok(None);
        }
        let Some(kept) = self.folder.kept(Checkpoint::Best) else { return Ok(None) };
        self.trainer.restore(&kept).map_err(learnt)?;
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

/// What is known at the end of a run.
struct Found {
    seconds: f64,
    /// Steps of earlier runs.
    earlier: usize,
    kept_step: Option<u64>,
    files: BTreeMap<String, String>,
    stopped: Option<String>,
}

impl Training {
    fn found(self, found: Found) -> TrainJson {
        let store = &self.trainer.model.store;
        let numbers: usize = store.trained().into_iter().map(|id| store.get(id).value.len()).sum();
        let tokens: u64 =
            self.curve[found.earlier.min(self.curve.len())..].iter().map(|row| row.tokens).sum();
        let evaluations = self.curve.iter().filter_map(|row| {
            Some(EvaluationRow {
                step: row.step,
                loss: row.eval_loss?,
                accuracy: row.eval_accuracy?,
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
            relabelled: self.relabelled,
            adapter: self.lora.as_ref().map(|options| AdapterShape {
                rank: options.rank as u64,
                alpha: options.alpha,
                targets: options.targets.iter().map(|target| target.as_str().to_owned()).collect(),
            }),
            trained_parameters: numbers as u64,
            steps: self.curve.len() as u64,
            steps_planned: self.trainer.plan().steps as u64,
            batch: self.request.training.batch as u64,
            evaluations: evaluations.collect(),
            curve: self.curve,
            kept_step: found.kept_step,
            seconds: found.seconds,
            tokens_per_second: (tokens > 0 && found.seconds > 0.0).then(|| tokens as f64 / found.seconds),
            rounds: Vec::new(),
            files: found.files,
            pairs: self.count,
            remarks: self.remarks,
            stopped: found.stopped,
        }
    }
}

/// The losses with what shapes them.
fn objective(request: &TrainRequest) -> Result<Objective> {
    Objective::new(request.loss.clone(), request.losses.clone()).map_err(|e| Error::new(e.to_string()))
}

/// Puts the adapter on the model, or marks all its weights.
pub(crate) fn adapted(model: &mut Model, request: &TrainRequest) -> Result<Option<LoraOptions>> {
    match (&request.adapter, &request.lora) {
        (Some(folder), _) => model.load_adapter(folder).map(Some).map_err(learnt),
        (None, Some(options)) => {
            model.adapt(options, request.training.seed).map_err(learnt)?;
            Ok(Some(options.clone()))
        }
        (None, None) => {
            model.store.train_all(true);
            Ok(None)
        }
    }
}

/// Pairs with labels: verdicts, or what the weights of a judge say.
pub(crate) fn labelled(
    bench: &Workbench,
    request: &TrainRequest,
    watch: &dyn Watch,
) -> Result<(Chosen, Option<Relabelled>)> {
    match &request.relabel {
        None => Ok((judged(bench, request.judge.as_deref(), &request.slice, watch)?, None)),
        Some(relabel) => {
            let (chosen, said) = relabelled(bench, relabel, (&request.slice, request.training.seed), watch)?;
            Ok((chosen, Some(said)))
        }
    }
}

pub(crate) fn makes_sense(request: &TrainRequest) -> Result<()> {
    request.training.plan(1).map_err(learnt)?;
    if request.patience.is_some() && request.held_out == 0.0 {
        return Err(Error::new("early stopping needs held-out pairs")
            .words("hold out a share of the prompts, e.g. 0.1"));
    }
    if let Some(lora) = &request.lora
        && !(lora.alpha.is_finite() && lora.alpha > 0.0)
    {
        return Err(Error::new(format!(
            "alpha must be a positive number, not {}: the adapter would not learn",
            lora.alpha
        )));
    }
    if request.degrees.as_ref().is_some_and(|spo| spo.weight <= 0.0) {
        return Err(Error::new("the weight of the degree loss must be above 0"));
    }
    let compares = request.loss.losses().any(|loss| loss.name() == "kto");
    if compares && (request.adapter.is_some() || request.lora.is_none()) {
        return Err(Error::new(
            "kto needs a newly created adapter: its baseline compares the model with and without it",
        )
        .words("train a new adapter"));
    }
    Ok(())
}

pub(crate) fn counted(count: PairCount, chosen: &Chosen, made: &Made) -> PairCount {
    let mut left_out = count.left_out;
    for (why, number) in &chosen.left_out {
        *left_out.entry(why.clone()).or_default() += number;
    }
    let (trained, held_out) = (made.trained.len() as u64, made.held_out.len() as u64);
    PairCount { read: chosen.read, trained, held_out, left_out, ..count }
}

/// A remark for the case that a share was to be held out and no prompt fell into it.
pub(crate) fn nobody_held_out(request: &TrainRequest, made: &Made) -> Option<String> {
    (request.held_out > 0.0 && made.held_out.is_empty())
        .then(|| "no prompt could be held out: there is only one".to_owned())
}

fn nothing(count: &PairCount) -> Error {
    let error = Error::new(format!("of the pairs that were read ({}), none can be used", count.read));
    match count.left_out.iter().max_by_key(|(_, number)| **number) {
        Some((why, number)) => error.words(format!("most were left out because: {why} ({number})")),
        None if count.held_out > 0 => error.words("hold out a smaller share: it took every prompt"),
        None => error,
    }
}
