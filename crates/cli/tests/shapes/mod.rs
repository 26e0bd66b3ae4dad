//! What a verb has written comes back as the type that says what it is, and is then written the same.
#![allow(dead_code, reason = "not every test reads every shape")]

use predilect_results::{SCHEMA, Written};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Reads one result back.
pub(crate) fn comes_back<T: Serialize + DeserializeOwned>(written: &Value) -> T {
    let read: Written<T> =
        serde_json::from_value(written.clone()).unwrap_or_else(|e| panic!("{e}: {written}"));
    assert_eq!(read.schema, SCHEMA);
    let again = serde_json::to_value(&read).expect("JSON");
    assert!(again == *written, "not written as it was read: {again:#} {written:#}");
    read.result
}

/// The same of a list, each of which says its shape.
pub(crate) fn all_come_back<T: Serialize + DeserializeOwned>(written: &Value) -> Vec<T> {
    written.as_array().expect("a list").iter().map(comes_back).collect()
}
