//! Which names of columns stand for which role: the words that files in the wild use.

/// A name in one spelling: lower case, one `_` between words, also where only capitals part them (`WorkerId`).
pub(crate) fn normal(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 4);
    let mut before = ' ';
    let mut chars = name.trim().chars().peekable();
    while let Some(c) = chars.next() {
        if c.is_alphanumeric() {
            let starts = c.is_uppercase()
                && (before.is_lowercase()
                    || (before.is_uppercase() && chars.peek().is_some_and(|next| next.is_lowercase())));
            if starts && !plain.ends_with('_') && !plain.is_empty() {
                plain.push('_');
            }
            plain.extend(c.to_lowercase());
        } else if !plain.is_empty() && !plain.ends_with('_') {
            plain.push('_');
        }
        before = c;
    }
    while plain.ends_with('_') {
        plain.pop();
    }
    plain
}

/// The words of a name, digits and ideographs apart from letters: `answer1_body` is answer, 1, body.
pub(crate) fn tokens(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for part in normal(last_segment(name)).split('_') {
        let mut word = String::new();
        for c in part.chars() {
            let apart = |last: char| {
                last.is_ascii_digit() != c.is_ascii_digit() || is_ideograph(last) != is_ideograph(c)
            };
            let turns = word.chars().last().is_some_and(apart);
            if turns {
                words.push(std::mem::take(&mut word));
            }
            word.push(c);
        }
        if !word.is_empty() {
            words.push(word);
        }
    }
    merge_negations(words)
}

/// A character of a writing without blanks between words, beside which a letter is a word of its own: `回答A`.
fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{2E80}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}')
}

/// What stands before the last dot is often only where a form or a tool keeps its fields (`Input.`, `Answer.`, `data.`).
fn last_segment(name: &str) -> &str {
    const WRAPPERS: &[&str] = &[
        "input", "inputs", "answer", "outputs", "output", "data", "fields", "record", "sample", "row",
        "content",
    ];
    match name.split_once(['.', ':']) {
        Some((before, after)) if WRAPPERS.contains(&before.trim().to_lowercase().as_str()) => after,
        _ => name,
    }
}

/// `non_preferred`, `not_chosen` and their like are one word.
fn merge_negations(words: Vec<String>) -> Vec<String> {
    let mut merged: Vec<String> = Vec::with_capacity(words.len());
    for word in words {
        let negates = merged.last().is_some_and(|last| ["non", "not", "un", "dis"].contains(&last.as_str()));
        if negates && (GOOD.contains(&word.as_str())) {
            merged.pop();
            merged.push(format!("non{word}"));
        } else {
            merged.push(word);
        }
    }
    merged
}

/// Words for the two sides, the first of each pair is A.
pub(crate) const SIDES: &[(&str, &str)] = &[
    ("a", "b"),
    ("1", "2"),
    ("0", "1"),
    ("x", "y"),
    ("left", "right"),
    ("first", "second"),
    ("one", "two"),
    ("i", "ii"),
    ("l", "r"),
];

/// The places of more than two responses.
pub(crate) const PLACES: &[&[&str]] = &[
    &["a", "b", "c", "d", "e", "f", "g", "h"],
    &["1", "2", "3", "4", "5", "6", "7", "8"],
    &["0", "1", "2", "3", "4", "5", "6", "7"],
];

const GOOD: &[&str] = &[
    "chosen",
    "preferred",
    "accepted",
    "winning",
    "winner",
    "better",
    "best",
    "positive",
    "good",
    "selected",
    "pos",
    "win",
    "favored",
    "favoured",
];
const BAD: &[&str] = &[
    "rejected",
    "dispreferred",
    "unpreferred",
    "nonpreferred",
    "nonchosen",
    "unchosen",
    "losing",
    "loser",
    "worse",
    "worst",
    "negative",
    "bad",
    "neg",
    "lose",
    "nonselected",
    "unselected",
    "reject",
    "discarded",
    "nonaccepted",
];

/// Whether two words are for the better and the worse one.
pub(crate) fn chosen_rejected(a: &str, b: &str) -> bool {
    (GOOD.contains(&a) || a == "accept") && BAD.contains(&b)
}

/// Whether a word is for the better one of two.
pub(crate) fn good(word: &str) -> bool {
    GOOD.contains(&word) || word == "accept"
}

/// Whether a word is for the worse one of two.
pub(crate) fn bad(word: &str) -> bool {
    BAD.contains(&word) || word.strip_prefix("non").is_some_and(|rest| GOOD.contains(&rest))
}

/// Words of columns with responses, the surest first.
pub(crate) const RESPONSES: &[&str] = &[
    "response",
    "answer",
    "output",
    "completion",
    "reply",
    "generation",
    "candidate",
    "summary",
    "message",
    "messages",
    "conversation",
    "conversations",
    "dialogue",
    "dialog",
    "chat",
    "resp",
    "text",
    "result",
    "translation",
    "assistant",
    "option",
    "story",
    "content",
    "responses",
    "outputs",
    "answers",
    "code",
    "solution",
    "essay",
];

/// Words that may stand beside those of [`RESPONSES`] in the name of a column with responses.
pub(crate) const BESIDE: &[&str] = &[
    "model",
    "assistant",
    "llm",
    "ai",
    "bot",
    "system",
    "text",
    "body",
    "content",
    "full",
    "final",
    "turn",
    "raw",
    "chatbot",
    "generated",
    "agent",
    "the",
    "of",
    "from",
    "by",
    "gpt",
    "string",
    "str",
    "variant",
    "version",
    "edited",
];

/// Names of the prompt, the surest first.
pub(crate) const PROMPTS: &[&str] = &[
    "prompt",
    "question",
    "instruction",
    "query",
    "user_prompt",
    "user_query",
    "user_question",
    "user_message",
    "user_input",
    "input_prompt",
    "original_prompt",
    "original_question",
    "prompt_text",
    "question_text",
    "instruction_text",
    "query_text",
    "question_body",
    "prompts",
    "instructions",
    "problem",
    "task",
    "request",
    "post",
    "messages",
    "conversation",
    "conversations",
    "contents",
    "context",
    "history",
    "dialogue",
    "dialog",
    "chat",
    "input",
    "inputs",
    "user",
    "input_text",
    "source_text",
    "ask",
    "last_message",
    "last_user_message",
    "final_user_message",
    "current_message",
    "current_query",
    "user_turn",
    "user_text",
    "utterance",
    "message",
    "the_prompt",
    "article",
    "document",
    "text",
];
pub(crate) const SYSTEMS: &[&str] = &[
    "system",
    "system_prompt",
    "system_message",
    "system_instruction",
    "sys_prompt",
    "system_text",
    "sys",
    "system_msg",
    "sys_msg",
    "developer",
    "developer_message",
    "developer_prompt",
    "preamble",
    "persona",
];
pub(crate) const INPUTS: &[&str] = &[
    "input",
    "context",
    "input_text",
    "further_input",
    "additional_input",
    "document",
    "passage",
    "article",
    "source_text",
    "source_document",
];
pub(crate) const HISTORIES: &[&str] = &[
    "history",
    "chat_history",
    "conversation_history",
    "dialogue_history",
    "dialog_history",
    "previous_turns",
    "past_turns",
    "past_messages",
    "previous_messages",
    "prior_messages",
    "earlier_turns",
    "prior_turns",
];
pub(crate) const MODELS: &[&str] = &["model", "generator", "llm", "models"];
pub(crate) const SCORES: &[&str] =
    &["score", "rating", "reward", "grade", "points", "stars", "scores", "ratings", "rewards", "rate"];
pub(crate) const VERDICTS: &[&str] = &[
    "winner",
    "preferred",
    "preference",
    "preferred_response",
    "preferred_answer",
    "preferred_output",
    "preferred_model",
    "preferred_text",
    "preferred_side",
    "preferred_completion",
    "better_completion",
    "overall_response",
    "better",
    "better_response",
    "better_response_id",
    "better_answer_id",
    "better_output_id",
    "preferred_response_id",
    "better_answer",
    "better_model",
    "better_output",
    "best",
    "best_response",
    "best_answer",
    "winner_model",
    "winning_response",
    "winning_model",
    "winner_response",
    "choice",
    "label",
    "labels",
    "vote",
    "verdict",
    "judgment",
    "judgement",
    "decision",
    "selected",
    "selection",
    "selected_response",
    "outcome",
    "result",
    "human_preference",
    "human_label",
    "human_choice",
    "human_winner",
    "human_vote",
    "human_verdict",
    "pref",
    "preference_label",
    "overall_preference",
    "gold",
    "gold_label",
    "gold_winner",
    "annotation",
    "chosen",
    "chosen_response",
    "user_preference",
    "user_choice",
    "choose",
    "pick",
    "picked",
    "comparison",
    "ranking",
    "final_verdict",
    "final_decision",
    "winner_index",
    "winner_idx",
    "preferred_index",
    "preferred_idx",
    "chosen_index",
    "chosen_idx",
    "best_index",
    "best_idx",
    "selected_index",
    "selected_idx",
    "overall_winner",
    "overall",
    "annotator_preference",
    "favorite",
    "favourite",
    "best_option",
    "preferred_option",
    "better_option",
];
pub(crate) const JUDGES: &[&str] = &[
    "judge",
    "judge_model",
    "judge_name",
    "judge_id",
    "model_judge",
    "labelling_model",
    "labeling_model",
    "labeler_model",
    "evaluator",
    "evaluator_model",
    "grader",
    "grader_model",
    "reward_model",
    "rm",
    "rm_name",
    "annotator_model",
    "evaluator_name",
    "judged_by",
    "judgment_model",
    "judgement_model",
    "verdict_model",
    "evaluation_model",
    "annotation_model",
    "rating_model",
    "llm_judge",
    "critic",
    "scorer",
];
pub(crate) const ANNOTATORS: &[&str] = &[
    "annotator",
    "annotator_id",
    "annotator_name",
    "worker",
    "worker_id",
    "user_id",
    "rater",
    "rater_id",
    "labeler",
    "labeller",
    "labeler_id",
    "reviewer",
    "reviewer_id",
    "participant",
    "participant_id",
    "expert",
    "expert_id",
    "voter",
    "voter_id",
    "completed_by",
    "respondent",
    "respondent_id",
    "crowdworker",
    "coder",
    "coder_id",
    "evaluator_id",
    "judge_hash",
    "labelled_by",
    "labeled_by",
    "annotated_by",
    "user",
    "subject_id",
    "rater_no",
    "rater_number",
    "rater_num",
    "annotator_no",
    "annotator_number",
    "annotator_num",
    "annotator_index",
    "annotator_hash",
    "annotator_key",
    "worker_no",
    "worker_number",
    "judge_no",
    "judge_number",
    "coder_no",
    "participant_no",
    "participant_number",
    "prolific_id",
    "email",
    "annotators",
    "username",
    "user_name",
    "rater_name",
    "assessor",
    "assessor_id",
    "annotator_email",
    "user_email",
    "worker_email",
    "prolific_pid",
    "chosen_by",
    "voted_by",
    "rated_by",
    "panelist",
    "panelist_id",
    "tagger",
    "tagger_id",
];
pub(crate) const CRITERIA: &[&str] = &[
    "criterion",
    "criteria",
    "aspect",
    "dimension",
    "attribute",
    "metric",
    "objective",
    "quality_dimension",
    "rubric",
    "principle",
    "facet",
    "trait",
    "metric_name",
    "criterion_name",
    "aspect_name",
    "dimension_name",
    "rubric_name",
    "evaluation_criterion",
    "evaluation_criteria",
    "evaluation_dimension",
];
pub(crate) const SCENARIOS: &[&str] =
    &["scenario", "category", "subset", "domain", "task_category", "prompt_category", "category_labels"];
pub(crate) const IDS: &[&str] =
    &["pair_id", "comparison_id", "id", "uid", "item_id", "example_id", "sample_id"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_name_are_one() {
        for name in ["Response A", "response_a", "responseA", "RESPONSE-A", " response.a "] {
            assert_eq!(normal(name), "response_a", "{name}");
        }
        assert_eq!(normal("HITId"), "hit_id");
        assert_eq!(normal("WorkerId"), "worker_id");
        assert_eq!(tokens("answer1_body"), ["answer", "1", "body"]);
        assert_eq!(tokens("Input.response_a"), ["response", "a"]);
        assert_eq!(tokens("non_preferred_output"), ["nonpreferred", "output"]);
    }
}
