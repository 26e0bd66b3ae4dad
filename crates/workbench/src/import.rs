//! How do files become a study?

use std::path::{Path, PathBuf};

use predilect_data::{Onto, ReadOptions, Study};
use predilect_types::ReadSummary;

use crate::error::Result;
use crate::watch::{Event, Step, Watch};

/// Reads files into a study.
///
/// # Errors
///
/// Those of [`predilect_data::import`].
pub fn import(
    inputs: &[PathBuf],
    options: &ReadOptions,
    folder: &Path,
    onto: Onto,
    watch: &dyn Watch,
) -> Result<(Study, ReadSummary)> {
    watch.event(Event::Begin(Step::Reading, None));
    let mut source = String::new();
    let (mut before, mut total) = (0, 0);
    let mut last = (0, 0);
    let done = predilect_data::import(inputs, options, folder, onto, &mut |p| {
        if source != p.source {
            // The size of earlier files stays in the sum.
            before += last.0;
            total += last.1;
            p.source.clone_into(&mut source);
        }
        last = (p.bytes_read, p.bytes_total.unwrap_or(p.bytes_read));
        watch.event(Event::Total(total + last.1));
        watch.event(Event::At(before + last.0));
    });
    watch.event(Event::End);
    Ok(done?)
}
