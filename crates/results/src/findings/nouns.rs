//! What is a property called where a sentence takes a noun?

use predilect_types::shown::line;

/// The properties whose labels are not nouns.
const NOUNS: [(&str, &str); 22] = [
    ("harmless", "harmlessness"),
    ("friendly", "friendliness"),
    ("polite", "politeness"),
    ("interactive", "interactivity"),
    ("funny", "humour"),
    ("well_formatted", "formatting"),
    ("admit_limits", "admitting limitations"),
    ("persuasive", "persuasiveness"),
    ("step_by_step", "going step by step"),
    ("non_repetitive", "avoiding repetition"),
    ("clear", "clarity"),
    ("relevant", "relevance"),
    ("novel", "novelty"),
    ("rich", "information"),
    ("no_minor_errors", "freedom from minor errors"),
    ("no_moderate_errors", "freedom from moderate errors"),
    ("no_severe_errors", "freedom from severe errors"),
    ("clarify_intent", "clarifying the intent"),
    ("empathetic", "empathy"),
    ("satisfies_constraints", "satisfying constraints"),
    ("supports_stances", "supporting stances"),
    ("corrects_mistakes", "correcting mistakes"),
];

/// The name of a property as a noun: `formatting` for `well_formatted`, in lower case and on one line.
pub fn noun(id: &str) -> String {
    match NOUNS.iter().find(|(own, _)| *own == id) {
        Some((_, noun)) => (*noun).to_owned(),
        None => line(predilect_types::property(id).map_or(id, |p| p.label)).to_lowercase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn properties_are_named_by_nouns() {
        assert_eq!(["well_formatted", "length", "mine"].map(noun), ["formatting", "length", "mine"]);
        assert!(NOUNS.iter().all(|(id, _)| predilect_types::property(id).is_some()));
    }
}
