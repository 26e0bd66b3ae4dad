//! Where results go: standard output.

use std::io::Write;

use serde::Serialize;

use crate::problem::Problem;

/// Prints one JSON document on standard output.
pub(crate) fn print_json(value: &impl Serialize) -> Result<(), Problem> {
    let mut out = std::io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value).map_err(|e| Problem::from(std::io::Error::from(e)))?;
    writeln!(out)?;
    Ok(())
}

/// The width of the terminal within 40..=160 columns; 100 where there is none and `COLUMNS` does not say.
pub(crate) fn width() -> u16 {
    let from_env = || std::env::var("COLUMNS").ok().and_then(|c| c.parse().ok());
    let from_terminal = || terminal_size::terminal_size().map(|(width, _)| width.0);
    from_terminal().or_else(from_env).unwrap_or(100).clamp(40, 160)
}
