//! What is an ordered pair, which come with Predilect, and what does a file of them look like?

use std::collections::BTreeMap;
use std::fmt;

use predilect_types::{Failure, Subject, parsed};
use serde::Deserialize;

/// The set of the pairs that were written for Predilect.
pub const WRITTEN: &str = "predilect";

/// The set of the pairs that are made by rule.
pub const BY_RULE: &str = "by rule";

/// The kind of a row over all pairs of a set.
pub const EVERY: &str = "all";

/// The kind of a row over the pairs that were held back.
pub const HELD_BACK: &str = "held back";

/// Two responses of which one has more of a property.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ordered {
    /// The property's id in the catalogue.
    pub property: String,
    /// The set that the pair is of: [`WRITTEN`], [`BY_RULE`], or a file's name.
    pub set: String,
    /// What kind of pair it is; of those written for Predilect, how large the difference is.
    pub kind: String,
    /// Pairs of one source depend on each other.
    pub source: String,
    /// The request that both answer; may be empty.
    pub request: String,
    /// The response with more of the property.
    pub higher: String,
    /// The response with less.
    pub lower: String,
    /// Why that is so; may be empty.
    pub reason: String,
    /// Whether the pair was not used in work on ratings, so that figures on it are those of a test set.
    pub held_back: bool,
    /// What the request demands, for properties that are about it.
    pub constraints: Vec<String>,
    /// Opinions that the request states.
    pub stances: Vec<String>,
    /// Mistakes and biases in the request.
    pub mistakes: Vec<String>,
    /// A right answer, for properties that count errors.
    pub reference: Option<String>,
}

/// At most `most` pairs of each property and set, taken evenly from its kinds, in their order.
pub fn spread(pairs: Vec<Ordered>, most: usize) -> Vec<Ordered> {
    let mut ranks: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    // The first of every kind, then the second of every kind.
    let mut places: Vec<(&str, &str, usize, usize)> = Vec::with_capacity(pairs.len());
    for (at, pair) in pairs.iter().enumerate() {
        let rank = ranks.entry((&pair.property, &pair.set, &pair.kind)).or_default();
        places.push((&pair.property, &pair.set, *rank, at));
        *rank += 1;
    }
    places.sort_unstable();
    let mut kept = vec![false; pairs.len()];
    let mut taken: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (property, set, _, at) in places {
        let taken = taken.entry((property, set)).or_default();
        kept[at] = *taken < most;
        *taken += 1;
    }
    pairs.into_iter().zip(kept).filter_map(|(pair, kept)| kept.then_some(pair)).collect()
}

/// A line of a file of ordered pairs.
#[derive(Deserialize)]
struct Line {
    higher: String,
    lower: String,
    property: Option<String>,
    #[serde(alias = "request")]
    prompt: Option<String>,
    /// What kind of pair it is; `against` in some sets.
    #[serde(alias = "against", alias = "difference")]
    kind: Option<String>,
    /// Pairs of one source depend on each other; else those whose ids begin alike before a hyphen.
    source: Option<String>,
    id: Option<String>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    constraints: Vec<String>,
    #[serde(default)]
    stances: Vec<String>,
    #[serde(default)]
    mistakes: Vec<String>,
    reference: Option<String>,
}

/// The first field of a line that is of another type than it should be.
fn wrong_field(line: &str) -> Option<String> {
    let line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).ok()?;
    let lists = ["constraints", "stances", "mistakes"];
    let texts =
        ["property", "prompt", "request", "kind", "against", "difference", "source", "id", "reference"];
    let wrong = |(name, value): &(&String, &serde_json::Value)| match name.as_str() {
        "higher" | "lower" | "reason" => !value.is_string(),
        name if lists.contains(&name) => {
            !value.as_array().is_some_and(|list| list.iter().all(serde_json::Value::is_string))
        }
        name if texts.contains(&name) => !(value.is_string() || value.is_null()),
        _ => false,
    };
    line.iter().find(wrong).map(|(name, _)| name.clone())
}

/// Why a line of a file is not an ordered pair.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub what: String,
    /// Whether only the property's name is missing.
    pub no_property: bool,
}

impl fmt::Display for FileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for FileError {}

impl Failure for FileError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some(if self.no_property { "name-property" } else { "write-pairs" })
    }

    fn subject(&self) -> Subject {
        Subject::line(self.line as u64)
    }
}

/// Reads JSON lines with `higher`, `lower` and, if `property` is `None`, `property`; blank lines are skipped.
///
/// # Errors
///
/// The first line that is not such an object.
pub fn read(text: &str, set: &str, property: Option<&str>) -> Result<Vec<Ordered>, FileError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut out = Vec::new();
    for (at, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let error = |what: String, no_property| FileError { line: at + 1, what, no_property };
        if !line.trim_start().starts_with('{') {
            return Err(error("not an object: each line is one pair, `{...}`".to_owned(), false));
        }
        let line: Line = serde_json::from_str(line).map_err(|e| {
            // The line is named already, and each has one.
            let what = parsed::json(&e).replace(" at line 1, column ", " at column ");
            error(
                wrong_field(line).map_or_else(|| what.clone(), |name| format!("field `{name}`: {what}")),
                false,
            )
        })?;
        if line.kind.as_deref().is_some_and(|kind| kind == EVERY || kind == HELD_BACK) {
            return Err(error(
                format!("the kinds `{EVERY}` and `{HELD_BACK}` are reserved for tables"),
                false,
            ));
        }
        if line.higher.trim() == line.lower.trim() {
            return Err(error("`higher` and `lower` are the same text".to_owned(), false));
        }
        let Some(property) = line.property.or_else(|| property.map(str::to_owned)) else {
            return Err(error("no `property`".to_owned(), true));
        };
        let id = line.id.unwrap_or_else(|| at.to_string());
        let source = line.source.unwrap_or_else(|| id.split('-').next().unwrap_or_default().to_owned());
        out.push(Ordered {
            property,
            set: set.to_owned(),
            kind: line.kind.unwrap_or_default(),
            source,
            request: line.prompt.unwrap_or_default(),
            higher: line.higher,
            lower: line.lower,
            reason: line.reason,
            held_back: false,
            constraints: line.constraints,
            stances: line.stances,
            mistakes: line.mistakes,
            reference: line.reference,
        });
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_are_spread_over_kinds() {
        let pair = |property: &str, kind: &str| Ordered {
            property: property.to_owned(),
            kind: kind.to_owned(),
            ..Ordered::default()
        };
        let all = vec![pair("a", "x"), pair("a", "x"), pair("a", "x"), pair("a", "y"), pair("b", "x")];
        let kinds = |most| -> Vec<(String, String)> {
            spread(all.clone(), most).into_iter().map(|p| (p.property, p.kind)).collect()
        };
        let owned = |list: &[(&str, &str)]| -> Vec<(String, String)> {
            list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect()
        };
        assert_eq!(kinds(2), owned(&[("a", "x"), ("a", "y"), ("b", "x")]));
        assert_eq!(kinds(3), owned(&[("a", "x"), ("a", "x"), ("a", "y"), ("b", "x")]));
        assert_eq!(kinds(9).len(), 5);
        assert!(kinds(0).is_empty());
    }

    #[test]
    fn lines_that_are_no_pairs_are_named() {
        let good = r#"{"higher": "a", "lower": "b", "id": "7-x", "against": "elementary"}"#;
        let read_one = read(&format!("\n{good}\n"), "mine", Some("polite")).unwrap();
        assert_eq!(read_one.len(), 1);
        assert_eq!((read_one[0].source.as_str(), read_one[0].kind.as_str()), ("7", "elementary"));
        let error = read(&format!("{good}\n"), "mine", None).unwrap_err();
        assert!(error.no_property && error.to_string() == "line 1: no `property`");
        let error = read(&format!("{good}\n{{\"higher\": 3}}"), "mine", Some("polite")).unwrap_err();
        assert!(!error.no_property && error.line == 2, "{error}");
    }
}
