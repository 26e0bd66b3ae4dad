//! What helps, with the settings that it names left to the words of each front end: a flag, a switch on a page, a keyword.

use std::fmt::{self, Display, Formatter, Write};

/// Something that a user can say to what reads their data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Setting {
    /// What a column means.
    Map,
    /// Bad records are left out.
    SkipBadRows,
    /// Of ranked responses, neighbours alone are paired.
    Neighbours,
    /// How the first records are understood.
    Preview,
    /// The list of formats that are known.
    Formats,
    /// A known recipe as a file to start from.
    ARecipe,
    /// Reading pairs without verdicts.
    WithoutVerdicts,
    /// Reading files into a study.
    Import,
    /// Reading a file into the folder that is named behind it.
    ImportInto,
    /// The analysis of preference data.
    Dissect,
    /// How own properties are written.
    Properties,
    /// The format of the files.
    Format,
    /// The file that contains the texts of votes.
    Texts,
    /// The column by which votes find their texts.
    On,
    /// What is read joins the study that is there.
    Add,
    /// The existing study is deleted.
    Replace,
}

pub(crate) const MAP: Setting = Setting::Map;
pub(crate) const SKIP: Setting = Setting::SkipBadRows;
pub(crate) const NEIGHBOURS: Setting = Setting::Neighbours;
pub(crate) const PREVIEW: Setting = Setting::Preview;
pub(crate) const FORMATS: Setting = Setting::Formats;
pub(crate) const A_RECIPE: Setting = Setting::ARecipe;
pub(crate) const WITHOUT_VERDICTS: Setting = Setting::WithoutVerdicts;
pub(crate) const IMPORT: Setting = Setting::Import;
pub(crate) const IMPORT_INTO: Setting = Setting::ImportInto;
pub(crate) const DISSECT: Setting = Setting::Dissect;
pub(crate) const PROPERTIES: Setting = Setting::Properties;
pub(crate) const FORMAT: Setting = Setting::Format;
pub(crate) const TEXTS: Setting = Setting::Texts;
pub(crate) const ON: Setting = Setting::On;
pub(crate) const ADD: Setting = Setting::Add;
pub(crate) const REPLACE: Setting = Setting::Replace;

/// Marks of settings within a text that is being written, from here on in the order of [`Setting::ALL`]; of the characters that Unicode
/// leaves to private use.
const MARKS: u32 = 0x10_0000;

impl Setting {
    /// Every setting.
    pub const ALL: [Self; 16] = [
        Self::Map,
        Self::SkipBadRows,
        Self::Neighbours,
        Self::Preview,
        Self::Formats,
        Self::ARecipe,
        Self::WithoutVerdicts,
        Self::Import,
        Self::ImportInto,
        Self::Dissect,
        Self::Properties,
        Self::Format,
        Self::Texts,
        Self::On,
        Self::Add,
        Self::Replace,
    ];

    /// The key of a remedy that begins with it.
    pub fn key(self) -> &'static str {
        match self {
            Self::Map => "map-columns",
            Self::SkipBadRows => "skip-bad-records",
            Self::Neighbours => "pair-neighbours",
            Self::Preview => "preview",
            Self::Formats | Self::ARecipe => "known-formats",
            Self::WithoutVerdicts => "import-without-verdicts",
            Self::Import | Self::ImportInto => "import",
            Self::Dissect => "dissect",
            Self::Properties => "write-properties",
            Self::Format => "name-format",
            Self::Texts => "name-texts",
            Self::On => "name-shared-column",
            Self::Add => "add",
            Self::Replace => "replace",
        }
    }

    /// A plain name, for front ends without a name of their own for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Map => "map",
            Self::SkipBadRows => "skip bad records",
            Self::Neighbours => "neighbours",
            Self::Preview => "a preview",
            Self::Formats => "the list of formats",
            Self::ARecipe => "a known recipe",
            Self::WithoutVerdicts => "import without verdicts",
            Self::Import => "import",
            Self::ImportInto => "import into",
            Self::Dissect => "a dissection",
            Self::Properties => "the guide",
            Self::Format => "the format",
            Self::Texts => "texts",
            Self::On => "on",
            Self::Add => "add",
            Self::Replace => "replace",
        }
    }
}

/// Writes the mark of the setting: it is for texts that become an [`Advice`].
impl Display for Setting {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        let place = Self::ALL.iter().position(|setting| setting == self).unwrap_or_default();
        out.write_char(char::from_u32(MARKS + place as u32).unwrap_or_default())
    }
}

/// A part of an advice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Words that are the same in every front end.
    Text(String),
    /// A setting, in each front end's own words.
    Setting(Setting),
}

/// What helps: words, and settings among them. Displays with their plain names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Advice(Vec<Part>);

impl Advice {
    /// Reads the marks of settings in a text.
    pub fn of(text: &str) -> Self {
        let mut parts = Vec::new();
        let mut rest = String::new();
        for c in text.chars() {
            let place = u32::from(c).checked_sub(MARKS).and_then(|place| usize::try_from(place).ok());
            match place.and_then(|place| Setting::ALL.get(place)) {
                Some(setting) => {
                    if !rest.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut rest)));
                    }
                    parts.push(Part::Setting(*setting));
                }
                None => rest.push(c),
            }
        }
        if !rest.is_empty() {
            parts.push(Part::Text(rest));
        }
        Self(parts)
    }

    /// Its parts, in order.
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// As one text, with the marks of settings.
    pub(crate) fn marked(&self) -> String {
        let one = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Setting(setting) => setting.to_string(),
        };
        self.0.iter().map(one).collect()
    }

    /// The first setting that it names.
    pub fn setting(&self) -> Option<Setting> {
        self.0.iter().find_map(|part| match part {
            Part::Setting(setting) => Some(*setting),
            Part::Text(_) => None,
        })
    }

    /// As one text, with these words for settings.
    pub fn said(&self, words: impl Fn(Setting) -> &'static str) -> String {
        let one = |part: &Part| match part {
            Part::Text(text) => text.clone(),
            Part::Setting(setting) => words(*setting).to_owned(),
        };
        self.0.iter().map(one).collect()
    }
}

impl Display for Advice {
    fn fmt(&self, out: &mut Formatter<'_>) -> fmt::Result {
        out.write_str(&self.said(Setting::name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_keep_their_places_among_words() {
        for setting in Setting::ALL {
            let advice = Advice::of(&format!("say {setting} winner=a or {setting}"));
            let text = |text: &str| Part::Text(text.to_owned());
            let own = Part::Setting(setting);
            assert_eq!(advice.parts(), [text("say "), own.clone(), text(" winner=a or "), own]);
            assert_eq!(advice.said(|_| "--x"), "say --x winner=a or --x");
            assert_eq!(advice.to_string(), format!("say {0} winner=a or {0}", setting.name()));
        }
        assert_eq!(Advice::of(""), Advice::default());
    }
}
