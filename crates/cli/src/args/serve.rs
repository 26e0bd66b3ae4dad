//! How a study is served: to whom, and where.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use predilect_workbench::sent::Bytes;

use super::read::ReadArgs;

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
    /// The largest file that can be sent from the page, with K, M, G or T behind the number
    #[arg(long, default_value = "512M", value_name = "SIZE")]
    pub(crate) max_upload: Bytes,
    /// Keep the studies of files that are sent from the page in this folder, and serve those that are there; else they go when the server ends
    #[arg(long, value_name = "DIR", conflicts_with = "read_only")]
    pub(crate) keep_uploads: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}
