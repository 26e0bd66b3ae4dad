//! Runs that were begun and have not ended well: a short list in the folder of their study, so that whoever opens it next can have them
//! resumed. What was answered is in the log of calls, whether or not a run is in the list.

use std::fs::File;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use predilect_data::NewFile;
use serde_json::Value;

use crate::error::{Error, Result};

/// The name of the list.
const FILE: &str = "unfinished.json";
/// Runs in the list; the oldest goes when another is begun.
const MOST: usize = 20;
/// Size limit of a list in bytes; a longer file is not one.
const BYTES: u64 = 1 << 20;

/// Held by who changes a list.
static CHANGING: Mutex<()> = Mutex::new(());

/// The runs of a study that have not ended well, each as it was asked for, the newest last; none where the list is missing or cannot be
/// read.
#[must_use]
pub fn unfinished(study: &Path) -> Vec<Value> {
    let mut text = Vec::new();
    let read = File::open(study.join(FILE)).and_then(|file| file.take(BYTES).read_to_end(&mut text));
    let found = read.ok().and_then(|_| serde_json::from_slice(&text).ok());
    found.unwrap_or_default()
}

/// Puts a run on the list.
///
/// # Errors
///
/// When the list cannot be written.
pub fn begun(study: &Path, run: &Value) -> Result<()> {
    changed(study, run, |runs| runs.push(run.clone()))
}

/// Takes a run off the list.
///
/// # Errors
///
/// When the list cannot be written.
pub fn ended(study: &Path, run: &Value) -> Result<()> {
    changed(study, run, |_| {})
}

fn changed(study: &Path, run: &Value, change: impl FnOnce(&mut Vec<Value>)) -> Result<()> {
    let _changing = CHANGING.lock().unwrap_or_else(PoisonError::into_inner);
    let mut runs = unfinished(study);
    let before = runs.clone();
    runs.retain(|other| other != run);
    change(&mut runs);
    runs.drain(..runs.len().saturating_sub(MOST));
    if runs == before {
        return Ok(());
    }
    let path = study.join(FILE);
    if runs.is_empty() {
        return std::fs::remove_file(&path).map_err(|error| failed(&path, &error));
    }
    let mut file = NewFile::of(&path)?;
    let text = serde_json::to_vec_pretty(&runs).unwrap_or_default();
    file.write_all(&text).map_err(|error| failed(&path, &error))?;
    Ok(file.finish()?)
}

fn failed(path: &Path, error: &std::io::Error) -> Error {
    Error::new(format!("the list of unfinished runs cannot be changed: {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_run_is_in_the_list_once_until_it_ends() {
        let folder = tempfile::tempdir().expect("a folder");
        let study = folder.path();
        let [one, other] = [json!({"model": "a"}), json!({"model": "b"})];
        assert!(unfinished(study).is_empty());
        for run in [&one, &other, &one] {
            begun(study, run).expect("written");
        }
        assert_eq!(unfinished(study), [other.clone(), one.clone()]);
        ended(study, &one).expect("written");
        assert_eq!(unfinished(study), std::slice::from_ref(&other));
        ended(study, &other).expect("removed");
        assert!(unfinished(study).is_empty() && !study.join(FILE).exists());
        ended(study, &other).expect("it is not there");
        std::fs::write(study.join(FILE), "[{").expect("written");
        assert!(unfinished(study).is_empty(), "what is broken is no list");
    }
}
