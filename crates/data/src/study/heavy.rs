//! How many rows of a table may be in memory at once?

use parquet::file::metadata::{ColumnChunkMetaData, ParquetMetaData, RowGroupMetaData};

/// As many rows as have so many bytes of text together where they have the most, at most `rows`; one at least.
pub(super) fn rows_at_once(table: &ParquetMetaData, bytes: u64, rows: usize) -> usize {
    let heaviest = table.row_groups().iter().map(per_row).max().unwrap_or(0).max(1);
    usize::try_from(bytes / heaviest).unwrap_or(rows).clamp(1, rows)
}

fn per_row(group: &RowGroupMetaData) -> u64 {
    let bytes: u64 = group.columns().iter().map(unpacked).sum();
    bytes / u64::try_from(group.num_rows()).unwrap_or(1).max(1)
}

/// The bytes of a column once it is read: a text of a dictionary counts for each row that has it, where the file says so.
fn unpacked(column: &ColumnChunkMetaData) -> u64 {
    let texts = column.unencoded_byte_array_data_bytes().unwrap_or(0);
    u64::try_from(column.uncompressed_size().max(texts)).unwrap_or(0)
}
