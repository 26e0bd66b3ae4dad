//! What is known of the validity of ratings: where figures are kept, and what is said of them.

use std::path::{Path, PathBuf};

use predilect_annotate::judge::Orders;
use predilect_data::{Study, StudyToml};
use predilect_validity::Figures;

use crate::error::{Error, Result};
use crate::files::write_own;

/// The file of figures in the user's own folder.
pub const FIGURES: &str = "figures.json";

/// The file of a study that says how valid its annotators' ratings are, as far as that was known when they were made.
pub const OF_STUDY: &str = "validity.json";

/// How ratings from text are asked for: there is one way.
pub const TEXT: &str = "text";

/// How a model is asked, in words: figures apply to that way only.
pub fn of_model(method: &str, single: bool, orders: &str) -> String {
    if single {
        return format!("{method}, each response alone");
    }
    let order =
        if orders == Orders::Both.as_str() { String::new() } else { format!(" in one order ({orders})") };
    format!("{method}, both responses{order}")
}

/// How an annotator of a study was asked; `None` if the study did not ask it, as with imported ratings.
pub fn way(study: &StudyToml, annotator: &str) -> Option<String> {
    if annotator == TEXT {
        return Some(TEXT.to_owned());
    }
    let step = study.steps.get(&format!("annotate {annotator}"))?;
    let orders = step.get("orders").and_then(|orders| orders.as_str()).unwrap_or(Orders::Both.as_str());
    Some(of_model(step.get("method")?.as_str()?, step.get("single")?.as_bool()?, orders))
}

/// Where the user's own figures are, by the XDG base directories.
pub fn own_folder() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let data = set("XDG_DATA_HOME")
        .or_else(|| set("HOME").or_else(|| set("USERPROFILE")).map(|home| home.join(".local").join("share")));
    data.map(|data| data.join("predilect").join("validity"))
}

/// All figures that are known here: those that come with Predilect and the user's own.
pub fn known() -> Figures {
    let own = own_folder().and_then(|folder| std::fs::read_to_string(folder.join(FIGURES)).ok());
    // A file that cannot be read must not keep anything from being rated.
    own.and_then(|text| Figures::shipped().with(&text).ok()).unwrap_or_else(Figures::shipped)
}

/// The figures of a study's annotators and those of text.
pub fn of_study(study: &Study) -> Figures {
    // What was measured since the study was annotated counts for what it does not know itself.
    let own = std::fs::read_to_string(study.folder().join(OF_STUDY)).ok();
    own.and_then(|text| known().with(&text).ok()).unwrap_or_else(known)
}

/// Keeps in a study what is known of an annotator.
///
/// # Errors
///
/// When the file cannot be read or written.
pub fn note(study: &Study, known: &Figures, annotator: &str, how: &str) -> Result<()> {
    let path = study.folder().join(OF_STUDY);
    let mut figures = std::fs::read_to_string(&path)
        .ok()
        .and_then(|text| Figures::default().with(&text).ok())
        .unwrap_or_default();
    let rows = known.rows(annotator, how);
    // What the study knows of the same way of asking stays if nothing else is known here.
    if rows.is_empty() && (figures.knows(annotator, how) || !figures.knows_any(annotator)) {
        return Ok(());
    }
    figures.forget(annotator);
    figures.note(annotator, how, &rows);
    write_own(&path, figures.own().as_bytes())
}

/// Adds to a folder's figures what was measured.
///
/// # Errors
///
/// When the file cannot be read or written.
pub fn keep<'a>(
    folder: &Path,
    found: impl IntoIterator<Item = (&'a str, &'a str, &'a [predilect_validity::Validity])>,
) -> Result<()> {
    let path = folder.join(FIGURES);
    let mut figures = match std::fs::read_to_string(&path) {
        Ok(text) => Figures::default().with(&text).map_err(|e| {
            Error::new(format!("{} cannot be read: {e}", path.display())).words("move it away")
        })?,
        Err(_) => Figures::default(),
    };
    for (annotator, how, rows) in found {
        figures.note(annotator, how, rows);
    }
    write_own(&path, figures.own().as_bytes())
}
