//! What does the error of a JSON or TOML parser say, in plain words?

use serde_json::error::Category;

/// An error of reading JSON: which value is wrong, or where the text stops being JSON.
///
/// ```
/// use predilect_types::parsed;
///
/// let error = serde_json::from_str::<Vec<f64>>("[1, oops]").unwrap_err();
/// assert_eq!(parsed::json(&error), "not valid JSON at line 1, column 5");
/// let error = serde_json::from_str::<Vec<f64>>(r#"[1, "two"]"#).unwrap_err();
/// assert_eq!(parsed::json(&error), "a number is expected, not \"two\"");
/// ```
#[must_use]
pub fn json(error: &serde_json::Error) -> String {
    match error.classify() {
        Category::Syntax | Category::Io => {
            format!("not valid JSON at line {}, column {}", error.line(), error.column())
        }
        Category::Eof => "the JSON is cut short".to_owned(),
        Category::Data => {
            let message = error.to_string();
            let end = message.rfind(" at line ").unwrap_or(message.len());
            plain(message.get(..end).unwrap_or(&message))
        }
    }
}

/// The message of a parser, without the names of types that only programmers know.
#[must_use]
pub fn plain(message: &str) -> String {
    if let Some(field) = message.strip_prefix("missing field ") {
        return format!("the field {field} is missing");
    }
    if let Some((found, expected)) = pair(message, "unknown variant ") {
        return format!("{found} is not {expected}");
    }
    // The right kind of value, but not an accepted one.
    let too_large = pair(message, "invalid value: integer ").filter(|(found, expected)| {
        expected.len() <= "usize".len() && expectation(expected) != *expected && !found.starts_with("`-")
    });
    if let Some((found, _)) = too_large {
        return format!("{found} is out of range");
    }
    let of_type = pair(message, "invalid type: ").or_else(|| pair(message, "invalid value: "));
    of_type.map_or_else(
        || message.to_owned(),
        |(found, expected)| format!("{} is expected, not {}", expectation(expected), value(found)),
    )
}

/// What was found, and what was expected in its place.
fn pair<'a>(message: &'a str, start: &str) -> Option<(&'a str, &'a str)> {
    message.strip_prefix(start)?.rsplit_once(", expected ")
}

fn expectation(expected: &str) -> &str {
    match expected {
        "f64" | "f32" => "a number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of 0 or more",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object with fields",
        of if of.starts_with("struct ") => "an object with fields",
        of => of,
    }
}

fn value(found: &str) -> &str {
    for kind in ["integer ", "floating point ", "boolean ", "string ", "character "] {
        if let Some(value) = found.strip_prefix(kind) {
            return value;
        }
    }
    match found {
        "sequence" => "a list",
        "map" => "an object with fields",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_type_of_the_program_is_named() {
        let said = |message| plain(message);
        assert_eq!(said("missing field `lower`"), "the field `lower` is missing");
        assert_eq!(
            said("unknown variant `left`, expected one of `first`, `second`"),
            "`left` is not one of `first`, `second`"
        );
        assert_eq!(said("unknown variant `x`, expected `a` or `b`"), "`x` is not `a` or `b`");
        assert_eq!(said("invalid type: integer `3`, expected a string"), "a string is expected, not `3`");
        assert_eq!(said("invalid type: string \"high\", expected f64"), "a number is expected, not \"high\"");
        assert_eq!(
            said("invalid type: map, expected a string"),
            "a string is expected, not an object with fields"
        );
        assert_eq!(
            said("invalid value: integer `-1`, expected u32"),
            "a whole number of 0 or more is expected, not `-1`"
        );
        assert_eq!(said("invalid value: integer `5000000000`, expected u32"), "`5000000000` is out of range");
        assert_eq!(said("duplicate field `a`"), "duplicate field `a`");
    }
}
