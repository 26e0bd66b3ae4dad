//! Which shape must the whole response have?

use super::constraint::{Constraint, Shape};
use super::phrase::any;

/// Words of requests about programs, in which "lower case" and "JSON" are mostly the matter and not a demand.
pub(super) const CODE: [&str; 16] = [
    "function",
    "python",
    "javascript",
    "java",
    "sql",
    "code",
    "regex",
    "column",
    "script",
    "program",
    "parse",
    "parser",
    "api",
    "rust",
    "bash",
    "convert",
];

/// What is there already, in that shape.
const GIVEN: [&str; 4] = ["dataset", "file", "following csv", "following json"];

/// Words that turn a demand round.
const NEGATED: [&str; 6] = ["no", "without", "not", "don't", "avoid", "never"];

/// Where a phrase is a demand.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Where {
    Anywhere,
    /// Not in requests about programs.
    NoCode,
    /// Not in sentences with a negation.
    Affirmed,
    /// Neither of them.
    Plain,
    /// Not where it is of each of several parts.
    Whole,
}

/// Each shape with the phrases that demand it.
const PHRASES: &[(Shape, Where, &[&str])] = &[
    (Shape::JsonArray, Where::NoCode, &["json array", "array of json"]),
    (
        Shape::Json,
        Where::NoCode,
        &[
            "as json",
            "in json",
            "valid json",
            "json object",
            "json format",
            "json only",
            "only json",
            "return json",
        ],
    ),
    (Shape::Csv, Where::NoCode, &["as csv", "in csv", "csv format", "as a csv"]),
    (
        Shape::Table,
        Where::Plain,
        &["markdown table", "as a table", "in a table", "in table form", "table format", "in tabular form"],
    ),
    (
        Shape::Bullets,
        Where::Affirmed,
        &[
            "bulleted list",
            "bullet list",
            "bullet point list",
            "bullet-point list",
            "in bullets",
            "as bullets",
            "as bullet points",
            "in bullet points",
            "use bullet points",
            "using bullet points",
            "with bullet points",
            "and bullet points",
        ],
    ),
    (Shape::Numbers, Where::Plain, &["numbered list", "ordered list"]),
    (
        Shape::OnlyCode,
        Where::Anywhere,
        &[
            "only a code block",
            "only the code",
            "just the code",
            "only code",
            "code only",
            "nothing but code",
        ],
    ),
    (
        Shape::YesOrNo,
        Where::Anywhere,
        &[
            "just yes or no",
            "only yes or no",
            "with yes or no",
            "yes or no only",
            "a simple yes or no",
            "only with yes or no",
        ],
    ),
    (
        Shape::OnlyNumber,
        Where::Anywhere,
        &[
            "only a number",
            "just a number",
            "only the number",
            "just the number",
            "with a number only",
            "number only",
        ],
    ),
    (
        Shape::OneLine,
        Where::Whole,
        &[
            "on one line",
            "in one line",
            "on a single line",
            "in a single line",
            "in einer zeile",
            "en una l\u{ed}nea",
            "sur une ligne",
        ],
    ),
    (
        Shape::Alphabetical,
        Where::Anywhere,
        &[
            "alphabetical order",
            "in alphabetischer reihenfolge",
            "ordre alphab\u{e9}tique",
            "orden alfab\u{e9}tico",
        ],
    ),
    (
        Shape::Commas,
        Where::NoCode,
        &[
            "separated by commas",
            "comma separated",
            "comma-separated",
            "comma-separated list",
            "durch kommas getrennt",
        ],
    ),
    (
        Shape::Lower,
        Where::NoCode,
        &[
            "all lower case",
            "all lowercase",
            "in lower case",
            "in lowercase",
            "lower case only",
            "lowercase only",
            "only lower case",
            "only lowercase",
            "lower case letters only",
            "lowercase letters only",
            "no capital letters",
            "without capital letters",
        ],
    ),
    (
        Shape::Upper,
        Where::Plain,
        &[
            "all caps",
            "all upper case",
            "all uppercase",
            "in upper case",
            "in uppercase",
            "upper case only",
            "uppercase only",
            "only upper case",
            "only uppercase",
            "in capital letters",
            "all capital letters",
            "in capitals",
            "capital letters only",
            "in all capitals",
        ],
    ),
];

/// Shapes that the words of one sentence demand.
pub(super) fn find(words: &[&str], about_code: bool, out: &mut Vec<Constraint>) {
    let code = about_code || any(words, &GIVEN);
    let negated = any(words, &NEGATED);
    let first = out.len();
    for (shape, place, phrases) in PHRASES {
        let excluded = match place {
            Where::Anywhere => false,
            Where::NoCode => code,
            Where::Affirmed => negated,
            Where::Plain => code || negated,
            Where::Whole => words.iter().any(|word| ["each", "every", "per"].contains(word)),
        };
        // A JSON array is JSON.
        let known = *shape == Shape::Json && out[first..].contains(&Constraint::Shape(Shape::JsonArray));
        if !excluded && !known && any(words, phrases) {
            out.push(Constraint::Shape(*shape));
        }
    }
    let sorting = words.iter().take(3).any(|word| ["sort", "order", "list", "arrange"].contains(word));
    if sorting && !code && any(words, &["alphabetically"]) {
        out.push(Constraint::Shape(Shape::Alphabetical));
    }
    let put =
        ["wrap", "wrapped", "put", "enclose", "surround", "response", "answer", "slogan", "title", "invent"];
    let quoted = ["in quotation marks", "in double quotation marks", "in double quotes", "in quotes"];
    if !negated && any(words, &quoted) && any(words, &put) {
        out.push(Constraint::Shape(Shape::Quoted));
    }
}
