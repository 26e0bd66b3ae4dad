//! What intervals are over: the fields that `--cluster` names, pair by pair.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use predilect_analysis::Unit;
use predilect_types::hash::FixedHasher;

use crate::error::{Error, Remedy, Result};
use crate::prepared::{Field, Prepared};
use crate::watch::Watch;

/// Why a field is not a unit.
pub(super) enum NoUnits {
    /// No pair has it.
    Missing(String),
    /// All pairs have the same value.
    One(String),
}

/// The units that are asked for.
pub(super) struct Units {
    all: Vec<Unit>,
    /// The columns of those that are fields of pairs.
    columns: Vec<Option<Arc<Field>>>,
    /// Whether any pair has a value, per unit.
    seen: Vec<bool>,
}

impl Units {
    pub(super) fn of(names: &[String], prepared: &Prepared, watch: &dyn Watch) -> Result<Self> {
        if names.len() > 2 {
            return Err(Error::new(format!(
                "{} units were named: intervals are over two at most",
                names.len()
            ))
            .remedy(Remedy::FewerUnits));
        }
        if let [first, second] = names
            && first == second
        {
            return Err(Error::new(format!("the unit `{first}` was named twice"))
                .words("name it once, or two fields"));
        }
        let unit = |name: &String| match name.as_str() {
            "prompt" => Unit::Prompt,
            "annotator" => Unit::Annotator,
            _ => Unit::Field { name: name.clone(), of_pair: Vec::new() },
        };
        let column = |name: &String| match name.as_str() {
            "prompt" | "annotator" | "language" => Ok(None),
            field => prepared.field_or_turn(field, watch).map(Some),
        };
        Ok(Self {
            all: names.iter().map(unit).collect(),
            columns: names.iter().map(column).collect::<Result<_>>()?,
            seen: vec![false; names.len()],
        })
    }

    /// Takes the next pair.
    pub(super) fn pair(&mut self, row: usize, prepared: &Prepared) {
        for ((unit, column), seen) in self.all.iter_mut().zip(&self.columns).zip(&mut self.seen) {
            let Unit::Field { of_pair, .. } = unit else { continue };
            let language;
            let values = if let Some(column) = column {
                column.get(row).texts.as_slice()
            } else {
                language = prepared.facts().languages().get(row).map(str::to_owned);
                language.as_slice()
            };
            let mut hasher = FixedHasher::default();
            if values.is_empty() {
                // The same in every slice.
                ("without a value", prepared.pairs().id(row)).hash(&mut hasher);
            } else {
                *seen = true;
                values.hash(&mut hasher);
            }
            of_pair.push(hasher.finish());
        }
    }

    /// The units.
    pub(super) fn finish(self) -> Result<Vec<Unit>, NoUnits> {
        let empty = self
            .all
            .iter()
            .zip(&self.seen)
            .find(|(unit, seen)| matches!(unit, Unit::Field { .. }) && !**seen);
        if let Some((unit, _)) = empty {
            return Err(NoUnits::Missing(unit.name().to_owned()));
        }
        let one = self.all.iter().find(|unit| match unit {
            Unit::Field { of_pair, .. } => of_pair.windows(2).all(|two| two[0] == two[1]),
            Unit::Prompt | Unit::Annotator => false,
        });
        match one {
            Some(unit) => Err(NoUnits::One(unit.name().to_owned())),
            None => Ok(self.all),
        }
    }
}
