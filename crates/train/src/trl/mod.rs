//! TRL as the engine: pairs and a script are written, Hugging Face's trainer runs as a child process, its steps are read as they come.

mod command;
mod losses;
mod script;
mod settings;

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use predilect_learn::losses::Summary;
use predilect_learn::model::{FolderNumbers, LoraOptions, Model};
use predilect_learn::{LearnError, open_tokens};
use predilect_results::training::{AdapterShape, EvaluationRow, PairCount, Relabelled, StepRow, TrainJson};
use predilect_types::hash::fixed;
use predilect_workbench::{Done as Made, Error, Event, Inputs, Ran, Result, Step, Watch, Workbench};
use serde::Deserialize;

pub use self::script::TrlOptions;

use self::command::{by_hand, start, terminate, wait};
use self::script::SCRIPT;
use self::settings::settings;
use crate::asked::asked;
use crate::folder::{Folder, LABELS, Lines, MERGED, PAIRS, STEPS};
use crate::made::{Side, keep_labelled, split};
use crate::mistakes::learnt;
use crate::outputs::{Outputs, gguf};
use crate::pairs::{Chosen, Labelled};
use crate::ready::{doubts, labelled, makes_sense, nothing, objective};
use crate::request::TrainRequest;

/// The folder of a model that came as a GGUF file.
const BASE: &str = "base";
/// The settings for the script.
const SETTINGS: &str = "settings.json";

/// What a run was given.
struct Given {
    folder: Folder,
    count: PairCount,
    judge: Option<String>,
    relabelled: Option<Relabelled>,
    remarks: Vec<String>,
    /// Steps to be made.
    steps: u64,
}

/// Trains with TRL.
///
/// # Errors
///
/// When the pairs or the model cannot be read, TRL has no such loss, the folder contains another run, or Python, TRL or the
/// training fails.
pub fn train_with_trl(
    request: &TrainRequest,
    trl: &TrlOptions,
    (inputs, output): (&Inputs<'_>, &Path),
    watch: &dyn Watch,
) -> Result<Ran<TrainJson>> {
    std::fs::metadata(&request.model)
        .map_err(|source| learnt(LearnError::File { path: request.model.clone(), source }))?;
    for (asked, what) in
        [(request.degrees.is_some(), "the degree loss"), (request.patience.is_some(), "early stopping")]
    {
        if asked {
            return Err(Error::new(format!("TRL has no part for {what}"))
                .words("use the native engine, or leave it out"));
        }
    }
    if trl.write_only && (request.outputs.merged || request.outputs.gguf.is_some()) {
        return Err(Error::new("a script that is only written leaves nothing to merge")
            .words("let it run here, or leave out what is made of its adapter"));
    }
    losses::check(&request.loss)?;
    makes_sense(request)?;
    if let Some(config) = request.adapter.as_ref().map(|folder| folder.join("adapter_config.json")) {
        std::fs::metadata(&config).map_err(|source| learnt(LearnError::File { path: config, source }))?;
    }
    let given = Given::write(request, (inputs, output), watch)?;
    let mut run = Run { steps: given.steps, ..Run::default() };
    if trl.write_only {
        run.command = Some(by_hand(trl, &given.folder.path));
        return Ok(Ran { found: given.found(request, run, None), stopped: None });
    }
    let stopped = run.read(&mut start(trl, &given.folder)?, &given.folder, watch)?;
    if stopped.is_none() {
        run.made = made(request, &given.folder, &mut run.remarks)?;
    }
    Ok(Ran { found: given.found(request, run, stopped.as_ref()), stopped })
}

impl Given {
    /// Chooses and writes the pairs, the settings and the script.
    fn write(
        request: &TrainRequest,
        (inputs, output): (&Inputs<'_>, &Path),
        watch: &dyn Watch,
    ) -> Result<Self> {
        let objective = objective(request)?;
        let bench = Workbench::of(inputs, None, watch)?;
        let (chosen, by) = labelled(&bench, request, watch)?;
        let mut remarks = Vec::new();
        let Chosen { read, left_out, pairs, judge, weights, remarks: said, .. } = chosen;
        remarks.extend(said);
        let pairs = with_merged_system(pairs, &request.model, &mut remarks);
        let [trained, held_out] = split(pairs, request.held_out)?;
        let count = PairCount {
            read,
            trained: trained.len() as u64,
            held_out: held_out.len() as u64,
            left_out,
            ..PairCount::default()
        };
        if trained.is_empty() {
            return Err(nothing(&count, "used", false));
        }
        let labels: Vec<f64> = trained.iter().map(|labelled| labelled.p).collect();
        remarks.extend(doubts(&objective, &Summary::of_pairs(&labels, request.training.batch)));
        let steps = request.training.plan(trained.len()).map_err(learnt)?.steps as u64;
        let marks = |pairs: &[Labelled]| -> Vec<u64> {
            pairs.iter().map(|one| fixed(&(one.texts(), one.pair.prompt_text(), one.p.to_bits()))).collect()
        };
        let mark = fixed(&(marks(&trained), marks(&held_out)));
        let mut asked = asked(request, inputs, mark, Folder::asked(output).as_ref())?;
        asked["engine"] = "trl".into();
        let folder = Folder::open(output, &asked)?;
        keep_labelled(&folder, [(Side::Trained, &trained), (Side::HeldOut, &held_out)])?;
        folder.keep_weights(weights.as_ref())?;
        let model = base(&folder, &request.model, &mut remarks)?;
        let settings = serde_json::to_vec_pretty(&settings(request, (&folder.path, &model), held_out.len())?)
            .unwrap_or_default();
        folder.write(SETTINGS, &settings)?;
        folder.write(SCRIPT.0, SCRIPT.1.as_bytes())?;
        Ok(Self { folder, count, judge, relabelled: by, remarks, steps })
    }

    fn found(self, request: &TrainRequest, run: Run, stopped: Option<&Error>) -> TrainJson {
        let files = [
            ("steps", STEPS),
            ("pairs", PAIRS),
            ("labels", LABELS),
            ("adapter", "adapter_model.safetensors"),
            ("adapter_config", "adapter_config.json"),
            ("merged", MERGED),
            ("script", SCRIPT.0),
            ("settings", SETTINGS),
            ("log", "trl.log"),
        ];
        let path = &self.folder.path;
        let there = files.iter().filter(|(_, file)| path.join(file).exists());
        let mut files: BTreeMap<String, String> =
            there.map(|(what, file)| ((*what).to_owned(), path.join(file).display().to_string())).collect();
        files.extend(run.made);
        let tokens: u64 = run.curve.iter().map(|row| row.tokens).sum();
        let seconds = run.curve.last().map_or(0.0, |row| row.seconds);
        let given = request.adapter.as_ref().and_then(|folder| LoraOptions::of_folder(folder).ok());
        let lora = request.lora.clone().or(given);
        TrainJson {
            output: path.display().to_string(),
            engine: "trl".to_owned(),
            model: request.model.display().to_string(),
            loss: request.loss.to_string(),
            beta: request.losses.beta,
            pairs: self.count,
            completions: None,
            judge: self.judge,
            relabelled: self.relabelled,
            adapter: lora.map(|lora| AdapterShape {
                rank: lora.rank as u64,
                alpha: lora.alpha,
                targets: lora.targets.iter().map(|target| target.as_str().to_owned()).collect(),
            }),
            trained_parameters: run.trainable,
            steps: run.curve.len() as u64,
            steps_planned: run.steps.max(run.curve.len() as u64),
            batch: request.training.batch as u64,
            curve: run.curve,
            evaluations: run.evaluations,
            kept_step: None,
            seconds,
            tokens_per_second: (tokens > 0 && seconds > 0.0).then(|| tokens as f64 / seconds),
            rounds: Vec::new(),
            files,
            command: run.command,
            remarks: self.remarks.into_iter().chain(run.remarks).collect(),
            stopped: stopped.map(|error| error.message().to_owned()),
        }
    }
}

/// Reads back what TRL has left, and makes of it what was asked for.
fn made(
    request: &TrainRequest,
    folder: &Folder,
    remarks: &mut Vec<String>,
) -> Result<BTreeMap<String, String>> {
    let adapted = request.lora.is_some() || request.adapter.is_some();
    let left = if adapted { folder.path.clone() } else { folder.path.join(MERGED) };
    let nothing = |error: LearnError| {
        Error::new(format!("TRL ended without weights that can be read: {error}"))
            .words(format!("see {}", folder.path.join("trl.log").display()))
    };
    let outputs = request.outputs;
    if !adapted {
        let model = Model::open(&left).map_err(nothing)?;
        let Some(numbers) = outputs.gguf else { return Ok(BTreeMap::new()) };
        return gguf(&model, numbers, &request.model, folder);
    }
    // Whether they fit the model is known only with that.
    let mut model = Model::open(&request.model).map_err(learnt)?;
    model.load_adapter(&left).map_err(nothing)?;
    Outputs { model: &model, lora: None, request }.made_of(folder, outputs.merged, remarks)
}

/// Where the template of the model refuses system messages, their text begins the first user's turn.
fn with_merged_system(pairs: Vec<Labelled>, model: &Path, remarks: &mut Vec<String>) -> Vec<Labelled> {
    let Ok(tokens) = open_tokens(model) else { return pairs };
    let refuses = |labelled: &Labelled| crate::examples::refuses_system(&tokens, &labelled.pair);
    if !pairs.iter().any(refuses) {
        return pairs;
    }
    remarks.push(
        "the chat template does not support system messages: they were moved into the first user turn"
            .to_owned(),
    );
    pairs.into_iter().map(crate::examples::without_system).collect()
}

/// The model as transformers reads it: its folder, or one made of its GGUF file.
fn base(folder: &Folder, model: &Path, remarks: &mut Vec<String>) -> Result<PathBuf> {
    if model.is_dir() {
        return Ok(model.to_owned());
    }
    let made = folder.path.join(BASE);
    // The run is known by its model's contents, so what is there is of the same.
    if !made.is_dir() {
        // The folder is of no use to TRL without a tokenizer.
        open_tokens(model).map_err(learnt)?;
        let opened = Model::open(model).map_err(learnt)?;
        folder.swap(BASE, |new| {
            opened.write_folder(new, FolderNumbers::F32, model).map(drop).map_err(learnt)
        })?;
    }
    remarks.push(format!("TRL reads no GGUF files: the model was written as a folder to {}", made.display()));
    Ok(made)
}

/// One line of the script.
#[derive(Deserialize)]
#[serde(untagged)]
enum Line {
    Failed { error: String, remedy: Option<String> },
    Done { done: Done },
    Note { note: String },
    Look { eval: Look },
    Step(Box<Row>),
}

#[derive(Deserialize)]
struct Done {
    steps: u64,
    trainable: u64,
}

#[derive(Deserialize)]
struct Look {
    step: u64,
    loss: Option<f64>,
    accuracy: Option<f64>,
    margin: Option<f64>,
}

/// A step, whose numbers may be missing where they are not finite.
#[derive(Deserialize)]
struct Row {
    step: u64,
    epoch: f64,
    loss: Option<f64>,
    learning_rate: f64,
    grad_norm: Option<f64>,
    rewards_chosen: Option<f64>,
    rewards_rejected: Option<f64>,
    margin: Option<f64>,
    accuracy: Option<f64>,
    logp_chosen: Option<f64>,
    logp_rejected: Option<f64>,
    tokens: u64,
    seconds: f64,
}

impl From<Row> for StepRow {
    fn from(row: Row) -> Self {
        Self {
            step: row.step,
            epoch: row.epoch,
            loss: row.loss.unwrap_or(f64::NAN),
            learning_rate: row.learning_rate,
            grad_norm: row.grad_norm.unwrap_or(f64::NAN),
            rewards_chosen: row.rewards_chosen,
            rewards_rejected: row.rewards_rejected,
            margin: row.margin,
            accuracy: row.accuracy,
            drift: None,
            kl: None,
            degree_loss: None,
            logp_chosen: row.logp_chosen.unwrap_or(f64::NAN),
            logp_rejected: row.logp_rejected.unwrap_or(f64::NAN),
            tokens: row.tokens,
            seconds: row.seconds,
            eval_loss: None,
            eval_accuracy: None,
            eval_margin: None,
            doubtful: None,
        }
    }
}

/// What was read of a run.
#[derive(Default)]
struct Run {
    curve: Vec<StepRow>,
    evaluations: Vec<EvaluationRow>,
    steps: u64,
    trainable: u64,
    remarks: Vec<String>,
    /// The command that runs the script, where it was not run.
    command: Option<String>,
    failed: Option<Error>,
    /// What this process made of the weights that TRL left.
    made: BTreeMap<String, String>,
    /// Whether the script said that it has ended.
    done: bool,
}

impl Run {
    /// Reads the script's lines until it ends; returns why it ended early if it was stopped.
    fn read(&mut self, child: &mut Child, folder: &Folder, watch: &dyn Watch) -> Result<Option<Error>> {
        let Some(out) = child.stdout.take() else { return Err(Error::new("no output from the TRL script")) };
        let mut notes = Notes { folder, before: folder.steps(usize::MAX), file: None };
        watch.event(Event::Begin(Step::Training, Some(self.steps)));
        let (sender, lines) = std::sync::mpsc::channel();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(out).lines().map_while(std::result::Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let mut told = false;
        loop {
            match lines.recv_timeout(Duration::from_millis(200)) {
                Ok(line) => {
                    let known = self.curve.len();
                    self.take(&line, watch);
                    if let Some(row) = self.curve.get(known) {
                        notes.take(row)?;
                    }
                }
                Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => break,
                Err(std::sync::mpsc::RecvTimeoutError::Timeout) => {}
            }
            if watch.cancelled() && !told {
                told = true;
                terminate(child);
            }
        }
        let _ = reader.join();
        let ended = wait(child)?;
        watch.event(Event::End);
        self.keep(&notes)?;
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        match ended {
            Some(0) if !self.done => Err(Error::new("the TRL script ended without a result").words(format!(
                "is that Python the one with TRL? See {}",
                folder.path.join("trl.log").display()
            ))),
            Some(0) => Ok(None),
            _ if told => Ok(Some(Error::cancelled().resumable_after(Made::Steps))),
            Some(130) => Ok(Some(Error::cancelled().resumable_after(Made::Steps))),
            Some(code) => Err(Error::new(format!("the TRL script failed with status {code}"))
                .words(format!("see {}", folder.path.join("trl.log").display()))),
            None => Err(Error::new("the TRL script was ended by a signal")
                .words(format!("see {}", folder.path.join("trl.log").display()))),
        }
    }

    fn take(&mut self, line: &str, watch: &dyn Watch) {
        match serde_json::from_str(line) {
            Ok(Line::Failed { error, remedy }) => {
                let error = Error::new(error);
                self.failed = Some(match remedy {
                    Some(remedy) => error.words(remedy),
                    None => error,
                });
            }
            Ok(Line::Done { done }) => {
                (self.steps, self.trainable, self.done) = (done.steps, done.trainable, true);
            }
            Ok(Line::Note { note }) => self.remarks.push(note),
            Ok(Line::Look { eval }) => {
                if let Some(row) = self.curve.iter_mut().rfind(|row| row.step == eval.step) {
                    (row.eval_loss, row.eval_accuracy, row.eval_margin) =
                        (eval.loss, eval.accuracy, eval.margin);
                }
            }
            Ok(Line::Step(row)) => {
                let row = StepRow::from(*row);
                watch.event(Event::Beside(&format!("loss {:.4}", row.loss)));
                watch.event(Event::At(row.step));
                self.curve.push(row);
            }
            Err(_) => self.remarks.push("unexpected output from the TRL script was ignored".to_owned()),
        }
    }

    /// Writes all steps again, with the evaluations of held-out pairs.
    fn keep(&mut self, notes: &Notes<'_>) -> Result<()> {
        let mut all = notes.earlier(self.curve.first());
        all.append(&mut self.curve);
        drop(notes.folder.note(&all)?);
        // Those of earlier runs too.
        let look = |row: &StepRow| {
            Some(EvaluationRow {
                step: row.step,
                loss: row.eval_loss?,
                accuracy: row.eval_accuracy,
                margin: row.eval_margin,
            })
        };
        self.evaluations = all.iter().filter_map(look).collect();
        self.curve = all;
        Ok(())
    }
}

/// The file of steps while the script runs.
struct Notes<'a> {
    folder: &'a Folder,
    /// Steps of earlier runs.
    before: Vec<StepRow>,
    file: Option<Lines>,
}

impl Notes<'_> {
    /// Steps of earlier runs, up to where this one went on.
    fn earlier(&self, first: Option<&StepRow>) -> Vec<StepRow> {
        let first = first.map_or(u64::MAX, |row| row.step);
        self.before.iter().filter(|row| row.step < first).cloned().collect()
    }

    /// Notes a step as it comes.
    fn take(&mut self, row: &StepRow) -> Result<()> {
        if self.file.is_none() {
            self.file = Some(self.folder.note(&self.earlier(Some(row)))?);
        }
        self.file.as_mut().map_or(Ok(()), |file| file.add(row))
    }
}
