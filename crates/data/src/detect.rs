//! Which format a file has, told by the fields of its first records.

use crate::container::sniff::{Container, Key};
use crate::format::Format;

/// What a file contributes, which decides when it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    /// Questions or answers that other files refer to.
    Parts,
    /// Pairs, with or without verdicts.
    Pairs,
    /// Verdicts on pairs of other files.
    Verdicts,
}

/// A format, the part a file plays in it, and what spoke for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Detected {
    pub(crate) format: Format,
    pub(crate) role: Role,
    pub(crate) evidence: String,
}

/// One rule: all these fields are there, none of those.
struct Rule {
    format: Format,
    role: Role,
    all: &'static [&'static str],
    any: &'static [&'static str],
    none: &'static [&'static str],
}

const fn rule(
    format: Format,
    role: Role,
    all: &'static [&'static str],
    any: &'static [&'static str],
    none: &'static [&'static str],
) -> Rule {
    Rule { format, role, all, any, none }
}

/// The rules, from the most specific to the most general.
const RULES: &[Rule] = &[
    rule(Format::AnnotatedPairs, Role::Pairs, &["comparisons"], &[], &[]),
    rule(Format::AnnotatedPairs, Role::Pairs, &["annotators", "metadata"], &[], &["prompt"]),
    rule(Format::AnnotatedPairs, Role::Pairs, &["text_a", "text_b"], &["preferred_text"], &[]),
    rule(Format::PreferenceDissection, Role::Pairs, &["query", "response_1", "response_2"], &[], &[]),
    rule(Format::AlpacaEval, Role::Pairs, &["instruction", "output_1", "output_2"], &[], &[]),
    rule(Format::AlpacaEval, Role::Parts, &["instruction", "output", "generator"], &[], &[]),
    rule(Format::LlmBar, Role::Pairs, &["input", "output_1", "output_2"], &["label", "results"], &[]),
    rule(
        Format::PandaLm,
        Role::Pairs,
        &["instruction", "response1", "response2"],
        &["annotator1", "cmp_key", "motivation_app", "idx"],
        &[],
    ),
    rule(Format::PandaLm, Role::Verdicts, &["idx"], &["gpt_result", "pandalm_result"], &[]),
    rule(Format::BiasBench, Role::Pairs, &["instruction", "response1", "response2"], &[], &[]),
    rule(Format::AutoJ, Role::Pairs, &["prompt", "response 1", "response 2"], &[], &[]),
    rule(Format::JudgeBench, Role::Pairs, &["question", "response_A", "response_B"], &[], &[]),
    rule(
        Format::Arena,
        Role::Pairs,
        &["conversation_a", "conversation_b", "model_a", "model_b"],
        &["tstamp", "timestamp", "anony", "language", "conv_metadata", "evaluation_session_id", "judge_hash"],
        &[],
    ),
    rule(Format::MtBench, Role::Pairs, &["conversation_a", "conversation_b", "turn"], &[], &[]),
    rule(Format::Arena, Role::Pairs, &["conversation_a", "conversation_b"], &[], &[]),
    rule(Format::Pairs, Role::Pairs, &["prompt", "response_a", "response_b"], &[], &[]),
    rule(Format::ArenaHard, Role::Verdicts, &["games", "model", "judge"], &["question_id", "uid"], &[]),
    rule(Format::MtBench, Role::Verdicts, &["question_id", "model_1", "model_2", "g1_winner"], &[], &[]),
    rule(Format::MtBench, Role::Verdicts, &["question_id", "model", "judgment", "score"], &[], &[]),
    rule(Format::ArenaHard, Role::Parts, &["uid", "model", "messages"], &[], &[]),
    rule(Format::ArenaHard, Role::Parts, &["uid", "choices"], &[], &[]),
    rule(Format::MtBench, Role::Parts, &["question_id", "choices"], &["model_id", "answer_id"], &[]),
    rule(Format::ArenaHard, Role::Parts, &["uid", "prompt", "category"], &[], &["chosen"]),
    rule(Format::ArenaHard, Role::Parts, &["question_id", "category", "turns", "cluster"], &[], &[]),
    rule(Format::MtBench, Role::Parts, &["question_id", "turns"], &[], &[]),
    // What an export of ours adds: no other format has it, and models and scenario must be read as TRL's then.
    rule(Format::Trl, Role::Pairs, &["chosen", "rejected", "pair_id", "swapped"], &[], &[]),
    rule(
        Format::RewardBench,
        Role::Pairs,
        &["chosen", "rejected"],
        &["subset", "chosen_model", "num_correct", "scores_chosen"],
        &[],
    ),
    rule(
        Format::Ultrafeedback,
        Role::Pairs,
        &["chosen", "rejected"],
        &["score_chosen", "score_rejected", "prompt_id"],
        &[],
    ),
    rule(Format::Trl, Role::Pairs, &["chosen", "rejected"], &[], &[]),
    rule(Format::Trl, Role::Pairs, &["prompt", "completion", "label"], &[], &[]),
    rule(Format::Votes, Role::Pairs, &["left", "right", "winner"], &[], &["conversation_a"]),
    rule(Format::Wide, Role::Pairs, &["preference"], &["question", "prompt", "instruction", "query"], &[]),
];

/// The format that the fields speak for, `None` when they speak for none.
pub(crate) fn detect(container: Container, keys: &[Key]) -> Option<Detected> {
    let has = |name: &&&str| keys.iter().any(|key| key.name == **name);
    for rule in RULES {
        if !rule.all.iter().all(|name| has(&name)) || rule.none.iter().any(|name| has(&name)) {
            continue;
        }
        let Some(extra) =
            (if rule.any.is_empty() { Some(None) } else { rule.any.iter().find(has).map(Some) })
        else {
            continue;
        };
        let fields: Vec<String> = rule.all.iter().chain(extra).map(|name| format!("`{name}`")).collect();
        let mut format = rule.format;
        let mut evidence = format!("{} with {}", container.describe(), fields.join(", "));
        let transcript = keys.iter().find(|key| key.name == "chosen");
        if format == Format::Trl && transcript.is_some_and(|key| is_transcript(&key.text)) {
            format = Format::HhRlhf;
            evidence.push_str(", whose texts begin with Human:");
        }
        return Some(Detected { format, role: rule.role, evidence });
    }
    if container == Container::Document {
        return Some(Detected {
            format: Format::BiasBench,
            role: Role::Pairs,
            evidence: "one JSON object of lists with `instruction`, `response1`, `response2`".to_owned(),
        });
    }
    None
}

fn is_transcript(text: &str) -> bool {
    // The text may still be escaped as in JSON.
    let plain = text.replace("\\n", "\n");
    plain.trim_start().starts_with("Human:")
}

/// The part a file plays in a format that the user named.
pub(crate) fn forced(format: Format, container: Container, keys: &[Key]) -> Detected {
    let role = RULES
        .iter()
        .find(|rule| {
            rule.format == format
                && rule.all.iter().all(|name| keys.iter().any(|key| key.name == *name))
                && (rule.any.is_empty()
                    || rule.any.iter().any(|name| keys.iter().any(|key| key.name == *name)))
        })
        .map_or(Role::Pairs, |rule| rule.role);
    Detected { format, role, evidence: format!("--format {format}; {}", container.describe()) }
}
