//! What a study folder contains: Parquet tables that any tool reads, and `study.toml` with what made them.
//!
//! Every file is written under a temporary name in the same folder, flushed to the disk, and renamed: a killed run leaves the old table or
//! the new one, never half of one.

mod bound;
mod column_error;
mod columns;
mod commit;
mod conform;
mod encoder;
mod folder;
mod heavy;
mod import;
mod imported;
mod leftovers;
mod lock;
mod manifest;
mod opened;
mod partly;
mod people;
mod results;
mod table;
mod tables;

pub use column_error::ColumnError;
pub use folder::Study;
pub use import::{Onto, import};
pub use lock::StudyLock;
pub use manifest::{ImportEntry, StudyToml};
pub use results::{BatchFile, arrow_bytes, parquet_bytes};
pub use table::{PairWriter, RatingWriter, TableReader, TableRow, TableWriter, VerdictWriter};
