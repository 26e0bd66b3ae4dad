use std::path::PathBuf;

/// What goes wrong between a model's files and the tokens of a text.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokensError {
    /// A file of the model's folder is missing or cannot be read.
    #[error("{path} cannot be read: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the model's folder is far larger than such files are.
    #[error("{path} has more than {limit} bytes")]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// How many bytes such a file may have.
        limit: u64,
    },
    /// A file of the model's folder does not contain what it should.
    #[error("{path} is not a valid file of its kind: {message}")]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        message: String,
    },
    /// The metadata of a GGUF file lack something that the tokenizer needs.
    #[error("the model file has no {0}")]
    Missing(&'static str),
    /// A value in the metadata of a GGUF file is not as it should be.
    #[error("{key} of the model file {message}")]
    Broken {
        /// The name of the value.
        key: &'static str,
        /// What is wrong with it.
        message: String,
    },
    /// A GGUF file whose tokenizer is of a kind that is not read here.
    #[error(
        "the model file has a tokenizer of the kind {0:?}, which is not read here; give the model's folder with its tokenizer.json"
    )]
    Kind(String),
    /// A GGUF file that splits texts by rules unknown here: other rules would give other tokens than the model learnt.
    #[error(
        "the model file splits texts by rules unknown here ({0:?}); give the model's folder with its tokenizer.json"
    )]
    Pretokenizer(String),
    /// The tokenizer fails on a text or on its own description.
    #[error("the tokenizer fails: {0}")]
    Tokenizer(String),
    /// The model has no chat template.
    #[error("the model has no chat template")]
    NoTemplate,
    /// The chat template cannot be parsed.
    #[error("the model's chat template cannot be read: {0}")]
    Template(String),
    /// The chat template cannot be filled in.
    #[error("the model's chat template cannot be filled in: {0}")]
    Render(String),
    /// The chat template does not end, or asks for more memory than any conversation needs.
    #[error("the model's chat template takes more time or memory than a conversation can need")]
    Endless,
    /// The chat template refuses a system message, and takes the conversation if its text begins the first user's message.
    #[error("the model's chat template refuses a system message: {0}")]
    SystemRefused(String),
    /// The chat template refuses the conversation, in its own words.
    #[error("the model's chat template refuses the conversation: {0}")]
    Refused(String),
    /// A conversation without messages.
    #[error("a conversation needs a message before its completion")]
    Empty,
}
