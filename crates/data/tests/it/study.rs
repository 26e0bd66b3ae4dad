//! The study folder: what is written is read, whole or not at all, by this crate and by others.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

use arrow_array::{Float64Array, RecordBatch};
use predilect_data::{ErrorKind, Onto, ReadOptions, Study, StudyToml, import};
use predilect_types::{Message, Pair, Rating, Response, Verdict};
use serde_json::json;

use crate::samples::SAMPLES;
use crate::{lay, read_paths, without_verdicts};

fn pair(id: &str) -> Pair {
    Pair {
        id: id.to_owned(),
        prompt: vec![Message::user("q")],
        response_a: Response::new("x", Some("m".to_owned())),
        response_b: Response::new("y", None),
        metadata: [("k".to_owned(), json!([1, null]))].into(),
        ..Pair::default()
    }
}

fn ids(study: &Study) -> Vec<String> {
    study.pairs().unwrap().flat_map(|batch| batch.unwrap()).map(|pair| pair.id).collect()
}

fn leftovers(folder: &Path) -> usize {
    std::fs::read_dir(folder)
        .unwrap()
        .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().contains("tmp"))
        .count()
}

/// A study of all samples but votes, and its table of pairs as bytes.
pub(crate) fn small_parquet() -> Vec<u8> {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    BYTES
        .get_or_init(|| {
            let folder = tempfile::tempdir().unwrap();
            let study = samples(folder.path());
            std::fs::read(study.table_path("pairs")).unwrap()
        })
        .clone()
}

fn samples(folder: &Path) -> Study {
    let files: Vec<(&str, &[u8])> = SAMPLES.iter().map(|(_, name, text)| (*name, text.as_bytes())).collect();
    let (_files, paths) = lay(&files);
    let study = Study::create(folder.join("study")).unwrap();
    import(&paths, &ReadOptions::default(), study.folder(), Onto::Replace, &mut |_| {}).unwrap();
    study
}

#[test]
fn rows_come_back_as_they_were() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(folder.path()).unwrap();
    let mut verdict = Verdict::new("p1", "j", 0.123_456_789);
    verdict.receipt = Some(json!({"t": "x"}));
    let rating = Rating {
        pair: "p1".into(),
        property: "length".into(),
        annotator: "text".into(),
        a: Some(0.5),
        b: None,
        levels_a: Some(vec![0.5, 0.5, 0.0]),
        levels_b: None,
        calls: vec!["0f".into(), "a1".into()],
    };
    let mut pairs = study.write_pairs().unwrap();
    let many: Vec<Pair> = (0..9_000).map(|i| pair(&format!("p{i}"))).collect();
    for pair in &many {
        pairs.push(pair).unwrap();
    }
    assert_eq!(pairs.finish().unwrap(), 9_000);
    let mut verdicts = study.write_verdicts().unwrap();
    verdicts.push(&verdict).unwrap();
    verdicts.finish().unwrap();
    let mut ratings = study.write_ratings().unwrap();
    ratings.push(&rating).unwrap();
    ratings.finish().unwrap();
    let read: Vec<Pair> = study.pairs().unwrap().flat_map(|batch| batch.unwrap()).collect();
    assert_eq!(read, many);
    assert_eq!(study.verdicts().unwrap().next().unwrap().unwrap(), [verdict]);
    assert_eq!(study.ratings().unwrap().next().unwrap().unwrap(), [rating]);
}

#[test]
fn a_writer_that_is_not_finished_leaves_the_old_table() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(folder.path()).unwrap();
    let mut first = study.write_pairs().unwrap();
    first.push(&pair("old")).unwrap();
    first.finish().unwrap();
    let mut second = study.write_pairs().unwrap();
    for i in 0..10_000 {
        second.push(&pair(&i.to_string())).unwrap();
    }
    assert_eq!(ids(&study), ["old"]);
    drop(second);
    assert_eq!(ids(&study), ["old"]);
    assert_eq!(leftovers(folder.path()), 0);
}

#[test]
fn an_import_that_fails_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let study = samples(folder.path());
    let before = (ids(&study), StudyToml::load(&study).unwrap());
    let (_files, paths) =
        lay(&[("bad.jsonl", b"{\"prompt\": \"q\", \"response_a\": \"x\", \"response_b\": \"y\"}\n{")]);
    assert!(import(&paths, &ReadOptions::default(), study.folder(), Onto::Replace, &mut |_| {}).is_err());
    assert_eq!((ids(&study), StudyToml::load(&study).unwrap()), before);
    assert_eq!(leftovers(study.folder()), 0);
}

#[test]
fn a_process_killed_while_it_writes_leaves_the_old_table() {
    // The child of this test writes for ever; the parent kills it.
    if let Ok(folder) = std::env::var("PREDILECT_TEST_WRITE_FOR_EVER") {
        let study = Study::create(folder).unwrap();
        loop {
            let mut pairs = study.write_pairs().unwrap();
            for i in 0..5_000 {
                pairs.push(&pair(&format!("new{i}"))).unwrap();
            }
            pairs.finish().unwrap();
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(folder.path()).unwrap();
    for _ in 0..4 {
        let mut old = study.write_pairs().unwrap();
        old.push(&pair("old")).unwrap();
        old.finish().unwrap();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "study::a_process_killed_while_it_writes_leaves_the_old_table"])
            .env("PREDILECT_TEST_WRITE_FOR_EVER", folder.path())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(std::time::Duration::from_millis(150));
        child.kill().unwrap();
        child.wait().unwrap();
        let ids = ids(&study);
        assert!(ids == ["old"] || ids.len() == 5_000, "{}", ids.len());
    }
}

#[test]
fn the_toml_tells_what_was_imported() {
    let folder = tempfile::tempdir().unwrap();
    let study = samples(folder.path());
    let mut toml = StudyToml::load(&study).unwrap();
    let import = toml.import.clone().unwrap();
    assert_eq!(import.sources.len(), SAMPLES.len());
    assert_eq!(import.pairs as usize, ids(&study).len());
    assert!(import.dropped.values().sum::<u64>() > 0);
    toml.steps.insert("fit".to_owned(), toml::from_str("seed = 7").unwrap());
    toml.save(&study).unwrap();
    assert_eq!(StudyToml::load(&study).unwrap(), toml);
    std::fs::write(study.toml_path(), "layout = 99\npredilect = \"9\"\n").unwrap();
    let later = StudyToml::load(&study).unwrap_err();
    assert_eq!(later.kind(), ErrorKind::LaterLayout, "{later}");
    std::fs::write(study.toml_path(), "layout = \n").unwrap();
    assert_eq!(StudyToml::load(&study).unwrap_err().kind(), ErrorKind::Study);
}

#[test]
fn tables_of_results_are_written_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let study = Study::create(folder.path()).unwrap();
    let column: arrow_array::ArrayRef = Arc::new(Float64Array::from(vec![Some(1.0), None]));
    let batch = RecordBatch::try_from_iter([("mean", column)]).unwrap();
    study.write_table("posteriors", std::slice::from_ref(&batch)).unwrap();
    assert_eq!(study.read_table("posteriors").unwrap(), std::slice::from_ref(&batch));
    assert!(study.write_table("../x", &[batch]).is_err());
    assert!(study.write_table("empty", &[]).is_err());
    let error = Study::open(folder.path()).unwrap_err();
    assert!(error.remedy().unwrap().to_string().contains("import"), "{error}");
}

#[test]
fn a_damaged_table_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let study = samples(folder.path());
    std::fs::write(study.table_path("pairs"), b"PAR1nonsensePAR1").unwrap();
    assert_eq!(study.pairs().unwrap_err().kind(), ErrorKind::Study);
    std::fs::copy(study.table_path("verdicts"), study.table_path("pairs")).unwrap();
    assert!(study.pairs().unwrap().next().unwrap().unwrap_err().to_string().contains("no column"));
}

#[test]
fn a_parquet_table_is_an_input_too() {
    let folder = tempfile::tempdir().unwrap();
    let study = samples(folder.path());
    let mut names = ids(&study);
    let (_files, paths) = lay(&[("p.parquet", &small_parquet())]);
    let error = read_paths(&paths, &ReadOptions::default()).unwrap_err();
    assert!(error.remedy().unwrap().to_string().contains("without verdicts"), "{error}");
    let all = read_paths(&paths, &without_verdicts()).unwrap();
    let mut read: Vec<String> = all.pairs.iter().map(|p| p.id.clone()).collect();
    names.sort();
    read.sort();
    assert_eq!(read, names);
    assert_eq!(all.summary.sources[0].format, "pairs");
}

/// The Python of `PREDILECT_PYTHON`, or `python3`, when it has the packages.
fn python(packages: &str) -> Option<PathBuf> {
    let python = std::env::var_os("PREDILECT_PYTHON").map_or_else(|| PathBuf::from("python3"), PathBuf::from);
    let found =
        Command::new(&python).args(["-c", &format!("import {packages}")]).output().ok()?.status.success();
    found.then_some(python)
}

#[test]
fn other_tools_read_the_tables() {
    let folder = tempfile::tempdir().unwrap();
    let study = samples(folder.path());
    let count = ids(&study).len();
    let script = |tool: &str| match tool {
        "pyarrow" => "import pyarrow.parquet as q\nt = [q.read_table(p).to_pylist() for p in paths]",
        "polars" => "import polars\nt = [polars.read_parquet(p).to_dicts() for p in paths]",
        _ => {
            "import duckdb\nt = [[dict(zip([d[0] for d in c.description], r)) for r in c.fetchall()] for p in paths for c in [duckdb.sql(f\"select * from '{p}'\")]]"
        }
    };
    let check = "
pairs, verdicts, ratings = t
assert len(pairs) == count, len(pairs)
assert {v['pair'] for v in verdicts} <= {p['id'] for p in pairs}
two = [p for p in pairs if p['id'] == 'two'][0]
assert two['prompt'] == [{'role': 'user', 'content': 'q2'}], two
assert two['scenario'] == 's' and two['model_a'] is None, two
assert all(0 <= v['p_a'] <= 1 for v in verdicts)
assert any(r['property'] == 'no_severe_errors' and r['b'] is None for r in ratings)
";
    for tool in ["pyarrow", "polars", "duckdb"] {
        let Some(python) = python(tool) else {
            eprintln!("skipped: no Python with {tool}; name one in PREDILECT_PYTHON");
            continue;
        };
        let paths = ["pairs", "verdicts", "ratings"].map(|name| study.table_path(name).display().to_string());
        let code = format!("paths = {paths:?}\ncount = {count}\n{}\n{check}", script(tool));
        let output = Command::new(python).args(["-c", &code]).output().unwrap();
        assert!(output.status.success(), "{tool}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A kill between the renames of an import leaves tables of two imports; they are not read as one.
#[test]
fn tables_of_two_imports_are_not_mixed() {
    let folder = tempfile::tempdir().unwrap();
    let line =
        |id: &str| format!(r#"{{"id":"{id}","prompt":"q","response_a":"x","response_b":"y","p_a":1}}"#);
    let read = |name: &str, id: &str| {
        let (_files, paths) = lay(&[("x.jsonl", line(id).as_bytes())]);
        let study = Study::create(folder.path().join(name)).unwrap();
        import(&paths, &ReadOptions::default(), study.folder(), Onto::Replace, &mut |_| {}).unwrap();
        study
    };
    let (first, second, again) = (read("first", "1"), read("second", "2"), read("again", "1"));
    let verdicts = |study: &Study| std::fs::read(study.table_path("verdicts")).unwrap();
    assert_eq!(verdicts(&first), verdicts(&again), "equal imports are equal to the byte");
    std::fs::copy(second.table_path("verdicts"), first.table_path("verdicts")).unwrap();
    let error = first.verdicts().expect_err("another import's verdicts");
    assert!(error.to_string().contains("another import"), "{error}");
    assert!(second.verdicts().is_ok() && first.ratings().is_ok());
    // What is written to a study later belongs to its import.
    let mut writer = first.write_verdicts().unwrap();
    writer.push(&Verdict::new("1", "j", 0.0)).unwrap();
    writer.finish().unwrap();
    assert_eq!(first.verdicts().unwrap().flat_map(Result::unwrap).count(), 1);
}

#[test]
fn a_study_is_not_overwritten_by_accident() {
    let pair = |k: usize, judge: &str| {
        format!(
            r#"{{"prompt": "p{k}", "response_a": "x", "response_b": "y", "judge": "{judge}", "preferred": "a"}}"#
        )
    };
    let (first, second) = (pair(0, "one"), format!("{}\n{}", pair(0, "two"), pair(1, "two")));
    let (folder, paths) = lay(&[("first.jsonl", first.as_bytes()), ("second.jsonl", second.as_bytes())]);
    let place = folder.path().join("study");
    let put = |at: usize, onto| import(&paths[at..=at], &ReadOptions::default(), &place, onto, &mut |_| {});
    let (study, _) = put(0, Onto::New).unwrap();
    study.write_table("fits", &study.read_table("pairs").unwrap()).unwrap();
    // A foreign file in the folder.
    std::fs::write(place.join("mine.parquet"), b"mine").unwrap();
    let error = put(1, Onto::New).unwrap_err();
    assert!(
        error.remedy().is_some_and(|remedy| {
            let remedy = remedy.to_string();
            remedy.contains("add to it with add") && remedy.contains("replace")
        }),
        "{error}"
    );
    assert!(study.has_table("fits"));
    let counts = |study: &Study| {
        // Others have written it since.
        study.read_anew();
        let pairs: usize = study.pairs().unwrap().map(|batch| batch.unwrap().len()).sum();
        let verdicts: usize = study.verdicts().unwrap().map(|batch| batch.unwrap().len()).sum();
        (pairs, verdicts)
    };
    assert_eq!(counts(&study), (1, 1));
    let error = put(0, Onto::Add).unwrap_err();
    assert!(error.to_string().contains("already part of the study"), "{error}");
    put(1, Onto::Add).unwrap();
    assert_eq!(counts(&study), (2, 3));
    assert!(!study.has_table("fits"), "results of fewer pairs");
    put(1, Onto::Replace).unwrap();
    assert_eq!(counts(&study), (2, 2));
    assert!(place.join("mine.parquet").exists(), "a file that is not the study's");
    // A study of a later version is not touched.
    let toml = std::fs::read_to_string(place.join("study.toml")).unwrap();
    std::fs::write(place.join("study.toml"), toml.replace("layout = 1", "layout = 99")).unwrap();
    assert!(put(0, Onto::Replace).is_err());
    assert_eq!(counts(&study), (2, 2));
}
