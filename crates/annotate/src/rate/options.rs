//! How is a rating asked for, what does a question show, and which properties can be asked for?

use predilect_llm::Request;
use predilect_types::{Applies, CATALOGUE, Property, Rule, Scale, Side};
use serde::{Deserialize, Serialize};

use super::analysis::Analysis;
use crate::judge::Orders;

/// How a rating is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// The expected value over the probabilities of the scale's levels.
    Scored,
    /// A form in JSON.
    Generated,
}

impl Method {
    /// Every method with its name.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Scored, "scored"), (Self::Generated, "generated")];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(method, _)| *method == self).map_or("", |(_, name)| name)
    }
}

/// What a question shows in addition to the responses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// The request stays hidden.
    WithoutRequest,
    /// The request.
    WithRequest,
    /// The request, for properties that are asked only of what it contains.
    Specific,
    /// The request and a reference answer.
    Errors,
}

/// Which responses a question shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Shown {
    /// Both; swapped: B is shown first, under the letter A.
    Both {
        /// Whether B is shown first.
        swapped: bool,
    },
    /// One alone.
    One(Side),
}

impl Shown {
    /// What the prompt calls each response that it shows.
    pub(super) fn letters(self) -> Vec<(Side, &'static str)> {
        match self {
            Self::Both { swapped: false } => vec![(Side::A, "A"), (Side::B, "B")],
            Self::Both { swapped: true } => vec![(Side::B, "A"), (Side::A, "B")],
            Self::One(side) => vec![(side, "")],
        }
    }
}

/// What a question asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A form with all these properties, each with the length of its list; 0: no list.
    Form(Vec<(&'static Property, usize)>),
    /// One level of one property of one response; of properties with a list, of one item.
    Level {
        /// The property.
        property: &'static Property,
        /// Which item of its list.
        item: usize,
        /// Whose.
        side: Side,
    },
    /// A list of each response's errors.
    Errors,
}

/// How a model rates.
#[derive(Debug, Clone, PartialEq)]
pub struct RateOptions {
    /// What is rated, in the order of the catalogue.
    pub properties: Vec<&'static Property>,
    /// How.
    pub method: Method,
    /// Whether each response is rated alone, without sight of the other.
    pub single: bool,
    /// In which order the responses are shown.
    pub orders: Orders,
    /// Seed of the order drawn.
    pub seed: u64,
}

impl Default for RateOptions {
    fn default() -> Self {
        Self {
            properties: rateable().collect(),
            method: Method::Generated,
            single: false,
            orders: Orders::Random,
            seed: 0,
        }
    }
}

impl RateOptions {
    /// Whether any property depends on the contents of the request.
    pub fn needs_analysis(&self) -> bool {
        self.properties.iter().any(|p| step(p) == Step::Specific)
    }

    /// Whether any property is counted against a reference answer.
    pub fn needs_reference(&self) -> bool {
        self.properties.iter().any(|p| step(p) == Step::Errors)
    }
}

/// What is known of a pair before its responses are rated.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Known {
    /// The contents of its request; without it, query-specific properties are not asked for.
    pub analysis: Option<Analysis>,
    /// A reference answer; without it, errors are not counted.
    pub reference: Option<String>,
}

/// One question about a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct Ask {
    /// Which responses it shows.
    pub shown: Shown,
    /// What it shows in addition to the responses.
    pub step: Step,
    /// What it asks for.
    pub kind: Kind,
    /// The request.
    pub request: Request,
}

/// The properties that a language model can be asked for: all of the 29 but length.
pub fn rateable() -> impl Iterator<Item = &'static Property> {
    CATALOGUE.iter().filter(|p| is_rateable(p))
}

/// Whether a language model can be asked for a property.
pub fn is_rateable(property: &Property) -> bool {
    let levels = matches!(property.scale, Scale::Likert | Scale::Stance);
    property.part_of.is_none() && (levels || property.rule == Rule::FewerIsBetter)
}

/// The properties that one form asks for together with this one, itself included, if the request does not rule any out.
pub fn asked_with(property: &Property) -> impl Iterator<Item = &'static Property> {
    let step = step(property);
    let id = property.id;
    rateable().filter(
        move |other| {
            if step == Step::Specific { other.id == id } else { self::step(other) == step }
        },
    )
}

/// What must be shown for a property.
pub(super) fn step(property: &Property) -> Step {
    match (property.rule, property.applies, property.needs_request) {
        (Rule::FewerIsBetter, ..) => Step::Errors,
        (_, Applies::Any, true) => Step::WithRequest,
        (_, Applies::Any, false) => Step::WithoutRequest,
        _ => Step::Specific,
    }
}
