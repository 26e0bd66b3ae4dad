//! Options as they are kept: only what differs from the usual.

use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};

/// What of these options differs from the usual ones; what is named in `always` is told in any case.
///
/// # Errors
///
/// When a value cannot be represented in JSON.
pub(crate) fn told<T: Serialize>(own: &T, usual: &T, always: &[&str]) -> Result<Value> {
    let value = |options: &T| {
        serde_json::to_value(options).map_err(|e| Error::new(format!("options cannot be written: {e}")))
    };
    let mut own = value(own)?;
    let mut usual = value(usual)?;
    if let Some(usual) = usual.as_object_mut() {
        usual.retain(|key, _| !always.contains(&key.as_str()));
    }
    without(&mut own, &usual);
    Ok(own)
}

/// The same as `study.toml` has it.
///
/// # Errors
///
/// When a value cannot be represented in TOML.
pub(crate) fn as_toml(options: &Value) -> Result<toml::Value> {
    toml::Value::try_from(options)
        .map_err(|e| Error::new(format!("the options cannot be written as TOML: {e}")))
}

/// Removes what equals the defaults.
fn without(own: &mut Value, usual: &Value) {
    if let (Some(own), Some(usual)) = (own.as_object_mut(), usual.as_object()) {
        for (key, value) in own.iter_mut() {
            // What is usual may lack what is only written where it is there.
            without(value, usual.get(key).unwrap_or(&Value::Null));
        }
        let nothing =
            |value: &Value| value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
        own.retain(|key, value| !nothing(value) && usual.get(key) != Some(value));
    }
}
