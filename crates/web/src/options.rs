//! What is served, where, and to which clients.

use std::net::IpAddr;
use std::path::PathBuf;

use predilect_workbench::ReadOptions;

/// What is served, where, and to which clients.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Studies, and files that are read together; the examples are always there.
    pub given: Vec<PathBuf>,
    /// How files are read.
    pub read: ReadOptions,
    /// The same in words of the command line.
    pub read_words: Vec<String>,
    /// The address; by default 127.0.0.1.
    pub host: IpAddr,
    /// The port; 0 takes a free one.
    pub port: u16,
    /// What a client must know; needed if other machines can connect.
    pub token: Option<String>,
    /// Names by which others reach this machine, in addition to its address.
    pub names: Vec<String>,
    /// Whether models may be asked from the page, which can cost money.
    pub runs: bool,
    /// Whether the page is read-only.
    pub read_only: bool,
    /// The largest file in bytes that can be sent from the page.
    pub max_upload: u64,
    /// Where studies of uploaded files are kept; `None`: they are deleted when the server ends.
    pub keep_uploads: Option<PathBuf>,
    /// The folder of the list of recently opened studies; `None`: there is no list.
    pub state: Option<PathBuf>,
}

/// The largest file that can be sent, unless another size is given: 512 MiB.
pub const MAX_UPLOAD: u64 = 512 << 20;

impl Default for ServeOptions {
    fn default() -> Self {
        Self {
            given: Vec::new(),
            read: ReadOptions::default(),
            read_words: Vec::new(),
            host: IpAddr::from([127, 0, 0, 1]),
            port: 4870,
            token: None,
            names: Vec::new(),
            runs: false,
            read_only: false,
            max_upload: MAX_UPLOAD,
            keep_uploads: None,
            state: None,
        }
    }
}
