//! What JSON does a model's reply hold, however it wraps it?

use predilect_llm::{Answer, CallError, Fault, Finish};
use serde::Serialize;
use serde_json::{Map, Value};

/// How a reply could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Parse {
    /// As it was asked for.
    Clean,
    /// With prose or a code fence around it.
    Wrapped,
    /// A value was there but is none of those that were asked for.
    OffScale,
    /// The model refused.
    Refused,
    /// Cut off by the limit of tokens.
    Truncated,
    /// Nothing of the kind was found.
    Unreadable,
    /// The call itself failed.
    Failed,
}

impl Parse {
    /// Every way.
    pub const ALL: [Self; 7] = [
        Self::Clean,
        Self::Wrapped,
        Self::OffScale,
        Self::Refused,
        Self::Truncated,
        Self::Unreadable,
        Self::Failed,
    ];

    /// How a failed call counts.
    pub(crate) fn of_failure(error: &CallError) -> Self {
        if error.fault == Fault::Filtered { Self::Refused } else { Self::Failed }
    }

    /// How an answer counts in which nothing was found.
    pub(crate) fn of_unread(answer: &Answer) -> Self {
        match answer.finish {
            Finish::Refused => Self::Refused,
            Finish::Length => Self::Truncated,
            Finish::Stop => Self::Unreadable,
        }
    }

    /// Whether a value was read.
    pub fn is_read(self) -> bool {
        matches!(self, Self::Clean | Self::Wrapped)
    }

    /// The word in receipts and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Wrapped => "wrapped",
            Self::OffScale => "off_scale",
            Self::Refused => "refused",
            Self::Truncated => "truncated",
            Self::Unreadable => "unreadable",
            Self::Failed => "failed",
        }
    }
}

/// The JSON object of a reply: the whole reply, or the last object in it that has the field wanted.
///
/// The last one counts because reasoning comes before its conclusion. Objects that do not end are not guessed at.
pub fn json_object(text: &str, field: &str) -> Option<(Map<String, Value>, Parse)> {
    if let Ok(Value::Object(object)) = serde_json::from_str(text.trim()) {
        return object.contains_key(field).then_some((object, Parse::Clean));
    }
    let mut found = None;
    let mut at = 0;
    // Every object is read once from its brace on, so the time is linear in objects that are whole.
    while let Some(open) = text.get(at..).and_then(|rest| rest.find('{')) {
        let start = at + open;
        let rest = text.get(start..).unwrap_or_default();
        let mut stream = serde_json::Deserializer::from_str(rest).into_iter::<Value>();
        match stream.next() {
            Some(Ok(Value::Object(object))) => {
                at = start + stream.byte_offset().max(1);
                if object.contains_key(field) {
                    found = Some((object, Parse::Wrapped));
                }
            }
            _ => at = start + 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn objects_are_found_in_whatever_surrounds_them() {
        let value = |text| json_object(text, "v").map(|(object, parse)| (object["v"].clone(), parse));
        assert_eq!(value(r#" {"v": "A"} "#), Some(("A".into(), Parse::Clean)));
        assert_eq!(value("```json\n{\"v\": \"A\"}\n```"), Some(("A".into(), Parse::Wrapped)));
        assert_eq!(
            value(r#"Set {1, 2}: I say {"v": "A"}, no, {"v": "B"}."#),
            Some(("B".into(), Parse::Wrapped))
        );
        assert_eq!(value(r#"{"w": {"v": 1}}"#), None);
        assert_eq!(value(r#"{"v": "A"#), None);
        assert_eq!(value(""), None);
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*|[{}\\[\\]\":,a-z0-9 ]*") {
            let _ = json_object(&text, "v");
        }
    }
}
