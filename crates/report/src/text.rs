//! How does text from the data reach a screen without acting on it?

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The text with control and bidirectional override characters made visible; line breaks and tabs stay.
///
/// C0 controls become their pictures (`␛`), everything else its code point (`⟨U+202E⟩`). Joiners and directional
/// marks stay, because scripts and emoji need them and they turn nothing around.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(acts) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\r' if chars.peek() == Some(&'\n') => {}
            '\r' | '\u{2028}' | '\u{2029}' => out.push('\n'),
            c if !acts(c) => out.push(c),
            '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
            '\u{7f}' => out.push('\u{2421}'),
            _ => out.extend(format!("⟨U+{:04X}⟩", c as u32).chars()),
        }
    }
    Cow::Owned(out)
}

/// [`visible`] text on one line: breaks and tabs become spaces, runs of them one space.
pub(crate) fn line(text: &str) -> String {
    visible(text).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether a character does something to its surroundings instead of standing there.
fn acts(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => c.is_control(),
    }
}

/// Columns that the text takes in a terminal.
pub(crate) fn columns(text: &str) -> usize {
    UnicodeWidthStr::width(text)
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
    fn characters_that_act_are_shown_and_the_rest_stays() {
        assert_eq!(visible("plain\n\tתודה 👩‍👩‍👧"), "plain\n\tתודה 👩‍👩‍👧");
        assert_eq!(visible("\u{1b}[31mred"), "␛[31mred");
        assert_eq!(visible("a\u{202e}b\u{2066}c"), "a⟨U+202E⟩b⟨U+2066⟩c");
        assert_eq!(visible("a\r\nb\rc\u{2028}d"), "a\nb\nc\nd");
        assert_eq!(visible("\u{9b}31m\u{7f}\0"), "⟨U+009B⟩31m␡␀");
        assert_eq!(line("a\n\n b\tc "), "a b c");
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
