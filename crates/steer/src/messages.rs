//! The instructions to a model, one line for each property and direction: ours, or those of the user's file.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use predilect_results::steering::Ask;
use predilect_types::{parsed, property, shown};
use predilect_workbench::{Error, Result};
use serde::{Deserialize, Serialize};

/// Our own lines.
const OWN: &str = include_str!("../data/messages.toml");

/// The words of all arms.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Messages {
    /// Precedes the lines of a message.
    pub opening: String,
    /// The response of the null arm.
    pub null: String,
    /// Messages of the user's, each an arm.
    #[serde(default)]
    pub arms: BTreeMap<String, String>,
    /// The lines, by property.
    pub properties: BTreeMap<String, Lines>,
}

/// What asks for more of a property, and what for less; without a line, or with an empty one, it is not asked for in that direction. Of a file of
/// the user's, what is left out is taken from our own.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lines {
    /// Asks for more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub more: Option<String>,
    /// Asks for less.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub less: Option<String>,
}

/// A file of the user's: all of it may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    opening: Option<String>,
    null: Option<String>,
    arms: BTreeMap<String, String>,
    properties: BTreeMap<String, Lines>,
}

/// Names that arms of the user's must not have.
const TAKEN: [&str; 5] = ["plain", "aligned", "opposed", "placebo", "null"];

impl Messages {
    /// Our own words.
    ///
    /// # Panics
    ///
    /// Never: a test reads them.
    pub fn own() -> Self {
        toml::from_str(OWN).expect("our own messages are whole")
    }

    /// Our own words, with those of a file (TOML) in their place.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, names a property that is not known, or an arm that has its name already.
    pub fn read(path: &Path) -> Result<Self> {
        let shown_path = path.display();
        let text = fs::read_to_string(path).map_err(|e| {
            Error::new(format!("cannot read {shown_path}: {e}"))
                .words("a study of `steer` keeps its messages.toml, which shows what such a file contains")
        })?;
        let file: File = toml::from_str(&text).map_err(|e| {
            Error::new(format!("{shown_path}: {}", shown::line(&parsed::plain(e.message()))))
                .words("a study of `steer` keeps its messages.toml, which shows what such a file contains")
        })?;
        let mut all = Self::own();
        if let Some(id) = file.properties.keys().find(|id| property(id).is_none()) {
            return Err(Error::new(format!("{shown_path}: `{id}` is not a property"))
                .instead_of(id, all.properties.keys()));
        }
        if let Some(name) = file.arms.keys().find(|name| TAKEN.contains(&name.as_str()) || !is_plain(name)) {
            return Err(Error::new(format!("{shown_path}: `{name}` cannot be the name of an arm"))
                .words("use letters, digits, - and _, and none of plain, aligned, opposed, placebo, null"));
        }
        if let Some((name, _)) = file.arms.iter().find(|(_, told)| told.trim().is_empty()) {
            return Err(Error::new(format!("{shown_path}: the message of the arm `{name}` is empty")).words(
                "write what the model is to be told, or leave the arm out: the plain one is told nothing",
            ));
        }
        all.opening = file.opening.unwrap_or(all.opening);
        all.null = file.null.unwrap_or(all.null);
        all.arms = file.arms;
        for (id, lines) in file.properties {
            let own = all.properties.entry(id).or_default();
            own.more = lines.more.or(own.more.take());
            own.less = lines.less.or(own.less.take());
        }
        Ok(all)
    }

    /// As a file.
    pub fn text(&self) -> String {
        toml::to_string(self).unwrap_or_default()
    }

    /// The line that asks for a property.
    pub fn line(&self, property: &str, more: bool) -> Option<&str> {
        let lines = self.properties.get(property)?;
        let line = if more { lines.more.as_deref() } else { lines.less.as_deref() };
        line.filter(|line| !line.trim().is_empty())
    }

    /// The message that asks for these; `None` if nothing is asked for.
    pub fn message(&self, asks: &[Ask]) -> Option<String> {
        let lines: Vec<String> = asks
            .iter()
            .filter_map(|ask| self.line(&ask.property, ask.more))
            .map(|line| format!("- {line}"))
            .collect();
        (!lines.is_empty()).then(|| format!("{}\n{}", self.opening, lines.join("\n")))
    }
}

fn is_plain(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 40
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;
    use predilect_types::core_properties;

    #[test]
    fn every_property_has_a_line_and_nobody_is_asked_for_harm() {
        let own = Messages::own();
        for property in core_properties() {
            assert!(own.line(property.id, true).is_some(), "{}", property.id);
            assert_eq!(own.line(property.id, false).is_none(), property.id == "harmless", "{}", property.id);
        }
        assert_eq!(own.properties.len(), 34);
        assert!(own.properties.keys().all(|id| property(id).is_some()));
        assert_eq!(toml::from_str::<Messages>(&own.text()).unwrap(), own);
    }

    #[test]
    fn a_file_stands_in_the_place_of_what_it_holds() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.toml");
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            Messages::read(&path)
        };
        let all = read("[arms]\nmine = \"Hi.\"\n[properties.length]\nmore = \"Longer!\"\n").unwrap();
        assert_eq!(all.line("length", true), Some("Longer!"));
        assert_eq!(all.line("length", false), Messages::own().line("length", false));
        let none = read("[properties.length]\nless = \"\"\n").unwrap();
        assert!(none.line("length", true).is_some() && none.line("length", false).is_none());
        assert_eq!((all.line("funny", true).is_some(), all.arms.len()), (true, 1));
        for (text, says) in [
            ("[properties.lenght]\nmore = \"x\"", "`lenght` is not a property"),
            ("[arms]\nplain = \"x\"", "cannot be the name of an arm"),
            ("[arms]\n\"a b\" = \"x\"", "cannot be the name of an arm"),
            ("[arms]\nmine = \" \"", "the message of the arm `mine` is empty"),
            ("opening = 3", "a string is expected"),
            ("oppening = \"x\"", "unknown field"),
        ] {
            let error = read(text).unwrap_err();
            assert!(error.message().contains(says), "{}", error.message());
        }
        assert!(Messages::read(&folder.path().join("none.toml")).is_err());
    }

    #[test]
    fn a_message_has_one_line_for_each_property() {
        let ask =
            |property: &str, more| Ask { property: property.to_owned(), more, weight: 1.0, p_sign: None };
        let own = Messages::own();
        let message = own.message(&[ask("length", true), ask("funny", false)]).unwrap();
        assert_eq!(message.lines().count(), 3);
        assert!(message.ends_with("Stay entirely serious."), "{message}");
        assert_eq!(own.message(&[]), None);
    }
}
