//! What intervals are over: the fields that `--cluster` names, pair by pair.

use std::hash::{Hash, Hasher};

use predilect_analysis::Unit;
use predilect_types::Pair;
use predilect_types::hash::FixedHasher;

use crate::error::{Error, Remedy, Result};

/// Why a field is no unit.
pub(super) enum NoUnits {
    /// No pair has it.
    Missing(String),
    /// All pairs have the same value.
    One(String),
}

/// The units that are asked for.
pub(super) struct Units {
    units: Vec<Unit>,
    /// Whether any pair has a value, per unit.
    seen: Vec<bool>,
}

impl Units {
    pub(super) fn of(names: &[String]) -> Result<Self> {
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
        Ok(Self { units: names.iter().map(unit).collect(), seen: vec![false; names.len()] })
    }

    /// Takes the next pair.
    pub(super) fn pair(&mut self, pair: &Pair, language: Option<&str>) {
        for (unit, seen) in self.units.iter_mut().zip(&mut self.seen) {
            let Unit::Field { name, of_pair } = unit else { continue };
            let values = match (name.as_str(), language) {
                ("language", Some(language)) => vec![language.to_owned()],
                (field, _) => pair.fields(field),
            };
            let mut hasher = FixedHasher::default();
            if values.is_empty() {
                // The same in every slice.
                ("without a value", &pair.id).hash(&mut hasher);
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
            .units
            .iter()
            .zip(&self.seen)
            .find(|(unit, seen)| matches!(unit, Unit::Field { .. }) && !**seen);
        if let Some((unit, _)) = empty {
            return Err(NoUnits::Missing(unit.name().to_owned()));
        }
        let one = self.units.iter().find(|unit| match unit {
            Unit::Field { of_pair, .. } => of_pair.windows(2).all(|two| two[0] == two[1]),
            Unit::Prompt | Unit::Annotator => false,
        });
        match one {
            Some(unit) => Err(NoUnits::One(unit.name().to_owned())),
            None => Ok(self.units),
        }
    }
}
