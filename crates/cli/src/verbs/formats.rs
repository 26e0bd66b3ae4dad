//! `predilect formats`: which formats are read and written?

use std::io::Write;

use predilect_data::{ExportFormat, Format};

use crate::problem::Problem;

pub(crate) fn run() -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "Read (detected, or forced with --format):")?;
    for (format, description) in Format::ALL {
        writeln!(out, "  {format:<22} {description}")?;
    }
    writeln!(out, "Written by `predilect export`:")?;
    for (format, description) in ExportFormat::ALL {
        writeln!(out, "  {format:<22} {description}")?;
    }
    Ok(())
}
