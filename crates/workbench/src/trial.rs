//! A property on trial: what a regular expression or a text finds in a response, as a column of the fit like the others.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use predilect_analysis::{Encoding, relative};
use predilect_results::PropertyNote;
use predilect_types::{Failure, Subject};
use regex::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};

use crate::filter::{ESCAPES, escaped, literal, unknown};

/// What a compiled expression may take in memory, in bytes.
const REGEX: usize = 1 << 20;
/// Characters of an expression.
const LONGEST: usize = 200;
/// Properties that are tried at once.
pub const MOST: usize = 8;

/// A property to try: `/certainly/i` is whether a response has a match, `count(a, "!")` how many times it has a text, and
/// `count(a, /\d+/)` how many matches. Regular expressions are searched in linear time.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Trial {
    find: Find,
    counts: bool,
}

#[derive(Debug, Clone)]
enum Find {
    Text(String),
    Match { text: String, any_case: bool, regex: Regex },
}

/// An expression that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrialError {
    /// Where, in characters from 0.
    pub at: usize,
    /// What is wrong.
    pub problem: String,
    /// What helps.
    pub remedy: String,
}

impl fmt::Display for TrialError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (character {}); {}", self.problem, self.at + 1, self.remedy)
    }
}

impl std::error::Error for TrialError {}

impl Failure for TrialError {
    fn remedy_key(&self) -> Option<&'static str> {
        Some("trial")
    }

    fn subject(&self) -> Subject {
        Subject::character(self.at + 1)
    }
}

impl PartialEq for Trial {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl From<Trial> for String {
    fn from(trial: Trial) -> Self {
        trial.to_string()
    }
}

impl TryFrom<String> for Trial {
    type Error = TrialError;

    fn try_from(text: String) -> Result<Self, TrialError> {
        text.parse()
    }
}

impl fmt::Display for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(&literal(text)),
            Self::Match { text, any_case, .. } => {
                write!(f, "/{}/{}", text.replace('/', "\\/"), if *any_case { "i" } else { "" })
            }
        }
    }
}

impl fmt::Display for Trial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.counts { write!(f, "count(a, {})", self.find) } else { write!(f, "{}", self.find) }
    }
}

/// What is left to read, and how much was.
struct Reader<'t> {
    text: &'t str,
    at: usize,
}

impl Reader<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn blank(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn take(&mut self, wanted: &str) -> bool {
        self.blank();
        let there = self.rest().starts_with(wanted);
        if there {
            self.at += wanted.len();
        }
        there
    }

    fn wrong(&self, problem: impl Into<String>) -> TrialError {
        TrialError {
            at: self.text[..self.at].chars().count(),
            problem: problem.into(),
            remedy: "write /REGEX/, /REGEX/i, \"TEXT\" or count(a, \"TEXT\")".to_owned(),
        }
    }

    /// Up to a closing mark. In a text a backslash means what [`escaped`] says, in a regular expression what that makes of it, but for the
    /// mark.
    fn until(&mut self, mark: char, is_text: bool) -> Result<String, TrialError> {
        let (from, mut text) = (self.at, String::new());
        let mut chars = self.rest().char_indices();
        let end = loop {
            match chars.next() {
                None => {
                    self.at = from;
                    return Err(self.wrong(format!("the closing {mark} is missing")));
                }
                Some((at, c)) if c == mark => break at + c.len_utf8(),
                Some((at, '\\')) => match chars.next() {
                    Some((_, c)) if is_text => {
                        let Some(c) = escaped(c) else {
                            self.at += at;
                            return Err(TrialError { remedy: ESCAPES.to_owned(), ..self.wrong(unknown(c)) });
                        };
                        text.push(c);
                    }
                    Some((_, c)) if c == mark => text.push(c),
                    Some((_, c)) => text.extend(['\\', c]),
                    None => {}
                },
                Some((_, c)) => text.push(c),
            }
        };
        self.at += end;
        Ok(text)
    }

    fn find(&mut self) -> Result<Find, TrialError> {
        self.blank();
        let from = self.at;
        let empty = |reader: &mut Self, text: &String| {
            reader.at = from;
            if text.is_empty() { Err(reader.wrong("nothing is looked for")) } else { Ok(()) }
        };
        if self.take("\"") {
            let text = self.until('"', true)?;
            let end = self.at;
            empty(self, &text)?;
            self.at = end;
            return Ok(Find::Text(text));
        }
        if !self.take("/") {
            return Err(self.wrong("a text in quotation marks or a regular expression is expected"));
        }
        let text = self.until('/', false)?;
        let any_case = self.rest().starts_with('i');
        let end = self.at + usize::from(any_case);
        empty(self, &text)?;
        let made = RegexBuilder::new(&text).case_insensitive(any_case).size_limit(REGEX).build();
        let regex = made.map_err(|error| {
            let said = error.to_string();
            let last = said.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            self.wrong(format!("the regular expression cannot be read: {last}"))
        })?;
        self.at = end;
        Ok(Find::Match { text, any_case, regex })
    }
}

impl FromStr for Trial {
    type Err = TrialError;

    fn from_str(text: &str) -> Result<Self, TrialError> {
        let mut reader = Reader { text, at: 0 };
        if text.chars().count() > LONGEST {
            return Err(reader.wrong(format!("the expression has more than {LONGEST} characters")));
        }
        let counts = reader.take("count");
        if counts {
            if !reader.take("(") {
                return Err(reader.wrong("( is expected"));
            }
            // Whose text: both responses are counted in the same way.
            if ["a", "response"].into_iter().any(|name| reader.take(name)) && !reader.take(",") {
                return Err(reader.wrong("a comma is expected"));
            }
        }
        let find = reader.find()?;
        if counts && !reader.take(")") {
            return Err(reader.wrong(") is expected"));
        }
        reader.blank();
        if !reader.rest().is_empty() {
            return Err(reader.wrong("there is more than one expression"));
        }
        Ok(Self { find, counts })
    }
}

impl Trial {
    /// Where in a response it is.
    pub(crate) fn places(&self, response: &str) -> Vec<Range<usize>> {
        match &self.find {
            Find::Text(text) => {
                let of = response.match_indices(text.as_str());
                of.map(|(at, found)| at..at + found.len()).collect()
            }
            Find::Match { regex, .. } => regex.find_iter(response).map(|found| found.range()).collect(),
        }
    }

    /// How much of it a response has: how many times, or 1 where it has it at all.
    pub(crate) fn rate(&self, response: &str) -> f64 {
        let many = match (&self.find, self.counts) {
            (Find::Text(text), true) => response.matches(text.as_str()).count(),
            (Find::Text(text), false) => usize::from(response.contains(text.as_str())),
            (Find::Match { regex, .. }, true) => regex.find_iter(response).count(),
            (Find::Match { regex, .. }, false) => usize::from(regex.is_match(response)),
        };
        many as f64
    }

    /// What two ratings amount to, by the rules of properties that are counted: sign(a - b), a - b, (a - b) / 5 within -1 and 1, or
    /// (a - b) / (a + b).
    pub(crate) fn feature(encoding: Encoding, [a, b]: [f64; 2]) -> f64 {
        match encoding {
            Encoding::Comparison => f64::from(i8::from(a > b) - i8::from(a < b)),
            Encoding::Difference => a - b,
            Encoding::Normalised => ((a - b) / 5.0).clamp(-1.0, 1.0),
            Encoding::Relative => relative(a - b, a + b),
        }
    }

    /// A filter for pairs in which a response has it.
    #[must_use]
    pub fn shown_by(&self) -> String {
        let find = match &self.find {
            Find::Text(text) => format!("/{}/", regex::escape(text).replace('/', "\\/").replace('\n', "\\n")),
            find @ Find::Match { .. } => find.to_string(),
        };
        format!("(text(a) ~ {find} or text(b) ~ {find})")
    }

    /// What it is, as other properties say it; `rated` are all ratings of A and B that there are.
    pub fn note(&self, rated: &[[f64; 2]]) -> PropertyNote {
        let name = self.to_string();
        let (count, sum) = (rated.len().max(1) as f64, rated.iter().flatten().sum::<f64>());
        let differs = rated.iter().filter(|[a, b]| a != b).count() as f64 / count;
        let what = if self.counts { "how many times a response has" } else { "whether a response has" };
        PropertyNote {
            id: name.clone(),
            label: name.clone(),
            short: name,
            description: format!("tried: {what} {}", self.find),
            annotator: "tried".to_owned(),
            definition: format!("{what} {}", self.find),
            blind_spots: String::new(),
            proxy: false,
            validity: String::new(),
            auc: None,
            coverage: 1.0,
            differs,
            mean_rating: (!rated.is_empty()).then_some(sum / (2.0 * count)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_read_print_and_rate() {
        for (text, printed, response, rating) in [
            ("/certainly/i", "/certainly/i", "Certainly, certainly.", 1.0),
            ("/certainly/", "/certainly/", "Certainly", 0.0),
            ("count(a, \"!\")", "count(a, \"!\")", "No! Yes!!", 3.0),
            ("count( \"!\" )", "count(a, \"!\")", "", 0.0),
            (r"count(a, /\d+/)", r"count(a, /\d+/)", "1 and 22", 2.0),
            (r"/a\/b/", r"/a\/b/", "a/b", 1.0),
            (r#" "say \"hi\"" "#, r#""say \"hi\"""#, "I say \"hi\"", 1.0),
            ("/é+/", "/é+/", "éé", 1.0),
            (r#"count(a, "\n- ")"#, r#"count(a, "\n- ")"#, "List:\n- one\n- two", 2.0),
            ("count(a, \"\n- \")", r#"count(a, "\n- ")"#, "List:\n- one", 1.0),
            (r#""a\tb\\c""#, r#""a\tb\\c""#, "a\tb\\c", 1.0),
            (r"count(a, /\n- /)", r"count(a, /\n- /)", "\n- one\n- two", 2.0),
        ] {
            let trial: Trial = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!((trial.to_string().as_str(), trial.rate(response)), (printed, rating), "{text}");
            assert_eq!(printed.parse::<Trial>().ok(), Some(trial.clone()), "{text}");
            let filter: crate::Filter =
                trial.shown_by().parse().unwrap_or_else(|error| panic!("{text}: {error:?}"));
            assert_eq!(filter.to_string().parse::<crate::Filter>().ok(), Some(filter));
        }
    }

    #[test]
    fn what_cannot_be_read_is_said_with_its_place() {
        for (text, at) in [
            ("", 0),
            ("certainly", 0),
            ("/open", 1),
            ("//", 0),
            ("count(a \"!\")", 8),
            ("count(a, \"!\"", 12),
            ("/(/", 0),
            ("\"x\" /y/", 4),
            ("/(a{1000}){1000}/", 0),
            (r#"count(a, "x\d")"#, 11),
        ] {
            let error = text.parse::<Trial>().expect_err(text);
            assert_eq!(error.at, at, "{text}: {error}");
        }
        assert!("x".repeat(300).parse::<Trial>().is_err());
    }

    #[test]
    fn a_comparison_is_a_sign_as_for_all_properties() {
        let of = |encoding| Trial::feature(encoding, [3.0, 1.0]);
        assert_eq!(
            (of(Encoding::Comparison), of(Encoding::Difference), of(Encoding::Normalised)),
            (1.0, 2.0, 0.4)
        );
        assert_eq!(of(Encoding::Relative), 0.5);
        assert_eq!(Trial::feature(Encoding::Relative, [0.0, 0.0]), 0.0);
        assert_eq!(Trial::feature(Encoding::Comparison, [1.0, 1.0]), 0.0);
        assert_eq!(Trial::feature(Encoding::Comparison, [0.0, 1.0]), -1.0);
    }
}
