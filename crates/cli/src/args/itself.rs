//! What can be asked of the program itself: what works here, what it reads, whether its ratings are valid.

use std::path::PathBuf;

use clap::Args;
use predilect_data::Format;

/// `predilect doctor`
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print JSON instead of a list
    #[arg(long)]
    pub(crate) json: bool,
}

/// `predilect validity`
#[derive(Debug, Args)]
pub(crate) struct ValidityArgs {
    /// Files of JSON lines with `higher`, `lower`, `property`, and where they are known `prompt`, `kind` and `source` (default: the pairs
    /// that come with Predilect)
    #[arg(value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Only this property; of files that name none, the property of all pairs
    #[arg(long, value_name = "ID")]
    pub(crate) property: Option<String>,
    /// Print JSON instead of a table
    #[arg(long)]
    pub(crate) json: bool,
}

/// `predilect formats`
#[derive(Debug, Args)]
pub(crate) struct FormatsArgs {
    /// Show this format: what identifies it, where each role is found, an example record
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<Format>,
    /// Print its recipe as TOML, to change it and read files by it with --mapping
    #[arg(long, requires = "name")]
    pub(crate) toml: bool,
    /// Print JSON instead of text
    #[arg(long)]
    pub(crate) json: bool,
}
