//! What can be asked of `train` and `ranking-accuracy`.

use std::path::PathBuf;

use clap::Args;
use predilect_train::{
    Direction, GgufNumbers, LoraOptions, Loss, LossOptions, Mixture, Outputs, RankingRequest, Relabel,
    Schedule, SpaRequest, SpoOptions, Target, TextOptions, TrainRequest, TrainingOptions, TrlOptions,
};
use predilect_types::parsed;
use predilect_workbench::{CallOptions, Filter, FitOptions, ModelSpec, SliceOptions, SpecError};
use serde_json::Value;

use super::asking::{TryArgs, named};
use super::number::{any, trimmed, whole};
use super::read::{ExampleArg, ReadArgs, Verdicts};
use super::shared::{CALLS, Global, RESULTS, ShowArgs};
use crate::problem::Problem;

/// `predilect train`
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct TrainArgs {
    /// The pairs: a study, or preference files of any format
    #[arg(required_unless_present_any = ["example", "list"], value_name = "PAIRS|STUDY")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Use a bundled example instead: llmfao or local-judge
    #[arg(long, conflicts_with = "inputs", value_enum, value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// List every loss with its formula and source
    #[arg(long)]
    pub(crate) list: bool,
    /// The model: a Hugging Face folder (config.json, safetensors, tokenizer.json) or gguf:FILE, dequantised to 32-bit floats
    #[arg(long, required_unless_present = "list", value_name = "DIR|gguf:FILE")]
    pub(crate) model: Option<String>,
    /// The loss, or a weighted mixture: sigmoid, ipo, simpo, soft, gdpo, ... or sigmoid:0.8,sft:0.2 (--list shows all; default: sigmoid, or
    /// soft where labels are a judge's probabilities)
    #[arg(long, value_name = "LOSS")]
    pub(crate) loss: Option<Mixture>,
    /// Beta: how strongly the policy is kept near the reference (default: 0.1)
    #[arg(long, value_name = "BETA", value_parser = any)]
    pub(crate) beta: Option<f64>,
    /// Label smoothing: the assumed share of wrong labels, for losses that support it
    #[arg(long, value_name = "E", value_parser = any)]
    pub(crate) label_smoothing: Option<f64>,
    /// Set another loss parameter, e.g. `simpo_gamma=1` (repeatable)
    #[arg(long = "loss-option", value_name = "NAME=VALUE")]
    pub(crate) loss_options: Vec<String>,
    /// native: train in this process, on the CPU; trl: run Hugging Face's TRL as a subprocess, for GPUs (the model must be a folder)
    #[arg(long, default_value = "native", value_name = "ENGINE", action = clap::ArgAction::Set, value_parser = named(&ENGINES))]
    pub(crate) engine: bool,
    /// The Python interpreter with TRL installed (default: python3)
    #[arg(long, value_name = "PYTHON")]
    pub(crate) python: Option<PathBuf>,
    /// With --engine trl: write pairs, settings and script, but do not run them
    #[arg(long)]
    pub(crate) write_only: bool,
    /// Add SPO's degree loss with this weight: classify by --degree-shares how many of their key phrases (by RAKE) chosen responses lack
    #[arg(long, value_name = "WEIGHT", value_parser = any)]
    pub(crate) degrees: Option<f64>,
    /// SPO's degrees: the shares of key phrases removed, growing from 0 and below 1, one class each
    #[arg(long, default_value = "0,0.25,0.5,0.75", value_delimiter = ',', value_name = "SHARES", value_parser = any, requires = "degrees")]
    pub(crate) degree_shares: Vec<f64>,
    /// Self-generated preferences (SPA): after the labelled pairs, this many rounds of sampling, labelling by implicit reward, training
    #[arg(long, value_name = "ROUNDS", value_parser = whole::<u8>(1..=100))]
    pub(crate) spa: Option<u8>,
    /// Share of prompts whose labels SPA uses; for the rest it uses only the prompts
    #[arg(long, default_value_t = 0.033, value_name = "SHARE", value_parser = any, requires = "spa")]
    pub(crate) spa_labels: f64,
    /// Responses sampled per prompt in each SPA round; the best is paired with the worst
    #[arg(long, default_value_t = 2, value_name = "N", value_parser = whole::<u8>(2..=64), requires = "spa")]
    pub(crate) spa_samples: u8,
    /// Maximum tokens of a sampled response
    #[arg(long, default_value_t = 300, value_name = "TOKENS", value_parser = whole::<u32>(1..=100_000), requires = "spa")]
    pub(crate) spa_tokens: u32,
    /// Adapter rank
    #[arg(long, default_value_t = 8, value_name = "R", value_parser = whole::<u16>(1..=4096), conflicts_with_all = ["full", "adapter"])]
    pub(crate) lora: u16,
    /// Adapter alpha; the update is scaled by alpha / rank (default: twice the rank)
    #[arg(long, value_name = "ALPHA", value_parser = any, conflicts_with_all = ["full", "adapter"])]
    pub(crate) lora_alpha: Option<f64>,
    /// Linear layers that get an adapter, comma separated: `q_proj`, `k_proj`, `v_proj`, `o_proj`, `gate_proj`, `up_proj`, `down_proj`, or
    /// all-linear
    #[arg(long, default_value = "q_proj,v_proj", value_delimiter = ',', value_name = "MAPS", conflicts_with_all = ["full", "adapter"], value_parser = trimmed)]
    pub(crate) targets: Vec<String>,
    /// Fine-tune all weights instead of an adapter
    #[arg(long, conflicts_with = "adapter")]
    pub(crate) full: bool,
    /// Continue training this PEFT adapter; the reference is the model with the adapter as it is now
    #[arg(long, value_name = "DIR")]
    pub(crate) adapter: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) labels: LabelArgs,
    #[command(flatten)]
    pub(crate) pace: PaceArgs,
    #[command(flatten)]
    pub(crate) pairs: PairArgs,
    /// Output folder: adapter, train.jsonl (one line a step), pairs.jsonl, checkpoints; run the same command again to resume
    #[arg(long, short, required_unless_present = "list", value_name = "DIR", help_heading = RESULTS)]
    pub(crate) output: Option<PathBuf>,
    /// Also write the merged model as a Hugging Face folder (always with --full)
    #[arg(long, help_heading = RESULTS)]
    pub(crate) merge: bool,
    /// Also write the merged model as a GGUF file, for `judge`, `annotate` and `steer`: f16, `q8_0` or f32
    #[arg(long, value_name = "NUMBERS", value_parser = named(&GGUF), help_heading = RESULTS)]
    pub(crate) gguf: Option<GgufNumbers>,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

/// How long and how fast.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pace")]
pub(crate) struct PaceArgs {
    /// Epochs
    #[arg(long, default_value_t = 1.0, value_name = "N", value_parser = any, conflicts_with = "steps")]
    pub(crate) epochs: f64,
    /// Number of steps, instead of epochs
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=u64::MAX))]
    pub(crate) steps: Option<u32>,
    /// Batch size: pairs per step
    #[arg(long, default_value_t = 8, value_name = "N", value_parser = whole::<u32>(1..=100_000))]
    pub(crate) batch: u32,
    /// Peak learning rate (default: 1e-4 for an adapter, 1e-6 for all weights)
    #[arg(long = "learning-rate", visible_alias = "lr", value_name = "RATE", value_parser = any)]
    pub(crate) learning_rate: Option<f64>,
    /// Learning-rate schedule after warm-up: cosine, linear, constant
    #[arg(long, default_value = "cosine", value_name = "HOW", value_parser = named(&Schedule::ALL))]
    pub(crate) schedule: Schedule,
    /// Warm-up, as a share of the steps
    #[arg(long, default_value_t = 0.1, value_name = "SHARE", value_parser = any)]
    pub(crate) warm_up: f64,
    /// Weight decay
    #[arg(long, default_value_t = 0.0, value_name = "DECAY", value_parser = any)]
    pub(crate) weight_decay: f64,
    /// Maximum gradient norm; 0 disables clipping
    #[arg(long, default_value_t = 1.0, value_name = "LENGTH", value_parser = any)]
    pub(crate) clip: f64,
    /// Share of prompts held out for evaluation
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", value_parser = any)]
    pub(crate) held_out: f64,
    /// Steps between evaluations (default: 20; without --patience more where many pairs are held out, so that training sees twice as many)
    #[arg(long, value_name = "N", value_parser = whole::<u32>(1..=u64::MAX))]
    pub(crate) evaluate_every: Option<u32>,
    /// Stop early after this many evaluations without improvement, and keep the best weights
    #[arg(long, value_name = "LOOKS", value_parser = whole::<u32>(1..=u64::MAX))]
    pub(crate) patience: Option<u32>,
    /// Steps between checkpoints (at least one every five minutes)
    #[arg(long, default_value_t = 50, value_name = "N", value_parser = whole::<u32>(1..=u64::MAX))]
    pub(crate) checkpoint_every: u32,
    /// Seed for adapter, data order, sampling and random labels
    #[arg(long, default_value_t = 0, value_parser = whole::<u64>(0..=u64::MAX))]
    pub(crate) seed: u64,
}

/// Where labels come from.
#[derive(Debug, Args)]
#[command(next_help_heading = "Labels")]
pub(crate) struct LabelArgs {
    /// Label every pair by the fitted weights of this judge instead of by verdicts
    #[arg(long, value_name = "JUDGE", conflicts_with = "relabel_published")]
    pub(crate) relabel: Option<String>,
    /// Label every pair by the published weights of a judge of Li et al. (2024), e.g. gpt-4-1106-preview
    #[arg(long, value_name = "JUDGE")]
    pub(crate) relabel_published: Option<String>,
    /// aligned: prefer what the judge rewards; opposed: prefer the reverse; random: same confidence, random side (the control)
    #[arg(long, default_value = "aligned", value_name = "WAY", value_parser = named(&Direction::ALL))]
    pub(crate) direction: Direction,
    /// Use hard labels: the favoured side
    #[arg(long, conflicts_with = "soft")]
    pub(crate) hard: bool,
    /// Use soft labels: the probability, averaged over posterior draws (default)
    #[arg(long)]
    pub(crate) soft: bool,
    /// Leave out pairs whose probability is closer to 0.5 than this
    #[arg(long, default_value_t = 0.0, value_name = "MARGIN", value_parser = any)]
    pub(crate) margin: f64,
    /// Keep only the most certain pair of each prompt
    #[arg(long)]
    pub(crate) best_pairs: bool,
}

/// Which pairs, by whose verdicts, and how they become tokens.
#[derive(Debug, Args)]
#[command(next_help_heading = "Pairs")]
pub(crate) struct PairArgs {
    /// Only pairs and verdicts that match this filter, as for `predilect dissect`
    #[arg(long = "where", value_name = "FILTER")]
    pub(crate) filter: Option<Filter>,
    /// The judge whose verdicts to use, if there are several
    #[arg(long, value_name = "JUDGE")]
    pub(crate) judge: Option<String>,
    /// How soft verdicts count: as they are, or as the side they favour
    #[arg(long, value_enum, default_value_t = Verdicts::Soft, value_name = "HOW")]
    pub(crate) verdicts: Verdicts,
    /// The annotator whose ratings the weights are fitted to, if there are several: a name in the data, or text
    #[arg(long, value_name = "NAME")]
    pub(crate) ratings_of: Option<String>,
    /// Leave out grammar and spelling, by far the slowest rating
    #[arg(long)]
    pub(crate) no_grammar: bool,
    /// Maximum tokens of prompt plus response: prompts are cut from the left first, then responses at the end
    #[arg(long, default_value_t = 1024, value_name = "TOKENS", value_parser = whole::<u32>(8..=1_000_000))]
    pub(crate) max_length: u32,
    /// Do not use the model's chat template: concatenate prompt and response
    #[arg(long)]
    pub(crate) no_template: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

const GGUF: [(GgufNumbers, &str); 3] =
    [(GgufNumbers::F16, "f16"), (GgufNumbers::Q8_0, "q8_0"), (GgufNumbers::F32, "f32")];

const ENGINES: [(bool, &str); 2] = [(false, "native"), (true, "trl")];

impl PairArgs {
    fn texts(&self) -> TextOptions {
        TextOptions { template: !self.no_template, max_length: self.max_length as usize }
    }

    fn slice(&self) -> SliceOptions {
        SliceOptions {
            filter: self.filter.clone(),
            grammar: !self.no_grammar,
            annotator: self.ratings_of.clone(),
            people: self.read.judges.into(),
            hard: self.verdicts == Verdicts::Hard,
            ..SliceOptions::default()
        }
    }
}

/// The path in `DIR` or `gguf:FILE`.
pub(super) fn model_path(text: &str) -> PathBuf {
    PathBuf::from(text.strip_prefix("gguf:").unwrap_or(text))
}

impl TrainArgs {
    /// How TRL is to be run; `None` for the engine of our own.
    pub(crate) fn trl(&self) -> Result<Option<TrlOptions>, Problem> {
        if !self.engine && (self.write_only || self.python.is_some()) {
            return Err(
                Problem::new("--write-only and --python need the engine trl").remedy("add --engine trl")
            );
        }
        let options = TrlOptions { python: self.python.clone(), write_only: self.write_only };
        Ok(self.engine.then_some(options))
    }

    /// How the model labels its own responses; `None`: it does not.
    pub(crate) fn own_labels(&self) -> Option<SpaRequest> {
        self.spa.map(|rounds| SpaRequest {
            rounds: usize::from(rounds),
            seed_share: self.spa_labels,
            samples: usize::from(self.spa_samples),
            max_tokens: self.spa_tokens as usize,
        })
    }

    /// The question, as the library takes it.
    pub(crate) fn request(&self) -> Result<TrainRequest, Problem> {
        let adapter_is_trained = !self.full;
        let rank = usize::from(self.lora);
        let lora = (adapter_is_trained && self.adapter.is_none()).then_some(LoraOptions {
            rank,
            alpha: self.lora_alpha.unwrap_or(2.0 * rank as f64),
            targets: targets(&self.targets)?,
        });
        let pace = &self.pace;
        let relabel = self.relabel()?;
        let usual =
            if relabel.as_ref().is_some_and(|relabel| relabel.soft) { Loss::Soft } else { Loss::Sigmoid };
        let default_rate = if adapter_is_trained { 1e-4 } else { 1e-6 };
        Ok(TrainRequest {
            model: self.model.as_deref().map(model_path).unwrap_or_default(),
            loss: self.loss.clone().unwrap_or_else(|| usual.into()),
            losses: self.losses()?,
            lora,
            adapter: self.adapter.clone(),
            training: TrainingOptions {
                batch: pace.batch as usize,
                epochs: pace.epochs,
                steps: pace.steps.map(|steps| steps as usize),
                learning_rate: pace.learning_rate.unwrap_or(default_rate),
                schedule: pace.schedule,
                warm_up: pace.warm_up,
                weight_decay: pace.weight_decay,
                clip: (pace.clip != 0.0).then_some(pace.clip),
                seed: pace.seed,
                ..TrainingOptions::default()
            },
            texts: self.pairs.texts(),
            judge: self.pairs.judge.clone(),
            relabel,
            slice: self.pairs.slice(),
            held_out: pace.held_out,
            evaluate_every: pace.evaluate_every.map(|steps| steps as usize),
            patience: pace.patience.map(|looks| looks as usize),
            checkpoint_every: pace.checkpoint_every as usize,
            degrees: self.degrees.map(|weight| SpoOptions { weight, shares: self.degree_shares.clone() }),
            outputs: Outputs { merged: self.merge, gguf: self.gguf },
        })
    }

    fn relabel(&self) -> Result<Option<Relabel>, Problem> {
        let labels = &self.labels;
        let Some(judge) = labels.relabel.clone().or_else(|| labels.relabel_published.clone()) else {
            let changes = labels.direction != Direction::Aligned
                || labels.hard
                || labels.soft
                || labels.margin != 0.0
                || labels.best_pairs;
            return if changes {
                Err(Problem::new(
                    "--direction, --hard, --soft, --margin and --best-pairs are about labels by a judge's weights",
                )
                .remedy("add --relabel JUDGE or --relabel-published JUDGE, or leave them out"))
            } else {
                Ok(None)
            };
        };
        Ok(Some(Relabel {
            judge,
            published: labels.relabel_published.is_some(),
            direction: labels.direction,
            soft: !labels.hard,
            margin: labels.margin,
            best: labels.best_pairs,
            fit: FitOptions::default(),
        }))
    }

    /// The numbers that shape losses.
    fn losses(&self) -> Result<LossOptions, Problem> {
        let own = [("beta", self.beta), ("label_smoothing", self.label_smoothing)];
        let mut options = serde_json::to_value(LossOptions::default()).unwrap_or_default();
        let mut given: Vec<String> = Vec::new();
        for (name, value) in own {
            if let Some(value) = value {
                if !value.is_finite() {
                    return Err(Problem::new(format!(
                        "--{}: {value} is not a finite number",
                        name.replace('_', "-")
                    )));
                }
                options[name] = value.into();
                given.push(name.to_owned());
            }
        }
        for text in &self.loss_options {
            let wrong = |why: &str| {
                let known: Vec<&str> = options
                    .as_object()
                    .map(|map| map.keys().map(String::as_str).collect())
                    .unwrap_or_default();
                Problem::new(format!("--loss-option {text}: {why}"))
                    .remedy(format!("loss parameters are: {}", known.join(", ")))
            };
            let (name, value) = text.split_once('=').ok_or_else(|| wrong("has no `=`"))?;
            if options.get(name).is_none() {
                return Err(wrong("unknown loss parameter"));
            }
            if given.iter().any(|given| given == name) {
                return Err(Problem::new(format!("the loss parameter {name} is given twice"))
                    .remedy("leave one of them out"));
            }
            given.push(name.to_owned());
            options[name] = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
        }
        serde_json::from_value(options).map_err(|e| {
            Problem::new(format!("--loss-option: {}", parsed::json(&e)))
                .remedy("give each of them as NAME=NUMBER; f_divergence takes a name")
        })
    }
}

fn targets(names: &[String]) -> Result<Vec<Target>, Problem> {
    if names.iter().any(|name| name == "all-linear") {
        return Ok(Target::ALL.to_vec());
    }
    let mut targets: Vec<Target> = names
        .iter()
        .map(|name| {
            name.parse().map_err(|e| {
                Problem::new(format!("--targets: {e}"))
                    .remedy("give some of these, separated by commas, or all-linear for all")
            })
        })
        .collect::<Result<_, _>>()?;
    targets.sort_unstable();
    targets.dedup();
    Ok(targets)
}

/// `predilect ranking-accuracy`
#[derive(Debug, Args)]
pub(crate) struct RankingArgs {
    /// The pairs: a study, or preference files of any format
    #[arg(required_unless_present = "example", value_name = "PAIRS|STUDY")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Use a bundled example instead: llmfao or local-judge
    #[arg(long, conflicts_with = "inputs", value_enum, value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// The model: a Hugging Face folder, gguf:FILE, or as for `predilect judge` one behind a server that echoes log-probabilities
    #[arg(long, value_name = "DIR|gguf:FILE|URL")]
    pub(crate) model: String,
    /// A PEFT adapter for it
    #[arg(long, value_name = "DIR")]
    pub(crate) adapter: Option<PathBuf>,
    /// The reference model (default with --adapter: the model without it)
    #[arg(long, value_name = "DIR|gguf:FILE|URL")]
    pub(crate) reference: Option<String>,
    /// For a server: whose tokens it takes, a folder with tokenizer.json or a GGUF file of its model
    #[arg(long, value_name = "DIR|gguf:FILE")]
    pub(crate) tokenizer: Option<String>,
    /// Beta of the idealised model
    #[arg(long, default_value_t = 0.1, value_name = "BETA", value_parser = any)]
    pub(crate) beta: f64,
    /// Include every pair in the JSON, with its flip threshold
    #[arg(long)]
    pub(crate) each: bool,
    #[command(flatten)]
    pub(crate) pairs: PairArgs,
    /// For a server, with a study: make no calls, read the logged answers again
    #[arg(long, help_heading = CALLS)]
    pub(crate) offline: bool,
    #[command(flatten)]
    pub(crate) tries: TryArgs,
    #[command(flatten)]
    pub(crate) show: ShowArgs,
}

impl RankingArgs {
    /// The question, as the library takes it.
    pub(crate) fn request(&self, global: &Global) -> Result<RankingRequest, Problem> {
        let server = server_named(&self.model)?;
        let (mut reference, mut reference_server) = (None, None);
        if let Some(text) = &self.reference {
            match server_named(text)? {
                Some(spec) => reference_server = Some(spec),
                None => reference = Some(model_path(text)),
            }
        }
        let model = match (&server, &self.tokenizer) {
            (None, None) => model_path(&self.model),
            (Some(_), Some(tokenizer)) => model_path(tokenizer),
            (Some(server), None) => {
                return Err(Problem::new(format!(
                    "{server} takes tokens, and it is not known of which model"
                ))
                .remedy("--tokenizer names a folder with the model's tokenizer.json, or gguf:FILE"));
            }
            (None, Some(_)) => {
                return Err(Problem::new("--tokenizer is for a model behind a server")
                    .remedy("leave it out: a model in this process has its own"));
            }
        };
        if self.offline && server.is_none() {
            return Err(Problem::new("--offline is for a model behind a server").remedy("leave it out"));
        }
        if server.is_some() && self.adapter.is_some() {
            return Err(Problem::new("an adapter cannot be put on a model behind a server")
                .remedy("serve the model with it, and name that"));
        }
        if self.reference.is_some() && server.is_some() != reference_server.is_some() {
            return Err(Problem::new("model and reference must both be behind servers, or both be here"));
        }
        let calls =
            server.is_some().then(|| CallOptions { offline: self.offline, ..self.tries.options(global) });
        Ok(RankingRequest {
            model,
            server,
            calls,
            adapter: self.adapter.clone(),
            reference,
            reference_server,
            beta: self.beta,
            texts: self.pairs.texts(),
            judge: self.pairs.judge.clone(),
            slice: self.pairs.slice(),
            each: self.each,
        })
    }
}

/// The model behind a server that a text names, if it does.
fn server_named(text: &str) -> Result<Option<ModelSpec>, Problem> {
    match text.parse::<ModelSpec>() {
        Ok(spec) => Ok((!spec.provider.is_local()).then_some(spec)),
        Err(error) if text.contains("://") => Err(Problem::new(error.to_string()).remedy(SpecError::REMEDY)),
        // A folder.
        Err(_) => Ok(None),
    }
}
