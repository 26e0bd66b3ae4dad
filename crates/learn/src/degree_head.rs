//! What is the tensor called that a degree loss adds to a model's store, and that is not part of the model?

/// The name of the classifier's weights, `[classes, hidden]`.
pub const DEGREE_HEAD: &str = "spo.degrees.weight";
