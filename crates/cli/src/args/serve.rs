//! How a study is served: to whom, and where.

use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use predilect_workbench::sent::Bytes;

use super::number::whole;
use super::read::{ExampleArg, ReadArgs};

/// `predilect serve`
#[derive(Debug, Args)]
#[allow(clippy::struct_excessive_bools, reason = "flags are independent of each other")]
pub(crate) struct ServeArgs {
    /// Studies, and preference files that are read together (default: the examples alone)
    #[arg(value_name = "STUDY|FILE")]
    pub(crate) inputs: Vec<PathBuf>,
    /// Open the page of an example that comes with Predilect: llmfao or local-judge (both are always served)
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "llmfao", value_name = "EXAMPLE")]
    pub(crate) example: Option<ExampleArg>,
    /// The port; 0 picks a free one
    #[arg(long, default_value_t = 4870, value_name = "N", value_parser = whole::<u16>(0..=65_535))]
    pub(crate) port: u16,
    /// The address to listen on; at 127.0.0.1 only this machine can reach the page, at any other address a token is needed
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS", value_parser = address)]
    pub(crate) host: IpAddr,
    /// The secret that visitors must know, at least 16 characters (better set in the variable `PREDILECT_TOKEN`, where no list of processes
    /// shows it)
    #[arg(long, value_name = "TOKEN")]
    pub(crate) token: Option<String>,
    /// Another name by which this machine is reached, such as that of a proxy (repeatable)
    #[arg(long = "name", value_name = "NAME")]
    pub(crate) names: Vec<String>,
    /// Do not open a browser
    #[arg(long)]
    pub(crate) no_open: bool,
    /// Let the page ask language models for verdicts and ratings, which can cost money; keys come from the environment
    #[arg(long, conflicts_with = "read_only")]
    pub(crate) runs: bool,
    /// Allow no changes from the page
    #[arg(long)]
    pub(crate) read_only: bool,
    /// The largest file that can be sent from the page; the number may end in K, M, G or T
    #[arg(long, default_value = "512M", value_name = "SIZE")]
    pub(crate) max_upload: Bytes,
    /// Keep studies made of files sent from the page in this folder, and serve those already in it; otherwise they are deleted when the server ends
    #[arg(long, value_name = "DIR", conflicts_with = "read_only")]
    pub(crate) keep_uploads: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) read: ReadArgs,
}

fn address(text: &str) -> Result<IpAddr, String> {
    text.parse().map_err(|_| format!("`{text}` is not an IP address, such as 127.0.0.1 or 0.0.0.0"))
}
