//! Layouts as strangers' files have them: each file of `tests/layouts` is read as `layouts.toml` says, or refused in these words.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use predilect_data::{DataError, Onto, ReadOptions, Study, import};
use predilect_types::{Message, Pair, ReadSummary, Verdict};
use serde::Deserialize;

#[derive(Deserialize)]
struct Layouts {
    layout: Vec<Layout>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Layout {
    path: String,
    #[expect(dead_code, reason = "for readers of the file")]
    from: String,
    pairs: Option<usize>,
    #[serde(default)]
    verdicts: BTreeMap<String, OneOrMany>,
    models: Option<Models>,
    #[serde(default)]
    prompt_has: Vec<String>,
    #[serde(default)]
    prompt_lacks: Vec<String>,
    #[serde(default)]
    response_lacks: Vec<String>,
    dropped: Option<u64>,
    format: Option<String>,
    #[serde(default)]
    refused: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
struct Models {
    better: String,
    worse: String,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/layouts")
}

struct Found {
    summary: ReadSummary,
    pairs: Vec<Pair>,
    verdicts: Vec<Verdict>,
}

fn read(path: &Path) -> Result<Found, DataError> {
    let place = tempfile::tempdir().unwrap();
    let study = place.path().join("study");
    let (study, summary): (Study, ReadSummary) =
        import(&[path.to_owned()], &ReadOptions::default(), &study, Onto::New, &mut |_| {})?;
    Ok(Found {
        summary,
        pairs: study.pairs()?.flat_map(|batch| batch.expect("pairs")).collect(),
        verdicts: study.verdicts()?.flat_map(|batch| batch.expect("verdicts")).collect(),
    })
}

/// The number behind a mark such as `(better 3)`.
fn marked(text: &str, mark: &str) -> Option<usize> {
    let rest = text.split_once(&format!("({mark} "))?.1;
    rest.split_once(')')?.0.parse().ok()
}

fn text(turns: &[Message]) -> String {
    turns.iter().map(|turn| turn.content.as_str()).collect::<Vec<_>>().join("\n")
}

#[expect(clippy::too_many_lines, reason = "one expectation after the other")]
fn check(layout: &Layout) -> Vec<String> {
    let found = read(&folder().join(&layout.path));
    let mut wrong = Vec::new();
    if !layout.refused.is_empty() {
        match found {
            Ok(found) => wrong.push(format!(
                "read ({} pairs, {} verdicts), though it cannot be",
                found.pairs.len(),
                found.verdicts.len()
            )),
            Err(error) => {
                let said = format!(
                    "{error} {} {}",
                    error.details().iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
                    error.remedy().map(ToString::to_string).unwrap_or_default()
                )
                .to_lowercase();
                for words in &layout.refused {
                    if !words.iter().any(|word| said.contains(&word.to_lowercase())) {
                        wrong.push(format!("the message has none of {words:?}: {said}"));
                    }
                }
            }
        }
        return wrong;
    }
    let found = match found {
        Ok(found) => found,
        Err(error) => return vec![format!("refused: {error}; {:?}; {:?}", error.details(), error.remedy())],
    };
    if layout.pairs.is_some_and(|pairs| pairs != found.pairs.len()) {
        wrong.push(format!("{} pairs, not {:?}", found.pairs.len(), layout.pairs));
    }
    let mut by_id: BTreeMap<&str, (usize, bool)> = BTreeMap::new();
    for pair in &found.pairs {
        let (a, b) = (text(&pair.response_a.messages), text(&pair.response_b.messages));
        let prompt = text(&pair.prompt);
        let record = marked(&a, "better").or_else(|| marked(&b, "better")).or_else(|| marked(&a, "worse"));
        let Some(record) = record else {
            if pair.has_text() {
                wrong.push(format!("no mark in {a:?} and {b:?}"));
            }
            continue;
        };
        if marked(&a, "better").is_some() && marked(&b, "better").is_some() {
            wrong.push(format!("both responses of {record} are the better one"));
        }
        let better = marked(&a, "better").is_some();
        if marked(&a, "better").or_else(|| marked(&b, "better")).is_some() {
            by_id.insert(&pair.id, (record, better));
        }
        for side in [&a, &b] {
            if side.contains(&format!("question {record}")) {
                wrong.push(format!("a response of {record} contains the question: {side:?}"));
            }
            wrong.extend(
                layout
                    .response_lacks
                    .iter()
                    .filter(|word| side.contains(*word))
                    .map(|word| format!("a response contains {word:?}")),
            );
        }
        if !prompt.contains(&format!("question {record}")) {
            wrong.push(format!("the prompt of {record} lacks its question: {prompt:?}"));
        }
        wrong.extend(
            layout
                .prompt_has
                .iter()
                .filter(|word| !prompt.contains(*word))
                .map(|word| format!("the prompt lacks {word:?}: {prompt:?}")),
        );
        wrong.extend(
            layout
                .prompt_lacks
                .iter()
                .filter(|word| prompt.contains(*word))
                .map(|word| format!("the prompt contains {word:?}")),
        );
        if let Some(models) = layout.models.as_ref().filter(|_| by_id.contains_key(pair.id.as_str())) {
            let (good, bad) = if better {
                (&pair.response_a, &pair.response_b)
            } else {
                (&pair.response_b, &pair.response_a)
            };
            if good.model.as_deref() != Some(&models.better) || bad.model.as_deref() != Some(&models.worse) {
                wrong.push(format!("models {:?} and {:?} beside {record}", good.model, bad.model));
            }
        }
    }
    if !layout.verdicts.is_empty() {
        let mut said: BTreeMap<&str, BTreeMap<usize, Vec<char>>> = BTreeMap::new();
        for verdict in &found.verdicts {
            let Some((record, better)) = by_id.get(verdict.pair.as_str()) else { continue };
            let letter = match verdict.p_a {
                0.5 => 't',
                p if (p > 0.5) == *better => 'g',
                _ => 'b',
            };
            said.entry(&verdict.judge).or_default().entry(*record).or_default().push(letter);
        }
        let judges: Vec<&str> = said.keys().copied().collect();
        let wanted: Vec<&str> = layout.verdicts.keys().map(String::as_str).collect();
        if judges != wanted {
            wrong.push(format!("judges {judges:?}, not {wanted:?}"));
        }
        for (judge, lines) in &layout.verdicts {
            let lines = match lines {
                OneOrMany::One(line) => vec![line.clone()],
                OneOrMany::Many(lines) => lines.clone(),
            };
            let most = lines.iter().map(String::len).max().unwrap_or(0);
            for record in 0..most {
                let mut expected: Vec<char> =
                    lines.iter().filter_map(|line| line.chars().nth(record)).filter(|c| *c != '-').collect();
                let mut got = said
                    .get(judge.as_str())
                    .and_then(|records| records.get(&record))
                    .cloned()
                    .unwrap_or_default();
                expected.sort_unstable();
                got.sort_unstable();
                if expected != got {
                    wrong.push(format!("{judge} on {record}: {got:?}, not {expected:?}"));
                }
            }
        }
    }
    if let Some(format) = &layout.format
        && !found.summary.sources.iter().any(|source| source.format == *format)
    {
        wrong.push(format!("format {:?}, not {format}", found.summary.sources.first().map(|s| &s.format)));
    }
    if let Some(dropped) = layout.dropped {
        let count: u64 = found.summary.dropped.values().sum();
        if count != dropped {
            wrong.push(format!("{count} dropped ({:?}), not {dropped}", found.summary.dropped));
        }
    }
    wrong
}

/// The refused layouts with what is said of them.
pub(crate) fn refusals() -> Vec<(String, DataError)> {
    let text = std::fs::read_to_string(folder().join("layouts.toml")).unwrap();
    let layouts: Layouts = toml::from_str(&text).unwrap();
    let refused = layouts.layout.into_iter().filter(|layout| !layout.refused.is_empty());
    refused
        .filter_map(|layout| Some((layout.path.clone(), read(&folder().join(&layout.path)).err()?)))
        .collect()
}

#[test]
fn every_layout_is_read_as_its_owner_would_want() {
    let text = std::fs::read_to_string(folder().join("layouts.toml")).unwrap();
    let layouts: Layouts = toml::from_str(&text).unwrap();
    let mut failed = Vec::new();
    for layout in &layouts.layout {
        let wrong = check(layout);
        if !wrong.is_empty() {
            failed.push(format!(
                "{}: {}",
                layout.path,
                wrong.iter().take(4).cloned().collect::<Vec<_>>().join("; ")
            ));
        }
    }
    assert!(
        failed.is_empty(),
        "{} of {} layouts are not right:\n{}",
        failed.len(),
        layouts.layout.len(),
        failed.join("\n")
    );
}

#[test]
fn every_file_of_the_folder_is_named() {
    let text = std::fs::read_to_string(folder().join("layouts.toml")).unwrap();
    let layouts: Layouts = toml::from_str(&text).unwrap();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(name == "layouts.toml" || layouts.layout.iter().any(|layout| layout.path == name), "{name}");
    }
}
