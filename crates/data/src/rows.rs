//! What are the records of a table, whatever they mean?

use std::path::Path;

use serde_json::{Map, Value};

use crate::container::sniff::recognise;
use crate::container::table::Table;
use crate::error::DataError;
use crate::options::ReadOptions;
use crate::sent::first_file;

/// The records of the first table in a CSV, Parquet or Arrow file or a JSON list, with their columns as they are; `None` for anything else, such as
/// JSON Lines, which are read line by line.
///
/// # Errors
///
/// When the file cannot be opened, is not a container of records, or has a record that cannot be read.
pub fn rows_of(path: &Path, options: &ReadOptions) -> Result<Option<Vec<Map<String, Value>>>, DataError> {
    let Some(mut opened) = first_file(path, options)? else { return Ok(None) };
    let (label, name) = (opened.label.clone(), opened.label.to_ascii_lowercase());
    let container = recognise(&mut opened, &name)?
        .map_err(|(problem, remedy)| DataError::input(&label, problem).with_remedy(remedy))?;
    let Some(mut table) = Table::open(opened, container, options.max_record_bytes)? else { return Ok(None) };
    let mut all = Vec::new();
    loop {
        let group = table.next_group(&label)?;
        if group.is_empty() {
            return Ok(Some(all));
        }
        for (at, row) in group {
            let mut row = row.map_err(|error| DataError::row(&label, at, error))?;
            let names: Vec<String> = row.names().map(str::to_owned).collect();
            all.push(names.into_iter().filter_map(|name| Some((name.clone(), row.take(&name)?))).collect());
        }
    }
}
