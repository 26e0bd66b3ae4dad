//! Names as numbers.

use foldhash::HashMap;

/// Names with their numbers, in the order in which they came.
///
/// ```
/// let mut names = predilect_types::Interner::default();
/// assert_eq!([names.get("human"), names.get("model"), names.get("human")], [0, 1, 0]);
/// assert_eq!(names.into_list(), ["human", "model"]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Interner {
    list: Vec<String>,
    index: HashMap<String, u32>,
}

impl Interner {
    /// The number of a name, which is new or known.
    pub fn get(&mut self, name: &str) -> u32 {
        if let Some(&at) = self.index.get(name) {
            return at;
        }
        let at = self.list.len() as u32;
        self.list.push(name.to_owned());
        self.index.insert(name.to_owned(), at);
        at
    }

    /// The names, each at its number.
    #[must_use]
    pub fn list(&self) -> &[String] {
        &self.list
    }

    /// The names, each at its number.
    #[must_use]
    pub fn into_list(self) -> Vec<String> {
        self.list
    }
}
