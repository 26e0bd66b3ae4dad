//! How a run that leaves a result ends: the page, then JSON or tables, then why it stopped.

use std::io;

use predilect_results::Written;
use predilect_workbench::Ran;
use predilect_workbench::files::write_file;
use serde::Serialize;
use serde_json::Value;

use crate::args::ShowArgs;
use crate::output::print_json;
use crate::problem::Problem;
use crate::say::say;

/// How a result is shown.
pub(crate) struct Shown<T> {
    /// What was asked, for JSON.
    pub(crate) options: Value,
    pub(crate) html: fn(&T) -> String,
    pub(crate) terminal: fn(&T, &mut dyn io::Write) -> io::Result<()>,
}

/// A request as results carry it: its verb, and what was said.
pub(crate) fn asked(verb: &str, request: &impl Serialize) -> Result<Value, Problem> {
    let mut options =
        serde_json::to_value(request).map_err(|e| Problem::new(format!("options cannot be written: {e}")))?;
    if let Some(options) = options.as_object_mut() {
        options.retain(|_, value| !value.is_null());
        options.insert("verb".to_owned(), verb.into());
    }
    Ok(options)
}

/// Shows what was found.
pub(crate) fn show<T: Serialize>(
    found: &T,
    shown: &Shown<T>,
    args: &ShowArgs,
    quiet: bool,
) -> Result<(), Problem> {
    if let Some(page) = &args.html {
        write_file(page, (shown.html)(found).as_bytes())?;
        if !quiet {
            say!("report: {}", page.display());
        }
    }
    if args.json {
        return print_json(&Written::new(found).asked(shown.options.clone()));
    }
    Ok((shown.terminal)(found, &mut anstream::stdout().lock())?)
}

/// Shows what a run found, and ends as it did.
pub(crate) fn end<T: Serialize>(
    ran: Ran<T>,
    shown: &Shown<T>,
    args: &ShowArgs,
    quiet: bool,
) -> Result<(), Problem> {
    show(&ran.found, shown, args, quiet)?;
    ran.stopped.map_or(Ok(()), |stopped| Err(stopped.into()))
}
