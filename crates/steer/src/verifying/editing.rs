//! Which edits of which responses are made, by rule and by a model that rewrites, and which of them do what they should.

use std::collections::HashMap;

use predilect_results::asked::{Failures, Spent};
use predilect_types::{Message, Pair, Response, Role};
use predilect_workbench::{Error, Question, Result, Text, Watch, Writer, text_ratings};

use super::checking::{Dropped, drop_one, key};
use super::ready::{Rewrite, Verifying};
use crate::drawn::{drawn, prompt_of};
use crate::edited::{Edited, WRITER};
use crate::edits::{EDITS, NULL};
use crate::messages::Messages;
use crate::request::VerifyRequest;

/// Candidates that are tried for each pair that is wanted.
const CANDIDATES: usize = 6;

/// What a model made of the responses that it was to rewrite.
#[derive(Default)]
pub(super) struct Rewritten {
    pub(super) edited: Vec<Edited>,
    pub(super) spent: Spent,
    pub(super) failures: Failures,
    pub(super) stopped: Option<Error>,
    pub(super) remarks: Vec<String>,
}

impl Verifying {
    /// The edits of the model that rewrites, where there is one; `gone` of the budget is spent.
    pub(super) fn rewritten(&self, dropped: &mut Dropped, gone: f64, watch: &dyn Watch) -> Result<Rewritten> {
        let Some(writer) = &self.writer else { return Ok(Rewritten::default()) };
        let asked = self.questions(watch)?;
        let all: Vec<Question> = asked.iter().map(|(.., question)| question.clone()).collect();
        let written = writer.write(self.lab.folder(), &all, gone, watch)?;
        let mut tried = Vec::new();
        for (of, text) in asked.iter().zip(written.texts) {
            match text {
                Some(text) if is_whole(&text) => tried.push(self.by_model(of, text.text)),
                Some(_) => drop_one(dropped, &self.rewrites[of.1].property, "cut off or empty"),
                None => {}
            }
        }
        Ok(Rewritten {
            edited: self.checked(&tried, dropped, watch)?,
            spent: written.spent,
            failures: written.failures,
            stopped: written.stopped.map(Error::resumable),
            remarks: written.remarks,
        })
    }

    /// The same for a forecast: texts that are in the log as they are, the others as long as those that they replace.
    pub(super) fn foreseen(
        &self,
        writer: &Writer,
        asked: &[Asked],
        watch: &dyn Watch,
    ) -> Result<Vec<Edited>> {
        let all: Vec<Question> = asked.iter().map(|(.., question)| question.clone()).collect();
        let mut known = Vec::new();
        let mut unknown = Vec::new();
        for (of, text) in asked.iter().zip(writer.known(self.lab.folder(), &all)?) {
            match text {
                Some(text) if is_whole(&text) => known.push(self.by_model(of, text.text)),
                Some(_) => {}
                None => {
                    let text = side(&self.pairs[of.0], self.is_a(of.0)).text().into_owned() + " .";
                    unknown.push(self.by_model(of, text));
                }
            }
        }
        let mut edited = self.checked(&known, &mut Dropped::new(), watch)?;
        let mut counts: HashMap<(String, bool), usize> = HashMap::new();
        for edit in &edited {
            *counts.entry(key(edit)).or_default() += 1;
        }
        for edit in unknown {
            let count = counts.entry(key(&edit)).or_default();
            if *count < self.wanted() {
                *count += 1;
                edited.push(edit);
            }
        }
        Ok(edited)
    }

    fn by_model(&self, (at, rewrite, _): &Asked, text: String) -> Edited {
        let rewrite = &self.rewrites[*rewrite];
        self.edited(*at, (&rewrite.property, WRITER, rewrite.more), text)
    }

    /// Whether a property is wanted.
    pub(super) fn wants(&self, id: &str) -> bool {
        self.request.properties.is_empty() || self.request.properties.iter().any(|own| own == id)
    }

    /// The edits by rule, as many of each as are wanted.
    pub(super) fn by_rule(&self, dropped: &mut Dropped, watch: &dyn Watch) -> Result<Vec<Edited>> {
        let mut all = Vec::new();
        for edit in EDITS.iter().filter(|edit| self.wants(edit.property)) {
            let tried = self.pairs.iter().enumerate().filter_map(|(at, pair)| {
                let text = edit.apply(&side(pair, self.is_a(at)).text())?;
                Some(self.edited(at, (edit.property, edit.name, edit.more), text))
            });
            let tried: Vec<Edited> = tried.take(CANDIDATES * self.wanted()).collect();
            all.extend(self.checked(&tried, dropped, watch)?);
        }
        if self.request.properties.is_empty() {
            let null = Messages::own().null;
            let some = (0..self.pairs.len()).take(self.request.pairs);
            all.extend(some.map(|at| self.edited(at, (NULL, NULL, false), null.clone())));
        }
        Ok(all)
    }

    /// The edited response as A, the one that it was as B.
    pub(super) fn before_and_after(&self, edit: &Edited) -> Pair {
        let pair = &self.pairs[edit.at];
        Pair {
            id: String::new(),
            prompt: pair.prompt.clone(),
            response_a: Response::new(edit.text.clone(), None),
            response_b: Response::new(side(pair, edit.is_a).text().into_owned(), None),
            language: pair.language.clone(),
            ..Pair::default()
        }
    }

    fn edited(&self, at: usize, (property, edit, more): (&str, &str, bool), text: String) -> Edited {
        let direction = if more { "more" } else { "less" };
        Edited {
            id: format!("{property}/{direction}/{edit}/{}", self.pairs[at].id),
            original: format!("original/{}", self.pairs[at].id),
            at,
            prompt: prompt_of(&self.pairs[at]),
            property: property.to_owned(),
            edit: edit.to_owned(),
            more,
            is_a: self.is_a(at),
            characters: [side(&self.pairs[at], self.is_a(at)).text().chars().count(), text.chars().count()],
            text,
            others_moved: 0,
        }
    }

    /// Which response of a pair is edited: drawn once.
    pub(super) fn is_a(&self, at: usize) -> bool {
        drawn(&self.pairs[at].id, self.request.seed ^ 0x5151).is_multiple_of(2)
    }

    /// What the model that rewrites is asked. What cannot be rated in a response as it is could not be checked afterwards, and is not asked for;
    /// an annotator can rate all that it rates in any response.
    pub(super) fn questions(&self, watch: &dyn Watch) -> Result<Vec<Asked>> {
        let mut all = Vec::new();
        // Some do not what they should: a few more are asked for.
        let wanted = self.request.pairs + self.request.pairs / 2;
        let candidates = &self.pairs[..self.pairs.len().min(CANDIDATES * wanted)];
        let ratings = text_ratings(candidates, self.request.slice.grammar, watch)?;
        let rated = |at: usize, id: &str| {
            let of = ratings.column(id).map(|column| ratings.rows[at][column]);
            self.by_annotator.iter().any(|own| own == id)
                || of.is_some_and(|(a, b)| if self.is_a(at) { a } else { b }.is_some())
        };
        for (number, rewrite) in self.rewrites.iter().enumerate() {
            let some = (0..candidates.len()).filter(|at| rated(*at, &rewrite.property)).take(wanted);
            for at in some {
                let text = side(&self.pairs[at], self.is_a(at)).text().into_owned();
                if !text.trim().is_empty() {
                    all.push((at, number, asked(&self.pairs[at], &text, &rewrite.line, self.request.seed)));
                }
            }
        }
        Ok(all)
    }
}

/// What is asked of the model that rewrites: the number of the pair, that of the rewrite, the question.
pub(super) type Asked = (usize, usize, Question);

fn is_whole(text: &Text) -> bool {
    !text.cut && !text.text.trim().is_empty()
}

/// What is asked of a model for the properties that are wanted: for those with a rule only in the direction without one.
pub(super) fn rewrites(request: &VerifyRequest, rateable: &[String]) -> Vec<Rewrite> {
    if request.writer.is_none() {
        return Vec::new();
    }
    let messages = Messages::own();
    let mut all = Vec::new();
    for id in messages.properties.keys() {
        if !rateable.contains(id) || (!request.properties.is_empty() && !request.properties.contains(id)) {
            continue;
        }
        for more in [true, false] {
            let by_rule = EDITS.iter().any(|edit| edit.property == id && edit.more == more);
            if let Some(line) = messages.line(id, more).filter(|_| !by_rule) {
                all.push(Rewrite { property: id.clone(), more, line: line.to_owned() });
            }
        }
    }
    all
}

fn asked(pair: &Pair, text: &str, line: &str, seed: u64) -> Question {
    let system = format!(
        "You edit responses. Change the response that you are shown in one way only: {line} Leave everything else as it is: what it says, its order, \
         its wording wherever that may stay. Write the edited response and nothing else."
    );
    let shown = format!("The request was:\n\n{}\n\nThe response to edit:\n\n{text}", pair.prompt_text());
    Question { messages: vec![Message { role: Role::System, content: system }, Message::user(shown)], seed }
}

fn side(pair: &Pair, is_a: bool) -> &Response {
    if is_a { &pair.response_a } else { &pair.response_b }
}
