//! What can be rated: the catalogue of properties, their scales and how two ratings compare.

use serde::Serialize;

/// The values a rating can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Scale {
    /// 0 not at all, 1 to some extent, 2 quite well, 3 perfectly; fractions where an annotator is finer.
    Likert,
    /// How many there are, 0 or more.
    Count,
    /// -2 strongly opposed, -1 weakly opposed, 0 neutral, 1 weakly supported, 2 strongly supported.
    Stance,
    /// Words, 0 or more.
    Words,
}

/// How the ratings of A and B become a comparison in {-1, 0, 1}; 1 means that A has more of the property.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// sign(A - B).
    Sign,
    /// 1 when A is above 0 and B is 0, -1 in the opposite case, else 0.
    Relevance,
    /// sign(B - A) of two error counts: fewer is better.
    FewerIsBetter,
    /// The longer one, when it is longer by more than a noticeable margin.
    Length,
}

/// Which prompts a property can be rated on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// Every prompt.
    Any,
    /// Prompts whose intent is unclear.
    IntentUnclear,
    /// Prompts that express feelings.
    ExpressFeeling,
    /// Prompts with explicit constraints.
    WithConstraints,
    /// Prompts with subjective stances.
    WithStances,
    /// Prompts with mistakes or biases.
    WithMistakes,
}

/// A measurable trait of a response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Property {
    /// The name in tables, flags and JSON.
    pub id: &'static str,
    /// The position in the weight files published with the paper (0..=28); `None` for a part.
    pub index: Option<u8>,
    /// The name in a table's heading.
    pub label: &'static str,
    /// The name in a plot.
    pub short: &'static str,
    /// What it means, in one sentence.
    pub description: &'static str,
    /// The values of its ratings.
    pub scale: Scale,
    /// How two ratings compare.
    pub rule: Rule,
    /// Which prompts it can be rated on.
    pub applies: Applies,
    /// The property it is a part of: parts are rated and shown, and fitted only on request.
    pub part_of: Option<&'static str>,
    /// Whether it is a relation to the request, so that whoever rates it must see that.
    pub needs_request: bool,
}

/// All properties: the 29 of *Dissecting Human and LLM Preferences* in the order of its weight files, then their parts.
pub static CATALOGUE: &[Property] = &[
    Property {
        id: "harmless",
        index: Some(0),
        label: "Harmless",
        short: "harmless",
        description: "Avoids content that could hurt people, break laws or insult.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "grammatical",
        index: Some(1),
        label: "Grammar and spelling",
        short: "grammatically correct",
        description: "Free of errors in grammar, spelling and punctuation, and of languages mixed without need.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "friendly",
        index: Some(2),
        label: "Friendly",
        short: "friendly",
        description: "Sounds warm and well disposed towards the reader.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "polite",
        index: Some(3),
        label: "Polite",
        short: "polite",
        description: "Keeps good manners: thanks, please, apologies, considerate wording.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "interactive",
        index: Some(4),
        label: "Interactive",
        short: "interactive",
        description: "Draws the reader into a dialogue by questions, invitations or direct address.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "authoritative",
        index: Some(5),
        label: "Authoritative tone",
        short: "authoritative",
        description: "Speaks with the certainty of an expert.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "funny",
        index: Some(6),
        label: "Funny and humorous",
        short: "funny",
        description: "Contains jokes, wit or playful exaggeration.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "rhetorical",
        index: Some(7),
        label: "Rhetorical devices",
        short: "use rhetorical devices",
        description: "Uses figures of speech: metaphor, simile, personification, irony, hyperbole, parallelism.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "complex",
        index: Some(8),
        label: "Complex words and sentences",
        short: "complex word & sentence",
        description: "Uses rare or long words and long, nested sentences.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "supported",
        index: Some(9),
        label: "Supporting materials",
        short: "use supporting materials",
        description: "Backs what it says with explicit evidence: sources, links, quotations, figures, examples.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "well_formatted",
        index: Some(10),
        label: "Well formatted",
        short: "well formatted",
        description: "Is laid out to be read with ease: headings, lists, emphasis, tables, code blocks where they help.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "admit_limits",
        index: Some(11),
        label: "Admits limitations or mistakes",
        short: "admit limits",
        description: "Says openly what it does not know, cannot do or got wrong.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "persuasive",
        index: Some(12),
        label: "Persuasive",
        short: "persuasive",
        description: "Tries to convince the reader of a view or an action.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "step_by_step",
        index: Some(13),
        label: "Step by step",
        short: "step-by-step",
        description: "Leads to its result through ordered, explicit steps.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "informal",
        index: Some(14),
        label: "Informal expressions",
        short: "use informal expressions",
        description: "Uses slang, contractions, interjections, emoji or chatty wording.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "non_repetitive",
        index: Some(15),
        label: "Non-repetitive",
        short: "non-repetitive",
        description: "Does not say the same thing again.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "clear",
        index: Some(16),
        label: "Clear",
        short: "clear",
        description: "Can be understood at first reading.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "relevant",
        index: Some(17),
        label: "Relevant",
        short: "relevant",
        description: "Keeps to what was asked, whether or not what it says is accurate.",
        scale: Scale::Likert,
        rule: Rule::Relevance,
        applies: Applies::Any,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "novel",
        index: Some(18),
        label: "Novel",
        short: "novel",
        description: "Offers something original: an unusual idea, angle or form.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "rich",
        index: Some(19),
        label: "Rich in information",
        short: "contain rich info",
        description: "Holds much information, whether or not it is accurate.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "no_minor_errors",
        index: Some(20),
        label: "No minor errors",
        short: "no minor errors",
        description: "Has no inaccuracies of little consequence.",
        scale: Scale::Count,
        rule: Rule::FewerIsBetter,
        applies: Applies::Any,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "no_moderate_errors",
        index: Some(21),
        label: "No moderate errors",
        short: "no moderate errors",
        description: "Has no inaccuracies that weaken the answer.",
        scale: Scale::Count,
        rule: Rule::FewerIsBetter,
        applies: Applies::Any,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "no_severe_errors",
        index: Some(22),
        label: "No severe errors",
        short: "no severe errors",
        description: "Has no inaccuracies that make the answer wrong or misleading.",
        scale: Scale::Count,
        rule: Rule::FewerIsBetter,
        applies: Applies::Any,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "clarify_intent",
        index: Some(23),
        label: "Clarifies the intent",
        short: "clarify intent",
        description: "Asks or says how it understood a request whose intent is unclear.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::IntentUnclear,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "empathetic",
        index: Some(24),
        label: "Shows empathy",
        short: "show empathetic",
        description: "Responds to feelings the user expressed.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::ExpressFeeling,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "satisfies_constraints",
        index: Some(25),
        label: "Satisfies constraints",
        short: "satisfy constraints",
        description: "Keeps the constraints that the request states explicitly.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::WithConstraints,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "supports_stances",
        index: Some(26),
        label: "Supports stances",
        short: "support stances",
        description: "Sides with the subjective stances that the request states.",
        scale: Scale::Stance,
        rule: Rule::Sign,
        applies: Applies::WithStances,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "corrects_mistakes",
        index: Some(27),
        label: "Corrects mistakes",
        short: "correct mistakes",
        description: "Points out and corrects the mistakes or biases in the request.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::WithMistakes,
        part_of: None,
        needs_request: true,
    },
    Property {
        id: "length",
        index: Some(28),
        label: "Length",
        short: "lengthy",
        description: "Is longer, counted in words.",
        scale: Scale::Words,
        rule: Rule::Length,
        applies: Applies::Any,
        part_of: None,
        needs_request: false,
    },
    Property {
        id: "headings",
        index: None,
        label: "Headings",
        short: "headings",
        description: "Markdown headings.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("well_formatted"),
        needs_request: false,
    },
    Property {
        id: "lists",
        index: None,
        label: "List items",
        short: "lists",
        description: "Items of bulleted and numbered lists.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("well_formatted"),
        needs_request: false,
    },
    Property {
        id: "bold",
        index: None,
        label: "Bold",
        short: "bold",
        description: "Spans set in bold.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("well_formatted"),
        needs_request: false,
    },
    Property {
        id: "tables",
        index: None,
        label: "Tables",
        short: "tables",
        description: "Markdown tables.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("well_formatted"),
        needs_request: false,
    },
    Property {
        id: "code_blocks",
        index: None,
        label: "Code blocks",
        short: "code blocks",
        description: "Fenced or indented code blocks.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("well_formatted"),
        needs_request: false,
    },
    Property {
        id: "links",
        index: None,
        label: "Links",
        short: "links",
        description: "Hyperlinks.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("supported"),
        needs_request: false,
    },
    Property {
        id: "paragraphs",
        index: None,
        label: "Paragraphs",
        short: "paragraphs",
        description: "Paragraphs, headings, list items and table cells.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("well_formatted"),
        needs_request: false,
    },
    Property {
        id: "new_words",
        index: None,
        label: "New words",
        short: "new words",
        description: "Different words that the request does not have.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("rich"),
        needs_request: false,
    },
    Property {
        id: "distinct_words",
        index: None,
        label: "Different words",
        short: "different words",
        description: "Different words.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("rich"),
        needs_request: false,
    },
    Property {
        id: "bits_given_prompt",
        index: None,
        label: "Bits given the prompt",
        short: "bits given the prompt",
        description: "Size in bits, compressed with the request at hand.",
        scale: Scale::Count,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("rich"),
        needs_request: false,
    },
    Property {
        id: "courtesies",
        index: None,
        label: "Courtesies",
        short: "courtesies",
        description: "Formulas of good manners: please, thanks, apologies.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("polite"),
        needs_request: false,
    },
    Property {
        id: "warm_words",
        index: None,
        label: "Warm words",
        short: "warm words",
        description: "Greetings, praise, good wishes, exclamation marks, emoji.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("friendly"),
        needs_request: false,
    },
    Property {
        id: "request_words",
        index: None,
        label: "Words of the request",
        short: "words of the request",
        description: "Words of the request that the response takes up.",
        scale: Scale::Likert,
        rule: Rule::Sign,
        applies: Applies::Any,
        part_of: Some("relevant"),
        needs_request: true,
    },
];

/// The 29 properties, without their parts.
pub fn core_properties() -> impl Iterator<Item = &'static Property> {
    CATALOGUE.iter().filter(|p| p.part_of.is_none())
}

/// Whether a property is in a fit where none are named: the 29, and the parts that add to them on unseen verdicts
/// (`benchmarks/RESULTS.md`).
pub fn in_every_fit(property: &Property) -> bool {
    property.part_of.is_none() || ["paragraphs", "request_words"].contains(&property.id)
}

/// The parts of one property.
pub fn parts_of(id: &str) -> impl Iterator<Item = &'static Property> {
    CATALOGUE.iter().filter(move |p| p.part_of == Some(id))
}

/// The property of that id.
pub fn property(id: &str) -> Option<&'static Property> {
    CATALOGUE.iter().find(|p| p.id == id)
}

impl Rule {
    /// Compares two ratings: 1 when A has more of the property, -1 when B has, 0 when neither.
    ///
    /// Equal or incomparable (NaN) ratings give 0.
    ///
    /// Length, from word counts s <= l: the longer one wins when s >= 12 and (s <= 0.7 l and l - s >= 10, or
    /// s <= 0.8 l and l - s >= 20, or s <= 0.9 l and l - s >= 40); for s = 0..=11 when l reaches
    /// 1, 3, 5, 7, 8, 10, 11, 13, 14, 16, 17, 19 (Li et al. 2024, research code).
    pub fn compare(self, a: f64, b: f64) -> i8 {
        match self {
            Self::Sign => sign(a - b),
            Self::FewerIsBetter => sign(b - a),
            Self::Relevance => i8::from(a > 0.0 && b == 0.0) - i8::from(b > 0.0 && a == 0.0),
            Self::Length => {
                if longer(a.min(b), a.max(b)) {
                    sign(a - b)
                } else {
                    0
                }
            }
        }
    }
}

fn sign(x: f64) -> i8 {
    i8::from(x > 0.0) - i8::from(x < 0.0)
}

/// Whether l words are noticeably more than s words.
fn longer(s: f64, l: f64) -> bool {
    const REACH: [f64; 12] = [1.0, 3.0, 5.0, 7.0, 8.0, 10.0, 11.0, 13.0, 14.0, 16.0, 17.0, 19.0];
    if s < 12.0 {
        return REACH.get(s.max(0.0) as usize).is_some_and(|&reach| l >= reach);
    }
    let more = l - s;
    (s <= 0.7 * l && more >= 10.0) || (s <= 0.8 * l && more >= 20.0) || (s <= 0.9 * l && more >= 40.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_holds_the_29_in_the_order_of_the_weight_files() {
        let indices: Vec<u8> = CATALOGUE.iter().filter_map(|p| p.index).collect();
        assert_eq!(indices, (0..29).collect::<Vec<u8>>());
        assert_eq!(core_properties().count(), 29);
        let mut ids: Vec<_> = CATALOGUE.iter().map(|p| p.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), CATALOGUE.len());
        assert!(CATALOGUE.iter().filter_map(|p| p.part_of).all(|whole| property(whole).is_some()));
    }

    #[test]
    fn length_needs_a_noticeable_margin() {
        let longer = |s, l| Rule::Length.compare(l, s);
        // Short ones, by the table.
        for (s, reach) in [(0, 1), (1, 3), (2, 5), (3, 7), (4, 8), (5, 10), (11, 19)] {
            assert_eq!(longer(f64::from(s), f64::from(reach)), 1, "{s} {reach}");
            assert_eq!(longer(f64::from(s), f64::from(reach - 1)), 0, "{s} {reach}");
        }
        // 0.7 x 40 = 28, difference 12; 0.8 x 100 = 80, difference 20; 0.9 x 400 = 360, difference 40.
        assert_eq!(longer(28.0, 40.0), 1);
        assert_eq!(longer(29.0, 40.0), 0);
        assert_eq!(longer(80.0, 100.0), 1);
        assert_eq!(longer(81.0, 100.0), 0);
        assert_eq!(longer(360.0, 400.0), 1);
        assert_eq!(longer(361.0, 400.0), 0);
        assert_eq!(Rule::Length.compare(28.0, 40.0), -1);
    }

    #[test]
    fn relevance_and_error_counts_have_rules_of_their_own() {
        assert_eq!(Rule::Relevance.compare(1.0, 0.0), 1);
        assert_eq!(Rule::Relevance.compare(3.0, 1.0), 0);
        assert_eq!(Rule::Relevance.compare(0.0, 0.0), 0);
        assert_eq!(Rule::FewerIsBetter.compare(0.0, 2.0), 1);
        assert_eq!(Rule::Sign.compare(f64::NAN, 1.0), 0);
    }
}
