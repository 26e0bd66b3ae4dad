//! Records without two texts: bare votes, verdicts on pairs of other files, single responses.

use super::super::calls::Names;
use super::super::path::Column;
use super::super::plan::Plan;
use super::super::rule::From;
use super::points::score;
use super::prompt::last_answer;
use super::who::{judged, name_of};
use crate::draft::{Draft, Parsed};
use crate::error::{Reason, RowError};
use crate::pieces::{Completion, Piece, Points, PointsKind, Scored, Sidecar};
use crate::row::{Row, as_text};
use crate::texts::{conversation, is_whole, merge_prompt};
use predilect_types::{Message, Order, Response, Role};
use serde_json::Value;

impl Plan {
    pub(in crate::recipe) fn votes(&self, mut row: Row, tag: &str, record: u64) -> Result<Parsed, RowError> {
        let who = self.who(&mut row)?;
        let mut model = |columns: &[Column]| {
            self.first(&mut row, columns).map_or_else(
                || Err(RowError::missing(&columns.first().map(Column::shown).unwrap_or_default())),
                |(field, value)| as_text(&field, value).map(|name| name.trim().to_owned()),
            )
        };
        let (a, b) = (model(&self.model_a)?, model(&self.model_b)?);
        if self.recipe.a_wins && a == b {
            let field = self.model_b.first().map(Column::shown).unwrap_or_default();
            return Err(RowError::new(Reason::UnknownWinner, "the winner and the loser have the same name")
                .field(&field)
                .value(&b)
                .remedy("mark ties in a separate column: tie = true"));
        }
        let mut draft = Draft::default();
        let names = Names {
            column_a: self.model_a.first().map_or("", |column| &column.name),
            column_b: self.model_b.first().map_or("", |column| &column.name),
            model_a: Some(&a),
            model_b: Some(&b),
            ..Names::default()
        };
        let mut calls = self.calls(&mut row, names, &who, &mut draft)?;
        // Votes list the models as they were shown, unless a column may say otherwise.
        if who.turned.is_none() && !self.order_in_doubt && !self.recipe.a_wins {
            for (verdict, _) in &mut calls {
                verdict.order = Order::Ab;
            }
        }
        if let Some(join) = &self.join {
            let named = |column: &Column, row: &mut Row| -> Result<Option<String>, RowError> {
                column.take(row).map_or(Ok(None), |value| name_of(&column.shown(), value))
            };
            let key = named(&join.on, &mut row)?.ok_or_else(|| RowError::missing(&join.on.shown()))?;
            let sides = match &join.sides {
                Some((x, y)) => named(x, &mut row)?.zip(named(y, &mut row)?),
                None => None,
            };
            let verdicts = calls.into_iter().map(|(verdict, _)| verdict).collect();
            let noted = std::mem::take(&mut draft.noted);
            return Ok(Parsed::Piece(Box::new(Piece::Sidecar(Sidecar {
                key,
                verdicts,
                models: Some((a, b)),
                sides,
                noted,
            }))));
        }
        let silent = |name: String| Response { messages: Vec::new(), model: Some(name) };
        draft.pair.response_a = silent(a);
        draft.pair.response_b = silent(b);
        Self::add(calls, false, &mut draft);
        self.finish(row, &mut draft)?;
        if draft.pair.id.is_empty() {
            draft.pair.id = format!("{tag}-{record}");
        }
        Ok(draft.into())
    }

    pub(in crate::recipe) fn sidecar(&self, mut row: Row) -> Result<Parsed, RowError> {
        let who = self.who(&mut row)?;
        let mut draft = Draft::default();
        let calls = self.calls(&mut row, Names::default(), &who, &mut draft)?;
        let key = self
            .name(&mut row, &self.id)?
            .ok_or_else(|| RowError::missing(&self.id.first().map(Column::shown).unwrap_or_default()))?;
        Ok(Piece::Sidecar(Sidecar {
            key,
            verdicts: calls.into_iter().map(|(verdict, _)| verdict).collect(),
            noted: std::mem::take(&mut draft.noted),
            ..Sidecar::default()
        })
        .into())
    }

    pub(in crate::recipe) fn unpaired(&self, mut row: Row) -> Result<Parsed, RowError> {
        let who = self.who(&mut row)?;
        let (field, value) = self.response(&mut row, &self.a)?;
        let (model, value) = self.named(value, &mut row, &self.model_a)?;
        let (prompt, text) = self.alone(&mut row, &field, value.unwrap_or_default())?;
        let mut draft = Draft::default();
        let names = Names::default();
        let calls = self.calls(&mut row, names, &who, &mut draft)?;
        let Some((verdict, _)) = calls.into_iter().next() else {
            return Ok(Parsed::Dropped(Box::new(draft)));
        };
        let good = verdict.p_a > 0.5;
        self.finish(row, &mut draft)?;
        Ok(Piece::Completion(Completion {
            prompt,
            response: Response { messages: text, model },
            good,
            judge: verdict.judge,
            annotator: verdict.annotator,
            scenario: draft.pair.scenario,
            id: draft.pair.id,
            metadata: draft.pair.metadata,
        })
        .into())
    }

    pub(in crate::recipe) fn scored(&self, mut row: Row) -> Result<Parsed, RowError> {
        let who = self.who(&mut row)?;
        let (field, value) = self.response(&mut row, &self.a)?;
        let (model, value) = self.named(value, &mut row, &self.model_a)?;
        let (prompt, text) = self.alone(&mut row, &field, value.unwrap_or_default())?;
        let mut scores = Vec::new();
        for rule in &self.rules {
            let From::Field(column, calls) = &rule.from else { continue };
            let value = column.take(&mut row);
            // A mark names values; a rank says that less is better.
            let marks = !rule.declared.a.is_empty();
            let number = match calls.call(value.as_ref().filter(|_| marks), Names::default())?.p_a() {
                Some(p) => Some(p),
                None if marks => None,
                None if rule.declared.loses => score(&column.shown(), value.as_ref())?,
                None => self.score(&column.shown(), value.as_ref())?,
            };
            if let Some(number) = number {
                let said = rule.declared.judge_name.clone().or_else(|| who.judge.clone());
                let judge = said.filter(|_| !self.given).unwrap_or_else(|| self.judge_name.clone());
                let criterion = rule.declared.criterion.clone().or_else(|| who.criterion.clone());
                let kind = match (marks, rule.declared.loses) {
                    (true, _) => PointsKind::Mark,
                    (false, true) => PointsKind::Rank,
                    (false, false) => PointsKind::Score,
                };
                scores.push(Points { judge: judged(judge, criterion.as_deref()), criterion, number, kind });
            }
        }
        let group: Vec<String> =
            self.id.iter().filter_map(|column| column.get(&row)).map(ToString::to_string).collect();
        let mut draft = Draft::default();
        self.finish(row, &mut draft)?;
        Ok(Piece::Scored(Scored {
            group: group.join("\u{1f}"),
            prompt,
            response: Response { messages: text, model },
            annotator: who.annotator,
            scenario: draft.pair.scenario,
            scores,
        })
        .into())
    }

    /// One response with its prompt, which may be the conversation before it.
    pub(super) fn alone(
        &self,
        row: &mut Row,
        field: &str,
        value: Value,
    ) -> Result<(Vec<Message>, Vec<Message>), RowError> {
        let mut text = conversation(field, value, Role::Assistant)?;
        let given = self.given_prompt(row)?;
        if is_whole(&text) {
            let own = last_answer(&mut text);
            let prompt =
                given.map_or(text.clone(), |given| merge_prompt(given, text.clone()).unwrap_or(text));
            return Ok((prompt, own));
        }
        let prompt = given.ok_or_else(|| {
            RowError::missing(&self.prompt.first().map_or_else(|| "prompt".to_owned(), Column::shown))
        })?;
        Ok((prompt, text))
    }
}
