//! Does a response begin by refusing what was asked of it?

/// Characters at the beginning in which a refusal is looked for.
const BEGINNING: usize = 160;

/// What somebody says who refuses. Each stands at the beginning of a word.
const REFUSALS: [&str; 20] = [
    "i can't",
    "i cannot",
    "i can not",
    "i won't",
    "i will not",
    "i am unable",
    "i'm unable",
    "i am not able",
    "i'm not able",
    "i am not allowed",
    "i'm not allowed",
    "i must decline",
    "i have to decline",
    "i must refuse",
    "i don't have the ability",
    "i do not have the ability",
    "i don't have access",
    "i do not have access",
    "i'm not comfortable",
    "i am not comfortable",
];

/// How the same words go on where nothing is refused.
const NOT_MEANT: [&str; 12] = [
    "wait",
    "help but",
    "believe",
    "imagine",
    "thank",
    "stress",
    "emphasize",
    "emphasise",
    "overstate",
    "recommend",
    "say enough",
    "tell you how",
];

/// Whether a response begins with a refusal in English words: one of a list of phrases in the first person (I cannot, I am unable to,
/// I won't, I don't have access, ...) within its first 160 characters, outside quotation marks, that does not go on as a figure of speech
/// does (I cannot wait, I can't stress this enough). Refusals in other words, in other languages or later on are missed; a story that begins
/// "I cannot sleep" counts.
///
/// ```
/// use predilect_text::begins_with_refusal;
///
/// assert!(begins_with_refusal("I'm sorry, but I can't assist with that."));
/// assert!(!begins_with_refusal("I can't wait to see it!"));
/// assert!(!begins_with_refusal("Here is a list: ..."));
/// ```
pub fn begins_with_refusal(text: &str) -> bool {
    let beginning: String = text.trim_start().chars().take(2 * BEGINNING).collect();
    let beginning = beginning.replace('\u{2019}', "'").to_lowercase();
    REFUSALS.iter().any(|phrase| {
        beginning.match_indices(phrase).any(|(at, _)| {
            let (before, after) = (&beginning[..at], &beginning[at + phrase.len()..]);
            let whole = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
            let quoted = !before.matches(['"', '\u{201c}', '\u{201d}']).count().is_multiple_of(2);
            before.chars().count() < BEGINNING
                && whole(before.chars().next_back())
                && whole(after.chars().next())
                && !quoted
                && !NOT_MEANT.iter().any(|words| after.trim_start().starts_with(words))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_are_told_from_figures_of_speech() {
        for text in [
            "I'm sorry, but as an AI language model I don\u{2019}t have access to your files.",
            "Sorry, I cannot help with that request.",
            "Unfortunately, I am unable to open links.",
            "I won't do this.",
            "As a language model, I will not give medical advice.",
        ] {
            assert!(begins_with_refusal(text), "{text}");
        }
        for text in [
            "",
            "I can't stress enough how important sleep is.",
            "I cannot wait!",
            "Pi cannot be written as a fraction.",
            "\"I can't,\" she said, and left.",
            "Sure! Here is what you asked for.",
            "The answer is 4.",
            &format!("{} I cannot say more.", "Long ago there was a king who had a well. ".repeat(5)),
        ] {
            assert!(!begins_with_refusal(text), "{text}");
        }
    }
}
