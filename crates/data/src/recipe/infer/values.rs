//! Which number or truth value does a value mean?

use super::super::calls::Code;
use serde_json::Value;

pub(super) fn number_of(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

/// A truth value in any of its common forms.
pub(crate) fn flag(value: &Value) -> Option<bool> {
    match Code::of(value)?.shown().as_str() {
        "1" | "\"true\"" | "\"yes\"" => Some(true),
        "0" | "\"false\"" | "\"no\"" => Some(false),
        _ => None,
    }
}
