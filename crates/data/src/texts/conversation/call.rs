//! How is a call of a tool written in one line?

use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

use super::object::Object;

/// A call in one line: `[call] name({"key": "value"})`; an object that names no tool is kept whole.
pub(super) fn call(value: Value) -> String {
    let Value::Object(mut whole) = value else {
        return match value {
            Value::String(text) => format!("[call] {text}"),
            other => format!("[call] {}", spaced(&other)),
        };
    };
    for key in ["function", "custom", "functionCall", "function_call", "tool_call"] {
        if let Some(Value::Object(inner)) = whole.get_mut(key) {
            whole = std::mem::take(inner);
            break;
        }
    }
    let Some(name) = callee(&whole).map(str::to_owned) else {
        return format!("[call] {}", spaced(&Value::Object(whole)));
    };
    let arguments =
        ["arguments", "args", "input", "parameters", "kwargs"].iter().find_map(|key| whole.remove(*key));
    let written = match arguments {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => match serde_json::from_str::<Value>(&text) {
            Ok(value) if value.is_object() || value.is_array() => spaced(&value),
            _ => text,
        },
        Some(value) => spaced(&value),
    };
    let written = if written == "{}" { "" } else { written.as_str() };
    format!("[call] {name}({written})")
}

/// The name of the tool that an object calls.
pub(super) fn callee(call: &Object) -> Option<&str> {
    ["name", "tool_name", "tool", "function"].iter().find_map(|key| call.get(*key)?.as_str())
}

/// JSON with a blank after each comma and colon.
pub(super) fn spaced(value: &Value) -> String {
    struct Blanks;
    impl Formatter for Blanks {
        fn begin_array_value<W: ?Sized + io::Write>(
            &mut self,
            writer: &mut W,
            first: bool,
        ) -> io::Result<()> {
            if first { Ok(()) } else { writer.write_all(b", ") }
        }

        fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
            if first { Ok(()) } else { writer.write_all(b", ") }
        }

        fn begin_object_value<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
            writer.write_all(b": ")
        }
    }
    let mut bytes = Vec::new();
    match value.serialize(&mut Serializer::with_formatter(&mut bytes, Blanks)) {
        Ok(()) => String::from_utf8(bytes).unwrap_or_else(|_| value.to_string()),
        Err(_) => value.to_string(),
    }
}
