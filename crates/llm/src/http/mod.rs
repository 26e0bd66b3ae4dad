//! How a question travels to a provider and its answer back: one agent, three dialects.

mod anthropic;
mod batch;
mod body;
mod gemini;
mod left_out;
mod letters;
mod openai;
mod providers;

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::batch::Batch;
use crate::contract::{Answer, Capabilities, Finish, LEAST_MASS, Model, Request, Want};
use crate::error::{CallError, Fault};
use crate::reasoning::{Effort, Reasoning, takes_temperature};
use crate::spec::{ModelSpec, Provider};
use crate::token::answer_of;
use left_out::{LeftOut, Optional, refused_by};
use letters::Letters;
use providers::{Place, place};

/// How calls are made.
#[derive(Debug, Clone, PartialEq)]
pub struct HttpOptions {
    /// How long an answer may take.
    pub timeout: Duration,
    /// Most calls at once: as many connections are kept.
    pub connections: usize,
    /// How models that reason are to do so.
    pub reasoning: Reasoning,
    /// Nothing will be sent, so that no key is needed.
    pub silent: bool,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(2),
            connections: 64,
            reasoning: Reasoning::default(),
            silent: false,
        }
    }
}

/// The largest answer that is read; one token is a few bytes, its alternatives some hundred.
const MAX_BODY: u64 = 16 << 20;

/// Bytes from which on a key is taken for one wherever it occurs.
const SECRET: usize = 12;

/// What a provider's protocol says: how a question is written and an answer read.
trait Dialect: Send + Sync {
    fn capabilities(&self) -> Capabilities;
    /// The request's body; `room` tokens may be written before the answer's own.
    fn write(&self, model: &str, request: &Request, room: u32) -> Value;
    /// Puts into a body how hard that model is to reason; false where it knows no such effort.
    fn reason(&self, model: &str, body: &mut Value, effort: Effort) -> bool;
    /// What a call can do without: a model that refuses it is asked without.
    fn optional(&self) -> &'static [Optional];
    /// An answer in a body that is JSON.
    fn read(&self, request: &Request, body: &Value) -> Result<Answer, CallError>;
    /// The first token's alternatives with their log-probabilities, where a body has them.
    fn alternatives(&self, _: &Value) -> Option<Vec<(String, f64)>> {
        None
    }
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
    effort: Option<Effort>,
    /// Tokens for reasoning.
    room: u32,
    /// Tokens that even a single one must have room for.
    least: u32,
    left_out: LeftOut,
    /// Where a server of the user's own says which token is which: vLLM's `/tokenize`.
    tokenize_url: Option<String>,
    letters: Letters,
}

/// A model over HTTP. Keys come from the environment: `OPENAI_API_KEY`, `OPENROUTER_API_KEY`, `AZURE_OPENAI_API_KEY` (with
/// `AZURE_OPENAI_ENDPOINT`), `ANTHROPIC_API_KEY`, `GEMINI_API_KEY` or `GOOGLE_API_KEY`; for other servers, where they want
/// one, `PREDILECT_API_KEY`. `OPENAI_BASE_URL`, `ANTHROPIC_BASE_URL`, `GEMINI_BASE_URL` and
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
    let Place { url, headers, secret, dialect, moved } = place(spec, options, env)?;
    let mut name = moved.map_or_else(|| spec.to_string(), |base| format!("{spec} at {base}"));
    let effort = options.reasoning.effort;
    if let Some(effort) = effort {
        if !dialect.reason(&spec.model, &mut serde_json::json!({}), effort) {
            return Err(CallError::new(
                Fault::Unsupported,
                format!("{spec} knows no reasoning effort called {}", effort.as_str()),
            )
            .remedy("give another one, or leave --reasoning out"));
        }
        // Another effort gives other answers: it is part of the name, and so of every key.
        let _ = write!(name, " with reasoning {}", effort.as_str());
    }
    let left_out = LeftOut::default();
    if !takes_temperature(spec, options.reasoning) {
        left_out.assume(dialect.optional(), "temperature");
    }
    // vLLM's own endpoints stand beside those of the protocol.
    let beside = |name: &str| {
        let base = url.trim_end_matches("/chat/completions").trim_end_matches("/v1");
        (spec.provider == Provider::Compatible).then(|| format!("{base}/{name}"))
    };
    let (score_url, tokenize_url) = (beside("pooling"), beside("tokenize"));
    let batch = match spec.provider {
        Provider::OpenAi | Provider::Compatible => {
            Some(batch::BatchApi::OpenAi(url.trim_end_matches("/chat/completions").to_owned()))
        }
        Provider::Anthropic => Some(batch::BatchApi::Anthropic(url.clone())),
        _ => None,
    };
    let agent = agent(&url, options.timeout, options.connections);
    Ok(Box::new(HttpModel {
        name,
        model: spec.model.clone(),
        url,
        score_url,
        batch,
        headers,
        secret,
        agent,
        dialect,
        effort,
        room: options.reasoning.room(spec),
        // Azure and OpenAI's models behind OpenRouter refuse limits below sixteen tokens.
        least: if matches!(spec.provider, Provider::Azure | Provider::OpenRouter) { 16 } else { 1 },
        left_out,
        tokenize_url,
        letters: Letters::default(),
    }))
}

/// What makes calls. A key must not travel to where a server sends: redirects are not followed.
///
/// A server on this machine is reached without a proxy, whatever the environment says.
fn agent(url: &str, timeout: Duration, connections: usize) -> Agent {
    let config = Agent::config_builder();
    let config = if is_loopback(url) { config.proxy(None) } else { config };
    config
        .timeout_global(Some(timeout))
        .timeout_connect(Some(Duration::from_secs(20)))
        .http_status_as_error(false)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .max_idle_connections(connections)
        .max_idle_connections_per_host(connections)
        .user_agent(concat!("predilect/", env!("CARGO_PKG_VERSION")))
        .build()
        .new_agent()
}

/// Whether an address is of this machine.
fn is_loopback(url: &str) -> bool {
    let host = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = host.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit('@').next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
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

    fn room(&self, want: &Want) -> u32 {
        match want {
            Want::Text | Want::Json(_) => self.room,
            // Probabilities of the next token are asked for instead of reasoning.
            Want::Next(_) => self.least - 1,
            Want::Score => 0,
        }
    }

    fn left_out(&self) -> Vec<&'static str> {
        self.left_out.names()
    }

    fn refused(&self) -> Vec<&'static str> {
        self.left_out.refusals()
    }

    fn leave_out(&self, names: &[String]) {
        self.left_out.recall(self.dialect.optional(), names);
    }

    fn remarks(&self) -> Vec<String> {
        let of = |name: &str| match name {
            "temperature" => "takes no temperature: asked twice, it may answer differently".to_owned(),
            "20 alternatives of a token" => "returns at most 5 alternatives per token".to_owned(),
            "system role" => {
                "has no system role: the system message was put at the start of the first user turn"
                    .to_owned()
            }
            "limits below 16 tokens" => "requires a limit of at least 16 tokens".to_owned(),
            "limits in schemas" => {
                "accepts no limits in a JSON schema: values off the scale are dropped".to_owned()
            }
            "JSON schemas" => "accepts no JSON schema: it was asked for a JSON object".to_owned(),
            name => format!("takes no {name} and was asked without"),
        };
        let mut remarks: Vec<String> =
            self.left_out.names().into_iter().map(|name| format!("{} {}", self.name, of(name))).collect();
        if self.letters.used() {
            remarks.push(format!("{} reports the letters by their tokens ({})", self.name, letters::NAME));
        }
        remarks
    }

    fn send(&self, request: &Request) -> Result<String, CallError> {
        let url = match (&request.want, &self.score_url) {
            (Want::Score, None) => {
                return Err(CallError::new(Fault::Unsupported, format!("{} scores no conversations", self.name))
                    .remedy("--method reward needs the address of a server with a reward model: http://HOST:PORT/v1#MODEL"));
            }
            (Want::Score, Some(url)) => url,
            _ => &self.url,
        };
        let mut tried: Vec<&'static Optional> = Vec::new();
        // An answer in which a letter is missing, for the case that asking for its token does not help.
        let mut first = None;
        loop {
            let sent = self.body(request, &tried);
            let (status, wait, body) = self.post_call(url, &sent)?;
            if (200..300).contains(&status) {
                // Only what helped is left out from now on: an error may speak of anything.
                for one in tried.drain(..) {
                    self.left_out.add(one);
                }
                if sent.get(letters::NAME).is_none() && self.learn_letters(request, &body) {
                    first = Some(body);
                    continue;
                }
                return Ok(body);
            }
            let error = body::json(&body).unwrap_or(Value::Null);
            if sent.get(letters::NAME).is_some() && matches!(status, 400 | 422) {
                self.letters.give_up();
                match first.take() {
                    Some(body) => return Ok(body),
                    None => continue,
                }
            }
            // What is left out now may have been sent before another call learnt it.
            if let Some(one) = self.refused_parameter(status, &error, |one| one.stands_in(&sent)) {
                tried.push(one);
            } else {
                let wait = wait.or_else(|| (status == 429).then(|| reset_in(&error)).flatten());
                return Err(self.refusal(status, &body).after(wait));
            }
        }
    }

    fn read(&self, request: &Request, body: &str) -> Result<Answer, CallError> {
        if let Some(page) = body::web_page(body) {
            return Err(CallError::new(Fault::NoModel, self.clean(&format!("{}: {page}", self.name)))
                .remedy("check the address: most servers want /v1 at its end"));
        }
        if body::is_stream(body) {
            let what = format!("{} streams its answer, though it was not asked to (data: events)", self.name);
            return Err(CallError::new(Fault::Unsupported, what)
                .remedy("turn streaming off in the server or the gateway in front of it"));
        }
        let json: Value = body::json(body).map_err(|error| {
            CallError::new(Fault::Body, format!("the answer of {} is no JSON: {error}", self.name))
        })?;
        // Some servers send their errors with status 200; what status they mean stands inside.
        if json["object"] == "error" && json["message"].is_string() {
            let code = json.get("code").and_then(number).filter(|code| (400..600).contains(code));
            return Err(self.refusal(code.unwrap_or(500), body));
        }
        if let Some(fault) = self.dialect.fault(200, &json) {
            let code = json.pointer("/error/code").and_then(number).filter(|code| (400..600).contains(code));
            return Err(match code {
                Some(code) if fault == Fault::Server => self.refusal(code, body),
                _ => {
                    let said = message(&json, body);
                    let told = if fault == Fault::Server { by_words(&said) } else { None };
                    self.fault(told.unwrap_or(fault), None, &said)
                }
            });
        }
        let answer = self.dialect.read(request, &json)?;
        // Of a text the beginning may do; half a form never does.
        let cut = answer.finish == Finish::Length
            && match request.want {
                Want::Text => answer.text.trim().is_empty(),
                Want::Json(_) => answer.text.trim().is_empty() || self.room > 0,
                Want::Next(_) | Want::Score => false,
            };
        if cut {
            return Err(self.no_room(&format!("{} did not do", answer.usage.output)));
        }
        Ok(answer)
    }
}

impl HttpModel {
    /// The body of a call, without what the model refuses and what is tried without.
    fn body(&self, request: &Request, tried: &[&'static Optional]) -> Value {
        let mut body = self.dialect.write(&self.model, request, self.room(&request.want));
        if let Some(effort) = self.effort.filter(|_| request.want != Want::Score) {
            self.dialect.reason(&self.model, &mut body, effort);
        }
        self.left_out.take_from(&mut body, tried);
        if let Want::Next(answers) = &request.want
            && let Some(ids) = self.letters.of(answers)
        {
            letters::put(&ids, &mut body);
        }
        body
    }

    /// Whether it is known now by which tokens to ask for the letters, of which this answer lacks one.
    fn learn_letters(&self, request: &Request, body: &str) -> bool {
        let (Want::Next(answers), Some(url)) = (&request.want, &self.tokenize_url) else { return false };
        // Where none is told, the model wants to say something else, and no token of theirs is an answer.
        let missing = |json| {
            let told = self.dialect.alternatives(&json).unwrap_or_default();
            let sums = sums_of(answers, &told);
            sums.contains(&0.0) && sums.iter().any(|sum| *sum > 0.0)
        };
        body::json(body).is_ok_and(missing)
            && self.letters.learn(answers, |text| {
                let asked = serde_json::json!({"model": self.model, "prompt": text,
                    "add_special_tokens": false, "return_token_strs": true});
                let (status, _, body) = self.post_call(url, &asked).ok()?;
                (status == 200).then(|| body::json(&body).ok()).flatten()
            })
    }

    /// Sends it; status, the wait that is asked for, and body of the answer.
    fn post_call(&self, url: &str, body: &Value) -> Result<(u16, Option<Duration>, String), CallError> {
        let mut call = self.agent.post(url).header("content-type", "application/json");
        for (name, value) in &self.headers {
            call = call.header(*name, value);
        }
        let mut response = call.send(body.to_string().as_str()).map_err(|error| self.broken(&error))?;
        let status = response.status().as_u16();
        let wait = wait_of(&|name| response.headers().get(name)?.to_str().ok().map(str::to_owned));
        let bytes = response
            .body_mut()
            .with_config()
            .limit(MAX_BODY)
            .read_to_vec()
            .map_err(|error| self.broken(&error))?;
        Ok((status, wait, self.received(body::text(bytes))))
    }

    /// The parameter that a refusal is about, where it was sent and a call can do without it.
    fn refused_parameter(
        &self,
        status: u16,
        error: &Value,
        sent: impl Fn(&Optional) -> bool,
    ) -> Option<&'static Optional> {
        matches!(status, 400 | 422).then(|| refused_by(error, self.dialect.optional(), sent))?
    }

    /// The model reasoned until no tokens were left to answer.
    fn no_room(&self, said: &str) -> CallError {
        CallError::new(Fault::NoRoom, format!("{} had no tokens left for an answer: {said}", self.name))
            .remedy("give it more with --reasoning-tokens, or --reasoning low, and --retry-failed")
    }

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
    fn refusal(&self, status: u16, body: &str) -> CallError {
        let json = body::json(body).unwrap_or(Value::Null);
        // What such a body says with status 200 is known already.
        let told = self.dialect.fault(status, &json).filter(|fault| *fault != Fault::Server || status >= 500);
        let fault = told.unwrap_or(match status {
            401 | 403 => Fault::Key,
            402 => Fault::Quota,
            300..=399 | 404 => Fault::NoModel,
            429 => Fault::RateLimited,
            503 | 529 => Fault::Overloaded,
            408 | 409 | 425 | 500.. => Fault::Server,
            _ => Fault::Request,
        });
        let said = body::web_page(body).unwrap_or_else(|| message(&json, body));
        self.fault(fault, Some(status), &said)
    }

    /// A failure of that kind, with what helps.
    fn fault(&self, fault: Fault, status: Option<u16>, said: &str) -> CallError {
        if fault == Fault::NoRoom {
            return self.no_room(&self.clean(said));
        }
        let with = status.map_or_else(String::new, |status| format!("status {status}: "));
        let error = CallError::new(fault, self.clean(&format!("{}: {with}{said}", self.name)));
        let status = status.unwrap_or(200);
        let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
        match fault {
            Fault::NoModel if (300..400).contains(&status) => {
                error.remedy("the address sends elsewhere: give the one it means; no key is sent there")
            }
            Fault::Key => error.remedy("check the provider's key in the environment"),
            Fault::Quota => error.remedy("check the balance and limits of the account"),
            Fault::NoModel => error.remedy("check the model's name and the address"),
            Fault::Unsupported if about(&["response_format", "schema"]) => {
                error.remedy("ask in another way: --enforce object, or --enforce nothing")
            }
            Fault::Unsupported if about(&["reasoning", "hinking", "effort"]) => {
                error.remedy("give another --reasoning, or leave it out")
            }
            Fault::Unsupported => error.remedy("ask in another way: --method generated"),
            _ if about(&["response_format", "schema"]) => {
                error.remedy("ask in another way: --enforce object, or --enforce nothing")
            }
            _ => error,
        }
    }

    /// A body without the key. A dummy such as `x` or `token` is no secret, and would be found in what is no key.
    fn received(&self, text: String) -> String {
        let real = self.secret.as_ref().is_some_and(|secret| secret.len() >= SECRET);
        if real { self.without_key(&text) } else { text }
    }

    /// A text in which a server echoes no key: bodies are logged, and logs are shared.
    fn without_key(&self, text: &str) -> String {
        match self.secret.as_ref().filter(|secret| !secret.is_empty()) {
            Some(secret) => text.replace(secret.as_str(), "[key]"),
            None => text.to_owned(),
        }
    }

    /// A message without the key, on one line, of bearable length.
    fn clean(&self, text: &str) -> String {
        let text = self.without_key(text);
        let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        if line.chars().count() > 500 { line.chars().take(500).chain("...".chars()).collect() } else { line }
    }
}

/// How long to wait, by the headers of a refusal: `Retry-After`, or when what is used up is there again.
fn wait_of(header: &dyn Fn(&str) -> Option<String>) -> Option<Duration> {
    let reset = |what: &str| {
        let used_up = header(&format!("x-ratelimit-remaining-{what}"))?.trim() == "0";
        header(&format!("x-ratelimit-reset-{what}")).filter(|_| used_up).and_then(|text| span(&text))
    };
    header("retry-after")
        .and_then(|text| seconds(&text))
        .or_else(|| reset("requests"))
        .or_else(|| reset("tokens"))
}

/// A span of time such as `7h12m0s`, `1m30.5s`, `120ms`; a bare number is seconds.
fn span(text: &str) -> Option<Duration> {
    let mut total = 0.0;
    let mut rest = text.trim();
    if let Ok(seconds) = rest.parse::<f64>() {
        return (0.0..=1e9).contains(&seconds).then(|| Duration::from_secs_f64(seconds));
    }
    while !rest.is_empty() {
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let n: f64 = rest[..end].parse().ok()?;
        let unit_end = rest[end..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| end + at);
        total += n * match &rest[end..unit_end] {
            "d" => 86_400.0,
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 0.001,
            _ => return None,
        };
        rest = &rest[unit_end..];
    }
    (total <= 1e9).then(|| Duration::from_secs_f64(total))
}

/// How long until a gateway's limit is reset, where the body says when: milliseconds since 1970.
fn reset_in(error: &Value) -> Option<Duration> {
    let at = error.pointer("/error/metadata/headers/X-RateLimit-Reset")?;
    let at = at.as_f64().or_else(|| at.as_str()?.trim().parse().ok()).filter(|at| at.is_finite())?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?.as_secs_f64();
    let wait = at / 1000.0 - now;
    (wait <= 1e9).then(|| Duration::from_secs_f64(wait.max(0.0)))
}

/// What an error's body says; of a gateway, also what the provider behind it said.
fn message(json: &Value, body: &str) -> String {
    let error = json.get("error").unwrap_or(json);
    let behind = |name: &str| error.pointer(&format!("/metadata/{name}")).and_then(Value::as_str);
    if let (Some(said), Some(raw)) = (error.get("message").and_then(Value::as_str), behind("raw")) {
        let who = behind("provider_name").map_or_else(String::new, |name| format!(" ({name})"));
        return format!("{said}{who}: {raw}");
    }
    let text = error.get("message").and_then(Value::as_str).or_else(|| error.as_str());
    // Whole: a key that is cut in two would not be found in it.
    text.map_or_else(|| body.trim().to_owned(), str::to_owned)
}

/// What an error means that comes with success and without a code.
fn by_words(said: &str) -> Option<Fault> {
    let said = said.to_lowercase();
    let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if about(&["unauthorized", "api key", "api_key", "no auth", "authentication", "forbidden"]) {
        return Some(Fault::Key);
    }
    if about(&[
        "insufficient balance",
        "insufficient credit",
        "insufficient quota",
        "credit balance",
        "billing",
        "exceeded your current quota",
        "payment required",
    ]) {
        return Some(Fault::Quota);
    }
    about(&["model not found", "unknown model", "no such model"]).then_some(Fault::NoModel)
}

/// A whole number, or one in quotation marks.
fn number(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|n| n.try_into().ok()).or_else(|| value.as_str()?.trim().parse().ok())
}

/// A `Retry-After`: seconds, or the date until which to wait.
fn seconds(text: &str) -> Option<Duration> {
    let Ok(seconds) = text.trim().parse::<f64>() else {
        let until = httpdate::parse_http_date(text.trim()).ok()?;
        return Some(until.duration_since(std::time::SystemTime::now()).unwrap_or_default());
    };
    (0.0..=1e9).contains(&seconds).then(|| Duration::from_secs_f64(seconds))
}

/// The sum of the probabilities of all tokens that are a continuation but for what stands before it, as logarithms.
///
/// # Errors
///
/// Where the numbers are no logarithms of probabilities, where no continuation is among the tokens, and where one is missing that may be
/// as probable as a tenth of the others: then what is told would decide.
fn next_of(continuations: &[String], tokens: &[(String, f64)]) -> Result<Vec<Option<f64>>, CallError> {
    /// Rounding in the last digits of 32 bits.
    const ROUNDING: f64 = 1e-3;
    /// The most of what is told that may be missing.
    const MISSING: f64 = 0.1;
    let none = |what: String| {
        CallError::new(Fault::NoProbabilities, what).remedy("ask for written verdicts: --method generated")
    };
    if let Some((token, ln)) = tokens.iter().find(|(_, ln)| *ln > ROUNDING) {
        return Err(none(format!(
            "{token:?} has a log-probability of {ln}, above 0: these are not log-probabilities"
        )));
    }
    let sums = sums_of(continuations, tokens);
    let told: f64 = sums.iter().sum();
    let shown = || {
        let list: Vec<String> =
            tokens.iter().take(3).map(|(token, ln)| format!("{token:?} {:.1} %", 100.0 * ln.exp())).collect();
        list.join(", ")
    };
    if told <= 0.0 {
        return Err(none(format!("none of the requested answers is among the top tokens: {}", shown())));
    }
    if told < LEAST_MASS {
        return Err(none(format!(
            "the requested answers have {:.2} % of the probability together; the model says something else: {}",
            100.0 * told,
            shown()
        )));
    }
    // What is not told is no more probable than the last that is, and no more than what is left.
    let least = tokens.iter().map(|(_, ln)| ln.exp()).filter(|p| *p > 0.0).fold(1.0, f64::min);
    let left = 1.0 - tokens.iter().map(|(_, ln)| ln.exp()).sum::<f64>();
    let unseen = least.min(left.max(0.0));
    if sums.contains(&0.0) && unseen > MISSING * told && tokens.iter().all(|(_, ln)| ln.is_finite()) {
        return Err(none(format!(
            "only some of the answers asked for are among the tokens returned ({}), and another may be as probable as {:.1} %",
            shown(),
            100.0 * unseen
        )));
    }
    Ok(sums.into_iter().map(|p: f64| (p > 0.0).then(|| p.ln())).collect())
}

/// The probability of each continuation, over all tokens that mean it.
fn sums_of(continuations: &[String], tokens: &[(String, f64)]) -> Vec<f64> {
    let mut sums = vec![0.0; continuations.len()];
    for (token, ln) in tokens {
        if let Some(at) = answer_of(token, continuations) {
            sums[at] += ln.exp();
        }
    }
    sums
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
        assert_eq!(
            (error.fault, error.message.as_str()),
            (Fault::Key, "http://127.0.0.1:9/v1#m: bad key [key]")
        );
    }

    #[test]
    fn waits_are_read_from_what_servers_say() {
        let of = |headers: &[(&str, &str)]| {
            wait_of(&|name| {
                headers.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
            })
        };
        assert_eq!(of(&[("retry-after", "2")]), Some(Duration::from_secs(2)));
        let used = [("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "7h12m0s")];
        assert_eq!(of(&used), Some(Duration::from_mins(7 * 60 + 12)));
        assert_eq!(
            of(&[("x-ratelimit-remaining-requests", "3"), ("x-ratelimit-reset-requests", "1s")]),
            None
        );
        assert_eq!(span("1m30.5s"), Some(Duration::from_secs_f64(90.5)));
        assert_eq!((span("120ms"), span("x"), span("5y")), (Some(Duration::from_millis(120)), None, None));
        assert!(of(&[("retry-after", "Fri, 31 Dec 1999 23:59:59 GMT")]) == Some(Duration::ZERO));
        let past = serde_json::json!({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "1000"}}}});
        assert_eq!(reset_in(&past), Some(Duration::ZERO));
        let raw = serde_json::json!({"error": {"message": "Provider returned error", "metadata": {"raw": "too long", "provider_name": "N"}}});
        assert_eq!(message(&raw, ""), "Provider returned error (N): too long");
    }

    #[test]
    fn this_machine_is_reached_without_a_proxy() {
        for here in
            ["http://127.0.0.1:8000/v1", "http://localhost/v1", "http://[::1]:80/v1", "http://LOCALHOST:1"]
        {
            assert!(is_loopback(here), "{here}");
        }
        for there in
            ["https://api.openai.com/v1", "http://localhost.example.com", "http://128.0.0.1/127.0.0.1", ""]
        {
            assert!(!is_loopback(there), "{there}");
        }
    }

    #[test]
    fn tokens_that_differ_by_white_space_count_together() {
        let tokens = [("A", 0.5_f64), (" A", 0.2), ("B", 0.1), ("The", 0.1)];
        let of = |tokens: &[(&str, f64)], wanted: &[&str]| {
            let wanted: Vec<String> = wanted.iter().map(|c| (*c).to_owned()).collect();
            next_of(&wanted, &tokens.iter().map(|(t, p)| ((*t).to_owned(), p.ln())).collect::<Vec<_>>())
        };
        let next = of(&tokens, &["A", "B"]).unwrap();
        assert!((next[0].unwrap().exp() - 0.7).abs() < 1e-12 && (next[1].unwrap().exp() - 0.1).abs() < 1e-12);
        // As vocabularies write it, in lower case, emphasised.
        for token in ["\u{120}A", "\u{2581}A", "a", "**A", ">A"] {
            assert!(
                (of(&[(token, 0.7), ("B", 0.3)], &["A", "B"]).unwrap()[0].unwrap().exp() - 0.7).abs() < 1e-12,
                "{token}"
            );
        }
        // What is not told is at most .01, or at most .2.
        assert_eq!(of(&[("A", 0.9), ("The", 0.09), ("It", 0.01)], &["A", "B"]).unwrap()[1], None);
        assert!(of(&[("A", 0.6), ("The", 0.2)], &["A", "B"]).unwrap_err().message.contains("20.0 %"));
        assert!(
            of(&[("<think>", 0.99), ("A", 4e-4), ("B", 1e-4)], &["A", "B"])
                .unwrap_err()
                .message
                .contains("0.05 %")
        );
        assert!(of(&[("<|channel|>", 0.99)], &["A", "B"]).unwrap_err().message.contains("<|channel|>"));
        assert!(of(&[("A", 2.0)], &["A", "B"]).unwrap_err().message.contains("above 0"));
    }
}
