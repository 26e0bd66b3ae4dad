//! Steps of training by pairs of token ids, one line of JSON each: the engine's side of `benchmarks/train/dpo_step.py`.
//!
//! ```text
//! dpo_steps MODEL pairs.jsonl [--adapter FOLDER] [--full] [--precompute] [--threads N] [--steps N] [--batch N] [--loss NAME]
//! ```
//!
//! Pairs come in the order of the file, at a constant rate of 1e-4, gradients clipped to 1. `cpu` is the process's processor seconds in the
//! step, `rss_gb` its peak so far.
#![allow(clippy::print_stdout, reason = "its output is what it is for")]

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use predilect_learn::losses::{LossOptions, Mixture, Objective};
use predilect_learn::model::{LoraOptions, Model};
use predilect_learn::optimise::Schedule;
use predilect_learn::{Example, Trainer, TrainingOptions};
use serde::Deserialize;
use serde_json::json;

type Failure = Box<dyn std::error::Error>;

#[derive(Deserialize)]
struct Line {
    #[serde(rename = "prompt_ids")]
    prompt: Vec<u32>,
    #[serde(rename = "chosen_ids")]
    chosen: Vec<u32>,
    #[serde(rename = "rejected_ids")]
    rejected: Vec<u32>,
}

struct Options {
    model: PathBuf,
    pairs: PathBuf,
    adapter: Option<PathBuf>,
    full: bool,
    precompute: bool,
    threads: usize,
    steps: usize,
    batch: usize,
    loss: String,
}

fn options() -> Result<Options, Failure> {
    let mut args = std::env::args().skip(1);
    let mut next = || args.next().ok_or("see the first lines of this file for what to say");
    let (model, pairs) = (next()?.into(), next()?.into());
    let mut found = Options {
        model,
        pairs,
        adapter: None,
        full: false,
        precompute: false,
        threads: 1,
        steps: 4,
        batch: 2,
        loss: "sigmoid".to_owned(),
    };
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or("a value is missing");
        match arg.as_str() {
            "--full" => found.full = true,
            "--precompute" => found.precompute = true,
            "--adapter" => found.adapter = Some(value()?.into()),
            "--threads" => found.threads = value()?.parse()?,
            "--steps" => found.steps = value()?.parse()?,
            "--batch" => found.batch = value()?.parse()?,
            "--loss" => found.loss = value()?,
            other => return Err(format!("`{other}` is not known").into()),
        }
    }
    Ok(found)
}

fn examples(options: &Options) -> Result<Vec<Example>, Failure> {
    let example = |line: &str| -> Result<Example, Failure> {
        let line: Line = serde_json::from_str(line)?;
        let completions = vec![line.chosen, line.rejected];
        Ok(Example { prompt: line.prompt, completions, p: 1.0, weight: 1.0 })
    };
    fs::read_to_string(&options.pairs)?.lines().map(example).collect()
}

fn trainer(options: &Options) -> Result<Trainer, Failure> {
    let mut model = Model::open(&options.model)?;
    model.threads = options.threads;
    match &options.adapter {
        _ if options.full => model.store.train_all(true),
        Some(folder) => drop(model.load_adapter(folder)?),
        None => model.adapt(&LoraOptions::default(), 0)?,
    }
    let mixture: Mixture = options.loss.parse()?;
    let objective = Objective::new(mixture, LossOptions::default())?;
    let settings = TrainingOptions {
        batch: options.batch,
        steps: Some(options.steps),
        schedule: Schedule::Constant,
        warm_up: 0.0,
        shuffle: false,
        ..TrainingOptions::default()
    };
    Ok(Trainer::new(model, objective, settings, (examples(options)?, Vec::new()))?)
}

/// Processor seconds so far, user's and system's; a tick is a hundredth on Linux.
fn cpu() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

/// The most memory so far, in 10^9 bytes.
fn peak() -> f64 {
    let text = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<f64>().unwrap_or_default() * 1024.0 / 1e9
}

fn main() -> Result<(), Failure> {
    let options = options()?;
    rayon::ThreadPoolBuilder::new().num_threads(options.threads).build_global()?;
    let mut trainer = trainer(&options)?;
    let (start, before) = (Instant::now(), cpu());
    for number in trainer.to_prepare(!options.full && !options.precompute) {
        trainer.prepare(number);
    }
    println!("{}", json!({"setup_wall": start.elapsed().as_secs_f64(), "setup_cpu": cpu() - before}));
    while !trainer.done() {
        let (start, before) = (Instant::now(), cpu());
        let said = trainer.step()?;
        let (wall, cpu) = (start.elapsed().as_secs_f64(), cpu() - before);
        println!(
            "{}",
            json!({"step": said.step, "wall": wall, "cpu": cpu, "rss_gb": peak(), "loss": said.loss, "grad_norm": said.grad_norm})
        );
    }
    Ok(())
}
