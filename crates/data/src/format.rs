//! Which formats there are, by name.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A format of preference data in files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
#[expect(missing_docs, reason = "ALL describes each")]
pub enum Format {
    Pairs,
    Arena,
    AlpacaEval,
    RewardBench,
    HhRlhf,
    Ultrafeedback,
    Trl,
    AnnotatedPairs,
    MtBench,
    ArenaHard,
    JudgeBench,
    PandaLm,
    BiasBench,
    LlmBar,
    AutoJ,
    PreferenceDissection,
    Votes,
    Wide,
}

impl Format {
    /// Every format with what it is, in one line.
    pub const ALL: &[(Self, &'static str)] = &[
        (Self::Pairs, "Predilect's own: prompt, response_a, response_b, verdicts"),
        (Self::Arena, "Chatbot Arena battles: conversation_a, conversation_b, winner"),
        (Self::AlpacaEval, "AlpacaEval annotations and outputs: instruction, output_1, output_2, preference"),
        (Self::RewardBench, "RewardBench 1 and 2: chosen, rejected, subset"),
        (Self::HhRlhf, "HH-RLHF transcripts: chosen and rejected with Human: and Assistant: turns"),
        (
            Self::Ultrafeedback,
            "UltraFeedback binarised: prompt, chosen, rejected, score_chosen, score_rejected",
        ),
        (Self::Trl, "TRL: chosen and rejected as text or messages, or prompt, completion, label"),
        (Self::AnnotatedPairs, "AnnotatedPairs 2.0: metadata, annotators, comparisons; or text_a, text_b"),
        (Self::MtBench, "MT-Bench questions, answers, judgments and human judgments"),
        (Self::ArenaHard, "Arena-Hard questions, answers and judgments"),
        (Self::JudgeBench, "JudgeBench: question, response_A, response_B, label A>B or B>A"),
        (Self::PandaLm, "PandaLM test set: instruction, response1, response2, annotator1..3; results by idx"),
        (Self::BiasBench, "BiasBench: a list of instruction, response1, response2, label for each bias"),
        (Self::LlmBar, "LLMBar data sets and evaluator results: input, output_1, output_2, label"),
        (Self::AutoJ, "Auto-J: scenario, prompt, response 1, response 2, label"),
        (
            Self::PreferenceDissection,
            "Annotated pairs of preference-dissection: query, response_1, preference_labels",
        ),
        (Self::Votes, "Votes without text: left, right, winner"),
        (Self::Wide, "A question column, one column per model, and preference naming the winning column"),
    ];

    /// The name, as `--format` takes it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pairs => "pairs",
            Self::Arena => "arena",
            Self::AlpacaEval => "alpaca_eval",
            Self::RewardBench => "reward_bench",
            Self::HhRlhf => "hh_rlhf",
            Self::Ultrafeedback => "ultrafeedback",
            Self::Trl => "trl",
            Self::AnnotatedPairs => "annotated_pairs",
            Self::MtBench => "mt_bench",
            Self::ArenaHard => "arena_hard",
            Self::JudgeBench => "judge_bench",
            Self::PandaLm => "panda_lm",
            Self::BiasBench => "bias_bench",
            Self::LlmBar => "llm_bar",
            Self::AutoJ => "auto_j",
            Self::PreferenceDissection => "preference_dissection",
            Self::Votes => "votes",
            Self::Wide => "wide",
        }
    }

    /// All names, separated by commas.
    pub fn names() -> String {
        Self::ALL.iter().map(|(format, _)| format.as_str()).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A format's name that is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat {
    given: String,
    known: String,
}

impl UnknownFormat {
    pub(crate) fn new(given: &str, known: String) -> Self {
        Self { given: given.to_owned(), known }
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there is no format `{}`; there are {}", self.given.escape_debug(), self.known)
    }
}

impl std::error::Error for UnknownFormat {}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let plain = name.to_ascii_lowercase().replace('-', "_");
        Self::ALL
            .iter()
            .map(|(format, _)| *format)
            .find(|format| format.as_str() == plain)
            .ok_or_else(|| UnknownFormat::new(name, Self::names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for (format, _) in Format::ALL {
            assert_eq!(format.as_str().parse(), Ok(*format));
        }
        assert_eq!("alpaca-eval".parse(), Ok(Format::AlpacaEval));
        assert!("csv".parse::<Format>().is_err_and(|e| e.to_string().contains("alpaca_eval")));
    }
}
