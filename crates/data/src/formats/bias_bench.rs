//! Which records a BiasBench file contains: one object, the bias's name before its list of records.
//!
//! The file is loaded whole, since the name is outside its records.

use serde_json::Value;

use crate::error::RowError;

/// The records of all lists, each with its bias.
pub(super) fn document(value: Value) -> Result<Vec<Value>, RowError> {
    let Value::Object(lists) = value else { return Ok(vec![value]) };
    let mut records = Vec::new();
    for (bias, list) in lists {
        let Value::Array(list) = list else {
            return Err(RowError::wrong_type(&bias, &list, "a list of records"));
        };
        for mut record in list {
            if let Value::Object(fields) = &mut record {
                fields.entry("bias").or_insert_with(|| Value::String(bias.clone()));
            }
            records.push(record);
        }
    }
    Ok(records)
}
