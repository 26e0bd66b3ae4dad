//! Which properties are rated: the catalogue, or what a user's file makes of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use predilect_types::{Applies, CATALOGUE, Property, Rule, Scale, parsed, property};
use serde::Deserialize;

use crate::advice::PROPERTIES;
use crate::error::DataError;
use crate::study::Study;

/// The longest words of a user's file.
const LONGEST: usize = 2000;

/// The properties of a study.
///
/// A file in TOML removes properties of the catalogue, rewords them, and adds new ones:
///
/// ```toml
/// remove = ["funny"]              # or only = ["polite", "clear"]: no others of the catalogue
///
/// [[property]]
/// id = "polite"                   # one of the catalogue, in other words
/// description = "Is courteous in the way of formal letters."
///
/// [[property]]
/// id = "cites_sources"            # a new one: letters, digits and underscores
/// label = "Cites sources"         # default: the id
/// description = "Says where its claims come from."
/// scale = "likert"                # 0 to 3 (default), or "stance": -2 opposed to 2 supported
/// needs_request = false           # whether the request must be shown to rate it (default false)
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PropertySet {
    properties: Vec<&'static Property>,
    /// The file's text, for the study and for comparing sets.
    text: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    remove: Vec<String>,
    only: Option<Vec<String>>,
    #[serde(default)]
    property: Vec<Entry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    label: Option<String>,
    short: Option<String>,
    description: String,
    scale: Option<String>,
    needs_request: Option<bool>,
}

impl Default for PropertySet {
    fn default() -> Self {
        Self { properties: CATALOGUE.iter().collect(), text: String::new() }
    }
}

impl PropertySet {
    /// The file's name in a study.
    pub const NAME: &'static str = "properties.toml";

    /// Reads a user's file.
    ///
    /// # Errors
    ///
    /// When it cannot be read, is not such TOML, or names a property that it cannot mean.
    pub fn read(path: &Path) -> Result<Self, DataError> {
        let text = std::fs::read_to_string(path).map_err(|e| DataError::path_io(path, "read", e))?;
        Self::parse(&text).map_err(|problem| {
            DataError::study(path.display().to_string(), problem)
                .with_remedy(format!("each [[property]] needs id and description; see {PROPERTIES}"))
        })
    }

    /// The set that a study was annotated with; the catalogue if it was not the user's.
    ///
    /// # Errors
    ///
    /// As for [`PropertySet::read`].
    pub fn of_study(study: &Study) -> Result<Self, DataError> {
        let path = study.folder().join(Self::NAME);
        if path.is_file() { Self::read(&path) } else { Ok(Self::default()) }
    }

    /// Properties live as long as the program, as those of the catalogue do: so a text that was read before, as for every question on a
    /// study, gives the set that was made of it then.
    fn parse(text: &str) -> Result<Self, String> {
        static MADE: Mutex<BTreeMap<String, PropertySet>> = Mutex::new(BTreeMap::new());
        let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(set) = made.get(text) {
            return Ok(set.clone());
        }
        let set = Self::made_of(text)?;
        made.insert(text.to_owned(), set.clone());
        Ok(set)
    }

    fn made_of(text: &str) -> Result<Self, String> {
        let file: File = toml::from_str(text).map_err(|e| parsed::plain(e.message()))?;
        let known =
            |id: &String| property(id).ok_or_else(|| format!("`{id}` is not a property of the catalogue"));
        for id in file.remove.iter().chain(file.only.iter().flatten()) {
            known(id)?;
        }
        let kept = |p: &Property| {
            !file.remove.iter().any(|id| id == p.id)
                && file.only.as_ref().is_none_or(|only| only.iter().any(|id| id == p.id))
        };
        let mut properties: Vec<&'static Property> = CATALOGUE.iter().filter(|p| kept(p)).collect();
        let mut seen = std::collections::HashSet::new();
        for entry in &file.property {
            if !seen.insert(entry.id.as_str()) {
                return Err(format!("`{}` is described twice", entry.id));
            }
            let new = entry.property()?;
            match properties.iter_mut().find(|p| p.id == new.id) {
                Some(place) => *place = new,
                None => properties.push(new),
            }
        }
        Ok(Self { properties, text: text.to_owned() })
    }

    /// The properties, those of the catalogue first and in its order.
    pub fn all(&self) -> &[&'static Property] {
        &self.properties
    }

    /// Those that are not part of another.
    pub fn core(&self) -> impl Iterator<Item = &'static Property> {
        self.properties.iter().copied().filter(|p| p.part_of.is_none())
    }

    /// The property of that id.
    pub fn get(&self, id: &str) -> Option<&'static Property> {
        self.properties.iter().copied().find(|p| p.id == id)
    }

    /// The user's file; empty for the catalogue.
    pub fn text(&self) -> &str {
        &self.text
    }
}

impl Entry {
    fn property(&self) -> Result<&'static Property, String> {
        let id = &self.id;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
            return Err(format!(
                "`{id}` is not an id: lower-case letters, digits and underscores, 64 at most"
            ));
        }
        for text in [Some(&self.description), self.label.as_ref(), self.short.as_ref()].into_iter().flatten()
        {
            if text.trim().is_empty()
                || text.len() > LONGEST
                || text.chars().any(|c| c.is_control() && c != '\n')
            {
                return Err(format!(
                    "`{id}`: a text is empty, longer than {LONGEST} bytes or contains control characters"
                ));
            }
        }
        let line = |text: &str| leaked(text.split_whitespace().collect::<Vec<_>>().join(" "));
        let old = property(id);
        let scale = match self.scale.as_deref() {
            Some(_) if old.is_some() => {
                return Err(format!("`{id}` is in the catalogue: its wording can change, its scale cannot"));
            }
            None | Some("likert") => Scale::Likert,
            Some("stance") => Scale::Stance,
            Some(other) => return Err(format!("`{id}`: `{other}` is not a scale: likert or stance")),
        };
        let label = self.label.clone().unwrap_or_else(|| id.replace('_', " "));
        let new = match old {
            Some(old) => Property {
                label: self.label.as_deref().map_or(old.label, line),
                short: self.short.as_deref().map_or(old.short, line),
                description: line(&self.description),
                needs_request: self.needs_request.unwrap_or(old.needs_request),
                ..*old
            },
            None => Property {
                id: leaked(id.clone()),
                index: None,
                label: line(&label),
                short: line(self.short.as_deref().unwrap_or(&label)),
                description: line(&self.description),
                scale,
                rule: Rule::Sign,
                applies: Applies::Any,
                part_of: None,
                needs_request: self.needs_request.unwrap_or(false),
            },
        };
        Ok(Box::leak(Box::new(new)))
    }
}

/// Kept as long as the program: [`PropertySet::parse`] makes no set twice.
fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_removes_rewords_and_adds() {
        let set = PropertySet::parse(
            r#"
            remove = ["funny", "headings"]
            [[property]]
            id = "polite"
            description = "Is courteous  in the way of formal letters."
            [[property]]
            id = "cites_sources"
            description = "Says where its claims come from."
            needs_request = true
            "#,
        )
        .unwrap();
        assert_eq!(set.core().count(), 29);
        assert!(set.get("funny").is_none() && set.get("headings").is_none());
        let polite = set.get("polite").unwrap();
        assert_eq!(polite.description, "Is courteous in the way of formal letters.");
        assert_eq!((polite.index, polite.label), (Some(3), "Polite"));
        let new = set.get("cites_sources").unwrap();
        assert_eq!((new.label, new.scale, new.needs_request), ("cites sources", Scale::Likert, true));
        assert_eq!(set.all().last().unwrap().id, "cites_sources");
        let only = PropertySet::parse("only = [\"polite\"]").unwrap();
        assert_eq!(only.all().len(), 1);
        assert_eq!(PropertySet::default().core().count(), 29);
    }

    /// A study is asked again and again, and nothing is kept twice.
    #[test]
    fn the_same_file_is_the_same_set() {
        let text = "[[property]]\nid = \"rhymes\"\ndescription = \"Ends in rhymes.\"";
        let of = || PropertySet::parse(text).unwrap().get("rhymes").unwrap();
        assert!(std::ptr::eq(of(), of()));
    }

    #[test]
    fn what_a_file_cannot_mean_is_said() {
        let entry = |rest: &str| format!("[[property]]\ndescription = \"x\"\n{rest}");
        for (text, problem) in [
            ("remove = [\"fun\"]".to_owned(), "not a property of the catalogue"),
            ("colour = 1".to_owned(), "unknown field"),
            (entry("id = \"Bad Id\""), "not an id"),
            (entry("id = \"new\"\nscale = \"stars\""), "not a scale"),
            (entry("id = \"polite\"\nscale = \"stance\""), "its scale cannot"),
            ("[[property]]\nid = \"new\"".to_owned(), "is missing"),
            ("[[property]]\nid = \"new\"\ndescription = \" \"".to_owned(), "empty"),
            (entry("id = \"new\"\n") + &entry("id = \"new\"\n"), "twice"),
            ("[[property".to_owned(), ""),
        ] {
            let error = PropertySet::parse(&text).unwrap_err();
            assert!(error.contains(problem), "{text}: {error}");
        }
    }
}
