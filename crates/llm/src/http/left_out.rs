//! Parameters that a model refuses although the question does not depend on them: it is asked without.
//!
//! Which model takes which parameter changes with every release and differs behind every gateway, so no list of names would
//! hold. The refusal itself says it, before anything was charged.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// What a call can do without.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Optional {
    /// Its name in logs and remarks.
    pub(super) name: &'static str,
    /// Where it stands in the body, as a JSON pointer.
    pub(super) at: &'static str,
    /// The words by which an error speaks of it.
    pub(super) words: &'static [&'static str],
}

/// What is left out.
#[derive(Debug, Default)]
pub(super) struct LeftOut(Mutex<Vec<&'static Optional>>);

impl LeftOut {
    /// The names.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.lock().iter().map(|one| one.name).collect()
    }

    /// Leaves it out from now on.
    pub(super) fn add(&self, one: &'static Optional) {
        let mut all = self.lock();
        if !all.contains(&one) {
            all.push(one);
        }
    }

    /// The same by name; what is not optional stays.
    pub(super) fn add_named(&self, optional: &'static [Optional], names: &[impl AsRef<str>]) {
        for one in optional {
            if names.iter().any(|name| name.as_ref() == one.name) {
                self.add(one);
            }
        }
    }

    /// Takes out of a body what is left out, and what this call is tried without.
    pub(super) fn take_from(&self, body: &mut Value, tried: &[&'static Optional]) {
        for one in self.lock().iter().chain(tried) {
            let (parent, name) = one.at.rsplit_once('/').unwrap_or(("", one.at));
            if let Some(object) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
                object.remove(name);
            }
        }
    }

    /// The first of these that an error refuses and that is not left out yet.
    pub(super) fn refused(&self, optional: &'static [Optional], error: &Value) -> Option<&'static Optional> {
        let error = error.get("error").filter(|error| error.is_object()).unwrap_or(error);
        let param = error.get("param").and_then(Value::as_str);
        let said: Vec<&str> = ["/message", "/metadata/raw", "/error/message"]
            .iter()
            .filter_map(|at| error.pointer(at).and_then(Value::as_str))
            .collect();
        let all = self.lock();
        optional.iter().filter(|one| !all.contains(one)).find(|one| match param {
            Some(param) => one.words.contains(&param),
            None => one.words.iter().any(|word| said.iter().any(|text| has_word(text, word))),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<&'static Optional>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !(c.is_alphanumeric() || c == '_')).any(|part| part == word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    static OPTIONAL: [Optional; 2] = [
        Optional { name: "temperature", at: "/temperature", words: &["temperature"] },
        Optional { name: "seed", at: "/config/seed", words: &["seed"] },
    ];

    #[test]
    fn what_is_refused_is_left_out_whoever_says_so() {
        for error in [
            json!({"error": {"param": "temperature", "code": "unsupported_value", "message": "..."}}),
            json!({"type": "error", "error": {"type": "invalid_request_error",
                "message": "`temperature` is deprecated for this model."}}),
            json!({"error": {"message": "Provider returned error",
                "metadata": {"raw": "{\"message\": \"Unsupported parameter: 'temperature'\"}"}}}),
            json!({"message": "temperature: Extra inputs are not permitted"}),
        ] {
            let left = LeftOut::default();
            let refused = left.refused(&OPTIONAL, &error).unwrap();
            let mut body = json!({"temperature": 0, "config": {"seed": 1}});
            left.take_from(&mut body, &[refused]);
            assert_eq!(body, json!({"config": {"seed": 1}}), "{error}");
            // What is left out already is not what is refused now.
            left.add(refused);
            assert_eq!((left.names(), left.refused(&OPTIONAL, &error)), (vec!["temperature"], None));
        }
        let both = json!({"error": {"message": "neither temperature nor seed is supported"}});
        let left = LeftOut::default();
        left.add(&OPTIONAL[0]);
        assert_eq!(left.refused(&OPTIONAL, &both), Some(&OPTIONAL[1]));
        left.add(&OPTIONAL[1]);
        let mut body = json!({"temperature": 0, "config": {"seed": 1}});
        left.take_from(&mut body, &[]);
        assert_eq!(body, json!({"config": {}}));
    }

    #[test]
    fn another_error_teaches_nothing() {
        for error in [
            json!({"error": {"param": "messages", "message": "temperature of the room"}}),
            json!({"error": {"message": "temperatures differ"}}),
            json!({"error": "temperature"}),
            json!({"error": {"message": 3}}),
            Value::Null,
        ] {
            assert_eq!(LeftOut::default().refused(&OPTIONAL, &error), None, "{error}");
        }
    }
}
