//! Names of models, judges and groups as numbers.

use std::collections::HashMap;

use predilect_analysis::dissect::ALL;

/// Names of models and groups with their indices.
#[derive(Default)]
pub(super) struct Names {
    pub(super) models: Interner,
    pub(super) groups: Interner,
}

/// Names with their numbers, in the order in which they came.
#[derive(Debug, Default)]
pub(crate) struct Interner {
    /// The names, each at its number.
    pub(crate) list: Vec<String>,
    index: HashMap<String, u32>,
}

impl Interner {
    /// The number of a name, which is new or known.
    pub(crate) fn get(&mut self, name: &str) -> u32 {
        if let Some(&at) = self.index.get(name) {
            return at;
        }
        let at = self.list.len() as u32;
        self.list.push(name.to_owned());
        self.index.insert(name.to_owned(), at);
        at
    }
}

impl Names {
    pub(super) fn model(&mut self, name: &str) -> u32 {
        self.models.get(name)
    }

    /// The name of the whole is taken.
    pub(super) fn group(&mut self, name: &str) -> u32 {
        self.groups.get(if name == ALL { "all (as a value)" } else { name })
    }
}
