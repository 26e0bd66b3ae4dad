//! How a question travels to a provider and its answer back: one agent, three dialects.

mod anthropic;
mod batch;
mod gemini;
mod openai;

use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::batch::Batch;
use crate::contract::{Answer, Capabilities, Model, Request, Want};
use crate::error::{CallError, Fault};
use crate::spec::{ModelSpec, Provider};

/// How calls are made.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpOptions {
    /// How long an answer may take.
    pub timeout: Duration,
    /// Most calls at once: as many connections are kept.
    pub connections: usize,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self { timeout: Duration::from_mins(2), connections: 64 }
    }
}

/// The largest answer that is read; one token is a few bytes, its alternatives some hundred.
const MAX_BODY: u64 = 16 << 20;

/// What a provider's protocol says: how a question is written and an answer read.
trait Dialect: Send + Sync {
    fn capabilities(&self) -> Capabilities;
    /// The request's body.
    fn write(&self, model: &str, request: &Request) -> Value;
    /// An answer in a body that is JSON.
    fn read(&self, request: &Request, body: &Value) -> Result<Answer, CallError>;
    /// What an error's body says beyond its status, by the provider's own codes.
    fn fault(&self, status: u16, body: &Value) -> Option<Fault>;
}

struct HttpModel {
    name: String,
    model: String,
    url: String,
    /// Where a server of the user's own scores conversations: vLLM's `/pooling`.
    score_url: Option<String>,
    /// Where it takes batches.
    batch: Option<batch::BatchApi>,
    headers: Vec<(&'static str, String)>,
    /// Never shown: cut out of whatever a server echoes.
    secret: Option<String>,
    agent: Agent,
    dialect: Box<dyn Dialect>,
}

/// A model over HTTP. Keys come from the environment: `OPENAI_API_KEY`, `OPENROUTER_API_KEY`, `AZURE_OPENAI_API_KEY` (with
/// `AZURE_OPENAI_ENDPOINT`), `ANTHROPIC_API_KEY`, `GEMINI_API_KEY` or `GOOGLE_API_KEY`; for other servers, where they want
/// one, `PREDILECT_API_KEY`. `OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL` and
/// `OLLAMA_HOST` move those elsewhere.
///
/// # Errors
///
/// When a key or an address is missing; nothing is sent yet.
pub fn connect(spec: &ModelSpec, options: &HttpOptions) -> Result<Box<dyn Model>, CallError> {
    connect_with(spec, options, &|name| std::env::var(name).ok())
}

fn connect_with(
    spec: &ModelSpec,
    options: &HttpOptions,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Box<dyn Model>, CallError> {
    // Files and shells leave line ends behind.
    let env = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let needed = |names: &[&str]| {
        names.iter().find_map(|name| env(name)).ok_or_else(|| {
            CallError::new(Fault::Key, format!("there is no key for {spec}"))
                .remedy(format!("set {} in the environment", names.join(" or ")))
        })
    };
    let bearer = |secret: &str| ("authorization", format!("Bearer {secret}"));
    let chat = |base: &str| format!("{base}/chat/completions");
    let open = |strict| Box::new(openai::OpenAi { strict }) as Box<dyn Dialect>;
    let trimmed = |text: String| text.trim_end_matches('/').to_owned();
    let model = &spec.model;
    // Where the user has moved a provider elsewhere, the address is part of the model's name, and so of every key.
    let mut moved = None;
    let (url, headers, secret, dialect) = match spec.provider {
        Provider::OpenAi => {
            let secret = needed(&["OPENAI_API_KEY"])?;
            let usual = "https://api.openai.com/v1";
            let base = env("OPENAI_BASE_URL").map_or_else(|| usual.to_owned(), trimmed);
            moved = (base != usual).then(|| base.clone());
            (chat(&base), vec![bearer(&secret)], Some(secret), open(true))
        }
        Provider::OpenRouter => {
            let secret = needed(&["OPENROUTER_API_KEY"])?;
            (chat("https://openrouter.ai/api/v1"), vec![bearer(&secret)], Some(secret), open(false))
        }
        Provider::Azure => {
            let secret = needed(&["AZURE_OPENAI_API_KEY"])?;
            let endpoint = trimmed(needed(&["AZURE_OPENAI_ENDPOINT"])?);
            let version = env("AZURE_OPENAI_API_VERSION").unwrap_or_else(|| "2024-10-21".to_owned());
            moved = Some(format!("{endpoint} {version}"));
            let url = format!("{endpoint}/openai/deployments/{model}/chat/completions?api-version={version}");
            (url, vec![("api-key", secret.clone())], Some(secret), open(true))
        }
        Provider::Anthropic => {
            let secret = needed(&["ANTHROPIC_API_KEY"])?;
            let headers = vec![("x-api-key", secret.clone()), ("anthropic-version", "2023-06-01".to_owned())];
            let dialect = Box::new(anthropic::Anthropic) as Box<dyn Dialect>;
            let usual = "https://api.anthropic.com";
            let base = env("ANTHROPIC_BASE_URL").map_or_else(|| usual.to_owned(), trimmed);
            moved = (base != usual).then(|| base.clone());
            (format!("{base}/v1/messages"), headers, Some(secret), dialect)
        }
        Provider::Gemini => {
            let secret = needed(&["GEMINI_API_KEY", "GOOGLE_API_KEY"])?;
            let url =
                format!("https://generativelanguage.googleapis.com/v1beta/models/{model}:generateContent");
            let dialect = Box::new(gemini::Gemini) as Box<dyn Dialect>;
            (url, vec![("x-goog-api-key", secret.clone())], Some(secret), dialect)
        }
        Provider::Ollama => {
            let host = env("OLLAMA_HOST").unwrap_or_else(|| "127.0.0.1:11434".to_owned());
            let host = trimmed(if host.contains("://") { host } else { format!("http://{host}") });
            moved = (host != "http://127.0.0.1:11434").then(|| host.clone());
            (chat(&format!("{host}/v1")), Vec::new(), None, open(false))
        }
        Provider::Gguf | Provider::Hf => {
            return Err(CallError::new(
                Fault::NoModel,
                format!("{spec}: this program was built without local models"),
            )
            .remedy("build it with them: cargo build --release --features local"));
        }
        Provider::Compatible => {
            let secret = env("PREDILECT_API_KEY");
            let base = spec.base.clone().unwrap_or_default();
            (chat(&base), secret.iter().map(|secret| bearer(secret)).collect(), secret, open(false))
        }
    };
    check(spec, secret.as_deref(), moved.as_deref())?;
    let agent = Agent::config_builder()
        .timeout_global(Some(options.timeout))
        .timeout_connect(Some(Duration::from_secs(20)))
        .http_status_as_error(false)
        .max_idle_connections(options.connections)
        .max_idle_connections_per_host(options.connections)
        .user_agent(concat!("predilect/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent();
    let name = moved.map_or_else(|| spec.to_string(), |base| format!("{spec} at {base}"));
    let score_url = (spec.provider == Provider::Compatible).then(|| {
        let base = url.trim_end_matches("/chat/completions");
        format!("{}/pooling", base.trim_end_matches("/v1"))
    });
    let batch = match spec.provider {
        Provider::OpenAi | Provider::Compatible => {
            Some(batch::BatchApi::OpenAi(url.trim_end_matches("/chat/completions").to_owned()))
        }
        Provider::Anthropic => Some(batch::BatchApi::Anthropic(url.clone())),
        _ => None,
    };
    let model = model.clone();
    Ok(Box::new(HttpModel { name, model, url, score_url, batch, headers, secret, agent, dialect }))
}

/// Whether a key can be sent and an address be stored.
fn check(spec: &ModelSpec, secret: Option<&str>, moved: Option<&str>) -> Result<(), CallError> {
    if secret.is_some_and(|secret| !secret.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(CallError::new(
            Fault::Key,
            format!("the key for {spec} holds characters that no key has"),
        )
        .remedy(
            "look at the key in the environment: it must be one word of plain letters, digits and signs",
        ));
    }
    // An address in the environment may hold a password or a key: it is stored with every call.
    if moved.is_some_and(|base| base.contains('@') || base.contains('?')) {
        return Err(CallError::new(
            Fault::Key,
            "an address in the environment must hold no password and no query",
        )
        .remedy("give the key in the provider's own variable"));
    }
    Ok(())
}

impl Model for HttpModel {
    fn name(&self) -> &str {
        &self.name
    }

    fn capabilities(&self) -> Capabilities {
        self.dialect.capabilities()
    }

    fn batch(&self) -> Option<&dyn Batch> {
        self.batch.is_some().then_some(self as &dyn Batch)
    }

    fn send(&self, request: &Request) -> Result<String, CallError> {
        let body = self.dialect.write(&self.model, request).to_string();
        let url = match (&request.want, &self.score_url) {
            (Want::Score, None) => {
                return Err(CallError::new(Fault::Unsupported, format!("{} scores no conversations", self.name))
                    .remedy("--method reward needs the address of a server with a reward model: http://HOST:PORT/v1#MODEL"));
            }
            (Want::Score, Some(url)) => url,
            _ => &self.url,
        };
        let mut call = self.agent.post(url).header("content-type", "application/json");
        for (name, value) in &self.headers {
            call = call.header(*name, value);
        }
        let mut response = call.send(body.as_str()).map_err(|error| self.broken(&error))?;
        let status = response.status().as_u16();
        let wait =
            response.headers().get("retry-after").and_then(|value| value.to_str().ok()).and_then(seconds);
        let body = response
            .body_mut()
            .with_config()
            .limit(MAX_BODY)
            .lossy_utf8(true)
            .read_to_string()
            .map_err(|error| self.broken(&error))?;
        if (200..300).contains(&status) { Ok(body) } else { Err(self.refused(status, &body).after(wait)) }
    }

    fn read(&self, request: &Request, body: &str) -> Result<Answer, CallError> {
        let json: Value = serde_json::from_str(body).map_err(|error| {
            CallError::new(Fault::Body, format!("the answer of {} is no JSON: {error}", self.name))
        })?;
        // Some servers send their errors with status 200.
        if let Some(fault) = self.dialect.fault(200, &json) {
            return Err(CallError::new(fault, self.clean(&message(&json, body))));
        }
        self.dialect.read(request, &json)
    }
}

impl HttpModel {
    /// A call that got no whole answer.
    fn broken(&self, error: &ureq::Error) -> CallError {
        use std::io::ErrorKind;
        let fault = match error {
            ureq::Error::Timeout(_) => Fault::Timeout,
            ureq::Error::Io(e) if matches!(e.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock) => {
                Fault::Timeout
            }
            ureq::Error::BadUri(_) | ureq::Error::HostNotFound => Fault::NoModel,
            ureq::Error::BodyExceedsLimit(_) => Fault::Body,
            _ => Fault::Connection,
        };
        let error = CallError::new(
            fault,
            self.clean(&format!("{}: no answer from {}: {error}", self.name, self.url)),
        );
        match fault {
            Fault::NoModel => error.remedy("check the address"),
            Fault::Connection => error.remedy("check that the server runs and can be reached"),
            _ => error,
        }
    }

    /// An answer with another status than success.
    fn refused(&self, status: u16, body: &str) -> CallError {
        let json = serde_json::from_str(body).unwrap_or(Value::Null);
        let fault = self.dialect.fault(status, &json).unwrap_or(match status {
            401 | 403 => Fault::Key,
            402 => Fault::Quota,
            404 => Fault::NoModel,
            429 => Fault::RateLimited,
            503 | 529 => Fault::Overloaded,
            408 | 409 | 425 | 500.. => Fault::Server,
            _ => Fault::Request,
        });
        let said = message(&json, body);
        let error = CallError::new(fault, self.clean(&format!("{}: status {status}: {said}", self.name)));
        match fault {
            Fault::Key => error.remedy("check the provider's key in the environment"),
            Fault::Quota => error.remedy("check the balance and limits of the account"),
            Fault::NoModel => error.remedy("check the model's name and the address"),
            Fault::Unsupported => error.remedy("ask in another way: --method generated"),
            _ => error,
        }
    }

    /// A message without the key, on one line, of bearable length.
    fn clean(&self, text: &str) -> String {
        let text = match &self.secret {
            Some(secret) => text.replace(secret.as_str(), "[key]"),
            None => text.to_owned(),
        };
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if line.chars().count() > 500 { line.chars().take(500).chain("...".chars()).collect() } else { line }
    }
}

/// What an error's body says.
fn message(json: &Value, body: &str) -> String {
    let error = json.get("error").unwrap_or(json);
    let text = error.get("message").and_then(Value::as_str).or_else(|| error.as_str());
    text.map_or_else(|| body.trim().chars().take(300).collect(), str::to_owned)
}

/// A `Retry-After` in seconds; a date is taken for no hint.
fn seconds(text: &str) -> Option<Duration> {
    let seconds: f64 = text.trim().parse().ok()?;
    (0.0..=86_400.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// The sum of the probabilities of all tokens that are a continuation but for white space around it, as logarithms.
fn next_of(continuations: &[String], tokens: impl Iterator<Item = (String, f64)>) -> Vec<Option<f64>> {
    let mut sums = vec![0.0; continuations.len()];
    for (token, ln) in tokens {
        if let Some(at) = continuations.iter().position(|c| c == token.trim()) {
            sums[at] += ln.exp();
        }
    }
    sums.into_iter().map(|p: f64| (p > 0.0).then(|| p.ln())).collect()
}

/// A count of tokens in a body.
fn tokens(body: &Value, path: &str) -> u64 {
    body.pointer(path).and_then(Value::as_u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(name: &str) -> Option<String> {
        name.ends_with("_API_KEY").then(|| "secret-123".to_owned())
    }

    #[test]
    fn a_missing_key_is_said_before_anything_is_sent() {
        for spec in ["openai:m", "anthropic:m", "gemini:m", "openrouter:m", "azure:m"] {
            let error =
                connect_with(&spec.parse().unwrap(), &HttpOptions::default(), &|_| None).err().unwrap();
            assert_eq!(error.fault, Fault::Key, "{spec}");
            assert!(error.remedy.unwrap().contains("_API_KEY"), "{spec}");
        }
        for spec in ["ollama:m", "http://localhost:1/v1#m"] {
            assert!(connect_with(&spec.parse().unwrap(), &HttpOptions::default(), &|_| None).is_ok());
        }
    }

    #[test]
    fn a_provider_that_was_moved_has_another_name_and_keys_are_looked_at() {
        let named = |spec: &str, name: &'static str, value: &'static str| {
            let env = move |wanted: &str| {
                if wanted == name { Some(value.to_owned()) } else { environment(wanted) }
            };
            connect_with(&spec.parse().unwrap(), &HttpOptions::default(), &env)
                .map(|model| model.name().to_owned())
        };
        assert_eq!(named("openai:m", "X", "").unwrap(), "openai:m");
        assert_eq!(named("openai:m", "OPENAI_BASE_URL", "http://h/v1/").unwrap(), "openai:m at http://h/v1");
        assert_eq!(named("ollama:m", "OLLAMA_HOST", "127.0.0.1:11434").unwrap(), "ollama:m");
        assert_eq!(named("ollama:m", "OLLAMA_HOST", "other:1").unwrap(), "ollama:m at http://other:1");
        assert!(named("azure:m", "AZURE_OPENAI_ENDPOINT", "https://e").unwrap().contains("at https://e"));
        assert!(named("openai:m", "OPENAI_API_KEY", "secret\n").is_ok());
        for (name, value) in [("OPENAI_API_KEY", "two words"), ("OPENAI_BASE_URL", "http://u:p@h/v1")] {
            assert_eq!(named("openai:m", name, value).unwrap_err().fault, Fault::Key, "{name}");
        }
    }

    #[test]
    fn a_key_never_shows() {
        let spec: ModelSpec = "http://127.0.0.1:9/v1#m".parse().unwrap();
        let model = connect_with(&spec, &HttpOptions::default(), &environment).unwrap();
        let request = Request {
            messages: vec![predilect_types::Message::user("q")],
            want: Want::Text,
            max_tokens: 1,
            temperature: 0.0,
            seed: None,
        };
        let error = model.send(&request).unwrap_err();
        assert_eq!(error.fault, Fault::Connection);
        let echo = r#"{"error": {"message": "bad key secret-123", "code": "invalid_api_key"}}"#;
        let error = model.read(&request, echo).unwrap_err();
        assert_eq!((error.fault, error.message.as_str()), (Fault::Key, "bad key [key]"));
    }

    #[test]
    fn tokens_that_differ_by_white_space_count_together() {
        let tokens = [("A", 0.5_f64), (" A", 0.2), ("B", 0.1), ("The", 0.1)];
        let next = next_of(
            &["A".to_owned(), "B".to_owned(), "C".to_owned()],
            tokens.into_iter().map(|(t, p)| (t.to_owned(), p.ln())),
        );
        assert!((next[0].unwrap().exp() - 0.7).abs() < 1e-12 && (next[1].unwrap().exp() - 0.1).abs() < 1e-12);
        assert_eq!(next[2], None);
    }
}
