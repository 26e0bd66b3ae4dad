//! Tables of a study that somebody has edited: what cannot be meant is refused, and what is left out is told.

use predilect_data::{Onto, ReadOptions, Study, import};
use predilect_types::{Pair, Rating, Verdict};
use predilect_workbench::scratch::Scratch;
use predilect_workbench::{DissectOptions, SliceOptions, Unwatched, Workbench};
use std::path::Path;

/// A study of 40 pairs in a folder.
fn study(folder: &Path) -> Study {
    let record = |i: usize| {
        let winner = if i.is_multiple_of(3) { "a" } else { "b" };
        format!(
            "{{\"id\": \"p{i}\", \"prompt\": \"question {i}\", \"response_a\": \"word {i}\", \"response_b\": \"{}\", \"preferred\": \"{winner}\"}}\n",
            "longer words ".repeat(i + 1)
        )
    };
    let file = folder.join("f.jsonl");
    std::fs::write(&file, (0..40).map(record).collect::<String>()).expect("a file");
    let place = folder.join("study");
    import(&[file], &ReadOptions::default(), &place, Onto::New, &mut |_| {}).expect("a study").0
}

fn rows(study: &Study) -> (Vec<Pair>, Vec<Verdict>) {
    let pairs = study.pairs().expect("pairs").flat_map(|batch| batch.expect("pairs")).collect();
    let verdicts = study.verdicts().expect("verdicts").flat_map(|batch| batch.expect("verdicts")).collect();
    (pairs, verdicts)
}

fn write_pairs(study: &Study, rows: &[Pair]) {
    let mut writer = study.write_pairs().expect("a writer");
    for pair in rows {
        writer.push(pair).expect("room");
    }
    writer.finish().expect("a table");
}

fn slice() -> SliceOptions {
    SliceOptions { grammar: false, ..SliceOptions::default() }
}

/// What is said when the study is dissected.
fn refused(study: &Study) -> String {
    let bench = Workbench::open(study.folder()).expect("a study");
    let error = bench.slice(&slice(), &Unwatched).expect_err("an edited table");
    assert!(error.to_string().contains(".parquet"), "{error}");
    error.to_string()
}

#[test]
fn verdicts_without_their_pairs_are_told_and_not_counted_as_kept() {
    let folder = Scratch::new().expect("a folder");
    let study = study(folder.path());
    let (pairs, _) = rows(&study);
    write_pairs(&study, &pairs[..25]);
    let bench = Workbench::open(study.folder()).expect("a study");
    let done = bench.dissect(&slice(), DissectOptions::default(), &Unwatched).expect("a dissection");
    let read = &done.dissection.read;
    assert_eq!((read.pairs, read.verdicts), (25, 25));
    assert_eq!(read.dropped.get("verdict without a pair"), Some(&15));
}

#[test]
fn a_pair_that_is_copied_is_refused() {
    let folder = Scratch::new().expect("a folder");
    let study = study(folder.path());
    let (mut pairs, _) = rows(&study);
    pairs.extend(std::iter::repeat_n(pairs[7].clone(), 20));
    write_pairs(&study, &pairs);
    let said = refused(&study);
    assert!(said.contains("column `id` contains `p7` in more than one row"), "{said}");
}

#[test]
fn names_of_nobody_and_ratings_beyond_their_scale_are_refused() {
    let folder = Scratch::new().expect("a folder");
    let study = study(folder.path());
    let write = |rating: Rating| {
        let mut writer = study.write_ratings().expect("a writer");
        writer.push(&rating).expect("room");
        writer.finish().expect("a table");
    };
    let rating = |property: &str, a: f64, b: f64| Rating {
        pair: "p1".to_owned(),
        property: property.to_owned(),
        annotator: "somebody".to_owned(),
        a: Some(a),
        b: Some(b),
        ..Rating::default()
    };
    for (row, words) in [
        (rating("polite", 1.0, 7.0), "column `b` contains 7; a number from 0 to 3 for `polite` is expected"),
        (
            rating("length", -4.0, 7.0),
            "column `a` contains -4; a number of 0 or more for `length` is expected",
        ),
        (rating("polite", f64::INFINITY, 1.0), "column `a` contains inf"),
        (rating("", 1.0, 1.0), "column `property` is empty in a row"),
        (
            Rating { levels_a: Some(vec![0.5, -2.0]), ..rating("polite", 1.0, 1.0) },
            "column `levels_a` contains -2; a probability from 0 to 1 is expected",
        ),
    ] {
        write(row);
        let said = refused(&study);
        assert!(said.contains(words), "{said}");
    }
    // NaN is how tools without nulls write that there is no rating.
    write(rating("polite", f64::NAN, 3.0));
    let bench = Workbench::open(study.folder()).expect("a study");
    bench.slice(&slice(), &Unwatched).expect("a slice");
    let (_, mut verdicts) = rows(&study);
    verdicts[3].judge = String::new();
    let mut writer = study.write_verdicts().expect("a writer");
    for verdict in &verdicts {
        writer.push(verdict).expect("room");
    }
    writer.finish().expect("a table");
    let said = refused(&study);
    assert!(said.contains("column `judge` is empty in a row"), "{said}");
}
