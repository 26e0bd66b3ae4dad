//! A text as its parts: prose, lists, code.

/// One part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Part {
    /// Lines of prose, one paragraph.
    Prose(String),
    /// A heading without its marks.
    Heading(String),
    /// Items of a list, without their marks.
    List(Vec<String>),
    /// A block of code or a table, unchanged.
    Other(String),
}

/// The parts of a text, in their order.
pub(super) fn parts(text: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = text.lines().peekable();
    let mut prose: Vec<&str> = Vec::new();
    let mut items: Vec<String> = Vec::new();
    while let Some(line) = lines.next() {
        let trimmed = line.trim();
        let fence = ["```", "~~~"].into_iter().find(|fence| trimmed.starts_with(fence));
        let special = fence.is_some()
            || trimmed.starts_with('|')
            || trimmed.is_empty()
            || heading(trimmed).is_some()
            || item(line).is_some();
        if special {
            flush(&mut prose, &mut parts);
        }
        if item(line).is_none() && !(trimmed.is_empty() || (line.starts_with("  ") && !items.is_empty())) {
            end_list(&mut items, &mut parts);
        }
        if let Some(fence) = fence {
            end_list(&mut items, &mut parts);
            let mut block = vec![line];
            for inside in lines.by_ref() {
                block.push(inside);
                if inside.trim().starts_with(fence) {
                    break;
                }
            }
            parts.push(Part::Other(block.join("\n")));
        } else if trimmed.starts_with('|') {
            let mut table = vec![line];
            while let Some(next) = lines.next_if(|next| next.trim().starts_with('|')) {
                table.push(next);
            }
            parts.push(Part::Other(table.join("\n")));
        } else if let Some(heading) = heading(trimmed) {
            parts.push(Part::Heading(heading.to_owned()));
        } else if let Some(item) = item(line) {
            items.push(item.to_owned());
        } else if !trimmed.is_empty() {
            match items.last_mut() {
                Some(item) => {
                    item.push(' ');
                    item.push_str(trimmed);
                }
                None => prose.push(line),
            }
        }
    }
    flush(&mut prose, &mut parts);
    end_list(&mut items, &mut parts);
    parts
}

fn flush(prose: &mut Vec<&str>, parts: &mut Vec<Part>) {
    if !prose.is_empty() {
        parts.push(Part::Prose(prose.join("\n")));
        prose.clear();
    }
}

fn end_list(items: &mut Vec<String>, parts: &mut Vec<Part>) {
    if !items.is_empty() {
        parts.push(Part::List(std::mem::take(items)));
    }
}

/// The words of a heading.
fn heading(line: &str) -> Option<&str> {
    let words = line.trim_start_matches('#');
    let marks = line.len() - words.len();
    ((1..=6).contains(&marks) && words.starts_with(' ')).then(|| words.trim())
}

/// The words of an item of a list.
fn item(line: &str) -> Option<&str> {
    let line = line.trim_start();
    for mark in ["- ", "* ", "+ ", "• "] {
        if let Some(words) = line.strip_prefix(mark) {
            return Some(words.trim()).filter(|words| !words.is_empty());
        }
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let rest = line.get(digits..).filter(|_| (1..=3).contains(&digits))?;
    let words = rest.strip_prefix(". ").or_else(|| rest.strip_prefix(") "))?;
    Some(words.trim()).filter(|words| !words.is_empty())
}

/// The parts as one text; lists by the marks that `mark` gives each item.
pub(super) fn joined(parts: &[Part]) -> String {
    let texts: Vec<String> = parts
        .iter()
        .map(|part| match part {
            Part::Prose(text) | Part::Other(text) => text.clone(),
            Part::Heading(text) => format!("## {text}"),
            Part::List(items) => items.iter().map(|item| format!("- {item}")).collect::<Vec<_>>().join("\n"),
        })
        .collect();
    texts.join("\n\n")
}

/// The sentences of a paragraph: cut behind `.`, `!` or `?` where a space and a capital or a digit follow.
pub(super) fn sentences(paragraph: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut from = 0;
    for (at, c) in paragraph.char_indices() {
        if !matches!(c, '.' | '!' | '?') {
            continue;
        }
        let end = at + c.len_utf8();
        let rest = &paragraph[end..];
        let next = rest.trim_start();
        let parted = rest.starts_with(char::is_whitespace);
        // `e.g. Paris`, `1. Boil`, `J. Smith`: not the end of a sentence.
        let word = paragraph[from..at].rsplit(char::is_whitespace).next().unwrap_or_default();
        let abbreviation = c == '.'
            && (word.chars().count() < 2
                || word.contains('.')
                || ["Mr", "Mrs", "Dr", "vs", "etc"].contains(&word));
        if next.is_empty()
            || (parted && !abbreviation && next.starts_with(|c: char| c.is_uppercase() || c.is_ascii_digit()))
        {
            let sentence = paragraph[from..end].trim();
            if !sentence.is_empty() {
                found.push(sentence);
            }
            from = end;
        }
    }
    let rest = paragraph[from..].trim();
    if !rest.is_empty() {
        found.push(rest);
    }
    found
}

/// A text with every paragraph of prose and every item of a list put through `change`.
pub(super) fn reworded(text: &str, mut change: impl FnMut(&str) -> String) -> String {
    let mut out = Vec::new();
    let mut within: Option<&str> = None;
    for line in text.lines() {
        let trimmed = line.trim();
        let fence = ["```", "~~~"].into_iter().find(|fence| trimmed.starts_with(fence));
        match (within, fence) {
            (None, Some(fence)) => within = Some(fence),
            (Some(open), Some(fence)) if open == fence => within = None,
            (None, None) if !trimmed.is_empty() && !trimmed.starts_with('|') => {
                out.push(change(line));
                continue;
            }
            _ => {}
        }
        out.push(line.to_owned());
    }
    out.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_told_apart() {
        let text = "# Tea\nBoil water.\nWait.\n\n- one\n  more of it\n- two\n1. three\n\n```\n- no item\n```\n| a |\n| b |\nEnd.";
        let found = parts(text);
        assert_eq!(
            found,
            [
                Part::Heading("Tea".to_owned()),
                Part::Prose("Boil water.\nWait.".to_owned()),
                Part::List(vec!["one more of it".to_owned(), "two".to_owned(), "three".to_owned()]),
                Part::Other("```\n- no item\n```".to_owned()),
                Part::Other("| a |\n| b |".to_owned()),
                Part::Prose("End.".to_owned()),
            ]
        );
        assert!(joined(&found).contains("## Tea\n\nBoil water."));
    }

    #[test]
    fn sentences_end_where_another_begins() {
        assert_eq!(
            sentences("Dr. Who came. Was it e.g. Paris? It cost 3.5 euros! yes. Mr. J. Smith said so"),
            ["Dr. Who came.", "Was it e.g. Paris?", "It cost 3.5 euros! yes.", "Mr. J. Smith said so"]
        );
        assert_eq!(sentences(" . "), ["."]);
    }
}
