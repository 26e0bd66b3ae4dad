//! Which formats there are, by name.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use predilect_types::shown::{self, printable};

use crate::near::did_you_mean;
use crate::recipe::{CATALOGUE, Recipe};

/// A format of preference data in files: the name of one or more recipes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Format(&'static str);

impl Format {
    /// Every format, in the order of the catalogue.
    pub fn all() -> impl Iterator<Item = Self> {
        let mut seen = BTreeSet::new();
        CATALOGUE.iter().map(|recipe| recipe.name.as_str()).filter(move |name| seen.insert(*name)).map(Self)
    }

    /// The name, as `--format` takes it.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// Its recipes: several where the files of one benchmark differ.
    pub fn recipes(self) -> impl Iterator<Item = &'static Recipe> {
        CATALOGUE.iter().filter(move |recipe| recipe.name == self.0)
    }

    /// All names, separated by commas.
    pub fn names() -> String {
        Self::all().map(Self::as_str).collect::<Vec<_>>().join(", ")
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name of a format that does not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownFormat {
    given: String,
    known: String,
}

impl UnknownFormat {
    pub(crate) fn new(given: &str, known: String) -> Self {
        Self { given: given.to_owned(), known }
    }
}

impl fmt::Display for UnknownFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let near = did_you_mean(&self.given, self.known.split(", "));
        write!(
            f,
            "there is no format `{}`{}",
            printable(&self.given),
            if near.is_empty() {
                format!("; the formats are {}", shown::list(self.known.split(", ")))
            } else {
                near
            }
        )
    }
}

impl std::error::Error for UnknownFormat {}

impl predilect_types::Failure for UnknownFormat {
    fn remedy_key(&self) -> Option<&'static str> {
        Some("known-formats")
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let plain = name.trim().to_ascii_lowercase().replace('-', "_");
        Self::all().find(|format| format.0 == plain).ok_or_else(|| UnknownFormat::new(name, Self::names()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for format in Format::all() {
            assert_eq!(format.as_str().parse(), Ok(format));
        }
        assert_eq!("alpaca-eval".parse::<Format>().map(Format::as_str), Ok("alpaca_eval"));
        assert!("csv".parse::<Format>().is_err_and(|e| e.to_string().contains("alpaca_eval")));
    }
}
