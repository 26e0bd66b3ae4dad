//! How models write down that they reason: the tags and channels around it.

/// What opens and what closes a model's reasoning in a text.
pub const THOUGHTS: [(&str, &str); 10] = [
    ("<think>", "</think>"),
    ("<thinking>", "</thinking>"),
    ("<thought>", "</thought>"),
    ("<reasoning>", "</reasoning>"),
    ("[THINK]", "[/THINK]"),
    ("<seed:think>", "</seed:think>"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("\u{25c1}think\u{25b7}", "\u{25c1}/think\u{25b7}"),
    ("<|channel>thought", "<channel|>"),
    (ANALYSIS, FINAL),
];

/// The channel in which a model of OpenAI's harmony format reasons.
const ANALYSIS: &str = "<|channel|>analysis";

/// The channel of its answer proper; its text begins behind the next [`MESSAGE`].
pub const FINAL: &str = "<|channel|>final";

/// Where the text of a channel begins.
pub const MESSAGE: &str = "<|message|>";

/// Whether a text begins with a model's reasoning, closed or not.
#[must_use]
pub fn begins_with_reasoning(text: &str) -> bool {
    let text = text.trim_start();
    THOUGHTS.iter().any(|(opens, _)| text.starts_with(opens))
}

/// What must follow a prompt so that the answer itself comes next: templates of models that always reason end with an open thought. With
/// `channels`, if the model knows them, the channel of the answer is opened too. `None` if nothing is missing.
#[must_use]
pub fn to_the_answer(prompt: &str, channels: bool) -> Option<String> {
    let end = prompt.trim_end();
    if channels {
        let begun = end.ends_with("<|start|>assistant");
        let analysed = end.strip_suffix(MESSAGE).unwrap_or(end).ends_with(ANALYSIS);
        return match (begun, analysed) {
            (true, _) => Some(format!("{FINAL}{MESSAGE}")),
            (_, true) => Some(format!("<|end|><|start|>assistant{FINAL}{MESSAGE}")),
            _ => None,
        };
    }
    let (_, close) = THOUGHTS.iter().find(|(open, close)| end.ends_with(open) && *close != FINAL)?;
    let lines = if prompt.ends_with('\n') { "\n" } else { "\n\n" };
    Some(format!("{lines}{close}\n\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prompt_that_ends_in_a_thought_is_led_to_its_answer() {
        let closed = |prompt, channels| to_the_answer(prompt, channels);
        assert_eq!(closed("<|Assistant|><think>\n", false).as_deref(), Some("\n</think>\n\n"));
        assert_eq!(closed("[THINK]", false).as_deref(), Some("\n\n[/THINK]\n\n"));
        assert_eq!(closed("<think>\n\n</think>\n\n", false), None);
        assert_eq!(closed("<|im_start|>assistant\n", false), None);
        assert_eq!(closed("<|start|>assistant", true).as_deref(), Some("<|channel|>final<|message|>"));
        assert_eq!(
            closed("<|start|>assistant<|channel|>analysis<|message|>", true).as_deref(),
            Some("<|end|><|start|>assistant<|channel|>final<|message|>")
        );
        assert_eq!(closed("<|start|>assistant<|channel|>final<|message|>", true), None);
        assert!(begins_with_reasoning(" <think>so") && !begins_with_reasoning("so <think>"));
    }
}
