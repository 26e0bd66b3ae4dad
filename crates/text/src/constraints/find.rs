//! Which demands does a request state?
//!
//! Of a long request only the beginning and the end are read: the rest is mostly material. Text in code blocks is not read, and text
//! between quotation marks only if a demand is about those words.

use super::constraint::{Banned, Constraint, Range, Scope, Shape, Unit};
use super::counts;
use super::phrase::{any, has, plain};
use super::shapes::{self, CODE};
use super::words::{language, unit};
use crate::cut::cut;

/// Bytes up to which a request is read as a whole: longer ones are mostly material, or lists of tasks of which a demand may be about one.
const SHORT: usize = 1100;
/// Bytes at the beginning of a longer request that are read.
const HEAD: usize = 300;
/// Bytes at its end.
const TAIL: usize = 200;

/// Represents quotation `n` among the words of a request.
const QUOTE: char = '\u{1}';

/// All demands that are found, in their order, each once.
pub(crate) fn find(request: &str) -> Vec<Constraint> {
    let mut out = Vec::new();
    let text = read(request);
    let mut quotes = Vec::new();
    let about_code =
        text.split_whitespace().any(|word| CODE.contains(&word.trim_matches(|c: char| !c.is_alphanumeric())));
    for sentence in sentences(&text, &mut quotes) {
        let words: Vec<&str> = sentence.iter().map(String::as_str).collect();
        // "Why do people use the phrase ..?" is not a demand; "What is it, in one sentence?" does.
        let question = words.last() == Some(&"?");
        let words = words.strip_suffix(&["?"]).unwrap_or(&words);
        if tells(words) {
            continue;
        }
        let from = out.len();
        counts::find(words, &mut out);
        if question && words.first().is_some_and(|word| ASKS.contains(word)) {
            // Of a question only the end is a demand.
            if !(words.contains(&"in") && words.last().is_some_and(|word| unit(word).is_some())) {
                out.truncate(from);
            }
            continue;
        }
        shapes::find(words, about_code, &mut out);
        banned(words, &quotes, &mut out);
        wanted(words, &quotes, &mut out);
        languages(words, &mut out);
    }
    let mut seen: Vec<Constraint> = Vec::new();
    // "in one line" is a number of lines and a shape: one demand.
    let one = Constraint::Count { unit: Unit::Line, range: Range { least: 1, most: 1 }, scope: Scope::Whole };
    let counted = out.contains(&one);
    for constraint in out {
        if !(seen.contains(&constraint) || counted && constraint == Constraint::Shape(Shape::OneLine)) {
            seen.push(constraint);
        }
    }
    seen
}

/// Words with which a question begins that asks for an answer, not for a deed.
const ASKS: [&str; 15] = [
    "why", "what", "how", "who", "when", "where", "which", "is", "are", "do", "does", "did", "was", "were",
    "instead",
];

/// Whether a sentence states something rather than asks for it: "I have a file with 20 words".
fn tells(words: &[&str]) -> bool {
    let first = words.first().copied().unwrap_or_default();
    ["i", "my", "we", "our", "he", "she", "they", "there", "his", "her", "their"].contains(&first)
        && !words.iter().take(4).any(|word| ["want", "need", "would", "like", "expect", "i'd"].contains(word))
}

/// The parts of a request that are read, in lower case, without code blocks.
fn read(request: &str) -> String {
    let trimmed = request.trim();
    let kept = if trimmed.len() > SHORT {
        let end = trimmed.ceil_char_boundary(trimmed.len() - TAIL);
        format!("{}\n{}", cut(trimmed, HEAD), &trimmed[end..])
    } else {
        trimmed.to_owned()
    };
    let prose: Vec<&str> = kept.split("```").step_by(2).collect();
    doubled(&plain(&prose.join("\n").to_lowercase()))
}

/// Single quotation marks around a few words as double ones; apostrophes stay.
fn doubled(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let behind = &rest[c.len_utf8()..];
        if c == '\'' && !before.is_alphanumeric() && behind.starts_with(char::is_alphanumeric) {
            let end = behind
                .char_indices()
                .take(60)
                .find(|(at, c)| *c == '\'' && !behind[at + 1..].starts_with(char::is_alphanumeric));
            if let Some((end, _)) = end {
                out.push('"');
                out.push_str(&behind[..end]);
                out.push('"');
                rest = &behind[end + 1..];
                before = '"';
                continue;
            }
        }
        out.push(c);
        before = c;
        rest = behind;
    }
    out
}

/// Words by sentence; quotations become one word each, `QUOTE` with its number behind it.
fn sentences(text: &str, quotes: &mut Vec<String>) -> Vec<Vec<String>> {
    let mut out: Vec<Vec<String>> = vec![Vec::new()];
    let mut rest = text;
    while !rest.is_empty() {
        let (before, after) = match rest.split_once('"') {
            // Quotation marks that close on the same line, soon.
            Some((before, after)) => match after.split_once('"') {
                Some((inside, after)) if inside.len() <= 80 && !inside.contains('\n') => {
                    plain_words(before, &mut out);
                    if let Some(last) = out.last_mut() {
                        last.push(format!("{QUOTE}{}", quotes.len()));
                    }
                    quotes.push(inside.trim().to_owned());
                    rest = after;
                    continue;
                }
                _ => (before, after),
            },
            None => (rest, ""),
        };
        plain_words(before, &mut out);
        rest = after;
    }
    out
}

fn plain_words(text: &str, out: &mut Vec<Vec<String>>) {
    for line in text.split_inclusive('\n') {
        for chunk in line.split_whitespace() {
            let start = chunk.trim_start_matches(['(', '[', '*', '_', '¿', '¡', '-', '–']);
            let word = start.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '+');
            if let Some(last) = out.last_mut()
                && !word.is_empty()
            {
                last.push(word.to_owned());
            }
            let tail = &start[word.len()..];
            if tail.contains(['.', '!', '?', ';']) {
                if let Some(last) = out.last_mut().filter(|_| tail.contains('?')) {
                    last.push("?".to_owned());
                }
                out.push(Vec::new());
            } else if let Some(mark) = tail.chars().find(|c| [',', ':'].contains(c))
                && let Some(last) = out.last_mut()
            {
                last.push(mark.to_string());
            }
        }
        if line.ends_with('\n') {
            out.push(Vec::new());
        }
    }
}

/// Words that forbid what follows.
fn forbids(words: &[&str], at: usize) -> bool {
    const NEGATIONS: [&str; 14] = [
        "no", "without", "not", "don't", "avoid", "avoiding", "never", "neither", "nor", "ohne", "sin",
        "sans", "keine", "senza",
    ];
    // "no more than five", "don't forget to", "not only".
    const TURNED: [&str; 10] =
        ["more", "less", "fewer", "longer", "only", "forget", "hesitate", "just", "afraid", "matter"];
    let near = &words[at.saturating_sub(6)..at];
    let near =
        near.iter().rposition(|word| [",", ":"].contains(word)).map_or(near, |comma| &near[comma + 1..]);
    near.iter().enumerate().any(|(at, word)| {
        let turned = near[at + 1..].iter().take(2).any(|next| TURNED.contains(next));
        NEGATIONS.contains(word) && !turned
    })
}

fn banned(words: &[&str], quotes: &[String], out: &mut Vec<Constraint>) {
    for (at, word) in words.iter().enumerate().filter(|(at, _)| forbids(words, *at)) {
        let next = words.get(at + 1).copied().unwrap_or_default();
        let before = at.checked_sub(1).map_or("", |at| words[at]);
        let characters = |list: &[char]| Some(Banned::Characters(list.to_vec()));
        let found = match *word {
            "comma" | "commas" | "kommas" | "comas" | "virgules" => characters(&[',']),
            "exclamation" if next.starts_with("mark") || next.starts_with("point") => characters(&['!']),
            "ausrufezeichen" => characters(&['!']),
            "exclamación" => characters(&['!', '¡']),
            "question" if next.starts_with("mark") => characters(&['?']),
            "semicolons" | "semicolon" => characters(&[';']),
            "colons" => characters(&[':']),
            "hyphens" | "dashes" => characters(&['-', '–', '—']),
            "parentheses" | "brackets" => characters(&['(', ')']),
            "quotation" if next.starts_with("mark") => characters(&['"', '“', '”']),
            "digits" | "numerals" | "ziffern" => Some(Banned::Digits),
            "emojis" | "emoji" => Some(Banned::Emoji),
            "bold" => Some(Banned::Bold),
            "headings" | "headers" | "headlines" => Some(Banned::Headings),
            "bullets" | "lists" | "numbering" => Some(Banned::Lists),
            "list" if ["a", "any", "no", "numbered", "bulleted", "bullet"].contains(&before) => {
                Some(Banned::Lists)
            }
            "bullet" if next.starts_with("point") => Some(Banned::Lists),
            "code" if next.starts_with("block") => Some(Banned::Code),
            "letter" | "letters" => letter(words.get(at + 1).copied(), quotes),
            _ => None,
        };
        out.extend(found.map(Constraint::Without));
    }
    // "do not use the words "beach", "sun" or "sea"".
    let mut forbidden = false;
    for (at, word) in words.iter().enumerate() {
        if let Some(phrase) = quotation(word, quotes) {
            let before = at.checked_sub(1).map_or("", |at| words[at]);
            let chained = [",", "or", "and", "nor"].contains(&before);
            let about = [
                "word",
                "words",
                "phrase",
                "phrases",
                "term",
                "terms",
                "use",
                "using",
                "say",
                "mention",
                "mentioning",
                "saying",
            ];
            let begins = words[at.saturating_sub(6)..at]
                .iter()
                .any(|word| ["start", "begin", "open", "end"].contains(word));
            forbidden =
                if chained { forbidden } else { forbids(words, at) && about.contains(&before) && !begins };
            if forbidden && !phrase.is_empty() {
                out.push(Constraint::Without(Banned::Phrase(phrase.to_owned())));
            }
        }
    }
}

fn letter(word: Option<&str>, quotes: &[String]) -> Option<Banned> {
    let word = word?;
    let text = quotation(word, quotes).unwrap_or(word).trim_matches('\'');
    let mut letters = text.chars();
    let only = letters.next().filter(|c| c.is_alphabetic())?;
    letters.next().is_none().then_some(Banned::Letter(only))
}

fn quotation<'q>(word: &str, quotes: &'q [String]) -> Option<&'q str> {
    let at: usize = word.strip_prefix(QUOTE)?.parse().ok()?;
    quotes.get(at).map(|quote| quote.trim_end_matches([',', '.']))
}

/// What must occur, and how the response begins and ends.
fn wanted(words: &[&str], quotes: &[String], out: &mut Vec<Constraint>) {
    let mut chain = false;
    for (at, word) in words.iter().enumerate() {
        let Some(phrase) = quotation(word, quotes) else { continue };
        let before = |n: usize| at.checked_sub(n).map_or("", |at| words[at]);
        let mut verb = 1;
        while [
            "the", "word", "words", "phrase", "phrases", "term", "terms", "keyword", "keywords", "sentence",
            "exact", ":", "with", "by", "both", "response", "answer", "reply", "your", "text", "story", "it",
        ]
        .contains(&before(verb))
        {
            verb += 1;
        }
        let with = (1..verb).any(|n| before(n) == "with");
        let named = (1..verb).any(|n| {
            ["word", "words", "phrase", "phrases", "term", "terms", "keyword", "keywords"]
                .contains(&before(n))
        });
        let forbidden = forbids(words, at.saturating_sub(verb).max(1)) || forbids(words, at);
        let verb = before(verb);
        let chained = chain && [",", "and"].contains(&before(1));
        chain = false;
        if phrase.is_empty() || forbidden {
            continue;
        }
        let scope = scope(words);
        match verb {
            "start" | "starts" | "begin" | "begins" | "starting" | "beginning" | "open" | "opens" if with => {
                out.push(Constraint::Starts(phrase.to_owned(), scope));
            }
            "end" | "ends" | "finish" | "finishes" | "ending" | "close" | "conclude" if with => {
                out.push(Constraint::Ends(phrase.to_owned(), scope));
            }
            "contain" | "contains" | "containing" | "include" | "includes" | "including" | "mention"
            | "mentions" | "use" | "using" | "uses" | "contained" | "which" | "incorporate"
                if (named || !["use", "using", "uses", "which"].contains(&verb)) && scope == Scope::Whole =>
            {
                out.push(Constraint::With(phrase.to_owned()));
                chain = true;
            }
            _ if chained => {
                out.push(Constraint::With(phrase.to_owned()));
                chain = true;
            }
            _ => {}
        }
    }
    questions(words, out);
}

/// Of what it is wanted: of each sentence, line or paragraph, or of the whole.
fn scope(words: &[&str]) -> Scope {
    let sentences = any(
        words,
        &[
            "sentences that",
            "sentences which",
            "sentences beginning",
            "sentences starting",
            "sentences ending",
        ],
    );
    if sentences || any(words, &["each sentence", "every sentence"]) {
        Scope::Each(Unit::Sentence)
    } else if any(words, &["each line", "every line", "each of the three lines", "all lines"]) {
        Scope::Each(Unit::Line)
    } else if any(words, &["each paragraph", "every paragraph"]) {
        Scope::Each(Unit::Paragraph)
    } else {
        Scope::Whole
    }
}

/// "every sentence is a question", "each line ends with a question mark", "the last one must be a question".
fn questions(words: &[&str], out: &mut Vec<Constraint>) {
    let mark = any(words, &["with a question mark", "with a question"])
        && any(words, &["end", "ends", "ending", "finish", "close"]);
    let is_question = any(words, &["is a question", "be a question"]);
    if !mark && !is_question {
        return;
    }
    let scope = if any(words, &["each line", "every line"]) {
        Scope::Each(Unit::Line)
    } else if any(words, &["every sentence", "each sentence"]) {
        Scope::Each(Unit::Sentence)
    } else if mark || any(words, &["last one", "last sentence"]) {
        Scope::Whole
    } else {
        return;
    };
    out.push(Constraint::Ends("?".to_owned(), scope));
}

fn languages(words: &[&str], out: &mut Vec<Constraint>) {
    const ANSWER: [&str; 18] = [
        "answer",
        "reply",
        "respond",
        "write",
        "explain",
        "response",
        "translate",
        "translation",
        "summarise",
        "summarize",
        "only",
        "describe",
        "responde",
        "speak",
        "letter",
        "email",
        "e-mail",
        "text",
    ];
    for (at, word) in words.iter().enumerate() {
        let Some(code) = language(word) else { continue };
        let before = at.checked_sub(1).map_or("", |at| words[at]);
        if !["in", "into", "to", "en"].contains(&before) || (before == "to" && !has(words, "translate")) {
            continue;
        }
        let asked = words[at.saturating_sub(14)..at].iter().any(|word| ANSWER.contains(word));
        let behind = words.get(at + 1).copied().unwrap_or(",");
        let ends = [
            ",", ":", "only", "and", "please", "in", "using", "with", "for", "to", "as", "at", "without",
            "language", "con", "but", "about",
        ]
        .contains(&behind);
        if asked && ends {
            out.push(Constraint::Language(code));
        }
    }
}
