//! Parts of a study's tables: pairs without their texts, a few pairs by their numbers, ratings by others than one annotator.

use std::collections::BTreeSet;
use std::fs::File;

use arrow_array::cast::AsArray;
use arrow_array::{BooleanArray, RecordBatch};
use arrow_schema::ArrowError;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowPredicateFn, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowFilter, RowSelection,
    RowSelector,
};
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaDataReader};
use predilect_types::{Pair, Rating};

use super::folder::Study;
use super::heavy::rows_at_once;
use super::table::{BATCH, BATCH_TEXT, TEXTS, TableReader, TableRow, damaged};
use crate::error::DataError;

type Builder = ParquetRecordBatchReaderBuilder<File>;

impl Study {
    /// The pairs without prompts and responses, which are most of the table: everything else is read.
    ///
    /// # Errors
    ///
    /// As [`Study::pairs`].
    pub fn pairs_without_texts(&self) -> Result<TableReader<Pair>, DataError> {
        let builder = self.builder::<Pair>()?;
        let all = builder.schema().fields().iter().enumerate();
        let kept: Vec<usize> =
            all.filter(|(_, field)| !TEXTS.contains(&field.name().as_str())).map(|(at, _)| at).collect();
        let mask = ProjectionMask::roots(builder.parquet_schema(), kept);
        self.reader(builder.with_projection(mask), true)
    }

    /// Names of the columns of a table of results.
    ///
    /// # Errors
    ///
    /// As [`Study::read_table`].
    pub fn table_fields(&self, table: &str) -> Result<BTreeSet<String>, DataError> {
        let path = self.table_path(table);
        let file = File::open(&path).map_err(|e| DataError::path_io(&path, "open", e))?;
        let builder = Builder::try_new(file).map_err(|e| damaged(&path, &e.to_string()))?;
        Ok(builder.schema().fields().iter().map(|field| field.name().clone()).collect())
    }

    /// How many rows a table has; `None` if it does not exist or cannot be read.
    pub fn count(&self, table: &str) -> Option<u64> {
        let file = File::open(self.table_path(table)).ok()?;
        let metadata = ParquetMetaDataReader::new().parse_and_finish(&file).ok()?;
        u64::try_from(metadata.file_metadata().num_rows()).ok()
    }

    /// Pairs by their numbers, which are ascending; the others are skipped.
    ///
    /// # Errors
    ///
    /// As [`Study::pairs`].
    pub fn some_pairs(&self, numbers: &[u32]) -> Result<Vec<(u32, Pair)>, DataError> {
        // Where pages begin, so that those without any of them are neither read nor decompressed.
        let options = ArrowReaderOptions::new().with_offset_index_policy(PageIndexPolicy::Optional);
        let builder = self.builder_with::<Pair>(options)?;
        // Row groups without any of them are not opened: of a large table, to step over them page by page takes most of the time.
        let (mut groups, mut selectors, mut wanted) =
            (Vec::new(), Vec::new(), Vec::with_capacity(numbers.len()));
        let (mut begin, mut passed, mut numbers) = (0, 0, numbers.iter().copied().peekable());
        for (group, metadata) in builder.metadata().row_groups().iter().enumerate() {
            let end = begin + usize::try_from(metadata.num_rows()).unwrap_or(0);
            let (mut next, before) = (begin, wanted.len());
            while let Some(number) = numbers.next_if(|number| (*number as usize) < end) {
                let at = number as usize;
                if at < next {
                    continue;
                }
                selectors.push(RowSelector::skip(passed + at - next));
                selectors.push(RowSelector::select(1));
                (next, passed) = (at + 1, 0);
                wanted.push(number);
            }
            if wanted.len() > before {
                groups.push(group);
                passed = end - next;
            }
            begin = end;
        }
        let builder = builder.with_row_groups(groups).with_row_selection(RowSelection::from(selectors));
        let mut found = Vec::with_capacity(wanted.len());
        for batch in self.reader::<Pair>(builder, false)? {
            found.extend(batch?);
        }
        Ok(wanted.into_iter().zip(found).collect())
    }

    /// The ratings by all annotators but one; those of that one are skipped without being read.
    ///
    /// # Errors
    ///
    /// As [`Study::pairs`].
    pub fn ratings_but(&self, annotator: &'static str) -> Result<TableReader<Rating>, DataError> {
        let builder = self.builder::<Rating>()?;
        let Ok(column) = builder.schema().index_of("annotator") else {
            return self.reader(builder, false);
        };
        let mask = ProjectionMask::roots(builder.parquet_schema(), [column]);
        let others = move |batch: RecordBatch| -> Result<BooleanArray, ArrowError> {
            let Some(names) = batch.column(0).as_string_opt::<i32>() else {
                // Another type than text: the reader says so.
                return Ok(vec![true; batch.num_rows()].into());
            };
            Ok(names.iter().map(|name| Some(name != Some(annotator))).collect())
        };
        let filter = RowFilter::new(vec![Box::new(ArrowPredicateFn::new(mask, others))]);
        self.reader(builder.with_row_filter(filter), false)
    }

    fn builder<T: TableRow>(&self) -> Result<Builder, DataError> {
        self.builder_with::<T>(ArrowReaderOptions::new())
    }

    fn builder_with<T: TableRow>(&self, options: ArrowReaderOptions) -> Result<Builder, DataError> {
        let file = self.open_table(T::TABLE)?;
        Builder::try_new_with_options(file, options.with_skip_arrow_metadata(true))
            .map_err(|e| damaged(&self.shown_path(T::TABLE), &e.to_string()))
    }

    fn reader<T: TableRow>(&self, builder: Builder, bare: bool) -> Result<TableReader<T>, DataError> {
        let shown = self.shown_path(T::TABLE);
        let rows = rows_at_once(builder.metadata(), BATCH_TEXT, BATCH);
        let reader = builder.with_batch_size(rows).build().map_err(|e| damaged(&shown, &e.to_string()))?;
        Ok(TableReader::over(reader, shown, bare))
    }
}
