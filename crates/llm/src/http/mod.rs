//! How a question travels to a provider and its answer back: one agent, three dialects.

mod agent;
mod anthropic;
mod batch;
mod batch_api;
mod body;
mod dialect;
mod echo;
mod failures;
mod gemini;
mod left_out;
mod letters;
mod next;
mod openai;
mod options;
mod providers;
mod said;
mod waits;

use std::fmt::Write;
use std::time::Duration;

use serde_json::Value;
use ureq::Agent;

use crate::batch::Batch;
use crate::contract::{Capabilities, Model};
use crate::error::{CallError, Fault, Remedy};
use crate::question::{Answer, Finish, Request, Want};
use crate::reasoning::{Effort, takes_temperature};
use crate::spec::{ModelSpec, Provider};
use agent::agent;
use batch_api::BatchApi;
use dialect::Dialect;
use left_out::{LeftOut, Optional};
use letters::Letters;
use next::sums_of;
pub use options::HttpOptions;
use providers::{Place, place, variable};
use said::{by_words, message, number};
use waits::{reset_in, wait_of};

/// The largest answer that is read; one token is a few bytes, its alternatives some hundred.
const MAX_BODY: u64 = 16 << 20;

/// Bytes from which on a key is taken for one wherever it occurs.
const SECRET: usize = 12;

struct HttpModel {
    name: String,
    model: String,
    url: String,
    /// Where a server of the user's own scores conversations: vLLM's `/pooling`.
    score_url: Option<String>,
    /// Where a protocol has them, completions without a conversation.
    completions_url: Option<String>,
    /// Where it takes batches.
    batch: Option<BatchApi>,
    headers: Vec<(&'static str, String)>,
    /// Never shown: cut out of whatever a server echoes.
    secret: Option<String>,
    /// The environment variable of the key; empty where none is taken.
    variable: &'static str,
    agent: Agent,
    dialect: Box<dyn Dialect>,
    effort: Option<Effort>,
    /// Tokens for reasoning.
    token_budget: u32,
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
                format!("{spec} has no reasoning effort called {}", effort.as_str()),
            )
            .remedy(Remedy::OtherEffort));
        }
        // Another effort gives other answers: it is part of the name, and so of every key.
        let _ = write!(name, " with reasoning {}", effort.as_str());
    }
    let left_out = LeftOut::default();
    if !takes_temperature(spec, options.reasoning) {
        left_out.assume(dialect.optional(), "temperature");
    }
    // vLLM's own endpoints are next to those of the protocol.
    let beside = |name: &str| {
        let base = url.trim_end_matches("/chat/completions").trim_end_matches("/v1");
        (spec.provider == Provider::Compatible).then(|| format!("{base}/{name}"))
    };
    let (score_url, tokenize_url) = (beside("pooling"), beside("tokenize"));
    let completions_url = matches!(spec.provider, Provider::OpenAi | Provider::Compatible)
        .then(|| format!("{}/completions", url.trim_end_matches("/chat/completions")));
    let batch = match spec.provider {
        Provider::OpenAi | Provider::Compatible => {
            Some(BatchApi::OpenAi(url.trim_end_matches("/chat/completions").to_owned()))
        }
        Provider::Anthropic => Some(BatchApi::Anthropic(url.clone())),
        _ => None,
    };
    let agent = agent(&url, options.timeout, options.connections);
    Ok(Box::new(HttpModel {
        name,
        model: spec.model.clone(),
        url,
        score_url,
        completions_url,
        batch,
        headers,
        secret,
        variable: variable(spec.provider),
        agent,
        dialect,
        effort,
        token_budget: options.reasoning.token_budget(spec),
        // Azure and OpenAI's models behind OpenRouter refuse limits below sixteen tokens.
        least: if matches!(spec.provider, Provider::Azure | Provider::OpenRouter) { 16 } else { 1 },
        left_out,
        tokenize_url,
        letters: Letters::default(),
    }))
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

    fn token_budget(&self, want: &Want) -> u32 {
        match want {
            Want::Text | Want::Json(_) => self.token_budget,
            // Probabilities of the next token are asked for instead of reasoning.
            Want::Next(_) => self.least - 1,
            Want::Score | Want::LogProbs { .. } => 0,
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
            remarks.push(format!("{} was asked for the letters by token id ({})", self.name, letters::NAME));
        }
        remarks
    }

    fn send(&self, request: &Request) -> Result<String, CallError> {
        let url = match (&request.want, &self.score_url) {
            (Want::Score, None) => {
                return Err(CallError::new(
                    Fault::Unsupported,
                    format!("{} scores no conversations", self.name),
                )
                .remedy(Remedy::RewardServer));
            }
            (Want::Score, Some(url)) => url,
            (Want::LogProbs { .. }, _) => self.completions_url.as_ref().ok_or_else(|| {
                CallError::new(
                    Fault::Unsupported,
                    format!("{} does not say how probable it finds a text", self.name),
                )
                .remedy(echo::SERVER)
            })?,
            _ => &self.url,
        };
        let mut tried: Vec<&'static Optional> = Vec::new();
        // An answer in which a letter is missing, for the case that asking for its token does not help.
        let mut first = None;
        let mut with_ids = true;
        loop {
            let sent = self.body(request, &tried, with_ids);
            let (status, wait, body) = self.post_call(url, &sent)?;
            if (200..300).contains(&status) {
                // Only what helped is left out from now on: an error may speak of anything.
                for one in tried.drain(..) {
                    self.left_out.add(one);
                }
                if !with_ids {
                    self.letters.give_up();
                } else if sent.get(letters::NAME).is_none() && self.learn_letters(request, &body) {
                    first = Some(body);
                    continue;
                }
                return Ok(body);
            }
            let error = body::json(&body).unwrap_or(Value::Null);
            if sent.get(letters::NAME).is_some() && matches!(status, 400 | 422) {
                if let Some(body) = first.take() {
                    // Without the tokens there was an answer: they are what is refused.
                    self.letters.give_up();
                    return Ok(body);
                }
                with_ids = false;
                continue;
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
            let (line, column) = (error.line(), error.column());
            let name = &self.name;
            CallError::new(
                Fault::Body,
                format!("the answer of {name} is not valid JSON (line {line}, column {column})"),
            )
        })?;
        // Some servers send their errors with status 200; the actual status is inside.
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
        let answer = self.dialect.read(request, &json).map_err(|error| self.cleaned(error))?;
        // Of a text the beginning may do; half a form never does.
        let cut = answer.finish == Finish::Length
            && match request.want {
                Want::Text => answer.text.trim().is_empty(),
                Want::Json(_) => answer.text.trim().is_empty() || self.token_budget > 0,
                Want::Next(_) | Want::Score | Want::LogProbs { .. } => false,
            };
        if cut {
            return Err(self.no_room(&format!("{} did not do", answer.usage.output)));
        }
        Ok(answer)
    }
}

impl HttpModel {
    /// The body of a call, without what the model refuses and what is tried without.
    fn body(&self, request: &Request, tried: &[&'static Optional], with_ids: bool) -> Value {
        let mut body = self.dialect.write(&self.model, request, self.token_budget(&request.want));
        if let Some(effort) =
            self.effort.filter(|_| !matches!(request.want, Want::Score | Want::LogProbs { .. }))
        {
            self.dialect.reason(&self.model, &mut body, effort);
        }
        self.left_out.take_from(&mut body, tried);
        if let Want::Next(answers) = &request.want
            && with_ids
            && let Some(ids) = self.letters.of(answers)
        {
            letters::put(&ids, &mut body);
        }
        body
    }

    /// Whether it is known now by which tokens to ask for the letters, of which this answer lacks one.
    fn learn_letters(&self, request: &Request, body: &str) -> bool {
        let (Want::Next(answers), Some(url)) = (&request.want, &self.tokenize_url) else { return false };
        // If none is reported, the model wants to say something else, and no token of theirs is an answer.
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
        let mut response = call.send(body.to_string().as_str()).map_err(|error| self.broken(url, &error))?;
        let status = response.status().as_u16();
        let wait = wait_of(&|name| response.headers().get(name)?.to_str().ok().map(str::to_owned));
        let bytes = response
            .body_mut()
            .with_config()
            .limit(MAX_BODY)
            .read_to_vec()
            .map_err(|error| self.broken(url, &error))?;
        Ok((status, wait, self.received(body::text(bytes))))
    }
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
        assert_eq!(error.fault, Fault::Unreachable);
        let echo = r#"{"error": {"message": "bad key secret-123", "code": "invalid_api_key"}}"#;
        let error = model.read(&request, echo).unwrap_err();
        assert_eq!(
            (error.fault, error.message.as_str()),
            (Fault::Key, "http://127.0.0.1:9/v1#m: bad key [key]")
        );
    }
}
