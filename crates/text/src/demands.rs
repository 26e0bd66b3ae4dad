//! Does a response keep to a demand?

use crate::constraints::{Banned, Constraint, Range, Scope, Shape, Unit, plain};
use crate::cut::cut;
use crate::document::Document;
use crate::language::detect_language;
use crate::words;

/// Bytes of a response that are checked.
const CAP: usize = 1 << 16;

/// A near miss is worth at most this, and less the further away it is.
const NEAR: f64 = 0.5;

/// What is checked.
pub(crate) struct Checked<'t> {
    doc: &'t Document<'t>,
    text: &'t str,
    lower: String,
}

impl<'t> Checked<'t> {
    /// A response.
    pub(crate) fn new(doc: &'t Document<'t>) -> Self {
        let text = cut(doc.raw, CAP).trim();
        Self { doc, text, lower: plain(&text.to_lowercase()) }
    }
}

impl Constraint {
    /// How far a response meets it: 1 fully, 0 not at all, between them how near a count comes; `None` if that is unknown.
    pub(crate) fn kept(&self, response: &Checked<'_>) -> Option<f64> {
        let all = |parts: &[&str], kept: &dyn Fn(&str) -> f64| {
            (!parts.is_empty()).then(|| parts.iter().map(|part| kept(part)).sum::<f64>() / parts.len() as f64)
        };
        let in_scope = |scope: Scope, kept: &dyn Fn(&str) -> f64| match scope {
            Scope::Whole => Some(kept(&response.lower)),
            // One part that fails breaks "each".
            Scope::Each(unit) => all(&parts(&response.lower, unit), kept)
                .map(|share| if share < 1.0 { NEAR * share } else { 1.0 }),
        };
        match self {
            Self::Count { unit, range, scope: Scope::Whole } => {
                count(response, *unit).map(|n| range.near(&n))
            }
            Self::Count { unit, range, scope: Scope::Each(each) } => {
                let kept = |part: &str| range.near(&[count_in(part, *unit)]);
                all(&parts(response.text, *each), &kept)
                    .map(|share| if share < 1.0 { NEAR * share } else { 1.0 })
            }
            Self::Shape(shape) => shape.kept(response),
            Self::Without(banned) => Some(f64::from(!banned.occurs(response))),
            Self::With(phrase) => Some(f64::from(holds(&response.lower, phrase))),
            Self::Starts(start, scope) => in_scope(*scope, &|part| {
                f64::from(part.trim_start_matches(MARKS).starts_with(start.as_str()))
            }),
            Self::Ends(end, scope) => in_scope(*scope, &|part| {
                let part = part.trim_end();
                f64::from(
                    part.ends_with(end.as_str()) || part.trim_end_matches(CLOSING).ends_with(end.as_str()),
                )
            }),
            Self::Language(code) => detect_language(response.text).map(|found| f64::from(found == *code)),
        }
    }
}

/// Marks before the first word of a line.
const MARKS: [char; 11] = ['-', '*', '•', '"', ' ', '#', '>', '_', '(', '\'', '+'];
/// Marks behind the last word of a text.
const CLOSING: [char; 8] = ['.', '!', '"', '*', '_', ')', ' ', '\''];

impl Range {
    /// 1 where any of the counts is inside, else how near the nearest comes.
    fn near(self, counts: &[usize]) -> f64 {
        let one = |n: usize| {
            let (limit, off) = if n < self.least {
                (self.least, self.least - n)
            } else if n > self.most {
                (self.most, n - self.most)
            } else {
                return 1.0;
            };
            NEAR * (1.0 - off as f64 / limit.max(1) as f64).max(0.0)
        };
        counts.iter().map(|&n| one(n)).fold(0.0, f64::max)
    }
}

/// How many there are, by every way of counting that people use.
fn count(response: &Checked<'_>, unit: Unit) -> Option<Vec<usize>> {
    let doc = response.doc;
    Some(match unit {
        Unit::Word => vec![words::count(response.text), doc.words.len()],
        Unit::Sentence => {
            let ended = doc.words.sentences.iter().filter(|s| s.last > s.first).count();
            vec![ended]
        }
        Unit::Item => vec![items(response.text)?],
        Unit::Paragraph | Unit::Line | Unit::Character => vec![count_in(response.text, unit)],
    })
}

fn count_in(text: &str, unit: Unit) -> usize {
    match unit {
        Unit::Word => words::count(text),
        Unit::Character => text.trim().chars().count(),
        Unit::Sentence => {
            let doc = Document::new(text, None);
            doc.words.sentences.iter().filter(|s| s.last > s.first).count()
        }
        Unit::Item | Unit::Line => parts(text, Unit::Line).len(),
        Unit::Paragraph => parts(text, Unit::Paragraph).len(),
    }
}

/// Lines, paragraphs, sentences or items.
fn parts(text: &str, unit: Unit) -> Vec<&str> {
    let kept = |parts: &mut dyn Iterator<Item = &'_ str>| -> Vec<(usize, usize)> {
        parts
            .map(str::trim)
            .filter(|part| part.chars().any(char::is_alphanumeric))
            .map(|part| (part.as_ptr() as usize - text.as_ptr() as usize, part.len()))
            .collect()
    };
    let spans = match unit {
        Unit::Paragraph => kept(&mut text.split("\n\n")),
        Unit::Sentence => kept(&mut text.split_inclusive(['.', '!', '?', '\n'])),
        Unit::Item if item_lines(text).len() > 1 => return item_lines(text),
        Unit::Word => kept(&mut text.split_whitespace()),
        _ => kept(&mut text.lines()),
    };
    spans.into_iter().map(|(start, length)| &text[start..start + length]).collect()
}

/// The text of each item of a list on its own level, without its mark.
fn item_lines(text: &str) -> Vec<&str> {
    let found: Vec<(usize, &str)> = text.lines().filter_map(item).collect();
    let level = found.iter().map(|(indent, _)| *indent).min().unwrap_or(0);
    found.into_iter().filter(|(indent, _)| *indent <= level + 1).map(|(_, text)| text).collect()
}

/// The indent and the text of a list item.
fn item(line: &str) -> Option<(usize, &str)> {
    let text = line.trim_start();
    let indent = line.len() - text.len();
    if let Some(rest) = text.strip_prefix(['-', '*', '•', '+', '–']) {
        return rest.starts_with(' ').then(|| (indent, rest.trim()));
    }
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let rest = text.get(digits..)?.strip_prefix(['.', ')', ':'])?;
    ((1..=3).contains(&digits) && rest.starts_with(' ')).then(|| (indent, rest.trim()))
}

/// The items of a list, else the lines if there are several, else the parts between commas on one line; `None` for prose.
fn items(text: &str) -> Option<usize> {
    let listed = item_lines(text).len();
    if listed > 1 {
        return Some(listed);
    }
    let lines = parts(text, Unit::Line);
    let short = |line: &&str| words::count(line) <= 12;
    if lines.len() > 1 {
        return lines.iter().all(short).then_some(lines.len());
    }
    let commas: Vec<&str> = text.split([',', ';']).collect();
    let brief = |part: &&str| words::count(part) <= 4;
    (commas.len() > 1 && commas.iter().all(brief) && !text.contains(". ")).then_some(commas.len())
}

impl Shape {
    fn kept(self, response: &Checked<'_>) -> Option<f64> {
        let structure = &response.doc.structure;
        let text = response.text;
        let kept = match self {
            Self::Json | Self::JsonArray => {
                let parsed = serde_json::from_str::<serde_json::Value>(unfenced(text));
                parsed.is_ok_and(|value| {
                    if self == Self::JsonArray {
                        value.is_array()
                    } else {
                        value.is_array() || value.is_object()
                    }
                })
            }
            Self::Csv => {
                let commas: Vec<usize> =
                    unfenced(text).lines().map(|line| line.matches(',').count()).collect();
                commas.len() > 1 && commas[0] > 0 && commas.iter().all(|n| *n == commas[0])
            }
            Self::Table => structure.tables > 0,
            Self::Bullets => structure.items > structure.ordered_items,
            Self::Numbers => structure.ordered_items > 0,
            Self::OnlyCode => structure.code_blocks == 1 && structure.blocks == 0,
            Self::YesOrNo => {
                let word = response.lower.trim_end_matches(['.', '!']);
                word == "yes" || word == "no"
            }
            Self::OnlyNumber => {
                let digits = text.trim_end_matches('.').trim_start_matches(['-', '+', '$', '€', '£']);
                let digits = digits.trim_end_matches(['%', '€', ' ']);
                !digits.is_empty() && digits.chars().all(|c| c.is_ascii_digit() || ".,/ ".contains(c))
            }
            Self::OneLine => text.lines().filter(|line| !line.trim().is_empty()).count() == 1,
            Self::Quoted => {
                text.chars().count() > 2
                    && text.starts_with(['"', '“', '„', '«', '\''])
                    && text.trim_end_matches('.').ends_with(['"', '”', '“', '»', '\''])
            }
            Self::Alphabetical => return alphabetical(&response.lower),
            Self::Commas => text.contains(',') && text.lines().count() == 1,
            Self::Lower => !text.chars().any(char::is_uppercase),
            Self::Upper => !text.chars().any(char::is_lowercase),
        };
        Some(f64::from(kept))
    }
}

/// The contents of the only code block, or the whole text.
fn unfenced(text: &str) -> &str {
    let inside = || {
        let (_, rest) = text.strip_prefix("```")?.split_once('\n')?;
        rest.strip_suffix("```")
    };
    inside().unwrap_or(text).trim()
}

/// Whether items are in alphabetical order; `None` for fewer than three.
fn alphabetical(lower: &str) -> Option<f64> {
    let listed = item_lines(lower);
    let lines = parts(lower, Unit::Line);
    let items: Vec<&str> = if listed.len() > 2 {
        listed
    } else if lines.len() > 2 {
        lines
    } else {
        let list = lower.rsplit(':').next().unwrap_or(lower);
        list.split([',', ';']).map(str::trim).collect()
    };
    if items.len() < 3 {
        return None;
    }
    let key = |item: &str| item.trim_start_matches(|c: char| !c.is_alphanumeric()).to_owned();
    Some(f64::from(items.windows(2).all(|two| key(two[0]) <= key(two[1]))))
}

impl Banned {
    fn occurs(&self, response: &Checked<'_>) -> bool {
        let structure = &response.doc.structure;
        match self {
            Self::Characters(list) => response.text.contains(|c| list.contains(&c)),
            Self::Letter(letter) => response.lower.contains(*letter),
            Self::Phrase(phrase) => holds(&response.lower, phrase),
            Self::Digits => response.text.contains(|c: char| c.is_ascii_digit()),
            Self::Lists => structure.items > 0,
            Self::Code => structure.code_blocks > 0,
            Self::Emoji => response.doc.surface.emoji > 0,
            Self::Headings => structure.headings > 0,
            Self::Bold => structure.bold > 0,
        }
    }
}

/// Whether a text in lower case contains a word or phrase as such.
fn holds(text: &str, phrase: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(phrase).any(|(at, found)| {
        !letter(text[..at].chars().next_back()) && !letter(text[at + found.len()..].chars().next())
    })
}
