//! What is asked of a model, and what it answers.

use predilect_types::Message;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One question. Everything that can change the answer is in it or in the model's name, and so in the key of the call log.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The conversation so far; the last turn is the user's.
    pub messages: Vec<Message>,
    /// What kind of answer is wanted.
    pub want: Want,
    /// The most tokens the answer may have; those that a model writes for itself before it do not count
    /// ([`Model::token_budget`](crate::Model::token_budget)).
    pub max_tokens: u32,
    /// 0: the most probable answer. Models that take no temperature are asked without ([`Model::remarks`](crate::Model::remarks)).
    pub temperature: f64,
    /// Seed of sampling, where the provider takes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// The least probability that continuations must have together to be an answer: below it, the model wants to say something else.
pub const LEAST_MASS: f64 = 1e-3;

/// What kind of answer is wanted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Want {
    /// Any text.
    Text,
    /// JSON that fits a schema, enforced as far as the schema says and the provider can.
    Json(Schema),
    /// The probabilities of these continuations, each one token, as the next token.
    Next(Vec<String>),
    /// The score that a reward model gives the conversation; the text of the answer is the number.
    Score,
    /// How probable the model finds these tokens from one place on, each after all that come before it. There is no conversation then.
    LogProbs {
        /// By the model's own vocabulary.
        tokens: Vec<u32>,
        /// How many come before.
        from: usize,
    },
}

/// A JSON schema with a name, as providers ask for it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Schema {
    /// Letters, digits and underscores.
    pub name: String,
    /// The schema.
    pub schema: Value,
    /// How far the provider is to enforce it.
    #[serde(default)]
    pub enforce: Enforce,
}

/// How far a provider is to enforce a JSON schema; not every server knows how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Enforce {
    /// The schema itself.
    #[default]
    Schema,
    /// That it is a JSON object.
    Object,
    /// Not at all: the schema is only part of the prompt.
    Nothing,
}

impl Enforce {
    /// Every choice with its name.
    pub const ALL: [(Self, &'static str); 3] =
        [(Self::Schema, "schema"), (Self::Object, "object"), (Self::Nothing, "nothing")];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        Self::ALL.iter().find(|(enforce, _)| *enforce == self).map_or("", |(_, name)| name)
    }
}

/// One answer.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Answer {
    /// The text.
    pub text: String,
    /// Why it ends.
    pub finish: Finish,
    /// For [`Want::Next`]: the natural logarithm of each continuation's probability, in their order; `None` for one that the provider does
    /// not report, which is then less probable than all reported ones. For [`Want::LogProbs`]: the sum over the tokens, alone.
    pub next: Vec<Option<f64>>,
    /// Tokens read and written.
    pub usage: Usage,
}

/// Why an answer ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Finish {
    /// The model was done.
    #[default]
    Stop,
    /// The most tokens were reached: the text is cut off.
    Length,
    /// The model refused, in the provider's own words.
    Refused,
}

/// Tokens of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    pub input: u64,
    /// Of these, tokens that the provider still knew from an earlier call.
    pub cached: u64,
    /// Of these, tokens that it stored for later calls, where it charges more for that.
    #[serde(default)]
    pub stored: u64,
    /// Tokens written.
    pub output: u64,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input: self.input + other.input,
            cached: self.cached + other.cached,
            stored: self.stored + other.stored,
            output: self.output + other.output,
        }
    }
}

impl Request {
    /// The same, with its JSON schema, if it has one, enforced that far.
    #[must_use]
    pub fn enforcing(mut self, enforce: Enforce) -> Self {
        if let Want::Json(schema) = &mut self.want {
            schema.enforce = enforce;
        }
        self
    }

    /// An upper bound on the tokens that any model reads: a token has at least one byte, and a schema may be put into the prompt.
    pub fn most_input_tokens(&self) -> u64 {
        let schema = match &self.want {
            Want::Json(schema) => schema.schema.to_string().len() as u64,
            Want::LogProbs { tokens, .. } => tokens.len() as u64,
            Want::Text | Want::Next(_) | Want::Score => 0,
        };
        self.messages.iter().map(|turn| turn.content.len() as u64 + 16).sum::<u64>() + schema + 64
    }
}
