//! What a model refuses although the question does not depend on it: parameters, a role, a small limit. It is asked without, or otherwise.
//!
//! Which model takes which parameter changes with every release and differs behind every gateway, so no list of names would stay correct.
//! The refusal itself says it, before anything was charged.

use std::sync::{Mutex, PoisonError};

use serde_json::Value;

/// What a call can do without.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Optional {
    /// Its name in logs and remarks.
    pub(super) name: &'static str,
    /// Its place in the body, as a JSON pointer.
    pub(super) at: &'static str,
    /// The words by which an error speaks of it.
    pub(super) words: &'static [&'static str],
    /// An error must also contain one of these, anywhere in its text; empty: any error.
    pub(super) also: &'static [&'static str],
    /// What is done about it.
    pub(super) change: Change,
    /// Whether a refusal applies to every call to the model, and so to later runs.
    pub(super) for_all: bool,
}

/// What is done about a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Change {
    /// The parameter is left out.
    Remove,
    /// A number is lowered to this.
    AtMost(u64),
    /// A number is raised to this.
    AtLeast(u64),
    /// System turns are moved to the beginning of the first user turn.
    SystemIntoUser,
    /// A schema loses its limits on numbers and lengths.
    WithoutLimits,
    /// A JSON object is asked for in place of a schema.
    ObjectForSchema,
}

impl Optional {
    /// A parameter that is simply left out of all calls once one was refused for it.
    pub(super) const fn parameter(
        name: &'static str,
        at: &'static str,
        words: &'static [&'static str],
    ) -> Self {
        Self { name, at, words, also: &[], change: Change::Remove, for_all: true }
    }

    /// Whether it is in a body, so that it can be what is refused.
    pub(super) fn stands_in(&self, body: &Value) -> bool {
        let there = body.pointer(self.at);
        match self.change {
            Change::Remove => there.is_some(),
            Change::AtMost(n) => there.and_then(Value::as_u64).is_some_and(|there| there > n),
            Change::AtLeast(n) => there.and_then(Value::as_u64).is_some_and(|there| there < n),
            Change::SystemIntoUser => {
                let turns = there.and_then(Value::as_array);
                turns.is_some_and(|turns| turns.iter().any(|turn| turn["role"] == "system"))
            }
            Change::WithoutLimits => there.is_some_and(|schema| without_limits(schema) != *schema),
            Change::ObjectForSchema => there.is_some_and(|kind| kind == "json_schema"),
        }
    }

    fn apply(&self, body: &mut Value) {
        if !self.stands_in(body) {
            return;
        }
        let (parent, name) = self.at.rsplit_once('/').unwrap_or(("", self.at));
        match self.change {
            Change::Remove => {
                if let Some(object) = body.pointer_mut(parent).and_then(Value::as_object_mut) {
                    object.remove(name);
                }
            }
            Change::AtMost(n) | Change::AtLeast(n) => {
                if let Some(there) = body.pointer_mut(self.at) {
                    *there = n.into();
                }
            }
            Change::SystemIntoUser => {
                if let Some(Value::Array(turns)) = body.pointer_mut(self.at) {
                    system_into_user(turns);
                }
            }
            Change::WithoutLimits => {
                if let Some(there) = body.pointer_mut(self.at) {
                    *there = without_limits(there);
                }
            }
            Change::ObjectForSchema => {
                if let Some(there) = body.pointer_mut(parent) {
                    *there = serde_json::json!({"type": "json_object"});
                }
            }
        }
    }
}

/// Puts what the system says before what the user says first.
fn system_into_user(turns: &mut Vec<Value>) {
    let system: Vec<String> = turns
        .iter()
        .filter(|turn| turn["role"] == "system")
        .filter_map(|turn| turn["content"].as_str().map(str::to_owned))
        .collect();
    turns.retain(|turn| turn["role"] != "system");
    let said = system.join("\n\n");
    match turns.iter_mut().find(|turn| turn["role"] == "user") {
        Some(turn) => {
            let own = turn["content"].as_str().unwrap_or_default();
            turn["content"] = format!("{said}\n\n{own}").into();
        }
        None => turns.insert(0, serde_json::json!({"role": "user", "content": said})),
    }
}

/// A schema without the limits on numbers and lengths that some providers refuse; readers of answers check them anyway.
pub(super) fn without_limits(schema: &Value) -> Value {
    const LIMITS: [&str; 6] = ["minimum", "maximum", "minItems", "maxItems", "minLength", "maxLength"];
    match schema {
        Value::Object(fields) => {
            // A property may be called like a limit: only numbers are limits.
            let kept =
                fields.iter().filter(|(name, value)| !(LIMITS.contains(&name.as_str()) && value.is_number()));
            kept.map(|(name, value)| (name.clone(), without_limits(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        }
        Value::Array(items) => items.iter().map(without_limits).collect(),
        other => other.clone(),
    }
}

/// What is left out.
#[derive(Debug, Default)]
pub(super) struct LeftOut(Mutex<Vec<Missing>>);

#[derive(Debug, Clone, Copy)]
struct Missing {
    what: &'static Optional,
    /// Whether the model has refused it; else its name suggests that it would.
    refused: bool,
}

impl LeftOut {
    /// The names.
    pub(super) fn names(&self) -> Vec<&'static str> {
        self.lock().iter().map(|one| one.what.name).collect()
    }

    /// The names of what the model has refused, for later runs.
    pub(super) fn refusals(&self) -> Vec<&'static str> {
        self.lock().iter().filter(|one| one.refused && one.what.for_all).map(|one| one.what.name).collect()
    }

    /// Leaves out what the model has refused.
    pub(super) fn add(&self, what: &'static Optional) {
        self.put(what, true);
    }

    /// Leaves out what the model would refuse, judging by its name.
    pub(super) fn assume(&self, optional: &'static [Optional], name: &str) {
        for what in optional.iter().filter(|one| one.name == name) {
            self.put(what, false);
        }
    }

    /// Leaves out what the model has refused in an earlier run.
    pub(super) fn recall(&self, optional: &'static [Optional], names: &[String]) {
        for what in optional.iter().filter(|one| one.for_all && names.iter().any(|name| name == one.name)) {
            self.put(what, true);
        }
    }

    fn put(&self, what: &'static Optional, refused: bool) {
        let mut all = self.lock();
        if !all.iter().any(|one| one.what == what) {
            all.push(Missing { what, refused });
        }
    }

    /// Changes in a body what is left out, and what this call is tried without.
    pub(super) fn take_from(&self, body: &mut Value, tried: &[&'static Optional]) {
        for one in self.lock().iter().map(|one| one.what).chain(tried.iter().copied()) {
            one.apply(body);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Missing>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first of these that an error refuses and that was sent.
pub(super) fn refused_by(
    error: &Value,
    optional: &'static [Optional],
    sent: impl Fn(&Optional) -> bool,
) -> Option<&'static Optional> {
    let error = error.get("error").filter(|error| error.is_object()).unwrap_or(error);
    let param = error.get("param").and_then(Value::as_str);
    let mut said = Vec::new();
    words_of(error, &mut said);
    let also = |one: &Optional| {
        let holds = |wanted: &&str| said.iter().any(|text| text.to_lowercase().contains(*wanted));
        one.also.is_empty() || one.also.iter().any(holds)
    };
    optional.iter().filter(|one| sent(one)).filter(|one| also(one)).find(|one| match param {
        Some(param) => one.words.contains(&param),
        None => one.words.iter().any(|word| said.iter().any(|text| has_word(text, word))),
    })
}

/// Every text in an error: servers wrap what refused them in what they like.
fn words_of<'e>(error: &'e Value, out: &mut Vec<&'e str>) {
    match error {
        Value::String(text) => out.push(text),
        Value::Array(items) => items.iter().for_each(|item| words_of(item, out)),
        Value::Object(fields) => fields.values().for_each(|value| words_of(value, out)),
        _ => {}
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
        Optional::parameter("temperature", "/temperature", &["temperature"]),
        Optional {
            name: "seed",
            at: "/config/seed",
            words: &["seed"],
            also: &[],
            change: Change::Remove,
            for_all: false,
        },
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
            json!({"error": "`temperature` must be strictly positive"}),
            json!({"message": {"detail": [{"loc": ["body", "temperature"], "msg": "Extra inputs are not permitted"}]}}),
        ] {
            let refused = refused_by(&error, &OPTIONAL, |_| true).unwrap();
            let mut body = json!({"temperature": 0, "config": {"seed": 1}});
            LeftOut::default().take_from(&mut body, &[refused]);
            assert_eq!(body, json!({"config": {"seed": 1}}), "{error}");
            // What was not sent is not what is refused.
            assert_eq!(refused_by(&error, &OPTIONAL, |one| one.name != "temperature"), None);
        }
        let both = json!({"error": {"message": "neither temperature nor seed is supported"}});
        assert_eq!(refused_by(&both, &OPTIONAL, |one| one.name != "temperature"), Some(&OPTIONAL[1]));
    }

    #[test]
    fn only_what_the_model_said_of_all_calls_is_kept() {
        let left = LeftOut::default();
        left.assume(&OPTIONAL, "temperature");
        left.add(&OPTIONAL[1]);
        assert_eq!((left.names(), left.refusals()), (vec!["temperature", "seed"], Vec::new()));
        let mut body = json!({"temperature": 0, "config": {"seed": 1}});
        left.take_from(&mut body, &[]);
        assert_eq!(body, json!({"config": {}}));
        let later = LeftOut::default();
        later.recall(&OPTIONAL, &["temperature".to_owned(), "seed".to_owned(), "else".to_owned()]);
        assert_eq!((later.names(), later.refusals()), (vec!["temperature"], vec!["temperature"]));
    }

    #[test]
    fn another_error_teaches_nothing() {
        for error in [
            json!({"error": {"param": "messages", "message": "temperature of the room"}}),
            json!({"error": {"message": "temperatures differ"}}),
            json!({"error": "temperatures"}),
            json!({"error": {"message": 3}}),
            Value::Null,
        ] {
            assert_eq!(refused_by(&error, &OPTIONAL, |_| true), None, "{error}");
        }
    }
}
