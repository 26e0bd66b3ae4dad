//! Who annotates, where a file lists its annotators separately from what they say.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::error::RowError;

/// Who annotates: the id, the judge's name and what the file says of it.
#[derive(Debug, Default)]
pub(crate) struct Annotators(pub(super) BTreeMap<String, (String, Map<String, Value>)>);

impl Annotators {
    pub(super) fn read(value: Option<Value>) -> Result<Self, RowError> {
        let list = match value {
            None | Some(Value::Null) => return Ok(Self::default()),
            Some(Value::Object(list)) => list,
            Some(other) => return Err(RowError::wrong_type("annotators", &other, "an object of annotators")),
        };
        let mut names: BTreeMap<String, usize> = BTreeMap::new();
        let mut all = BTreeMap::new();
        for (id, about) in list {
            let mut about = match about {
                Value::Object(about) => about,
                _ => Map::new(),
            };
            let name = match about.remove("name") {
                Some(Value::String(name)) if !name.trim().is_empty() => name,
                _ => id.clone(),
            };
            about.retain(|_, value| !matches!(value.as_str(), Some("" | "unknown")) && !value.is_null());
            *names.entry(name.clone()).or_default() += 1;
            all.insert(id, (name, about));
        }
        for (id, (name, _)) in &mut all {
            if names.get(name).is_some_and(|count| *count > 1) {
                name.clone_from(id);
            }
        }
        Ok(Self(all))
    }
}
