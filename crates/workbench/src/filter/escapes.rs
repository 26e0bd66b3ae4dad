//! What a backslash means in a text in quotation marks, in filters and in properties that are tried.

/// What helps where a backslash means nothing.
pub(crate) const ESCAPES: &str =
    r#"write \n for a line break, \t for a tab, \\ for a backslash and \" for a quotation mark"#;

/// What a backslash makes of the character behind it; `None`: nothing.
pub(crate) fn escaped(c: char) -> Option<char> {
    match c {
        'n' => Some('\n'),
        't' => Some('\t'),
        '\\' | '"' => Some(c),
        _ => None,
    }
}

/// What is said of a backslash that means nothing.
pub(crate) fn unknown(c: char) -> String {
    format!("\\{c} means nothing in a text in quotation marks")
}

/// A text in quotation marks, which is read as what it was.
#[must_use]
pub fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\\' | '"' => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
