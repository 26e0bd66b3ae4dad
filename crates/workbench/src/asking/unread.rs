//! What is said of answers that could not be read, and how they are asked for again.

use predilect_llm::{LogError, Outcome, Request, RunReport, Runner};
use predilect_results::asked::{Parse, Unread, UnreadAnswers};
use predilect_types::shown::line;

use super::{add, pauses};
use crate::error::{Error, Remedy};
use crate::watch::Watch;

/// Characters of an answer that are shown.
const SHOWN: usize = 200;

/// Tokens of a question from which on it is checked whether the server has read it.
const LONG: u64 = 1_000;

/// Answers that could not be read, as counted.
pub(crate) trait Unreadable {
    /// Counts the answers to the questions about one pair; `parses` are those of the answered ones, in their order.
    fn count(&mut self, outcomes: &[Option<Outcome>], parses: impl IntoIterator<Item = Parse>);

    /// The error of a run without a readable answer although the server answered.
    fn nothing_read(&self, read: u64) -> Option<Error>;
}

impl Unreadable for Unread {
    fn count(&mut self, outcomes: &[Option<Outcome>], parses: impl IntoIterator<Item = Parse>) {
        for (outcome, parse) in outcomes.iter().flatten().zip(parses) {
            let Ok(answer) = &outcome.answer else { continue };
            if parse.is_read() {
                continue;
            }
            let new = || UnreadAnswers { answers: 0, example: sample(&answer.text), remedy: String::new() };
            self.0.entry(parse).or_insert_with(new).answers += 1;
        }
    }

    fn nothing_read(&self, read: u64) -> Option<Error> {
        let (reason, kind) = self.0.iter().max_by_key(|(_, kind)| kind.answers).filter(|_| read == 0)?;
        Some(
            Error::new(format!("no answer could be read: {}, e.g. {}", reason.words(), kind.example))
                .remedy(Remedy::Unread(*reason)),
        )
    }
}

/// The beginning of an answer in quotation marks, control characters escaped.
fn sample(text: &str) -> String {
    if text.trim().is_empty() {
        return "an answer without words".to_owned();
    }
    let mut shown = line(&text.trim().chars().take(SHOWN).collect::<String>());
    if text.trim().chars().nth(SHOWN).is_some() {
        shown.push_str("...");
    }
    format!("`{shown}`")
}

/// Returns for each answer to the questions of a group, by its number, whether it could be read.
pub(crate) type IsRead<'a> = &'a dyn Fn(usize, &[Option<Outcome>]) -> Vec<bool>;

/// Asks again the questions whose logged answers could not be read; `read` returns for each answer of a group whether it could. Only
/// unreadable answers are forgotten, which are worthless.
pub(crate) fn ask_again(
    runner: &Runner<'_>,
    groups: &[Vec<Request>],
    report: &mut RunReport,
    read: IsRead<'_>,
    watch: &dyn Watch,
) -> Result<(), LogError> {
    if !runner.options.retry_failed || report.stop.is_some() {
        return Ok(());
    }
    let mut keys: Vec<String> = Vec::new();
    let mut again: Vec<usize> = Vec::new();
    for (at, own) in report.outcomes.iter().enumerate().filter(|(_, own)| own.iter().all(Option::is_some)) {
        let unread =
            own.iter().flatten().zip(read(at, own)).filter(|(outcome, read)| !read && outcome.from_log);
        let of_group: Vec<String> = unread
            .filter(|(outcome, _)| outcome.answer.is_ok())
            .map(|(outcome, _)| outcome.key.clone())
            .collect();
        if !of_group.is_empty() {
            again.push(at);
            keys.extend(of_group);
        }
    }
    if again.is_empty() {
        return Ok(());
    }
    runner.log.forget(&keys.iter().map(String::as_str).collect::<Vec<_>>())?;
    let chosen: Vec<Vec<Request>> = again.iter().map(|&at| groups[at].clone()).collect();
    let mut options = runner.options.clone();
    options.gone += report.totals.price.unwrap_or(0.0);
    let second = Runner { model: runner.model, log: runner.log, options }.run(&chosen, &pauses(watch));
    for (at, own) in again.into_iter().zip(second.outcomes) {
        report.outcomes[at] = own;
    }
    // What the second run found in the log was counted already.
    let known = second.totals.from_log;
    report.totals.from_log = report.totals.from_log.saturating_sub(keys.len() as u64 + known);
    add(&mut report.totals, &second.totals);
    report.stop = second.stop;
    Ok(())
}

/// Questions of which the server has read far fewer tokens than they have.
#[derive(Debug, Default)]
pub(crate) struct Cut {
    questions: u64,
    /// The worst: tokens read, and about how many there are.
    worst: Option<(u64, u64)>,
}

impl Cut {
    /// Looks at the answers to some questions.
    pub(crate) fn add(
        &mut self,
        runner: &Runner<'_>,
        groups: &[Vec<Request>],
        outcomes: &[Vec<Option<Outcome>>],
    ) {
        for (request, outcome) in groups.iter().flatten().zip(outcomes.iter().flatten()) {
            let Some(Ok(answer)) = outcome.as_ref().map(|outcome| &outcome.answer) else { continue };
            let (read, about) = (answer.usage.input, request.input_tokens(runner.model));
            // Vocabularies differ, but not by half.
            if about > LONG && read > 0 && read * 2 < about {
                self.questions += 1;
                if self.worst.is_none_or(|(old, of)| read * of < old * about) {
                    self.worst = Some((read, about));
                }
            }
        }
    }

    /// What to know of them.
    pub(crate) fn remark(&self) -> Option<String> {
        let (read, about) = self.worst?;
        Some(format!(
            "the server read {read} of about {about} tokens of a question, and of {} less than half: they were cut to its context window (Ollama: num_ctx; \
             llama.cpp: --ctx-size), so these answers are based on only part of it",
            self.questions
        ))
    }
}
