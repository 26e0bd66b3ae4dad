//! What is a pair: one prompt or conversation with two responses.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Who speaks in a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions that precede the conversation.
    System,
    /// The person who asks.
    User,
    /// The model that answers.
    Assistant,
    /// Any other role a file names (`tool`, `function`, ...), kept as written.
    #[serde(untagged)]
    Other(String),
}

impl Role {
    /// The role as files write it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::System => "system",
            Self::User => "user",
            Self::Assistant => "assistant",
            Self::Other(name) => name,
        }
    }

    /// Reads a role as files write it, with the common synonyms (`human`, `gpt`, `bot`, `model`, `prompter`).
    pub fn parse(name: &str) -> Self {
        match name.to_ascii_lowercase().as_str() {
            "system" => Self::System,
            "user" | "human" | "prompter" => Self::User,
            "assistant" | "gpt" | "bot" | "model" | "chatbot" => Self::Assistant,
            _ => Self::Other(name.to_owned()),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One turn of a conversation.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: String,
}

impl Message {
    /// A user turn.
    pub fn user(content: impl Into<String>) -> Self {
        Self { role: Role::User, content: content.into() }
    }

    /// An assistant turn.
    pub fn assistant(content: impl Into<String>) -> Self {
        Self { role: Role::Assistant, content: content.into() }
    }
}

/// What one model answered: usually one assistant turn, in multi-turn data everything after the shared prompt.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Response {
    /// The turns after the shared prompt, user turns in between included.
    pub messages: Vec<Message>,
    /// The model that wrote it, where the file names it.
    pub model: Option<String>,
}

impl Response {
    /// A response of one assistant turn.
    pub fn new(text: impl Into<String>, model: Option<String>) -> Self {
        Self { messages: vec![Message::assistant(text)], model }
    }

    /// The text that is rated: all assistant turns, separated by a blank line.
    pub fn text(&self) -> Cow<'_, str> {
        if let [only] = self.messages.as_slice() {
            return Cow::Borrowed(&only.content);
        }
        let turns: Vec<&str> =
            self.messages.iter().filter(|m| m.role == Role::Assistant).map(|m| m.content.as_str()).collect();
        Cow::Owned(turns.join("\n\n"))
    }
}

/// Where a pair was read from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Provenance {
    /// The file as the user named it; `-` for standard input.
    pub source: Arc<str>,
    /// The format that read it.
    pub format: Arc<str>,
    /// The record's number in that file, counted from 1.
    pub record: u64,
}

/// One prompt (or conversation) with two responses, A and B.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
pub struct Pair {
    /// Unique within a study: the file's own id, or [`content_id`].
    pub id: String,
    /// What both responses answer; at least one turn, except in formats that carry no text.
    pub prompt: Vec<Message>,
    /// Response A.
    pub response_a: Response,
    /// Response B.
    pub response_b: Response,
    /// The category of the prompt, where the file names it.
    pub scenario: Option<String>,
    /// The prompt's language as an ISO 639-1 or 639-3 code or as the file writes it.
    pub language: Option<String>,
    /// Everything else worth keeping, by the file's own field names.
    pub metadata: BTreeMap<String, Value>,
    /// Where it was read.
    pub provenance: Provenance,
}

impl Pair {
    /// The prompt as one text: its only turn, or all turns with their role in front.
    pub fn prompt_text(&self) -> Cow<'_, str> {
        match self.prompt.as_slice() {
            [only] => Cow::Borrowed(&only.content),
            turns => Cow::Owned(
                turns.iter().map(|m| format!("{}: {}", m.role, m.content)).collect::<Vec<_>>().join("\n\n"),
            ),
        }
    }

    /// Whether both responses contain the same text, so that no property can distinguish them; false without any text.
    pub fn identical(&self) -> bool {
        self.has_text() && self.response_a.messages == self.response_b.messages
    }

    /// Whether either response has any text at all: bare votes have none.
    pub fn has_text(&self) -> bool {
        !self.response_a.messages.is_empty() || !self.response_b.messages.is_empty()
    }

    /// A group field's value: `scenario`, `language`, `model_a`, `model_b`, `source`, or a metadata field.
    pub fn field(&self, name: &str) -> Option<String> {
        match name {
            "scenario" => self.scenario.clone(),
            "language" => self.language.clone(),
            "model_a" => self.response_a.model.clone(),
            "model_b" => self.response_b.model.clone(),
            "source" => Some(self.provenance.source.to_string()),
            _ => match self.metadata.get(name)? {
                Value::Null => None,
                Value::String(text) => Some(text.clone()),
                other => Some(other.to_string()),
            },
        }
    }

    /// A group field's values: those of a list one by one, else the only one.
    pub fn fields(&self, name: &str) -> Vec<String> {
        match self.metadata.get(name) {
            Some(Value::Array(items)) if items.iter().all(Value::is_string) => {
                items.iter().filter_map(Value::as_str).map(str::to_owned).collect()
            }
            _ => self.field(name).into_iter().collect(),
        }
    }
}

/// An id from content alone: 16 hexadecimal digits (FNV-1a over 64 bits, finalised) of prompt, responses and models.
///
/// The same pair read from two files, or annotated by two judges, gets the same id.
pub fn content_id(prompt: &[Message], a: &Response, b: &Response) -> String {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    let mut feed = |bytes: &[u8]| {
        for byte in bytes.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for turns in [prompt, &a.messages, &b.messages] {
        for turn in turns {
            feed(turn.role.as_str().as_bytes());
            feed(turn.content.as_bytes());
        }
        feed(&[0xfe]);
    }
    for model in [&a.model, &b.model] {
        feed(model.as_deref().unwrap_or_default().as_bytes());
    }
    // FNV's low bits mix poorly; the finaliser of splitmix64 spreads them.
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    format!("{:016x}", hash ^ (hash >> 31))
}
