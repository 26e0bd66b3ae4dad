//! Studies of pairs that were made here: responses written to order, responses that were edited. Such a folder is a study like any other,
//! so that its pairs are judged, rated, dissected and shown by the same means.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use predilect_data::{Onto, ReadOptions, Study, StudyLock};
use predilect_results::{SCHEMA, Written};
use predilect_types::{Message, Pair, Response, Role, Verdict};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::call_log;
use crate::error::{Error, Remedy, Result};
use crate::files::write_own;
use crate::import::import;
use crate::slice::SliceOptions;
use crate::studies::{CALLS, Chosen, is_study};
use crate::watch::Watch;

/// Where a study of `steer` keeps what it found.
pub const STEERING: &str = "steering.json";
/// Where a study of `verify` keeps what it found.
pub const VERIFYING: &str = "verifying.json";
/// The largest such file that is read, in bytes.
const LARGEST: u64 = 64 << 20;

/// The file of the pairs, in the format `pairs`.
const PAIRS: &str = "pairs.jsonl";

/// A folder in which pairs are made.
#[derive(Debug)]
pub struct Laboratory {
    folder: PathBuf,
    /// The file with the settings of what made them.
    settings: PathBuf,
}

impl Laboratory {
    /// Opens a folder that is new, empty or was made by the same `verb` with the same `fixed` settings; others of them may change.
    ///
    /// # Errors
    ///
    /// When the folder contains another study, or pairs that were made in another way, and when it cannot be written.
    pub fn open(folder: &Path, verb: &str, settings: &Value, fixed: &[&str]) -> Result<Self> {
        let own = Self { folder: folder.to_owned(), settings: folder.join(format!("{verb}.json")) };
        let begun = own.settings.is_file();
        let empty = fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
        if !begun && !empty && !is_study(folder) {
            return Err(Error::new(format!("{} contains files that are not from {verb}", folder.display()))
                .remedy(Remedy::OtherPlace));
        }
        if !begun && is_study(folder) {
            return Err(Error::new(format!("{} contains a study of other data", folder.display()))
                .remedy(Remedy::OtherPlace));
        }
        if let Some(other) = own.settings().and_then(|kept| {
            // What an older version did not keep may be the same.
            let other = |name: &&&str| kept.get(**name).is_some_and(|own| Some(own) != settings.get(**name));
            fixed.iter().find(other).map(|name| (*name).to_owned())
        }) {
            return Err(Error::new(format!(
                "{} was made with another `{other}`, and its results would be lost",
                folder.display()
            ))
            .remedy(Remedy::OtherPlace));
        }
        Ok(own)
    }

    /// Notes the settings, and takes the right to write until it is dropped.
    ///
    /// # Errors
    ///
    /// When another process is writing, or the folder cannot be written.
    pub fn hold(&self, verb: &str, settings: &Value) -> Result<StudyLock> {
        let lock = Study::create(&self.folder)?.lock(verb)?;
        self.note(settings)?;
        Ok(lock)
    }

    /// Notes the settings again, for whoever holds the right to write.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn note(&self, settings: &Value) -> Result<()> {
        let text = serde_json::to_string_pretty(settings).unwrap_or_default() + "\n";
        write_own(&self.settings, text.as_bytes())
    }

    /// The settings that were noted; `None` if there are none, or none that can be read.
    pub fn settings(&self) -> Option<Value> {
        serde_json::from_str(&fs::read_to_string(&self.settings).ok()?).ok()
    }

    /// What all calls in its log have cost in US dollars; `None` if no price is known.
    ///
    /// # Errors
    ///
    /// When the log cannot be read.
    pub fn paid(&self) -> Result<Option<f64>> {
        let prices = call_log::prices(&self.folder)?;
        Ok((!prices.is_empty()).then(|| {
            // The order of a map must not show in the last digits.
            let mut all: Vec<f64> = prices.into_values().collect();
            all.sort_unstable_by(f64::total_cmp);
            all.iter().sum()
        }))
    }

    /// Copies the log of calls into another folder, for a forecast there; nothing without one.
    ///
    /// # Errors
    ///
    /// When it cannot be copied.
    pub fn lend_log(&self, to: &Path) -> Result<()> {
        // What is not in the file yet is in the write-ahead log beside it.
        for name in [CALLS.to_owned(), format!("{CALLS}-wal")] {
            let from = self.folder.join(&name);
            if from.is_file() {
                fs::copy(&from, to.join(&name)).map_err(|e| {
                    Error::new(format!("{}: {}", from.display(), e.kind())).remedy(Remedy::OtherPlace)
                })?;
            }
        }
        Ok(())
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a study of these pairs. If it has the same pairs, nothing happens, and verdicts on them stay; else its tables are written
    /// again: whatever models have answered is still in the log.
    ///
    /// # Errors
    ///
    /// When the folder cannot be written.
    pub fn put(&self, pairs: &[Pair], watch: &dyn Watch) -> Result<Study> {
        let mut text = Vec::new();
        for pair in pairs {
            let written = serde_json::to_writer(&mut text, &record(pair));
            written.map_err(|e| Error::new(format!("a pair cannot be written: {e}")))?;
            let _ = text.write_all(b"\n");
        }
        let path = self.folder.join(PAIRS);
        if is_study(&self.folder) && fs::read(&path).is_ok_and(|kept| kept == text) {
            return Ok(Study::open(&self.folder)?);
        }
        write_own(&path, &text)?;
        // What responses say must not make another format of it.
        let options =
            ReadOptions { without_verdicts: true, format: "pairs".parse().ok(), ..ReadOptions::default() };
        let (study, read) = import(&[path], &options, &self.folder, Onto::Replace, watch)?;
        if read.pairs as usize != pairs.len() {
            return Err(Error::new(format!("of {} pairs, {} could be kept", pairs.len(), read.pairs)));
        }
        Ok(study)
    }
}

/// A pair as the format `pairs` has it.
fn record(pair: &Pair) -> Value {
    let mut out = Map::new();
    out.insert("id".to_owned(), pair.id.clone().into());
    out.insert("prompt".to_owned(), conversation(&pair.prompt, &Role::User));
    for (side, response) in [("a", &pair.response_a), ("b", &pair.response_b)] {
        out.insert(format!("response_{side}"), said(response));
        if let Some(model) = &response.model {
            out.insert(format!("model_{side}"), model.clone().into());
        }
    }
    if let Some(scenario) = &pair.scenario {
        out.insert("scenario".to_owned(), scenario.clone().into());
    }
    for (name, value) in &pair.metadata {
        out.entry(name.clone()).or_insert_with(|| value.clone());
    }
    Value::Object(out)
}

fn said(response: &Response) -> Value {
    conversation(&response.messages, &Role::Assistant)
}

/// One turn of that role is its text.
fn conversation(turns: &[Message], role: &Role) -> Value {
    match turns {
        [only] if only.role == *role => only.content.clone().into(),
        turns => json!(turns),
    }
}

/// What such a study keeps in a file ([`STEERING`], [`VERIFYING`]); `None` if there is none.
///
/// # Errors
///
/// When it cannot be read, or is of another version.
pub fn found_in<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>> {
    let path = folder.join(name);
    let Ok(about) = fs::metadata(&path) else { return Ok(None) };
    let fail = |why: String| Error::new(format!("cannot read {name}: {why}"));
    if about.len() > LARGEST {
        return Err(fail(format!("it has {} bytes", about.len())));
    }
    let text = fs::read_to_string(&path).map_err(|e| fail(e.kind().to_string()))?;
    let kept: Written<T> = serde_json::from_str(&text).map_err(|e| fail(e.to_string()))?;
    Ok((kept.schema == SCHEMA).then_some(kept.result))
}

/// The pairs of a study, in their order.
///
/// # Errors
///
/// When the table cannot be read.
pub fn pairs_of(study: &Study) -> Result<Vec<Pair>> {
    let mut all = Vec::new();
    for batch in study.pairs()? {
        all.extend(batch?);
    }
    Ok(all)
}

/// The pairs of a study that belong to a slice.
///
/// # Errors
///
/// When the table cannot be read, the filter names what does not exist, or no pair is left.
pub fn pairs_within(study: &Study, slice: &SliceOptions, watch: &dyn Watch) -> Result<Vec<Pair>> {
    let chosen = Chosen::of(study.clone(), slice.filter.as_ref(), slice.people, watch)?;
    let all = pairs_of(&chosen)?.into_iter().zip(0..);
    Ok(all.filter(|(_, row)| chosen.takes(*row)).map(|(pair, _)| pair).collect())
}

/// The verdicts of a study by one judge, as the options have them count: soft, or as the side that they favour.
///
/// # Errors
///
/// When the table cannot be read.
pub fn verdicts_of(study: &Study, judge: &str, options: &SliceOptions) -> Result<Vec<Verdict>> {
    let mut all = Vec::new();
    for batch in study.verdicts()? {
        let of_judge = batch?.into_iter().filter(|verdict| verdict.judge == judge);
        all.extend(of_judge.map(|verdict| Verdict { p_a: options.fitted(verdict.p_a), ..verdict }));
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::Unwatched;

    fn pair(id: &str, a: &str) -> Pair {
        let multi = Response {
            messages: vec![Message::assistant("one"), Message::user("more"), Message::assistant("two")],
            model: Some("plain".to_owned()),
        };
        Pair {
            id: id.to_owned(),
            prompt: vec![Message::user("?")],
            response_a: Response::new(a, Some("aligned".to_owned())),
            response_b: multi,
            metadata: [("arm".to_owned(), json!("aligned"))].into(),
            ..Pair::default()
        }
    }

    #[test]
    fn pairs_that_are_put_come_back_and_the_folder_is_for_its_verb_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lab");
        let settings = json!({"model": "m", "limit": 3});
        let lab = Laboratory::open(&path, "steer", &settings, &["model"]).unwrap();
        drop(lab.hold("steer", &settings).unwrap());
        let pairs = [pair("x", "yes"), pair("y", "")];
        let study = lab.put(&pairs, &Unwatched).unwrap();
        let back = pairs_of(&study).unwrap();
        assert_eq!(back.len(), 2);
        for (one, other) in back.iter().zip(&pairs) {
            assert_eq!((&one.id, &one.prompt), (&other.id, &other.prompt));
            assert_eq!((&one.response_a, &one.response_b), (&other.response_a, &other.response_b));
            assert_eq!(one.metadata, other.metadata);
        }
        // Equal pairs change nothing.
        let before = fs::metadata(study.table_path("pairs")).unwrap().modified().unwrap();
        lab.put(&pairs, &Unwatched).unwrap();
        assert_eq!(fs::metadata(study.table_path("pairs")).unwrap().modified().unwrap(), before);
        assert!(Laboratory::open(&path, "steer", &json!({"model": "m", "limit": 9}), &["model"]).is_ok());
        let other = Laboratory::open(&path, "steer", &json!({"model": "n"}), &["model"]).unwrap_err();
        assert!(other.message().contains("another `model`"), "{}", other.message());
        assert!(Laboratory::open(&path, "verify", &settings, &["model"]).is_err());
    }
}
