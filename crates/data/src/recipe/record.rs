//! By which way is one record read, and does it contain several pairs?

use std::sync::atomic::Ordering;

use serde_json::{Value, json};

use super::candidates;
use super::declared::Shape;
use super::path::Column;
use super::plan::Plan;
use crate::draft::{Drafts, Parsed};
use crate::error::{Reason, RowError};
use crate::row::Row;

impl Plan {
    /// Reads one record.
    pub(crate) fn parse(&self, mut row: Row, tag: &str, record: u64) -> Result<Parsed, RowError> {
        for awaited in &self.awaited {
            if awaited.column.get(&row).is_some() {
                awaited.found.store(true, Ordering::Relaxed);
            }
        }
        for column in &self.leave_out {
            drop(column.take(&mut row));
        }
        if self.cells && row.is_blank() {
            return Ok(Parsed::Blank);
        }
        match self.recipe.shape {
            Shape::Candidates => candidates::parse(self, row),
            Shape::Unpaired => self.unpaired(row),
            Shape::Scored => self.scored(row),
            Shape::Votes => self.votes(row, tag, record),
            Shape::Sidecar => self.sidecar(row),
            Shape::Choice => match self.lists(&mut row)? {
                Some(drafts) => Ok(drafts.into()),
                None => Ok(self.pair(row)?.into()),
            },
            _ => Ok(self.pair(row)?.into()),
        }
    }

    /// Several chosen or several rejected responses to one prompt: each of the ones with each of the others.
    fn lists(&self, row: &mut Row) -> Result<Option<Drafts>, RowError> {
        let list = |columns: &[Column], row: &Row| {
            let items = columns.iter().find_map(|column| column.get(row))?.as_array()?.clone();
            (!items.is_empty() && items.iter().all(Value::is_string)).then_some(items)
        };
        let text = |columns: &[Column], row: &Row| {
            let text = columns.iter().find_map(|column| column.get(row)).filter(|value| value.is_string())?;
            Some(vec![text.clone()])
        };
        let (chosen, rejected) = match (list(&self.a, row), list(&self.b, row)) {
            (Some(chosen), Some(rejected)) => (chosen, rejected),
            // One text with several.
            (None, Some(rejected)) if text(&self.a, row).is_some() => {
                (text(&self.a, row).unwrap_or_default(), rejected)
            }
            (Some(chosen), None) if text(&self.b, row).is_some() => {
                (chosen, text(&self.b, row).unwrap_or_default())
            }
            _ => return Ok(None),
        };
        let prompts = self
            .prompt
            .iter()
            .find_map(|column| column.get(row))
            .and_then(Value::as_array)
            .map_or(0, Vec::len);
        // As many texts as the prompt has turns are the turns of one conversation.
        if chosen.len() + rejected.len() == 2
            || (prompts > 1 && prompts == chosen.len() && prompts == rejected.len())
        {
            return Ok(None);
        }
        let (Some(a), Some(b)) = (self.a.first(), self.b.first()) else { return Ok(None) };
        if chosen.len().saturating_mul(rejected.len()) > candidates::MOST_PAIRS {
            let (chosen, rejected, most) = (chosen.len(), rejected.len(), candidates::MOST_PAIRS);
            return Err(RowError::new(
                Reason::TooLarge,
                format!("{chosen} chosen times {rejected} rejected are more than {most} pairs"),
            )
            .field(&a.shown()));
        }
        drop(a.take(row));
        drop(b.take(row));
        let models = match row.get("models") {
            Some(Value::Array(models)) if models.len() == chosen.len() + rejected.len() => models.clone(),
            _ => Vec::new(),
        };
        let side = |text: &Value, model: Option<&Value>| match model {
            Some(model) if !model.is_null() => json!({ "text": text, "model": model }),
            _ => text.clone(),
        };
        let mut drafts = Drafts::default();
        for (i, good) in chosen.iter().enumerate() {
            for (j, bad) in rejected.iter().enumerate() {
                let mut one = row.clone();
                one.put(&a.name, side(good, models.get(i)));
                one.put(&b.name, side(bad, models.get(chosen.len() + j)));
                drafts.push(self.pair(one)?)?;
            }
        }
        Ok(Some(drafts))
    }
}
