//! How text from outside is shown without acting on what shows it: a terminal, a page, a log.

use std::borrow::Cow;

/// The text with control characters and all that act on the direction of text made visible; line breaks and tabs stay.
///
/// C0 controls become their pictures (`␛`), everything else its code point (`⟨U+202E⟩`): a directional mark, too, moves what is beside it.
/// Joiners stay, because scripts and emoji need them.
#[must_use]
pub fn visible(text: &str) -> Cow<'_, str> {
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
            c => show(c, &mut out),
        }
    }
    Cow::Owned(out)
}

/// The same for a text with our own colours: their escape codes (`ESC [ ... m`) stay, everything else is made visible.
#[must_use]
pub fn coloured(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('\u{1b}') {
        out.push_str(&visible(&rest[..at]));
        rest = &rest[at..];
        let code = rest.strip_prefix("\u{1b}[").and_then(|code| {
            let end = code.find(|c: char| !(c.is_ascii_digit() || c == ';'))?;
            code[end..].starts_with('m').then_some(2 + end + 1)
        });
        let end = code.unwrap_or(1);
        if code.is_some() {
            out.push_str(&rest[..end]);
        } else {
            out.push_str(&visible(&rest[..end]));
        }
        rest = &rest[end..];
    }
    out.push_str(&visible(rest));
    out
}

/// Whether a character acts on a terminal or is invisible: a program that reads a text need not see it unescaped.
#[must_use]
pub fn is_unseen(c: char) -> bool {
    acts(c) || hides(c)
}

/// The text on one line, as a name is shown: breaks and tabs become spaces, runs of them one space; in addition to control characters,
/// invisible ones are made visible too, since two names must not look the same. Joiners stay between letters that may need them.
#[must_use]
pub fn line(text: &str) -> String {
    let text = visible(text);
    if text.is_ascii() {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let mut out = String::with_capacity(text.len());
    with_hidden(&text, |c, hidden| if hidden { show(c, &mut out) } else { out.push(c) });
    out.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Goes through a text; says of each character whether it is hidden. Joiners and selectors of a shape are not where they may be needed: between
/// letters beyond ASCII, and behind one, or behind the digit of a key.
fn with_hidden(text: &str, mut see: impl FnMut(char, bool)) {
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let needed = match c {
            '\u{200c}' | '\u{200d}' => {
                !before.is_ascii() && chars.peek().is_some_and(|after| !after.is_ascii())
            }
            '\u{fe0f}' if chars.peek() == Some(&'\u{20e3}') => matches!(before, '0'..='9' | '#' | '*'),
            '\u{fe00}'..='\u{fe0f}' => !before.is_ascii() && !hides(before) && !before.is_whitespace(),
            _ => false,
        };
        see(c, hides(c) && !needed);
        before = c;
    }
}

fn show(c: char, out: &mut String) {
    match c {
        '\u{0}'..='\u{1f}' => out.push(char::from_u32(0x2400 + c as u32).unwrap_or('\u{fffd}')),
        '\u{7f}' => out.push('\u{2421}'),
        _ => out.extend(format!("⟨U+{:04X}⟩", c as u32).chars()),
    }
}

/// Whether a character affects its surroundings instead of only being displayed.
fn acts(c: char) -> bool {
    match c {
        '\n' | '\t' => false,
        '\u{61c}'
        | '\u{200e}'
        | '\u{200f}'
        | '\u{2028}'..='\u{202e}'
        | '\u{2066}'..='\u{206f}'
        | '\u{fff9}'..='\u{fffb}'
        | '\u{feff}'
        | '\u{e0000}'..='\u{e007f}' => true,
        _ => c.is_control(),
    }
}

/// Whether a character is invisible, or looks like a blank but is not one.
fn hides(c: char) -> bool {
    matches!(
        c,
        '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200d}'
            | '\u{2060}'..='\u{2064}'
            | '\u{2800}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
    )
}

/// The first names of a list, for a message: a dozen at most, with the number of the others.
#[must_use]
pub fn list<I: IntoIterator<Item: AsRef<str>>>(names: I) -> String {
    const SHOWN: usize = 12;
    let mut names = names.into_iter();
    let mut shown: Vec<String> = names.by_ref().take(SHOWN).map(|name| line(name.as_ref())).collect();
    match names.count() {
        0 => {}
        1 => shown.push("1 more".to_owned()),
        more => shown.push(format!("{more} more")),
    }
    shown.join(", ")
}

/// How much of a value an error shows, in characters.
const SHOWN: usize = 80;

/// A text in quotes, cut where it is long, and safe to print on a terminal.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", cut(text))
}

/// A value as text, cut to 80 characters, with control characters escaped.
#[must_use]
pub fn cut(text: &str) -> String {
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    printable(&short)
}

/// Text whose control characters (and the marks that turn the writing direction) are escaped, and whose invisible characters and blanks that
/// are none are made visible: a name must not look like another one.
#[must_use]
pub fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    with_hidden(text, |c, hidden| {
        if c.is_control()
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}')
        {
            safe.extend(c.escape_default());
        } else if hidden || acts(c) || (c.is_whitespace() && c != ' ') {
            show(c, &mut safe);
        } else {
            safe.push(c);
        }
    });
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_that_act_are_shown_and_the_rest_stays() {
        assert_eq!(visible("plain\n\tתודה 👩‍👩‍👧"), "plain\n\tתודה 👩‍👩‍👧");
        assert_eq!(visible("\u{1b}[31mred"), "␛[31mred");
        assert_eq!(visible("a\u{202e}b\u{2066}c"), "a⟨U+202E⟩b⟨U+2066⟩c");
        assert_eq!(visible("a\u{200f}b\u{200e}c\u{61c}d"), "a⟨U+200F⟩b⟨U+200E⟩c⟨U+061C⟩d");
        assert_eq!(visible("a\r\nb\rc\u{2028}d"), "a\nb\nc\nd");
        assert_eq!(visible("\u{9b}31m\u{7f}\0"), "⟨U+009B⟩31m␡␀");
    }

    #[test]
    fn names_that_differ_look_different() {
        assert_eq!(line("a\n\n b\tc "), "a b c");
        assert_eq!(line("gpt\u{200b}-4"), "gpt⟨U+200B⟩-4");
        assert_eq!(line("gpt\u{ad}-4\u{3164}"), "gpt⟨U+00AD⟩-4⟨U+3164⟩");
        assert_eq!(line("gpt\u{200d}-4"), "gpt⟨U+200D⟩-4");
        assert_eq!(line("👩‍👩‍👧 می‌خواهم"), "👩‍👩‍👧 می‌خواهم");
    }

    #[test]
    fn what_an_error_shows_looks_like_nothing_else() {
        for (hidden, shown) in [
            ("a\u{200b}b", "a⟨U+200B⟩b"),
            ("a\u{ad}b", "a⟨U+00AD⟩b"),
            ("model_a\u{fe0f}", "model_a⟨U+FE0F⟩"),
            ("a\u{a0}b\u{3000}c", "a⟨U+00A0⟩b⟨U+3000⟩c"),
            ("a\u{200f}\u{feff}b", "a⟨U+200F⟩⟨U+FEFF⟩b"),
            ("\u{200b}\u{fe0f}", "⟨U+200B⟩⟨U+FE0F⟩"),
            ("a\n\u{1b}\u{202e}b", "a\\n\\u{1b}\\u{202e}b"),
            ("❤️ 1️⃣ 👩‍👩‍👧 می‌خواهم", "❤️ 1️⃣ 👩‍👩‍👧 می‌خواهم"),
        ] {
            assert_eq!(printable(hidden), shown);
            // What is shown may be part of a message that is shown again.
            assert_eq!(printable(shown), shown);
        }
        assert_eq!(line("model_a\u{fe0f} ❤️"), "model_a⟨U+FE0F⟩ ❤️");
    }

    #[test]
    fn lists_end() {
        let names: Vec<String> = (0..200_000).map(|n| n.to_string()).collect();
        assert_eq!(list(&names), "0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 199988 more");
        assert_eq!(list(["a", "b\u{1b}"]), "a, b␛");
        assert_eq!(list([""; 0]), "");
    }
}
