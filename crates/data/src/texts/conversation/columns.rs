//! Does one object contain a list of roles and a list of contents, and which turns are these?

use serde_json::Value;

use super::keys::{CONTENTS, ROLES};
use super::object::Object;

/// Whether an object contains one list of roles and one of contents of the same length.
pub(super) fn is_columns(object: &Object) -> bool {
    let roles = ROLES.iter().find_map(|key| column(object, key));
    roles.is_some_and(|roles| {
        let mut contents = CONTENTS.iter().filter_map(|key| column(object, key));
        contents.any(|contents| contents.len() == roles.len())
            && roles.iter().all(|name| name.is_string() || name.is_null())
    })
}

/// The turns of an object that contains lists: each list as long as the roles gives every turn one key.
pub(super) fn rows(object: Object) -> Vec<Value> {
    let count = ROLES.iter().find_map(|key| column(&object, key)).map_or(0, Vec::len);
    let mut turns = vec![Object::new(); count];
    for (name, value) in object {
        if let Value::Array(items) = value
            && items.len() == count
        {
            for (turn, item) in turns.iter_mut().zip(items) {
                turn.insert(singular(&name).to_owned(), item);
            }
        }
    }
    turns.into_iter().map(Value::Object).collect()
}

/// A list under a key or its plural.
pub(super) fn column<'a>(object: &'a Object, key: &str) -> Option<&'a Vec<Value>> {
    let mut columns = object.iter().filter(|(name, _)| singular(name) == key);
    columns.find_map(|(_, value)| value.as_array())
}

fn singular(name: &str) -> &str {
    match name.strip_suffix('s') {
        Some(short) if ROLES.contains(&short) || CONTENTS.contains(&short) => short,
        _ => name,
    }
}
