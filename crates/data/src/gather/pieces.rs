//! What becomes of a record that is only a part of a pair: a question, an answer, a score, a judgment of another file's pair?

use crate::advice::MAP;
use std::sync::Arc;

use predilect_types::{Provenance, Response, Verdict};

use super::{ALONE, LONELY, Place, Reading, WITHOUT_PAIR};
use crate::draft::{Draft, NO_VERDICT};
use crate::error::DataError;
use crate::identity::{hash, ready};
use crate::join::Parts;
use crate::pieces::{Completion, Piece};

/// A completion by itself: the other response says nothing.
fn singly(completion: Completion) -> Draft {
    let Completion { prompt, response, good, judge, annotator, scenario, id, metadata } = completion;
    let mut draft = Draft::new(prompt, response, Response::default());
    (draft.pair.id, draft.pair.scenario, draft.pair.metadata) = (id, scenario, metadata);
    let p_a = if good { 1.0 } else { 0.0 };
    draft.verdicts.push(Verdict { annotator, ..Verdict::new("", judge, p_a) });
    draft
}

impl Reading<'_> {
    #[expect(clippy::too_many_lines, reason = "one match, an arm for each kind of piece")]
    pub(super) fn piece(&mut self, format: &str, piece: Piece) -> Result<(), DataError> {
        if !self.parts.contains_key(format) {
            self.parts.insert(format.to_owned(), Parts::default());
        }
        let Some(parts) = self.parts.get_mut(format) else { return Ok(()) };
        match piece {
            Piece::Question(question) => parts.question(question),
            Piece::Answer(answer) => parts.answer(answer),
            Piece::Score(score) => {
                if score.points.is_none() {
                    self.drop_one(NO_VERDICT);
                } else {
                    parts.score(score);
                }
            }
            Piece::Judgment(judgment) => {
                parts.judged = true;
                match parts.pair(&judgment.key, &judgment.model_a, &judgment.model_b, judgment.turns) {
                    Err(reason) => self.drop_one(reason),
                    Ok(mut draft) => {
                        match judgment.verdict {
                            Some(verdict) => draft.verdicts.push(verdict),
                            None => draft.dropped.push(NO_VERDICT),
                        }
                        self.made(draft)?;
                    }
                }
            }
            Piece::Sidecar(mut sidecar) => {
                self.note(sidecar.noted.drain(..));
                match &mut self.votes {
                    Some(votes) => {
                        if sidecar.verdicts.is_empty() {
                            self.drop_one(NO_VERDICT);
                        } else {
                            votes.entry(std::mem::take(&mut sidecar.key)).or_default().push(sidecar);
                        }
                    }
                    None => self.sidecar(&sidecar.key, sidecar.verdicts)?,
                }
            }

            Piece::Completion(completion) if self.options.singly => self.made(singly(completion))?,
            Piece::Completion(completion) => {
                if let Some(draft) = self.waiting.completion(completion) {
                    self.made(draft)?;
                }
            }
            Piece::Scored(scored) => {
                let prompt = hash((&scored.prompt, &scored.group));
                self.waiting.scored(prompt, scored);
            }
            Piece::Node(node) => self.waiting.node(node),
        }
        if self.waiting.full() {
            return Err(DataError::input(
                &*self.at.label,
                format!(
                    "more than {} GiB of responses wait for others to the same prompt",
                    crate::join::WAITING >> 30
                ),
            )
            .with_remedy("sort the records by prompt, or split the file"));
        }
        Ok(())
    }

    fn sidecar(&mut self, key: &str, verdicts: Vec<Verdict>) -> Result<(), DataError> {
        let known = self.keys.as_ref().and_then(|keys| keys.get(key)).map(Vec::as_slice).unwrap_or_default();
        let near = known.iter().find(|(folder, _)| *folder == self.at.folder);
        let id = near.or(if known.len() == 1 { known.first() } else { None }).map(|(_, id)| id.clone());
        let Some(id) = id else {
            // Of a few pairs only, most verdicts are on others.
            if !self.enough() {
                self.drop_one(WITHOUT_PAIR);
            }
            return Ok(());
        };
        if verdicts.is_empty() {
            self.drop_one(NO_VERDICT);
        }
        for verdict in verdicts {
            self.verdict(Verdict { pair: id.clone(), ..verdict })?;
        }
        Ok(())
    }

    /// What waits for others of its prompt at the end of a file.
    pub(crate) fn end_waiting(&mut self) -> Result<(), DataError> {
        let waiting = std::mem::take(&mut self.waiting);
        if let Some(text) = waiting.given_twice() {
            return Err(DataError::input(
                &*self.at.label,
                format!("the response {text:?} has two different values for one prompt, and no column says who gave which"),
            )
            .with_remedy(format!("name that column: {MAP} annotator=COLUMN, or the one that separates groups of responses: {MAP} id=COLUMN")));
        }
        let (lonely, alone) = waiting.alone();
        for (count, reason) in [(lonely, LONELY), (alone, ALONE)] {
            if count > 0 {
                *self.summary.dropped.entry(reason.to_owned()).or_default() += count as u64;
            }
        }
        waiting.pairs(&mut |draft| if self.full() { Ok(()) } else { self.made(draft) })
    }

    /// Pairs from scores and, without judgments, from every two models' answers.
    pub(crate) fn parts_to_pairs(&mut self) -> Result<(), DataError> {
        for (format, parts) in std::mem::take(&mut self.parts) {
            let file = self.summary.sources.iter().find(|s| s.format == format);
            self.at = Place {
                label: file.map(|s| Arc::from(s.source.as_str())).unwrap_or_default(),
                format: Arc::from(format.as_str()),
                index: u32::MAX,
                ..Place::default()
            };
            parts.scored_pairs(&mut |draft| match draft {
                Ok(draft) => self.joined(draft),
                Err(reason) => {
                    self.drop_one(reason);
                    Ok(())
                }
            })?;
            if !parts.judged {
                parts.all_pairs(&mut |draft| self.joined(draft))?;
                for _ in 0..parts.lonely_answers() {
                    self.drop_one("answer of the only model: nothing to compare it with");
                }
            }
        }
        Ok(())
    }

    fn joined(&mut self, draft: Draft) -> Result<(), DataError> {
        if self.full() {
            return Ok(());
        }
        self.at.record += 1;
        self.made(draft)
    }

    /// A pair that was put together from several records.
    fn made(&mut self, mut draft: Draft) -> Result<(), DataError> {
        ready(&mut draft);
        draft.pair.provenance = Provenance {
            source: Arc::clone(&self.at.label),
            format: Arc::clone(&self.at.format),
            record: self.at.record,
        };
        self.draft(Box::new(draft))
    }
}
