//! The contract's model: a thread that owns the engine, and bodies of answers that are logged like a provider's.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::{LogOptions, send_logs_to_tracing};
use predilect_llm::{
    Answer, CallError, CallRemedy, Capabilities, Enforce, Fault, Finish, Model, ModelSpec, Provider, Request,
    Schema, Usage, Want, answer_of, meaning,
};
use serde::{Deserialize, Serialize};

use crate::chat::Chat;
use crate::engine::{Answered, Engine, Question, Said, Wanted};
use crate::fingerprint::fingerprint;
use crate::hub::{Download, fetch};

/// How a model in this process runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalOptions {
    /// Size of the cache in tokens, all questions under way together; less if the model was trained on less. The cache takes 2 x layers x
    /// (width of keys and values) x 2 bytes per token: 23 KiB for a model of 135 million parameters, 28 KiB for Qwen2.5 1.5B, 128 KiB for
    /// Llama 3 8B.
    pub context: u32,
    /// Threads; every core where it is not said.
    pub threads: Option<u32>,
}

impl Default for LocalOptions {
    fn default() -> Self {
        Self { context: 8192, threads: None }
    }
}

/// A model in this process. Answers are the most probable ones at temperature 0, and the same at every run.
pub struct LocalModel {
    name: String,
    model: Arc<LlamaModel>,
    jobs: Mutex<Sender<Job>>,
}

/// Questions and the destination of their answers.
struct Job {
    requests: Vec<Request>,
    reply: Sender<Vec<Result<String, CallError>>>,
}

/// The body of an answer, as it is logged.
#[derive(Debug, Serialize, Deserialize)]
struct Body {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Whether the model was done with the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    done: Option<bool>,
    /// Log-probabilities of the continuations asked for, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    next: Vec<f64>,
    /// The most probable tokens with their log-probabilities.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    top: Vec<(String, f64)>,
    usage: Usage,
}

/// llama.cpp starts once in a process.
fn backend() -> Result<&'static LlamaBackend, CallError> {
    static BACKEND: OnceLock<Result<LlamaBackend, String>> = OnceLock::new();
    BACKEND
        .get_or_init(|| {
            // The library writes pages to stderr, from its first step on.
            send_logs_to_tracing(LogOptions::default().with_logs_enabled(false));
            #[cfg(feature = "dispatch")]
            load_kernels();
            let mut backend = LlamaBackend::init().map_err(|error| error.to_string())?;
            backend.void_logs();
            Ok(backend)
        })
        .as_ref()
        .map_err(|error| CallError::new(Fault::Unsupported, format!("llama.cpp does not start: {error}")))
}

/// What llama.cpp can run on here, each with its name.
///
/// # Errors
///
/// When it does not start.
pub fn devices() -> Result<Vec<String>, CallError> {
    backend()?;
    let devices = llama_cpp_2::list_llama_ggml_backend_devices();
    Ok(devices.iter().map(|device| format!("{} ({})", device.name, device.description.trim())).collect())
}

/// Loads the kernels for this kind of CPU: from the program's folder if they were shipped there, else from where they were built.
#[cfg(feature = "dispatch")]
fn load_kernels() {
    use llama_cpp_2::llama_backend::{load_backends, load_backends_from_path};
    let shipped = std::env::current_exe().ok().and_then(|program| {
        let folder = program.parent()?;
        [folder.join("../lib/predilect"), folder.join("kernels")].into_iter().find(|folder| folder.is_dir())
    });
    match shipped {
        Some(folder) => load_backends_from_path(&folder),
        None => load_backends(),
    }
}

/// Opens the model of a `gguf:` or `hf:` string; `progress` is called with the bytes downloaded.
///
/// # Errors
///
/// When there is no such file, it cannot be downloaded, is not a model that llama.cpp reads, or does not fit into memory.
pub fn open(
    spec: &ModelSpec,
    options: &LocalOptions,
    progress: &mut dyn FnMut(Download),
) -> Result<LocalModel, CallError> {
    let place = spec.base.as_deref().unwrap_or_default();
    let path = match spec.provider {
        Provider::Gguf => PathBuf::from(place),
        Provider::Hf => fetch(place, progress)
            .map_err(|error| CallError::new(Fault::NoModel, error.to_string()).remedy(error.remedy()))?,
        _ => {
            return Err(CallError::new(
                Fault::NoModel,
                format!("{spec} is not a model that runs in this process"),
            ));
        }
    };
    LocalModel::load(&path, options)
}

impl LocalModel {
    /// Loads a GGUF file.
    ///
    /// # Errors
    ///
    /// As for [`open`].
    pub fn load(path: &Path, options: &LocalOptions) -> Result<Self, CallError> {
        let fail = |fault, problem: String| CallError::new(fault, format!("{}: {problem}", path.display()));
        let print = fingerprint(path).map_err(|e| fail(Fault::NoModel, e.to_string()))?;
        let mut magic = [0; 4];
        let read =
            std::fs::File::open(path).and_then(|mut file| std::io::Read::read_exact(&mut file, &mut magic));
        if read.is_err() || &magic != b"GGUF" {
            return Err(fail(Fault::NoModel, "this is not a GGUF file".to_owned()));
        }
        let backend = backend()?;
        let params = if backend.supports_gpu_offload() {
            LlamaModelParams::default().with_n_gpu_layers(u32::MAX >> 1)
        } else {
            LlamaModelParams::default()
        };
        let model = LlamaModel::load_from_file(backend, path, &params).map_err(|error| {
            fail(Fault::NoModel, format!("llama.cpp cannot read this model: {error}"))
                .remedy("is the file whole, and its architecture one that llama.cpp knows?")
        })?;
        if model.is_recurrent() || model.is_hybrid() {
            let problem = "models with recurrent layers cannot share what they have read";
            return Err(fail(Fault::Unsupported, problem.to_owned()).remedy(
                "serve it, e.g. by llama.cpp's server, and give the address: http://HOST:PORT/v1#MODEL",
            ));
        }
        let model = Arc::new(model);
        let file = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        let (jobs, incoming) = channel();
        let (ready, started) = channel();
        let worker = Worker { model: Arc::clone(&model), options: *options, backend };
        std::thread::Builder::new()
            .name("model".to_owned())
            .spawn(move || worker.run(&ready, &incoming))
            .map_err(|e| fail(Fault::Unsupported, e.to_string()))?;
        let thinks = match started.recv() {
            Ok(Ok(thinks)) => thinks,
            Ok(Err(problem)) => {
                return Err(fail(Fault::Unsupported, problem).remedy(CallRemedy::SmallerContext));
            }
            Err(_) => return Err(fail(Fault::Unsupported, "the model's thread has ended".to_owned())),
        };
        // Other words in the prompt, other answers: part of the name, and so of every key.
        let way = if thinks { " without thinking" } else { "" };
        Ok(Self { name: format!("gguf:{file}@{print}{way}"), model, jobs: Mutex::new(jobs) })
    }
}

struct Worker {
    model: Arc<LlamaModel>,
    options: LocalOptions,
    backend: &'static LlamaBackend,
}

impl Worker {
    fn run(self, ready: &Sender<Result<bool, String>>, jobs: &Receiver<Job>) {
        let cores = || std::thread::available_parallelism().map_or(1, |n| n.get() as u32);
        let threads = self.options.threads.unwrap_or_else(cores).clamp(1, 512).cast_signed();
        let room = self.options.context.min(self.model.n_ctx_train()).max(256);
        let chat = Chat::of(&self.model);
        let engine = Engine::new(self.backend, &self.model, room, threads);
        let (chat, mut engine) = match (chat, engine) {
            (Ok(chat), Ok(engine)) => (chat, engine),
            (Err(problem), _) | (_, Err(problem)) => {
                // The receiver is gone only when the program ends.
                let _ = ready.send(Err(problem));
                return;
            }
        };
        let _ = ready.send(Ok(chat.could_think(&self.model)));
        let vocabulary = Vocabulary::of(&self.model);
        while let Ok(job) = jobs.recv() {
            let _ = job.reply.send(self.answer(&mut engine, &chat, &vocabulary, &job.requests));
        }
    }

    fn answer(
        &self,
        engine: &mut Engine<'_>,
        chat: &Chat,
        vocabulary: &Vocabulary,
        requests: &[Request],
    ) -> Vec<Result<String, CallError>> {
        let mut answers: Vec<Option<Result<String, CallError>>> = vec![None; requests.len()];
        let mut questions = Vec::new();
        let mut places = Vec::new();
        for (place, request) in requests.iter().enumerate() {
            match self.question(chat, vocabulary, request) {
                Ok(question) => {
                    questions.push(question);
                    places.push(place);
                }
                Err(error) => answers[place] = Some(Err(error)),
            }
        }
        for ((answered, place), question) in engine.answer(&questions).into_iter().zip(places).zip(&questions)
        {
            answers[place] = Some(body(answered, question.tokens.len(), vocabulary));
        }
        let lost = || Err(CallError::new(Fault::Request, "the question got no answer"));
        answers.into_iter().map(|answer| answer.unwrap_or_else(lost)).collect()
    }

    fn question(
        &self,
        chat: &Chat,
        vocabulary: &Vocabulary,
        request: &Request,
    ) -> Result<Question, CallError> {
        let fail = |problem: String| CallError::new(Fault::Request, problem);
        let written = |grammar| Wanted::Text {
            most: request.max_tokens as usize,
            grammar,
            temperature: request.temperature as f32,
            seed: request.seed.unwrap_or(0) as u32,
        };
        let wanted = match &request.want {
            Want::Next(continuations) => Wanted::Next(vocabulary.tokens(continuations).ok_or_else(|| {
                CallError::new(
                    Fault::Unsupported,
                    format!("not all of {continuations:?} are tokens of this model"),
                )
                .remedy(CallRemedy::Written)
            })?),
            Want::Text => written(None),
            Want::Score => {
                return Err(CallError::new(
                    Fault::Unsupported,
                    "a model in this process scores no conversations",
                )
                .remedy("serve the reward model, e.g. by vLLM, and give its address"));
            }
            Want::LogProbs { .. } => {
                return Err(CallError::new(
                    Fault::Unsupported,
                    "a model that writes in this process does not say how probable it finds a text",
                ));
            }
            Want::Json(schema) => written(grammar(schema).map_err(fail)?),
        };
        let tokens = chat.tokens(&self.model, &request.messages).map_err(fail)?;
        Ok(Question { tokens, wanted })
    }
}

/// The grammar of a schema, as far as it is to be enforced.
fn grammar(schema: &Schema) -> Result<Option<String>, String> {
    let text = match schema.enforce {
        Enforce::Schema => schema.schema.to_string(),
        Enforce::Object => "{\"type\": \"object\"}".to_owned(),
        Enforce::Nothing => return Ok(None),
    };
    llama_cpp_2::json_schema_to_grammar(&text).map(Some).map_err(|error| error.to_string())
}

/// Texts of single tokens.
struct Vocabulary {
    pieces: Vec<String>,
    /// Tokens by what they mean, in lower case: ` A`, `**A` and `a` under `a`.
    bare: HashMap<String, Vec<i32>>,
}

impl Vocabulary {
    fn of(model: &LlamaModel) -> Self {
        let vocab = model.vocab();
        let mut bare: HashMap<String, Vec<i32>> = HashMap::new();
        let mut pieces = Vec::with_capacity(usize::try_from(model.n_vocab()).unwrap_or_default());
        for (token, bytes) in model.tokens(true) {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let short = meaning(&text);
            if !short.is_empty() && short.len() <= 32 && !vocab.is_control(token) {
                bare.entry(short.to_ascii_lowercase()).or_default().push(token.0);
            }
            pieces.push(text);
        }
        Self { pieces, bare }
    }

    /// The tokens that mean each of these answers; `None` if one has no token.
    fn tokens(&self, answers: &[String]) -> Option<Vec<Vec<i32>>> {
        let of = |(at, answer): (usize, &String)| {
            let all = self.bare.get(&answer.to_ascii_lowercase())?;
            let own = |token: &&i32| {
                let text = self.pieces.get(**token as usize);
                text.is_some_and(|text| answer_of(text, answers) == Some(at))
            };
            let tokens: Vec<i32> = all.iter().filter(own).copied().collect();
            (!tokens.is_empty()).then_some(tokens)
        };
        answers.iter().enumerate().map(of).collect()
    }
}

fn body(answered: Answered, length: usize, vocabulary: &Vocabulary) -> Result<String, CallError> {
    let (said, read) = answered
        .map_err(|problem| CallError::new(Fault::Request, problem).remedy(CallRemedy::LargerContext))?;
    let usage = |output: usize| Usage {
        input: length as u64,
        cached: (length - read) as u64,
        output: output as u64,
        ..Usage::default()
    };
    let body = match said {
        Said::Next { continuations, top } => {
            let text = |token: i32| vocabulary.pieces.get(token as usize).cloned().unwrap_or_default();
            let top = top.into_iter().map(|(token, log)| (text(token), log)).collect();
            Body { text: None, done: None, next: continuations, top, usage: usage(0) }
        }
        Said::Text { bytes, tokens, done } => Body {
            text: Some(String::from_utf8_lossy(&bytes).into_owned()),
            done: Some(done),
            next: Vec::new(),
            top: Vec::new(),
            usage: usage(tokens),
        },
    };
    serde_json::to_string(&body).map_err(|error| CallError::new(Fault::Request, error.to_string()))
}

impl Model for LocalModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        Capabilities { next: true, reasons: false, score: false, together: true }
    }

    fn send(&self, request: &Request) -> Result<String, CallError> {
        let gone = || Err(CallError::new(Fault::Request, "the question got no answer"));
        self.send_together(&[request]).pop().unwrap_or_else(gone)
    }

    fn send_together(&self, requests: &[&Request]) -> Vec<Result<String, CallError>> {
        let (reply, answers) = channel();
        let job = Job { requests: requests.iter().map(|&request| request.clone()).collect(), reply };
        let sent = self.jobs.lock().unwrap_or_else(PoisonError::into_inner).send(job);
        match sent.ok().and_then(|()| answers.recv().ok()) {
            Some(answers) => answers,
            None => requests
                .iter()
                .map(|_| Err(CallError::new(Fault::Unsupported, "the model's thread has ended")))
                .collect(),
        }
    }

    fn read(&self, request: &Request, body: &str) -> Result<Answer, CallError> {
        let body: Body = serde_json::from_str(body).map_err(|error| {
            CallError::new(Fault::Body, format!("the logged answer cannot be read: {error}"))
        })?;
        let text = match (&request.want, body.text) {
            (Want::Next(continuations), _) => {
                if body.next.len() != continuations.len() {
                    return Err(CallError::new(Fault::Body, "the logged answer is one to another question"));
                }
                body.top.first().map(|(text, _)| text.clone()).unwrap_or_default()
            }
            (_, text) => text.unwrap_or_default(),
        };
        let finish = if body.done == Some(false) { Finish::Length } else { Finish::Stop };
        let next = body.next.into_iter().map(|log| log.is_finite().then_some(log)).collect();
        Ok(Answer { text, finish, next, usage: body.usage })
    }

    fn count_tokens(&self, text: &str) -> u64 {
        self.model.vocab().tokenize(text.as_bytes(), false, false).len() as u64
    }
}
