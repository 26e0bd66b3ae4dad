//! Where each provider is, who may ask it, and which dialect it speaks.

use super::dialect::Dialect;
use super::options::HttpOptions;
use super::{anthropic, gemini, openai};
use crate::error::{CallError, Fault, Remedy};
use crate::spec::{ModelSpec, Provider};

/// Where a model is asked.
pub(super) struct Place {
    /// The address of its chat.
    pub(super) url: String,
    /// What every call carries.
    pub(super) headers: Vec<(&'static str, String)>,
    /// The key among them.
    pub(super) secret: Option<String>,
    /// Its protocol.
    pub(super) dialect: Box<dyn Dialect>,
    /// Where the user has moved the provider to: part of the model's name, and so of every key in the log.
    pub(super) moved: Option<String>,
}

/// Where a model is, by the environment.
#[expect(clippy::too_many_lines, reason = "one match, an arm for each provider")]
pub(super) fn place(
    spec: &ModelSpec,
    options: &HttpOptions,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Place, CallError> {
    // Files and shells leave line ends behind.
    let env = |name: &str| env(name).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty());
    let needed = |names: &[&str]| {
        names.iter().find_map(|name| env(name)).ok_or_else(|| {
            CallError::new(Fault::Key, format!("there is no key for {spec}"))
                .remedy(format!("set {} in the environment", names.join(" or ")))
        })
    };
    let key = |names: &[&str]| match needed(names) {
        Err(_) if options.silent => Ok(String::new()),
        key => key,
    };
    let reasons = options.reasoning.happens(spec);
    let own = spec.provider == Provider::Compatible;
    let open = |strict| Box::new(openai::OpenAi { strict, reasons, own }) as Box<dyn Dialect>;
    let bearer = |secret: &str| ("authorization", format!("Bearer {secret}"));
    let chat = |base: &str| format!("{base}/chat/completions");
    let trimmed = |text: String| text.trim_end_matches('/').to_owned();
    let at = |name: &str, usual: &str| {
        let base = env(name).map_or_else(|| usual.to_owned(), trimmed);
        let moved = (base != usual).then(|| base.clone());
        (base, moved)
    };
    let model = &spec.model;
    let place = match spec.provider {
        Provider::OpenAi => {
            let secret = key(&[variable(spec.provider)])?;
            let (base, moved) = at("OPENAI_BASE_URL", "https://api.openai.com/v1");
            let headers = vec![bearer(&secret)];
            Place { url: chat(&base), headers, secret: Some(secret), dialect: open(true), moved }
        }
        Provider::OpenRouter => {
            let secret = key(&[variable(spec.provider)])?;
            let (url, headers) = (chat("https://openrouter.ai/api/v1"), vec![bearer(&secret)]);
            Place { url, headers, secret: Some(secret), dialect: open(false), moved: None }
        }
        Provider::Azure => {
            let secret = key(&[variable(spec.provider)])?;
            let endpoint = trimmed(needed(&["AZURE_OPENAI_ENDPOINT"])?);
            // Dated versions do not know models that came later; the undated address knows all.
            let (url, moved) = match env("AZURE_OPENAI_API_VERSION") {
                None => (chat(&format!("{endpoint}/openai/v1")), endpoint),
                Some(version) => {
                    let path = format!("deployments/{model}/chat/completions?api-version={version}");
                    (format!("{endpoint}/openai/{path}"), format!("{endpoint} {version}"))
                }
            };
            let headers = vec![("api-key", secret.clone())];
            Place { url, headers, secret: Some(secret), dialect: open(true), moved: Some(moved) }
        }
        Provider::Anthropic => {
            let secret = key(&[variable(spec.provider)])?;
            let headers = vec![("x-api-key", secret.clone()), ("anthropic-version", "2023-06-01".to_owned())];
            let (base, moved) = at("ANTHROPIC_BASE_URL", "https://api.anthropic.com");
            let dialect = Box::new(anthropic::Anthropic { reasons });
            Place { url: format!("{base}/v1/messages"), headers, secret: Some(secret), dialect, moved }
        }
        Provider::Gemini => {
            let secret = key(&[variable(spec.provider), "GOOGLE_API_KEY"])?;
            let (base, moved) = at("GEMINI_BASE_URL", "https://generativelanguage.googleapis.com");
            let url = format!("{base}/v1beta/models/{model}:generateContent");
            let headers = vec![("x-goog-api-key", secret.clone())];
            Place { url, headers, secret: Some(secret), dialect: Box::new(gemini::Gemini { reasons }), moved }
        }
        Provider::Ollama => {
            let host = env("OLLAMA_HOST").unwrap_or_else(|| "127.0.0.1:11434".to_owned());
            let host = trimmed(if host.contains("://") { host } else { format!("http://{host}") });
            let moved = (host != "http://127.0.0.1:11434").then(|| host.clone());
            let url = chat(&format!("{host}/v1"));
            Place { url, headers: Vec::new(), secret: None, dialect: open(false), moved }
        }
        Provider::Gguf | Provider::Hf => {
            return Err(CallError::new(
                Fault::NoModel,
                format!("{spec}: this program was built without local models"),
            )
            .remedy(Remedy::LocalBuild));
        }
        Provider::Compatible => {
            let secret = env(variable(spec.provider));
            let url = chat(spec.base.as_deref().unwrap_or_default());
            let headers = secret.iter().map(|secret| bearer(secret)).collect();
            Place { url, headers, secret, dialect: open(false), moved: None }
        }
    };
    check(spec, place.secret.as_deref(), place.moved.as_deref())?;
    Ok(place)
}

/// The environment variable that a provider's key comes from; empty where none is taken.
pub(super) fn variable(provider: Provider) -> &'static str {
    match provider {
        Provider::OpenAi => "OPENAI_API_KEY",
        Provider::OpenRouter => "OPENROUTER_API_KEY",
        Provider::Azure => "AZURE_OPENAI_API_KEY",
        Provider::Anthropic => "ANTHROPIC_API_KEY",
        Provider::Gemini => "GEMINI_API_KEY",
        Provider::Compatible => "PREDILECT_API_KEY",
        Provider::Ollama | Provider::Gguf | Provider::Hf => "",
    }
}

/// Whether a key can be sent and an address be stored.
fn check(spec: &ModelSpec, secret: Option<&str>, moved: Option<&str>) -> Result<(), CallError> {
    if secret.is_some_and(|secret| !secret.bytes().all(|byte| byte.is_ascii_graphic())) {
        return Err(CallError::new(
            Fault::Key,
            format!("the key for {spec} contains characters that no key has"),
        )
        .remedy("check the key in the environment: it must be one word of plain letters, digits and signs"));
    }
    // An address in the environment may contain a password or a key: it is stored with every call.
    if moved.is_some_and(|base| base.contains('@') || base.contains('?')) {
        return Err(CallError::new(
            Fault::Key,
            "an address in the environment must not contain a password or a query",
        )
        .remedy("give the key in the provider's own variable"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::connect_with;
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
            assert!(
                matches!(error.remedy, Some(crate::error::Remedy::Words(words)) if words.contains("_API_KEY")),
                "{spec}"
            );
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
    fn who_sends_nothing_needs_no_key() {
        let silent = HttpOptions { silent: true, ..HttpOptions::default() };
        for spec in ["openai:m", "anthropic:m", "gemini:m", "openrouter:m"] {
            let model = connect_with(&spec.parse().unwrap(), &silent, &|_| None).unwrap();
            assert_eq!(model.name(), spec);
        }
        // Where it is asked is part of its name.
        assert!(connect_with(&"azure:m".parse().unwrap(), &silent, &|_| None).is_err());
    }
}
