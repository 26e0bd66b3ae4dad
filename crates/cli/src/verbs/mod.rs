//! The verbs, one file each.

pub(crate) mod annotate;
pub(crate) mod compare;
pub(crate) mod dissect;
pub(crate) mod doctor;
pub(crate) mod explain;
pub(crate) mod export;
pub(crate) mod fit;
pub(crate) mod formats;
pub(crate) mod import;
pub(crate) mod judge;
pub(crate) mod rank;
pub(crate) mod rerun;
#[cfg(feature = "serve")]
pub(crate) mod serve;
pub(crate) mod shell;
pub(crate) mod steer;
#[cfg(feature = "train")]
pub(crate) mod train;
pub(crate) mod validity;
pub(crate) mod verify;

/// The command as typed, with the program's name instead of its path.
fn command() -> Vec<String> {
    std::iter::once("predilect".to_owned()).chain(std::env::args().skip(1)).collect()
}
