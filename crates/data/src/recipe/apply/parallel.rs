//! Lists next to a list of verdicts that say of each who gave it, or by what.

use serde_json::Value;

use super::super::path::Column;
use super::super::rule::Rule;
use crate::error::{Reason, RowError};
use crate::row::{Name, Row};

/// One of them in a record.
pub(super) struct Parallel {
    /// What its values are called within an element.
    name: Name,
    field: String,
    items: Vec<Value>,
}

impl Parallel {
    /// Those that a record has.
    pub(super) fn of(rule: &Rule, row: &Row) -> Vec<Self> {
        let list = |(column, name): &(Column, Name)| {
            let items = column.get(row)?.as_array()?.clone();
            Some(Self { name: name.clone(), field: column.shown(), items })
        };
        rule.parallel.iter().filter_map(list).collect()
    }

    /// Adds the value of one of several elements to it, unless it has its own.
    pub(super) fn add(&self, element: &mut Row, (at, all): (usize, usize)) -> Result<(), RowError> {
        if element.has(&self.name) {
            return Ok(());
        }
        match self.items.get(at) {
            Some(value) if self.items.len() == all => element.put(&self.name, value.clone()),
            _ => {
                return Err(RowError::new(
                    Reason::WrongType,
                    format!(
                        "{all} {}, but {} values that say whose they are",
                        if all == 1 { "verdict" } else { "verdicts" },
                        self.items.len()
                    ),
                )
                .field(&self.field));
            }
        }
        Ok(())
    }
}
