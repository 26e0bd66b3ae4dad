//! What a language model writes: texts that are asked for, each paid once and kept in the log of a study.

use std::path::Path;

use predilect_llm::{
    Finish, MESSAGE, Model, ModelSpec, Outcome, Request, RunOptions, Runner, THOUGHTS, Want,
};

use predilect_results::asked::{CallPlan, Failures, Spent};
use predilect_types::Message;
use serde::{Deserialize, Serialize};

use crate::asking::{self, CallOptions, Failed, pauses, planned, spent, stopped, telling};
use crate::error::{Error, Result};
use crate::watch::{Event, Step, Unwatched, Watch};

/// Which model writes, and how.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WriteRequest {
    /// The model.
    pub model: ModelSpec,
    /// The most tokens of a text.
    pub max_tokens: u32,
    /// 0: the most probable text.
    pub temperature: f64,
    /// How the model is called.
    pub calls: CallOptions,
}

/// One text that is asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The conversation so far; a system turn comes first.
    pub messages: Vec<Message>,
    /// Seed of sampling, where the model takes one.
    pub seed: u64,
}

/// A text that a model wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// The text, without what the model wrote for itself before it.
    pub text: String,
    /// Whether the most tokens were reached.
    pub cut: bool,
    /// Whether the model refused, in the provider's own words.
    pub refused: bool,
}

/// What a model wrote, as far as it went.
#[derive(Debug)]
pub struct Written {
    /// One for each question; `None` if there is no answer (yet).
    pub texts: Vec<Option<Text>>,
    /// What it took.
    pub spent: Spent,
    /// What failed.
    pub failures: Failures,
    /// What to know of how the model was asked.
    pub remarks: Vec<String>,
    /// Why it ended early.
    pub stopped: Option<Error>,
}

/// A model that is ready to write.
pub struct Writer {
    request: WriteRequest,
    model: Box<dyn Model>,
    run: RunOptions,
}

impl Writer {
    /// Opens the model.
    ///
    /// # Errors
    ///
    /// When it cannot be reached or asked in that way.
    pub fn begin(request: &WriteRequest, watch: &dyn Watch) -> Result<Self> {
        let model = request.calls.model(&request.model, watch)?;
        let run = request.calls.run(&request.model, watch)?;
        Ok(Self { request: request.clone(), model, run })
    }

    /// The model's name, as the log has it.
    pub fn name(&self) -> &str {
        self.model.name()
    }

    /// What asking would take.
    ///
    /// # Errors
    ///
    /// When the log in that folder cannot be read.
    pub fn plan(&self, folder: &Path, questions: &[Question]) -> Result<CallPlan> {
        let log = asking::log_if_there(folder)?;
        let runner = Runner { model: self.model.as_ref(), log: &log, options: self.run.clone() };
        let requests: Vec<Request> = questions.iter().map(|question| self.asked(question)).collect();
        Ok(planned(self.model.name(), &runner.plan(&requests)?))
    }

    /// Asks every question that the log in that folder does not answer, within what is left of the budget once `gone` is spent.
    ///
    /// For a model without system turns its text is put at the beginning of the user's turn, which is reported in the remarks.
    ///
    /// # Errors
    ///
    /// When the log cannot be opened.
    pub fn write(
        &self,
        folder: &Path,
        questions: &[Question],
        gone: f64,
        watch: &dyn Watch,
    ) -> Result<Written> {
        let log = asking::log(folder)?;
        watch.event(Event::Begin(Step::Writing(self.model.name()), Some(questions.len() as u64)));
        let mut options = self.run.clone();
        options.gone += gone;
        let groups: Vec<_> = questions.iter().map(|question| vec![self.asked(question)]).collect();
        let runner = Runner { model: self.model.as_ref(), log: &log, options };
        let report = runner.run(&groups, &telling(watch));
        watch.event(Event::End);
        let mut failures = Failures::default();
        failures.add(&report.outcomes);
        let texts = texts(&report.outcomes);
        let written = texts.iter().flatten().count() as u64;
        let problem = report
            .stop
            .map(|stop| stopped(stop, self.run.budget))
            .or_else(|| failures.nothing_but(written).filter(|_| !questions.is_empty()));
        Ok(Written {
            texts,
            spent: spent(&report.totals),
            failures,
            remarks: self.model.remarks(),
            stopped: problem,
        })
    }

    /// The answers that the log in that folder has; nothing is asked.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn known(&self, folder: &Path, questions: &[Question]) -> Result<Vec<Option<Text>>> {
        let log = asking::log_if_there(folder)?;
        let options = RunOptions { offline: true, ..self.run.clone() };
        let groups: Vec<_> = questions.iter().map(|question| vec![self.asked(question)]).collect();
        let report =
            Runner { model: self.model.as_ref(), log: &log, options }.run(&groups, &pauses(&Unwatched));
        Ok(texts(&report.outcomes))
    }

    fn asked(&self, question: &Question) -> Request {
        Request {
            messages: question.messages.clone(),
            want: Want::Text,
            max_tokens: self.request.max_tokens,
            temperature: self.request.temperature,
            seed: Some(question.seed),
        }
    }
}

/// What was written, question by question; `None` where there is no answer.
fn texts(outcomes: &[Vec<Option<Outcome>>]) -> Vec<Option<Text>> {
    let answer = |own: &Vec<Option<Outcome>>| {
        let answer = own.first()?.as_ref()?.answer.as_ref().ok()?;
        Some(Text {
            text: without_thoughts(&answer.text).to_owned(),
            cut: answer.finish == Finish::Length,
            refused: answer.finish == Finish::Refused,
        })
    };
    outcomes.iter().map(answer).collect()
}

/// The text behind the reasoning that it begins with; one that ends within it is empty.
fn without_thoughts(text: &str) -> &str {
    let trimmed = text.trim_start();
    for (open, close) in THOUGHTS {
        if let Some(inside) = trimmed.strip_prefix(open) {
            let Some(at) = inside.find(close) else { return "" };
            let rest = inside[at + close.len()..].trim_start();
            return rest.strip_prefix(MESSAGE).unwrap_or(rest).trim_start();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_model_writes_for_itself_is_no_part_of_its_text() {
        assert_eq!(without_thoughts("<think>so</think>\n\nYes."), "Yes.");
        assert_eq!(without_thoughts("<think>so"), "");
        assert_eq!(without_thoughts(" Yes <think>"), " Yes <think>");
        assert_eq!(
            without_thoughts("<|channel|>analysis<|message|>so<|channel|>final<|message|>Yes."),
            "Yes."
        );
    }
}
