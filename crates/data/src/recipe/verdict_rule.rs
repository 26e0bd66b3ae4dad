//! How does a recipe say where one verdict of a record is found, and which values mean what?

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::one_or_many::{self, is_default};
use super::path::Path;

/// How one verdict of a record is found. Exactly one of `field`, `higher`, `lower`, `share` and `one_hot` says where.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct VerdictRule {
    /// A list (or an object by name) with one verdict in each element; the other paths are then within an element.
    /// The name in an object is its `key`, an element that is not an object its `value`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<Path>,
    /// The field that names the winner or grades both.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<Path>,
    /// Values that mean A. Without any values the common words are read (`model_a`, `Response A`, `left`, `tie`, ...).
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::values")]
    pub a: Vec<Value>,
    /// Values that mean B.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::values")]
    pub b: Vec<Value>,
    /// Values that mean a tie.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::values")]
    pub tie: Vec<Value>,
    /// Values that mean that both are bad.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::values")]
    pub both_bad: Vec<Value>,
    /// Values that mean that both are good.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::values")]
    pub both_good: Vec<Value>,
    /// Values that mean that there is no verdict.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::values")]
    pub nothing: Vec<Value>,
    /// Graded values and the probability of A that each means.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub graded: BTreeMap<String, f64>,
    /// Whether `field` names the response that lost, or is the rank of a response in a record by itself.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub loses: bool,
    /// A number between two ends: the one that means A and the one that means B.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scale: Option<Scale>,
    /// Two scores (two fields, or one field with a list of two): the larger one wins.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub higher: Vec<Path>,
    /// Two ranks or costs: the smaller one wins.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub lower: Vec<Path>,
    /// How many votes each response has, and how many a tie has: the verdict is the share of A's, a tie counts half.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub share: Vec<Path>,
    /// Fields of which one is 1: for A, for B, for a tie, for both bad.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub one_hot: Vec<Path>,
    /// A field that makes the verdict a tie if it has one of `tie_values`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tie_field: Option<Path>,
    /// See `tie_field`; `true` unless given.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::values")]
    pub tie_values: Vec<Value>,
    /// Who judged by this rule: a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub judge_name: Option<String>,
    /// Who judged by this rule: a field.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub judge: Vec<Path>,
    /// The person who gave it: a field.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub annotator: Vec<Path>,
    /// What the values call A and B: two fields of the record, such as the ids of two options.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub names: Vec<Path>,
    /// By which criterion: a field of the element of `each`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criterion_field: Option<Path>,
    /// By which criterion: a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub criterion: Option<String>,
    /// A field that must have one of `where_values`, else the verdict does not count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub where_field: Option<Path>,
    /// See `where_field`.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::values")]
    pub where_values: Vec<Value>,
    /// Fields that are kept as its receipt.
    #[serde(skip_serializing_if = "Vec::is_empty", with = "one_or_many::paths")]
    pub receipt: Vec<Path>,
    /// The right answer, which belongs to the pair: repeated by another file it is the same one.
    #[serde(skip_serializing_if = "is_default")]
    pub gold: bool,
    /// The responses were shown in the order A, B.
    #[serde(skip_serializing_if = "is_default")]
    pub shown_ab: bool,
}

impl VerdictRule {
    /// The field that it cannot do without.
    pub(crate) fn place(&self) -> Option<&Path> {
        self.each
            .as_ref()
            .or(self.field.as_ref())
            .or(self.higher.first())
            .or(self.lower.first())
            .or(self.share.first())
            .or(self.one_hot.first())
    }
}

/// The two ends of a number that grades both responses.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scale {
    /// The number that means that A is clearly better.
    pub a: f64,
    /// The number that means that B is clearly better.
    pub b: f64,
    /// Whether the number in the middle is a tie; else it is an even chance.
    #[serde(default, skip_serializing_if = "is_default")]
    pub tie: bool,
    /// The record already says that A is preferred: a number on B's half contradicts it.
    #[serde(default, skip_serializing_if = "is_default")]
    pub of_chosen: bool,
}
