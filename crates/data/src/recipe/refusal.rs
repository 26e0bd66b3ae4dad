//! Why no recipe follows from the names and values of columns.

/// Why no recipe can be found for a file.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Refusal {
    pub(crate) problem: String,
    pub(crate) remedy: String,
    /// Whether the file contains preferences, so that it must not be passed over.
    pub(crate) certain: bool,
    /// Flags to start from.
    pub(crate) start: Vec<String>,
}
