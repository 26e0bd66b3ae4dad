//! Which protocol do the batches of a provider speak?

/// Which protocol a provider's batches speak, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum BatchApi {
    /// The base address, with its version.
    OpenAi(String),
    /// The address of messages.
    Anthropic(String),
}
