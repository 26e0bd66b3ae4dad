//! Models that reason before they answer: how hard, and how many tokens that takes.

use serde::{Deserialize, Serialize};

use crate::spec::{ModelSpec, Provider};

/// How a model that reasons before it answers is to do so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Reasoning {
    /// How hard; `None`: the provider's default.
    pub effort: Option<Effort>,
    /// The tokens it may spend on reasoning, beyond those of the answer: providers count both against one limit. `None`: 8192 where the
    /// model is known to reason, else nothing.
    pub tokens: Option<u32>,
}

/// The default reasoning budget of models that are known to reason, in tokens. What is not used costs nothing; if it is too small, the
/// question fails with a message.
const BUDGET: u32 = 8192;

/// How hard a model reasons, in the words that most providers share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Effort {
    /// Not at all.
    None,
    /// Hardly.
    Minimal,
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Very much.
    Xhigh,
    /// As much as it can.
    Max,
}

impl Effort {
    /// Every choice with its name.
    pub const ALL: [(Self, &'static str); 7] = [
        (Self::None, "none"),
        (Self::Minimal, "minimal"),
        (Self::Low, "low"),
        (Self::Medium, "medium"),
        (Self::High, "high"),
        (Self::Xhigh, "xhigh"),
        (Self::Max, "max"),
    ];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(effort, _)| *effort == self).map_or("", |(_, name)| name)
    }
}

impl Reasoning {
    /// Whether that model will write for itself before it answers.
    pub fn happens(self, spec: &ModelSpec) -> bool {
        match self.effort {
            Some(effort) => effort != Effort::None,
            None => reasons(spec),
        }
    }

    /// Tokens that the model may write before its answer.
    pub fn token_budget(self, spec: &ModelSpec) -> u32 {
        self.tokens.unwrap_or(if self.happens(spec) { BUDGET } else { 0 })
    }
}

/// Whether a model reasons unless it is told otherwise, judging by its name (names and defaults of November 2026). If the name does not
/// show it, as for a deployment or a model on a self-hosted server, it is assumed not to: then the first answers say so
/// ([`Fault::NoRoom`](crate::Fault::NoRoom)), before much is spent.
fn reasons(spec: &ModelSpec) -> bool {
    match spec.provider {
        Provider::OpenAi | Provider::Azure => openai(&spec.model),
        Provider::Anthropic => claude(&spec.model) >= (5, 0),
        Provider::Gemini => gemini(&spec.model),
        Provider::OpenRouter => match spec.model.split_once('/') {
            Some(("openai", model)) => openai(model),
            Some(("anthropic", model)) => claude(model) >= (5, 0),
            Some(("google", model)) => gemini(model),
            _ => false,
        },
        Provider::Ollama | Provider::Compatible | Provider::Gguf | Provider::Hf => false,
    }
}

/// Whether a model takes a temperature, judging by its name: those that reason at OpenAI and Anthropic, and Anthropic's from Claude Opus
/// 4.7 on in any case, refuse all but the usual one.
pub(crate) fn takes_temperature(spec: &ModelSpec, reasoning: Reasoning) -> bool {
    match spec.provider {
        Provider::OpenAi | Provider::Azure => !reasoning.happens(spec),
        Provider::Anthropic => claude(&spec.model) < (4, 7) && !reasoning.happens(spec),
        _ => true,
    }
}

/// The o-series, GPT-5 and later models, except for the chat models and 5.1, 5.2 and 5.4, which begin with no effort.
fn openai(model: &str) -> bool {
    let model = model.strip_prefix("ft:").unwrap_or(model);
    let after = |prefix: &str| {
        let digits = model.strip_prefix(prefix)?.split(|c: char| !c.is_ascii_digit()).next()?;
        digits.parse::<u32>().ok()
    };
    if after("o").is_some() {
        return true;
    }
    let at_once = ["gpt-5.1", "gpt-5.2", "gpt-5.4"]
        .iter()
        .any(|name| model.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('-')));
    after("gpt-").is_some_and(|version| version >= 5) && !at_once && !model.contains("-chat")
}

fn gemini(model: &str) -> bool {
    model.starts_with("gemini-")
        && !["gemini-1", "gemini-2.0", "gemini-2.5-flash-lite"].iter().any(|other| model.starts_with(other))
}

/// Claude's version: `claude-opus-4-7` is (4, 7), `claude-3.5-haiku` (3, 5), `claude-sonnet-4-20250514` (4, 0); a name without
/// any is taken for the newest.
pub(crate) fn claude(model: &str) -> (u32, u32) {
    let mut numbers = model
        .split(['-', '.', '@', ':'])
        .map(str::parse::<u32>)
        .skip_while(Result::is_err)
        .map_while(Result::ok);
    let major = numbers.next().unwrap_or(u32::MAX);
    (major, numbers.next().filter(|&minor| minor < 100).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_who_reasons() {
        for (name, expected) in [
            ("openai:gpt-4.1-mini", false),
            ("openai:ft:gpt-4o-2024-08-06:org", false),
            ("openai:o3", true),
            ("openai:gpt-5-mini", true),
            ("openai:gpt-5-chat-latest", false),
            ("openai:gpt-5.4-mini", false),
            ("openai:gpt-5.5", true),
            ("openai:gpt-6.1-sol", true),
            ("openai:chat-latest", false),
            ("openai:olmo-2", false),
            ("azure:gpt-4o-eu", false),
            ("azure:judge-eu", false),
            ("anthropic:claude-3-5-haiku-20241022", false),
            ("anthropic:claude-sonnet-4-20250514", false),
            ("anthropic:claude-opus-4-8", false),
            ("anthropic:claude-sonnet-5", true),
            ("anthropic:claude-haiku-5-5", true),
            ("anthropic:claude-latest", true),
            ("gemini:gemini-2.0-flash", false),
            ("gemini:gemini-2.5-flash-lite", false),
            ("gemini:gemini-2.5-pro", true),
            ("gemini:gemini-flash-latest", true),
            ("openrouter:anthropic/claude-3.5-haiku", false),
            ("openrouter:openai/gpt-5-nano", true),
            ("openrouter:deepseek/deepseek-r1", false),
            ("ollama:qwen3:8b", false),
            ("http://localhost:8000/v1#gpt-5", false),
        ] {
            assert_eq!(reasons(&name.parse().unwrap()), expected, "{name}");
        }
    }

    #[test]
    fn room_is_made_where_it_is_needed() {
        let new: ModelSpec = "openai:gpt-5".parse().unwrap();
        let old: ModelSpec = "openai:gpt-4.1".parse().unwrap();
        let with = |effort, tokens| Reasoning { effort, tokens };
        assert_eq!((with(None, None).token_budget(&new), with(None, None).token_budget(&old)), (BUDGET, 0));
        assert_eq!(with(Some(Effort::None), None).token_budget(&new), 0);
        assert_eq!(with(Some(Effort::Low), Some(50)).token_budget(&old), 50);
        assert!(!takes_temperature(&new, with(None, None)));
        assert!(takes_temperature(&new, with(Some(Effort::None), None)));
        for (name, takes) in [
            ("claude-opus-4-6", true),
            ("claude-opus-4-7", false),
            ("claude-sonnet-5", false),
            ("claude-3-opus", true),
        ] {
            let spec = format!("anthropic:{name}").parse().unwrap();
            assert_eq!(takes_temperature(&spec, Reasoning::default()), takes, "{name}");
        }
        let adaptive = "anthropic:claude-sonnet-4-6".parse().unwrap();
        assert!(!takes_temperature(&adaptive, with(Some(Effort::Low), None)));
    }
}
