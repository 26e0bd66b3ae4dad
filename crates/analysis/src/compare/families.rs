//! Which names of models and judges mean one model, or one family?

/// Words in names, and the family that each indicates; the first that occurs counts, and the model that another was tuned from gives the
/// family.
const FAMILIES: [(&str, &str); 43] = [
    ("vicuna", "llama"),
    ("alpaca", "llama"),
    ("wizardlm", "llama"),
    ("guanaco", "llama"),
    ("koala", "llama"),
    ("tulu", "llama"),
    ("pandalm", "llama"),
    ("auto-j", "llama"),
    ("autoj", "llama"),
    ("zephyr", "mistral"),
    ("mixtral", "mistral"),
    ("mistral", "mistral"),
    ("llama", "llama"),
    ("chatgpt", "gpt"),
    ("gpt4all", "llama"),
    ("cerebras", "cerebras"),
    ("gpt-j", "eleuther"),
    ("gpt-neo", "eleuther"),
    ("pythia", "eleuther"),
    ("dialogpt", "dialogpt"),
    ("opt", "opt"),
    ("bloom", "bloom"),
    ("gpt", "gpt"),
    ("davinci", "gpt"),
    ("openai", "gpt"),
    ("claude", "claude"),
    ("anthropic", "claude"),
    ("gemini", "gemini"),
    ("palm", "gemini"),
    ("bard", "gemini"),
    ("gemma", "gemini"),
    ("qwen", "qwen"),
    ("qwq", "qwen"),
    ("deepseek", "deepseek"),
    ("command-r", "cohere"),
    ("cohere", "cohere"),
    ("falcon", "falcon"),
    ("mpt", "mpt"),
    ("chatglm", "glm"),
    ("glm", "glm"),
    ("yi-", "yi"),
    ("internlm", "internlm"),
    ("phi-", "phi"),
];

/// Words that name another model of the same line.
const SIBLINGS: [&str; 7] = ["preview", "turbo", "mini", "nano", "lite", "small", "large"];

/// The family of a name; `None` where the name does not show one.
pub(super) fn family(name: &str) -> Option<&'static str> {
    let name = plain(name);
    FAMILIES.iter().find(|(word, _)| starts_a_word(&name, word)).map(|(_, family)| *family)
}

/// Whether a judge and a model are one model: the words of the one name begin the words of the other (`gpt-4` and `gpt-4-0613`; `gpt-4` and
/// `gpt-4o` are two), and the family is known.
pub(super) fn same_model(judge: &str, model: &str) -> bool {
    let words = |name: &str| -> Vec<String> {
        let plain = plain(name);
        let own = plain.rsplit(['/', ':', '#']).next().unwrap_or_default();
        own.split(['-', '_', ' ']).filter(|word| !word.is_empty()).map(str::to_owned).collect()
    };
    let (judge_words, model_words) = (words(judge), words(model));
    let shared = judge_words.len().min(model_words.len());
    let beyond = || judge_words[shared..].iter().chain(&model_words[shared..]);
    let alike = judge_words[..shared] == model_words[..shared];
    // What follows may be a date, a context size or a kind of tuning, but not another model's name; one word alone is a family.
    let one =
        beyond().all(|word| !SIBLINGS.contains(&word.as_str())) && (shared >= 2 || beyond().next().is_none());
    alike && one && (family(judge).is_some() || judge_words == model_words)
}

fn plain(name: &str) -> String {
    // The benchmark is not a model.
    name.to_ascii_lowercase().replace('_', "-").replace("alpaca-eval", "")
}

/// Whether `word` occurs in `name` with no letter before it, and none after it if it is as short as `mpt`.
fn starts_a_word(name: &str, word: &str) -> bool {
    name.match_indices(word).any(|(at, _)| {
        !name[..at].ends_with(|c: char| c.is_ascii_alphabetic())
            && (word.len() > 3 || !name[at + word.len()..].starts_with(|c: char| c.is_ascii_lowercase()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_and_models_are_told_by_their_names() {
        assert_eq!(family("gpt-3.5-turbo"), Some("gpt"));
        assert_eq!(family("vicuna-13b-v1.3"), Some("llama"));
        assert_eq!(family("openai:gpt-4o"), Some("gpt"));
        assert_eq!(family("Meta-Llama-3-70B-Instruct"), Some("llama"));
        assert_eq!(family("cerebras-gpt-6.7B"), Some("cerebras"));
        assert_eq!(family("opt-7b"), Some("opt"));
        assert_eq!(family("optimal"), None);
        assert_eq!(family("human"), None);
        assert_eq!(family("empty"), None);
        assert_eq!(family("prompt-a"), None);
        assert!(same_model("gpt-4", "gpt-4-0613"));
        assert!(same_model("openai:gpt-4", "GPT-4"));
        assert!(!same_model("gpt-4", "gpt-4o"));
        assert!(!same_model("gpt-4", "gpt-4-turbo"));
        assert!(!same_model("gpt-4", "gpt-3.5-turbo"));
        assert!(same_model("llama-2-70b", "llama-2-70b-chat"));
        assert!(!same_model("judge-1", "judge-1-b"));
        assert!(same_model("mymodel", "mymodel"));
        assert!(!same_model("claude-2", "claude-2.1") && !same_model("gpt-4", "gpt-4.1"));
        assert_eq!(family("weighted_alpaca_eval_gpt4_turbo"), Some("gpt"));
    }
}
