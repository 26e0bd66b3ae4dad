//! To which import does a table belong?

use std::fs::File;
use std::path::Path;

use parquet::file::metadata::ParquetMetaDataReader;

/// The table of pairs, of which all others are.
pub(super) const PAIRS: &str = "pairs";

/// The tables that an import writes; all others are made of them.
pub(super) const IMPORTED: [&str; 2] = [PAIRS, "verdicts"];

/// The key under which a table names its import.
pub(super) const IMPORT: &str = "predilect.import";

/// The import that a table belongs to; `None` if it does not say, as when another tool has written it.
pub(super) fn import_of(path: &Path) -> Option<String> {
    import_in(&File::open(path).ok()?)
}

/// The same of a table that is open.
pub(super) fn import_in(file: &File) -> Option<String> {
    let metadata = ParquetMetaDataReader::new().parse_and_finish(file).ok()?;
    let entries = metadata.file_metadata().key_value_metadata()?;
    entries.iter().find(|entry| entry.key == IMPORT)?.value.clone()
}
