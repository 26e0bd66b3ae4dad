//! What chat templates expect of Python.

use minijinja::value::{Kwargs, ValueKind};
use minijinja::{Error, ErrorKind, State, Value};
use std::fmt::Write;

/// No message is nested so deep.
const DEEPEST: usize = 64;

/// A value as `json.dumps(value, ensure_ascii=False)` writes it, on lines where the template asks for an indent.
// The engine hands options over by value.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn to_json(state: &State, value: &Value, options: Kwargs) -> Result<String, Error> {
    let indent: Option<usize> = options.get("indent")?;
    // Accepted, and without effect on what templates are given here.
    let _: (Option<bool>, Option<bool>) = (options.get("ensure_ascii")?, options.get("sort_keys")?);
    let separators: Option<Vec<String>> = options.get("separators")?;
    options.assert_all_used()?;
    let between = if indent.is_some() { "," } else { ", " };
    let [between, colon] = match separators.as_deref() {
        Some([between, colon]) => [between.as_str(), colon.as_str()],
        _ => [between, ": "],
    };
    let mut json =
        Json { state, text: String::new(), charged: 0, between, colon, indent: indent.map(|n| n.min(16)) };
    json.write(value, 0)?;
    Ok(json.text)
}

struct Json<'a> {
    state: &'a State<'a, 'a>,
    text: String,
    charged: usize,
    between: &'a str,
    colon: &'a str,
    indent: Option<usize>,
}

impl Json<'_> {
    fn write(&mut self, value: &Value, depth: usize) -> Result<(), Error> {
        if depth > DEEPEST {
            return Err(Error::new(
                ErrorKind::InvalidOperation,
                "a value is nested too deep to be written as JSON",
            ));
        }
        self.charge()?;
        match value.kind() {
            ValueKind::None => self.text.push_str("null"),
            ValueKind::Bool => self.text.push_str(if value.is_true() { "true" } else { "false" }),
            ValueKind::Number => self.text.push_str(&value.to_string()),
            ValueKind::String => self.quote(value.as_str().unwrap_or_default()),
            ValueKind::Seq | ValueKind::Iterable => self.items(value, depth, ['[', ']'])?,
            ValueKind::Map => self.items(value, depth, ['{', '}'])?,
            kind => {
                let message = format!("{kind} cannot be written as JSON");
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
        }
        Ok(())
    }

    fn items(&mut self, value: &Value, depth: usize, [open, close]: [char; 2]) -> Result<(), Error> {
        self.text.push(open);
        let mut any = false;
        for item in value.try_iter()? {
            if any {
                self.text.push_str(self.between);
            }
            any = true;
            self.line(depth + 1);
            if open == '{' {
                self.quote(&item.to_string());
                self.text.push_str(self.colon);
                self.write(&value.get_item(&item)?, depth + 1)?;
            } else {
                self.write(&item, depth + 1)?;
            }
        }
        if any {
            self.line(depth);
        }
        self.text.push(close);
        Ok(())
    }

    fn line(&mut self, depth: usize) {
        if let Some(indent) = self.indent {
            self.text.push('\n');
            self.text.extend(std::iter::repeat_n(' ', indent * depth));
        }
    }

    fn quote(&mut self, text: &str) {
        self.text.push('"');
        for c in text.chars() {
            match c {
                '"' => self.text.push_str("\\\""),
                '\\' => self.text.push_str("\\\\"),
                '\n' => self.text.push_str("\\n"),
                '\r' => self.text.push_str("\\r"),
                '\t' => self.text.push_str("\\t"),
                '\u{8}' => self.text.push_str("\\b"),
                '\u{c}' => self.text.push_str("\\f"),
                c if c < ' ' => {
                    // Writing to a text does not fail.
                    let _ = write!(self.text, "\\u{:04x}", u32::from(c));
                }
                c => self.text.push(c),
            }
        }
        self.text.push('"');
    }

    /// Pays for what has been written since the last time.
    fn charge(&mut self) -> Result<(), Error> {
        let new = (self.text.len() - self.charged) / 64;
        self.charged += new * 64;
        self.state.consume_fuel(1 + new as u64)
    }
}

/// A date in the prompt would make another prompt of it every day: it is always the one that Llama's templates fall back on,
/// 26 July 2024, a Friday.
pub(super) fn date(format: &str) -> String {
    let mut made = String::with_capacity(format.len());
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            made.push(c);
            continue;
        }
        let mut code = chars.next();
        let bare = code == Some('-');
        if bare {
            code = chars.next();
        }
        made.push_str(match code {
            Some('d' | 'e') => "26",
            Some('m') if bare => "7",
            Some('m') => "07",
            Some('b' | 'h') => "Jul",
            Some('B') => "July",
            Some('Y') => "2024",
            Some('y') => "24",
            Some('a') => "Fri",
            Some('A') => "Friday",
            Some('j') => "208",
            Some('H' | 'M' | 'S' | 'I') => "00",
            Some('F') => "2024-07-26",
            Some('%') => "%",
            _ => "",
        });
    }
    made
}

#[cfg(test)]
mod tests {
    use super::*;
    use minijinja::{Environment, context};

    fn json(expression: &str) -> Result<String, Error> {
        let mut environment = Environment::new();
        environment.add_filter("tojson", to_json);
        environment.render_str(&format!("{{{{ {expression} }}}}"), context! { text => "é\"<\n\u{1}" })
    }

    #[test]
    fn json_is_written_as_python_writes_it() {
        assert_eq!(
            json("{'b': [1, 2.5, none], 'a': true, 'c': text, 'd': {}}|tojson").unwrap(),
            "{\"b\": [1, 2.5, null], \"a\": true, \"c\": \"é\\\"<\\n\\u0001\", \"d\": {}}"
        );
        assert_eq!(
            json("{'b': [1], 'a': []}|tojson(indent=2)").unwrap(),
            "{\n  \"b\": [\n    1\n  ],\n  \"a\": []\n}"
        );
        assert_eq!(json("[1, {'a': 2}]|tojson(separators=(',', ':'))").unwrap(), "[1,{\"a\":2}]");
        assert!(json("missing|tojson").is_err());
        assert!(json(&format!("{}1{}|tojson", "[".repeat(70), "]".repeat(70))).is_err());
    }

    #[test]
    fn the_date_is_always_the_same() {
        assert_eq!(date("%d %b %Y"), "26 Jul 2024");
        assert_eq!(date("%A, %-d %B %Y, %Y-%m-%d %-m 100%%%"), "Friday, 26 July 2024, 2024-07-26 7 100%");
    }
}
