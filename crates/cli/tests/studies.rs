//! A study that is opened in place: nothing is copied, one writes at a time, and what cannot be written can be read.

mod support;

use std::path::Path;
use std::process::Command;

use predilect_data::Study;
use support::{found, refused};

fn imported(folder: &Path) -> String {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/local-judge.jsonl");
    let study = folder.join("study").to_str().expect("a path").to_owned();
    found(&["import", file, "-o", &study]);
    study
}

fn names(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_study_of_an_example_names_the_example() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = folder.path().join("study").to_str().expect("a path").to_owned();
    let quick = ["--no-grammar", "--folds", "0"];
    let first = found(&[&["dissect", "--example", "local-judge", "-o", &study], &quick[..]].concat());
    let name = "examples/local-judge.jsonl";
    assert_eq!(first["read"]["sources"][0]["source"], name);
    let again = found(&[&["dissect", &study, "--group-by", "source"], &quick[..]].concat());
    assert_eq!(again["read"]["sources"], first["read"]["sources"]);
    let groups: std::collections::BTreeSet<_> =
        again["fits"].as_array().expect("fits").iter().filter_map(|fit| fit["group"].as_str()).collect();
    assert_eq!(groups.into_iter().collect::<Vec<_>>(), ["all", name]);
    // The example is still the data of its study.
    found(&[&["dissect", "--example", "local-judge", "-o", &study], &quick[..]].concat());
}

#[test]
fn a_second_look_finds_what_the_first_has_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    let before = names(&study);
    let first = found(&["dissect", &study]);
    let mut expected = [before, vec!["facts.parquet".to_owned()]].concat();
    expected.sort();
    assert_eq!(names(&study), expected, "nothing else is written");
    let facts = std::fs::metadata(Path::new(&study).join("facts.parquet"))
        .expect("facts")
        .modified()
        .expect("a time");
    // The same figures from what is kept, also in other questions, which rate nothing again.
    assert_eq!(found(&["dissect", &study]), first);
    found(&["dissect", &study, "--no-grammar", "--group-by", "language"]);
    found(&["rank", &study, "--control", "length"]);
    found(&[
        "explain",
        &study,
        "--pair",
        "#1",
        "--judge",
        first["judges"][0]["judge"].as_str().expect("a name"),
    ]);
    let again = std::fs::metadata(Path::new(&study).join("facts.parquet"))
        .expect("facts")
        .modified()
        .expect("a time");
    assert_eq!(facts, again);
    // Of another import nothing is left.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/local-judge.jsonl");
    found(&["import", file, "-o", &study, "--replace", "--limit", "50"]);
    assert_eq!(found(&["dissect", &study])["read"]["pairs"], 50);
    // What is damaged is made anew.
    std::fs::write(Path::new(&study).join("facts.parquet"), "PAR1 but then nonsense").expect("written");
    assert_eq!(found(&["dissect", &study])["read"]["pairs"], 50);
}

#[test]
fn one_writes_and_the_others_are_told_or_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/local-judge.jsonl");
    let held = Study::open(&study).expect("a study").lock("a test").expect("the lock");
    for args in [
        vec!["import", file, "-o", &study, "--replace"],
        vec!["judge", &study, "--model", "http://127.0.0.1:9/v1#m"],
        vec!["annotate", &study, "--model", "http://127.0.0.1:9/v1#m"],
        vec!["dissect", &study, "-o", &study],
        vec!["rank", &study, "--method", "elo", "-o", &study],
    ] {
        let said = refused(&args);
        assert!(said.contains("being written by process"), "{args:?}: {said}");
        assert!(said.contains("(a test)"), "{said}");
    }
    found(&["dissect", &study, "--no-grammar"]);
    found(&["rank", &study, "--method", "elo"]);
    drop(held);
    found(&["rank", &study, "--method", "elo", "-o", &study]);
}

#[test]
fn a_log_that_cannot_be_read_keeps_nobody_from_reading_the_rest() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    std::fs::write(
        Path::new(&study).join("calls.sqlite"),
        "no database at all, but long enough to be one".repeat(9),
    )
    .expect("written");
    found(&["dissect", &study, "--no-grammar"]);
    found(&["compare", &study, "--no-grammar", "--resamples", "20"]);
}

#[test]
#[cfg(unix)]
fn files_are_as_open_as_their_owner_wants_and_a_log_is_nobody_elses() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().expect("a folder");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/local-judge.jsonl");
    let run = |umask: &str, rest: &str| {
        let line = format!("umask {umask}; exec {} {rest}", env!("CARGO_BIN_EXE_predilect"));
        Command::new("sh").args(["-c", &line]).current_dir(folder.path()).output().expect("a shell");
    };
    let mode = |name: &str| {
        std::fs::metadata(folder.path().join(name)).map_or(0, |m| m.permissions().mode() & 0o777)
    };
    run("022", &format!("import {file} -o open --quiet"));
    run("077", &format!("import {file} -o closed --quiet"));
    run("077", "export open -o out.jsonl --quiet");
    assert_eq!((mode("open/pairs.parquet"), mode("open/study.toml")), (0o644, 0o644));
    assert_eq!(
        (mode("closed/pairs.parquet"), mode("closed/study.toml"), mode("out.jsonl")),
        (0o600, 0o600, 0o600)
    );
    // What is there stays as it is, and links are followed.
    std::fs::set_permissions(folder.path().join("out.jsonl"), std::fs::Permissions::from_mode(0o640))
        .expect("set");
    std::os::unix::fs::symlink("out.jsonl", folder.path().join("link.jsonl")).expect("a link");
    run("022", "export open -o link.jsonl --quiet");
    assert_eq!(mode("out.jsonl"), 0o640);
    assert!(std::fs::symlink_metadata(folder.path().join("link.jsonl")).expect("a link").is_symlink());
    run("022", "judge open --model http://127.0.0.1:9/v1#m --retries 0 --limit 1 --quiet");
    run("022", "judge open --model http://127.0.0.1:9/v1#m --retries 0 --quiet");
    assert_eq!(mode("open/calls.sqlite"), 0o600);
}

/// Names of standard output, a pipe or a file, take what is written to them after what was printed before.
#[cfg(target_os = "linux")]
#[test]
fn standard_output_has_a_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    let whole =
        Command::new(env!("CARGO_BIN_EXE_predilect")).args(["export", &study]).output().expect("runs");
    for name in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"] {
        let named = ["export", &study, "-o", name, "--quiet"];
        let piped = Command::new(env!("CARGO_BIN_EXE_predilect")).args(named).output().expect("runs");
        assert!(piped.status.success() && piped.stdout == whole.stdout, "{name}: {piped:?}");
        let file = folder.path().join("file");
        let to = std::fs::File::create(&file).expect("a file");
        let status =
            Command::new(env!("CARGO_BIN_EXE_predilect")).args(named).stdout(to).status().expect("runs");
        assert!(status.success() && std::fs::read(&file).expect("a file") == whole.stdout, "{name}");
    }
}

#[test]
fn a_study_of_other_data_is_not_replaced_by_the_way() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    let other = folder.path().join("other").to_str().expect("a path").to_owned();
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/local-judge.jsonl");
    found(&["import", file, "-o", &other, "--limit", "40"]);
    let said = refused(&["dissect", &study, "--no-grammar", "-o", &other]);
    assert!(said.contains("is a study of other data"), "{said}");
    assert_eq!(found(&["dissect", &other, "--no-grammar"])["read"]["pairs"], 40);
    let new = folder.path().join("new").to_str().expect("a path").to_owned();
    found(&["dissect", &study, "--no-grammar", "-o", &new]);
    found(&["dissect", &study, "--no-grammar", "-o", &new]);
}

#[test]
fn a_dissection_is_run_again_with_its_own_options() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    let said = refused(&["rerun", &study]);
    assert!(said.contains("has not been dissected yet") && said.contains("predilect dissect"), "{said}");
    let options = ["--where", "words(a) > 80", "--terms", "side", "--seed", "7", "--prior-scale", "0.2"];
    let asked = [&["dissect", &study, "-o", &study, "--no-grammar"], &options[..]].concat();
    let first = found(&asked);
    let again = found(&["rerun", &study]);
    assert_eq!(again, first);
    let (done, _, said) = support::run(&["rerun", &study]);
    assert!(done && said.contains("weights are as before"), "{said}");
    // The command that asked for it stays.
    let kept = std::fs::read_to_string(Path::new(&study).join("study.toml")).expect("study.toml");
    assert!(kept.contains("\"words(a) > 80\""), "{kept}");
    // Other verdicts, other weights: said, and named.
    let verdicts = Study::open(&study).expect("a study");
    let mut all: Vec<_> =
        verdicts.verdicts().expect("verdicts").flat_map(|batch| batch.expect("rows")).collect();
    all.iter_mut().step_by(5).for_each(|verdict| verdict.p_a = 1.0 - verdict.p_a);
    let mut writer = verdicts.write_verdicts().expect("a table");
    for verdict in &all {
        writer.push(verdict).expect("a row");
    }
    writer.finish().expect("a table");
    let (done, _, said) = support::run(&["rerun", &study]);
    assert!(done && said.contains("have moved; the largest change is"), "{said}");
}

#[test]
fn options_that_cannot_be_fitted_cost_no_results() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    found(&["dissect", &study, "-o", &study, "--no-grammar"]);
    let place = Path::new(&study).join("study.toml");
    let kept = std::fs::read_to_string(&place).expect("study.toml");
    let report = std::fs::read(Path::new(&study).join("report.html")).expect("a report");
    let weights = Study::open(&study).and_then(|study| study.read_table("posteriors")).expect("weights");
    for wrong in [
        "fit.prior_scale = -1.0",
        "fit.prior_scale = nan",
        "fit.keep_draws = 9000000000000",
        "fit.nuts.chains = 0",
        "fit.folds = \"x\"",
        "slice.filter = \"words(a\"",
    ] {
        let options = format!("[steps.dissect.options]\n{wrong}\n");
        let broken = kept.split("[steps.dissect.options").next().expect("a beginning").to_owned() + &options;
        std::fs::write(&place, broken).expect("written");
        let said = refused(&["rerun", &study]);
        assert!(said.contains("cannot be used") && said.contains("steps.dissect.options"), "{wrong}: {said}");
        let now = Study::open(&study).and_then(|study| study.read_table("posteriors")).expect("weights");
        assert!(now == weights, "{wrong}");
        assert!(std::fs::read(Path::new(&study).join("report.html")).expect("a report") == report);
    }
}

/// Facts of which a part cannot be read: they are made anew, whatever is asked first.
#[test]
fn damaged_facts_are_made_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    let first = found(&["dissect", &study, "--no-grammar"]);
    let place = Path::new(&study).join("facts.parquet");
    let whole = std::fs::read(&place).expect("facts");
    for part in [whole.len() / 8, whole.len() / 3, whole.len() / 2, whole.len() * 2 / 3] {
        let mut broken = whole.clone();
        broken[part..part + 400].fill(0xff);
        std::fs::write(&place, broken).expect("written");
        assert_eq!(found(&["dissect", &study, "--no-grammar"]), first, "{part}");
    }
    std::fs::write(&place, &whole[..whole.len() / 2]).expect("written");
    assert_eq!(found(&["dissect", &study, "--no-grammar"]), first);
}

/// Two people a pair, out of many: what each has rated counts, and time grows with ratings.
#[test]
fn ratings_by_many_people_count_pair_by_pair() {
    let folder = tempfile::tempdir().expect("a folder");
    let study = imported(folder.path());
    let tables = Study::open(&study).expect("a study");
    let ids: Vec<String> =
        tables.pairs().expect("pairs").flat_map(|batch| batch.expect("rows")).map(|pair| pair.id).collect();
    let mut writer = tables.write_ratings().expect("a table");
    for (row, id) in ids.iter().enumerate() {
        for (person, add) in [(row % 97, 0.0), (row % 89 + 100, 1.0)] {
            for property in ["polite", "clear"] {
                let rating = predilect_types::Rating {
                    pair: id.clone(),
                    property: property.to_owned(),
                    annotator: format!("person {person}"),
                    a: Some((row % 3) as f64 + add),
                    b: (!row.is_multiple_of(5)).then_some((row % 2) as f64),
                    ..predilect_types::Rating::default()
                };
                writer.push(&rating).expect("a rating");
            }
        }
    }
    writer.finish().expect("a table");
    let found = found(&["dissect", &study, "--no-grammar", "--properties", "polite,clear"]);
    let polite = &found["properties"][0];
    // The first person's ratings are the features: A has more where row % 3 > row % 2, B where less, where both are rated.
    let compared = |row: usize| !row.is_multiple_of(5) && row % 3 != row % 2;
    let differs = (0..ids.len()).filter(|row| compared(*row)).count() as f64 / ids.len() as f64;
    assert_eq!(polite["differs"].as_f64(), Some(differs), "{polite}");
    // Each two who share a pair agree on its B and never on its A.
    let agreements = found["agreements"].as_array().expect("agreements");
    let shared: u64 =
        agreements.iter().filter(|a| a["property"] == "polite").filter_map(|a| a["responses"].as_u64()).sum();
    let both = (0..ids.len()).map(|row| if row.is_multiple_of(5) { 1 } else { 2 }).sum::<u64>();
    assert_eq!(shared, both);
}
