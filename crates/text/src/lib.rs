//! What can be rated from text alone, without a language model?
//!
//! An [`Annotator`] rates properties of responses by documented rules: the same text always gets the same ratings. Each response is parsed
//! once, as markdown, into a document of structure, prose and words; each property is then one small function of that document
//! (`src/properties/`), with its definition and blind spots next to it. Many ratings are only proxies of the property as named:
//! [`Annotator::annotations`] says which.
//!
//! ```
//! use predilect_text::{Annotator, TextOptions};
//!
//! let annotator = Annotator::new(&TextOptions { grammar: false });
//! let ratings = annotator.rate("# Tea\n\n1. Boil water.\n2. Add tea.\n\nEnjoy!");
//! let headings = annotator.properties().iter().position(|&id| id == "headings").unwrap();
//! assert_eq!(ratings.values[headings], Some(1.0));
//! ```

mod compress;
mod constraints;
mod cut;
mod demands;
mod document;
mod evidence;
#[cfg(feature = "grammar")]
mod grammar;
mod language;
mod letters;
mod phrases;
mod properties;
mod refusal;
mod request;
mod seen;
mod signs;
mod trace;
mod words;

use predilect_types::{Annotation, Pair, Rating};

use crate::document::Document;
pub use crate::evidence::Evidence;
pub use crate::language::detect_language;
use crate::properties::{MEASURES, Measure};
pub use crate::refusal::begins_with_refusal;
use crate::request::Request;

/// What to rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to check grammar and spelling, which takes most of the time.
    pub grammar: bool,
}

impl Default for TextOptions {
    fn default() -> Self {
        Self { grammar: true }
    }
}

/// Whether this build rates grammar and spelling; without the feature `grammar` it does not, whatever is asked for.
pub const RATES_GRAMMAR: bool = cfg!(feature = "grammar");

/// The version of the ratings: it rises whenever any text may be rated otherwise than before, so that stored ratings are computed again. A
/// test ties it to the ratings of a few texts.
pub const VERSION: u32 = 1;

/// Rates responses from their text.
///
/// It can be shared between threads. The first check of grammar on each thread loads the rules (a fraction of a second).
#[derive(Clone)]
pub struct Annotator {
    measures: Vec<&'static Measure>,
    properties: Vec<&'static str>,
}

/// The ratings of one response.
#[derive(Debug, Clone, PartialEq)]
pub struct Ratings {
    /// One rating for each of [`Annotator::properties`]; `None` if there is nothing to rate.
    pub values: Vec<Option<f64>>,
    /// The language of the prose as an ISO 639-1 code, if there is enough of it to detect one.
    pub language: Option<&'static str>,
}

impl Annotator {
    /// An annotator of all properties that the options ask for.
    pub fn new(options: &TextOptions) -> Self {
        let measures: Vec<&'static Measure> =
            MEASURES.iter().copied().filter(|m| options.grammar || m.id != "grammatical").collect();
        let properties = measures.iter().map(|m| m.id).collect();
        Self { measures, properties }
    }

    /// The annotator's name in ratings.
    pub fn name(&self) -> &'static str {
        "text"
    }

    /// What each rating measures and where it errs, in the order of [`Annotator::properties`].
    pub fn annotations(&self) -> Vec<Annotation> {
        self.measures
            .iter()
            .map(|measure| Annotation {
                property: measure.id.to_owned(),
                annotator: self.name().to_owned(),
                definition: measure.definition.to_owned(),
                blind_spots: measure.blind_spots.to_owned(),
                proxy: measure.proxy,
            })
            .collect()
    }

    /// The ids of the rated properties, in the order of the catalogue.
    pub fn properties(&self) -> &[&'static str] {
        &self.properties
    }

    /// Rates one response.
    ///
    /// An empty response has length 0, no information and no markdown elements; its other properties are not rated. Of a text longer than
    /// 256 KiB only the beginning is rated, except for its length. Prose that is too short to detect its language is rated as English.
    pub fn rate(&self, text: &str) -> Ratings {
        self.rate_as(text, None)
    }

    /// Rates one response to a request: what the request says is not new, and its language is assumed if the response is too short to
    /// detect one. `language` is that of the request (ISO 639-1 code or English name), if known.
    pub fn rate_answer(&self, text: &str, request: &str, language: Option<&str>) -> Ratings {
        self.rate_as(text, Some(&Request::new(request, language)))
    }

    /// What in a response its ratings count: for each property whose rating is a sum of passages, these passages in the order of the text;
    /// they may overlap. Length, how complex sentences are and errors in grammar are no such sums, and their properties are left out.
    ///
    /// `request` and `language` are as for [`Annotator::rate_answer`]. Weights, and how many a rating counts at most, are in its definition.
    pub fn evidence(
        &self,
        text: &str,
        request: &str,
        language: Option<&str>,
    ) -> Vec<(&'static str, Vec<Evidence>)> {
        let request = Request::new(request, language);
        let (doc, trace) = Document::traced(text, Some(&request));
        let shown = self.measures.iter().filter(|measure| !measure.signs.is_empty());
        shown.map(|measure| (measure.id, evidence::passages(text, &doc, &trace, measure.signs))).collect()
    }

    fn rate_as(&self, text: &str, request: Option<&Request>) -> Ratings {
        let document = Document::new(text, request);
        Ratings {
            values: self.measures.iter().map(|measure| (measure.rate)(&document)).collect(),
            language: document.language,
        }
    }

    /// The ratings of both responses of a pair, A's and B's for each of [`Annotator::properties`].
    pub fn rate_both(&self, pair: &Pair) -> Vec<(Option<f64>, Option<f64>)> {
        let request = Request::new(&pair.prompt_text(), pair.language.as_deref());
        let a = self.rate_as(&pair.response_a.text(), Some(&request)).values;
        let b = self.rate_as(&pair.response_b.text(), Some(&request)).values;
        a.into_iter().zip(b).collect()
    }

    /// Rates both responses of a pair: one rating for each of [`Annotator::properties`].
    pub fn rate_pair(&self, pair: &Pair) -> Vec<Rating> {
        self.rows(&pair.id, self.rate_both(pair))
    }

    /// Ratings as rows of that pair, from those of [`Annotator::rate_both`].
    pub fn rows(
        &self,
        pair: &str,
        values: impl IntoIterator<Item = (Option<f64>, Option<f64>)>,
    ) -> Vec<Rating> {
        self.properties
            .iter()
            .zip(values)
            .map(|(property, (a, b))| Rating {
                pair: pair.to_owned(),
                property: (*property).to_owned(),
                annotator: self.name().to_owned(),
                a,
                b,
                ..Rating::default()
            })
            .collect()
    }
}

impl Default for Annotator {
    fn default() -> Self {
        Self::new(&TextOptions::default())
    }
}

impl std::fmt::Debug for Annotator {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Annotator").field("properties", &self.properties).finish_non_exhaustive()
    }
}
