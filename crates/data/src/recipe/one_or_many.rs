//! How is one entry, or a list of them, written in a file of recipes and read from it, and what is left out?

/// Whether a value is what a recipe without it has.
pub(super) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Paths.
pub(super) mod paths {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::recipe::path::Path;

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(Path),
        Many(Vec<Path>),
    }

    pub(in crate::recipe) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Path>, D::Error> {
        Ok(match OneOrMany::deserialize(deserializer)? {
            OneOrMany::One(path) => vec![path],
            OneOrMany::Many(paths) => paths,
        })
    }

    pub(in crate::recipe) fn serialize<S: Serializer>(
        paths: &[Path],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match paths {
            [only] => only.serialize(serializer),
            paths => paths.serialize(serializer),
        }
    }
}

/// Values.
pub(super) mod values {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use serde_json::Value;

    pub(in crate::recipe) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Vec<Value>, D::Error> {
        Ok(match Value::deserialize(deserializer)? {
            Value::Array(values) => values,
            one => vec![one],
        })
    }

    pub(in crate::recipe) fn serialize<S: Serializer>(
        values: &[Value],
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match values {
            [only] => only.serialize(serializer),
            values => values.serialize(serializer),
        }
    }
}
