//! What an annotator is asked, in our own words; the definition of each property is in the catalogue.

use std::fmt::Write;

use predilect_llm::{Enforce, Request, Schema, Want};
use predilect_types::{Pair, Property, Side};
use serde_json::{Map, Value, json};

use super::analysis::Analysis;
use super::options::{Kind, Known, Shown, Step};
use super::rubric::Rubric;
use crate::fence::Fence;
use crate::judge::turns;
use crate::question::question;

const ROLE: &str = "You describe texts.";

pub(super) const ERROR_TYPES: [&str; 4] =
    ["factual error", "contradiction of the request", "mathematical error", "code error"];
pub(super) const SEVERITIES: [&str; 3] = ["minor", "moderate", "severe"];

/// What a question is about.
pub(super) struct About<'a> {
    pub(super) pair: &'a Pair,
    /// What was found of the pair before.
    pub(super) known: &'a Known,
    pub(super) step: Step,
    pub(super) shown: Shown,
}

/// The request of one question about a pair.
pub(super) fn request(about: &About<'_>, kind: &Kind, seed: u64) -> Request {
    let (known, shown) = (about.known, about.shown);
    let analysis = known.analysis.clone().unwrap_or_default();
    let mut text = String::new();
    let (want, max_tokens) = match kind {
        Kind::Level { property, item, side } => {
            show(&mut text, about, &analysis, None);
            level(&mut text, &analysis, shown, property, (*item, *side));
            (Want::Next(Rubric::of(property).digits()), 1)
        }
        Kind::Form(properties) => {
            show(&mut text, about, &analysis, None);
            form(&mut text, &analysis, shown, properties)
        }
        Kind::Errors => {
            show(&mut text, about, &analysis, known.reference.as_deref());
            errors(&mut text, shown)
        }
    };
    question(ROLE, text, want, max_tokens, seed)
}

/// What is shown: the request first, where it is shown, because models that read it after the responses hardly relate them to
/// it. What is asked about a pair with the request begins alike, and so does what is asked without.
fn show(text: &mut String, about: &About<'_>, analysis: &Analysis, reference: Option<&str>) {
    let About { pair, step, shown, .. } = *about;
    let asked = pair.prompt_text();
    let responses: Vec<_> = shown
        .letters()
        .into_iter()
        .map(|(side, letter)| {
            let response = if side == Side::A { &pair.response_a } else { &pair.response_b };
            (letter.to_lowercase(), turns(response))
        })
        .collect();
    let mut texts = vec![asked.as_ref()];
    texts.extend(responses.iter().map(|(_, text)| text.as_str()));
    texts.extend(reference);
    // These are outside the tags, but were written from what is inside.
    texts.extend(analysis.words());
    let fence = Fence::around(&texts);
    if step != Step::WithoutRequest {
        fence.add(text, "request", &asked);
    }
    if let Some(reference) = reference {
        fence.add(text, "reference_answer", reference);
    }
    for (letter, response) in &responses {
        let name = if letter.is_empty() { "response".to_owned() } else { format!("response_{letter}") };
        fence.add(text, &name, response);
    }
}

/// The question for the level of a property on a side, or of the `item`-th thing that it is about there.
fn level(
    text: &mut String,
    analysis: &Analysis,
    shown: Shown,
    property: &Property,
    (item, side): (usize, Side),
) {
    let rubric = Rubric::of(property);
    let letter = shown.letters().into_iter().find(|(of, _)| *of == side).map_or("", |(_, letter)| letter);
    let what = match analysis.list(property).get(item) {
        Some(item) => format!("{} In this case: {}", property.description, one_line(item)),
        None => property.description.to_owned(),
    };
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        "A property of texts: {}. {what}\nLevels: {}.\n\nWhich level has {}? Answer with one digit only.",
        property.label.to_lowercase(),
        rubric.words(0),
        if letter.is_empty() { "the response".to_owned() } else { format!("response {letter}") }
    );
}

fn form(
    text: &mut String,
    analysis: &Analysis,
    shown: Shown,
    properties: &[(&'static Property, usize)],
) -> (Want, u32) {
    let (each, one) = match shown {
        Shown::Both { .. } => (
            "does each response",
            "Rate each response by itself; equal ratings are welcome where the responses are equal. ",
        ),
        Shown::One(_) => ("does the response", ""),
    };
    let usual = Rubric { lowest: 0, levels: Rubric::of(&usual()).levels };
    let _ = writeln!(text, "To which degree {each} have these properties? {}.\n", usual.words(0));
    let mut parts = Vec::new();
    let mut fields = Map::new();
    let mut numbers = 0;
    for (property, _) in properties {
        let rubric = Rubric::of(property);
        let levels =
            if rubric == usual { String::new() } else { format!(" ({})", rubric.words(rubric.lowest)) };
        let _ = writeln!(text, "- {}: {}{levels}", property.id, property.description);
        let rating = json!({"type": "integer", "minimum": rubric.lowest, "maximum": rubric.highest()});
        let items = analysis.list(property);
        for (i, item) in items.iter().enumerate() {
            let _ = writeln!(text, "  {}. {}", i + 1, one_line(item));
        }
        let (part, field) = if items.is_empty() {
            ("n".to_owned(), rating)
        } else {
            let all = vec!["n"; items.len()].join(", ");
            let list =
                json!({"type": "array", "items": rating, "minItems": items.len(), "maxItems": items.len()});
            (format!("[{all}]"), list)
        };
        numbers += items.len().max(1);
        // The form names every property: small models copy what they see.
        parts.push(format!("\"{}\": {part}", property.id));
        fields.insert(property.id.to_owned(), field);
    }
    let form = format!("{{{}}}", parts.join(", "));
    let form = match shown {
        Shown::Both { .. } => format!("{{\"A\": {form}, \"B\": {form}}}"),
        Shown::One(_) => form,
    };
    let several = if fields.values().any(|field| field["type"] == "array") {
        "; a list has one number for each item above it, in their order"
    } else {
        ""
    };
    let _ = write!(
        text,
        "\n{one}Answer with one JSON object and nothing else, of this form, with a number for every n{several}: {form}"
    );
    let ids: Vec<&str> = properties.iter().map(|(p, _)| p.id).collect();
    let side =
        json!({"type": "object", "properties": fields, "required": ids, "additionalProperties": false});
    // About eight tokens for each name with its number, and as many again for other tokenizers.
    let most = 32 + 16 * properties.len() + 8 * numbers;
    (Want::Json(sides("ratings", &side, shown)), u32::try_from(most).unwrap_or(u32::MAX))
}

fn errors(text: &mut String, shown: Shown) -> (Want, u32) {
    let one = "{\"applicable\": true, \"errors\": [{\"type\": \"...\", \"error\": \"...\", \"severity\": \"...\"}]}";
    let (what, form) = match shown {
        Shown::Both { .. } => ("each response", format!("{{\"A\": {one}, \"B\": {one}}}")),
        Shown::One(_) => ("the response", one.to_owned()),
    };
    let _ = write!(
        text,
        "Which errors does {what} contain? The reference answer helps to find them; to differ from it is no error by itself, and \
         it may be wrong. First say whether accuracy applies: \"applicable\" is false for texts that are neither right nor wrong, \
         such as a poem or small talk, and the list of errors is then empty. Each error has a type ({}), a few words that say what \
         is wrong, and a severity: severe when the answer is no use because of it, moderate when it misleads, minor when it hardly \
         matters. Answer with one JSON object and nothing else, of this form: {form}",
        ERROR_TYPES.join(", ")
    );
    let error = json!({"type": "object",
        "properties": {"type": {"type": "string", "enum": ERROR_TYPES}, "error": {"type": "string"},
                       "severity": {"type": "string", "enum": SEVERITIES}},
        "required": ["type", "error", "severity"], "additionalProperties": false});
    let side = json!({"type": "object",
        "properties": {"applicable": {"type": "boolean"}, "errors": {"type": "array", "items": error, "maxItems": 20}},
        "required": ["applicable", "errors"], "additionalProperties": false});
    (Want::Json(sides("errors", &side, shown)), 1200)
}

/// A schema for what is said of each response that is shown.
fn sides(name: &str, side: &Value, shown: Shown) -> Schema {
    let schema = match shown {
        Shown::Both { .. } => {
            json!({"type": "object", "properties": {"A": side, "B": side}, "required": ["A", "B"],
                                     "additionalProperties": false})
        }
        Shown::One(_) => side.clone(),
    };
    Schema { name: name.to_owned(), schema, enforce: Enforce::Schema }
}

/// A property with the usual levels.
fn usual() -> Property {
    *predilect_types::property("polite").unwrap_or(&predilect_types::CATALOGUE[0])
}

/// What an annotator has written about a request, on one line: it is placed outside the tags.
fn one_line(item: &str) -> String {
    item.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rate::{Method, RateOptions, asks};
    use predilect_types::{Message, Response};

    fn pair() -> Pair {
        Pair {
            id: "1".to_owned(),
            prompt: vec![Message::user("Say hi in one word.")],
            response_a: Response::new("hi", None),
            response_b: Response::new("hello there", None),
            ..Pair::default()
        }
    }

    fn known() -> Known {
        let constraints = vec!["one\nword".to_owned(), "in English".to_owned()];
        let analysis = Analysis {
            intent_clear: true,
            stances: vec!["hi is best".to_owned()],
            constraints,
            ..Analysis::default()
        };
        Known { analysis: Some(analysis), reference: Some("Hi!".to_owned()) }
    }

    fn text(request: &Request) -> &str {
        &request.messages[1].content
    }

    #[test]
    fn scored_questions_about_a_pair_begin_alike() {
        let options = RateOptions { method: Method::Scored, ..RateOptions::default() };
        let asks = asks(&pair(), &known(), &options);
        let levels: Vec<&str> =
            asks.iter().filter(|ask| ask.step != Step::Errors).map(|ask| text(&ask.request)).collect();
        let mut begins: Vec<_> =
            levels.iter().map(|level| level.split("A property of texts").next().unwrap()).collect();
        begins.dedup();
        assert_eq!(begins.len(), 2, "{begins:?}");
        assert!(begins.iter().all(|begin| begin.contains("hello there")));
        assert_eq!(begins.iter().filter(|begin| begin.contains("one word.")).count(), 1);
        assert!(levels.iter().all(|level| level.contains("Answer with one digit")));
        let hidden = asks.iter().filter(|ask| ask.step == Step::WithoutRequest);
        assert!(hidden.into_iter().all(|ask| !text(&ask.request).contains("one word.")));
        let stance = levels.iter().find(|level| level.contains("hi is best")).unwrap();
        assert!(stance.contains("0 strongly opposed") && stance.contains("4 strongly supported"), "{stance}");
        // What an annotator wrote is on one line.
        assert!(levels.iter().any(|level| level.contains("In this case: one word\n")));
    }

    #[test]
    fn forms_name_what_they_ask_for() {
        let asks = asks(&pair(), &known(), &RateOptions::default());
        let specific = asks.iter().find(|ask| ask.step == Step::Specific).unwrap();
        let said = text(&specific.request);
        assert!(
            said.contains("\"satisfies_constraints\": [n, n]") && said.contains("  2. in English"),
            "{said}"
        );
        assert!(said.contains("(-2 strongly opposed") && said.contains("[n]"), "{said}");
        let Want::Json(schema) = &specific.request.want else { panic!("a form") };
        let list = &schema.schema["properties"]["B"]["properties"]["satisfies_constraints"];
        assert_eq!((list["minItems"].as_u64(), list["items"]["maximum"].as_i64()), (Some(2), Some(3)));
        let errors = asks.iter().find(|ask| ask.step == Step::Errors).unwrap();
        assert!(text(&errors.request).contains("<reference_answer>\nHi!\n"));
        let basic = &asks[0];
        assert!(
            !text(&basic.request).contains("one word.") && text(&basic.request).contains("\"harmless\": n")
        );
    }

    #[test]
    fn a_response_that_stands_alone_shows_nothing_of_the_other() {
        let options = RateOptions { single: true, ..RateOptions::default() };
        for ask in asks(&pair(), &known(), &options) {
            let said = text(&ask.request);
            let (own, other) = match ask.shown {
                Shown::One(Side::A) => (">\nhi\n", "hello there"),
                Shown::One(Side::B) => (">\nhello there\n", ">\nhi\n"),
                Shown::Both { .. } => panic!("both are shown"),
            };
            assert!(said.contains(own) && !said.contains(other), "{said}");
            assert!(!said.contains("response_a") && !said.contains("response A"), "{said}");
        }
    }
}
