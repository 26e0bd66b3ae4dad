//! Messages in addition to the result, on the error stream: one writer, which keeps outside text from acting on a terminal.

use std::borrow::Cow;
use std::fmt::Write;

use predilect_types::shown;

/// Characters of one message: a name may be as long as a file.
const MOST: usize = 8_000;
/// Characters of one word of it: nobody reads a longer one.
const LONGEST: usize = 500;

/// A message as it may be shown: control characters are made visible, and what follows a line break is indented, so that no name can forge
/// a line.
pub(crate) fn safe(text: &str) -> String {
    let mut lines = String::new();
    for (nth, part) in shown::visible(&short(text)).lines().enumerate() {
        let _ = if nth == 0 { write!(lines, "{part}") } else { write!(lines, "\n  {part}") };
    }
    match lines.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}... (cut)", &lines[..at]),
        None => lines,
    }
}

/// The text with words that are too long to be read cut.
fn short(text: &str) -> Cow<'_, str> {
    if text.len() <= LONGEST {
        return Cow::Borrowed(text);
    }
    let word = |word: &str| match word.char_indices().nth(LONGEST) {
        None => word.to_owned(),
        Some((at, _)) => format!("{}... ({} characters)", &word[..at], word.chars().count()),
    };
    Cow::Owned(text.split(' ').map(word).collect::<Vec<_>>().join(" "))
}

/// Says one message on the error stream.
macro_rules! say {
    ($($part:tt)*) => {
        anstream::eprintln!("{}", $crate::say::safe(&format!($($part)*)))
    };
}
pub(crate) use say;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_forges_a_line_or_acts() {
        assert_eq!(safe("no judge `a\nerror: b\u{1b}[2J`"), "no judge `a\n  error: b␛[2J`");
        assert!(safe(&"word ".repeat(100_000)).len() < 9_000);
        let long = format!("no judge `{}`", "é".repeat(5000));
        assert_eq!(safe(&long), format!("no judge `{}... (5002 characters)", "é".repeat(LONGEST - 1)));
    }
}
