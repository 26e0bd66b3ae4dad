//! How a study is served: to whom, and where.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;

use super::ReadArgs;

/// `predilect serve`
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags are independent of each other")]
pub(crate) struct ServeArgs {
    /// Studies, and preference files that are read together (default: the examples alone)
    #[arg(value_name = "STUDY|FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// The port; 0 takes a free one
    #[arg(long, default_value_t = 4870, value_name = "N")]
    pub(crate) port: u16,
    /// The address to listen at; others than this machine can only reach one that is not 127.0.0.1, and need the token
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub(crate) host: IpAddr,
    /// What whoever asks must know, at least 16 characters (it can also stand in the variable `PREDILECT_TOKEN`, where no list of processes
    /// shows it)
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// A name by which others reach this machine, beside its address, such as that of a proxy (repeatable)
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Do not open a browser
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Let the page ask language models for verdicts and ratings, which can cost money; keys come from the environment
    #[arg(long, conflicts_with = "read_only")]
    pub(crate) runs: bool,
    /// Nothing can be changed from the page
    #[arg(long)]
    pub(crate) read_only: bool,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}
