//! Messages in addition to the result, on the error stream: one writer, which keeps outside text from acting on a terminal.

use std::fmt::Write;

use predilect_types::shown;

/// Characters of one message: a name may be as long as a file.
const MOST: usize = 8_000;

/// A message as it may be shown: control characters are made visible, and what follows a line break is indented, so that no name can forge
/// a line.
pub(crate) fn safe(text: &str) -> String {
    let mut lines = String::new();
    for (nth, part) in shown::visible(text).lines().enumerate() {
        let _ = if nth == 0 { write!(lines, "{part}") } else { write!(lines, "\n  {part}") };
    }
    match lines.char_indices().nth(MOST) {
        Some((at, _)) => format!("{}... (cut)", &lines[..at]),
        None => lines,
    }
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
        assert!(safe(&"x".repeat(100_000)).len() < 9_000);
    }
}
