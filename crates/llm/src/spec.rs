//! Which model does a string name?

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use predilect_types::{Failure, Subject};
use serde::{Deserialize, Serialize};

/// Who serves a model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Provider {
    /// `openai:MODEL`
    OpenAi,
    /// `openrouter:MODEL`
    OpenRouter,
    /// `azure:DEPLOYMENT`
    Azure,
    /// `anthropic:MODEL`
    Anthropic,
    /// `gemini:MODEL`
    Gemini,
    /// `ollama:MODEL`, on this machine
    Ollama,
    /// `http://HOST/v1#MODEL`: any server that speaks OpenAI's protocol (`vLLM`, llama.cpp, Ollama, ...)
    Compatible,
    /// `gguf:PATH`, a file in this process
    Gguf,
    /// `hf:ORGANISATION/NAME/FILE`, a file of the Hugging Face hub in this process
    Hf,
}

impl Provider {
    const NAMED: [(&'static str, Self); 8] = [
        ("openai", Self::OpenAi),
        ("openrouter", Self::OpenRouter),
        ("azure", Self::Azure),
        ("anthropic", Self::Anthropic),
        ("gemini", Self::Gemini),
        ("ollama", Self::Ollama),
        ("gguf", Self::Gguf),
        ("hf", Self::Hf),
    ];

    /// Whether its models run in this process.
    pub fn is_local(self) -> bool {
        matches!(self, Self::Gguf | Self::Hf)
    }
}

/// A model as the user names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModelSpec {
    /// Who serves it.
    pub provider: Provider,
    /// The provider's name for it; of a file, its name without folder and ending.
    pub model: String,
    /// The address, without a slash at its end, where the user gives one; the path of a file, or its name on the hub.
    pub base: Option<String>,
    text: String,
}

/// A string that does not name a model.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` does not name a model: {problem}")]
pub struct SpecError {
    text: String,
    problem: &'static str,
}

impl Failure for SpecError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some("name-a-model")
    }

    fn subject(&self) -> Subject {
        Subject::value(&self.text)
    }
}

impl SpecError {
    /// What such a string looks like.
    pub const REMEDY: &'static str = "write openai:MODEL, anthropic:MODEL, gemini:MODEL, openrouter:MODEL, azure:DEPLOYMENT, \
        ollama:MODEL, http://HOST:PORT/v1#MODEL for any server that speaks OpenAI's protocol, or, in a build with local models, \
        gguf:PATH or hf:ORGANISATION/NAME/FILE";
}

impl FromStr for ModelSpec {
    type Err = SpecError;

    fn from_str(text: &str) -> Result<Self, SpecError> {
        let fail = |problem| Err(SpecError { text: text.to_owned(), problem });
        // What may contain a key is not repeated.
        let hide = |problem| {
            let scheme = text.split_once("://").map_or("", |(scheme, _)| scheme);
            Err(SpecError { text: format!("{scheme}://..."), problem })
        };
        if text.chars().any(char::is_control) {
            return fail("it contains a control character");
        }
        if text.starts_with("http://") || text.starts_with("https://") {
            let (address, model) = text.split_once('#').unwrap_or((text, ""));
            if address.contains('@') {
                return hide(
                    "an address must not contain a name or password; keys come from the environment",
                );
            }
            if address.contains('?') {
                return hide(
                    "an address must not have a query: it would be stored; keys come from the environment",
                );
            }
            if model.is_empty() {
                return fail("the model's name is missing after #");
            }
            return Ok(Self {
                provider: Provider::Compatible,
                model: model.to_owned(),
                base: Some(address.trim_end_matches('/').to_owned()),
                text: text.to_owned(),
            });
        }
        let Some((prefix, model)) = text.split_once(':') else {
            return fail("there is no provider before a colon");
        };
        let Some((_, provider)) = Provider::NAMED.iter().find(|(name, _)| *name == prefix) else {
            // An address without its scheme.
            if model.contains('@') {
                return Err(SpecError {
                    text: format!("{prefix}:..."),
                    problem: "an address begins with http:// or https:// and must not contain a name or password; keys come from the environment",
                });
            }
            return fail("the provider before the colon is not known");
        };
        if model.is_empty() {
            return fail("the model's name is missing after the colon");
        }
        if provider.is_local() {
            let path =
                if *provider == Provider::Hf { model.split('@').next().unwrap_or(model) } else { model };
            let Some(name) = name_of(Path::new(path)) else {
                return fail("a file is missing after the colon");
            };
            return Ok(Self {
                provider: *provider,
                model: name.to_owned(),
                base: Some(model.to_owned()),
                text: text.to_owned(),
            });
        }
        Ok(Self { provider: *provider, model: model.to_owned(), base: None, text: text.to_owned() })
    }
}

/// What the model in a file is called: as the file, and where that says only `model`, as its folder.
fn name_of(path: &Path) -> Option<&str> {
    let stem = path.file_stem()?.to_str()?;
    let folder = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    Some(if stem == "model" { folder.unwrap_or(stem) } else { stem })
}

impl TryFrom<String> for ModelSpec {
    type Error = SpecError;

    fn try_from(text: String) -> Result<Self, SpecError> {
        text.parse()
    }
}

impl From<ModelSpec> for String {
    fn from(spec: ModelSpec) -> Self {
        spec.text
    }
}

impl fmt::Display for ModelSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_strings_name_models() {
        let spec: ModelSpec = "openai:gpt-4.1".parse().unwrap();
        assert_eq!((spec.provider, spec.model.as_str()), (Provider::OpenAi, "gpt-4.1"));
        let spec: ModelSpec = "http://localhost:8000/v1/#org/model:tag".parse().unwrap();
        assert_eq!(spec.base.as_deref(), Some("http://localhost:8000/v1"));
        assert_eq!((spec.provider, spec.model.as_str()), (Provider::Compatible, "org/model:tag"));
        assert_eq!(spec.to_string(), "http://localhost:8000/v1/#org/model:tag");
        let spec: ModelSpec = "ollama:qwen3:8b".parse().unwrap();
        assert_eq!(spec.model, "qwen3:8b");
        let spec: ModelSpec = "gguf:/models/SmolLM2-135M.Q4_1.gguf".parse().unwrap();
        assert_eq!(
            (spec.model.as_str(), spec.base.as_deref()),
            ("SmolLM2-135M.Q4_1", Some("/models/SmolLM2-135M.Q4_1.gguf"))
        );
        let spec: ModelSpec = "hf:org/name/file.gguf@abc".parse().unwrap();
        assert_eq!((spec.model.as_str(), spec.base.as_deref()), ("file", Some("org/name/file.gguf@abc")));
        assert!(spec.provider.is_local());
        // What `train` leaves has one name everywhere.
        let spec: ModelSpec = "gguf:trained/aligned/model.gguf".parse().unwrap();
        assert_eq!(spec.model, "aligned");
        assert_eq!("gguf:model.gguf".parse::<ModelSpec>().unwrap().model, "model");
    }

    #[test]
    fn other_strings_say_what_is_wrong() {
        for (text, problem) in [
            ("gpt-4", "no provider"),
            ("else:x", "not known"),
            ("openai:", "missing"),
            ("http://h/v1", "missing after #"),
            ("https://user:secret@h/v1#m", "must not contain"),
            ("https://h/v1?key=secret#m", "must not have a query"),
            ("user:secret@h/v1#m", "keys come from the environment"),
            ("openai:a\nb", "control"),
            ("gguf:..", "a file is missing"),
        ] {
            let error = text.parse::<ModelSpec>().unwrap_err();
            assert!(error.to_string().contains(problem), "{error}");
            assert!(!error.to_string().contains("secret"), "{error}");
        }
    }
}
