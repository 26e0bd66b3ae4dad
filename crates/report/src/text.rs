//! How does text from the data fit into a screen?

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

pub(crate) use predilect_types::shown::{line, visible};

/// Columns that the text takes in a terminal.
pub(crate) fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
}

/// The sentence with no line broken within `95 %` or `7-11`: for pages, where lines break by themselves.
pub(crate) fn unbroken(sentence: &str) -> String {
    let mut out = String::with_capacity(sentence.len() + 8);
    for (at, word) in sentence.split(' ').enumerate() {
        if at > 0 {
            out.push(if word.starts_with('%') { '\u{a0}' } else { ' ' });
        }
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation());
        match bare.split_once('-') {
            // Only a range of numbers: names of models contain hyphens too.
            Some((low, high)) if digits(low) && digits(high) => out.push_str(&word.replace('-', "\u{2011}")),
            _ => out.push_str(word),
        }
    }
    out
}

/// The text cut to at most `width` columns, with an ellipsis where something is missing.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        used += w;
        out.push(c);
    }
    out.push('…');
    out
}

/// The text cut to `width` columns and filled up with spaces on the right.
pub(crate) fn left(text: &str, width: usize) -> String {
    let text = cut(text, width);
    let fill = width.saturating_sub(columns(&text));
    text + &" ".repeat(fill)
}

/// The text filled up with spaces on the left to `width` columns.
pub(crate) fn right(text: &str, width: usize) -> String {
    " ".repeat(width.saturating_sub(columns(text))) + text
}

/// Lines of at most `width` columns, broken at spaces; longer words are broken where they must be.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(8);
    let mut lines = Vec::new();
    let mut current = String::new();
    // Spaces that do not break stay inside their word.
    for word in text.split([' ', '\n', '\t']).filter(|w| !w.is_empty()) {
        let gap = usize::from(!current.is_empty());
        if columns(&current) + gap + columns(word) <= width {
            if gap == 1 {
                current.push(' ');
            }
            current.push_str(word);
            continue;
        }
        if !current.is_empty() {
            lines.push(std::mem::take(&mut current));
        }
        for c in word.chars() {
            if columns(&current) + c.width().unwrap_or(0) > width {
                lines.push(std::mem::take(&mut current));
            }
            current.push(c);
        }
    }
    if !current.is_empty() {
        lines.push(current);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_percentages_stay_on_a_line() {
        assert_eq!(
            unbroken("90 % of gpt-4-1106 (7-11), 2024-05-01: 5 %."),
            "90\u{a0}% of gpt-4-1106 (7\u{2011}11), 2024-05-01: 5\u{a0}%."
        );
    }

    #[test]
    fn text_fits_its_columns() {
        assert_eq!(cut("abcdef", 4), "abc…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(left("ab", 4), "ab  ");
        assert_eq!(right("ab", 4), "  ab");
        assert_eq!(wrap("aa bb cc dd ee", 8), ["aa bb cc", "dd ee"]);
        assert!(wrap(&"x".repeat(10_000), 40).iter().all(|l| columns(l) <= 40));
        assert!(wrap("", 10).is_empty());
    }
}
