//! The objects of which conversations are made, and their maximum depth.

use serde_json::{Map, Value};

pub(super) type Object = Map<String, Value>;

/// Deeper nesting of conversations within conversations, and of content within content, is refused.
pub(super) const DEPTH: usize = 8;
