//! How the model under test is asked, prompt by prompt and turn by turn.

use std::path::Path;

use predilect_results::asked::{Failures, Spent};
use predilect_types::Message;
use predilect_workbench::{Error, Question, Result, Watch, Writer};

use super::ready::Steering;
use crate::arms::question;
use crate::opponent::Opponent;
use crate::responses::{Made, Responses, is_written};

impl Steering {
    /// Questions of the first turn: arm, prompt, question.
    pub(super) fn questions(&self) -> Vec<(usize, usize, Question)> {
        let mut all = Vec::new();
        for (arm, name) in self.arms.iter().enumerate().filter(|(_, name)| is_written(name)) {
            for (at, prompt) in self.prompts.all.iter().enumerate() {
                let told = self.groups[self.group_of[at]].messages.get(name);
                all.push((arm, at, question(prompt, told, self.request.seed)));
            }
        }
        // Prompt by prompt, so that a budget that ends leaves whole prompts.
        all.sort_by_key(|(arm, at, _)| (*at, *arm));
        all
    }

    pub(super) fn baseline_questions(&self) -> Vec<Question> {
        self.prompts.all.iter().map(|prompt| question(prompt, None, self.request.seed)).collect()
    }

    /// Questions of the second turn, in the order of those of the first that have an answer.
    pub(super) fn second_questions(&self, first: &Responses) -> Vec<Question> {
        let asked = self.questions().into_iter().filter_map(|(arm, at, mut question)| {
            let (made, second) = (first.made[arm][at].as_ref()?, self.prompts.all[at].second.as_ref()?);
            question.messages.extend(made.turns.iter().cloned());
            question.messages.push(Message::user(second.clone()));
            Some(question)
        });
        asked.collect()
    }

    /// Responses of the greatest length, for a forecast.
    pub(super) fn stand_ins(&self) -> Responses {
        let words = "word ".repeat(self.request.max_tokens as usize);
        let all = |arm: &String| {
            let text = if is_written(arm) { format!("{arm} {words}") } else { self.messages.null.clone() };
            vec![Some(Made::constant(&text)); self.prompts.all.len()]
        };
        let baseline = match &self.baseline {
            Opponent::Plain => None,
            Opponent::Outputs { by_prompt, .. } => {
                Some(by_prompt.iter().map(|text| text.as_deref().map(Made::constant)).collect())
            }
            Opponent::Model { .. } => Some(vec![Some(Made::constant(&words)); self.prompts.all.len()]),
        };
        Responses { arms: self.arms.clone(), made: self.arms.iter().map(all).collect(), baseline }
    }

    /// The responses that the log has; the others are of the greatest length, for a forecast.
    pub(super) fn known(&self) -> Result<Responses> {
        let mut found = self.stand_ins();
        let long = self.stand_ins();
        let all = self.questions();
        let only: Vec<Question> = all.iter().map(|(.., question)| question.clone()).collect();
        for ((arm, at, _), text) in all.iter().zip(self.writer.known(self.lab.folder(), &only)?) {
            if let Some(text) = text {
                found.made[*arm][*at] = Some(Made::of(&text));
            }
        }
        if let (Opponent::Model { writer, .. }, Some(made)) = (&self.baseline, &mut found.baseline) {
            let texts = writer.known(self.lab.folder(), &self.baseline_questions())?;
            for (own, text) in made.iter_mut().zip(texts) {
                *own = text.as_ref().map(Made::of).or_else(|| own.take());
            }
        }
        if self.request.turns == 2 {
            let again = self.second_questions(&found);
            let mut texts = self.writer.known(self.lab.folder(), &again)?.into_iter();
            for (arm, at, _) in self.questions() {
                let Some(second) = &self.prompts.all[at].second else { continue };
                let Some(first) = found.made[arm][at].take() else { continue };
                let then = texts.next().flatten().map(|text| Made::of(&text));
                found.made[arm][at] =
                    then.or_else(|| long.made[arm][at].clone()).map(|text| first.then(second, text));
            }
        }
        Ok(found)
    }

    /// Has the model under test write, and the baseline's.
    pub(super) fn write(&self, asked: &mut Asked, watch: &dyn Watch) -> Result<Responses> {
        let prompts = self.prompts.all.len();
        let questions = self.questions();
        let only: Vec<Question> = questions.iter().map(|(.., question)| question.clone()).collect();
        let mut made: Vec<Vec<Option<Made>>> = self
            .arms
            .iter()
            .map(|arm| {
                let constant = (!is_written(arm)).then(|| Made::constant(&self.messages.null));
                vec![constant; prompts]
            })
            .collect();
        let texts = asked.ask(&self.writer, self.lab.folder(), &only, watch)?;
        for ((arm, at, _), text) in questions.iter().zip(texts) {
            made[*arm][*at] = text;
        }
        let baseline = match &self.baseline {
            Opponent::Plain => None,
            Opponent::Outputs { by_prompt, .. } => {
                Some(by_prompt.iter().map(|text| text.as_deref().map(Made::constant)).collect())
            }
            Opponent::Model { writer, .. } => {
                Some(asked.ask(writer, self.lab.folder(), &self.baseline_questions(), watch)?)
            }
        };
        let mut responses = Responses { arms: self.arms.clone(), made, baseline };
        if self.request.turns == 2 {
            self.write_second(&mut responses, asked, watch)?;
        }
        Ok(responses)
    }

    pub(super) fn write_second(
        &self,
        responses: &mut Responses,
        asked: &mut Asked,
        watch: &dyn Watch,
    ) -> Result<()> {
        let again = self.second_questions(responses);
        let mut texts = asked.ask(&self.writer, self.lab.folder(), &again, watch)?.into_iter();
        for (arm, at, _) in self.questions() {
            let Some(second) = &self.prompts.all[at].second else { continue };
            let Some(first) = responses.made[arm][at].take() else { continue };
            responses.made[arm][at] = texts.next().flatten().map(|text| first.then(second, text));
        }
        for (arm, _) in self.arms.iter().enumerate().filter(|(_, name)| !is_written(name)) {
            for (at, own) in responses.made[arm].iter_mut().enumerate() {
                let Some(second) = &self.prompts.all[at].second else { continue };
                *own = own.take().map(|first| first.then(second, Made::constant(&self.messages.null)));
            }
        }
        Ok(())
    }
}

/// What asking for texts has taken so far.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) spent: Spent,
    pub(super) failures: Failures,
    pub(super) remarks: Vec<String>,
    pub(super) stopped: Option<Error>,
    /// What has been spent before, by other parts of the run.
    pub(super) gone: f64,
}

impl Asked {
    /// Asks for texts, unless something has stopped the run.
    pub(super) fn ask(
        &mut self,
        writer: &Writer,
        folder: &Path,
        questions: &[Question],
        watch: &dyn Watch,
    ) -> Result<Vec<Option<Made>>> {
        if self.stopped.is_some() || questions.is_empty() {
            return Ok(vec![None; questions.len()]);
        }
        let first = self.spent.calls == 0 && self.spent.from_log == 0;
        let gone = self.gone + self.spent.price.unwrap_or(0.0);
        let written = writer.write(folder, questions, gone, watch)?;
        if first {
            self.spent = written.spent;
        } else {
            self.spent += written.spent;
        }
        self.failures.merge(written.failures);
        self.remarks.extend(written.remarks);
        self.stopped = written.stopped.map(Error::resumable);
        Ok(written.texts.iter().map(|text| text.as_ref().map(Made::of)).collect())
    }
}
