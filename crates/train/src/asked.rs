//! What does a folder keep of a run, so that another run can check whether it is the same?

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::hash::Hasher;
use std::io::Read;
use std::path::{Path, PathBuf};

use predilect_types::hash::FixedHasher;
use predilect_workbench::{Error, Inputs, Result};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::request::TrainRequest;

/// What may change from one run to the next: outputs, and where things are that are known by what is in them.
const FREE: [&str; 7] =
    ["outputs", "checkpoint_every", "evaluate_every", "model", "adapter", "inputs", "stamps"];
/// What is in the files of the model and of the adapter.
const FILES: &str = "files";
/// What is in the pairs.
const PAIRS: &str = "pairs";

/// The content of a file, as it was when the file had this size and these times.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    /// Nanoseconds since 1970, as text: JSON's numbers are too short.
    times: String,
    content: String,
}

/// Contents that are known, by path: those of large files are computed once.
type Stamps = BTreeMap<String, Stamp>;

/// What a folder keeps of the request and of what was given: with other pairs or another model, a run would not be resumed but started from
/// the beginning. Pairs, model and adapter are known by what is in them, wherever they are and whatever they are called;
/// `kept` is what the folder keeps already.
pub(crate) fn asked(
    request: &TrainRequest,
    inputs: &Inputs<'_>,
    pairs: u64,
    kept: Option<&Value>,
) -> Result<Value> {
    let written = |e: serde_json::Error| Error::new(format!("the settings cannot be written: {e}"));
    let known = kept.and_then(|kept| serde_json::from_value(kept["stamps"].clone()).ok());
    let (known, mut stamps): (Stamps, Stamps) = (known.unwrap_or_default(), Stamps::new());
    let mut asked = serde_json::to_value(request).map_err(written)?;
    asked["inputs"] = serde_json::to_value(inputs_of(inputs)).map_err(written)?;
    asked[PAIRS] = format!("{pairs:016x}").into();
    let mut files = json!({ "model": contents(&request.model, &known, &mut stamps)? });
    if let Some(adapter) = &request.adapter {
        files["adapter"] = json!(contents(adapter, &known, &mut stamps)?);
    }
    asked[FILES] = files;
    asked["stamps"] = serde_json::to_value(stamps).map_err(written)?;
    Ok(asked)
}

/// What is in the files of a model or an adapter, by name; of a single file, whatever its name.
fn contents(path: &Path, known: &Stamps, stamps: &mut Stamps) -> Result<BTreeMap<String, String>> {
    let unread = |e: std::io::Error| Error::new(format!("{}: {e}", path.display()));
    if !path.is_dir() {
        return Ok(BTreeMap::from([(String::new(), content(path, known, stamps)?)]));
    }
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(path).map_err(unread)? {
        let entry = entry.map_err(unread)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if (name.ends_with("safetensors") || name.ends_with("json")) && entry.path().is_file() {
            all.insert(name, content(&entry.path(), known, stamps)?);
        }
    }
    Ok(all)
}

/// What is in a file: its size and a hash. Computed anew only where size or times are not those that are known.
fn content(path: &Path, known: &Stamps, stamps: &mut Stamps) -> Result<String> {
    let unread = |e: std::io::Error| Error::new(format!("{}: {e}", path.display()));
    let data = path.metadata().map_err(unread)?;
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned()).display().to_string();
    let (size, times) = (data.len(), times(&data));
    let kept = known.get(&real).filter(|stamp| stamp.size == size && stamp.times == times);
    let content = match kept {
        Some(stamp) => stamp.content.clone(),
        None => format!("{size}:{:016x}", hash(path).map_err(unread)?),
    };
    stamps.insert(real, Stamp { size, times, content: content.clone() });
    Ok(content)
}

/// When a file was last written, and, where the system says so, when its entry was last changed: that cannot be set back.
fn times(data: &fs::Metadata) -> String {
    let written = data.modified().ok().and_then(|time| time.duration_since(std::time::UNIX_EPOCH).ok());
    let written = written.map_or(0, |since| since.as_nanos());
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        format!("{written} {}.{:09} {}", data.ctime(), data.ctime_nsec(), data.ino())
    }
    #[cfg(not(unix))]
    written.to_string()
}

fn hash(path: &Path) -> std::io::Result<u64> {
    const PART: usize = 1 << 20;
    let (mut file, mut hasher, mut part) = (File::open(path)?, FixedHasher::default(), vec![0; PART]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok(hasher.finish()),
            read => hasher.write(&part[..read]),
        }
    }
}

/// The inputs, for whoever reads the file.
fn inputs_of(inputs: &Inputs<'_>) -> Vec<String> {
    let files = inputs.files.iter().map(|path: &PathBuf| path.display().to_string());
    files.chain(inputs.example.map(|example| format!("{example:?}"))).collect()
}

/// What distinguishes two requests that must be the same, as the end of "a run with ..."; `None` where nothing does.
pub(crate) fn differs(kept: &Value, asked: &Value) -> Option<String> {
    if let Some(setting) = setting(kept, asked) {
        return Some(format!("a different `{setting}`"));
    }
    for (role, what) in [("model", "model"), ("adapter", "adapter")] {
        let (one, other) = (&kept[FILES][role], &asked[FILES][role]);
        if one == other {
            continue;
        }
        let named = |value: &Value| value.as_object().cloned().unwrap_or_default();
        let (one, other) = (named(one), named(other));
        let file = one.keys().chain(other.keys()).find(|name| one.get(*name) != other.get(*name));
        return Some(match file {
            Some(name) if !name.is_empty() => format!("another {what} (its {name} is different)"),
            _ => format!("another {what}"),
        });
    }
    (kept[PAIRS] != asked[PAIRS]).then(|| "other pairs or labels".to_owned())
}

/// The first setting in which two requests differ that must not, as the way to it.
fn setting(kept: &Value, asked: &Value) -> Option<String> {
    let compared = |value: &Value| {
        let mut own = value.clone();
        if let Some(own) = own.as_object_mut() {
            own.retain(|key, _| !FREE.contains(&key.as_str()) && key != FILES && key != PAIRS);
        }
        own
    };
    way(&compared(kept), &compared(asked))
}

/// The way to the first value in which two differ; empty where they are not both made of parts.
fn way(one: &Value, other: &Value) -> Option<String> {
    let (Some(parts), Some(others)) = (one.as_object(), other.as_object()) else {
        return (one != other).then(String::new);
    };
    let null = Value::Null;
    parts.keys().chain(others.keys()).find_map(|key| {
        let inner = way(parts.get(key).unwrap_or(&null), others.get(key).unwrap_or(&null))?;
        Some(if inner.is_empty() { key.clone() } else { format!("{key}.{inner}") })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(path: &Path, known: &Stamps) -> (BTreeMap<String, String>, Stamps) {
        let mut stamps = Stamps::new();
        (contents(path, known, &mut stamps).unwrap(), stamps)
    }

    #[test]
    fn a_model_is_known_by_what_is_in_it() {
        let place = tempfile::tempdir().unwrap();
        let [one, copy] = ["one", "copy"].map(|name| place.path().join(name));
        for folder in [&one, &copy] {
            fs::create_dir(folder).unwrap();
            fs::write(folder.join("model.safetensors"), "weights").unwrap();
            fs::write(folder.join("notes.txt"), folder.display().to_string()).unwrap();
        }
        let (first, stamps) = of(&one, &Stamps::new());
        assert_eq!(first, of(&copy, &Stamps::new()).0);
        assert_eq!(first, of(&one.join("../one/"), &stamps).0);
        // Replaced at once by as many bytes: its entry has changed, even where the clock has not moved.
        fs::write(one.join("new"), "WEIGHTS").unwrap();
        fs::rename(one.join("new"), one.join("model.safetensors")).unwrap();
        let second = of(&one, &stamps).0;
        assert_ne!(first, second);
        let asked = |files| json!({"model": "m", "files": {"model": files}, "pairs": "1"});
        assert_eq!(
            differs(&asked(json!(first)), &asked(json!(second))).unwrap(),
            "another model (its model.safetensors is different)"
        );
    }

    #[test]
    fn what_is_known_is_not_computed_again() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("model.gguf");
        fs::write(&path, "weights").unwrap();
        let (_, mut stamps) = of(&path, &Stamps::new());
        for stamp in stamps.values_mut() {
            stamp.content = "as kept".to_owned();
        }
        assert_eq!(of(&path, &stamps).0[""], "as kept");
    }

    #[test]
    fn what_differs_is_said_in_words() {
        let kept = json!({"model": "a", "losses": {"beta": 0.1}, "pairs": "1", "inputs": ["x"]});
        let with = |key: &str, value: Value| {
            let mut asked = kept.clone();
            asked[key] = value;
            differs(&kept, &asked)
        };
        assert_eq!(with("model", json!("./a/")), None);
        assert_eq!(with("inputs", json!(["y"])), None);
        assert_eq!(with("losses", json!({"beta": 0.2})).unwrap(), "a different `losses.beta`");
        assert_eq!(with("pairs", json!("2")).unwrap(), "other pairs or labels");
        assert_eq!(with("files", json!({"adapter": {}})).unwrap(), "another adapter");
    }
}
