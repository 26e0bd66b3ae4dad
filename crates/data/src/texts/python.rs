//! Which value is in a text that Python printed with `repr`, as pandas and numpy leave lists in table cells?
//!
//! One pass from left to right, at most [`DEPTH`] levels deep, so that no text costs more than its length.

use memchr::{memchr, memchr2};
use serde_json::{Map, Number, Value};

/// Deeper nesting is refused.
const DEPTH: usize = 64;

/// Reads the whole text as one Python value; `None` where any part of it is not understood.
///
/// - Lists, tuples and numpy's arrays become lists. Elements are separated by commas, or (as numpy prints arrays) all of
///   them by blanks or line ends. A shortened array (`...`) is refused.
/// - Dictionaries become objects; keys that are numbers, truth values or `None` are written out. Of equal keys, the last
///   one counts.
/// - Strings may have the prefixes u, r and b; bytes are read as UTF-8 with replacement. Half a surrogate pair becomes
///   U+FFFD. Line ends inside quotes are accepted, as some writers do not escape them.
/// - `nan` becomes null, since JSON has none; infinities become the texts `inf` and `-inf`. Integers beyond 64 bits become
///   floating-point numbers.
/// - A call with one positional argument is that argument (`array([..], dtype=object)`, `np.float64(1.5)`,
///   `Timestamp('..')`); one with more of them is kept as its source text (`datetime.datetime(2024, 1, 2)`).
/// - JSON's `true`, `false`, `null`, `NaN` and `Infinity` are accepted too.
pub(crate) fn parse(text: &str) -> Option<Value> {
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0 };
    let value = reader.value(0, false)?;
    reader.blanks();
    (reader.at == text.len()).then_some(value)
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
}

/// How a string literal is to be read.
#[derive(Clone, Copy, Default)]
struct Prefix {
    raw: bool,
    bytes: bool,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    /// Steps over blanks and the byte, if it comes next.
    fn eats(&mut self, byte: u8) -> bool {
        self.blanks();
        let found = self.peek() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// One value; `bare` accepts an unknown word as text, as in `dtype=object`.
    fn value(&mut self, depth: usize, bare: bool) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.blanks();
        match self.peek()? {
            b'[' => self.list(depth),
            b'(' => self.tuple(depth),
            b'{' => self.dict(depth),
            b'\'' | b'"' => self.string(Prefix::default()).map(Value::String),
            b'0'..=b'9' | b'-' | b'+' | b'.' => self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(depth, bare),
            b'<' if bare => {
                let end = memchr(b'>', self.bytes.get(self.at..)?)?;
                self.at += end + 1;
                Some(Value::Null)
            }
            _ => None,
        }
    }

    fn list(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        let (mut commas, mut gaps) = (false, false);
        while !self.eats(b']') {
            items.push(self.value(depth + 1, false)?);
            let end = self.at;
            if self.eats(b',') {
                commas = true;
            } else if self.eats(b']') {
                break;
            } else if self.at == end {
                return None;
            } else {
                gaps = true;
            }
        }
        // With both, spaces could also join two strings into one: it is ambiguous.
        (!(commas && gaps)).then_some(Value::Array(items))
    }

    fn tuple(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut items = Vec::new();
        let mut commas = false;
        while !self.eats(b')') {
            items.push(self.value(depth + 1, false)?);
            if self.eats(b',') {
                commas = true;
            } else if self.eats(b')') {
                break;
            } else {
                return None;
            }
        }
        if commas || items.is_empty() { Some(Value::Array(items)) } else { items.pop() }
    }

    fn dict(&mut self, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut fields = Map::new();
        while !self.eats(b'}') {
            let key = match self.value(depth + 1, false)? {
                Value::String(text) => text,
                Value::Array(_) | Value::Object(_) => return None,
                other => other.to_string(),
            };
            if !self.eats(b':') {
                return None;
            }
            let value = self.value(depth + 1, false)?;
            fields.insert(key, value);
            if !self.eats(b',') && self.peek() != Some(b'}') {
                return None;
            }
        }
        Some(Value::Object(fields))
    }

    fn number(&mut self) -> Option<Value> {
        let token = self.token();
        if let Some(special) = special_number(token.trim_start_matches('+')) {
            return Some(special);
        }
        if let Ok(number) = token.parse::<i64>() {
            return Some(number.into());
        }
        if let Ok(number) = token.parse::<u64>() {
            return Some(number.into());
        }
        Number::from_f64(token.parse().ok()?).map(Value::Number)
    }

    /// Letters, digits and what else numbers and dotted names consist of.
    fn token(&mut self) -> &str {
        let start = self.at;
        while let Some(byte) = self.peek() {
            let sign = matches!(byte, b'-' | b'+')
                && (self.at == start || matches!(self.bytes.get(self.at - 1), Some(b'e' | b'E')));
            if !(byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.') || sign) {
                break;
            }
            self.at += 1;
        }
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn word(&mut self, depth: usize, bare: bool) -> Option<Value> {
        let start = self.at;
        let name = self.token();
        let constant = match name {
            "True" | "true" => Some(Value::Bool(true)),
            "False" | "false" => Some(Value::Bool(false)),
            "None" | "null" => Some(Value::Null),
            other => special_number(other),
        };
        if constant.is_some() {
            return constant;
        }
        let prefix = match name {
            "u" | "U" => Some(Prefix::default()),
            "r" | "R" => Some(Prefix { raw: true, bytes: false }),
            "b" | "B" => Some(Prefix { raw: false, bytes: true }),
            "br" | "rb" | "Br" | "bR" | "BR" | "Rb" | "rB" | "RB" => Some(Prefix { raw: true, bytes: true }),
            _ => None,
        };
        match self.peek() {
            Some(b'\'' | b'"') => self.string(prefix?).map(Value::String),
            Some(b'(') => self.call(start, depth),
            _ if bare => self.text.get(start..self.at).map(|name| Value::String(name.to_owned())),
            _ => None,
        }
    }

    /// The contents of the brackets after a name; the name began at `start`.
    fn call(&mut self, start: usize, depth: usize) -> Option<Value> {
        self.at += 1;
        let mut first = None;
        let mut count = 0;
        while !self.eats(b')') {
            if self.keyword() {
                self.value(depth + 1, true)?;
            } else {
                let value = self.value(depth + 1, false)?;
                first.get_or_insert(value);
                count += 1;
            }
            if !self.eats(b',') && self.peek() != Some(b')') {
                return None;
            }
        }
        match count {
            0 => None,
            1 => first,
            _ => self.text.get(start..self.at).map(|source| Value::String(source.to_owned())),
        }
    }

    /// Steps over `name=`, if it comes next.
    fn keyword(&mut self) -> bool {
        let start = self.at;
        self.blanks();
        while self.peek().is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
            self.at += 1;
        }
        let named = self.at > start && self.peek() == Some(b'=');
        if named {
            self.at += 1;
        } else {
            self.at = start;
        }
        named
    }

    fn string(&mut self, prefix: Prefix) -> Option<String> {
        let quote = self.peek()?;
        self.at += 1;
        let mut said = Vec::new();
        loop {
            let rest = self.bytes.get(self.at..)?;
            let end = memchr2(quote, b'\\', rest)?;
            said.extend_from_slice(rest.get(..end)?);
            self.at += end + 1;
            if rest.get(end) == Some(&quote) {
                break;
            }
            if prefix.raw {
                // A backslash keeps a quote from ending the string and stays itself.
                said.push(b'\\');
                said.push(self.peek()?);
                self.at += 1;
            } else {
                self.escape(prefix, &mut said)?;
            }
        }
        match String::from_utf8(said) {
            Ok(text) => Some(text),
            Err(error) if prefix.bytes => Some(String::from_utf8_lossy(error.as_bytes()).into_owned()),
            Err(_) => None,
        }
    }

    /// What follows a backslash.
    fn escape(&mut self, prefix: Prefix, said: &mut Vec<u8>) -> Option<()> {
        let byte = self.peek()?;
        self.at += 1;
        let plain = match byte {
            b'n' => b'\n',
            b't' => b'\t',
            b'r' => b'\r',
            b'a' => 0x07,
            b'b' => 0x08,
            b'f' => 0x0c,
            b'v' => 0x0b,
            b'\\' | b'\'' | b'"' => byte,
            b'\n' => return Some(()),
            b'0'..=b'7' => {
                let mut code = u32::from(byte - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = self.peek() else { break };
                    code = code * 8 + u32::from(digit - b'0');
                    self.at += 1;
                }
                return push_code(said, code, prefix);
            }
            b'x' => {
                let code = self.hex(2)?;
                return push_code(said, code, prefix);
            }
            b'u' if !prefix.bytes => {
                let code = self.unit()?;
                return push_code(said, code, prefix);
            }
            b'U' if !prefix.bytes => {
                let code = self.hex(8)?;
                return push_code(said, code, prefix);
            }
            // `\N{..}` is never printed.
            b'N' if !prefix.bytes => return None,
            // Any other character keeps its backslash.
            other => {
                said.push(b'\\');
                other
            }
        };
        said.push(plain);
        Some(())
    }

    /// Four hexadecimal digits, with a second escape where they are the first half of a surrogate pair.
    fn unit(&mut self) -> Option<u32> {
        let high = self.hex(4)?;
        if !(0xd800..0xdc00).contains(&high) || self.bytes.get(self.at..self.at + 2) != Some(b"\\u") {
            return Some(high);
        }
        let back = self.at;
        self.at += 2;
        let low = self.hex(4)?;
        if (0xdc00..0xe000).contains(&low) {
            return Some(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00));
        }
        self.at = back;
        Some(high)
    }

    fn hex(&mut self, digits: usize) -> Option<u32> {
        let token = self.text.get(self.at..self.at + digits)?;
        if !token.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        self.at += digits;
        u32::from_str_radix(token, 16).ok()
    }
}

fn special_number(token: &str) -> Option<Value> {
    match token {
        "nan" | "NaN" | "-nan" | "NaT" | "-NaN" => Some(Value::Null),
        "inf" | "Infinity" => Some(Value::String("inf".to_owned())),
        "-inf" | "-Infinity" => Some(Value::String("-inf".to_owned())),
        _ => None,
    }
}

fn push_code(said: &mut Vec<u8>, code: u32, prefix: Prefix) -> Option<()> {
    if prefix.bytes {
        said.push(u8::try_from(code & 0xff).ok()?);
        return Some(());
    }
    let c = match code {
        0xd800..0xe000 => char::REPLACEMENT_CHARACTER,
        code => char::from_u32(code)?,
    };
    said.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn lists_dictionaries_and_constants() {
        // Expected values: what Python's json.dumps says of the same literal.
        assert_eq!(
            parse("[{'role': 'user', 'n': 1, 'x': -2.5e-3}, (1, True), None, (), (3)]"),
            Some(json!([{"role": "user", "n": 1, "x": -0.0025}, [1, true], null, [], 3]))
        );
        assert_eq!(parse("{1: 'a', None: 'b',}"), Some(json!({"1": "a", "null": "b"})));
        assert_eq!(parse("[nan, inf, -inf]"), Some(json!([null, "inf", "-inf"])));
        assert_eq!(parse("[18446744073709551615, -9]"), Some(json!([18_446_744_073_709_551_615_u64, -9])));
    }

    #[test]
    fn escapes_and_prefixes() {
        assert_eq!(parse(r#"'a\n\t\\\'\"\x41\u00e9\U0001f600\q'"#), Some(json!("a\n\t\\'\"Aé😀\\q")));
        assert_eq!(parse(r#""it's""#), Some(json!("it's")));
        assert_eq!(parse(r"u'é'"), Some(json!("é")));
        assert_eq!(parse(r"r'a\n\''"), Some(json!(r"a\n\'")));
        assert_eq!(parse(r"b'\xc3\xa9'"), Some(json!("é")));
        assert_eq!(parse(r"b'\xff'"), Some(json!("\u{fffd}")));
        assert_eq!(parse(r"'\ud83d\ude00 \ud83d'"), Some(json!("😀 \u{fffd}")));
        assert_eq!(parse("'a\nb'"), Some(json!("a\nb")));
        for bad in [r"'\x4'", r"'\xé'", r"'\U00110000'", "'a", r"'a\", r"'\N{DASH}'"] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn arrays_as_numpy_and_pandas_print_them() {
        assert_eq!(
            parse("[{'role': 'user', 'content': 'a'}\n {'role': 'assistant', 'content': 'b'}]"),
            Some(json!([{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]))
        );
        assert_eq!(
            parse("{'role': array(['user', 'assistant'], dtype=object), 'n': array([1., 2.])}"),
            Some(json!({"role": ["user", "assistant"], "n": [1.0, 2.0]}))
        );
        assert_eq!(parse("['a' 'b']"), Some(json!(["a", "b"])));
        assert_eq!(parse("[1. 2.]"), Some(json!([1.0, 2.0])));
        assert_eq!(parse("[np.float64(1.5), np.str_('x')]"), Some(json!([1.5, "x"])));
        assert_eq!(parse("array([1], dtype='<U5')"), Some(json!([1])));
        let stamp = "datetime.datetime(2023, 4, 9, 0, 2, tzinfo=<UTC>)";
        assert_eq!(parse(&format!("{{'t': {stamp}}}")), Some(json!({"t": stamp})));
    }

    #[test]
    fn what_is_not_whole_is_refused() {
        for bad in [
            "",
            "[",
            "[1, 2",
            "[1 2, 3]",
            "['a''b']",
            "[{'a': 1} ... {'a': 2}]",
            "{'a' 1}",
            "{[1]: 2}",
            "[1] x",
            "[1.2.3]",
            "[,]",
            "f()",
            "x",
            "<UTC>",
            "1e999",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn depth_is_limited() {
        let nested = |levels: usize| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
        assert!(parse(&nested(DEPTH)).is_some());
        assert_eq!(parse(&nested(DEPTH + 2)), None);
        assert_eq!(parse(&"[".repeat(1_000_000)), None);
        assert_eq!(parse(&"f(a=".repeat(1_000_000)), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in ".{0,200}") {
            let _ = parse(&text);
        }

        #[test]
        fn no_likely_text_panics(text in r#"[\[\](){}'"\\,: \n=<>a-fnuxrbU0-9.\-+é]{0,80}"#) {
            let _ = parse(&text);
        }

        #[test]
        fn a_quoted_text_comes_back(text in ".{0,80}") {
            // As `repr` does: backslash, quote and line ends escaped, all else unchanged.
            let quoted = text.replace('\\', r"\\").replace('\'', r"\'").replace('\n', r"\n");
            prop_assert_eq!(parse(&format!("['{quoted}']")), Some(json!([text])));
        }
    }
}
